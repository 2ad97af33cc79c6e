"""The list of all exercises, in the order of the book, made from the exercises themselves.

An exercise begins with its level and its kind, as in *(level 2, paper)*. Where a page has `{exercise-overview}`, the
list is put in when all pages have been read: a heading for each page, and for each exercise a link, its level and
kind, and its first sentence.
"""

import re

from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

MARK = re.compile(r"\(level ([123]), (.+)\)")
SENTENCE_END = re.compile(r"[.?](\s|$)")


class overview(nodes.General, nodes.Element):
    """Where the list will stand."""


class Overview(SphinxDirective):
    """`{exercise-overview}`: the list of all exercises."""

    def run(self):
        return [overview()]


def fill(app, doctree, docname):
    """Put the list in the place of each `overview`."""
    for place in list(doctree.findall(overview)):
        found = [
            part
            for page in in_order(app.env, app.config.root_doc)
            for part in section_of(app, docname, page)
        ]
        place.replace_self(found)


def in_order(env, page):
    """Yield the names of a page and of all those below it, in the order of the table of contents."""
    yield page
    for below in env.toctree_includes.get(page, []):
        yield from in_order(env, below)


def section_of(app, docname, page):
    """Return a heading and a list of one page's exercises; nothing for a page without."""
    uri = app.builder.get_relative_uri(docname, page)
    numbers = app.env.toc_fignumbers.get(page, {}).get("exercise", {})
    exercises = [
        item_of(app, entry["node"], f"{uri}#{label}", numbers[label])
        for label, entry in app.env.sphinx_exercise_registry.items()
        if entry["docname"] == page and label in numbers
    ]
    if not exercises:
        return []
    title = nodes.reference("", app.env.titles[page].astext(), refuri=uri, internal=True)  # fmt: skip
    heading = nodes.rubric("", "", title)
    return [heading, nodes.bullet_list("", *exercises)]


def item_of(app, exercise, uri, number):
    """Return one line of the list."""
    paragraph = next(exercise.findall(nodes.paragraph))
    mark = MARK.fullmatch(paragraph.children[0].astext())
    if mark is None:
        raise ValueError(
            f"{uri} begins with {paragraph.children[0].astext()!r}; expected as (level 2, paper)"
        )
    name = f"Exercise {'.'.join(map(str, number))}"
    line = nodes.paragraph()
    line += nodes.reference("", name, refuri=uri, internal=True)
    line += nodes.Text(f", level {mark[1]}, {mark[2]}: ")
    line.extend(first_sentence(app, paragraph.children[1:]))
    return nodes.list_item("", line)


def first_sentence(app, parts):
    """Return copies of the parts of a paragraph, up to the end of its first sentence; what refers becomes text."""
    equations = app.env.get_domain("math").equations
    found = []
    for part in parts:
        if isinstance(part, nodes.Text):
            end = SENTENCE_END.search(part)
            found.append(nodes.Text(part[: end.start() + 1] if end else part))
            if end:
                break
        elif part.get("reftarget") in equations:
            found.append(nodes.Text(f"({equations[part['reftarget']][1]})"))
        elif part.get("refdomain") == "cite":
            found.append(nodes.Text(cited(app, part)))
        elif isinstance(part, (addnodes.pending_xref, nodes.reference)):
            found.append(nodes.Text(part.astext()))
        else:
            found.append(part.deepcopy())
    return found


def cited(app, reference):
    """Return a citation as text: Li et al. [2016]."""
    kind, key = reference["reftype"], reference["reftarget"]
    page = app.config.root_doc
    domain = app.env.get_domain("cite")
    return domain.resolve_xref(app.env, page, app.builder, kind, key, reference, None).astext()  # fmt: skip


def setup(app):
    app.add_node(overview)
    app.add_directive("exercise-overview", Overview)
    app.connect(
        "doctree-resolved", fill, priority=400
    )  # before links are made of terms
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
