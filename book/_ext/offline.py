"""The built book asks no other machine for anything: MathJax comes along, and Thebe's address goes.

MathJax 3 in one file, `tex-svg.js`, is copied out of the package `sphinx-mathjax-offline` after the build. (It does
not lie in `_static`, because the theme loads every script that it finds there on every page.)
"""

import shutil
from importlib.metadata import files

SCRIPT = "tex-svg.js"


def copy_mathjax(app, exception):
    if exception is None and app.builder.format == "html":
        source = next(
            file for file in files("sphinx-mathjax-offline") if file.name == SCRIPT
        )
        target = app.outdir / "_static" / "mathjax" / SCRIPT
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source.locate(), target)


def drop_thebe(app, pagename, templatename, context, doctree):
    """Forget the scripts of the button "run this code", which would come from a public server."""
    context["script_files"] = [
        script for script in context["script_files"] if "thebe" not in said_of(script)
    ]


def said_of(script):
    """Return the address of a script and what stands in it, in small letters."""
    attributes = getattr(script, "attributes", {})
    return f"{script} {getattr(script, 'filename', '')} {attributes.get('body', '')}".lower()


def setup(app):
    app.connect("build-finished", copy_mathjax)
    app.connect("html-page-context", drop_thebe, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
