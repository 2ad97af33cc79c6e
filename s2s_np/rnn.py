"""The plain recurrent network (Elman 1990), and the pattern of the other cells (book: code/encoder)."""

from .array import array_module, transposed
from .memory import empty
from .recurrence import device_sweep
from .recurrent import len_of, recurrent, weights_of, with_one_state


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
    return with_one_state(
        recurrent(
            rnn_sweep, 1, ("h0",), params, x, state_0, lengths, between, device_sweep
        )
    )


def rnn_step(weights, x, state):
    """Take the step of `rnn_cell` without a way back, for decoding: `x (B, E)`, `state` and result `(h (B, H),)`."""
    w_ih, w_hh, b_ih, b_hh = weights
    xp = array_module(x)
    a = x @ w_ih.T  # (B, H)
    a += b_ih
    a += state[0] @ w_hh.T
    a += b_hh
    return (xp.tanh(a, out=a),)


def rnn_sweep(weights, x, state_0, steps):
    """One layer in one direction, over packed rows: see `recurrent`."""
    w_ih, w_hh, b_ih, b_hh = weights
    xp = array_module(x)
    (h,) = state_0  # (B, H), overwritten step by step
    N, (B, H), dtype = len(x), h.shape, x.dtype
    w_hh_T = transposed(w_hh)  # (H, H)
    output, h_prev = (empty(xp, (N, H), dtype) for _ in range(2))
    xp.matmul(x, w_ih.T, out=output)  # all inputs in one product
    output += b_ih + b_hh
    product = empty(xp, (B, H), dtype)

    for rows in steps:
        running, output_t = h[: len_of(rows)], output[rows]
        h_prev[rows] = running
        output_t += xp.matmul(running, w_hh_T, out=product[: len_of(rows)])
        xp.tanh(output_t, out=output_t)
        running[...] = output_t

    def backward(d_output, d_state_n):
        (d_h,) = d_state_n  # (B, H), overwritten step by step
        d_a = empty(xp, (N, H), dtype)
        xp.multiply(output, output, out=d_a)
        xp.subtract(1, d_a, out=d_a)  # ∂h/∂a, times ∂loss/∂h below
        for rows in reversed(steps):
            d_running, d_a_t = d_h[: len_of(rows)], d_a[rows]
            d_running += d_output[rows]
            d_a_t *= d_running
            xp.matmul(d_a_t, w_hh, out=d_running)
        d_w_ih = xp.matmul(d_a.T, x, out=empty(xp, w_ih.shape, dtype))
        d_w_hh = xp.matmul(d_a.T, h_prev, out=empty(xp, w_hh.shape, dtype))
        dx = xp.matmul(d_a, w_ih, out=empty(xp, x.shape, dtype))
        d_bias = d_a.sum(axis=0)
        return dx, (d_h,), (d_w_ih, d_w_hh, d_bias, d_bias.copy())

    return (output, (h,)), backward
