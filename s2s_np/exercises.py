"""Answers to exercises, checked (book: exercises).

    check("ex-encoder-lengths", last_states)       ex-encoder-lengths: right

A function is called with random arrays and compared with the package, or its gradient with finite differences; a number
has to be right to one percent. What is printed for a wrong answer says where it fails, not what would be right.
"""

import math

import numpy as np

from .embedding import embedding
from .gradient_check import GradientError, check_gradients
from .gru import gru
from .loss import cross_entropy
from .recurrent import init_recurrent
from .seq2seq import Seq2Seq
from .vocab import SPECIAL_TOKENS, Vocab

TOLERANCE = 1e-9
JUDGES = {}


def check(label, answer):
    """Print whether `answer` is right, and if not, where it fails; `...` is no answer yet.

    Raises ValueError for an exercise that has no check. An error in a reader's own function is not caught.
    """
    if label not in JUDGES:
        raise ValueError(f"{label!r} has no check; these have: {', '.join(JUDGES)}")
    asked, judge = JUDGES[label]
    if answer is ...:
        print(f"{label} asks for {asked};\nput it in the place of the three dots.")
        return
    failure = judge(answer)
    print(f"{label}: {'right' if failure is None else f'not yet. {failure}'}")


def judges(label, asked):
    """Make a function the judge of an exercise: it returns None for a right answer, or in which way it fails."""

    def register(judge):
        JUDGES[label] = (asked, judge)
        return judge

    return register


def numbers(label, asked, *expected):
    """Have an exercise that asks for one number, or for some, judged by their distance from what is expected."""

    def judge(answer):
        given = np.atleast_1d(np.asarray(answer, dtype=float))
        if given.shape != (len(expected),):
            return f"There are {given.size} numbers, expected {len(expected)}."
        pairs = enumerate(zip(given, expected), 1)
        wrong = [str(i) for i, (g, e) in pairs if not math.isclose(g, e, rel_tol=0.01)]
        if not wrong:
            return None
        if len(expected) == 1:
            return "It is another number."
        return f"Another number: {', '.join(wrong)}."

    JUDGES[label] = (asked, judge)


def differs(given, expected, what):
    """Return None where two arrays are the same, or say how far `what` is off, and where most."""
    given = np.asarray(given)
    if given.shape != expected.shape:
        return f"{what} has shape {given.shape}, expected {expected.shape}."
    distance = np.abs(given - expected)
    if not distance.size or distance.max() <= TOLERANCE:
        return None
    place = tuple(map(int, np.unravel_index(distance.argmax(), distance.shape)))
    return f"{what} is off by up to {distance.max():.2g}, most at {list(place)}."


def wrong_gradient(f, arrays, gradients):
    """Return None where gradients agree with finite differences, or what `check_gradients` says."""
    try:
        check_gradients(f, arrays, gradients)
    except GradientError as error:
        return f"Finite differences disagree: {error}."
    return None


def wrong_layer(layer, x):
    """Return None where the backward pass of a layer of one array is right."""
    y, backward = layer(x)
    weights = np.random.default_rng(1).standard_normal(np.shape(y))
    return wrong_gradient(
        lambda: float((weights * layer(x)[0]).sum()), {"x": x}, {"x": backward(weights)}
    )


def wrong_cell(cell, params, x, state):
    """Return None where the backward pass of a recurrent cell is right; `state` is an array or a pair of them."""
    rng, states = np.random.default_rng(1), state if isinstance(state, tuple) else (state,)  # fmt: skip
    weights = [rng.standard_normal(part.shape) for part in states]

    def pack(parts):
        return tuple(parts) if isinstance(state, tuple) else parts[0]

    def loss():
        after, _ = cell(params, x, pack(states))
        after = after if isinstance(after, tuple) else (after,)
        return float(sum((w * part).sum() for w, part in zip(weights, after)))

    _, backward = cell(params, x, pack(states))
    dx, d_state, grads = backward(pack(weights))
    d_states = d_state if isinstance(d_state, tuple) else (d_state,)
    names = ("h", "c")[: len(states)]
    return wrong_gradient(
        loss,
        {"x": x, **dict(zip(names, states)), **params},
        {"x": dx, **dict(zip(names, d_states)), **grads},
    )


def cell_arrays(gates):
    """Return random parameters, an input and a state for a cell of so many blocks."""
    rng = np.random.default_rng(0)
    shapes = init_recurrent(rng, gates, 2, 3)
    params = {name: rng.standard_normal(a.shape) for name, a in shapes.items()}
    return params, rng.standard_normal((4, 2)), rng.standard_normal((4, 3))


READ = 4 * (3 * 512 * 768 + 512 * 8000)  # bytes a word, on the page how_fast
for label, asked, *expected in (
    ("ex-applications-lengths", "three numbers: both lengths, and that above the pyramid", 500, 76, 63),
    ("ex-applications-answers", "the loss, in nats a sentence", 0.2 * math.log(5) + 0.8 * math.log(50)),
    ("ex-dates-information", "the bits of a date and its style", math.log2(73_414 * 8)),
    ("ex-amounts-round", "two numbers: a share, and how many times as many", 0.0055, 0.2 / 0.0055),
    ("ex-generator-odds", "the temperature", math.log(9) / math.log(99)),
    ("ex-memorization-cliff", "the length, for 16 numbers of 32 bits and ten digits", 513 / math.log2(10)),
    ("ex-limitations-nine", "the number of seeds", 9),
    ("ex-long-short", "two numbers from 0 to 1, for 10 words and for 5", math.exp(-1 / 9), math.exp(-1 / 4)),
    ("ex-structure-count", "the size of the test list of add jump", 7_706),
    ("ex-fast-generator", "the size of the vocabulary for E = 256, H = 512", 4_608),
    ("ex-fast-reading", "two numbers: the bytes, and the words a second", READ, 20e9 / READ),
):  # fmt: skip
    numbers(label, asked, *expected)


