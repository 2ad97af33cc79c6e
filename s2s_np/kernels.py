"""The package's CUDA kernels: compiled from its `.cu` files when first used, and launched through CuPy (book: gpu)."""

from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.resources import files

import numpy as np

C_TYPES = {"float32": "float", "float64": "double"}

_plain = ContextVar("_plain", default=False)


def usable(xp, *arrays):
    """Say whether arrays of the library `xp` are on a GPU, kernels are wanted there, and `arrays` suit them.

    A kernel goes through memory without asking how an array lies in it: it must lie in one piece, row by row.
    """
    wanted = xp is not np and not _plain.get()
    return wanted and all(array.flags.c_contiguous for array in arrays)


@contextmanager
def plain_arrays():
    """Run everything inside the `with` through whole arrays, the same lines on a GPU as on the CPU.

    The way to compare: what the kernels compute must be what the arrays compute, and in less time.
    """
    token = _plain.set(True)
    try:
        yield
    finally:
        _plain.reset(token)


@cache
def kernel(xp, source, name, cooperative=False, **constants):
    """Return the kernel `name` of the file `source`, compiled with `constants` defined.

    `cooperative`: all blocks of a launch run together, so that they may wait for one another. CuPy compiles once a
    device, and keeps the result on disk. The sources include nothing, so that no CUDA header need be installed.
    """
    code = files(__package__).joinpath(source).read_text(encoding="utf-8")
    options = (
        "-std=c++17",
        *(f"-D{name}={value}" for name, value in constants.items()),
    )
    module = xp.RawModule(
        code=code, options=options, enable_cooperative_groups=cooperative
    )
    return module.get_function(name)
