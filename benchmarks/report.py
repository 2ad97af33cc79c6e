"""What a benchmark hands on: the options of its command, its results as JSON, its tables as Markdown."""

import argparse
import json
from pathlib import Path

import machine


def options(description, turns):
    """Return the parser of the options that all benchmarks have; `turns` is how many rounds there are by default."""
    parser = argparse.ArgumentParser(
        description=description.partition("\n")[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument(
        "--turns", type=int, default=turns, help="rounds of the contest"
    )
    parser.add_argument("--threads", type=int, default=2, help="cores for everyone")
    parser.add_argument(
        "--results",
        type=Path,
        help="folder for the results as JSON; without it they are only printed",
    )
    return parser


def keep(name, arguments, measured):
    """Write `measured`, a dict, with the machine and the options, to `<name>-<kernels>.json`.

    The kernels are in the name because results on AVX2 and on AVX-512 are two things.
    """
    if arguments.results is None:
        return
    arguments.results.mkdir(parents=True, exist_ok=True)
    content = {
        "command": f"python benchmarks/{name}.py",
        "options": {
            option: value
            for option, value in vars(arguments).items()
            if option != "results"
        },
        "machine": machine.describe(),
        **measured,
    }
    path = arguments.results / f"{name}-{machine.kernels()}.json"
    text = json.dumps(content, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def print_table(title, headings, rows):
    """Print a Markdown table; columns of numbers are given as strings."""
    print(f"\n**{title}**\n")
    for cells in (headings, ["---", *["---:"] * (len(headings) - 1)], *rows):
        print(f"| {' | '.join(cells)} |")
    print(flush=True)


def spread(middle, between):
    """Return a median with its quartiles in words: 0.53 (0.49 to 0.54)."""
    low, high = between
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def rounded(value, digits=4):
    """Return a number, or an array as nested lists, with so many significant digits."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [rounded(v, digits) for v in value]
    return float(f"{value:.{digits}g}")
