"""Links between the pages and the reference page, both ways, from what stands in both already.

A module's docstring names the pages that explain it, as in `(book: code/encoder)`. From there, on the reference page,
each entry gets a link to those pages, and each of those pages a last line with links to the entries. On every page
the first `name` of a function or class in a section, and each `s2s_np/file.py`, is a link to its entry.
"""

import inspect
import re

from docutils import nodes

REFERENCE = "api"
BOOK = re.compile(r"(?:;| \()\s*book:\s+([\w/]+(?:,\s+[\w/]+)*)\)")
FILE = re.compile(r"(s2s_np/[\w/]+)\.py")
KINDS = ("function", "class", "exception")


def pages_of(module_docstring):
    """Return the names of the pages that a module's docstring says it belongs to."""
    found = BOOK.search(module_docstring or "")
    return re.split(r",\s+", found[1]) if found else []


def drop_pages(app, what, name, obj, options, lines):
    """Take the names of the pages out of a module's text."""
    if what == "module":
        lines[:] = BOOK.sub(
            lambda found: ")" if found[0][0] == ";" else "", "\n".join(lines)
        ).split("\n")


def name_pages(app, what, name, obj, options, lines):
    """End a function or class on the reference page with links to its pages, and remember them the other way round."""
    if what not in KINDS:
        return
    pages = pages_of(inspect.getmodule(obj).__doc__)
    # Sphinx fills the title of each page in.
    lines += ["", "Page: " + " · ".join(f":doc:`/{page}`" for page in pages), ""]
    for page in pages:
        app.env.entries_of_page.setdefault(page, []).append(name)


def link(app, doctree, docname):
    """Make references of the names on a page, and list the page's own entries at its end."""
    objects = app.env.get_domain("py").objects
    entries = {name: entry for name, entry in objects.items() if entry.objtype in KINDS}
    by_short_name = {}
    for name in entries:
        by_short_name.setdefault(name.rpartition(".")[2], []).append(name)

    def refer(name, content):
        uri = app.builder.get_relative_uri(docname, objects[name].docname)
        anchor = objects[name].node_id
        return nodes.reference("", "", content, refuri=f"{uri}#{anchor}", internal=True)

    def entry_of(text):
        if file := FILE.fullmatch(text):
            name = file[1].replace("/", ".")
            return name if name in objects else None
        named = by_short_name.get(text.rpartition(".")[2], [])
        return named[0] if len(named) == 1 and f".{named[0]}".endswith(f".{text}") else None  # fmt: skip

    seen = set()
    for literal in list(doctree.findall(nodes.literal)):
        name = entry_of(literal.astext().removesuffix("()"))
        section = top_section(literal)
        if name is None or section is None or (section, name) in seen:
            continue
        seen.add((section, name))
        literal.replace_self(refer(name, literal.deepcopy()))
    own = app.env.entries_of_page.get(docname, [])
    if own:
        line = nodes.paragraph("", "", nodes.Text("In the reference: "))
        for number, name in enumerate(own):
            line += nodes.Text(", " if number else "")
            line += refer(name, nodes.literal(text=name.rpartition(".")[2]))
        line += nodes.Text(".")
        page = next(doctree.findall(nodes.section))
        page += nodes.container("", line, classes=["in-the-reference"])


def top_section(node):
    """Return which section of the page, one below its title, holds `node`; None for a node in a title or a link."""
    sections = []
    while node is not None:
        if isinstance(node, (nodes.title, nodes.reference)):
            return None
        if isinstance(node, nodes.section):
            sections.append(id(node))
        node = node.parent
    return sections[-2:][0] if sections else None


def begin(app, env, docnames):
    """Give a fresh environment its memory of entries; one from an earlier build has it already."""
    env.entries_of_page = getattr(env, "entries_of_page", {})


def forget(app, env, docname):
    """Drop what the reference page said, before it is read again."""
    if docname == REFERENCE:
        env.entries_of_page = {}


def setup(app):
    app.connect("env-before-read-docs", begin)
    app.connect("env-purge-doc", forget)
    app.connect("autodoc-process-docstring", drop_pages, priority=100)
    app.connect("autodoc-process-docstring", name_pages, priority=900)
    app.connect("doctree-resolved", link)
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": True}
