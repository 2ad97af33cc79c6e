"""Draw the whole model, with the running example of chapter 1: python figures/architecture.py"""

from itertools import pairwise
from pathlib import Path

import numpy as np
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle

from s2s_np.plot import COLORS, FAINT, INK, canvas, save_svg

WIDTH, HEIGHT = 500, 780  # points; also the units of all places below
COLUMNS = [150, 226, 302, 378, 454]  # the middle of each time step
QUIET = "#555555"
SOURCE = [("나는", "I-topic"), ("학교에", "school-to"), ("간다", "go")]
TARGET = ["I", "go", "to", "school", "EOS"]
TINTS = {"blue": "#E6F1F8", "vermilion": "#FBEADF", "green": "#E2F3ED"}
TITLE = "The encoder–decoder model, unrolled over a sentence"
DESCRIPTION = (
    "Encoder: the Korean words 나는, 학교에, 간다 become word vectors, and a GRU reads them from left to right. Its "
    "last state h_3 is a vector of H numbers, in which the decoder, a second GRU, starts. Decoder: it reads BOS, I, "
    "go, to, school, each word the one that it should have said a step before. Generator: it turns each state of the "
    "decoder into scores for all V words and, by softmax, into probabilities. The words it names are I, go, to, "
    "school, EOS."
)


def main():
    figure, ax = canvas(WIDTH, HEIGHT)
    draw_encoder(ax)
    draw_decoder(ax)
    draw_sentence_vector(ax)
    draw_generator(ax)
    draw_shift(ax)
    save_svg(figure, Path(__file__).with_suffix(".svg"), TITLE, DESCRIPTION)


def draw_encoder(ax):
    card(ax, 6, 214, "blue", "Encoder", "reads one word a step, left to right")
    label(ax, 64, "source", r"$X\;(T_s, B)$")
    label(ax, 120, "embedding", r"$(T_s, B, E)$")
    label(ax, 180, "GRU", r"$H^{src}$", r"$(T_s, B, H)$")
    text(ax, COLUMNS[0] - 45, 168, "$0$", size=13)
    text(ax, 411, 180, r"$h_t = \mathrm{GRU}(\mathrm{emb}(x_t), h_{t-1})$", size=12.5)
    for t, (x, (word, gloss)) in enumerate(zip(COLUMNS, SOURCE), 1):
        token(ax, x, 60, word, "blue")
        text(ax, x, 84, gloss, size=11, color=QUIET)
        arrow(ax, (x, 94), (x, 112))
        cells(ax, x, 120, 5, "blue", seed=t)
        arrow(ax, (x, 128), (x, 161))
        state(ax, x, 180, rf"$h_{t}^{{src}}$", "blue")
        arrow(ax, (x - 51, 180), (x - 26, 180))


def draw_decoder(ax):
    card(ax, 286, 478, "vermilion", "Decoder", "reads the word before (dashed)")
    label(ax, 348, "input", r"$[BOS; Y_{:-1}]$", r"$(T_t, B)$")
    label(ax, 394, "embedding", r"$(T_t, B, E)$")
    label(ax, 441, "GRU", r"$H^{tgt}$", r"$(T_t, B, H)$")
    for t, (x, word) in enumerate(zip(COLUMNS, ["BOS", *TARGET[:-1]]), 1):
        token(ax, x, 348, word, "vermilion")
        arrow(ax, (x, 363), (x, 386))
        cells(ax, x, 394, 5, "vermilion", seed=10 + t)
        arrow(ax, (x, 402), (x, 422))
        state(ax, x, 441, rf"$h_{t}^{{tgt}}$", "vermilion")
        if t > 1:
            arrow(ax, (x - 51, 441), (x - 26, 441))


def draw_sentence_vector(ax):
    x, y = COLUMNS[2], 250
    arrow(ax, (x, 199), (x, y - 9), width=2)
    cells(ax, x - 59, y, 14, "purple", seed=9, size=13)
    text(ax, 414, y - 9, "the sentence vector", size=13)
    text(ax, 414, y + 10, "$h_3^{src} = h_0^{tgt}$   $(L, B, H)$", size=12.5)
    bend(ax, [(x - 150, y), (107, y), (107, 441), (COLUMNS[0] - 26, 441)], width=2)


