"""Teach sums of three digits to models that read them plain, reversed, and with the source's vector at every step.

    OPENBLAS_NUM_THREADS=1 python figures/addition.py

Recipe "textbook" is that of Saitoh (2018), "Deep Learning from Scratch 2", chapter 7: character vectors of 16, 128
units, 25 epochs in batches of 128, Adam at a constant 1e-3, clipping at 5, its initial values, and of the LSTM's state
only h handed to the decoder, whose c starts at 0. "+ c" hands c over as well. "package" is the package's model and
`fit` with its defaults, 10 epochs in batches of 128. Each run tells how many of 5,000 unseen sums are right, and how
the others are wrong. A run of 25 epochs takes about 80 s on one processor.
"""

import time
from pathlib import Path

import numpy as np
from sweep import command_line, sweep

from s2s_np import Seq2Seq, Vocab
from s2s_np.batch import batches_of, encode_pairs
from s2s_np.optim import Adam, clip
from s2s_np.tasks.addition import carries, split

RESULTS = Path(__file__).with_suffix(".jsonl")
VERSION = 1
READINGS = {
    "plain": {},
    "reversed": {"reverse_source": True},
    "reversed, every step": {"reverse_source": True, "context": "every_step"},
}
MODELS = [
    *[("textbook", "lstm", reading) for reading in READINGS],
    *[("+ c", "lstm", reading) for reading in ("plain", "reversed")],
    *[("package", cell, reading) for cell in ("lstm", "gru") for reading in READINGS],
]
SETTINGS = [
    {"recipe": recipe, "cell": cell, "reading": reading, "seed": seed}
    for seed in range(5)
    for recipe, cell, reading in MODELS
]


def measure(
    recipe, cell, reading, seed, sizes=(45_000, 5_000), epochs=None, device="cpu"
):
    """Return the accuracy of one model on the test, after each epoch for the textbook's recipe, and its mistakes."""
    started = time.process_time()
    train, test = split(*sizes, seed=seed)
    kind = HandsOverH if recipe == "textbook" else Seq2Seq
    model = new_model(train, cell, reading, seed, kind).to(device)
    if recipe == "package":
        model.fit(train, epochs=epochs or 10, batch_size=128, progress=False)
        looks = [None]  # one, at the end
    else:
        if recipe in ("textbook", "+ c"):
            initialize_as_textbook(model, seed)
        looks = train_as_textbook(model, train, epochs or 25)
    accuracies = []
    for _ in looks:
        given = answers(model, test)
        accuracies.append(accuracy(given, test))
    return {
        "accuracy": accuracies[-1],
        "accuracies": accuracies,
        **mistakes(given, test),
        "processor_seconds": round(time.process_time() - started),
    }


class HandsOverH(Seq2Seq):
    """A model with LSTMs whose decoder gets the encoder's h alone; its c starts at 0."""

    def encode_source(self, source, lengths=None, drop=None):
        (output, (h, c)), encoder_backward = super().encode_source(
            source, lengths, drop
        )

        def backward(d_output, d_state):
            d_h, d_c = d_state
            return encoder_backward(d_output, (d_h, 0 * d_c))

        return (output, (h, 0 * c)), backward


def new_model(train, cell, reading, seed, kind=Seq2Seq):
    """Return an untrained model of the textbook's size that reads as `READINGS` says."""
    vocabs = [Vocab.from_texts(texts) for texts in zip(*train)]
    return kind(*vocabs, embedding_size=16, cell=cell, **READINGS[reading], seed=seed)


def initialize_as_textbook(model, seed):
    """Draw the initial values anew, in place: normal, of deviation 0.01 or 1/sqrt(inputs), and no bias."""
    rng = np.random.default_rng([seed, 2])
    values = model.state_dict()
    for path, weight in values.items():
        deviation = 0.01 if "embedding" in path else weight.shape[-1] ** -0.5
        drawn = deviation * rng.standard_normal(weight.shape)
        values[path] = drawn if weight.ndim == 2 else np.zeros(weight.shape)
    model.load_state_dict(values)


def train_as_textbook(model, train, epochs, batch_size=128):
    """Train in batches drawn at random at a constant learning rate; yield after each epoch."""
    encoded = encode_pairs(train, model.source_vocab, model.target_vocab)
    adam = Adam(model.params)
    for _ in range(epochs):
        order = model.rng.permutation(len(encoded))
        for start in range(0, len(order), batch_size):
            chosen = [encoded[i] for i in order[start : start + batch_size]]
            (batch,) = batches_of(chosen, batch_size)
            _, grads = model.loss_and_grads(batch)
            clip(grads, 5.0)
            adam.step(model.params, grads, 1e-3)
        yield


def answers(model, test):
    """Return what the model answers to each question of `test`."""
    return model.translate([question for question, _ in test], max_length=5)


def accuracy(given, test):
    """Return the share of answers that are right in every digit."""
    return round(float(np.mean([a == right for a, (_, right) in zip(given, test)])), 4)


def mistakes(given, test):
    """Return where answers go wrong.

    by_carries: the accuracy on sums with 0, 1, 2 and 3 carries
    wrong_places: share of all answers whose units, tens, hundreds, thousands are wrong
    off_by: of the wrong answers, the share that misses by 1, by 10, by 100, by 1000
    """
    right = np.array([int(answer) for _, answer in test])
    given = np.array([int(answer) if answer.isdigit() else -1 for answer in given])
    carried = np.array([carries(question) for question, _ in test])
    places = 10 ** np.arange(4)[:, None]
    wrong = given != right
    off_by = np.abs(given - right)[wrong]
    return {
        "by_carries": [share(~wrong[carried == count]) for count in range(4)],
        "wrong_places": [share(row) for row in given // places % 10 != right // places % 10],
        "off_by": [share(off_by == place) for place in (1, 10, 100, 1000)],
    }  # fmt: skip


def share(yes):
    """Return the share that is true, None of nothing."""
    return round(float(np.mean(yes)), 4) if len(yes) else None


def main():
    arguments = command_line(__doc__)
    sweep(measure, SETTINGS, RESULTS, VERSION, arguments.scheduler, arguments.device)


if __name__ == "__main__":
    main()
