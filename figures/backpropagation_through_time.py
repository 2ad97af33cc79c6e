"""Draw three steps of a recurrent layer, values forwards and gradients backwards:
python figures/backpropagation_through_time.py"""

from pathlib import Path

from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch

from s2s_np.plot import COLORS, INK, canvas, save_svg

WIDTH, HEIGHT = 540, 420  # points; also the units of all places below
STEPS = [112, 250, 388]  # the middle of each step
GAP = 69  # from a step to the state that it makes
CHAIN = 196  # the height of steps and states
UP, DOWN = COLORS["blue"], COLORS["vermilion"]  # values; gradients
DASHES = (0, (3.5, 2))
TITLE = "Backpropagation through time"
DESCRIPTION = (
    "A chain of three steps from left to right. Solid arrows carry values: the state h_0 and the input x_1 enter the "
    "first step, which makes h_1; h_1 goes up as output_1 and right into the second step, and so on to h_3 = h_n. "
    "The same weights enter every step. Dashed arrows carry gradients the other way: at each state what comes down "
    "from the output and what comes back from the next step are added; each step sends a gradient to its input, to "
    "the state before it, and down to one sum, which is the gradient of the weights."
)


def main():
    figure, ax = canvas(WIDTH, HEIGHT)
    bar(ax, 28, "the weights, the same at every step", UP)
    bar(ax, 344, r"their gradient: $d_W = d_W^{(1)} + d_W^{(2)} + d_W^{(3)}$", DOWN)
    state(ax, STEPS[0] - GAP, "$h_0$")
    text(ax, STEPS[0] - GAP, CHAIN + 36, "$d_{h_0}$", DOWN)
    for t, x in enumerate(STEPS, 1):
        draw_step(ax, x, t)
        draw_state(ax, x + GAP, t)
    draw_end(ax, STEPS[-1] + GAP)
    draw_legend(ax)
    save_svg(figure, Path(__file__).with_suffix(".svg"), TITLE, DESCRIPTION)


def draw_step(ax, x, t):
    box(ax, x, CHAIN, 62, 46, "white", INK)
    text(ax, x, CHAIN, f"step {t}")
    value(ax, (x - GAP + 18, CHAIN - 9), (x - 31, CHAIN - 9))
    gradient(ax, (x - 31, CHAIN + 9), (x - GAP + 18, CHAIN + 9))
    value(ax, (x, 42), (x, CHAIN - 23))
    value(ax, (x - 24, 262), (x - 24, CHAIN + 23))
    gradient(ax, (x - 10, CHAIN + 23), (x - 10, 262))
    text(ax, x - 17, 275, f"$x_{t}$")
    text(ax, x + 8, 246, f"$d_{{x_{t}}}$", DOWN)
    gradient(ax, (x + 24, CHAIN + 23), (x + 24, 329))
    text(ax, x + 44, 306, f"$d_W^{{({t})}}$", DOWN)


def draw_state(ax, x, t):
    state(ax, x, f"$h_{t}$")
    value(ax, (x - GAP + 31, CHAIN - 9), (x - 18, CHAIN - 9))
    gradient(ax, (x - 18, CHAIN + 9), (x - GAP + 31, CHAIN + 9))
    value(ax, (x - 7, CHAIN - 19), (x - 7, 116))
    gradient(ax, (x + 7, 116), (x + 7, CHAIN - 19))
    text(ax, x, 101, rf"$\mathrm{{output}}_{t}$")
    text(ax, x + 38, 144, rf"$d_{{\mathrm{{output}}_{t}}}$", DOWN)
    text(ax, x, CHAIN + 30, "+", DOWN, size=17)


def draw_end(ax, x):
    value(ax, (x + 18, CHAIN - 9), (x + 50, CHAIN - 9))
    gradient(ax, (x + 50, CHAIN + 9), (x + 18, CHAIN + 9))
    text(ax, x + 64, CHAIN - 11, "$h_n$")
    text(ax, x + 66, CHAIN + 11, "$d_{h_n}$", DOWN)


def draw_legend(ax):
    value(ax, (96, 396), (134, 396))
    ax.text(142, 400, "values, forwards", size=12.5, color=INK)
    gradient(ax, (332, 396), (294, 396))
    ax.text(340, 400, "gradients, backwards", size=12.5, color=INK)


def bar(ax, y, words, color):
    """Draw what all steps share, as wide as they are."""
    left, right = STEPS[0] - 40, STEPS[-1] + 40
    box(ax, (left + right) / 2, y, right - left, 28, "white", color)
    text(ax, (left + right) / 2, y, words)


def state(ax, x, symbol):
    ax.add_patch(Circle((x, CHAIN), 18, fc="#E6F1F8", ec=INK, lw=1.2))
    text(ax, x, CHAIN, symbol)


def box(ax, x, y, width, height, fill, edge):
    shape = FancyBboxPatch(
        (x - width / 2, y - height / 2),
        width,
        height,
        boxstyle="round,pad=0,rounding_size=6",
        fc=fill,
        ec=edge,
        lw=1.3,
    )
    ax.add_patch(shape)


def text(ax, x, y, words, color=INK, size=14):
    """Write `words` around x, so that y is the middle of a small letter."""
    ax.text(x, y + 0.3 * size, words, size=size, color=color, ha="center")


def value(ax, start, end):
    arrow(ax, start, end, UP, "-")


def gradient(ax, start, end):
    arrow(ax, start, end, DOWN, DASHES)


def arrow(ax, start, end, color, dashes):
    shape = FancyArrowPatch(
        start,
        end,
        arrowstyle="-|>",
        mutation_scale=9,
        shrinkA=0,
        shrinkB=0,
        lw=1.4,
        color=color,
        linestyle=dashes,
    )
    ax.add_patch(shape)


if __name__ == "__main__":
    main()
