"""The experiment on Korean exchanges, with a handful of made-up ones; its samples, each with its English."""

import json

import korean_chatbot as script
import pytest

from s2s_np.results import read_results

PAIRS = [(f"{i} 번 질문", f"{i % 3} 번 답", 0) for i in range(40)]


@pytest.fixture
def found(monkeypatch):
    monkeypatch.setattr(script, "korean_chatbot", lambda: PAIRS)
    return script.measure(seed=0, valid_size=5, test_size=12, hidden=16, epochs=200)


def test_a_chatbot_is_trained_and_its_replies_are_measured(found):
    assert found["sizes"] == {"train": 23, "valid": 5, "test": 12}
    assert found["questions"] == 12 and len(found["samples"]) == script.SAMPLES
    assert all(len(sample) == 6 for sample in found["samples"])
    assert found["replies"].keys() == {
        "people",
        "greedy",
        "beam",
        "sampled 1.0",
        "sampled 0.5",
    }
    assert found["replies"]["people"]["copied"] == 1
    assert found["same_as_people"]["people"] == 1


def test_of_several_replies_of_people_the_first_is_kept(monkeypatch, found):
    (question, *_), *_ = found["samples"]
    twice = [*PAIRS, (question, "한 번 더", 0)]
    monkeypatch.setattr(script, "korean_chatbot", lambda: twice)
    again = script.measure(seed=0, valid_size=5, test_size=12, hidden=16, epochs=200)
    assert again["questions"] == 12 and again["sizes"]["test"] == 13
    assert again["samples"][0][:2] == found["samples"][0][:2]


def test_each_stored_sample_of_the_first_seed_has_its_english():
    glosses = json.loads(script.GLOSSES.read_text(encoding="utf-8"))
    samples = read_results(script.RESULTS, script.VERSION)[0]["samples"]
    assert {text for sample in samples for text in sample} == glosses.keys()
