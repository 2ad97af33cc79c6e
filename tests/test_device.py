"""Everything once more on CuPy: the same numbers as on NumPy, and no copy between host and device on the way."""

import sys
from types import SimpleNamespace

import fake_cupy
import numpy as np
import pytest
from cases import CELLS, Case, leaves, random_like, recurrent_params, run, step
from conftest import emulate

from s2s_np import (
    EOS,
    Adam,
    Frames,
    Seq2Seq,
    Vocab,
    clip,
    cross_entropy,
    dropout,
    embedding,
    generator,
    generator_loss,
    gru,
    kernels,
    make_batches,
    rnn,
    shift_right,
    to_host,
    token_log_probs,
)
from s2s_np.padding import reverse_within_lengths

VOCAB = Vocab.from_texts(["abcd"])
PAIRS = [("abc", "cb"), ("b", "a"), ("cdab", "bacd"), ("dd", "d")]


def to_cupy(cupy, tree):
    """Copy the arrays of nested dicts and tuples to the device; all else stays."""
    if isinstance(tree, dict):
        return {name: to_cupy(cupy, branch) for name, branch in tree.items()}
    if isinstance(tree, tuple):
        return tuple(to_cupy(cupy, branch) for branch in tree)
    return cupy.asarray(tree) if isinstance(tree, np.ndarray) else tree


def assert_same_on_cupy(cupy, program, *args):
    """Assert that `program(*args)` gives on the device what it gives on the host, as arrays of the device."""
    expected = list(leaves(program(*args)))
    results = list(leaves(program(*to_cupy(cupy, args))))
    assert len(results) == len(expected)
    for result, on_host in zip(results, expected):
        assert isinstance(result, cupy.ndarray)
        assert result.dtype == on_host.dtype
        compare(cupy, to_host(result), on_host)


def compare(cupy, given, expected):
    """The stand-in's arrays compute with NumPy, bit for bit; kernels and a GPU round in another order."""
    if cupy is fake_cupy and not kernels.usable(cupy):
        assert np.array_equal(given, expected)
    else:
        assert np.allclose(given, expected, rtol=1e-10, atol=1e-10)


# Layers ------------------------------------------------------------------------------------------------------


def test_embedding_on_cupy(cupy):
    rng = np.random.default_rng(0)

    def program(params, tokens, d_vectors):
        vectors, backward = embedding(params, tokens)
        return vectors, backward(d_vectors)

    assert_same_on_cupy(
        cupy,
        program,
        {"weight": rng.standard_normal((5, 3))},
        rng.integers(0, 5, (4, 2)),
        rng.standard_normal((4, 2, 3)),
    )


@pytest.mark.parametrize("rate", [0.0, 0.4])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dropout_on_cupy(cupy, rate, dtype):
    x = cupy.asarray(np.ones((50, 40), dtype))
    y, backward = dropout(x, rate, cupy.random.default_rng(0))
    again, _ = dropout(x, rate, cupy.random.default_rng(0))
    d_x = backward(x)
    assert isinstance(y, cupy.ndarray) and isinstance(d_x, cupy.ndarray)
    assert y.dtype == d_x.dtype == dtype
    assert bool((y == d_x).all()) and bool((y == again).all())
    assert abs(float((y == 0).sum()) / y.size - rate) < 0.05


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(
    "case",
    [
        Case(),
        Case(T=1, B=1, lengths=(1,)),
        Case(num_layers=2, directions=2, T=4, B=3, lengths=(2, 3, 1)),
    ],
)
def test_recurrent_layers_on_cupy(cupy, cell, case):
    params, x, state_0 = case.inputs(cell)

    def twice(rows):
        return 2 * rows, lambda d_rows: 2 * d_rows

    def program(params, x, state_0, d_output, d_state_n):
        results, backward = run(cell, params, x, state_0, case.lengths, twice)
        (without, _), _ = run(cell, params, x)
        return results, without, backward(d_output, d_state_n), backward()

    (output, state_n), _ = run(cell, params, x)
    d_output, *d_state_n = random_like((output, *state_n))
    assert_same_on_cupy(cupy, program, params, x, state_0, d_output, tuple(d_state_n))


@pytest.mark.parametrize("cell", CELLS)
def test_plain_cells_on_cupy(cupy, cell):
    params, x, state = Case().inputs(cell)
    state = tuple(part[0] for part in state)

    def program(params, x, state, d_state):
        state_next, backward = step(cell, params, x, state)
        return state_next, backward(d_state)

    assert_same_on_cupy(cupy, program, params, x[0], state, random_like(state))


