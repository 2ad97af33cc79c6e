"""A stand-in for CuPy that runs on the CPU and forgives nothing.

Tests put this module in `sys.modules` under the name `cupy`. Its arrays wrap NumPy arrays and never meet one
unasked: `asarray`, `asnumpy`, `get` and what turns a single number into Python's are the only ways across. CuPy
itself is milder here and there (it copies an index array, it answers `numpy.exp`), at the price of a copy that
no line shows. Arrays from `empty` are filled with NaN, as a GPU's may be.

It offers what the package uses, and a test compares that with CuPy's own names where CuPy is installed.
"""

import operator
from types import SimpleNamespace

import numpy as np

__name__ = "cupy"  # what arrays and errors of this module say they come from

SCALARS = (bool, int, float, np.generic)
METHODS = (
    "all", "any", "argmax", "astype", "copy", "max", "min", "ravel", "reshape", "sum", "transpose",
)  # fmt: skip
UNARY = ("neg", "pos", "abs", "invert")
BINARY = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor")  # fmt: skip
COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
UFUNCS = (
    "abs", "add", "divide", "exp", "isfinite", "isnan", "log", "matmul", "maximum", "minimum", "multiply",
    "negative", "sqrt", "square", "subtract", "tanh",
)  # fmt: skip
SCATTERING = (
    "add",
    "subtract",
    "maximum",
    "minimum",
)  # the ufuncs that CuPy gives `at`
FUNCTIONS = (
    "argpartition", "argsort", "argwhere", "ascontiguousarray", "broadcast_to", "concatenate", "flatnonzero",
    "split", "stack", "take_along_axis", "where",
)  # fmt: skip
CREATIONS = ("arange", "full", "full_like", "ones", "ones_like", "zeros", "zeros_like")
KEYWORDS = ("axis", "copy", "dtype", "keepdims")  # NumPy has more, `where` among them

int32, int64, float32, float64 = np.int32, np.int64, np.float32, np.float64


class ndarray:
    """An array on the pretended device."""

    __array_ufunc__ = None  # NumPy's operators leave the answer to this class
    __hash__ = None

    def __init__(self, host):
        self._host = host

    shape = property(lambda self: self._host.shape)
    dtype = property(lambda self: self._host.dtype)
    ndim = property(lambda self: self._host.ndim)
    size = property(lambda self: self._host.size)
    T = property(lambda self: ndarray(self._host.T))

    def get(self):
        return self._host.copy()

    def item(self):
        return self._host.item()

    def __array__(self, *args, **kwargs):
        raise TypeError("Implicit conversion to a NumPy array is not allowed")

    def __array_function__(self, *args):
        raise TypeError("Implicit conversion to a NumPy array is not allowed")

    def __float__(self):
        return float(self._host)

    def __int__(self):
        return int(self._host)

    def __bool__(self):
        return bool(self._host)

    def __len__(self):
        return len(self._host)

    def __iter__(self):
        return map(_to_device, self._host)

    def __repr__(self):
        return f"stand-in {self._host!r}"

    def __getitem__(self, key):
        return _to_device(self._host[_key(key)])

    def __setitem__(self, key, value):
        self._host[_key(key)] = _operand(value)


def _method(name):
    def method(self, *args, **kwargs):
        return _call(getattr(self._host, name), args, kwargs)

    return method


def _unary(name):
    function = getattr(operator, name)
    return lambda self: _to_device(function(self._host))


def _binary(name):
    function = getattr(operator, name)
    return lambda self, other: _to_device(function(self._host, _operand(other)))


def _reflected(name):
    function = getattr(operator, name)
    return lambda self, other: _to_device(function(_operand(other), self._host))


def _in_place(name):
    function = getattr(operator, name)

    def in_place(self, other):
        function(self._host, _operand(other))
        return self

    return in_place


for _name in METHODS:
    setattr(ndarray, _name, _method(_name))
for _name in UNARY:
    setattr(ndarray, f"__{_name}__", _unary(f"__{_name}__"))
for _name in BINARY + COMPARISONS:
    setattr(ndarray, f"__{_name}__", _binary(f"__{_name}__"))
