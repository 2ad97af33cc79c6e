"""Train translators of dates and amounts, Korean to English and back: python figures/both_ways.py

Each run tells what share of 4,500 unseen sources is right to the letter, in all, by kind and by style, and what it
makes of amounts that are longer or less round than those it was trained on. The two models of seed 0 are kept beside
this file, where the page goes on with them. Three minutes a run on one processor.
"""

import time
from collections import Counter
from pathlib import Path

from sweep import command_line, sweep

from s2s_np import Seq2Seq, Vocab
from s2s_np.tasks.machine_translation import (
    DIRECTIONS,
    STRANGE_AMOUNTS,
    nearest_translations,
    split,
    strange_amounts,
)

RESULTS = Path(__file__).with_suffix(".jsonl")
VERSION = 1
SETTINGS = [
    {"direction": direction, "seed": seed}
    for seed in range(3)
    for direction in DIRECTIONS
]
RECIPE = {"epochs": 7, "batch_size": 64, "learning_rate": 5e-3}
HIDDEN = 128
SAMPLES = 10
SUBSET = 500  # test sources whose nearest training source is looked for


def measure(direction, seed, device="cpu", lists=None, keep=True):
    """Return what one model makes of the test of its direction; `lists` are others to train, validate and test with."""
    train, valid, test = lists or split(direction, seed=seed)
    pairs = [example.pair for example in train]
    vocabs = [Vocab.from_texts(texts) for texts in zip(*pairs)]
    model = Seq2Seq(*vocabs, hidden_size=HIDDEN, context="every_step", seed=seed)
    model.to(device)
    started = time.process_time()
    history = model.fit(
        pairs, [example.pair for example in valid], **RECIPE, progress=False
    )
    seconds = time.process_time() - started
    if keep and seed == 0:
        model.save(kept(direction))
    written = model.translate([example.source for example in test])
    calibrated = model.translate([example.source for example in valid])
    return {
        "exact_match": share(map(is_right, test, written), len(test)),
        "valid_exact_match": share(map(is_right, valid, calibrated), len(valid)),
        "by_kind": by(lambda example: example.kind, test, written),
        "by_style": by(
            lambda example: f"{example.kind}: {example.style}", test, written
        ),
        "strange": {form: strange(model, form, direction) for form in STRANGE_AMOUNTS},
        "baselines": baselines(pairs, test),
        "samples": [
            [*example.pair, ours] for example, ours in zip(test, written[:SAMPLES])
        ],
        "wrong": [
            [*example.pair, ours]
            for example, ours in zip(test, written)
            if not is_right(example, ours)
        ][:SAMPLES],
        "valid_loss": [round(loss, 5) for loss in history["valid_loss"]],
        "parameters": model.num_parameters,
        "processor_seconds": round(seconds, 1),
        "train": len(train),
        "test": len(test),
    }


def kept(direction):
    """Return the file of the model of seed 0."""
    return RESULTS.with_name(f"both_ways_{direction}.safetensors")


def baselines(pairs, test):
    """Return the exact match of three translators that learn nothing."""
    (commonest, _), *_ = Counter(target for _, target in pairs).most_common(1)
    subset = test[:SUBSET]
    found = nearest_translations(pairs, [example.source for example in subset])
    return {
        "commonest target": share((x.target == commonest for x in test), len(test)),
        "the source itself": share((x.target == x.source for x in test), len(test)),
        "nearest training source": share(map(is_right, subset, found), len(subset)),
    }


def strange(model, form, direction):
    """Return the share of right translations, by style, of amounts in a form that was not trained."""
    examples = strange_amounts(form, direction)
    written = model.translate([example.source for example in examples])
    return by(lambda example: example.style, examples, written)


def by(key, examples, written):
    """Return the share of right translations for each value of `key(example)`."""
    right = {}
    for example, ours in zip(examples, written):
        right.setdefault(key(example), []).append(is_right(example, ours))
    return {
        name: share(answers, len(answers)) for name, answers in sorted(right.items())
    }


def is_right(example, written):
    """Say whether a translation is right to the letter."""
    return written == example.target


def share(yes, count):
    return round(sum(yes) / count, 5)


def main():
    arguments = command_line(__doc__)
    sweep(measure, SETTINGS, RESULTS, VERSION, arguments.scheduler, arguments.device)


if __name__ == "__main__":
    main()
