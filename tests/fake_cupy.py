"""A stand-in for CuPy that runs on the CPU and forgives nothing.

Tests put this module in `sys.modules` under the name `cupy`. Its arrays wrap NumPy arrays and never meet one
unasked: `asarray`, `asnumpy`, `get` and what turns a single number into Python's are the only ways across, and
`crossings` counts them. CuPy itself is milder here and there (it copies an index array, it answers `numpy.exp`), at
the price of a copy that no line shows. Arrays from `empty` are filled with NaN, as a GPU's may be.

CUDA kernels really run: `RawModule` compiles their source for the CPU with g++ and `emulated_cuda.h`. What CuPy
takes on trust is checked here: number and types of arguments, and that arrays lie in one piece.

It offers what the package uses, and a test compares that with CuPy's own names where CuPy is installed.
"""

import ctypes
import hashlib
import json
import operator
import os
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path
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

crossings = (
    Counter()
)  # "to host": what waits for the device; "to device": what does not


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
    flags = property(lambda self: self._host.flags)
    T = property(lambda self: ndarray(self._host.T))

    def get(self):
        crossings["to host"] += 1
        return self._host.copy()

    def item(self):
        crossings["to host"] += 1
        return self._host.item()

    def __array__(self, *args, **kwargs):
        raise TypeError("Implicit conversion to a NumPy array is not allowed")

    def __array_function__(self, *args):
        raise TypeError("Implicit conversion to a NumPy array is not allowed")

    def __float__(self):
        crossings["to host"] += 1
        return float(self._host)

    def __int__(self):
        crossings["to host"] += 1
        return int(self._host)

    def __bool__(self):
        crossings["to host"] += 1
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
    crossings["to device"] += 1
    return ndarray(np.array(array, dtype))


def asnumpy(array):
    return array.get() if isinstance(array, ndarray) else np.asarray(array)


class Generator:
    """NumPy's random numbers, on the device; as CuPy's, they have their state in bytes of the device."""

    def __init__(self, seed):
        self._rng = np.random.default_rng(seed)
        self.bit_generator = SimpleNamespace(_state=ndarray(np.zeros(512, np.int8)))
        self._keep_state()

    def random(self, size=None, dtype=float64):
        text = self.bit_generator._state._host.tobytes().rstrip(b"\0")
        self._rng.bit_generator.state = json.loads(text)
        drawn = self._rng.random(size, dtype)
        self._keep_state()
        return _to_device(drawn)

    def _keep_state(self):
        text = json.dumps(self._rng.bit_generator.state).encode()
        self.bit_generator._state._host[:] = np.frombuffer(text.ljust(512, b"\0"), np.int8)  # fmt: skip


random = SimpleNamespace(default_rng=Generator)


# Kernels -----------------------------------------------------------------------------------------------------

COMPILER = shutil.which("g++")
LIBRARIES = Path(__file__).parent.parent / ".pytest_cache" / "emulated"
SHARED_MEMORY = 232_448  # bytes a block may have, as on an H100
TYPES = {
    "float": (np.float32, ctypes.c_float),
    "double": (np.float64, ctypes.c_double),
    "int": (np.int32, ctypes.c_int),
    "unsigned int": (np.uint32, ctypes.c_uint),
    "long long": (np.int64, ctypes.c_longlong),
}
KERNEL = re.compile(
    r'extern "C" __global__ void (?:__launch_bounds__\(.*?\))?\s*(\w+)\((.*?)\)\s*\{',
    re.DOTALL,
)
order = 0  # in which threads take their turns: 0 ascending, 1 descending, more: shuffled with that seed


class RawModule:
    """CUDA source, compiled for the CPU when a kernel is first taken from it."""

    def __init__(self, *, code, options=(), enable_cooperative_groups=False):
        self.code, self.options = code, options
        self.cooperative = enable_cooperative_groups

    def get_function(self, name):
        defined = dict(
            option[2:].split("=") for option in self.options if option.startswith("-D")
        )
        signatures = {
            kernel: [_parameter(p, defined) for p in parameters.split(",")]
            for kernel, parameters in KERNEL.findall(self.code)
        }
        launcher = getattr(
            _library(self.code, self.options, signatures), f"launch_{name}"
        )
        return RawKernel(
            name, signatures[name], launcher, self.cooperative, self.options
        )


