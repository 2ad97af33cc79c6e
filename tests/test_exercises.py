"""The exercises: each with a level, a hint and a solution, all of them on one page, and some with a check."""

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from test_repository import PAGES, text_of

from s2s_np import cross_entropy, embedding, gru_cell
from s2s_np.exercises import JUDGES, check

ROOT = Path(__file__).parent.parent
EXERCISES = [
    (label, path, text_of(path))
    for path in PAGES
    for label in re.findall(r"\{exercise\}\n:label: (\S+)", text_of(path))
]
BLOCK = (
    r"```\{{exercise\}}\n:label: {label}\n\n\*\(level [123], [a-z, ]+\)\* .+?\n```\n+"
    r"```\{{admonition\}} Hint\n:class: dropdown hint\n\n.+?\n```\n"
)


@pytest.mark.parametrize(("label", "path", "text"), EXERCISES, ids=[e[0] for e in EXERCISES])  # fmt: skip
def test_an_exercise_has_a_level_a_hint_and_a_solution(label, path, text):
    assert re.search(BLOCK.format(label=label), text, re.DOTALL)
    assert re.search(rf"\{{solution(-start)?\}} {label}\n:class: dropdown", text)


def test_there_are_many_of_each_level():
    texts = "\n".join(map(text_of, PAGES))
    levels = Counter(re.findall(r"\*\(level ([123]), ", texts))
    assert levels.total() == len(EXERCISES) >= 40
    assert min(levels[level] for level in "123") >= 10


def test_the_list_has_every_exercise_once():
    page = ROOT / "_build" / "html" / "exercises.html"
    assert page.exists(), "there is no built book: make book"
    links = re.findall(r'#(ex-[a-z0-9-]+)">Exercise', page.read_text(encoding="utf-8"))
    assert sorted(links) == sorted(label for label, _, _ in EXERCISES)


@pytest.mark.parametrize("label", JUDGES)
def test_a_check_stands_below_its_exercise_and_waits_for_an_answer(label, capsys):
    (text,) = (text for name, _, text in EXERCISES if name == label)
    cell = (
        f'from s2s_np import exercises\n\nmine = ...\nexercises.check("{label}", mine)'
    )
    assert text.index(f":label: {label}\n") < text.index(cell)
    check(label, ...)
    assert capsys.readouterr().out.startswith(f"{label} asks for ")


def last_states(params, x, lengths):
    h = np.zeros((x.shape[1], 6))
    for t, x_t in enumerate(x):
        h = np.where((t < lengths)[:, None], gru_cell(params, x_t, h)[0], h)
    return h


def relu_cell(params, x, h):
    w_ih, w_hh, b_ih, b_hh = params.values()
    a = x @ w_ih.T + b_ih + h @ w_hh.T + b_hh

    def backward(d):
        d_a = d * (a > 0)
        grads = (d_a.T @ x, d_a.T @ h, d_a.sum(axis=0), d_a.sum(axis=0))
        return d_a @ w_ih, d_a @ w_hh, dict(zip(params, grads))

    return np.maximum(a, 0), backward


def coupled_cell(params, x, state):
    h, c = state
    w_ih, w_hh, b_ih, b_hh = params.values()
    a = x @ w_ih.T + b_ih + h @ w_hh.T + b_hh
    a_f, a_g, a_o = np.split(a, 3, axis=1)
    f, g, o = 1 / (1 + np.exp(-a_f)), np.tanh(a_g), 1 / (1 + np.exp(-a_o))
    c_next = f * c + (1 - f) * g
    m = np.tanh(c_next)

    def backward(d_state):
        d_h, d_c = d_state
        d_c = d_c + d_h * o * (1 - m**2)
        parts = (
            d_c * (c - g) * f * (1 - f),
            d_c * (1 - f) * (1 - g**2),
            d_h * m * o * (1 - o),
        )
        d_a = np.concatenate(parts, axis=1)
        grads = (d_a.T @ x, d_a.T @ h, d_a.sum(axis=0), d_a.sum(axis=0))
        return d_a @ w_ih, (d_a @ w_hh, d_c * f), dict(zip(params, grads))

    return (o * m, c_next), backward


def tanh_layer(x):
    y = np.tanh(2 * x)
    return y, lambda d_y: 2 * d_y * (1 - y**2)


