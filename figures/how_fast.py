"""Draw how fast s2s_np is, from the last results of `make bench`: python figures/how_fast.py

Makes `how_fast_steps.svg`, `how_fast_account.svg`, `how_fast_scaling.svg` and `how_fast_memory.svg`. Results on other
kernels than the ones measured last: python figures/how_fast.py Haswell
"""

import json
import sys
from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.ticker import FuncFormatter, NullFormatter

from s2s_np.plot import COLORS, FAINT, INK, save_svg, style

HERE = Path(__file__).parent
RESULTS = HERE.parent / "benchmarks/results"
OURS = "s2s_np"
LOOKS = {  # colour and marker of each contestant, in all pictures
    "s2s_np": (COLORS["blue"], "o"),
    "PyTorch": (COLORS["vermilion"], "^"),
    "PyTorch, compiled": (COLORS["orange"], "v"),
    "JAX, jitted": (COLORS["green"], "s"),
}
PARTS = {  # colour and hatching of each part of a step
    "products of the generator": (COLORS["blue"], ""),
    "other products": (COLORS["sky"], ""),
    "softmax": (COLORS["green"], "///"),
    "element-wise": (COLORS["orange"], ""),
    "gather and scatter": (COLORS["purple"], "..."),
    "optimizer": (COLORS["vermilion"], "\\\\\\"),
    "rest": ("#BBBBBB", ""),
}


def main():
    kernels = sys.argv[1] if len(sys.argv) > 1 else measured_last()
    style()
    draw_steps(load("training", kernels))
    draw_account(load("account", kernels)["sizes"]["XL"])
    draw_scaling(load("scaling", kernels))
    draw_memory(load("loss_memory", kernels))


def load(name, kernels):
    return json.loads((RESULTS / f"{name}-{kernels}.json").read_text(encoding="utf-8"))


def measured_last():
    """Return the kernels of the last whole `make bench`, which ends with the memory of the loss."""
    found = [
        json.loads(path.read_text(encoding="utf-8"))["machine"]
        for path in sorted(RESULTS.glob("loss_memory-*.json"))
    ]
    if not found:
        raise SystemExit("there are no results yet: make bench")
    return max(found, key=lambda machine: machine["date"])["openblas"]["kernels"]


def draw_steps(results):
    """Our time over each peer's, at each size, with the quartiles of the rounds."""
    sizes = results["sizes"]
    peers = [name for name in LOOKS if name != OURS]
    figure, ax = plt.subplots()
    ax.axhline(1, color=INK, lw=1, ls="-")
    words = []
    for i, peer in enumerate(peers):
        color, marker = LOOKS[peer]
        places, ratios, errors = [], [], []
        for x, measured in enumerate(sizes.values()):
            found = measured["contestants"][peer]
            if "ratio" not in found:  # the compiler refused
                continue
            low, high = found["ratio_quartiles"]
            places.append(x + 0.24 * (i - 1))
            ratios.append(found["ratio"])
            errors.append((found["ratio"] - low, high - found["ratio"]))
        bars = {"fmt": marker, "color": color, "ms": 7, "capsize": 3, "ls": "none"}
        ax.errorbar(places, ratios, np.transpose(errors), label=peer, **bars)
        for x, ratio, (_, above) in zip(places, ratios, errors):
            place = {"xytext": (0, 6), "textcoords": "offset points", "ha": "center"}
            top = (x, ratio + above)
            ax.annotate(f"{ratio:.2f}", top, **place, fontsize=7.5, color=INK)
        words.append(f"{peer}: {', '.join(f'{ratio:.2f}' for ratio in ratios)}.")
    ax.set(
        xticks=range(len(sizes)),
        xticklabels=[size_label(*item) for item in sizes.items()],
        ylabel="our time over theirs",
        ylim=(0, None),
        title="One training step: below the line, s2s_np is faster",
    )
    ax.margins(y=0.12)
    ax.grid(axis="x", visible=False)
    figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    save_svg(
        figure,
        HERE / "how_fast_steps.svg",
        "The time of one training step of s2s_np over the time of its peers",
        f"Ratios at the sizes {', '.join(sizes)}. {' '.join(words)}",
    )


def size_label(name, measured):
    """Return the name of a size with its arithmetic and the time of our step below."""
    ours = measured["contestants"][OURS]
    return f"{name}\n{measured['gflop_a_step']:.3g} GFLOP\n{ours['step_ms']:.3g} ms"


