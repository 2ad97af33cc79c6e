"""Lip reading: a drawn mouth says a command, without a sound (book: applications/lip_reading).

    (T, 192) frames of a mouth          bin blue at f two now

The commands are those of the GRID corpus (Cooke, Barker, Cunningham and Shao 2006): six words, each from its own list.
A word is a row of sounds, a sound looks like one of a few mouth shapes, its *viseme*, and the mouth moves smoothly from
shape to shape. A speaker has a mouth of some size at some place of the picture; a film of it is `T` grey images of
12 × 16 pixels. Words whose visemes are the same, such as the letters p and b, cannot be told apart by anyone:
`ceiling` derives what that leaves to be read.
"""

import base64
import io
import random
from dataclasses import dataclass
from html import escape
from itertools import product
from typing import NamedTuple

import numpy as np

from .splits import check_sizes, share_out

SLOTS = {
    "command": ("bin", "lay", "place", "set"),
    "colour": ("blue", "green", "red", "white"),
    "preposition": ("at", "by", "in", "with"),
    "letter": tuple("abcdefghijklmnopqrstuvxyz"),  # w has three syllables
    "digit": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    "adverb": ("again", "now", "please", "soon"),
}  # fmt: skip

# British pronunciations, as GRID's speakers have them, in the signs of ARPAbet.
PRONUNCIATIONS = {
    "bin": "B IH N", "lay": "L EY", "place": "P L EY S", "set": "S EH T",
    "blue": "B L UW", "green": "G R IY N", "red": "R EH D", "white": "W AY T",
    "at": "AE T", "by": "B AY", "in": "IH N", "with": "W IH DH",
    "a": "EY", "b": "B IY", "c": "S IY", "d": "D IY", "e": "IY", "f": "EH F", "g": "JH IY", "h": "EY CH", "i": "AY",
    "j": "JH EY", "k": "K EY", "l": "EH L", "m": "EH M", "n": "EH N", "o": "OW", "p": "P IY", "q": "K Y UW",
    "r": "AA", "s": "EH S", "t": "T IY", "u": "Y UW", "v": "V IY", "x": "EH K S", "y": "W AY", "z": "Z EH D",
    "zero": "Z IH R OW", "one": "W AH N", "two": "T UW", "three": "TH R IY", "four": "F AO", "five": "F AY V",
    "six": "S IH K S", "seven": "S EH V AH N", "eight": "EY T", "nine": "N AY N",
    "again": "AH G EH N", "now": "N AW", "please": "P L IY Z", "soon": "S UW N",
}  # fmt: skip

# The visemes of MPEG-4 (Tekalp and Ostermann 2000) and the sounds of each; AE, AH, W and Y, which its table leaves
# out, are put with the shape that they come nearest to.
SOUNDS = {
    "p": "P B M", "f": "F V", "th": "TH DH", "t": "T D", "k": "K G", "ch": "CH JH SH ZH", "s": "S Z", "n": "N L",
    "r": "R", "A": "AA AE AH", "e": "EH", "I": "IH IY Y", "O": "AO", "U": "UW UH W",
}  # fmt: skip
VISEME_OF = {sound: viseme for viseme, sounds in SOUNDS.items() for sound in sounds.split()}  # fmt: skip
DIPHTHONGS = {"EY": ("e", "I"), "AY": ("A", "I"), "AW": ("A", "U"), "OW": ("O", "U")}
REST = "rest"

# What a mouth does: how far it opens, how wide it is, how far the lips come forward, how much is seen of the teeth and
# of the tongue, each from 0 to 1; and how strongly the shape asserts itself against its neighbours.
FEATURES = ("opening", "width", "protrusion", "teeth", "tongue")
SHAPES = {
    REST: (0.05, 0.55, 0.35, 0.0, 0.0),
    "p": (0.00, 0.60, 0.05, 0.0, 0.0),
    "f": (0.20, 0.60, 0.00, 1.0, 0.0),
    "th": (0.40, 0.60, 0.30, 0.5, 1.0),
    "t": (0.40, 0.65, 0.30, 1.0, 0.3),
    "k": (0.45, 0.65, 0.30, 0.1, 0.0),
    "ch": (0.40, 0.30, 0.80, 1.0, 0.0),
    "s": (0.25, 1.00, 0.20, 1.0, 0.0),
    "n": (0.55, 0.75, 0.30, 0.2, 1.0),
    "r": (0.30, 0.25, 0.60, 0.3, 0.2),
    "A": (1.00, 0.60, 0.30, 0.3, 0.4),
    "e": (0.65, 0.85, 0.25, 0.5, 0.3),
    "I": (0.35, 1.00, 0.20, 0.6, 0.1),
    "O": (0.75, 0.30, 0.70, 0.0, 0.0),
    "U": (0.25, 0.05, 1.00, 0.0, 0.0),
}
STRENGTH = {"p": 3.0, "f": 3.0, "U": 2.0, "ch": 2.0}  # of all others 1
REACH = 0.45  # of a viseme into its neighbours' time, in its own durations
SHORTEST, LONGEST = 1.8, 2.6  # frames that a viseme takes at a rate of 1

