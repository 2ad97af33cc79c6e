"""The gated recurrent unit (Cho et al. 2014), in the form of PyTorch and cuDNN (book: code/encoder).

The reset gate here acts *after* the recurrent product, on `W_hn h + b_hn`; Cho et al. let it act before, on `h`.
"""

from .array import array_module, transposed
from .memory import empty
from .recurrence import device_sweep
from .recurrent import (
    blocks_of,
    by_gate,
    len_of,
    recurrent,
    sigmoid,
    weights_of,
    with_one_state,
)


def gru_cell(params, x, h, layer="l0"):
    """Take one step, written as the equations; the reference for `gru`.

        r  = σ(W_ir x + b_ir + W_hr h + b_hr)           reset gate
        z  = σ(W_iz x + b_iz + W_hz h + b_hz)           update gate: how much of the old state stays
        n  = tanh(W_in x + b_in + r ⊙ (W_hn h + b_hn))  new state, proposed
        h' = (1 − z) ⊙ n + z ⊙ h

    Arguments
        params: {"weight_ih_l0": (3H, E), "weight_hh_l0": (3H, H), "bias_ih_l0": (3H,), "bias_hh_l0": (3H,)},
            each with the blocks of r, z and n one above the other
        x: (B, E)
        h: (B, H)
    Returns `h' (B, H)` and `backward(d_h_next) -> dx, dh, grads`.
    """
    w_ih, w_hh, b_ih, b_hh = weights_of(params, layer)
    xp = array_module(x, "x")
    a_r, a_z, a_n = xp.split(x @ w_ih.T + b_ih, 3, axis=1)  # (B, H) each
    u_r, u_z, u_n = xp.split(h @ w_hh.T + b_hh, 3, axis=1)  # (B, H) each
    r = 1 / (1 + xp.exp(-(a_r + u_r)))
    z = 1 / (1 + xp.exp(-(a_z + u_z)))
    n = xp.tanh(a_n + r * u_n)
    h_next = (1 - z) * n + z * h

    def backward(d_h_next):
        d_z = d_h_next * (h - n)
        d_n = d_h_next * (1 - z)
        d_a_n = d_n * (1 - n**2)
        d_r = d_a_n * u_n
        d_a_z = d_z * z * (1 - z)
        d_a_r = d_r * r * (1 - r)
        d_a = xp.concatenate([d_a_r, d_a_z, d_a_n], axis=1)  # (B, 3H) for what x feeds
        d_u = xp.concatenate(
            [d_a_r, d_a_z, d_a_n * r], axis=1
        )  # (B, 3H) for what h feeds
        grads = {
            f"weight_ih_{layer}": d_a.T @ x,
            f"weight_hh_{layer}": d_u.T @ h,
            f"bias_ih_{layer}": d_a.sum(axis=0),
            f"bias_hh_{layer}": d_u.sum(axis=0),
        }
        return d_a @ w_ih, d_h_next * z + d_u @ w_hh, grads

    return h_next, backward