for _name in BINARY:
    setattr(ndarray, f"__r{_name}__", _reflected(f"__{_name}__"))
    if _name != "matmul":  # `a @= b` is not CuPy's
        setattr(ndarray, f"__i{_name}__", _in_place(f"__i{_name}__"))


class ufunc:
    """A function of every number: operands and `out` are arrays of the device, or single numbers."""

    def __init__(self, name):
        self._function = getattr(np, name)
        if name in SCATTERING:
            self.at = self._at

    def __call__(self, *operands, out=None):
        operands = [_operand(operand) for operand in operands]
        if out is None:
            return _to_device(self._function(*operands))
        if not isinstance(out, ndarray):
            raise TypeError(f"out is a {type(out).__name__}; expected cupy.ndarray")
        if self._function is np.matmul and any(
            np.shares_memory(out._host, operand) for operand in operands
        ):
            raise ValueError("matmul would overwrite what it reads")
        self._function(*operands, out=out._host)
        return out

    def _at(self, array, key, values):
        if not isinstance(array, ndarray):
            raise TypeError(f"Unsupported type {type(array)}")
        self._function.at(array._host, _key(key), _operand(values))


def _creation(name):
    return lambda *args, **kwargs: _call(getattr(np, name), args, kwargs)


def _function(name):
    def function(first, *args, **kwargs):
        for array in first if isinstance(first, (list, tuple)) else (first,):
            if not isinstance(array, ndarray):
                raise TypeError(f"Unsupported type {type(array)}")
        return _call(getattr(np, name), (first, *args), kwargs)

    return function


globals().update({name: ufunc(name) for name in UFUNCS})
globals().update({name: _creation(name) for name in CREATIONS})
globals().update({name: _function(name) for name in FUNCTIONS})


def empty(shape, dtype=float):
    host = np.empty(shape, dtype)
    host.fill(np.nan if host.dtype.kind == "f" else 99)
    return ndarray(host)


def empty_like(array):
    return empty(array.shape, array.dtype)


def asarray(array, dtype=None):
    """Copy what is on the host to the device; what is there already stays."""
    if isinstance(array, ndarray):
        return array if dtype is None else array.astype(dtype, copy=False)
    return ndarray(np.array(array, dtype))


def asnumpy(array):
    return array.get() if isinstance(array, ndarray) else np.asarray(array)


class Generator:
    """NumPy's random numbers, on the device."""

    def __init__(self, seed):
        self._rng = np.random.default_rng(seed)

    def random(self, size=None, dtype=float64):
        return _to_device(self._rng.random(size, dtype))


random = SimpleNamespace(default_rng=Generator)
cuda = SimpleNamespace(is_available=lambda: True)


def _call(function, args, kwargs):
    """Call NumPy's `function` on what the arrays wrap; refuse NumPy's own arrays among the arguments."""
    if unknown := kwargs.keys() - KEYWORDS:
        raise TypeError(f"unexpected keyword argument: {', '.join(sorted(unknown))}")
    kwargs = {name: _to_host(value) for name, value in kwargs.items()}
    return _to_device(function(*map(_to_host, args), **kwargs))


def _to_host(value):
    if isinstance(value, ndarray):
        return value._host
    if isinstance(value, (list, tuple)):
        return type(value)(map(_to_host, value))
    if isinstance(value, np.ndarray):
        raise TypeError(f"Unsupported type {type(value)}")
    return value


def _to_device(value):
    if isinstance(value, (list, tuple)):
        return type(value)(map(_to_device, value))
    if isinstance(value, (np.ndarray, np.generic)):
        return ndarray(np.asarray(value))
    return value


def _operand(value):
    """Return what an operand wraps: an array of the device, or a single number."""
    if not isinstance(value, (ndarray, *SCALARS)):
        raise TypeError(f"Unsupported type {type(value)}")
    return _to_host(value)


def _key(key):
    """Return what an index wraps: arrays of the device, whole numbers, slices; no list, no NumPy array."""
    if isinstance(key, tuple):
        return tuple(map(_key, key))
    if not (
        key is None
        or key is Ellipsis
        or isinstance(key, (ndarray, slice, int, np.integer))
    ):
        raise TypeError(f"{type(key)} as an index would be copied to the device")
    return _to_host(key)
