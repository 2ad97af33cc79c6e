"""The town that a chatbot learns by heart: its questions, their split, and what an answer is worth."""

import random
from collections import Counter
from itertools import product

import pytest

from s2s_np import Seq2Seq, Vocab
from s2s_np.tasks.chatbot import NAMES, RELATIONS, ask, draw_people
from s2s_np.tasks.town import (
    CLOSINGS,
    FACTS,
    FORMS,
    OPENINGS,
    UNSURE,
    VERDICTS,
    WORDS,
    answer_to,
    ask_as,
    ask_strangers,
    follow_up,
    form_of,
    shares,
    spell_out,
    split_questions,
    verdict,
    with_preamble,
)

PEOPLE = draw_people(NAMES)
PERSON = PEOPLE[0]
LISTS = ("train", "valid", "test", "reworded", "continued")


@pytest.fixture(scope="module")
def questions():
    """The lists that the page trains, validates and tests with."""
    return split_questions(PEOPLE)


def test_each_question_has_384_wordings():
    for moods in FORMS.values():
        assert sum(
            len(forms) * len(openings) * len(CLOSINGS)
            for forms, openings in zip(moods, OPENINGS)
        ) == 384  # fmt: skip


def test_a_question_is_its_opening_its_form_and_its_closing():
    turn = ask_as(PERSON, "home", "where {name} lives", "tell me", ", please")
    assert turn.question == f"tell me where {PERSON.name} lives , please"
    assert turn.answer == ask(PERSON, "home").answer
    bare = ask_as(PERSON, "pet", "which pet does {name} have")
    assert bare.question == f"which pet does {PERSON.name} have ?"


def test_the_form_of_a_question_is_found_in_every_wording_of_it():
    for kind, moods in FORMS.items():
        for forms, openings in zip(moods, OPENINGS):
            for form, opening, closing in product(forms, openings, CLOSINGS):
                turn = ask_as(PERSON, kind, form, opening, closing)
                assert form_of(turn) == form
                assert form_of(follow_up(turn, next(k for k in FORMS if k != kind))) is None  # fmt: skip


def test_no_question_of_one_list_stands_in_another(questions):
    texts = [{turn.question for turn in getattr(questions, name)} for name in LISTS]
    assert len(set.union(*texts)) == sum(map(len, texts))


def test_the_lists_have_the_sizes_that_are_promised(questions):
    facts = NAMES * len(RELATIONS)
    sizes = [len(getattr(questions, name)) for name in LISTS]
    assert sizes == [30 * facts, facts, 4 * facts, 4 * facts, facts]


def test_no_form_of_a_test_question_was_trained_for_that_fact_of_that_person(questions):
    def asked(turns):
        return {(t.person, t.kind, form_of(t)) for t in turns}

    trained = asked(turn for turn in questions.train if form_of(turn))
    assert not trained & asked(questions.test) and not trained & asked(questions.valid)
    assert {form for _, _, form in trained} >= {
        form for _, _, form in asked(questions.test)
    }


@pytest.mark.parametrize("seed", range(5))
def test_hidden_forms_are_in_no_training_and_all_their_words_are(seed):
    found = split_questions(PEOPLE, seed=seed)
    trained = {(turn.kind, form_of(turn)) for turn in found.test + found.valid}
    words = {word for turn in found.train for word in turn.question.split()}
    for kind, hidden in found.hidden.items():
        assert [form in forms for form, forms in zip(hidden, FORMS[kind])] == [True] * 2
        assert not trained & {(kind, form) for form in hidden}
        for turn in found.train:
            assert not any(form.format(name=turn.person.name) in turn.question for form in hidden)  # fmt: skip
    for turn in found.reworded:
        assert form_of(turn) in found.hidden[turn.kind]
        assert words.issuperset(turn.question.split())


def test_a_follow_up_asks_without_a_name_for_another_fact_of_the_same_person(questions):
    first = ask_as(PERSON, "job", "what does {name} do")
    turn = follow_up(first, "home")
    assert turn.question.startswith(f"{first.question} {first.answer} . and where")
    assert turn.answer == ask(PERSON, "home").answer
    for turn in questions.continued:
        asked, _, rest = turn.question.partition(" . and")
        assert turn.person.name not in rest and turn.answer not in asked


