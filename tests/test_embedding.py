"""The table of word vectors."""

import numpy as np
import pytest
from cases import frozen
from conftest import import_torch
from gradients import check_gradients, check_parity
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from s2s_np import PAD, embedding
from s2s_np.embedding import init_embedding

V, E = 5, 3
TOKENS = np.array([[4, 1], [2, 4], [4, 0]])
some_tokens = arrays(np.int64, array_shapes(max_dims=3), elements=st.integers(0, V - 1))


def new_weight(seed=0):
    return np.random.default_rng(seed).standard_normal((V, E))


@given(some_tokens)
@example(np.array([[4]]))
def test_the_gradient_is_that_of_finite_differences(tokens):
    weight = new_weight()
    vectors, backward = embedding({"weight": weight}, tokens)
    d_vectors = np.random.default_rng(1).standard_normal(vectors.shape)

    def loss():
        return (embedding({"weight": weight}, tokens)[0] * d_vectors).sum()

    check_gradients("embedding", loss, {"weight": weight}, backward(d_vectors))


@given(some_tokens)
def test_values_and_gradient_are_those_of_pytorch(tokens):
    torch = import_torch()
    weight = new_weight()
    vectors, backward = embedding({"weight": weight}, tokens)
    d_vectors = np.random.default_rng(1).standard_normal(vectors.shape)
    twin = torch.nn.Embedding(V, E).double()
    twin.load_state_dict({"weight": torch.tensor(weight)}, strict=True)
    twin_vectors = twin(torch.tensor(tokens))
    (twin_vectors * torch.tensor(d_vectors)).sum().backward()
    check_parity(
        "embedding",
        {"vectors": vectors, **backward(d_vectors)},
        {"vectors": twin_vectors, "weight": twin.weight.grad},
    )


def test_a_vector_is_the_row_of_its_word():
    weight = new_weight()
    vectors, _ = embedding({"weight": weight}, TOKENS)
    assert vectors.shape == (3, 2, E)
    assert np.array_equal(vectors[1, 0], weight[2])
    assert np.array_equal(vectors, np.eye(V)[TOKENS] @ weight)


def test_the_gradient_of_a_row_is_the_sum_over_the_places_of_its_word():
    d_vectors = np.arange(18.0).reshape(3, 2, E)
    _, backward = embedding({"weight": new_weight()}, TOKENS)
    d_weight = backward(d_vectors)["weight"]
    assert np.array_equal(
        d_weight[4], d_vectors[0, 0] + d_vectors[1, 1] + d_vectors[2, 0]
    )
    assert np.array_equal(d_weight[1], d_vectors[0, 1])
    assert not d_weight[3].any()


def test_pads_row_is_a_row_like_any_other():
    weight = new_weight()
    vectors, backward = embedding({"weight": weight}, np.array([[PAD]]))
    assert np.array_equal(vectors[0, 0], weight[PAD])
    assert np.array_equal(backward(np.ones((1, 1, E)))["weight"][PAD], np.ones(E))


@pytest.mark.parametrize("tokens_dtype", [np.int64, np.int32, np.uint8])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_results_have_the_type_of_the_weight_whatever_integers_the_tokens_are(
    dtype, tokens_dtype
):
    weight = np.random.default_rng(0).standard_normal((200, E)).astype(dtype)
    tokens = (TOKENS * 49).astype(tokens_dtype)
    vectors, backward = embedding({"weight": weight}, tokens)
    d_weight = backward(vectors)["weight"]
    assert vectors.dtype == d_weight.dtype == dtype
    assert np.array_equal(d_weight[196], 3 * weight[196])


def test_backward_may_be_called_again_and_nothing_given_is_changed():
    params, tokens = frozen({"weight": new_weight()}), frozen(TOKENS.copy())
    vectors, backward = embedding(params, tokens)
    d_vectors = frozen(np.ones(vectors.shape))
    first, second = backward(d_vectors)["weight"], backward(d_vectors)["weight"]
    assert np.array_equal(first, second)
    assert not np.shares_memory(first, second)
    assert not np.shares_memory(vectors, params["weight"])


@pytest.mark.parametrize(
    ("tokens", "error", "message"),
    [
        (np.array([[1, 2], [5, 0]]), IndexError, r"tokens\[1, 0\] is 5, outside .* 5 "),
        (np.array([[1, -1]]), IndexError, r"tokens\[0, 1\] is -1, outside"),
        (np.array([[1.0]]), TypeError, "tokens are of type float64; .* integers"),
        (np.array([[True]]), TypeError, "tokens are of type bool"),
        (np.empty((0, 2), int), ValueError, r"tokens has shape \(0, 2\)"),
        (np.empty((2, 0), int), ValueError, r"tokens has shape \(2, 0\)"),
        ([[1]], TypeError, "tokens is a list; expected a NumPy or CuPy array"),
    ],
)
def test_tokens_that_make_no_sense_are_named(tokens, error, message):
    with pytest.raises(error, match=message):
        embedding({"weight": new_weight()}, tokens)


@pytest.mark.parametrize(
    ("weight", "error", "message"),
    [
        (np.ones(3), ValueError, r"weight has shape \(3,\); expected \(any, any\)"),
        (np.ones((3, 2), int), TypeError, "weight is of type int64; expected float32"),
        ([[1.0]], TypeError, "weight is a list"),
    ],
)
def test_a_weight_that_makes_no_sense_is_named(weight, error, message):
    with pytest.raises(error, match=message):
        embedding({"weight": weight}, np.array([[0]]))


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({}, "parameter weight is missing"),
        ({"weight": np.ones((V, E)), "bias": np.ones(E)}, "parameter bias is unknown"),
    ],
)
def test_parameters_that_do_not_fit_are_named(params, message):
    with pytest.raises(ValueError, match=message):
        embedding(params, TOKENS)


@pytest.mark.parametrize(
    ("d_vectors", "error", "message"),
    [
        (np.ones((2, 3, E)), ValueError, r"d_vectors has shape \(2, 3, 3\); expected"),
        (np.ones((3, 2, E), np.float32), TypeError, "d_vectors is float32"),
    ],
)
def test_an_incoming_gradient_that_does_not_fit_is_named(d_vectors, error, message):
    _, backward = embedding({"weight": new_weight()}, TOKENS)
    with pytest.raises(error, match=message):
        backward(d_vectors)


def test_fresh_vectors_are_about_as_long_as_one():
    weight = init_embedding(np.random.default_rng(0), 1000, 64)["weight"]
    assert weight.shape == (1000, 64)
    assert abs(np.linalg.norm(weight, axis=1).mean() - 1) < 0.01
