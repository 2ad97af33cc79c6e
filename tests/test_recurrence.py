"""The kernels of the time loop: the same numbers as the array sweeps, whatever the order in which threads run."""

import re
from importlib.resources import files

import fake_cupy
import numpy as np
import pytest
from cases import CELLS, Case, assert_equal, leaves, recurrent_params, run
from conftest import emulate

import s2s_np
from s2s_np import gru, kernels, recurrence, to_host
from s2s_np.gru import gru_sweep
from s2s_np.kernels import plain_arrays
from s2s_np.lstm import lstm_sweep
from s2s_np.padding import Packing, check_lengths
from s2s_np.recurrence import device_sweep, make_plan
from s2s_np.rnn import rnn_sweep

SWEEPS = {"rnn": rnn_sweep, "gru": gru_sweep, "lstm": lstm_sweep}

H100 = {"multiprocessors": 132, "shared_limit": 232_448}
TOLERANCE = {"float64": 1e-12, "float32": 1e-5}
ORDERS = (0, 1, 2)  # of the threads: ascending, descending, shuffled
# One step and one unit; sequences that end one by one; several tiles of sequences, of units, of both.
SHAPES = {
    "smallest": (1, 1, 1, 1, None),
    "ragged": (4, 5, 3, 21, (1, 3, 4, 2, 4)),
    "many sequences": (3, 70, 3, 9, None),
    "many units": (2, 3, 2, 70, (2, 1, 1)),
    "many of both": (3, 67, 2, 70, tuple(1 + b % 3 for b in range(67))),
}


@pytest.fixture
def emulated(monkeypatch):
    return emulate(monkeypatch)


def inputs(cell, shape, dtype, backwards=False):
    """Return `weights, x, state_0, steps` of a sweep, and `d_output, d_state_n` of its backward pass."""
    T, B, E, H, lengths = shape
    rng = np.random.default_rng(0)
    steps = Packing(np, check_lengths(lengths, T, B), T).steps
    N, states = steps[-1].stop, CELLS[cell].states
    params = recurrent_params(rng, CELLS[cell].gates, E, H)
    x, d_output = rng.standard_normal((N, E)), rng.standard_normal((N, H))
    state_0, d_state_n = (
        tuple(rng.standard_normal((B, H)) for _ in states) for _ in range(2)
    )
    arrays = tuple(params.values()), x, state_0, d_output, d_state_n
    weights, x, state_0, d_output, d_state_n = as_type(arrays, dtype)
    steps = steps[::-1] if backwards else steps
    return weights, x, state_0, steps, d_output, d_state_n


def as_type(tree, dtype):
    if isinstance(tree, tuple):
        return tuple(as_type(branch, dtype) for branch in tree)
    return tree.astype(dtype)


def on_device(tree):
    if isinstance(tree, tuple):
        return tuple(map(on_device, tree))
    return fake_cupy.asarray(tree)


def in_arrays(cell, weights, x, state_0, steps, d_output, d_state_n):
    """Return all results and gradients of the cell's own sweep, on the host."""
    sweep = SWEEPS[cell]
    # a sweep overwrites the states that it is given
    results, backward = sweep(weights, x, tuple(s.copy() for s in state_0), steps)
    return results, backward(d_output, tuple(d.copy() for d in d_state_n))


def in_kernels(cell, weights, x, state_0, steps, d_output, d_state_n, order=0):
    """Return the same from the kernels, with the threads taking turns in the given order."""
    batch, hidden = state_0[0].shape
    sweep = device_sweep(fake_cupy, CELLS[cell].gates, batch, hidden, x.dtype)
    fake_cupy.order = order
    try:
        results, backward = sweep(
            on_device(weights), on_device(x), on_device(state_0), steps
        )
        found = results, backward(on_device(d_output), on_device(d_state_n))
    finally:
        fake_cupy.order = 0
    return [to_host(array) for array in leaves(found)]


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("cell", CELLS)
def test_one_launch_does_what_the_array_sweep_does(
    emulated, cell, dtype, shape, backwards
):
    given = inputs(cell, shape, dtype, backwards)
    expected = list(leaves(in_arrays(cell, *given)))
    found = in_kernels(cell, *given)
    assert len(found) == len(expected)
    for ours, theirs in zip(found, expected):
        assert ours.dtype == theirs.dtype and ours.shape == theirs.shape
        largest = max(1, np.abs(theirs).max())
        assert np.abs(ours - theirs).max() <= TOLERANCE[dtype] * largest


