"""What holds for all recurrent layers: their gradients, PyTorch, lengths, and bad input."""

import numpy as np
import pytest
from cases import (
    CELLS,
    Case,
    assert_close,
    assert_equal,
    cases,
    corners,
    frozen,
    inner,
    leaves,
    random_like,
    run,
    step,
)
from conftest import import_torch
from gradients import check_directions, check_gradients, check_parity
from hypothesis import given
from hypothesis import strategies as st

from s2s_np import dropout
from s2s_np.gru import gru_step
from s2s_np.lstm import lstm_step
from s2s_np.recurrent import blocks_of, init_recurrent, suffixes, weights_of
from s2s_np.rnn import rnn_step

DECODING_STEPS = {"rnn": rnn_step, "gru": gru_step, "lstm": lstm_step}
every_cell = pytest.mark.parametrize("cell", CELLS)
RAGGED = Case(num_layers=2, directions=2, T=5, B=4, E=3, H=2, lengths=(2, 4, 1, 4))


def drop_half(x):
    """Dropout that draws the same mask at every call."""
    return dropout(x, 0.5, np.random.default_rng(3))


def check_backward(what, cell, case, check, wanted="both", between=None):
    """Check every gradient of a random projection of the output, of the last state, or of both."""
    params, x, state_0 = case.inputs(cell)
    (output, state_n), backward = run(cell, params, x, state_0, case.lengths, between)
    d_output, *d_state_n = random_like((output, *state_n))
    d_output = d_output if wanted != "state" else None
    d_state_n = tuple(d_state_n) if wanted != "output" else None

    def loss():
        (output, state_n), _ = run(cell, params, x, state_0, case.lengths, between)
        return (inner((output,), (d_output,)) if d_output is not None else 0) + (
            inner(state_n, d_state_n) if d_state_n is not None else 0
        )

    dx, d_state_0, grads = backward(d_output, d_state_n)
    names = CELLS[cell].states
    arrays = {"x": x, **dict(zip(names, state_0)), **params}
    check(what, loss, arrays, {"x": dx, **dict(zip(names, d_state_0)), **grads})


# Gradients ---------------------------------------------------------------------------------------------------


@every_cell
@pytest.mark.parametrize("lengths", [None, (1, 3, 2)])
@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize("num_layers", [1, 2, 3])
def test_every_gradient_is_that_of_finite_differences(
    cell, num_layers, directions, lengths
):
    case = Case(num_layers, directions, T=4, B=3, E=2, H=2, lengths=lengths)
    check_backward(cell, cell, case, check_gradients)


@every_cell
@given(case=cases(), wanted=st.sampled_from(["output", "state", "both"]))
@corners(wanted="both")
def test_gradients_are_those_of_finite_differences_whatever_the_sizes(
    cell, case, wanted
):
    check_backward(cell, cell, case, check_directions, wanted)


@every_cell
@pytest.mark.parametrize("lengths", [None, (1, 3, 2)])
@pytest.mark.parametrize("num_layers", [1, 2, 3])
def test_gradients_with_dropout_between_layers_are_those_of_finite_differences(
    cell, num_layers, lengths
):
    case = Case(num_layers, 2, T=4, B=3, E=2, H=3, lengths=lengths)
    check_backward(f"{cell}, dropout", cell, case, check_directions, between=drop_half)


@every_cell
@pytest.mark.parametrize("size", [1, 3])
def test_the_plain_cells_gradients_are_those_of_finite_differences(cell, size):
    params, x, state = Case(T=1, B=size, E=size, H=size).inputs(cell)
    arrays = {"x": x[0], **{f"d{k}": part[0] for k, part in enumerate(state)}, **params}
    state = tuple(part[0] for part in state)
    state_next, backward = step(cell, params, x[0], state)
    d_state_next = random_like(state_next)

    def loss():
        return inner(step(cell, params, x[0], state)[0], d_state_next)

    dx, d_state, grads = backward(d_state_next)
    given = {"x": dx, **{f"d{k}": part for k, part in enumerate(d_state)}, **grads}
    check_gradients(f"{cell}_cell", loss, arrays, given)


