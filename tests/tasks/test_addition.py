"""Addition as text: right sums, no question twice, and the carries counted."""

import pytest

from s2s_np.tasks.addition import LENGTH, carries, numbers, questions, split

PAIRS = questions(2_000)


def test_every_answer_is_the_sum():
    for question, answer in PAIRS:
        assert len(question) == LENGTH
        assert int(answer) == sum(numbers(question))


def test_no_question_occurs_twice_not_even_the_other_way_round():
    assert len({tuple(sorted(numbers(question))) for question, _ in PAIRS}) == 2_000


def test_the_split_shares_no_question():
    train, test = split(train=300, test=100)
    assert (len(train), len(test)) == (300, 100)
    assert not {tuple(sorted(numbers(q))) for q, _ in train} & {
        tuple(sorted(numbers(q))) for q, _ in test
    }
    assert split(300, 100) == (train, test) != split(300, 100, seed=1)


@pytest.mark.parametrize(
    ("question", "count"),
    [("1+2    ", 0), ("57+5   ", 1), ("95+5   ", 2), ("999+1  ", 3), ("628+521", 1)],
)
def test_carries(question, count):
    assert carries(question) == count


def test_sizes_that_make_no_sense_are_named():
    with pytest.raises(ValueError, match="count is 0; expected 1 to 100000"):
        questions(0)
    with pytest.raises(ValueError, match="train is 0 and test 5"):
        split(0, 5)