@pytest.mark.parametrize("shape", ["ragged", "many units", "many of both"])
@pytest.mark.parametrize("cell", CELLS)
def test_the_order_of_threads_changes_no_bit(emulated, cell, shape):
    given = inputs(cell, SHAPES[shape], "float32")
    first, *others = (in_kernels(cell, *given, order) for order in ORDERS)
    for other in others:
        assert_equal(first, other)


def test_blocks_of_full_size_do_the_same(emulated, monkeypatch):
    monkeypatch.setattr(recurrence, "WARPS", 8)
    given = inputs("gru", SHAPES["ragged"], "float64")
    for ours, theirs in zip(
        in_kernels("gru", *given), leaves(in_arrays("gru", *given))
    ):
        assert np.abs(ours - theirs).max() <= 1e-12 * max(1, np.abs(theirs).max())


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("cell", CELLS)
def test_on_tensor_cores_only_the_factors_are_rounded(
    emulated, monkeypatch, cell, shape
):
    monkeypatch.setenv("CUPY_TF32", "1")
    given = inputs(cell, shape, "float32")
    errors = []
    for ours, theirs in zip(in_kernels(cell, *given), leaves(in_arrays(cell, *given))):
        errors.append(np.abs(ours - theirs).max() / max(1, np.abs(theirs).max()))
    assert 1e-6 < max(errors) < 1e-2  # a factor is wrong by up to 2⁻¹¹, 5e-4


@pytest.mark.parametrize(
    ("dtype", "capability"), [("float64", 9), ("float32", 7), ("float32", 9)]
)
def test_tensor_cores_are_for_float32_and_for_cards_that_have_them(
    emulated, monkeypatch, dtype, capability
):
    monkeypatch.setenv("CUPY_TF32", "1")
    attributes = fake_cupy.Device().attributes | {"ComputeCapabilityMajor": capability}
    monkeypatch.setattr(fake_cupy.Device, "attributes", attributes)
    launch = device_sweep(fake_cupy, 3, 2, 3, np.dtype(dtype)).args[0]
    wanted = dtype == "float32" and capability >= 8
    assert f"-DTF32={int(wanted)}" in launch.forward.options


@pytest.mark.parametrize("cell", CELLS)
def test_blocks_whose_units_fill_no_tile_do_the_same(emulated, monkeypatch, cell):
    given = inputs(cell, SHAPES["many units"], "float64")
    gates = CELLS[cell].gates
    most = make_plan(gates, 70, 3, 8, 6, 10**6)
    for limit in range(
        max(most.shared), 0, -100
    ):  # until 13 units are the most that fit
        plan = make_plan(gates, 70, 3, 8, 6, limit)
        if plan.units == 13:
            break
    monkeypatch.setattr(fake_cupy, "SHARED_MEMORY", limit)
    for ours, theirs in zip(in_kernels(cell, *given), leaves(in_arrays(cell, *given))):
        assert np.abs(ours - theirs).max() <= 1e-12 * max(1, np.abs(theirs).max())


@pytest.mark.parametrize("cell", CELLS)
def test_backward_may_be_called_again(emulated, cell):
    params, x, state_0 = Case(T=3, B=4, lengths=(1, 3, 2, 3)).inputs(cell)
    params = {name: fake_cupy.asarray(array) for name, array in params.items()}
    (output, _), backward = run(cell, params, fake_cupy.asarray(x), on_device(state_0))
    d_output = fake_cupy.ones(output.shape)
    first, second = (list(leaves(backward(d_output))) for _ in range(2))
    assert_equal(*([to_host(a) for a in found] for found in (first, second)))


# What the tests above would miss if it were broken -------------------------------------------------------------


SOURCE = files(s2s_np).joinpath("recurrence.cu").read_text(encoding="utf-8")
BARRIERS = [
    found.span()
    for found in re.finditer(
        r"__sync(threads|warp)\(\);|(?<=\) )wait_for_group\(.*\);|\bwait_for_group\(arrived.*\);",
        SOURCE,
    )
]


@pytest.fixture
def repaired():
    yield
    kernels.kernel.cache_clear()


def broken(monkeypatch, source):
    """Let the stand-in compile `source` in the place of the kernels."""

    class BrokenModule(fake_cupy.RawModule):
        def __init__(self, *, code, **settings):
            assert code == SOURCE != source
            super().__init__(code=source, **settings)

    monkeypatch.setattr(fake_cupy, "RawModule", BrokenModule)
    kernels.kernel.cache_clear()


