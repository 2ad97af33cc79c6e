"""The optimizer: one walk over two trees of the same shape, parameters and gradients (book: architecture/index)."""

import numpy as np

from . import fused, kernels
from .array import array_module
from .memory import empty
from .tree import leaves, tree_map

BLOCK_NUMBERS = 1 << 16  # that fit a processor's cache with their gradients and means


class Adam:
    """Adam (Kingma and Ba 2015): steps scaled by running means of the gradient and of its square.

        m ← β₁ m + (1 − β₁) g,    v ← β₂ v + (1 − β₂) g²
        θ ← θ − α · m̂ / (√v̂ + ε),    m̂ = m / (1 − β₁ᵏ),    v̂ = v / (1 − β₂ᵏ) at step k

    `step` changes the parameters in place.
    """

    def __init__(self, params, beta1=0.9, beta2=0.999, epsilon=1e-8):
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon
        self.m = tree_map(lambda p: array_module(p).zeros_like(p), params)
        self.v = tree_map(lambda p: array_module(p).zeros_like(p), params)
        self.steps = 0

    def step(self, params, grads, learning_rate):
        """Take one step of size `learning_rate` against `grads`, a tree like `params`."""
        self.steps += 1
        correction1 = 1 - self.beta1**self.steps
        correction2 = 1 - self.beta2**self.steps
        alpha = float(learning_rate) * correction2**0.5 / correction1
        epsilon = self.epsilon * correction2**0.5

        def update(p, g, m, v):
            if kernels.usable(array_module(p), p, g, m, v):
                fused.adam(p, g, m, v, self.beta1, self.beta2, alpha, epsilon)
                return p
            for rows in _blocks(p):
                self._update(p[rows], g[rows], m[rows], v[rows], alpha, epsilon)
            return p

        tree_map(update, params, grads, self.m, self.v)

    def _update(self, p, g, m, v, alpha, epsilon):
        xp = array_module(p)
        work = empty(xp, p.shape, p.dtype)
        m *= self.beta1
        m += xp.multiply(g, 1 - self.beta1, out=work)
        v *= self.beta2
        xp.multiply(g, g, out=work)
        work *= 1 - self.beta2
        v += work
        xp.sqrt(v, out=work)
        work += epsilon
        xp.divide(m, work, out=work)
        work *= alpha
        p -= work


def _blocks(array):
    """Yield the rows of `array` in blocks that fit a processor's cache, through which an update passes many times."""
    if array.size <= BLOCK_NUMBERS or array_module(array) is not np:
        yield ...
        return
    size = max(1, BLOCK_NUMBERS * len(array) // array.size)
    for start in range(0, len(array), size):
        yield slice(start, start + size)


def clip(grads, max_norm):
    """Scale all gradients by one factor so that their joint length is at most `max_norm`, in place.

        ‖g‖ = √(Σ_k Σ_i g_ki²),    g_k ← g_k · min(1, max_norm / ‖g‖)

    Returns ‖g‖ before clipping: a float, or from gradients on a GPU an array `()` there, so that nothing waits. One
    factor for the whole tree keeps the direction (Pascanu, Mikolov and Bengio 2013). A norm that is not finite is
    returned as it is, and nothing is scaled.
    """
    arrays = [g for _, g in leaves(grads)]
    if kernels.usable(array_module(arrays[0]), *arrays):
        return fused.clip(arrays, max_norm)
    norm = float(sum((g.ravel() @ g.ravel()) for g in arrays)) ** 0.5
    if max_norm < norm < float("inf"):
        for g in arrays:
            g *= max_norm / norm
    return norm


def warmup_linear(step, num_steps, warmup=0.1):
    """Return the share of the full learning rate at `step`, 0 ≤ step < num_steps.

    It rises linearly over the first `warmup` share of the steps, then falls linearly and would reach 0 after the
    last. Raises ValueError for a share outside 0 … 1.
    """
    if not 0 <= warmup <= 1:
        raise ValueError(
            f"warmup is {warmup}; expected a share of the steps, from 0 to 1"
        )
    rising = (step + 1) / (warmup * num_steps) if warmup else 1.0
    falling = (num_steps - step) / (num_steps * (1 - warmup)) if warmup < 1 else 1.0
    return min(1.0, rising, falling)
