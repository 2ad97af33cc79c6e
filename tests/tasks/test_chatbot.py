"""Dialogues over a small world: what is known about their answers, exactly."""

import math
import random
from collections import Counter

import numpy as np
import pytest

from s2s_np import Seq2Seq, Vocab
from s2s_np.tasks.chatbot import (
    KINDS,
    NAMES,
    RELATIONS,
    WORDINGS,
    Library,
    answer_entropy,
    ask,
    beliefs,
    calibration_error,
    draw_people,
    draw_turns,
    expected_loss,
    hand_over,
    possible_answers,
    translate,
)

PEOPLE = draw_people(NAMES**2)


def test_no_two_people_have_the_same_name():
    assert len({person.name for person in PEOPLE}) == NAMES**2


def test_each_64_people_have_all_names():
    for start in (0, 8 * NAMES, NAMES**2 - NAMES):
        some = PEOPLE[start : start + NAMES]
        assert len({p.first for p in some}) == len({p.family for p in some}) == NAMES


def test_facts_are_as_frequent_as_their_probabilities():
    for kind, relation in RELATIONS.items():
        counts = Counter(getattr(person, kind) for person in PEOPLE)
        for value, p in relation.values.items():
            assert abs(counts[value] / len(PEOPLE) - p) < 0.03


@pytest.mark.parametrize("kind", KINDS)
def test_the_entropy_is_that_of_the_possible_answers(kind):
    turn = next(t for t in draw_turns(PEOPLE, 100, random.Random(0)) if t.kind == kind)
    p = np.array([*possible_answers(turn).values()])
    assert p.sum() == pytest.approx(1)
    assert answer_entropy(kind) == pytest.approx(-(p * np.log(p)).sum())
    if kind in RELATIONS:
        assert answer_entropy(kind, known=True) == 0


def test_an_answer_is_a_possible_one_and_speaks_of_the_person():
    for kind in RELATIONS:
        for wording in range(WORDINGS):
            turn = ask(PEOPLE[5], kind, wording)
            assert turn.answer in possible_answers(turn)
            assert PEOPLE[5].name in turn.question
            assert PEOPLE[5].first in turn.answer


def test_the_spared_wording_is_not_asked_in_training():
    turns = draw_turns(PEOPLE[:64], 3_000, random.Random(1))
    for turn in turns:
        if turn.kind in RELATIONS:
            spared = ask(turn.person, turn.kind, turn.person.spared)
            assert turn.question != spared.question


def test_a_translation_holds_the_name_in_hangul():
    turn = translate(PEOPLE[0], "drinks tea")
    assert turn.answer.endswith("차를 마신다")
    assert len(possible_answers(turn)) == 1


def test_the_look_up_finds_the_fact_asked_for():
    library = Library(fact for person in PEOPLE[:256] for fact in person.facts)
    for person in PEOPLE[:64]:
        turn = ask(person, "home", 2)
        found = library.look_up(turn.question, 3)
        assert person.facts[0] in found
        assert hand_over(turn, found).question.startswith(found[0])
        assert hand_over(turn, found).question.endswith(turn.question)


def test_beliefs_are_the_models_probabilities_and_their_loss_is_above_the_floor():
    turns = [ask(person, "pet") for person in PEOPLE[:3]]
    source = Vocab.from_texts([turn.question for turn in turns], "word")
    target = Vocab.from_texts([y for t in turns for y in possible_answers(t)], "word")
    model = Seq2Seq(source, target, 4, 4)
    for turn, belief in zip(turns, beliefs(model, turns)):
        assert belief.keys() == possible_answers(turn).keys()
        assert belief[turn.answer] == pytest.approx(
            math.exp(model.log_probs([turn.pair])[0])
        )
        assert expected_loss(turn, belief) >= answer_entropy("pet")
        assert expected_loss(turn, possible_answers(turn)) == pytest.approx(
            answer_entropy("pet")
        )


def test_the_calibration_error_by_hand():
    # Two answers of confidence 0.75, one of them right; two of 0.25, none right.
    confidence, right = [0.75, 0.75, 0.25, 0.25], [True, False, False, False]
    assert calibration_error(confidence, right) == pytest.approx(0.25)
    assert calibration_error([1.0], [True]) == 0


@pytest.mark.parametrize("count", [0, NAMES**2 + 1])
def test_more_people_than_names_are_refused(count):
    with pytest.raises(ValueError, match=f"count is {count}; expected 1 to 4096"):
        draw_people(count)


def test_an_unknown_kind_is_named():
    with pytest.raises(ValueError, match="kind is 'age'; expected one of home, job"):
        answer_entropy("age")
