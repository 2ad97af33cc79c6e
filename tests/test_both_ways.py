"""The translators of dates and amounts: one small run, and what is stored."""

import pytest
from both_ways import RESULTS, SETTINGS, VERSION, kind, measure

from s2s_np.results import read_results
from s2s_np.tasks.machine_translation import split


@pytest.mark.parametrize("direction", ["ko-en", "en-ko"])
def test_a_small_run_measures_what_is_stored(direction):
    few = split(direction)[0][:60]
    result = measure(direction, 0, lists=(few, few, few), keep=False)
    assert set(result["by_kind"]) <= {"date", "amount in digits", "amount in words"}
    assert 0 <= result["exact_match"] < 1
    assert all(target != written for _, target, written in result["wrong"])


@pytest.mark.parametrize(
    ("korean", "english", "what"),
    [
        ("2026년 11월 22일", "November 22, 2026", "date"),
        ("이천이십육년 십일월 이십이일", "November 22, 2026", "date"),
        ("3만 5,000원", "35,000 won", "amount in digits"),
        ("7 대한민국 원", "7 South Korean won", "amount in digits"),
        ("삼만 원", "thirty thousand won", "amount in words"),
    ],
)
def test_a_pair_is_of_the_same_kind_both_ways(korean, english, what):
    assert kind(korean, english) == kind(english, korean) == what


def test_every_setting_is_stored():
    stored = read_results(RESULTS, VERSION)
    names = SETTINGS[0].keys()
    found = [{name: run[name] for name in names} for run in stored]
    assert len(found) == len(SETTINGS)
    assert all(setting in found for setting in SETTINGS)
