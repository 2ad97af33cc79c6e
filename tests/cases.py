"""Recurrent layers of every kind and size, and one way to call all three cells."""

from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from s2s_np import gru, gru_cell, lstm, lstm_cell, rnn, rnn_cell


class Cell(NamedTuple):
    """The two versions of a cell, the blocks of its weights, the arrays of its state, its class in PyTorch."""

    layer: Any
    step: Any
    gates: int
    states: tuple
    torch_name: str


CELLS = {
    "rnn": Cell(rnn, rnn_cell, 1, ("h0",), "RNN"),
    "gru": Cell(gru, gru_cell, 3, ("h0",), "GRU"),
    "lstm": Cell(lstm, lstm_cell, 4, ("h0", "c0"), "LSTM"),
}


class Case(NamedTuple):
    """The sizes of a recurrent layer and of its input; lengths None: none are given."""

    num_layers: int = 1
    directions: int = 1
    T: int = 3
    B: int = 2
    E: int = 2
    H: int = 3
    lengths: tuple | None = None
    seed: int = 0

    def inputs(self, cell):
        """Return random `params, x, state_0`, the state a tuple."""
        rng = np.random.default_rng(self.seed)
        params = recurrent_params(
            rng, CELLS[cell].gates, self.E, self.H, self.num_layers, self.directions
        )
        x = rng.standard_normal((self.T, self.B, self.E))
        state = (self.num_layers * self.directions, self.B, self.H)
        return params, x, tuple(rng.standard_normal(state) for _ in CELLS[cell].states)


@st.composite
def cases(draw, max_layers=3, with_lengths=None):
    """Draw a `Case`; with_lengths: True or False where it matters whether there are lengths."""
    T, B = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    if with_lengths is None:
        with_lengths = draw(st.booleans())
    each = st.lists(st.integers(1, T), min_size=B, max_size=B).map(tuple)
    return Case(
        num_layers=draw(st.integers(1, max_layers)),
        directions=draw(st.integers(1, 2)),
        T=T,
        B=B,
        E=draw(st.integers(1, 3)),
        H=draw(st.integers(1, 3)),
        lengths=draw(each) if with_lengths else None,
        seed=draw(st.integers(0, 9)),
    )


# What a drawing may miss: one step, a batch of one, sequences of length one, padding beyond the longest.
CORNERS = (
    Case(num_layers=2, T=1, B=1, E=1, H=1),
    Case(num_layers=2, directions=2, T=1, lengths=(1, 1)),
    Case(num_layers=2, directions=2, T=3, B=1, lengths=(2,)),
    Case(num_layers=3, directions=2, T=4, B=3, lengths=(1, 3, 1)),
    Case(T=4, B=3, lengths=(1, 1, 1)),
)


def corners(**fixed):
    """Decorate a test of a drawn `case` with all `CORNERS`."""
    from hypothesis import example

    def decorate(test):
        for case in CORNERS:
            test = example(case=case, **fixed)(test)
        return test

    return decorate


def recurrent_params(rng, gates, E, H, num_layers=1, directions=1):
    """Return random parameters under torch's names, no two alike, biases included."""
    params = {}
    for l in range(num_layers):
        for suffix in (f"l{l}", f"l{l}_reverse")[:directions]:
            params[f"weight_ih_{suffix}"] = rng.uniform(-1, 1, (gates * H, E))
            params[f"weight_hh_{suffix}"] = rng.uniform(-1, 1, (gates * H, H))
            params[f"bias_ih_{suffix}"] = rng.uniform(-1, 1, gates * H)
            params[f"bias_hh_{suffix}"] = rng.uniform(-1, 1, gates * H)
        E = directions * H
    return params


def run(cell, params, x, state_0=None, lengths=None, between=None):
    """Call the layer of `cell` with every state a tuple, as an LSTM's is."""
    layer = CELLS[cell].layer
    if cell == "lstm":
        return layer(params, x, state_0, lengths, between)
    (output, h_n), backward = layer(
        params, x, None if state_0 is None else state_0[0], lengths, between
    )

    def tuple_backward(d_output=None, d_state_n=None):
        dx, dh0, grads = backward(d_output, None if d_state_n is None else d_state_n[0])
        return dx, (dh0,), grads

    return (output, (h_n,)), tuple_backward


def step(cell, params, x, state, layer="l0"):
    """Call the plain cell with every state a tuple; see `run`."""
    if cell == "lstm":
        return CELLS[cell].step(params, x, state, layer)
    h, backward = CELLS[cell].step(params, x, state[0], layer)

    def tuple_backward(d_state):
        dx, dh, grads = backward(d_state[0])
        return dx, (dh,), grads

    return (h,), tuple_backward


def random_like(arrays, seed=1):
    """Return a tuple of random arrays of the shapes of `arrays`."""
    rng = np.random.default_rng(seed)
    return tuple(rng.standard_normal(array.shape) for array in arrays)


def inner(arrays, others):
    """Return the sum of all products: a random projection of `arrays` where `others` are random."""
    return sum((a * b).sum() for a, b in zip(arrays, others))


def frozen(tree):
    """Make every array of nested dicts and tuples read-only, and return the tree."""
    if isinstance(tree, dict):
        return {name: frozen(branch) for name, branch in tree.items()}
    if isinstance(tree, (tuple, list)):
        return type(tree)(map(frozen, tree))
    if isinstance(tree, np.ndarray):
        tree.setflags(write=False)
    return tree


def leaves(tree):
    """Yield every array and number of nested dicts and tuples, None left out."""
    if isinstance(tree, dict):
        tree = tuple(tree.values())
    if isinstance(tree, (tuple, list)):
        for branch in tree:
            yield from leaves(branch)
    elif tree is not None:
        yield tree


def assert_equal(tree, other):
    """Assert that two trees hold the same numbers, bit for bit."""
    ours, theirs = list(leaves(tree)), list(leaves(other))
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs):
        assert np.array_equal(a, b, equal_nan=True)


def assert_close(tree, other, atol=1e-12):
    """Assert that two trees hold the same numbers but for rounding."""
    ours, theirs = list(leaves(tree)), list(leaves(other))
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs):
        assert np.shape(a) == np.shape(b)
        assert np.abs(a - b).max() <= atol
