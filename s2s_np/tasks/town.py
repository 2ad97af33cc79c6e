"""A small town whose facts a chatbot learns by heart, asked for in hundreds of wordings (book: applications/chatbot).

    opening            form                        closing
    excuse me ,        where does Sona Pan live    ?              Sona lives in Daegu
    do you know        which city Sona Pan lives in               Sona lives in Daegu
    may I ask          whether Sona Pan has a cat or a dog        Sona has a dog

A wording is an opening, a form and a closing. The forms of a question are direct or indirect, and so are the openings
that go with them: 384 wordings for each of three questions. People, facts and answers are those of
`s2s_np.tasks.chatbot`. A question about a stranger is answered by `UNSURE`, if the bot has been told so.
"""

import random
import re
from itertools import product
from typing import NamedTuple

from .chatbot import FAMILY, FIRST, RELATIONS, ask

OPENINGS = (
    ("", "hello ,", "good morning ,", "please ,", "sorry ,", "excuse me ,", "one question :", "I have a question :"),
    ("tell me", "please tell me", "can you tell me", "could you please tell me", "do you know", "may I ask",
     "I want to know", "I would like to know"),
)  # fmt: skip
CLOSINGS = ("", "?", ", please", "? thank you")
FORMS = {
    "home": (
        ("where does {name} live", "which city does {name} live in", "in which city does {name} live",
         "what is the home of {name}", "where is the home of {name}", "in which city is the home of {name}"),
        ("where {name} lives", "which city {name} lives in", "in which city {name} lives",
         "what the home of {name} is", "where the home of {name} is", "in which city the home of {name} is"),
    ),
    "job": (
        ("what does {name} do", "what does {name} work as", "which job does {name} have",
         "what is the job of {name}", "which work does {name} do", "what job does {name} do"),
        ("what {name} does", "what {name} works as", "which job {name} has",
         "what the job of {name} is", "which work {name} does", "what job {name} does"),
    ),
    "pet": (
        ("which pet does {name} have", "which animal does {name} have", "what animal does {name} keep",
         "what is the pet of {name}", "does {name} have a cat or a dog", "is the pet of {name} a cat or a dog"),
        ("which pet {name} has", "which animal {name} has", "what animal {name} keeps",
         "what the pet of {name} is", "whether {name} has a cat or a dog",
         "whether the pet of {name} is a cat or a dog"),
    ),
}  # fmt: skip
DIRECT, INDIRECT = 0, 1
FOLLOW_UPS = {
    "home": ("and where do they live ?", "and which city ?", "and the home ?"),
    "job": ("and what do they do ?", "and which job ?", "and the job ?"),
    "pet": ("and which pet do they have ?", "and which animal ?", "and the pet ?"),
}
UNSURE = "I do not know"
VERDICTS = ("right", "wrong", "unsure", "broken")


class Questions(NamedTuple):
    """Lists of turns, no question of one in another, and what was spared.

    train: to train with
    valid, test: forms that training has, but not for this fact of this person
    reworded: forms that training has for nobody, made of words that it has
    continued: follow-ups of questions of the test
    hidden: the forms of `reworded`, by kind, a direct and an indirect one
    """

    train: list
    valid: list
    test: list
    reworded: list
    continued: list
    hidden: dict


def ask_as(person, kind, form, opening="", closing="?"):
    """Return the turn in which somebody asks for the fact `kind` of a person, in this form, opening and closing."""
    parts = opening, form.format(name=person.name), closing
    return ask(person, kind)._replace(question=" ".join(filter(None, parts)))


def form_of(turn):
    """Return the form in which a turn asks for its fact, None for a follow-up."""
    forms = [form for mood in FORMS[turn.kind] for form in mood]
    found = [f for f in forms if f.format(name=turn.person.name) in turn.question]
    return max(found, key=len, default=None)


def follow_up(turn, kind, wording=0):
    """Return the turn that comes after another, its source the question, the answer and a question without a name.

    what does Sona Pan do ? Sona works as a nurse . and where do they live ?
    """
    question = f"{turn.question} {turn.answer} . {FOLLOW_UPS[kind][wording]}"
    return ask(turn.person, kind)._replace(question=question)


