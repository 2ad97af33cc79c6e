"""The package agrees with the values and gradients that PyTorch once gave, and PyTorch still gives them."""

import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import import_torch

from s2s_np import (
    Batch,
    Seq2Seq,
    Vocab,
    cross_entropy,
    decoder,
    embedding,
    generator,
    generator_loss,
    gru,
    lstm,
    rnn,
)
from s2s_np.gru_conventions import gru_reset_before
from s2s_np.tree import flatten, unflatten

FOLDER = Path(__file__).parent / "golden"
TOLERANCE = 1e-12
LAYERS = {"rnn": rnn, "gru": gru, "lstm": lstm}


def load(name):
    return unflatten(np.load(FOLDER / f"{name}.npz"))


def assert_same(ours, theirs):
    """Assert that nested dicts agree name by name and number by number."""
    ours, theirs = flatten(ours), flatten(theirs)
    assert ours.keys() == theirs.keys()
    for name, array in theirs.items():
        assert np.shape(ours[name]) == array.shape, name
        assert np.abs(ours[name] - array).max() < TOLERANCE, name


def test_embedding():
    golden = load("embedding")
    vectors, backward = embedding(golden["params"], golden["tokens"])
    assert_same({"vectors": vectors}, {"vectors": golden["vectors"]})
    assert_same(backward(golden["d_vectors"]), golden["grads"])


@pytest.mark.parametrize("kind", ["", "_layers", "_lengths"])
@pytest.mark.parametrize("cell", LAYERS)
def test_recurrent_layers(cell, kind):
    golden = load(f"{cell}{kind}")
    states = ("h", "c") if cell == "lstm" else ("h",)
    start, *above = (
        tuple(golden[pattern.format(s)] for s in states)
        for pattern in ("{}0", "d_{}_n")
    )
    if cell != "lstm":
        (start,), above = start, [above[0][0]]
    (output, state_n), backward = LAYERS[cell](
        golden["params"], golden["x"], start, golden.get("lengths")
    )
    dx, d_state_0, grads = backward(golden["d_output"], *above)
    ours = {"output": output, "d_x": dx}
    for s, end, d in zip(
        states,
        state_n if cell == "lstm" else (state_n,),
        d_state_0 if cell == "lstm" else (d_state_0,),
    ):
        ours |= {f"{s}_n": end, f"d_{s}0": d}
    assert_same(ours, {name: golden[name] for name in ours})
    assert_same(grads, golden["grads"])


def test_gru_reset_before():
    golden = load("gru_reset_before")
    (output, h_n), backward = gru_reset_before(
        golden["params"], golden["x"], golden["h0"]
    )
    dx, dh0, grads = backward(golden["d_output"], golden["d_h_n"])
    ours = {"output": output, "h_n": h_n, "d_x": dx, "d_h0": dh0}
    assert_same(ours, {name: golden[name] for name in ours})
    assert_same(grads, golden["grads"])


def test_generator():
    golden = load("generator")
    log_probs, backward = generator(golden["params"], golden["h"])
    dh, grads = backward(golden["d_log_probs"])
    ours = {"log_probs": log_probs, "d_h": dh}
    assert_same(ours, {name: golden[name] for name in ours})
    assert_same(grads, golden["grads"])


@pytest.mark.parametrize(
    ("name", "label_smoothing"), [("loss", 0.0), ("loss_smoothed", 0.1)]
)
def test_loss(name, label_smoothing):
    golden = load(name)
    targets, lengths = golden["targets"], golden["lengths"]
    expected = {key: golden[key] for key in ("loss", "d_h")}
    for chunk_size in (None, 1, 2):
        loss, backward = generator_loss(
            golden["params"],
            golden["h"],
            targets,
            lengths,
            chunk_size,
            label_smoothing=label_smoothing,
        )
        dh, grads = backward()
        assert_same({"loss": loss, "d_h": dh}, expected)
        assert_same(grads, golden["grads"])

    log_probs, generator_backward = generator(golden["params"], golden["h"])
    loss, backward = cross_entropy(
        log_probs, targets, lengths, label_smoothing=label_smoothing
    )
    dh, grads = generator_backward(backward())
    assert_same({"loss": loss, "d_h": dh}, expected)
    assert_same(grads, golden["grads"])


@pytest.mark.parametrize("context", ["initial", "every_step"])
def test_decoder(context):
    golden = load(f"decoder_{context}")
    (features, state_n), backward = decoder(
        golden["params"],
        golden["inputs"],
        golden["state_0"],
        context=golden.get("context"),
    )
    d_state_0, d_context, grads = backward(golden["d_features"], golden["d_state_n"])
    ours = {"features": features, "state_n": state_n, "d_state_0": d_state_0}
    if context == "every_step":
        ours["d_context"] = d_context
    assert_same(ours, {name: golden[name] for name in ours})
    assert_same(grads, golden["grads"])


@pytest.mark.parametrize("context", ["initial", "every_step"])
def test_seq2seq(context):
    golden = load(f"seq2seq_{context}")
    vocab = Vocab.from_texts(["abcde"])  # and the four with a meaning of their own
    model = Seq2Seq(vocab, vocab, 4, 6, context=context, dtype="float64")
    model.load_state_dict(flatten(golden["params"]))
    batch = Batch(*(golden[name] for name in Batch._fields))
    loss, grads = model.loss_and_grads(batch)
    assert_same({"loss": loss}, {"loss": golden["loss"]})
    assert_same(grads, golden["grads"])


def test_every_file_is_compared():
    covered = {
        f"{cell}{kind}" for cell in LAYERS for kind in ("", "_layers", "_lengths")
    }
    covered |= {f"{part}_{c}" for part in ("decoder", "seq2seq") for c in ("initial", "every_step")}  # fmt: skip
    covered |= {"embedding", "gru_reset_before", "generator", "loss", "loss_smoothed"}
    assert {path.stem for path in FOLDER.glob("*.npz")} == covered


def test_pytorch_still_gives_these_values(tmp_path, monkeypatch):
    import_torch()
    monkeypatch.syspath_prepend(FOLDER)
    monkeypatch.delitem(sys.modules, "make", raising=False)
    import make

    make.main(tmp_path)
    for path in FOLDER.glob("*.npz"):
        stored, made = np.load(path), np.load(tmp_path / path.name)
        assert set(stored) == set(made)
        for name in stored:
            assert np.allclose(stored[name], made[name], rtol=0, atol=TOLERANCE), name
