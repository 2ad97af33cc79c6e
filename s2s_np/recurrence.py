"""The time loop of a recurrent layer on a GPU, in one launch forward and one backward (book: gpu).

`recurrence.cu` holds the kernels and says how they work. Here is what surrounds them: who computes what, and the
products that wait for no step and so stay whole: those with the inputs before the loop, and the gradients of the
weights after it.
"""

import os
from functools import lru_cache, partial
from math import ceil
from typing import Any, NamedTuple

import numpy as np

from . import kernels
from .array import array_module

CELLS = {1: "Rnn", 3: "Gru", 4: "Lstm"}  # by the number of blocks in a weight
WARPS = 8  # of 32 threads, in a block
SEQUENCES, UNITS = 32, 8  # a tile, as in recurrence.cu
DEPTH = 16  # a piece of the sum, as in recurrence.cu


class Plan(NamedTuple):
    """How the work is divided: see the head of recurrence.cu.

    units: of a block
    grid: (parts of the units, groups of sequences)
    pitches: numbers from row to row of the weights in shared memory, forward and backward
    shared: bytes of shared memory a block, forward and backward
    """

    units: int
    grid: tuple
    pitches: tuple
    shared: tuple


class Launch(NamedTuple):
    """A plan and the two kernels that carry it out."""

    plan: Plan
    forward: Any
    backward: Any


