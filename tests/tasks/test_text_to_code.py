"""Requests, their code, and how programs are judged."""

import random
import re
from collections import Counter

import pytest

from s2s_np.tasks.text_to_code import (
    KINDS,
    NEW_PAIRS,
    OPERATIONS,
    STRANGE_FORMS,
    TRAINED_DEPTHS,
    Request,
    draw_request,
    nearest_code,
    nearest_code_filled,
    numbers,
    other_numbers,
    renumber,
    scores,
    spaced,
    split_requests,
    strange_requests,
    template,
    value_of,
    verdict,
)

SUM = Request("what is the sum of 3 and 4", "3 + 4", 1, "number")
GREATER = Request("is 9 greater than 4", "9 > 4", 1, "truth")


@pytest.fixture(scope="module")
def lists():
    """Lists to train, to validate and to test with, smaller than the page's."""
    return split_requests(4_000, 200, 500)


def test_the_lists_have_the_sizes_asked_for(lists):
    assert [len(requests) for requests in lists] == [4_000, 200, 500]


def test_no_program_stands_twice_and_no_request_of_one_list_in_another(lists):
    everything = [request for requests in lists for request in requests]
    assert len({request.code for request in everything}) == len(everything)
    assert len({request.text for request in everything}) == len(everything)


def test_a_request_has_one_meaning_only():
    rng = random.Random(0)
    codes = {}
    for _ in range(4_000):
        request = draw_request(rng, rng.choice((1, 2, 3)))
        in_short = re.sub("^(what is|compute|find|list) ", "", request.text)
        assert codes.setdefault(in_short, request.code) == request.code


def test_every_request_has_a_value_of_its_kind(lists):
    types = {"number": int, "list": list, "truth": bool}
    for request in lists[0]:
        assert type(value_of(request.code)) is types[request.kind]
    assert {request.kind for request in lists[0]} == set(KINDS)


def test_the_numbers_of_a_program_are_those_of_its_request_and_0_1_and_2(lists):
    for request in lists[0]:
        in_code = Counter(token for token in request.code.split() if token.isdigit())
        own = Counter(numbers(request.text))
        assert set(in_code - own) <= {"0", "1", "2"}
        assert not own - in_code


def test_the_code_is_what_python_writes_for_its_syntax_tree():
    assert spaced("max([4, 7])**2 // 3") == "max ( [ 4 , 7 ] ) ** 2 // 3"
    assert spaced("[x for x in [4] if x%2==0][::-1]") == (
        "[ x for x in [ 4 ] if x % 2 == 0 ] [ : : - 1 ]"
    )


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_deeper_requests_have_more_operations(depth):
    rng = random.Random(0)
    words = [len(draw_request(rng, depth).text.split()) for _ in range(200)]
    assert 4 * depth < sum(words) / len(words) < 12 * depth
    assert draw_request(rng, depth).depth == depth


def test_training_has_every_operation_and_depth(lists):
    train, _, _ = lists
    assert {request.depth for request in train} == set(TRAINED_DEPTHS)
    words = {word for request in train for word in request.text.split()}
    for operation in OPERATIONS.values():
        for wording in operation.wordings:
            assert {word for word in wording.split() if "{" not in word} <= words


def test_new_pairs_are_new(lists):
    train, _, _ = lists
    trained = {template(request.text) for request in train}
    some = strange_requests("new pairs", 300)
    assert not trained & {template(request.text) for request in some}
    assert all(set(pair) <= OPERATIONS.keys() for pair in NEW_PAIRS)


def test_longer_lists_are_longer(lists):
    def longest(requests):
        return max(
            len(found.split(","))
            for request in requests
            for found in re.findall(r"\[ (\d+(?: , \d+)+) \]", request.code)
        )

    assert longest(lists[0]) == 4
    for request in strange_requests("longer lists", 100):
        assert longest([request]) in (5, 6)


