"""The same PDF in fewer bytes: python figures/pack_pdf.py book.pdf

Chromium writes each of the many small objects of a tagged PDF as plain text. Since PDF 1.5 (ISO 32000-1, sections 7.5.7
and 7.5.8) they may stand together in compressed streams, and so may the table that says where each object is. Nothing
else is touched: no picture, no font, no text.
"""

import re
import sys
import zlib
from pathlib import Path

OBJECT = re.compile(rb"(\d+) 0 obj\s*")
IN_ONE_STREAM = 200  # objects
FREE, PLAIN, PACKED = range(3)


def pack(pdf):
    """Return the bytes of a PDF in few bytes; raises ValueError for one that Chromium would not write."""
    objects, trailer = read(pdf)
    out = bytearray(b"%PDF-1.5\n%\xd3\xeb\xe9\xe1\n")
    where = {0: (FREE, 0, 65535)}  # each object: its kind, and where it is
    small = {n: body for n, body in objects.items() if not body.endswith(b"endstream")}
    for number, body in objects.items():
        if number not in small:
            where[number] = (PLAIN, len(out), 0)
            out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    following = max(objects) + 1
    numbers = list(small)
    for start in range(0, len(numbers), IN_ONE_STREAM):
        some = numbers[start : start + IN_ONE_STREAM]
        where |= {
            number: (PACKED, following, place) for place, number in enumerate(some)
        }
        where[following] = (PLAIN, len(out), 0)
        out += packed(following, {number: small[number] for number in some})
        following += 1
    where[following] = (PLAIN, len(out), 0)
    table = b"".join(
        kind.to_bytes(1) + place.to_bytes(5) + index.to_bytes(2)
        for kind, place, index in (where.get(n, where[0]) for n in range(following + 1))
    )
    about = b"/Type /XRef /W [1 5 2] /Size %d %b" % (following + 1, trailer)
    end = b"startxref\n%d\n%%%%EOF\n" % len(out)
    return bytes(out + stream(following, about, table) + end)


def read(pdf):
    """Return `{number: bytes}` of all objects, and what the trailer says beside their count."""
    at = re.search(rb"startxref\s+(\d+)\s+%%EOF\s*$", pdf)
    table = at and re.match(rb"xref\n0 (\d+)\n", pdf[int(at[1]) :])
    if table is None or pdf.count(b"startxref") != 1:
        raise ValueError("expected a PDF with one plain table of its objects")
    first, count = int(at[1]) + table.end(), int(table[1])
    lines = [pdf[first + 20 * n : first + 20 * n + 20] for n in range(count)]
    offsets = sorted(int(line[:10]) for line in lines if line[17:18] == b"n")
    objects = {}
    for start, end in zip(offsets, [*offsets[1:], int(at[1])]):
        body = pdf[start:end].rstrip()
        head = OBJECT.match(body)
        objects[int(head[1])] = body[head.end() :].removesuffix(b"endobj").rstrip()
    trailer = re.search(rb"trailer\s*<<(.*)>>\s*startxref", pdf[first:], re.DOTALL)[1]
    return objects, re.sub(rb"/Size \d+", b"", trailer).strip()


def packed(number, objects):
    """Return a stream, as the object `number`, that holds other objects."""
    places, bodies = b"", b""
    for inner, body in objects.items():
        places += b"%d %d " % (inner, len(bodies))
        bodies += body + b"\n"
    about = b"/Type /ObjStm /N %d /First %d" % (len(objects), len(places))
    return stream(number, about, places + bodies)


def stream(number, about, content):
    content = zlib.compress(content, 9)
    head = b"%d 0 obj\n<<%b /Filter /FlateDecode /Length %d>>\nstream\n"
    return head % (number, about, len(content)) + content + b"\nendstream\nendobj\n"


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_bytes(pack(path.read_bytes()))