# PyTorch -----------------------------------------------------------------------------------------------------


@every_cell
@given(case=cases(), wanted=st.sampled_from(["output", "state", "both"]))
@corners(wanted="both")
def test_values_and_gradients_are_those_of_pytorch(cell, case, wanted):
    torch = import_torch()
    params, x, state_0 = case.inputs(cell)
    (output, state_n), backward = run(cell, params, x, state_0, case.lengths)
    d_output, *d_state_n = random_like((output, *state_n))
    d_output = d_output if wanted != "state" else None
    d_state_n = tuple(d_state_n) if wanted != "output" else None
    dx, d_state_0, grads = backward(d_output, d_state_n)

    twin = getattr(torch.nn, CELLS[cell].torch_name)(
        case.E, case.H, case.num_layers, bidirectional=case.directions == 2
    ).double()
    twin.load_state_dict({n: torch.tensor(p) for n, p in params.items()}, strict=True)
    twin_x = torch.tensor(x, requires_grad=True)
    twin_0 = tuple(torch.tensor(part, requires_grad=True) for part in state_0)
    packed = twin_x
    if case.lengths is not None:
        packed = torch.nn.utils.rnn.pack_padded_sequence(
            twin_x, case.lengths, enforce_sorted=False
        )
    twin_output, twin_n = twin(packed, twin_0 if cell == "lstm" else twin_0[0])
    if case.lengths is not None:
        twin_output, _ = torch.nn.utils.rnn.pad_packed_sequence(
            twin_output, total_length=case.T
        )
    twin_n = twin_n if cell == "lstm" else (twin_n,)
    loss = 0.0
    if d_output is not None:
        loss = loss + inner((twin_output,), (torch.tensor(d_output),))
    if d_state_n is not None:
        loss = loss + inner(twin_n, map(torch.tensor, d_state_n))
    loss.backward()

    names = CELLS[cell].states
    last = [name.replace("0", "_n") for name in names]
    check_parity(
        cell,
        {"output": output, **dict(zip(last, state_n))}
        | {"dx": dx, **dict(zip(names, d_state_0))}
        | grads,
        {"output": twin_output, **dict(zip(last, twin_n)), "dx": twin_x.grad}
        | {name: part.grad for name, part in zip(names, twin_0)}
        | {name: p.grad for name, p in twin.named_parameters()},
    )


@every_cell
def test_the_plain_cells_values_and_gradients_are_those_of_pytorch(cell):
    torch = import_torch()
    params, x, state = Case(B=4, E=3, H=5).inputs(cell)
    x, state = x[0], tuple(part[0] for part in state)
    state_next, backward = step(cell, params, x, state)
    d_state_next = random_like(state_next)
    dx, d_state, grads = backward(d_state_next)

    twin = getattr(torch.nn, f"{CELLS[cell].torch_name}Cell")(3, 5).double()
    twin.load_state_dict(
        {name.removesuffix("_l0"): torch.tensor(p) for name, p in params.items()},
        strict=True,
    )
    twin_x = torch.tensor(x, requires_grad=True)
    twin_state = tuple(torch.tensor(part, requires_grad=True) for part in state)
    twin_next = twin(twin_x, twin_state if cell == "lstm" else twin_state[0])
    twin_next = twin_next if cell == "lstm" else (twin_next,)
    inner(twin_next, map(torch.tensor, d_state_next)).backward()

    check_parity(
        f"{cell}_cell",
        {"dx": dx, **dict(enumerate(state_next)), **grads}
        | {f"d{k}": part for k, part in enumerate(d_state)},
        {"dx": twin_x.grad, **dict(enumerate(twin_next))}
        | {f"{name}_l0": p.grad for name, p in twin.named_parameters()}
        | {f"d{k}": part.grad for k, part in enumerate(twin_state)},
    )


# Three ways to say the same ----------------------------------------------------------------------------------


