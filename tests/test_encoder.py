"""The encoder: source words to states."""

import numpy as np
import pytest
from gradients import check_gradients

from s2s_np import encoder, gru, lstm, rnn
from s2s_np.embedding import init_embedding
from s2s_np.encoder import join_directions, split_directions
from s2s_np.recurrent import init_recurrent
from s2s_np.tree import flatten

CELLS = {"rnn": (rnn, 1), "gru": (gru, 3), "lstm": (lstm, 4)}
LENGTHS = np.array([3, 1, 4])


def new_params(gates, num_layers, bidirectional, seed=0):
    rng = np.random.default_rng(seed)
    return {
        "embedding": init_embedding(rng, 6, 3),
        "rnn": init_recurrent(rng, gates, 3, 2, num_layers, bidirectional),
    }


def new_source(seed=1):
    source = np.random.default_rng(seed).integers(1, 6, (4, 3))
    source[np.arange(4)[:, None] >= LENGTHS] = 0
    return source


def parts(state):
    return state if isinstance(state, tuple) else (state,)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_the_gradients_are_those_of_finite_differences(cell, num_layers, bidirectional):
    layer, gates = CELLS[cell]
    params, source = new_params(gates, num_layers, bidirectional), new_source()
    rng = np.random.default_rng(2)
    (output, state), backward = encoder(params, source, LENGTHS, layer)
    d_output = rng.standard_normal(output.shape)
    d_state = tuple(rng.standard_normal(part.shape) for part in parts(state))

    def projected():
        (output, state), _ = encoder(params, source, LENGTHS, layer)
        return (output * d_output).sum() + sum(
            (s * d).sum() for s, d in zip(parts(state), d_state)
        )

    grads = backward(d_output, d_state if cell == "lstm" else d_state[0])
    check_gradients(f"encoder, {cell}", projected, flatten(params), flatten(grads))


@pytest.mark.parametrize("cell", CELLS)
def test_the_state_is_each_sentences_own_last_step_of_the_output(cell):
    layer, gates = CELLS[cell]
    (output, state), _ = encoder(
        new_params(gates, 2, False), new_source(), LENGTHS, layer
    )
    assert np.array_equal(parts(state)[0][-1], output[LENGTHS - 1, np.arange(3)])


def test_the_state_of_two_directions_is_the_last_step_forwards_and_the_first_backwards():
    (output, state), _ = encoder(new_params(3, 1, True), new_source(), LENGTHS)
    assert state.shape == (1, 3, 4)
    assert np.array_equal(state[0, :, :2], output[LENGTHS - 1, np.arange(3), :2])
    assert np.array_equal(state[0, :, 2:], output[0, :, 2:])


def test_splitting_directions_undoes_joining_them():
    state = np.random.default_rng(0).standard_normal((6, 2, 4))
    joined = join_directions(state, 2)
    assert joined.shape == (3, 2, 8)
    assert np.array_equal(joined[1, :, 4:], state[3])
    assert np.array_equal(split_directions(joined, 2), state)


def test_padding_gets_no_gradient():
    _, backward = encoder(new_params(3, 1, False), new_source(), LENGTHS)
    grads = backward(np.ones((4, 3, 2)), np.ones((1, 3, 2)))
    assert not grads["embedding"]["weight"][0].any()
    assert grads["embedding"]["weight"][1:].any()
