"""The long short-term memory (Hochreiter and Schmidhuber 1997; forget gate: Gers et al. 2000; book: code/encoder)."""

from .array import array_module, transposed
from .memory import empty
from .recurrence import device_sweep
from .recurrent import blocks_of, by_gate, len_of, recurrent, sigmoid, weights_of


def lstm_cell(params, x, state, layer="l0"):
    """Take one step, written as the equations; the reference for `lstm`.

        i  = σ(W_ii x + b_ii + W_hi h + b_hi)           input gate
        f  = σ(W_if x + b_if + W_hf h + b_hf)           forget gate: how much of the old memory stays
        g  = tanh(W_ig x + b_ig + W_hg h + b_hg)        what is proposed for the memory
        o  = σ(W_io x + b_io + W_ho h + b_ho)           output gate
        c' = f ⊙ c + i ⊙ g                              memory
        h' = o ⊙ tanh(c')                               state

    Arguments
        params: {"weight_ih_l0": (4H, E), "weight_hh_l0": (4H, H), "bias_ih_l0": (4H,), "bias_hh_l0": (4H,)},
            each with the blocks of i, f, g and o one above the other
        x: (B, E)
        state: (h, c), each (B, H)
    Returns `(h', c')` and `backward((d_h_next, d_c_next)) -> dx, (dh, dc), grads`.
    """
    h, c = state
    w_ih, w_hh, b_ih, b_hh = weights_of(params, layer)
    xp = array_module(x, "x")
    a_i, a_f, a_g, a_o = xp.split(x @ w_ih.T + b_ih + h @ w_hh.T + b_hh, 4, axis=1)
    i = 1 / (1 + xp.exp(-a_i))
    f = 1 / (1 + xp.exp(-a_f))
    g = xp.tanh(a_g)
    o = 1 / (1 + xp.exp(-a_o))
    c_next = f * c + i * g
    h_next = o * xp.tanh(c_next)

    def backward(d_state_next):
        d_h_next, d_c_next = d_state_next
        d_c = d_c_next + d_h_next * o * (1 - xp.tanh(c_next) ** 2)
        d_a = xp.concatenate(  # (B, 4H)
            [
                d_c * g * i * (1 - i),
                d_c * c * f * (1 - f),
                d_c * i * (1 - g**2),
                d_h_next * xp.tanh(c_next) * o * (1 - o),
            ],
            axis=1,
        )
        grads = {
            f"weight_ih_{layer}": d_a.T @ x,
            f"weight_hh_{layer}": d_a.T @ h,
            f"bias_ih_{layer}": d_a.sum(axis=0),
            f"bias_hh_{layer}": d_a.sum(axis=0),
        }
        return d_a @ w_ih, (d_a @ w_hh, d_c * f), grads

    return (h_next, c_next), backward


def lstm(params, x, state0=None, lengths=None, between=None):
    """Run an LSTM over whole sequences, as `torch.nn.LSTM` does.

    Arguments
        params: torch's names for any number of layers and one or two directions
        x: (T, B, E)
        state0: (h0, c0), each (L·directions, B, H); None, for one of them or for both, is zeros
        lengths: (B,) integers from 1 to T, on the host; None is T each
        between: a layer `f(x) -> y, backward` for the output of every layer but the last (dropout, say)
    Returns `(output, (h_n, c_n)), backward`: `output (T, B, directions·H)`, zero at padded steps; `h_n` and `c_n`
    at each sequence's own last step (backward direction: its first); and
    `backward(d_output=None, d_state_n=None) -> dx, (dh0, dc0), grads`.
    Raises ValueError for shapes, names and lengths that do not fit, TypeError for types and libraries.
    """
    return recurrent(
        lstm_sweep, 4, ("h0", "c0"), params, x, state0, lengths, between, device_sweep
    )


def lstm_step(weights, x, state):
    """Take the step of `lstm_cell` without a way back, for decoding: `x (B, E)`, `state` and result `(h, c)`."""
    w_ih, w_hh, b_ih, b_hh = weights
    xp = array_module(x)
    h, c = state  # (B, H) each
    H = h.shape[1]
    a = x @ w_ih.T  # (B, 4H)
    a += b_ih
    a += h @ w_hh.T
    a += b_hh
    i_f, i, f, g, o = (
        a[:, : 2 * H], a[:, :H], a[:, H : 2 * H], a[:, 2 * H : 3 * H], a[:, 3 * H :],
    )  # fmt: skip
    sigmoid(i_f, xp)
    sigmoid(o, xp)
    xp.tanh(g, out=g)
    c = f * c
    c += xp.multiply(i, g, out=g)
    h = xp.tanh(c)
    h *= o
    return h, c


