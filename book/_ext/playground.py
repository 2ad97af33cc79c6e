"""The live parts of the book: a trained model that runs in the reader's browser, and its files.

    ```{live} dates scan
    :show: encoder map generator decoder search
    :alt: What the picture shows that stands here without JavaScript, and on paper.
    ```

The directive names models of `MODELS` and the parts to show. Scripts and weights are put under `_static` after the
build, as MathJax is: the theme would load what lies there before on every page. Nothing generated is stored.
"""

import json
import shutil
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).parent.parent.parent
SOURCES = ROOT / "book" / "_live"
SCRIPTS = ("seq2seq.js", "playground.js")
STYLE = "playground.css"
PICTURE = "/../figures/playground.png"
PARTS = ("encoder", "map", "generator", "decoder", "search")
ON_THE_MAP = 320  # sentences

# What the page says of each model: its title, the label of the box, the language of the texts, and examples.
MODELS = {
    "dates": {
        "title": "Date translator",
        "label": "A date in Korean",
        "lang": "ko",
        "examples": [
            "2026년 11월 22일 일요일", "26. 11. 22.", "이천이십육년 십일월 이십이일", "2026년 13월 22일",
        ],
    },
    "scan": {
        "title": "SCAN interpreter",
        "label": "A command",
        "lang": "en",
        "examples": [
            "jump thrice and walk left twice", "look around right after run", "turn opposite left twice", "hop twice",
        ],
    },
}  # fmt: skip


def texts_of(name):
    """Return the texts that are drawn on the model's map, and their labels."""
    if name == "dates":
        from s2s_np.tasks.machine_translation import STYLES, split_dates

        each = ON_THE_MAP // len(STYLES)
        pairs = [
            (korean, style)
            for style in STYLES
            for korean, _ in split_dates(1, 1, each, (style,))[2]
        ]
        return list(zip(*pairs))
    from s2s_np.tasks import scan

    texts = [command for command, _ in scan.split("random")[1][:ON_THE_MAP]]
    joints = ("and", "after")
    labels = [
        next((word for word in text.split() if word in joints), "neither")
        for text in texts
    ]
    return texts, labels


class live(nodes.General, nodes.Element):
    """The place of a playground; inside it, the picture for readers without JavaScript."""


class Live(SphinxDirective):
    required_arguments = 1
    final_argument_whitespace = True
    option_spec = {
        "show": directives.unchanged_required,
        "alt": directives.unchanged_required,
    }

    def run(self):
        models, parts = self.arguments[0].split(), self.options["show"].split()
        for given, known in ((models, MODELS), (parts, PARTS)):
            if unknown := set(given).difference(known):
                raise self.error(
                    f"{', '.join(unknown)}: expected some of {', '.join(known)}"
                )
        place = live(models=models, parts=parts)
        place += nodes.image(uri=PICTURE, alt=self.options["alt"])
        return [place]


def visit_html(translator, node):
    """Open the place; style and scripts come with the first on the page, at once, so that nothing moves later."""
    if is_first(translator, node):
        translator.body.append(
            f'<link rel="stylesheet" href="{folder_of(translator)}/{STYLE}">\n'
        )
    about = json.dumps(
        [{"name": name} | MODELS[name] for name in node["models"]], ensure_ascii=False
    )
    translator.body.append(
        translator.starttag(
            node, "div", CLASS="s2s-live",
            **{"data-models": about, "data-show": " ".join(node["parts"])},
        )
        + "<noscript><p>Here something runs that needs JavaScript. This is how it looks:</p>"
    )  # fmt: skip


def depart_html(translator, node):
    translator.body.append("</noscript></div>\n")
    if is_first(translator, node):
        translator.body.extend(
            f'<script src="{folder_of(translator)}/{script}"></script>\n'
            for script in SCRIPTS
        )


def is_first(translator, node):
    return node is next(translator.document.findall(live))


def folder_of(translator):
    """Return the way from the page to the folder of the scripts."""
    return "../" * translator.builder.current_docname.count("/") + "_static/live"


def visit_other(translator, node):
    """On paper the picture stands by itself."""


def write_files(app, exception):
    """Put the scripts and each model's weights where the pages look for them."""
    if exception is not None or app.builder.format != "html":
        return
    from s2s_np import Seq2Seq
    from s2s_np.browser import export_model

    static = app.outdir / "_static"
    for folder in ("live", "models"):
        (static / folder).mkdir(parents=True, exist_ok=True)
    for file in (*SCRIPTS, STYLE):
        shutil.copyfile(SOURCES / file, static / "live" / file)
    for name in MODELS:
        checkpoint = ROOT / "figures" / f"playground_{name}.safetensors"
        model = Seq2Seq.load(checkpoint)
        export_model(model, static / "models" / f"{name}.js", name, *texts_of(name))


def setup(app):
    app.add_node(
        live,
        html=(visit_html, depart_html),
        latex=(visit_other, visit_other),
        epub=(visit_other, visit_other),
        text=(visit_other, visit_other),
    )
    app.add_directive("live", Live)
    # Before the Korean font is cut, which has the letters of these files too.
    app.connect("build-finished", write_files, priority=400)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
