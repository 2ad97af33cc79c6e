"""Time a training step on a GPU against PyTorch with cuDNN on the same card: python benchmarks/gpu.py

Forward, loss, backward, clipping and Adam, in float32, on the same numbers, in turns, each call timed until the card
is idle again; also greedy decoding and peak memory. Twice: products in float32 as it is, and in TF32 for everyone.
CuPy chooses between the two when it is imported, so each is measured in a process of its own.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import report
from contest import (
    check_agreement,
    first_losses,
    middle,
    ratios,
    steps_in_a_turn,
    take_turns,
)
from ours import Ours
from peer_torch import PyTorch
from problem import LEARNING_RATE, MAX_NORM, SIZES, Size, draw_batches, make_model
from report import rounded, spread

from s2s_np import clip, kernels, to_device
from s2s_np.array import device_module, to_floats

GPU_SIZES = {
    "L": SIZES["L"],
    "XL": SIZES["XL"],
    "XXL": Size(B=128, T=50, E=512, H=1024, V=32000),
}
TF32_TOLERANCE = (
    1e-2  # relative, of losses after products in TF32, which has 10 bits of mantissa
)
MAX_LENGTH = 50  # words a sentence that greedy search may find
RESULTS = Path(__file__).parent / "results"


class OursOnGpu(Ours):
    """`s2s_np` as `fit` runs it: loss and norm are read together, before Adam moves anything."""

    name = "s2s_np"

    def __init__(self, model, device="cuda"):
        super().__init__(model.to(device))

    def step(self, batch):
        loss, grads = self.model.loss_and_grads(batch)
        loss, _ = to_floats(loss, clip(grads, MAX_NORM))
        self.adam.step(self.model.params, grads, LEARNING_RATE)
        return loss

    def greedy(self, source, *settings):
        return super().greedy(to_device(source, self.model.device), *settings)


class OursInArrays(OursOnGpu):
    """The same without the package's kernels: the lines that run on the CPU, on CuPy's arrays."""

    name = "s2s_np, plain arrays"

    def step(self, batch):
        with kernels.plain_arrays():
            return super().step(batch)

    def greedy(self, *sources):
        with kernels.plain_arrays():
            return super().greedy(*sources)


class TorchOnGpu(PyTorch):
    """PyTorch's step with everything made on the device; `torch.nn.GRU` is then cuDNN's."""

    name = "PyTorch, cuDNN"

    def __init__(self, model, device="cuda"):
        import torch

        self.device = torch.device(device)
        with self.device:
            super().__init__(model)

    def prepare(self, batch):
        with self.device:
            return super().prepare(batch)

    def greedy(self, *sources):
        with self.device:
            return super().greedy(*sources)


CONTESTANTS = (OursOnGpu, OursInArrays, TorchOnGpu)


def main():
    parser = report.options(__doc__, turns=10)
    parser.set_defaults(results=RESULTS)
    parser.add_argument(
        "--sizes", nargs="+", choices=GPU_SIZES, default=list(GPU_SIZES)
    )
    parser.add_argument(
        "--tf32",
        choices=["off", "on"],
        help="measure one of the two, and print JSON to --part",
    )
    parser.add_argument("--part", type=Path, help="where --tf32 writes")
    arguments = parser.parse_args()
    check_machine()
    if arguments.tf32:
        use_tf32(arguments.tf32 == "on")
        sizes = {
            name: time_size(GPU_SIZES[name], arguments.turns, arguments.tf32 == "on")
            for name in arguments.sizes
        }
        arguments.part.write_text(json.dumps(sizes), encoding="utf-8")
        return
    measured = {f"tf32_{tf32}": in_own_process(tf32) for tf32 in ("off", "on")}
    for tf32, sizes in measured.items():
        for name, found in sizes.items():
            print_size(f"{name}, {tf32.replace('_', ' ')}", found)
    keep(arguments.results, describe(), measured)


def check_machine():
    """Exit, saying what is missing, unless CuPy and PyTorch both have a GPU here."""
    try:
        device_module("cuda")
    except (ModuleNotFoundError, RuntimeError) as error:
        raise SystemExit(f"benchmarks/gpu.py: {error}") from error
    import torch

    if not torch.cuda.is_available():
        raise SystemExit(
            f"benchmarks/gpu.py: this PyTorch ({torch.__version__}) has no GPU; install its build for CUDA"
        )


def use_tf32(on):
    """Let PyTorch's products be in TF32, or not; CuPy's were chosen when it was imported."""
    import torch

    torch.backends.cuda.matmul.allow_tf32 = on
    torch.backends.cudnn.allow_tf32 = on


def in_own_process(tf32):
    """Return what this file measures with `--tf32` in a process in which CuPy has been told the same."""
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / "part.json"
        command = [
            sys.executable,
            __file__,
            *sys.argv[1:],
            "--tf32",
            tf32,
            "--part",
            part,
        ]
        environment = {**os.environ, "CUPY_TF32": str(int(tf32 == "on"))}
        subprocess.run(command, env=environment, check=True)
        return json.loads(part.read_text(encoding="utf-8"))


def time_size(size, turns, tf32, contestants=CONTESTANTS, wait=None, device="cuda"):
    """Return what was measured at one size, as a dict for the results.

    `wait` returns when the device is idle; None waits for the GPU.
    """
    wait = wait or device_module("cuda").cuda.Device().synchronize
    (batch,) = draw_batches(size)
    everyone = [kind(make_model(size), device) for kind in contestants]
    losses = {each.name: first_losses(each, [each.prepare(batch)]) for each in everyone}
    difference = compare(losses, tf32)
    steps = {
        each.name: synchronized(each.step, wait, each.prepare(batch))
        for each in everyone
    }
    searches = {
        each.name: synchronized(
            each.greedy, wait, batch.source, batch.source_lengths, MAX_LENGTH
        )
        for each in everyone
    }
    times, search_times = (
        take_turns(
            functions, turns, dict.fromkeys(functions, steps_in_a_turn(functions))
        )
        for functions in (steps, searches)
    )
    words = {each.name: count_words(each, batch) for each in everyone}
    return {
        **size._asdict(),
        "relative_difference_of_losses": rounded(difference, 2),
        "contestants": {
            each.name: {
                **summary(times, each.name),
                "greedy_words_a_second": rounded(
                    words[each.name] / np.median(search_times[each.name])
                ),
                "peak_mib": None if device == "cpu" else peak(each, steps[each.name]),
            }
            for each in everyone
        },
    }


def compare(losses, tf32):
    """Return the largest relative difference of anyone's first losses; raises RuntimeError where it is too large."""
    values = np.array(list(losses.values()))
    difference = float(np.max(np.abs(values / values[-1] - 1)))
    if not tf32:
        check_agreement(losses)
    elif not difference <= TF32_TOLERANCE:
        raise RuntimeError(f"the losses differ, so the times mean nothing: {losses}")
    return difference


