"""The stored runs of the experiments: every setting once, and enough seeds of each."""

import json
from collections import Counter
from importlib import import_module

import pytest

from s2s_np.results import read_results

EXPERIMENTS = (
    "addition", "autoencoder", "capacity", "copying", "domain_expansion", "joined_sentences", "long_sentences",
    "lossy_or_lossless", "reversing", "structure",
)  # fmt: skip
TWO_SEEDS_AT_MOST = "long_sentences"  # a run takes most of an hour
THREE_SEEDS_AT_LEAST = (  # the applications
    "chatbot", "korean_chatbot", "summarization", "text_to_code", "speech_recognition", "lip_reading",
    "image_captioning", "both_ways", "tatoeba", "nl2bash",
)  # fmt: skip
ONE_SEED = ("fsdd",)  # and a run for each person


def as_text(setting):
    return json.dumps(setting, sort_keys=True)


@pytest.mark.parametrize("name", EXPERIMENTS + THREE_SEEDS_AT_LEAST + ONE_SEED)
def test_every_setting_is_stored_once(name):
    script = import_module(name)
    _, *lines = script.RESULTS.read_text(encoding="utf-8").splitlines()
    stored = [as_text(json.loads(line)["setting"]) for line in lines]
    assert sorted(stored) == sorted(map(as_text, script.SETTINGS))
    assert len(read_results(script.RESULTS, script.VERSION)) == len(stored)


@pytest.mark.parametrize(
    ("name", "least"),
    [(name, 5) for name in EXPERIMENTS if name != TWO_SEEDS_AT_MOST]
    + [(name, 3) for name in THREE_SEEDS_AT_LEAST],
)
def test_every_setting_has_enough_seeds(name, least):
    seeds = Counter(
        as_text(setting | {"seed": None}) for setting in import_module(name).SETTINGS
    )
    assert min(seeds.values()) >= least
