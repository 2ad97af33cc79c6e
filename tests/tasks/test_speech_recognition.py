"""Speech: what is said, how it sounds, its features, and the count of word errors."""

import time
import wave
from collections import Counter

import numpy as np
import pytest

from s2s_np import Frames, Seq2Seq, Vocab
from s2s_np.corpora import Recording
from s2s_np.tasks import speech_recognition as speech
from s2s_np.tasks.speech_recognition import (
    BANDS,
    DIGITS,
    PARTS,
    PHRASES,
    PITCHES,
    SAMPLE_RATE,
    STRANGE,
    Utterance,
    augment,
    confusions,
    draw_utterances,
    frames,
    hertz,
    join_digits,
    log_mel,
    mel,
    mel_filter_bank,
    nearest,
    part_of,
    read_wav,
    speak,
    spectrogram,
    split_recordings,
    train,
    variants,
    vocabulary,
    with_noise,
    word_errors,
)

PI = Utterance("three one four", "en", "m3")
SECOND = np.arange(SAMPLE_RATE) / SAMPLE_RATE


def tone(frequency):
    """Return one second of a tone, int16."""
    return (10_000 * np.sin(2 * np.pi * frequency * SECOND)).astype(np.int16)


@pytest.fixture(scope="module")
def drawn():
    """Utterances of every part."""
    return {part: draw_utterances(part, 2_000) for part in PARTS}


# What is said


def test_no_voice_is_in_two_parts():
    names = [name for names in variants().values() for name in names]
    assert len(names) == len(set(names)) == 103


def test_kin_of_a_voice_that_tests_is_nowhere_else():
    parts = variants()
    folder = speech._folder_of_variants()
    tract = {
        name: speech._formants((folder / name).read_text(errors="replace"))
        for part in PARTS
        for name in parts[part]
    }
    held_out = [tract[name] for part in ("valid", "test") for name in parts[part]]
    assert not {*held_out} & {tract[name] for name in parts["train"]}
    assert len(held_out) == len({*held_out})
    assert tract["steph"] == tract["steph2"] == (120, 99, 116)


def test_voices_pitches_and_strings_of_two_digits_and_more_are_not_shared(drawn):
    def of(part, what):
        return {what(utterance) for utterance in drawn[part]} - {None}

    def string(u):
        return u.text if len(u.text.split()) > 1 and u.text not in PHRASES[u.language] else None  # fmt: skip

    for what in (lambda u: u.variant, lambda u: u.pitch, string):
        sets = [of(part, what) for part in PARTS]
        assert sum(map(len, sets)) == len(set.union(*sets)) and all(sets)


def test_half_of_the_utterances_are_korean_and_a_quarter_are_phrases(drawn):
    found = drawn["train"]
    korean = sum(u.language == "ko" for u in found)
    phrases = sum(u.text in PHRASES[u.language] for u in found)
    assert 900 < korean < 1_100 and 420 < phrases < 580
    lengths = Counter(len(u.text.split()) for u in found if u.text not in PHRASES[u.language])  # fmt: skip
    assert sorted(lengths) == [1, 2, 3, 4] and min(lengths.values()) > 300
    assert {u.pitch for u in found} == {*PITCHES["train"]}


def test_one_string_in_ten_tests_and_one_validates():
    counts = Counter(part_of(f"{n:04}") for n in range(10_000))
    assert 900 < counts["test"] < 1_100 and 900 < counts["valid"] < 1_100


def test_the_same_seed_draws_the_same_utterances_and_another_does_not():
    assert draw_utterances("test", 9, 1) == draw_utterances("test", 9, 1)
    assert draw_utterances("test", 9, 1) != draw_utterances("test", 9, 2)


def test_lengths_and_voices_asked_for_are_drawn():
    found = draw_utterances("test", 60, lengths=[7], names=["whisper"])
    digits = {u.text for u in found} - {*PHRASES["en"], *PHRASES["ko"]}
    assert {len(text.split()) for text in digits} == {7}
    assert {u.variant for u in found} == {"whisper"} < {*STRANGE}


