"""The experiment on lip reading, with few commands and a small model."""

import lip_reading as script
import numpy as np
import pytest

from s2s_np import Seq2Seq
from s2s_np.tasks.lip_reading import looks


@pytest.fixture
def small(monkeypatch, tmp_path):
    """The experiment, small enough for a test; its model goes to a folder of the test's."""
    monkeypatch.setattr(script, "COMMANDS", (64, 8, 40))
    monkeypatch.setattr(script, "FACTORS", {"noise": (3,), "size": (0.5,)})
    monkeypatch.setattr(script, "RECIPE", script.RECIPE | {"epochs": 1})
    monkeypatch.setattr(script, "STRANGE", 8)
    monkeypatch.setattr(script, "CHECKPOINT", tmp_path / "lip_reading.safetensors")
    return script


def test_a_lip_reader_is_trained_and_judged(small):
    found = small.measure(hidden=8, seed=0)
    assert found["ceiling"]["sentence"] == pytest.approx(found["looks"] / 40)
    assert found["up_to_homophenes"]["word"] >= found["score"]["word"]
    assert np.sum(found["letters"]) == 40
    assert 0.5 <= found["sureness"] <= 1
    assert found["strange"].keys() == {"noise", "size", "order"}
    assert 0 <= found["strange"]["order"]["commands"] <= 1
    assert Seq2Seq.load(small.CHECKPOINT).num_parameters == found["parameters"]


def test_other_runs_leave_no_model(small):
    small.measure(hidden=8, seed=1)
    assert not small.CHECKPOINT.exists()


def test_what_looks_the_same_is_taken_for_the_same():
    assert script.same_look(["bin blue at p two now", "b p"]) == [
        "bin blue at b two now",
        "b p",
    ]
    commands = script.split_commands(1, 1, 60)[2]
    assert len(set(script.same_look(commands))) == looks(commands)