@every_cell
@given(case=cases(max_layers=1, with_lengths=False))
def test_the_sequence_version_is_the_plain_cell_step_by_step(cell, case):
    case = case._replace(directions=1)
    params, x, state_0 = case.inputs(cell)
    (output, state_n), backward = run(cell, params, x, state_0)
    d_output, *d_state_n = random_like((output, *state_n))

    state, backwards = tuple(part[0] for part in state_0), []
    for t in range(case.T):
        state, step_backward = step(cell, params, x[t], state)
        backwards.append(step_backward)
        assert_close(output[t], state[0])
    assert_close(tuple(part[0] for part in state_n), state)

    d_state = tuple(part[0] for part in d_state_n)
    dx, grads = np.empty_like(x), {name: np.zeros_like(p) for name, p in params.items()}
    for t in reversed(range(case.T)):
        d_state = (d_state[0] + d_output[t], *d_state[1:])
        dx[t], d_state, step_grads = backwards[t](d_state)
        grads = {name: grads[name] + step_grads[name] for name in params}
    assert_close(
        backward(d_output, tuple(d_state_n)),
        (dx, tuple(part[None] for part in d_state), grads),
    )


@every_cell
@given(case=cases(max_layers=1, with_lengths=False))
def test_the_step_without_a_way_back_is_the_plain_cells(cell, case):
    params, x, state_0 = frozen(case._replace(directions=1).inputs(cell))
    state = tuple(part[0] for part in state_0)
    expected, _ = step(cell, params, x[0], state)
    assert_close(DECODING_STEPS[cell](weights_of(params, "l0"), x[0], state), expected)


@every_cell
def test_a_step_of_saturated_gates_neither_overflows_nor_warns(cell):
    params, x, state_0 = Case().inputs(cell)
    x = np.float32([[1e4, -1e4]])
    params = {name: p.astype(np.float32) for name, p in params.items()}
    state = tuple(part[0, :1].astype(np.float32) for part in state_0)
    for part in DECODING_STEPS[cell](weights_of(params, "l0"), x, state):
        assert part.dtype == np.float32
        assert np.isfinite(part).all()


@every_cell
def test_layers_and_directions_are_plain_cells_stacked_and_joined(cell):
    case = Case(num_layers=3, directions=2, T=4)
    params, x, state_0 = case.inputs(cell)
    (output, state_n), _ = run(cell, params, x, state_0)
    below = x
    for l in range(case.num_layers):
        halves = np.empty((2, case.T, case.B, case.H))
        for direction, layer in enumerate((f"l{l}", f"l{l}_reverse")):
            k = 2 * l + direction
            state = tuple(part[k] for part in state_0)
            for t in reversed(range(case.T)) if direction else range(case.T):
                state, _ = step(cell, params, below[t], state, layer)
                halves[direction, t] = state[0]
            assert_close(tuple(part[k] for part in state_n), state)
        below = np.concatenate(halves, axis=2)
    assert_close(output, below)


@every_cell
def test_a_plain_cell_of_any_layer_names_its_gradients_after_its_parameters(cell):
    params, x, state_0 = Case(num_layers=2, directions=2, E=6).inputs(cell)
    for k, layer in enumerate(("l0", "l0_reverse", "l1", "l1_reverse")):
        state = tuple(part[k] for part in state_0)
        _, backward = step(cell, params, x[0], state, layer)
        dx, _, grads = backward(state)
        own = {name: p for name, p in params.items() if name.endswith(f"_{layer}")}
        assert {n: g.shape for n, g in grads.items()} == {
            n: p.shape for n, p in own.items()
        }
        renamed = {n.replace(f"_{layer}", "_l0"): p for n, p in own.items()}
        _, renamed_backward = step(cell, renamed, x[0], state)
        assert_equal((dx, list(grads.values())), renamed_backward(state)[::2])


@every_cell
@pytest.mark.parametrize("lengths", [None, RAGGED.lengths])
def test_where_no_gradient_arrives_all_gradients_are_zero(cell, lengths):
    params, x, state_0 = RAGGED.inputs(cell)
    _, backward = run(cell, params, x, state_0, lengths, drop_half)
    assert not any(gradient.any() for gradient in leaves(backward()))


