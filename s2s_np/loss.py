"""Cross-entropy over real words only, and the same in pieces that fit in memory (book: code/loss)."""

from functools import partial

import numpy as np

from . import fused, kernels
from .array import array_module, check_floats, check_shape, check_tokens
from .generator import check_generator
from .memory import empty, zeros
from .padding import check_lengths, real_steps

CHUNK_SCORES = (
    1 << 23
)  # scores held at once when no chunk size is given: 32 MB in float32
BLOCK_SCORES = (
    1 << 18
)  # scores that fit a processor's cache while softmax passes over them again and again
STRIP_ROWS = 2048  # rows of the weight's gradient that are added at a time


def cross_entropy(
    log_probs, targets, lengths=None, reduction="mean", label_smoothing=0.0
):
    """Return the negative log-probability of the target words.

        loss = −1/N Σ_b Σ_{t < lengths[b]} log_probs[t, b, y_tb],    N = Σ_b lengths[b]

    With label smoothing ε every word of the vocabulary is a little wanted (Szegedy et al. 2016), and
    `log_probs[t, b, y_tb]` becomes Σ_v q_v log_probs[t, b, v] with

        q = (1 − ε) onehot(y_tb) + ε/V

    Arguments
        log_probs: (T, B, V) from `generator`
        targets: (T, B) integers from 0 to V − 1
        lengths: (B,) integers from 1 to T; later steps do not count. None: every step counts, whatever its word
        reduction: "mean" over the real words, in nats, or their "sum"
        label_smoothing: ε, at least 0 and below 1
    Returns `loss` (a number) and `backward(d_loss=1.0) -> d_log_probs`.
    Raises ValueError for shapes, lengths and settings, TypeError for types, IndexError for a word outside the
    vocabulary.
    """
    xp = check_floats({"log_probs": log_probs})
    check_shape("log_probs", log_probs, (None, None, None))
    flat = log_probs.reshape(-1, log_probs.shape[2])  # (T·B, V)
    rows, words = _real_words(log_probs, targets, lengths, log_probs.shape[2])
    scale = _scale(reduction, len(words))
    smoothing = check_label_smoothing(label_smoothing)
    share = smoothing / flat.shape[1]  # ε/V, q of every word but y
    loss = -scale * (1 - smoothing) * flat[rows, words].sum()
    if share:
        loss -= scale * share * flat.sum(axis=1)[rows].sum()

    def backward(d_loss=1.0):
        d_flat = xp.zeros_like(flat)
        if share:
            d_flat[rows] = -scale * share * float(d_loss)
        d_flat[rows, words] = -scale * (1 - smoothing + share) * float(d_loss)
        return d_flat.reshape(log_probs.shape)

    return loss, backward


def generator_loss(
    params,
    h,
    targets,
    lengths=None,
    chunk_size=None,
    reduction="mean",
    label_smoothing=0.0,
):
    """Return `cross_entropy` of `generator`, without ever holding the scores of all words at once.

        loss = −1/N Σ Σ_v q_v log softmax(W h_tb + b)[v],    ∂loss/∂scores = (p − q) / N

    Here q = onehot(y_tb) or, with label smoothing ε, (1 − ε) onehot(y_tb) + ε/V, as in `cross_entropy`.
    The scores, N × V of them, are by far the largest array of the model. They are made here for `chunk_size`
    states at a time, and turned at once into their share of the loss and of the gradients; `backward` only
    multiplies. Where no gradient is wanted, `token_log_probs` does less. On a GPU a kernel makes the scores into
    gradients; with label smoothing, which it does not know, whole arrays do, in chunks as on the CPU.

    Arguments
        params: {"weight": (V, H), "bias": (V,)}
        h: (T, B, H)
        targets, lengths, reduction, label_smoothing: as in `cross_entropy`
        chunk_size: states at a time; never more than `chunk_size · V` scores are held. None: as many as make
            about eight million scores, 64 million on a GPU
    Returns `loss` (a number) and `backward(d_loss=1.0) -> dh, grads`.
    Raises as `cross_entropy` does, and ValueError for a chunk size below 1.
    """
    weight, bias, xp = check_generator(params, h)
    check_shape("h", h, (None, None, None))
    flat = h.reshape(-1, h.shape[2])  # (T·B, H)
    rows, words = _real_words(h, targets, lengths, len(weight))
    states = flat if len(rows) == len(flat) else flat[rows]  # (N, H)
    scale = _scale(reduction, len(words))
    smoothing = check_label_smoothing(label_smoothing)
    if kernels.usable(xp) and not smoothing:
        chunked, most_scores = fused.chunked_loss, fused.CHUNK_SCORES
    else:
        chunked, most_scores = partial(_chunked_loss, smoothing=smoothing), CHUNK_SCORES
    chunk_size = _states_at_a_time(chunk_size, len(weight), most_scores)

    def run():
        return chunked(states, words, weight, bias, scale, chunk_size)

    results = [run()]
    loss = results[0][0]

    def backward(d_loss=1.0):
        # The gradients are handed over, not copied; whoever asks again has them computed again.
        _, d_states, d_weight, d_bias = results.pop() if results else run()
        if d_loss != 1.0:
            for d in (d_states, d_weight, d_bias):
                d *= float(d_loss)
        dh = d_states
        if len(rows) < len(flat):
            dh = zeros(xp, flat.shape, h.dtype)
            dh[rows] = d_states
        return dh.reshape(h.shape), {"weight": d_weight, "bias": d_bias}

    return loss, backward


