"""Draw what attention changes, one vector beside all states: python figures/attention.py"""

from pathlib import Path

from architecture import QUIET, TARGET, arrow, bend, box, cells, text
from matplotlib.patches import FancyBboxPatch

from s2s_np.plot import COLORS, FAINT, INK, canvas, save_svg

WIDTH, HEIGHT = 520, 490  # points; also the units of all places below
GROUND = "#F6F6F6"
PANEL = 254  # its width
SOURCE = [("나는", "I-topic"), ("학교에", "school-to"), ("간다", "go")]
SOURCE_PLACES = [52, 127, 202]  # from a panel's left edge
TARGET_PLACES = [27, 77, 127, 177, 227]
LOOKING = 3  # the step that is drawn in full: the one that says "school"
WEIGHTS = [0.05, 0.9, 0.05]
TITLE = "One vector, or a look back at every step"
DESCRIPTION = (
    "Left: the encoder reads 나는, 학교에, 간다. Its last state alone, a vector of H numbers, goes on to the decoder, "
    "which says I, go, to, school, EOS. Right: all three states of the encoder are kept, and each of the five steps "
    "of the decoder looks back at all of them. The step that says school gives the weight 0.90 to the state of 학교에 "
    "and 0.05 to each of the other two."
)


def main():
    figure, ax = canvas(WIDTH, HEIGHT)
    left, right = 3, WIDTH - PANEL - 3
    draw_panel(ax, left, "One vector", "$H$ numbers for any length $n$")
    draw_panel(ax, right, "Attention", r"$n \cdot H$ numbers, all in reach")
    draw_bottleneck(ax, left)
    draw_looks(ax, right)
    save_svg(figure, Path(__file__).with_suffix(".svg"), TITLE, DESCRIPTION)


def draw_panel(ax, left, name, note):
    """Draw what both have: the encoder's three steps above, the decoder's five below."""
    shape = FancyBboxPatch(
        (left, 3), PANEL, HEIGHT - 6, boxstyle="round,pad=0,rounding_size=10", fc=GROUND, ec="none"
    )  # fmt: skip
    ax.add_patch(shape)
    middle = left + PANEL / 2
    text(ax, middle, 24, name, size=17)
    for t, (x, (word, gloss)) in enumerate(zip(SOURCE_PLACES, SOURCE), 1):
        x += left
        text(ax, x, 56, word, size=15)
        text(ax, x, 76, gloss, size=12, color=QUIET)
        arrow(ax, (x, 87), (x, 105))
        small_state(ax, x, 122, rf"$h_{t}^{{src}}$", "blue", 42)
        if t > 1:
            arrow(ax, (x - 54, 122), (x - 22, 122))
    for t, (x, word) in enumerate(zip(TARGET_PLACES, TARGET), 1):
        x += left
        small_state(ax, x, 350, rf"$h_{t}^{{tgt}}$", "vermilion", 37)
        arrow(ax, (x, 368), (x, 386))
        text(ax, x, 399, word, size=14)
        if t > 1:
            arrow(ax, (x - 31, 350), (x - 19, 350), width=0.9)
    text(ax, middle, 465, note, size=14)


def draw_bottleneck(ax, left):
    """Only the last state goes on, and it is where the decoder starts."""
    x, middle = left + SOURCE_PLACES[-1], left + PANEL / 2
    bend(ax, [(x, 140), (x, 190), (middle, 190), (middle, 213)], width=2)
    cells(ax, middle, 222, 14, "purple", seed=9, size=14)
    text(ax, middle, 250, r"$h_0^{tgt} = h_3^{src}$", size=15)
    first = left + TARGET_PLACES[0]
    bend(ax, [(left + 29, 222), (first - 8, 222), (first - 8, 332)], width=2)


def draw_looks(ax, left):
    """Every step of the decoder looks at every state; one step with its weights and its sum."""
    for t, x in enumerate(TARGET_PLACES):
        for x_source in SOURCE_PLACES:
            if t != LOOKING:
                ends = [left + x_source, left + x], [141, 332]
                ax.plot(*ends, color=FAINT, lw=0.7, ls=(0, (3, 3)))
    x = TARGET_PLACES[LOOKING]
    for x_source, weight in zip(SOURCE_PLACES, WEIGHTS):
        ends = [left + x_source, left + x], [141, 332]
        ax.plot(*ends, color=COLORS["purple"], lw=1 + 5 * weight, ls="-")
        label(ax, left + x_source, 178, f"{weight:.2f}")
    text(ax, left + PANEL / 2, 430, r"$c_4 = \sum_i\, a_{4,i}\, h_i^{src}$", size=15)


def label(ax, x, y, words):
    """Write on a plate, so that no line runs through the letters."""
    plate = {"boxstyle": "round,pad=0.25", "fc": GROUND, "ec": "none"}
    ax.text(x, y, words, size=13, color=INK, ha="center", va="center", bbox=plate)


def small_state(ax, x, y, symbol, color, width):
    box(ax, x, y, width, 34, COLORS[color], COLORS[color], rounding=6)
    text(ax, x, y, symbol, size=14, color="white")


if __name__ == "__main__":
    main()
