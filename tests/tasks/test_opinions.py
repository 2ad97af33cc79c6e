"""Opinions: what they say, in two languages, and how they are dealt."""

from collections import Counter

import pytest

from s2s_np.tasks.opinions import VERBS, Opinion, negations_of, opinions, split

ALL = opinions()


@pytest.mark.parametrize(
    ("opinion", "korean", "english", "sentiment"),
    [
        (
            Opinion("I", "movie", "like", "none", "yesterday"),
            "나는 어제 영화를 좋아했다",
            "I liked the movie yesterday",
            "good",
        ),
        (
            Opinion("I", "movie", "like", "before", "yesterday"),
            "나는 어제 영화를 안 좋아했다",
            "I did not like the movie yesterday",
            "bad",
        ),
        (
            Opinion("Minsu", "novel", "criticize", "after", first="object"),
            "소설을 민수는 비판하지 않았다",
            "Minsu did not criticize the novel",
            "good",
        ),
        (
            Opinion("we", "play", "condemn", "double", place="school"),
            "우리는 학교에서 연극을 비난하지 않을 수 없었다",
            "we could not help condemning the play at school",
            "bad",
        ),
    ],
)
def test_an_opinion_in_two_languages(opinion, korean, english, sentiment):
    assert opinion.korean == korean
    assert opinion.english == english
    assert opinion.sentiment == sentiment


def test_no_korean_sentence_occurs_twice():
    assert len({o.korean for o in ALL}) == len(ALL)


@pytest.mark.parametrize("part", ["subject", "thing", "time", "place", "first"])
def test_every_neutral_part_is_as_often_kind_as_unkind(part):
    counts = Counter((getattr(o, part), o.sentiment) for o in ALL)
    for value in {getattr(o, part) for o in ALL}:
        assert counts[value, "good"] == counts[value, "bad"]


def test_a_single_negation_turns_the_sentiment_round_and_two_do_not():
    for verb in VERBS:
        plain = Opinion("I", "song", verb).sentiment
        for negation in negations_of(verb):
            turned = Opinion("I", "song", verb, negation).sentiment != plain
            assert turned == (negation in ("before", "after"))


def test_no_word_alone_decides_between_the_verbs_that_take_an():
    sentiments = {
        o.sentiment for o in ALL if o.negation == "before" and "안" in o.korean.split()
    }
    assert sentiments == {"good", "bad"}


def test_the_length_counts_time_and_place():
    assert Opinion("I", "song", "like").length == "short"
    assert Opinion("I", "song", "like", time="today").length == "medium"
    assert Opinion("I", "song", "like", time="today", place="home").length == "long"


def test_the_split_deals_every_sentence_once_and_no_english_one_to_two_parts():
    parts = split(seed=2)
    assert sorted(o.korean for part in parts for o in part) == sorted(
        o.korean for o in ALL
    )
    english = [{o.english for o in part} for part in parts]
    assert not (english[0] & english[1] or english[0] & english[2] or english[1] & english[2])  # fmt: skip
    assert split(seed=2) == parts != split(seed=3)


def test_what_the_grammar_does_not_have_is_named():
    with pytest.raises(
        ValueError, match="negation is 'before'; 'praise' takes none, after"
    ):
        Opinion("I", "song", "praise", "before")
    with pytest.raises(ValueError, match="first is 'verb'"):
        Opinion("I", "song", "like", first="verb")
    with pytest.raises(ValueError, match="held_out is 0.5"):
        split(held_out=0.5)
