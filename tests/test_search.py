"""Greedy, beam and best-first search, on tables of probabilities and on models."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_np import (
    BOS,
    EOS,
    Batch,
    Seq2Seq,
    Vocab,
    beam_search,
    best_first_search,
    greedy_search,
)

A, B = 3, 4  # two words beside PAD, BOS and EOS


class Prefixes(tuple):
    """A state that remembers what each row was fed."""

    def select(self, rows):
        return Prefixes(self[row] for row in rows)


def table_step(table):
    """Return a step that looks up the next word's probabilities by what was said so far."""

    def step(words, state):
        state = Prefixes((*prefix, int(word)) for prefix, word in zip(state, words))
        probs = np.array([table(prefix[1:]) for prefix in state])
        with np.errstate(divide="ignore"):
            return np.log(probs), state

    return step


def start(batch_size=1):
    return Prefixes(() for _ in range(batch_size))


def garden_path(prefix):
    """A is the likelier start, but every sentence that starts with B is likelier than any that starts with A."""
    return {
        (): [0, 0, 0, 0.6, 0.4],
        (A,): [0, 0, 0.4, 0.3, 0.3],
        (B,): [0, 0, 0.9, 0.05, 0.05],
    }.get(tuple(prefix), [0, 0, 1, 0, 0])


def random_table(seed):
    """A distribution over the next word for every prefix; nothing is impossible."""

    def table(prefix):
        return np.random.default_rng([seed, *prefix]).dirichlet(np.ones(5))

    return table


def test_greedy_takes_the_likelier_word_and_misses_the_likelier_sentence():
    (best,) = greedy_search(table_step(garden_path), start(), 1, 5)
    assert best.tokens == (A, EOS)
    assert math.isclose(best.log_prob, math.log(0.6 * 0.4))


def test_a_beam_of_two_finds_the_likelier_sentence():
    (found,) = beam_search(table_step(garden_path), start(), 1, 2, 5)
    assert [hypothesis.tokens for hypothesis in found] == [(B, EOS), (A, EOS)]
    assert math.isclose(found[0].log_prob, math.log(0.4 * 0.9))


@given(st.integers(0, 10_000), st.integers(1, 3), st.floats(0, 2))
def test_a_beam_of_one_is_greedy_search(seed, batch_size, length_penalty):
    step = table_step(random_table(seed))
    greedy = greedy_search(step, start(batch_size), batch_size, 6)
    beams = beam_search(step, start(batch_size), batch_size, 1, 6, length_penalty)
    assert [beam[0].tokens for beam in beams] == [
        hypothesis.tokens for hypothesis in greedy
    ]
    assert np.allclose(
        [beam[0].log_prob for beam in beams],
        [hypothesis.log_prob for hypothesis in greedy],
    )


@given(st.integers(0, 10_000))
def test_a_beam_as_wide_as_the_tree_finds_the_most_probable_sentence(seed):
    table, length = random_table(seed), 3
    sentences = [
        words
        for m in range(1, length + 1)
        for words in itertools.product(range(5), repeat=m)
        if EOS not in words[:-1] and (words[-1] == EOS or m == length)
    ]
    log_probs = {
        words: sum(math.log(table(words[:t])[word]) for t, word in enumerate(words))
        for words in sentences
    }
    (found,) = beam_search(table_step(table), start(), 1, len(sentences), length)
    assert {hypothesis.tokens for hypothesis in found} == set(sentences)
    assert found[0].tokens == max(sentences, key=log_probs.get)
    assert all(
        math.isclose(hypothesis.log_prob, log_probs[hypothesis.tokens])
        for hypothesis in found
    )
    assert math.isclose(sum(math.exp(hypothesis.log_prob) for hypothesis in found), 1)


@given(st.integers(0, 10_000))
def test_best_first_search_finds_the_most_probable_of_all_sentences(seed):
    table = random_table(seed)

    def ending_soon(prefix):
        return table(prefix) if len(prefix) < 3 else np.array([0, 0, 1.0, 0, 0])

    step = table_step(ending_soon)
    every = 5**4  # as wide as the tree of four words
    (beam,) = beam_search(step, start(), 1, every, 4)
    found = best_first_search(step, start())
    assert found.tokens == beam[0].tokens
    assert math.isclose(found.log_prob, beam[0].log_prob)
    assert found.score == found.log_prob


def test_best_first_search_takes_the_sentence_that_greedy_misses():
    assert best_first_search(table_step(garden_path), start()).tokens == (B, EOS)


