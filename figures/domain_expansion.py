"""Train chatbots on people they know and ask them about people they do not: python figures/domain_expansion.py

A world of 4,096 people (`s2s_np.tasks.chatbot`), of whom the last 128 are strangers: nobody asks for their facts in
training. How far a model has come is looked at a dozen times on the way, on a scale on which each look is about half
as long again after the last.

    known 3968, handed 0    so many people that hardly a question comes twice
    known  512, handed 0    so few that their facts can be learned by heart
    known 3968, handed 3    the three statements that a look-up finds stand in front of the question
"""

import random
from pathlib import Path

import numpy as np
from sweep import command_line, sweep

from s2s_np import Seq2Seq, Vocab
from s2s_np.batch import make_batches
from s2s_np.optim import Adam, clip, warmup_linear
from s2s_np.tasks.chatbot import (
    ACTIVITIES,
    GREETINGS,
    NAMES,
    RELATIONS,
    REPLIES,
    WORDINGS,
    Library,
    Turn,
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

RESULTS = Path(__file__).with_suffix(".jsonl")
VERSION = 1
PEOPLE, STRANGERS = NAMES**2, 128
BATCH, LEARNING_RATE, LOOKS = 64, 5e-3, 14
KINDS_OF_RUN = [
    {"known": PEOPLE - STRANGERS, "handed": 0, "hidden": 64, "steps": 4000},
    {"known": 512, "handed": 0, "hidden": 64, "steps": 4000},
    {"known": PEOPLE - STRANGERS, "handed": 3, "hidden": 64, "steps": 2500},
]
SETTINGS = [kind | {"seed": seed} for seed in range(5) for kind in KINDS_OF_RUN]


def measure(known, handed, hidden, steps, seed, device="cpu"):
    """Train one chatbot, and return what it made of known people and of strangers on the way and at the end."""
    people = draw_people(PEOPLE, seed)
    known, others, strangers = people[:known], people[:-STRANGERS], people[-STRANGERS:]
    library = Library(fact for person in people for fact in person.facts)
    rng = random.Random(seed)

    def prepared(turns):
        return [
            hand_over(turn, library.look_up(turn.question, handed))
            if handed and turn.kind in RELATIONS
            else turn
            for turn in turns
        ]

    held_out = {kind: prepared(asked_about(strangers, kind)) for kind in RELATIONS}
    held_out["translation"] = [
        translate(p, rng.choice(list(ACTIVITIES))) for p in strangers
    ]
    held_out["greeting"] = [Turn("greeting", x, REPLIES[0], None) for x in GREETINGS]
    trained = {
        kind: prepared(asked_about(known[:STRANGERS], kind)) for kind in RELATIONS
    }

    model = new_model(people, library, hidden, seed).to(device)
    adam, looks = Adam(model.params), []
    when = set(np.geomspace(steps / 50, steps, LOOKS).astype(int).tolist())
    for step in range(1, steps + 1):
        turns = prepared(draw_turns(known, BATCH, rng, translated=others))
        pairs = [turn.pair for turn in turns]
        (batch,) = make_batches(pairs, model.source_vocab, model.target_vocab, BATCH)
        _, grads = model.loss_and_grads(batch)
        clip(grads, 1.0)
        adam.step(model.params, grads, LEARNING_RATE * warmup_linear(step - 1, steps))
        if step in when:
            looks.append(look(model, step, held_out, trained, handed > 0))
    return {"looks": looks}


def look(model, step, held_out, trained, handed):
    """Return what the model makes, after so many steps, of questions about known people and about strangers.

    Each kind of turn has four figures. loss: nats an answer; for what the model cannot know, expected over all answers
    that could be true. right: the share of its best answers that are true; of a stranger's fact, the probability.
    confidence: what it gives to its best answers. error: the calibration error of the two.
    """
    found = {"step": step}
    for name, turns_of, knowable in (
        ("strangers", held_out, handed),
        ("known", trained, True),
    ):
        found[name] = {
            kind: judged(model, turns, knowable and kind != "greeting")
            for kind, turns in turns_of.items()
        }
    return found


def judged(model, turns, knowable):
    """Return the four figures of some turns; `knowable` counts only each turn's own answer as right."""
    believed = beliefs(model, turns)
    best = [max(belief, key=belief.get) for belief in believed]
    confidence = [max(belief.values()) for belief in believed]
    if knowable:
        right = [answer == turn.answer for answer, turn in zip(best, turns)]
        given = [max(b[turn.answer], 1e-300) for b, turn in zip(believed, turns)]
        loss = -np.log(given).mean()
    else:
        right = [possible_answers(turn)[answer] for answer, turn in zip(best, turns)]
        loss = np.mean([expected_loss(t, b) for t, b in zip(turns, believed)])
    error = calibration_error(confidence, right)
    figures = {
        "loss": loss,
        "right": np.mean(right),
        "confidence": np.mean(confidence),
        "error": error,
    }
    return {name: round(float(value), 4) for name, value in figures.items()}


def asked_about(people, kind):
    """Return the question for a fact of each person, in the wording that training spares."""
    return [ask(person, kind, person.spared) for person in people]


def new_model(people, library, hidden, seed):
    """Return an untrained chatbot that knows every word of this world."""
    turns = [
        ask(p, kind, w) for p in people for kind in RELATIONS for w in range(WORDINGS)
    ]
    turns += [
        translate(p, activity, w)
        for p in people
        for activity in ACTIVITIES
        for w in (0, 1)
    ]
    turns += [Turn("greeting", x, y, None) for x in GREETINGS for y in REPLIES]
    source = Vocab.from_texts([t.question for t in turns] + library.statements, "word")
    target = Vocab.from_texts([t.answer for t in turns], "word")
    return Seq2Seq(
        source,
        target,
        embedding_size=32,
        hidden_size=hidden,
        context="every_step",
        seed=seed,
    )


def main():
    arguments = command_line(__doc__)
    sweep(measure, SETTINGS, RESULTS, VERSION, arguments.scheduler, arguments.device)


if __name__ == "__main__":
    main()
