"""What a reader who clones the repository relies on."""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "book").rglob("*.ipynb"))
PAGES = [*NOTEBOOKS, *sorted((ROOT / "book").rglob("*.md"))]
IGNORED = "nbval-ignore-output"
NAMES = "rouge,suh,tung"  # of a measure and of two people


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


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_picture_is_described_in_a_sentence(path):
    for cell in nbformat.read(path, as_version=4).cells:
        if "plt.show()" in cell.source:
            alt = cell.metadata["mystnb"]["image"]["alt"]
            assert re.match(r"[^a-z].{40,}\.$", alt, re.DOTALL), alt


def text_of(path):
    """Return what an author wrote in a file: of a notebook its cells, without their outputs."""
    if path.suffix != ".ipynb":
        return path.read_text(encoding="utf-8")
    return "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)


def test_words_are_spelt_right(tmp_path):
    code = [p for top in ("s2s_np", "figures", "tests", "benchmarks") for p in (ROOT / top).rglob("*.py")]  # fmt: skip
    for path in [*PAGES, *code, *ROOT.glob("*.md"), ROOT / "book" / "references.bib"]:
        copy = tmp_path / f"{path.relative_to(ROOT).as_posix().replace('/', ' ')}.txt"
        copy.write_text(text_of(path), encoding="utf-8")
    found = subprocess.run(
        [sys.executable, "-m", "codespell_lib", "-L", NAMES, tmp_path],
        capture_output=True,
        text=True,
    )
    assert (found.returncode, found.stdout) == (0, "")


def test_every_entry_of_the_bibliography_is_cited_and_stands_once():
    bibliography = (ROOT / "book" / "references.bib").read_text(encoding="utf-8")
    entries = Counter(re.findall(r"^@\w+\{([^,]+),", bibliography, re.MULTILINE))
    assert max(entries.values()) == 1
    cited = {
        key.strip()
        for path in PAGES
        for keys in re.findall(r"\{cite(?::\w+)?\}`([^`]+)`", text_of(path))
        for key in keys.split(",")
    }
    assert set(entries) == cited


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
        "pdf",
        "test",
        "check",
        "links",
        "test-portable",
        "test-exhaustive",
        "mutation",
        "coverage",
        "audit",
        "sbom",
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


def test_workflows_name_what_they_use_by_digest_and_ask_for_little():
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        text = path.read_text(encoding="utf-8")
        used = re.findall(r"uses: (\S+)", text)
        assert used
        assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", name) for name in used), used
        assert re.search(r"^permissions:\n  contents: read$", text, re.MULTILINE)


def test_an_accepted_advisory_says_until_when_and_why():
    text = (ROOT / "accepted-advisories.txt").read_text(encoding="utf-8")
    for line in filter(None, text.splitlines()):
        assert re.match(r"#|\S+ \d{4}-\d{2}-\d{2} \S", line), line
