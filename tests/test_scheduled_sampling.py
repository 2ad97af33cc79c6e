"""Feeding the decoder some of its own words."""

import numpy as np
import pytest
from gradients import check_gradients

from s2s_np import BOS, EOS, PAD, UNK, Seq2Seq, Vocab, make_batches
from s2s_np.decoder import shift_right
from s2s_np.scheduled_sampling import mix_inputs
from s2s_np.tree import flatten

VOCAB = Vocab.from_texts(["abcd"])
PAIRS = [("abc", "cb"), ("b", "a"), ("cdab", "bacd"), ("dd", "dacbb")]
KINDS = [("gru", "initial"), ("lstm", "every_step"), ("rnn", "initial")]


def new_model(cell="gru", context="initial", **settings):
    settings = {"dtype": "float64", "seed": 3} | settings
    return Seq2Seq(VOCAB, VOCAB, 3, 4, 2, cell=cell, context=context, **settings)


def new_batch():
    (batch,) = make_batches(PAIRS, VOCAB, VOCAB, len(PAIRS))
    return batch


def mixed_inputs(model, batch, teacher_forcing, seed=0):
    start = model.start(batch.source, batch.source_lengths)
    right = shift_right(batch.target, batch.target_lengths)
    rng = np.random.default_rng(seed)
    return right, mix_inputs(model.step, start, right, teacher_forcing, rng)


@pytest.mark.parametrize(("cell", "context"), KINDS)
def test_without_a_teacher_the_inputs_are_those_of_greedy_search(cell, context):
    model, batch = new_model(cell, context), new_batch()
    model.params["generator"]["bias"][:UNK] = -9.0  # so that greedy search never ends
    right, mixed = mixed_inputs(model, batch, 0.0)
    sources = [pair[0] for pair in sorted(PAIRS, key=lambda p: (len(p[0]), len(p[1])))]
    found = model.search(sources, max_length=len(right))
    for column, (best,) in enumerate(found):
        fed = batch.target_lengths[column]
        np.testing.assert_array_equal(mixed[:fed, column], [BOS, *best.tokens][:fed])


def test_with_a_teacher_alone_nothing_changes():
    right, mixed = mixed_inputs(new_model(), new_batch(), 1.0)
    np.testing.assert_array_equal(mixed, right)


def test_padding_stays_and_bos_and_eos_are_never_chosen():
    batch = new_batch()
    for seed in range(20):
        right, mixed = mixed_inputs(new_model(seed=seed), batch, 0.0)
        np.testing.assert_array_equal(mixed == PAD, right == PAD)
        np.testing.assert_array_equal(mixed[0], BOS)
        assert (mixed[1:][right[1:] != PAD] >= UNK).all()


@pytest.mark.parametrize("teacher_forcing", [0.25, 0.5])
def test_the_share_of_right_words_is_that_asked_for(teacher_forcing):
    # A step whose best word is always the same, and never the right one, counts for us.
    def step(tokens, state):
        assert EOS not in tokens
        log_probs = np.zeros((len(tokens), 9))
        log_probs[:, [PAD, BOS, EOS, 8]] = 1
        return log_probs, state

    right = np.full((200, 100), 5)
    right[0] = BOS
    mixed = mix_inputs(step, None, right, teacher_forcing, np.random.default_rng(0))
    assert set(np.unique(mixed[1:])) == {5, 8}
    assert abs((mixed[1:] == 5).mean() - teacher_forcing) < 0.01


@pytest.mark.parametrize(("cell", "context"), KINDS)
@pytest.mark.parametrize("teacher_forcing", [0.0, 0.5])
def test_the_gradients_are_those_of_finite_differences(cell, context, teacher_forcing):
    model, batch = new_model(cell, context), new_batch()
    # No two words are so close that the small steps change the choice.
    model.params["generator"]["weight"] *= 10

    def loss_and_grads():
        rng = np.random.default_rng(5)
        return model.loss_and_grads(batch, rng, teacher_forcing=teacher_forcing)

    loss, grads = loss_and_grads()
    assert loss != model.loss(batch)
    check_gradients(
        f"own words, {cell}",
        lambda: loss_and_grads()[0],
        flatten(model.params),
        flatten(grads),
    )


def test_the_loss_is_that_of_the_words_fed(monkeypatch):
    # The mixed inputs, taken as if they were the right ones, give the same loss.
    model, batch = new_model(), new_batch()
    _, mixed = mixed_inputs(model, batch, 0.0)
    loss, _ = model.loss_and_grads(batch, teacher_forcing=0.0)
    monkeypatch.setattr("s2s_np.seq2seq.shift_right", lambda *_: mixed)
    assert model.loss(batch) == loss


def test_the_words_are_chosen_without_dropout():
    model, batch = new_model(dropout=0.5), new_batch()
    _, mixed = mixed_inputs(model, batch, 0.0)
    same = new_model()
    np.testing.assert_array_equal(mixed_inputs(same, batch, 0.0)[1], mixed)


def test_a_right_teacher_draws_nothing_from_the_models_generator():
    losses = []
    for settings in ({}, {"teacher_forcing": 1.0}):
        model = new_model(dropout=0.3)
        history = model.fit(PAIRS, epochs=2, batch_size=2, progress=False, **settings)
        losses.append(history["train_loss"])
    assert losses[0] == losses[1]


def test_training_on_its_own_words_learns():
    model = Seq2Seq(VOCAB, VOCAB, embedding_size=8, hidden_size=16)
    history = model.fit(
        PAIRS, PAIRS, epochs=80, batch_size=2, teacher_forcing=0.5, progress=False
    )
    assert history["valid_loss"][-1] < history["valid_loss"][0] / 2


@pytest.mark.parametrize("teacher_forcing", [-0.1, 1.1, np.nan])
def test_what_is_no_share_is_named_before_anything_happens(teacher_forcing):
    model, before = new_model(), new_model().state_dict()
    message = f"teacher_forcing is {teacher_forcing}; expected a share from 0 to 1"
    with pytest.raises(ValueError, match=message):
        model.loss_and_grads(new_batch(), teacher_forcing=teacher_forcing)
    with pytest.raises(ValueError, match=message):
        model.fit(PAIRS, epochs=1, teacher_forcing=teacher_forcing)
    for name, array in model.state_dict().items():
        np.testing.assert_array_equal(array, before[name])
