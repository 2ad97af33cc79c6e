"""What an import costs, in fresh processes: python benchmarks/import_time.py

The time of the import statement, and how many modules it brings, beside NumPy's, PyTorch's and JAX's.
"""

import subprocess
import sys

import numpy as np
import report
from contest import middle
from report import rounded

PACKAGES = ("numpy", "s2s_np", "torch", "jax")
STATEMENT = (
    "import sys, time; before = set(sys.modules); started = time.perf_counter(); import {package};"
    " print(time.perf_counter() - started, len(set(sys.modules) - before))"
)


def main():
    arguments = report.options(__doc__, turns=7).parse_args()
    for package in PACKAGES:
        import_once(package)  # reads the files into the system's cache
    seconds = {package: [] for package in PACKAGES}
    modules = {}
    rng = np.random.default_rng(0)
    for _ in range(arguments.turns):
        for package in rng.permutation(PACKAGES).tolist():
            taken, modules[package] = import_once(package)
            seconds[package].append(taken)
    measured = {
        package: {
            "ms": rounded(1e3 * middle(taken)[1]),
            "ms_quartiles": rounded(1e3 * middle(taken)[[0, 2]]),
            "modules": modules[package],
        }
        for package, taken in seconds.items()
    }
    report.print_table(
        "Import, in a fresh process",
        ["", "ms", "modules"],
        [
            [package, f"{found['ms']:.0f}", f"{found['modules']:,}"]
            for package, found in measured.items()
        ],
    )
    report.keep("import_time", arguments, {"packages": measured})


def import_once(package):
    """Return the seconds that importing a package takes in a fresh process, and the number of modules it loads."""
    statement = STATEMENT.format(package=package)
    output = subprocess.run(
        [sys.executable, "-c", statement], capture_output=True, text=True, check=True
    ).stdout
    seconds, modules = output.split()
    return float(seconds), int(modules)


if __name__ == "__main__":
    main()
