"""Bulletins, their headlines, and how headlines are judged."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_np import Seq2Seq, Vocab
from s2s_np.tasks.summarization import (
    BACKGROUND,
    FACTS,
    KINDS,
    NAMES,
    NEW_NAMES,
    NUMBERS,
    PLACES,
    RANKS,
    Bulletin,
    Event,
    draw_bulletins,
    facts_of,
    facts_right,
    first_event,
    lcs_table,
    lead,
    occlusion,
    oracle_sentence,
    rouge_l,
    split_bulletins,
    split_events,
    with_place_last,
    with_unseen_names,
)

TREES = Event("trees", "Sora", "nine", "Jeju")
ARREST = Event("arrest", "Jisoo", "six", "Busan")
BULLETIN = Bulletin(
    (
        "in Daegu four songs were sung by Minho .",
        "Sora put nine oaks into a park in Jeju .",
        "six robbers hiding in Busan gave up to Jisoo .",
    ),
    (None, TREES, ARREST),
)


@pytest.fixture(scope="module")
def lists():
    """Bulletins to train, to validate and to test with."""
    return split_bulletins(2_000, 500, 1_000)


def words(text):
    return [word for word in text.split() if word[0].isalnum()]


def test_the_headline_is_about_the_most_newsworthy_event_wherever_it_stands():
    assert BULLETIN.headline == "Busan : Jisoo arrests 6 suspects"
    turned = Bulletin(BULLETIN.sentences[::-1], BULLETIN.events[::-1])
    assert (turned.position, turned.headline) == (0, BULLETIN.headline)
    assert BULLETIN.pair == (" ".join(BULLETIN.sentences), BULLETIN.headline)


def test_of_two_events_of_a_kind_the_headline_takes_the_first():
    other = ARREST._replace(name="Hana")
    assert Bulletin(("a .", "b .", "c ."), (None, other, ARREST)).event is other


def test_each_sentence_tells_its_own_event_and_no_two_share_a_person_a_number_or_a_place(
    lists,
):
    facts = {*NAMES, *NUMBERS, *PLACES}
    for bulletin in lists[2]:
        said = [facts & {*sentence.split()} for sentence in bulletin.sentences]
        assert sum(map(len, said)) == len(set.union(*said))
        for event, found in zip(bulletin.events, said, strict=True):
            assert event is None or {*event[1:]} == found


def test_one_event_of_a_bulletin_is_more_newsworthy_than_all_others(lists):
    for bulletin in lists[2]:
        ranks = [RANKS[event.kind] for event in bulletin.events if event]
        assert ranks.count(RANKS[bulletin.event.kind]) == 1
        assert min(ranks) == RANKS[bulletin.event.kind]


def test_a_bulletin_has_4_to_8_sentences_and_six_times_the_words_of_its_headline_at_least(
    lists,
):
    assert {len(b.sentences) for b in lists[0]} == {4, 5, 6, 7, 8}
    for text, headline in (b.pair for each in lists for b in each):
        assert len(words(text)) >= 6 * len(words(headline)) == 30


def test_the_event_stands_at_any_place_about_equally_often(lists):
    places = [b.position for b in lists[0] if len(b.sentences) == 4]
    assert min(np.bincount(places)) > 0.8 * len(places) / 4


def test_every_kind_is_as_often_in_the_headline(lists):
    kinds = [RANKS[b.event.kind] for b in lists[0]]
    assert min(np.bincount(kinds)) > 0.8 * len(kinds) / len(KINDS)


def test_an_event_and_background_are_said_in_sentences_of_the_same_shape():
    starts = {wording.split()[0] for wording in BACKGROUND}
    for kind in KINDS.values():
        assert {wording.split()[0] for wording in kind.wordings} <= starts
        assert len({*kind.wordings}) == 3


def test_no_event_of_one_list_is_in_another():
    pools = [set(events) for events in split_events()]
    assert [len(events) for events in pools] == [127_920, 6_000, 12_000]
    assert len(set.union(*pools)) == len(KINDS) * len(NAMES) * len(NUMBERS) * len(
        PLACES
    )


def test_no_bulletin_headline_or_lesser_event_of_one_list_stands_in_another(lists):
    for of in (
        lambda b: [b.text],
        lambda b: [b.headline],
        lambda b: [event for event in b.events if event],
    ):
        train, valid, test = ({x for b in each for x in of(b)} for each in lists)
        assert not train & test and not train & valid and not valid & test


def test_within_a_list_no_headline_comes_twice(lists):
    for bulletins in lists:
        assert len({b.headline for b in bulletins}) == len(bulletins)


def test_the_test_stays_the_same_whatever_is_trained_and_another_seed_changes_it():
    test = split_bulletins(10, 5, 20, seed=3)[2]
    assert split_bulletins(30, 7, 20, seed=3)[2] == test
    assert split_bulletins(10, 5, 20, seed=4)[2] != test


def test_bulletins_are_as_long_as_asked_for():
    longer = draw_bulletins(split_events()[2], 200, sentences=(9, 16))
    assert {len(b.sentences) for b in longer} == {*range(9, 17)}


def test_a_rival_is_of_the_kind_that_counts():
    for bulletin in draw_bulletins(split_events()[2], 100, rivals=1):
        ranks = [RANKS[event.kind] for event in bulletin.events if event]
        assert ranks.count(min(ranks)) == 2


def test_an_unseen_name_replaces_the_one_that_counts_and_nothing_else():
    (renamed,) = with_unseen_names([BULLETIN])
    assert renamed.sentences[:2] == BULLETIN.sentences[:2]
    assert (
        renamed.sentences[2]
        == f"six robbers hiding in Busan gave up to {NEW_NAMES[0]} ."
    )
    assert renamed.headline == f"Busan : {NEW_NAMES[0]} arrests 6 suspects"
    assert not {*NEW_NAMES} & {*NAMES}


def test_the_place_goes_to_the_end_of_the_sentence_that_counts_where_it_stood_in_front():
    told = "in Busan six smugglers were handcuffed by Jisoo ."
    bulletin = Bulletin((BULLETIN.sentences[0], told), (None, ARREST))
    (turned,) = with_place_last([BULLETIN, bulletin])
    assert turned.sentences == (
        BULLETIN.sentences[0],
        "six smugglers were handcuffed by Jisoo in Busan .",
    )
    assert turned.headline == bulletin.headline


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("Busan : Jisoo arrests 6 suspects", [True, True, True, True]),
        ("Jeju : Jisoo arrests 6 suspects", [False, True, True, True]),
        ("Busan : Sora arrests 6 suspects", [True, False, True, True]),
        ("Busan : Jisoo arrests 6 people", [True, True, False, True]),
        ("Busan : Jisoo arrests 9 suspects", [True, True, True, False]),
        ("Busan : Jisoo arrests 6", [False] * 4),
        ("", [False] * 4),
    ],
)
def test_each_fact_is_judged_by_itself_and_a_headline_of_another_form_says_nothing(
    written, right
):
    assert FACTS == ("where", "who", "what", "number")
    assert facts_right([written], [BULLETIN.headline]).tolist() == [right]


def test_what_is_done_and_to_whom_is_one_fact():
    assert facts_of(BULLETIN.headline)["what"] == "arrests suspects"


@pytest.mark.parametrize(
    ("written", "percent"),
    [
        ("Busan : Jisoo arrests 6 suspects", 100),
        ("Busan : Sora arrests 6 suspects", 80),
        ("suspects 6 arrests Jisoo : Busan", 20),
        ("Jisoo arrests 6", 75),
        ("", 0),
    ],
)
def test_rouge_l_of_known_headlines(written, percent):
    assert rouge_l([written], [BULLETIN.headline]) == pytest.approx(percent)


WORDS = st.lists(st.sampled_from("abc"), min_size=1, max_size=7)


@given(WORDS, WORDS)
def test_the_librarys_rouge_l_is_the_f_measure_of_our_table(ours, right):
    length = lcs_table(ours, right)[-1, -1]
    score = 100 * 2 * length / (len(ours) + len(right))
    assert rouge_l([" ".join(ours)], [" ".join(right)]) == pytest.approx(score)


def test_the_table_of_common_subsequences_counts_every_beginning():
    assert lcs_table(list("abc"), list("acb")).tolist() == [
        [0, 0, 0, 0],
        [0, 1, 1, 1],
        [0, 1, 1, 2],
        [0, 1, 2, 2],
    ]


def test_the_baselines_take_the_first_sentence_its_words_the_best_sentence_and_the_first_event():
    assert lead(BULLETIN) == BULLETIN.sentences[0]
    assert lead(BULLETIN, 3) == "in Daegu four"
    assert oracle_sentence(BULLETIN) == BULLETIN.sentences[2]
    assert first_event(BULLETIN) == "Jeju : Sora plants 9 trees"


def test_occlusion_is_the_fall_of_the_headlines_log_probability():
    source = Vocab.from_texts([BULLETIN.text], "word")
    target = Vocab.from_texts([BULLETIN.headline], "word")
    model = Seq2Seq(source, target, 8, 8, dtype="float64")
    without_second = " ".join(BULLETIN.sentences[::2])
    whole, rest = model.log_probs([BULLETIN.pair, (without_second, BULLETIN.headline)])
    falls = occlusion(model, BULLETIN)
    assert falls.shape == (3,)
    assert falls[1] == pytest.approx(whole - rest)


def test_bad_input_is_named():
    events = split_events()[2]
    with pytest.raises(ValueError, match="size is 0; expected 1 to 12000"):
        split_bulletins(1, 1, 0)
    with pytest.raises(ValueError, match="size is 12001"):
        split_bulletins(1, 1, 12_001)
    for sentences, rivals in (((0, 3), 0), ((5, 4), 0), ((4, 20), 0), ((1, 4), 1), ((4, 8), -1)):  # fmt: skip
        with pytest.raises(ValueError, match="no two sentences share"):
            draw_bulletins(events, 1, sentences, rivals)
    with pytest.raises(ValueError, match="give more events"):
        draw_bulletins([ARREST], 1, rivals=1)
    with pytest.raises(ValueError, match="at least two sentences"):
        occlusion(None, Bulletin(BULLETIN.sentences[2:], BULLETIN.events[2:]))
    for judge in (rouge_l, facts_right):
        with pytest.raises(TypeError, match="wanted is one string; expected a list"):
            judge(["a"], "a")
        with pytest.raises(ValueError, match="written has 1 and wanted has 2"):
            judge(["a"], ["a", "b"])
        with pytest.raises(ValueError, match="written has 0 and wanted has 0"):
            judge([], [])
    with pytest.raises(ValueError, match=r"wanted\[1\] is ' \. ': there is no word"):
        rouge_l(["a", "b"], ["a", " . "])


@pytest.mark.parametrize("text", ["", "   "])
def test_an_empty_bulletin_is_refused_by_the_model(text):
    model = Seq2Seq(
        Vocab.from_texts([BULLETIN.text], "word"),
        Vocab.from_texts([BULLETIN.headline], "word"),
        4,
        4,
    )
    with pytest.raises(ValueError, match="there is no word in it"):
        model.translate([text])


def test_a_missing_rouge_score_is_named_with_the_command_that_installs_it(without):
    without("rouge_score")
    with pytest.raises(ModuleNotFoundError, match="pip install rouge-score"):
        rouge_l(["a"], ["a"])
