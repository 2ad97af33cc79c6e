"""The experiments on requests for code, in a tiny version."""

import nl2bash
import text_to_code as script

from s2s_np.tasks.text_to_code import KINDS, STRANGE_FORMS, VERDICTS

NAMES = ["ant", "bee", "cat", "dog", "eel", "fox", "gnu", "hen", "ibex", "jay"]


def test_a_model_is_trained_and_its_programs_are_run(monkeypatch):
    monkeypatch.setattr(script, "MODEL", script.MODEL | {"hidden_size": 8})
    monkeypatch.setattr(script, "LONGEST", 10)
    found = script.measure(train_size=300, epochs=1, seed=0, test_size=60, keep=False)
    assert set(found["by_kind"]) == set(KINDS)
    assert set(found["strange"]) == set(STRANGE_FORMS)
    assert list(found["verdicts_by_depth"]) == ["1", "2", "3", "4"]
    counts = found["verdicts_by_depth"]["1"], found["verdicts_by_depth"]["2"]
    assert sum(sum(each.values()) for each in counts) == 60
    assert all(set(each) == set(VERDICTS) for each in counts)
    assert found["test"]["exact_match"] <= found["test"]["robust"]
    assert found["nearest"]["robust"] < found["nearest_filled"]["robust"]
    assert len(found["samples"]) == script.SAMPLES


def test_only_the_model_of_seed_0_is_kept(monkeypatch, tmp_path):
    monkeypatch.setattr(script, "MODEL", script.MODEL | {"hidden_size": 8})
    monkeypatch.setattr(script, "KEPT", tmp_path / "model.safetensors")
    monkeypatch.setattr(script, "LONGEST", 5)
    script.measure(train_size=300, epochs=1, seed=1, test_size=60)
    assert not script.KEPT.exists()
    script.measure(train_size=300, epochs=1, seed=0, test_size=60)
    assert script.KEPT.exists()


def test_a_model_is_trained_on_pairs_of_shell_commands(monkeypatch):
    monkeypatch.setattr(nl2bash, "MODEL", nl2bash.MODEL | {"hidden_size": 8})
    pairs = [(f"list {n} and {m}", f"ls {m}") for n in NAMES for m in NAMES]
    found = nl2bash.measure(epochs=1, seed=0, pairs=pairs)
    assert found["pairs"]["all"] == len(pairs)
    assert found["known"]["requests"] == found["pairs"]["test_requests"]
    assert found["nearest"] == {"template": 1, "command": 0}
    assert found["most_frequent"] == 1
    assert 0 <= found["template"] <= found["template_in_three"] <= 1
    assert len(found["samples"]) == nl2bash.SAMPLES
