"""Vocabularies: text to ids and back."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_np import BOS, EOS, PAD, UNK, Vocab


def test_the_first_four_ids_are_pad_bos_eos_and_unk():
    assert Vocab.from_texts(["ab"]).tokens[:4] == ["<pad>", "<bos>", "<eos>", "<unk>"]
    assert (PAD, BOS, EOS, UNK) == (0, 1, 2, 3)


def test_tokens_are_ordered_by_frequency_and_then_by_code_point():
    assert Vocab.from_texts(["bca", "bc", "b"]).tokens[4:] == ["b", "c", "a"]
    assert Vocab.from_texts(["나", "가"]).tokens[4:] == ["가", "나"]


def test_the_vocabulary_does_not_depend_on_the_order_of_the_texts():
    assert Vocab.from_texts(["abc", "bd"]) == Vocab.from_texts(["bd", "abc"])


def test_rare_tokens_are_left_out():
    assert Vocab.from_texts(["aab"], min_count=2).tokens[4:] == ["a"]


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_decoding_undoes_encoding_of_characters(text):
    assert Vocab.from_texts([text]).decode(
        Vocab.from_texts([text]).encode(text)
    ) == unicodedata.normalize("NFC", text)


def test_words_are_what_stands_between_spaces():
    vocab = Vocab.from_texts(["나는 학교에 간다"], level="word")
    assert vocab.tokenize(" 나는  간다\n") == ["나는", "간다"]
    assert vocab.decode(vocab.encode("나는 간다")) == "나는 간다"


def test_a_hangul_syllable_is_one_character_however_it_was_typed():
    vocab = Vocab.from_texts(["년"])
    assert vocab.encode(unicodedata.normalize("NFD", "년")) == vocab.encode("년") == [4]


def test_decoding_stops_at_eos_and_skips_pad_and_bos():
    vocab = Vocab.from_texts(["ab"])
    a, b = vocab.encode("ab")
    assert vocab.decode([BOS, a, PAD, b, EOS, a]) == "ab"


def test_an_unknown_token_becomes_unk_and_can_be_asked_for():
    vocab = Vocab.from_texts(["ab"])
    assert vocab.encode("axyx") == [4, UNK, UNK, UNK]
    assert vocab.unknown("axyx") == ["x", "y"]
    assert vocab.decode([UNK]) == "<unk>"


def test_no_text_can_spell_a_special_token():
    vocab = Vocab.from_texts(["say <eos> please"], level="word")
    assert vocab.encode("<eos> <pad>") == [UNK, UNK]


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        (lambda: Vocab.from_texts("ab"), TypeError, "one string"),
        (lambda: Vocab.from_texts([]), ValueError, "no token"),
        (lambda: Vocab.from_texts(["", ""]), ValueError, "no token"),
        (lambda: Vocab.from_texts(["ab"], level="byte"), ValueError, "'byte'"),
        (lambda: Vocab.from_texts([7]), TypeError, "int"),
        (lambda: Vocab(["a", "b"], "char"), ValueError, "first four"),
        (
            lambda: Vocab([*Vocab.from_texts(["a"]).tokens, "a"], "char"),
            ValueError,
            "'a' is in the vocabulary twice",
        ),
        (
            lambda: Vocab.from_texts(["a"]).decode([5]),
            IndexError,
            "token id 5 is outside the vocabulary of 5",
        ),
        (lambda: Vocab.from_texts(["a"]).encode(None), TypeError, "NoneType"),
    ],
)
def test_bad_input_is_named(wrong, error, message):
    with pytest.raises(error, match=message):
        wrong()