@every_cell
@given(case=cases(with_lengths=False), cut=st.integers(1, 3))
def test_the_whole_sequence_is_its_two_parts_with_the_state_carried_over(
    cell, case, cut
):
    case = case._replace(directions=1, T=4)
    params, x, state_0 = case.inputs(cell)
    (output, state_n), backward = run(cell, params, x, state_0)
    d_output, *d_state_n = random_like((output, *state_n))

    (first, state), first_backward = run(cell, params, x[:cut], state_0)
    (second, state), second_backward = run(cell, params, x[cut:], state)
    assert_close((output, state_n), (np.concatenate([first, second]), state))

    dx_2, d_state, grads_2 = second_backward(d_output[cut:], tuple(d_state_n))
    dx_1, d_state, grads_1 = first_backward(d_output[:cut], d_state)
    grads = {name: grads_1[name] + grads_2[name] for name in params}
    assert_close(
        backward(d_output, tuple(d_state_n)),
        (np.concatenate([dx_1, dx_2]), d_state, grads),
    )


@every_cell
@given(case=cases(with_lengths=True))
@corners()
def test_a_padded_batch_is_its_sequences_run_one_by_one(cell, case):
    lengths = case.lengths or (case.T,) * case.B
    params, x, state_0 = case.inputs(cell)
    (output, state_n), backward = run(cell, params, x, state_0, lengths)
    d_output, *d_state_n = random_like((output, *state_n))
    dx, d_state_0, grads = backward(d_output, tuple(d_state_n))

    sums = {name: np.zeros_like(p) for name, p in params.items()}
    for b, length in enumerate(lengths):
        own = slice(b, b + 1)
        (alone, alone_n), alone_backward = run(
            cell, params, x[:length, own], tuple(part[:, own] for part in state_0)
        )
        assert_close(output[:length, own], alone)
        assert not output[length:, own].any()
        assert_close(tuple(part[:, own] for part in state_n), alone_n)
        alone_dx, alone_d_state_0, alone_grads = alone_backward(
            d_output[:length, own], tuple(part[:, own] for part in d_state_n)
        )
        assert_close(dx[:length, own], alone_dx)
        assert not dx[length:, own].any()
        assert_close(tuple(part[:, own] for part in d_state_0), alone_d_state_0)
        sums = {name: sums[name] + alone_grads[name] for name in params}
    assert_close(grads, sums)


@every_cell
def test_the_backward_direction_is_the_forward_one_on_the_reversed_sequence(cell):
    params, x, state_0 = Case(directions=2, T=4).inputs(cell)
    (output, state_n), _ = run(cell, params, x, state_0)
    reverse = {
        name.removesuffix("_reverse"): p
        for name, p in params.items()
        if name.endswith("_reverse")
    }
    (mirrored, last), _ = run(
        cell, reverse, x[::-1], tuple(part[1:] for part in state_0)
    )
    assert_close(output[:, :, 3:], mirrored[::-1])
    assert_close(tuple(part[1:] for part in state_n), last)


@every_cell
def test_no_state_is_a_state_of_zeros(cell):
    params, x, state_0 = RAGGED.inputs(cell)
    zeros = tuple(np.zeros_like(part) for part in state_0)
    given, backward = run(cell, params, x, None, RAGGED.lengths)
    expected, expected_backward = run(cell, params, x, zeros, RAGGED.lengths)
    assert_equal(given, expected)
    d_output = random_like((given[0],))[0]
    assert_equal(backward(d_output), expected_backward(d_output, zeros))
    assert_equal(
        backward(None, state_0), expected_backward(np.zeros_like(d_output), state_0)
    )


# Laws --------------------------------------------------------------------------------------------------------


