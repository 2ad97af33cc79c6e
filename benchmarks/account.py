"""Where the time of our training step goes, operation by operation: python benchmarks/account.py

Every array of one step is a `TimedArray`, so the account is of the step itself. What it does not catch (Python, views,
checks, the asking for memory, and the watching itself) is the rest. How much the watching costs shows beside a step
that nobody watches, timed in turns with it.
"""

import time
from contextlib import ExitStack
from unittest import mock

import numpy as np
import ours
import report
from contest import take_turns
from flops import step_flops
from machine import in_words, matrix_product, product_rate, use_threads
from ours import Ours
from problem import SIZES, draw_batches, make_model
from report import rounded
from timed_array import (
    ELEMENTWISE,
    GATHER,
    PRODUCT,
    WATCH,
    all_arrays_timed,
    timed,
)

from s2s_np import seq2seq
from s2s_np.tree import tree_map

LAYERS, LOSS, OPTIMIZER = "layers", "loss", "optimizer"
# Whose time counts as that of a phase: where the step finds the function, and its name; all else is the layers'.
PHASES = [(seq2seq, "generator_loss", LOSS), (ours, "clip", OPTIMIZER)]
ROWS = {
    "products of the generator": [(LOSS, PRODUCT)],
    "other products": [(LAYERS, PRODUCT)],
    "softmax": [(LOSS, ELEMENTWISE)],
    "element-wise": [(LAYERS, ELEMENTWISE)],
    "gather and scatter": [(LAYERS, GATHER), (LOSS, GATHER)],
    "optimizer": [(OPTIMIZER, kind) for kind in (PRODUCT, ELEMENTWISE, GATHER)],
}
REST = "rest"


def main():
    parser = report.options(__doc__, turns=10)
    parser.add_argument(
        "--sizes", nargs="+", choices=SIZES, default=["S", "M", "L", "XL"]
    )
    arguments = parser.parse_args()
    use_threads(arguments.threads)
    measured = {}
    for name in arguments.sizes:
        measured[name] = account(SIZES[name], arguments.turns)
        print_account(name, measured[name])
    report.keep("account", arguments, {"sizes": measured})


def account(size, turns):
    """Return the time of a step and of its parts, as a dict for the results."""
    batches = draw_batches(size)
    unwatched = Ours(make_model(size))
    accounts = []
    functions = {
        "unwatched": lambda: [unwatched.step(batch) for batch in batches],
        "watched": watched_steps(make_watched(size), batches, accounts),
        "product": matrix_product(),
    }
    times = take_turns(functions, turns, dict.fromkeys(functions, 1))
    step = np.median(times["unwatched"]) / len(batches)
    rate = product_rate(times["product"])
    watched = accounts[1::2]  # the first call of a turn is the untimed one
    parts = {
        part: np.median([account[part] for account in watched]) / len(batches)
        for part in (*ROWS, REST)
    }
    flops = np.mean([step_flops(b, size.E, size.H, size.V) for b in batches])
    products = parts["products of the generator"] + parts["other products"]
    return {
        **size._asdict(),
        "matrix_product": rate,
        "step_ms": rounded(1e3 * step),
        "watched_step_ms": rounded(1e3 * sum(parts.values())),
        "parts_ms": {name: rounded(1e3 * part) for name, part in parts.items()},
        "gflops_in_products": rounded(flops / products / 1e9),
        "gflops": rounded(flops / step / 1e9),
        # How long the step's products would take at the rate of the matrix product.
        "products_at_full_rate_ms": rounded(flops / rate["gflops"] / 1e6),
    }


def make_watched(size):
    """Return `Ours` at this size, with all its arrays timed."""
    with all_arrays_timed():
        model = make_model(size)
        model.params = tree_map(timed, model.params)
        contestant = Ours(model)
    contestant.adam.step = WATCH.in_phase(OPTIMIZER, contestant.adam.step)
    return contestant


def watched_steps(contestant, batches, accounts):
    """Return a function that takes a watched step with each batch and appends the seconds of its parts."""
    batches = [
        batch._replace(source=timed(batch.source), target=timed(batch.target))
        for batch in batches
    ]

    def steps():
        WATCH.seconds.clear()
        with ExitStack() as stack:
            stack.enter_context(all_arrays_timed())
            for module, name, phase in PHASES:
                function = WATCH.in_phase(phase, getattr(module, name))
                stack.enter_context(mock.patch.object(module, name, function))
            started = time.perf_counter()
            for batch in batches:
                contestant.step(batch)
            total = time.perf_counter() - started
        parts = {
            part: sum(WATCH.seconds[key] for key in keys) for part, keys in ROWS.items()
        }
        accounts.append({**parts, REST: total - sum(parts.values())})

    return steps


def print_account(name, measured):
    watched, parts = measured["watched_step_ms"], measured["parts_ms"]
    report.print_table(
        f"{name}: where the {watched:.0f} ms of a watched step go (unwatched: {measured['step_ms']:.0f} ms);"
        f" {measured['gflops_in_products']:.0f} GFLOP/s in the products, {measured['gflops']:.0f} in all,"
        f" {in_words(measured['matrix_product'])}",
        ["", "ms", "share"],
        [[part, f"{ms:.1f}", f"{ms / watched:.1%}"] for part, ms in parts.items()],
    )


if __name__ == "__main__":
    main()
