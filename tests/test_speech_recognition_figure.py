"""The experiments on speech, in a few steps."""

import numpy as np
import speech_recognition as script

from s2s_np import Seq2Seq


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
