"""Teach chatbots a town by heart, and ask them in other words, and about strangers: python figures/chatbot.py

The town has 64 people and 192 facts (`s2s_np.tasks.town`).

    asked 24, strangers 0       24 wordings of each fact and 6 follow-ups in training: the recipe of the page
    asked 24, strangers 1024    besides, a question for each fact of so many other people, answered "I do not know"
    asked  2, strangers 0       fewer wordings, read so much more often that all models read as many pairs
"""

import random
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sweep import command_line, sweep

from s2s_np import Seq2Seq, Vocab
from s2s_np.tasks.chatbot import NAMES, RELATIONS, Library, ask, draw_people
from s2s_np.tasks.town import (
    VERDICTS,
    ask_strangers,
    shares,
    split_questions,
    verdict,
    with_preamble,
)

RESULTS = Path(__file__).with_suffix(".jsonl")
VERSION = 1
KNOWN, STRANGERS_ASKED_ABOUT = 64, 128
READ = 12 * KNOWN * 3 * 30  # pairs that training reads about the people of the town
PREAMBLES = (0, 1, 2, 4, 8)
SAMPLES = 8
KINDS_OF_RUN = [{"asked": 24, "strangers": n} for n in (0, 64, 256, 1024)] + [
    {"asked": n, "strangers": 0} for n in (1, 2, 4, 8)
]
SETTINGS = [kind | {"seed": seed} for seed in range(3) for kind in KINDS_OF_RUN]


def measure(asked, strangers, seed, device="cpu", read=READ):
    """Train one chatbot; return how right it is in other words, and what it says of people it was never told about."""
    people = draw_people(NAMES**2, seed)
    known = people[:KNOWN]
    told_unknown = people[KNOWN : KNOWN + strangers]
    unheard_of = ask_strangers(people[-STRANGERS_ASKED_ABOUT:], seed + 1)
    questions = split_questions(known, asked, seed)
    turns = questions.train + ask_strangers(told_unknown, seed)
    model = new_model(turns, seed).to(device)
    started = time.process_time()
    history = model.fit(
        [turn.pair for turn in turns],
        [turn.pair for turn in questions.valid],
        epochs=max(1, round(read / len(questions.train))),
        progress=False,
    )
    seconds = time.process_time() - started
    tests = {
        name: getattr(questions, name) for name in ("test", "reworded", "continued")
    }
    rng = random.Random(seed)
    return {
        "parameters": model.num_parameters,
        "train_seconds": round(seconds, 1),
        "steps": len(history["step_loss"]),
        "sizes": {name: len(some) for name, some in (("train", turns), *tests.items())},
        "valid_loss": round(history["valid_loss"][-1], 4),
        **{name: answered(model, some) for name, some in tests.items()},
        "baselines": {
            name: baselines(questions.train, some) for name, some in tests.items()
        },
        "nearest_vector": round(nearest_vector(model, questions), 4),
        "unheard_of": answered(model, unheard_of)
        | {"taken_for": taken_for(model, unheard_of, known)},
        "preambles": {
            str(n): answered(model, [with_preamble(t, n, rng) for t in questions.test])
            for n in PREAMBLES
        },
        **odd_questions(model, questions.test, rng),
        "samples": samples(model, questions.test, unheard_of),
    }  # fmt: skip


def new_model(turns, seed):
    """Return an untrained chatbot that knows the words of these turns."""
    source, target = (
        Vocab.from_texts(side, "word") for side in zip(*(t.pair for t in turns))
    )
    return Seq2Seq(source, target, 32, 64, context="every_step", seed=seed)


