"""What the theme brings along and no page uses stays out of the built book.

After the build each page drops the scripts that it has nothing for, and each stylesheet, but for the book's own, the
rules that can match nothing: a rule stays when every class in one of its selectors stands in some page or some script,
whole or by its beginning, as in `bs-${name}`. Icons come from Font
Awesome's font, of which just those are cut out that the remaining rules name; the script that draws all of them, 1.5
MB, goes. The search index comes with the page that searches, not with each page.
"""

import re

import tinycss2
from korean_font import cut_font

ICONS_SCRIPT = "fontawesome.js"
SEARCH = ("searchtools.js", "language_data.js", "searchindex.js")
# What else goes where a page has nothing of it: the start of a name, and the classes that it serves.
UNUSED = {
    "design-tabs.js": "sd-tab-set",
    "sphinx-design.min.css": "sd-",
    "sphinx-thebe.css": "thebe-",
}
TAG = re.compile(
    r"""<(?:script\b[^>]*\bsrc|link\b[^>]*\bhref)="[^"]*?([\w.-]+\.(?:js|css))(?:\?[^"]*)?"[^>]*>(?:\s*</script>)?\n?"""
)
CLASSES = re.compile(r'class="([^"]*)"')
WORD = re.compile(r"[\w-]+")
SELECTED = re.compile(r"\.((?:\\.|[\w-])+)")
SPOKEN_ICON = re.compile(r'(<i class="fa[^"]*")(?! aria-hidden)')
INLINE = re.compile(r"<script[^>]*>(.+?)</script>", re.DOTALL)
# Icons are letters of the private use area, in the contents of rules and in variables.
ICON = re.compile("[\ue000-\uf8ff]")
FONT = "fa-solid-900"
ITS_PLACE = f'{FONT}.woff2) format("woff2")'


def lighten(app, exception):
    if exception is not None or app.builder.name != "html":
        return
    pages = [path for path in app.outdir.rglob("*.html") if "_static" not in path.parts]
    words = set()
    for page in pages:
        html = page.read_text(encoding="utf-8")
        lean = without_unused(html, page.name == "search.html")
        if lean != html:
            page.write_text(lean, encoding="utf-8")
        for classes in CLASSES.findall(lean):
            words.update(classes.split())
        for script in INLINE.findall(lean):
            words.update(WORD.findall(script))
    static = app.outdir / "_static"
    for script in static.rglob("*.js"):
        packed = script.parent.name in ("models", "mathjax")
        if script.name != ICONS_SCRIPT and not packed:
            words.update(WORD.findall(script.read_text(encoding="utf-8")))
    icons = set()
    own = {static / name for name, _ in app.config.html_css_files}
    for sheet in static.rglob("*.css"):
        css = sheet.read_text(encoding="utf-8")
        if sheet not in own and sheet.parent.name != "live":
            css = shorten(css, words)
        icons.update(ICON.findall(css))
        css = css.replace(ITS_PLACE, f'{FONT}.woff) format("woff")')
        sheet.write_text(css, encoding="utf-8")
    fonts = static / "vendor" / "fontawesome" / "webfonts"
    cut_font(fonts / f"{FONT}.ttf", icons, fonts / f"{FONT}.woff")


def without_unused(html, searches):
    """Return a page without the scripts and sheets that it has nothing for, and with its icons silent."""

    def keep(found):
        name = found[1]
        unused = name == ICONS_SCRIPT or (name in SEARCH and not searches)
        unused |= name in UNUSED and f'"{UNUSED[name]}' not in html and f" {UNUSED[name]}" not in html  # fmt: skip
        return "" if unused else found[0]

    return SPOKEN_ICON.sub(r'\1 aria-hidden="true"', TAG.sub(keep, html))


def shorten(css, words):
    """Return a stylesheet without the rules for classes that are not among `words`."""
    rules = tinycss2.parse_stylesheet(css, skip_comments=False, skip_whitespace=True)
    return "".join(shortened(rule, words) for rule in rules)


def shortened(rule, words):
    """Return a rule as text, or nothing."""
    if rule.type == "comment":
        return rule.serialize() if rule.value.startswith("!") else ""
    if rule.type == "at-rule" and rule.lower_at_keyword in ("media", "supports"):
        inner = shorten(tinycss2.serialize(rule.content), words)
        prelude = tinycss2.serialize(rule.prelude)
        return f"@{rule.at_keyword}{prelude}{{{inner}}}" if inner else ""
    if rule.type == "qualified-rule":
        kept = [s for s in selectors(rule.prelude) if can_match(s, words)]
        content = tinycss2.serialize(rule.content).strip()
        return f"{','.join(kept)}{{{content}}}\n" if kept else ""
    return rule.serialize()


def selectors(prelude):
    """Return the selectors of a rule, each as text."""
    parts = [[]]
    for token in prelude:
        if token == ",":
            parts.append([])
        elif token.type != "comment":
            parts[-1].append(token)
    return [tinycss2.serialize(part).strip() for part in parts]


def can_match(selector, words):
    """Say whether all classes of a selector, outside :not(), :is() and :where(), are among the words."""
    outside = re.sub(r":(?:not|is|where|has)\((?:[^()]|\([^()]*\))*\)", "", selector)
    names = (name.replace("\\", "") for name in SELECTED.findall(outside))
    return all(name in words or beginnings(name) & words for name in names)


def beginnings(name):
    """Return what a script may join to a whole name: the parts of a class that end with a hyphen."""
    return {name[: at + 1] for at, letter in enumerate(name) if letter == "-"}


def setup(app):
    # after all that writes pages, scripts and styles
    app.connect("build-finished", lighten, priority=700)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