@every_cell
@pytest.mark.parametrize("content", [0.0, 1e300, np.nan, np.inf])
@given(case=cases(with_lengths=True), extra=st.integers(0, 3))
def test_padding_of_any_content_and_number_changes_nothing(cell, content, case, extra):
    params, x, state_0 = case.inputs(cell)
    (output, state_n), backward = run(cell, params, x, state_0, case.lengths)
    d_output, *d_state_n = random_like((output, *state_n))
    dx, *rest = backward(d_output, tuple(d_state_n))

    def padded(array, value):
        array = np.pad(array, ((0, extra), (0, 0), (0, 0)))
        array[np.arange(case.T + extra)[:, None] >= np.array(case.lengths)] = value
        return array

    (longer, longer_n), longer_backward = run(
        cell, params, padded(x, content), state_0, case.lengths
    )
    assert_equal((longer, longer_n), (padded(output, 0), state_n))
    longer_dx, *longer_rest = longer_backward(
        padded(d_output, content), tuple(d_state_n)
    )
    assert_equal((longer_dx, longer_rest), (padded(dx, 0), rest))


@every_cell
@given(case=cases(), order=st.permutations(range(4)))
def test_a_permuted_batch_gives_the_permuted_result(cell, case, order):
    order = [b for b in order if b < case.B]
    params, x, state_0 = case.inputs(cell)
    (output, state_n), backward = run(cell, params, x, state_0, case.lengths)
    d_output, *d_state_n = random_like((output, *state_n))
    dx, d_state_0, grads = backward(d_output, tuple(d_state_n))

    def permuted(*arrays):
        return tuple(array[:, order] for array in arrays)

    lengths = case.lengths and [case.lengths[b] for b in order]
    given, given_backward = run(cell, params, *permuted(x), permuted(*state_0), lengths)
    assert_close(given, (*permuted(output), permuted(*state_n)))
    assert_close(
        given_backward(*permuted(d_output), permuted(*d_state_n)),
        (*permuted(dx), permuted(*d_state_0), grads),
    )


@every_cell
def test_lengths_may_be_a_list_or_an_array_of_any_integers(cell):
    params, x, state_0 = RAGGED.inputs(cell)
    expected, _ = run(cell, params, x, state_0, RAGGED.lengths)
    for lengths in (
        list(RAGGED.lengths),
        np.array(RAGGED.lengths, np.int32),
        np.array(RAGGED.lengths, np.uint8),
    ):
        assert_equal(run(cell, params, x, state_0, lengths)[0], expected)


@every_cell
def test_padded_steps_are_not_even_seen_by_the_layers_above(cell):
    params, x, _ = RAGGED.inputs(cell)
    seen = []

    def between(rows):
        seen.append(rows.shape)
        return rows, lambda d_rows: d_rows

    run(cell, params, x, None, RAGGED.lengths, between)
    assert seen == [(sum(RAGGED.lengths), 2 * RAGGED.H)]


@every_cell
def test_what_stands_between_layers_stands_there_only(cell):
    params, x, state_0 = Case(num_layers=3).inputs(cell)
    calls = []

    def erase(rows):
        calls.append(rows.shape)
        return 0 * rows, lambda d_rows: 0 * d_rows

    (output, _), backward = run(cell, params, x, state_0, between=erase)
    assert len(calls) == 2
    assert output.any()
    dx, _, grads = backward(*random_like((output,)))
    assert not dx.any()
    assert not grads["weight_ih_l0"].any()
    assert not grads["weight_ih_l2"].any()
    assert grads["weight_hh_l2"].any()


@every_cell
@pytest.mark.parametrize("lengths", [None, RAGGED.lengths])
def test_backward_may_be_called_again_and_nothing_given_is_changed(cell, lengths):
    params, x, state_0 = frozen(RAGGED.inputs(cell))
    (output, state_n), backward = run(cell, params, x, state_0, lengths)
    d_output, *d_state_n = frozen(random_like((output, *state_n)))
    output.setflags(write=False)
    first = backward(d_output, tuple(d_state_n))
    assert_equal(first, backward(d_output, tuple(d_state_n)))
    half = backward(d_output / 2, tuple(part / 2 for part in d_state_n))
    assert_close([2 * array for array in leaves(half)], list(leaves(first)))


