"""The map of the pages: what to read before each, what it leads to, and how long it takes.

A page says at its head what it *needs*, with links, and how many minutes it takes. Where a page has `{page-map}`, these
lines of all pages become one table, in the order of the book.
"""

import posixpath
import re

from docutils import nodes
from exercise_overview import in_order
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

MINUTES = re.compile(r"About (\d+) minutes")


class page_map(nodes.General, nodes.Element):
    """Where the table will stand."""


class PageMap(SphinxDirective):
    """`{page-map}`: the table of all pages that say what they need."""

    def run(self):
        return [page_map()]


def head_of(env, page):
    """Return `(needs, minutes)` of a page: the pages that it needs, in order; None for a page that does not say."""
    for paragraph in env.get_doctree(page).findall(nodes.paragraph):
        if "Needs:" not in paragraph.astext():
            continue
        text = paragraph.astext()
        minutes = MINUTES.search(text[text.index("Needs:") :])
        if minutes is None:
            raise ValueError(f"{page} says what it needs, but not about how many minutes it takes")  # fmt: skip
        linked = [
            document_of(env, page, link)
            for link in paragraph.findall(addnodes.pending_xref)
        ]
        return [*dict.fromkeys(filter(None, linked))], int(minutes[1])
    return None


def document_of(env, page, link):
    """Return the page that a link of a page leads to, None for another target."""
    target = re.sub(r"\.(ipynb|md)$", "", link["reftarget"])
    near = posixpath.normpath(posixpath.join(posixpath.dirname(page), target))
    return next((name for name in (near, target) if name in env.found_docs), None)


def fill(app, doctree, docname):
    """Put the table in the place of each `page_map`."""
    for place in list(doctree.findall(page_map)):
        pages = dict.fromkeys(in_order(app.env, app.config.root_doc))
        heads = {page: head_of(app.env, page) for page in pages}
        heads = {page: head for page, head in heads.items() if head}
        rows = [
            [
                [page],
                f"{minutes} min",
                needs,
                [other for other in heads if page in heads[other][0]],
            ]
            for page, (needs, minutes) in heads.items()
        ]
        place.replace_self(table(app, docname, rows))


def table(app, docname, rows):
    """Return a table of rows whose cells are texts or lists of pages."""
    titles = ("page", "time", "read before", "leads to")
    group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in titles), cols=4)
    group += nodes.thead("", row(app, docname, titles))
    group += nodes.tbody("", *(row(app, docname, cells) for cells in rows))
    return nodes.table("", group, classes=["page-map"])


def row(app, docname, cells):
    """Return one row."""
    entries = []
    for cell in cells:
        line = nodes.paragraph()
        if isinstance(cell, str):
            line += nodes.Text(cell)
        for number, page in enumerate([] if isinstance(cell, str) else cell):
            line += nodes.Text(", " if number else "")
            uri = app.builder.get_relative_uri(docname, page)
            title = app.env.titles[page].astext().partition(":")[0]
            line += nodes.reference("", title, refuri=uri, internal=True)
        entries.append(nodes.entry("", line))
    return nodes.row("", *entries)


def setup(app):
    app.add_node(page_map)
    app.add_directive("page-map", PageMap)
    app.connect("doctree-resolved", fill, priority=400)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
