"""The whole model."""

import itertools
import subprocess
import sys
import warnings

import numpy as np
import pytest
from conftest import import_torch
from gradients import check_gradients

from s2s_np import EOS, PAD, Batch, Seq2Seq, Vocab, make_batches
from s2s_np.tree import flatten

VOCAB = Vocab.from_texts(["abcd"])
PAIRS = [("abc", "cb"), ("b", "a"), ("cdab", "bacd"), ("dd", "d")]
KINDS = list(
    itertools.product(["rnn", "gru", "lstm"], ["initial", "every_step"], [False, True])
)


def new_model(cell="gru", context="initial", bidirectional=False, **settings):
    settings = {
        "embedding_size": 3,
        "hidden_size": 4,
        "num_layers": 2,
        "dtype": "float64",
        "seed": 1,
    } | settings
    return Seq2Seq(
        VOCAB,
        VOCAB,
        cell=cell,
        context=context,
        bidirectional=bidirectional,
        **settings,
    )


def new_batch(pairs=PAIRS):
    (batch,) = make_batches(pairs, VOCAB, VOCAB, len(pairs))
    return batch


@pytest.mark.parametrize("reverse_source", [False, True])
@pytest.mark.parametrize(("cell", "context", "bidirectional"), KINDS)
def test_the_gradients_are_those_of_finite_differences(
    cell, context, bidirectional, reverse_source
):
    model, batch = (
        new_model(cell, context, bidirectional, reverse_source=reverse_source),
        new_batch(),
    )
    _, grads = model.loss_and_grads(batch)
    check_gradients(
        f"model, {cell}",
        lambda: model.loss(batch),
        flatten(model.params),
        flatten(grads),
    )


@pytest.mark.parametrize("context", ["initial", "every_step"])
def test_the_gradients_with_dropout_are_those_of_finite_differences_while_the_mask_is_held(
    context,
):
    model, batch = new_model(context=context, dropout=0.4), new_batch(PAIRS[:2])

    def loss():
        return model.loss_and_grads(batch, np.random.default_rng(7))[0]

    _, grads = model.loss_and_grads(batch, np.random.default_rng(7))
    check_gradients("model, dropout", loss, flatten(model.params), flatten(grads))


def test_the_gradients_with_label_smoothing_are_those_of_finite_differences():
    model, batch = new_model(context="every_step"), new_batch()

    def loss():
        return model.loss_and_grads(batch, label_smoothing=0.3)[0]

    _, grads = model.loss_and_grads(batch, label_smoothing=0.3)
    check_gradients("model, smoothed", loss, flatten(model.params), flatten(grads))


@pytest.mark.parametrize("label_smoothing", [-0.1, 1.0, float("nan")])
def test_a_label_smoothing_that_makes_no_sense_is_named(label_smoothing):
    message = f"label_smoothing is {label_smoothing}; expected at least 0 and below 1"
    with pytest.raises(ValueError, match=message):
        new_model().loss_and_grads(new_batch(), label_smoothing=label_smoothing)


