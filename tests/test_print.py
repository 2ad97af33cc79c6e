"""The printed book: what is folded is open, and the headings are the outline."""

import re
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parent.parent / "figures" / "print_book.py"
FOLDED = """<!doctype html><title>T</title><h1>One</h1><h2>Two</h2>
<details><summary>Hint</summary><p style="height: 100cm">inside</p></details>"""


def test_a_page_is_printed_with_its_outline_and_with_what_is_folded(tmp_path, browser):
    page, pdf = tmp_path / "page.html", tmp_path / "book.pdf"
    page.write_text(FOLDED, encoding="utf-8")
    subprocess.run([sys.executable, SCRIPT, page, pdf], check=True)
    content = pdf.read_bytes()
    assert content.startswith(b"%PDF")
    assert b"/Outlines" in content
    pages = max(map(int, re.findall(rb"/Count (\d+)", content)))
    assert pages > 1  # the folded paragraph is higher than a sheet
