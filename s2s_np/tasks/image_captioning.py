"""Image captioning: scenes of handwritten digits, and what stands where (book: applications/image_captioning).

    a 7 in the upper right corner, a 3 in the lower left      "three below and left of seven"

The digits are 1,797 real ones of 8 × 8 pixels that come with scikit-learn. Two of them are put on a canvas of 24 × 24,
each near the middle of one of nine squares. The caption names the smaller digit first, of two alike the upper or, in
one row, the left one: so every scene has exactly one right caption, and the words stand in another order than the
pixels.

A reader of images is one of two. `patches` turns an image into a sequence of nine frames for the model of all other
pages; a `ConvolutionalCaptioner` takes the whole image and has a convolutional network where the encoder was.
"""

import itertools
from collections import Counter
from typing import NamedTuple

import numpy as np

from ..array import array_module
from ..convolution import convolution, init_convolution, max_pool, relu
from ..seq2seq import Seq2Seq
from ..tree import tree_map

NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")  # fmt: skip
VERTICAL = {-1: "above", 0: "", 1: "below"}
HORIZONTAL = {-1: "left of", 0: "", 1: "right of"}
DIGIT, GRID = 8, 3  # pixels of a digit's side, squares of the canvas's side
SIDE = DIGIT * GRID  # of the canvas
JITTER = 1  # pixels that a digit may lie off its square, in each direction
FILTERS = (16, 32)  # of the two convolutions
AT_ONCE = 256  # images whose nearest is looked for side by side
CELLS = tuple(itertools.product(range(GRID), repeat=2))


class Digits(NamedTuple):
    """Handwritten digits.

    images: (N, 8, 8), from 0 (paper) to 1 (ink)
    labels: (N,) integers 0 to 9
    numbers: (N,) which of scikit-learn's 1,797 each is, or was made from
    """

    images: np.ndarray
    labels: np.ndarray
    numbers: np.ndarray


class Scene(NamedTuple):
    """An image and what is true of it.

    image: (24, 24), from 0 to 1
    facts: captions, one for every two of its digits
    digits, cells, numbers: of each digit its value, its square (row, column) and which image it is
    """

    image: np.ndarray
    facts: tuple
    digits: tuple
    cells: tuple
    numbers: tuple

    @property
    def caption(self):
        """The caption of a scene of two digits."""
        (caption,) = self.facts
        return caption


