"""Two tasks that fill a network: labels to learn by heart, and a vector to give back (book: limitations/capacity).

Random labels of random sequences follow no rule, so that every bit of them that is known is stored in the parameters.
A random vector that is shown once has to wait in the state. Collins, Sohl-Dickstein and Sussillo (2017) measured with
both how much a recurrent network holds.

A *reader* is a recurrent layer whose last state is read out by a linear map:

    s = W h_T + b
"""

import numpy as np

from ..array import array_module, check_names, check_shape, to_device
from ..lstm import lstm
from ..optim import Adam, clip, warmup_linear
from ..recurrent import init_recurrent
from ..seq2seq import CELLS
from ..tree import flatten, tree_map

DUPLICATE = "bias_hh_l0"  # adds to bias_ih_l0 and stays 0
BATCH_SIZE = 128  # vectors that are shown at a time


def init_reader(rng, cell, input_size, hidden_size, output_size):
    """Return fresh parameters of a reader, float32: `{"rnn": …, "read_out": {"weight" (K, H), "bias" (K,)}}`.

    Arguments
        cell: "rnn", "gru" or "lstm"
        input_size, hidden_size, output_size: E, H, K
    Raises ValueError for an unknown cell.
    """
    if cell not in CELLS:
        raise ValueError(f"cell is {cell!r}; expected one of {', '.join(CELLS)}")
    _, _, gates, open_gate = CELLS[cell]
    weight = rng.standard_normal((output_size, hidden_size)) / np.sqrt(hidden_size)
    params = {
        "rnn": init_recurrent(rng, gates, input_size, hidden_size, open_gate=open_gate),
        "read_out": {"weight": weight, "bias": np.zeros(output_size)},
    }
    return tree_map(lambda array: array.astype(np.float32), params)


def reader(params, x, cell):
    """Read sequences and answer at their end: `s = W h_T + b`.

    Arguments
        params: as from `init_reader`
        x: (T, B, E)
        cell: "rnn", "gru" or "lstm"
    Returns `s (B, K)` and `backward(d_s) -> grads`. The recurrent layer's second bias adds to the first and says
    nothing new: its gradient is 0, so that it stays what it is.
    Raises ValueError for parameters and shapes that do not fit.
    """
    check_names(params, ["rnn", "read_out"])
    layer = CELLS[cell].layer
    (_, state), layer_backward = layer(params["rnn"], x)
    h = (state[0] if layer is lstm else state)[-1]  # (B, H)
    weight, bias = params["read_out"]["weight"], params["read_out"]["bias"]
    check_shape("read_out.weight", weight, (None, h.shape[1]))
    check_shape("read_out.bias", bias, (len(weight),))
    s = h @ weight.T + bias  # (B, K)

    def backward(d_s):
        d_h = (d_s @ weight)[None]  # (1, B, H)
        d_state = (d_h, array_module(d_h).zeros_like(d_h)) if layer is lstm else d_h
        _, _, grads = layer_backward(None, d_state)
        grads[DUPLICATE] *= 0
        return {
            "rnn": grads,
            "read_out": {"weight": d_s.T @ h, "bias": d_s.sum(axis=0)},
        }

    return s, backward


def num_parameters(params):
    """Return how many numbers of a reader are learned: all but the bias that stays 0."""
    return sum(p.size for name, p in flatten(params).items() if DUPLICATE not in name)


def random_labels(rng, num, steps, size):
    """Return N random sequences of ±1 and a label for each that no rule joins to it: `x (T, N, E)`, `(N,)` of 0 and 1.

    num, steps, size: N, T, E
    """
    x = rng.choice(np.float32([-1, 1]), (steps, num, size))
    return x, rng.integers(2, size=num)


def label_loss(s, labels):
    """Return the cross-entropy of binary labels: one score, its sigmoid the probability of label 1.

        p = σ(s),    loss = −mean (y log p + (1 − y) log(1 − p))

    Arguments
        s: (N, 1)
        labels: (N,), 0 or 1
    Returns `loss` and `backward() -> d_s (N, 1)`.
    """
    xp = array_module(s)
    sign = (2 * labels - 1).astype(s.dtype)[:, None]  # (N, 1)
    margin = sign * s  # above 0 where the label is the likelier one
    loss = float(xp.logaddexp(0, -margin).mean())

    def backward():
        return -sign * (1 - xp.tanh(margin / 2)) / (2 * len(s))

    return loss, backward


def vector_loss(s, vectors):
    """Return the mean squared error of what was given back, both `(B, n)`, and `backward() -> d_s`."""
    error = s - vectors
    return float((error**2).mean()), lambda: 2 * error / error.size


def learn_labels(params, x, labels, cell, steps, learning_rate=1e-2):
    """Teach a reader of one score all `labels (N,)` of `x (T, N, E)`, in place, every step on all of them.

    Returns what it then knows: the mean cross-entropy in nats, and the share of labels that it gets wrong.
    """
    optimizer = Adam(params)
    for step in range(steps):
        s, backward = reader(params, x, cell)
        _, loss_backward = label_loss(s, labels)
        grads = backward(loss_backward())
        clip(grads, 1.0)
        optimizer.step(params, grads, learning_rate * warmup_linear(step, steps, 0.05))
    s, _ = reader(params, x, cell)
    loss, _ = label_loss(s, labels)
    return loss, float(((s[:, 0] > 0) != (labels == 1)).mean())


def shown_once(rng, num, size, delay, device="cpu"):
    """Return random vectors `(B, n)`, standard normal, and the sequence `x (delay + 1, B, n)`: each one, then zeros."""
    vectors = rng.standard_normal((num, size)).astype(np.float32)
    x = np.zeros((delay + 1, num, size), np.float32)
    x[0] = vectors
    return to_device(vectors, device), to_device(x, device)


def learn_to_give_back(params, cell, size, delay, steps, rng, learning_rate=3e-2, device="cpu"):  # fmt: skip
    """Teach a reader, in place, to give a vector of `size` numbers back `delay` steps after it was shown.

    No vector comes twice. Returns the mean squared error of 10,000 further vectors: 0 for all, 1 for nothing kept.
    """
    optimizer = Adam(params)
    for step in range(steps):
        vectors, x = shown_once(rng, BATCH_SIZE, size, delay, device)
        s, backward = reader(params, x, cell)
        _, loss_backward = vector_loss(s, vectors)
        grads = backward(loss_backward())
        clip(grads, 1.0)
        optimizer.step(params, grads, learning_rate * warmup_linear(step, steps, 0.05))
    vectors, x = shown_once(rng, 10_000, size, delay, device)
    return vector_loss(reader(params, x, cell)[0], vectors)[0]
