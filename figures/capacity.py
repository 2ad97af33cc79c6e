"""Measure how many bits a recurrent network holds: in its parameters, in its state, and as a copying model.

    OPENBLAS_NUM_THREADS=1 python figures/capacity.py

Each run is one of three tasks, and a line of `capacity.jsonl` beside this file:

    labels   learn random labels by heart (Collins, Sohl-Dickstein and Sussillo 2017): load × parameters of them
    vector   give a random vector of `size` numbers back `DELAY` steps after it was shown, through `units` numbers
    copying  a GRU that copies `length` random digits, never the same ones twice

All train for 3,000 steps, but for the runs that ask what more or fewer steps change. The first seed of all settings
comes first, so that a sweep that was stopped is of use.
"""

import time
from pathlib import Path

import numpy as np
from sweep import command_line, sweep

from s2s_np import Seq2Seq, to_device, to_host
from s2s_np.batch import make_batches
from s2s_np.tasks.capacity import (
    init_reader,
    learn_labels,
    learn_to_give_back,
    num_parameters,
    random_labels,
)
from s2s_np.tasks.copying import sequences, vocab
from s2s_np.tree import tree_map

RESULTS = Path(__file__).with_suffix(".jsonl")
VERSION = 1
SEEDS = range(5)
STEPS = 3000

SIZE, LENGTH = 8, 5  # of an input, and of a sequence whose label is learned
UNITS = {"rnn": (7, 11, 18, 27), "gru": (3, 5, 9, 12), "lstm": (3, 4, 8, 10)}
LOADS = (4, 6)  # the largest of each cell has the first alone
SMALL_LOADS = (1, 2, 3, 8)  # besides, for the smallest of each cell
OTHER_STEPS = (750, 1500, 6000)  # for the second of each cell

DELAY = 4
GIVEN_BACK = {
    ("rnn", 4): range(1, 7),
    ("rnn", 8): (2, 4, 6, 7, 8, 9, 10, 12),
    ("gru", 8): (2, 4, 6, 7, 8, 9, 10, 12),
    ("lstm", 8): (2, 4, 6, 7, 8, 9, 10, 12),
    ("rnn", 16): (4, 8, 12, 15, 16, 17, 20, 24),
}

DIGITS = 10
COPIED = {16: (2, 4, 6, 8, 12, 16, 24), 32: (2, 4, 6, 8, 12, 16, 24)}
PAIRS, BATCH_SIZE = 20_000, 100


def settings_of(seed):
    """Return the settings of all runs with this seed, the quick ones first."""
    settings = [
        {"task": "vector", "cell": cell, "units": units, "size": size}
        for (cell, size), all_units in GIVEN_BACK.items()
        for units in all_units
    ]
    for cell, all_units in UNITS.items():
        smallest, second, _, largest = all_units
        runs = [(smallest, load, STEPS) for load in SMALL_LOADS]
        runs += [(units, load, STEPS) for units in all_units[:-1] for load in LOADS]
        runs += [(largest, LOADS[0], STEPS)]
        runs += [(second, LOADS[0], steps) for steps in OTHER_STEPS]
        settings += [
            {
                "task": "labels",
                "cell": cell,
                "units": units,
                "load": load,
                "steps": steps,
            }
            for units, load, steps in runs
        ]
    settings += [
        {"task": "copying", "units": units, "length": length}
        for units, lengths in COPIED.items()
        for length in lengths
    ]
    return [setting | {"seed": seed} for setting in settings]


SETTINGS = [setting for seed in SEEDS for setting in settings_of(seed)]


def measure(task, device="cpu", **setting):
    """Return what one run came to, and the processor's seconds."""
    started = time.process_time()
    result = TASKS[task](device=device, **setting)
    return result | {"processor_seconds": round(time.process_time() - started, 1)}


def labels(cell, units, load, steps, seed, device="cpu"):
    """Learn `load` random labels a parameter by heart."""
    rng = np.random.default_rng(seed)
    params = init_reader(rng, cell, SIZE, units, 1)
    x, y = random_labels(rng, load * num_parameters(params), LENGTH, SIZE)
    on_device = tree_map(lambda array: to_device(array, device), params)
    cross_entropy, error = learn_labels(
        on_device, to_device(x, device), to_device(y, device), cell, steps
    )
    return {
        "parameters": num_parameters(params),
        "labels": len(y),
        "cross_entropy": round(cross_entropy, 5),
        "error": round(error, 5),
    }


def vector(cell, units, size, seed, device="cpu"):
    """Give back a vector that was shown once."""
    rng = np.random.default_rng(seed)
    params = init_reader(rng, cell, size, units, size)
    on_device = tree_map(lambda array: to_device(array, device), params)
    error = learn_to_give_back(on_device, cell, size, DELAY, STEPS, rng, device=device)
    return {"parameters": num_parameters(params), "squared_error": round(error, 5)}


def copying(units, length, seed, device="cpu"):
    """Copy random digits; the cross-entropy is that of the digits, without the end."""
    rng = np.random.default_rng(seed)
    train, test = (
        [(text, text) for text in sequences(num, DIGITS, length, rng)]
        for num in (PAIRS, 1000)
    )
    digits = vocab(DIGITS)
    model = Seq2Seq(digits, digits, embedding_size=10, hidden_size=units, seed=seed)
    model.to(device)
    epochs = max(1, STEPS * BATCH_SIZE // PAIRS)
    model.fit(
        train, epochs=epochs, batch_size=BATCH_SIZE, learning_rate=2e-2, progress=False
    )
    (batch,) = make_batches(test, digits, digits, len(test))
    log_probs = to_host(model.token_log_probs(batch))[:length]
    return {
        "parameters": model.num_parameters,
        "cross_entropy": round(float(-log_probs.mean()), 5),
    }


TASKS = {"labels": labels, "vector": vector, "copying": copying}


def main():
    arguments = command_line(__doc__)
    sweep(measure, SETTINGS, RESULTS, VERSION, arguments.scheduler, arguments.device)


if __name__ == "__main__":
    main()
