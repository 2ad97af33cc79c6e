"""Train the date translator of chapter 2 from five seeds, and store how many dates it gets right.

    OPENBLAS_NUM_THREADS=1 python figures/date_translator.py

Beside the test it takes the test's days in each style by itself, and the strange forms of the page's last section.
Each finished seed is a line of `date_translator.jsonl` beside this file; a run that was stopped goes on where it was,
and one that is complete does nothing. Delete the file to measure again.
"""

import json
import platform
import time
import warnings
from pathlib import Path

import numpy as np
from tqdm import tqdm

from s2s_np import Seq2Seq, Vocab
from s2s_np.tasks.machine_translation import (
    STRANGE_FORMS,
    STYLES,
    exact_match,
    split_dates,
    strange_pairs,
)

RESULTS = Path(__file__).with_suffix(".jsonl")
SEEDS = range(5)
RECIPE = {"epochs": 4, "batch_size": 64, "learning_rate": 5e-3}


def measure(seed):
    """Return what one seed, of the dates' split and of the model, came to."""
    train, valid, test = split_dates(seed=seed)
    source_vocab = Vocab.from_texts([korean for korean, _ in train])
    target_vocab = Vocab.from_texts([english for _, english in train])
    model = Seq2Seq(source_vocab, target_vocab, context="every_step", seed=seed)
    started = time.process_time()
    history = model.fit(train, valid, **RECIPE, progress=False)
    seconds = time.process_time() - started
    share = exact_match(model, test)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*not in the source vocabulary")
        strange = {
            form: exact_match(model, strange_pairs(form)) for form in STRANGE_FORMS
        }
    return {
        "seed": seed,
        "right": round(share * len(test)),
        "dates": len(test),
        "exact_match": share,
        "exact_match_by_style": {
            style: exact_match(model, split_dates(1, 1, len(test), (style,), seed)[2])
            for style in STYLES
        },
        "exact_match_of_strange_forms": strange,
        "valid_loss": history["valid_loss"],
        "processor_seconds": round(seconds, 1),
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