def test_strange_requests_are_those_asked_for():
    assert [len(strange_requests(form, 20)) for form in STRANGE_FORMS] == [20] * 4
    assert {r.depth for r in strange_requests("one deeper", 20)} == {3}
    assert {r.depth for r in strange_requests("two deeper", 20)} == {4}


def test_the_same_seed_draws_the_same_requests_and_another_does_not():
    assert split_requests(50, 10, 10, seed=3) == split_requests(50, 10, 10, seed=3)
    assert split_requests(50, 10, 10, seed=3) != split_requests(50, 10, 10, seed=4)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("3 + 4", "exact"),
        ("4 + 3", "equal"),
        ("sum ( [ 3 , 4 ] )", "equal"),
        ("3 * 4 - 5", "lucky"),
        ("7", "lucky"),
        ("3 - 4", "wrong"),
        ("3 + 4 == 7", "wrong"),
        ("3 +", "refused"),
        ("", "refused"),
        ("open ( [ 3 ] )", "refused"),
    ],
)
def test_a_verdict_tells_luck_from_meaning(written, expected):
    assert verdict(SUM, written) == expected


def test_true_is_not_1_and_half_of_all_guesses_at_a_truth_are_lucky():
    assert verdict(GREATER, "1") == "wrong"
    assert verdict(GREATER, "9 > 3") == "lucky"
    assert verdict(GREATER, "4 < 9") == "equal"


def test_scores_add_the_verdicts_up():
    written = ["3 + 4", "4 + 3", "7", "3 - 4", "3 +"]
    assert scores([SUM] * 5, written) == {
        "exact_match": 0.2, "execution": 0.6, "robust": 0.4, "refused": 0.2, "luck": pytest.approx(1 / 3),
    }  # fmt: skip
    assert scores([SUM], ["3 + 4"])["luck"] == 0


@pytest.mark.parametrize("written", [[], ["3 + 4", "7"]])
def test_scores_need_one_program_a_request(written):
    with pytest.raises(ValueError, match="one program a request"):
        scores([SUM], written)
    with pytest.raises(ValueError, match="at least one"):
        scores([], [])


def test_numbers_can_be_exchanged():
    assert numbers(SUM.text) == ["3", "4"]
    assert template(SUM.text) == "what is the sum of # and #"
    assert renumber("3 + 4 * 3", {"3": "12", "4": "3"}) == "12 + 3 * 12"


def test_other_numbers_are_never_those_of_the_code_alone():
    rng = random.Random(0)
    drawn = [other_numbers(SUM.text, rng, few) for few in (True, False) for _ in "x" * 200]  # fmt: skip
    assert all(set(others) == {"3", "4"} for others in drawn)
    found = {int(number) for others in drawn for number in others.values()}
    assert min(found) == 3
    assert 300 < max(found) <= 1000
    assert any(others["3"] == others["4"] for others in drawn[:200])


def test_the_nearest_request_lends_its_code_and_with_its_numbers_replaced_it_is_right(lists):  # fmt: skip
    asked = [Request("what is the sum of 5 and 4", "5 + 4", 1, "number")]
    assert nearest_code([GREATER, SUM], asked) == ["3 + 4"]
    assert nearest_code_filled([GREATER, SUM], asked) == ["5 + 4"]
    train, _, test = lists
    filled = scores(test, nearest_code_filled(train, test))["robust"]
    assert filled > 0.5 > scores(test, nearest_code(train, test))["robust"]


@pytest.mark.parametrize(
    ("sizes", "name"),
    [
        ((0, 1, 1), "train_size"),
        ((1, 0, 1), "valid_size"),
        ((1, 1, -1), "test_size"),
    ],
)
def test_a_size_below_one_is_an_error(sizes, name):
    with pytest.raises(ValueError, match=f"{name} is"):
        split_requests(*sizes)


def test_an_unknown_form_or_no_request_is_an_error():
    with pytest.raises(ValueError, match="form is 'deep'"):
        strange_requests("deep")
    with pytest.raises(ValueError, match="size is 0"):
        strange_requests("new pairs", 0)
