"""Korean letters for readers whose machine has none: a font with just the syllables that the book uses.

After the build, the Hangul in all pages, and in the vocabularies of the models that run on them, is collected and cut
out of Noto Sans KR (Open Font License), which the package `pylopdf-fonts-ko` carries; `custom.css` names the result.
The glyphs are those of the pictures.
"""

import re
from importlib.metadata import files

from fontTools import subset

HANGUL = re.compile("[ᄀ-ᇿ㄰-㆏가-힣]")
FONT = "NotoSansKR-Regular.otf"


def write_font(app, exception):
    if exception is not None or app.builder.format != "html":
        return
    used = set()
    models = (app.outdir / "_static" / "models").glob("*.js")
    for path in (*app.outdir.rglob("*.html"), *models):
        used.update(HANGUL.findall(path.read_text(encoding="utf-8")))
    source = next(file for file in files("pylopdf-fonts-ko") if file.name == FONT)
    cut_font(source.locate(), used, app.outdir / "_static" / "korean.woff")


def cut_font(source, letters, target):
    """Write a font that has these letters of another one alone."""
    options = subset.Options(flavor="woff", layout_features=[])
    font = subset.load_font(str(source), options)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=map(ord, letters))
    cutter.subset(font)
    subset.save_font(font, str(target), options)


def setup(app):
    app.connect("build-finished", write_font)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
