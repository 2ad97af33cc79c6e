"""The experiments on speech, in a few steps."""

import fsdd
import numpy as np
import speech_recognition as script

from s2s_np import Seq2Seq
from s2s_np.corpora import Recording


def test_a_recognizer_is_trained_kept_and_judged(monkeypatch, tmp_path):
    for name in ("VALID", "TEST", "BROKEN"):
        monkeypatch.setattr(script, name, 12)
    monkeypatch.setattr(script, "CHECKPOINT", tmp_path / "model.safetensors")
    setting = {"utterances": 20, "epochs": 1, "seed": 0}
    monkeypatch.setattr(script, "SETTINGS", [setting])
    found = script.measure(**setting)
    test = found["test"]
    errors = sum(test[kind] for kind in ("substitutions", "deletions", "insertions"))
    assert test["rate"] == round(errors / test["words"], 4)
    assert np.shape(found["confusions"]["ko"]) == (10, 11)
    assert len(found["samples"]) == script.SHOWN
    assert {"8 digits", "noise 0 dB", "whispers"} < found["breaks"].keys()
    kept = Seq2Seq.load(tmp_path / "model.safetensors")
    assert kept.num_parameters == found["parameters"]


def test_a_person_is_held_out_and_the_others_are_judged_too(monkeypatch):
    def recordings():
        rng = np.random.default_rng(0)
        return [
            Recording((1_000 * rng.standard_normal(2_000)).astype(np.int16), digit, speaker, take)
            for digit in range(10) for speaker in fsdd.SPEAKERS for take in (0, 9)
        ]  # fmt: skip

    monkeypatch.setattr(fsdd, "spoken_digits", recordings)
    monkeypatch.setattr(fsdd, "HELD_OUT", 12)
    found = fsdd.measure("theo", strings=20, epochs=1, seed=0)
    assert found["test"]["words"] == sum(map(sum, found["confusions"]))
    assert min(found["valid"], found["nearest"]) > 0
    assert len(found["samples"]) == fsdd.SHOWN
