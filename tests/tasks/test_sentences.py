from dataclasses import replace

import pytest

from s2s_np.tasks.sentences import (
    ORDERS,
    TENSES,
    VERBS,
    Sentence,
    join,
    meanings,
    sentences,
    split,
    with_particle,
)

CORPUS = sentences()
TO_SCHOOL = Sentence("I", "go", "present", place="school")
IN_THE_LIBRARY = Sentence("she", "read", "past", "book", "library", "yesterday")
FRIENDS = Sentence("Yuna's friend", "see", "present", "Minsu's friend")


@pytest.mark.parametrize(
    ("sentence", "korean", "english"),
    [
        (TO_SCHOOL, "나는 학교에 간다", "I go to school"),
        (
            IN_THE_LIBRARY,
            "그녀는 어제 도서관에서 책을 읽었다",
            "she read a book in the library yesterday",
        ),
        (
            Sentence("they", "come", "future", place="home"),
            "그들은 집에 올 것이다",
            "they will come home",
        ),
        (
            Sentence("Minsu", "help", "present", "I", time="every day"),
            "민수는 매일 나를 돕는다",
            "Minsu helps me every day",
        ),
        (
            Sentence("they", "drink", "present", "milk", "home"),
            "그들은 집에서 우유를 마신다",
            "they drink milk at home",
        ),
        (Sentence("we", "see", "past", "they"), "우리는 그들을 보았다", "we saw them"),
        (
            Sentence("he", "listen to", "past", "music", "park"),
            "그는 공원에서 음악을 들었다",
            "he listened to music in the park",
        ),
        (
            Sentence(
                "Yuna's teacher", "wait for", "present", "Jiho's mother", time="evening"
            ),
            "유나의 선생님은 저녁에 지호의 어머니를 기다린다",
            "Yuna's teacher waits for Jiho's mother in the evening",
        ),
    ],
)
def test_a_sentence_reads_as_it_should_in_both_languages(sentence, korean, english):
    assert sentence.pair == (korean, english)


@pytest.mark.parametrize(
    ("order", "korean"),
    [
        ("time", "어제 그녀는 도서관에서 책을 읽었다"),
        ("place", "도서관에서 그녀는 어제 책을 읽었다"),
        ("object", "책을 그녀는 어제 도서관에서 읽었다"),
    ],
)
def test_the_part_that_the_order_names_stands_in_front_and_the_english_stays(
    order, korean
):
    paraphrase = replace(IN_THE_LIBRARY, order=order)
    assert paraphrase.pair == (korean, IN_THE_LIBRARY.english)


def test_a_sentence_has_one_paraphrase_for_each_part_that_it_has():
    assert [paraphrase.order for paraphrase in IN_THE_LIBRARY.paraphrases()] == list(
        ORDERS
    )
    assert [paraphrase.korean for paraphrase in TO_SCHOOL.paraphrases()] == [
        "나는 학교에 간다",
        "학교에 나는 간다",
    ]


@pytest.mark.parametrize("order", ["time", "verb"])
def test_an_order_that_the_sentence_cannot_have_is_refused(order):
    with pytest.raises(ValueError, match=f"order is '{order}'"):
        replace(TO_SCHOOL, order=order)


@pytest.mark.parametrize(
    ("noun", "particle"),
    [
        ("나", "는"),
        ("그들", "은"),
        ("선생님", "은"),
        ("민수", "는"),
        ("집", "은"),
        ("우유", "는"),
        ("서울", "은"),
    ],
)
def test_the_particle_fits_the_last_sound_of_its_noun(noun, particle):
    assert with_particle(noun, "은", "는") == noun + particle


# The stem before a consonant, before a vowel, and with the ending -아/어, to which the past adds its ㅆ.
STEMS = {
    "go": ("가", "가", "가"),
    "come": ("오", "오", "와"),
    "read": ("읽", "읽", "읽어"),
    "write": ("쓰", "쓰", "써"),
    "eat": ("먹", "먹", "먹어"),
    "drink": ("마시", "마시", "마셔"),
    "buy": ("사", "사", "사"),
    "listen to": ("듣", "들", "들어"),
    "watch": ("보", "보", "보아"),
    "see": ("보", "보", "보아"),
    "meet": ("만나", "만나", "만나"),
    "help": ("돕", "도우", "도와"),
    "wait for": ("기다리", "기다리", "기다려"),
}
FINAL = {"ㄴ": 4, "ㄹ": 8, "ㅆ": 20}


def close(stem, consonant):
    """Add a final consonant to the last syllable; None if it has one already."""
    last = ord(stem[-1])
    is_open = (last - 0xAC00) % 28 == 0
    return stem[:-1] + chr(last + FINAL[consonant]) if is_open else None


@pytest.mark.parametrize("verb", VERBS)
def test_korean_verbs_are_conjugated_by_the_rules_of_their_stems(verb):
    stem, before_vowel, with_a = STEMS[verb]
    past = close(with_a, "ㅆ") + "다"
    present = (close(stem, "ㄴ") or stem + "는") + "다"
    future = (close(before_vowel, "ㄹ") or before_vowel + "을") + " 것이다"
    assert VERBS[verb][0] == (past, present, future)


