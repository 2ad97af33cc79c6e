"""The style of the book's pictures: one palette, one font that shows Korean, one width (book: index).

The colours are those of Okabe and Ito (2008), which stay apart for colour-blind readers; beside its colour each
line has its own dashes and each group of points its own marker, so that a picture can be read without colour.
The ground is white: in dark mode a picture stands on a light card.
"""

from importlib.metadata import files
from itertools import cycle
from xml.sax.saxutils import escape

COLORS = {
    "blue": "#0072B2", "vermilion": "#D55E00", "green": "#009E73", "purple": "#CC79A7",
    "orange": "#E69F00", "sky": "#56B4E9", "black": "#000000",
}  # fmt: skip
DASHES = ["-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1))]
MARKERS = ["o", "^", "s", "D", "v", "P", "X"]
INK, FAINT = "#222222", "#8A8A8A"
FONT_PACKAGE, FONT_FILE = "pylopdf-fonts-ko", "NotoSansKR-Regular.otf"


def style():
    """Give matplotlib the book's style, for all the pictures that follow.

    Raises ModuleNotFoundError, with the command that installs it, where matplotlib or the font is missing.
    """
    matplotlib = _matplotlib()
    matplotlib.rcParams.update({
        "font.family": [_korean_font(), "DejaVu Sans"],
        "font.size": 10, "axes.titlesize": 11, "axes.titlepad": 10, "legend.fontsize": 9,
        "text.color": INK, "axes.labelcolor": INK, "axes.edgecolor": INK, "xtick.color": INK, "ytick.color": INK,
        "figure.figsize": (6, 3.6), "figure.dpi": 220, "savefig.dpi": 220, "figure.constrained_layout.use": True,
        "figure.facecolor": "white", "axes.facecolor": "white", "savefig.facecolor": "white",
        "axes.prop_cycle": matplotlib.cycler(color=list(COLORS.values())) + matplotlib.cycler(linestyle=DASHES),
        "axes.spines.top": False, "axes.spines.right": False, "axes.axisbelow": True,
        "axes.grid": True, "grid.color": "#DDDDDD", "grid.linewidth": 0.6, "legend.edgecolor": "none",
        "lines.linewidth": 1.6, "lines.markersize": 5, "image.cmap": "cividis", "axes.unicode_minus": True,
        "mathtext.fontset": "cm", "svg.fonttype": "path", "svg.hashsalt": "s2s_np",
    })  # fmt: skip


def learning_curve(history, ax=None):
    """Draw the losses that `fit` returned, one point an epoch, and return the axes."""
    ax = _axes(ax)
    for name, label in (("train_loss", "training"), ("valid_loss", "validation")):
        if any(loss is not None for loss in history[name]):
            ax.plot(range(1, len(history[name]) + 1), history[name], label=label)
    ax.set(xlabel="epoch", ylabel="loss (nats a token)", ylim=(0, None))
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.legend()
    return ax


def projection(points, labels, texts=None, ax=None):
    """Draw `points (N, 2)`, the N vectors in the plane, in groups of the same label, and return the axes.

    labels: N strings; each group has a colour and a marker of its own
    texts: N strings to write beside the points, or None
    """
    if len(points) != len(labels):
        raise ValueError(
            f"{len(points)} points, but {len(labels)} labels; expected one label a point"
        )
    ax = _axes(ax)
    size = 6 if len(points) < 200 else 3.5
    groups = dict.fromkeys(labels)
    for group, color, marker in zip(groups, cycle(COLORS.values()), cycle(MARKERS)):
        x, y = zip(*(point for point, label in zip(points, labels) if label == group))
        ax.plot(x, y, marker, color=color, ms=size, mew=0, alpha=0.85, label=group)
    for point, text in zip(points, texts or ()):
        ax.annotate(text, point, xytext=(5, 3), textcoords="offset points", fontsize=9)
    ax.set(xlabel="first principal axis", ylabel="second principal axis")
    below = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.16)}
    ax.legend(**below, ncols=min(len(groups), 3), markerscale=6 / size)
    return ax


def canvas(width, height):
    """Return a figure to draw on in points, from the top left corner, and its axes, which do not show."""
    style()
    from matplotlib import pyplot

    figure = pyplot.figure(figsize=(width / 72, height / 72), layout="none")
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, width), ylim=(height, 0))
    ax.axis("off")
    return figure, ax


def save_svg(figure, path, title, description):
    """Write `figure` as an SVG that is the same at every run and says in words what it shows."""
    figure.savefig(
        path, format="svg", metadata={"Title": title, "Date": None, "Creator": None}
    )
    desc = f"<desc>{escape(description)}</desc>"
    text = path.read_text(encoding="utf-8").replace("</title>", f"</title>\n {desc}", 1)
    path.write_text(
        "\n".join(line.rstrip() for line in text.splitlines()) + "\n", encoding="utf-8"
    )


def _axes(ax):
    """Return `ax`, or the axes of a new figure."""
    if ax is not None:
        return ax
    _matplotlib()
    from matplotlib import pyplot

    return pyplot.subplots()[1]


def _matplotlib():
    """Return matplotlib, which only the pictures need."""
    try:
        import matplotlib
    except ImportError as error:
        raise ModuleNotFoundError(
            f"pictures need matplotlib: pip install matplotlib {FONT_PACKAGE}"
        ) from error
    return matplotlib


def _korean_font():
    """Register the Korean font with matplotlib and return its name."""
    from matplotlib import font_manager

    try:
        path = next(
            file.locate() for file in files(FONT_PACKAGE) if file.name == FONT_FILE
        )
    except ImportError as error:
        raise ModuleNotFoundError(
            f"pictures need a Korean font: pip install {FONT_PACKAGE}"
        ) from error
    font_manager.fontManager.addfont(path)
    return font_manager.FontProperties(fname=path).get_name()