def draw_account(measured):
    """The parts of a step as one bar, over a bar of the products alone at the full rate."""
    parts, step = measured["parts_ms"], measured["watched_step_ms"]
    ideal = measured["products_at_full_rate_ms"]
    figure, ax = plt.subplots(figsize=(6, 2.9))
    left = 0
    for name, (color, hatch) in PARTS.items():
        label = f"{name}: {parts[name]:.0f} ms, {parts[name] / step:.0%}"
        look = {"color": color, "hatch": hatch, "ec": "white", "lw": 0.8}
        ax.barh(1, parts[name], left=left, label=label, **look)
        left += parts[name]
    ax.barh(0, ideal, color="white", ec=INK, lw=1)
    rate = measured["matrix_product"]["gflops"]
    ax.text(ideal / 2, 0, f"{ideal:.0f} ms", ha="center", va="center")
    ax.set(
        yticks=(1, 0),
        yticklabels=("the step", f"its products at\n{rate:.0f} GFLOP/s"),
        xlabel="ms",
        title="Where the time of a step goes, at size XL",
    )
    ax.grid(axis="y", visible=False)
    figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    save_svg(
        figure,
        HERE / "how_fast_account.svg",
        "The parts of a training step at size XL",
        f"{'; '.join(f'{name} {ms:.0f} ms' for name, ms in parts.items())}; in all {step:.0f} ms. At the rate of the "
        f"matrix product the step's products would take {ideal:.0f} ms.",
    )


def draw_scaling(results):
    """The time of a step against each size, with the line fitted to the upper half."""
    curves = results["curves"]
    figure, axes = plt.subplots(2, 2, figsize=(6, 5.4))
    words = []
    for ax, (name, curve) in zip(axes.flat, curves.items()):
        sizes = np.array(curve["sizes"])
        upper = sizes[len(sizes) // 2 :]
        for who, step_ms in curve["step_ms"].items():
            color, marker = LOOKS[who]
            p = curve["exponent"][who]
            ax.plot(
                sizes,
                step_ms,
                marker,
                color=color,
                ls="none",
                label=f"{who}, {name}$^{{{p:.2f}}}$",
            )
            times = np.array(step_ms[len(sizes) // 2 :])
            middle = np.exp(np.log(times).mean() - p * np.log(upper).mean())
            ax.plot(upper, middle * upper**p, color=color, ls="-", lw=1.2)
            words.append(f"{who} grows as {name} to the power {p:.2f}.")
        ax.set(xscale="log", yscale="log", xlabel=name, ylabel="ms a step")
        plain_ticks(ax.xaxis, sizes[[0, len(sizes) // 2, -1]])
        plain_ticks(ax.yaxis, [10, 20, 50, 100, 200])
        ax.legend(loc="upper left", handletextpad=0.2)
        ax.margins(0.1, 0.2)
    figure.suptitle(
        "The time of a step grows in proportion to B and T, more slowly with V",
        fontsize=11,
    )
    save_svg(
        figure,
        HERE / "how_fast_scaling.svg",
        "The time of a training step against B, T, H and V, over a decade each",
        " ".join(words),
    )


def plain_ticks(axis, ticks):
    """Let a logarithmic axis have just these ticks, as plain numbers."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axis.set_minor_formatter(NullFormatter())
    axis.set_ticks(ticks)
    axis.set_ticks([], minor=True)


def draw_memory(results):
    """The peak memory of the loss against the number of tokens."""
    figure, ax = plt.subplots()
    words = []
    for who, rows in results["growth"].items():
        color, marker = LOOKS[who]
        tokens = [row["tokens"] for row in rows]
        mib = [row["peak_mib"] for row in rows]
        name = "generator_loss" if who == OURS else "Linear and cross_entropy"
        ax.plot(tokens, mib, marker=marker, color=color, label=f"{who}: {name}")
        words.append(
            f"{who}: from {mib[0]:.0f} to {mib[-1]:.0f} MiB at {tokens[-1]:,} tokens."
        )
    every = [row["tokens"] for row in results["growth"][OURS]]
    least = [row["gradients_mib"] for row in results["growth"][OURS]]
    ax.plot(every, least, color=FAINT, ls=":", label="the gradients alone")
    ax.set(
        xscale="log",
        yscale="log",
        xlabel="tokens in a batch",
        ylabel="peak extra memory (MiB)",
        title=f"Loss and gradients over {results['V']:,} words: PyTorch keeps all scores",
    )
    plain_ticks(ax.xaxis, every)
    plain_ticks(ax.yaxis, [50, 100, 200, 500, 1000, 2000, 5000])
    ax.legend(loc="upper right")
    save_svg(
        figure,
        HERE / "how_fast_memory.svg",
        "Peak memory of the loss against the number of tokens",
        " ".join(words),
    )


if __name__ == "__main__":
    main()
