"""What the recurrent cells share: layers, directions and lengths (book: code/encoder).

A cell (`rnn`, `gru`, `lstm`) contributes its *sweep*: one layer, in one direction, over packed rows,

    (output, state_n), backward = sweep(weights, x, state_0, steps)
    dx, d_state_0, d_weights = backward(d_output, d_state_n)

with x (N, D), output (N, H), a state a tuple of arrays (B, H) in the order of the rows, `weights` and
`d_weights` in the order of `PARAMETERS`, and `steps` the rows of each time step in the order in which to take
them. Forwards, sequences drop out as they end; backwards, they join at their own last step, still in the state
they started from. Both come down to one rule: a step works on the first `size` sequences and leaves the rest.
On a GPU the module `recurrence` contributes the sweep of these three.
"""

import re

import numpy as np

from .array import check_floats, check_like, check_names, check_shape
from .memory import zeros
from .padding import Packing, check_lengths

PARAMETERS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
BLOCK_ROWS = 512  # rows whose gates fit a processor's cache


def suffixes(params):
    """Return the endings of the parameters' names, a list for each layer with one entry a direction.

    {"weight_ih_l0", "weight_ih_l0_reverse", …} has [["l0", "l0_reverse"]].
    """
    directions = ("", "_reverse") if "weight_ih_l0_reverse" in params else ("",)
    num_layers = sum(
        re.fullmatch(r"weight_ih_l\d+", name) is not None for name in params
    )
    return [
        [f"l{layer}{direction}" for direction in directions]
        for layer in range(max(num_layers, 1))
    ]


def check_parameters(params, gates, input_size):
    """Return `suffixes(params)` and the hidden size H, after checking every name and shape.

    `gates` is the number of blocks in a weight: 1 for a plain RNN, 3 for a GRU, 4 for an LSTM.
    Raises ValueError for a missing, unknown or ill-shaped parameter.
    """
    layers = suffixes(params)
    check_names(
        params,
        [f"{name}_{s}" for layer in layers for s in layer for name in PARAMETERS],
    )
    check_shape("weight_hh_l0", params["weight_hh_l0"], (None, None))
    hidden = params["weight_hh_l0"].shape[1]
    for layer in layers:
        shapes = (
            (gates * hidden, input_size),
            (gates * hidden, hidden),
            (gates * hidden,),
        )
        for suffix in layer:
            for name, shape in zip(PARAMETERS, (*shapes, shapes[-1])):
                check_shape(f"{name}_{suffix}", params[f"{name}_{suffix}"], shape)
        input_size = hidden * len(layer)
    return layers, hidden


def weights_of(params, suffix):
    """Return the four arrays of one layer and direction, in the order of `PARAMETERS`."""
    return [params[f"{name}_{suffix}"] for name in PARAMETERS]


def recurrent(
    sweep,
    gates,
    state_names,
    params,
    x,
    state_0,
    lengths,
    between,
    device_sweep=lambda *sizes: None,
):
    """Run the sweep of a cell through all layers and directions of a padded batch.

    Arguments
        sweep: the cell's own, and `gates` the number of blocks in its weights
        params: torch's names; layer l > 0 reads the joined outputs of all directions of layer l − 1
        x: (T, B, E)
        state_0: tuple of arrays (L·directions, B, H), named `state_names` in errors, or None for zeros
        lengths: (B,) or None
        between: a layer `f(x) -> y, backward` for the output of every layer but the last, or None
        device_sweep: gives the sweep that takes the place of `sweep` on a GPU, or None; see `recurrence`
    Returns `(output (T, B, directions·H), state_n), backward` with
    `backward(d_output, d_state_n) -> dx, d_state_0, grads`; either argument may be None.
    """
    check_shape("x", x, (None, None, None))
    if 0 in x.shape:
        raise ValueError(f"x has shape {x.shape}: there is nothing in it")
    layers, hidden = check_parameters(params, gates, x.shape[2])
    xp = check_floats({"x": x, **params})
    steps, batch = x.shape[:2]
    sweep = device_sweep(xp, gates, batch, hidden, x.dtype) or sweep
    num_directions = len(layers[0])
    state_shape = (len(layers) * num_directions, batch, hidden)
    state_0 = _check_state(xp, x, state_0, state_names, state_shape)

    packing = Packing(xp, check_lengths(lengths, steps, batch), steps)
    rows = packing.pack(x)  # (N, E)
    state_n = tuple(xp.empty(state_shape, x.dtype) for _ in state_names)
    tape = []  # a list of backward passes a layer
    for l, layer in enumerate(layers):
        outputs, layer_backwards = [], []
        for direction, suffix in enumerate(layer):
            k = l * num_directions + direction
            start = tuple(packing.sort(s[k]) for s in state_0)
            order = packing.steps[::-1] if direction else packing.steps
            (part_output, end), backward = sweep(
                weights_of(params, suffix), rows, start, order
            )
            for whole, part in zip(state_n, end):
                whole[k] = packing.unsort(part)
            outputs.append(part_output)
            layer_backwards.append(backward)
        rows = outputs[0] if num_directions == 1 else xp.concatenate(outputs, axis=1)
        between_backward = None
        if between is not None and l < len(layers) - 1:
            rows, between_backward = between(rows)
        tape.append((layer_backwards, between_backward))
    output = packing.unpack(rows)

    def backward(d_output=None, d_state_n=None):
        if d_output is None:
            d_output = zeros(xp, output.shape, x.dtype)
        check_like("d_output", d_output, "output", output)
        d_names = [f"d_{name[0]}_n" for name in state_names]
        d_state_n = _check_state(xp, x, d_state_n, d_names, state_shape)
        d_rows = packing.pack(d_output)
        d_state_0 = tuple(xp.empty(state_shape, x.dtype) for _ in state_names)
        grads = {}
        for l in reversed(range(len(layers))):
            layer_backwards, between_backward = tape[l]
            if between_backward is not None:
                d_rows = between_backward(d_rows)
            d_below = None
            for direction, suffix in enumerate(layers[l]):
                k = l * num_directions + direction
                d_end = tuple(packing.sort(d[k]) for d in d_state_n)
                own = slice(direction * hidden, (direction + 1) * hidden)
                dx_rows, d_start, d_weights = layer_backwards[direction](
                    d_rows[:, own], d_end
                )
                for whole, part in zip(d_state_0, d_start):
                    whole[k] = packing.unsort(part)
                grads.update(
                    {f"{name}_{suffix}": d for name, d in zip(PARAMETERS, d_weights)}
                )
                d_below = dx_rows if d_below is None else d_below + dx_rows
            d_rows = d_below
        return packing.unpack(d_rows), d_state_0, {name: grads[name] for name in params}

    return (output, state_n), backward


