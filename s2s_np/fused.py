"""Element by element on a GPU, one launch each: Adam, clipping, the loss, the embedding's gradient (book: gpu).

Each function here is the counterpart of the array version in the module that calls it, where its equation stands;
`fused.cu` holds the kernels. None waits for the GPU, none copies anything to the host, and none adds up in an order
that depends on chance.
"""

import numpy as np

from . import kernels
from .array import array_module, memory_for

THREADS = 256  # in a block, a power of 2
BLOCKS = 128  # at most, over one array
CHUNK_SCORES = 64_000_000  # at once if no chunk size is given, 256 MB in float32: a GPU wants large products


def adam(p, g, m, v, beta1, beta2, alpha, epsilon):
    """Move the parameter `p` and its running means `m` and `v`, in place; see `optim.Adam`."""
    numbers = (beta1, 1 - beta1, beta2, 1 - beta2, alpha, epsilon)
    _launch("adam", p, _blocks(p), p, g, m, v, _size(p), *map(p.dtype.type, numbers))


def clip(grads, max_norm):
    """Scale the arrays of the list `grads`, in place, and return the norm before, `()`; see `optim.clip`."""
    xp = array_module(grads[0])
    sums = xp.zeros((len(grads), BLOCKS), np.float64)
    norm = xp.empty(2, np.float64)  # the norm, and the factor
    for g, own in zip(grads, sums):
        _launch("square_sum", g, _blocks(g), g, _size(g), own)
    count, max_norm = np.int32(sums.size), np.float64(max_norm)
    _launch("clip_factor", grads[0], 1, sums, count, max_norm, norm)
    for g in grads:
        _launch("scale", g, _blocks(g), g, _size(g), norm)
    return norm[0]


def softmax_loss(scores, bias, words, scale):
    """Return the loss of each row, `(N,)`, and turn `scores (N, V)` into their gradient, in place.

        losses = −scale · log softmax(scores + bias)[y],    scores ← scale · (p − onehot(y))

    `words (N,)` are not looked at on the host: one outside the vocabulary has a loss of NaN.
    """
    xp = array_module(scores)
    N, V = scores.shape
    bias, words = xp.ascontiguousarray(bias), words.astype(np.int64, copy=False)
    losses = xp.empty(N, scores.dtype)
    scale = scores.dtype.type(scale)
    _launch("softmax_loss", scores, N, scores, bias, words, scale, np.int32(V), losses)
    return losses


def chunked_loss(states, words, weight, bias, scale, chunk_size):
    """Return `loss, d_states, d_weight, d_bias` of `generator_loss` for its N real words.

    `states (N, H)`; `chunk_size` of them at a time, at least 1.
    """
    (N, V), xp = (len(states), len(weight)), array_module(states)
    chunk_size = min(chunk_size, N)
    losses = xp.empty(N, states.dtype)
    d_states = xp.empty_like(states)
    d_weight = d_bias = None
    with memory_for(f"the scores of {chunk_size} states × {V} words", "chunk_size"):
        work = xp.empty((chunk_size, V), states.dtype)
    for start in range(0, N, chunk_size):
        rows = slice(start, min(start + chunk_size, N))
        scores = work[: rows.stop - start]
        xp.matmul(states[rows], weight.T, out=scores)
        losses[rows] = softmax_loss(scores, bias, words[rows], scale)
        xp.matmul(scores, weight, out=d_states[rows])
        part = scores.T @ states[rows], scores.sum(axis=0)
        if d_weight is None:
            d_weight, d_bias = part
        else:
            d_weight += part[0]
            d_bias += part[1]
    return losses.sum(), d_states, d_weight, d_bias


def embedding_gradient(weight, tokens, d_vectors):
    """Return the gradient of the table `weight (V, E)`: for each word the sum over its places; see `embedding`."""
    xp = array_module(weight)
    words = tokens.ravel().astype(np.int64, copy=False)
    order = xp.argsort(words)  # CuPy's is stable
    n, (V, E) = len(words), weight.shape
    d_weight = xp.zeros(weight.shape, weight.dtype)
    d_vectors = xp.ascontiguousarray(d_vectors)
    sizes = map(np.int32, (n, E, V))
    _launch(
        "embedding_gradient", weight, n, words[order], order, d_vectors, *sizes, d_weight
    )  # fmt: skip
    return d_weight


def _launch(name, array, blocks, *args):
    """Launch the kernel `name` for numbers of the type of `array` in so many blocks."""
    constants = {"REAL": kernels.C_TYPES[array.dtype.name], "THREADS": THREADS}
    kernel = kernels.kernel(array_module(array), "fused.cu", name, **constants)
    shared = 2 * THREADS * np.dtype(np.float64).itemsize
    kernel((blocks,), (THREADS,), args, shared_mem=shared)


def _blocks(array):
    """Return how many blocks go through `array`."""
    return min(BLOCKS, -(-array.size // THREADS))


def _size(array):
    """Return how many numbers `array` has, as a kernel takes it."""
    return np.int64(array.size)
