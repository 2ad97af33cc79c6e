"""The sums of chapter 4: the recipes, and what is stored of them."""

import addition
import numpy as np
import pytest
from addition import (
    READINGS,
    RESULTS,
    SETTINGS,
    VERSION,
    initialize_as_textbook,
    measure,
    mistakes,
    new_model,
)
from gradients import check_gradients

from s2s_np import Vocab
from s2s_np.batch import make_batches
from s2s_np.results import read_results
from s2s_np.tasks.addition import split
from s2s_np.tree import flatten

KEYS = {
    "accuracy", "accuracies", "by_carries", "wrong_places", "off_by", "processor_seconds",
}  # fmt: skip


@pytest.mark.parametrize(
    ("recipe", "epochs"),
    [("textbook", 2), ("+ c", 1), ("package", 1)],
)
def test_each_recipe_measures_what_is_stored(recipe, epochs):
    result = measure(recipe, "lstm", "reversed", 0, sizes=(200, 50), epochs=epochs)
    assert set(result) == KEYS
    assert len(result["accuracies"]) == epochs


def test_a_model_learns_a_few_sums_by_heart(monkeypatch):
    few, _ = split(10, 1)
    monkeypatch.setattr(addition, "split", lambda *sizes, seed: (few, few))
    result = measure("package", "gru", "reversed, every step", 0, epochs=200)
    assert result["accuracy"] == 1


def test_mistakes_are_sorted_by_carry_place_and_size():
    test = [
        ("57+5   ", "62"),
        ("12+34  ", "46"),
        ("99+1   ", "100"),
        ("900+99 ", "999"),
    ]
    found = mistakes(["72", "46", "", "1999"], test)
    assert found["by_carries"] == [0.5, 0, 0, None]
    assert found["off_by"] == [0, 0.3333, 0, 0.3333]
    assert found["wrong_places"][3] == 0.5  # of no answer and of 1999


def test_the_gradients_of_a_model_that_hands_over_h_are_those_of_finite_differences():
    vocab = Vocab.from_texts(["3142"])
    model = addition.HandsOverH(vocab, vocab, 3, 5, cell="lstm", dtype="float64")
    (batch,) = make_batches([("3142", "3142"), ("13", "31")], vocab, vocab, 2)
    _, grads = model.loss_and_grads(batch)
    check_gradients(
        "handing h over",
        lambda: model.loss(batch),
        flatten(model.params),
        flatten(grads),
    )


def test_the_initial_values_are_the_textbooks():
    model = new_model(split(1000, 1)[0], "lstm", "plain", seed=0)
    initialize_as_textbook(model, seed=0)
    values = model.state_dict()
    assert values["decoder.rnn.weight_hh_l0"].std() == pytest.approx(
        128**-0.5, rel=0.02
    )
    assert values["encoder.embedding.weight"].std() == pytest.approx(0.01, rel=0.2)
    assert not any(np.any(v) for path, v in values.items() if "bias" in path)


def test_the_stored_runs_are_of_all_readings_and_hold_all_figures():
    assert {setting["reading"] for setting in SETTINGS} == set(READINGS)
    assert all(set(run) >= KEYS for run in read_results(RESULTS, VERSION))
