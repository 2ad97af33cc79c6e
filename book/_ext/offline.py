"""The built book asks no other machine for anything: MathJax comes along, and Thebe's address goes.

MathJax 3 comes out of the package `sphinx-mathjax-offline`, in the parts that the book needs: TeX in, HTML with
MathJax's own fonts out, and MathML for screen readers. After the build they are packed into one file, as a font is:
0.2 MB instead of 0.8, from disk and from the plainest server. (It does not lie in `_static`, because the theme loads
every script that it finds there on every page.)

Formulas take another space than their source. So that no text moves under a reader's eyes, a page shows the text from
its first formula on when all are set, or after three seconds, whichever comes first.
"""

import base64
import gzip
import shutil
from functools import cache
from importlib.metadata import files
from pathlib import PurePosixPath

MATHJAX = PurePosixPath("sphinx-mathjax-offline/static/mathjax")
# In this order: each builds on those before it.
PARTS = (
    "startup", "core", "input/tex", "output/chtml", "output/chtml/fonts/tex", "a11y/assistive-mml",
)  # fmt: skip
FONTS = "output/chtml/fonts/woff-v2"
WAIT = """
    document.documentElement.classList.add("formulas-wait");
    { const show = () => document.documentElement.classList.remove("formulas-wait");
      setTimeout(show, 3000);
      let set;
      MathJax.startup = {
        promise: new Promise(done => { set = done; }),
        pageReady: () => MathJax.startup.defaultPageReady().finally(show).then(set),
      }; }
"""
UNPACK = """/* MathJax 3.2.2, https://www.mathjax.org, Apache License 2.0; gzip in base64, see book/_ext/offline.py. */
"use strict";
{
  MathJax.loader = {paths: {mathjax: new URL(".", document.currentScript.src).href.slice(0, -1)}};
  const bytes = Uint8Array.from(atob("%s"), letter => letter.charCodeAt(0));
  const packed = new Blob([bytes]).stream();
  new Response(packed.pipeThrough(new DecompressionStream("gzip"))).text().then(text => {
    const script = document.createElement("script");
    script.text = text;
    document.head.append(script);
  });
}
"""


def pack_mathjax(app, exception):
    if exception is not None or app.builder.format != "html":
        return
    target = app.outdir / "_static" / app.config.mathjax_path
    target.parent.mkdir(parents=True, exist_ok=True)
    packed = gzip.compress(mathjax().encode(), mtime=0)
    target.write_text(UNPACK % base64.b64encode(packed).decode(), encoding="utf-8")
    for name, place in places().items():
        if name.startswith(FONTS):
            font = target.parent / name
            font.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(place, font)


def places():
    """Return where each file of MathJax lies, by its path within MathJax."""
    return {
        file.relative_to(MATHJAX).as_posix(): file.locate()
        for file in files("sphinx-mathjax-offline")
        if file.is_relative_to(MATHJAX)
    }


@cache
def mathjax():
    """Return the code of MathJax that a page unpacks and runs."""
    found = places()
    code = [found[f"{part}.js"].read_text(encoding="utf-8") for part in PARTS]
    code.append(f"MathJax.loader.preLoad({', '.join(map(repr, PARTS))})")
    return ";\n".join(code)


def mend_scripts(app, pagename, templatename, context, doctree):
    """Forget the scripts of the button "run this code", which would come from a public server; let formulas wait."""
    scripts = context["script_files"]
    if any(app.config.mathjax_path in said_of(script) for script in scripts):
        # after MathJax's settings, and before MathJax itself, which is deferred
        app.builder.add_js_file("", body=WAIT, priority=900)
    context["script_files"] = [s for s in scripts if "thebe" not in said_of(s)]


def said_of(script):
    """Return the address of a script and what stands in it, in small letters."""
    attributes = getattr(script, "attributes", {})
    return f"{script} {getattr(script, 'filename', '')} {attributes.get('body', '')}".lower()


def setup(app):
    app.connect("build-finished", pack_mathjax)
    app.connect("html-page-context", mend_scripts, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
