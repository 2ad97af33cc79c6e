"""Train on four splits of SCAN, and on a growing share of it, and store what each model makes of new commands.

    python figures/structure.py

Forty runs compare two models on the four splits: the one that was best overall in Lake and Baroni (2018), an LSTM of
two layers of 200 units with dropout of one half, and a GRU a sixth of its size. Another 30 give the LSTM 1 % to 64 %
of all commands. The paper shows each model 100,000 commands, one by one; here it is 100,000 to 200,000, in batches. The
recipes were chosen on the random split alone, on 1,500 pairs of its training list; no test list was looked at.

Five more runs, "gru, small steps", go towards the paper's recipe on the split where we were far from it: batches of 4,
and half of the decoder's inputs are its own words. They were added when the other results of that split were known.

Two of the GRUs, seed 0 of the random split and of add_jump, are kept beside this file for the page's projections.
"""

import random
from collections import Counter
from pathlib import Path

import numpy as np
from sweep import command_line, sweep

from s2s_np import Seq2Seq, Vocab
from s2s_np.array import to_device, to_host
from s2s_np.batch import encode_texts, pad
from s2s_np.search import greedy_search
from s2s_np.tasks import scan
from s2s_np.vocab import EOS

RESULTS = Path(__file__).with_suffix(".jsonl")
VERSION = 1
SEEDS = range(5)
MODELS = {
    "gru": {"cell": "gru", "embedding_size": 64, "hidden_size": 160},
    "lstm": {
        "cell": "lstm", "embedding_size": 200, "hidden_size": 200, "num_layers": 2, "dropout": 0.5,
    },
}  # fmt: skip
MODELS["gru, small steps"] = MODELS["gru"]
RECIPES = {
    "gru": {"batch_size": 32, "learning_rate": 3e-3},
    "lstm": {"batch_size": 32, "learning_rate": 3e-3},
    "gru, small steps": {
        "batch_size": 4, "learning_rate": 1e-3, "teacher_forcing": 0.5,
    },
}  # fmt: skip
# How often a command is shown, in one run.
PRESENTATIONS = {"gru": 200_000, "lstm": 150_000, "gru, small steps": 100_000}
PRESENTATIONS_OF_SHARE = 100_000
SHARES = (0.01, 0.02, 0.04, 0.08, 0.16, 0.64)  # of all commands
ALL = 0.8  # the share that the random split trains on
NEW = {"add_jump": "jump", "add_turn_left": "turn left"}  # the command added
LONGEST = 48  # actions

SETTINGS = [
    {"split": split, "model": model, "share": share, "seed": seed}
    for seed in SEEDS
    for split, model, share in (
        *((split, "gru", ALL) for split in scan.SPLITS),
        *((split, "lstm", ALL) for split in scan.SPLITS),
        *(("random", "lstm", share) for share in SHARES),
    )
] + [
    {
        "split": "add_turn_left", "model": "gru, small steps", "share": ALL, "seed": seed,
    }
    for seed in SEEDS
]  # fmt: skip

# Commands whose translations are stored word for word; each is in its split's test list.
SAMPLES = {
    "random": [
        "jump twice and run right", "look left after run twice", "run around left thrice after walk",
        "turn opposite left thrice and look", "walk left and jump around left twice",
    ],
    "length": [
        "walk around left thrice", "jump around right thrice", "walk and look around left thrice",
        "walk around left thrice and run", "jump around left thrice and jump around left thrice",
    ],
    "add_jump": ["jump twice", "jump left", "jump around right", "jump and walk", "run after jump"],
    "add_turn_left": [
        "turn left twice", "turn left thrice", "walk and turn left", "turn left and walk", "jump after turn left",
    ],
}  # fmt: skip

# The models that the page loads: of which runs, and under which names.
KEPT = {
    ("random", "gru", ALL, 0): "structure_random.safetensors",
    ("add_jump", "gru", ALL, 0): "structure_add_jump.safetensors",
}


def measure(split, model, share, seed, device="cpu", presentations=None):
    """Return what one model, trained on a split or on a share of all commands, makes of the split's test list.

    presentations: how often a command is shown to it, instead of what the recipe says; such a model is never kept
    """
    train, test = data(split, share, seed)
    vocabs = (Vocab.from_texts(texts, level="word") for texts in zip(*train))
    net = Seq2Seq(*vocabs, **MODELS[model], seed=seed).to(device)
    usual = PRESENTATIONS[model] if share == ALL else PRESENTATIONS_OF_SHARE
    epochs = max(1, round((presentations or usual) / len(train)))
    history = net.fit(train, epochs=epochs, **RECIPES[model], progress=False)
    if presentations is None and (name := KEPT.get((split, model, share, seed))):
        net.save(RESULTS.with_name(name))

    wanted = dict(test)
    given = dict(zip(wanted, net.translate(list(wanted), max_length=LONGEST + 2)))
    return {
        "exact_match": share_right(wanted, given),
        "exact_match_if_length_told": share_right(wanted, of_told_length(net, wanted)),
        "tokens_right": tokens_right(wanted, given),
        "by_length": by(wanted, given, lambda c: str(len(wanted[c].split()))),
        "by_structure": by(wanted, given, structure),
        "longest_answer": max(len(actions.split()) for actions in given.values()),
        "mistakes": mistakes(wanted, given),
        "in_place_of_new": in_place_of_new(split, wanted, given),
        "samples": {c: given[c] for c in SAMPLES[split]},
        "distances": distances(net),
        "train_loss": round(history["train_loss"][-1], 5),
        "epochs": epochs,
        "parameters": net.num_parameters,
    }