def mean_over_steps(x):
    return x.mean(axis=0), lambda d_y: np.tile(d_y / len(x), (len(x), 1))


def gated(x):
    gate = 1 / (1 + np.exp(-x))
    return x * gate, lambda d_y: d_y * (gate + x * gate * (1 - gate))


def layer_norm(x):
    u = x - x.mean(axis=1, keepdims=True)
    s = np.sqrt((u**2).mean(axis=1, keepdims=True))
    y = u / s

    def backward(d_y):
        d_u = (d_y - y * (d_y * y).mean(axis=1, keepdims=True)) / s
        return d_u - d_u.mean(axis=1, keepdims=True)

    return y, backward


def sentence_loss(log_probs, y, lengths):
    _, backward = cross_entropy(log_probs, y, lengths, reduction="sum")
    d_log_probs = backward() * (1 / (len(lengths) * lengths))[:, None]
    return (d_log_probs * log_probs).sum(), d_log_probs


def entropy_gradient(s):
    p = np.exp(s) / np.exp(s).sum()
    return -p * (np.log(p) - (p * np.log(p)).sum())


def half(layer):
    """Return the layer with a backward pass that gives half of each gradient."""

    def halved(*arguments):
        result, backward = layer(*arguments)
        return result, lambda d: divided(backward(d))

    return halved


def divided(tree):
    if isinstance(tree, dict):
        return {name: divided(part) for name, part in tree.items()}
    return tuple(map(divided, tree)) if isinstance(tree, tuple) else tree / 2


ANSWERS = {
    "ex-applications-lengths": ((500, 76, 63), (500, 76, 62)),
    "ex-applications-answers": (3.45, 3.71),
    "ex-dates-information": (19.2, 16.2),
    "ex-amounts-round": ((0.0055, 36.4), (0.01, 20)),
    "ex-generator-odds": (0.478, 2.09),
    "ex-memorization-cliff": (154.4, 152),
    "ex-limitations-nine": (9, 8),
    "ex-long-short": ((0.895, 0.779), (0.9, 0.8)),
    "ex-structure-count": (7706, 7707 + 500),
    "ex-fast-generator": (4608, 768),
    "ex-fast-reading": ((21.1e6, 947), (21.1e6, 9470)),
    "ex-architecture-parameters": (
        lambda E, H, A, B: {"rnn": 2 * (3 * H * (E + H) + 6 * H), "rest": (A + B) * E + B * H + B},
        lambda E, H, A, B: 2 * (3 * H * (E + H) + 3 * H) + (A + B) * E + B * H + B,
    ),
    "ex-encoder-lengths": (last_states, lambda params, x, lengths: last_states(params, x, lengths + 1)),
    "ex-code-embedding-sort": (embedding, half(embedding)),
    "ex-code-embedding-distinct": (lambda p, N: sum(1 - (1 - p) ** N), lambda p, N: len(p)),
    "ex-code-encoder-relu": (relu_cell, half(relu_cell)),
    "ex-code-encoder-coupled": (coupled_cell, half(coupled_cell)),
    "ex-code-check-planted": ([tanh_layer, mean_over_steps, gated], [tanh_layer, mean_over_steps, half(gated)]),
    "ex-code-layer-norm": (layer_norm, half(layer_norm)),
    "ex-code-loss-by-sentence": (sentence_loss, lambda *a: (sentence_loss(*a)[0], sentence_loss(*a)[1] / 2)),
    "ex-code-generator-entropy": (entropy_gradient, lambda s: -entropy_gradient(s)),
}  # fmt: skip


@pytest.mark.parametrize("label", JUDGES)
def test_a_right_answer_passes_and_a_wrong_one_does_not(label, capsys):
    right, wrong = ANSWERS[label]
    check(label, right)
    assert capsys.readouterr().out == f"{label}: right\n"
    check(label, wrong)
    assert capsys.readouterr().out.startswith(f"{label}: not yet. ")


def test_what_fails_is_said():
    layers, (_, judge) = [tanh_layer, gated, gated], JUDGES["ex-code-check-planted"]
    assert judge(layers).startswith("Layer 2: The result has shape (4, 3), expected (3,)")  # fmt: skip


def test_an_exercise_without_a_check_is_named():
    with pytest.raises(ValueError, match="'ex-none' has no check; these have: ex-"):
        check("ex-none", 1)
