"""The live parts of the book: trained models that run in the reader's browser, and their files.

    ```{live} dates scan
    :show: encoder map generator decoder search
    :picture: playground
    :alt: What the picture shows that stands here without JavaScript, and on paper.
    ```

The directive names models of `MODELS`, the parts to show, and a picture of `figures`. Another,

    ```{live-curves}
    ```

is a slider over the stored curves of the page on memorization; on paper there is nothing in its place.

Scripts and weights are put under `_static` after the build, as MathJax is: the theme would load what lies there before
on every page. Nothing that is generated is stored.
"""

import json
import shutil
from pathlib import Path

import numpy as np
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).parent.parent.parent
SOURCES = ROOT / "book" / "_live"
SCRIPTS = ("seq2seq.js", "playground.js")
CURVES_SCRIPT = "curves.js"
STYLE = "playground.css"
PARTS = ("encoder", "map", "generator", "decoder", "search")
RUNS = ROOT / "figures" / "copying.jsonl"
STEPS = 1000  # of training, as in the page's first pictures
ON_THE_MAP = 320  # texts

KOREAN = {
    "label": "A Korean sentence",
    "lang": "ko",
    "examples": [
        "나는 학교에 간다", "어제 그는 공원에서 사과를 먹었다",
        "유나의 친구는 민수의 어머니를 만날 것이다", "나는 보았다",
    ],
}  # fmt: skip

# The groups of curves: a name, the cell, and the words to draw from.
GROUPS = (
    ("GRU, ten digits", "gru", 10),
    ("GRU, two words", "gru", 2),
    ("GRU, a hundred words", "gru", 100),
    ("LSTM, ten digits", "lstm", 10),
    ("Vanilla RNN, ten digits", "rnn", 10),
)

# Each model: its checkpoint, and what the page says of it: title, label of the box, language of the texts, examples.
MODELS = {
    "dates": {
        "checkpoint": "playground_dates",
        "title": "Date translator",
        "label": "A date in Korean",
        "lang": "ko",
        "examples": [
            "2026년 11월 22일 일요일", "26. 11. 22.", "이천이십육년 십일월 이십이일", "2026년 13월 22일",
        ],
    },
    "scan": {
        "checkpoint": "playground_scan",
        "title": "SCAN interpreter",
        "label": "A command",
        "lang": "en",
        "examples": [
            "jump thrice and walk left twice", "jump left after run right", "turn opposite left twice", "hop twice",
        ],
    },
    "sentences": {
        "checkpoint": "sentence_translator",
        "title": "Sentence translator",
        **KOREAN,
    },
    "early": {
        "checkpoint": "early_translator_1",
        "title": "Sentences, barely trained",
        **KOREAN,
        "examples": ["나는 시장에 간다", *KOREAN["examples"][1:]],
    },
}  # fmt: skip


def load(name):
    """Return the model `name`, as its script left it."""
    from s2s_np import Seq2Seq

    checkpoint = MODELS[name]["checkpoint"]
    return Seq2Seq.load(ROOT / "figures" / f"{checkpoint}.safetensors")


def texts_of(name):
    """Return test texts of the model, to be drawn on its map, and their labels."""
    if name == "dates":
        return styled_dates()
    if name == "scan":
        return commands_by_first_action()
    return sentences_in_time()


def styled_dates():
    from s2s_np.tasks.machine_translation import STYLES, split_dates

    each = ON_THE_MAP // len(STYLES)
    tests = {style: split_dates(1, 1, each, (style,))[2] for style in STYLES}
    pairs = [(korean, style) for style in STYLES for korean, _ in tests[style]]
    return zip(*pairs)


def commands_by_first_action():
    from s2s_np.tasks import scan

    pairs = scan.split("random")[1][:ON_THE_MAP]
    labels = {"I_TURN_LEFT": "first turns left", "I_TURN_RIGHT": "first turns right"}
    return [command for command, _ in pairs], [
        labels.get(actions.split()[0], "does not turn first") for _, actions in pairs
    ]


