"""Embedding: a table of vectors, one row a word (book: code/embedding)."""

import numpy as np

from . import fused, kernels
from .array import (
    array_module,
    check_floats,
    check_like,
    check_names,
    check_shape,
    check_tokens,
)
from .memory import zeros


def embedding(params, tokens):
    """Look up the vector of each token.

        e_t = weight[x_t] = one_hot(x_t) @ weight

    Arguments
        params: {"weight": (V, E)}
        tokens: integers from 0 to V − 1, any shape; (T, B) in this package
    Returns `vectors (T, B, E)` and `backward(d_vectors) -> {"weight": (V, E)}`. A row's gradient is the sum over
    all the places where its word stands; all rows are treated alike, PAD's too. The kernel of a GPU adds in the
    order of the places; in `plain_arrays` a GPU adds atomically, in an order of chance: the last bits may differ.
    Raises TypeError for tokens that are not integers, IndexError for an id outside the vocabulary.
    """
    check_names(params, ["weight"])
    weight = params["weight"]  # (V, E)
    xp = check_floats({"weight": weight})
    check_shape("weight", weight, (None, None))
    if array_module(tokens, "tokens") is not xp:
        raise TypeError(
            "tokens and weight are arrays of different libraries; move one with to_device or to_host"
        )
    check_tokens("tokens", tokens, len(weight))
    vectors = weight[tokens]  # (T, B, E)

    def backward(d_vectors):
        check_like("d_vectors", d_vectors, "vectors", vectors)
        if kernels.usable(xp):
            return {"weight": fused.embedding_gradient(weight, tokens, d_vectors)}
        d_weight = zeros(xp, (weight.size,), weight.dtype)
        columns = xp.arange(weight.shape[1])
        # The place of each number of d_vectors in the table laid out flat: (T·B, E)
        cells = tokens.reshape(-1, 1).astype(xp.int64) * weight.shape[1] + columns
        xp.add.at(
            d_weight, cells.ravel(), d_vectors.ravel()
        )  # adds up where a word occurs twice
        return {"weight": d_weight.reshape(weight.shape)}

    return vectors, backward


def init_embedding(rng, vocab_size, embedding_size):
    """Return fresh parameters: independent normal numbers of variance 1/E, so that a vector's norm is about 1."""
    scale = 1 / np.sqrt(embedding_size)
    return {"weight": scale * rng.standard_normal((vocab_size, embedding_size))}
