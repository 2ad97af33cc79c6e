"""The judges are judged: what they find right, what they find wrong, and what they say."""

import numpy as np
import pytest
from cases import Case, step

from s2s_np import gru_cell
from s2s_np.gradient_check import (
    GradientError,
    check_directions,
    check_gradients,
    complex_step_gradient,
    directional_derivative,
    numerical_gradient,
    relative_error,
)

CHECKS = (check_gradients, check_directions)
every_check = pytest.mark.parametrize("check", CHECKS)


def cubes(seed=0):
    """Return f = Σ a³ of two arrays, the arrays, and their gradients 3a²."""
    rng = np.random.default_rng(seed)
    arrays = {"a": rng.standard_normal((2, 3)), "b": rng.standard_normal(4)}
    gradients = {name: 3 * array**2 for name, array in arrays.items()}
    return lambda: sum((array**3).sum() for array in arrays.values()), arrays, gradients


def test_five_points_are_exact_for_polynomials_of_degree_four():
    x = np.array([0.7])
    for degree in range(5):
        slope = directional_derivative(
            lambda degree=degree: (x**degree).item(), x, np.ones(1), step=0.1
        )
        assert abs(slope - degree * 0.7 ** max(degree - 1, 0)) < 1e-12


def test_the_error_of_finite_differences_falls_with_the_fourth_power_of_the_step():
    x = np.array([1.0])
    errors = [
        abs(numerical_gradient(lambda: np.exp(x).item(), x, step)[0] - np.e)
        for step in (0.1, 0.05)
    ]
    assert 15 < errors[0] / errors[1] < 17


def test_a_derivative_along_a_direction_is_the_gradients_share_in_it():
    f, arrays, gradients = cubes()
    direction = np.arange(6.0).reshape(2, 3)
    slope = directional_derivative(f, arrays["a"], direction)
    assert abs(slope - (gradients["a"] * direction).sum()) < 1e-7


@every_check
def test_right_gradients_pass_and_their_errors_come_back(check):
    f, arrays, gradients = cubes()
    errors = check(f, arrays, gradients)
    assert list(errors) == ["a", "b"]
    assert max(errors.values()) < 1e-8


@every_check
@pytest.mark.parametrize("wrong", [lambda d: -d, lambda d: 1.001 * d, np.zeros_like])
def test_wrong_gradients_are_named(check, wrong):
    f, arrays, gradients = cubes()
    gradients["b"] = wrong(gradients["b"])
    with pytest.raises(GradientError, match="the gradient of b is off by"):
        check(f, arrays, gradients)


def test_the_message_says_where_and_what():
    f, arrays, gradients = cubes()
    arrays["a"][1, 2] = 2
    gradients["a"][1, 2] = 5
    with pytest.raises(
        GradientError, match=r"most at \[1, 2\]: given 5, finite differences 12$"
    ):
        check_gradients(f, arrays, gradients)


@every_check
def test_a_gradient_that_is_no_number_does_not_pass(check):
    f, arrays, gradients = cubes()
    gradients["a"][0, 0] = np.nan
    with pytest.raises(GradientError, match="the gradient of a is off by nan"):
        check(f, arrays, gradients)


def test_a_gradient_error_is_an_assertion_error():
    assert issubclass(GradientError, AssertionError)


def test_a_vanishing_gradient_is_compared_absolutely():
    assert relative_error(np.array([1e-12]), np.zeros(1)) == 1e-12 / 1e-4
    assert relative_error(np.array([2.0]), np.array([1.0])) == 0.5


def test_the_tolerance_is_what_is_allowed():
    f, arrays, gradients = cubes()
    gradients["a"] *= 1 + 1e-4
    assert check_gradients(f, arrays, gradients, tolerance=1e-3)["a"] > 1e-5
    with pytest.raises(GradientError):
        check_gradients(f, arrays, gradients, tolerance=1e-5)


@every_check
def test_arrays_are_as_before_even_if_f_fails(check):
    _, arrays, gradients = cubes()
    before = {name: array.copy() for name, array in arrays.items()}

    def fails():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        check(fails, arrays, gradients)
    assert all(np.array_equal(before[name], arrays[name]) for name in arrays)


def test_finite_differences_refuse_what_is_no_array_of_float64():
    for array in ([1.0], np.ones(2, np.float32), np.ones(0, int)):
        with pytest.raises(TypeError, match="expected a NumPy array of float64"):
            numerical_gradient(lambda: 0.0, array)


@every_check
def test_float32_is_refused_by_name(check):
    f, arrays, gradients = cubes()
    with pytest.raises(TypeError, match="the gradient of b is of type float32"):
        check(f, arrays, gradients | {"b": gradients["b"].astype(np.float32)})
    with pytest.raises(TypeError, match="b is of type float32; expected a NumPy"):
        check(f, arrays | {"b": arrays["b"].astype(np.float32)}, gradients)
    with pytest.raises(TypeError, match="b is of type list"):
        check(f, arrays | {"b": [1.0]}, gradients)


@every_check
def test_names_and_shapes_that_do_not_fit_are_refused(check):
    f, arrays, gradients = cubes()
    with pytest.raises(ValueError, match="c is among the gradients only"):
        check(f, arrays, gradients | {"c": np.zeros(1)})
    del gradients["a"]
    with pytest.raises(ValueError, match="a is among the arrays only"):
        check(f, arrays, gradients)
    with pytest.raises(ValueError, match=r"has shape \(2,\); expected \(4,\)"):
        check(f, {"b": arrays["b"]}, {"b": np.zeros(2)})


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_the_complex_step_finds_the_gradient_of_a_cell_to_the_last_digits(cell):
    params, x, state = Case(T=1).inputs(cell)
    state = tuple(part[0] for part in state)
    state_next, backward = step(cell, params, x[0], state)
    _, _, grads = backward(tuple(np.ones_like(part) for part in state_next))

    def f(w):
        parts, _ = step(cell, params | {"weight_hh_l0": w}, x[0], state)
        return sum(part.sum() for part in parts)

    found = complex_step_gradient(f, params["weight_hh_l0"])
    assert np.abs(found - grads["weight_hh_l0"]).max() < 1e-14


def test_the_complex_step_refuses_an_f_that_drops_the_imaginary_part():
    with pytest.raises(TypeError, match="the imaginary part is dropped"):
        complex_step_gradient(lambda x: np.abs(x).sum(), np.ones(2))
    with pytest.raises(TypeError, match="expected a NumPy array of float64"):
        complex_step_gradient(lambda x: x.sum(), np.ones(2, int))


def test_a_sign_error_in_a_cell_is_found():
    params, x, (h0,) = Case(T=1).inputs("gru")
    h_next, backward = gru_cell(params, x[0], h0[0])
    _, dh, grads = backward(np.ones_like(h_next))
    arrays = {"h": h0[0], **params}
    gradients = {"h": dh, **grads}

    def f():
        return gru_cell(params, x[0], h0[0])[0].sum()

    check_gradients(f, arrays, gradients)
    gradients["bias_hh_l0"][5] *= -1
    with pytest.raises(GradientError, match=r"bias_hh_l0 is off by .* most at \[5\]"):
        check_gradients(f, arrays, gradients)
