"""Train a model to write shell commands, as templates, from real requests: python figures/nl2bash.py

Three seeds, of the split of NL2Bash (`s2s_np.tasks.nl2bash`) and of the initial parameters. The recipe was set once and
not tuned. Of the corpus nothing is stored but the first few requests of each test, with types in the place of
arguments.
"""

import time
import warnings
from collections import Counter
from pathlib import Path

from sweep import command_line, sweep

from s2s_np import Seq2Seq, Vocab
from s2s_np.corpora import nl2bash
from s2s_np.tasks.nl2bash import (
    fill,
    prepared_pairs,
    source,
    split_pairs,
    without_quotes,
)
from s2s_np.tasks.text_to_code import nearest

RESULTS = Path(__file__).with_suffix(".jsonl")
VERSION = 1
MODEL = {
    "embedding_size": 96, "hidden_size": 192, "context": "every_step", "bidirectional": True, "dropout": 0.4,
}  # fmt: skip
TRAINING = {"batch_size": 64, "learning_rate": 3e-3}
LONGEST = 30  # tokens of a template
SAMPLES = 5
SETTINGS = [{"epochs": 15, "seed": seed} for seed in range(3)]


def measure(epochs, seed, device="cpu", pairs=None):
    """Train one model, and return how many of its templates and commands are right, beside what needs no learning.

    pairs: (request, command) instead of the corpus
    """
    pairs, left_out = prepared_pairs(nl2bash() if pairs is None else pairs)
    train, valid, test = split_pairs(pairs, seed)
    train_texts, valid_texts = ([(source(p), p.template) for p in some] for some in (train, valid))  # fmt: skip
    vocabs = [Vocab.from_texts(texts, level="word", min_count=2) for texts in zip(*train_texts)]  # fmt: skip
    model = Seq2Seq(*vocabs, **MODEL, seed=seed).to(device)
    started = time.process_time()
    history = model.fit(train_texts, valid_texts, epochs=epochs, **TRAINING, progress=False)  # fmt: skip
    seconds = time.process_time() - started

    wanted = {}  # the pairs of each request of the test
    for pair in test:
        wanted.setdefault(source(pair), []).append(pair)
    found = best_three(model, list(wanted))
    first = {request: templates[0] for request, templates in found.items()}
    templates = {pair.template for pair in train}
    known = {r for r, some in wanted.items() if any(p.template in templates for p in some)}  # fmt: skip
    return {
        "pairs": {"all": len(pairs), "left_out": dict(left_out), "train": len(train), "valid": len(valid),
                  "test": len(test), "test_requests": len(wanted), "templates_in_training": len(templates)},
        "template": share(wanted, lambda r: is_template(first[r], wanted[r])),
        "template_in_three": share(wanted, lambda r: any(is_template(t, wanted[r]) for t in found[r])),
        "first_utility": share(wanted, lambda r: begins_alike(first[r], wanted[r])),
        "command": share(wanted, lambda r: is_command(first[r], wanted[r])),
        "known": {"requests": len(known), "template": share(known, lambda r: is_template(first[r], wanted[r]))},
        "new": {"requests": len(wanted) - len(known),
                "template": share(wanted.keys() - known, lambda r: is_template(first[r], wanted[r])),
                "written_in_training": share(wanted.keys() - known, lambda r: first[r] in templates)},
        "nearest": nearest_scores(train, wanted),
        "most_frequent": share(wanted, lambda r: is_template(most_frequent(train), wanted[r])),
        "commands_to_be_filled": share(wanted, lambda r: any(is_command(p.template, [p]) for p in wanted[r])),
        "samples": [{"request": r, "right": some[0].template, "written": first[r]}
                    for r, some in list(wanted.items())[:SAMPLES]],
        "vocabularies": [len(vocab) for vocab in vocabs],
        "parameters": model.num_parameters,
        "seconds_of_training": round(seconds, 1),
        "valid_loss": [round(loss, 4) for loss in history["valid_loss"]],
    }  # fmt: skip


def best_three(model, sources):
    """Return the three best templates that beam search finds for each request; words it does not know are UNK."""
    with warnings.catch_warnings(action="ignore", category=UserWarning):
        found = model.search(sources, beam_size=3, max_length=LONGEST)
    return {
        text: [model.target_vocab.decode(hypothesis.tokens) for hypothesis in some]
        for text, some in zip(sources, found)
    }


def is_template(written, pairs):
    """Say whether a template is that of one of the pairs of a request."""
    return any(written == pair.template for pair in pairs)


def begins_alike(written, pairs):
    """Say whether a template begins with the utility with which that of one of the pairs begins."""
    return any(written.split()[:1] == pair.template.split()[:1] for pair in pairs)


def is_command(written, pairs):
    """Say whether a template, its types filled from the request by rule, is one of the commands of a request."""
    return any(
        without_quotes(fill(written, pair.request)) == without_quotes(pair.command)
        for pair in pairs
    )


def nearest_scores(train, wanted):
    """Return what the template of that training request is worth which has the most words in common."""
    found = nearest([source(pair) for pair in train], list(wanted))
    first = {r: train[i].template for r, i in zip(wanted, found)}
    return {
        "template": share(wanted, lambda r: is_template(first[r], wanted[r])),
        "command": share(wanted, lambda r: is_command(first[r], wanted[r])),
    }


def most_frequent(train):
    """Return the template that most training pairs have."""
    return Counter(pair.template for pair in train).most_common(1)[0][0]


def share(requests, right):
    """Return the share of requests of which `right` is true; 0 of none."""
    return round(sum(map(right, requests)) / len(requests), 4) if requests else 0.0


def main():
    arguments = command_line(__doc__)
    sweep(measure, SETTINGS, RESULTS, VERSION, arguments.scheduler, arguments.device)


if __name__ == "__main__":
    main()