def answers_to(model, turns):
    """Return the answers to some turns, unknown words and all, and how sure the model is, P(answer | question)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        found = [best for best, *_ in model.search([turn.question for turn in turns])]
    answers = [model.target_vocab.decode(best.tokens) for best in found]
    return answers, np.exp([best.log_prob for best in found])


def answered(model, turns):
    """Return the share of each verdict, the mean confidence, and how many answers there are in each tenth of it."""
    answers, confidence = answers_to(model, turns)
    tenths = np.minimum((10 * confidence).astype(int), 9)
    return {
        **{name: round(share, 4) for name, share in shares(turns, answers).items()},
        "confidence": round(float(confidence.mean()), 4),
        "tenths": {
            name: np.bincount(
                tenths[[verdict(t, a) == name for t, a in zip(turns, answers)]],
                minlength=10,
            ).tolist()
            for name in VERDICTS
        },
    }


def baselines(train, turns):
    """Return the share of right answers of three bots that learn nothing.

    commonest: the commonest value of that kind, told of the person asked for
    overlap: the answer to the training question that shares the most words
    rare_words: the same, where a word counts the more the fewer questions have it (tf–idf, cosine)
    """
    known = {turn.person for turn in train}
    guesses = {}
    for kind in RELATIONS:
        values = [getattr(person, kind) for person in sorted(known)]
        best = max(sorted(set(values)), key=values.count)
        guesses |= {
            (p, kind): RELATIONS[kind].answer.format(first=p.first, value=best)
            for p in known
        }
    library = Library(turn.question for turn in train)
    answer_of = dict(turn.pair for turn in train)
    weights = TfidfVectorizer(lowercase=False, token_pattern=r"\S+")
    trained = weights.fit_transform([turn.question for turn in train])
    asked = weights.transform([turn.question for turn in turns])
    nearest = (asked @ trained.T).toarray().argmax(axis=1)
    right = {
        "commonest": [guesses[t.person, t.kind] == t.answer for t in turns],
        "overlap": [
            answer_of[library.look_up(t.question, 1)[0]] == t.answer for t in turns
        ],
        "rare_words": [train[i].answer == t.answer for i, t in zip(nearest, turns)],
    }
    return {name: round(float(np.mean(hits)), 4) for name, hits in right.items()}


def nearest_vector(model, questions):
    """Return the share of test questions next to whose vector lies that of a question for the same fact."""
    train, test = questions.train, questions.test
    trained, asked = (
        model.encode([t.question for t in some]) for some in (train, test)
    )
    distances = (trained**2).sum(axis=1) - 2 * asked @ trained.T  # but for a constant
    nearest = distances.argmin(axis=1)
    return float(np.mean([train[i].answer == t.answer for i, t in zip(nearest, test)]))


def taken_for(model, turns, known):
    """Return how often a stranger is told what is true of the one known by the same first, or the same family name."""
    first = {person.first: person for person in known}
    family = {person.family: person for person in known}
    answers, _ = answers_to(model, turns)
    twins = {
        "first": [ask(first[t.person.first], t.kind).answer for t in turns],
        "family": [ask(family[t.person.family], t.kind).answer for t in turns],
    }
    return {
        name: round(sum(map(str.__eq__, answers, true)) / len(turns), 4)
        for name, true in twins.items()
    }


def odd_questions(model, turns, rng):
    """Return what becomes of an unknown word in front, an unknown family name, and two questions at once."""
    in_front = [turn._replace(question=f"verily {turn.question}") for turn in turns]
    misspelt = [
        turn._replace(question=turn.question.replace(turn.person.family, "Smith"))
        for turn in turns
    ]
    others = rng.sample(turns, len(turns))
    both = [
        a._replace(question=f"{a.question} and {b.question}")
        for a, b in zip(turns, others)
        if a.answer != b.answer
    ]
    answers, _ = answers_to(model, both)
    second = [b.answer for a, b in zip(turns, others) if a.answer != b.answer]
    return {
        "unknown_word": answered(model, in_front),
        "unknown_family": answered(model, misspelt),
        "two_at_once": {
            "first": round(shares(both, answers)["right"], 4),
            "second": round(sum(map(str.__eq__, answers, second)) / len(both), 4),
        },
    }


def samples(model, test, unheard_of):
    """Return the first questions of the test, and about strangers: the question, its answer, what was answered."""
    turns = test[:SAMPLES], unheard_of[:SAMPLES]
    return [
        [[t.question, t.answer, a] for t, a in zip(some, answers_to(model, some)[0])]
        for some in turns
    ]


def main():
    arguments = command_line(__doc__)
    sweep(measure, SETTINGS, RESULTS, VERSION, arguments.scheduler, arguments.device)


if __name__ == "__main__":
    main()
