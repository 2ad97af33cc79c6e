"""The two experiments on long sentences, on a few of them, and what they have stored."""

import joined_sentences
import long_sentences
import pytest
from sacrebleu import BLEU

from s2s_np.results import read_results

PAIRS = [("ein mann läuft .", "a man is running ."), ("ein hund .", "a dog .")] * 2


def test_a_translator_of_captions_is_measured():
    result = long_sentences.measure(0.5, False, 0, "cpu", epochs=1, pairs=(PAIRS, PAIRS, PAIRS))  # fmt: skip
    assert result["vocabularies"] == [9, 10]
    assert len(result["valid_loss"]) == 1
    assert [row[0] for row in result["sentences"]] == [4, 3, 4, 3]
    assert [row[2] for row in result["sentences"]] == [5, 3, 5, 3]


def test_bleu_of_all_rows_is_that_of_the_whole():
    bleu = BLEU(tokenize="none", force=True)
    written = ["a man is running fast .", "the cat sat on a mat", "a dog"]
    right = ["a man is running .", "the cat sat on the mat", "a dog ."]
    rows = [[9, *row] for row in long_sentences.statistics(bleu, written, right)]
    expected = bleu.corpus_score(written, [right]).score
    assert long_sentences.bleu_of(rows) == pytest.approx(expected)


def test_joined_sentences_are_measured_by_number_of_parts():
    result = joined_sentences.measure(0.5, 0, "cpu", pairs=800, epochs=1, tested=2)
    for name in ("bleu", "exact", "words"):
        assert len(result[name]) == joined_sentences.MOST
    assert result["words"][0] < result["words"][-1]


def test_the_stored_bleu_is_that_of_the_stored_sentences():
    for run in read_results(long_sentences.RESULTS):
        assert long_sentences.bleu_of(run["sentences"]) == pytest.approx(run["bleu"], abs=0.006)  # fmt: skip