@judges("ex-architecture-parameters", "a function of E, H, V_src and V_tgt")
def _(num_parameters):
    for E, H, V_src, V_tgt in ((32, 64, 91, 89), (3, 5, 7, 11)):
        source, target = (
            Vocab([*SPECIAL_TOKENS, *map(str, range(V - 4))], "word")
            for V in (V_src, V_tgt)
        )
        model = Seq2Seq(source, target, embedding_size=E, hidden_size=H)
        given = num_parameters(E, H, V_src, V_tgt)
        total = sum(given.values()) if isinstance(given, dict) else given
        if total != model.num_parameters:
            return f"For E = {E}, H = {H}, {V_src} and {V_tgt} words a model has another number."
    return None


@judges("ex-encoder-lengths", "a function of params, x and lengths that returns (B, H)")
def _(last_states):
    rng = np.random.default_rng(0)
    params = init_recurrent(rng, 3, 5, 6)
    x, lengths = rng.standard_normal((7, 4, 5)), np.array([2, 7, 1, 4])
    (_, h_n), _ = gru(params, x, lengths=lengths)
    return differs(last_states(params, x, lengths), h_n[0], "The state")


@judges("ex-code-embedding-sort", "a layer of params and tokens, as `embedding` is")
def _(sorted_embedding):
    rng = np.random.default_rng(0)
    params = {"weight": rng.standard_normal((9, 3))}
    for tokens in (rng.integers(0, 9, (6, 5)), np.array([[2]])):
        d_vectors = rng.standard_normal((*tokens.shape, 3))
        vectors, backward = sorted_embedding(params, tokens)
        expected, expected_backward = embedding(params, tokens)
        grads = expected_backward(d_vectors)
        failure = differs(vectors, expected, "The result") or differs(
            backward(d_vectors)["weight"], grads["weight"], "The gradient"
        )
        if failure:
            return failure
    return None


@judges("ex-code-embedding-distinct", "a function of p, the probabilities, and N")
def _(expected_number):
    p = np.array([0.5, 0.25, 0.2, 0.05])
    for N in (1, 3, 40):
        given, right = expected_number(p, N), float((1 - (1 - p) ** N).sum())
        if not math.isclose(given, right, rel_tol=TOLERANCE):
            return f"With probabilities {p.tolist()} and N = {N} it is another number."
    return None


@judges("ex-code-encoder-relu", "a cell of params, x and h, as `rnn_cell` is")
def _(relu_cell):
    params, x, h = cell_arrays(gates=1)
    w_ih, w_hh, b_ih, b_hh = params.values()
    expected = np.maximum(x @ w_ih.T + b_ih + h @ w_hh.T + b_hh, 0)
    return differs(relu_cell(params, x, h)[0], expected, "The state") or wrong_cell(
        relu_cell, params, x, h
    )


@judges("ex-code-encoder-coupled", "a cell of params, x and the pair (h, c)")
def _(coupled_cell):
    params, x, h = cell_arrays(gates=3)
    c = np.random.default_rng(2).standard_normal(h.shape)
    blind = {name: np.zeros_like(array) for name, array in params.items()}
    (_, half), _ = coupled_cell(blind, x, (h, c))  # all gates at one half
    return differs(half, c / 2, "With all parameters 0, c'") or wrong_cell(
        coupled_cell, params, x, (h, c)
    )


@judges("ex-code-check-planted", "a list of the three layers, mended")
def _(layers):
    x = 0.3 * np.random.default_rng(3).standard_normal((4, 3))
    right = (np.tanh(2 * x), x.mean(axis=0), x / (1 + np.exp(-x)))
    for number, (layer, y) in enumerate(zip(layers, right, strict=True), 1):
        failure = differs(layer(x)[0], y, "The result") or wrong_layer(layer, x)
        if failure:
            return f"Layer {number}: {failure}"
    return None


@judges("ex-code-layer-norm", "a layer of x, of shape (N, H)")
def _(layer_norm):
    x = np.random.default_rng(0).standard_normal((5, 4))
    y = (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True)
    return differs(layer_norm(x)[0], y, "The result") or wrong_layer(layer_norm, x)


@judges("ex-code-loss-by-sentence", "a function of log_probs, y, lengths that returns loss and gradient")  # fmt: skip
def _(sentence_loss):
    rng = np.random.default_rng(0)
    log_probs = np.log(rng.dirichlet(np.ones(6), (5, 4)))
    y, lengths = rng.integers(0, 6, (5, 4)), np.array([5, 2, 4, 1])
    each = [
        cross_entropy(log_probs[:, [b]], y[:, [b]], lengths[[b]])[0] for b in range(4)
    ]
    loss, d_log_probs = sentence_loss(log_probs, y, lengths)
    return differs(loss, np.mean(each), "The loss") or wrong_gradient(
        lambda: float(sentence_loss(log_probs, y, lengths)[0]),
        {"log_probs": log_probs},
        {"log_probs": d_log_probs},
    )


@judges("ex-code-generator-entropy", "a function of s that returns the gradient d_s")
def _(entropy_gradient):
    def entropy():
        p = np.exp(s - s.max())
        p /= p.sum()
        return float(-(p * np.log(p)).sum())

    s = np.random.default_rng(0).standard_normal(6)
    return wrong_gradient(entropy, {"s": s}, {"s": np.asarray(entropy_gradient(s))})
