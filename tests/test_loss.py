"""Cross-entropy over the real words, whole and in chunks."""

import tracemalloc

import numpy as np
import pytest
from cases import assert_close, assert_equal, frozen, leaves
from conftest import import_torch
from gradients import check_gradients, check_parity
from hypothesis import example, given
from hypothesis import strategies as st

from s2s_np import PAD, cross_entropy, generator, generator_loss, token_log_probs

smoothings = pytest.mark.parametrize("label_smoothing", [0.0, 0.1, 0.9])
reductions = pytest.mark.parametrize("reduction", ["mean", "sum"])
IGNORED = -100


@st.composite
def losses(draw):
    """Draw `params, h, targets, lengths`."""
    T, B, V, H = (draw(st.integers(1, 4)) for _ in range(4))
    each = st.lists(st.integers(1, T), min_size=B, max_size=B)
    lengths = draw(st.none() | each)
    return *new_inputs(T, B, V, H, draw(st.integers(0, 9))), lengths


def new_inputs(T=4, B=3, V=5, H=2, seed=0):
    rng = np.random.default_rng(seed)
    params = {"weight": rng.standard_normal((V, H)), "bias": rng.standard_normal(V)}
    return params, rng.standard_normal((T, B, H)), rng.integers(0, V, (T, B))


one_word = example(drawn=(*new_inputs(1, 1, 1, 1), [1]))
length_one = example(drawn=(*new_inputs(3, 2, 3, 2), [1, 1]))


# Gradients ---------------------------------------------------------------------------------------------------


@smoothings
@reductions
@given(drawn=losses())
@one_word
@length_one
def test_the_gradient_of_cross_entropy_is_that_of_finite_differences(
    reduction, label_smoothing, drawn
):
    params, h, targets, lengths = drawn
    log_probs, _ = generator(params, h)

    def loss():
        return cross_entropy(log_probs, targets, lengths, reduction, label_smoothing)

    check_gradients(
        "cross_entropy",
        lambda: 0.7 * loss()[0],
        {"log_probs": log_probs},
        {"log_probs": loss()[1](0.7)},
    )


@smoothings
@reductions
@given(drawn=losses(), chunk_size=st.none() | st.integers(1, 5))
@example(drawn=(*new_inputs(1, 1, 1, 1), [1]), chunk_size=1)
@example(drawn=(*new_inputs(3, 2, 3, 2), [1, 1]), chunk_size=None)
def test_the_gradients_of_generator_loss_are_those_of_finite_differences(
    reduction, label_smoothing, drawn, chunk_size
):
    params, h, targets, lengths = drawn

    def loss():
        return generator_loss(
            params, h, targets, lengths, chunk_size, reduction, label_smoothing
        )

    dh, grads = loss()[1](0.7)
    check_gradients(
        "generator_loss",
        lambda: 0.7 * loss()[0],
        {"h": h, **params},
        {"h": dh, **grads},
    )


# PyTorch -----------------------------------------------------------------------------------------------------


@smoothings
@reductions
@given(drawn=losses(), chunk_size=st.none() | st.integers(1, 5))
def test_values_and_gradients_are_those_of_pytorch(
    reduction, label_smoothing, drawn, chunk_size
):
    torch = import_torch()
    params, h, targets, lengths = drawn
    log_probs, generator_backward = generator(params, h)
    plain, backward = cross_entropy(
        log_probs, targets, lengths, reduction, label_smoothing
    )
    plain_dh, plain_grads = generator_backward(backward())
    loss, backward = generator_loss(
        params, h, targets, lengths, chunk_size, reduction, label_smoothing
    )
    dh, grads = backward()

    V, H = params["weight"].shape
    twin = torch.nn.Linear(H, V).double()
    twin.load_state_dict({n: torch.tensor(p) for n, p in params.items()}, strict=True)
    twin_h = torch.tensor(h, requires_grad=True)
    twin_targets = torch.tensor(targets)
    if lengths is not None:
        t = torch.arange(len(targets))[:, None]
        twin_targets[t >= torch.tensor(lengths)] = IGNORED
    criterion = torch.nn.CrossEntropyLoss(
        ignore_index=IGNORED, reduction=reduction, label_smoothing=label_smoothing
    )
    twin_loss = criterion(twin(twin_h).flatten(0, 1), twin_targets.flatten())
    twin_loss.backward()

    expected = {"loss": twin_loss, "h": twin_h.grad}
    expected |= {name: p.grad for name, p in twin.named_parameters()}
    check_parity("generator_loss", {"loss": loss, "h": dh, **grads}, expected)
    check_parity(
        "cross_entropy", {"loss": plain, "h": plain_dh, **plain_grads}, expected
    )