def synchronized(function, wait, *args):
    """Return a function that calls `function(*args)` and comes back when the device has done it all."""

    def call():
        function(*args)
        wait()

    return call


def count_words(contestant, batch):
    """Return how many words its greedy search finds for the batch."""
    found = contestant.greedy(batch.source, batch.source_lengths, MAX_LENGTH)
    return sum(map(len, found))


def summary(times, name):
    """Return what the times `(turns, steps)` of one contestant say; the ratio is its time over PyTorch's."""
    first, median, third = middle(times[name])
    found = {
        "step_ms": rounded(1e3 * median),
        "step_ms_quartiles": rounded([1e3 * first, 1e3 * third]),
    }
    if name != TorchOnGpu.name:
        first, median, third = ratios(times[name], times[TorchOnGpu.name])
        found["ratio"] = rounded(median, 3)
        found["ratio_quartiles"] = rounded([first, third], 3)
    return found


def peak(contestant, step):
    """Return the most memory, in MiB, that its arrays take at once during a step, parameters included."""
    if isinstance(contestant, PyTorch):
        import torch

        torch.cuda.reset_peak_memory_stats()
        step()
        return rounded(torch.cuda.max_memory_allocated() / 2**20)
    cupy = device_module("cuda")
    pool = cupy.get_default_memory_pool()

    class Peak(cupy.cuda.MemoryHook):
        name, bytes = "Peak", 0

        def malloc_postprocess(self, **_):
            self.bytes = max(self.bytes, pool.used_bytes())

    with Peak() as hook:
        step()
    return rounded(hook.bytes / 2**20)


def describe():
    """Return the card, its driver, the libraries and the hour, as a dict for the results."""
    import torch

    cupy = device_module("cuda")
    runtime = cupy.cuda.runtime
    card = runtime.getDeviceProperties(cupy.cuda.Device().id)
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "card": card["name"].decode(),
        "multiprocessors": card["multiProcessorCount"],
        "memory_gib": round(card["totalGlobalMem"] / 2**30, 1),
        "cuda_of_the_driver": runtime.driverGetVersion(),
        "driver": driver(),
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "cupy": cupy.__version__,
            "cuda_of_cupy": runtime.runtimeGetVersion(),
            "torch": torch.__version__,
            "cuda_of_torch": torch.version.cuda,
            "cudnn": torch.backends.cudnn.version(),
        },
    }


def driver():
    """Return the driver's version as nvidia-smi gives it, or None without that command."""
    command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        printed = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return printed.stdout.split("\n")[0].strip()


def keep(folder, machine, measured):
    """Write the results to `gpu-<card>.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    card = "-".join(machine["card"].replace("NVIDIA", "").split())
    content = {"command": "python benchmarks/gpu.py", "machine": machine, **measured}
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    (folder / f"gpu-{card}.json").write_text(text, encoding="utf-8")


def print_size(title, measured):
    rows = []
    for name, found in measured["contestants"].items():
        ratio = ""
        if "ratio" in found:
            ratio = spread(found["ratio"], found["ratio_quartiles"])
        rows.append(
            [
                name,
                spread(found["step_ms"], found["step_ms_quartiles"]),
                ratio,
                f"{found['peak_mib'] or 0:.0f}",
                f"{found['greedy_words_a_second']:.0f}",
            ]
        )
    sizes = ", ".join(f"{letter} {measured[letter]}" for letter in "BTEHV")
    headings = ["", "ms a step", "of PyTorch's time", "peak MiB", "greedy words/s"]
    report.print_table(f"{title} ({sizes})", headings, rows)


if __name__ == "__main__":
    main()
