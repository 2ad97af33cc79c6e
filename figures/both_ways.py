"""Train translators of dates and amounts, Korean to English and back, and store how many they get right.

    python figures/both_ways.py

Each run tells what share of 3,000 unseen sources is right to the letter: in all, of the dates, and of the amounts by
their number of digits. The two models of seed 0 are kept beside this file. About two minutes a run on one processor.
"""

import time
from pathlib import Path

from sweep import command_line, sweep

from s2s_np import Seq2Seq, Vocab
from s2s_np.tasks.machine_translation import DIRECTIONS, split

RESULTS = Path(__file__).with_suffix(".jsonl")
VERSION = 1
SETTINGS = [
    {"direction": direction, "seed": seed}
    for seed in range(3)
    for direction in DIRECTIONS
]
RECIPE = {"epochs": 5, "batch_size": 64, "learning_rate": 5e-3}


def kept(direction):
    """Return the file of the model of seed 0."""
    return RESULTS.with_name(f"both_ways_{direction}.safetensors")


def measure(direction, seed, device="cpu", lists=None, keep=True):
    """Return what one model makes of the test of its direction; `lists` are others to train, validate and test with."""
    train, valid, test = lists or split(direction, seed)
    vocabs = [Vocab.from_texts(texts) for texts in zip(*train)]
    model = Seq2Seq(*vocabs, context="every_step", seed=seed).to(device)
    started = time.process_time()
    history = model.fit(train, valid, **RECIPE, progress=False)
    seconds = time.process_time() - started
    if keep and seed == 0:
        model.save(kept(direction))
    sources, targets = zip(*test)
    written = model.translate(sources)
    right = [w == target for w, target in zip(written, targets)]
    kinds = [kind(*pair) for pair in test]
    return {
        "exact_match": share(right),
        "by_kind": {
            name: share([r for r, k in zip(right, kinds) if k == name])
            for name in sorted(set(kinds))
        },
        "wrong": [t for t in zip(sources, targets, written) if t[1] != t[2]][:10],
        "valid_loss": [round(loss, 5) for loss in history["valid_loss"]],
        "parameters": model.num_parameters,
        "processor_seconds": round(seconds),
    }


def kind(source, target):
    """Return what a pair is: "date", "amount in digits" or "amount in words"."""
    if not (source.endswith("원") or target.endswith("원")):
        return "date"
    return "amount in digits" if any(map(str.isdigit, source)) else "amount in words"


def share(yes):
    return round(sum(yes) / len(yes), 5)


def main():
    arguments = command_line(__doc__)
    sweep(measure, SETTINGS, RESULTS, VERSION, arguments.scheduler, arguments.device)


if __name__ == "__main__":
    main()
