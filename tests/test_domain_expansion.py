"""The experiment on chatbots, in a few steps."""

import domain_expansion as script
import pytest

from s2s_np.tasks.chatbot import KINDS


@pytest.mark.parametrize("handed", [0, 2])
def test_a_chatbot_is_trained_and_looked_at(monkeypatch, handed):
    monkeypatch.setattr(script, "PEOPLE", 256)
    found = script.measure(known=64, handed=handed, hidden=8, steps=2, seed=0)
    look = found["looks"][-1]
    assert look["step"] == 2
    assert look["strangers"].keys() == set(KINDS)
    assert look["known"].keys() == set(script.RELATIONS)
