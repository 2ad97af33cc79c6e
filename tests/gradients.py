"""The judges of every backward pass: finite differences, and PyTorch.

What they measure is kept in `LARGEST` and printed when pytest ends.
"""

import numpy as np

STEP = 1e-3
LARGEST = {}  # (what was checked, against what) → the largest error seen


def derivative(f, array, direction):
    """Return the derivative of `f()` as `array`, on which it depends, moves along `direction`.

    The array is changed in place and restored. Five points on the line, so that the error is of order STEP⁴:

        f' ≈ (f(−2s) − 8 f(−s) + 8 f(s) − f(2s)) / 12 s
    """
    start = array.copy()
    total = 0.0
    for factor, weight in ((-2, 1), (-1, -8), (1, 8), (2, -1)):
        array[...] = start + factor * STEP * direction
        total += weight * float(f())
    array[...] = start
    return total / (12 * STEP)


def numerical_gradient(f, array):
    """Return ∂f/∂array, one `derivative` for each number of `array`."""
    gradient = np.empty_like(array)
    for place in np.ndindex(array.shape):
        direction = np.zeros_like(array)
        direction[place] = 1
        gradient[place] = derivative(f, array, direction)
    return gradient


def relative_error(given, expected, floor=1e-4):
    """Return ‖given − expected‖ / max(‖given‖, ‖expected‖, floor); a vanishing gradient is compared absolutely."""
    size = max(np.linalg.norm(given), np.linalg.norm(expected), floor)
    return float(np.linalg.norm(given - expected) / size)


def check_gradients(what, f, arrays, gradients, tolerance=1e-6):
    """Assert that `gradients` are those of `f()` with respect to `arrays`, both dicts from name to float64 array.

    Every number is moved by itself. what: the name under which the largest error is reported.
    """
    _check_shapes(arrays, gradients)
    for name, array in arrays.items():
        error = relative_error(gradients[name], numerical_gradient(f, array))
        _judge(what, "finite differences", f"the gradient of {name}", error, tolerance)


def check_directions(what, f, arrays, gradients, seed=0, tolerance=1e-6):
    """Assert what `check_gradients` does, along one random direction an array: four calls of `f` for each.

    A direction may happen to be nearly at right angles to the gradient; the error is then measured against the
    length that the gradient has along a typical direction, ‖gradient‖ / √size.
    """
    _check_shapes(arrays, gradients)
    rng = np.random.default_rng(seed)
    for name, array in arrays.items():
        direction = rng.standard_normal(array.shape)
        direction /= np.linalg.norm(direction)
        given = (gradients[name] * direction).sum()
        typical = np.linalg.norm(gradients[name]) / array.size**0.5
        error = relative_error(
            given, derivative(f, array, direction), floor=max(typical, 1e-4)
        )
        _judge(what, "finite differences", f"the gradient of {name}", error, tolerance)


def check_parity(what, given, expected, tolerance=1e-10):
    """Assert that two dicts, from name to array and from name to torch tensor, agree in every number."""
    assert given.keys() == expected.keys()
    for name, tensor in expected.items():
        twin = tensor.detach().numpy()
        assert np.shape(given[name]) == twin.shape, name
        error = float(np.abs(given[name] - twin).max())
        _judge(what, "PyTorch", name, error, tolerance)


def _check_shapes(arrays, gradients):
    assert gradients.keys() == arrays.keys()
    for name, array in arrays.items():
        assert gradients[name].shape == array.shape, name
        assert gradients[name].dtype == array.dtype == np.float64, name


def _judge(what, against, name, error, tolerance):
    record(what, against, error)
    assert error < tolerance, f"{what}, {against}: {name} is off by {error:.1e}"


def record(what, against, error):
    """Keep the error if it is the largest of its kind."""
    LARGEST[what, against] = max(LARGEST.get((what, against), 0.0), error)
