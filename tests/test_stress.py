"""Numbers under stress: very short and very long, few words and many, large scores and gradients, and many steps.

Warnings are errors in all tests, so that an overflow or a division by zero would show.
"""

import gc
import math
import resource
import tracemalloc

import numpy as np
import pytest
from resumed_run import new_model

from s2s_np import (
    EOS,
    Adam,
    Frames,
    NonFiniteLossError,
    Seq2Seq,
    Vocab,
    clip,
    generator_loss,
    make_batches,
    token_log_probs,
)
from s2s_np.tree import flatten, leaves

CELLS = ("rnn", "gru", "lstm")
VOCAB = Vocab.from_texts(["abcdef"])
LONGEST = 10_000


def text(length, seed=0):
    return "".join(np.random.default_rng(seed).choice(list("abcdef"), length))


def gradients(model, pairs, **settings):
    """Return the loss and the gradients of all pairs in one batch."""
    (batch,) = make_batches(pairs, model.source_vocab, model.target_vocab, len(pairs))
    loss, grads = model.loss_and_grads(batch, **settings)
    return float(loss), flatten(grads)


def relative_error(given, expected):
    return np.linalg.norm(given - expected) / np.linalg.norm(expected)


# Lengths --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", CELLS)
def test_a_pair_of_length_1_and_one_of_10_000_side_by_side(cell):
    model = Seq2Seq(VOCAB, VOCAB, 4, 6, cell=cell, dtype="float64")
    pairs = [("a", "b"), (text(LONGEST), text(LONGEST, 1))]
    together, alone = model.log_probs(pairs), [model.log_probs([p])[0] for p in pairs]
    np.testing.assert_allclose(together, alone, rtol=1e-9)
    loss, grads = gradients(model, pairs)
    words = 2 + LONGEST + 1
    assert math.isclose(loss, -sum(alone) / words, rel_tol=1e-9)
    assert all(np.isfinite(g).all() for g in grads.values())


def test_a_source_of_10_000_words_or_frames_is_translated():
    for source_vocab, source in (
        (VOCAB, text(LONGEST)),
        (Frames(3), np.random.default_rng(0).normal(size=(LONGEST, 3))),
    ):
        model = Seq2Seq(source_vocab, VOCAB, 4, 6, bidirectional=True)
        for beam_size in (1, 3):
            (found,) = model.search([source], beam_size, max_length=20)
            assert 1 <= len(found[0].tokens) <= 20


def test_a_translation_may_be_10_000_words_long():
    model = Seq2Seq(VOCAB, VOCAB, 4, 6)
    model.params["generator"]["bias"][EOS] = -1e4
    (found,) = model.search(["a"], max_length=LONGEST)
    assert len(found[0].tokens) == LONGEST
    assert -LONGEST * math.log(len(VOCAB)) < found[0].log_prob < 0


@pytest.mark.parametrize("context", ["initial", "every_step"])
@pytest.mark.parametrize("cell", CELLS)
def test_float32_goes_through_a_thousand_steps(cell, context):
    settings = {"cell": cell, "context": context, "seed": 2}
    pairs = [(text(1000), text(1000, 1)), (text(990, 2), text(1000, 3))]
    exact, single = (
        gradients(Seq2Seq(VOCAB, VOCAB, 8, 16, dtype=dtype, **settings), pairs)
        for dtype in ("float64", "float32")
    )
    assert math.isclose(single[0], exact[0], rel_tol=1e-5)
    for name, g in single[1].items():
        assert g.dtype == np.float32
        assert relative_error(g, exact[1][name]) < 1e-3, name


@pytest.mark.parametrize("cell", CELLS)
def test_training_on_pairs_of_length_1_learns_them(cell):
    pairs = [(a, b) for a, b in zip("abcdef", "fedcba")]
    model = Seq2Seq(VOCAB, VOCAB, 8, 16, cell=cell)
    model.fit(pairs, epochs=150, batch_size=6, progress=False)
    assert model.translate(list("abcdef")) == list("fedcba")


# Vocabularies ---------------------------------------------------------------------------------------------------


def test_a_vocabulary_of_two_words_is_enough():
    vocab = Vocab.from_texts(["ab"])
    pairs = [("a", "b"), ("b", "a"), ("ab", "ba"), ("ba", "ab")]
    model = Seq2Seq(vocab, vocab, 8, 16)
    model.fit(pairs, epochs=100, batch_size=4, progress=False)
    assert model.translate([a for a, _ in pairs]) == [b for _, b in pairs]


def test_a_vocabulary_of_200_000_words_trains_translates_and_is_stored(tmp_path):
    words = [f"w{i}" for i in range(200_000)]
    vocab = Vocab.from_texts(words, level="word")
    pairs = [(" ".join(words[i : i + 3]), words[-i]) for i in range(1, 9)]
    model = Seq2Seq(vocab, vocab, 3, 4)
    settings = {"epochs": 4, "batch_size": 8, "learning_rate": 0.1, "progress": False}
    history = model.fit(pairs, checkpoint=tmp_path / "m", **settings)
    assert math.isclose(history["step_loss"][0], math.log(len(vocab)), rel_tol=0.05)
    assert history["step_loss"][-1] < history["step_loss"][0]
    loaded = Seq2Seq.load(tmp_path / "m")
    texts = [source for source, _ in pairs]
    assert loaded.search(texts, 3, max_length=4) == model.search(texts, 3, max_length=4)
    assert loaded.target_vocab == vocab