# Laws --------------------------------------------------------------------------------------------------------


def test_a_loss_on_paper():
    log_probs = np.log([[[1 / 2, 1 / 4, 1 / 4]], [[1 / 8, 1 / 8, 3 / 4]]])
    targets = np.array([[0], [1]])
    loss, backward = cross_entropy(log_probs, targets)
    assert np.isclose(loss, np.log(16) / 2)
    assert np.array_equal(backward(), [[[-0.5, 0, 0]], [[0, -0.5, 0]]])
    assert np.isclose(cross_entropy(log_probs, targets, reduction="sum")[0], np.log(16))
    assert np.isclose(cross_entropy(log_probs, targets, [1])[0], np.log(2))


def test_a_smoothed_loss_on_paper():
    log_probs = np.log([[[1 / 2, 1 / 4, 1 / 4]]])
    loss, backward = cross_entropy(log_probs, np.array([[0]]), label_smoothing=0.3)
    assert np.isclose(loss, 0.8 * np.log(2) + 2 * 0.1 * np.log(4))
    assert np.allclose(backward(), [[[-0.8, -0.1, -0.1]]], rtol=1e-15)


@pytest.mark.parametrize("label_smoothing", [0.1, 0.5])
def test_the_smoothed_loss_is_least_where_the_probabilities_are_the_smoothed_labels(
    label_smoothing,
):
    V, y = 5, 2
    q = (1 - label_smoothing) * np.eye(V)[y] + label_smoothing / V
    params = {"weight": np.zeros((V, 1)), "bias": np.log(q)}
    given_ = params, np.zeros((1, 1, 1)), np.array([[y]])
    loss, backward = generator_loss(*given_, label_smoothing=label_smoothing)
    assert np.isclose(loss, -(q * np.log(q)).sum())
    assert np.abs(backward()[1]["bias"]).max() < 1e-15


def test_no_smoothing_is_the_plain_loss_bit_for_bit():
    params, h, targets = new_inputs()
    log_probs, _ = generator(params, h)
    for function, given_ in (
        (cross_entropy, (log_probs,)),
        (generator_loss, (params, h)),
    ):
        plain, plain_backward = function(*given_, targets)
        loss, backward = function(*given_, targets, label_smoothing=0)
        assert loss == plain
        assert_equal(backward(), plain_backward())


def test_guessing_costs_the_logarithm_of_the_number_of_words():
    params, h, targets = new_inputs(V=5)
    loss, _ = generator_loss({n: 0 * p for n, p in params.items()}, h, targets)
    assert np.isclose(loss, np.log(5))


@given(drawn=losses())
@one_word
@length_one
def test_the_mean_is_the_sum_over_the_number_of_real_words(drawn):
    params, h, targets, lengths = drawn
    count = targets.size if lengths is None else sum(lengths)
    log_probs, _ = generator(params, h)
    for function, given_ in (
        (cross_entropy, (log_probs,)),
        (generator_loss, (params, h)),
    ):
        mean, mean_backward = function(*given_, targets, lengths)
        total, sum_backward = function(*given_, targets, lengths, reduction="sum")
        assert np.isclose(mean, total / count, rtol=1e-14)
        assert_close(mean_backward(), sum_backward(1 / count))


@smoothings
@reductions
@given(drawn=losses())
@one_word
@length_one
def test_every_chunk_size_gives_the_unchunked_loss_and_gradients(
    reduction, label_smoothing, drawn
):
    params, h, targets, lengths = drawn
    log_probs, generator_backward = generator(params, h)
    expected, backward = cross_entropy(
        log_probs, targets, lengths, reduction, label_smoothing
    )
    expected_gradients = generator_backward(backward())
    expected_words = token_log_probs(params, h, targets, lengths)
    for chunk_size in (None, *range(1, targets.size + 2)):
        loss, backward = generator_loss(
            params, h, targets, lengths, chunk_size, reduction, label_smoothing
        )
        assert abs(loss - expected) < 1e-13
        assert_close(backward(), expected_gradients)
        words = token_log_probs(params, h, targets, lengths, chunk_size)
        assert_close(words, expected_words)


