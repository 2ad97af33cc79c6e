"""Trees of arrays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_np.tree import flatten, leaves, tree_map, unflatten

TREE = {"encoder": {"rnn": {"w": 1, "b": 2}}, "generator": {"w": 3}}
names = st.text(st.characters(codec="ascii", exclude_characters="."), min_size=1)
trees = st.recursive(
    st.integers(),
    lambda branches: st.dictionaries(names, branches, min_size=1, max_size=3),
).filter(lambda tree: isinstance(tree, dict))


def test_the_path_of_a_leaf_is_its_names_joined_by_dots():
    assert flatten(TREE) == {"encoder.rnn.w": 1, "encoder.rnn.b": 2, "generator.w": 3}


def test_leaves_come_in_the_order_of_the_dicts():
    assert list(leaves({"b": {"z": 1, "a": 2}, "a": 3})) == [
        ("b.z", 1),
        ("b.a", 2),
        ("a", 3),
    ]


@given(trees)
def test_unflatten_undoes_flatten(tree):
    assert unflatten(flatten(tree)) == tree
    assert list(flatten(unflatten(flatten(tree)))) == list(flatten(tree))


def test_tree_map_calls_the_function_with_the_leaves_at_one_place():
    assert tree_map(lambda a, b: (a, b), TREE, tree_map(lambda a: -a, TREE)) == {
        "encoder": {"rnn": {"w": (1, -1), "b": (2, -2)}},
        "generator": {"w": (3, -3)},
    }


def test_tree_map_pairs_leaves_by_name_and_not_by_order():
    assert tree_map(lambda a, b: a - b, {"p": 1, "q": 2}, {"q": 2, "p": 1}) == {
        "p": 0,
        "q": 0,
    }


def test_tree_map_hands_on_arrays_as_they_are():
    array = np.zeros(2)
    assert tree_map(lambda a: a, {"a": {"b": array}})["a"]["b"] is array


@pytest.mark.parametrize(
    ("other", "name"),
    [
        ({"encoder": {"rnn": {"w": 1, "b": 2}}}, "generator.w"),
        (TREE | {"decoder": {"w": 1}}, "decoder.w"),
        ({"encoder": {"rnn": {"w": 1}}, "generator": {"w": 3}}, "encoder.rnn.b"),
    ],
)
def test_trees_that_differ_are_refused_and_the_place_is_named(other, name):
    with pytest.raises(ValueError, match=f"the trees differ: {name} is in one"):
        tree_map(lambda a, b: a, TREE, other)
