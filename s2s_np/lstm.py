"""The long short-term memory (Hochreiter and Schmidhuber 1997; forget gate: Gers et al. 2000)."""

from .array import array_module
from .recurrent import recurrent, sigmoid, weights_of


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
    return recurrent(_sweep, 4, ("h0", "c0"), params, x, state0, lengths, between)


def _sweep(weights, x, state_0, steps):
    """One layer in one direction, over packed rows: see `recurrent`."""
    w_ih, w_hh, b_ih, b_hh = weights
    xp = array_module(x)
    w_hh_T = xp.ascontiguousarray(w_hh.T)  # laid out once for every step's product
    h, c = state_0  # (B, H) each, overwritten step by step
    H = h.shape[1]
    gates = x @ w_ih.T  # (N, 4H): all inputs in one product
    gates += b_ih + b_hh
    i, f, g, o = (
        gates[:, k * H : (k + 1) * H] for k in range(4)
    )  # views, each becomes its gate in place
    h_prev = xp.empty((len(x), H), x.dtype)  # what each step began with
    c_prev = xp.empty_like(h_prev)
    tanh_c = xp.empty_like(h_prev)
    output = xp.empty_like(h_prev)

    for rows in steps:
        size = rows.stop - rows.start
        h_prev[rows] = h[:size]
        c_prev[rows] = c[:size]
        gates[rows] += h[:size] @ w_hh_T
        sigmoid(gates[rows, : 2 * H], xp)
        xp.tanh(g[rows], out=g[rows])
        sigmoid(o[rows], xp)
        c[:size] *= f[rows]
        c[:size] += i[rows] * g[rows]
        xp.tanh(c[:size], out=tanh_c[rows])
        xp.multiply(o[rows], tanh_c[rows], out=output[rows])
        h[:size] = output[rows]

    def backward(d_output, d_state_n):
        d_h, d_c = d_state_n  # (B, H) each, overwritten step by step
        # First the local derivatives, for all steps at once; the loop multiplies the loss's gradient in.
        d_a = xp.empty_like(gates)  # (N, 4H)
        d_a[:, :H] = g * i * (1 - i)
        d_a[:, H : 2 * H] = c_prev * f * (1 - f)
        d_a[:, 2 * H : 3 * H] = i * (1 - g * g)
        d_a[:, 3 * H :] = tanh_c * o * (1 - o)
        through_output = o * (1 - tanh_c * tanh_c)  # (N, H) ∂h/∂c
        for rows in reversed(steps):
            size = rows.stop - rows.start
            d_h[:size] += d_output[rows]
            d_c[:size] += d_h[:size] * through_output[rows]
            for block in range(3):  # i, f and g act through the memory
                d_a[rows, block * H : (block + 1) * H] *= d_c[:size]
            d_a[rows, 3 * H :] *= d_h[:size]
            d_c[:size] *= f[rows]
            xp.matmul(d_a[rows], w_hh, out=d_h[:size])
        d_bias = d_a.sum(axis=0)
        return (
            d_a @ w_ih,
            (d_h, d_c),
            (d_a.T @ x, d_a.T @ h_prev, d_bias, d_bias.copy()),
        )

    return (output, (h, c)), backward