# Scores and gradients -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("label_smoothing", [0.0, 0.1])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_scores_of_plus_and_minus_1e4_have_the_exact_loss_and_gradient(
    dtype, label_smoothing
):
    """Four words: one certain, two impossible, and one that shares with the certain."""
    params = {
        "weight": np.array([[1e4], [-1e4], [0], [1e4]], dtype),
        "bias": np.zeros(4, dtype),
    }
    h, targets = np.ones((1, 4, 1), dtype), np.array([[0, 1, 2, 3]])
    log_p = np.array([-math.log(2), -2e4 - math.log(2), -1e4 - math.log(2), -math.log(2)])  # fmt: skip
    p = np.array([0.5, 0, 0, 0.5])
    q = (1 - label_smoothing) * np.eye(4) + label_smoothing / 4
    loss, backward = generator_loss(params, h, targets, label_smoothing=label_smoothing)
    assert math.isclose(loss, -(q @ log_p).mean(), rel_tol=1e-6)
    _, grads = backward()
    np.testing.assert_allclose(grads["bias"], (p - q).mean(axis=0), atol=1e-7)
    np.testing.assert_allclose(token_log_probs(params, h, targets), [log_p], rtol=1e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_a_model_whose_weights_make_scores_of_1e4_stays_finite(cell):
    model = new_model(cell=cell, dropout=0.0)
    for _, array in leaves(model.params):
        array *= 1e4 / np.abs(array).max() if array.any() else 1
    pairs = [("abc", "cba"), ("f", "f"), (text(50), text(40))]
    loss, grads = gradients(model, pairs)
    assert math.isfinite(loss) and loss > 100
    assert all(np.isfinite(g).all() for g in grads.values())
    for beam_size in (1, 4):
        for hypotheses in model.search([a for a, _ in pairs], beam_size, 10):
            assert all(math.isfinite(each.log_prob) for each in hypotheses)


def with_gradients(model, change):
    """Let `change(loss, grads)` have its way with every gradient of the model."""
    honest = model.loss_and_grads
    model.loss_and_grads = lambda *args, **settings: change(*honest(*args, **settings))
    return model


PAIRS = [("abc", "cba"), ("b", "b"), ("cab", "bac"), ("aa", "aa")]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gradients_of_1e10_are_clipped_to_the_same_step(dtype):
    def larger(loss, grads):
        for _, g in leaves(grads):
            g *= 1e10
        return loss, grads

    settings = {"epochs": 3, "batch_size": 2, "max_norm": 0.01, "progress": False}
    model, other = (Seq2Seq(VOCAB, VOCAB, 8, 16, dtype=dtype) for _ in range(2))
    history = with_gradients(model, larger).fit(PAIRS, **settings)
    expected = other.fit(PAIRS, **settings)
    np.testing.assert_allclose(history["grad_norm"], 1e10 * np.array(expected["grad_norm"]), rtol=1e-3)  # fmt: skip
    for name, array in model.state_dict().items():
        np.testing.assert_allclose(array, other.state_dict()[name], atol=1e-3)


def test_the_norm_of_gradients_of_1e10_is_exact_and_becomes_the_bound():
    rng = np.random.default_rng(0)
    grads = {name: 1e10 * rng.standard_normal(1000).astype(np.float32) for name in "ab"}
    exact = math.sqrt(sum(np.square(g.astype(np.float64)).sum() for g in grads.values()))  # fmt: skip
    assert math.isclose(clip(grads, 1.0), exact, rel_tol=1e-5)
    after = math.sqrt(sum(np.square(g.astype(np.float64)).sum() for g in grads.values()))  # fmt: skip
    assert math.isclose(after, 1, rel_tol=1e-5)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", flatten(new_model().params))
def test_one_number_that_is_not_finite_in_any_gradient_is_refused(name, value):
    model = new_model()
    before = model.state_dict()

    def broken(loss, grads):
        flatten(grads)[name].flat[-1] = value
        return loss, grads

    with pytest.raises(NonFiniteLossError, match=rf"at step 0 .*the gradient of {name};"):  # fmt: skip
        with_gradients(model, broken).fit(PAIRS, epochs=1, progress=False)
    assert all(np.array_equal(before[n], a) for n, a in model.state_dict().items())


# Many steps -----------------------------------------------------------------------------------------------------


@pytest.fixture
def train():
    """A function that trains for so many steps on batches of many shapes.

    The memory of some of their arrays comes from the package's pool, that of the others from the C library.
    """
    model = Seq2Seq(VOCAB, VOCAB, 8, 64, dropout=0.1)
    lengths = np.random.default_rng(0).integers(1, 9, (24, 2))
    pairs = [(text(n, i), text(m, i)) for i, (n, m) in enumerate(lengths)]
    batches = list(make_batches(pairs * 8, VOCAB, VOCAB, 8))
    adam = Adam(model.params)

    def train(steps):
        for step in range(steps):
            _, grads = model.loss_and_grads(batches[step % len(batches)])
            clip(grads, 1.0)
            adam.step(model.params, grads, 1e-4)
        gc.collect()

    return train


def test_a_few_hundred_steps_leave_nothing_behind(train):
    tracemalloc.start()
    try:
        train(100)
        before, peak = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        train(300)
        after, later_peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 10_000  # less than any array
    assert later_peak < 1.2 * peak


@pytest.mark.exhaustive
def test_a_hundred_thousand_steps_take_the_memory_of_a_thousand(train):
    train(1000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    train(100_000)
    more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(f"{more} KiB more after 100,000 steps")
    assert more < 4096  # 42 bytes a step
