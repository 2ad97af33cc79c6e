"""The machine and its libraries, and how fast it multiplies matrices: without these, a time says nothing."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

import numpy as np
from contest import middle
from threadpoolctl import threadpool_info, threadpool_limits

import s2s_np

PRODUCT_SIZE = 2048
PRODUCT_FLOPS = 2 * PRODUCT_SIZE**3
PACKAGES = ("numpy", "torch", "jax", "jaxlib", "threadpoolctl")
STEERING = ("OPENBLAS_", "OMP_", "MKL_", "XLA_", "JAX_", "ONEDNN_")
QUIET = 0.1  # the product's times may spread by so much, between the quartiles, on a quiet machine


class Moment(NamedTuple):
    """How busy the machine was: load average of the last minute, and ticks of all its clocks since it started.

    Stolen ticks are those in which a virtual machine's host ran somebody else.
    """

    load: float
    stolen: int
    ticks: int


def now():
    fields = Path("/proc/stat").read_text().split("\n")[0].split()[1:9]
    ticks = [int(field) for field in fields]
    return Moment(os.getloadavg()[0], ticks[7], sum(ticks))


def stolen_since(then):
    """Return the share of the processors' time that was stolen since the moment `then`."""
    later = now()
    return (later.stolen - then.stolen) / max(1, later.ticks - then.ticks)


AT_START = now()


def use_threads(count):
    """Let this process, and all libraries in it, use `count` cores; call it before they make their threads.

    XLA has no setting for it: it starts as many threads as the process may use cores. The other libraries do what
    they are told.
    """
    allowed = sorted(os.sched_getaffinity(0))
    if not 1 <= count <= len(allowed):
        raise ValueError(f"{count} threads asked for; this process has {len(allowed)}")
    os.sched_setaffinity(0, allowed[:count])
    threadpool_limits(count)


def num_threads():
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))


def matrix_product(seed=0):
    """Return a function that multiplies two matrices of size 2048 in float32 with NumPy: the machine's measure."""
    rng = np.random.default_rng(seed)
    a, b, product = rng.standard_normal((3, PRODUCT_SIZE, PRODUCT_SIZE), np.float32)
    return lambda: np.matmul(a, b, out=product)


def product_rate(times):
    """Return what the times of `matrix_product`, in seconds, say of the machine, as a dict for the results."""
    fast, median, slow = middle(times)
    return {
        "gflops": round(PRODUCT_FLOPS / median / 1e9, 1),
        "gflops_quartiles": [round(PRODUCT_FLOPS / t / 1e9, 1) for t in (slow, fast)],
        "quiet": bool(slow - fast < QUIET * median),
    }


def in_words(rate):
    """Return what `product_rate` found for a table's title, with a warning if its times spread too much."""
    warning = "" if rate["quiet"] else " (the machine is not quiet: measure again)"
    return f"the matrix product {rate['gflops']:.0f} GFLOP/s{warning}"


def openblas():
    """Return what threadpoolctl knows of NumPy's OpenBLAS."""
    found = [lib for lib in threadpool_info() if lib["internal_api"] == "openblas"]
    if not found:
        raise RuntimeError("NumPy does not use OpenBLAS here; install it with pip")
    return found[0]  # NumPy's, the first to be loaded


def kernels():
    """Return the name of the processor whose kernels NumPy's OpenBLAS uses, "Haswell" (AVX2), "SkylakeX" (AVX-512) ….

    OpenBLAS chooses them when it is loaded; the variable OPENBLAS_CORETYPE pins them.
    """
    return openblas()["architecture"]


def describe():
    """Return the machine, the libraries and the hour as a dict for the results."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": processor(),
        "cores": os.cpu_count(),
        "threads": num_threads(),
        "caches": caches(),
        "memory_gib": round(memory() / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "openblas": {
            "version": openblas()["version"],
            "kernels": kernels(),
            "threads": openblas()["num_threads"],
        },
        "load_at_start": round(AT_START.load, 2),
        "share_of_time_stolen": round(stolen_since(AT_START), 4),
        "environment": {
            name: value
            for name, value in sorted(os.environ.items())
            if name.startswith(STEERING)
        },
        "versions": {
            "python": platform.python_version(),
            "s2s_np": s2s_np.__version__,
            **{name: found for name in PACKAGES if (found := version_of(name))},
        },
    }


def processor():
    """Return the processor's name, with family and model where the name says little."""
    facts = {}
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n"):
        name, _, value = line.partition(":")
        facts.setdefault(name.strip(), value.strip())
    name = facts.get("model name", platform.processor())
    if "cpu family" in facts:
        name += f" (family {facts['cpu family']}, model {facts['model']})"
    return name


def caches():
    """Return the sizes of the caches of the first core, by level: {"L1 Data": "48K", …}."""
    found = {}
    for index in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        level, kind, size = (
            (index / name).read_text().strip() for name in ("level", "type", "size")
        )
        found[f"L{level}" if kind == "Unified" else f"L{level} {kind}"] = size
    return found


def memory():
    """Return the bytes of main memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def version_of(package):
    """Return the installed version of a package, or None."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