def split_digits(valid_size=200, test_size=400, seed=0):
    """Return three `Digits`, to train, to validate and to test with: every image is in one of them.

    Raises ValueError for sizes below 1 or that leave nothing to train with, ModuleNotFoundError without scikit-learn.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise ModuleNotFoundError(
            "the digits come with scikit-learn: pip install scikit-learn"
        ) from error
    images, labels = load_digits(return_X_y=True)
    images = (images / 16).astype(np.float32).reshape(-1, DIGIT, DIGIT)
    _check_at_least(valid_size=(valid_size, 1), test_size=(test_size, 1))
    if valid_size + test_size >= len(images):
        raise ValueError(
            f"valid_size and test_size are {valid_size} and {test_size}; with {len(images)} images nothing is left to"
            " train with"
        )
    order = np.random.default_rng(seed).permutation(len(images))
    test, valid, train = np.split(order, [test_size, test_size + valid_size])
    return tuple(Digits(images[n], labels[n], n) for n in (train, valid, test))


def warp(digits, copies, seed=0, turn=0.2, stretch=0.15):
    """Return `digits` and `copies` of each as another hand might have written it: turned, leaning, wider or narrower.

        A = [[cos β, −sin α], [sin α, cos β]] · [[1 + s₁, s₂], [0, 1 + s₃]]        for `resample`

    With β = α the first factor would be a turn by α and no more; as it is, a turned digit is also a little larger or
    smaller.

    Arguments
        turn: largest angles α and β, in radians, drawn apart
        stretch: largest s₁, s₂, s₃
    """
    rng = np.random.default_rng(seed)
    images, labels, numbers = (np.repeat(array, copies, axis=0) for array in digits)
    beta, alpha = rng.uniform(-turn, turn, (2, len(labels)))
    s1, s2, s3 = rng.uniform(-stretch, stretch, (3, len(labels)))
    cos, sin = np.cos(beta), np.sin(alpha)
    rotation = np.array([[cos, -sin], [sin, cos]])
    shape = np.array([[1 + s1, s2], [np.zeros(len(labels)), 1 + s3]])
    A = np.einsum("ijn,jkn->nik", rotation, shape)
    made = (resample(images, A), labels, numbers)
    return Digits(*map(np.concatenate, zip(digits, made)))


def resample(images, A):
    """Return images (N, 8, 8) seen through linear maps `A (N, 2, 2)`.

        ink'(u) = ink(A u),    u = (row, column), measured from the middle

    Between pixels the ink is interpolated linearly; outside of the image is paper.
    """
    middle = (DIGIT - 1) / 2
    u = np.indices((DIGIT, DIGIT)).reshape(2, -1) - middle  # (2, 64)
    at = A @ u + middle + 1  # (N, 2, 64), in an image with a rim of paper
    at = at.clip(0, DIGIT + 1 - 1e-6)
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    low = at.astype(int)
    far = at - low  # from 0, at the pixel before, to 1, at the one behind
    n = np.arange(len(images))[:, None]
    seen = np.zeros((len(images), DIGIT**2))
    for i, j in np.ndindex(2, 2):
        share = np.abs(1 - i - far[:, 0]) * np.abs(1 - j - far[:, 1])
        seen += share * padded[n, low[:, 0] + i, low[:, 1] + j]
    return seen.reshape(images.shape).astype(images.dtype)


def describe(digit, cell, other, other_cell):
    """Return the caption for two digits in two squares `(row, column)`.

    describe(7, (0, 2), 3, (1, 0))      "three below and left of seven"
    """
    (digit, cell), (other, other_cell) = sorted([(digit, cell), (other, other_cell)])
    down, right = np.sign(np.subtract(cell, other_cell)).tolist()
    relation = " and ".join(filter(None, (VERTICAL[down], HORIZONTAL[right])))
    return f"{NUMBERS[digit]} {relation} {NUMBERS[other]}"


def all_captions():
    """Return all 400 captions of two digits, in alphabetical order."""
    pairs = itertools.product(range(10), CELLS, range(10), CELLS)
    return sorted({describe(a, c, b, d) for a, c, b, d in pairs if c != d})


def held_out_captions(size=40):
    """Return `size` captions that are not to be trained, the same at every call: their words are, elsewhere."""
    captions = all_captions()
    chosen = np.random.default_rng(0).permutation(len(captions))[:size]
    return {captions[i] for i in chosen}


def draw_scenes(
    digits, size, seed=0, count=2, jitter=JITTER, overlap=None, captions=None
):
    """Return `size` scenes of `count` of the `digits`, drawn with repetition.

    Arguments
        count: digits in a scene
        jitter: pixels that a digit may lie off its square in each direction, if the canvas does not end there
        overlap: pixels by which the second digit, in a square beside the first, is moved towards it; None puts it
            into any square
        captions: a set; a scene that has another caption is drawn again. None takes all
    Raises ValueError for numbers that make no sense.
    """
    _check_at_least(size=(size, 1), count=(count, 2), jitter=(jitter, 0))
    if count > len(CELLS):
        raise ValueError(f"count is {count}; the canvas has {len(CELLS)} squares")
    if overlap is not None and not 0 <= overlap < DIGIT:
        raise ValueError(f"overlap is {overlap}; expected 0 to {DIGIT - 1} pixels")
    rng = np.random.default_rng(seed)
    scenes = []
    while len(scenes) < size:
        chosen = rng.integers(len(digits.labels), size=count)
        cells = tuple(CELLS[i] for i in rng.permutation(len(CELLS))[:count])
        steps = np.subtract(cells[1], cells[0])
        if overlap is not None and np.abs(steps).max() > 1:
            continue
        values = tuple(digits.labels[chosen].tolist())
        facts = tuple(
            describe(a, cell, b, other_cell)
            for (a, cell), (b, other_cell) in itertools.combinations(
                zip(values, cells), 2
            )
        )
        if captions is not None and not captions.issuperset(facts):
            continue
        off = rng.integers(-jitter, jitter + 1, (count, 2))
        corners = DIGIT * np.array(cells) + off
        corners[1] -= (overlap or 0) * np.sign(steps)
        image = compose(digits.images[chosen], corners.clip(0, SIDE - DIGIT))
        numbers = tuple(digits.numbers[chosen].tolist())
        scenes.append(Scene(image, facts, values, cells, numbers))
    return scenes


def compose(images, corners):
    """Return a canvas (24, 24) with each of `images` (8, 8) at its corner; where two overlap the darker ink shows."""
    canvas = np.zeros((SIDE, SIDE), np.float32)
    for image, (row, column) in zip(images, corners):
        part = canvas[row : row + DIGIT, column : column + DIGIT]
        np.maximum(part, image, out=part)
    return canvas


def patches(image):
    """Cut an image into the nine frames of a source sequence: `(9, 64)`, row by row.

    Raises as `check_image`.
    """
    squares = check_image(image).reshape(GRID, DIGIT, GRID, DIGIT).transpose(0, 2, 1, 3)
    return squares.reshape(GRID**2, DIGIT**2)


def check_image(image):
    """Return an image (24, 24) of numbers from 0 to 1 as float32.

    Raises ValueError for another size and for pixels that are not finite or out of range, TypeError for what holds no
    numbers.
    """
    array = np.asarray(image)
    if array.shape != (SIDE, SIDE):
        raise ValueError(
            f"the image has shape {array.shape}; expected ({SIDE}, {SIDE}): grey, one number a pixel. Scale and cut it"
            " before"
        )
    if array.dtype.kind not in "fiu":
        raise TypeError(f"the image is of type {array.dtype}; expected numbers")
    fine = np.isfinite(array) & (array >= 0) & (array <= 1)
    if not fine.all():
        row, column = np.argwhere(~fine)[0].tolist()
        raise ValueError(
            f"the image's pixel in row {row}, column {column} is {array[row, column]}; expected 0 (paper) to 1 (ink)."
            " Divide bytes by 255"
        )
    return array.astype(np.float32)


def pairs_of(scenes, read=patches):
    """Return the (source, caption) pairs of scenes of two digits: `read` makes an image into a source."""
    return [(read(scene.image), scene.caption) for scene in scenes]


def score(written, captions):
    """Compare captions with the right ones, and return three shares from 0 to 1.

    exact: captions right to the last word
    digits: of all digits in the scenes, those that the caption names, wherever it does so
    relation: captions whose words between the digits are right
    Raises ValueError where the two lists differ in length or are empty.
    """
    if len(written) != len(captions) or not captions:
        raise ValueError(
            f"written has {len(written)} captions and there are {len(captions)} right ones; expected as many, at least"
            " one"
        )
    named, digits, relations = 0, 0, 0
    for caption, right in zip(written, captions):
        (found, relation), (true, true_relation) = map(taken_apart, (caption, right))
        named += (Counter(found) & Counter(true)).total()
        digits += len(true)
        relations += relation == true_relation
    return {
        "exact": sum(map(str.__eq__, written, captions)) / len(captions),
        "digits": named / digits,
        "relation": relations / len(captions),
    }


def taken_apart(caption):
    """Return the digits that a caption names, a list, and its other words: `([2, 7], "left of")`."""
    words = caption.split()
    digits = [NUMBERS.index(word) for word in words if word in NUMBERS]
    return digits, " ".join(word for word in words if word not in NUMBERS)


def nearest(images, known, answers):
    """Return for each of `images (N, …)` the answer that belongs to the nearest of `known (M, …)`, by Euclid."""
    x, y = (np.reshape(each, (len(each), -1)) for each in (images, known))
    lengths = (y**2).sum(axis=1)
    found = []
    for start in range(0, len(x), AT_ONCE):
        some = x[start : start + AT_ONCE]
        distances = lengths - 2 * some @ y.T  # squared, but for what all M share
        found += distances.argmin(axis=1).tolist()
    return [answers[i] for i in found]


def _check_at_least(**numbers):
    """Raise ValueError for a number below its least: `size=(0, 1)`."""
    for name, (number, least) in numbers.items():
        if number < least:
            raise ValueError(f"{name} is {number}; expected at least {least}")


class ConvolutionalCaptioner(Seq2Seq):
    """The model with a convolutional network in the encoder's place, as in Show and Tell (Vinyals et al. 2015).

        h_0^tgt = image_reader(X)

    Its source is an image as a sequence of rows, `Frames(24)`. All arguments are those of `Seq2Seq`; those that are
    about an encoder that reads step by step change nothing.
    Raises ValueError for frames of another size, and for more than one layer or an LSTM: the image gives one vector.
    """

    def __init__(self, source_vocab, target_vocab, **settings):
        super().__init__(source_vocab, target_vocab, **settings)
        if getattr(source_vocab, "size", None) != SIDE:
            raise ValueError(
                f"source_vocab is {source_vocab!r}; expected Frames({SIDE}): a row of the image is a frame"
            )
        if self.config["num_layers"] > 1 or self.config["cell"] == "lstm":
            raise ValueError(
                f"num_layers is {self.config['num_layers']} and cell {self.config['cell']!r}; expected one layer"
                " whose state is one vector"
            )
        rng = np.random.default_rng([self.config["seed"], 2])
        params = init_image_reader(rng, self.config["hidden_size"])
        self.params["encoder"] = tree_map(lambda a: a.astype(self.config["dtype"]), params)  # fmt: skip

    def encode_source(self, source, lengths=None, drop=None):
        """Read images `(24, B, 24)`, rows first; return `(None, state (1, B, H)), backward`: there is no H^src."""
        source = source.astype(self.config["dtype"], copy=False)
        state, backward = image_reader(self.params["encoder"], source, drop)
        return (None, state), lambda _, d_state: backward(d_state)


def image_reader(params, rows, drop=None):
    """Turn images into vectors.

        x¹ = relu(pool(conv₁(x))),    x² = relu(pool(conv₂(x¹))),    h = tanh(W x² + b)

    Arguments
        params: {"convolution_1": …, "convolution_2": …, "linear": {"weight": (H, 1152), "bias": (H,)}}
        rows: (24, B, 24), the rows of B images
        drop: a layer `f(x) -> y, backward` for x², or None
    Returns `state (1, B, H)` and `backward(d_state) -> grads`.
    """
    xp = array_module(rows, "rows")
    x = rows.transpose(1, 0, 2)[None]  # (1, B, 24, 24)
    tape = []
    for name in ("convolution_1", "convolution_2"):
        y, convolution_backward = convolution(params[name], x)
        y, pool_backward = max_pool(y)
        x, relu_backward = relu(y)
        tape.append((name, convolution_backward, pool_backward, relu_backward))
    features = x.transpose(1, 0, 2, 3).reshape(x.shape[1], -1)  # (B, 32 · 6 · 6)
    drop_backward = None
    if drop is not None:
        features, drop_backward = drop(features)
    W, b = params["linear"]["weight"], params["linear"]["bias"]
    h = xp.tanh(features @ W.T + b)  # (B, H)
    channels, batch, *size = x.shape

    def backward(d_state):
        d_a = d_state[0] * (1 - h**2)
        grads = {"linear": {"weight": d_a.T @ features, "bias": d_a.sum(axis=0)}}
        d_features = d_a @ W
        if drop_backward is not None:
            d_features = drop_backward(d_features)
        d_x = d_features.reshape(batch, channels, *size).transpose(1, 0, 2, 3)
        for name, convolution_backward, pool_backward, relu_backward in tape[::-1]:
            d_y = pool_backward(relu_backward(d_x))
            d_x, grads[name] = convolution_backward(d_y)
        return {name: grads[name] for name in params}

    return h[None], backward


def init_image_reader(rng, hidden_size):
    """Return fresh parameters of `image_reader` for vectors of `hidden_size` numbers, float64."""
    size = FILTERS[1] * (SIDE // 4) ** 2
    bound = np.sqrt(1 / size)
    return {
        "convolution_1": init_convolution(rng, 1, FILTERS[0]),
        "convolution_2": init_convolution(rng, *FILTERS),
        "linear": {
            "weight": rng.uniform(-bound, bound, (hidden_size, size)),
            "bias": np.zeros(hidden_size),
        },
    }
