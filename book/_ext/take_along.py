"""A page's notebook, taken along with one click or opened elsewhere; the address of the repository, filled in.

The theme hides the download in a menu, and only opens it. Here it is a button of its own, which saves, beside one that
prints. (On a page from disk a browser still opens it: the file lies on the reader's disk already.) Where a page says
`{{repository}}`, also in code, the address from `_config.yml` stands in the built book.
"""

import re

from built_pages import mend_pages

DOWNLOAD = re.compile(
    r'<a href="[^"]*_sources/([^"]+\.ipynb)" target="_blank"(?! download)'
)
ICONS = {"javascript": "fas fa-print", "link": "fas fa-download"}


def fill_in(app, name, source):
    """Put the repository's address in the place of `{{repository}}`."""
    address = app.config.html_theme_options.get("repository_url", "")
    source[0] = source[0].replace("{{repository}}", address)


def single_buttons(group):
    """Return the buttons of the theme's menu "Download this page", each to stand for itself, by an icon alone."""
    buttons = []
    for button in group["buttons"]:
        single = button | {"icon": ICONS[button["type"]], "text": None}
        if button["text"] == ".ipynb":
            single["tooltip"] = "Download this page as a notebook"
        buttons.append(single)
    return buttons


def take_apart(app, pagename, templatename, context, doctree):
    """Put the buttons of the download menu in its place."""
    context["header_buttons"] = [
        single
        for button in context.get("header_buttons", ())
        for single in (
            single_buttons(button)
            if button.get("label") == "download-buttons"
            else [button]
        )
    ]


def mend(html):
    """Return a page whose notebook is saved under the page's whole name: `architecture-encoder.ipynb`."""
    return DOWNLOAD.sub(
        lambda found: f'{found[0]} download="{found[1].replace("/", "-")}"', html
    )


def finish(app, exception):
    if exception is None and app.builder.format == "html":
        mend_pages(app, mend)


def setup(app):
    app.connect("source-read", fill_in)
    app.connect("html-page-context", take_apart, priority=900)
    app.connect("build-finished", finish)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
