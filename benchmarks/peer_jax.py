"""The contestant JAX: the whole training step as one compiled function, the time loop in `lax.scan`."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from problem import LEARNING_RATE, MAX_NORM, is_full

from s2s_np import BOS, EOS, shift_right

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8  # of Adam, everyone's defaults


def gru(params, x, h, lengths):
    """Return the last state `(B, H)` and all states `(T, B, H)` of a GRU over `x (T, B, E)`.

    The inputs' product for all steps stands outside the loop. With `lengths (B,)`, a padded step keeps the state.
    """
    a = x @ params["weight_ih_l0"].T + params["bias_ih_l0"]  # (T, B, 3H)
    running = None if lengths is None else jnp.arange(len(x))[:, None] < lengths

    def step(h, inputs):
        a, running = inputs
        h_next = cell(params, a, h)
        if running is not None:
            h_next = jnp.where(running[:, None], h_next, h)
        return h_next, h_next

    return lax.scan(step, h, (a, running))


def cell(params, a, h):
    """Return the state after `h (B, H)`, given what the input contributes, `a (B, 3H)`."""
    a_r, a_z, a_n = jnp.split(a, 3, axis=1)
    u = h @ params["weight_hh_l0"].T + params["bias_hh_l0"]
    u_r, u_z, u_n = jnp.split(u, 3, axis=1)
    r = jax.nn.sigmoid(a_r + u_r)
    z = jax.nn.sigmoid(a_z + u_z)
    n = jnp.tanh(a_n + r * u_n)
    return (1 - z) * n + z * h


def encode(params, source, lengths):
    """Return the encoder's last state `(B, H)`."""
    encoder = params["encoder"]
    size = encoder["rnn"]["weight_hh_l0"].shape[1]
    h = jnp.zeros((source.shape[1], size), jnp.float32)
    return gru(encoder["rnn"], encoder["embedding"]["weight"][source], h, lengths)[0]


def generator_scores(params, h):
    return h @ params["generator"]["weight"].T + params["generator"]["bias"]


def loss(params, source, inputs, target, source_lengths, target_lengths):
    h = encode(params, source, source_lengths)
    decoder = params["decoder"]
    vectors = decoder["embedding"]["weight"][inputs]
    _, output = gru(decoder["rnn"], vectors, h, target_lengths)
    log_probs = jax.nn.log_softmax(generator_scores(params, output))
    losses = -jnp.take_along_axis(log_probs, target[..., None], axis=2)[..., 0]
    if target_lengths is None:
        return losses.mean()
    real = jnp.arange(len(target))[:, None] < target_lengths
    return jnp.where(real, losses, 0).sum() / target_lengths.sum()


def train_step(params, m, v, k, *batch):
    """Return parameters and Adam's state after step k, and the loss before it."""
    value, grads = jax.value_and_grad(loss)(params, *batch)
    norm = jnp.sqrt(sum(jnp.vdot(g, g) for g in jax.tree.leaves(grads)))
    grads = jax.tree.map(lambda g: g * jnp.minimum(1, MAX_NORM / norm), grads)
    k = k + 1
    m = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, m, grads)
    v = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, v, grads)
    correction = jnp.sqrt(1 - BETA2**k)
    alpha = LEARNING_RATE * correction / (1 - BETA1**k)
    epsilon = EPSILON * correction

    def update(p, m, v):
        return p - alpha * m / (jnp.sqrt(v) + epsilon)

    return jax.tree.map(update, params, m, v), m, v, k, value


def greedy_search(params, source, lengths, max_length):
    """Return the most probable words `(max_length, B)`; the loop ends when every sentence has."""
    decoder = params["decoder"]
    batch = source.shape[1]

    def going_on(carry):
        t, _, _, ended, _ = carry
        return (t < max_length) & ~ended.all()

    def step(carry):
        t, words, h, ended, found = carry
        x = decoder["embedding"]["weight"][words]
        a = x @ decoder["rnn"]["weight_ih_l0"].T + decoder["rnn"]["bias_ih_l0"]
        h = cell(decoder["rnn"], a, h)
        words = generator_scores(params, h).argmax(axis=1).astype(jnp.int32)
        return t + 1, words, h, ended | (words == EOS), found.at[t].set(words)

    start = (
        0,
        jnp.full(batch, BOS, jnp.int32),
        encode(params, source, lengths),
        jnp.zeros(batch, bool),
        jnp.full((max_length, batch), EOS, jnp.int32),
    )
    return lax.while_loop(going_on, step, start)[-1]


class Jax:
    """A training step and greedy search, compiled for each shape of batch, from the numbers of `model`."""

    name = "JAX, jitted"

    def __init__(self, model):
        jax.config.update("jax_platforms", "cpu")
        params = jax.tree.map(jnp.array, model.params)
        zeros = jax.tree.map(jnp.zeros_like, params)
        again = jax.tree.map(jnp.zeros_like, params)
        self.state = (params, zeros, again, jnp.zeros((), jnp.float32))
        # A donated array's memory is used for the result that replaces it.
        self._train_step = jax.jit(train_step, donate_argnums=(0, 1, 2, 3))
        self._greedy_search = jax.jit(greedy_search, static_argnames="max_length")

    def prepare(self, batch):
        inputs = shift_right(batch.target, batch.target_lengths)
        words = [as_int32(w) for w in (batch.source, inputs, batch.target)]
        if is_full(batch):
            return *words, None, None
        return *words, as_int32(batch.source_lengths), as_int32(batch.target_lengths)

    def step(self, prepared):
        *self.state, value = self._train_step(*self.state, *prepared)
        return float(value)

    def greedy(self, source, lengths, max_length):
        full = (lengths == len(source)).all()
        lengths = None if full else as_int32(lengths)
        params = self.state[0]
        words = self._greedy_search(params, as_int32(source), lengths, max_length)
        sentences = np.asarray(words).T.tolist()
        return [tuple(s[: s.index(EOS) + 1] if EOS in s else s) for s in sentences]


def as_int32(array):
    """JAX's integers have 32 bits unless it is told otherwise."""
    return jnp.asarray(array, jnp.int32)