@every_cell
@pytest.mark.parametrize("lengths", [None, RAGGED.lengths])
def test_no_gradient_shares_memory_with_another_or_with_what_was_given(cell, lengths):
    params, x, state_0 = RAGGED.inputs(cell)
    (output, state_n), backward = run(cell, params, x, state_0, lengths)
    d_output, *d_state_n = random_like((output, *state_n))
    given = list(leaves((params, x, state_0, output, state_n, d_output, d_state_n)))
    results = list(leaves(backward(d_output, tuple(d_state_n))))
    for k, array in enumerate(results):
        for other in given + results[:k]:
            assert not np.shares_memory(array, other)


@every_cell
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("lengths", [None, RAGGED.lengths])
@pytest.mark.parametrize("between", [None, drop_half])
def test_results_have_the_type_of_the_input(cell, dtype, lengths, between):
    params, x, state_0 = RAGGED.inputs(cell)
    params = {name: p.astype(dtype) for name, p in params.items()}
    x, *state_0 = (array.astype(dtype) for array in (x, *state_0))
    for state in (None, tuple(state_0)):
        results, backward = run(cell, params, x, state, lengths, between)
        d_state = tuple(state_0)
        for tree in (results, backward(results[0], d_state), backward(None, None)):
            assert {array.dtype for array in leaves(tree)} == {np.dtype(dtype)}


@every_cell
def test_the_gradients_have_the_tree_of_the_parameters(cell):
    params, x, _ = RAGGED.inputs(cell)
    shuffled = dict(sorted(params.items(), reverse=True))
    _, backward = run(cell, shuffled, x)
    _, _, grads = backward()
    assert list(grads) == list(shuffled)
    assert [g.shape for g in grads.values()] == [p.shape for p in shuffled.values()]


@every_cell
def test_saturated_gates_neither_overflow_nor_leave_their_range(cell):
    params, x, _ = RAGGED.inputs(cell)
    (output, state_n), backward = run(
        cell, {name: 1e4 * p for name, p in params.items()}, x, None, RAGGED.lengths
    )
    assert np.abs(output).max() <= 1
    assert all(np.isfinite(g).all() for g in leaves(backward(output, state_n)))


# Bad input ---------------------------------------------------------------------------------------------------


@every_cell
@pytest.mark.parametrize(
    ("lengths", "error", "message"),
    [
        ([2, 6], ValueError, r"lengths\[1\] is 6, but x has only 3 time steps"),
        ([0, 3], ValueError, r"lengths\[0\] is 0"),
        ([-1, 3], ValueError, r"lengths\[0\] is -1"),
        ([3], ValueError, r"lengths has shape \(1,\); expected \(2,\)"),
        ([3, 3, 3], ValueError, r"lengths has shape \(3,\); expected \(2,\)"),
        ([[3, 3]], ValueError, r"lengths has shape \(1, 2\)"),
        ([2.0, 3.0], TypeError, "lengths are of type float64; expected integers"),
        (np.array([True, True]), TypeError, "lengths are of type bool"),
        (3, TypeError, "lengths is a int"),
    ],
)
def test_lengths_that_make_no_sense_are_named(cell, lengths, error, message):
    params, x, _ = Case().inputs(cell)
    with pytest.raises(error, match=message):
        run(cell, params, x, None, lengths)


@every_cell
@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (np.ones((3, 2)), ValueError, r"x has shape \(3, 2\); expected"),
        (np.ones((3, 2, 5)), ValueError, r"weight_ih_l0 has shape \(\d+, 2\)"),
        (np.ones((0, 2, 2)), ValueError, r"x has shape \(0, 2, 2\): there is nothing"),
        (np.ones((3, 0, 2)), ValueError, r"x has shape \(3, 0, 2\): there is nothing"),
        (np.ones((3, 2, 2), int), TypeError, "x is of type int64; expected float32"),
        (np.ones((3, 2, 2), np.float16), TypeError, "x is of type float16"),
        (np.ones((3, 2, 2), np.float32), TypeError, "x is float32, but weight_ih_l0"),
        ([[[1.0, 1.0]]], TypeError, "x is a list; expected a NumPy or CuPy array"),
    ],
)
def test_inputs_that_make_no_sense_are_named(cell, x, error, message):
    params, _, _ = Case().inputs(cell)
    with pytest.raises(error, match=message):
        run(cell, params, x)