def test_the_same_seed_draws_the_same_questions_and_another_does_not():
    few = PEOPLE[:4]
    assert split_questions(few, 3, seed=1) == split_questions(few, 3, seed=1)
    assert split_questions(few, 3, seed=1) != split_questions(few, 3, seed=2)


def test_strangers_are_asked_about_once_for_each_fact_and_nothing_is_told():
    strangers = draw_people(2 * NAMES)[NAMES:]
    turns = ask_strangers(strangers)
    assert Counter(turn.person for turn in turns) == dict.fromkeys(strangers, 3)
    assert {turn.answer for turn in turns} == {UNSURE}


def test_a_preamble_is_made_of_openings_and_leaves_the_rest_as_it_is():
    turn = ask(PERSON, "pet")
    longer = with_preamble(turn, 3, random.Random(0))
    assert longer.question.endswith(turn.question) and longer.answer == turn.answer
    assert (
        sum(longer.question.count(opening) for opening in OPENINGS[0] if opening) == 3
    )
    assert with_preamble(turn, 0, random.Random(0)) == turn


def test_every_answer_gets_one_verdict():
    turn = ask(PERSON, "home")
    elsewhere = "Busan" if PERSON.home != "Busan" else "Jeju"
    for answer, expected in (
        (turn.answer, "right"),
        (f"{PERSON.first} lives in {elsewhere}", "wrong"),
        (ask(PEOPLE[1], "home").answer, "wrong"),
        (UNSURE, "unsure"),
        (f"{PERSON.first} lives in a", "broken"),
        ("", "broken"),
    ):
        assert verdict(turn, answer) == expected
    assert len(FACTS) == 64 * 15


def test_what_a_stranger_is_told_is_never_right():
    (turn, *_) = ask_strangers([PERSON])
    assert verdict(turn, UNSURE) == "unsure"
    assert verdict(turn, ask(PERSON, turn.kind).answer) == "wrong"


def test_shares_count_the_verdicts():
    turn = ask(PERSON, "job")
    found = shares([turn] * 4, [turn.answer, turn.answer, UNSURE, "works works"])
    assert found == {"right": 0.5, "wrong": 0, "unsure": 0.25, "broken": 0.25}
    assert tuple(found) == VERDICTS


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("Where does {name} live?", "where does {name} live ?"),
        ("EXCUSE ME, I want to know where {name} lives", "excuse me , I want to know where {name} lives"),
        ("  hello ,\tdoes {name} have a cat or a dog ? ", "hello , does {name} have a cat or a dog ?"),
    ],
)  # fmt: skip
def test_what_is_typed_is_written_as_the_town_writes(typed, written):
    name = PERSON.name
    assert spell_out(typed.format(name=name)) == written.format(name=name)
    assert spell_out(typed.format(name=name.lower())) == written.format(name=name)


def test_every_question_of_the_town_is_spelled_out_already(questions):
    for turn in questions.train[:500] + questions.continued:
        assert spell_out(turn.question) == turn.question
        assert WORDS.issuperset(turn.question.split())


@pytest.mark.parametrize("text", ["", "   ", "?!", "안녕 하세요", "12 34"])
def test_a_text_without_a_word_of_the_town_is_refused(text):
    with pytest.raises(ValueError, match="there is no word in .* that this town has"):
        spell_out(text)


def test_what_is_no_text_is_refused():
    with pytest.raises(TypeError, match="text is a int; expected a string: 7"):
        spell_out(7)


def test_a_model_is_asked_in_plain_typing_and_warns_of_words_it_does_not_know():
    turns = [ask(person, "home") for person in PEOPLE[:2]]
    source, target = (Vocab.from_texts(side, "word") for side in zip(*(t.pair for t in turns)))  # fmt: skip
    model = Seq2Seq(source, target, 4, 4)
    typed = f"Where does {PERSON.name} live?"
    assert answer_to(model, typed) == model.translate([turns[0].question])[0]
    with pytest.warns(UserWarning, match="'verily' not in the source vocabulary"):
        answer_to(model, f"Verily {typed}")
    with pytest.raises(ValueError, match="there is no word in ''"):
        answer_to(model, "")


def test_bad_sizes_are_named():
    with pytest.raises(ValueError, match="people is empty"):
        split_questions([])
    for asked in (0, 225):
        with pytest.raises(ValueError, match=f"asked is {asked}; expected 1 to 224"):
            split_questions(PEOPLE[:2], asked)
