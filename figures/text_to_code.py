"""Train a model to write expressions, and run what it writes: python figures/text_to_code.py

Three seeds, each with its own requests and its own initial parameters. The recipe was chosen on validation requests of
seed 0. The model of seed 0 is kept beside this file for the page.
"""

import time
from collections import Counter
from pathlib import Path

from sweep import command_line, sweep

from s2s_np import Seq2Seq, Vocab
from s2s_np.tasks.text_to_code import (
    KINDS,
    STRANGE_FORMS,
    TRAINED_DEPTHS,
    VERDICTS,
    nearest_code,
    nearest_code_filled,
    scores,
    split_requests,
    strange_requests,
    template,
    value_of,
    verdict,
)

RESULTS = Path(__file__).with_suffix(".jsonl")
KEPT = RESULTS.with_suffix(".safetensors")
VERSION = 1
MODEL = {"embedding_size": 64, "hidden_size": 160, "context": "every_step"}
TRAINING = {"batch_size": 64, "learning_rate": 5e-3}
LONGEST = 120  # tokens of a program
SAMPLES = 5  # programs that are stored, the first of the test
SETTINGS = [{"train_size": 100_000, "epochs": 3, "seed": seed} for seed in range(3)]


def measure(train_size, epochs, seed, device="cpu", test_size=2_000, keep=True):
    """Train one model, and return what its programs are worth, beside what needs no learning.

    test_size: requests of the test, and half as many of each strange form
    keep: whether the model of seed 0 is kept
    """
    train, valid, test = split_requests(train_size, max(1, test_size // 4), test_size, seed)  # fmt: skip
    pairs = [request.pair for request in train]
    vocabs = (Vocab.from_texts(texts, level="word") for texts in zip(*pairs))
    model = Seq2Seq(*vocabs, **MODEL, seed=seed).to(device)
    started = time.process_time()
    history = model.fit(
        pairs, [r.pair for r in valid], epochs=epochs, **TRAINING, progress=False
    )
    seconds = time.process_time() - started
    if seed == 0 and keep:
        model.to("cpu").save(KEPT)
        model.to(device)

    strange = {form: strange_requests(form, max(1, test_size // 2), seed) for form in STRANGE_FORMS}  # fmt: skip
    written = write(model, test)
    written_strange = {form: write(model, some) for form, some in strange.items()}
    by_depth = {d: chosen(test, written, lambda r, d=d: r.depth == d) for d in TRAINED_DEPTHS}  # fmt: skip
    deeper = {requests[0].depth: (requests, written_strange[form])
              for form, requests in strange.items() if "deeper" in form}  # fmt: skip
    seen = {template(request.text) for request in train}
    truths = [value_of(request.code) for request in test if request.kind == "truth"]
    return {
        "test": rounded(scores(test, written)),
        "by_kind": {
            kind: rounded(scores(*chosen(test, written, lambda r, k=kind: r.kind == k)))
            for kind in KINDS
        },
        "verdicts_by_depth": {
            str(depth): verdicts(*some) for depth, some in (by_depth | deeper).items()
        },
        "strange": {
            form: rounded(scores(some, written_strange[form]))
            for form, some in strange.items()
        },
        "templates": {
            "in_training": round(sum(template(r.text) in seen for r in test) / len(test), 4),
            "new": rounded(scores(*chosen(test, written, lambda r: template(r.text) not in seen))),
        },
        "nearest": rounded(scores(test, nearest_code(train, test))),
        "nearest_filled": rounded(scores(test, nearest_code_filled(train, test))),
        "likelier_truth": round(max(map(truths.count, (True, False))) / len(truths), 4),
        "samples": [sample(*pair) for pair in zip(test[:SAMPLES], written)],
        "parameters": model.num_parameters,
        "seconds_of_training": round(seconds, 1),
        "valid_loss": [round(loss, 5) for loss in history["valid_loss"]],
    }  # fmt: skip


def write(model, requests):
    """Return the programs that a model writes."""
    return model.translate([request.text for request in requests], max_length=LONGEST)


def chosen(requests, written, wanted):
    """Return the requests that are wanted, and what was written for them."""
    return tuple(zip(*(pair for pair in zip(requests, written) if wanted(pair[0]))))


def verdicts(requests, written):
    """Return how many programs got each verdict."""
    counts = Counter(map(verdict, requests, written))
    return {name: counts[name] for name in VERDICTS}


def sample(request, written):
    """Return one program with its request, the right code, and the two values."""
    return {"request": request.text, "code": request.code, "written": written,
            "right_value": value_of(request.code), "value": value_of(written)}  # fmt: skip


def rounded(shares):
    return {name: round(share, 4) for name, share in shares.items()}


def main():
    arguments = command_line(__doc__)
    sweep(measure, SETTINGS, RESULTS, VERSION, arguments.scheduler, arguments.device)


if __name__ == "__main__":
    main()
