"""The autoencoder's questions: changes of meaning, analogies, noise, and decoding a vector."""

from dataclasses import replace

import numpy as np
import pytest

from s2s_np import Seq2Seq, Vocab
from s2s_np.tasks.autoencoder import (
    KINDS,
    analogies,
    changes,
    corruptions,
    decode,
    meanings_of,
    noisy_pairs,
    parts_changed,
    repairable,
    split_texts,
)
from s2s_np.tasks.sentences import meanings

TEXTS = ["I go to school", "she read a book"]


def test_every_text_of_the_grammar_has_its_meanings():
    assert sum(map(len, meanings_of().values())) == len(meanings())
    tenses = {s.tense for s in meanings_of()["I read a book"]}
    assert tenses == {"past", "present"}


def test_the_parts_hold_every_text_once():
    train, valid, test = split_texts()
    assert sorted(train + valid + test) == sorted(meanings_of())


@pytest.mark.parametrize(
    ("one", "other", "parts"),
    [
        ("I go to school", "I went to school", ["tense"]),
        ("I go to school", "we go to school", ["subject"]),
        ("I go to school", "we go home", ["subject", "place"]),
        ("I read a book", "I will read a book", ["tense"]),
        ("I read a book", "I read a book", []),
    ],
)
def test_the_parts_that_differ(one, other, parts):
    assert parts_changed(one, other) == parts


@pytest.mark.parametrize("kind", ["subject", "tense", "time", "tense, same verb"])
def test_a_change_changes_its_part_alone(kind):
    part = kind.partition(",")[0]
    for pairs in list(changes(kind).values())[:20]:
        for before, after in pairs[:5]:
            (one,), (other,) = meanings_of()[before], meanings_of()[after]
            assert replace(one, **{part: getattr(other, part)}) == other != one


@pytest.mark.parametrize("kind", KINDS)
def test_analogies_end_in_the_goals_that_are_asked_for(kind):
    test = split_texts()[2]
    for question in analogies(kind, test, count=20):
        assert question.goal in test
        assert question.start != question.goal
        texts = [text for pair in question.examples for text in pair]
        assert all(text in meanings_of() for text in texts)


def test_noises():
    assert corruptions("a b c", "keep") == ["a b c"]
    assert corruptions("a b c", "drop") == ["b c", "a c", "a b"]
    assert corruptions("a b c", "swap") == ["b a c", "a c b"]
    with pytest.raises(ValueError, match=r"noise is 'shout'; expected one of keep, drop, swap"):  # fmt: skip
        corruptions("a b c", "shout")


def test_noisy_pairs_keep_their_target():
    pairs = noisy_pairs(TEXTS, copies=5)
    assert [target for _, target in pairs] == 5 * TEXTS
    for noisy, target in pairs:
        assert set(noisy.split()) <= set(target.split())


def test_what_is_kept_is_mostly_repairable_and_what_is_dropped_is_not():
    test = split_texts()[2][:100]
    drop, swap = (repairable(test, noise) for noise in ("drop", "swap"))
    assert 0.3 < drop < swap <= 1


@pytest.mark.parametrize("context", ["initial", "every_step"])
def test_decoding_the_vector_of_a_text_is_translating_it(context):
    vocab = Vocab.from_texts(TEXTS, level="word")
    model = Seq2Seq(vocab, vocab, 8, 8, context=context)
    model.fit([(text, text) for text in TEXTS], epochs=20, progress=False)
    assert decode(model, model.encode(TEXTS)) == model.translate(TEXTS, max_length=20)
    assert isinstance(model.encode(TEXTS), np.ndarray)


@pytest.mark.parametrize("settings", [{"cell": "lstm"}, {"num_layers": 2}])
def test_a_decoder_that_needs_more_than_one_vector_is_refused(settings):
    vocab = Vocab.from_texts(TEXTS, level="word")
    model = Seq2Seq(vocab, vocab, 8, 8, **settings)
    with pytest.raises(ValueError, match="more than one vector a sentence"):
        decode(model, np.zeros((1, 8)))
