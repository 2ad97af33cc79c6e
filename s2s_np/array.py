"""Arrays of NumPy and of CuPy: which library made them, whether they fit together, and how they move (book: gpu).

Every layer is written once. It asks its arrays which library they come from and calls that library, so the
same lines run on the CPU and on the GPU. Arrays cross between host and device in `to_host` and `to_device`
only, and only where a line says so.
"""

import sys
from contextlib import contextmanager

import numpy as np

LIBRARY_NAMES = {"numpy": "NumPy", "cupy": "CuPy"}
FLOAT_TYPES = (np.dtype(np.float32), np.dtype(np.float64))


def array_module(array, name="the argument"):
    """Return the library, `numpy` or `cupy`, that made `array`.

    Raises TypeError for anything that is not an array of one of the two.
    """
    if isinstance(array, (np.ndarray, np.generic)):
        return np
    if type(array).__module__.partition(".")[0] == "cupy":
        return sys.modules["cupy"]
    raise TypeError(
        f"{name} is a {type(array).__name__}; expected a NumPy or CuPy array"
    )


def check_floats(arrays):
    """Return the one library of all `arrays`, a dict from name to array.

    Raises TypeError unless all come from one library and share one type, float32 or float64.
    """
    names = iter(arrays)
    first = next(names)
    xp, dtype = array_module(arrays[first], first), arrays[first].dtype
    if dtype not in FLOAT_TYPES:
        raise TypeError(f"{first} is of type {dtype}; expected float32 or float64")
    for name in names:
        other = array_module(arrays[name], name)
        if other is not xp:
            raise TypeError(
                f"{first} is a {LIBRARY_NAMES[xp.__name__]} array, but {name} is a"
                f" {LIBRARY_NAMES[other.__name__]} array; move one of them with to_device or to_host"
            )
        if arrays[name].dtype != dtype:
            raise TypeError(
                f"{first} is {dtype}, but {name} is {arrays[name].dtype}; convert one of them"
            )
    return xp


def check_names(params, wanted):
    """Raise ValueError unless the parameters have just the names in `wanted`."""
    if missing := [name for name in wanted if name not in params]:
        raise ValueError(
            f"parameter {missing[0]} is missing; given: {', '.join(params) or 'none'}"
        )
    if unknown := [name for name in params if name not in wanted]:
        raise ValueError(
            f"parameter {unknown[0]} is unknown; expected: {', '.join(wanted)}"
        )


def check_like(name, array, like_name, like):
    """Raise unless `array` has the library, the type and the shape of the array `like`."""
    check_floats({like_name: like, name: array})
    check_shape(name, array, like.shape)


def check_shape(name, array, shape):
    """Raise ValueError unless `array` has the shape `shape`, in which None stands for any size."""
    array_module(array, name)
    given = array.shape
    if len(given) != len(shape) or any(
        want not in (None, size) for size, want in zip(given, shape)
    ):
        wanted = ", ".join("any" if size is None else str(size) for size in shape)
        raise ValueError(
            f"{name} has shape {given}; expected ({wanted}{',' if len(shape) == 1 else ''})"
        )


def check_tokens(name, tokens, size):
    """Raise TypeError unless `tokens` are integers, and IndexError unless each is in 0 … size − 1.

    Of tokens on a GPU the values are not looked at, since every look would wait for the GPU: check them before they
    go there, as `Seq2Seq` does. A layer that meets a wrong one there reads another word's vector or has loss NaN.
    """
    xp = array_module(tokens, name)
    if tokens.dtype.kind not in "iu":
        raise TypeError(
            f"{name} are of type {tokens.dtype}; token ids must be integers"
        )
    if tokens.size == 0:
        raise ValueError(f"{name} has shape {tokens.shape}: there is no token in it")
    if xp is not np:
        return
    if int(tokens.min()) < 0 or int(tokens.max()) >= size:
        wrong = np.argwhere((tokens < 0) | (tokens >= size))[0]
        place = tuple(int(i) for i in wrong)
        raise IndexError(
            f"{name}{list(place)} is {int(tokens[place])}, outside the vocabulary of {size} (ids 0 to {size - 1})"
        )


def transposed(matrix):
    """Return a copy of `matrix.T` whose rows lie side by side in memory.

    It is written in strips as wide as a line of the cache, which at 1,536 × 512 takes a seventh of the time.
    """
    if array_module(matrix) is not np:
        return matrix.T.copy()
    result = np.empty(matrix.shape[::-1], matrix.dtype)
    for start in range(0, len(matrix), 16):
        strip = slice(start, start + 16)
        result[:, strip] = matrix[strip].T
    return result


@contextmanager
def memory_for(what, size):
    """Name `what` the memory was for, and the argument `size` to make smaller, if it runs out inside the `with`.

    The error stays a MemoryError; CuPy's own, of which it says the numbers, is one too.
    """
    try:
        yield
    except MemoryError as error:
        raise MemoryError(
            f"no memory for {what}: take a smaller {size} ({error})"
        ) from error


def to_host(array, name="the argument"):
    """Return `array`, called `name` in errors, as a NumPy array, copied from the GPU if it is there."""
    return array if array_module(array, name) is np else array.get()


def to_floats(*numbers):
    """Return numbers, floats or arrays `()` of one library, as Python's floats: from a GPU in one copy."""
    arrays = [number for number in numbers if not isinstance(number, float)]
    xp = array_module(arrays[0]) if arrays else np
    if xp is np:
        return [float(number) for number in numbers]
    return to_host(
        xp.stack([xp.asarray(number, xp.float64) for number in numbers])
    ).tolist()


def to_device(array, device):
    """Return `array` on `device`: "cpu" (NumPy) or "cuda" (CuPy).

    Raises ModuleNotFoundError without CuPy, RuntimeError without a GPU, ValueError for another name.
    """
    return (
        to_host(array)
        if device_module(device) is np
        else device_module(device).asarray(array)
    )


def device_module(device):
    """Return the array library of `device`, "cpu" or "cuda"; raises as `to_device` does."""
    if device == "cpu":
        return np
    if device != "cuda":
        raise ValueError(f'device is {device!r}; expected "cpu" or "cuda"')
    try:
        import cupy
    except ImportError as error:
        raise ModuleNotFoundError(
            'device "cuda" needs CuPy: pip install -r requirements-gpu.txt (or the cupy package of your CUDA)'
        ) from error
    if not cupy.cuda.is_available():
        raise RuntimeError(
            'device "cuda" needs an NVIDIA GPU with its driver, and CuPy finds none; use "cpu"'
        )
    return cupy
