"""What vectors keep: the experiment on one epoch, and what it has stored."""

import lossy_or_lossless as script
import pytest

from s2s_np.results import read_results


@pytest.mark.parametrize("task", script.TARGETS)
def test_an_encoder_is_trained_and_probed(task):
    found = script.measure(task, 8, 0, epochs=1)
    assert found["read"].keys() == set(script.PROPERTIES)
    assert len(found["steps"]) == len(found["read"]["subject"])
    assert all(0 <= share <= 1 for share in found["control"].values())
    assert (found["steps"] == [0]) == (task == "nothing")


def test_the_stored_runs_are_those_of_the_settings():
    runs = read_results(script.RESULTS, script.VERSION)
    keys = ("task", "hidden_size", "seed")
    stored = {tuple(run[key] for key in keys) for run in runs}
    assert stored == {tuple(s[key] for key in keys) for s in script.SETTINGS}
    assert {seed for _, _, seed in stored} >= set(range(5))
