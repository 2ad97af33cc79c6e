"""Copy random sequences with cells of every size, and measure up to which length it goes well.

    OPENBLAS_NUM_THREADS=1 python figures/copying.py

Every model sees the same number of sequences, 64,000, each once, of lengths drawn from 1 to a longest one that it
cannot copy any more. The GRU with H = 32 is also trained 4 and 16 times as long. What is stored: for each length the
share of exact copies and the bits a word that are still missing, and for two lengths both of them word by word.
"""

import time
from pathlib import Path

import numpy as np
from sweep import command_line, sweep

from s2s_np import Seq2Seq
from s2s_np.tasks.copying import split, vocab

RESULTS = Path(__file__).with_suffix(".jsonl")
VERSION = 1
SEEDS = range(5)
STEPS, BATCH_SIZE, TESTED = 1000, 64, 200
SIZES = (16, 32, 64, 128, 256, 512)
LEARNING_RATE = {16: 5e-3, 32: 5e-3, 64: 5e-3, 128: 5e-3, 256: 3e-3, 512: 2e-3}
LONGEST = {
    2: {16: 16, 32: 20, 64: 24, 128: 30, 256: 36, 512: 36},
    10: {16: 10, 32: 12, 64: 14, 128: 18, 256: 22, 512: 22},
    100: {16: 6, 32: 8, 64: 10, 128: 12, 256: 14, 512: 14},
}
CELLS = [("gru", 10), ("gru", 2), ("gru", 100), ("lstm", 10), ("rnn", 10)]  # with V


def setting(cell, H, V, steps, seed):
    """Return one setting of `measure`; its names are the book's symbols."""
    return {
        "cell": cell, "H": H, "V": V, "longest": LONGEST[V][H], "steps": steps,
        "learning_rate": LEARNING_RATE[H], "seed": seed,
    }  # fmt: skip


# The small ones first, so that a sweep that was stopped has all seeds of them.
SETTINGS = [
    setting(*run, seed)
    for runs in (
        [(cell, H, V, STEPS) for H in SIZES[:4] for cell, V in CELLS],
        [("gru", 32, 10, times * STEPS) for times in (4, 16)],
        [(cell, 256, V, STEPS) for cell, V in CELLS],
        [(cell, 512, V, STEPS) for cell, V in CELLS],
    )
    for seed in SEEDS
    for run in runs
]


def measure(cell, H, V, longest, steps, learning_rate, seed, device):
    """Train one model to copy, and return what it copies and what it does not."""
    train, tested = split(V, longest, steps * BATCH_SIZE, TESTED, seed)
    words = vocab(V)
    model = Seq2Seq(
        words, words, embedding_size=32, hidden_size=H, cell=cell, seed=seed
    ).to(device)
    started = time.process_time()
    history = model.fit(
        train, epochs=1, batch_size=BATCH_SIZE, learning_rate=learning_rate,
        progress=False,
    )  # fmt: skip
    tenths = np.array_split(history["step_loss"], 10)
    right = {n: rights(model, pairs) for n, pairs in tested.items()}
    shown = sorted({longest // 2, 3 * longest // 4})
    return {
        "parameters": model.num_parameters,
        "loss": rounded(np.mean(part) / np.log(2) for part in tenths),
        "exact": rounded(is_right.all(axis=1).mean() for is_right in right.values()),
        "bits": rounded(missing_bits(model, pairs) for pairs in tested.values()),
        "by_position": {n: rounded(right[n].mean(axis=0)) for n in shown},
        "processor_seconds": round(time.process_time() - started, 1),
    }


def rights(model, pairs):
    """Return whether each word of each copy is right, `(pairs, n + 1)`; the last is the end of the sequence."""
    texts = [text.split() for text, _ in pairs]
    length = len(texts[0])
    copies = model.translate([text for text, _ in pairs], max_length=length + 1)
    padded = [(copy.split() + [""] * (length + 1))[: length + 1] for copy in copies]
    return np.array(padded) == np.array([[*text, ""] for text in texts])


def missing_bits(model, pairs):
    """Return −log2 P(Y|X) a word, the end counted as a word: what the vector leaves to guess."""
    log_probs = model.log_probs(pairs)
    return -log_probs.mean() / np.log(2) / (len(pairs[0][1].split()) + 1)


def rounded(values):
    return [round(float(value), 4) for value in values]


def main():
    arguments = command_line(__doc__)
    sweep(measure, SETTINGS, RESULTS, VERSION, arguments.scheduler, arguments.device)


if __name__ == "__main__":
    main()
