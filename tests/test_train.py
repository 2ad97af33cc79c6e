"""The training loop."""

import math
import os

import numpy as np
import pytest

from s2s_np import NonFiniteLossError, Seq2Seq, Vocab, make_batches
from s2s_np.tree import flatten

PAIRS = [
    ("abc", "cba"),
    ("b", "b"),
    ("cab", "bac"),
    ("aa", "aa"),
    ("ac", "ca"),
    ("bbc", "cbb"),
    ("ca", "ac"),
]
VOCAB = Vocab.from_texts(["abc"])


def new_model(**settings):
    return Seq2Seq(
        VOCAB, VOCAB, **{"embedding_size": 8, "hidden_size": 16, "seed": 1, **settings}
    )


def fit(model, *args, **settings):
    return model.fit(
        *args, **{"epochs": 2, "batch_size": 3, "progress": False, **settings}
    )


def test_a_small_model_learns_its_training_pairs_by_heart():
    model = new_model()
    fit(model, PAIRS, epochs=120)
    assert model.translate([source for source, _ in PAIRS]) == [
        target for _, target in PAIRS
    ]


def test_the_history_has_a_number_for_each_step_and_epoch():
    history = fit(new_model(), PAIRS, PAIRS[:2])
    assert {name: len(values) for name, values in history.items()} == {
        "train_loss": 2, "valid_loss": 2, "seconds": 2, "step_loss": 6, "grad_norm": 6, "learning_rate": 6,
    }  # fmt: skip
    assert all(math.isfinite(value) for values in history.values() for value in values)


def test_the_validation_loss_is_that_of_the_trained_model():
    model = new_model(dtype="float64")
    history = fit(model, PAIRS, PAIRS[:4], epochs=1)
    words = sum(len(target) + 1 for _, target in PAIRS[:4])
    assert math.isclose(
        history["valid_loss"][0], -model.log_probs(PAIRS[:4]).sum() / words
    )


def test_without_validation_pairs_there_is_no_validation_loss():
    assert fit(new_model(), PAIRS)["valid_loss"] == [None, None]


def test_the_epoch_loss_weighs_each_word_alike():
    model = new_model(dtype="float64")
    untrained = -model.log_probs(PAIRS).sum() / sum(
        len(target) + 1 for _, target in PAIRS
    )
    history = fit(model, PAIRS, epochs=1, learning_rate=1e-12)
    assert math.isclose(history["train_loss"][0], untrained, rel_tol=1e-9)


def test_label_smoothing_is_in_the_training_loss_and_not_in_the_validation_loss():
    model = new_model(dtype="float64")
    words = sum(len(target) + 1 for _, target in PAIRS)
    plain = -model.log_probs(PAIRS).sum() / words
    # of an untrained model, and of one batch, so that no step has been taken before
    settings = {"epochs": 1, "batch_size": len(PAIRS), "learning_rate": 1e-12}
    history = fit(model, PAIRS, PAIRS, label_smoothing=0.2, **settings)
    (batch,) = make_batches(PAIRS, VOCAB, VOCAB, len(PAIRS))
    smoothed, _ = model.loss_and_grads(batch, label_smoothing=0.2)
    assert math.isclose(history["train_loss"][0], smoothed, rel_tol=1e-9)
    assert math.isclose(history["valid_loss"][0], plain, rel_tol=1e-9)
    assert abs(smoothed - plain) > 1e-3


def test_a_model_trained_with_label_smoothing_is_less_sure_of_itself():
    sure, smoothed = new_model(), new_model()
    fit(sure, PAIRS, epochs=120)
    fit(smoothed, PAIRS, epochs=120, label_smoothing=0.2)
    texts = [source for source, _ in PAIRS]
    assert smoothed.translate(texts) == sure.translate(texts)
    assert smoothed.log_probs(PAIRS).mean() < 2 * sure.log_probs(PAIRS).mean()


