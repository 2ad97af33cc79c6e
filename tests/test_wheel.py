"""A page's notebook runs alone: what it reads and what it imports comes with the installed package."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from zipfile import ZipFile

import nbformat
import pytest

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "book").rglob("*.ipynb"))
EACH_NOTEBOOK = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
PACKED = (
    "s2s_np", "figures", "benchmarks", "tests", "pyproject.toml", "setup.py", "README.md", "LICENSE",
)  # fmt: skip
BUILD = "import sys, setuptools.build_meta as b; b.build_wheel(sys.argv[1])"
FIND = "from s2s_np.results import read_results, stored; print(len(read_results(stored('copying.jsonl'))))"
ELSEWHERE = re.compile(r"^\.\./|^(figures|benchmarks|tests|book|s2s_np)/\S")
DATA = re.compile(r"^[\w/-]+\.(json|jsonl|safetensors|npz|txt|csv)$")


@cache
def code_of(path):
    """Return all nodes of a notebook's code."""
    cells = nbformat.read(path, as_version=4).cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    return list(ast.walk(ast.parse(code)))


def reads(path):
    """Return the names that a notebook hands to `stored`, a star for what an f-string fills in."""
    names = (
        node.args[0]
        for node in code_of(path)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "stored"
    )
    return [
        "".join(getattr(part, "value", "") if isinstance(part, ast.Constant) else "*"
                for part in getattr(name, "values", [name]))
        for name in names
    ]  # fmt: skip


def run(*arguments, **settings):
    """Return what Python said, run with `arguments`."""
    return subprocess.check_output([sys.executable, *arguments], text=True, **settings)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The package, built from a copy of the sources."""
    source, target = map(tmp_path_factory.mktemp, ("source", "wheel"))
    for path in (ROOT / name for name in PACKED):
        if path.is_dir():
            shutil.copytree(path, source / path.name)
        else:
            shutil.copy(path, source)
    run("-c", BUILD, target, cwd=source)
    (path,) = target.iterdir()
    return path


@pytest.fixture(scope="module")
def copies(wheel):
    """The names of the stored files in the wheel."""
    with ZipFile(wheel) as archive:
        return [name for name in archive.namelist() if "/stored/" in name]


@EACH_NOTEBOOK
def test_the_wheel_holds_every_stored_file_that_a_notebook_reads(path, copies):
    for name in reads(path):
        assert [copy for copy in copies if fnmatch(copy, f"*/stored/*/{name}")], name


def test_the_wheel_holds_no_script_among_the_stored_files(copies):
    assert len(copies) > 50
    assert not [name for name in copies if name.endswith(".py")]


def test_a_name_stands_for_one_stored_file(copies):
    names = [Path(name).name for name in copies if "/again/" not in name]
    assert len(set(names)) == len(names)


def test_an_installed_package_finds_what_the_pages_read(wheel, tmp_path):
    with ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    found = run("-c", FIND, cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)})
    assert int(found) > 100


@EACH_NOTEBOOK
def test_a_notebook_reads_nothing_beside_itself(path):
    texts = [n.value for n in code_of(path) if isinstance(getattr(n, "value", 0), str)]
    named = {text for text in texts if ELSEWHERE.match(text) or DATA.match(text)}
    assert named <= {*reads(path)}


def requirements(extra):
    """Return what an extra of the package asks for, without the versions."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    for requirement in extras[extra]:
        if inner := re.fullmatch(r"s2s_np\[(.+)\]", requirement):
            for name in inner[1].split(","):
                yield from requirements(name)
        else:
            yield requirement


def test_what_the_extra_asks_for_is_locked_for_the_book_too():
    locked = (ROOT / "requirements.in").read_text(encoding="utf-8")
    for name in requirements("book"):
        assert re.search(rf"^{name}\b", locked, re.MULTILINE), name


@EACH_NOTEBOOK
def test_the_extra_holds_what_a_notebook_imports(path):
    comes = {*requirements("book"), "numpy", "ipython"}  # the last by ipykernel
    distributions = packages_distributions()
    for node in code_of(path):
        names = [node.module] if isinstance(node, ast.ImportFrom) else []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in {name.partition(".")[0] for name in names} - {"s2s_np"}:
            if name not in sys.stdlib_module_names:
                assert comes & {found.lower() for found in distributions[name]}, name
