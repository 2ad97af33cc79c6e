"""What vectors keep: the experiment on one epoch."""

import lossy_or_lossless as script
import pytest


@pytest.mark.parametrize("task", script.TARGETS)
def test_an_encoder_is_trained_and_probed(task):
    found = script.measure(task, 8, 0, epochs=1)
    assert found["read"].keys() == set(script.PROPERTIES)
    assert len(found["steps"]) == len(found["read"]["subject"])
    assert all(0 <= share <= 1 for share in found["control"].values())
    assert (found["steps"] == [0]) == (task == "nothing")
