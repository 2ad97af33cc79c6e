"""Memory and time of the loss over a large vocabulary: python benchmarks/loss_memory.py

`generator_loss`, which never holds all scores, beside PyTorch's `Linear` and `cross_entropy`, which do: forward and
backward for 32,000 words and states of size 512, over more and more tokens. At 4,096 tokens the two are timed in turns.
"""

import numpy as np
import report
import torch
from contest import check_agreement, middle, ratios, steps_in_a_turn, take_turns
from machine import in_words, matrix_product, num_threads, product_rate, use_threads
from peak_memory import measure
from report import rounded, spread

from s2s_np import UNK, generator_loss

V, H, BATCH = 32_000, 512, 64
TOKENS = [2**k * 1024 for k in range(7)]  # 1,024 to 65,536
CONTEST_TOKENS, SMALL_TOKENS = 4096, 64
MOST_TORCH_TOKENS = 8192  # beyond, PyTorch's arrays of scores outgrow ordinary memories
OURS, TORCH = "s2s_np", "PyTorch"


def main():
    parser = report.options(__doc__, turns=8)
    parser.add_argument("--tokens", nargs="+", type=int, default=TOKENS)
    arguments = parser.parse_args()
    use_threads(arguments.threads)
    growth = {
        OURS: grow(our_loss, arguments.tokens),
        TORCH: grow(
            torch_loss, [n for n in arguments.tokens if n <= MOST_TORCH_TOKENS]
        ),
    }
    measured = {"V": V, "H": H, "growth": growth, **time_both(arguments.turns)}
    print_tables(measured)
    report.keep("loss_memory", arguments, measured)


def draw(tokens):
    """Return random parameters, states `(T, B, H)` and target words `(T, B)`, of `tokens` words in all."""
    rng = np.random.default_rng(0)
    weight = rng.random((V, H), np.float32)
    weight -= 0.5
    weight *= 2 / np.sqrt(H)
    h = rng.random((tokens // BATCH, BATCH, H), np.float32)
    targets = rng.integers(UNK + 1, V, (tokens // BATCH, BATCH))
    return weight, np.zeros(V, np.float32), h, targets


def our_loss(tokens):
    """Return a function that computes the loss and all gradients, and returns the loss."""
    weight, bias, h, targets = draw(tokens)
    params = {"weight": weight, "bias": bias}

    def loss_and_grads():
        loss, backward = generator_loss(params, h, targets)
        backward()
        return float(loss)

    return loss_and_grads


def torch_loss(tokens):
    """The same as `our_loss`, as a user of PyTorch writes it."""
    torch.set_num_threads(num_threads())
    weight, bias, h, targets = map(torch.from_numpy, draw(tokens))
    inputs = [array.requires_grad_() for array in (weight, bias, h)]

    def loss_and_grads():
        for array in inputs:
            array.grad = None
        scores = torch.nn.functional.linear(h, weight, bias)
        loss = torch.nn.functional.cross_entropy(
            scores.flatten(0, 1), targets.flatten()
        )
        loss.backward()
        return loss.item()

    return loss_and_grads


def grow(build, token_counts):
    """Return what `peak_memory.measure` found for each number of tokens, as a list of dicts.

    Beside it, the memory of the gradients alone: what is asked for, and so the least that any way takes.
    """
    return [
        {
            "tokens": tokens,
            **measure(build, tokens, SMALL_TOKENS),
            "gradients_mib": round(4 * (V * H + V + tokens * H) / 2**20, 1),
        }
        for tokens in token_counts
    ]


def time_both(turns):
    """Time both in turns at 4,096 tokens; return a dict for the results."""
    functions = {
        name: build(CONTEST_TOKENS)
        for name, build in ((OURS, our_loss), (TORCH, torch_loss))
    }
    check_agreement({name: [function()] for name, function in functions.items()})
    steps = steps_in_a_turn(functions)
    functions["product"] = matrix_product()
    times = take_turns(functions, turns, dict.fromkeys(functions, steps))
    first, median, third = ratios(times[OURS], times[TORCH])
    return {
        "tokens": CONTEST_TOKENS,
        "matrix_product": product_rate(times["product"]),
        "ms": {name: rounded(1e3 * middle(times[name])[1]) for name in (OURS, TORCH)},
        "ratio": rounded(median, 3),  # our time over theirs
        "ratio_quartiles": rounded([first, third], 3),
    }


def print_tables(measured):
    theirs = {row["tokens"]: row for row in measured["growth"][TORCH]}
    report.print_table(
        f"Loss and gradients over {V:,} words: peak memory and time of one call",
        [
            "tokens",
            "gradients MiB",
            "s2s_np MiB",
            "PyTorch MiB",
            "s2s_np s",
            "PyTorch s",
        ],
        [
            [
                f"{row['tokens']:,}",
                f"{row['gradients_mib']:.0f}",
                f"{row['peak_mib']:.0f} (NumPy: {row['numpy_mib']:.0f})",
                f"{theirs[row['tokens']]['peak_mib']:.0f}"
                if row["tokens"] in theirs
                else "",
                f"{row['seconds']:.2f}",
                f"{theirs[row['tokens']]['seconds']:.2f}"
                if row["tokens"] in theirs
                else "",
            ]
            for row in measured["growth"][OURS]
        ],
    )
    report.print_table(
        f"In turns, at {CONTEST_TOKENS:,} tokens; {in_words(measured['matrix_product'])}",
        ["", "ms", "our time over theirs"],
        [
            [OURS, f"{measured['ms'][OURS]:.0f}", ""],
            [
                TORCH,
                f"{measured['ms'][TORCH]:.0f}",
                spread(measured["ratio"], measured["ratio_quartiles"]),
            ],
        ],
    )


if __name__ == "__main__":
    main()
