"""The translators of dates and amounts: one small run, what is stored, and the two models that are kept."""

import warnings
from functools import partial

import both_ways as script
import pytest

from s2s_np import Seq2Seq
from s2s_np.results import read_results
from s2s_np.tasks.machine_translation import DIRECTIONS, Example, split


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_small_run_measures_what_is_stored(monkeypatch, direction):
    few = partial(script.strange_amounts, size=20)
    monkeypatch.setattr(script, "strange_amounts", few)
    lists = [examples[:60] for examples in split(direction, 200, 120, 120)]
    with warnings.catch_warnings(action="ignore"):  # of characters not in the 60
        result = script.measure(direction, 0, lists=lists, keep=False)
    assert result["exact_match"] == 0 and len(result["wrong"]) == 10
    assert set(result["by_kind"]) == {"date", "amount"}
    assert set(result["by_style"]) <= {f"{x.kind}: {x.style}" for x in lists[2]}
    assert list(result["strange"]) == ["not round", "eight digits"]
    assert result["samples"] == result["wrong"][:10]


def test_shares_are_counted_by_what_is_asked_for():
    examples = [Example("가", "a", "date", style) for style in ("full", "full", "era")]
    by_style = script.by(lambda example: example.style, examples, ["a", "b", "a"])
    assert by_style == {"full": 0.5, "era": 1.0}


def test_the_translators_that_learn_nothing_are_judged():
    pairs = [("가", "a"), ("나", "a"), ("다라", "b")]
    test = [Example("나나", "a", "", ""), Example("b", "b", "", "")]
    found = script.baselines(pairs, test)
    assert found["commonest target"] == found["the source itself"] == 0.5
    assert found["nearest training source"] == 0.5


def test_every_stored_run_is_right_in_99_of_100_of_all_and_of_each_kind():
    for run in read_results(script.RESULTS, script.VERSION):
        assert min(run["exact_match"], *run["by_kind"].values()) >= 0.99


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_the_model_that_is_kept_translates_as_well_as_stored(direction):
    model = Seq2Seq.load(script.kept(direction))
    _, _, test = split(direction)
    written = model.translate([example.source for example in test[:300]])
    right = sum(map(script.is_right, test, written))
    assert right >= 294
