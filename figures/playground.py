"""Train the two small models that run in the reader's browser, and store how good they are.

    OPENBLAS_NUM_THREADS=1 python figures/playground.py

Both are smaller than those of their chapters, so that a page can carry them. Each is kept as
`playground_<name>.safetensors` beside this file, and what was measured as `playground.json`; a model that is there is
not trained again. About two minutes on one core.
"""

import json
import platform
import time
from pathlib import Path

import numpy as np

import s2s_np
from s2s_np import Seq2Seq, Vocab
from s2s_np.tasks import scan, sentences
from s2s_np.tasks.machine_translation import exact_match, split_dates

RESULTS = Path(__file__).with_suffix(".json")
COMMAND = "OPENBLAS_NUM_THREADS=1 python figures/playground.py"
SEED = 0
BEAM = 4
MOVED = 1_000  # sources in which the moves are measured
MODELS = {
    "dates": {"embedding_size": 32, "hidden_size": 64, "context": "every_step"},
    "scan": {"embedding_size": 32, "hidden_size": 96},
}
RECIPES = {
    "dates": {"epochs": 6, "batch_size": 64, "learning_rate": 8e-3},
    "scan": {"epochs": 12, "batch_size": 32, "learning_rate": 4e-3},
}
LEVELS = {"dates": "char", "scan": "word"}


def checkpoint_of(name):
    """Return where the model `name` is kept."""
    return RESULTS.with_name(f"{RESULTS.stem}_{name}.safetensors")


def pairs_of(name):
    """Return the pairs to train on and to test with."""
    if name == "scan":
        return scan.split("random", SEED)
    train, _, test = split_dates(seed=SEED)
    return train, test


def measure(name, size=None):
    """Train the model `name`, on the first `size` pairs or on all; return it and what is to be stored about it."""
    train, test = pairs_of(name)
    train, test = train[:size], test[:size]
    vocabs = (Vocab.from_texts(texts, level=LEVELS[name]) for texts in zip(*train))
    model = Seq2Seq(*vocabs, **MODELS[name], seed=SEED)
    started = time.process_time()
    model.fit(train, **RECIPES[name], progress=False)
    seconds = time.process_time() - started
    sources = [source for source, _ in test]
    return model, {
        "exact_match": round(exact_match(model, test), 5),
        "exact_match_of_beam": round(exact_match(model, test, beam_size=BEAM), 5),
        "changed_by_beam": changed_by_beam(model, sources),
        "beam": BEAM,
        "moves": moves(model, sources),
        "tested": len(test),
        "trained": len(train),
        "parameters": model.num_parameters,
        "processor_seconds": round(seconds, 1),
        "model": MODELS[name],
        "recipe": RECIPES[name],
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "s2s_np": s2s_np.__version__,
        },
        "command": COMMAND,
    }


def moves(model, sources):
    """Return how far each token moves the encoder's state, ‖h_t − h_{t−1}‖: the mean over `sources`, largest first."""
    by_token = {}
    for text in sources[:MOVED]:
        tokens = model.source_vocab.tokenize(text)
        source = np.array(model.source_vocab.encode(text))[:, None]  # (T_s, 1)
        (states, _), _ = model.encode_source(source)  # (T_s, 1, H)
        states = np.concatenate([np.zeros_like(states[:1]), states])[:, 0]
        for token, step in zip(tokens, np.diff(states, axis=0)):
            by_token.setdefault(token, []).append(np.linalg.norm(step))
    means = {token: round(float(np.mean(m)), 3) for token, m in by_token.items()}
    return dict(sorted(means.items(), key=lambda item: -item[1]))


def changed_by_beam(model, sources):
    """Return how many of the answers to `sources` are others with a beam than with greedy search."""
    greedy, wide = (
        [best.tokens for best, *_ in model.search(sources, beam_size=size)]
        for size in (1, BEAM)
    )
    return sum(map(tuple.__ne__, greedy, wide))


def early():
    """Return the same count for the translator of chapter 1 that was trained for one epoch."""
    model = Seq2Seq.load(RESULTS.with_name("early_translator_1.safetensors"))
    *_, test = sentences.split()
    changed = changed_by_beam(model, [sentence.korean for sentence in test])
    return {"changed_by_beam": changed, "beam": BEAM, "tested": len(test)}


def main():
    for name in MODELS:
        if name in stored() and checkpoint_of(name).exists():
            continue
        model, result = measure(name)
        model.save(checkpoint_of(name))
        store(name, result)
    if "early" not in stored():
        store("early", early())


def stored():
    """Return what is known of the models that are finished."""
    return json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}


def store(name, result):
    text = json.dumps(stored() | {name: result}, ensure_ascii=False, indent=1)
    RESULTS.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