@pytest.mark.parametrize("barrier", range(len(BARRIERS)))
def test_any_missing_barrier_is_seen(emulated, repaired, monkeypatch, barrier):
    start, end = BARRIERS[barrier]
    broken(monkeypatch, f"{SOURCE[:start]};{SOURCE[end:]}")
    seen = 0
    for shape in ("many units", "many of both"):
        given = inputs("gru", SHAPES[shape], "float64")
        expected = list(leaves(in_arrays("gru", *given)))
        for order in ORDERS:
            try:
                found = in_kernels("gru", *given, order)
            except RuntimeError:  # all wait for ever: later barriers count too few
                seen += 1
            else:
                seen += not all(map(np.allclose, found, expected))
    assert seen, SOURCE[start:end]


def test_all_barriers_are_among_those_taken_away():
    assert len(BARRIERS) == 11


def test_waiting_for_ever_is_seen(emulated, repaired, monkeypatch):
    broken(monkeypatch, SOURCE.replace("nth * gridDim.x", "nth * gridDim.x + 1"))
    with pytest.raises(RuntimeError, match="forward: all threads wait for ever"):
        in_kernels("gru", *inputs("gru", SHAPES["smallest"], "float64"))


def test_writing_past_the_shared_memory_is_seen(emulated, monkeypatch):
    def too_little(*args):
        plan = make_plan(*args)
        return plan._replace(shared=tuple(size - 8 for size in plan.shared))

    monkeypatch.setattr(recurrence, "make_plan", too_little)
    with pytest.raises(RuntimeError, match="forward: it wrote past its shared memory"):
        in_kernels("gru", *inputs("gru", SHAPES["smallest"], "float64"))


# Plans ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gates", "hidden", "batch", "itemsize"),
    [(3, 512, 64, 4), (3, 512, 128, 4), (3, 1024, 128, 4), (4, 1024, 128, 4)]
    + [(1, 1, 1, 8), (3, 100, 7, 4), (3, 512, 300, 8)],
)
def test_a_plan_covers_all_units_and_fits_an_h100(gates, hidden, batch, itemsize):
    plan = make_plan(gates, hidden, batch, itemsize, **H100)
    parts, groups = plan.grid
    assert parts * groups <= 132 and max(plan.shared) <= 232_448
    assert (parts - 1) * plan.units < hidden <= parts * plan.units
    assert groups <= batch


def test_twelve_megabytes_of_weights_stay_in_an_h100():
    plan = make_plan(3, 1024, 128, 4, **H100)
    assert (plan.units, plan.grid) == (16, (64, 2))
    assert plan.grid[0] * plan.shared[0] >= 3 * 1024 * 1024 * 4


def test_twelve_megabytes_of_weights_stay_in_an_a100_too():
    plan = make_plan(3, 1024, 128, 4, multiprocessors=108, shared_limit=166_912)
    assert (plan.units, plan.grid) == (11, (94, 1))


@pytest.mark.parametrize(("hidden", "itemsize"), [(2048, 4), (1024, 8)])
def test_weights_too_large_for_the_card_have_no_plan(hidden, itemsize):
    assert make_plan(3, hidden, 64, itemsize, **H100) is None


def test_a_layer_too_large_for_the_card_runs_in_arrays(emulated, monkeypatch):
    monkeypatch.setattr(fake_cupy, "SHARED_MEMORY", 10_000)
    params, x, _ = Case().inputs("gru")
    on_card = {name: fake_cupy.asarray(array) for name, array in params.items()}
    assert device_sweep(fake_cupy, 3, *x.shape[1:], x.dtype) is None
    (output, _), _ = gru(on_card, fake_cupy.asarray(x))
    assert np.array_equal(output.get(), gru(params, x)[0][0])


@pytest.mark.parametrize(
    "missing", [{"CooperativeLaunch": 0}, {"ComputeCapabilityMajor": 6}]
)
def test_a_card_whose_blocks_cannot_wait_for_one_another_gets_arrays(
    emulated, monkeypatch, missing
):
    attributes = fake_cupy.Device().attributes | missing
    monkeypatch.setattr(fake_cupy.Device, "attributes", attributes)
    assert device_sweep(fake_cupy, 3, 2, 3, np.dtype("float32")) is None


def test_a_kernel_that_no_multiprocessor_can_hold_gets_arrays(emulated, monkeypatch):
    none = {"occupancyMaxActiveBlocksPerMultiprocessor": lambda *_: 0}
    monkeypatch.setattr(fake_cupy.cuda, "driver", type("driver", (), none))
    assert device_sweep(fake_cupy, 3, 2, 3, np.dtype("float32")) is None


def test_on_the_host_and_for_plain_arrays_there_is_no_device_sweep(emulated):
    assert device_sweep(np, 3, 2, 3, np.dtype("float32")) is None
    with plain_arrays():
        assert device_sweep(fake_cupy, 3, 2, 3, np.dtype("float32")) is None
    assert device_sweep(fake_cupy, 3, 2, 3, np.dtype("float32")) is not None