def data(split, share, seed):
    """Return the pairs to train on, those of a share drawn by `seed`, and the pairs to test with, always the same."""
    train, test = scan.split(split)
    if split in NEW:
        train = scan.oversample(train, NEW[split])
    if share < ALL:
        size = round(share * len(scan.pairs()))
        train = random.Random(seed).sample(train, size)
    return train, test


def of_told_length(net, wanted):
    """Return the translations of a model that never ends by itself: it is told the number of actions."""

    def step_without_end(tokens, state):
        log_probs, state = net.step(tokens, state)
        log_probs[:, EOS] = -np.inf
        return log_probs, state

    groups = {}
    for command, actions in wanted.items():
        groups.setdefault(len(actions.split()), []).append(command)
    found = {}
    for size, commands in groups.items():
        source, lengths = pad(encode_texts(commands, net.source_vocab))
        start = net.start(to_device(source, net.device), lengths)
        hypotheses = greedy_search(step_without_end, start, len(commands), size)
        texts = [
            net.target_vocab.decode(hypothesis.tokens) for hypothesis in hypotheses
        ]
        found |= zip(commands, texts)
    return found


def share_right(wanted, given):
    return round(np.mean([given[c] == wanted[c] for c in wanted]).item(), 5)


def tokens_right(wanted, given):
    """Return the share of the places of the longer of both at which the two have the same action."""
    right = places = 0
    for command, actions in wanted.items():
        ours, theirs = given[command].split(), actions.split()
        right += sum(x == y for x, y in zip(ours, theirs))
        places += max(len(ours), len(theirs))
    return round(right / places, 5)


def by(wanted, given, group):
    """Return the share that is right of each group of commands; `group(command)` names it."""
    groups = {}
    for command in wanted:
        groups.setdefault(group(command), {})[command] = wanted[command]
    return {
        name: share_right(groups[name], given)
        for name in sorted(groups, key=lambda n: (len(n), n))
    }


def structure(command):
    """Return how a command joins its phrases, and the widest of the manners in it: "after, around"."""
    words = command.split()
    joint = next((word for word in ("and", "after") if word in words), "one phrase")
    manner = next((word for word in ("around", "opposite") if word in words), "plain")
    return f"{joint}, {manner}"


def mistakes(wanted, given):
    """Return shares of all commands: answered wrongly with too few actions, too many, or the right number.

    "other_verbs" are the wrong answers that are right but for which of the four verbs stands where.
    """
    kinds = Counter(fewer=0, as_many=0, more=0, other_verbs=0)
    for command, actions in wanted.items():
        ours, theirs = given[command].split(), actions.split()
        if ours == theirs:
            continue
        more = len(ours) - len(theirs)
        kinds["more" if more > 0 else "fewer" if more < 0 else "as_many"] += 1
        kinds["other_verbs"] += [*map(shape, ours)] == [*map(shape, theirs)]
    return {kind: round(count / len(wanted), 5) for kind, count in kinds.items()}


def shape(action):
    """Return an action with its verb left out: what stays is a turn to a side, or that something is done."""
    return action if action.startswith("I_TURN") else "I_DO"


def in_place_of_new(split, wanted, given):
    """Return what is said where the new command's action should stand, as shares, in answers of the right length."""
    if split not in NEW:
        return {}
    new = scan.interpret(NEW[split])
    said = Counter(
        ours
        for command, actions in wanted.items()
        if len(given[command].split()) == len(actions.split())
        for ours, theirs in zip(given[command].split(), actions.split())
        if theirs == new
    )
    return {action: round(n / said.total(), 5) for action, n in said.most_common()}


def distances(net):
    """Return how far the sentence vector of "jump" lies from those of the other verbs, and these from each other."""
    jump, *others = to_host(net.encode(["jump", "walk", "look", "run"]))
    return {
        "jump_from_others": mean_distance([jump], others),
        "others_from_each_other": mean_distance(others, others),
    }


def mean_distance(vectors, others):
    """Return the mean distance of a vector of the one list from another one of the other list."""
    away = [np.linalg.norm(v - w) for v in vectors for w in others if v is not w]
    return round(np.mean(away).item(), 4)


def main():
    arguments = command_line(__doc__)
    sweep(measure, SETTINGS, RESULTS, VERSION, arguments.scheduler, arguments.device)


if __name__ == "__main__":
    main()