def test_the_same_seed_trains_the_same_model_and_another_does_not():
    first, again, other = (
        new_model(dropout=0.2),
        new_model(dropout=0.2),
        new_model(dropout=0.2, seed=2),
    )
    for model in (first, again, other):
        fit(model, PAIRS)
    for name, array in first.state_dict().items():
        assert np.array_equal(array, again.state_dict()[name])
    assert not np.array_equal(
        first.params["generator"]["weight"], other.params["generator"]["weight"]
    )


def test_zero_epochs_change_nothing():
    model = new_model()
    before = model.state_dict()
    assert fit(model, PAIRS, epochs=0)["step_loss"] == []
    assert all(
        np.array_equal(before[name], array)
        for name, array in model.state_dict().items()
    )


def test_the_checkpoint_is_the_model_after_the_last_epoch(tmp_path):
    model = new_model()
    fit(model, PAIRS, checkpoint=tmp_path / "m")
    for name, array in Seq2Seq.load(tmp_path / "m").state_dict().items():
        assert np.array_equal(array, model.state_dict()[name])
    assert os.listdir(tmp_path) == ["m"]


def break_at_step(model, step, monkeypatch, value):
    """Make `loss_and_grads` return a gradient with `value` in it at one step."""
    honest, calls = model.loss_and_grads, iter(range(1000))

    def loss_and_grads(batch, **settings):
        loss, grads = honest(batch, **settings)
        if next(calls) == step:
            grads["generator"]["bias"][0] = value
        return loss, grads

    monkeypatch.setattr(model, "loss_and_grads", loss_and_grads)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_gradient_that_is_not_finite_stops_training_names_the_step_and_keeps_the_last_checkpoint(
    tmp_path, monkeypatch, value
):
    model = new_model()
    break_at_step(model, 4, monkeypatch, value)
    with pytest.raises(
        NonFiniteLossError,
        match=r"at step 4 \(epoch 1\).*generator.bias.*last good model is in .*m",
    ):
        fit(model, PAIRS, checkpoint=tmp_path / "m")
    kept = Seq2Seq.load(tmp_path / "m")
    assert all(np.isfinite(array).all() for array in flatten(model.params).values())
    assert all(np.isfinite(array).all() for array in flatten(kept.params).values())


def test_a_loss_that_is_not_finite_stops_training_at_the_first_step():
    model = new_model()
    model.params["generator"]["weight"][:] = np.nan
    with pytest.raises(
        NonFiniteLossError, match=r"at step 0 \(epoch 0\) the loss is nan"
    ):
        fit(model, PAIRS)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": -1}, "epochs is -1"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"learning_rate": 0}, "learning_rate is 0"),
        ({"learning_rate": math.nan}, "learning_rate is nan"),
        ({"max_norm": 0}, "max_norm is 0"),
        ({"warmup": -0.1}, "warmup is -0.1"),
        ({"label_smoothing": -0.1}, "label_smoothing is -0.1; expected at least 0"),
        ({"label_smoothing": 1}, "label_smoothing is 1; expected .* below 1"),
    ],
)
def test_settings_that_make_no_sense_are_named_and_change_nothing(settings, message):
    model = new_model()
    before = model.state_dict()
    with pytest.raises(ValueError, match=message):
        fit(model, PAIRS, **settings)
    assert all(
        np.array_equal(before[name], array)
        for name, array in model.state_dict().items()
    )


@pytest.mark.parametrize(
    ("pairs", "message"),
    [([], "source texts is empty"), ([("", "a")], r"source texts\[0\] is ''")],
)
def test_training_pairs_that_make_no_sense_are_named(pairs, message):
    with pytest.raises(ValueError, match=message):
        fit(new_model(), pairs)


def test_the_progress_bar_writes_to_the_terminal_and_can_be_turned_off(capsys):
    fit(new_model(), PAIRS, progress=True)
    assert "6/6" in capsys.readouterr().err
    fit(new_model(), PAIRS, progress=False)
    assert capsys.readouterr().err == ""


def test_without_tqdm_training_says_so_and_goes_on(without):
    without("tqdm")
    with pytest.warns(UserWarning, match="pip install tqdm"):
        history = fit(new_model(), PAIRS, progress=True)
    assert len(history["step_loss"]) == 6
