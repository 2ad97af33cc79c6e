"""The experiment on chatbots, in a few steps, and what it has stored."""

import domain_expansion as script
import pytest

from s2s_np.results import read_results
from s2s_np.tasks.chatbot import KINDS


@pytest.mark.parametrize("handed", [0, 2])
def test_a_chatbot_is_trained_and_looked_at(monkeypatch, handed):
    monkeypatch.setattr(script, "PEOPLE", 256)
    found = script.measure(known=64, handed=handed, hidden=8, steps=2, seed=0)
    look = found["looks"][-1]
    assert look["step"] == 2
    assert look["strangers"].keys() == set(KINDS)
    assert look["known"].keys() == set(script.RELATIONS)


def test_the_stored_runs_are_those_of_the_settings():
    runs = read_results(script.RESULTS, script.VERSION)
    keys = ("known", "handed", "hidden", "steps", "seed")
    stored = {tuple(run[key] for key in keys) for run in runs}
    assert stored == {tuple(s[key] for key in keys) for s in script.SETTINGS}
