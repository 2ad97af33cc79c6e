"""Bind the built book as an EPUB 3: `make epub` calls this after it has built the pages.

    python figures/bind_book.py _build/html _epub/sequence-to-sequence.epub

Each page is opened in an installed Chromium, where MathJax gives every formula as MathML; what only a website has goes
(buttons, scripts, sound), what is folded opens, and the page is written as XHTML under its own name. Pictures come
along as PNG and SVG, which every reader knows.
"""

import base64
import html
import io
import mimetypes
import posixpath
import re
import sys
import uuid
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urldefrag

import yaml
from chromium import launch
from PIL import Image
from playwright.sync_api import sync_playwright
from pygments.formatters import HtmlFormatter

HERE = Path(__file__).parent
LEFT_OUT = ("genindex", "search", "py-modindex")
FONT = "_static/korean.woff"
STYLE = HERE / "bind_book.css"
COVER = "cover.png"
COVER_SIZE = {"width": 1200, "height": 1600}
TYPES = {".woff": "font/woff", ".svg": "image/svg+xml", ".png": "image/png"}

# What a book has of a page: the order of all pages, or one page's title and text.
CONTENTS = """() => {
    const list = ul => [...ul.children].map(li => ({
        address: li.querySelector(":scope > a").href,
        title: li.querySelector(":scope > a").textContent.trim(),
        below: [...li.querySelectorAll(":scope > details > ul")].flatMap(list),
    }))
    return [...document.querySelectorAll("nav.bd-links .bd-toc-item > ul")].flatMap(list)
}"""
TEXT = r"""async () => {
    await window.MathJax?.startup?.promise
    const article = document.querySelector("article"), all = name => [...article.querySelectorAll(name)]
    for (const formula of window.MathJax?.startup?.document?.math ?? []) {
        const math = formula.typesetRoot.querySelector("mjx-assistive-mml math")
        math.setAttribute("alttext", formula.math.trim())
        math.removeAttribute("data-latex")
        formula.typesetRoot.replaceWith(math)
    }
    for (const table of all("mtable[columnalign]")) {
        // browsers, and readers built on one, know the style alone
        const sides = table.getAttribute("columnalign").split(" ")
        const equation = sides.length > 1 && sides[0] === "right" && sides[1] === "left"
        for (const row of table.children) [...row.children].forEach((cell, i) => {
            const side = sides[Math.min(i, sides.length - 1)]
            const gap = equation ? `; padding-${i % 2 ? "left" : "right"}: 0` : ""
            cell.setAttribute("style", `text-align: ${side}${gap}`)
        })
    }
    for (const place of all(".s2s-live")) {
        const still = document.createElement("div")
        still.innerHTML = place.querySelector("noscript").textContent
        const picture = still.querySelector("img")
        if (picture) place.replaceWith(picture, "On the website this runs, for what you type.")
        else place.remove()
    }
    all("audio").forEach(sound => {
        sound.replaceWith(Object.assign(document.createElement("em"), {textContent: "(On the website: a sound.)"}))
    })
    all("script, link, noscript, button, .headerlink, .viewcode-link, .viewcode-back").forEach(e => e.remove())
    for (const link of all("a[href]")) {
        const address = link.getAttribute("href").split("#")[0]
        const elsewhere = /^[a-z]+:/.test(address) || address === ""
        if (!elsewhere && !/^(?!.*(_modules|_static|genindex|py-modindex|search)).*\.html$/.test(address))
            link.replaceWith(...link.childNodes)
    }
    for (const folded of all("details")) {
        const open = document.createElement("div"), title = folded.querySelector("summary")
        open.className = folded.className
        if (!folded.matches(".hide")) open.append(Object.assign(document.createElement("p"), {
            className: "admonition-title", textContent: title.textContent,
        }))
        title.remove()
        open.append(...folded.childNodes)
        folded.replaceWith(open)
    }
    all("picture").forEach(e => e.replaceWith(e.querySelector("img")))
    all("img").forEach(e => { e.removeAttribute("loading"); e.removeAttribute("decoding") })
    all("*").forEach(e => {
        [...e.attributes].filter(({name}) => name.startsWith("data-")).forEach(({name}) => e.removeAttribute(name))
        if (e.namespaceURI.endsWith("xhtml")) e.removeAttribute("align")
    })
    const seen = new Set()
    for (const e of all("[id]")) {
        if (seen.has(e.id)) e.removeAttribute("id")
        seen.add(e.id)
    }
    all("[role^=doc-biblio]").forEach(e => e.removeAttribute("role"))
    const writer = new XMLSerializer()
    return {
        title: article.querySelector("h1").textContent,
        text: [...article.childNodes].map(node => writer.serializeToString(node)).join("").trim(),
        sections: all("section section > h2").map(h => ({id: h.parentElement.id, title: h.textContent})),
    }
}"""

