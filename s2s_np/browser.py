"""A trained model as a file that a page loads, from a server or from the disk (book: playground).

The file is JavaScript, since a page that is opened from the disk may load scripts and nothing else. It holds one
object of JSON, a line for each part: settings, vocabularies, parameters, and a map of sentence vectors.
"""

import base64
import json
from pathlib import Path

import numpy as np

from .checkpoint import write_whole
from .seq2seq import Seq2Seq
from .tree import flatten
from .vocab import Vocab

FORMAT = "s2s_np browser 1"

# What book/_live/seq2seq.js can run.
SUPPORTED = {"cell": "gru", "num_layers": 1, "bidirectional": False, "reverse_source": False}  # fmt: skip


def export_model(model, path, name, texts, labels):
    """Write `model` to the script `path`, which puts it under `s2s_models[name]` of the page that loads it.

    The map is the plane in which the sentence vectors of `texts` differ most, by `principal_plane`.

    Arguments
        model: a `Seq2Seq` with a GRU of one layer in one direction that reads a `Vocab` from its beginning, on the CPU
        path: of the file, `.js`; it is written all or not at all
        name: by which the page asks for the model
        texts: the N sources to draw on the map, at least 3
        labels: N strings; texts of the same label are drawn alike
    Parameters are stored in float32, as the bytes of a little-endian array in base64.
    Raises TypeError for what is no model, ValueError for a model that JavaScript cannot run and for texts and labels
    that do not fit, OSError where the disk refuses.
    """
    _check_model(model)
    texts, labels = list(texts), list(labels)
    if len(texts) != len(labels):
        raise ValueError(
            f"{len(texts)} texts, but {len(labels)} labels; expected one label a text"
        )
    vectors = model.encode(texts)  # (N, H)
    mean, axes = principal_plane(vectors)
    parts = {
        "format": FORMAT,
        "config": model.config,
        "num_parameters": model.num_parameters,
        "source_vocab": _vocab(model.source_vocab),
        "target_vocab": _vocab(model.target_vocab),
        "map": {
            "mean": _tensor(mean),
            "axes": _tensor(axes),
            "points": _tensor((vectors - mean) @ axes.T),
            "texts": texts,
            "labels": labels,
        },
        "params": {
            name: _tensor(array) for name, array in flatten(model.params).items()
        },
    }
    lines = ",\n".join(f"{_json(key)}: {_lines(value)}" for key, value in parts.items())
    script = (
        f"// The model {_json(name)}, written by s2s_np.browser.export_model.\n"
        f"(globalThis.s2s_models ??= {{}})[{_json(name)}] = {{\n{lines}\n}}\n"
    )
    write_whole(Path(path), script.encode())


def principal_plane(vectors):
    """Return the mean `(H,)` and the two principal axes `(2, H)` of `vectors (N, H)`.

        vectors − mean = U S Vᵀ,    axes = the first two rows of Vᵀ

    The axes are unit vectors; the sign is such that the largest entry of each is positive.
    Raises ValueError for fewer than 3 vectors, which always lie in a plane, or fewer than 2 numbers in each.
    """
    if len(vectors) < 3 or vectors.shape[1] < 2:
        raise ValueError(
            f"vectors has shape {vectors.shape}; a plane needs at least 3 vectors of at least 2 numbers"
        )
    mean = vectors.mean(axis=0)
    axes = np.linalg.svd(vectors - mean, full_matrices=False).Vh[:2]
    largest = axes[np.arange(2), np.abs(axes).argmax(axis=1)]
    return mean, axes * np.sign(largest)[:, None]


def _check_model(model):
    """Raise for what is no model, or none that `book/_live/seq2seq.js` computes."""
    if not isinstance(model, Seq2Seq):
        raise TypeError(f"model is a {type(model).__name__}; expected a Seq2Seq")
    if not isinstance(model.source_vocab, Vocab):
        raise ValueError(f"the model reads {model.source_vocab}; expected a Vocab")
    for setting, value in SUPPORTED.items():
        if (given := model.config[setting]) != value:
            raise ValueError(
                f"the model has {setting}={given!r}; in the browser only {setting}={value!r} runs"
            )
    if model.device != "cpu":
        raise ValueError(
            f'the model is on {model.device!r}; move it first: model.to("cpu")'
        )


def _vocab(vocab):
    return {"level": vocab.level, "tokens": vocab.tokens}


def _tensor(array):
    """Return the shape of an array and its numbers, as text."""
    data = np.ascontiguousarray(array, "<f4").tobytes()
    return {"shape": array.shape, "float32": base64.b64encode(data).decode()}


def _lines(value):
    """Write a value of the file: a dict of parts with one line for each, anything else on one line."""
    if isinstance(value, dict) and any(isinstance(part, dict) for part in value.values()):  # fmt: skip
        return "{\n" + ",\n".join(f" {_json(k)}: {_json(v)}" for k, v in value.items()) + "\n}"  # fmt: skip
    return _json(value)


def _json(value):
    """Write JSON that is JavaScript too, with letters as they are."""
    return json.dumps(value, ensure_ascii=False)