HEIGHT, WIDTH = 12, 16  # pixels of an image
SIZE = HEIGHT * WIDTH  # numbers of a frame
PIXEL = 2 / HEIGHT  # its side, where the image's height is 2
NOISE = 0.04  # standard deviation of the grey of a pixel, from 0 black to 1 white
DARK, TOOTH, TONGUE = 0.1, 0.95, 0.45  # greys


@dataclass(frozen=True)
class Speaker:
    """A mouth and how it is filmed.

    x, y: where its middle is, from the image's, whose height is 2; y downwards
    size, breadth, fullness, openness: factors of the whole, of its width, of its lips and of how far it opens
    tilt: angle in radians
    skin, lips: greys, from 0 black to 1 white
    rate: of speech, 1 on average
    """

    x: float = 0.0
    y: float = 0.0
    size: float = 1.05
    breadth: float = 1.0
    fullness: float = 1.0
    openness: float = 1.0
    tilt: float = 0.0
    skin: float = 0.7
    lips: float = 0.4
    rate: float = 1.0


RANGES = {
    "x": (-0.15, 0.15), "y": (-0.1, 0.1), "size": (0.95, 1.2), "breadth": (0.9, 1.1), "fullness": (0.8, 1.2),
    "openness": (0.85, 1.15), "tilt": (-0.12, 0.12), "skin": (0.6, 0.8), "lips": (0.3, 0.45), "rate": (0.9, 1.1),
}  # fmt: skip


class Ceiling(NamedTuple):
    """The largest expected shares of sentences and of words that can be read off the lips."""

    sentence: float
    word: float


class Score(NamedTuple):
    """Shares of whole sentences and of words that are right, and the word error rate."""

    sentence: float
    word: float
    wer: float


# What can be seen of a word -----------------------------------------------------------------------------------


def visemes(text):
    """Return the visemes of a word or of several, in their order, as a tuple of the keys of `SHAPES`.

        please  =  P L IY Z  ->  ("p", "n", "I", "s")

    Raises TypeError for what is no text, ValueError for an empty one and for words that are not in the grammar.
    """
    if not isinstance(text, str):
        raise TypeError(
            f"text is a {type(text).__name__}; expected words in one string"
        )
    words = text.split()
    if not words:
        raise ValueError("text is empty; expected at least one word to say")
    found = []
    for word in words:
        if word not in PRONUNCIATIONS:
            hint = "; GRID leaves the letter w out" if word.lower() == "w" else ""
            raise ValueError(
                f"{word!r} is not one of the grammar's {len(PRONUNCIATIONS)} words{hint}"
            )
        for sound in PRONUNCIATIONS[word].split():
            found += DIPHTHONGS.get(sound) or (VISEME_OF[sound],)
    return tuple(found)


def homophenes(words):
    """Return the words in groups that look the same, as a list of tuples, in the order of their first words.

    Raises ValueError for words that are not in the grammar.
    """
    groups = {}
    for word in words:
        groups.setdefault(visemes(word), []).append(word)
    return [tuple(group) for group in groups.values()]


def ceiling(weights=None):
    """Return the `Ceiling` of commands whose words are drawn independently, each with its weight in its slot.

        P(slot right) ≤ Σ_C max_{w ∈ C} P(w),    C the slot's groups of homophenes
        sentence: the product of the six slots,    word: their mean

    Whoever sees the visemes alone says the same for each word of a group, so is right for one of them at most, at best
    the most frequent. With equal weights that is the number of groups over the number of words.

    Arguments
        weights: dict from word to weight, not below 0; words without one have 1. None gives all of them 1
    Raises ValueError for an unknown word, a weight that is no share, or a slot of which nothing is left.
    """
    weights = weights or {}
    for word, weight in weights.items():
        visemes(word)
        if not 0 <= weight < float("inf"):
            raise ValueError(f"the weight of {word!r} is {weight}; expected at least 0")
    shares = []
    for slot, words in SLOTS.items():
        weight = {word: weights.get(word, 1.0) for word in words}
        if not (total := sum(weight.values())):
            raise ValueError(f"all weights of the slot {slot} are 0")
        best = sum(max(weight[word] for word in group) for group in homophenes(words))
        shares.append(best / total)
    return Ceiling(float(np.prod(shares)), float(np.mean(shares)))


