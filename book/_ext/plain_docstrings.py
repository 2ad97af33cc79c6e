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
        f"``{part}``" if number % 2 else re.sub(r"([\\*|_<>])", r"\\\1", part)
        for number, part in enumerate(parts)
    )


def skip_fields(app, what, name, obj, skip, options):
    """Leave out the fields of named tuples, which their class describes."""
    return True if type(obj).__name__ == "_tuplegetter" else None


def setup(app):
    app.connect("autodoc-skip-member", skip_fields)
    app.connect("autodoc-process-docstring", as_plain_text)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
