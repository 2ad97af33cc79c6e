"""Every built page says, in a content security policy, what it may load and run: this book's own files and no others.

A policy lets scripts run that lie beside the page, and of those written into it the ones whose SHA-256 it names, and
that of MathJax, which a page unpacks. So a script that got into a page on the way to its reader does not run, and
nothing is fetched from or sent to elsewhere. Styles may stand in the page: Matplotlib's pictures, Sphinx's tables and
MathJax write them. `file:` is for pages that are opened from disk, which are nobody's "self".
"""

import base64
import hashlib
from html import escape
from html.parser import HTMLParser

import offline
from built_pages import mend_pages

JAVASCRIPT = ("", "module", "text/javascript", "application/javascript")
OWN = "'self' file:"
CHARSET = '<meta charset="utf-8" />'


class Inline(HTMLParser):
    """The scripts that are written into a page, whole ones and those that answer a click."""

    def __init__(self, page):
        super().__init__(convert_charrefs=False)
        self.found, self._open = [], False
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        kind = attributes.get("type") or ""
        self._open = tag == "script" and "src" not in attributes and kind in JAVASCRIPT
        self.found += [
            script for name, script in attributes.items() if name.startswith("on")
        ]

    def handle_data(self, data):
        if self._open:
            self.found.append(data)

    def handle_endtag(self, tag):
        self._open = False


def policy(page):
    """Return the policy of a page of HTML."""
    scripts = {offline.mathjax(), *Inline(page).found}
    allowed = sorted(f"'sha256-{digest(script)}'" for script in scripts)
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {OWN} 'unsafe-hashes' {' '.join(allowed)}",
            f"style-src {OWN} 'unsafe-inline'",
            f"img-src {OWN} data:",
            f"font-src {OWN} data:",
            f"media-src {OWN} data:",
            "connect-src 'self'",
            f"base-uri {OWN}",
            f"form-action {OWN}",
        )
    )


def with_policy(page):
    """Return a page that says its policy; the theme's templates in _static, which have no character set, stay."""
    content = escape(policy(page), quote=False)
    rule = f'<meta http-equiv="Content-Security-Policy" content="{content}" />'
    return page.replace(CHARSET, f"{CHARSET}\n    {rule}", 1)


def digest(script):
    """Return the SHA-256 of a script, in base64, as a policy names it."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def add_policies(app, exception):
    """Write its policy into the head of every page, before anything that it is about."""
    if exception is not None or app.builder.name != "html":
        return
    mend_pages(app, with_policy)


def setup(app):
    app.connect("build-finished", add_policies, priority=950)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
