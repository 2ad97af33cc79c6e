"""Adam, clipping and the learning rate's schedule."""

import math

import numpy as np
import pytest
from conftest import import_torch
from hypothesis import given
from hypothesis import strategies as st

from s2s_np import Adam, clip, warmup_linear
from s2s_np.tree import leaves


def random_tree(rng):
    return {"a": {"weight": rng.standard_normal((3, 4))}, "b": rng.standard_normal(5)}


def test_adam_takes_the_steps_of_pytorch():
    torch = import_torch()
    rng = np.random.default_rng(0)
    params = random_tree(rng)
    twins = [
        torch.tensor(p, requires_grad=True)
        for p in (params["a"]["weight"], params["b"])
    ]
    theirs = torch.optim.Adam(twins, lr=0.01)
    ours = Adam(params)
    for _ in range(20):
        grads = random_tree(rng)
        for twin, g in zip(twins, (grads["a"]["weight"], grads["b"])):
            twin.grad = torch.tensor(g)
        theirs.step()
        ours.step(params, grads, 0.01)
    for twin, p in zip(twins, (params["a"]["weight"], params["b"])):
        assert np.abs(twin.detach().numpy() - p).max() < 1e-10


def test_adam_follows_its_equations():
    beta1, beta2, epsilon, rate = 0.8, 0.6, 0.3, 0.05
    rng = np.random.default_rng(0)
    params = {"p": rng.standard_normal(5)}
    adam = Adam(params, beta1, beta2, epsilon)
    theta, m, v = params["p"].copy(), 0, 0
    for k in range(1, 5):
        g = rng.standard_normal(5)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1**k), v / (1 - beta2**k)
        theta = theta - rate * m_hat / (np.sqrt(v_hat) + epsilon)
        adam.step(params, {"p": g}, rate)
        assert np.allclose(params["p"], theta, rtol=1e-12)


def test_the_first_step_of_adam_is_as_long_as_the_learning_rate_in_each_direction():
    params = {"p": np.zeros(3)}
    Adam(params).step(params, {"p": np.array([1e-3, -5.0, 700.0])}, 0.1)
    assert np.allclose(params["p"], [-0.1, 0.1, -0.1], rtol=1e-4)


@pytest.mark.parametrize("numbers", [1, 4, 5, 12, 13])
def test_adam_moves_every_number_once_however_it_is_cut_into_blocks(
    monkeypatch, numbers
):
    rng = np.random.default_rng(0)
    params, grads = random_tree(rng), [random_tree(rng) for _ in range(3)]
    others = {"a": {"weight": params["a"]["weight"].copy()}, "b": params["b"].copy()}
    adam, in_blocks = Adam(params), Adam(others)
    for g in grads:
        adam.step(params, g, 0.1)
        with monkeypatch.context() as cut:
            cut.setattr("s2s_np.optim.BLOCK_NUMBERS", numbers)
            in_blocks.step(others, g, 0.1)
    for one, other in zip(leaves(params), leaves(others), strict=True):
        assert np.array_equal(one[1], other[1])


def test_adam_keeps_the_type_of_the_parameters():
    params = {"p": np.zeros(3, np.float32)}
    adam = Adam(params)
    adam.step(params, {"p": np.ones(3, np.float32)}, np.float64(0.1))
    assert params["p"].dtype == adam.m["p"].dtype == adam.v["p"].dtype == np.float32


def test_adam_refuses_gradients_of_another_tree():
    adam = Adam({"p": np.zeros(3)})
    with pytest.raises(
        ValueError, match="p is in one of them only|q is in one of them only"
    ):
        adam.step({"p": np.zeros(3)}, {"q": np.zeros(3)}, 0.1)


def test_clipping_on_paper():
    grads = {"a": np.array([3.0, 0.0]), "b": np.array([4.0])}
    assert clip(grads, 1.0) == 5.0
    assert np.allclose(grads["a"], [0.6, 0.0]) and np.allclose(grads["b"], [0.8])


@given(st.floats(0.01, 100))
def test_clipping_bounds_the_length_and_keeps_the_direction(max_norm):
    grads, before = (random_tree(np.random.default_rng(0)) for _ in range(2))
    norm = clip(grads, max_norm)
    flat, flat_before = (
        np.concatenate([t["a"]["weight"].ravel(), t["b"]]) for t in (grads, before)
    )
    assert math.isclose(norm, np.linalg.norm(flat_before))
    assert math.isclose(np.linalg.norm(flat), min(norm, max_norm))
    assert math.isclose(flat @ flat_before, np.linalg.norm(flat) * norm)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_norm_that_is_not_finite_is_returned_and_nothing_scaled(bad):
    grads = {"a": np.array([1.0, bad]), "b": np.array([2.0])}
    assert not math.isfinite(clip(grads, 1.0))
    assert grads["a"][0] == 1.0 and grads["b"][0] == 2.0


def test_the_schedule_rises_to_the_full_rate_and_falls_to_nearly_nothing():
    rates = [warmup_linear(step, 100, 0.1) for step in range(100)]
    assert np.allclose(rates[:10], np.arange(1, 11) / 10)
    assert rates[9] == rates[10] == 1.0
    assert np.allclose(np.diff(rates[10:]), -1 / 90) and math.isclose(rates[99], 1 / 90)


@pytest.mark.parametrize("warmup", [0, 1])
def test_a_schedule_without_rise_or_fall_stays_in_range(warmup):
    rates = [warmup_linear(step, 7, warmup) for step in range(7)]
    assert all(0 < rate <= 1 for rate in rates)
    assert max(rates) == 1


def test_a_share_outside_its_range_is_named():
    with pytest.raises(ValueError, match="warmup is 1.5"):
        warmup_linear(0, 10, 1.5)
