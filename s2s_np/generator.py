"""The generator: from a state to a distribution over words (book: architecture/generator, code/generator)."""

import numpy as np

from .array import check_floats, check_like, check_names, check_shape
from .memory import empty


def generator(params, h):
    """Score every word against the state, and take the logarithm of the softmax.

        s = W h + b,    log p = s − log Σ_v exp(s_v)

    The largest score is subtracted first, which changes nothing but keeps exp in range.

    Arguments
        params: {"weight": (V, H), "bias": (V,)}
        h: (..., H); (T, B, H) in this package
    Returns `log_probs (..., V)` and `backward(d_log_probs) -> dh, grads`.
    Raises ValueError for shapes, TypeError for types and libraries that do not fit.
    """
    weight, bias, xp = check_generator(params, h)
    rows = h.reshape(-1, h.shape[-1])  # (N, H)
    log_probs, p = (empty(xp, (len(rows), len(weight)), h.dtype) for _ in range(2))
    xp.matmul(rows, weight.T, out=log_probs)  # (N, V)
    log_probs += bias
    log_probs -= log_probs.max(axis=1, keepdims=True)
    log_probs -= xp.log(xp.exp(log_probs, out=p).sum(axis=1, keepdims=True))
    log_probs = log_probs.reshape(*h.shape[:-1], -1)

    def backward(d_log_probs):
        check_like("d_log_probs", d_log_probs, "log_probs", log_probs)
        given = d_log_probs.reshape(len(rows), -1)  # (N, V)
        p = empty(xp, given.shape, h.dtype)
        xp.exp(log_probs.reshape(p.shape), out=p)
        p *= given.sum(axis=1, keepdims=True)
        d_scores = xp.subtract(given, p, out=p)  # in the memory of p
        grads = {"weight": d_scores.T @ rows, "bias": d_scores.sum(axis=0)}
        return (d_scores @ weight).reshape(h.shape), grads

    return log_probs, backward


def check_generator(params, h):
    """Return the weight, the bias and their library, after checking them against the states `h (..., H)`."""
    check_names(params, ["weight", "bias"])
    weight, bias = params["weight"], params["bias"]
    xp = check_floats({"h": h, "weight": weight, "bias": bias})
    if h.size == 0 or h.ndim == 0:
        raise ValueError(f"h has shape {h.shape}: there is no state in it")
    check_shape("weight", weight, (None, h.shape[-1]))
    check_shape("bias", bias, (len(weight),))
    return weight, bias, xp


def init_generator(rng, vocab_size, size):
    """Return fresh parameters: weights uniform in ±sqrt(1/H) and no bias, so that no word is preferred at first."""
    bound = np.sqrt(1 / size)
    return {
        "weight": rng.uniform(-bound, bound, (vocab_size, size)),
        "bias": np.zeros(vocab_size),
    }
