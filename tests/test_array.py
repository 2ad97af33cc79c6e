"""Which library made an array, and whether arrays fit together."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from s2s_np import to_device, to_host
from s2s_np.array import (
    array_module,
    check_floats,
    check_shape,
    check_tokens,
    device_module,
    transposed,
)


def test_the_library_of_an_array_is_found_from_the_array(cupy):
    assert array_module(np.ones(2)) is np
    assert array_module(np.float32(1)) is np
    assert array_module(cupy.ones(2)) is cupy


@pytest.mark.parametrize("value", [[1.0], 1.0, "text", None, (np.ones(2),)])
def test_what_is_no_array_is_named(value):
    with pytest.raises(
        TypeError, match=f"h is a {type(value).__name__}; expected a NumPy or CuPy"
    ):
        array_module(value, "h")


def test_what_is_no_array_is_named_before_its_shape_is_asked_for():
    with pytest.raises(TypeError, match="x is a list; expected a NumPy or CuPy array"):
        check_shape("x", [1.0], (1,))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floats_of_one_type_are_accepted(dtype):
    assert check_floats({"a": np.ones(2, dtype), "b": np.ones((), dtype)}) is np


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (
            np.ones(1, int),
            np.ones(1),
            "a is of type int64; expected float32 or float64",
        ),
        (np.ones(1, np.float16), np.ones(1), "a is of type float16"),
        (np.ones(1, complex), np.ones(1), "a is of type complex128"),
        (np.ones(1), np.ones(1, np.float32), "a is float64, but b is float32; convert"),
        (np.ones(1), np.ones(1, int), "a is float64, but b is int64"),
        (np.ones(1), [1.0], "b is a list"),
    ],
)
def test_floats_of_two_types_are_refused(first, second, message):
    with pytest.raises(TypeError, match=message):
        check_floats({"a": first, "b": second})


def test_arrays_of_two_libraries_are_refused_and_named(cupy):
    host, device = np.ones(2), cupy.asarray(np.ones(2))
    with pytest.raises(TypeError, match="a is a NumPy array, but b is a CuPy array"):
        check_floats({"a": host, "b": device})
    with pytest.raises(
        TypeError, match="b is a CuPy array, but a is a NumPy array; move .* to_device"
    ):
        check_floats({"b": device, "a": host})


def test_a_shape_fits_if_each_size_does():
    check_shape("x", np.ones((2, 3)), (2, 3))
    check_shape("x", np.ones((2, 3)), (None, 3))
    check_shape("x", np.ones(()), ())


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((3, 2), r"x has shape \(2, 3\); expected \(3, 2\)"),
        ((None, 2), r"expected \(any, 2\)"),
        ((6,), r"expected \(6,\)"),
        ((2, 3, None), r"expected \(2, 3, any\)"),
    ],
)
def test_a_shape_that_does_not_fit_is_named(shape, message):
    with pytest.raises(ValueError, match=message):
        check_shape("x", np.ones((2, 3)), shape)


def test_token_ids_are_integers_from_zero_up_to_the_size():
    check_tokens("tokens", np.array([[0, 6]]), 7)
    check_tokens("tokens", np.array([0, 6], np.uint8), 7)


@pytest.mark.parametrize(
    ("tokens", "error", "message"),
    [
        (
            np.array([[0, 1], [7, 9]]),
            IndexError,
            r"tokens\[1, 0\] is 7, outside .* of 7",
        ),
        (np.array([3, -2]), IndexError, r"tokens\[1\] is -2, .* \(ids 0 to 6\)"),
        (np.array(8), IndexError, r"is 8, outside"),
        (np.array([1.0]), TypeError, "tokens are of type float64"),
        (np.array([True]), TypeError, "tokens are of type bool"),
        (np.array([], int), ValueError, "there is no token"),
    ],
)
def test_token_ids_that_make_no_sense_are_named(tokens, error, message):
    with pytest.raises(error, match=message):
        check_tokens("tokens", tokens, 7)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1), (16, 3), (37, 50)])
def test_a_transposed_copy_lies_row_by_row_and_shares_nothing(cupy, shape):
    matrix = np.arange(float(np.prod(shape))).reshape(shape)
    for given_ in (matrix, cupy.asarray(matrix)):
        result = transposed(given_)
        assert np.array_equal(to_host(result), matrix.T)
        result[...] = -1
        assert np.array_equal(to_host(given_), matrix)
    assert transposed(matrix).flags.c_contiguous


def test_an_array_crosses_to_the_device_and_back(cupy):
    host = np.arange(6.0).reshape(2, 3)
    device = to_device(host, "cuda")
    assert isinstance(device, cupy.ndarray)
    assert np.array_equal(to_host(device), host)
    assert np.array_equal(to_device(device, "cpu"), host)
    device += 1
    assert host[0, 0] == 0


def test_an_array_that_is_there_already_is_not_copied(cupy):
    host = np.ones(2)
    assert to_host(host) is host
    assert to_device(host, "cpu") is host
    device = to_device(host, "cuda")
    assert to_device(device, "cuda") is device


def test_an_unknown_device_is_named():
    with pytest.raises(ValueError, match='device is \'tpu\'; expected "cpu" or "cuda"'):
        to_device(np.ones(1), "tpu")


def test_cuda_without_cupy_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    assert device_module("cpu") is np
    with pytest.raises(
        ModuleNotFoundError, match="pip install -r requirements-gpu.txt"
    ):
        to_device(np.ones(1), "cuda")


def test_cuda_without_a_gpu_says_so(monkeypatch):
    no_gpu = SimpleNamespace(cuda=SimpleNamespace(is_available=lambda: False))
    monkeypatch.setitem(sys.modules, "cupy", no_gpu)
    with pytest.raises(RuntimeError, match="needs an NVIDIA GPU"):
        to_device(np.ones(1), "cuda")
