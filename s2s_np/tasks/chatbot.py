"""Dialogues whose answers hold a known amount of news (book: limitations/domain_expansion, applications/chatbot).

    where does Sona Pan live ?              Sona lives in Daegu               a fact
    which job does Sona Pan have ?          Sona works as a nurse             a fact, less evenly spread
    what animal does Sona Pan keep ?        Sona has a dog                    a fact, nearly the same for all
    in Korean : Sona Pan drinks tea         판 소나는 차를 마신다               a translation: nothing new
    hello                                   nice to see you !                 one of four replies, all alike

People are drawn at random. Nothing in a name tells where its owner lives, so that the conditional entropy of an answer,
given the question alone, is that of the distribution that the fact was drawn from: `answer_entropy`. It vanishes for
one who knows the person, and also when the fact is handed over with the question: `Library`, `hand_over`.

A name is two words, and every word of every name is met among the first 64 people: a new person is a new pair of
known words, and no word of any text is unknown. A token is what stands between spaces:
`Vocab.from_texts(texts, level="word")`.
"""

import math
import random
from collections import Counter, defaultdict
from heapq import nsmallest
from itertools import product
from typing import NamedTuple

import numpy as np

NAMES = 64  # first names, and as many family names
KINDS = ("home", "job", "pet", "translation", "greeting")


class Relation(NamedTuple):
    """What a kind of fact is about: its values, each with its probability, and how it is asked and told."""

    values: dict
    questions: tuple
    answer: str
    statement: str


RELATIONS = {
    "home": Relation(
        dict.fromkeys(
            ["Seoul", "Busan", "Daegu", "Incheon", "Gwangju", "Daejeon", "Ulsan", "Jeju"], 1 / 8
        ),
        (
            "where does {name} live ?",
            "which city does {name} live in ?",
            "tell me where {name} lives",
            "what is the home of {name} ?",
        ),
        "{first} lives in {value}",
        "{name} lives in {value} .",
    ),
    "job": Relation(
        {"farmer": 1 / 2, "nurse": 1 / 4, "baker": 1 / 8, "pilot": 1 / 16, "judge": 1 / 16},
        (
            "what does {name} do ?",
            "which job does {name} have ?",
            "tell me what {name} works as",
            "what is the job of {name} ?",
        ),
        "{first} works as a {value}",
        "{name} works as a {value} .",
    ),
    "pet": Relation(
        {"dog": 3 / 4, "cat": 1 / 4},
        (
            "which pet does {name} have ?",
            "what animal does {name} keep ?",
            "tell me which pet {name} has",
            "does {name} have a cat or a dog ?",
        ),
        "{first} has a {value}",
        "{name} has a {value} .",
    ),
}  # fmt: skip
WORDINGS = 4  # of each question

ACTIVITIES = {
    "drinks tea": "차를 마신다",
    "reads a book": "책을 읽는다",
    "buys bread": "빵을 산다",
    "goes to school": "학교에 간다",
}
REQUESTS = ("in Korean : {sentence}", "how do I say in Korean : {sentence}")

GREETINGS = ("hello", "good morning", "hi there", "good evening to you")
REPLIES = ("hello !", "nice to see you !", "how are you ?", "what a fine day !")


class Person(NamedTuple):
    """Somebody, with three facts; in training no question about them is asked in the wording `spared`."""

    first: str
    family: str
    home: str
    job: str
    pet: str
    spared: int

    @property
    def name(self):
        return f"{self.first} {self.family}"

    @property
    def facts(self):
        """The three facts as sentences."""
        return [
            relation.statement.format(name=self.name, value=getattr(self, kind))
            for kind, relation in RELATIONS.items()
        ]


class Turn(NamedTuple):
    """A question and its answer; `person` is who it is about, None for a greeting."""

    kind: str
    question: str
    answer: str
    person: Person | None

    @property
    def pair(self):
        return self.question, self.answer


