"""Gradients by finite differences, the judge of every backward pass."""

import numpy as np

STEP = 1e-3
LARGEST = {}  # what was checked → the largest relative error seen; `pytest` prints it at the end


def numerical_gradient(f, array):
    """Return ∂f/∂array for `f()`, a number that depends on `array`, which is changed and restored in place.

    Five points of the line through each element, so that the error is of the order STEP⁴:

        f' ≈ (f(−2s) − 8 f(−s) + 8 f(s) − f(2s)) / 12 s
    """
    gradient = np.empty_like(array)
    for place in np.ndindex(array.shape):
        value = array[place]
        points = []
        for factor in (-2, -1, 1, 2):
            array[place] = value + factor * STEP
            points.append(float(f()))
        array[place] = value
        gradient[place] = (points[0] - 8 * points[1] + 8 * points[2] - points[3]) / (
            12 * STEP
        )
    return gradient


def relative_error(given, expected):
    """Return ‖given − expected‖ / max(‖given‖, ‖expected‖, 1e-4): a vanishing gradient is compared absolutely."""
    size = max(np.linalg.norm(given), np.linalg.norm(expected), 1e-4)
    return np.linalg.norm(given - expected) / size


def check_gradients(what, f, arrays, gradients, tolerance=1e-6):
    """Assert that `gradients` are those of `f()` with respect to `arrays`, both dicts from name to float64 array.

    what: the name under which the largest error is reported
    """
    assert gradients.keys() == arrays.keys()
    for name, array in arrays.items():
        assert gradients[name].shape == array.shape, name
        error = relative_error(gradients[name], numerical_gradient(f, array))
        LARGEST[what] = max(LARGEST.get(what, 0.0), error)
        assert error < tolerance, (
            f"{what}: the gradient of {name} is off by {error:.1e}"
        )
