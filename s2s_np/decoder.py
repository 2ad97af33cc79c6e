"""The decoder: a language model that starts from the source's vector (book: architecture/decoder, code/decoder)."""

from .array import array_module, check_floats, check_shape
from .embedding import embedding
from .gru import gru, gru_step
from .recurrent import weights_of
from .vocab import BOS, PAD


def decoder(params, inputs, state_0, lengths=None, context=None, rnn=gru, drop=None):
    """Run over the target words shifted by one, from the encoder's last state.

        h_t = RNN(emb(y_{t−1}), h_{t−1}),           h_0 = h_n^src          (context None)
        h_t = RNN([emb(y_{t−1}); c], h_{t−1}),      features [emb(y_{t−1}); h_t; c]    (with context c)

    Arguments
        params: {"embedding": …, "rnn": …}
        inputs: (T_t, B) word ids, from `shift_right` in training
        state_0: (L, B, H), for an LSTM a pair
        lengths: (B,) or None
        context: None, or (B, H) the source's vector handed to every step (Cho et al. 2014)
        rnn: the recurrent layer: `gru`, `lstm` or `rnn`
        drop: a layer `f(x) -> y, backward` for word vectors, features and between recurrent layers, or None
    Returns `(features, state_n), backward`: `features (T_t, B, H)`, or (T_t, B, E + 2H) with context, is what the
    generator reads, and `backward(d_features, d_state_n=None) -> d_state_0, d_context, grads`.
    """
    drop = drop or _keep
    vectors, embedding_backward = embedding(params["embedding"], inputs)  # (T_t, B, E)
    vectors, vectors_drop_backward = drop(vectors)
    xp = array_module(vectors)
    steps, batch, E = vectors.shape
    if context is None:
        x = vectors
    else:
        check_floats(
            {"context": context, "embedding.weight": params["embedding"]["weight"]}
        )
        check_shape("context", context, (batch, None))
        c = xp.broadcast_to(
            context, (steps, *context.shape)
        )  # (T_t, B, H) the same at every step
        x = xp.concatenate([vectors, c], axis=2)
    (output, state_n), rnn_backward = rnn(
        params["rnn"], x, state_0, lengths, between=drop
    )
    H = output.shape[2]
    features = (
        output if context is None else xp.concatenate([vectors, output, c], axis=2)
    )
    features, features_drop_backward = drop(features)

    def backward(d_features, d_state_n=None):
        d_features = features_drop_backward(d_features)
        d_output = d_features if context is None else d_features[:, :, E : E + H]
        dx, d_state_0, d_rnn = rnn_backward(d_output, d_state_n)
        d_vectors, d_context = dx, None
        if context is not None:
            d_vectors = dx[:, :, :E] + d_features[:, :, :E]
            d_context = (dx[:, :, E:] + d_features[:, :, E + H :]).sum(axis=0)
        d_embedding = embedding_backward(vectors_drop_backward(d_vectors))
        return d_state_0, d_context, {"embedding": d_embedding, "rnn": d_rnn}

    return (features, state_n), backward


def decoder_step(params, tokens, state, context=None, step=gru_step):
    """Read one word more, as `decoder` does in one time step, without a way back.

    Arguments
        tokens: (R,) word ids
        state: tuple of arrays (L, R, H), as many as the cell has
        context: None, or (R, H)
        step: the cell's step: `gru_step`, `lstm_step` or `rnn_step`
    Returns `features (R, ·), state`.
    """
    vectors = params["embedding"]["weight"][tokens]  # (R, E)
    xp = array_module(vectors)
    x = vectors if context is None else xp.concatenate([vectors, context], axis=1)
    layers = []
    for l, below in enumerate(zip(*state)):
        layers.append(step(weights_of(params["rnn"], f"l{l}"), x, below))
        x = layers[-1][0]
    features = x if context is None else xp.concatenate([vectors, x, context], axis=1)
    if len(layers) == 1:
        return features, tuple(part[None] for part in layers[0])
    return features, tuple(xp.stack(part) for part in zip(*layers))


def shift_right(target, lengths=None):
    """Return the decoder's inputs `[BOS; Y[:-1]]` for `target (T_t, B)`.

    The last word of each sentence, EOS, is asked for and never fed: beyond a sentence's length stands PAD.
    """
    xp = array_module(target, "target")
    inputs = xp.empty_like(target)
    inputs[0] = BOS
    inputs[1:] = target[:-1]
    if lengths is not None:
        t = xp.arange(len(target))[:, None]
        inputs = xp.where(t < xp.asarray(lengths), inputs, PAD)
    return inputs


def _keep(x):
    """The layer that changes nothing."""
    return x, lambda d_x: d_x