def draw_generator(ax):
    card(ax, 490, 728, "green", "Generator")
    label(ax, 548, "linear", r"$W h_t + b$", r"$(T_t, B, V)$")
    label(ax, 616, "softmax", r"$P(y_t | X, y_{<t})$")
    label(ax, 688, "output", r"$Y\;(T_t, B)$")
    for t, (x, word) in enumerate(zip(COLUMNS, TARGET), 1):
        arrow(ax, (x, 460), (x, 537))
        cells(ax, x, 546, 6, "green", seed=20 + t)
        arrow(ax, (x, 554), (x, 578))
        bars(ax, x, 636, best=t - 1)
        arrow(ax, (x, 641), (x, 673))
        token(ax, x, 688, word, "green")
        text(ax, x, 713, f"$y_{t}$", size=13)
    text(
        ax,
        WIDTH / 2,
        757,
        r"$P(Y\,|\,X) = \prod_{t=1}^{m} P(y_t\,|\,X, y_{<t})$",
        size=17,
    )


def draw_shift(ax):
    """Each word of the output is the input of the next step."""
    for x, following in pairwise(COLUMNS):
        gap = (x + following) / 2
        places = [(x + 27, 688), (gap, 688), (gap, 348), (following - 28, 348)]
        bend(ax, places, width=1.1, color=FAINT, dashes=(0, (3, 2)))


def card(ax, top, bottom, color, name, note=""):
    shape = FancyBboxPatch(
        (6, top),
        WIDTH - 12,
        bottom - top,
        boxstyle="round,pad=0,rounding_size=10",
        fc=TINTS[color],
        ec="none",
    )
    ax.add_patch(shape)
    ax.text(16, top + 23, name, size=16, color=COLORS[color])
    ax.text(WIDTH - 18, top + 23, note, size=12, color=QUIET, ha="right")


def label(ax, y, name, *symbols):
    """Name a row at the left, with its symbol and shape below."""
    lines = [name, *symbols]
    for i, line in enumerate(lines):
        ax.text(16, y + 16 * (i - (len(lines) - 1) / 2) + 4, line, size=12.5)


def text(ax, x, y, words, size, color=INK):
    """Write `words` around x, so that y is the middle of a small letter."""
    ax.text(x, y + 0.3 * size, words, size=size, color=color, ha="center")


def token(ax, x, y, word, color):
    box(ax, x, y, 54, 28, "white", COLORS[color], rounding=14)
    text(ax, x, y, word, size=14)


def state(ax, x, y, symbol, color):
    box(ax, x, y, 50, 36, COLORS[color], COLORS[color], rounding=6)
    text(ax, x, y, symbol, size=15, color="white")


def box(ax, x, y, width, height, fill, edge, rounding):
    style = f"round,pad=0,rounding_size={rounding}"
    ax.add_patch(
        FancyBboxPatch(
            (x - width / 2, y - height / 2),
            width,
            height,
            boxstyle=style,
            fc=fill,
            ec=edge,
            lw=1.3,
        )
    )


def cells(ax, x, y, count, color, seed, size=10):
    """Draw a vector: `count` squares, lighter and darker."""
    shades = np.random.default_rng(seed).uniform(0.15, 0.95, count)
    for i, shade in enumerate(shades):
        left = x + (i - count / 2) * size
        ax.add_patch(Rectangle((left, y - size / 2), size, size, fc="white", ec="none"))
        ax.add_patch(
            Rectangle(
                (left, y - size / 2),
                size,
                size,
                fc=(COLORS[color], shade),
                ec=COLORS[color],
                lw=0.7,
            )
        )


def bars(ax, x, y, best):
    """Draw a distribution over five words of the vocabulary, the word `best` the likeliest."""
    heights = np.full(5, 5.0)
    heights[best] = 44
    for i, height in enumerate(heights):
        fill = COLORS["green"] if i == best else "#A9D9CA"
        ax.add_patch(
            Rectangle((x - 25 + 10 * i, y - height), 8.5, height, fc=fill, ec="none")
        )
    ax.plot([x - 27, x + 26], [y, y], color=INK, lw=0.8, ls="-")


def arrow(ax, start, end, width=1.2, color=INK):
    ax.add_patch(
        FancyArrowPatch(
            start,
            end,
            arrowstyle="-|>",
            mutation_scale=7 + 2 * width,
            shrinkA=0,
            shrinkB=0,
            lw=width,
            color=color,
        )
    )


def bend(ax, points, width=1.2, color=INK, dashes="-"):
    """Draw a line through `points` that ends in an arrow."""
    ax.plot(
        *zip(*points[:-1]), color=color, lw=width, ls=dashes, solid_joinstyle="miter"
    )
    arrow(ax, points[-2], points[-1], width=width, color=color)


if __name__ == "__main__":
    main()
