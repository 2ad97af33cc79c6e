"""Draw how four blocks share two steps of a GRU on a GPU: python figures/recurrence_on_gpu.py"""

from pathlib import Path

from architecture import QUIET, arrow, box, text
from matplotlib.patches import Rectangle

from s2s_np.plot import COLORS, FAINT, canvas, save_svg

WIDTH, HEIGHT = 500, 370  # points; also the units of all places below
BLOCKS = [104, 172, 240, 308]  # the middle of each block's row
STATES = [166, 316, 466]  # where h_0, h_1 and h_2 stand
STEPS = [241, 391]  # the middle of each step's boxes
TITLE = "One launch for all steps: weights stay, states travel"
DESCRIPTION = (
    "Four blocks stand one above the other. Each keeps its rows of the weights of the gates r, z and n in its shared "
    "memory, at the left, for all steps. In step 1 every block reads all of the state h_0, multiplies it with its own "
    "rows, computes the gates of its units and writes its quarter of h_1. A barrier, a dashed line, holds every block "
    "until all of h_1 is written. Step 2 does the same from h_1 to h_2, with the same weights."
)


def main():
    figure, ax = canvas(WIDTH, HEIGHT)
    text(ax, 72, 22, "shared memory", size=12.5)
    text(ax, 72, 39, "loaded once", size=11, color=QUIET)
    for step, x in enumerate(STEPS, 1):
        text(ax, x - 6, 22, f"step {step}", size=12.5)
    for block, y in enumerate(BLOCKS):
        draw_block(ax, block, y)
    for step, x in enumerate(STATES):
        draw_state(ax, step, x)
    for x, start, end in zip(STEPS, STATES, STATES[1:]):
        draw_step(ax, x, start, end)
    save_svg(figure, Path(__file__).with_suffix(".svg"), TITLE, DESCRIPTION)


def draw_block(ax, block, y):
    """A block's name and its rows of W_hh: one stripe a gate."""
    ax.add_patch(Rectangle((8, y - 29), 128, 58, fc="#E6F1F8", ec="none"))
    text(ax, 34, y - 8, "block", size=12)
    text(ax, 34, y + 9, f"{block}", size=12)
    for i, gate in enumerate("rzn"):
        top = y - 22 + 15 * i
        ax.add_patch(
            Rectangle((62, top), 66, 13, fc="white", ec=COLORS["blue"], lw=1.1)
        )
        text(ax, 95, top + 6.5, f"$W_{{h{gate}}}$ rows", size=10.5)


def draw_state(ax, step, x):
    """A state, a quarter of its units beside each block."""
    for y in BLOCKS:
        ax.add_patch(
            Rectangle(
                (x - 8, y - 30), 16, 60, fc="#F3DDEA", ec=COLORS["purple"], lw=1.3
            )
        )
    text(ax, x, BLOCKS[-1] + 46, f"$h_{step}$", size=14)
    if step:
        ax.plot(
            [x + 15, x + 15],
            [58, BLOCKS[-1] + 36],
            color=COLORS["vermilion"],
            lw=2,
            ls=(0, (4, 2)),
        )
        text(ax, x + 2, 58 - 10, "barrier", size=11.5, color=COLORS["vermilion"])


def draw_step(ax, x, start, end):
    """Every block reads the whole state and writes its own part of the next."""
    left = start + (15 if start != STATES[0] else 8)
    for y in BLOCKS:
        for other in BLOCKS:
            ax.plot([left, x - 30], [other, y], color=FAINT, lw=0.7, ls="-")
    for y in BLOCKS:
        box(ax, x - 4, y, 52, 44, COLORS["blue"], COLORS["blue"], rounding=5)
        text(ax, x - 4, y - 9, r"$W h + b$", size=11, color="white")
        text(ax, x - 4, y + 9, "gates", size=11, color="white")
        arrow(ax, (x + 23, y), (end - 9, y), width=1.8)


if __name__ == "__main__":
    main()
