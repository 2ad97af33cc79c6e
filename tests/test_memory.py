"""Memory that is used again, and what must never happen: that two living arrays share it."""

import gc
import sys
import threading

import fake_cupy
import numpy as np
import pytest
from cases import CELLS, Case, run

from s2s_np import Batch, Seq2Seq, Vocab, memory


@pytest.fixture(autouse=True)
def empty_pool(monkeypatch):
    """A pool of its own for each test."""
    for name in ("_idle", "_held"):
        monkeypatch.setattr(memory, name, {})
    monkeypatch.setattr(memory, "_most", 0)


def address(array):
    return array.__array_interface__["data"][0]


def held():
    """Return the bytes that the pool owns: lent to arrays, and idle."""
    lent = sum(len(lease.storage) for lease in memory._held.values())
    return lent, sum(len(s) for each in memory._idle.values() for s in each)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
@pytest.mark.parametrize("shape", [(3,), (100, 1000), (2, 50, 700), (0, 4)])
def test_an_array_has_the_shape_and_type_asked_for_and_can_be_written(shape, dtype):
    array = memory.empty(np, shape, dtype)
    assert array.shape == shape
    assert array.dtype == dtype
    assert array.flags.c_contiguous and array.flags.writeable
    array[...] = 7
    assert (array == 7).all()
    assert not memory.zeros(np, shape, dtype).any()


def test_memory_is_used_again_once_nobody_holds_the_array():
    first = memory.empty(np, (100, 1000), np.float32)
    where = address(first)
    del first
    assert address(memory.empty(np, (1000, 101), np.float32)) == where


@pytest.mark.parametrize(
    "view",
    [
        lambda a: a[3:5],
        lambda a: a.T,
        lambda a: a.reshape(-1)[10:20],
        lambda a: np.broadcast_to(a, (2, *a.shape)),
        lambda a: a.view(np.int32),
        lambda a: memoryview(a),
        lambda a: {"deep": [a[0][1:][::2]]},
    ],
)
def test_memory_stays_with_every_view_of_the_array(view):
    array = memory.empty(np, (100, 1000), np.float32)
    kept, where = view(array), address(array)
    del array
    gc.collect()
    assert address(memory.empty(np, (100, 1000), np.float32)) != where
    del kept
    assert held()[0] == 0
    assert where in {
        address(memory.empty(np, (100, 1000), np.float32)) for _ in range(3)
    }


def test_arrays_that_live_together_never_overlap():
    rng = np.random.default_rng(0)
    living = []
    for _ in range(2000):
        if living and rng.random() < 0.5:
            array, mark = living.pop(rng.integers(len(living)))
            assert (array == mark).all()
        else:
            mark = rng.integers(1 << 30)
            array = memory.empty(np, (int(rng.integers(1, 30_000)),), np.int64)
            array[...] = mark
            living.append((array, mark))
    assert all((array == mark).all() for array, mark in living)


def test_threads_never_get_the_same_memory():
    wrong = []

    def work(mark):
        for _ in range(300):
            array = memory.empty(np, (10_000,), np.int64)
            array[...] = mark
            if not (array == mark).all():
                wrong.append(mark)

    threads = [threading.Thread(target=work, args=(mark,)) for mark in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_arrays_start_at_a_cache_line():
    arrays = [memory.empty(np, (n,), np.float32) for n in (9_000, 20_001, 333_333)]
    assert all(address(array) % memory.ALIGNMENT == 0 for array in arrays)


def test_what_is_idle_is_never_more_than_was_once_in_use():
    sizes = np.random.default_rng(1).integers(10_000, 2_000_000, 300)
    most = 0
    for size in sizes:
        pair = [memory.empty(np, (int(size),), np.uint8) for _ in range(2)]
        most = max(most, held()[0])
        assert sum(held()) <= 2 * most
        del pair


def test_idle_memory_can_be_given_back():
    memory.empty(np, (100_000,), np.float32)
    kept = memory.empty(np, (200_000,), np.float32)
    kept[...] = 3
    assert held()[1] > 0
    memory.release()
    assert held()[1] == 0
    assert (kept == 3).all()


def test_small_arrays_and_those_of_cupy_are_left_to_their_libraries():
    memory.empty(np, (10,), np.float32)
    array = memory.empty(fake_cupy, (100, 1000), np.float32)
    assert isinstance(array, fake_cupy.ndarray)
    assert held() == (0, 0)


def test_training_steps_of_one_shape_ask_for_no_new_memory():
    vocab = Vocab(["<pad>", "<bos>", "<eos>", "<unk>", *"abcdefgh"], "char")
    model = Seq2Seq(vocab, vocab, embedding_size=32, hidden_size=64)
    tokens, lengths = np.full((30, 40), 5), np.full(40, 30)
    batch = Batch(tokens, lengths, tokens, lengths)
    totals = []
    for _ in range(6):
        loss_and_grads = model.loss_and_grads(batch)
        totals.append(sum(held()))
    assert loss_and_grads
    assert totals[2:] == totals[2:3] * 4


@pytest.mark.parametrize("cell", CELLS)
def test_layers_rely_on_nothing_that_uninitialised_memory_holds(cell, monkeypatch):
    case = Case(T=9, B=7, E=20, H=40, lengths=(9, 1, 4, 9, 2, 7, 3))
    params, x, state_0 = case.inputs(cell)

    def everything():
        (output, state_n), backward = run(cell, params, x, state_0, case.lengths)
        dx, d_state_0, grads = backward(output, state_n)
        return [output, *state_n, dx, *d_state_0, *grads.values()]

    clean = everything()
    as_it_is = memory.empty

    def spoilt(xp, shape, dtype):
        array = as_it_is(xp, shape, dtype)
        array[...] = np.nan
        return array

    for name in CELLS:
        monkeypatch.setattr(sys.modules[f"s2s_np.{name}"], "empty", spoilt)
    for ours, theirs in zip(everything(), clean):
        assert np.array_equal(ours, theirs)