def _chunked_loss(states, words, weight, bias, scale, chunk_size, smoothing):
    """Return `loss, d_states, d_weight, d_bias` of `generator_loss` for its N real words, `states (N, H)`."""
    xp = array_module(states)
    loss = xp.zeros((), states.dtype)
    d_states = empty(xp, states.shape, states.dtype)
    d_weight = empty(xp, weight.shape, states.dtype)
    d_bias = xp.zeros_like(bias)
    for rows, p, sums, log_probs in _chunks(
        states, words, weight, bias, chunk_size, smoothing
    ):
        loss -= scale * log_probs.sum()
        # p, and so each row of p − q, is still too large by `sums`: dividing the small arrays that it is
        # multiplied with is cheaper.
        p[xp.arange(len(p)), words[rows]] -= sums
        if smoothing:
            p[xp.arange(len(p)), words[rows]] += smoothing * sums
            p -= (smoothing / len(weight)) * sums[:, None]
        factors = scale / sums
        xp.matmul(p, weight, out=d_states[rows])
        d_states[rows] *= factors[:, None]
        scaled = states[rows] * factors[:, None]
        _add_product(d_weight, p.T, scaled, first=rows.start == 0)
        d_bias += factors @ p
    return loss, d_states, d_weight, d_bias


def token_log_probs(params, h, targets, lengths=None, chunk_size=None):
    """Return log p(y_tb) of every target word, `(T, B)`, zero at padded steps; forward only.

    Arguments and errors are those of `generator_loss`, whose "sum" is minus the sum of the result.
    """
    weight, bias, xp = check_generator(params, h)
    check_shape("h", h, (None, None, None))
    flat = h.reshape(-1, h.shape[2])
    rows, words = _real_words(h, targets, lengths, len(weight))
    chunk_size = _states_at_a_time(chunk_size, len(weight), CHUNK_SCORES)
    log_probs = xp.zeros(len(flat), h.dtype)
    for piece, _, _, found in _chunks(flat[rows], words, weight, bias, chunk_size):
        log_probs[rows[piece]] = found
    return log_probs.reshape(h.shape[:2])


def _states_at_a_time(chunk_size, vocab_size, most_scores):
    """Return `chunk_size`, or for None as many states as have about `most_scores` scores; ValueError below 1."""
    if chunk_size is None:
        return max(1, most_scores // vocab_size)
    if chunk_size < 1:
        raise ValueError(f"chunk_size is {chunk_size}; expected at least 1")
    return chunk_size


def _chunks(states, words, weight, bias, chunk_size, smoothing=0.0):
    """Score `chunk_size` rows of `states (N, H)` at a time, in one array that is used again and again.

    Yields `(rows, p, sums, log_probs)`: `p (chunk, V)` are the words' probabilities times the row's `sums (chunk,)`,
    `log_probs (chunk,)` those of `words`, or with `smoothing` what cross-entropy makes of all words'. Whoever takes a
    chunk may write to it.
    """
    xp = array_module(states)
    N, V = len(states), len(weight)
    scores = empty(xp, (min(chunk_size, N), V), states.dtype)
    block_size = max(1, BLOCK_SCORES // V) if xp is np else chunk_size
    for start in range(0, N, chunk_size):
        rows = slice(start, min(start + chunk_size, N))
        chunk = xp.matmul(states[rows], weight.T, out=scores[: rows.stop - start])
        sums = xp.empty(len(chunk), states.dtype)
        log_probs = xp.empty(len(chunk), states.dtype)
        for first in range(0, len(chunk), block_size):
            block = slice(first, min(first + block_size, len(chunk)))
            s = chunk[block]
            s += bias
            s -= s.max(axis=1, keepdims=True)  # keeps exp in range
            log_probs[block] = s[xp.arange(len(s)), words[rows][block]]
            if smoothing:
                log_probs[block] *= 1 - smoothing
                log_probs[block] += (smoothing / V) * s.sum(axis=1)
            xp.exp(s, out=s)
            sums[block] = s.sum(axis=1)
        log_probs -= xp.log(sums)
        yield rows, chunk, sums, log_probs


def _add_product(total, a, b, first):
    """Add `a @ b` to `total (V, H)`, or write it there if it is the first; in strips, so that no array is as large."""
    xp = array_module(total)
    if first:
        xp.matmul(a, b, out=total)
        return
    work = empty(xp, (min(STRIP_ROWS, len(total)), total.shape[1]), total.dtype)
    for start in range(0, len(total), STRIP_ROWS):
        strip = slice(start, min(start + STRIP_ROWS, len(total)))
        total[strip] += xp.matmul(a[strip], b, out=work[: strip.stop - start])


def check_label_smoothing(label_smoothing):
    """Return `label_smoothing` as a Python number; ValueError unless it is at least 0 and below 1."""
    if not 0 <= label_smoothing < 1:
        raise ValueError(
            f"label_smoothing is {label_smoothing}; expected at least 0 and below 1"
        )
    return float(label_smoothing)


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