def torch_twin(torch, model):
    """Build the model out of torch's modules, with the names of its state_dict."""
    config = model.config
    E, H, L = config["embedding_size"], config["hidden_size"], config["num_layers"]
    every_step = config["context"] == "every_step"
    kind = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}[
        config["cell"]
    ]
    directions = 2 if config["bidirectional"] else 1
    twin = torch.nn.ModuleDict({
        "encoder": torch.nn.ModuleDict({
            "embedding": torch.nn.Embedding(len(VOCAB), E),
            "rnn": kind(E, H // directions, L, bidirectional=config["bidirectional"]),
        }),
        "decoder": torch.nn.ModuleDict({
            "embedding": torch.nn.Embedding(len(VOCAB), E),
            "rnn": kind(E + H if every_step else E, H, L),
        }),
        "generator": torch.nn.Linear(E + 2 * H if every_step else H, len(VOCAB)),
    }).double()  # fmt: skip
    twin.load_state_dict(
        {name: torch.tensor(array) for name, array in model.state_dict().items()},
        strict=True,
    )
    return twin


def torch_loss(torch, twin, model, batch, label_smoothing=0.0):
    """Compute the batch's loss the way a PyTorch user would: packed sequences and an ignored index."""
    config = model.config
    pack = torch.nn.utils.rnn.pack_padded_sequence
    source = batch.source.copy()
    if config["reverse_source"]:
        for b, length in enumerate(batch.source_lengths):
            source[:length, b] = source[:length, b][::-1]
    vectors = twin["encoder"]["embedding"](torch.tensor(source))
    packed = pack(vectors, torch.tensor(batch.source_lengths), enforce_sorted=False)
    _, state = twin["encoder"]["rnn"](packed)
    if config["bidirectional"]:
        states = state if isinstance(state, tuple) else (state,)
        states = tuple(torch.cat([s[0::2], s[1::2]], dim=2) for s in states)
        state = states if isinstance(state, tuple) else states[0]
    inputs = np.concatenate([np.full_like(batch.target[:1], 1), batch.target[:-1]])
    vectors = twin["decoder"]["embedding"](torch.tensor(inputs))
    x, features = vectors, None
    if config["context"] == "every_step":
        context = (state[0] if isinstance(state, tuple) else state)[-1]
        context = context.expand(len(inputs), *context.shape)
        x = torch.cat([vectors, context], dim=2)
    state = (
        tuple(s.contiguous() for s in state)
        if isinstance(state, tuple)
        else state.contiguous()
    )
    output, _ = twin["decoder"]["rnn"](x, state)
    features = (
        torch.cat([vectors, output, context], dim=2)
        if config["context"] == "every_step"
        else output
    )
    scores = twin["generator"](features)
    targets = torch.tensor(np.where(batch.target == PAD, -100, batch.target))
    criterion = torch.nn.CrossEntropyLoss(
        ignore_index=-100, label_smoothing=label_smoothing
    )
    return criterion(scores.flatten(0, 1), targets.flatten())


@pytest.mark.parametrize("label_smoothing", [0.0, 0.1])
@pytest.mark.parametrize("reverse_source", [False, True])
@pytest.mark.parametrize(("cell", "context", "bidirectional"), KINDS)
def test_loss_and_gradients_are_those_of_pytorch(
    cell, context, bidirectional, reverse_source, label_smoothing
):
    torch = import_torch()
    model, batch = (
        new_model(cell, context, bidirectional, reverse_source=reverse_source),
        new_batch(),
    )
    twin = torch_twin(torch, model)
    expected = torch_loss(torch, twin, model, batch, label_smoothing)
    expected.backward()
    loss, grads = model.loss_and_grads(batch, label_smoothing=label_smoothing)
    assert abs(loss - expected.item()) < 1e-10
    for name, parameter in twin.named_parameters():
        assert np.abs(flatten(grads)[name] - parameter.grad.numpy()).max() < 1e-10, name


def test_the_state_dict_of_the_torch_twin_loads_back():
    torch = import_torch()
    model, other = (
        new_model("lstm", "every_step", True),
        new_model("lstm", "every_step", True, seed=2),
    )
    twin = torch_twin(torch, model)
    other.load_state_dict(
        {name: tensor.numpy() for name, tensor in twin.state_dict().items()}
    )
    assert other.loss(new_batch()) == model.loss(new_batch())


@pytest.mark.parametrize(("cell", "context", "bidirectional"), KINDS)
def test_any_number_of_padded_steps_changes_nothing(cell, context, bidirectional):
    model, batch = (
        new_model(cell, context, bidirectional, reverse_source=True),
        new_batch(),
    )
    longer = batch._replace(
        source=np.pad(batch.source, ((0, 3), (0, 0)), constant_values=PAD),
        target=np.pad(batch.target, ((0, 2), (0, 0)), constant_values=PAD),
    )
    (loss, grads), (loss_longer, grads_longer) = (
        model.loss_and_grads(batch),
        model.loss_and_grads(longer),
    )
    assert abs(loss - loss_longer) < 1e-14
    for name, g in flatten(grads).items():
        assert np.abs(g - flatten(grads_longer)[name]).max() < 1e-14, name
    (_, state), _ = model.encode_source(batch.source, batch.source_lengths)
    (_, state_longer), _ = model.encode_source(longer.source, longer.source_lengths)
    assert np.array_equal(np.array(state), np.array(state_longer))


@pytest.mark.parametrize(("cell", "context", "bidirectional"), KINDS)
def test_a_permuted_batch_gives_the_permuted_result(cell, context, bidirectional):
    model, batch = new_model(cell, context, bidirectional), new_batch()
    order = [2, 0, 3, 1]
    permuted = Batch(
        batch.source[:, order],
        batch.source_lengths[order],
        batch.target[:, order],
        batch.target_lengths[order],
    )
    assert np.allclose(
        model.token_log_probs(batch)[:, order],
        model.token_log_probs(permuted),
        rtol=0,
        atol=1e-14,
    )
    (loss, grads), (loss_permuted, grads_permuted) = (
        model.loss_and_grads(batch),
        model.loss_and_grads(permuted),
    )
    assert abs(loss - loss_permuted) < 1e-14
    for name, g in flatten(grads).items():
        assert np.abs(g - flatten(grads_permuted)[name]).max() < 1e-14, name


def test_the_gradients_have_the_tree_of_the_parameters():
    model = new_model("lstm", "every_step", True)
    _, grads = model.loss_and_grads(new_batch())
    assert {n: g.shape for n, g in flatten(grads).items()} == {
        n: p.shape for n, p in flatten(model.params).items()
    }
    assert list(flatten(model.params)) == list(model.state_dict())


def test_the_loss_without_dropout_is_that_of_loss_and_grads():
    model, batch = new_model(), new_batch()
    assert abs(model.loss(batch) - model.loss_and_grads(batch)[0]) < 1e-14


def test_log_probs_are_the_sums_of_the_words_log_probabilities():
    model, batch = new_model(), new_batch()
    by_text = dict(
        zip(
            sorted(PAIRS, key=lambda pair: len(pair[0])),
            model.token_log_probs(batch).sum(axis=0),
        )
    )
    assert np.allclose(
        model.log_probs(PAIRS), [by_text[pair] for pair in PAIRS], rtol=1e-13
    )


def test_the_vectors_of_texts_do_not_depend_on_their_company():
    model = new_model(bidirectional=True)
    texts = ["abcd", "a", "dcb", "bb"]
    vectors = model.encode(texts)
    assert vectors.shape == (4, 4)
    for text, vector in zip(texts, vectors):
        assert np.allclose(model.encode([text])[0], vector, rtol=0, atol=1e-15)


def test_more_texts_than_fit_side_by_side_keep_their_order():
    model = new_model(num_layers=1)
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list("abcd"), rng.integers(1, 6))) for _ in range(600)]
    assert np.allclose(
        model.encode(texts)[500], model.encode([texts[500]])[0], rtol=0, atol=1e-14
    )
    assert model.translate(texts, max_length=4)[500:502] == model.translate(
        texts[500:502], max_length=4
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_everything_comes_back_in_the_models_type(dtype):
    model, batch = (
        new_model(context="every_step", dtype=dtype, dropout=0.1),
        new_batch(),
    )
    loss, grads = model.loss_and_grads(batch)
    assert loss.dtype == dtype
    assert {g.dtype for g in flatten(grads).values()} == {np.dtype(dtype)}
    assert model.encode(["ab"]).dtype == dtype


def test_both_types_start_from_the_same_numbers():
    single, double = new_model(dtype="float32"), new_model(dtype="float64")
    for name, array in double.state_dict().items():
        assert np.array_equal(array.astype("float32"), single.state_dict()[name])


def test_the_untrained_model_is_about_as_good_as_guessing():
    model = Seq2Seq(VOCAB, VOCAB, 64, 128)
    assert abs(model.loss(new_batch()) - np.log(len(VOCAB))) < 0.2


def test_the_number_of_parameters_is_that_of_the_state_dict():
    model = new_model()
    assert model.num_parameters == sum(
        array.size for array in model.state_dict().values()
    )


def test_an_unknown_character_is_read_as_unk_and_said():
    model = new_model()
    with pytest.warns(
        UserWarning,
        match=r"texts\[1\] 'a年b': '年' not in the source vocabulary, read as UNK",
    ):
        model.translate(["ab", "a年b"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.translate(["ab"])


@pytest.mark.parametrize(
    ("texts", "error", "message"),
    [
        ([], ValueError, "texts is empty"),
        (["a", ""], ValueError, r"texts\[1\] is ''"),
        ("ab", TypeError, "texts is one string"),
        ([3], TypeError, "expected a string"),
    ],
)
@pytest.mark.parametrize("use", ["translate", "encode", "search"])
def test_texts_that_make_no_sense_are_named(use, texts, error, message):
    with pytest.raises(error, match=message):
        getattr(new_model(), use)(texts)


@pytest.mark.parametrize("settings", [{"beam_size": 0}, {"max_length": 0}])
def test_search_sizes_below_one_are_named(settings):
    with pytest.raises(ValueError, match="expected at least 1"):
        new_model().translate(["a"], **settings)


def test_eos_is_refused_as_an_input():
    model = new_model()
    with pytest.raises(ValueError, match="EOS ends a sentence"):
        model.step(np.array([EOS]), model.start(np.array([[4]])))


def test_word_ids_outside_the_vocabulary_are_named():
    batch = new_batch()
    batch.target[0, 1] = 8
    with pytest.raises(IndexError, match="is 8, outside the vocabulary of 8"):
        new_model().loss(batch)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hidden_size": 0}, "hidden_size is 0"),
        ({"num_layers": 1.5}, "num_layers is 1.5"),
        (
            {"cell": "transformer"},
            "cell is 'transformer'; expected one of rnn, gru, lstm",
        ),
        ({"context": "attention"}, "context is 'attention'"),
        ({"dtype": "float16"}, "dtype is 'float16'"),
        ({"dropout": 1.0}, "dropout is 1.0"),
        (
            {"hidden_size": 5, "bidirectional": True},
            "two directions need an even number",
        ),
    ],
)
def test_settings_that_make_no_sense_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        new_model(**settings)


def test_what_is_not_a_vocabulary_is_named():
    with pytest.raises(TypeError, match="target_vocab is a list"):
        Seq2Seq(VOCAB, ["a"])


def test_a_state_dict_that_does_not_fit_is_named_and_changes_nothing():
    model = new_model()
    before = model.state_dict()
    missing = {
        name: array for name, array in before.items() if name != "generator.bias"
    }
    misshapen = before | {"decoder.rnn.bias_hh_l1": np.zeros(7)}
    for given, message in [
        (missing, "generator.bias is missing"),
        (before | {"surprise": np.zeros(1)}, "surprise is not a parameter"),
        (
            misshapen,
            r"decoder.rnn.bias_hh_l1 has shape \(7,\); this model's has \(12,\)",
        ),
    ]:
        with pytest.raises(ValueError, match=message):
            model.load_state_dict({name: array + 1 for name, array in given.items()})
    assert all(
        np.array_equal(before[name], array)
        for name, array in model.state_dict().items()
    )


def test_the_state_dict_is_a_copy():
    model = new_model()
    model.state_dict()["generator.bias"] += 1
    assert not model.params["generator"]["bias"].any()


def test_importing_the_package_imports_numpy_alone():
    program = "import sys, numpy; before = set(sys.modules); import s2s_np; print(*set(sys.modules) - before)"
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    outside = {name.partition(".")[0] for name in result.stdout.split()} - set(
        sys.stdlib_module_names
    )
    assert outside == {"s2s_np"}
