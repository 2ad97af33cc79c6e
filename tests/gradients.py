"""The judges of every backward pass, finite differences and PyTorch, and a record of what they saw.

What they measure is kept in `LARGEST` and printed when pytest ends.
"""

import numpy as np

from s2s_np import gradient_check

LARGEST = {}  # (what was checked, against what) → the largest error seen


def check_gradients(what, f, arrays, gradients):
    """Assert that `gradients` are those of `f()`, number by number; `what` names it in the record."""
    for error in gradient_check.check_gradients(f, arrays, gradients).values():
        record(what, "finite differences", error)


def check_directions(what, f, arrays, gradients):
    """Assert what `check_gradients` does, along one random direction an array."""
    for error in gradient_check.check_directions(f, arrays, gradients).values():
        record(what, "finite differences", error)


def check_parity(what, given, expected, tolerance=1e-10):
    """Assert that two dicts, from name to array and from name to torch tensor, agree in every number."""
    assert given.keys() == expected.keys()
    for name, tensor in expected.items():
        twin = tensor.detach().numpy()
        assert np.shape(given[name]) == twin.shape, name
        error = float(np.abs(given[name] - twin).max())
        record(what, "PyTorch", error)
        assert error < tolerance, f"{what}, PyTorch: {name} is off by {error:.1e}"


def record(what, against, error):
    """Keep the error if it is the largest of its kind."""
    LARGEST[what, against] = max(LARGEST.get((what, against), 0.0), error)
