"""The gated recurrent unit (Cho et al. 2014), in the form of PyTorch and cuDNN (book: code/encoder).

The reset gate here acts *after* the recurrent product, on `W_hn h + b_hn`; Cho et al. let it act before, on `h`.
"""

from .array import array_module
from .recurrent import recurrent, sigmoid, weights_of


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
    (output, (h_n,)), state_backward = recurrent(
        _sweep, 3, ("h0",), params, x, state_0, lengths, between
    )

    def backward(d_output=None, d_h_n=None):
        dx, (dh0,), grads = state_backward(
            d_output, None if d_h_n is None else (d_h_n,)
        )
        return dx, dh0, grads

    return (output, h_n), backward


def _sweep(weights, x, state_0, steps):
    """One layer in one direction, over packed rows: see `recurrent`.

    What the plain cell does step by step is done here for all steps at once wherever no step waits for another:
    the product with the inputs before the loop, the weights' gradients after it.
    """
    w_ih, w_hh, b_ih, b_hh = weights
    xp = array_module(x)
    w_hh_T = xp.ascontiguousarray(w_hh.T)  # laid out once for every step's product
    (h,) = state_0  # (B, H), overwritten step by step
    H = h.shape[1]
    gates = x @ w_ih.T  # (N, 3H): all inputs in one product
    gates += b_ih
    gates[:, : 2 * H] += b_hh[: 2 * H]
    rz, n = gates[:, : 2 * H], gates[:, 2 * H :]  # become r, z and n in place
    r, z = rz[:, :H], rz[:, H:]
    u_n = xp.empty((len(x), H), x.dtype)  # W_hn h + b_hn, what r acts on
    h_prev = xp.empty_like(u_n)  # the state each step began with
    output = xp.empty_like(u_n)
    work = xp.empty((len(h), 3 * H), x.dtype)

    for rows in steps:
        size = rows.stop - rows.start
        running, product = h[:size], work[:size]
        h_prev[rows] = running
        xp.matmul(running, w_hh_T, out=product)  # (size, 3H)
        rz[rows] += product[:, : 2 * H]
        sigmoid(rz[rows], xp)
        xp.add(product[:, 2 * H :], b_hh[2 * H :], out=u_n[rows])
        n[rows] += r[rows] * u_n[rows]
        xp.tanh(n[rows], out=n[rows])
        running -= n[rows]  # h' = n + z ⊙ (h − n)
        running *= z[rows]
        running += n[rows]
        output[rows] = running

    def backward(d_output, d_state_n):
        (d_h,) = d_state_n  # (B, H), overwritten step by step
        # First the local derivatives, for all steps at once; the loop multiplies the loss's gradient in.
        d_n = (1 - z) * (1 - n * n)  # (N, H)
        d_u = xp.empty_like(gates)  # (N, 3H) for what h feeds
        d_u[:, :H] = u_n * r * (1 - r)
        d_u[:, H : 2 * H] = (h_prev - n) * z * (1 - z)
        d_u[:, 2 * H :] = r
        for rows in reversed(steps):
            d_running = d_h[: rows.stop - rows.start]
            d_running += d_output[rows]
            d_n[rows] *= d_running
            d_u[rows, :H] *= d_n[rows]
            d_u[rows, H : 2 * H] *= d_running
            d_u[rows, 2 * H :] *= d_n[rows]
            d_running *= z[rows]
            d_running += d_u[rows] @ w_hh
        d_w_hh, d_b_hh = d_u.T @ h_prev, d_u.sum(axis=0)
        d_a = d_u  # what x feeds differs in n's block only
        d_a[:, 2 * H :] = d_n
        return d_a @ w_ih, (d_h,), (d_a.T @ x, d_w_hh, d_a.sum(axis=0), d_b_hh)

    return (output, (h,)), backward
