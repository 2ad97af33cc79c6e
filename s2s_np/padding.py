"""Sequences of several lengths in one array: padded for the eye, packed for the work (book: code/loss).

A padded batch `(T, B, D)` holds `B` sequences side by side, each followed by padding up to `T` steps. Packing
sorts them, longest first, and keeps the real steps alone, as rows `(N, D)` with `N = sum(lengths)`: all of step
0, all of step 1, and so on. The sequences that run at step `t` are then always the first few, and each step is
one slice of the rows. Padding costs nothing because it is not there.

         padded (T = 3, B = 3)              packed (N = 6)

    t = 0   a0  b0  c0                  b0 a0 c0 | b1 a1 | b2
    t = 1   a1  b1  ·      lengths      t = 0      t = 1   t = 2
    t = 2   ·   b2  ·      2, 3, 1
"""

import numpy as np

from .array import array_module, to_host


def check_lengths(lengths, steps, batch, name="x"):
    """Return `lengths` as an integer array `(B,)` on the host; None stands for `steps` each.

    Lengths steer loops, so they are needed on the host; those on a GPU are copied from it.

    Raises TypeError unless they are integers, and ValueError unless there are `batch` of them, from 1 to `steps`.
    """
    if lengths is None:
        return np.full(batch, steps)
    lengths = (
        np.asarray(lengths)
        if isinstance(lengths, (list, tuple))
        else to_host(lengths, "lengths")
    )
    if lengths.dtype.kind not in "iu":
        raise TypeError(f"lengths are of type {lengths.dtype}; expected integers")
    if lengths.shape != (batch,):
        raise ValueError(
            f"lengths has shape {lengths.shape}; expected ({batch},), one for each sequence of {name}"
        )
    for b in np.flatnonzero((lengths < 1) | (lengths > steps)):
        at_fault = (
            f"but {name} has only {steps} time steps"
            if lengths[b] > steps
            else "the shortest length is 1"
        )
        raise ValueError(
            f"lengths[{b}] is {lengths[b]}, {at_fault} ({steps} steps, {batch} sequences)"
        )
    return lengths.astype(np.int64)


def real_steps(lengths, steps):
    """Return the mask `(T, B)`, on the host, that is True where a step is real: `t < lengths[b]`."""
    return np.arange(steps)[:, None] < lengths


def reverse_within_lengths(tokens, lengths):
    """Return `tokens (T, B)`, or frames `(T, B, D)`, each turned round within its length; padding stays in place."""
    xp = array_module(tokens)
    steps, batch = tokens.shape[:2]
    lengths = check_lengths(lengths, steps, batch, "tokens")
    t = np.arange(steps)[:, None]
    mirrored = np.where(t < lengths, lengths - 1 - t, t)  # (T, B)
    return tokens[xp.asarray(mirrored), xp.arange(batch)]


class Packing:
    """The way from a padded batch of `steps` × `batch` to packed rows and back.

    `lengths` is what `check_lengths` returned and `xp` the array library of the batch. `steps` is the list of
    the rows (slices) of each time step.
    """

    def __init__(self, xp, lengths, steps):
        self.padded_shape = (steps, len(lengths))
        batch = len(lengths)
        self.full = bool((lengths == steps).all())
        if self.full:
            self.steps = [slice(t * batch, (t + 1) * batch) for t in range(steps)]
            return
        order = np.argsort(-lengths, kind="stable")  # longest first
        sizes = real_steps(lengths, steps).sum(axis=1)  # sequences that run at step t
        ends = np.cumsum(sizes).tolist()
        self.steps = [
            slice(end - size, end) for end, size in zip(ends, sizes.tolist()) if size
        ]
        t, place = np.nonzero(np.arange(batch) < sizes[:, None])
        self._order = xp.asarray(order)
        self._back = xp.asarray(np.argsort(order))
        # (N,) where each row stood
        self._rows = xp.asarray(t * batch + order[place])

    def pack(self, x):
        """Return the real steps of `x (T, B, D)` as rows `(N, D)`."""
        flat = x.reshape(-1, x.shape[2])
        return flat if self.full else flat[self._rows]

    def unpack(self, rows):
        """Return `rows (N, D)` as `(T, B, D)`, zero at padded steps."""
        steps, batch = self.padded_shape
        if self.full:
            return rows.reshape(steps, batch, -1)
        padded = array_module(rows).zeros((steps * batch, rows.shape[1]), rows.dtype)
        padded[self._rows] = rows
        return padded.reshape(steps, batch, -1)

    def sort(self, state):
        """Return `state (B, H)` in the order of the rows, longest sequence first; always a copy."""
        return state.copy() if self.full else state[self._order]

    def unsort(self, state):
        """Undo `sort`."""
        return state if self.full else state[self._back]
