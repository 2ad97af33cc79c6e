"""The experiment on autoencoders, on one epoch, and what it has stored."""

import autoencoder as script
import pytest

from s2s_np.results import read_results


@pytest.mark.parametrize("noise", script.SIZES)
def test_an_autoencoder_is_trained_and_measured(noise):
    found = script.measure(8, noise, 0, "cpu", epochs=1, asked=10)
    assert len(found["interpolation"]) == len(script.STEPS)
    assert found["arithmetic"].keys() == set(script.KINDS)
    assert all(0 <= share <= 1 for share in found["random"].values())


def test_the_stored_runs_are_those_of_the_settings():
    runs = read_results(script.RESULTS, script.VERSION)
    keys = ("hidden_size", "noise", "seed")
    stored = {tuple(run[key] for key in keys) for run in runs}
    assert stored == {tuple(s[key] for key in keys) for s in script.SETTINGS}
