"""Run the tests and every notebook as another machine would: with other kernels, without a processor's newer
instructions, with more threads, with the oldest NumPy.

    python tests/portable.py                    all of them, about ten minutes each on two cores
    python tests/portable.py Prescott 2.0       those whose names hold one of these words

Each run is kept in `benchmarks/results/portable.json`: how many tests passed, failed and were skipped, and in what
time. Tests that open the built pages are left out, because they compute nothing.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from datetime import date
from pathlib import Path

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "portable.json"
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}  # fmt: skip
LOWEST = "2.0.0"  # NumPy, as pyproject.toml has it

# What NumPy may choose at run time; a name that this build or processor does not have is passed over.
AVX512 = ("X86_V4", "AVX512_ICL", "AVX512_SPR", "AVX512F", "AVX512CD", "AVX512_SKX")
AVX2 = ("X86_V3", "AVX2", "FMA3")

KERNELS = ("Prescott", "Nehalem", "Haswell", "Zen", "SkylakeX")
RUNS = {
    **{f"OpenBLAS {name}": {"OPENBLAS_CORETYPE": name} for name in KERNELS},
    "NumPy without AVX512": {"disable": AVX512},
    "NumPy without AVX512 and AVX2": {"disable": AVX512 + AVX2},
    "two threads": {"OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2"},
    f"NumPy {LOWEST}": {"numpy": LOWEST},
}
SUITES = {
    "tests": [
        "-n",
        "2",
        "-m",
        "not thorough and not exhaustive and not browser",
        "tests",
    ],
    "notebooks": ["--nbval", "-n", "2", "--dist", "loadscope", "book"],
}


def run(name, folder):
    """Run both suites in the environment of that name, and return what came of them."""
    environment = surroundings(RUNS[name], folder)
    found = {"python": platform.python_version(), "numpy": numpy_version(environment)}
    for suite, arguments in SUITES.items():
        report = folder / f"{suite}.xml"
        report.unlink(missing_ok=True)
        started = time.monotonic()
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}"]  # fmt: skip
        subprocess.run([*command, *arguments], cwd=ROOT, env=environment, check=False)
        found[suite] = counts(report) | {"seconds": round(time.monotonic() - started)}
    return found


def surroundings(settings, folder):
    """Return the environment variables of a run; what another NumPy needs is installed into `folder`."""
    variables = {
        name: value
        for name, value in os.environ.items()
        if name not in ("OPENBLAS_CORETYPE", "NPY_DISABLE_CPU_FEATURES")
    } | ONE_THREAD
    for name, value in settings.items():
        if name == "disable":
            variables["NPY_DISABLE_CPU_FEATURES"] = " ".join(filter(can_be_disabled, value))  # fmt: skip
        elif name == "numpy":
            place = folder / f"numpy-{value}"
            install = ["pip", "install", "-q", "--no-deps", "--target", place, f"numpy=={value}"]  # fmt: skip
            subprocess.run([sys.executable, "-m", *install], check=True)
            variables["PYTHONPATH"] = os.pathsep.join(
                filter(None, (str(place), variables.get("PYTHONPATH")))
            )
        else:
            variables[name] = value
    return variables


def can_be_disabled(feature):
    """Say whether NumPy has code for a feature that it would choose on this processor."""
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

    return feature in __cpu_dispatch__ and __cpu_features__.get(feature, False)


def numpy_version(environment):
    """Return the version of NumPy that a process with these variables imports."""
    command = [sys.executable, "-c", "import numpy; print(numpy.__version__)"]
    return subprocess.check_output(command, env=environment, text=True).strip()


def counts(report):
    """Return how many tests of a report passed, failed and were skipped; all failed where there is no report."""
    if not report.exists():
        return {"passed": 0, "failed": 1, "skipped": 0}
    suites = list(ElementTree.parse(report).iter("testsuite"))
    total, failed, errors, skipped = (
        sum(int(suite.get(name)) for suite in suites)
        for name in ("tests", "failures", "errors", "skipped")
    )
    bad = failed + errors
    return {"passed": total - bad - skipped, "failed": bad, "skipped": skipped}


def main():
    words = sys.argv[1:]
    chosen = [name for name in RUNS if not words or any(word in name for word in words)]
    if not chosen:
        sys.exit(f"no run is called {' or '.join(words)}; there are: {', '.join(RUNS)}")
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        for name in chosen:
            print(f"\n{name}", flush=True)
            found = run(name, Path(folder))
            results[name] = found | {"date": date.today().isoformat()}
            RESULTS.write_text(json.dumps(results, indent=1) + "\n")
            if any(found[suite]["failed"] for suite in SUITES):
                failed.append(name)
    for name in chosen:
        print(name, *(f"{suite}: {results[name][suite]}" for suite in SUITES), sep="\n    ")  # fmt: skip
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
