"""Measure the chunked loss at one size, chunk by chunk: OPENBLAS_NUM_THREADS=1 python figures/loss_chunks.py

Peak memory and time of the loss and all its gradients against the number of states that are scored at a time, and of
`cross_entropy` of `generator`, which holds all scores. Leaves `loss_chunks.json` and `loss_chunks.svg`; about three
minutes on one core, 2 GiB of memory. `--draw` only draws what was measured last.
"""

import json
import os
import platform
import sys
from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.ticker import FuncFormatter, NullLocator

import s2s_np
from s2s_np import cross_entropy, generator, generator_loss
from s2s_np.loss import CHUNK_SCORES
from s2s_np.measure import peak_bytes, seconds
from s2s_np.plot import COLORS, FAINT, INK, save_svg, style

HERE = Path(__file__).parent
N, V, H, BATCH = 4096, 32_000, 256, 64
DEFAULT = CHUNK_SCORES // V
CHUNK_SIZES = [4, 16, 64, DEFAULT, 1024, N]
FLOPS = 6 * N * V * H  # of the three products
ROUNDS = 4  # of which the fastest counts
PRODUCT = 2048  # rows and columns of the plain product beside them
TITLE = "Chunks that are too small cost time, those that are too large memory"


def main():
    if "--draw" not in sys.argv:
        text = json.dumps(measure(), indent=1)
        (HERE / "loss_chunks.json").write_text(text + "\n", encoding="utf-8")
    results = json.loads((HERE / "loss_chunks.json").read_text(encoding="utf-8"))
    style()
    draw(results)


def measure():
    """Return what the results file holds."""
    rng = np.random.default_rng(0)
    weight = rng.uniform(-1, 1, (V, H)).astype("f4") / np.float32(H**0.5)
    params = {"weight": weight, "bias": np.zeros(V, "f4")}
    h = rng.uniform(-1, 1, (N // BATCH, BATCH, H)).astype("f4")
    targets = rng.integers(4, V, (N // BATCH, BATCH))

    def chunked(chunk_size):
        loss, backward = generator_loss(params, h, targets, chunk_size=chunk_size)
        return loss, backward()

    def whole():
        log_probs, generator_backward = generator(params, h)
        loss, backward = cross_entropy(log_probs, targets)
        return loss, generator_backward(backward())

    functions = {c: lambda c=c: chunked(c) for c in CHUNK_SIZES} | {"whole": whole}
    measured = {name: {"peak_bytes": peak_bytes(f)} for name, f in functions.items()}
    # In turns, so that whatever else the machine does hits all alike; each after a call that does not count, so that
    # none has to touch memory for the first time.
    rounds = [
        {name: seconds(f, repeats=1) for name, f in functions.items()}
        for _ in range(ROUNDS)
    ]
    for name in functions:
        measured[name]["seconds"] = round(min(times[name] for times in rounds), 3)

    a, b, product = rng.standard_normal((3, PRODUCT, PRODUCT), np.float32)
    took = seconds(lambda: np.matmul(a, b, out=product))
    return {
        "command": "OPENBLAS_NUM_THREADS=1 python figures/loss_chunks.py",
        "threads": os.environ.get("OPENBLAS_NUM_THREADS", "all"),
        "N": N,
        "V": V,
        "H": H,
        "flops": FLOPS,
        "product_gflops": round(2 * PRODUCT**3 / took / 1e9, 1),
        "default_chunk": DEFAULT,
        "chunks": [{"chunk_size": c, **measured[c]} for c in CHUNK_SIZES],
        "whole": measured["whole"],
        "rounds": ROUNDS,
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "s2s_np": s2s_np.__version__,
        },
    }


def draw(results):
    """Peak memory and time against the chunk size, one above the other."""
    sizes = [row["chunk_size"] for row in results["chunks"]]
    figure, axes = plt.subplots(2, 1, figsize=(6, 5), sharex=True)
    looks = (
        ("peak_bytes", 1e-6, "peak memory (MB)", COLORS["blue"], "o-"),
        ("seconds", 1, "time of one call (s)", COLORS["vermilion"], "^--"),
    )
    for ax, (name, unit, label, color, look) in zip(axes, looks):
        values = [unit * row[name] for row in results["chunks"]]
        ax.loglog(sizes, values, look, color=color)
        whole = unit * results["whole"][name]
        ax.axhline(whole, color=INK, lw=1, ls=":")
        ax.annotate(
            "cross_entropy of generator", (sizes[-1], whole), xytext=(0, 3),
            textcoords="offset points", ha="right", va="bottom", fontsize=9,
        )  # fmt: skip
        ax.axvline(results["default_chunk"], color=FAINT, lw=1, ls="-")
        low, high = min(values), max(*values, whole)
        ticks = [t for t in TICKS[name] if low / 1.3 <= t <= high * 1.3]
        ax.set_yticks(ticks)
        ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))
        ax.yaxis.set_minor_locator(NullLocator())
        ax.set_ylim(low / 1.4, 1.6 * high)
        ax.set_ylabel(label)
    axes[0].annotate(
        "the default", (results["default_chunk"], axes[0].get_ylim()[0]),
        xytext=(4, 4), textcoords="offset points", fontsize=9, color="#555555",
    )  # fmt: skip
    axes[1].set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes[1].xaxis.set_minor_locator(NullLocator())
    axes[1].set_xlabel("chunk_size (states scored at a time)")
    axes[0].set_title(TITLE)
    save_svg(figure, HERE / "loss_chunks.svg", TITLE, describe(results))


TICKS = {
    "peak_bytes": [50, 100, 200, 500, 1000, 2000, 4000],
    "seconds": [0.5, 0.7, 1, 1.5, 2, 3, 4, 6, 10, 20, 40, 100],
}


def describe(results):
    """Say in words what the picture shows."""
    points = ", ".join(
        f"{row['chunk_size']:,} states {row['peak_bytes'] / 1e6:.0f} MB and {row['seconds']:.1f} s"
        for row in results["chunks"]
    )
    whole = results["whole"]
    return (
        f"Loss and gradients of {results['N']:,} words over a vocabulary of {results['V']:,}, states of {results['H']}"
        f" numbers, by chunk size: {points}. All scores at once: {whole['peak_bytes'] / 1e6:.0f} MB and"
        f" {whole['seconds']:.1f} s."
    )


if __name__ == "__main__":
    main()
