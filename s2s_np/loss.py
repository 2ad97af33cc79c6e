"""Cross-entropy over real words only, and the same in pieces that fit in memory (book: code/loss)."""

import numpy as np

from . import fused, kernels
from .array import array_module, check_floats, check_shape, check_tokens
from .generator import check_generator
from .padding import check_lengths, real_steps

CHUNK_SCORES = (
    4_000_000  # scores held at once when no chunk size is given: 16 MB in float32
)


def cross_entropy(log_probs, targets, lengths=None, reduction="mean"):
    """Return the negative log-probability of the target words.

        loss = −1/N Σ_b Σ_{t < lengths[b]} log_probs[t, b, y_tb],    N = Σ_b lengths[b]

    Arguments
        log_probs: (T, B, V) from `generator`
        targets: (T, B) integers from 0 to V − 1
        lengths: (B,) integers from 1 to T; later steps do not count. None: every step counts, whatever its word
        reduction: "mean" over the real words, in nats, or their "sum"
    Returns `loss` (a number) and `backward(d_loss=1.0) -> d_log_probs`.
    Raises ValueError for shapes and lengths, TypeError for types, IndexError for a word outside the vocabulary.
    """
    xp = check_floats({"log_probs": log_probs})
    check_shape("log_probs", log_probs, (None, None, None))
    flat = log_probs.reshape(-1, log_probs.shape[2])  # (T·B, V)
    rows, words = _real_words(log_probs, targets, lengths, log_probs.shape[2])
    scale = _scale(reduction, len(words))
    loss = -scale * flat[rows, words].sum()

    def backward(d_loss=1.0):
        d_flat = xp.zeros_like(flat)
        d_flat[rows, words] = -scale * float(d_loss)
        return d_flat.reshape(log_probs.shape)

    return loss, backward


def generator_loss(params, h, targets, lengths=None, chunk_size=None, reduction="mean"):
    """Return `cross_entropy` of `generator`, without ever holding the scores of all words at once.

        loss = −1/N Σ log softmax(W h_tb + b)[y_tb],    ∂loss/∂scores = (p − onehot(y)) / N

    The scores, N × V of them, are by far the largest array of the model. They are made here for `chunk_size`
    states at a time, and turned at once into their share of the loss and of the gradients; `backward` only
    multiplies. Where no gradient is wanted, `token_log_probs` does less.

    Arguments
        params: {"weight": (V, H), "bias": (V,)}
        h: (T, B, H)
        targets, lengths, reduction: as in `cross_entropy`
        chunk_size: states at a time; never more than `chunk_size · V` scores are held. None: as many as make
            about four million scores, 64 million on a GPU
    Returns `loss` (a number) and `backward(d_loss=1.0) -> dh, grads`.
    Raises as `cross_entropy` does, and ValueError for a chunk size below 1.
    """
    weight, bias, xp = check_generator(params, h)
    check_shape("h", h, (None, None, None))
    flat = h.reshape(-1, h.shape[2])  # (T·B, H)
    rows, words = _real_words(h, targets, lengths, len(weight))
    states = flat[rows]  # (N, H)
    scale = _scale(reduction, len(words))
    chunked = fused.chunked_loss if kernels.usable(xp) else _chunked_loss
    loss, d_states, d_weight, d_bias = chunked(
        states, words, weight, bias, scale, chunk_size
    )

    def backward(d_loss=1.0):
        d_loss = float(d_loss)
        dh = xp.zeros_like(flat)
        dh[rows] = d_loss * d_states
        return dh.reshape(h.shape), {
            "weight": d_loss * d_weight,
            "bias": d_loss * d_bias,
        }

    return loss, backward


def _chunked_loss(states, words, weight, bias, scale, chunk_size):
    """Return `loss, d_states, d_weight, d_bias` of `generator_loss` for its N real words, `states (N, H)`."""
    xp = array_module(states)
    loss = xp.zeros((), states.dtype)
    d_states = xp.empty_like(states)
    d_weight, d_bias = xp.zeros_like(weight), xp.zeros_like(bias)
    for piece, scores in _chunks_of_scores(states, weight, bias, chunk_size):
        place = xp.arange(len(scores)), words[piece]
        target_scores = scores[place]
        p = xp.exp(scores, out=scores)
        sums = p.sum(axis=1)
        loss += scale * (xp.log(sums) - target_scores).sum()
        p *= (scale / sums)[:, None]
        p[place] -= scale  # now (p − onehot(y)) · scale
        xp.matmul(p, weight, out=d_states[piece])
        d_weight += p.T @ states[piece]
        d_bias += p.sum(axis=0)
    return loss, d_states, d_weight, d_bias


def token_log_probs(params, h, targets, lengths=None, chunk_size=None):
    """Return log p(y_tb) of every target word, `(T, B)`, zero at padded steps; forward only.

    Arguments and errors are those of `generator_loss`, whose "sum" is minus the sum of the result.
    """
    weight, bias, xp = check_generator(params, h)
    check_shape("h", h, (None, None, None))
    flat = h.reshape(-1, h.shape[2])
    rows, words = _real_words(h, targets, lengths, len(weight))
    log_probs = xp.zeros(len(flat), h.dtype)
    for piece, scores in _chunks_of_scores(flat[rows], weight, bias, chunk_size):
        target_scores = scores[xp.arange(len(scores)), words[piece]]
        sums = xp.exp(scores, out=scores).sum(axis=1)
        log_probs[rows[piece]] = target_scores - xp.log(sums)
    return log_probs.reshape(h.shape[:2])


def _chunks_of_scores(states, weight, bias, chunk_size):
    """Yield `(rows, scores)` for `chunk_size` rows of `states (N, H)` at a time, in one array `(chunk, V)`.

    The largest score of each row is subtracted, so that exp stays in range. Whoever takes a chunk may write to it.
    """
    N, V = len(states), len(weight)
    if chunk_size is None:
        chunk_size = max(1, CHUNK_SCORES // V)
    if chunk_size < 1:
        raise ValueError(f"chunk_size is {chunk_size}; expected at least 1")
    xp = array_module(states)
    work = xp.empty((min(chunk_size, N), V), states.dtype)
    for start in range(0, N, chunk_size):
        rows = slice(start, min(start + chunk_size, N))
        scores = xp.matmul(states[rows], weight.T, out=work[: rows.stop - start])
        scores += bias
        scores -= scores.max(axis=1, keepdims=True)
        yield rows, scores


def _real_words(states, targets, lengths, vocab_size):
    """Return where the real words stand in `states` laid out flat, `(N,)`, and which words they are, `(N,)`."""
    xp = array_module(states)
    if array_module(targets, "targets") is not xp:
        raise TypeError(
            "targets and the states are arrays of different libraries; move one of them"
        )
    steps, batch = states.shape[:2]
    check_shape("targets", targets, (steps, batch))
    check_tokens("targets", targets, vocab_size)
    lengths = check_lengths(lengths, steps, batch, "targets")
    rows = xp.asarray(np.flatnonzero(real_steps(lengths, steps)))
    return rows, targets.ravel()[rows]


def _scale(reduction, num_words):
    """Return what each word's loss is multiplied with."""
    if reduction not in ("mean", "sum"):
        raise ValueError(f'reduction is {reduction!r}; expected "mean" or "sum"')
    return 1 / num_words if reduction == "mean" else 1.0
