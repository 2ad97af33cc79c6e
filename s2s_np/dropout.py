"""Dropout: a random share of the values set to zero, in training only (book: code/decoder)."""

from .array import check_floats


def dropout(x, rate, rng):
    """Zero each value with probability `rate`, and scale the rest so that the mean stays.

        y = x · mask,    mask = 0 with probability rate, else 1 / (1 − rate)

    Arguments
        x: any shape
        rate: 0 ≤ rate < 1; at 0 nothing changes and no number is drawn
        rng: random Generator of the library of `x`; the same seed gives the same mask
    Returns `y` and `backward(d_y) -> d_x`.
    Source: Srivastava et al. (2014); scaled in training ("inverted"), so that nothing is left to do afterwards.
    """
    check_floats({"x": x})
    if not 0 <= rate < 1:
        raise ValueError(f"rate is {rate}; expected 0 <= rate < 1")
    if rate == 0:
        return x, lambda d_y: d_y
    drawn = rng.random(x.shape, dtype=x.dtype)
    check_floats({"x": x, "what rng draws": drawn})
    mask = (drawn >= rate) / x.dtype.type(1 - rate)

    def backward(d_y):
        return d_y * mask

    return x * mask, backward
