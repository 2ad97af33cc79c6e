"""CUDA kernels: when they are used, and that they compile for the cards that there are."""

import ctypes
import re
import shutil
import subprocess
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

import fake_cupy
import numpy as np
import pytest
from conftest import emulate

import s2s_np
from s2s_np import Adam, kernels
from s2s_np.kernels import plain_arrays, usable

CARDS = (70, 75, 80, 90, 120)  # compute capability, without its dot
SOURCES = [
    ("recurrence.cu", {"REAL": real, "CELL": cell, "WARPS": 8, "TF32": tf32})
    for real, tf32 in (("float", 0), ("float", 1), ("double", 0))
    for cell in ("Rnn", "Gru", "Lstm")
] + [("fused.cu", {"REAL": real, "THREADS": 256}) for real in ("float", "double")]


def test_kernels_are_for_arrays_of_a_gpu_that_lie_in_one_piece():
    whole = fake_cupy.zeros((3, 4))
    assert usable(fake_cupy) and usable(fake_cupy, whole, whole[1:])
    assert not usable(fake_cupy, whole, whole.T)
    assert not usable(np)


def test_plain_arrays_turns_kernels_off_for_as_long_as_it_lasts():
    with plain_arrays():
        assert not usable(fake_cupy)
    assert usable(fake_cupy)


def test_an_array_that_does_not_lie_in_one_piece_is_updated_all_the_same(monkeypatch):
    cupy = emulate(monkeypatch)
    p = cupy.ones((2, 3)).T
    Adam({"p": p}).step({"p": p}, {"p": cupy.ones((3, 2))}, 0.1)
    assert np.allclose(p.get(), 0.9)


def test_the_sources_are_part_of_the_package():
    assert {name for name, _ in SOURCES} == {
        path.name for path in files(s2s_np).iterdir() if path.suffix == ".cu"
    }
    pyproject = Path(__file__).parent.parent / "pyproject.toml"
    assert 's2s_np = ["*.cu"]' in pyproject.read_text(encoding="utf-8")


def test_the_sources_include_no_header():
    for name, _ in SOURCES:
        assert "#include" not in files(s2s_np).joinpath(name).read_text("utf-8")


# Compiled as CuPy compiles them: with NVRTC where it is, or nvcc; no GPU is needed --------------------------------


def nvrtc():
    """Return NVIDIA's compiler as a library, or None: from `nvidia-cuda-nvrtc`, or from an installed CUDA."""
    folders = (
        []
        if find_spec("nvidia") is None
        else find_spec("nvidia").submodule_search_locations
    )
    candidates = [
        path
        for root in (*folders, "/usr/local/cuda/lib64")
        for path in sorted(Path(root).rglob("libnvrtc.so*"))
    ]
    return ctypes.CDLL(str(candidates[0])) if candidates else None


def compile_with_nvrtc(library, code, options):
    """Return the compiler's messages; empty where all is well."""
    program = ctypes.c_void_p()
    library.nvrtcCreateProgram(ctypes.byref(program), code.encode(), b"", 0, None, None)
    flags = (ctypes.c_char_p * len(options))(*(option.encode() for option in options))
    failed = library.nvrtcCompileProgram(program, len(options), flags)
    size = ctypes.c_size_t()
    library.nvrtcGetProgramLogSize(program, ctypes.byref(size))
    log = ctypes.create_string_buffer(size.value)
    library.nvrtcGetProgramLog(program, log)
    return f"error {failed}: {log.value.decode()}" if failed or log.value else ""


def supported_cards(library):
    """Return those of `CARDS` for which this NVRTC compiles."""
    count = ctypes.c_int()
    library.nvrtcGetNumSupportedArchs(ctypes.byref(count))
    cards = (ctypes.c_int * count.value)()
    library.nvrtcGetSupportedArchs(cards)
    return sorted({*cards} & {*CARDS})