@smoothings
@pytest.mark.parametrize("chunk_size", [None, 3, 4, 100])
def test_how_a_chunk_is_cut_into_blocks_and_strips_changes_nothing(
    monkeypatch, chunk_size, label_smoothing
):
    (params, h, targets), lengths = new_inputs(T=5, B=3, V=7), [5, 2, 4]

    def everything():
        loss, backward = generator_loss(
            params, h, targets, lengths, chunk_size, label_smoothing=label_smoothing
        )
        words = token_log_probs(params, h, targets, lengths, chunk_size)
        return loss, backward(), words

    whole = everything()
    for scores, rows in ((1, 1), (7, 2), (15, 3), (22, 7)):
        monkeypatch.setattr("s2s_np.loss.BLOCK_SCORES", scores)
        monkeypatch.setattr("s2s_np.loss.STRIP_ROWS", rows)
        assert_close(everything(), whole)


@given(drawn=losses())
@one_word
def test_the_log_probabilities_of_the_words_add_to_minus_the_loss(drawn):
    params, h, targets, lengths = drawn
    words = token_log_probs(params, h, targets, lengths)
    assert words.shape == targets.shape
    total, _ = generator_loss(params, h, targets, lengths, reduction="sum")
    assert np.isclose(-words.sum(), total, rtol=1e-13)
    log_probs, _ = generator(params, h)
    for t, b in np.ndindex(targets.shape):
        real = lengths is None or t < lengths[b]
        expected = log_probs[t, b, targets[t, b]] if real else 0.0
        assert np.isclose(words[t, b], expected, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("label_smoothing", [0.0, 0.1])
@pytest.mark.parametrize("content", [0.0, 1e300, np.nan, np.inf])
@given(drawn=losses(), extra=st.integers(0, 3), word=st.integers(0, 9))
def test_padding_of_any_content_and_number_changes_nothing(
    content, label_smoothing, drawn, extra, word
):
    params, h, targets, lengths = drawn
    T, B = targets.shape
    lengths = np.array(lengths or [T] * B)
    mask = np.arange(T + extra)[:, None] >= lengths

    def padded(array, value):
        array = np.pad(array, ((0, extra), *((0, 0),) * (array.ndim - 1)))
        array[mask] = value
        return array

    longer = padded(targets, word % len(params["bias"])), lengths
    log_probs, _ = generator(params, h)
    smoothed = {"label_smoothing": label_smoothing}
    loss, backward = cross_entropy(log_probs, targets, lengths, **smoothed)
    given_, given_backward = cross_entropy(
        padded(log_probs, content), *longer, **smoothed
    )
    assert given_ == loss
    assert_equal(given_backward(), padded(backward(), 0))

    loss, backward = generator_loss(params, h, targets, lengths, **smoothed)
    dh, grads = backward()
    given_, given_backward = generator_loss(
        params, padded(h, content), *longer, **smoothed
    )
    assert given_ == loss
    assert_equal(given_backward(), (padded(dh, 0), grads))
    assert_equal(
        token_log_probs(params, padded(h, content), *longer),
        padded(token_log_probs(params, h, targets, lengths), 0),
    )


def test_pad_is_a_word_like_any_other_where_the_step_is_real():
    params, h, targets = new_inputs()
    targets[:] = PAD
    log_probs, _ = generator(params, h)
    assert np.isclose(
        cross_entropy(log_probs, targets)[0], -log_probs[:, :, PAD].mean()
    )
    assert np.isclose(
        generator_loss(params, h, targets)[0], -log_probs[:, :, PAD].mean()
    )


@given(drawn=losses(), order=st.permutations(range(4)))
def test_a_permuted_batch_gives_the_permuted_result(drawn, order):
    params, h, targets, lengths = drawn
    order = [b for b in order if b < targets.shape[1]]
    permuted = lengths and [lengths[b] for b in order]
    loss, backward = generator_loss(params, h, targets, lengths, 2)
    given_, given_backward = generator_loss(
        params, h[:, order], targets[:, order], permuted, 2
    )
    assert np.isclose(given_, loss, rtol=1e-13)
    dh, grads = backward()
    assert_close(given_backward(), (dh[:, order], grads))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scores_of_any_size_stay_in_range(dtype):
    params = {"weight": np.array([[1.0], [0.0]], dtype), "bias": np.zeros(2, dtype)}
    h, targets = np.full((1, 2, 1), 1e4, dtype), np.array([[0, 1]])
    loss, backward = generator_loss(params, h, targets, reduction="sum")
    assert loss == 1e4
    assert np.array_equal(backward()[0], [[[0], [1]]])
    assert np.array_equal(token_log_probs(params, h, targets), [[0, -1e4]])


@pytest.mark.parametrize("label_smoothing", [0, np.float64(0.1)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("d_loss", [1.0, 2, np.float64(0.5)])
def test_results_have_the_type_of_the_input(dtype, d_loss, label_smoothing):
    params, h, targets = new_inputs()
    params = {name: p.astype(dtype) for name, p in params.items()}
    h = h.astype(dtype)
    smoothed = {"label_smoothing": label_smoothing}
    loss, backward = generator_loss(params, h, targets, chunk_size=5, **smoothed)
    plain, plain_backward = cross_entropy(generator(params, h)[0], targets, **smoothed)
    words = token_log_probs(params, h, targets)
    for array in leaves((loss, backward(d_loss), plain, plain_backward(d_loss), words)):
        assert array.dtype == dtype


def test_backward_may_be_called_again_and_nothing_given_is_changed():
    params, h, targets = frozen(new_inputs())
    lengths = frozen(np.array([4, 1, 2]))
    for chunk_size in (None, 2):
        _, backward = generator_loss(params, h, targets, lengths, chunk_size)
        first = backward()
        assert_close(backward(2.0), [2 * array for array in leaves(first)])
        assert_equal(backward(), first)
    log_probs = frozen(generator(params, h)[0])
    _, backward = cross_entropy(log_probs, targets, lengths)
    assert_equal(backward(), backward())
    token_log_probs(params, h, targets, lengths)


def test_a_gradient_may_be_changed_without_changing_the_next_one():
    params, h, targets = new_inputs()
    _, backward = generator_loss(params, h, targets)
    first = [array.copy() for array in leaves(backward())]
    for array in leaves(backward()):
        array[...] = 7
    assert_equal(list(leaves(backward())), first)


@pytest.mark.parametrize("default", [False, True])
@pytest.mark.parametrize(
    "what", ["forward", "forward and backward", "words", "smoothed"]
)
def test_never_more_than_chunk_size_times_v_scores_are_held(monkeypatch, what, default):
    T, B, V, H, chunk_size = 20, 20, 3000, 4, 40
    if default:
        monkeypatch.setattr("s2s_np.loss.CHUNK_SCORES", chunk_size * V)
    params, h, targets = new_inputs(T, B, V, H)
    weights = sum(p.nbytes for p in params.values())
    scores = chunk_size * V * h.itemsize
    assert scores < T * B * V * h.itemsize / 9

    given_size = None if default else chunk_size

    def use():
        if what == "words":
            return token_log_probs(params, h, targets, None, given_size)
        smoothing = 0.1 if what == "smoothed" else 0.0
        loss, backward = generator_loss(
            params, h, targets, None, given_size, label_smoothing=smoothing
        )
        return loss, None if what == "forward" else backward()

    use()  # what is allocated once and for all
    tracemalloc.start()
    try:
        use()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # Beside the scores: the gradients of the weights, their share of one chunk, and what is of the size of h.
    assert peak < 1.1 * scores + 3 * weights + 8 * h.nbytes


def test_a_vocabulary_larger_than_a_chunk_is_scored_one_state_at_a_time(monkeypatch):
    params, h, targets = new_inputs()
    expected = generator_loss(params, h, targets)
    monkeypatch.setattr("s2s_np.loss.CHUNK_SCORES", 1)
    loss, backward = generator_loss(params, h, targets)
    assert_close((loss, backward()), (expected[0], expected[1]()))


# Bad input ---------------------------------------------------------------------------------------------------


def call(name, params, h, targets, lengths=None, **settings):
    if name == "cross_entropy":
        return cross_entropy(generator(params, h)[0], targets, lengths, **settings)
    function = {"generator_loss": generator_loss, "token_log_probs": token_log_probs}
    return function[name](params, h, targets, lengths, **settings)


every_loss = pytest.mark.parametrize(
    "name", ["cross_entropy", "generator_loss", "token_log_probs"]
)


@every_loss
@pytest.mark.parametrize(
    ("lengths", "error", "message"),
    [
        ([4, 5, 1], ValueError, r"lengths\[1\] is 5, but targets has only 4 time"),
        ([4, 0, 1], ValueError, r"lengths\[1\] is 0"),
        ([4, 4], ValueError, r"lengths has shape \(2,\); expected \(3,\)"),
        ([4.0, 4.0, 4.0], TypeError, "lengths are of type float64"),
    ],
)
def test_lengths_that_make_no_sense_are_named(name, lengths, error, message):
    with pytest.raises(error, match=message):
        call(name, *new_inputs(), lengths)


@every_loss
@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda y: y[:2], ValueError, r"targets has shape \(2, 3\); expected \(4, 3\)"),
        (lambda y: y.T, ValueError, r"targets has shape \(3, 4\); expected \(4, 3\)"),
        (lambda y: y.ravel(), ValueError, r"targets has shape \(12,\)"),
        (lambda y: y.astype(float), TypeError, "targets are of type float64"),
        (lambda y: y.tolist(), TypeError, "targets is a list"),
        (lambda y: y + 5, IndexError, r"targets\[0, 0\] is \d, outside the vocabulary"),
        (lambda y: y - 9, IndexError, r"targets\[0, 0\] is -\d, outside"),
        (
            lambda y: np.array([*y.ravel()[:-1], 5]).reshape(y.shape),
            IndexError,
            r"targets\[3, 2\] is 5, outside the vocabulary of 5",
        ),
    ],
)
def test_targets_that_make_no_sense_are_named(name, change, error, message):
    params, h, targets = new_inputs()
    with pytest.raises(error, match=message):
        call(name, params, h, change(targets))


