"""The experiment on the chatbot of the town, in a few steps."""

import chatbot as script
import pytest

from s2s_np.tasks.town import VERDICTS


@pytest.fixture(scope="module")
def found():
    return script.measure(asked=2, strangers=8, seed=0, read=400)


def test_a_chatbot_is_trained_and_asked_in_other_words(found):
    assert found["sizes"] == {
        "train": 64 * 3 * 2 + 8 * 3,
        "test": 64 * 3 * 4,
        "reworded": 64 * 3 * 4,
        "continued": 64 * 3,
    }
    for name in ("test", "reworded", "continued", "unknown_word", "unknown_family"):
        assert sum(found[name][verdict] for verdict in VERDICTS) == pytest.approx(1, abs=0.001)  # fmt: skip


def test_each_answer_is_counted_in_one_tenth_of_confidence(found):
    tenths = found["unheard_of"]["tenths"]
    assert tenths.keys() == set(VERDICTS)
    assert sum(map(sum, tenths.values())) == 128 * 3
    assert not any(tenths["right"])


def test_the_commonest_job_and_pet_make_a_baseline(found):
    people = script.draw_people(script.NAMES)
    best = [
        max(map([getattr(person, kind) for person in people].count, values.values))
        for kind, values in script.RELATIONS.items()
    ]
    assert found["baselines"]["test"]["commonest"] == round(sum(best) / 192, 4)


def test_the_longer_the_preamble_the_longer_the_list(found):
    assert list(found["preambles"]) == ["0", "1", "2", "4", "8"]
    assert found["preambles"]["0"] == found["test"]