PAGE = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="en" xml:lang="en">
<head><meta charset="utf-8"/><title>{title}</title><link rel="stylesheet" href="{root}book.css"/></head>
<body>
{text}
</body>
</html>
"""
CONTAINER = """<?xml version="1.0"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="EPUB/book.opf" media-type="application/oebps-package+xml"/></rootfiles>
</container>
"""
PACKAGE = """<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="book" xml:lang="en">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="book">{identifier}</dc:identifier>
<dc:title>{title}</dc:title>
<dc:creator>{author}</dc:creator>
<dc:language>en</dc:language>
<dc:source>{address}</dc:source>
<dc:rights>Text: CC BY 4.0. Code: MIT.</dc:rights>
<meta property="dcterms:modified">{modified}</meta>
<meta property="schema:accessMode">textual</meta>
<meta property="schema:accessMode">visual</meta>
<meta property="schema:accessModeSufficient">textual</meta>
<meta property="schema:accessibilityFeature">alternativeText</meta>
<meta property="schema:accessibilityFeature">MathML</meta>
<meta property="schema:accessibilityFeature">structuralNavigation</meta>
<meta property="schema:accessibilityFeature">tableOfContents</meta>
<meta property="schema:accessibilityHazard">none</meta>
<meta property="schema:accessibilitySummary">Formulas are MathML, pictures have alternative texts.</meta>
<meta name="cover" content="cover"/>
</metadata>
<manifest>
{manifest}
</manifest>
<spine>
{spine}
</spine>
</package>
"""


def bind_book(site, epub, config=HERE.parent / "_config.yml"):
    """Write the site in the folder `site` to the file `epub`; raises FileNotFoundError without a browser or a site."""
    site, epub = Path(site).resolve(), Path(epub)
    if not (site / "index.html").is_file():
        raise FileNotFoundError(f"{site} has no index.html: make book")
    about = yaml.safe_load(Path(config).read_text(encoding="utf-8"))
    with sync_playwright() as playwright:
        browser = launch(playwright)
        try:
            tab = browser.new_page(color_scheme="light")
            tab.route("**/_static/live/**", lambda route: route.abort())
            contents, pages = read_site(tab, site)
            cover = draw_cover(tab, about, site)
        finally:
            browser.close()
    files = {COVER: cover, "book.css": stylesheet()}
    if (site / FONT).is_file():
        files["korean.woff"] = (site / FONT).read_bytes()
    documents = {}
    for name, page in pages.items():
        folder = posixpath.dirname(name)
        text = with_pictures(local_links(page["text"]), folder, site, files)
        documents[f"{name}.xhtml"] = PAGE.format(
            title=html.escape(page["title"]), text=text, root="../" * name.count("/")
        )
    documents["nav.xhtml"] = navigation(about["title"], contents, pages)
    write(epub, about, documents, files)


def read_site(tab, site):
    """Return the table of contents, nested, and `{name: {title, text, sections}}` of its pages, in order."""
    tab.goto((site / "index.html").as_uri())
    contents = tab.evaluate(CONTENTS)
    pages = {}

    def read(entries):
        for entry in entries:
            address = Path(
                unquote(urldefrag(entry["address"]).url.removeprefix("file://"))
            )
            entry["name"] = address.relative_to(site).with_suffix("").as_posix()
            if entry["name"] not in LEFT_OUT:
                tab.goto(address.as_uri())
                pages[entry["name"]] = tab.evaluate(TEXT)
            read(entry["below"])

    read(contents)
    return contents, pages


def local_links(text):
    """Let links between pages lead to the XHTML files."""
    return re.sub(
        r'(<a\b[^>]*? href="(?![a-z]+:)[^"#]*)\.html(["#])', r"\1.xhtml\2", text
    )


def with_pictures(text, folder, site, files):
    """Put the pictures of a page among the files, in a form that every reader knows; return the page with new names."""

    def one(found):
        source = html.unescape(found[2])
        if source.startswith("data:"):
            kind, _, data = source.partition(";base64,")
            content = base64.b64decode(data)
            name = f"images/{uuid.uuid5(uuid.NAMESPACE_OID, data).hex}{mimetypes.guess_extension(kind[5:])}"
        else:
            path = site / posixpath.normpath(posixpath.join(folder, unquote(source)))
            name, content = f"images/{path.name}", path.read_bytes()
        if name.endswith(".webp"):
            name, content = name.replace(".webp", ".png"), as_png(content)
        files[name] = content
        return f'{found[1]}{"../" * (folder.count("/") + 1 if folder else 0)}{name}"'

    return re.sub(r'(<img\b[^>]*?\ssrc=")([^"]*)"', one, text)


def as_png(content):
    """Return a picture as PNG, each pixel the same."""
    out = io.BytesIO()
    with Image.open(io.BytesIO(content)) as image:
        image.save(out, "PNG", optimize=True)
    return out.getvalue()


def draw_cover(tab, about, site):
    """Return the cover as PNG: the title, and the picture of the whole model."""
    picture = site / "_images" / "architecture.svg"
    image = ""
    if picture.is_file():
        data = base64.b64encode(picture.read_bytes()).decode()
        image = f'<img src="data:image/svg+xml;base64,{data}" style="width: 860px">'
    tab.set_viewport_size(COVER_SIZE)
    tab.set_content(
        f"""<body style="margin: 0; height: 100vh; display: flex; flex-direction: column; align-items: center;
            justify-content: space-evenly; background: #fff; border-top: 40px solid #0072b2; box-sizing: border-box;
            text-align: center; font-family: sans-serif; color: #222">
        <h1 style="font-size: 76px; margin: 0 80px; font-weight: 500">{html.escape(about["title"])}</h1>{image}
        <p style="font-size: 34px; margin: 0">{html.escape(about["author"])}</p></body>"""
    )
    return tab.screenshot()


def stylesheet():
    """Return the style: its own, and the colours of code."""
    colours = HtmlFormatter(style="a11y-high-contrast-light").get_style_defs(
        ".highlight"
    )
    return f"{STYLE.read_text(encoding='utf-8')}\n{colours}\n"


def navigation(title, contents, pages):
    """Return the table of contents: pages, and below each its sections."""

    def items(entries):
        lines = []
        for entry in entries:
            page = pages.get(entry["name"])
            if page is None:
                continue
            address = f"{entry['name']}.xhtml"
            sections = "".join(
                f'<li><a href="{address}#{section["id"]}">{html.escape(section["title"])}</a></li>\n'
                for section in page["sections"]
            )
            below = sections + items(entry["below"])
            below = f"<ol>\n{below}</ol>" if below else ""
            lines.append(
                f'<li><a href="{address}">{html.escape(page["title"])}</a>{below}</li>\n'
            )
        return "".join(lines)

    text = f'<nav epub:type="toc" id="toc"><h1>Contents</h1>\n<ol>\n{items(contents)}</ol>\n</nav>'
    return PAGE.format(title=html.escape(title), text=text, root="")


def write(epub, about, documents, files):
    """Write the archive: the type first and as it is, as readers look for it, then the rest."""
    manifest, spine = [], ['<itemref idref="titlepage"/>', '<itemref idref="nav"/>']
    cover = f'<div class="cover"><img src="{COVER}" alt="{html.escape(about["title"])}"/></div>'
    documents["titlepage.xhtml"] = PAGE.format(title="Cover", text=cover, root="")
    for name, text in documents.items():
        key = re.sub(r"\W", "-", name.removesuffix(".xhtml"))
        kinds = [kind for kind in ("math", "svg") if f"<{kind} " in text]
        kinds = [kind.replace("math", "mathml") for kind in kinds]
        kinds += ["nav"] * (name == "nav.xhtml")
        properties = f' properties="{" ".join(kinds)}"' if kinds else ""
        manifest.append(
            f'<item id="{key}" href="{name}" media-type="application/xhtml+xml"{properties}/>'
        )
        if name not in ("nav.xhtml", "titlepage.xhtml"):
            spine.append(f'<itemref idref="{key}"/>')
    for number, name in enumerate(files):
        key = "cover" if name == COVER else f"file-{number}"
        properties = ' properties="cover-image"' if name == COVER else ""
        suffix = posixpath.splitext(name)[1]
        kind = TYPES.get(suffix) or mimetypes.guess_type(name)[0]
        manifest.append(
            f'<item id="{key}" href="{name}" media-type="{kind}"{properties}/>'
        )
    address = about["repository"]["url"]
    package = PACKAGE.format(
        identifier=uuid.uuid5(uuid.NAMESPACE_URL, address).urn,
        title=html.escape(about["title"]),
        author=html.escape(about["author"]),
        address=address,
        modified=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        manifest="\n".join(manifest),
        spine="\n".join(spine),
    )
    epub.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(epub, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        archive.writestr("META-INF/container.xml", CONTAINER)
        archive.writestr("EPUB/book.opf", package)
        for name, content in {**documents, **files}.items():
            archive.writestr(f"EPUB/{name}", content)


if __name__ == "__main__":
    try:
        bind_book(*sys.argv[1:])
    except FileNotFoundError as error:
        sys.exit(str(error))
