"""What a call costs, counted, and what a model stores, in bits."""

import numpy as np
import pytest

from s2s_np import gru, memory
from s2s_np.measure import (
    bits_of_answers,
    counted,
    operations,
    peak_bytes,
    seconds,
    stored_bits,
)
from s2s_np.recurrent import init_recurrent


def test_a_product_counts_a_multiplication_and_an_addition_for_each_number_summed():
    a, b = counted(np.ones((2, 3))), counted(np.ones((3, 5)))
    assert operations(lambda: a @ b) == {"products": 2 * 2 * 3 * 5, "element-wise": 0}
    assert operations(lambda: a @ np.ones(3))["products"] == 2 * 2 * 3
    assert operations(lambda: np.matmul(a, b, out=np.empty((2, 5))))["products"] == 60


def test_other_functions_count_one_for_each_number_they_give_and_sums_what_they_sum():
    a = counted(np.ones((2, 3)))
    assert operations(lambda: np.tanh(a) + 1)["element-wise"] == 12
    assert operations(lambda: a.sum(axis=0))["element-wise"] == 6
    assert (
        operations(lambda: np.multiply(a, 2, out=np.empty((2, 3))))["element-wise"] == 6
    )


def test_what_is_scattered_counts_and_where_to_does_not():
    table = counted(np.zeros((9, 4)))
    where = np.array([1, 1, 2])
    assert operations(lambda: np.add.at(table, where, np.ones((3, 4)))) == {
        "products": 0,
        "element-wise": 12,
    }


def test_moving_and_comparing_numbers_counts_nothing():
    a = counted(np.ones((2, 3)))

    def move():
        b = np.empty((2, 3))
        b[...] = a
        return np.concatenate([b, a.copy()])[::2], a > 0, a[[0, 0]]

    assert operations(move) == {"products": 0, "element-wise": 0}


def test_arrays_that_a_function_makes_are_counted_too():
    assert operations(lambda: np.zeros((4, 4)) @ np.ones((4, 4)))["products"] == 128


def test_what_is_joined_from_counted_arrays_is_counted():
    a = counted(np.ones((2, 3)))
    assert operations(lambda: np.concatenate([a, a]) + 1)["element-wise"] == 12
    assert operations(lambda: np.stack([a, a]).sum(axis=0))["element-wise"] == 12


def test_counting_ends_with_the_call_even_if_it_fails():
    a = counted(np.ones(3))
    with pytest.raises(ZeroDivisionError):
        operations(lambda: a + 1 / 0)
    assert type(np.zeros(1)) is np.ndarray
    assert operations(lambda: a + 1)["element-wise"] == 3


def test_results_are_the_same_counted_or_not():
    params = init_recurrent(np.random.default_rng(0), 3, 2, 4)
    x = np.random.default_rng(1).standard_normal((5, 3, 2))
    plain, counting = [], []

    def run(params, x, results):
        (output, h_n), backward = gru(params, x)
        dx, dh0, grads = backward(output, h_n)
        results.extend([output, h_n, dx, dh0, *grads.values()])

    run(params, x, plain)
    operations(lambda: run(counted(params), counted(x), counting))
    for a, b in zip(plain, counting):
        assert np.array_equal(a, b)


def test_a_grus_products_are_those_of_its_equations():
    T, B, E, H = 5, 3, 2, 4
    params = counted(init_recurrent(np.random.default_rng(0), 3, E, H))
    x = counted(np.ones((T, B, E)))

    def run():
        (output, _), backward = gru(params, x)
        backward(output)

    forward = 2 * T * B * 3 * H * (E + H)
    assert operations(lambda: gru(params, x))["products"] == forward
    assert operations(run)["products"] == 3 * forward


def test_the_peak_is_what_is_held_at_once_beyond_what_was_there():
    a = np.zeros(1 << 20)
    size = a.nbytes

    def three_then_one():
        b = a + 1
        c = b + 1
        c += np.ones_like(c)
        del b, c
        return a + 1

    assert 3 * size <= peak_bytes(three_then_one) < 3.01 * size
    assert peak_bytes(lambda: None) < 10_000


def test_memory_from_the_pool_counts():
    def borrow():
        return memory.empty(np, (1 << 20,), "float64")

    borrow()  # whose memory now waits
    assert peak_bytes(borrow) >= 8 << 20


def test_seconds_takes_the_least_of_several_calls_after_one_that_does_not_count():
    calls = []
    assert 0 <= seconds(lambda: calls.append(1), repeats=3) < 1
    assert len(calls) == 4


def test_a_sure_model_has_stored_all_bits_and_a_uniform_one_none():
    assert stored_bits(0, 10, 8) == 30
    assert stored_bits(np.log(8), 10, 8) == pytest.approx(0)
    assert stored_bits(2 * np.log(2), 10, 8) == pytest.approx(10)


def test_a_model_that_is_surer_than_right_has_stored_less_than_nothing():
    assert stored_bits(1.5, 4, 2) < 0


def test_stored_bits_of_several_cross_entropies_come_in_their_shape():
    stored = stored_bits(np.array([[0, np.log(2)]]), 3, 2)
    np.testing.assert_allclose(stored, [[3, 0]], atol=1e-12)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((-0.1, 3, 2), "never below 0"),
        (([0.1, -0.1], 3, 2), "never below 0"),
        ((0.1, 0, 2), "0 tokens of 2 words"),
        ((0.1, 3, 1), "3 tokens of 1 words"),
    ],
)
def test_stored_bits_refuses_what_holds_none(given, message):
    with pytest.raises(ValueError, match=message):
        stored_bits(*given)


def test_answers_tell_all_at_no_error_nothing_at_half_and_all_again_if_always_wrong():
    np.testing.assert_allclose(bits_of_answers([0, 0.5, 1], 7), [7, 0, 7])
    assert bits_of_answers(0.11, 1) == pytest.approx(0.5, abs=1e-3)


def test_answers_tell_no_more_than_the_probabilities_they_were_taken_from():
    rng = np.random.default_rng(0)
    p = rng.uniform(0.5, 1, 20_000)  # of the likelier label, calibrated
    wrong = rng.uniform(size=p.shape) > p
    cross_entropy = -np.log(np.where(wrong, 1 - p, p)).mean()
    answers = bits_of_answers(wrong.mean(), len(p))
    assert answers < stored_bits(cross_entropy, len(p), 2)


@pytest.mark.parametrize("error", [-0.1, 1.1, [0.5, np.nan]])
def test_a_share_of_errors_is_a_share(error):
    with pytest.raises(ValueError, match="expected a share, from 0 to 1"):
        bits_of_answers(error, 3)