def loss_inputs(seed=0):
    rng = np.random.default_rng(seed)
    params = {"weight": rng.standard_normal((5, 2)), "bias": rng.standard_normal(5)}
    return params, rng.standard_normal((4, 3, 2)), rng.integers(0, 5, (4, 3))


def test_generator_on_cupy(cupy):
    params, h, _ = loss_inputs()

    def program(params, h, d_log_probs):
        log_probs, backward = generator(params, h)
        return log_probs, backward(d_log_probs)

    d_log_probs = np.random.default_rng(1).standard_normal((4, 3, 5))
    assert_same_on_cupy(cupy, program, params, h, d_log_probs)


@pytest.mark.parametrize("label_smoothing", [0.0, 0.1])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("lengths", [None, [3, 1, 4]])
def test_losses_on_cupy(cupy, reduction, lengths, label_smoothing):
    def program(params, h, targets):
        log_probs, _ = generator(params, h)
        loss, backward = cross_entropy(
            log_probs, targets, lengths, reduction, label_smoothing
        )
        chunked, chunked_backward = generator_loss(
            params, h, targets, lengths, 2, reduction, label_smoothing
        )
        return (
            (loss, backward(0.5), backward(loss)),
            (chunked, chunked_backward(), chunked_backward(chunked)),
            token_log_probs(params, h, targets, lengths, 2),
        )

    assert_same_on_cupy(cupy, program, *loss_inputs())


def test_the_optimizer_on_cupy(cupy):
    rng = np.random.default_rng(0)
    params = {"a": {"w": rng.standard_normal((3, 4))}, "b": rng.standard_normal(5)}
    grads = {"a": {"w": rng.standard_normal((3, 4))}, "b": rng.standard_normal(5)}

    def program(params, grads):
        clip(grads, 0.5)
        Adam(params).step(params, grads, 0.1)
        return params, grads

    host = [to_host(array).copy() for array in leaves((params, grads))]
    on_cupy = to_cupy(cupy, (params, grads))
    program(params, grads)
    program(*on_cupy)
    for before, ours, theirs in zip(
        host, leaves((params, grads)), leaves(on_cupy), strict=True
    ):
        assert isinstance(theirs, cupy.ndarray)
        assert not np.array_equal(before, ours)
        compare(cupy, to_host(theirs), ours)


def test_turning_and_shifting_words_on_cupy(cupy):
    words = np.random.default_rng(0).integers(3, 9, (4, 3))

    def program(words):
        lengths = np.array([2, 4, 1])
        return reverse_within_lengths(words, lengths), shift_right(words, lengths)

    assert_same_on_cupy(cupy, program, words)


# The model ---------------------------------------------------------------------------------------------------


@pytest.fixture(params=[("gru", "initial"), ("lstm", "every_step"), ("rnn", "initial")])
def models(cupy, request):
    """One model twice, on the host and on the device."""
    cell, context = request.param
    settings = {
        "embedding_size": 3,
        "hidden_size": 4,
        "num_layers": 2,
        "cell": cell,
        "context": context,
        "bidirectional": True,
        "reverse_source": True,
        "dtype": "float64",
    }
    return tuple(Seq2Seq(VOCAB, VOCAB, **settings).to(d) for d in ("cpu", "cuda"))


def test_loss_and_gradients_of_the_model_on_cupy(cupy, models):
    (batch,) = make_batches(PAIRS, VOCAB, VOCAB, len(PAIRS))
    host, device = (
        (
            model.loss(batch),
            model.loss_and_grads(batch),
            model.loss_and_grads(batch, label_smoothing=0.1),
            model.loss_and_grads(batch, teacher_forcing=0.0),
        )
        for model in models
    )
    for ours, theirs in zip(leaves(host), leaves(device), strict=True):
        assert isinstance(theirs, cupy.ndarray)
        compare(cupy, to_host(theirs), ours)


def test_training_on_cupy(cupy, models):
    host, device = (
        model.fit(PAIRS, PAIRS, epochs=3, batch_size=2, progress=False)
        for model in models
    )
    for name in ("train_loss", "valid_loss", "step_loss", "grad_norm"):
        compare(cupy, device[name], host[name])
        assert all(type(value) is float for value in device[name])
    for ours, theirs in zip(leaves(models[0].params), leaves(models[1].params)):
        assert isinstance(theirs, cupy.ndarray)
        compare(cupy, to_host(theirs), ours)