def lstm_sweep(weights, x, state_0, steps):
    """One layer in one direction, over packed rows: see `recurrent`, and `gru` for the order of the work."""
    w_ih, w_hh, b_ih, b_hh = weights
    xp = array_module(x)
    h, c = state_0  # (B, H) each, overwritten step by step
    N, (B, H), dtype = len(x), h.shape, x.dtype
    w_hh_T = transposed(w_hh)  # (H, 4H)
    b = b_ih + b_hh
    gates = empty(xp, (4, N, H), dtype)  # i, f, g and o
    h_prev, c_prev, tanh_c, output = (empty(xp, (N, H), dtype) for _ in range(4))
    blocks = blocks_of(steps)
    a = empty(xp, (max(len_of(block) for block, _ in blocks), 4 * H), dtype)
    u = empty(xp, (B, 4 * H), dtype)  # W_hh h of one step

    for block, steps_of_block in blocks:
        a_block = xp.matmul(x[block], w_ih.T, out=a[: len_of(block)])
        a_block += b
        for rows in steps_of_block:
            size = len_of(rows)
            own = slice(rows.start - block.start, rows.stop - block.start)
            h_t, c_t, gates_t = h[:size], c[:size], gates[:, rows]
            h_prev[rows], c_prev[rows] = h_t, c_t
            u_t = xp.matmul(h_t, w_hh_T, out=u[:size])
            xp.add(by_gate(a_block[own], 4), by_gate(u_t, 4), out=gates_t)
            sigmoid(gates_t[:2], xp)
            xp.tanh(gates_t[2], out=gates_t[2])
            sigmoid(gates_t[3], xp)
            i, f, g, o = gates_t
            c_t *= f
            c_t += xp.multiply(i, g, out=tanh_c[rows])
            xp.tanh(c_t, out=tanh_c[rows])
            xp.multiply(o, tanh_c[rows], out=h_t)
            output[rows] = h_t

    def backward(d_output, d_state_n):
        d_h, d_c = d_state_n  # (B, H) each, overwritten step by step
        d_a = empty(xp, (N, 4 * H), dtype)
        through_output = empty(xp, (N, H), dtype)  # ∂h/∂c
        work = empty(xp, (max(B, len(a)), H), dtype)
        for block, steps_of_block in reversed(blocks):
            # First the local derivatives, then step by step the loss's gradient is multiplied in.
            i, f, g, o = gates[:, block]
            d_i, d_f, d_g, d_o = by_gate(d_a[block], 4)
            rest, tanh_c_b, through = (
                work[: len_of(block)],
                tanh_c[block],
                through_output[block],
            )
            for gate, factor, d_gate in (
                (i, g, d_i),
                (f, c_prev[block], d_f),
                (o, tanh_c_b, d_o),
            ):
                xp.subtract(1, gate, out=rest)
                rest *= gate
                xp.multiply(rest, factor, out=d_gate)
            xp.multiply(g, g, out=rest)
            xp.subtract(1, rest, out=rest)
            xp.multiply(rest, i, out=d_g)
            xp.multiply(tanh_c_b, tanh_c_b, out=through)
            xp.subtract(1, through, out=through)
            through *= o
            for rows in reversed(steps_of_block):
                size = len_of(rows)
                d_h_t, d_c_t, product = d_h[:size], d_c[:size], work[:size]
                d_h_t += d_output[rows]
                d_c_t += xp.multiply(d_h_t, through_output[rows], out=product)
                d_a_t = by_gate(d_a[rows], 4)
                d_a_t[:3] *= d_c_t  # i, f and g act through the memory
                d_a_t[3] *= d_h_t
                d_c_t *= gates[1, rows]
                xp.matmul(d_a[rows], w_hh, out=d_h_t)
        d_w_ih = xp.matmul(d_a.T, x, out=empty(xp, w_ih.shape, dtype))
        d_w_hh = xp.matmul(d_a.T, h_prev, out=empty(xp, w_hh.shape, dtype))
        dx = xp.matmul(d_a, w_ih, out=empty(xp, x.shape, dtype))
        d_bias = d_a.sum(axis=0)
        return dx, (d_h, d_c), (d_w_ih, d_w_hh, d_bias, d_bias.copy())

    return (output, (h, c)), backward
