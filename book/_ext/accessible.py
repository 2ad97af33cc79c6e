"""What the theme and the bibliography leave out for readers who listen to a page, or walk it with the keyboard.

The arrow that unfolds a chapter in the side bar gets a name; the list of references loses a role for which its entries
would have to have another.
"""

import re

from built_pages import mend_pages

ARROW = re.compile(r"(<a [^>]*>)([^<]+)(</a><details[^>]*>)<summary>")
REFERENCES = '<div role="list" class="citation-list">'


def mend(html):
    """Return a page with a name for each arrow and without the role."""
    named = ARROW.sub(
        lambda found: (
            f'{found[0][: -len("<summary>")]}<summary aria-label="Sections of: {found[2].strip()}">'
        ),
        html,
    )
    return named.replace(REFERENCES, '<div class="citation-list">')


def finish(app, exception):
    if exception is None and app.builder.format == "html":
        mend_pages(app, mend)


def setup(app):
    app.connect("build-finished", finish)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
