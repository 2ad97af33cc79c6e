"""What a reader who clones the repository relies on."""

import re
import subprocess
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "book").rglob("*.ipynb"))
IGNORED = "nbval-ignore-output"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_executed_in_order_without_errors(path):
    cells = [
        cell
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "code"
    ]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert not [
        output
        for cell in cells
        for output in cell.outputs
        if output.output_type == "error"
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_most_outputs_of_a_notebook_are_compared(path):
    cells = [
        cell
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "code" and cell.outputs
    ]
    ignored = [cell for cell in cells if IGNORED in cell.metadata.get("tags", [])]
    assert len(ignored) <= len(cells) / 3


def test_nothing_names_a_folder_of_the_machine_it_was_made_on():
    folder = re.compile(r"[\s\"'(=:](/(home|Users|root|tmp|opt|usr/lib)/\w[^\s\"']*)")
    named = {
        (path.relative_to(ROOT).as_posix(), found[0])
        for top in (
            "benchmarks",
            "book",
            "figures",
            "s2s_np",
            "tests",
            "README.md",
            "_config.yml",
        )
        for path in (ROOT / top, *(ROOT / top).rglob("*"))
        if path.suffix in {".py", ".md", ".yml", ".css", ".json", ".jsonl", ".ipynb"}
        for found in folder.findall(path.read_text(encoding="utf-8"))
    }
    assert not named


def test_the_readmes_example_is_the_prefaces():
    blocks = [
        re.findall(
            r"```python\n(.*?)```", (ROOT / name).read_text(encoding="utf-8"), re.DOTALL
        )[0]
        for name in ("README.md", "book/index.md")
    ]
    assert blocks[0] == blocks[1]


def test_make_help_lists_every_command():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    listed = subprocess.run(
        ["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for command in (
        "book",
        "test",
        "check",
        "serve",
        "lab",
        "execute",
        "bench",
        "bench-quick",
        "bench-gpu",
        "clean",
        "help",
    ):
        assert re.search(rf"^{command}:", makefile, re.MULTILINE)
        assert re.search(rf"^{command}\s", listed, re.MULTILINE), (
            f"make help does not list {command}"
        )


def test_every_requirement_is_locked_with_a_hash():
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    entries = re.findall(
        r"^([a-z0-9][\w.\[\]-]*==[^\n]*(?:\n    [^\n]*)*)",
        text,
        re.MULTILINE | re.IGNORECASE,
    )
    assert len(entries) > 50
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "http" not in re.sub(r"http(x|core)\b", "", text)
