"""Train captioners of chapter 2 and see where they fail: python figures/image_captioning.py

    reader patches        the model of all other pages, whose encoder reads nine patches of the image
    reader convolution    a convolutional network in the encoder's place

Each seed has a split of the digits, scenes and initial parameters of its own; both readers get the same scenes. The
patch reader of seed 0 is kept as `image_captioning.safetensors`, from which the page goes on.
"""

import time
from collections import Counter
from pathlib import Path

import numpy as np
from sacrebleu import corpus_bleu
from sweep import command_line, sweep

from s2s_np import Frames, Seq2Seq, Vocab
from s2s_np.tasks.image_captioning import (
    DIGIT,
    SIDE,
    ConvolutionalCaptioner,
    all_captions,
    check_image,
    describe,
    draw_scenes,
    held_out_captions,
    nearest,
    pairs_of,
    patches,
    score,
    split_digits,
    taken_apart,
    warp,
)

RESULTS = Path(__file__).with_suffix(".jsonl")
VERSION = 1
COPIES, SCENES, VALID, TEST = 20, 64_000, 1_000, 2_000
MODEL = {"embedding_size": 32, "hidden_size": 128, "context": "every_step"}
TRAINING = {"epochs": 8, "batch_size": 64, "learning_rate": 5e-3}
SETTINGS = [
    {"reader": reader, "seed": seed}
    for seed in range(3)
    for reader in ("patches", "convolution")
]


def measure(reader, seed, device="cpu"):
    """Train one captioner, and return how right it is on the test, beside baselines, and on scenes unlike it."""
    digits, valid_digits, test_digits = split_digits(seed=seed)
    held_out = held_out_captions()
    known = set(all_captions()) - held_out
    scenes = draw_scenes(warp(digits, COPIES, seed), SCENES, seed, captions=known)
    valid = draw_scenes(valid_digits, VALID, seed, captions=known)
    test = draw_scenes(test_digits, TEST, seed, captions=known)

    model, read = new_model(reader, seed)
    started = time.process_time()
    history = model.to(device).fit(
        pairs_of(scenes, read), pairs_of(valid, read), **TRAINING, progress=False
    )
    seconds = time.process_time() - started
    if seed == 0 and reader == "patches":
        model.save(RESULTS.with_suffix(".safetensors"))

    def caption(scenes):
        return model.translate([read(scene.image) for scene in scenes])

    def judged(captions=known, **kind):
        drawn = draw_scenes(test_digits, TEST, seed, captions=captions, **kind)
        return rounded(score(caption(drawn), [scene.caption for scene in drawn]))

    written, right = caption(test), [scene.caption for scene in test]
    wrong = [(w, r) for w, r in zip(written, right) if w != r]
    three = draw_scenes(test_digits, TEST, seed, count=3, captions=known)
    return {
        "test": rounded(score(written, right)),
        "bleu": bleu(zip(written, right)),
        "bleu_of_wrong_captions": bleu(wrong),
        "confusions": confusions(written, right),
        "held_out": judged(captions=held_out),
        "jitter": [judged(jitter=pixels) for pixels in range(4)],
        "overlap": [judged(jitter=0, overlap=pixels) for pixels in range(6)],
        "three_digits": of_three_digits(caption(three), three),
        "baselines": baselines(scenes, test, digits, test_digits),
        "samples": [list(pair) for pair in zip(right[:12], written[:12])],
        "parameters": model.num_parameters,
        "train_seconds": round(seconds, 1),
        "valid_loss": np.round(history["valid_loss"], 4).tolist(),
        "train_loss": np.round(history["train_loss"], 4).tolist(),
    }


def new_model(reader, seed):
    """Return an untrained captioner, and the function that makes an image into its source."""
    target = Vocab.from_texts(all_captions(), level="word")
    settings = MODEL | {"dropout": 0.1, "seed": seed}
    if reader == "convolution":
        return ConvolutionalCaptioner(Frames(SIDE), target, **settings), check_image
    frames = Frames(DIGIT**2)
    return Seq2Seq(
        frames, target, num_layers=2, bidirectional=True, **settings
    ), patches


def baselines(scenes, test, digits, test_digits):
    """Return what captions that need no model come to, and how well the nearest image tells a digit."""
    right = [scene.caption for scene in test]
    ((commonest, _),) = Counter(scene.caption for scene in scenes).most_common(1)
    rng = np.random.default_rng(0)
    labels = nearest(test_digits.images, digits.images, digits.labels.tolist())
    label_of = dict(zip(test_digits.numbers.tolist(), labels))

    def renamed(scene, a, b):
        return describe(a, scene.cells[0], b, scene.cells[1])

    captions = {
        "commonest caption": [commonest] * len(test),
        "right layout, digits at random": [
            renamed(scene, *rng.integers(10, size=2).tolist()) for scene in test
        ],
        "caption of the nearest image": nearest(
            [scene.image for scene in test],
            [scene.image for scene in scenes],
            [scene.caption for scene in scenes],
        ),
        "right layout, digits of the nearest image": [
            renamed(scene, *(label_of[number] for number in scene.numbers))
            for scene in test
        ],
    }
    return {
        name: rounded(score(written, right)) for name, written in captions.items()
    } | {"nearest digit": round(float(np.mean(labels == test_digits.labels)), 4)}


def of_three_digits(written, scenes):
    """Return how many captions are true of two of the three digits, and how many name two digits that are there."""
    true = [caption in scene.facts for caption, scene in zip(written, scenes)]
    there = [
        Counter(taken_apart(caption)[0]) <= Counter(scene.digits)
        for caption, scene in zip(written, scenes)
    ]
    return rounded({"true": np.mean(true), "digits": np.mean(there)})


def confusions(written, right):
    """Return a table (10, 10): how often a digit, row, was named as another, column, in its place."""
    table = np.zeros((10, 10), int)
    for caption, truth in zip(written, right):
        (found, relation), (digits, true_relation) = map(taken_apart, (caption, truth))
        if relation == true_relation and len(found) == len(digits):
            np.add.at(table, (digits, found), 1)
    return table.tolist()


def bleu(pairs):
    """Return sacrebleu's score, 0 to 100, of (written, right) captions; None where there are none."""
    written, right = [list(each) for each in zip(*pairs)] or ([], [])
    return round(corpus_bleu(written, [right]).score, 2) if written else None


def rounded(shares):
    return {name: round(float(share), 4) for name, share in shares.items()}


def main():
    arguments = command_line(__doc__)
    sweep(measure, SETTINGS, RESULTS, VERSION, arguments.scheduler, arguments.device)


if __name__ == "__main__":
    main()
