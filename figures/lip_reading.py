"""Train lip readers, and let them read mouths that they have not seen: python figures/lip_reading.py

The commands are those of GRID's grammar, the mouths are drawn (`s2s_np.tasks.lip_reading`). Test commands, and those
that look like them, are not trained, and neither are the speakers that say them. The run with seed 0 leaves its model
beside this file, for the page.
"""

import random
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from sweep import command_line, sweep

from s2s_np import Frames, Seq2Seq, Vocab
from s2s_np.tasks.lip_reading import (
    NOISE,
    SIZE,
    SLOTS,
    commonest,
    confusions,
    film_pairs,
    homophenes,
    ideal,
    looks,
    score,
    slots,
    split_commands,
    split_speakers,
)

RESULTS = Path(__file__).with_suffix(".jsonl")
CHECKPOINT = Path(__file__).with_suffix(".safetensors")
VERSION = 1
COMMANDS = 32_000, 500, 2_000  # to train, to validate and to test with
RECIPE = {"epochs": 5, "batch_size": 64, "learning_rate": 5e-3}
MAX_LENGTH = 10  # words, more than a command has
STRANGE = 500  # films in each way in which a film can be strange
FACTORS = {
    "noise": (2, 3, 4),
    "size": (0.8, 0.6, 0.4),
    "rate": (1.25, 1.5, 2),
}
SETTINGS = [{"hidden": 128, "seed": seed} for seed in range(3)]


def measure(hidden, seed, device="cpu"):
    """Train one lip reader, and return what it reads from the lips of others."""
    commands, mouths = split_commands(*COMMANDS, seed=seed), split_speakers(seed=seed)
    train, valid, test = (
        film_pairs(each, some, seed=[seed, part])
        for part, (each, some) in enumerate(zip(commands, mouths))
    )
    model = new_model(hidden, seed).to(device)
    started = time.process_time()
    history = model.fit(train, valid, **RECIPE, progress=False)
    seconds = time.process_time() - started
    if seed == 0:
        model.save(CHECKPOINT)

    said, written = commands[2], read(model, test)
    as_seen = ideal(said)
    return {
        "score": rounded(score(said, written)),
        "baseline": rounded(score(said, commonest(commands[0], said))),
        "ceiling": rounded(score(said, as_seen)),
        "looks": looks(said),
        "up_to_homophenes": rounded(score(as_seen, same_look(written))),
        "known_speakers": rounded(
            score(said, read(model, film_pairs(said, mouths[0], [seed, 3])))
        ),
        "letters": confusions(said, written).tolist(),
        "sureness": sureness(model, test),
        "strange": strange(model, said[:STRANGE], mouths[2], seed),
        "samples": [list(pair) for pair in zip(said[:12], written)],
        "parameters": model.num_parameters,
        "processor_seconds": round(seconds, 1),
        "valid_loss": [round(loss, 4) for loss in history["valid_loss"]],
    }


def new_model(hidden, seed):
    """Return an untrained lip reader that can write every word of the grammar."""
    vocab = Vocab.from_texts([" ".join(words) for words in SLOTS.values()], "word")
    return Seq2Seq(
        Frames(SIZE),
        vocab,
        embedding_size=32,
        hidden_size=hidden,
        bidirectional=True,
        context="every_step",
        seed=seed,
    )


def read(model, pairs):
    """Return what the model reads from each film."""
    return model.translate([frames for frames, _ in pairs], max_length=MAX_LENGTH)


def same_look(written):
    """Return what was read, each letter as the first of its group of homophenes; texts of another form stay."""
    first = {word: group[0] for group in homophenes(SLOTS["letter"]) for word in group}
    place = list(SLOTS).index("letter")
    return [
        " ".join(
            first.get(word, word) if i == place else word
            for i, word in enumerate(text.split())
        )
        for text in written
    ]


def sureness(model, pairs):
    """Return the mean probability of the likelier of two commands that look the same, among the two."""
    twin = {a: b for g in homophenes(SLOTS["letter"]) if len(g) == 2 for a, b in (g, g[::-1])}  # fmt: skip
    both = []
    for frames, command in pairs:
        words = slots(command)
        if words["letter"] in twin:
            other = words | {"letter": twin[words["letter"]]}
            both += [(frames, command), (frames, " ".join(other.values()))]
    one, two = model.log_probs(both).reshape(-1, 2).T
    return round(float(np.mean(1 / (1 + np.exp(-np.abs(one - two))))), 4)


def strange(model, said, mouths, seed):
    """Return the scores of films that are noisier, smaller or faster than those in training, or in another order."""
    found = {}
    for name, factors in FACTORS.items():
        found[name] = {}
        for factor in factors:
            changed, noise = mouths, NOISE
            if name == "noise":
                noise = factor * NOISE
            else:
                changed = [
                    replace(s, **{name: factor * getattr(s, name)}) for s in mouths
                ]
            pairs = film_pairs(said, changed, seed=[seed, 4], noise=noise)
            found[name][str(factor)] = rounded(score(said, read(model, pairs)))
    rng = random.Random(seed)
    shuffled = [" ".join(rng.sample(text.split(), len(SLOTS))) for text in said]
    written = read(model, film_pairs(shuffled, mouths, seed=[seed, 5]))
    found["order"] = rounded(score(shuffled, written)) | {
        "commands": sum(map(is_command, written)) / len(written),
        "samples": [list(pair) for pair in zip(shuffled[:4], written)],
    }
    return found


def is_command(text):
    """Say whether a text is a command of the grammar."""
    try:
        slots(text)
    except ValueError:
        return False
    return True


def rounded(figures):
    """Return a `Score` as a dict."""
    return {name: round(value, 4) for name, value in figures._asdict().items()}


def main():
    arguments = command_line(__doc__)
    sweep(measure, SETTINGS, RESULTS, VERSION, arguments.scheduler, arguments.device)


if __name__ == "__main__":
    main()
