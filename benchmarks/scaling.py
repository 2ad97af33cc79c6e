"""How the cost of a training step grows with B, T, H and V: python benchmarks/scaling.py

Each is varied over a decade while the others stay; the exponent p of time ∝ size^p is fitted to the upper half, where
what costs the same at any size no longer matters. Then the peak memory of loss and gradients against T.
"""

import numpy as np
import report
from contest import check_agreement, first_losses, middle, steps_in_a_turn, take_turns
from machine import use_threads
from ours import Ours
from peak_memory import measure
from peer_torch import PyTorch
from problem import Size, draw_batches, make_model
from report import rounded

BASE = Size(B=64, T=20, E=128, H=256, V=1000)
DECADES = {
    "B": [32, 56, 101, 180, 320],
    "T": [10, 18, 32, 56, 100],
    "H": [64, 114, 202, 360, 640],
    "V": [1000, 1778, 3162, 5623, 10_000],
}
SECONDS_A_TURN = 0.1
SMALL_T = 2
OURS, TORCH = Ours.name, PyTorch.name


def main():
    parser = report.options(__doc__, turns=5)
    parser.add_argument("--vary", nargs="+", choices=DECADES, default=list(DECADES))
    arguments = parser.parse_args()
    use_threads(arguments.threads)
    curves = {name: vary(name, arguments.turns) for name in arguments.vary}
    memory = {
        OURS: [{"T": T, **measure(our_grads, T, SMALL_T)} for T in DECADES["T"]],
        TORCH: [{"T": T, **measure(torch_grads, T, SMALL_T)} for T in DECADES["T"]],
    }
    for name, curve in curves.items():
        print_curve(name, curve)
    print_memory(memory)
    measured = {"base": BASE._asdict(), "curves": curves, "memory_against_T": memory}
    report.keep("scaling", arguments, measured)


def vary(name, turns):
    """Time a step of ours and of PyTorch for each size of `name`; return a dict for the results."""
    step_ms = {OURS: [], TORCH: []}
    for value in DECADES[name]:
        size = BASE._replace(**{name: value})
        (batch,) = draw_batches(size)
        functions, losses = {}, {}
        for kind in (Ours, PyTorch):
            contestant = kind(make_model(size))
            prepared = contestant.prepare(batch)
            losses[kind.name] = first_losses(contestant, [prepared])
            functions[kind.name] = step_of(contestant, prepared)
        check_agreement(losses)
        steps = steps_in_a_turn(functions, SECONDS_A_TURN)
        times = take_turns(functions, turns, dict.fromkeys(functions, steps))
        for contestant, taken in times.items():
            step_ms[contestant].append(rounded(1e3 * middle(taken)[1]))
    return {
        "sizes": DECADES[name],
        "step_ms": step_ms,
        "exponent": {
            contestant: rounded(exponent(DECADES[name], taken), 3)
            for contestant, taken in step_ms.items()
        },
    }


def step_of(contestant, prepared):
    return lambda: contestant.step(prepared)


def exponent(sizes, times):
    """Return p of times ∝ sizes^p: the least-squares slope of the logarithms over the upper half of the sizes."""
    half = len(sizes) // 2
    return np.polyfit(np.log(sizes[half:]), np.log(times[half:]), 1)[0]


def our_grads(T):
    """Return a function that computes loss and gradients for a batch of T steps."""
    size = BASE._replace(T=T)
    model, (batch,) = make_model(size), draw_batches(size)
    return lambda: model.loss_and_grads(batch)


def torch_grads(T):
    """The same with PyTorch."""
    size = BASE._replace(T=T)
    peer, (batch,) = PyTorch(make_model(size)), draw_batches(size)
    prepared = peer.prepare(batch)
    return lambda: peer.loss(*prepared).backward()


def print_curve(name, curve):
    others = ", ".join(
        f"{letter} {value}"
        for letter, value in zip(BASE._fields, BASE)
        if letter in "BTEHV" and letter != name
    )
    ours, theirs = (curve["exponent"][who] for who in (OURS, TORCH))
    report.print_table(
        f"Against {name} ({others}): ms a step; time grows as {name}^{ours:.2f}, PyTorch's as {name}^{theirs:.2f}",
        [name, OURS, TORCH],
        [
            [str(value), f"{our_ms:.1f}", f"{their_ms:.1f}"]
            for value, our_ms, their_ms in zip(
                curve["sizes"], curve["step_ms"][OURS], curve["step_ms"][TORCH]
            )
        ],
    )


def print_memory(memory):
    report.print_table(
        "Peak memory of loss and gradients, MiB",
        ["T", OURS, TORCH],
        [
            [str(ours["T"]), f"{ours['peak_mib']:.0f}", f"{theirs['peak_mib']:.0f}"]
            for ours, theirs in zip(memory[OURS], memory[TORCH])
        ],
    )


if __name__ == "__main__":
    main()
