"""The printed book: what is folded is open, and the headings are the outline."""

import re
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from pack_pdf import pack, read

SCRIPT = Path(__file__).parent.parent / "figures" / "print_book.py"
FOLDED = """<!doctype html><title>T</title><h1>One</h1><h2>Two</h2>
<details><summary>Hint</summary><p style="height: 100cm">inside</p></details>"""


def test_a_page_is_printed_with_its_outline_and_with_what_is_folded(tmp_path, browser):
    page, pdf = tmp_path / "page.html", tmp_path / "book.pdf"
    page.write_text(FOLDED, encoding="utf-8")
    subprocess.run([sys.executable, SCRIPT, page, pdf], check=True)
    found = objects_of(pdf.read_bytes())
    content = b"".join(body for body in found.values() if isinstance(body, bytes))
    assert b"/Outlines" in content
    pages = max(map(int, re.findall(rb"/Count (\d+)", content)))
    assert pages > 1  # the folded paragraph is higher than a sheet


def objects_of(pdf):
    """Read a packed PDF as a reader does: the table at its end, then each object; streams are unpacked."""
    at = int(re.search(rb"startxref\n(\d+)\n%%EOF\n$", pdf)[1])
    head, table = read_stream(pdf, at)
    assert b"/Type /XRef" in head
    found = {}
    for number in range(len(table) // 8):
        kind, place, index = (
            int.from_bytes(part)
            for part in (
                table[8 * number : 8 * number + 1],
                table[8 * number + 1 : 8 * number + 6],
                table[8 * number + 6 : 8 * number + 8],
            )
        )
        if kind == 1:
            assert pdf.startswith(b"%d 0 obj\n" % number, place)
            found[number] = read_stream(pdf, place)
        elif kind == 2:
            found[number] = place, index
    for number, (place, index) in found.items():
        if isinstance(place, int):
            head, content = found[place]
            first = int(re.search(rb"/First (\d+)", head)[1])
            places = [*map(int, content[:first].split())]
            assert places[2 * index] == number
            ends = [*places[1::2], len(content) - first]
            found[number] = content[first:][ends[index] : ends[index + 1]].strip()
    return found


def read_stream(pdf, at):
    head = pdf[at : pdf.index(b"stream\n", at)]
    start = at + len(head) + len(b"stream\n")
    content = pdf[start : start + int(re.search(rb"/Length (\d+)", head)[1])]
    return head, zlib.decompress(content) if b"/FlateDecode" in head else content


def test_a_packed_pdf_has_every_object_as_it_was_and_is_smaller(browser):
    tab = browser.new_page()
    links = (f"<p>{n} <a href='https://a.b/{n}'>가</a></p>" for n in range(300))
    tab.set_content(f"<h1>One</h1>{''.join(links)}")
    plain = tab.pdf(outline=True, tagged=True)
    tab.close()
    packed = pack(plain)
    assert len(packed) < len(plain) / 2
    before, trailer = read(plain)
    assert b"/Root" in trailer
    after = objects_of(packed)
    for number, body in before.items():
        if isinstance(after[number], bytes):
            assert after[number] == body
        else:
            assert after[number] == read_stream(b"%d 0 obj\n%b" % (number, body), 0)


def test_a_pdf_of_another_make_is_refused():
    with pytest.raises(ValueError, match="one plain table"):
        pack(b"%PDF-1.7\nstartxref\n3\n%%EOF\n")
