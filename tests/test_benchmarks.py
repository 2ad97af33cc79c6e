"""The benchmarks measure what they say: everyone does the same work, and the counts and clocks are right."""

import json
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
from account import (
    ELEMENTWISE,
    GATHER,
    LAYERS,
    LOSS,
    OPTIMIZER,
    PRODUCT,
    REST,
    ROWS,
    account,
    make_watched,
    watched_steps,
)
from conftest import import_torch
from contest import check_agreement, first_losses, ratios, steps_in_a_turn, take_turns
from flops import step_flops
from machine import describe, kernels, product_rate
from multi30k_lengths import FILE, draw_lengths
from ours import Ours
from peak_memory import measure
from problem import SIZES, Size, draw_batches, is_full, make_model
from report import keep, rounded
from timed_array import WATCH, TimedArray, all_arrays_timed

from s2s_np import EOS, PAD
from s2s_np.tree import leaves

# What the results of each benchmark hold, beside the command, the options and the machine.
CONTENT = {
    "training": {"pause_seconds", "sizes"},
    "account": {"sizes"},
    "decoding": {"words_a_sentence", "sizes"},
    "scaling": {"base", "curves", "memory_against_T"},
    "loss_memory": {
        "V",
        "H",
        "growth",
        "tokens",
        "matrix_product",
        "ms",
        "ratio",
        "ratio_quartiles",
    },
    "import_time": {"packages"},
    "page_weight": {"worst", "pages"},
}
FULL = Size(B=4, T=5, E=6, H=8, V=20)
RAGGED = Size(B=5, T=None, E=6, H=8, V=20, num_batches=2)
FOLDER = Path(__file__).parent.parent / "benchmarks/results"
FILES = sorted(path for name in CONTENT for path in FOLDER.glob(f"{name}-*.json"))
MIB = 2**20


@pytest.fixture(params=["PyTorch", "JAX"])
def peer(request):
    """The class of a contestant that s2s_np is compared with, where its library is installed."""
    if request.param == "PyTorch":
        import_torch()
        from peer_torch import PyTorch

        return PyTorch
    pytest.importorskip("jax", reason="JAX is not installed: make peers")
    from peer_jax import Jax

    return Jax


# The contestants do the same ------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [FULL, RAGGED], ids=["full", "ragged"])
def test_a_peers_losses_are_ours_over_the_first_steps(peer, size):
    batches = draw_batches(size)
    assert all(is_full(batch) == (size is FULL) for batch in batches)
    losses = {}
    for kind in (Ours, peer):
        contestant = kind(make_model(size))
        prepared = [contestant.prepare(batch) for batch in batches]
        losses[kind.name] = first_losses(contestant, prepared)
    check_agreement(losses)
    assert len(set(losses[Ours.name])) == 3  # the steps did change something


def test_a_contestant_with_other_losses_is_refused():
    check_agreement({"a": [1.0, 2.0], "b": [1.0, 2.00001]})
    with pytest.raises(RuntimeError, match="the losses differ"):
        check_agreement({"a": [1.0, 2.0], "b": [1.0, 2.0001]})


@pytest.mark.parametrize("size", [FULL, RAGGED], ids=["full", "ragged"])
@pytest.mark.parametrize("bias", [-1e4, 0.5], ids=["endless", "ending"])
def test_a_peers_greedy_search_finds_our_words(peer, size, bias):
    model, batch = make_model(size), draw_batches(size)[0]
    model.params["generator"]["bias"][EOS] = bias
    search = batch.source, batch.source_lengths, 7
    found = Ours(model).greedy(*search)
    assert any(EOS in words for words in found) == (bias > 0)
    assert peer(model).greedy(*search) == found


def test_pytorchs_beam_search_finds_our_words():
    import_torch()
    from peer_torch import PyTorch

    model, batch = make_model(RAGGED), draw_batches(RAGGED)[0]
    model.params["generator"]["bias"][EOS] = -1e4
    search = batch.source, batch.source_lengths, 7, 3
    assert PyTorch(model).beam(*search) == Ours(model).beam(*search)


# The batches ----------------------------------------------------------------------------------------------------


def test_the_lengths_are_those_of_multi30ks_training_pairs():
    counts = np.array(json.loads(FILE.read_text(encoding="utf-8"))["counts"])
    assert counts[:, 2].sum() == 29_000
    german, english = (counts[:, i] @ counts[:, 2] / 29_000 for i in (0, 1))
    assert 11 < german < 14 and 11 < english < 14


def test_drawn_lengths_follow_the_counts():
    counts = np.array(json.loads(FILE.read_text(encoding="utf-8"))["counts"])
    source, target = draw_lengths(np.random.default_rng(0), 20_000)
    for drawn, column, eos in ((source, 0, 0), (target, 1, 1)):
        mean = counts[:, column] @ counts[:, 2] / counts[:, 2].sum()
        assert abs(drawn.mean() - eos - mean) < 0.1


