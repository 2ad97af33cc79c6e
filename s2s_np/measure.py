"""What a call costs (operations, bytes, seconds) and a model stores (bits; book: code/index, limitations/capacity)."""

import time
import tracemalloc
from contextlib import contextmanager
from unittest import mock

import numpy as np

from . import memory

PRODUCTS, ELEMENTWISE = "products", "element-wise"
CREATORS = (
    "frombuffer", "empty", "zeros", "ones", "full", "array", "asarray", "ascontiguousarray",
    "empty_like", "zeros_like", "ones_like", "full_like", "copy",
)  # fmt: skip


def operations(function):
    """Count the floating-point operations of `function()`, as it runs.

    A product (m, k) @ (k, n) counts 2 m n k, a multiplication and an addition for each number that is summed. Any
    other function of NumPy's that computes floats counts one for each number it gives, be it a sum or a tanh; a sum
    over an axis, one for each number summed. Moving numbers counts nothing.

    Returns `{"products": …, "element-wise": …}`. Arrays that exist already are counted too if they were made by
    `counted`; those that function makes by NumPy's `empty`, `zeros` and their like are.
    """
    with _Counted.counting() as counts, creators_replaced(_making_counted):
        function()
    return dict(counts)


def counted(tree):
    """Return nested dicts of arrays, or one array, as arrays whose operations `operations` counts."""
    if isinstance(tree, dict):
        return {name: counted(branch) for name, branch in tree.items()}
    return tree.view(_Counted)


def peak_bytes(function):
    """Return the most bytes that `function()` holds in NumPy arrays at once, beyond those held before.

    What it returns counts. Memory is counted, not pages: what is asked for and never touched counts as well.
    """
    memory.release()
    tracing = tracemalloc.is_tracing()
    if not tracing:
        tracemalloc.start()
    try:
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        function()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        if not tracing:
            tracemalloc.stop()


def seconds(function, repeats=5):
    """Return the time of `function()`, in seconds: the least of several, after one that does not count."""
    function()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        function()
        times.append(time.perf_counter() - started)
    return min(times)


def stored_bits(cross_entropy, num_tokens, vocab_size):
    """Return how many bits about random tokens a model has stored: what they hold less what it still has to be told.

        stored = N log₂ V − N C / log 2

    N tokens drawn from V words, all equally likely, hold N log₂ V bits. A model that gives them the cross-entropy C
    leaves N C / log 2 of these to be told. The rest it has stored, in its parameters or in its state, since there is
    nothing to be guessed. Below 0 for a model that is surer than it is right.

    Arguments
        cross_entropy: C, the mean over the tokens, in nats; a number or an array
        num_tokens: N
        vocab_size: V, the words that the tokens were drawn from
    Raises ValueError for a cross-entropy below 0, no token, or fewer than two words.
    """
    if np.any(np.asarray(cross_entropy) < 0):
        raise ValueError(f"cross_entropy is {cross_entropy}; it is never below 0 nats")
    if num_tokens < 1 or vocab_size < 2:
        raise ValueError(
            f"{num_tokens} tokens of {vocab_size} words hold no information;"
            " expected at least 1 token of 2 words"
        )
    return num_tokens * (np.log2(vocab_size) - np.asarray(cross_entropy) / np.log(2))


def bits_of_answers(error, num_labels):
    """Return how many bits the answers to yes-or-no questions tell about N random labels: the mutual information.

        I(y; ŷ) = N (1 − H₂(p)),    H₂(p) = −p log₂ p − (1 − p) log₂ (1 − p)

    Arguments
        error: p, the share of wrong answers; a number or an array. 1 tells as much as 0, and ½ nothing.
        num_labels: N
    Raises ValueError for a share outside 0 … 1.
    """
    p = np.asarray(error, dtype=float)
    if not np.all((p >= 0) & (p <= 1)):
        raise ValueError(f"error is {error}; expected a share, from 0 to 1")
    entropy = sum(-q * np.log2(np.where(q > 0, q, 1)) for q in (p, 1 - p))
    return num_labels * (1 - entropy)


@contextmanager
def creators_replaced(by):
    """Put `by(function)` in the place of each function of NumPy's that makes arrays, while the context lasts."""
    functions = {name: by(getattr(np, name)) for name in CREATORS}
    with mock.patch.multiple(np, **functions):
        yield


def _making_counted(function):
    """Return a function that makes the same array, but counted."""
    return lambda *args, **kwargs: _as_counted(function(*args, **kwargs))


class _Counted(np.ndarray):
    """An array whose operations are counted while `counting` lasts."""

    counts = None

    @classmethod
    @contextmanager
    def counting(cls):
        cls.counts = {PRODUCTS: 0, ELEMENTWISE: 0}
        try:
            yield cls.counts
        finally:
            cls.counts = None

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **kwargs):
        plain = [_plain(value) for value in inputs]
        if out is not None:
            kwargs["out"] = tuple(map(_plain, out))
        result = getattr(ufunc, method)(*plain, **kwargs)
        if self.counts is not None:
            self._count(ufunc, method, plain, result)
        if out is not None:
            return out[0]
        return _as_counted(result)

    def __array_function__(self, function, types, args, kwargs):
        return _as_counted(super().__array_function__(function, types, args, kwargs))

    def _count(self, ufunc, method, inputs, result):
        if ufunc is np.matmul:
            self.counts[PRODUCTS] += 2 * inputs[0].shape[-1] * np.size(result)
        elif method == "at":  # inputs: where to, indices, what
            self.counts[ELEMENTWISE] += np.size(inputs[2])
        elif np.result_type(result).kind in "fc":
            size = np.size(inputs[0]) if method == "reduce" else np.size(result)
            self.counts[ELEMENTWISE] += size


def _as_counted(value):
    """Return an ordinary array as a counted one; anything else as it is."""
    return value.view(_Counted) if type(value) is np.ndarray else value


def _plain(value):
    """Return the ordinary array that a counted one looks at; anything else as it is."""
    return value.view(np.ndarray) if isinstance(value, _Counted) else value
