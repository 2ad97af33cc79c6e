"""Plain and reversed reading: the gradient between a word and its copy."""

import numpy as np
import pytest
import reversing
from reversing import measure, pair_gradients

from s2s_np import Seq2Seq, Vocab
from s2s_np.batch import make_batches


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("reverse", [False, True])
def test_the_gradient_of_a_pair_is_that_of_finite_differences(cell, reverse):
    text = "3142"  # no digit twice: a digit's row of the embedding is its vector at one place
    vocab = Vocab.from_texts([text])
    model = Seq2Seq(
        vocab, vocab, 3, 5, cell=cell, reverse_source=reverse, dtype="float64", seed=1
    )
    (batch,) = make_batches([(text, text)], vocab, vocab, 1)
    weight = model.params["encoder"]["embedding"]["weight"]
    step = 1e-6

    def losses_with(place, e, change):
        weight[batch.source[place, 0], e] += change
        losses = -model.token_log_probs(batch)[:, 0]
        weight[batch.source[place, 0], e] -= change
        return losses

    G = np.zeros((4, 5))
    for i in range(4):
        slopes = [(losses_with(i, e, step) - losses_with(i, e, -step)) / (2 * step) for e in range(3)]  # fmt: skip
        G[i] = np.linalg.norm(slopes, axis=0)
    assert np.allclose(pair_gradients(model, [(text, text)]), G, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("task", ["copy", "english", "korean"])
def test_each_task_measures_what_is_stored(task, monkeypatch):
    few = [s for s in reversing.sentences.meanings()[:40] if s.order == "plain"]
    monkeypatch.setattr(reversing.sentences, "split", lambda seed: (few, few, few))
    result = measure(task, "gru", True, 2, 0, sizes=(100, 20))
    assert len(result["valid_loss"]) == 2
    assert (result["gradient"] is None) == (task != "copy")
    assert np.mean(result["loss_by_place"]) > 0


def test_the_loss_by_place_sums_to_the_loss():
    train, test, level = reversing.copies(50, 20, seed=0)
    vocab = Vocab.from_texts([text for text, _ in train], level)
    model = Seq2Seq(vocab, vocab, hidden_size=8, dtype="float64")
    (batch,) = make_batches(test, vocab, vocab, 20)
    assert np.mean(reversing.loss_by_place(model, test)) == pytest.approx(
        model.loss(batch)
    )