def test_a_ragged_batch_ends_with_eos_and_is_padded_to_its_longest_sentence():
    for batch in draw_batches(SIZES["R"]):
        assert len(batch.source) == batch.source_lengths.max()
        for words, length in zip(batch.target.T, batch.target_lengths):
            assert words[length - 1] == EOS
            assert EOS not in words[: length - 1]
            assert (words[length:] == PAD).all() and PAD not in words[:length]


# The counts and clocks ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [FULL, RAGGED], ids=["full", "ragged"])
def test_the_counted_arithmetic_is_that_of_the_equations_step_by_step(size):
    """PyTorch counts the products of a step that is written out word by word, sentence by sentence."""
    torch = import_torch()
    from torch.utils.flop_counter import FlopCounterMode

    def cell(x, h):
        a = x @ w_ih  # (1, 3H)
        u = torch.zeros_like(a) if h is None else h @ w_hh
        r, z = torch.sigmoid(a + u)[:, : 2 * H].split(H, dim=1)
        n = torch.tanh(a[:, 2 * H :] + r * u[:, 2 * H :])
        return (1 - z) * n + (0 if h is None else z * h)

    E, H, V = size.E, size.H, size.V
    for batch in draw_batches(size):
        shapes = (E, 3 * H), (H, 3 * H), (H, V)
        w_ih, w_hh, w = (torch.randn(shape, requires_grad=True) for shape in shapes)
        with FlopCounterMode(display=False) as counter:
            for source, target in zip(batch.source_lengths, batch.target_lengths):
                h, loss = None, 0
                for _ in range(source):
                    h = cell(torch.randn(1, E, requires_grad=True), h)
                for _ in range(target):
                    h = cell(torch.randn(1, E, requires_grad=True), h)
                    loss = loss + (h @ w).sum()
                loss.backward()
        assert counter.get_total_flops() == step_flops(batch, E, H, V)


def test_in_a_turn_a_function_is_called_once_untimed_and_then_timed():
    calls = []
    functions = {name: lambda name=name: calls.append(name) for name in "abc"}
    times = take_turns(functions, turns=4, steps={"a": 1, "b": 2, "c": 3}, pause=0)
    assert {name: taken.shape for name, taken in times.items()} == {
        "a": (4, 1),
        "b": (4, 2),
        "c": (4, 3),
    }
    assert [calls.count(name) for name in "abc"] == [8, 12, 16]
    rounds = ["".join(calls[i : i + 9]) for i in range(0, 36, 9)]
    assert all("aa" in r and "bbb" in r and "cccc" in r for r in rounds)
    assert len(set(rounds)) > 1  # the order changes


def test_a_turn_has_at_least_one_step_and_at_most_a_hundred():
    assert steps_in_a_turn({"fast": lambda: None}) == 100
    assert steps_in_a_turn({"fast": lambda: None}, seconds=0) == 1


def test_ratios_compare_the_turns_of_one_round():
    theirs = np.array([[1.0, 1.0, 9.0], [10.0, 10.0, 10.0], [2.0, 2.0, 2.0]])
    np.testing.assert_allclose(ratios(0.5 * theirs, theirs), 0.5)
    np.testing.assert_allclose(ratios(theirs, theirs[:, :1]), 1)


def test_the_rate_of_the_product_is_its_arithmetic_over_its_time():
    rate = product_rate(np.array([[0.1, 0.1], [0.1, 0.1]]))
    assert rate["gflops"] == 171.8 and rate["quiet"]
    assert not product_rate(np.array([[0.1, 0.2], [0.1, 0.2]]))["quiet"]


def test_the_exponent_of_a_power_is_found_in_the_upper_half():
    import_torch()
    from scaling import exponent

    sizes = [10, 18, 32, 56, 100]
    times = [5.0, 5.0, *(size**1.5 for size in sizes[2:])]
    assert exponent(sizes, times) == pytest.approx(1.5)


def hold(scale):
    """Return a function that holds scale × 30 MiB, then scale × 40 MiB, then nothing."""

    def function():
        np.ones(30 * scale * MIB, np.uint8)
        np.ones(40 * scale * MIB, np.uint8)

    return function


def test_peak_memory_is_what_a_call_holds_at_most():
    found = measure(hold, size=2, small=1)
    assert 79 < found["peak_mib"] < 84
    assert 80 <= found["numpy_mib"] < 81


# The account ----------------------------------------------------------------------------------------------------


@pytest.fixture
def watch():
    WATCH.seconds.clear()
    return WATCH


def kinds(watch):
    return {kind for _, kind in watch.seconds}


