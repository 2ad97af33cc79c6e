"""The commands of SCAN and their actions."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_np.tasks.scan import SPLITS, interpret, oversample, pairs, split

PAIRS = pairs()
ACTIONS = dict(PAIRS)
WORDS = sorted({word for command in ACTIONS for word in command.split()})
SENTENCES = [command for command in ACTIONS if not re.search("and|after", command)]

# The grammar a second time, as a regular expression.
PHRASE = (
    "(?:(walk|look|run|jump)|turn(?= (?:left|right|opposite|around)))"
    "(?:(?: (opposite|around))? (left|right))?(?: (twice|thrice))?"
)
COMMAND = re.compile(f"{PHRASE}(?: (and|after) {PHRASE})?")


def actions_by_counting(command):
    """The actions without the rules: how often each part of a phrase turns, acts and is repeated."""
    parts = COMMAND.fullmatch(command).groups()
    first, joint, second = spelled_out(*parts[:4]), parts[4], spelled_out(*parts[5:])
    return " ".join(second + first if joint == "after" else first + second)


def spelled_out(verb, manner, side, times):
    turn = [f"I_TURN_{side.upper()}"] if side else []
    act = [f"I_{verb.upper()}"] if verb else []
    once = {
        None: turn + act,
        "opposite": 2 * turn + act,
        "around": 4 * (turn + act),
    }[manner]
    return once * {None: 1, "twice": 2, "thrice": 3}[times]


@pytest.mark.parametrize(
    ("command", "actions"),
    [
        ("jump", "I_JUMP"),
        ("jump left", "I_TURN_LEFT I_JUMP"),
        ("jump around right", "I_TURN_RIGHT I_JUMP " * 4),
        ("turn left twice", "I_TURN_LEFT I_TURN_LEFT"),
        ("jump thrice", "I_JUMP I_JUMP I_JUMP"),
        (
            "jump opposite left and walk thrice",
            "I_TURN_LEFT I_TURN_LEFT I_JUMP I_WALK I_WALK I_WALK",
        ),
        (
            "jump opposite left after walk around left",
            "I_TURN_LEFT I_WALK " * 4 + "I_TURN_LEFT I_TURN_LEFT I_JUMP",
        ),
    ],
)
def test_the_examples_of_the_paper_mean_what_it_says(command, actions):
    assert interpret(command) == actions.strip()


@pytest.mark.parametrize(
    ("command", "actions"),
    [
        ("turn opposite right", "I_TURN_RIGHT I_TURN_RIGHT"),
        ("turn around left", "I_TURN_LEFT I_TURN_LEFT I_TURN_LEFT I_TURN_LEFT"),
        ("look right twice", "I_TURN_RIGHT I_LOOK I_TURN_RIGHT I_LOOK"),
        ("run twice after turn left", "I_TURN_LEFT I_RUN I_RUN"),
    ],
)
def test_turn_turns_and_does_nothing_more(command, actions):
    assert interpret(command) == actions


def test_there_are_20910_commands_and_none_stands_twice():
    assert len(PAIRS) == len(ACTIONS) == 20_910
    assert len(SENTENCES) == 3 * (4 * 7 + 6)  # times, verbs, directions


def test_the_commands_have_13_words_and_the_actions_6():
    assert " ".join(WORDS) == (
        "after and around jump left look opposite right run thrice turn twice walk"
    )
    assert {action for actions in ACTIONS.values() for action in actions.split()} == {
        "I_WALK", "I_LOOK", "I_RUN", "I_JUMP", "I_TURN_LEFT", "I_TURN_RIGHT"
    }  # fmt: skip


def test_the_pairs_are_always_the_same_list():
    assert pairs() == PAIRS
    assert PAIRS[0] == ("walk", "I_WALK")


def test_a_change_to_the_returned_list_does_not_change_the_next_one():
    pairs().clear()
    assert pairs() == PAIRS


def test_the_pairs_fill_as_many_characters_as_the_released_file():
    assert sum(len(f"IN: {x} OUT: {y}\n") for x, y in PAIRS) == 4_080_388


def test_every_command_has_the_actions_that_counting_gives():
    assert {command: actions_by_counting(command) for command in ACTIONS} == ACTIONS


def test_interpret_gives_each_command_the_actions_of_its_pair():
    assert [(command, interpret(command)) for command in ACTIONS] == PAIRS


@given(st.sampled_from(SENTENCES), st.sampled_from(SENTENCES))
def test_and_keeps_the_order_and_after_turns_it_round(x, y):
    assert interpret(f"{x} and {y}") == f"{interpret(x)} {interpret(y)}"
    assert interpret(f"{x} after {y}") == interpret(f"{y} and {x}")


@given(st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join))
def test_words_are_interpreted_just_when_the_grammar_has_them_in_this_order(text):
    if COMMAND.fullmatch(text):
        assert interpret(text) == actions_by_counting(text)
    else:
        with pytest.raises(ValueError, match=r"is no SCAN command: word \d+ "):
            interpret(text)


@given(st.sampled_from(PAIRS), st.integers(0, 8), st.sampled_from([*WORDS, "hop"]))
def test_a_word_put_in_anywhere_is_blamed_at_its_place_or_later(pair, place, word):
    words = pair[0].split()
    words.insert(place, word)
    if not COMMAND.fullmatch(" ".join(words)):
        with pytest.raises(ValueError) as raised:
            interpret(" ".join(words))
        blamed = int(re.search(r"word (\d+)", str(raised.value))[1])
        assert blamed > min(place, len(pair[0].split()))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("hop twice", "word 1 is 'hop'; expected 'walk' or 'look' or 'run' or 'jump'"),
        ("Jump", "word 1 is 'Jump'"),
        ("twice jump", "word 1 is 'twice'"),
        ("", "word 1 is missing"),
        ("turn", "word 2 is missing; expected 'left' or 'right' or 'opposite' or"),
        ("turn twice", "word 2 is 'twice'"),
        ("look opposite", "word 3 is missing; expected 'left' or 'right'$"),
        ("run twice thrice", "word 3 is 'thrice'; expected the end or 'and' or 'after'$"),
        ("jump left right", "word 3 is 'right'"),
        ("walk after", "word 3 is missing"),
        ("walk and run after look", "word 4 is 'after'; expected the end or 'left'"),
    ],
)  # fmt: skip
def test_what_is_no_command_is_refused_at_its_first_wrong_word(text, complaint):
    with pytest.raises(ValueError, match=f"^'{text}' is no SCAN command: {complaint}"):
        interpret(text)


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("random", (16_728, 4_182)),
        ("length", (16_990, 3_920)),
        ("add_jump", (13_204, 7_706)),
        ("add_turn_left", (19_702, 1_208)),
    ],
)
def test_a_split_has_the_sizes_of_the_released_one(name, sizes):
    assert tuple(map(len, split(name))) == sizes


@pytest.mark.parametrize("name", SPLITS)
def test_a_split_deals_every_command_once_to_one_of_the_two(name):
    train, test = split(name)
    assert sorted(train + test) == sorted(PAIRS)


@pytest.mark.parametrize("name", SPLITS)
def test_every_word_and_action_of_the_test_is_trained(name):
    train, test = (
        {token for pair in part for token in " ".join(pair).split()}
        for part in split(name)
    )
    assert test <= train


def test_the_length_split_trains_up_to_22_actions_and_tests_from_24_to_48():
    train, test = ({len(y.split()) for _, y in part} for part in split("length"))
    assert train == set(range(1, 23))
    assert (min(test), max(test)) == (24, 48)


@pytest.mark.parametrize(
    ("name", "primitive"), [("add_jump", "jump"), ("add_turn_left", "turn left")]
)
def test_the_new_command_is_trained_by_itself_alone(name, primitive):
    train, test = split(name)
    assert [x for x, _ in train if primitive in x] == [primitive]
    assert all(primitive in x for x, _ in test)


def test_turn_left_is_new_and_turning_left_with_another_word_between_is_not():
    train = dict(split("add_turn_left")[0])
    assert {"turn opposite left", "turn around left", "turn right", "run left"} <= set(train)  # fmt: skip


def test_the_seed_decides_the_random_split():
    assert split("random", seed=1) == split("random", seed=1)
    assert split("random", seed=1) != split("random", seed=2)


@pytest.mark.parametrize(
    ("name", "primitive", "repeats", "lines"),
    [("add_jump", "jump", 1_467, 14_670), ("add_turn_left", "turn left", 2_189, 21_890)],
)  # fmt: skip
def test_oversampled_the_training_has_as_many_lines_as_the_released_file(
    name, primitive, repeats, lines
):
    train, _ = split(name)
    oversampled = oversample(train, primitive)
    assert len(oversampled) == lines
    assert oversampled.count((primitive, ACTIONS[primitive])) == repeats
    assert set(oversampled) == set(train)


@given(st.integers(0, 40), st.floats(0.03, 0.97))
def test_oversampling_comes_as_near_to_the_share_as_whole_pairs_can(others, share):
    train = [("jump", "I_JUMP"), *PAIRS[-others:][:others]]
    if share >= 1 / len(train):
        count = oversample(train, "jump", share).count(("jump", "I_JUMP"))
        assert abs(count - share / (1 - share) * others) <= 0.5


def test_oversampling_twice_is_oversampling_once():
    once = oversample(split("add_jump")[0], "jump")
    assert oversample(once, "jump") == once


def test_another_split_is_refused_with_the_names_that_there_are():
    with pytest.raises(
        ValueError,
        match="name is 'simple'; expected one of random, length, add_jump, add_turn_left",
    ):
        split("simple")


@pytest.mark.parametrize("share", [0, 0.3, 1, float("nan")])
def test_a_share_that_no_number_of_repeats_gives_is_refused(share):
    with pytest.raises(ValueError, match=rf"share is {share}; .* 1 / 3 that"):
        oversample(PAIRS[:3], "walk", share)


def test_a_command_that_is_not_trained_cannot_be_oversampled():
    with pytest.raises(ValueError, match="command is 'jump twice', which is not in"):
        oversample(split("add_jump")[0], "jump twice")