def with_one_state(run):
    """Return what `recurrent` returned for a cell whose state is one array, without the tuples around that array."""
    (output, (h_n,)), state_backward = run

    def backward(d_output=None, d_h_n=None):
        d_state_n = None if d_h_n is None else (d_h_n,)
        dx, (dh0,), grads = state_backward(d_output, d_state_n)
        return dx, dh0, grads

    return (output, h_n), backward


def _check_state(xp, x, state, names, shape):
    """Return the arrays of a state, zeros for None, after checking them against the input `x`."""
    if state is None:
        state = (None,) * len(names)
    if not isinstance(state, (tuple, list)) or len(state) != len(names):
        raise TypeError(
            f"a state is {type(state).__name__}; expected ({', '.join(names)})"
        )
    state = tuple(xp.zeros(shape, x.dtype) if part is None else part for part in state)
    for name, part in zip(names, state):
        check_floats({"x": x, name: part})
        check_shape(name, part, shape)
    return state


def blocks_of(steps):
    """Group `steps`, in their order, into blocks of about BLOCK_ROWS rows: a list of `(rows of all, steps)`."""
    blocks, block, size = [], [], 0
    for rows in steps:
        block.append(rows)
        size += len_of(rows)
        if size >= BLOCK_ROWS or rows is steps[-1]:
            start, stop = min(block[0].start, rows.start), max(block[0].stop, rows.stop)
            blocks.append((slice(start, stop), block))
            block, size = [], 0
    return blocks


def len_of(rows):
    """Return how many rows a slice holds."""
    return rows.stop - rows.start


def by_gate(rows, gates):
    """View `rows (size, gates·H)` as `(gates, size, H)`: the blocks of the gates one after the other."""
    return rows.reshape(len(rows), gates, -1).transpose(1, 0, 2)


def sigmoid(a, xp):
    """Turn `a` into σ(a) = 1 / (1 + e^−a) = (1 + tanh(a/2)) / 2, in place.

    Through tanh because it cannot overflow, and libraries have it vectorised.
    """
    a *= 0.5
    xp.tanh(a, out=a)
    a += 1
    a *= 0.5


def init_recurrent(
    rng,
    gates,
    input_size,
    hidden_size,
    num_layers=1,
    bidirectional=False,
    open_gate=None,
):
    """Return fresh parameters in torch's layout, float64, for a cell of `gates` blocks.

    Input weights are uniform in ±sqrt(1/D) for an input of size D. Each block of the recurrent weights is a
    random orthogonal matrix, which neither stretches nor shrinks a state (Saxe, McClelland and Ganguli 2014).
    Biases are 0, but 1 in the block `open_gate`: a gate that is open at the start lets the state through
    (Jozefowicz, Zaremba and Sutskever 2015).
    """
    params = {}
    for layer in range(num_layers):
        for direction in ("", "_reverse") if bidirectional else ("",):
            suffix = f"l{layer}{direction}"
            bound = np.sqrt(1 / input_size)
            params[f"weight_ih_{suffix}"] = rng.uniform(
                -bound, bound, (gates * hidden_size, input_size)
            )
            params[f"weight_hh_{suffix}"] = np.concatenate(
                [_orthogonal(rng, hidden_size) for _ in range(gates)]
            )
            params[f"bias_ih_{suffix}"] = np.zeros(gates * hidden_size)
            params[f"bias_hh_{suffix}"] = np.zeros(gates * hidden_size)
            if open_gate is not None:
                params[f"bias_ih_{suffix}"][
                    open_gate * hidden_size : (open_gate + 1) * hidden_size
                ] = 1
        input_size = hidden_size * (2 if bidirectional else 1)
    return params


def _orthogonal(rng, size):
    """Draw an orthogonal matrix (size, size), all of them alike (Mezzadri 2007)."""
    q, r = np.linalg.qr(rng.standard_normal((size, size)))
    return q * np.sign(np.diag(r))
