"""NumPy arrays that keep account of the time spent in them, operation by operation.

A `TimedArray` is an array whose products, element-wise operations, gathers and copies go through a stopwatch first.
Results of operations on timed arrays are timed arrays, and `all_arrays_timed` makes those that NumPy creates from
nothing (`np.empty`, `np.zeros` and their like) timed too, so that one step of any NumPy code is watched as it is, with
its own shapes and strides, without a change to it.

Watching costs about a microsecond an operation. In an expression such as `u * r * (1 - r)` NumPy writes results into
its own temporaries, but only into ordinary arrays, so that code which does not work in place looks a few per cent
slower than it is.
"""

import time
from collections import defaultdict
from contextlib import contextmanager

import numpy as np

from s2s_np.measure import creators_replaced

PRODUCT, ELEMENTWISE, GATHER = "products", "element-wise", "gather and scatter"
PRODUCTS = {np.matmul, np.dot, np.vdot, np.inner, np.outer, np.tensordot, np.einsum}
GATHERS = {
    np.take, np.take_along_axis, np.put, np.put_along_axis, np.compress, np.bincount,
    np.sort, np.argsort, np.lexsort, np.unique, np.repeat, np.nonzero, np.flatnonzero,
}  # fmt: skip


class Stopwatch:
    """Seconds by (phase, kind of operation); of operations inside another only the outer counts."""

    def __init__(self):
        self.seconds = defaultdict(float)
        self.phase = "layers"
        self._busy = False

    @contextmanager
    def counting(self, kind):
        if self._busy:
            yield
            return
        self._busy = True
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[self.phase, kind] += time.perf_counter() - started
            self._busy = False

    def in_phase(self, phase, function):
        """Return `function`, and any backward pass it returns, such that their time counts as that of `phase`."""

        def watched(*args, **kwargs):
            before, self.phase = self.phase, phase
            try:
                result = function(*args, **kwargs)
            finally:
                self.phase = before
            if isinstance(result, tuple) and callable(result[-1]):
                return *result[:-1], self.in_phase(phase, result[-1])
            return result

        return watched


WATCH = Stopwatch()


class TimedArray(np.ndarray):
    """An array whose operations are timed by `WATCH`."""

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **kwargs):
        if out is not None:
            kwargs["out"] = tuple(map(plain, out))
        if "where" in kwargs:
            kwargs["where"] = plain(kwargs["where"])
        if ufunc in PRODUCTS:
            kind = PRODUCT
        elif method in ("at", "reduceat"):
            kind = GATHER
        else:
            kind = ELEMENTWISE
        inputs = tuple(map(plain, inputs))
        with WATCH.counting(kind):
            result = getattr(ufunc, method)(*inputs, **kwargs)
        if out is not None:
            return out[0] if len(out) == 1 else out
        return timed(result)

    def __array_function__(self, function, types, args, kwargs):
        kind = ELEMENTWISE
        if function in PRODUCTS:
            kind = PRODUCT
        elif function in GATHERS:
            kind = GATHER
        with WATCH.counting(kind):
            return timed(super().__array_function__(function, types, args, kwargs))

    def __getitem__(self, key):
        if is_view(key):
            return super().__getitem__(key)
        with WATCH.counting(GATHER):
            return super().__getitem__(key)

    def __setitem__(self, key, value):
        kind = ELEMENTWISE if is_view(key) else GATHER
        with WATCH.counting(kind):
            super().__setitem__(key, value)

    def copy(self, order="C"):
        with WATCH.counting(ELEMENTWISE):
            return super().copy(order)

    def astype(self, *args, **kwargs):
        with WATCH.counting(ELEMENTWISE):
            return super().astype(*args, **kwargs)

    def fill(self, value):
        with WATCH.counting(ELEMENTWISE):
            super().fill(value)

    def take(self, *args, **kwargs):
        with WATCH.counting(GATHER):
            return super().take(*args, **kwargs)

    def argsort(self, *args, **kwargs):
        with WATCH.counting(GATHER):
            return super().argsort(*args, **kwargs)

    def dot(self, *args, **kwargs):
        with WATCH.counting(PRODUCT):
            return super().dot(*args, **kwargs)


def plain(value):
    """Return the ordinary array that a timed one looks at; anything else as it is."""
    return value.view(np.ndarray) if isinstance(value, TimedArray) else value


def timed(value):
    """Return an array as a `TimedArray`; anything else as it is."""
    return value.view(TimedArray) if type(value) is np.ndarray else value


def is_view(key):
    """Whether indexing with `key` only looks at another part of the memory, and moves nothing."""
    parts = key if isinstance(key, tuple) else (key,)
    return not any(isinstance(part, (np.ndarray, list)) for part in parts)


@contextmanager
def all_arrays_timed():
    """Let NumPy's functions that make arrays make timed ones, while the context lasts."""

    def making_timed(function):
        def made(*args, **kwargs):
            with WATCH.counting(ELEMENTWISE):
                return timed(function(*map(plain, args), **kwargs))

        return made

    with creators_replaced(making_timed):
        yield