def make_plan(gates, hidden, batch, itemsize, multiprocessors, shared_limit):
    """Return the `Plan` with the least work for the busiest block, or None if no share of the weights fits.

    Arguments
        gates, hidden, batch: G, H and B
        itemsize: bytes of a number
        multiprocessors: of the card; each holds one block, so that all blocks run together
        shared_limit: bytes of shared memory that a block may have
    """
    plans = []
    for units in range(1, hidden + 1):
        parts = ceil(hidden / units)
        groups = min(multiprocessors // parts, ceil(batch / SEQUENCES))
        if groups == 0:
            continue
        pitches = tuple(
            ceil(width / DEPTH) * DEPTH + 4 for width in (hidden, gates * hidden)
        )
        shared = tuple(
            itemsize
            * (
                rows * pitch
                + WARPS * max(SEQUENCES * (DEPTH + 4), out * SEQUENCES * UNITS)
            )
            for rows, pitch, out in zip((gates * units, units), pitches, (gates, 1))
        )
        if max(shared) > shared_limit:
            break
        tiles = ceil(ceil(batch / groups) / SEQUENCES) * ceil(units / UNITS)
        # Of equals the one that moves the fewest states: many groups, and so few sequences each, few blocks.
        plan = Plan(units, (parts, groups), pitches, shared)
        plans.append((tiles, -groups, -units, plan))
    return min(plans)[3] if plans else None


def device_sweep(xp, gates, batch, hidden, dtype):
    """Return the sweep (see `recurrent`) of the cell with `gates` blocks that runs all steps in one launch.

    None where it cannot be: the arrays are on the host, the card cannot let blocks wait for one another (compute
    capability below 7.0), or its multiprocessors together cannot hold W_hh.
    """
    if not kernels.usable(xp):
        return None
    launch = _launch(xp, xp.cuda.Device().id, gates, hidden, batch, dtype.name)
    return launch and partial(_sweep, launch)


@lru_cache(maxsize=1024)
def _launch(xp, device, gates, hidden, batch, dtype):
    """Plan for one device and one size, and compile; None as in `device_sweep`."""
    attributes = xp.cuda.Device(device).attributes
    if not attributes["CooperativeLaunch"] or attributes["ComputeCapabilityMajor"] < 7:
        return None
    plan = make_plan(
        gates,
        hidden,
        batch,
        np.dtype(dtype).itemsize,
        attributes["MultiProcessorCount"],
        attributes["MaxSharedMemoryPerBlockOptin"],
    )
    if plan is None:
        return None
    constants = {"REAL": kernels.C_TYPES[dtype], "CELL": CELLS[gates], "WARPS": WARPS}
    # As CuPy's own products: https://docs.cupy.dev/en/stable/reference/environment.html
    wanted = dtype == "float32" and int(os.environ.get("CUPY_TF32", "0")) > 0
    constants["TF32"] = int(wanted and attributes["ComputeCapabilityMajor"] >= 8)
    both = []
    for name, shared in zip(("forward", "backward"), plan.shared):
        kernel = kernels.kernel(xp, "recurrence.cu", name, True, **constants)
        kernel.max_dynamic_shared_size_bytes = max(
            shared, kernel.max_dynamic_shared_size_bytes
        )
        if not xp.cuda.driver.occupancyMaxActiveBlocksPerMultiprocessor(
            kernel.kernel.ptr, 32 * WARPS, shared
        ):
            return None
        both.append(kernel)
    return Launch(plan, *both)


@lru_cache(maxsize=64)
def _starts_and_sizes(xp, device, bounds):
    """Return `bounds` on the device, once for all layers of a batch and for batches of the same lengths."""
    return xp.asarray(np.ascontiguousarray(np.array(bounds, np.int32).T))


def _sweep(launch, weights, x, state_0, steps):
    """One layer in one direction, over packed rows: see `recurrent`, and `gru_sweep` for the same in arrays."""
    xp, plan = array_module(x), launch.plan
    w_ih, w_hh, b_ih, b_hh = map(xp.ascontiguousarray, weights)
    N, H = len(x), w_hh.shape[1]
    GH = len(w_hh)
    is_gru, memory = GH == 3 * H, len(state_0) == 2
    h, c = state_0 if memory else (*state_0, None)  # (B, H), from start to end in place
    gates = x @ w_ih.T  # (N, G·H): all inputs in one product
    width, d_width = ceil(H / 4) * 4, ceil(GH / 4) * 4  # rows of whole groups of four
    h_prev = xp.zeros((N, width), x.dtype)  # the state each row began with
    c_prev = xp.empty((N, H), x.dtype) if memory else None
    kept = xp.empty((N, H), x.dtype) if is_gru or memory else None
    output = xp.empty((N, H), x.dtype)
    bounds = tuple((rows.start, rows.stop - rows.start) for rows in steps)
    bounds = _starts_and_sizes(xp, xp.cuda.Device().id, bounds)  # (2, T)

    def run(kernel, which, arrays, widths):
        arrived = xp.zeros(plan.grid[1], np.uint32)
        sizes = (len(steps), H, *widths, plan.units, plan.pitches[which])
        args = (*arrays, bounds, arrived, *map(np.int32, sizes))
        kernel(plan.grid, (32 * WARPS,), args, shared_mem=plan.shared[which])

    arrays = gates, w_hh, b_ih, b_hh, h, c, h_prev, c_prev, kept, output
    run(launch.forward, 0, arrays, (width,))

    def backward(d_output, d_state_n):
        d_h, d_c = d_state_n if memory else (*d_state_n, None)  # (B, H), end to start
        d_u = xp.zeros((N, d_width), x.dtype)  # for what h feeds
        d_n = xp.empty((N, H), x.dtype) if is_gru else None
        d_output = xp.ascontiguousarray(d_output)
        arrays = gates, w_hh, h_prev, c_prev, kept, d_output, d_h, d_c, d_u, d_n
        run(launch.backward, 1, arrays, (width, d_width))
        d_u = d_u[:, :GH]
        d_w_hh, d_b_hh = d_u.T @ h_prev[:, :H], d_u.sum(axis=0)
        d_a = d_u  # what x feeds differs in n's block of a GRU only
        d_b_ih = d_b_hh.copy()
        if is_gru:
            d_a[:, 2 * H :] = d_n
            d_b_ih[2 * H :] = d_n.sum(axis=0)
        d_state_0 = (d_h, d_c) if memory else (d_h,)
        return d_a @ w_ih, d_state_0, (d_a.T @ x, d_w_hh, d_b_ih, d_b_hh)

    return (output, (h, c) if memory else (h,)), backward
