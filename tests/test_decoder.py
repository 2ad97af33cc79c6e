"""The decoder: shifted target words to features for the generator."""

import numpy as np
import pytest
from gradients import check_gradients

from s2s_np import BOS, EOS, PAD, decoder, gru, lstm, rnn, shift_right
from s2s_np.decoder import decoder_step
from s2s_np.embedding import init_embedding
from s2s_np.gru import gru_step
from s2s_np.lstm import lstm_step
from s2s_np.recurrent import init_recurrent
from s2s_np.rnn import rnn_step
from s2s_np.tree import flatten

CELLS = {"rnn": (rnn, 1), "gru": (gru, 3), "lstm": (lstm, 4)}
STEPS = {"rnn": rnn_step, "gru": gru_step, "lstm": lstm_step}
E, H, B = 3, 2, 3
LENGTHS = np.array([3, 1, 4])


def new_inputs(cell, num_layers, with_context, seed=0):
    rng = np.random.default_rng(seed)
    params = {
        "embedding": init_embedding(rng, 6, E),
        "rnn": init_recurrent(
            rng, CELLS[cell][1], E + H if with_context else E, H, num_layers
        ),
    }
    state = tuple(
        rng.standard_normal((num_layers, B, H))
        for _ in range(2 if cell == "lstm" else 1)
    )
    context = rng.standard_normal((B, H)) if with_context else None
    return (
        params,
        rng.integers(0, 6, (4, B)),
        state if cell == "lstm" else state[0],
        context,
    )


def parts(state):
    return state if isinstance(state, tuple) else (state,)


@pytest.mark.parametrize("with_context", [False, True])
@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_the_gradients_are_those_of_finite_differences(cell, num_layers, with_context):
    params, words, state_0, context = new_inputs(cell, num_layers, with_context)
    layer = CELLS[cell][0]
    rng = np.random.default_rng(2)
    (features, state_n), backward = decoder(
        params, words, state_0, LENGTHS, context, layer
    )
    real = np.arange(4)[:, None, None] < LENGTHS[:, None]
    d_features = rng.standard_normal(features.shape) * real
    d_state = tuple(rng.standard_normal(part.shape) for part in parts(state_n))

    def projected():
        (features, state_n), _ = decoder(
            params, words, state_0, LENGTHS, context, layer
        )
        return (features * d_features).sum() + sum(
            (s * d).sum() for s, d in zip(parts(state_n), d_state)
        )

    d_state_0, d_context, grads = backward(
        d_features, d_state if cell == "lstm" else d_state[0]
    )
    arrays = flatten(params) | dict(zip(("h0", "c0"), parts(state_0)))
    gradients = flatten(grads) | dict(zip(("h0", "c0"), parts(d_state_0)))
    if with_context:
        arrays["context"], gradients["context"] = context, d_context
    check_gradients(f"decoder, {cell}", projected, arrays, gradients)


def test_without_context_there_is_no_gradient_for_one():
    params, words, state_0, _ = new_inputs("gru", 1, False)
    _, backward = decoder(params, words, state_0)
    assert backward(np.ones((4, B, H)))[1] is None


@pytest.mark.parametrize("with_context", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_the_whole_sentence_at_once_is_the_sentence_word_by_word(cell, with_context):
    params, words, state, context = new_inputs(cell, 2, with_context)
    layer = CELLS[cell][0]
    (whole, state_n), _ = decoder(params, words, state, context=context, rnn=layer)
    for t in range(len(words)):
        (step, state), _ = decoder(
            params, words[t : t + 1], state, context=context, rnn=layer
        )
        assert np.allclose(step[0], whole[t], rtol=0, atol=1e-14)
    assert np.allclose(
        np.stack(parts(state)), np.stack(parts(state_n)), rtol=0, atol=1e-14
    )


@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("with_context", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_the_step_without_a_way_back_is_one_time_step(cell, with_context, num_layers):
    params, words, state, context = new_inputs(cell, num_layers, with_context)
    layer = CELLS[cell][0]
    (whole, state_n), _ = decoder(params, words, state, context=context, rnn=layer)
    state = parts(state)
    for t in range(len(words)):
        features, state = decoder_step(params, words[t], state, context, STEPS[cell])
        assert np.allclose(features, whole[t], rtol=0, atol=1e-14)
    assert np.allclose(np.stack(state), np.stack(parts(state_n)), rtol=0, atol=1e-14)


def test_the_inputs_are_bos_and_the_target_without_its_last_word():
    target = np.array([[4, 5], [5, EOS], [EOS, PAD]])
    assert np.array_equal(shift_right(target, [3, 2]), [[BOS, BOS], [4, 5], [5, PAD]])
    assert np.array_equal(shift_right(target[:, :1]), [[BOS], [4], [5]])


def test_eos_is_never_an_input():
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 8, 50)
    target = np.full((9, 50), PAD)
    for b, length in enumerate(lengths):
        target[:length, b] = [*rng.integers(3, 9, length - 1), EOS]
    assert not (shift_right(target, lengths) == EOS).any()


def test_a_context_of_another_batch_size_is_named():
    params, words, state_0, context = new_inputs("gru", 1, True)
    with pytest.raises(
        ValueError, match=r"context has shape \(2, 2\); expected \(3, any\)"
    ):
        decoder(params, words, state_0, context=context[:2])