@pytest.mark.parametrize(("name", "constants"), SOURCES)
def test_the_sources_compile_for_every_card(name, constants):
    library = nvrtc()
    code = files(s2s_np).joinpath(name).read_text("utf-8")
    options = ["-std=c++17", "-ftz=true", *(f"-D{k}={v}" for k, v in constants.items())]
    if library is not None:
        cards = supported_cards(library)
        if constants.get("TF32"):  # tensor cores take float32 since 8.0
            cards = [card for card in cards if card >= 80]
        # every card for one cell, one card for all the others: it is slow
        for card in cards if constants.get("CELL", "Gru") == "Gru" else [90]:
            assert not compile_with_nvrtc(library, code, [*options, f"-arch=sm_{card}"])
    elif nvcc := shutil.which("nvcc"):
        options[1] = "--ftz=true"
        compiled = subprocess.run(
            [
                nvcc,
                *options,
                "-arch=sm_90",
                "-x",
                "cu",
                "-cubin",
                "-o",
                "/dev/null",
                "-",
            ],
            input=code,
            capture_output=True,
            text=True,
            check=False,
        )
        assert not compiled.returncode, compiled.stderr
        assert not compiled.stderr
    else:
        pytest.skip(
            "neither NVRTC (pip install nvidia-cuda-nvrtc) nor nvcc is installed"
        )


# The stand-in's launches -------------------------------------------------------------------------------------------

SOURCE = """
extern "C" __global__ void add(const float* a, float* b, int n) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) b[i] += a[i];
}
"""


@pytest.fixture
def add(monkeypatch):
    return emulate(monkeypatch).RawModule(code=SOURCE).get_function("add")


def test_the_stand_in_runs_every_thread_of_every_block(add):
    a, b = fake_cupy.ones(10, np.float32), fake_cupy.zeros(10, np.float32)
    add((3,), (4,), (a, b, np.int32(10)))
    assert np.array_equal(b.get(), np.ones(10))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda a, b, n: (a, b), TypeError, "add takes 3 arguments; given: 2"),
        (lambda a, b, n: (a, b, 10), TypeError, "n is a int; expected int32"),
        (lambda a, b, n: (a, b, np.int64(10)), TypeError, "n is a int64"),
        (lambda a, b, n: (a, a.get(), n), TypeError, "b is a ndarray; expected cupy"),
        (lambda a, b, n: (a, b.astype(float), n), TypeError, "b is of type float64"),
        (lambda a, b, n: (a[::2], b, n), ValueError, "a does not lie in one piece"),
    ],
)
def test_the_stand_in_refuses_what_a_gpu_would_misread(add, change, error, message):
    a, b = fake_cupy.ones(10, np.float32), fake_cupy.zeros(10, np.float32)
    with pytest.raises(error, match=re.escape(message)):
        add((1,), (10,), change(a, b, np.int32(10)))


def test_the_stand_in_refuses_more_than_a_card_can_hold(monkeypatch):
    cupy = emulate(monkeypatch)
    module = cupy.RawModule(code=SOURCE, enable_cooperative_groups=True)
    kernel, a = module.get_function("add"), cupy.ones(10, np.float32)
    with pytest.raises(RuntimeError, match="COOPERATIVE_LAUNCH_TOO_LARGE"):
        kernel((7,), (2,), (a, a, np.int32(10)))
    with pytest.raises(RuntimeError, match="more shared memory"):
        kernel((1,), (2,), (a, a, np.int32(10)), shared_mem=50_000)


def test_without_a_compiler_the_reason_is_said(monkeypatch):
    monkeypatch.setattr(fake_cupy, "COMPILER", None)
    with pytest.raises(pytest.skip.Exception, match="no C"):
        emulate(monkeypatch)
    assert emulate(monkeypatch, kernels=False) is fake_cupy


def test_a_kernel_is_looked_up_once(monkeypatch):
    cupy = emulate(monkeypatch)
    constants = {"REAL": "float", "THREADS": 32}
    first, second = (
        kernels.kernel(cupy, "fused.cu", "adam", **constants) for _ in "ab"
    )
    assert first is second
