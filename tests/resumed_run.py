"""A training run that tests kill and start again, in a process of its own: `python resumed_run.py CHECKPOINT …`."""

import json
import sys

import numpy as np

from s2s_np import Seq2Seq, Vocab

VOCAB = Vocab.from_texts(["abcdef"])
SETTINGS = {"dropout": 0.3, "num_layers": 2, "embedding_size": 8, "hidden_size": 16}


def new_model(**settings):
    return Seq2Seq(VOCAB, VOCAB, **{**SETTINGS, "seed": 3, **settings})


def pairs(count=60):
    rng = np.random.default_rng(0)
    sources = (
        "".join(rng.choice(list("abcdef"), rng.integers(1, 9))) for _ in range(count)
    )
    return [(source, source[::-1]) for source in sources]


def train(model, checkpoint=None, **settings):
    """Train the model with all that draws random numbers."""
    return model.fit(
        pairs(),
        pairs(10),
        checkpoint=checkpoint,
        progress=False,
        **{"epochs": 4, "batch_size": 8, "teacher_forcing": 0.7, "label_smoothing": 0.1, **settings},
    )  # fmt: skip


def ends_alike(model, history, other, other_history):
    """Say whether two runs end with the same bits, and saw the same."""
    same = {
        name: values == other_history[name]
        for name, values in history.items()
        if name != "seconds"
    }
    theirs = other.state_dict()
    same |= {
        name: np.array_equal(array, theirs[name])
        for name, array in model.state_dict().items()
    }
    same["random numbers"] = model.rng.random() == other.rng.random()
    return all(same.values())


if __name__ == "__main__":
    print("ready", flush=True)
    history = train(new_model(), sys.argv[1], **json.loads(sys.argv[2]))
    print(len(history["step_loss"]), flush=True)
