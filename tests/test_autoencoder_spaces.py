"""The experiment on autoencoders, on one epoch."""

import autoencoder as script
import pytest


@pytest.mark.parametrize("noise", script.SIZES)
def test_an_autoencoder_is_trained_and_measured(noise):
    found = script.measure(8, noise, 0, "cpu", epochs=1, asked=10)
    assert len(found["interpolation"]) == len(script.STEPS)
    assert found["arithmetic"].keys() == set(script.KINDS)
    assert all(0 <= share <= 1 for share in found["random"].values())
