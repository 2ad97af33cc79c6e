"""Stored results of long experiments: read back, and summed up with a band (book: limitations/index).

A script in `figures/` runs one experiment for many settings and seeds and keeps each finished run as a line of JSON
(`figures/sweep.py`). The pages read these lines; five runs that differ in their seed alone become a median with its
confidence interval. The files travel with the package, so that a page runs wherever the package is installed.
"""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

FORMAT = 1  # of a file of results
PACKAGE = Path(__file__).parent
FOLDERS = ("figures", "benchmarks/results", "tests/golden")  # of the repository


class ResultsError(ValueError):
    """A file does not hold results, or those of another experiment or version."""


class Band(NamedTuple):
    """A median and its confidence interval."""

    median: float
    low: float
    high: float

    def __str__(self):
        return f"{self.median:.3g} [{self.low:.3g}, {self.high:.3g}]"

    def holds(self, value, margin=0.0):
        """Say whether `value` is at most `margin` outside of the interval."""
        return self.low - margin <= value <= self.high + margin


def stored(name):
    """Return the path of the stored file `name`: `stored("copying.jsonl")`.

    These are the results and trained models of the scripts in `figures/`, the timings in `benchmarks/results`, and the
    values of PyTorch's in `tests/golden`. In a clone of the repository they lie there; an installed package has copies.
    Raises FileNotFoundError, which lists the stored files of that kind, where there is none of that name.
    """
    copies = PACKAGE / "stored"
    root = copies if copies.is_dir() else PACKAGE.parent
    for folder in FOLDERS:
        path = root / folder / name
        if path.is_file():
            return path
    kind = Path(name).suffix
    found = sorted(p.name for f in FOLDERS for p in (root / f).glob(f"*{kind}"))
    raise FileNotFoundError(
        f"no stored file is named {name!r}; of its kind there are {', '.join(found) or 'none'}"
    )


def read_results(path, version=None):
    """Return the runs that the file at `path` holds: a list of dicts, each the setting and the result in one.

    The first line of the file says which experiment, and which version of it, the others belong to.

    Arguments
        path: of a file of JSON lines
        version: of the experiment that is expected, or None for any
    Raises FileNotFoundError, and ResultsError for a line that is no run or a file of another format or version.
    """
    try:
        with open(path, encoding="utf-8") as file:
            head, *lines = [parse_line(path, *line) for line in enumerate(file, 1)] or [{}]  # fmt: skip
    except UnicodeDecodeError as error:
        raise ResultsError(f"{path} is no text: {error}") from error
    if not _is_head(head):
        raise ResultsError(
            f"{path} is no file of results of format {FORMAT}; its first line is {head!r:.200}"
        )
    for number, line in enumerate(lines, 2):
        if not all(isinstance(line[part], dict) for part in ("setting", "result")):
            raise ResultsError(f"{path}, line {number}, has no names in its setting or result")  # fmt: skip
    if version not in (None, head["version"]):
        raise ResultsError(
            f"{path} holds version {head['version']} of {head['experiment']}, expected {version}; run its script again"
        )
    return [line["setting"] | line["result"] for line in lines]


def _is_head(value):
    """Say whether the first line of a file says what the others are."""
    return (
        isinstance(value, dict)
        and value.get("format") == FORMAT
        and {"experiment", "version"} <= value.keys()
    )


def parse_line(path, number, line):
    """Return what line `number` of a file of results says, a dict; ResultsError, naming it, for anything else."""
    try:
        value = json.loads(line)
        if number > 1:
            value["setting"], value["result"]
        return value
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ResultsError(f"{path}, line {number}, is no result of a sweep: {line[:60]!r}") from error  # fmt: skip


def median_band(values, confidence=0.95):
    """Return the median of `values` and its interval by the percentile bootstrap: `Band(median, low, high)`.

    The interval holds the middle `confidence` of the medians of 9,999 samples of the same size, drawn with
    replacement (Efron and Tibshirani 1993, chapter 13). Of five values it reaches nearly from the least to the
    greatest. A single value is its own band.
    Raises ValueError where there is no value or one is not finite, ModuleNotFoundError without SciPy.
    """
    values = np.asarray(values, dtype=float)
    if values.ndim != 1 or not len(values) or not np.isfinite(values).all():
        raise ValueError(f"values is {values}; expected a list of finite numbers")
    median = float(np.median(values))
    if (values == values[0]).all():
        return Band(median, median, median)
    try:
        from scipy.stats import bootstrap
    except ImportError as error:
        raise ModuleNotFoundError("a band needs SciPy: pip install scipy") from error
    found = bootstrap(
        (values,), np.median, confidence_level=confidence, method="percentile", rng=0
    ).confidence_interval
    return Band(median, float(found.low), float(found.high))
