"""Time one training step of everyone, side by side: python benchmarks/training.py

The step is forward, loss, backward, clipping and Adam, on the same numbers, batches and threads. Beside the times
stand the arithmetic that the step needs and the rate of NumPy's matrix product, measured in the same turns.
"""

import numpy as np
import report
from contest import (
    PAUSE,
    check_agreement,
    first_losses,
    middle,
    ratios,
    steps_in_a_turn,
    take_turns,
)
from flops import step_flops
from machine import in_words, matrix_product, product_rate, use_threads
from ours import Ours
from peer_jax import Jax
from peer_torch import CompiledPyTorch, PyTorch
from problem import SIZES, draw_batches, make_model
from report import rounded, spread
from torch._dynamo.utils import counters

PRODUCT, PRODUCT_CALLS = "matrix product", 4


def main():
    parser = report.options(__doc__, turns=10)
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    arguments = parser.parse_args()
    use_threads(arguments.threads)
    measured = {}
    for name in arguments.sizes:
        measured[name] = time_size(SIZES[name], arguments.turns)
        print_size(name, measured[name])
    report.keep("training", arguments, {"pause_seconds": PAUSE, "sizes": measured})


def time_size(size, turns):
    """Return what was measured at one size, as a dict for the results."""
    batches = draw_batches(size)
    contestants, refused = agreeing(size, batches)
    functions = {
        contestant.name: once_over(contestant, batches) for contestant in contestants
    }
    steps = dict.fromkeys(functions, steps_in_a_turn(functions))
    times = take_turns(
        {**functions, PRODUCT: matrix_product()},
        turns,
        {**steps, PRODUCT: PRODUCT_CALLS},
    )
    rate = product_rate(times.pop(PRODUCT))
    times = {name: taken / len(batches) for name, taken in times.items()}
    flops = np.mean([step_flops(b, size.E, size.H, size.V) for b in batches])
    return {
        **size._asdict(),
        "target_words_a_step": np.mean([b.target_lengths.sum() for b in batches]),
        "gflop_a_step": rounded(flops / 1e9),
        "steps_a_turn": steps[Ours.name] * len(batches),
        "matrix_product": rate,
        "contestants": {
            **{name: summary(times, name, flops, rate) for name in times},
            **{name: {"refused": reason} for name, reason in refused.items()},
        },
        # Where the compiler leaves a function to plain PyTorch: the first line of its reason, and how often.
        "graph_breaks": {
            reason.partition("\n")[0]: count
            for reason, count in counters["graph_break"].items()
        },
    }


def agreeing(size, batches):
    """Return the contestants, whose first losses are equal, and why any of them refused to run.

    Only the compiler may refuse: it needs a C++ compiler and much else, and where it fails its reason stands in place
    of a time. Raises RuntimeError if losses differ.
    """
    counters.clear()
    contestants, losses, refused = [], {}, {}
    for kind in (Ours, PyTorch, CompiledPyTorch, Jax):
        contestant = kind(make_model(size))
        prepared = [contestant.prepare(batch) for batch in batches]
        try:
            losses[kind.name] = first_losses(contestant, prepared)
        except Exception as error:
            if kind is not CompiledPyTorch:
                raise
            refused[kind.name] = f"{type(error).__name__}: {error}".partition("\n")[0]
        else:
            contestants.append(contestant)
    check_agreement(losses)
    return contestants, refused


def once_over(contestant, batches):
    """Return a function that takes one step with each of the batches."""
    prepared = [contestant.prepare(batch) for batch in batches]
    return lambda: [contestant.step(batch) for batch in prepared]


def summary(times, name, flops, rate):
    """Return what the times `(turns, steps)` of one contestant say, as a dict for the results."""
    first, median, third = middle(times[name])
    found = {
        "step_ms": rounded(1e3 * median),
        "step_ms_quartiles": rounded([1e3 * first, 1e3 * third]),
        "gflops": rounded(flops / median / 1e9),
        "share_of_matrix_product": rounded(flops / median / 1e9 / rate["gflops"], 3),
    }
    if name != Ours.name:
        first, median, third = ratios(times[Ours.name], times[name])
        found["ratio"] = rounded(median, 3)  # our time over theirs
        found["ratio_quartiles"] = rounded([first, third], 3)
    return found


def print_size(name, measured):
    size = ", ".join(f"{letter} {measured[letter] or 'drawn'}" for letter in "BTEHV")
    rows = []
    for contestant, found in measured["contestants"].items():
        if "refused" in found:
            rows.append([contestant, "refused: " + found["refused"], "", "", ""])
            continue
        ratio = ""
        if "ratio" in found:
            ratio = spread(found["ratio"], found["ratio_quartiles"])
        rows.append(
            [
                contestant,
                spread(found["step_ms"], found["step_ms_quartiles"]),
                f"{found['gflops']:.0f}",
                f"{found['share_of_matrix_product']:.0%}",
                ratio,
            ]
        )
    report.print_table(
        f"{name} ({size}): {measured['gflop_a_step']:.1f} GFLOP a step;"
        f" {in_words(measured['matrix_product'])}",
        ["", "ms a step", "GFLOP/s", "of the product's rate", "our time over theirs"],
        rows,
    )


if __name__ == "__main__":
    main()
