"""The reference page shows docstrings as they stand in the source: a sentence, then plain text with equations."""

import re


def as_plain_text(app, what, name, obj, options, lines):
    """Make the first line a paragraph of reStructuredText and the others one preformatted block."""
    if not lines:
        return
    first, *others = lines
    lines[:] = [inline(first), ""]
    if any(others):
        lines += [".. code-block:: text", "", *(f"    {line}" for line in others), ""]


def inline(text):
    """Turn `code` between backticks into ``code``, and escape what reStructuredText would read."""
    parts = text.split("`")
    return "".join(
        f"``{part}``" if number % 2 else re.sub(r"([\\*|_<>])", r"\\\1", part) for number, part in enumerate(parts)
    )


def setup(app):
    app.connect("autodoc-process-docstring", as_plain_text)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