def draw_people(count, seed=0):
    """Return `count` people with facts drawn at random, no two of the same name.

        P(home = v) = 1/8,   P(job = v) = 1/2, 1/4, 1/8, 1/16, 1/16,   P(pet = v) = 3/4, 1/4

    all independent of each other and of the name. The first 64 people have all first and all family names among
    them, so do the next 64, and so on. Raises ValueError for a count below 1 or above the number of names, 64².
    """
    if not 1 <= count <= NAMES**2:
        raise ValueError(f"count is {count}; expected 1 to {NAMES**2}")
    rng = random.Random(seed)
    first, family = (rng.sample(list(names), NAMES) for names in (FIRST, FAMILY))
    people = []
    for i in range(count):
        row, column = divmod(i, NAMES)
        facts = [
            rng.choices(list(relation.values), relation.values.values())[0]
            for relation in RELATIONS.values()
        ]
        name = first[column], family[(column + row) % NAMES]
        people.append(Person(*name, *facts, rng.randrange(WORDINGS)))
    return people


def ask(person, kind, wording=0):
    """Return the turn in which somebody asks for the fact `kind` of a person, in one of four wordings."""
    relation = RELATIONS[kind]
    question = relation.questions[wording].format(name=person.name)
    return Turn(kind, question, _answer(person, kind, getattr(person, kind)), person)


def translate(person, activity, wording=0):
    """Return the turn in which somebody asks for a sentence about a person in Korean, in one of two wordings."""
    sentence = f"{person.name} {activity}"
    korean = f"{FAMILY[person.family]} {FIRST[person.first]}는 {ACTIVITIES[activity]}"
    question = REQUESTS[wording].format(sentence=sentence)
    return Turn("translation", question, korean, person)


def draw_turns(known, count, rng, translated=None):
    """Return `count` turns to train with: kinds, people and wordings all alike, but for the wordings spared.

    Arguments
        known: the people whose facts are asked for
        rng: a `random.Random`; the next call goes on where this one ended
        translated: the people that sentences to be translated speak of, for which no fact is needed; None: those known
    """
    turns = []
    for _ in range(count):
        kind = rng.choice(KINDS)
        if kind in RELATIONS:
            person = rng.choice(known)
            wording = rng.choice([w for w in range(WORDINGS) if w != person.spared])
            turns.append(ask(person, kind, wording))
        elif kind == "translation":
            person, activity = (
                rng.choice(translated or known),
                rng.choice(list(ACTIVITIES)),
            )
            turns.append(translate(person, activity, rng.randrange(len(REQUESTS))))
        else:
            turns.append(Turn(kind, rng.choice(GREETINGS), rng.choice(REPLIES), None))
    return turns


def possible_answers(turn):
    """Return the answers that a turn can have for one who knows the language but no person: `{answer: probability}`."""
    if turn.kind in RELATIONS:
        values = RELATIONS[turn.kind].values
        return {_answer(turn.person, turn.kind, v): p for v, p in values.items()}
    if turn.kind == "greeting":
        return dict.fromkeys(REPLIES, 1 / len(REPLIES))
    return {turn.answer: 1.0}


def answer_entropy(kind, known=False):
    """Return the entropy of an answer given its question, in nats.

        H(Y|X) = −Σ_v p(v) log p(v)

    The sum goes over the values that the fact can have. Translations have one answer, 0; greetings four that are all
    alike, log 4. `known` says that the person's facts are known, or handed over: then a fact has one answer too.
    Raises ValueError for a kind that is not in `KINDS`.
    """
    if kind not in KINDS:
        raise ValueError(f"kind is {kind!r}; expected one of {', '.join(KINDS)}")
    if kind == "greeting":
        return math.log(len(REPLIES))
    if kind == "translation" or known:
        return 0.0
    return -sum(p * math.log(p) for p in RELATIONS[kind].values.values())


