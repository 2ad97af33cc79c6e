"""The contest: the contestants must agree first, then they are timed in turns.

A contestant has a `name`, `prepare(batch)`, which returns the batch in its own arrays, and `step(prepared) -> loss`,
one training step; some also have `greedy` and `beam`. See `ours.py`.
"""

import time

import numpy as np

PAUSE = 0.15  # seconds of rest before each turn
SECONDS_A_TURN = 0.3  # of timed steps, about
TOLERANCE = 1e-5  # relative, of losses that should be equal


def first_losses(contestant, prepared, steps=3):
    """Return the losses of the first steps, over the batches in turn."""
    return [contestant.step(prepared[i % len(prepared)]) for i in range(steps)]


def check_agreement(losses):
    """Raise RuntimeError unless all lists of losses, a dict by contestant's name, are equal within TOLERANCE.

    Who computes something else has not done the same faster.
    """
    (first, expected), *others = losses.items()
    for name, given in others:
        if not np.allclose(given, expected, rtol=TOLERANCE, atol=0):
            raise RuntimeError(
                f"the losses differ, so the times mean nothing: {first} {expected}, {name} {given}"
            )


def steps_in_a_turn(functions, seconds=SECONDS_A_TURN):
    """Return how many calls of the slowest function, each called twice here, take about `seconds`; 1 to 100."""
    slowest = 0
    for function in functions.values():
        function()
        slowest = max(slowest, timed(function))
    return int(np.clip(seconds / slowest, 1, 100))


def take_turns(functions, turns, steps, pause=PAUSE, seed=0):
    """Time `functions`, a dict by name; return for each name the times in seconds, `(turns, steps[name])`.

    All alternate, so that a machine that slows down slows down all. But not call by call: after a product the
    threads of OpenBLAS, OpenMP and XLA keep spinning for tens of milliseconds, waiting for the next one, and take the
    cores from whoever comes next (PyTorch's step at size M then takes 125 ms instead of 50). So a turn is a pause
    in which all threads fall asleep, one untimed call that wakes one's own and fills the caches, then the timed
    calls. The order is drawn anew for every round, so that nobody always follows the same other.
    """
    rng = np.random.default_rng(seed)
    names = list(functions)
    times = {name: np.empty((turns, steps[name])) for name in names}
    for turn in range(turns):
        for i in rng.permutation(len(names)):
            name = names[i]
            function = functions[name]
            time.sleep(pause)
            function()
            times[name][turn] = [timed(function) for _ in range(steps[name])]
    return times


def timed(function):
    """Return the seconds that one call takes."""
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def middle(values):
    """Return the three quartiles of `values`: first, median, third."""
    return np.quantile(values, (0.25, 0.5, 0.75))


def ratios(times, theirs):
    """Return the quartiles, over the rounds, of the ratio of our turn's median time to theirs, `(turns, steps)` each.

    Both turns of a round are neighbours in time, so that a ratio hardly feels what else the machine does.
    """
    return middle(np.median(times, axis=1) / np.median(theirs, axis=1))