@every_cell
@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"bias_hh_l0": None}, ValueError, "parameter bias_hh_l0 is missing; given:"),
        ({"weight_hh_l1": None}, ValueError, "parameter weight_hh_l1 is missing"),
        (
            {"bias_ih_l1_reverse": None},
            ValueError,
            "parameter bias_ih_l1_reverse is missing",
        ),
        ({"weight": np.ones(1)}, ValueError, "parameter weight is unknown; expected:"),
        (
            {"weight_ih_l3": np.ones((1, 1))},
            ValueError,
            "parameter (weight_hh_l2|bias_hh_l2|weight_ih_l2) ",
        ),
        (
            {"weight_ih_l1": np.ones((3, 2))},
            ValueError,
            r"weight_ih_l1 has shape \(3, 2\); expected \(\d+, 6\)",
        ),
        (
            {"weight_hh_l1_reverse": np.ones((5, 3))},
            ValueError,
            r"weight_hh_l1_reverse has shape \(5, 3\)",
        ),
        ({"bias_ih_l0": np.ones(7)}, ValueError, r"bias_ih_l0 has shape \(7,\)"),
        ({"weight_hh_l0": np.ones(7)}, ValueError, r"weight_hh_l0 has shape \(7,\)"),
        ({"bias_ih_l0": [1.0]}, TypeError, "bias_ih_l0 is a list; expected"),
    ],
)
def test_parameters_that_do_not_fit_are_named(cell, changes, error, message):
    case = Case(num_layers=2, directions=2)
    params, x, _ = case.inputs(cell)
    params = {n: p for n, p in (params | changes).items() if p is not None}
    with pytest.raises(error, match=message):
        run(cell, params, x)


@every_cell
def test_a_parameter_of_another_type_is_named(cell):
    params, x, _ = Case().inputs(cell)
    params["bias_hh_l0"] = params["bias_hh_l0"].astype(np.float32)
    with pytest.raises(TypeError, match="x is float64, but bias_hh_l0 is float32"):
        run(cell, params, x)


@every_cell
def test_parameters_of_another_cell_are_named(cell):
    _, x, _ = Case().inputs(cell)
    for other in CELLS:
        if other != cell:
            with pytest.raises(ValueError, match="weight_.h_l0 has shape"):
                run(cell, Case().inputs(other)[0], x)


@every_cell
@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda h0: h0[0], ValueError, r"h0 has shape \(2, 3\); expected \(1, 2, 3\)"),
        (lambda h0: h0[:, :1], ValueError, r"h0 has shape \(1, 1, 3\)"),
        (lambda h0: h0[:, :, :2], ValueError, r"h0 has shape \(1, 2, 2\)"),
        (lambda h0: np.concatenate([h0, h0]), ValueError, r"h0 has shape \(2, 2, 3\)"),
        (lambda h0: h0.astype(np.float32), TypeError, "x is float64, but h0 is float3"),
        (lambda h0: h0.tolist(), TypeError, "h0 is a list"),
    ],
)
def test_a_first_state_that_does_not_fit_is_named(cell, change, error, message):
    params, x, state_0 = Case().inputs(cell)
    with pytest.raises(error, match=message):
        run(cell, params, x, (change(state_0[0]), *state_0[1:]))