def test_a_source_of_frames_on_cupy(cupy):
    rng = np.random.default_rng(0)
    pairs = [(rng.normal(size=(len(text), 3)), text) for _, text in PAIRS]
    sources = [source for source, _ in pairs]
    host, device = (
        Seq2Seq(
            Frames(3), VOCAB, hidden_size=4, reverse_source=True, dtype="float64"
        ).to(d)
        for d in ("cpu", "cuda")
    )
    for model in (host, device):
        model.fit(pairs, epochs=3, batch_size=2, progress=False)
    for ours, theirs in zip(leaves(host.params), leaves(device.params), strict=True):
        assert isinstance(theirs, cupy.ndarray)
        compare(cupy, to_host(theirs), ours)
    compare(cupy, to_host(device.encode(sources)), host.encode(sources))
    assert device.translate(sources, 1, 6) == host.translate(sources, 1, 6)


def test_training_with_dropout_on_cupy(cupy):
    model = Seq2Seq(
        VOCAB, VOCAB, embedding_size=8, hidden_size=8, num_layers=2, dropout=0.3
    ).to("cuda")
    history = model.fit(PAIRS, epochs=60, batch_size=2, progress=False)
    assert history["train_loss"][-1] < history["train_loss"][0]
    assert all(isinstance(array, cupy.ndarray) for array in leaves(model.params))
    assert {array.dtype.name for array in leaves(model.params)} == {"float32"}


@pytest.mark.parametrize("beam_size", [1, 3])
def test_translating_on_cupy(cupy, models, beam_size):
    texts = ["abc", "d", "dcba"]
    host, device = (
        model.search(texts, beam_size, max_length=6, length_penalty=0.5)
        for model in models
    )
    assert [[found.tokens for found in each] for each in device] == [
        [found.tokens for found in each] for each in host
    ]
    compare(
        cupy,
        [found.log_prob for each in device for found in each],
        [found.log_prob for each in host for found in each],
    )
    host, device = models
    assert device.translate(texts, beam_size, 6) == host.translate(texts, beam_size, 6)


def test_vectors_and_probabilities_of_texts_on_cupy(cupy, models):
    host, device = models
    vectors = device.encode(["abc", "d"])
    assert isinstance(vectors, cupy.ndarray)
    compare(cupy, to_host(vectors), host.encode(["abc", "d"]))
    compare(cupy, device.log_probs(PAIRS), host.log_probs(PAIRS))
    assert isinstance(device.log_probs(PAIRS), np.ndarray)


def test_a_model_is_saved_from_cupy_and_comes_back(cupy, models, tmp_path):
    pytest.importorskip("safetensors", reason="checkpoints need safetensors")
    host, device = models
    device.save(tmp_path / "model.safetensors")
    loaded = Seq2Seq.load(tmp_path / "model.safetensors")
    for name, array in host.state_dict().items():
        assert np.array_equal(loaded.state_dict()[name], array)
        assert np.array_equal(device.state_dict()[name], array)
    device.load_state_dict(host.state_dict())
    assert all(isinstance(array, cupy.ndarray) for array in leaves(device.params))
    device.to("cpu")
    assert all(isinstance(array, np.ndarray) for array in leaves(device.params))


# What waits for the device -----------------------------------------------------------------------------------


@pytest.fixture
def crossings(monkeypatch):
    """Counts of copies to and from the stand-in, with the package's kernels at work."""
    emulate(monkeypatch)
    fake_cupy.crossings.clear()
    return fake_cupy.crossings


@pytest.mark.parametrize("cell", CELLS)
def test_a_training_step_waits_for_nothing(crossings, cell):
    (batch,) = make_batches(PAIRS, VOCAB, VOCAB, len(PAIRS))
    settings = {"cell": cell, "dropout": 0.5, "num_layers": 2, "bidirectional": True}
    model = Seq2Seq(VOCAB, VOCAB, embedding_size=4, hidden_size=4, **settings).to(
        "cuda"
    )
    adam = Adam(model.params)
    crossings.clear()
    _, grads = model.loss_and_grads(batch)
    clip(grads, 1.0)
    adam.step(model.params, grads, 0.1)
    assert crossings["to host"] == 0


