"""The encoder: from a source sentence to a vector (book: architecture/encoder, code/encoder)."""

from .embedding import embedding
from .gru import gru


def encoder(params, source, lengths=None, rnn=gru, drop=None):
    """Read the source words, one after the other.

        h_t = RNN(emb(x_t), h_{t−1}),    H^src = [h_1; …; h_n]

    Arguments
        params: {"embedding": …, "rnn": …}; without "embedding" the source is read as it is
        source: (T_s, B) word ids, or (T_s, B, D) vectors
        lengths: (B,) or None
        rnn: the recurrent layer: `gru`, `lstm` or `rnn`
        drop: a layer `f(x) -> y, backward` for the word vectors and between recurrent layers, or None
    Returns `(output, state), backward`: `output (T_s, B, H)` is H^src; `state (L, B, H)` the last state h_n of
    every layer, for an LSTM a pair of them; `backward(d_output, d_state) -> grads`, either may be None. Of a
    layer with two directions, H/2 units each, the states stand side by side.
    """
    vectors, embedding_backward = source, None
    if "embedding" in params:
        vectors, embedding_backward = embedding(
            params["embedding"], source
        )  # (T_s, B, E)
    drop_backward = None
    if drop is not None:
        vectors, drop_backward = drop(vectors)
    (output, state), rnn_backward = rnn(
        params["rnn"], vectors, lengths=lengths, between=drop
    )
    num_directions = 2 if "weight_ih_l0_reverse" in params["rnn"] else 1

    def backward(d_output=None, d_state=None):
        if d_state is not None:
            d_state = _each(lambda d: split_directions(d, num_directions), d_state)
        d_vectors, _, d_rnn = rnn_backward(d_output, d_state)
        if embedding_backward is None:
            return {"rnn": d_rnn}
        if drop_backward is not None:
            d_vectors = drop_backward(d_vectors)
        return {"embedding": embedding_backward(d_vectors), "rnn": d_rnn}

    return (
        output,
        _each(lambda s: join_directions(s, num_directions), state),
    ), backward


def join_directions(state, num_directions):
    """Turn `(L·directions, B, H)` into `(L, B, directions·H)`: a layer's directions side by side."""
    if num_directions == 1:
        return state
    rows, batch, size = state.shape
    by_layer = state.reshape(rows // num_directions, num_directions, batch, size)
    return by_layer.transpose(0, 2, 1, 3).reshape(
        rows // num_directions, batch, num_directions * size
    )


def split_directions(state, num_directions):
    """Undo `join_directions`."""
    if num_directions == 1:
        return state
    layers, batch, size = state.shape
    by_direction = state.reshape(layers, batch, num_directions, size // num_directions)
    return by_direction.transpose(0, 2, 1, 3).reshape(
        layers * num_directions, batch, size // num_directions
    )


def _each(function, state):
    """Apply `function` to a state, or to both parts of an LSTM's."""
    return tuple(map(function, state)) if isinstance(state, tuple) else function(state)
