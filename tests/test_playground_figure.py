"""The script that trains the models of the playground, in a tiny version, and what the page says of its results."""

import json
from pathlib import Path

import live
import playground
import pytest

from s2s_np.browser import principal_plane

PAGE = (Path(__file__).parent.parent / "book" / "playground.md").read_text("utf-8")
TEXT = " ".join(PAGE.split())
RESULTS = json.loads(playground.RESULTS.read_text("utf-8"))


@pytest.mark.filterwarnings("ignore:.*not in the source vocabulary")
@pytest.mark.parametrize("name", playground.MODELS)
def test_the_script_measures_a_model(name, monkeypatch):
    monkeypatch.setitem(playground.RECIPES[name], "epochs", 1)
    model, result = playground.measure(name, size=60)
    assert result["tested"] == result["trained"] == 60
    assert result["parameters"] == model.num_parameters
    assert 0 <= result["exact_match"] <= 1
    moved = [*result["moves"].values()]
    assert moved == sorted(moved, reverse=True) and moved[-1] > 0


def test_a_finished_run_does_nothing(monkeypatch):
    monkeypatch.setattr(playground, "measure", None)
    before = playground.RESULTS.stat().st_mtime_ns
    playground.main()
    assert playground.RESULTS.stat().st_mtime_ns == before


@pytest.mark.parametrize("name", playground.MODELS)
def test_the_stored_models_are_good_and_small(name):
    result = RESULTS[name]
    assert result["exact_match"] >= 0.98
    assert result["parameters"] == live.load(name).num_parameters
    row = (
        f"| {result['parameters']:,} | {result['exact_match']:.1%}"
        f" | {result['tested']:,} |"
    ).replace("%", " %")
    assert row in PAGE
    assert result["processor_seconds"] < 30


def test_the_page_counts_what_a_beam_changes_as_it_was_measured():
    dates, scan, early = (RESULTS[name] for name in ("dates", "scan", "early"))
    assert f"{early['changed_by_beam']:,} of its {early['tested']:,}" in TEXT
    assert dates["changed_by_beam"] == 0
    assert f"{dates['tested']:,} test answers a beam changes none" in TEXT
    assert scan["changed_by_beam"] == 1
    assert f"of the interpreter's {scan['tested']:,} one" in TEXT


def test_the_page_says_what_moves_the_state_as_it_was_measured():
    dates, scan = RESULTS["dates"]["moves"], RESULTS["scan"]["moves"]
    for words in ("월 moves the state by", "년 by", "일 by", "goes 시, by"):
        (token,) = set(words) & set("월년일시")
        assert f"{words} {dates[token]:.1f}" in TEXT
    digits = sorted(dates[digit] for digit in "0123456789")
    assert f"the figures by {digits[0]:.1f} to {digits[-1]:.1f}" in TEXT
    assert max(dates, key=dates.get) == "시"
    train, _ = playground.pairs_of("dates")
    assert all("시월" in korean for korean, _ in train if "시" in korean)
    assert [*scan][:3] == ["around", "after", "and"]
    for token in [*scan][:3]:
        assert f'"{token}" ({scan[token]:.1f})' in TEXT
    assert len(playground.pairs_of("dates")[1]) >= playground.MOVED
    assert f"{playground.MOVED:,} test dates" in TEXT


@pytest.mark.filterwarnings("ignore:.*not in the source vocabulary")
@pytest.mark.parametrize(
    ("name", "source", "beam", "answer"),
    [
        ("dates", "2026년 13월 22일", 1, "January 22, 2023"),
        ("early", "나는 시장에 간다", 1, "I will bread in the evening"),
        ("early", "나는 시장에 간다", 4, "I read a book in the evening"),
        ("scan", "hop thrice and walk left twice", 1, " ".join(["I_TURN_LEFT I_WALK"] * 5)),
        ("scan", "hop twice", 1, "I_TURN_LEFT I_LOOK I_TURN_LEFT I_LOOK"),
        ("scan", "jump thrice and walk left twice", 1, "I_JUMP I_JUMP I_JUMP" + " I_TURN_LEFT I_WALK" * 2),
    ],
)  # fmt: skip
def test_the_models_answer_as_the_page_says(name, source, beam, answer):
    assert source in TEXT or source in live.MODELS[name]["examples"]
    assert "I_" in answer or f'"{answer}"' in TEXT
    assert live.load(name).translate([source], beam_size=beam) == [answer]


def test_the_second_best_date_is_the_one_that_the_page_names():
    model = live.load("dates")
    ((_, second, *_),) = model.search(["2026년 13월 22일"], beam_size=4)
    assert model.target_vocab.decode(second.tokens) == "January 22, 2026"
    assert '"January 22, 2026" comes second' in TEXT


def test_the_first_axis_of_scan_parts_left_from_right():
    model = live.load("scan")
    texts, labels = live.texts_of("scan")
    mean, axes = principal_plane(model.encode(texts))

    def places(label):
        chosen = [text for text, its in zip(texts, labels) if its == label]
        return (model.encode(chosen) - mean) @ axes[0]

    left, right = places("first turns left"), places("first turns right")
    assert (
        f"{len(left)} begin with a turn to the left and {len(right)} with one" in TEXT
    )
    assert right.max() < left.min() or left.max() < right.min()
    parting = (max(min(left), min(right)) + min(max(left), max(right))) / 2
    after, joined = (
        (model.encode([f"jump left {joint} run right"]) - mean) @ axes[0]
        for joint in ("after", "and")
    )
    assert (after > parting) == (right.mean() > parting)
    assert (joined > parting) == (left.mean() > parting)
