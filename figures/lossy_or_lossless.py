"""What the vectors of a classifier, an autoencoder and a translator keep: python figures/lossy_or_lossless.py

One encoder, from the same start, is trained on the sentences of `s2s_np.tasks.opinions` to classify their sentiment,
to say them again, to translate them, or for nothing; for four sizes of its vector and five seeds. Linear probes read
the vectors of held-out sentences, at several steps of the training. Each finished run is a line of
`lossy_or_lossless.jsonl` beside this file; a sweep that was stopped goes on where it was. About 12 minutes of one core.
"""

from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sweep import command_line, sweep

from s2s_np import Seq2Seq, Vocab
from s2s_np.array import to_host
from s2s_np.batch import batches_of, encode_pairs
from s2s_np.optim import Adam, clip, warmup_linear
from s2s_np.tasks.machine_translation import exact_match
from s2s_np.tasks.opinions import split

RESULTS = Path(__file__).with_suffix(".jsonl")
VERSION = 1
TARGETS = {
    "nothing": lambda s: s.sentiment,  # is not trained
    "classify": lambda s: s.sentiment,
    "reconstruct": lambda s: s.korean,
    "translate": lambda s: s.english,
}
SETTINGS = [
    {"task": task, "hidden_size": hidden_size, "seed": seed}
    for seed in range(5)
    for hidden_size in (64, 16, 128, 32)
    for task in TARGETS
]
EPOCHS, BATCH_SIZE, LEARNING_RATE, EMBEDDING_SIZE = 20, 64, 1e-2, 32
CHECKPOINTS = (0, 30, 100, 300, 1000)  # steps; and the last one

# A Korean sentence is one choice for each of these parts, the predicate being verb and negation.
PARTS = ("subject", "thing", "time", "place", "predicate", "first")
PROPERTIES = (*PARTS, "length", "verb", "negation", "sentiment")
NOISES = (0.03, 0.1, 0.3, 1)


def measure(task, hidden_size, seed, device="cpu", epochs=EPOCHS):
    """Train one encoder on one task and return what probes read off its vectors.

    right: share of held-out sentences with the right output
    steps, read: for each property the share that a probe reads right, at each of the steps
    control: the same at the end, of probes that learned shuffled answers
    variance: share of the vectors' variance that lies between the values of each property
    noisy: the share read right at the end off vectors with noise of `NOISES` times their mean deviation
    """
    train, *held_out = split(seed)
    target = TARGETS[task]
    if task == "nothing":
        epochs = 0
    model = Seq2Seq(
        Vocab.from_texts([s.korean for s in train], level="word"),
        Vocab.from_texts([target(s) for s in train], level="word"),
        EMBEDDING_SIZE,
        hidden_size,
        seed=seed,
    ).to(device)
    rng = np.random.default_rng(seed)
    steps, read = [], {name: [] for name in PROPERTIES}
    for step in training(model, [(s.korean, target(s)) for s in train], epochs):
        vectors = [encode(model, half) for half in held_out]
        steps.append(step)
        for name in PROPERTIES:
            read[name].append(read_right(vectors, held_out, name))
    asked = [(s.korean, target(s)) for s in held_out[1]]
    return {
        "right": round(exact_match(model, asked, max_length=20), 4),
        "steps": steps,
        "read": read,
        "control": {
            name: read_right(vectors, held_out, name, shuffle=rng)
            for name in PROPERTIES
        },
        "variance": {name: between(vectors, held_out, name) for name in PROPERTIES},
        "noisy": {
            name: [
                read_right(with_noise(vectors, noise, rng), held_out, name)
                for noise in NOISES
            ]
            for name in (*PARTS, "sentiment")
        },
    }


def training(model, pairs, epochs):
    """Train as `model.fit` does; yield the number of steps at each checkpoint."""
    encoded = encode_pairs(pairs, model.source_vocab, model.target_vocab)
    num_steps = epochs * -(-len(encoded) // BATCH_SIZE)
    adam, step = Adam(model.params), 0
    for _ in range(epochs):
        for batch in batches_of(encoded, BATCH_SIZE, model.rng):
            if step in CHECKPOINTS:
                yield step
            _, grads = model.loss_and_grads(batch)
            clip(grads, max_norm=1.0)
            rate = LEARNING_RATE * warmup_linear(step, num_steps, 0.1)
            adam.step(model.params, grads, rate)
            step += 1
    yield step


def encode(model, sentences):
    return to_host(model.encode([s.korean for s in sentences]))


def values(sentences, name):
    if name == "predicate":
        return [f"{s.verb} {s.negation}" for s in sentences]
    return [str(getattr(s, name)) for s in sentences]


def probe(vectors, sentences, name, shuffle=None):
    """Return a linear classifier that has learned to read a property off vectors."""
    answers = values(sentences, name)
    if shuffle is not None:
        answers = shuffle.permutation(answers)
    reader = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    return reader.fit(vectors, answers)


def read_right(vectors, halves, name, shuffle=None):
    """Return the share of the second half's sentences of which a probe, fitted to the first half, reads `name`."""
    reader = probe(vectors[0], halves[0], name, shuffle)
    return round(float(reader.score(vectors[1], values(halves[1], name))), 4)


def between(vectors, halves, name):
    """Return the share of the variance that lies between the means of the groups of equal `name`."""
    vectors = np.concatenate(vectors)
    names = np.array([value for half in halves for value in values(half, name)])
    centred = vectors - vectors.mean(axis=0)
    groups = [centred[names == value] for value in np.unique(names)]
    explained = sum(len(g) * np.sum(g.mean(axis=0) ** 2) for g in groups)
    return round(float(explained / np.sum(centred**2)), 5)


def with_noise(vectors, noise, rng):
    """Return the vectors with normal noise of `noise` times their mean deviation, the same for all their numbers."""
    scale = noise * np.sqrt(np.concatenate(vectors).var(axis=0).mean())
    return [v + scale * rng.standard_normal(v.shape) for v in vectors]


def main():
    arguments = command_line(__doc__)
    sweep(measure, SETTINGS, RESULTS, VERSION, arguments.scheduler, arguments.device)


if __name__ == "__main__":
    main()