@pytest.mark.parametrize(
    ("log_probs", "error", "message"),
    [
        (np.ones((4, 3)), ValueError, r"log_probs has shape \(4, 3\); expected"),
        (np.ones((4, 3, 5), int), TypeError, "log_probs is of type int64"),
        (
            np.ones((0, 3, 5)),
            ValueError,
            r"targets has shape \(4, 3\); expected \(0, 3",
        ),
        ([[[0.0]]], TypeError, "log_probs is a list"),
    ],
)
def test_log_probabilities_that_make_no_sense_are_named(log_probs, error, message):
    with pytest.raises(error, match=message):
        cross_entropy(log_probs, np.zeros((4, 3), int))


@pytest.mark.parametrize("function", [generator_loss, token_log_probs])
@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda h: h[0], ValueError, r"h has shape \(3, 2\); expected"),
        (lambda h: h[:0], ValueError, r"h has shape \(0, 3, 2\)"),
        (lambda h: h[:, :, :1], ValueError, r"weight has shape \(5, 2\); expected"),
        (lambda h: h.astype("f4"), TypeError, "h is float32, but weight is float64"),
        (lambda h: h.astype(int), TypeError, "h is of type int64"),
    ],
)
def test_states_that_make_no_sense_are_named(function, change, error, message):
    params, h, targets = new_inputs()
    with pytest.raises(error, match=message):
        function(params, change(h), targets)


@pytest.mark.parametrize("function", [generator_loss, token_log_probs])
@pytest.mark.parametrize("chunk_size", [0, -1])
def test_a_chunk_size_below_one_is_named(function, chunk_size):
    with pytest.raises(ValueError, match=f"chunk_size is {chunk_size}; expected at"):
        function(*new_inputs(), chunk_size=chunk_size)


@pytest.mark.parametrize("name", ["cross_entropy", "generator_loss"])
def test_an_unknown_reduction_is_named(name):
    with pytest.raises(ValueError, match="reduction is 'none'; expected \"mean\" or"):
        call(name, *new_inputs(), reduction="none")


@pytest.mark.parametrize("label_smoothing", [-0.1, 1, 1.5, np.nan, np.inf])
@pytest.mark.parametrize("name", ["cross_entropy", "generator_loss"])
def test_a_label_smoothing_that_makes_no_sense_is_named(name, label_smoothing):
    message = f"label_smoothing is {label_smoothing}; expected at least 0 and below 1"
    with pytest.raises(ValueError, match=message):
        call(name, *new_inputs(), label_smoothing=label_smoothing)