# The commands -------------------------------------------------------------------------------------------------


def slots(sentence):
    """Return a command as a dict from slot to word.

    Raises ValueError for what is no command: a word too few or too many, or one that its slot does not have.
    """
    visemes(sentence)
    words = sentence.split()
    if len(words) != len(SLOTS):
        raise ValueError(
            f"{sentence!r} has {len(words)} words; a command has {len(SLOTS)}: {' '.join(SLOTS)}"
        )
    for word, (slot, choices) in zip(words, SLOTS.items()):
        if word not in choices:
            raise ValueError(
                f"{word!r} in {sentence!r} is no {slot}; expected one of {', '.join(choices)}"
            )
    return dict(zip(SLOTS, words))


def split_commands(train_size=32_000, valid_size=500, test_size=2_000, seed=0):
    """Return three lists of commands, to train, to validate and to test with, none of which stands twice.

    Commands that look the same go to the same list: what is tested has not been seen in training in any wording.
    Raises ValueError for sizes below 1 or beyond the 64,000 commands that there are.
    """
    sizes = check_sizes(
        test_size=test_size, valid_size=valid_size, train_size=train_size
    )
    groups = [
        [" ".join(words) for words in product(*look)]
        for look in product(*map(homophenes, SLOTS.values()))
    ]
    rng = random.Random(seed)
    lists = []
    for size, commands in zip(sizes, share_out(groups, sizes, rng)):
        del commands[size:]
        rng.shuffle(commands)
        lists.append(commands)
    test, valid, train = lists
    return train, valid, test


def looks(commands):
    """Return how many different films the commands make: of those that look the same, one at most can be told."""
    return len({visemes(command) for command in commands})


# The film -----------------------------------------------------------------------------------------------------


def draw_speakers(number, seed=0):
    """Return `number` speakers, drawn at random; the first of a longer list are those of a shorter one.

    Raises ValueError for a number below 1.
    """
    if number < 1:
        raise ValueError(f"number is {number}; expected at least 1 speaker")
    rng = random.Random(seed)
    return [
        Speaker(**{name: rng.uniform(*ends) for name, ends in RANGES.items()})
        for _ in range(number)
    ]


def split_speakers(train_size=1_000, valid_size=10, test_size=10, seed=0):
    """Return three lists of speakers, to train, to validate and to test with, none of whom stands twice.

    The last two depend on their sizes and `seed` alone. Raises ValueError for a size below 1.
    """
    for size in (train_size, valid_size, test_size):
        if size < 1:
            raise ValueError(f"a list of {size} speakers; expected at least 1 in each")
    held_out = valid_size + test_size
    speakers = draw_speakers(held_out + train_size, seed)
    return speakers[held_out:], speakers[:valid_size], speakers[valid_size:held_out]


def timing(text, rate=1.0, rng=None):
    """Return when a mouth that says `text` takes which shape: `(row, middle, duration)`.

    row: N visemes, a rest first and last; middle, duration: `(N,)`, of the time of each, in frames. How long a viseme
    takes is drawn, and depends on nothing but the rate: 2 is twice as fast.

    Arguments
        text: words of the grammar, in any order
        rng: a NumPy Generator; None takes a new one with seed 0
    Raises as `visemes` does, and ValueError for a rate that is not above 0.
    """
    if not 0 < rate < float("inf"):
        raise ValueError(f"rate is {rate}; expected a number above 0")
    rng = rng or np.random.default_rng(0)
    row = (REST, *visemes(text), REST)
    duration = rng.uniform(SHORTEST, LONGEST, len(row)) / rate
    return row, np.cumsum(duration) - duration / 2, duration


def movement(text, rate=1.0, rng=None):
    """Return how the mouth moves that says `text`: an array `(T, 5)` of `FEATURES`, a row a frame.

        f(τ) = Σ_i D_i(τ) s_i / Σ_i D_i(τ),    D_i(τ) = α_i exp(−((τ − τ_i) / (REACH · d_i))²)

    s_i is the shape of viseme i, τ_i the middle of its time, d_i its duration in frames and α_i its strength. Each
    viseme dominates its own time and reaches into that of its neighbours (Cohen and Massaro 1993). The mouth rests
    before and after. Frame t is taken at τ = t + ½. Arguments and errors are those of `timing`.
    """
    row, middle, duration = timing(text, rate, rng)
    shapes = np.array([SHAPES[viseme] for viseme in row])  # (N, 5)
    strength = np.array([STRENGTH.get(viseme, 1.0) for viseme in row])
    times = np.arange(0.5, middle[-1] + duration[-1] / 2)[:, None]  # (T, 1)
    dominance = strength * np.exp(-(((times - middle) / (REACH * duration)) ** 2))
    return dominance @ shapes / dominance.sum(axis=1, keepdims=True)


