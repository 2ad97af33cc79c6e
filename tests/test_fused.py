"""The element-wise kernels: the numbers of the array versions, bit for bit the same at every run."""

import re
from importlib.resources import files

import fake_cupy
import numpy as np
import pytest
from cases import assert_equal, leaves
from conftest import emulate

import s2s_np
from s2s_np import Adam, clip, embedding, generator_loss, kernels
from s2s_np.fused import chunked_loss, softmax_loss

TOLERANCE = {"float64": 1e-12, "float32": 1e-5}


@pytest.fixture(autouse=True)
def emulated(monkeypatch):
    return emulate(monkeypatch)


def to_cupy(tree):
    if isinstance(tree, dict):
        return {name: to_cupy(branch) for name, branch in tree.items()}
    return fake_cupy.asarray(tree)


def random_tree(rng, dtype):
    shapes = {"a": (3, 4), "b": (5,), "c": (70, 60)}  # the last is of several blocks
    return {name: rng.standard_normal(s).astype(dtype) for name, s in shapes.items()}


def assert_near(device, host, tolerance):
    for ours, theirs in zip(leaves(device), leaves(host), strict=True):
        assert ours.dtype == theirs.dtype
        assert np.allclose(ours.get(), theirs, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_adam_takes_the_steps_of_the_array_version(dtype):
    rng = np.random.default_rng(0)
    params = random_tree(rng, dtype)
    on_card = to_cupy(params)
    adams = Adam(params), Adam(on_card)
    for _ in range(5):
        grads = random_tree(rng, dtype)
        adams[0].step(params, grads, 0.1)
        adams[1].step(on_card, to_cupy(grads), 0.1)
    assert_near(on_card, params, TOLERANCE[dtype])


@pytest.mark.parametrize("max_norm", [0.5, 1e6])
@pytest.mark.parametrize("dtype", TOLERANCE)
def test_clipping_scales_as_the_array_version_does(dtype, max_norm):
    grads = random_tree(np.random.default_rng(0), dtype)
    on_card = to_cupy(grads)
    norm_on_card, norm = clip(on_card, max_norm), clip(grads, max_norm)
    assert isinstance(norm_on_card, fake_cupy.ndarray) and norm_on_card.shape == ()
    assert np.isclose(float(norm_on_card), norm, rtol=TOLERANCE[dtype])
    assert_near(on_card, grads, TOLERANCE[dtype])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_norm_that_is_not_finite_scales_nothing(bad):
    grads = {"a": fake_cupy.asarray(np.array([1.0, bad])), "b": fake_cupy.ones(2)}
    assert not np.isfinite(float(clip(grads, 0.1)))
    assert np.array_equal(grads["b"].get(), [1, 1])


def loss_inputs(dtype, V=77, N=6, H=3):
    rng = np.random.default_rng(0)
    params = {"weight": rng.standard_normal((V, H)), "bias": rng.standard_normal(V)}
    params = {name: array.astype(dtype) for name, array in params.items()}
    h = rng.standard_normal((N // 2, 2, H)).astype(dtype)
    return params, h, rng.integers(0, V, (N // 2, 2))


@pytest.mark.parametrize("chunk_size", [None, 1, 4, 100])
@pytest.mark.parametrize("dtype", TOLERANCE)
def test_the_loss_and_its_gradients_are_those_of_the_array_version(dtype, chunk_size):
    params, h, targets = loss_inputs(dtype)
    loss, backward = generator_loss(params, h, targets, [3, 2])
    on_card = to_cupy(params), to_cupy(h), to_cupy(targets)
    loss_on_card, backward_on_card = generator_loss(*on_card, [3, 2], chunk_size)
    assert np.isclose(float(loss_on_card), float(loss), rtol=TOLERANCE[dtype])
    assert_near(backward_on_card(), backward(), TOLERANCE[dtype])


def test_label_smoothing_takes_the_arrays_and_no_kernel(monkeypatch):
    monkeypatch.setattr(kernels, "kernel", None)
    params, h, targets = loss_inputs("float64")
    settings = {"lengths": [3, 2], "chunk_size": 2, "label_smoothing": 0.1}
    loss, backward = generator_loss(params, h, targets, **settings)
    on_card = to_cupy(params), to_cupy(h), to_cupy(targets)
    loss_on_card, backward_on_card = generator_loss(*on_card, **settings)
    assert np.isclose(float(loss_on_card), loss, rtol=1e-12)
    assert_near(backward_on_card(), backward(), 1e-12)


def softmax(scores, words, order=0):
    scores = fake_cupy.asarray(scores)
    bias = fake_cupy.zeros(scores.shape[1], scores.dtype)
    fake_cupy.order = order
    try:
        losses = softmax_loss(scores, bias, fake_cupy.asarray(np.array(words)), 1.0)
    finally:
        fake_cupy.order = 0
    return losses.get(), scores.get()


def test_scores_of_any_size_stay_in_range():
    scores = np.array([[1000.0, 0, -1000], [-1000, -1000, -1000], [5, -1e300, 5]])
    losses, gradient = softmax(scores, [0, 1, 1])
    assert np.allclose(losses, [0, np.log(3), 1e300])
    assert np.allclose(gradient, [[0, 0, 0], [1 / 3, -2 / 3, 1 / 3], [0.5, -1, 0.5]])


def test_a_word_that_cannot_be_has_no_probability_and_an_infinite_loss():
    losses, gradient = softmax(np.array([[0.0, -np.inf, 0.0]] * 2), [0, 1])
    assert np.isclose(losses[0], np.log(2)) and losses[1] == np.inf
    assert np.allclose(gradient, [[-0.5, 0, 0.5], [0.5, -1, 0.5]])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_score_that_is_not_finite_has_a_loss_that_is_not(bad):
    losses, _ = softmax(np.array([[0.0, bad, 1.0], [bad, 0.0, 1.0]]), [0, 1])
    assert not np.isfinite(losses).any()


@pytest.mark.parametrize("word", [-1, 3])
def test_a_word_outside_the_vocabulary_has_no_loss(word):
    losses, _ = softmax(np.zeros((2, 3)), [0, word])
    assert np.isclose(losses[0], np.log(3)) and np.isnan(losses[1])


def test_the_order_of_threads_changes_no_bit():
    scores = np.random.default_rng(0).standard_normal((2, 100)).astype(np.float32)
    first, *others = (softmax(scores, [3, 40], order) for order in (0, 1, 2))
    for other in others:
        assert_equal(first, other)


SOURCE = files(s2s_np).joinpath("fused.cu").read_text(encoding="utf-8")
BARRIERS = [found.span() for found in re.finditer(r"__syncthreads\(\);", SOURCE)]


@pytest.mark.parametrize("barrier", range(len(BARRIERS)))
def test_any_missing_barrier_is_seen(monkeypatch, barrier):
    start, end = BARRIERS[barrier]

    def results(order=0):
        rng = np.random.default_rng(0)
        grads = {"a": to_cupy(rng.standard_normal(1000))}
        scores = rng.standard_normal((2, 100))
        fake_cupy.order = order
        norm = float(clip(grads, 1.0))
        return norm, *softmax(scores, [30, 90], order)

    expected = results()

    class BrokenModule(fake_cupy.RawModule):
        def __init__(self, *, code, **settings):
            code = f"{code[:start]};{code[end:]}"
            super().__init__(code=code, **settings)

    monkeypatch.setattr(fake_cupy, "RawModule", BrokenModule)
    kernels.kernel.cache_clear()
    found = [results(order) for order in (0, 1, 2)]
    kernels.kernel.cache_clear()
    assert not all(
        np.allclose(ours, theirs)
        for result in found
        for ours, theirs in zip(result, expected)
    )


def test_a_chunk_size_below_one_is_refused():
    params, h, targets = loss_inputs("float64")
    with pytest.raises(ValueError, match="chunk_size is 0"):
        generator_loss(to_cupy(params), to_cupy(h), to_cupy(targets), chunk_size=0)


def test_a_chunk_that_does_not_fit_names_the_size_to_change(monkeypatch):
    class OutOfMemoryError(MemoryError):
        """CuPy's, which is a MemoryError too."""

    def full(shape, dtype=float):
        raise OutOfMemoryError("Out of memory allocating 1,024 bytes")

    params, h, targets = loss_inputs("float64")
    given = (
        to_cupy(h).reshape(-1, 3),
        to_cupy(targets).ravel(),
        *map(to_cupy, params.values()),
    )
    work = fake_cupy.empty

    def empty(shape, dtype=float):
        return full(shape) if shape == (4, 77) else work(shape, dtype)

    monkeypatch.setattr(fake_cupy, "empty", empty)
    with pytest.raises(
        MemoryError, match=r"4 states × 77 words: take a smaller chunk_size \(Out"
    ):
        chunked_loss(*given, 1.0, 4)


@pytest.mark.parametrize("tokens_dtype", [np.int64, np.int32, np.uint8])
def test_the_embeddings_gradient_is_that_of_the_array_version(tokens_dtype):
    rng = np.random.default_rng(0)
    weight, d_vectors = rng.standard_normal((9, 40)), rng.standard_normal((5, 4, 40))
    tokens = rng.integers(0, 7, (5, 4)).astype(tokens_dtype)
    expected = embedding({"weight": weight}, tokens)[1](d_vectors)["weight"]
    on_card = {"weight": to_cupy(weight)}
    given = to_cupy(d_vectors)
    found = embedding(on_card, to_cupy(tokens))[1](given)["weight"]
    assert np.allclose(found.get(), expected, rtol=1e-14)
    again = embedding(on_card, to_cupy(tokens))[1](given)["weight"]
    assert np.array_equal(found.get(), again.get())
