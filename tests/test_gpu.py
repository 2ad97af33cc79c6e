"""On a GPU itself: the CPU's numbers in both types, flat memory, and errors that say what to change."""

import numpy as np
import pytest
from cases import CELLS, leaves
from conftest import import_cupy

from s2s_np import (
    Adam,
    Seq2Seq,
    Vocab,
    clip,
    generator_loss,
    kernels,
    make_batches,
    to_host,
)
from s2s_np.recurrence import device_sweep

pytestmark = pytest.mark.gpu
TOLERANCE = {"float64": 1e-10, "float32": 1e-4}
VOCAB = Vocab.from_texts(["abcdefghij"])


@pytest.fixture
def cupy(monkeypatch):
    return import_cupy()


def pairs(count, longest):
    rng = np.random.default_rng(0)

    def text():
        return "".join(rng.choice(list("abcdefghij"), rng.integers(1, longest + 1)))

    return [(text(), text()) for _ in range(count)]


@pytest.mark.parametrize("kernel", [True, False], ids=["kernels", "arrays"])
@pytest.mark.parametrize("context", ["initial", "every_step"])
@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("cell", CELLS)
def test_loss_norm_and_gradients_are_those_of_the_cpu(
    cupy, cell, dtype, context, kernel
):
    settings = {"embedding_size": 33, "hidden_size": 70, "num_layers": 2, "cell": cell}
    settings |= {"context": context, "bidirectional": True, "dtype": dtype}
    (batch,) = make_batches(pairs(75, 12), VOCAB, VOCAB, 75)
    found = []
    for device in ("cpu", "cuda"):
        model = Seq2Seq(VOCAB, VOCAB, **settings).to(device)

        def step(model):
            loss, grads = model.loss_and_grads(batch)
            norm = clip(grads, 0.1)
            return [float(loss), float(norm), *leaves(grads)]

        if kernel:
            found.append(step(model))
        else:
            with kernels.plain_arrays():
                found.append(step(model))
    for ours, theirs in zip(*found, strict=True):
        theirs = theirs if isinstance(theirs, float) else to_host(theirs)
        largest = max(1, np.abs(ours).max())
        assert np.abs(ours - theirs).max() <= TOLERANCE[dtype] * largest


@pytest.mark.parametrize("batch", [1, 64, 300])
@pytest.mark.parametrize("hidden", [64, 512, 1024])
@pytest.mark.parametrize("cell", CELLS)
def test_the_recurrence_at_full_size_is_that_of_the_arrays(cupy, cell, hidden, batch):
    gates = CELLS[cell].gates
    if device_sweep(cupy, gates, batch, hidden, np.dtype("float32")) is None:
        pytest.skip("the weights do not fit in this card's shared memory")
    rng = np.random.default_rng(0)
    shapes = {
        "weight_ih_l0": (gates * hidden, 40),
        "weight_hh_l0": (gates * hidden, hidden),
    }
    shapes |= {"bias_ih_l0": (gates * hidden,), "bias_hh_l0": (gates * hidden,)}
    params = {
        name: cupy.asarray(rng.uniform(-1, 1, shape).astype("float32") / hidden**0.5)
        for name, shape in shapes.items()
    }
    x = cupy.asarray(rng.standard_normal((7, batch, 40)).astype("float32"))
    lengths = rng.integers(1, 8, batch)

    def program():
        results, backward = CELLS[cell].layer(params, x, lengths=lengths)
        return [*leaves(results), *leaves(backward(results[0]))]

    ours = program()
    with kernels.plain_arrays():
        theirs = program()
    for one, other in zip(ours, theirs, strict=True):
        assert float(abs(one - other).max()) <= 1e-4 * max(1, float(abs(other).max()))


def test_two_runs_give_the_same_bits(cupy):
    losses = []
    for _ in range(2):
        model = Seq2Seq(VOCAB, VOCAB, hidden_size=64, dropout=0.1).to("cuda")
        history = model.fit(pairs(200, 9), epochs=2, batch_size=32, progress=False)
        losses.append(history["step_loss"])
    assert losses[0] == losses[1]


def test_a_thousand_steps_leave_the_memory_pool_as_large_as_a_hundred(cupy):
    pool = cupy.get_default_memory_pool()
    model = Seq2Seq(VOCAB, VOCAB, hidden_size=32, dropout=0.1).to("cuda")
    batches = list(make_batches(pairs(200, 9), VOCAB, VOCAB, 32))
    adam, sizes = Adam(model.params), []
    for step in range(1000):
        _, grads = model.loss_and_grads(batches[step % len(batches)])
        clip(grads, 1.0)
        adam.step(model.params, grads, 1e-3)
        sizes.append((pool.used_bytes(), pool.total_bytes()))
    assert max(used for used, _ in sizes[100:]) <= max(used for used, _ in sizes[:100])
    assert sizes[-1][1] == sizes[99][1]


def test_a_chunk_that_does_not_fit_names_the_size_to_change(cupy):
    pool = cupy.get_default_memory_pool()
    params = {"weight": cupy.zeros((50_000, 4)), "bias": cupy.zeros(50_000)}
    h, targets = cupy.zeros((400, 10, 4)), cupy.zeros((400, 10), int)
    before = pool.get_limit()
    pool.set_limit(size=pool.total_bytes() + 100_000_000)
    try:
        with pytest.raises(MemoryError, match="take a smaller chunk_size"):
            generator_loss(params, h, targets, chunk_size=4000)
        generator_loss(params, h, targets, chunk_size=100)
    finally:
        pool.set_limit(size=before)
