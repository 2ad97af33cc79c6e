"""Convolution: small filters that look at every place of an image alike (book: applications/image_captioning).

    y, backward = convolution(params, x)        # x (C, B, height, width)

A batch of images is `(C, B, height, width)`: the channels first, as time comes first in a batch of sentences, so that a
convolution is one matrix product over everything behind them.
"""

import numpy as np

from .array import array_module, check_floats, check_like, check_names, check_shape

KERNEL = 3  # pixels, the width and the height of a filter
POOL = 2  # pixels, the width and the height of what becomes one


def convolution(params, x):
    """Lay every filter on every place of every image, with zeros around the image.

        y[o, b, i, j] = bias[o] + Σ_{c, p, q} weight[o, c, p, q] x[c, b, i + p − 1, j + q − 1]

    As in PyTorch the filter is not turned round, so that this is, strictly, a cross-correlation.

    Arguments
        params: {"weight": (O, C, 3, 3), "bias": (O,)}
        x: (C, B, height, width)
    Returns `y (O, B, height, width)` and `backward(d_y) -> dx, grads`.
    Raises ValueError for shapes, TypeError for types and libraries that do not fit.
    """
    check_names(params, ["weight", "bias"])
    weight, bias = params["weight"], params["bias"]
    xp = check_floats({"x": x, "weight": weight, "bias": bias})
    check_shape("x", x, (None, None, None, None))
    C, B, height, width = x.shape
    check_shape("weight", weight, (None, C, KERNEL, KERNEL))
    check_shape("bias", bias, (len(weight),))
    rows = weight.reshape(len(weight), -1)  # (O, 9C)
    padded = xp.zeros((C, B, height + 2, width + 2), x.dtype)
    padded[:, :, 1:-1, 1:-1] = x
    windows = xp.empty((C, KERNEL, KERNEL, B, height, width), x.dtype)
    for p, q in np.ndindex(KERNEL, KERNEL):
        windows[:, p, q] = padded[:, :, p : p + height, q : q + width]
    columns = windows.reshape(rows.shape[1], -1)  # (9C, B·height·width)
    y = rows @ columns
    y += bias[:, None]
    y = y.reshape(-1, B, height, width)

    def backward(d_y):
        check_like("d_y", d_y, "y", y)
        d_rows = d_y.reshape(len(weight), -1)  # (O, B·height·width)
        grads = {
            "weight": (d_rows @ columns.T).reshape(weight.shape),
            "bias": d_rows.sum(axis=1),
        }
        d_windows = (rows.T @ d_rows).reshape(windows.shape)
        d_padded = xp.zeros(padded.shape, x.dtype)
        for p, q in np.ndindex(KERNEL, KERNEL):
            d_padded[:, :, p : p + height, q : q + width] += d_windows[:, p, q]
        return d_padded[:, :, 1:-1, 1:-1], grads

    return y, backward


def init_convolution(rng, channels, filters):
    """Return fresh parameters: normal weights of variance 2/(9C), which a ReLU passes on unchanged (He et al. 2015)."""
    scale = np.sqrt(2 / (channels * KERNEL**2))
    weight = scale * rng.standard_normal((filters, channels, KERNEL, KERNEL))
    return {"weight": weight, "bias": np.zeros(filters)}


def relu(x):
    """Cut off what is below zero: y = max(x, 0). Returns `y` and `backward(d_y) -> dx`; at 0 the derivative is 0."""
    xp = array_module(x, "x")
    y = xp.maximum(x, 0)

    def backward(d_y):
        check_like("d_y", d_y, "y", y)
        return d_y * (y > 0)

    return y, backward


def max_pool(x):
    """Keep the largest of every 2 × 2 pixels.

        y[c, b, i, j] = max_{p, q ∈ {0, 1}} x[c, b, 2i + p, 2j + q]

    Arguments
        x: (C, B, height, width), both even
    Returns `y (C, B, height/2, width/2)` and `backward(d_y) -> dx`; the gradient goes to the pixel that was kept, of
    several alike to the first.
    Raises ValueError for a height or width that is odd.
    """
    xp = array_module(x, "x")
    check_shape("x", x, (None, None, None, None))
    height, width = x.shape[2:]
    if height % POOL or width % POOL:
        raise ValueError(f"x has shape {x.shape}; its height and width must be even")
    places = [
        (..., slice(p, None, POOL), slice(q, None, POOL))
        for p, q in np.ndindex(POOL, POOL)
    ]
    y = x[places[0]]
    for place in places[1:]:
        y = xp.maximum(y, x[place])

    def backward(d_y):
        check_like("d_y", d_y, "y", y)
        dx = xp.empty(x.shape, x.dtype)
        left = d_y  # what no pixel has taken yet
        for place in places:
            kept = x[place] == y
            dx[place] = left * kept
            left = left * ~kept
        return dx

    return y, backward
