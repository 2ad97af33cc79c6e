"""What a call costs: floating-point operations counted, bytes held, seconds (book: code/index)."""

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
