"""Change the mathematics of the layers in thousands of small ways, and count the changes that no test sees.

    make mutation

mutmut changes one operator, number, name or argument at a time in a copy of the package, and runs the tests of the
changed function. Left as they are: checks of arguments and their messages, which other tests read, and the choice of a
GPU's kernels. What survives is kept, line by line, in `benchmarks/results/mutation.json`.
"""

import ast
import difflib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "mutation.json"
LAYERS = (
    "convolution", "decoder", "dropout", "embedding", "encoder", "generator", "gru", "loss", "lstm", "optim", "padding",
    "recurrent", "rnn", "scheduled_sampling",
)  # fmt: skip
TESTS = (*LAYERS, "golden", "gru_conventions")
NOT_MATHEMATICS = [r"raise \w+", r"check_\w+\(", r"array_module\(", r"kernels\.", r"fused\.", r"^\s*f?\""]  # fmt: skip
SURVIVED, WITHOUT_TEST = 0, 33  # exit codes of mutmut's


def prepare(folder):
    """Copy the package and its tests to a folder, and tell mutmut there what to change and what to run."""
    for name in ("s2s_np", "tests", "figures", "benchmarks", "book/_ext"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))  # fmt: skip
    settings = {
        "source_paths": ["s2s_np"],
        "only_mutate": [f"s2s_np/{name}.py" for name in LAYERS],
        "do_not_mutate_patterns": NOT_MATHEMATICS,
        "also_copy": ["figures", "benchmarks", "book/_ext"],
        "pytest_add_cli_args": ["-m", "not thorough"],
        "pytest_add_cli_args_test_selection": [f"tests/test_{name}.py" for name in TESTS],
    }  # fmt: skip
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    text = "\n".join([project, "[tool.mutmut]", *lines, ""])
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")


def read(folder):
    """Return for each layer how many mutants it has, and of each that survived its line before and after."""
    found = {}
    for name in LAYERS:
        mutants = folder / "mutants" / "s2s_np" / f"{name}.py"
        codes = json.loads(mutants.with_suffix(".py.meta").read_text())["exit_code_by_key"]  # fmt: skip
        functions = sources(mutants.read_text(encoding="utf-8"))
        alive = [key.split(".")[-1] for key, code in codes.items() if code in (SURVIVED, WITHOUT_TEST)]  # fmt: skip
        found[name] = {
            "mutants": len(codes),
            "not_run": sum(code is None for code in codes.values()),
            "survived": [change(functions, mutant) for mutant in alive],
        }
    return found


def sources(text):
    """Return the source of every function of a module, by name."""
    lines = text.splitlines()
    return {
        node.name: "\n".join(lines[node.lineno - 1 : node.end_lineno])
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef)
    }


def change(functions, mutant):
    """Return what one mutant changes: the function, and its lines before and after."""
    original = re.sub(r"\d+$", "orig", mutant)
    before, after = (functions[name].splitlines()[1:] for name in (original, mutant))
    lines = list(difflib.unified_diff(before, after, n=0, lineterm=""))[3:]  # fmt: skip
    function = re.sub(r"^x.*ǁ|^x_|__mutmut_\d+$", "", mutant)
    old, new = (" ".join(line[1:].strip() for line in lines if line[0] == sign) for sign in "-+")  # fmt: skip
    return [function, old, new]


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        subprocess.run([sys.executable, "-m", "mutmut", "run", *sys.argv[1:]], cwd=folder, check=False)  # fmt: skip
        found = read(folder)
    RESULTS.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")  # fmt: skip
    for layer, counts in found.items():
        alive, run = len(counts["survived"]), counts["mutants"] - counts["not_run"]
        print(f"{layer:20}{run:6} of {counts['mutants']:6} mutants run, {alive:4} survived")  # fmt: skip


if __name__ == "__main__":
    main()
