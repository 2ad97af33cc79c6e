"""Train a model to write headlines, and see what it makes of new bulletins: python figures/summarization.py

Three seeds, each with events, bulletins and initial parameters of its own. The recipe was chosen on the validation
list. The model of seed 0 is kept as `summarization.safetensors`, with which the page goes on.
"""

import time
import warnings
from pathlib import Path

import numpy as np
from sweep import command_line, sweep

from s2s_np import Seq2Seq, Vocab
from s2s_np.tasks.summarization import (
    FACTS,
    draw_bulletins,
    facts_of,
    facts_right,
    first_event,
    lead,
    oracle_sentence,
    rouge_l,
    split_bulletins,
    split_events,
    with_unseen_names,
)

RESULTS = Path(__file__).with_suffix(".jsonl")
CHECKPOINT = RESULTS.with_suffix(".safetensors")
VERSION = 1
MODEL = {
    "embedding_size": 64,
    "hidden_size": 160,
    "bidirectional": True,
    "context": "every_step",
}
TRAINING = {"epochs": 3, "batch_size": 64, "learning_rate": 3e-3}
SEEDS = range(3)
SETTINGS = [{"train_size": 64_000, "seed": seed} for seed in SEEDS]
KEPT = SETTINGS[0]
VALID, TEST, LONGER, SAMPLES = 500, 2_000, (9, 16), 5
LONGEST = 10  # tokens that a model may write


def measure(train_size, seed, device="cpu", test_size=TEST):
    """Return what a model, trained on so many bulletins, makes of the test, of longer ones and of strange ones."""
    train, valid, test = split_bulletins(train_size, VALID, test_size, seed)
    pairs = [bulletin.pair for bulletin in train]
    model = Seq2Seq(
        *(Vocab.from_texts(texts, "word") for texts in zip(*pairs)), **MODEL, seed=seed
    ).to(device)
    started = time.process_time()
    history = model.fit(pairs, [b.pair for b in valid], **TRAINING, progress=False)
    seconds = time.process_time() - started
    if {"train_size": train_size, "seed": seed} == KEPT:
        model.save(CHECKPOINT)

    _, _, events = split_events(seed)
    written = headlines(model, test)
    longer = draw_bulletins(events, test_size, sentences=LONGER, seed=seed)
    written_of_longer = headlines(model, longer)
    return {
        "parameters": model.num_parameters,
        "processor_seconds": round(seconds, 1),
        "valid_loss": [round(loss, 5) for loss in history["valid_loss"]],
        "test": judged(written, test),
        "baselines": {
            "first sentence": judged([lead(b) for b in test], test),
            "its first five words": judged([lead(b, 5) for b in test], test),
            "best sentence": judged([oracle_sentence(b) for b in test], test),
            "first event": judged([first_event(b) for b in test], test),
        },
        "by_place": by_place(written, test),
        "longer": judged(written_of_longer, longer)
        | {"by_place": by_place(written_of_longer, longer)},
        "new_names": of_new_names(model, test),
        "two_of_a_kind": of_two(
            model, draw_bulletins(events, test_size, rivals=1, seed=seed)
        ),
        "samples": samples(written, test),
    }


def headlines(model, bulletins):
    """Return what the model writes for each bulletin; of words that it does not know it does not warn."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.translate([b.text for b in bulletins], max_length=LONGEST)


def judged(written, bulletins):
    """Return ROUGE-L, the share of each fact that is right, and of headlines in which all four are."""
    wanted = [b.headline for b in bulletins]
    right = facts_right(written, wanted)  # (N, 4)
    return {
        "rouge_l": round(rouge_l(written, wanted).mean(), 2),
        "facts": dict(zip(FACTS, right.mean(axis=0).round(4).tolist())),
        "all_facts": round(right.all(axis=1).mean().item(), 4),
    }


def by_place(written, bulletins):
    """Return by number of sentences, for each place of the event: how many headlines are all right, and of how many."""
    right = facts_right(written, [b.headline for b in bulletins]).all(axis=1)
    counts = {}
    for bulletin, is_right in zip(bulletins, right.tolist()):
        length = len(bulletin.sentences)
        places = counts.setdefault(length, [[0, 0] for _ in range(length)])
        places[bulletin.position][0] += is_right
        places[bulletin.position][1] += 1
    return {str(length): counts[length] for length in sorted(counts)}


def of_new_names(model, bulletins):
    """Return what is right where the model cannot know the person, and how often it names another one of the text."""
    renamed = with_unseen_names(bulletins)
    written = headlines(model, renamed)
    others = [
        facts_of(text)["who"] in bulletin.text.split()
        for text, bulletin in zip(written, renamed)
    ]
    return judged(written, renamed) | {
        "another_of_the_text": round(np.mean(others).item(), 4)
    }


def of_two(model, bulletins):
    """Return, of bulletins with two events of the same kind, how often the headline is about which.

    "mixed" headlines have each fact of the one or the other and not all of one.
    """
    counts = dict.fromkeys(("first", "second", "mixed", "neither"), 0)
    for text, bulletin in zip(headlines(model, bulletins), bulletins):
        told = [e for e in bulletin.events if e and e.kind == bulletin.event.kind]
        both = np.array(
            [facts_right([text], [event.headline])[0] for event in told]
        )  # (2, 4)
        if both[0].all():
            counts["first"] += 1
        elif both[1].all():
            counts["second"] += 1
        elif both.any(axis=0).all():
            counts["mixed"] += 1
        else:
            counts["neither"] += 1
    return {name: round(n / len(bulletins), 4) for name, n in counts.items()}


def samples(written, bulletins):
    """Return the first headlines of the test, and the first of those with a wrong fact, with their ROUGE-L."""
    lines = [
        {
            "text": b.text,
            "headline": b.headline,
            "written": ours,
            "rouge_l": round(score, 1),
        }
        for ours, b, score in zip(
            written,
            bulletins,
            rouge_l(written, [b.headline for b in bulletins]).tolist(),
        )
    ]
    wrong = [line for line in lines if line["written"] != line["headline"]]
    return {"first": lines[:SAMPLES], "wrong": wrong[:SAMPLES]}


def main():
    arguments = command_line(__doc__)
    sweep(measure, SETTINGS, RESULTS, VERSION, arguments.scheduler, arguments.device)


if __name__ == "__main__":
    main()