def draw(features, speaker):
    """Return the images `(T, 12, 16)` of a speaker's mouth that moves as `features (T, 5)` say: greys from 0 to 1.

    The outer edge of the lips and the opening between them are ellipses. What covers half of a pixel counts half there.
    """
    opening, width, protrusion, teeth, tongue = np.asarray(features).T[..., None, None]  # (T, 1, 1)  # fmt: skip
    row, column = np.ogrid[:HEIGHT, :WIDTH]
    down = (row + 0.5) * PIXEL - 1 - speaker.y
    right = (column + 0.5) * PIXEL - WIDTH / HEIGHT - speaker.x
    cos, sin = np.cos(speaker.tilt), np.sin(speaker.tilt)
    along, across = cos * right + sin * down, cos * down - sin * right  # (12, 16)

    thick = speaker.size * speaker.fullness * (0.16 + 0.14 * protrusion)
    outer_width = speaker.size * speaker.breadth * (0.5 + 0.45 * width)
    inner_width = outer_width - thick
    inner_height = speaker.size * speaker.openness * 0.6 * opening
    outer_height = inner_height + thick

    def inside(half_width, half_height):
        level = np.sqrt((along * half_height / half_width) ** 2 + across**2)
        return _coverage(half_height - level)

    hole = inside(inner_width, inner_height)
    grey = DARK + (TOOTH - DARK) * teeth * _coverage(-across - 0.2 * inner_height)
    grey += (TONGUE - grey) * tongue * _coverage(across)
    mouth = speaker.lips + (grey - speaker.lips) * hole
    return speaker.skin + (mouth - speaker.skin) * inside(outer_width, outer_height)


def _coverage(distance):
    """Return how much of a pixel lies inside of an edge that its middle is `distance` within."""
    return np.clip(0.5 + distance / PIXEL, 0, 1)


def film(text, speaker, rng=None, noise=NOISE):
    """Return the images `(T, 12, 16)` of a speaker who says `text`, with noise in every pixel.

    Raises as `visemes` does, and ValueError for a noise below 0.
    """
    if not 0 <= noise < float("inf"):
        raise ValueError(f"noise is {noise}; expected a standard deviation, at least 0")
    rng = rng or np.random.default_rng(0)
    images = draw(movement(text, speaker.rate, rng), speaker)
    return images + noise * rng.standard_normal(images.shape)


def frames(images):
    """Return a film `(T, 12, 16)` as the frames `(T, 192)` that a model reads, float32.

        x = (image − mean image of the film) / standard deviation of all that is left

    so that what does not move is gone, and neither the light nor the contrast matters.
    Raises TypeError for what holds no numbers, ValueError for no image, for images of another size, for numbers that
    are not finite, and for a film in which nothing moves.
    """
    images = np.asarray(images)
    if images.dtype.kind not in "fiu":
        raise TypeError(f"images are of type {images.dtype}; expected greys as numbers")
    if images.ndim != 3 or images.shape[1:] != (HEIGHT, WIDTH):
        raise ValueError(
            f"images have shape {images.shape}; expected (T, {HEIGHT}, {WIDTH}), an image a frame"
        )
    if not len(images):
        raise ValueError("there is no image in the film; expected at least one")
    if not np.isfinite(images).all():
        t = int(np.argwhere(~np.isfinite(images))[0, 0])
        raise ValueError(f"image {t} holds a grey that is not finite")
    x = images.reshape(len(images), SIZE).astype(np.float64)
    x -= x.mean(axis=0)
    deviation = x.std()
    if deviation < 1e-6:
        raise ValueError("nothing moves in the film: there is no mouth that speaks")
    return (x / deviation).astype(np.float32)


def film_pairs(sentences, speakers, seed=0, noise=NOISE):
    """Return a list of (frames, sentence): each sentence said by one of the speakers, drawn at random.

    Raises as `film` does, and ValueError for no speaker.
    """
    if not speakers:
        raise ValueError("speakers is empty; expected at least one")
    rng = np.random.default_rng(seed)
    pairs = []
    for sentence in sentences:
        speaker = speakers[rng.integers(len(speakers))]
        pairs.append((frames(film(sentence, speaker, rng, noise)), sentence))
    return pairs


