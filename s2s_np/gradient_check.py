"""Checking a gradient: a derivative computed twice, once by hand and once by trying (book: code/gradient_check)."""

import numpy as np

STEP = 1e-3  # of finite differences
COMPLEX_STEP = 1e-100  # of the complex step, which subtracts nothing and so may be as small as it likes
# A gradient below this norm is compared absolutely: what is 0 by hand is 0 only but for rounding by trying.
SMALLEST = 1e-4


class GradientError(AssertionError):
    """A gradient is not the derivative that it claims to be."""


def directional_derivative(f, array, direction, step=STEP):
    """Return the derivative of `f()` as `array`, on which it depends, moves along `direction`.

        f' ≈ (f(−2s) − 8 f(−s) + 8 f(s) − f(2s)) / 12 s        error of order s⁴

    Arguments
        f: a function of nothing that returns a number; it reads `array`
        array: float64, changed in place while f runs and restored, even if f raises
        direction: of the shape of `array`
        step: s
    Raises TypeError for an array that is not float64.
    """
    _check_float64("array", array)
    start = array.copy()
    values = {}
    try:
        for factor in (-2, -1, 1, 2):
            array[...] = start + factor * step * direction
            values[factor] = float(f())
    finally:
        array[...] = start
    # Differences first: exactly 0 where f does not depend on the array.
    near, far = values[1] - values[-1], values[2] - values[-2]
    return (8 * near - far) / (12 * step)


def numerical_gradient(f, array, step=STEP):
    """Return ∂f/∂array by finite differences: one `directional_derivative` for each number of `array`.

    Arguments and errors are those of `directional_derivative`; 4 calls of f for each number.
    """
    _check_float64("array", array)
    gradient = np.empty_like(array)
    for place in np.ndindex(array.shape):
        direction = np.zeros_like(array)
        direction[place] = 1
        gradient[place] = directional_derivative(f, array, direction, step)
    return gradient


def complex_step_gradient(f, array):
    """Return ∂f/∂array exactly but for rounding, of an f that also computes with complex numbers.

        f(a + i s) = f(a) + i s f'(a) − …,    f'(a) ≈ Im f(a + i s) / s

    Nothing is subtracted, so nothing cancels, and s can be tiny. (Squire and Trapp 1998.)

    Arguments
        f: a function of a complex array that returns a number, made of functions that have a power series: products,
            exp, tanh; not abs, max, comparisons or conjugates
        array: float64, not changed
    Raises TypeError for an array that is not float64, or an f that gives back a real number.
    """
    _check_float64("array", array)
    gradient = np.empty_like(array)
    for place in np.ndindex(array.shape):
        moved = array.astype(complex)
        moved[place] += 1j * COMPLEX_STEP
        value = f(moved)
        if not np.iscomplexobj(value):
            raise TypeError(
                f"f of a complex array is a real number, of type {type(value).__name__}: somewhere in f the imaginary"
                " part is dropped"
            )
        gradient[place] = np.imag(value) / COMPLEX_STEP
    return gradient


def relative_error(given, expected, smallest=SMALLEST):
    """Return ‖given − expected‖ / max(‖given‖, ‖expected‖, smallest)."""
    size = max(np.linalg.norm(given), np.linalg.norm(expected), smallest)
    return float(np.linalg.norm(given - expected) / size)


def check_gradients(f, arrays, gradients, tolerance=1e-6):
    """Compare `gradients` with finite differences, number by number; return the `relative_error` of each by name.

    Arguments
        f: a function of nothing that returns a number; it reads the arrays
        arrays: dict from name to float64 array; each is changed in place while f runs, and restored
        gradients: dict from the same names to what ∂f/∂array is claimed to be
        tolerance: the largest relative error that passes
    Raises GradientError for an error above `tolerance` or one that is no number, naming the array and where in it the
    two differ most; ValueError and TypeError for names, shapes and types that do not fit.
    """
    _check_fit(arrays, gradients)
    errors = {}
    for name, array in arrays.items():
        given, expected = gradients[name], numerical_gradient(f, array)
        errors[name] = relative_error(given, expected)
        if not errors[name] <= tolerance:  # NaN is no pass
            place = np.unravel_index(np.abs(given - expected).argmax(), array.shape)
            index = ", ".join(map(str, place))
            raise GradientError(
                f"the gradient of {name} is off by {errors[name]:.1e} (relative; {tolerance:.0e} is allowed), most at"
                f" [{index}]: given {given[place]:.6g}, finite differences {expected[place]:.6g}"
            )
    return errors


def check_directions(f, arrays, gradients, tolerance=1e-6, seed=0):
    """Do what `check_gradients` does along one random direction an array: four calls of f for each, whatever its size.

    A direction may happen to be nearly at right angles to the gradient. The error is measured against what the
    gradient is along a typical direction, ‖gradient‖ / √size, where that is larger.
    Arguments, result and errors are those of `check_gradients`; `seed` draws the directions.
    """
    _check_fit(arrays, gradients)
    rng = np.random.default_rng(seed)
    errors = {}
    for name, array in arrays.items():
        direction = rng.standard_normal(array.shape)
        direction /= np.linalg.norm(direction)
        given = (gradients[name] * direction).sum()
        expected = directional_derivative(f, array, direction)
        typical = np.linalg.norm(gradients[name]) / array.size**0.5
        errors[name] = relative_error(given, expected, max(typical, SMALLEST))
        if not errors[name] <= tolerance:
            raise GradientError(
                f"the gradient of {name} is off by {errors[name]:.1e} (relative; {tolerance:.0e} is allowed): along a"
                f" random direction it is {given:.6g}, by finite differences {expected:.6g}"
            )
    return errors


def _check_fit(arrays, gradients):
    """Raise unless both dicts have the same names, and each gradient shape and type of its float64 array."""
    if odd := sorted(arrays.keys() ^ gradients.keys()):
        where = "arrays" if odd[0] in arrays else "gradients"
        raise ValueError(f"{odd[0]} is among the {where} only")
    for name, array in arrays.items():
        _check_float64(name, array)
        _check_float64(f"the gradient of {name}", gradients[name])
        if gradients[name].shape != array.shape:
            raise ValueError(
                f"the gradient of {name} has shape {gradients[name].shape}; expected {array.shape}, that of {name}"
            )


def _check_float64(name, array):
    if not isinstance(array, np.ndarray) or array.dtype != np.float64:
        kind = getattr(array, "dtype", type(array).__name__)
        raise TypeError(
            f"{name} is of type {kind}; expected a NumPy array of float64: in float32 rounding hides the derivative"
        )