def gru(params, x, h0=None, lengths=None, between=None):
    """Run a GRU over whole sequences, as `torch.nn.GRU` does.

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
            gru_sweep, 3, ("h0",), params, x, state_0, lengths, between, device_sweep
        )
    )


def gru_step(weights, x, state):
    """Take the step of `gru_cell` without a way back, for decoding: `x (B, E)`, `state` and result `(h (B, H),)`."""
    w_ih, w_hh, b_ih, b_hh = weights
    xp = array_module(x)
    (h,) = state
    H = h.shape[1]
    a = x @ w_ih.T  # (B, 3H)
    a += b_ih
    u = h @ w_hh.T  # (B, 3H)
    u += b_hh
    rz = xp.empty((2, *h.shape), h.dtype)
    xp.add(by_gate(a[:, : 2 * H], 2), by_gate(u[:, : 2 * H], 2), out=rz)
    sigmoid(rz, xp)
    r, z = rz
    n = r * u[:, 2 * H :]
    n += a[:, 2 * H :]
    xp.tanh(n, out=n)
    h = h - n  # h' = n + z ⊙ (h − n)
    h *= z
    h += n
    return (h,)


def gru_sweep(weights, x, state_0, steps):
    """One layer in one direction, over packed rows: see `recurrent`.

    What the plain cell does step by step is done here for many steps at once wherever no step waits for another: the
    products with the inputs and the local derivatives for a block of steps that fits the cache, the weights' gradients
    for all. Each gate has an array of its own, since arithmetic is fastest on numbers that lie side by side.
    """
    w_ih, w_hh, b_ih, b_hh = weights
    xp = array_module(x)
    (h,) = state_0  # (B, H), overwritten step by step
    N, (B, H), dtype = len(x), h.shape, x.dtype
    w_hh_T = transposed(w_hh)  # (H, 3H)
    b = b_ih.copy()
    b[: 2 * H] += b_hh[: 2 * H]
    b_n = b_hh[2 * H :]
    rz = empty(xp, (2, N, H), dtype)
    n, u_n, h_prev, output = (empty(xp, (N, H), dtype) for _ in range(4))
    blocks = blocks_of(steps)
    a = empty(xp, (max(len_of(block) for block, _ in blocks), 3 * H), dtype)
    u = empty(xp, (B, 3 * H), dtype)  # W_hh h of one step
    a_rz, u_rz = by_gate(a[:, : 2 * H], 2), by_gate(u[:, : 2 * H], 2)

    for block, steps_of_block in blocks:
        a_block = xp.matmul(x[block], w_ih.T, out=a[: len_of(block)])
        a_block += b
        for rows in steps_of_block:
            size = len_of(rows)
            own = slice(rows.start - block.start, rows.stop - block.start)
            running, rz_t, n_t, u_n_t = h[:size], rz[:, rows], n[rows], u_n[rows]
            h_prev[rows] = running
            xp.matmul(running, w_hh_T, out=u[:size])
            xp.add(a_rz[:, own], u_rz[:, :size], out=rz_t)
            sigmoid(rz_t, xp)
            xp.add(u[:size, 2 * H :], b_n, out=u_n_t)  # W_hn h + b_hn, what r acts on
            xp.multiply(rz_t[0], u_n_t, out=n_t)
            n_t += a[own, 2 * H :]
            xp.tanh(n_t, out=n_t)
            running -= n_t  # h' = n + z ⊙ (h − n)
            running *= rz_t[1]
            running += n_t
            output[rows] = running

    def backward(d_output, d_state_n):
        (d_h,) = d_state_n  # (B, H), overwritten step by step
        d_n = empty(xp, (N, H), dtype)
        d_u = empty(xp, (N, 3 * H), dtype)  # for what h feeds
        d_gates = by_gate(d_u, 3)
        work = empty(xp, (len(a), H), dtype)
        product = empty(xp, (B, H), dtype)
        for block, steps_of_block in reversed(blocks):
            # First the local derivatives, then step by step the loss's gradient is multiplied in.
            d_r_b, d_z_b, d_u_n_b = d_gates[:, block]
            r_b, z_b = rz[:, block]
            n_b, d_n_b, keep = n[block], d_n[block], work[: len_of(block)]
            xp.subtract(1, z_b, out=keep)
            xp.multiply(n_b, n_b, out=d_n_b)
            xp.subtract(1, d_n_b, out=d_n_b)
            d_n_b *= keep  # (1 − z) (1 − n²)
            xp.subtract(output[block], n_b, out=d_z_b)
            d_z_b *= keep  # (h − n) z (1 − z) = (h' − n) (1 − z)
            xp.multiply(d_n_b, r_b, out=d_u_n_b)
            xp.subtract(1, r_b, out=keep)
            keep *= u_n[block]
            xp.multiply(keep, d_u_n_b, out=d_r_b)
            for rows in reversed(steps_of_block):
                d_running, d_gates_t = d_h[: len_of(rows)], d_gates[:, rows]
                d_running += d_output[rows]
                d_n[rows] *= d_running
                d_gates_t *= d_running
                d_running *= rz[1, rows]
                d_running += xp.matmul(d_u[rows], w_hh, out=product[: len(d_running)])
        d_w_hh = xp.matmul(d_u.T, h_prev, out=empty(xp, w_hh.shape, dtype))
        d_b_hh = d_u.sum(axis=0)
        d_a, d_b_ih = d_u, d_b_hh.copy()  # what x feeds differs in n's block only
        d_a[:, 2 * H :] = d_n
        d_b_ih[2 * H :] = d_n.sum(axis=0)
        d_w_ih = xp.matmul(d_a.T, x, out=empty(xp, w_ih.shape, dtype))
        dx = xp.matmul(d_a, w_ih, out=empty(xp, x.shape, dtype))
        return dx, (d_h,), (d_w_ih, d_w_hh, d_b_ih, d_b_hh)

    return (output, (h,)), backward
