"""The translator of Tatoeba's sentences, on a few made-up ones, and what is stored."""

import pytest
import tatoeba as script

from s2s_np.results import read_results

PAIRS = [
    (f"I see {n} birds, don't I?", f"나는 새 {n} 마리가 보인다.") for n in range(30)
]


def test_a_translator_is_trained_and_judged():
    result = script.measure(1, 0, pairs=PAIRS, epochs=1)
    assert result["pairs"] == [18, 6, 6]
    assert result["test"].keys() == {"bleu", "chrf", "exact_match"}
    assert len(result["samples"]) == 6 and len(result["valid_loss"]) == 1
    assert result["perplexity"] > 1 and 0 < result["unknown_words"] < 0.5


def test_a_share_of_the_training_pairs_leaves_the_test_as_it_is(monkeypatch):
    asked = []
    monkeypatch.setattr(script, "perplexity", lambda _, test: asked.append(test) or 2)
    found = [script.measure(share, 0, pairs=PAIRS, epochs=1) for share in (1, 1 / 4)]
    assert asked[0] == asked[1] and found[1]["pairs"] == [4, 6, 6]


def test_what_is_right_scores_full_marks():
    texts = ["Tom likes to see birds.", "I do not think so."]
    found = script.scores(texts, texts)
    assert found["bleu"] == pytest.approx(100)
    assert (found["chrf"], found["exact_match"]) == (100, 1)


def test_ten_sentences_of_the_test_are_stored_and_no_more_of_the_corpus():
    runs = read_results(script.RESULTS, script.VERSION)
    assert sum(len(run["samples"]) for run in runs) == script.SAMPLES == 10
    assert max(run["pairs"] for run in runs) == [3_353, 200, 300]
