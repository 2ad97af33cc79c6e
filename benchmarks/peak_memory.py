"""The most memory that a call takes, measured in a process of its own (Linux).

In a process that has done other things, memory that was used before and given back would be taken again unseen.
"""

import gc
import multiprocessing
import time
import tracemalloc
from pathlib import Path

from machine import num_threads, use_threads

from s2s_np import memory

STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def measure(build, size, small):
    """Measure one call of the function that `build(size)` returns, in a fresh process with as many threads.

    `build(small)` is called once before, so that libraries and threads, which take memory once and for all, are there.

    Returns a dict: `peak_mib`, by how much the resident memory grew at most during the call; `numpy_mib`, how much of
    it tracemalloc saw NumPy hold at most, for a check; `seconds`, the time of the call.
    """
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measure_here, (build, size, small, num_threads()))


def measure_here(build, size, small, threads):
    use_threads(threads)
    build(small)()
    function = build(size)
    gc.collect()
    memory.release()  # what the warm-up used counts again
    tracemalloc.start()
    RESET.write_text("5")  # the greatest resident size starts anew from the present one
    before = status("VmRSS")
    started = time.perf_counter()
    function()
    seconds = time.perf_counter() - started
    peak = status("VmHWM") - before
    return {
        "peak_mib": round(peak / 1024, 1),
        "numpy_mib": round(tracemalloc.get_traced_memory()[1] / 2**20, 1),
        "seconds": round(seconds, 4),
    }


def status(name):
    """Return a field of the process's status in KiB: "VmRSS", resident now, or "VmHWM", the most so far."""
    for line in STATUS.read_text().split("\n"):
        if line.startswith(name):
            return int(line.split()[1])
    raise RuntimeError(f"{STATUS} has no {name}; this measurement needs Linux")
