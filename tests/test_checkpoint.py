"""Checkpoints: whole or not at all, and nothing but numbers in them."""

import json
import os
import stat

import numpy as np
import pytest
from safetensors.numpy import save_file

from s2s_np import CheckpointError, Seq2Seq, Vocab
from s2s_np.checkpoint import load_checkpoint, save_checkpoint

TENSORS = {"a": np.arange(6.0).reshape(2, 3), "b.c": np.ones(2, np.float32)}


@pytest.fixture
def model():
    source, target = (
        Vocab.from_texts(["나는 간다"], level="word"),
        Vocab.from_texts(["I go"]),
    )
    return Seq2Seq(
        source, target, 4, 6, num_layers=2, cell="lstm", context="every_step", seed=5
    )


def test_what_is_saved_is_loaded(tmp_path):
    save_checkpoint(tmp_path / "x", TENSORS, {"name": "나"})
    tensors, description = load_checkpoint(tmp_path / "x")
    assert description == {"name": "나"}
    for name, array in TENSORS.items():
        assert (
            np.array_equal(tensors[name], array) and tensors[name].dtype == array.dtype
        )


def test_a_transposed_array_is_saved_as_it_looks(tmp_path):
    save_checkpoint(tmp_path / "x", {"a": TENSORS["a"].T}, {})
    assert np.array_equal(load_checkpoint(tmp_path / "x")[0]["a"], TENSORS["a"].T)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_a_model_comes_back_whole_and_translates_alike(tmp_path, cell, bidirectional):
    vocab = Vocab.from_texts(["abc"])
    model = Seq2Seq(
        vocab,
        vocab,
        4,
        6,
        2,
        cell,
        bidirectional,
        reverse_source=True,
        dropout=0.1,
        dtype="float64",
    )
    model.save(tmp_path / "m.safetensors")
    twin = Seq2Seq.load(tmp_path / "m.safetensors")
    assert twin.config == model.config
    assert (twin.source_vocab, twin.target_vocab) == (
        model.source_vocab,
        model.target_vocab,
    )
    assert twin.search(["abc", "b"], 3, max_length=9) == model.search(
        ["abc", "b"], 3, max_length=9
    )


def test_loading_replaces_the_seeded_parameters(tmp_path, model):
    model.params["generator"]["bias"] += 1
    model.save(tmp_path / "m")
    assert (Seq2Seq.load(tmp_path / "m").params["generator"]["bias"] == 1).all()


def test_saving_leaves_one_file_with_ordinary_permissions(tmp_path, model):
    model.save(tmp_path / "m")
    model.save(tmp_path / "m")
    assert os.listdir(tmp_path) == ["m"]
    plain = tmp_path / "plain"
    plain.touch()
    assert stat.S_IMODE((tmp_path / "m").stat().st_mode) == stat.S_IMODE(
        plain.stat().st_mode
    )


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_a_failure_while_saving_keeps_the_old_file_and_leaves_no_other(
    tmp_path, model, monkeypatch, broken
):
    model.save(tmp_path / "m")
    before = (tmp_path / "m").read_bytes()

    def disk_full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, broken, disk_full)
    model.params["generator"]["bias"] += 1
    with pytest.raises(OSError, match="No space left"):
        model.save(tmp_path / "m")
    assert os.listdir(tmp_path) == ["m"] and (tmp_path / "m").read_bytes() == before


def test_a_folder_that_is_not_there_is_named(tmp_path, model):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        model.save(tmp_path / "nowhere" / "m")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no checkpoint .*missing"):
        Seq2Seq.load(tmp_path / "missing")


def test_a_truncated_file_is_named_wherever_it_was_cut(tmp_path, model):
    model.save(tmp_path / "m")
    whole = (tmp_path / "m").read_bytes()
    for size in (0, 1, 7, 8, 100, len(whole) // 2, len(whole) - 1):
        (tmp_path / "m").write_bytes(whole[:size])
        with pytest.raises(CheckpointError, match="not a whole safetensors file"):
            Seq2Seq.load(tmp_path / "m")


def test_what_is_not_safetensors_is_named(tmp_path):
    (tmp_path / "m").write_text("hello, this is no checkpoint")
    with pytest.raises(CheckpointError, match="not a whole safetensors file"):
        Seq2Seq.load(tmp_path / "m")


def test_a_safetensors_file_of_another_kind_is_named(tmp_path):
    save_file(TENSORS, tmp_path / "m")
    with pytest.raises(CheckpointError, match="has format None"):
        Seq2Seq.load(tmp_path / "m")


def test_a_file_without_a_readable_description_is_named(tmp_path):
    save_file(
        TENSORS, tmp_path / "m", metadata={"format": "s2s_np 1", "description": "{"}
    )
    with pytest.raises(CheckpointError, match="does not say what model it holds"):
        Seq2Seq.load(tmp_path / "m")


def test_tensors_of_another_shape_than_the_description_says_are_named(tmp_path, model):
    model.save(tmp_path / "m")
    tensors, description = load_checkpoint(tmp_path / "m")
    description["config"]["hidden_size"] = 8
    save_checkpoint(tmp_path / "m", tensors, description)
    with pytest.raises(
        CheckpointError,
        match=r"encoder.rnn.weight_ih_l0 has shape \(24, 4\); this model's has \(32, 4\)",
    ):
        Seq2Seq.load(tmp_path / "m")


@pytest.mark.parametrize("dtype", ["complex64", "bool"])
def test_tensors_that_are_no_real_numbers_are_named(tmp_path, model, dtype):
    model.save(tmp_path / "m")
    tensors, description = load_checkpoint(tmp_path / "m")
    tensors["generator.bias"] = tensors["generator.bias"].astype(dtype)
    save_checkpoint(tmp_path / "m", tensors, description)
    with pytest.raises(CheckpointError, match=f"generator.bias is of type {dtype}"):
        Seq2Seq.load(tmp_path / "m")


@pytest.mark.parametrize(
    "change",
    [
        lambda description: description.pop("config"),
        lambda description: description["config"].update(cell="transformer"),
        lambda description: description["config"].update(surprise=1),
        lambda description: description["source_vocab"].update(tokens=["a"]),
        lambda description: description["target_vocab"].update(tokens=None),
    ],
)
def test_a_description_that_makes_no_model_is_named(tmp_path, model, change):
    model.save(tmp_path / "m")
    tensors, description = load_checkpoint(tmp_path / "m")
    change(description)
    save_checkpoint(tmp_path / "m", tensors, description)
    with pytest.raises(CheckpointError, match="does not hold a model of this package"):
        Seq2Seq.load(tmp_path / "m")


def test_the_description_is_readable_json(tmp_path, model):
    model.save(tmp_path / "m")
    header = (tmp_path / "m").read_bytes()
    size = int.from_bytes(header[:8], "little")
    metadata = json.loads(header[8 : 8 + size])["__metadata__"]
    assert json.loads(metadata["description"])["source_vocab"]["tokens"][4:] == [
        "간다",
        "나는",
    ]
