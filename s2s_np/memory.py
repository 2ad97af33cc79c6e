"""Memory that is used again: for NumPy what CuPy's memory pool does on a GPU (book: how_fast).

A training step makes the arrays that the step before made. If each comes from the operating system, every page of it
is cleared and mapped when it is first touched, which at small sizes costs about as much as the arithmetic. Here the
memory of an array goes to a pool when nobody holds the array or a view of it any more, and the next array of like size
takes it. Nothing else changes: an array is never handed out twice.
"""

import math
import weakref

import numpy as np

SMALL = 1 << 15  # bytes; what is smaller, the C library keeps by itself
ALIGNMENT = 64  # bytes: a line of the cache, and the widest vector register

_idle = {}  # size -> memory that waits for an array
_held = {}  # id -> lease of each array that lives
_most = 0  # bytes that arrays held at once


class _Lease(weakref.ref):
    """A reference to an array that knows the array's memory."""

    __slots__ = ("storage",)


def empty(xp, shape, dtype):
    """Return an uninitialised array of the library `xp`, as `xp.empty` does, in memory that is used again."""
    dtype = np.dtype(dtype)
    count = math.prod(shape)
    size = count * dtype.itemsize
    if xp is not np or size < SMALL:
        return xp.empty(shape, dtype)
    step = 1 << (size.bit_length() - 3)  # four sizes for each power of two
    size = -(-size // step) * step
    idle = _idle.setdefault(size, [])
    storage = idle.pop() if idle else _allocate(size)
    array = np.frombuffer(storage, dtype, count)
    lease = _Lease(array, _end)
    lease.storage = storage
    _held[id(lease)] = lease
    return array.reshape(shape)


def zeros(xp, shape, dtype):
    """Return an array of zeros of the library `xp`, in memory that is used again."""
    array = empty(xp, shape, dtype)
    array[...] = 0
    return array


def release():
    """Give the memory of no living array back to the operating system."""
    for idle in list(_idle.values()):
        idle.clear()


def _end(lease):
    """Take the memory of an array that is gone."""
    del _held[id(lease)]
    _idle[len(lease.storage)].append(lease.storage)


def _allocate(size):
    """Return new memory; first drop what is idle, if that is more than has ever been in use at once."""
    global _most
    idle = sum(len(storage) for each in list(_idle.values()) for storage in list(each))
    _most = max(_most, size + sum(len(lease.storage) for lease in list(_held.values())))
    if idle > _most:
        release()
    storage = np.empty(size + ALIGNMENT, np.uint8)
    start = -storage.ctypes.data % ALIGNMENT
    return memoryview(storage)[start : start + size]