def test_a_training_step_copies_its_batch_and_a_few_indices_to_the_device(crossings):
    batches = list(make_batches(PAIRS, VOCAB, VOCAB, 2))
    model = Seq2Seq(VOCAB, VOCAB, embedding_size=4, hidden_size=4, num_layers=3)
    model.to("cuda").loss_and_grads(batches[0])
    crossings.clear()
    model.loss_and_grads(batches[0])
    # source, target; for each of encoder and decoder what packs the rows (3); the words' places; shifting
    assert crossings["to device"] <= 2 + 2 * 3 + 2


def test_fit_reads_once_a_step(crossings):
    model = Seq2Seq(VOCAB, VOCAB, embedding_size=4, hidden_size=4).to("cuda")
    crossings.clear()
    history = model.fit(PAIRS, epochs=3, batch_size=2, progress=False)
    assert crossings["to host"] == len(history["step_loss"]) == 6


@pytest.mark.parametrize("beam_size", [1, 3])
def test_search_reads_once_a_word(crossings, beam_size):
    model = Seq2Seq(VOCAB, VOCAB, embedding_size=4, hidden_size=4).to("cuda")
    crossings.clear()
    found = model.search(["abc", "d"], beam_size, max_length=7)
    longest = max(len(each.tokens) for hypotheses in found for each in hypotheses)
    assert 0 < crossings["to host"] <= longest


@pytest.mark.parametrize(
    ("name", "size"), [("source", len(VOCAB)), ("target", len(VOCAB))]
)
def test_a_word_outside_the_vocabulary_is_named_before_it_goes_to_the_device(
    cupy, name, size
):
    (batch,) = make_batches(PAIRS, VOCAB, VOCAB, len(PAIRS))
    getattr(batch, name)[0, 1] = size
    model = Seq2Seq(VOCAB, VOCAB, embedding_size=4, hidden_size=4).to("cuda")
    for call in (model.loss, model.loss_and_grads):
        with pytest.raises(IndexError, match=rf"{name}\[0, 1\] is {size}, outside"):
            call(batch)


def test_a_step_with_a_word_that_makes_no_sense_is_refused_on_the_device_too(cupy):
    model = Seq2Seq(VOCAB, VOCAB, embedding_size=4, hidden_size=4).to("cuda")
    state = model.start(cupy.asarray(np.array([[4]])), [1])
    with pytest.raises(ValueError, match="EOS ends a sentence"):
        model.step([EOS], state)
    with pytest.raises(IndexError, match=r"tokens\[0\] is -1"):
        model.step([-1], state)


def test_training_out_of_memory_names_the_size_to_change(monkeypatch):
    class OutOfMemoryError(MemoryError):
        """CuPy's, which is a MemoryError too."""

    def full(*_, **__):
        raise OutOfMemoryError("Out of memory allocating 1,024 bytes")

    model = Seq2Seq(VOCAB, VOCAB, embedding_size=4, hidden_size=4)
    monkeypatch.setattr(model, "loss_and_grads", full)
    expected = (
        r"of 4 pairs, up to \d and \d words long: take a smaller batch_size \(Out"
    )
    with pytest.raises(MemoryError, match=expected) as caught:
        model.fit(PAIRS, epochs=1, batch_size=4, progress=False)
    assert isinstance(caught.value.__cause__, OutOfMemoryError)


@pytest.mark.parametrize(
    ("installed", "error", "message"),
    [
        (None, ModuleNotFoundError, "pip install -r requirements-gpu.txt"),
        (
            SimpleNamespace(cuda=SimpleNamespace(is_available=lambda: False)),
            RuntimeError,
            "needs an NVIDIA GPU",
        ),
    ],
)
def test_a_model_that_cannot_move_says_why_and_stays_as_it_is(
    monkeypatch, installed, error, message
):
    monkeypatch.setitem(sys.modules, "cupy", installed)
    model = Seq2Seq(VOCAB, VOCAB, embedding_size=3, hidden_size=4)
    before = model.translate(["abc"], max_length=5)
    with pytest.raises(error, match=message):
        model.to("cuda")
    assert model.device == "cpu"
    assert model.translate(["abc"], max_length=5) == before


# Mixing ------------------------------------------------------------------------------------------------------


