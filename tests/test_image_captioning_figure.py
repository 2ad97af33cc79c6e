"""The experiment on captions, in a few steps."""

import json

import image_captioning as script
import numpy as np
import pytest

from s2s_np import Seq2Seq
from s2s_np.tasks.image_captioning import SIDE, patches


@pytest.fixture(autouse=True)
def tiny(monkeypatch, tmp_path):
    monkeypatch.setattr(script, "RESULTS", tmp_path / "captions.jsonl")
    for name, value in {"COPIES": 1, "SCENES": 64, "VALID": 20, "TEST": 30}.items():
        monkeypatch.setattr(script, name, value)
    monkeypatch.setattr(script, "MODEL", {"embedding_size": 4, "hidden_size": 8})
    monkeypatch.setattr(script, "TRAINING", {"epochs": 1, "batch_size": 32})


@pytest.mark.parametrize("reader", ["patches", "convolution"])
def test_a_captioner_is_trained_and_judged(reader):
    found = script.measure(reader, 0)
    assert json.loads(json.dumps(found)) == found
    scores = [found["test"], found["held_out"], *found["jitter"], *found["overlap"]]
    assert all(0 <= share <= 1 for each in scores for share in each.values())
    assert len(found["jitter"]) == 4 and len(found["overlap"]) == 6
    assert found["parameters"] > 0 and len(found["samples"]) == 12
    baselines = found["baselines"]
    assert baselines["right layout, digits of the nearest image"]["exact"] > 0.8
    assert baselines["right layout, digits at random"]["exact"] < 0.2
    assert script.RESULTS.with_suffix(".safetensors").exists() == (reader == "patches")


def test_the_model_that_is_kept_reads_patches():
    script.measure("patches", 0)
    model = Seq2Seq.load(script.RESULTS.with_suffix(".safetensors"))
    assert len(model.translate([patches(np.zeros((SIDE, SIDE)))])) == 1


def test_confusions_count_digits_in_their_places_where_the_relation_is_right():
    right = ["one above two", "one above two", "one above two"]
    table = script.confusions(["one above seven", "two above seven", "one left of two"], right)  # fmt: skip
    assert (table[1][1], table[1][2], table[2][7]) == (1, 1, 2)
    assert np.sum(table) == 4


def test_of_three_digits_two_may_be_named():
    (scene,) = script.draw_scenes(script.split_digits()[1], 1, count=3)
    assert script.of_three_digits([scene.facts[1]], [scene]) == {"true": 1, "digits": 1}
    assert script.of_three_digits(["ten above ten"], [scene])["true"] == 0


def test_bleu_is_none_where_no_caption_is_wrong():
    assert script.bleu([]) is None
    assert script.bleu([("one above and left of two",) * 2]) == 100
