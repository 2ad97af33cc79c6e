"""Random labels to learn by heart, and vectors to give back."""

import numpy as np
import pytest
from gradients import check_gradients

from s2s_np import gru, lstm, rnn
from s2s_np.tasks.capacity import (
    DUPLICATE,
    init_reader,
    label_loss,
    learn_labels,
    learn_to_give_back,
    num_parameters,
    random_labels,
    reader,
    shown_once,
    vector_loss,
)
from s2s_np.tree import flatten, tree_map

CELLS = {"rnn": rnn, "gru": gru, "lstm": lstm}


@pytest.mark.parametrize("cell", CELLS)
def test_a_reader_reads_out_the_last_state(cell):
    rng = np.random.default_rng(0)
    params = init_reader(rng, cell, 3, 4, 2)
    x = rng.standard_normal((5, 6, 3)).astype(np.float32)
    s, _ = reader(params, x, cell)
    (output, _), _ = CELLS[cell](params["rnn"], x)
    weight, bias = params["read_out"]["weight"], params["read_out"]["bias"]
    np.testing.assert_array_equal(s, output[-1] @ weight.T + bias)
    assert s.dtype == np.float32


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("task", ["labels", "vectors"])
def test_the_gradients_are_those_of_the_loss(cell, task):
    rng = np.random.default_rng(0)
    outputs = 1 if task == "labels" else 3
    params = init_reader(rng, cell, 3, 4, outputs)
    params = tree_map(lambda array: array.astype(float), params)
    x = rng.standard_normal((2, 5, 3))

    def loss(s):
        if task == "labels":
            return label_loss(s, np.array([0, 1, 1, 0, 1]))
        return vector_loss(s, x[0])

    s, backward = reader(params, x, cell)
    grads = flatten(backward(loss(s)[1]()))
    assert not grads.pop(f"rnn.{DUPLICATE}").any()
    arrays = {name: flatten(params)[name] for name in grads}
    check_gradients(
        f"{cell} reader, {task}",
        lambda: loss(reader(params, x, cell)[0])[0],
        arrays,
        grads,
    )


def test_the_loss_of_labels_is_the_cross_entropy_of_the_sigmoid():
    s, labels = np.array([[0.3], [-2.0], [800.0]]), np.array([1, 1, 1])
    p = 1 / (1 + np.exp(-s[:2, 0]))
    loss, _ = label_loss(s, labels)
    assert loss == pytest.approx(-np.log(p).sum() / 3)
    assert label_loss(-s, 1 - labels)[0] == pytest.approx(loss)


def test_the_duplicate_bias_is_not_counted():
    params = init_reader(np.random.default_rng(0), "gru", 3, 4, 2)
    assert num_parameters(params) == 3 * (4 * 3 + 4 * 4 + 4) + 2 * 4 + 2


def test_labels_follow_no_rule_and_inputs_are_signs():
    x, labels = random_labels(np.random.default_rng(0), 2000, 3, 2)
    assert x.shape == (3, 2000, 2) and set(np.unique(x)) == {-1, 1}
    assert set(labels) == {0, 1}
    assert abs(np.corrcoef(x[0, :, 0], labels)[0, 1]) < 0.1


def test_few_labels_are_learned_by_heart_and_the_duplicate_stays_zero():
    rng = np.random.default_rng(0)
    params = init_reader(rng, "rnn", 4, 6, 1)
    x, labels = random_labels(rng, 30, 3, 4)
    cross_entropy, error = learn_labels(params, x, labels, "rnn", steps=300)
    assert error == 0 and cross_entropy < 0.1
    assert not params["rnn"][DUPLICATE].any()


def test_a_vector_is_shown_once_and_then_nothing():
    vectors, x = shown_once(np.random.default_rng(0), 7, 3, delay=2)
    assert x.shape == (3, 7, 3)
    np.testing.assert_array_equal(x[0], vectors)
    assert not x[1:].any()


def test_a_vector_comes_back_from_as_many_units_and_not_from_fewer():
    def error(units):
        rng = np.random.default_rng(0)
        params = init_reader(rng, "rnn", 2, units, 2)
        return learn_to_give_back(params, "rnn", 2, 1, 400, rng)

    assert error(2) < 0.05
    assert 0.4 < error(1) < 0.7


def test_an_unknown_cell_and_parameters_that_do_not_fit_are_named():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="cell is 'tanh'; expected one of rnn"):
        init_reader(rng, "tanh", 2, 2, 1)
    params = init_reader(rng, "rnn", 2, 3, 1)
    x = np.zeros((1, 1, 2), np.float32)
    with pytest.raises(ValueError, match="read_out is missing"):
        reader({"rnn": params["rnn"]}, x, "rnn")
    odd = params["read_out"] | {"weight": np.zeros((1, 4), np.float32)}
    with pytest.raises(ValueError, match=r"read_out.weight has shape \(1, 4\)"):
        reader(params | {"read_out": odd}, x, "rnn")