def sentences_in_time():
    from s2s_np.tasks.sentences import split

    *_, test = split()
    some = test[:: max(1, len(test) // ON_THE_MAP)][:ON_THE_MAP]
    return [sentence.korean for sentence in some], [sentence.tense for sentence in some]


class live(nodes.General, nodes.Element):
    """The place of a playground; inside it, the picture for readers without JavaScript."""


class Live(SphinxDirective):
    required_arguments = 1
    final_argument_whitespace = True
    option_spec = {
        "show": directives.unchanged_required,
        "picture": directives.unchanged_required,
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
        picture = f"/../figures/{self.options['picture']}.png"
        place += nodes.image(uri=picture, alt=self.options["alt"])
        return [place]


class live_curves(nodes.General, nodes.Element):
    """The place of a slider over curves."""


class LiveCurves(SphinxDirective):
    def run(self):
        self.env.note_dependency(str(RUNS))
        return [live_curves()]


def groups_of_curves():
    """Return the stored runs as `curves.js` reads them."""
    from s2s_np.results import read_results
    from s2s_np.tasks.copying import reach

    runs = [run for run in read_results(RUNS, 1) if run["steps"] == STEPS]
    groups = []
    for name, cell, words in GROUPS:
        by_size = {}
        for run in runs:
            if (run["cell"], run["V"]) == (cell, words):
                by_size.setdefault(run["H"], []).append(run["exact"])
        curves = [
            {
                "H": H,
                "least": np.min(exact, axis=0).tolist(),
                "median": np.median(exact, axis=0).tolist(),
                "most": np.max(exact, axis=0).tolist(),
                "reach": round(float(np.median([reach(seed) for seed in exact])), 3),
            }
            for H, exact in sorted(by_size.items())
        ]
        groups.append({"name": name, "words": words, "curves": curves})
    return groups


def visit_curves(translator, node):
    folder = folder_of(translator)
    place = translator.starttag(
        node, "div", CLASS="s2s-live s2s-curves",
        **{"data-curves": json.dumps(groups_of_curves())},
    )  # fmt: skip
    translator.body.append(
        f'<link rel="stylesheet" href="{folder}/{STYLE}">\n{place}'
        "<noscript><p>A slider over these curves stands here where there is JavaScript.</p></noscript></div>\n"
        f'<script src="{folder}/{CURVES_SCRIPT}"></script>\n'
    )


def visit_html(translator, node):
    """Open the place; style and scripts come with the first on the page, at once, so that nothing moves later."""
    if is_first(translator, node):
        translator.body.append(
            f'<link rel="stylesheet" href="{folder_of(translator)}/{STYLE}">\n'
        )
    about = [{"name": name} | MODELS[name] for name in node["models"]]
    place = translator.starttag(
        node,
        "div",
        CLASS="s2s-live",
        **{
            "data-models": json.dumps(about, ensure_ascii=False),
            "data-show": " ".join(node["parts"]),
        },
    )
    translator.body.append(
        f"{place}<noscript><p>What runs here needs JavaScript. It looks like this:</p>"
    )


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
    """Add nothing: on paper the picture stands by itself."""


def write_files(app, exception):
    """Put the scripts and each model's weights where the pages look for them."""
    if exception is not None or app.builder.format != "html":
        return
    from s2s_np.browser import export_model

    static = app.outdir / "_static"
    for folder in ("live", "models"):
        (static / folder).mkdir(parents=True, exist_ok=True)
    for file in (*SCRIPTS, CURVES_SCRIPT, STYLE):
        shutil.copyfile(SOURCES / file, static / "live" / file)
    for name in MODELS:
        path = static / "models" / f"{name}.js"
        export_model(load(name), path, name, *texts_of(name))


def setup(app):
    other = (visit_other, visit_other)
    app.add_node(
        live, html=(visit_html, depart_html), latex=other, epub=other, text=other
    )
    app.add_node(
        live_curves, html=(visit_curves, visit_other), latex=other, epub=other, text=other
    )  # fmt: skip
    app.add_directive("live", Live)
    app.add_directive("live-curves", LiveCurves)
    # Before the Korean font is cut, which has the letters of these files too.
    app.connect("build-finished", write_files, priority=400)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
