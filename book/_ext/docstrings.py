"""Docstrings, set as text: paragraphs, equations as they stand, and the arguments as a list.

The form is that of the whole package: a sentence; indented equations; `Arguments`, and below it an indented line
`name: what it is` for each; and sentences that begin with Returns, Raises or Source.
"""

import re

ARGUMENTS = "Arguments"
SENTENCE = re.compile(r"(Returns|Raises|Source|Yields)\b")
ITEM = re.compile(r"\s*([a-z]\w*(?:, \w+)*): (.*)")
CODE = re.compile(r"(`[^`]+`|\{[^{}]*\})")
EMPHASIS = re.compile(r"(?<!\S)(\*\w+\*)(?!\w)")


def as_text(app, what, name, obj, options, lines):
    """Turn the lines of a docstring into reStructuredText, in place."""
    lines[:] = [line for block in blocks(lines) for line in (*block, "")]


def blocks(lines):
    """Yield each paragraph, equation and list of a docstring as a list of lines of reStructuredText."""
    lines = [*lines, ""]
    at = 0
    while at < len(lines):
        line = lines[at]
        if not line.strip():
            at += 1
        elif line == ARGUMENTS:
            yield [ARGUMENTS]
            end = run(lines, at + 1, lambda line: line.startswith(" "))
            yield items(lines[at + 1 : end])
            at = end
        elif line.startswith(" "):
            end = run(lines, at, lambda line: line.startswith(" ") or not line)
            yield [".. code-block:: text", "", *(f"    {x}" for x in lines[at:end])]
            at = end
        elif ITEM.fullmatch(line):
            end = run(lines, at, lambda line: line.strip())
            yield items(lines[at:end])
            at = end
        else:
            end = run(lines, at + 1, in_paragraph)
            yield [inline(" ".join(lines[at:end]))]
            at = end


def run(lines, start, belongs):
    """Return where the run of lines that belong together, from `start` on, ends."""
    end = start
    while end < len(lines) and belongs(lines[end]):
        end += 1
    return end


def in_paragraph(line):
    """Whether a line goes on with the paragraph that the line before it began."""
    return line.strip() and line[0] != " " and line != ARGUMENTS and not SENTENCE.match(line)  # fmt: skip


def items(lines):
    """Return `name: what it is`, each with the further lines that are indented below it, as a list."""
    indent = len(lines[0]) - len(lines[0].lstrip())
    found = []
    for line in lines:
        if line[indent] != " " and (item := ITEM.fullmatch(line)):
            found.append(list(item.groups()))
        else:
            found[-1][1] += " " + line.strip()
    return [f"- ``{names.replace(', ', '``, ``')}``: {inline(what)}" for names, what in found]  # fmt: skip


def inline(text):
    """Turn `code` between backticks, and {dicts}, into ``code``, and escape what reStructuredText would read."""
    # an escaped space shows as nothing, and lets letters follow: `Batch`es
    return "".join(
        f"``{part.strip('`')}``\\ " if number % 2 else escape(part)
        for number, part in enumerate(CODE.split(text))
    )


def escape(text):
    """Escape what reStructuredText would read, but for *emphasis*."""
    return "".join(
        part if number % 2 else re.sub(r"([\\*|_<>])", r"\\\1", part)
        for number, part in enumerate(EMPHASIS.split(text))
    )


def skip_fields(app, what, name, obj, skip, options):
    """Leave out the fields of named tuples, which their class describes."""
    return True if type(obj).__name__ == "_tuplegetter" else None


def setup(app):
    app.connect("autodoc-skip-member", skip_fields)
    app.connect("autodoc-process-docstring", as_text)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
