"""Replies to real questions: an honest split, and how dull and how copied they are."""

import math

import numpy as np
import pytest

from s2s_np import BOS, Seq2Seq, Vocab
from s2s_np.tasks.replies import (
    copied_share,
    distinct,
    dull_share,
    letters,
    perplexity,
    sample_replies,
    split_by_question,
    unigram_perplexity,
)

PAIRS = [(f"{sign}질문 {i}{sign}", f"답 {i % 7}") for i in range(50) for sign in ("", "!")]  # fmt: skip
REPLIES = ["아 네", "아 네", "나도 네", "좋아"]


@pytest.fixture(scope="module")
def model():
    source, target = (Vocab.from_texts(side) for side in zip(*PAIRS))
    return Seq2Seq(source, target, 4, 8, context="every_step")


def test_questions_that_differ_in_signs_alone_stay_in_one_list():
    lists = split_by_question(PAIRS, 5, 10)
    assert [len(some) for some in lists] == [70, 10, 20]
    questions = [{letters(question) for question, _ in some} for some in lists]
    assert len(set.union(*questions)) == sum(map(len, questions)) == 50
    assert sorted(pair for some in lists for pair in some) == sorted(PAIRS)


def test_the_same_seed_splits_alike_whatever_the_order_of_the_pairs():
    train, valid, test = split_by_question(PAIRS, 5, 10, seed=1)
    again = split_by_question(PAIRS[::-1], 5, 10, seed=1)
    assert [sorted(some) for some in again] == [sorted(train), sorted(valid), sorted(test)]  # fmt: skip
    assert split_by_question(PAIRS, 5, 10, seed=2)[2] != test


def test_the_perplexity_of_a_model_that_knows_nothing_is_its_vocabulary(model):
    blank = Seq2Seq(model.source_vocab, model.target_vocab, 4, 8)
    blank.load_state_dict({k: 0 * v for k, v in blank.state_dict().items()})
    assert perplexity(blank, PAIRS[:5]) == pytest.approx(len(model.target_vocab))


def test_perplexity_is_the_loss_a_token_to_the_power_of_e(model):
    history = model.fit(PAIRS[:20], PAIRS[20:40], epochs=1, progress=False)
    assert perplexity(model, PAIRS[20:40]) == pytest.approx(
        math.exp(history["valid_loss"][-1]), rel=1e-5
    )


def test_the_unigram_perplexity_by_hand():
    vocab = Vocab.from_texts(["ab"])  # a, b and four special tokens
    # Counts with one added: a 3, b 1, EOS 2, three others 1 each; N + V = 9.
    expected = (9 / 3 * 9 / 2) ** (1 / 2)
    assert unigram_perplexity(["aa"], ["a"], vocab) == pytest.approx(expected)


def test_distinct_by_hand():
    # 7 words: 아, 네, 나도, 좋아 are different; 아 네, 나도 네 are the pairs.
    assert distinct(REPLIES, 1) == pytest.approx(4 / 7)
    assert distinct(REPLIES, 2) == pytest.approx(2 / 7)


def test_dull_is_the_share_of_the_commonest_replies():
    assert dull_share(REPLIES, most=1) == 0.5
    assert dull_share(REPLIES) == 1
    assert dull_share([str(i) for i in range(100)]) == 0.1


def test_copied_is_the_share_that_stands_in_training():
    assert copied_share(REPLIES, ["아 네", "네"]) == 0.5


def test_samples_come_up_as_often_as_their_probability(model):
    texts = [PAIRS[0][0]] * 4000
    drawn = sample_replies(model, texts, np.random.default_rng(0))
    ids = np.array(model.source_vocab.encode(texts[0]))[:, None]
    log_probs, _ = model.step(np.array([BOS]), model.start(ids, np.array([len(ids)])))
    for token, p in zip(model.target_vocab.tokens[4:], np.exp(log_probs[0, 4:])):
        share = np.mean([reply.startswith(token) for reply in drawn])
        assert abs(share - p) < 0.04


def test_a_low_temperature_is_greedy_search(model):
    questions = [question for question, _ in PAIRS[:6]]
    cold = sample_replies(model, questions, np.random.default_rng(0), 1e-4, 9)
    assert cold == model.translate(questions, max_length=9)


def test_bad_input_is_named(model):
    with pytest.raises(ValueError, match="test_size is 0"):
        split_by_question(PAIRS, 1, 0)
    with pytest.raises(
        ValueError, match="50 different questions; 20 to validate and 30"
    ):
        split_by_question(PAIRS, 20, 30)
    with pytest.raises(ValueError, match="the question '...' has no letter"):
        split_by_question([*PAIRS, ("...", "네")], 1, 1)
    with pytest.raises(ValueError, match="n is 0"):
        distinct(REPLIES, 0)
    with pytest.raises(ValueError, match="there is no word in the 1 replies"):
        distinct([" "], 1)
    for measure in (dull_share, lambda replies: copied_share(replies, ["네"])):
        with pytest.raises(ValueError, match="replies is empty"):
            measure([])
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="temperature is 0"):
        sample_replies(model, ["질문"], rng, temperature=0)
    with pytest.raises(ValueError, match=r"texts\[0\] is '': there is no char in it"):
        sample_replies(model, [""], rng)