def test_the_vocabulary_has_every_word(drawn):
    vocab = Vocab.from_texts(vocabulary(), "word")
    assert not any(vocab.unknown(u.text) for part in PARTS for u in drawn[part])


# How it sounds


def test_speech_is_a_second_of_sound_or_so():
    samples = speak(PI)
    assert samples.dtype == np.int16 and SAMPLE_RATE / 2 < len(samples) < 2 * SAMPLE_RATE  # fmt: skip
    assert np.abs(samples.astype(int)).max() > 5_000


@pytest.mark.parametrize("variant", ["m3", "f3", "klatt4"])
def test_an_utterance_sounds_the_same_whatever_was_spoken_before(variant):
    before = speak(PI._replace(variant=variant))
    speak(Utterance("불을 켜 주세요", "ko", "Annie", 80, 210))
    assert np.array_equal(speak(PI._replace(variant=variant)), before)


def test_the_noise_of_a_breathy_voice_does_not_depend_on_the_second_of_the_clock():
    breathy = PI._replace(variant="f2")
    before = speak(breathy)
    time.sleep(1.01)
    assert np.array_equal(speak(breathy), before)


def test_voice_pitch_rate_and_language_are_heard():
    sounds = [
        PI,
        PI._replace(variant="f2"),
        PI._replace(pitch=90),
        PI._replace(rate=120),
        PI._replace(text="삼 일 사", language="ko"),
    ]
    assert len({speak(u).tobytes() for u in sounds}) == len(sounds)
    assert len(speak(sounds[3])) > 1.2 * len(speak(PI))


def test_noise_is_as_loud_as_was_asked():
    sound = tone(440).astype(np.float32)
    noise = with_noise(sound, 20) - sound
    ratio = 10 * np.log10(np.mean(sound**2) / np.mean(noise**2))
    assert abs(ratio - 20) < 0.2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"text": " "}, "text is ' '; expected words"),
        ({"language": "tlh"}, "language is 'tlh'; expected one of en, ko"),
        ({"variant": "nobody"}, "espeak-ng has no voice 'nobody'"),
        ({"pitch": 100}, "pitch is 100; expected 0 to 99"),
        ({"rate": 5}, "rate is 5; expected 80 to 450"),
    ],
)
def test_what_cannot_be_spoken_is_named(change, message):
    with pytest.raises(ValueError, match=message):
        speak(PI._replace(**change))


# WAV files


def write(path, samples, rate=SAMPLE_RATE, channels=1, size=2):
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, size, rate, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
    return path


def test_a_wav_file_comes_back_as_it_was_written(tmp_path):
    assert np.array_equal(read_wav(write(tmp_path / "a.wav", tone(440))), tone(440))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rate": 44_100}, "has 44100 samples a second; expected 22050: resample"),
        ({"channels": 2}, "has 2 channels; expected 1: mix them"),
        ({"size": 1}, "has samples of 8 bits; expected 16"),
        ({"samples": np.zeros(0, np.int16)}, "is empty"),
    ],
)
def test_a_wav_file_of_another_kind_is_refused(tmp_path, settings, message):
    path = write(tmp_path / "a.wav", **{"samples": tone(440)} | settings)
    with pytest.raises(ValueError, match=message):
        read_wav(path)


