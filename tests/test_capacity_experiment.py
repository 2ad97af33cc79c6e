"""The experiment on capacity, in a few steps."""

import capacity as script
import numpy as np
import pytest

from s2s_np.results import read_results

TINY = {
    "labels": {"cell": "gru", "units": 2, "load": 2, "steps": 3, "seed": 0},
    "vector": {"cell": "lstm", "units": 3, "size": 2, "seed": 0},
    "copying": {"units": 4, "length": 3, "seed": 0},
}


@pytest.mark.parametrize("task", TINY)
def test_a_run_gives_what_the_stored_ones_have(monkeypatch, task):
    monkeypatch.setattr(script, "STEPS", 10)
    monkeypatch.setattr(script, "PAIRS", 200)
    found = script.measure(task=task, **TINY[task])
    runs = read_results(script.RESULTS, script.VERSION)
    stored = next(run for run in runs if run["task"] == task)
    assert stored.keys() == {"task"} | TINY[task].keys() | found.keys()
    assert all(np.isfinite(value) for value in found.values())