def test_no_korean_sentence_occurs_twice():
    assert len({sentence.korean for sentence in CORPUS}) == len(CORPUS) > 5000


def test_the_corpus_is_always_the_same_list():
    assert sentences() == CORPUS


def test_every_korean_sentence_ends_with_its_verb():
    assert all(
        s.korean.endswith(VERBS[s.verb][0][TENSES.index(s.tense)]) for s in CORPUS
    )


def test_every_word_order_uses_the_same_tokens():
    for meaning in meanings():
        assert (
            len({tuple(sorted(s.korean.split())) for s in meaning.paraphrases()}) == 1
        )


def test_two_meanings_share_their_english_only_where_read_is_present_or_past():
    seen = {}
    for meaning in meanings():
        seen.setdefault(meaning.english, []).append(meaning)
    for same in (group for group in seen.values() if len(group) > 1):
        present = replace(same[0], tense="present")
        assert [replace(s, tense="present") for s in same] == [
            present,
            present,
        ] and present.verb == "read"


def test_roles_change_places_and_pronouns_their_case():
    sentence = Sentence("I", "meet", "past", "Yuna", time="yesterday")
    assert sentence.pair == ("나는 어제 유나를 만났다", "I met Yuna yesterday")
    assert sentence.swap_roles().pair == (
        "유나는 어제 나를 만났다",
        "Yuna met me yesterday",
    )
    assert sentence.swap_roles().swap_roles() == sentence


def test_relatives_of_one_kind_change_roles_by_the_order_of_the_same_tokens():
    swapped = FRIENDS.swap_roles()
    assert swapped.korean == "민수의 친구는 유나의 친구를 본다"
    assert sorted(swapped.korean.split()) == sorted(FRIENDS.korean.split())
    assert swapped.english == "Minsu's friend sees Yuna's friend" != FRIENDS.english


def test_only_people_change_roles():
    with pytest.raises(ValueError, match="the object is 'book'; only a person"):
        IN_THE_LIBRARY.swap_roles()


def test_the_role_swap_of_every_encounter_is_in_the_corpus():
    people = [s for s in CORPUS if s.verb in ("see", "meet", "help", "wait for")]
    assert len(people) > 1000
    assert {s.swap_roles() for s in people} == set(people)


def test_the_split_deals_every_sentence_once():
    train, valid, test = split(seed=3)
    assert sorted(s.korean for s in train + valid + test) == sorted(
        s.korean for s in CORPUS
    )


def test_no_english_sentence_is_in_two_parts_of_the_split():
    train, valid, test = ({s.english for s in part} for part in split())
    assert not (train & valid or train & test or valid & test)


def test_the_held_out_parts_have_the_share_that_is_asked_for():
    train, valid, test = ({s.english for s in part} for part in split(held_out=0.2))
    total = len(train | valid | test)
    assert len(valid) == len(test) == round(0.2 * total)


def test_every_word_of_the_held_out_parts_is_in_the_training_part():
    train, valid, test = split()
    for language in ("korean", "english"):
        known = {word for s in train for word in getattr(s, language).split()}
        assert {
            word for s in valid + test for word in getattr(s, language).split()
        } <= known


def test_the_seed_decides_the_split():
    assert split(seed=1) == split(seed=1)
    assert split(seed=1) != split(seed=2)


@pytest.mark.parametrize("held_out", [0, 0.5, -0.1])
def test_a_share_that_leaves_a_part_empty_is_refused(held_out):
    with pytest.raises(ValueError, match="held_out is"):
        split(held_out=held_out)


def test_joined_sentences_have_one_to_most_parts_as_many_times_each():
    korean, english = zip(*join(CORPUS, 12, most=4))
    expected = [0] * 3 + [1] * 3 + [2] * 3 + [3] * 3
    assert [text.count(" 그리고 ") for text in korean] == expected
    assert [text.count(" and ") for text in english] == expected


def test_joined_sentences_are_those_of_the_list_in_the_same_order():
    of_korean = {s.korean: s.english for s in CORPUS}
    for korean, english in join(CORPUS, 50, most=5, seed=1):
        parts = [of_korean[part] for part in korean.split(" 그리고 ")]
        assert " and ".join(parts) == english


def test_the_seed_decides_what_is_joined():
    assert join(CORPUS, 20, 2, seed=1) == join(CORPUS, 20, 2, seed=1)
    assert join(CORPUS, 20, 2, seed=1) != join(CORPUS, 20, 2, seed=2)


@pytest.mark.parametrize(("count", "most"), [(0, 1), (3, 0), (3, 2)])
def test_sizes_that_cannot_be_joined_are_named(count, most):
    with pytest.raises(ValueError, match=f"count is {count} and most {most}"):
        join(CORPUS, count, most)
