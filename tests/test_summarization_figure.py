"""The experiment on headlines, in a few steps."""

import numpy as np
import pytest
import summarization as script

from s2s_np.tasks.summarization import FACTS, NAMES, draw_bulletins, split_events


@pytest.fixture
def small(monkeypatch):
    """The script with a model that trains in a second."""
    monkeypatch.setattr(script, "MODEL", {"embedding_size": 8, "hidden_size": 8})
    monkeypatch.setattr(script, "TRAINING", {"epochs": 1})
    monkeypatch.setattr(script, "VALID", 20)


def test_a_model_is_trained_and_looked_at(small):
    found = script.measure(train_size=300, seed=0, test_size=40)
    assert 0 <= found["test"]["rouge_l"] <= 100
    assert found["test"]["facts"].keys() == {*FACTS}
    assert found["baselines"]["first event"]["rouge_l"] > 20
    assert sum(n for row in found["by_place"].values() for _, n in row) == 40
    assert {*found["longer"]["by_place"]} <= {*map(str, range(9, 17))}
    assert sum(found["two_of_a_kind"].values()) == pytest.approx(1)
    assert len(found["samples"]["first"]) == script.SAMPLES


class Oracle:
    """A model that finds the headlines of the bulletins that it was given."""

    def __init__(self, headlines):
        self.headlines = headlines

    def translate(self, texts, max_length):
        return [self.headlines[text] for text in texts]


def test_of_two_events_of_a_kind_the_headlines_are_counted_by_what_they_are_about():
    bulletins = draw_bulletins(split_events()[2], 4, rivals=1)
    told = [[e for e in b.events if e and e.kind == b.event.kind] for b in bulletins]
    mixed = told[2][0]._replace(place=told[2][1].place)
    stranger = told[3][0]._replace(name="Zelda")
    events = [told[0][0], told[1][1], mixed, stranger]
    model = Oracle({b.text: e.headline for b, e in zip(bulletins, events)})
    assert script.of_two(model, bulletins) == dict.fromkeys(
        ("first", "second", "mixed", "neither"), 0.25
    )


def test_headlines_are_counted_by_the_number_of_sentences_and_the_place_of_the_event():
    bulletins = draw_bulletins(split_events()[2], 50)
    written = [b.headline for b in bulletins]
    written[0] = "wrong"
    counts = script.by_place(written, bulletins)
    assert list(counts) == ["4", "5", "6", "7", "8"]
    assert all(len(row) == int(length) for length, row in counts.items())
    right, total = np.sum([pair for row in counts.values() for pair in row], axis=0)
    assert (right, total) == (49, 50)
    length, place = len(bulletins[0].sentences), bulletins[0].position
    right, total = counts[str(length)][place]
    assert total - right == 1


def test_where_the_person_is_unknown_the_old_name_is_wrong_and_all_else_is_right():
    bulletins = draw_bulletins(split_events()[2], 5)
    model = Oracle({})
    model.translate = lambda texts, max_length: [b.headline for b in bulletins]
    found = script.of_new_names(model, bulletins)
    assert found["facts"] == {"where": 1, "who": 0, "what": 1, "number": 1}
    assert found["another_of_the_text"] == 0
    model.translate = lambda texts, max_length: [
        headline_with_another_name(b) for b in bulletins
    ]
    assert script.of_new_names(model, bulletins)["another_of_the_text"] == 1


def headline_with_another_name(bulletin):
    """Return the headline with the name of another person of the bulletin."""
    others = {*NAMES} & {*bulletin.text.split()}
    name = min(others - {bulletin.event.name})
    return bulletin.event._replace(name=name).headline