# The judge ----------------------------------------------------------------------------------------------------


def score(references, written):
    """Return the `Score` of what was written for each of the references.

        word = share of the references' words that stand in their place
        WER = (substitutions + deletions + insertions) / words of the references, after the best alignment

    Raises ValueError for lists of different lengths or none, ModuleNotFoundError without jiwer.
    """
    if len(references) != len(written) or not references:
        raise ValueError(
            f"{len(references)} references, but {len(written)} were written; expected as many, and at least one"
        )
    try:
        from jiwer import wer
    except ImportError as error:
        raise ModuleNotFoundError(
            "the word error rate needs jiwer: pip install jiwer"
        ) from error
    right = words = 0
    for reference, text in zip(references, written):
        reference, text = reference.split(), text.split()
        right += sum(a == b for a, b in zip(reference, text))
        words += len(reference)
    whole = sum(map(str.__eq__, references, written)) / len(references)
    return Score(whole, right / words, float(wer(list(references), list(written))))


def commonest(train, commands):
    """Return the trivial reading of each command, whatever it looks like: the commonest word of each slot."""
    columns = zip(*(slots(command).values() for command in train))
    words = [max(sorted(set(column)), key=column.count) for column in columns]
    return [" ".join(words)] * len(commands)


def ideal(commands):
    """Return what an observer reads who sees the visemes exactly: of each group of homophenes the first word."""
    first = {word: group[0] for words in SLOTS.values() for group in homophenes(words) for word in group}  # fmt: skip
    return [" ".join(first[word] for word in command.split()) for command in commands]


def confusions(references, written, slot="letter"):
    """Return how often each word of a slot was read as each: counts `(K, K + 1)`, rows what was said.

    The last column counts what is none of the slot's words. Raises ValueError for a reference that is no command.
    """
    place, words = list(SLOTS).index(slot), SLOTS[slot]
    counts = np.zeros((len(words), len(words) + 1), int)
    for reference, text in zip(references, written):
        read = text.split()[place : place + 1]
        column = words.index(read[0]) if read and read[0] in words else len(words)
        counts[words.index(slots(reference)[slot]), column] += 1
    return counts


# To look at ---------------------------------------------------------------------------------------------------


def animation(images, milliseconds=100, scale=4):
    """Return a film `(T, 12, 16)` as an animated GIF, bytes: each pixel `scale` wide, each image so long.

    Raises ModuleNotFoundError without Pillow.
    """
    first, *others = [picture.convert("P") for picture in _pictures(images, scale)]
    return _file(first, "GIF", save_all=True, append_images=others, duration=milliseconds, loop=0)  # fmt: skip


def player(images, alt, columns=10):
    """Return the film to be shown on a page, as IPython's HTML: it moves, and the reader can fold it away.

    For readers whose system asks for little motion it is a still, `columns` images to a row. The pictures are part of
    the HTML. `alt` says what can be seen. Raises ModuleNotFoundError without Pillow or IPython.
    """
    try:
        from IPython.display import HTML
    except ImportError as error:
        raise ModuleNotFoundError(
            "a player needs IPython, which comes with Jupyter: pip install ipython"
        ) from error
    blank = np.ones((-len(images) % columns, HEIGHT, WIDTH))
    rows = np.concatenate([images, blank]).reshape(-1, columns, HEIGHT, WIDTH)
    still = rows.swapaxes(1, 2).reshape(1, len(rows) * HEIGHT, columns * WIDTH)
    (still,) = _pictures(still, scale=3)
    png, gif = (
        base64.b64encode(data).decode()
        for data in (_file(still, "PNG"), animation(images))
    )
    return HTML(
        "<details open><summary>The film (fold it away to stop it)</summary><picture>"
        f'<source media="(prefers-reduced-motion: reduce)" srcset="data:image/png;base64,{png}">'
        f'<img src="data:image/gif;base64,{gif}" alt="{escape(alt)}"'
        ' style="width: 16rem; max-width: 100%; image-rendering: pixelated">'
        "</picture></details>"
    )


def _pictures(images, scale):
    """Return images of greys from 0 to 1 as pictures of Pillow's, enlarged."""
    try:
        from PIL import Image
    except ImportError as error:
        raise ModuleNotFoundError("a film needs Pillow: pip install pillow") from error
    greys = (255 * np.clip(images, 0, 1)).round().astype(np.uint8)
    return [Image.fromarray(grey.repeat(scale, 0).repeat(scale, 1)) for grey in greys]


def _file(picture, form, **settings):
    """Return the bytes of a picture's file."""
    data = io.BytesIO()
    picture.save(data, form, **settings)
    return data.getvalue()