def split_questions(people, asked=24, seed=0):
    """Return `Questions` about every fact of these people.

    For each kind of fact, one direct and one indirect form are hidden from training for everyone: drawn among those
    of which no word is theirs alone. Of the ten others, each fact of each person has seven in training, where `asked`
    wordings are drawn from them, one in the validation, and two in the test, two wordings of each. A quarter of what
    is asked in training, and one question of each fact in the test, is followed up by a question for another fact.
    Raises ValueError for no people, and for `asked` below 1 or beyond the 224 wordings that seven forms have.
    """
    if not people:
        raise ValueError("people is empty; expected at least one to ask about")
    most = 7 * len(OPENINGS[DIRECT]) * len(CLOSINGS)
    if not 1 <= asked <= most:
        raise ValueError(f"asked is {asked}; expected 1 to {most}")
    rng = random.Random(seed)
    hidden = {kind: _hidden_forms(kind, rng) for kind in RELATIONS}
    found = Questions([], [], [], [], [], hidden)
    for person in people:
        for kind in RELATIONS:
            forms = [f for mood in FORMS[kind] for f in mood if f not in hidden[kind]]
            rng.shuffle(forms)
            train = _draw(person, kind, forms[3:], asked, rng)
            test = [
                t for form in forms[:2] for t in _draw(person, kind, [form], 2, rng)
            ]
            found.train.extend(train + _continue(train[: asked // 4], rng))
            found.valid.extend(_draw(person, kind, [forms[2]], 1, rng))
            found.test.extend(test)
            found.continued.extend(_continue(test[:1], rng))
            for form in hidden[kind]:
                found.reworded.extend(_draw(person, kind, [form], 2, rng))
    return found


def ask_strangers(strangers, seed=0):
    """Return a question for each fact of people whom the bot shall not know, in any wording; the answer is `UNSURE`."""
    rng = random.Random(seed)
    forms = {kind: [f for mood in FORMS[kind] for f in mood] for kind in RELATIONS}
    return [
        _draw(person, kind, forms[kind], 1, rng)[0]._replace(answer=UNSURE)
        for person in strangers
        for kind in RELATIONS
    ]


def with_preamble(turn, count, rng):
    """Return the turn with `count` openings more in front: direct ones, each of them in training by itself.

    sorry , good morning , hello , do you know where Sona Pan lives
    """
    openings = [rng.choice(OPENINGS[DIRECT][1:]) for _ in range(count)]
    return turn._replace(question=" ".join([*openings, turn.question]))


def verdict(turn, answer):
    """Return which of `VERDICTS` an answer deserves.

    unsure: `UNSURE`; right: the turn's own answer; wrong: a sentence that tells some fact of some person, but not that;
    broken: no sentence of this town.
    """
    if answer == UNSURE:
        return "unsure"
    if answer == turn.answer:
        return "right"
    return "wrong" if answer in FACTS else "broken"


def shares(turns, answers):
    """Return the share of each of `VERDICTS` among the answers to some turns, a dict."""
    found = [verdict(turn, answer) for turn, answer in zip(turns, answers, strict=True)]
    return {name: found.count(name) / len(found) for name in VERDICTS}


def spell_out(text):
    """Return what somebody typed in the way this town writes: signs apart, capitals for names and "I" alone.

        "Where does SONA pan live?"    →    "where does Sona Pan live ?"

    Raises TypeError for what is no text, ValueError for a text without a word that the town has: an empty one, say.
    """
    if not isinstance(text, str):
        raise TypeError(f"text is a {type(text).__name__}; expected a string: {text!r}")
    tokens = [
        _CAPITALS.get(token, token)
        for token in re.findall(r"\w+|[^\w\s]", text.lower())
    ]
    if not any(token in WORDS for token in tokens if token.isalpha()):
        raise ValueError(
            f"there is no word in {text!r} that this town has; try 'where does Sona Pan live ?'"
        )
    return " ".join(tokens)


def answer_to(model, text):
    """Return a trained model's answer to what somebody typed; errors as in `spell_out`, and warns of unknown words."""
    return model.translate([spell_out(text)])[0]


def _draw(person, kind, forms, count, rng):
    """Return `count` turns, no two alike, in one of these forms each."""
    wordings = [
        (form, opening, closing)
        for form in forms
        for opening in OPENINGS[DIRECT if form in FORMS[kind][DIRECT] else INDIRECT]
        for closing in CLOSINGS
    ]
    return [ask_as(person, kind, *wording) for wording in rng.sample(wordings, count)]


def _continue(turns, rng):
    """Return a follow-up of each turn, for another kind of fact."""
    return [
        follow_up(turn, kind, rng.randrange(len(FOLLOW_UPS[kind])))
        for turn in turns
        for kind in [rng.choice([other for other in RELATIONS if other != turn.kind])]
    ]


def _hidden_forms(kind, rng):
    """Return a direct and an indirect form, all of whose words stand in other forms too."""
    pairs = []
    for pair in product(*FORMS[kind]):
        others = {
            w
            for k in FORMS
            for m in FORMS[k]
            for f in m
            if f not in pair
            for w in f.split()
        }
        if others.issuperset(" ".join(pair).split()):
            pairs.append(pair)
    return rng.choice(pairs)


FACTS = {
    relation.answer.format(first=first, value=value)
    for relation in RELATIONS.values()
    for first in FIRST
    for value in relation.values
}
WORDS = {
    token
    for texts in (
        FIRST,
        FAMILY,
        *OPENINGS,
        CLOSINGS,
        *(forms for moods in FORMS.values() for forms in moods),
        *FOLLOW_UPS.values(),
        FACTS,
        ".",
    )
    for text in texts
    for token in text.replace("{name}", "").split()
}
_CAPITALS = {token.lower(): token for token in WORDS if token != token.lower()}
