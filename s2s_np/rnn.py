"""The plain recurrent network (Elman 1990), and the pattern of the other cells (book: code/encoder)."""

from .array import array_module
from .recurrent import recurrent, weights_of


def rnn_cell(params, x, h, layer="l0"):
    """Take one step, written as the equation; the reference for `rnn`.

        h' = tanh(W_ih x + b_ih + W_hh h + b_hh)

    Arguments
        params: {"weight_ih_l0": (H, E), "weight_hh_l0": (H, H), "bias_ih_l0": (H,), "bias_hh_l0": (H,)}
        x: (B, E)
        h: (B, H)
    Returns `h' (B, H)` and `backward(d_h_next) -> dx, dh, grads`.
    """
    w_ih, w_hh, b_ih, b_hh = weights_of(params, layer)
    xp = array_module(x, "x")
    h_next = xp.tanh(x @ w_ih.T + b_ih + h @ w_hh.T + b_hh)  # (B, H)

    def backward(d_h_next):
        d_a = d_h_next * (1 - h_next**2)  # (B, H)
        grads = {
            f"weight_ih_{layer}": d_a.T @ x,
            f"weight_hh_{layer}": d_a.T @ h,
            f"bias_ih_{layer}": d_a.sum(axis=0),
            f"bias_hh_{layer}": d_a.sum(axis=0),
        }
        return d_a @ w_ih, d_a @ w_hh, grads

    return h_next, backward


def rnn(params, x, h0=None, lengths=None, between=None):
    """Run a plain RNN over whole sequences, as `torch.nn.RNN` does with tanh.

    Arguments
        params: torch's names for any number of layers and one or two directions
        x: (T, B, E)
        h0: (L·directions, B, H); None is zeros
        lengths: (B,) integers from 1 to T, on the host; None is T each
        between: a layer `f(x) -> y, backward` for the output of every layer but the last (dropout, say)
    Returns `(output, h_n), backward`: `output (T, B, directions·H)`, zero at padded steps; `h_n` of the shape of
    `h0`, the state at each sequence's own last step (backward direction: its first); and
    `backward(d_output=None, d_h_n=None) -> dx, dh0, grads`.
    Raises ValueError for shapes, names and lengths that do not fit, TypeError for types and libraries.
    """
    state_0 = None if h0 is None else (h0,)
    (output, (h_n,)), state_backward = recurrent(
        _sweep, 1, ("h0",), params, x, state_0, lengths, between
    )

    def backward(d_output=None, d_h_n=None):
        dx, (dh0,), grads = state_backward(
            d_output, None if d_h_n is None else (d_h_n,)
        )
        return dx, dh0, grads

    return (output, h_n), backward


def _sweep(weights, x, state_0, steps):
    """One layer in one direction, over packed rows: see `recurrent`."""
    w_ih, w_hh, b_ih, b_hh = weights
    xp = array_module(x)
    w_hh_T = xp.ascontiguousarray(w_hh.T)  # laid out once for every step's product
    (h,) = state_0  # (B, H), overwritten step by step
    output = x @ w_ih.T  # (N, H): all inputs in one product
    output += b_ih + b_hh
    h_prev = xp.empty_like(output)  # (N, H) the state each step began with

    for rows in steps:
        running = h[: rows.stop - rows.start]
        h_prev[rows] = running
        output[rows] += running @ w_hh_T
        xp.tanh(output[rows], out=output[rows])
        running[...] = output[rows]

    def backward(d_output, d_state_n):
        (d_h,) = d_state_n  # (B, H), overwritten step by step
        d_a = 1 - output**2  # (N, H) ∂h/∂a, times ∂loss/∂h below
        for rows in reversed(steps):
            d_running = d_h[: rows.stop - rows.start]
            d_running += d_output[rows]
            d_a[rows] *= d_running
            xp.matmul(d_a[rows], w_hh, out=d_running)
        d_bias = d_a.sum(axis=0)
        return d_a @ w_ih, (d_h,), (d_a.T @ x, d_a.T @ h_prev, d_bias, d_bias.copy())

    return (output, (h,)), backward
