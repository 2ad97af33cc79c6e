"""Run one experiment for many settings, on all processors or on a cluster, and keep each result as it comes.

A script of this folder has a function `measure(**setting)` and calls `sweep`. Each finished run is a line of a
JSON-lines file beside the script, so that a sweep that was stopped goes on where it was, and one that is complete does
nothing but return its results. The work is handed out by Dask.
"""

import argparse
import fcntl
import inspect
import json
import os
import platform
import shlex
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from tqdm import tqdm

from s2s_np.results import FORMAT, ResultsError, parse_line

PATIENCE = 10  # seconds to wait for a scheduler


class SweepError(RuntimeError):
    """A sweep cannot start, or some of its runs failed."""


def command_line(description):
    """Return what the command line of a sweep says: `scheduler` and `device`."""
    parser = argparse.ArgumentParser(description=description.partition("\n")[0])
    parser.add_argument("--scheduler", metavar="tcp://HOST:PORT", help="Dask's address")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    return parser.parse_args()


def sweep(measure, settings, path, version=1, scheduler=None, device="cpu", progress=True):  # fmt: skip
    """Return `measure(**setting, device=device)` for each setting, in their order; what `path` holds is not run again.

    A line holds the setting, the result, the seconds that it took, and with which Python, NumPy, processor and device
    and by which command it was made. The first line says which experiment and which version of it the file belongs to;
    `s2s_np.results.read_results` reads the file back.

    Arguments
        measure: a function that processes can import; its result, like the settings, is what JSON can say
        settings: list of dicts, no two alike
        path: pathlib.Path of the results
        version: of the experiment; to be raised when what `measure` does changes, so that old results are not taken
            for new ones
        scheduler: address of a Dask scheduler, as "tcp://host:8786"; None starts one process a processor here
        device: "cpu" or "cuda", where the models shall be; handed to `measure`
        progress: show a progress bar
    Raises SweepError, at once, for a file that another sweep is writing to, one of another experiment or version, or a
    scheduler that does not answer; and at the end, when all others are stored, for runs that failed. ValueError for two
    settings alike.
    """
    keys = [json.dumps(setting, sort_keys=True) for setting in settings]
    if twice := [key for key in dict.fromkeys(keys) if keys.count(key) > 1]:
        raise ValueError(f"a setting stands twice: {twice[0]}")
    script = Path(inspect.getsourcefile(measure)).stem  # __main__ has no name to tell
    experiment = f"{script}.{measure.__qualname__}"
    with results_file(path, experiment, version) as (file, found):
        wanted = {
            key: setting for key, setting in zip(keys, settings) if key not in found
        }
        if wanted:
            _run(measure, wanted, file, found, scheduler, device, progress)
    return [found[key] for key in keys]


def _run(measure, wanted, file, found, scheduler, device, progress):
    """Run the settings `wanted`, by key; add each result to the file and to `found`."""
    failed = {}
    with connected(scheduler) as client:
        from distributed import as_completed

        futures = {
            client.submit(_timed, measure, setting, device, pure=False): key
            for key, setting in wanted.items()
        }
        done = tqdm(as_completed(futures), total=len(futures), disable=not progress, unit="run")  # fmt: skip
        for future in done:
            key = futures[future]
            if future.status != "finished":
                failed[key] = future.exception()
                continue
            result, seconds, made_with = future.result()
            line = {"setting": wanted[key], "result": result, "seconds": seconds, **made_with}  # fmt: skip
            write_line(file, line | {"command": shlex.join(["python", *sys.argv])})
            found[key] = result
    if failed:
        key, error = next(iter(failed.items()))
        raise SweepError(
            f"{len(failed)} of {len(wanted)} runs failed, the others are stored; the first: {key}: {error!r}"
        ) from error


def _timed(measure, setting, device):
    """Run one setting, and say how long it took and with what it was made; this happens in a worker."""
    started = time.perf_counter()
    result = measure(**setting, device=device)
    seconds = round(time.perf_counter() - started, 2)
    versions = {"python": platform.python_version(), "numpy": np.__version__}
    return result, seconds, versions | {"processor": platform.machine(), "device": device}  # fmt: skip


@contextmanager
def results_file(path, experiment, version):
    """Open a file of results for this sweep alone, and yield it with the results that it holds, by setting.

    A last line that was cut off when its sweep was killed is taken away.
    """
    with open(path, "a+", encoding="utf-8", newline="\n") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SweepError(
                f"another sweep is writing to {path}; wait for its end, or stop it"
            ) from error
        head = {"format": FORMAT, "experiment": experiment, "version": version}
        file.seek(0)
        try:
            *whole, cut_off = file.read().split("\n")
            lines = [parse_line(path, *numbered) for numbered in enumerate(whole, 1)]
        except (ResultsError, UnicodeDecodeError) as error:
            raise SweepError(f"{path} holds no results: {error}") from error
        # A head that was cut off is the beginning of this one; anything else is not ours to take away.
        is_ours = lines[0] == head if lines else json.dumps(head).startswith(cut_off)
        if not is_ours:
            raise SweepError(
                f"{path} holds results of {lines[0] if lines else cut_off}, expected {head}; move it away to measure"
                " anew"
            )
        file.truncate(sum(len(line.encode()) + 1 for line in whole))
        if not lines:
            write_line(file, head)
        yield (
            file,
            {
                json.dumps(line["setting"], sort_keys=True): line["result"]
                for line in lines[1:]
            },
        )


def write_line(file, value):
    """Write one line so that it is on the disk, whole, before anything else happens."""
    file.write(json.dumps(value, ensure_ascii=False) + "\n")
    file.flush()
    os.fsync(file.fileno())


@contextmanager
def connected(scheduler):
    """Yield a Dask client: of the scheduler at an address, or of one process a processor of this machine."""
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise ModuleNotFoundError(
            "a sweep needs Dask: pip install distributed"
        ) from error
    if scheduler is None:
        with (
            LocalCluster(threads_per_worker=1, n_workers=os.cpu_count(), dashboard_address=":0") as cluster,
            Client(cluster) as client,
        ):  # fmt: skip
            yield client
        return
    try:
        client = Client(scheduler, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise SweepError(
            f"no Dask scheduler answers at {scheduler}: start one with `dask scheduler`, or give no address"
        ) from error
    with client:
        yield client