def mixtures(cupy):
    """Calls of layers with one argument on the wrong side."""
    params, h, targets = loss_inputs()
    on_cupy = to_cupy(cupy, (params, h, targets))
    tokens, x = np.array([[1]]), np.ones((1, 1, 2))
    cell = recurrent_params(np.random.default_rng(0), 3, 2, 3)
    cell_on_cupy, x_on_cupy = to_cupy(cupy, (cell, x))
    weight = {"weight": params["weight"]}
    return {
        "tokens on CuPy": lambda: embedding(weight, cupy.asarray(tokens)),
        "weight on CuPy": lambda: embedding(to_cupy(cupy, weight), tokens),
        "x on CuPy": lambda: gru(cell, x_on_cupy),
        "params on CuPy": lambda: gru(cell_on_cupy, x),
        "one parameter on CuPy": lambda: gru(
            cell | {"bias_hh_l0": cell_on_cupy["bias_hh_l0"]}, x
        ),
        "h0 on CuPy": lambda: gru(cell, x, cupy.zeros((1, 1, 3))),
        "h0 on NumPy": lambda: gru(cell_on_cupy, x_on_cupy, np.zeros((1, 1, 3))),
        "d_output on CuPy": lambda: gru(cell, x)[1](cupy.ones((1, 1, 3))),
        "d_output on NumPy": lambda: gru(cell_on_cupy, x_on_cupy)[1](
            np.ones((1, 1, 3))
        ),
        "d_h_n on CuPy": lambda: gru(cell, x)[1](None, cupy.ones((1, 1, 3))),
        "h on CuPy": lambda: generator(params, on_cupy[1]),
        "generator on CuPy": lambda: generator(on_cupy[0], h),
        "targets on CuPy": lambda: generator_loss(params, h, on_cupy[2]),
        "targets on NumPy": lambda: generator_loss(*on_cupy[:2], targets),
        "words on CuPy": lambda: token_log_probs(params, h, on_cupy[2]),
        "log_probs on CuPy": lambda: cross_entropy(generator(*on_cupy[:2])[0], targets),
        "rng on NumPy": lambda: dropout(x_on_cupy, 0.5, np.random.default_rng(0)),
        "rng on CuPy": lambda: dropout(x, 0.5, cupy.random.default_rng(0)),
    }


@pytest.mark.parametrize("what", mixtures(fake_cupy))
def test_arrays_of_both_libraries_in_one_call_are_refused_by_name(cupy, what):
    with pytest.raises(TypeError, match=r"NumPy.*CuPy|CuPy.*NumPy|different libraries"):
        mixtures(cupy)[what]()


def test_lengths_stay_on_the_host_beside_arrays_of_either_library(cupy):
    params, x, _ = Case().inputs("rnn")
    for lengths in ([3, 1], np.array([3, 1])):
        (output, _), _ = rnn(*to_cupy(cupy, (params, x)), lengths=lengths)
        compare(cupy, to_host(output), rnn(params, x, lengths=lengths)[0][0])


# The stand-in itself -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "unasked",
    [
        lambda d, h: d + h,
        lambda d, h: h + d,
        lambda d, h: d * h[0],
        lambda d, h: d @ h,
        lambda d, h: h @ d,
        lambda d, h: d == h,
        lambda d, h: d.__iadd__(h),
        lambda d, h: h.__iadd__(d),
        lambda d, h: d.__setitem__(0, h[0]),
        lambda d, h: h.__setitem__(0, d[0]),
        lambda d, h: d[np.array([0])],
        lambda d, h: d[[0]],
        lambda d, h: d[:, np.array([True, False])],
        lambda d, h: np.asarray(d),
        lambda d, h: np.array([d[0, 0]]),
        lambda d, h: np.exp(d),
        lambda d, h: np.add(d, 1),
        lambda d, h: np.sum(d),
        lambda d, h: np.concatenate([d, d]),
        lambda d, h: np.add.at(h, 0, d[0]),
        lambda d, h: fake_cupy.exp(h),
        lambda d, h: fake_cupy.exp([1.0]),
        lambda d, h: fake_cupy.exp(d, out=h),
        lambda d, h: fake_cupy.matmul(d, h),
        lambda d, h: fake_cupy.matmul(d, d, out=h),
        lambda d, h: fake_cupy.concatenate([d, h]),
        lambda d, h: fake_cupy.concatenate([[1.0], [2.0]]),
        lambda d, h: fake_cupy.argsort([2.0, 1.0]),
        lambda d, h: fake_cupy.where(h > 0, d, d),
        lambda d, h: fake_cupy.where([True, False], d, d),
        lambda d, h: fake_cupy.zeros(2, like=h),
        lambda d, h: fake_cupy.zeros_like(h),
        lambda d, h: fake_cupy.add.at(d, 0, h[0]),
        lambda d, h: fake_cupy.add.at(h, 0, d[0]),
        lambda d, h: fake_cupy.take_along_axis(d, h.astype(int), axis=0),
        lambda d, h: d.astype(int).__getitem__(h.astype(int)),
    ],
)
def test_the_stand_in_refuses_every_unasked_copy(unasked):
    host = np.ones((2, 2))
    device = fake_cupy.asarray(host)
    with pytest.raises(TypeError):
        unasked(device, host)