class RawKernel:
    """A kernel; it runs when called, before the call returns."""

    def __init__(self, name, signature, launcher, cooperative, options):
        self.name, self.signature, self._launcher = name, signature, launcher
        self.cooperative, self.options = cooperative, options
        self.max_dynamic_shared_size_bytes = 49_152
        self.kernel = SimpleNamespace(ptr=1)

    def __call__(self, grid, block, args, *, shared_mem=0):
        if shared_mem > self.max_dynamic_shared_size_bytes:
            raise RuntimeError(
                "CUDA_ERROR_INVALID_VALUE: more shared memory than the kernel may have"
            )
        blocks = int(np.prod(grid))
        if self.cooperative and blocks > Device().attributes["MultiProcessorCount"]:
            raise RuntimeError("CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE")
        if len(args) != len(self.signature):
            raise TypeError(
                f"{self.name} takes {len(self.signature)} arguments; given: {len(args)}"
            )
        values = [_argument(self.name, *p, arg) for p, arg in zip(self.signature, args)]
        pointers = (ctypes.c_void_p * len(values))(*map(ctypes.addressof, values))
        error = self._launcher(
            (ctypes.c_int * 3)(*grid, *(1,) * (3 - len(grid))),
            (ctypes.c_int * 3)(*block, *(1,) * (3 - len(block))),
            ctypes.c_size_t(shared_mem),
            self.cooperative,
            order,
            pointers,
        )
        if error:
            reason = {
                1: "all threads wait for ever",
                2: "it wrote past its shared memory",
            }
            raise RuntimeError(f"kernel {self.name}: {reason[error]}")


def _parameter(text, defined):
    """Return `(name, type, is a pointer)` of one parameter of a kernel."""
    declared, name = text.replace("const ", "").strip().rsplit(None, 1)
    pointer = declared.endswith("*")
    declared = declared.rstrip("*")
    return name, defined.get(declared, declared), pointer


def _argument(kernel, name, declared, pointer, value):
    """Return what a kernel is given for one parameter, as a C value."""
    dtype, c_type = TYPES[declared]
    if not pointer:
        if type(value) is not dtype:
            raise TypeError(
                f"{kernel}: {name} is a {type(value).__name__}; expected {dtype.__name__}"
            )
        return c_type(value.item())
    if value is None:
        return ctypes.c_void_p(None)
    if not isinstance(value, ndarray):
        raise TypeError(
            f"{kernel}: {name} is a {type(value).__name__}; expected cupy.ndarray"
        )
    if value.dtype != dtype:
        raise TypeError(
            f"{kernel}: {name} is of type {value.dtype}; expected {dtype.__name__}"
        )
    if not value._host.flags.c_contiguous:
        raise ValueError(f"{kernel}: {name} does not lie in one piece")
    return ctypes.c_void_p(value._host.ctypes.data)


def _library(code, options, signatures):
    """Return the compiled source as a library with a function `launch_<kernel>` for each kernel."""
    shared = r"extern __shared__ (\w+) (\w+)\[\];"
    code = re.sub(
        shared, r"\1* \2 = reinterpret_cast<\1*>(emulation::shared_memory());", code
    )
    launchers = []
    for kernel, signature in signatures.items():
        args = ", ".join(
            f"*({declared}{'*' * pointer}*)args[{i}]"
            for i, (_, declared, pointer) in enumerate(signature)
        )
        launchers.append(
            f'extern "C" int launch_{kernel}'
            "(int* grid, int* block, size_t shared, int together, int order, void** args) {"
            f"emulation::kernel = [=] {{ {kernel}({args}); }};"
            "return emulation::launch(grid, block, shared, together, order); }"
        )
    header = Path(__file__).with_name("emulated_cuda.h")
    text = "\n".join([header.read_text(encoding="utf-8"), code, *launchers])
    flags = ("-x", "c++", *options, "-O1", "-shared", "-fPIC", "-w")
    digest = hashlib.sha256(repr((text, flags)).encode()).hexdigest()[:16]
    path = LIBRARIES / f"{digest}.so"
    if path not in _libraries:
        if not path.exists():
            LIBRARIES.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_suffix(
                f".{os.getpid()}"
            )  # another process may be at the same
            built = subprocess.run(
                [COMPILER, *flags, "-o", unfinished, "-"],
                input=text,
                capture_output=True,
                text=True,
                check=False,
            )
            if built.returncode:
                raise RuntimeError(built.stderr)
            unfinished.replace(path)
        _libraries[path] = ctypes.CDLL(str(path))
    return _libraries[path]


_libraries = {}


class Device:
    """A small card: few multiprocessors, so that small layers already fill it."""

    id = 0

    def __init__(self, device=None):
        pass

    @property
    def attributes(self):
        return {
            "CooperativeLaunch": 1,
            "ComputeCapabilityMajor": 9,
            "MultiProcessorCount": 6,
            "MaxSharedMemoryPerBlockOptin": SHARED_MEMORY,
        }


cuda = SimpleNamespace(
    is_available=lambda: True,
    Device=Device,
    driver=SimpleNamespace(
        occupancyMaxActiveBlocksPerMultiprocessor=lambda kernel, threads, shared: int(
            shared <= SHARED_MEMORY
        )
    ),
)


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
