import subprocess
import sys
import warnings
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot as plt

from s2s_np import plot

matplotlib.use("Agg")

HISTORY = {"train_loss": [2.0, 1.0, 0.5], "valid_loss": [2.1, 1.2, 0.9]}


@pytest.fixture(autouse=True)
def book_style():
    with matplotlib.rc_context():
        plot.style()
        yield
    plt.close("all")


@pytest.fixture
def clouds():
    return np.array([[0.0, 0.0], [1.0, 1.0], [0.5, 0.0]]), ["past", "future", "past"]


def test_korean_is_drawn_from_the_font_and_not_as_empty_boxes():
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib warns of a glyph that no font has
        figure, ax = plt.subplots()
        ax.set_title("나는 학교에 간다 → ŷ₁ = −θ")
        figure.canvas.draw()


RGB_TO_XYZ = [
    [0.4125, 0.3576, 0.1804],
    [0.2127, 0.7152, 0.0722],
    [0.0193, 0.1192, 0.9503],
]
# Machado, Oliveira and Fernandes (2009), table 1, severity 1.0: what each of the three sees of a linear RGB colour.
COLOR_VISION = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def seen(color, vision):
    """The CIELAB coordinates of a colour as `vision` sees it."""
    rgb = np.array(matplotlib.colors.to_rgb(color))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = (
        RGB_TO_XYZ
        @ np.clip(COLOR_VISION[vision] @ linear, 0, 1)
        / np.sum(RGB_TO_XYZ, axis=1)
    )
    x, y, z = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("vision", COLOR_VISION)
def test_the_colors_stay_apart_for_a_color_blind_reader(vision):
    colors = [seen(color, vision) for color in plot.COLORS.values()]
    just_noticeable = 2.3  # Mahy, Van Eycken and Oosterlinck (1994)
    assert (
        min(np.linalg.norm(a - b) for i, a in enumerate(colors) for b in colors[:i])
        > 6 * just_noticeable
    )


def test_each_color_has_dashes_and_a_marker_of_its_own():
    assert len(plot.COLORS) == len(set(map(str, plot.DASHES))) == len(set(plot.MARKERS))


def test_a_learning_curve_has_a_line_for_each_loss_and_starts_at_epoch_one():
    ax = plot.learning_curve(HISTORY)
    assert [line.get_label() for line in ax.lines] == ["training", "validation"]
    assert list(ax.lines[1].get_xdata()) == [1, 2, 3]
    assert list(ax.lines[1].get_ydata()) == HISTORY["valid_loss"]
    assert ax.lines[0].get_linestyle() != ax.lines[1].get_linestyle()


def test_a_learning_curve_without_validation_has_one_line():
    ax = plot.learning_curve({"train_loss": [2.0, 1.0], "valid_loss": [None, None]})
    assert [line.get_label() for line in ax.lines] == ["training"]


def test_a_projection_draws_each_label_as_one_group_with_all_its_points(clouds):
    ax = plot.projection(*clouds)
    assert [group.get_label() for group in ax.lines] == ["past", "future"]
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), [[0, 0], [0.5, 0]])


def test_the_groups_of_a_projection_differ_in_marker_and_not_in_color_alone(clouds):
    first, second = plot.projection(*clouds).lines
    assert first.get_marker() != second.get_marker()
    assert first.get_color() != second.get_color()


def test_a_projection_writes_the_texts_beside_their_points(clouds):
    ax = plot.projection(*clouds, texts=["갔다", "갈 것이다", "왔다"])
    assert [(text.get_text(), tuple(text.xy)) for text in ax.texts] == [
        ("갔다", (0, 0)),
        ("갈 것이다", (1, 1)),
        ("왔다", (0.5, 0)),
    ]


def test_a_projection_goes_into_the_axes_it_is_given(clouds):
    _, ax = plt.subplots()
    assert plot.projection(*clouds, ax=ax) is ax


def test_a_projection_refuses_labels_that_do_not_fit_the_points(clouds):
    with pytest.raises(ValueError, match="3 points, but 2 labels"):
        plot.projection(clouds[0], clouds[1][:2])


def test_a_canvas_is_measured_in_points_from_the_top_left_corner():
    figure, ax = plot.canvas(144, 72)
    assert figure.get_size_inches().tolist() == [2, 1]
    figure.dpi = 72
    assert ax.transData.transform((0, 0)).tolist() == [0, 72]
    assert ax.transData.transform((144, 72)).tolist() == [144, 0]
    assert not ax.axison


def test_an_svg_is_the_same_at_every_run_and_says_what_it_shows(tmp_path):
    for name in ("a.svg", "b.svg"):
        plot.save_svg(
            plot.learning_curve(HISTORY).figure,
            tmp_path / name,
            "Learning",
            "Both losses < 1 at the end.",
        )
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    root = ElementTree.parse(tmp_path / "a.svg").getroot()
    assert root.find("{*}title").text == "Learning"
    assert root.find("{*}desc").text == "Both losses < 1 at the end."


def test_an_svg_holds_its_text_as_outlines_so_that_it_needs_no_font(tmp_path):
    figure, ax = plt.subplots()
    ax.set_title("학교")
    plot.save_svg(figure, tmp_path / "a.svg", "School", "The word for school.")
    assert ElementTree.parse(tmp_path / "a.svg").getroot().find(".//{*}text") is None


def test_without_matplotlib_the_style_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ModuleNotFoundError, match="pip install matplotlib"):
        plot.style()


def test_without_the_font_the_style_says_what_to_install(monkeypatch):
    monkeypatch.setattr(plot, "FONT_PACKAGE", "a-package-that-is-not-there")
    with pytest.raises(
        ModuleNotFoundError, match="pip install a-package-that-is-not-there"
    ):
        plot.style()


def test_importing_the_module_does_not_import_matplotlib():
    code = "import sys, s2s_np.plot; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