def test_the_stand_in_has_no_more_than_cupy_has_of_ufuncs_and_keywords():
    assert not hasattr(fake_cupy.add, "reduceat")
    assert not hasattr(fake_cupy.exp, "at")
    d = fake_cupy.ones(2)
    for call in (
        lambda: d.sum(where=d > 0),
        lambda: d.max(initial=3.0),
        lambda: fake_cupy.argpartition(d, 1, kind="introselect"),
        lambda: fake_cupy.exp(d, where=d > 0),
    ):
        with pytest.raises(TypeError, match="unexpected keyword argument"):
            call()


def test_the_stand_ins_product_does_not_overwrite_what_it_reads():
    a = fake_cupy.ones((2, 2))
    with pytest.raises(ValueError, match="matmul would overwrite"):
        fake_cupy.matmul(a, a, out=a)


def test_the_stand_ins_single_numbers_become_pythons_when_asked():
    d = fake_cupy.asarray(np.array([[3.0, 4.0]]))
    assert isinstance(d[0, 0], fake_cupy.ndarray)
    assert isinstance(d.sum(), fake_cupy.ndarray)
    assert float(d[0, 0]) == int(d[0, 0]) == d[0, 0].item() == 3
    assert bool((d > 2).all())
    assert [[float(value) for value in row] for row in d] == [[3.0, 4.0]]


def test_the_stand_ins_arrays_have_views_and_copies_where_cupys_have():
    host = np.zeros((2, 2))
    d = fake_cupy.asarray(host)
    d[0] += 1
    d[1:].T[...] = np.float64(2)
    fake_cupy.tanh(d[:1], out=d[:1])
    assert np.array_equal(d.get(), [[np.tanh(1)] * 2, [2, 2]])
    assert not host.any()
    d.get()[:] = 9
    assert float(d[1, 1]) == 2


def test_the_stand_ins_empty_arrays_hold_nothing_to_rely_on():
    assert np.isnan(fake_cupy.empty((2, 2)).get()).all()
    assert np.isnan(fake_cupy.empty_like(fake_cupy.zeros(3)).get()).all()
    assert fake_cupy.empty(3, int).get().all()


def test_the_stand_in_calls_itself_cupy():
    assert type(fake_cupy.zeros(1)).__module__ == fake_cupy.__name__ == "cupy"


def test_cupy_has_every_name_of_its_stand_in():
    cupy = pytest.importorskip(
        "cupy", reason="CuPy is not installed: pip install -r requirements-gpu.txt"
    )
    own = {"cuda", "random", "ndarray", "asarray", "asnumpy", "empty", "empty_like"}
    own |= {"RawModule", "RawKernel"}
    for stand_in, name in (
        (fake_cupy.RawKernel, "RawKernel"),
        (fake_cupy.RawModule, "RawModule"),
    ):
        public = {key for key in vars(stand_in) if not key.startswith("_")}
        assert public <= set(dir(getattr(cupy, name)))
    assert vars(fake_cupy.cuda).keys() <= set(dir(cupy.cuda))
    assert vars(fake_cupy.cuda.driver).keys() <= set(dir(cupy.cuda.driver))
    own |= {*fake_cupy.UFUNCS, *fake_cupy.FUNCTIONS, *fake_cupy.CREATIONS}
    assert own <= set(dir(cupy))
    language = {"__dict__", "__weakref__", "__module__", "_host"}
    assert set(vars(fake_cupy.ndarray)) - language <= set(dir(cupy.ndarray))
    assert all(hasattr(getattr(cupy, name), "at") for name in fake_cupy.SCATTERING)
    assert isinstance(cupy.exp, type(cupy.add))
