"""Lists that share nothing: what hangs together stays together, sizes are kept, and nothing is lost."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_np.tasks.splits import check_sizes, share_out, tied_groups

pairs = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=30)


@given(pairs)
def test_groups_share_no_key_and_hold_every_example_once(pairs):
    groups = tied_groups(pairs, enumerate)
    assert sorted(pair for group in groups for pair in group) == sorted(pairs)
    keys = [{key for pair in group for key in enumerate(pair)} for group in groups]
    assert sum(map(len, keys)) == len(set().union(*keys))


def test_examples_hang_together_through_others():
    groups = tied_groups([(1, "a"), (2, "b"), (3, "c"), (1, "b")], enumerate)
    assert groups == [[(1, "a"), (2, "b"), (1, "b")], [(3, "c")]]


@given(pairs, st.integers(0, 10), st.integers(0, 10))
def test_groups_are_shared_out_whole(pairs, one, other):
    groups = [pairs[i : i + 3] for i in range(0, len(pairs), 3)]
    lists = []
    try:
        lists.extend(share_out(groups, (one, other), random.Random(0)))
    except ValueError:
        assert one + other > len(pairs) - 4
        return
    assert [len(some) >= size for some, size in zip(lists, (one, other))] == [True] * 2
    assert sorted(pair for some in lists for pair in some) == sorted(pairs)


def test_lists_that_ask_for_more_than_there_is_are_refused():
    with pytest.raises(ValueError, match="lists of 2, 3 do not fit: there are 4 in"):
        list(share_out([[1, 2], [3, 4]], (2, 3), random.Random(0)))


def test_sizes_come_back_in_their_order():
    assert check_sizes(test_size=2, train_size=5) == (2, 5)


def test_a_size_below_1_is_named():
    with pytest.raises(ValueError, match="train_size is 0; expected at least 1"):
        check_sizes(test_size=2, train_size=0)
