"""The whole book as one page, from which its PDF is printed (`make pdf`).

Sphinx looks for what draws a node under the name of its builder first, and takes that of plain HTML only where there is
nothing at all under that name. Some extension has something for `singlehtml`, so the rest has to be copied.
"""


def draw_as_html(app):
    if app.builder.name == "singlehtml":
        handlers = app.registry.translation_handlers
        handlers["singlehtml"] = handlers["html"] | handlers.get("singlehtml", {})


def setup(app):
    app.connect("builder-inited", draw_as_html)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