@every_cell
@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda d: d[:2], ValueError, r"d_output has shape \(2, 2, 3\); expected"),
        (lambda d: d.transpose(1, 0, 2), ValueError, r"d_output has shape \(2, 3, 3\)"),
        (lambda d: d.astype(np.float32), TypeError, "but d_output is float32"),
        (lambda d: d.tolist(), TypeError, "d_output is a list"),
    ],
)
def test_an_incoming_gradient_that_does_not_fit_is_named(cell, change, error, message):
    params, x, _ = Case().inputs(cell)
    (output, _), backward = run(cell, params, x)
    with pytest.raises(error, match=message):
        backward(change(np.ones_like(output)))


@every_cell
def test_an_incoming_gradient_of_the_state_that_does_not_fit_is_named(cell):
    params, x, state_0 = Case().inputs(cell)
    _, backward = run(cell, params, x)
    with pytest.raises(ValueError, match=r"d_h_n has shape \(1, 1, 3\); expected"):
        backward(None, tuple(part[:, :1] for part in state_0))


# Parameters --------------------------------------------------------------------------------------------------


@every_cell
@pytest.mark.parametrize("bidirectional", [False, True])
def test_fresh_parameters_have_the_names_and_shapes_of_pytorch(cell, bidirectional):
    torch = import_torch()
    twin = getattr(torch.nn, CELLS[cell].torch_name)(
        3, 4, 2, bidirectional=bidirectional
    )
    params = init_recurrent(
        np.random.default_rng(0), CELLS[cell].gates, 3, 4, 2, bidirectional
    )
    assert {name: p.shape for name, p in params.items()} == {
        name: tuple(tensor.shape) for name, tensor in twin.state_dict().items()
    }


def test_each_block_of_fresh_recurrent_weights_is_orthogonal():
    params = init_recurrent(np.random.default_rng(0), 3, 2, 5)
    for block in np.split(params["weight_hh_l0"], 3):
        assert np.abs(block @ block.T - np.eye(5)).max() < 1e-14


def test_fresh_biases_are_zero_but_for_the_gate_that_starts_open():
    params = init_recurrent(np.random.default_rng(0), 4, 2, 3, open_gate=1)
    assert np.array_equal(
        params["bias_ih_l0"].reshape(4, 3).max(axis=1), [0.0, 1.0, 0.0, 0.0]
    )
    assert params["bias_ih_l0"].sum() == 3
    assert not params["bias_hh_l0"].any()


def test_layers_and_directions_are_read_from_the_names():
    for num_layers in (1, 2, 11):
        for bidirectional in (False, True):
            params = init_recurrent(
                np.random.default_rng(0), 1, 2, 2, num_layers, bidirectional
            )
            endings = suffixes(params)
            assert len(endings) == num_layers
            assert endings[-1] == (
                [f"l{num_layers - 1}", f"l{num_layers - 1}_reverse"]
                if bidirectional
                else [f"l{num_layers - 1}"]
            )


# Blocks of steps ---------------------------------------------------------------------------------------------


def test_blocks_hold_every_step_once_in_order():
    sizes = [300, 300, 200, 200, 200, 100, 7, 1]
    ends = np.cumsum(sizes).tolist()
    steps = [slice(end - size, end) for end, size in zip(ends, sizes)]
    for ordered in (steps, steps[::-1]):
        blocks = blocks_of(ordered)
        assert [rows for _, block in blocks for rows in block] == ordered
        for rows, block in blocks:
            assert rows.start == min(step.start for step in block)
            assert rows.stop == max(step.stop for step in block)
        assert 1 < len(blocks) < len(steps)


@every_cell
@pytest.mark.parametrize("directions", [1, 2])
def test_how_steps_are_grouped_changes_nothing(cell, directions, monkeypatch):
    case = Case(directions=directions, T=7, B=5, lengths=(7, 2, 5, 7, 1))
    params, x, state_0 = case.inputs(cell)

    def everything():
        (output, state_n), backward = run(cell, params, x, state_0, case.lengths)
        return output, state_n, backward(output, state_n)

    whole = everything()
    for size in (1, 8, 11):
        monkeypatch.setattr("s2s_np.recurrent.BLOCK_ROWS", size)
        assert_close(everything(), whole)
