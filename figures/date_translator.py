"""Train the date translator of chapter 2 from five seeds, and store how many dates it gets right.

    python figures/date_translator.py

Each finished seed is a line of `date_translator.jsonl` beside this file; a run that was stopped goes on where it was,
and one that is complete does nothing. Delete the file to measure again.
"""

import json
import platform
import time
from pathlib import Path

import numpy as np
from tqdm import tqdm

from s2s_np import Seq2Seq, Vocab
from s2s_np.tasks.machine_translation import split_dates

RESULTS = Path(__file__).with_suffix(".jsonl")
SEEDS = range(5)
RECIPE = {"epochs": 4, "batch_size": 64, "learning_rate": 5e-3}


def measure(seed):
    """Return what one seed, of the dates' split and of the model, came to."""
    train, valid, test = split_dates(seed=seed)
    source_vocab = Vocab.from_texts([korean for korean, _ in train])
    target_vocab = Vocab.from_texts([english for _, english in train])
    model = Seq2Seq(source_vocab, target_vocab, context="every_step", seed=seed)
    started = time.perf_counter()
    history = model.fit(train, valid, **RECIPE, progress=False)
    seconds = time.perf_counter() - started
    written = model.translate([korean for korean, _ in test])
    right = sum(english == ours for (_, english), ours in zip(test, written))
    return {
        "seed": seed,
        "right": right,
        "dates": len(test),
        "exact_match": right / len(test),
        "valid_loss": history["valid_loss"],
        "seconds": round(seconds, 1),
        "parameters": model.num_parameters,
        "recipe": RECIPE,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "command": "OPENBLAS_NUM_THREADS=1 python figures/date_translator.py",
    }


def main():
    RESULTS.touch()
    done = {json.loads(line)["seed"] for line in RESULTS.read_text().splitlines()}
    for seed in tqdm([seed for seed in SEEDS if seed not in done]):
        line = json.dumps(measure(seed))
        with RESULTS.open("a") as file:
            file.write(line + "\n")


if __name__ == "__main__":
    main()