def test_a_timed_array_tells_products_from_element_wise_operations_and_gathers(watch):
    a = np.ones((3, 3)).view(TimedArray)
    for operation, kind in (
        (lambda: a @ np.ones((3, 3)), PRODUCT),
        (lambda: np.matmul(np.ones((3, 3)), a, out=np.empty((3, 3))), PRODUCT),
        (lambda: a + 1, ELEMENTWISE),
        (lambda: a.sum(axis=0), ELEMENTWISE),
        (lambda: a[np.array([2, 0])], GATHER),
        (lambda: np.add.at(a, np.array([1, 1]), 1.0), GATHER),
    ):
        watch.seconds.clear()
        operation()
        assert kinds(watch) == {kind}
    watch.seconds.clear()
    assert isinstance(a[1:], TimedArray) and not watch.seconds  # a view takes no time


def test_what_numpy_makes_in_a_watched_step_is_watched_too(watch):
    with all_arrays_timed():
        made = np.zeros(3), np.empty_like(np.ones(3)), np.ascontiguousarray(np.eye(3).T)
    assert all(isinstance(array, TimedArray) for array in made)
    assert not isinstance(np.zeros(3), TimedArray)


def test_a_function_and_its_backward_pass_count_as_their_phase(watch):
    a = np.ones(3).view(TimedArray)
    layer = watch.in_phase(LOSS, lambda: (a + 1, lambda: a * 2))
    _, backward = layer()
    assert set(watch.seconds) == {(LOSS, ELEMENTWISE)}
    watch.seconds.clear()
    backward()
    a + 1
    assert set(watch.seconds) == {(LOSS, ELEMENTWISE), (LAYERS, ELEMENTWISE)}


@pytest.mark.parametrize("size", [FULL, RAGGED], ids=["full", "ragged"])
def test_the_parts_of_a_step_are_its_whole_time(size):
    found = account(size, turns=1)
    parts = found["parts_ms"]
    assert sum(parts.values()) == pytest.approx(found["watched_step_ms"], rel=1e-3)
    assert all(ms > 0 for ms in parts.values())
    assert {phase for phase, _ in WATCH.seconds} == {LAYERS, LOSS, OPTIMIZER}


def test_a_watched_step_computes_what_an_unwatched_one_does():
    batches = draw_batches(RAGGED)
    watched, unwatched = make_watched(RAGGED), Ours(make_model(RAGGED))
    watched_steps(watched, batches, accounts=[])()
    for batch in batches:
        unwatched.step(batch)
    for (name, array), (_, expected) in zip(
        leaves(watched.model.params), leaves(unwatched.model.params), strict=True
    ):
        np.testing.assert_array_equal(np.asarray(array), expected, err_msg=name)


# The results ----------------------------------------------------------------------------------------------------


def test_results_are_kept_with_the_machine_under_the_name_of_its_kernels(tmp_path):
    options = Namespace(results=tmp_path, turns=3)
    keep("training", options, {"sizes": {}})
    content = json.loads((tmp_path / f"training-{kernels()}.json").read_text())
    assert content["options"] == {"turns": 3} and content["sizes"] == {}
    assert content["machine"]["versions"]["numpy"] == np.__version__


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_results_file_says_what_was_measured_and_where(path):
    name, _, kernels_used = path.stem.partition("-")
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content.keys() == {"command", "options", "machine"} | CONTENT[name]
    assert content["command"] == f"python benchmarks/{name}.py"
    assert content["machine"]["openblas"]["kernels"] == kernels_used
    assert {"date", "processor", "threads", "versions"} <= content["machine"].keys()


@pytest.mark.parametrize(
    "path", sorted(FOLDER.glob("training-*.json")), ids=lambda p: p.stem
)
def test_the_results_of_training_have_every_contestant_at_every_size(path):
    sizes = json.loads(path.read_text(encoding="utf-8"))["sizes"]
    assert list(sizes) == list(SIZES)
    for measured in sizes.values():
        ours, *others = measured["contestants"].values()
        assert len(others) == 3 and ours["step_ms"] > 0
        assert all("ratio" in found or "refused" in found for found in others)


@pytest.mark.parametrize(
    "path", sorted(FOLDER.glob("account-*.json")), ids=lambda p: p.stem
)
def test_the_results_of_the_account_have_every_part(path):
    for measured in json.loads(path.read_text(encoding="utf-8"))["sizes"].values():
        assert list(measured["parts_ms"]) == [*ROWS, REST]


def test_the_machine_is_described_by_name_and_number():
    found = describe()
    assert found["processor"] and found["cores"] >= found["threads"] >= 1
    assert 0 <= found["share_of_time_stolen"] <= 1


def test_numbers_are_rounded_to_significant_digits():
    assert rounded([123.456, 0.00123456], 3) == [123, 0.00123]
    assert rounded(np.array([1 / 3])) == [0.3333]
