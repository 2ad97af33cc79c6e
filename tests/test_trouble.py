"""The page on what goes wrong: its headings are messages that the project, or Python, really gives."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HEADINGS = re.findall(
    r"^### `(.+)`$", (ROOT / "book" / "trouble.md").read_text(encoding="utf-8"), re.M
)
# Messages of Python, the shell and nbval, and the name of a test.
OF_OTHERS = {
    "No module named 's2s_np'", "No module named venv", "make: command not found", "Cell outputs differ",
    "the build is newer than its sources",
}  # fmt: skip


def messages():
    """Return every text in the code, with … for what is filled in."""
    found = []
    for pattern in ("s2s_np/**/*.py", "figures/*.py", "tests/conftest.py"):
        for path in ROOT.glob(pattern):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.JoinedStr):
                    parts = [p.value if isinstance(p, ast.Constant) else "…" for p in node.values]  # fmt: skip
                    found.append("".join(parts))
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.append(node.value)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return found + re.findall(r'f"(.+?)"\)', re.sub(r"{.+}", "…", makefile))


MESSAGES = messages()


@pytest.mark.parametrize("heading", HEADINGS)
def test_a_heading_is_a_message(heading):
    parts = map(re.escape, re.split("…|NumPy|CuPy(?= array)", heading))
    pattern = re.compile(".*".join(parts), re.DOTALL)
    assert heading in OF_OTHERS or any(map(pattern.search, MESSAGES))