def test_best_first_search_says_so_where_it_does_not_get_done():
    def endless(prefix):
        return [0.2, 0.2, 0, 0.3, 0.3]

    with pytest.raises(RuntimeError, match="100 steps have not found"):
        best_first_search(table_step(endless), start(), max_steps=100)


def test_length_normalisation_divides_by_the_length_to_its_power():
    for hypothesis in beam_search(
        table_step(random_table(1)), start(), 1, 4, 6, length_penalty=0.7
    )[0]:
        assert math.isclose(
            hypothesis.score, hypothesis.log_prob / len(hypothesis.tokens) ** 0.7
        )


def test_hypotheses_come_best_first_and_as_many_as_the_beam_is_wide():
    for found in beam_search(
        table_step(random_table(2)), start(3), 3, 4, 6, length_penalty=1.0
    ):
        scores = [hypothesis.score for hypothesis in found]
        assert len(found) == 4 and scores == sorted(scores, reverse=True)


def test_a_sentence_that_never_ends_is_stopped_at_max_length():
    def endless(prefix):
        return [0, 0, 0, 0.7, 0.3]

    assert greedy_search(table_step(endless), start(), 1, 4)[0].tokens == (A,) * 4
    (found,) = beam_search(table_step(endless), start(), 1, 2, 4)
    assert found[0].tokens == (A,) * 4


def test_the_first_input_is_bos_and_eos_is_never_fed():
    fed = []

    def watching(words, state):
        fed.append(list(words))
        return table_step(random_table(3))(words, state)

    greedy_search(watching, start(4), 4, 8)
    beam_search(watching, start(4), 4, 3, 8)
    assert fed[0] == [BOS] * 4
    best_first_search(watching, start())
    assert not any(EOS in words for words in fed)


@pytest.mark.parametrize(("beam_size", "max_length"), [(0, 5), (2, 0)])
def test_sizes_below_one_are_named(beam_size, max_length):
    with pytest.raises(ValueError, match="expected at least 1"):
        beam_search(table_step(garden_path), start(), 1, beam_size, max_length)


TEXTS = ["abc", "f", "dd", "abcdefabcdef", "ba"]


@pytest.fixture(
    scope="module", params=itertools.product(["gru", "lstm"], ["initial", "every_step"])
)
def model(request):
    cell, context = request.param
    vocab = Vocab.from_texts(["abcdef"])
    model = Seq2Seq(
        vocab, vocab, 8, 12, cell=cell, context=context, dtype="float64", seed=3
    )
    model.fit(
        [(text, text[::-1]) for text in TEXTS], epochs=30, batch_size=2, progress=False
    )
    return model


@pytest.mark.parametrize("max_length", [1, 20])
def test_forced_log_probabilities_of_the_greedy_output_add_up_to_its_score(
    model, max_length
):
    found = [hypotheses[0] for hypotheses in model.search(TEXTS, max_length=max_length)]
    assert max_length == 1 or any(hypothesis.tokens[-1] == EOS for hypothesis in found)
    for text, hypothesis in zip(TEXTS, found):
        source = np.array(model.source_vocab.encode(text))[:, None]
        target, lengths = (
            np.array(hypothesis.tokens)[:, None],
            np.array([len(hypothesis.tokens)]),
        )
        forced = model.token_log_probs(
            Batch(source, np.array([len(text)]), target, lengths)
        )
        assert math.isclose(forced.sum(), hypothesis.log_prob, rel_tol=1e-12)


def test_the_words_log_probabilities_step_by_step_are_those_of_the_whole_sentence_at_once(
    model,
):
    for text in TEXTS:
        words = [*model.target_vocab.encode(text[::-1]), EOS]
        state, total = (
            model.start(np.array(model.source_vocab.encode(text))[:, None]),
            0.0,
        )
        for fed, word in zip([BOS, *words], words):
            log_probs, state = model.step([fed], state)
            total += log_probs[0, word]
        assert math.isclose(
            total, model.log_probs([(text, text[::-1])])[0], rel_tol=1e-12
        )


@pytest.mark.parametrize("beam_size", [1, 3])
def test_a_text_is_translated_alike_alone_and_in_company(model, beam_size):
    together = model.search(TEXTS, beam_size, max_length=12)
    for text, found in zip(TEXTS, together):
        (alone,) = model.search([text], beam_size, max_length=12)
        assert [h.tokens for h in alone] == [h.tokens for h in found]
        assert np.allclose(
            [h.log_prob for h in alone], [h.log_prob for h in found], rtol=1e-12
        )