def test_a_file_that_is_no_wav_file_is_refused(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(b"ID3 not a wave")
    with pytest.raises(ValueError, match="is not a WAV file of plain samples"):
        read_wav(path)
    path.write_bytes(b"")
    with pytest.raises(ValueError, match="is not a WAV file of plain samples"):
        read_wav(path)


# From sound to frames


def test_a_tone_stands_in_the_spectrogram_at_its_frequency():
    power = spectrogram(tone(1_000))
    bin_width = SAMPLE_RATE / 2 / (power.shape[1] - 1)
    assert power.shape == (98, 513)
    assert (np.abs(power.argmax(axis=1) * bin_width - 1_000) < bin_width).all()


def test_the_spectrogram_is_the_windowed_fourier_sum():
    x = np.random.default_rng(0).standard_normal(2_000)
    N, hop = 551, 220
    n, k, t = np.arange(N), 37, 3
    window = np.sin(np.pi * n / N) ** 2
    total = np.sum(window * x[t * hop + n] * np.exp(-2j * np.pi * k * n / 1024))
    assert np.isclose(spectrogram(x)[t, k], np.abs(total) ** 2, rtol=1e-4)


def test_mel_and_hertz_undo_each_other():
    assert np.allclose(hertz(mel([80, 1_000, 8_000])), [80, 1_000, 8_000])
    assert np.isclose(mel(1_000), 1_000, atol=0.1)


def test_each_band_is_a_triangle_and_neighbours_share_all_between_their_peaks():
    bank = mel_filter_bank(2_049)
    assert bank.shape == (2_049, BANDS) and bank.min() == 0 and bank.max() <= 1
    peaks = bank.argmax(axis=0)
    assert (np.diff(peaks) > 0).all() and (np.diff(peaks, 2) >= -1).all()
    assert np.allclose(bank[peaks[0] + 1 : peaks[-1]].sum(axis=1), 1, atol=1e-5)


def test_a_sound_that_is_louder_has_the_same_features():
    sound = speak(PI).astype(np.float32) / 2**15
    assert np.allclose(log_mel(sound), log_mel(sound / 8), atol=1e-2)


def test_quiet_at_both_ends_is_cut_off():
    quiet = np.zeros(SAMPLE_RATE // 2, np.int16)
    found = log_mel(np.concatenate([quiet, tone(440), quiet]))
    assert 100 <= len(found) <= 105 and found.max() == 0 and found.min() >= -60


def test_frames_have_mean_zero_and_stand_side_by_side():
    x = log_mel(speak(PI))
    one, four = frames(x, 1), frames(x, 4)
    assert np.allclose(one.mean(axis=0), 0, atol=1e-4) and one.shape == x.shape
    assert four.shape == (-(-len(x) // 4), 4 * BANDS)
    assert np.array_equal(four.reshape(-1, BANDS)[: len(x)], one)
    assert np.array_equal(four[-1, -BANDS:], one[-1])


def test_an_augmented_sound_is_another_of_about_the_same_length():
    x, rng = log_mel(speak(PI)), np.random.default_rng(0)
    lengths = [len(augment(x, rng)) for _ in range(30)]
    assert len(set(lengths)) > 10
    assert 0.85 * len(x) < min(lengths) and max(lengths) < 1.17 * len(x)
    assert augment(x, rng).shape[1] == BANDS and augment(x[:1], rng).shape == (1, BANDS)


@pytest.mark.parametrize(
    ("samples", "error", "message"),
    [
        (np.zeros(9_999, np.int16), ValueError, "the sound is silent"),
        (np.zeros(0, np.int16), ValueError, "has 0 samples; expected at least a window of 551"),
        (tone(440)[:100], ValueError, "has 100 samples"),
        (np.stack([tone(440)] * 2, axis=1), ValueError, r"shape \(22050, 2\); expected one channel"),
        (np.full(9_999, np.nan), ValueError, "not finite"),
        (["a"] * 999, TypeError, "expected numbers"),
    ],
)  # fmt: skip
def test_a_sound_that_is_none_is_named(samples, error, message):
    with pytest.raises(error, match=message):
        log_mel(samples)


# Training, and recordings of people


def test_a_model_learns_two_words_from_sounds_that_change_in_each_epoch():
    words = {"one": "en", "six": "en"}
    spoken = [
        (log_mel(speak(Utterance(word, language, variant))), word)
        for word, language in words.items()
        for variant in ("m1", "m3", "f2", "f4", "Mike", "Annie")
    ]
    model = Seq2Seq(Frames(4 * BANDS), Vocab.from_texts(words, "word"), 4, 16, bidirectional=True)  # fmt: skip
    losses = train(model, spoken, epochs=20, batch_size=4, learning_rate=1e-2)
    assert len(losses) == 60 and np.mean(losses[-3:]) < 0.3 < losses[0]


def recordings():
    rng = np.random.default_rng(0)
    return [
        Recording((1_000 * rng.standard_normal(2_000 + 100 * digit)).astype(np.int16), digit, speaker, take)
        for digit in range(10) for speaker in ("ann", "bob", "cho") for take in range(7)
    ]  # fmt: skip


def test_no_speaker_of_the_test_trains_and_no_take_of_the_validation_either():
    parts = split_recordings(recordings(), "bob")
    assert {r.speaker for r in parts["test"]} == {"bob"}
    assert {r.speaker for r in parts["train"] + parts["valid"]} == {"ann", "cho"}
    assert {r.take for r in parts["valid"]} == {0, 1, 2, 3, 4}
    assert {r.take for r in parts["train"]} == {5, 6}
    assert sum(map(len, parts.values())) == 210
    with pytest.raises(ValueError, match="speaker is 'dan'; expected one of ann, bob"):
        split_recordings(recordings(), "dan")


def test_joined_digits_are_as_long_as_their_recordings_and_equally_loud():
    joined = join_digits(recordings(), 50, lengths=[1, 2, 3])
    for samples, text in joined:
        lengths = [2_000 + 100 * DIGITS["en"].index(word) for word in text.split()]
        assert sum(lengths) <= len(samples) < sum(lengths) + 800 * len(lengths)
        assert np.isclose(np.sum(samples**2), sum(lengths), rtol=1e-3)
    assert {len(text.split()) for _, text in joined} == {1, 2, 3}
    assert log_mel(joined[0][0], 8_000).shape[1] == BANDS


# Word errors


def test_word_errors_are_the_fewest_changes():
    found = word_errors(["one two three", "four"], ["one too", "four four"])
    assert found == (1, 1, 1, 4) and found.rate == 0.75


def test_a_word_error_rate_can_exceed_one():
    assert word_errors(["six"], ["one two three"]).rate == 3
    assert word_errors(["six seven"], [""]).rate == 1


def test_confusions_count_what_was_heard_and_what_was_not():
    counts = confusions(["one two", "two", "cat one"], ["one one", "", "cat one"], ["one", "two"])  # fmt: skip
    assert counts.tolist() == [[2, 0, 0], [1, 0, 1]]


def test_the_nearest_sound_is_the_same_sound():
    known = [(log_mel(speak(PI._replace(text=word))), word) for word in DIGITS["en"]]
    assert nearest(known, [x for x, _ in known]) == list(DIGITS["en"])


def test_bad_requests_are_named():
    with pytest.raises(ValueError, match="part is 'all'; expected one of train"):
        draw_utterances("all", 1)
    with pytest.raises(ValueError, match="size is 0"):
        draw_utterances("test", 0)
    with pytest.raises(ValueError, match=r"lengths is \[0\]"):
        draw_utterances("test", 1, lengths=[0])
    with pytest.raises(ValueError, match="size is 0"):
        join_digits(recordings(), 0)
    with pytest.raises(ValueError, match="1 texts said, 2 heard"):
        word_errors(["a"], ["a", "b"])


@pytest.mark.parametrize(
    ("package", "call"),
    [
        ("espeakng-loader", lambda: speak(PI)),
        ("espeakng-loader", variants),
        ("jiwer", lambda: word_errors(["a"], ["a"])),
    ],
)
def test_a_missing_package_is_named_with_the_command_that_installs_it(
    without, package, call
):
    without(package.replace("-", "_"))
    with pytest.raises(ModuleNotFoundError, match=f"pip install {package}"):
        call()
