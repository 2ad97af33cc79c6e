"""The experiment on SCAN: what a run stores, how mistakes are told apart, and that the stored file is whole."""

from collections import Counter

import pytest
import structure

from s2s_np import Seq2Seq, Vocab
from s2s_np.results import read_results
from s2s_np.tasks import scan


@pytest.fixture(scope="module")
def stored():
    return read_results(structure.RESULTS, structure.VERSION)


@pytest.mark.parametrize("model", structure.MODELS)
def test_a_run_returns_what_the_stored_ones_have(stored, monkeypatch, model):
    train, test = scan.split("add_jump")
    samples = structure.SAMPLES["add_jump"]
    few = [pair for pair in test if pair[0] in samples] + test[:30]
    small = {"add_jump": (train[::200] + [("jump", "I_JUMP")], few)}
    monkeypatch.setattr(scan, "split", small.__getitem__)
    setting = {"split": "add_jump", "model": model, "share": 0.8, "seed": 0}
    result = structure.measure(**setting, presentations=10)
    assert (setting | result).keys() == stored[0].keys()
    assert result["exact_match"] == 0


def test_the_kept_models_are_of_stored_runs():
    for (split, model, share, seed), name in structure.KEPT.items():
        assert {"split": split, "model": model, "share": share, "seed": seed} in structure.SETTINGS  # fmt: skip
        assert structure.RESULTS.with_name(name).exists()


@pytest.mark.parametrize("split", scan.SPLITS)
def test_the_samples_are_of_the_test_list(split):
    test = dict(scan.split(split)[1])
    assert all(command in test for command in structure.SAMPLES[split])


def test_a_share_is_drawn_from_the_training_list_and_tested_on_the_same_list():
    train, test = structure.data("random", 0.01, 3)
    whole, same = scan.split("random")
    assert len(train) == len(set(train)) == 209
    assert set(train) <= set(whole)
    assert test == same
    assert train != structure.data("random", 0.01, 4)[0]


def test_the_new_command_is_a_tenth_of_what_is_trained_on():
    train, _ = structure.data("add_jump", structure.ALL, 0)
    assert Counter(command for command, _ in train)["jump"] == 1467


def test_mistakes_are_told_apart():
    wanted = {c: scan.interpret(c) for c in ("jump", "jump left", "walk thrice", "run")}
    given = {
        "jump": "I_WALK",  # only the verb
        "jump left": "I_JUMP",
        "walk thrice": "I_WALK I_LOOK I_RUN I_WALK",
        "run": "I_RUN",
    }
    kinds = structure.mistakes(wanted, given)
    assert kinds == {"fewer": 0.25, "as_many": 0.25, "more": 0.25, "other_verbs": 0.25}
    assert structure.tokens_right(wanted, given) == (0 + 0 + 1 + 1) / (1 + 2 + 4 + 1)
    said = structure.in_place_of_new("add_jump", wanted, given)
    assert said == {"I_WALK": 1}


@pytest.mark.parametrize(
    ("command", "group"),
    [
        ("jump", "one phrase, plain"),
        ("jump opposite left and walk around right", "and, around"),
        ("look right after turn opposite left twice", "after, opposite"),
    ],
)
def test_commands_are_grouped_by_joint_and_manner(command, group):
    assert structure.structure(command) == group


def test_a_model_that_is_told_the_length_never_gives_more():

    pairs = scan.pairs()[:40]
    vocabs = (Vocab.from_texts(texts, level="word") for texts in zip(*pairs))
    found = structure.of_told_length(Seq2Seq(*vocabs, hidden_size=8), dict(pairs))
    assert found.keys() == dict(pairs).keys()
    assert all(len(found[c].split()) <= len(actions.split()) for c, actions in pairs)