def beliefs(model, turns):
    """Return P(Y|X) of a model for every possible answer of each turn: a list of `{answer: probability}`.

    What is missing to 1 the model gives to texts that answer nothing.
    """
    pairs = [(turn.question, y) for turn in turns for y in possible_answers(turn)]
    probabilities = iter(np.exp(model.log_probs(pairs).astype(float)).tolist())
    return [{y: next(probabilities) for y in possible_answers(turn)} for turn in turns]


def expected_loss(turn, belief):
    """Return the cross-entropy of a belief about a turn's answer, in nats an answer, over all that could be true.

        E[−log P_θ(Y|X)] = −Σ_y p(y) log P_θ(y|X) = H(Y|X) + KL(p ‖ P_θ) ≥ H(Y|X)

    p is `possible_answers`: the turn's own answer counts no more than the others. Exact, no sample.
    """
    return -sum(
        p * math.log(max(belief[y], 1e-300)) for y, p in possible_answers(turn).items()
    )


def calibration_error(confidence, is_right, bins=10):
    """Return the expected calibration error: how far confidence is from the share of right answers, on average.

        ECE = Σ_b n_b / N · |mean(is_right) − mean(confidence)|   over the bins b of confidence, of equal width

    Naeini, Cooper and Hauskrecht (2015), Guo et al. (2017).

    Arguments
        confidence: (N,) probabilities of the answers given
        is_right: (N,) booleans, or the probabilities of being right
    """
    confidence, is_right = np.asarray(confidence), np.asarray(is_right, dtype=float)
    b = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(b, weights=is_right - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(confidence))


class Library:
    """Statements, and for each word those that it stands in."""

    def __init__(self, statements):
        self.statements = list(statements)
        self.places = defaultdict(list)
        for i, statement in enumerate(self.statements):
            for word in set(statement.split()):
                self.places[word].append(i)

    def look_up(self, question, count):
        """Return the `count` statements that have the most words in common with the question, the best first.

            overlap(X, s) = |words(X) ∩ words(s)|

        Of statements that tie, those that stand first are taken.
        """
        overlap = Counter()
        for word in set(question.split()) & self.places.keys():
            overlap.update(self.places[word])
        best = nsmallest(count, overlap, key=lambda i: (-overlap[i], i))
        return [self.statements[i] for i in best]


def hand_over(turn, statements):
    """Return the turn with statements put in front of its question."""
    return turn._replace(question=" ".join([*statements, turn.question]))


def _answer(person, kind, value):
    return RELATIONS[kind].answer.format(first=person.first, value=value)


# Names: two open syllables, and one closed one. Hangul's syllables stand in Unicode in the order of their letters.
_LEADS = {"n": 2, "d": 3, "r": 5, "m": 6, "b": 7, "s": 9, "j": 12, "t": 16, "p": 17, "h": 18}  # fmt: skip
_VOWELS = {"a": 0, "e": 5, "o": 8, "u": 13, "i": 20}
_FINALS = {"": 0, "n": 4, "l": 8, "m": 16}


def _syllables(*finals):
    """Return all syllables that end so, Latin to Hangul."""
    return {
        lead + vowel + final: chr(
            0xAC00 + (_LEADS[lead] * 21 + _VOWELS[vowel]) * 28 + _FINALS[final]
        )
        for lead, vowel, final in product(_LEADS, _VOWELS, finals)
    }


def _names(syllables, rng):
    """Return `NAMES` names of so many syllables drawn at random, Latin to Hangul."""
    spelled = {
        "".join(latin).capitalize(): "".join(hangul)
        for latin, hangul in (zip(*parts) for parts in product(*syllables))
    }
    return {name: spelled[name] for name in rng.sample(sorted(spelled), NAMES)}


_RNG = random.Random(0)
FIRST = _names([_syllables("").items()] * 2, _RNG)
FAMILY = _names([_syllables("n", "l", "m").items()], _RNG)
