"""Each term of the glossary is a link where a page uses it first: in running text, not in titles, code or links.

The link shows the term's entry in a few words when pointed at. A page's own text needs no mark-up for this.
"""

import re

from docutils import nodes
from sphinx import addnodes

GLOSSARY = "glossary"
LEFT_ALONE = (GLOSSARY, "api", "references", "genindex")
# Text in these is not running text.
NOT_IN = (
    nodes.title, nodes.reference, nodes.literal, nodes.literal_block, nodes.math, nodes.math_block, nodes.table,
    nodes.caption, nodes.raw, nodes.footnote, nodes.citation, nodes.emphasis,
)  # fmt: skip


def pattern(term):
    """Return what a term looks like in a sentence: in small letters or with a capital, alone or in the plural."""
    first, rest = re.escape(term[0]), re.escape(term[1:])
    if term[0].islower():
        first = f"[{term[0]}{term[0].upper()}]"
    rest = rest.replace("\\ ", r"\s+").replace("\\-", "-")
    return rf"(?<![\w-]){first}{rest}s?(?![\w-])"


def name_terms(app, doctree):
    """Give each term of the glossary, which may be several names with commas, a place that links can lead to."""
    if app.env.docname != GLOSSARY:
        return
    app.env.glossary_entries = {}
    for item in doctree.findall(nodes.definition_list_item):
        term = next(item.findall(nodes.term))
        anchor = nodes.make_id(f"term-{term.astext()}")
        term["ids"].append(anchor)
        definition = next(item.findall(nodes.definition)).deepcopy()
        for page in list(definition.findall(addnodes.pending_xref)):
            page.parent.remove(page)
        entry = anchor, " ".join(definition.astext().split())
        app.env.glossary_entries |= dict.fromkeys(term.astext().split(", "), entry)


def link(app, doctree, docname):
    """Turn the first use of each term on a page into a link."""
    if docname in LEFT_ALONE or app.builder.format != "html":
        return
    glossary = app.env.glossary_entries
    terms = sorted(glossary, key=len, reverse=True)
    any_term = re.compile("|".join(f"({pattern(term)})" for term in terms))
    uri = app.builder.get_relative_uri(docname, GLOSSARY)
    seen = set()
    for text in list(doctree.findall(nodes.Text)):
        if not is_running(text):
            continue
        parts, end = [], 0
        for found in any_term.finditer(text):
            anchor, explanation = glossary[terms[found.lastindex - 1]]
            if anchor in seen:
                continue
            seen.add(anchor)
            before = nodes.Text(text[end : found.start()])
            parts += [before, entry_link(uri, anchor, found[0], explanation)]
            end = found.end()
        if parts:
            text.parent.replace(text, [*parts, nodes.Text(text[end:])])


def is_running(text):
    """Say whether a text stands in a paragraph, and in nothing that is left alone."""
    node, in_paragraph = text.parent, False
    while node is not None:
        if isinstance(node, NOT_IN):
            return False
        in_paragraph |= isinstance(node, nodes.paragraph)
        node = node.parent
    return in_paragraph


def entry_link(uri, anchor, text, explanation):
    """Return a link to an entry, which shows its explanation when pointed at."""
    return nodes.reference(
        "", text, refuri=f"{uri}#{anchor}", internal=True, classes=["term"], reftitle=explanation
    )  # fmt: skip


def setup(app):
    app.connect("doctree-read", name_terms)
    app.connect("doctree-resolved", link)
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": True}
