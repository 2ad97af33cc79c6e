"""Speech recognition: digit strings and short phrases, Korean and English (book: applications/speech_recognition).

    a sound, 22,050 numbers a second   →   frames, 25 a second   →   "three one four" or "삼 일 사"

The speech is espeak-ng's, a synthesizer whose library comes with the package espeakng-loader. It has about a hundred
voices, of which some train, some validate and some test. The features are made here: windows, Fourier transform, mel
filter bank, logarithm.
"""

import ctypes
import io
import random
import struct
import wave
import zlib
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..batch import make_batches
from ..optim import Adam, clip, warmup_linear
from .splits import check_sizes

SAMPLE_RATE = 22_050  # of espeak-ng, in hertz
PERSONS_RATE = 8_000  # of the Free Spoken Digit Dataset

# What Python's wave raises for a file that was tampered with, beside its own error.
NOT_WAV = (wave.Error, EOFError, OverflowError, RuntimeError, ValueError, struct.error)

LANGUAGES = {"en": "en-us", "ko": "ko"}  # ours, and espeak-ng's
DIGITS = {
    "en": (
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
    ),
    "ko": tuple("영일이삼사오육칠팔구"),
}
PHRASES = {
    "en": (
        "good morning",
        "good night",
        "thank you very much",
        "turn on the light",
        "turn off the light",
        "open the door",
        "close the door",
        "what time is it",
        "play some music",
        "stop the music",
        "see you tomorrow",
        "where is the station",
    ),
    "ko": (
        "좋은 아침입니다",
        "안녕히 주무세요",
        "정말 고맙습니다",
        "불을 켜 주세요",
        "불을 꺼 주세요",
        "문을 열어 주세요",
        "문을 닫아 주세요",
        "지금 몇 시예요",
        "음악을 틀어 주세요",
        "음악을 멈춰 주세요",
        "내일 만나요",
        "역이 어디예요",
    ),
}

# Variants that are no ordinary human voice: whispers, robots, jokes. They are for the question where it breaks.
STRANGE = (
    "AnxiousAndy", "Demonic", "RicishayMax", "RicishayMax2", "RicishayMax3", "Tweaky", "UniRobot", "anikaRobot",
    "announcer", "caleb", "croak", "kaukovalta", "robosoft", "robosoft2", "robosoft3", "robosoft4", "robosoft5",
    "robosoft6", "robosoft7", "robosoft8", "whisper", "whisperf",
)  # fmt: skip
SPEED_TEST = (
    "fast"  # a variant that changes nothing but how fast espeak-ng can be made to speak
)

PARTS = ("train", "valid", "test")
PITCHES = {"train": (20, 35, 50, 65, 80), "valid": (30, 60), "test": (25, 45, 70)}
RATES = (130, 210)  # words a minute, from … to
LONGEST = 4  # digits in a string; longer ones show where it breaks

WINDOW, HOP = 0.025, 0.010  # seconds
BANDS, STACKED = 24, 4
QUIET = (
    40.0  # decibels below the loudest frame: what is quieter at either end is cut off
)
FLOOR = 60.0  # decibels below the loudest value of the spectrogram: what is quieter counts as this


class Utterance(NamedTuple):
    """What is said and how.

    text: words, with spaces between them
    language: "en" or "ko"
    variant: one of espeak-ng's voices
    pitch: 0 to 99, espeak-ng's scale; 50 is the variant's own
    rate: words a minute
    """

    text: str
    language: str
    variant: str
    pitch: int = 50
    rate: int = 170


# What is said -------------------------------------------------------------------------------------------------


def variants():
    """Return the voices of each of `PARTS`, and the "strange" ones: a dict of lists of names, no name in two.

    espeak-ng makes a voice from a table of how each formant, a resonance of the vocal tract, differs from a standard.
    Variants with the same frequencies of formants 1 to 3 are kin, and all kin train. Of the voices without kin, in the
    order of their names, every fifth tests, beginning with the third, and every fifth validates, beginning with the
    fifth.
    Raises ModuleNotFoundError without espeakng-loader.
    """
    folder = _folder_of_variants()
    tracts = {
        path.name: _formants(path.read_text(encoding="utf-8", errors="replace"))
        for path in sorted(folder.iterdir())
        if path.name not in (*STRANGE, SPEED_TEST)
    }
    counts = Counter(tracts.values())
    alone = [name for name, tract in tracts.items() if counts[tract] == 1]
    test, valid = alone[2::5], alone[4::5]
    train = [name for name in tracts if name not in (*test, *valid)]
    return {"train": train, "valid": valid, "test": test, "strange": list(STRANGE)}


def part_of(digits):
    """Return the part of `PARTS` to which a string of digits, such as "314", belongs; one digit alone is in all three.

    The CRC-32 of the string decides: one string in ten tests, one validates.
    """
    return {0: "test", 1: "valid"}.get(zlib.crc32(digits.encode()) % 10, "train")


def draw_utterances(part, size, seed=0, lengths=range(1, LONGEST + 1), phrases=0.25, names=None):  # fmt: skip
    """Return `size` utterances of one of `PARTS`: its voices, its pitches, its strings of digits.

    Half are Korean. As many strings are drawn of each length.

    Arguments
        lengths: how many digits a string has, to choose from
        phrases: the share of utterances that are phrases and no digits
        names: voices to choose from; None takes those of the part
    Raises ValueError for another part, a size or a length below 1; ModuleNotFoundError without espeakng-loader.
    """
    if part not in PARTS:
        raise ValueError(f"part is {part!r}; expected one of {', '.join(PARTS)}")
    check_sizes(size=size)
    if not lengths or min(lengths) < 1:
        raise ValueError(
            f"lengths is {list(lengths)}; expected some, each at least 1 digit"
        )
    names = variants()[part] if names is None else names
    rng = random.Random(f"{part} {seed}")
    drawn = []
    for _ in range(size):
        language = rng.choice(list(LANGUAGES))
        if rng.random() < phrases:
            text = rng.choice(PHRASES[language])
        else:
            digits = _draw_digits(part, rng.choice(lengths), rng)
            text = " ".join(DIGITS[language][int(digit)] for digit in digits)
        pitch, rate = rng.choice(PITCHES[part]), rng.randint(*RATES)
        drawn.append(Utterance(text, language, rng.choice(names), pitch, rate))
    return drawn


def vocabulary():
    """Return all texts that hold every word there is, from which to make the target's `Vocab`."""
    return [text for many in (*DIGITS.values(), *PHRASES.values()) for text in many]


def _draw_digits(part, length, rng):
    """Return a string of digits that belongs to the part."""
    while True:
        digits = "".join(rng.choices("0123456789", k=length))
        if length == 1 or part_of(digits) == part:
            return digits


def _formants(text):
    """Return the frequencies, in percent of the standard, that a variant's file gives to formants 1 to 3."""
    found = {"1": 100, "2": 100, "3": 100}
    for line in text.splitlines():
        words = line.partition("//")[0].split()
        if words[:1] == ["formant"] and words[1] in found:
            found[words[1]] = int(words[2])
    return tuple(found.values())


# How it sounds ------------------------------------------------------------------------------------------------


def speak(utterance):
    """Return the sound of an utterance: int16 samples `(N,)`, `SAMPLE_RATE` a second, by espeak-ng.

    The same utterance gives the same samples, whatever was spoken before.
    Raises ValueError for an empty text, or a language, voice, pitch or rate that there is not; ModuleNotFoundError
    without espeakng-loader.
    """
    text, language, variant, pitch, rate = utterance
    if not text.strip():
        raise ValueError(f"text is {text!r}; expected words to speak")
    if language not in LANGUAGES:
        raise ValueError(
            f"language is {language!r}; expected one of {', '.join(LANGUAGES)}"
        )
    if not (_folder_of_variants() / variant).is_file():  # espeak-ng would take another
        raise ValueError(f"espeak-ng has no voice {variant!r}")
    if not 0 <= pitch <= 99:
        raise ValueError(f"pitch is {pitch}; expected 0 to 99")
    if not 80 <= rate <= 450:
        raise ValueError(f"rate is {rate}; expected 80 to 450 words a minute")
    return _Espeak().speak(text, f"{LANGUAGES[language]}+{variant}", pitch, rate)


class _Espeak:
    """espeak-ng's library, called through ctypes.

    It is loaded anew for each utterance, which takes 3 ms, because its oscillators go on where the last one left them;
    and its noise is seeded, which would otherwise begin from the clock.
    """

    RETRIEVAL, RATE, PITCH, UTF8 = 2, 1, 3, 1  # as speak_lib.h numbers them
    Callback = ctypes.CFUNCTYPE(
        ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
    )

    def speak(self, text, voice, pitch, rate):
        loader = _loader()
        library = ctypes.CDLL(loader.get_library_path())
        try:
            data = loader.get_data_path().encode()
            library.espeak_Initialize(self.RETRIEVAL, 0, data, 0)
            library.espeak_ng_SetRandSeed(ctypes.c_long(1))
            pieces = []

            @self.Callback
            def keep(samples, count, _):
                if samples and count > 0:
                    pieces.append(np.ctypeslib.as_array(samples, (count,)).copy())
                return 0

            library.espeak_SetSynthCallback(keep)
            library.espeak_SetVoiceByName(voice.encode())
            library.espeak_SetParameter(self.RATE, rate, 0)
            library.espeak_SetParameter(self.PITCH, pitch, 0)
            spoken = text.encode() + b"\0"
            library.espeak_Synth(spoken, len(spoken), 0, 0, 0, self.UTF8, None, None)
            library.espeak_Terminate()
        finally:
            ctypes.CDLL(None).dlclose(ctypes.c_void_p(library._handle))
        return np.concatenate(pieces)


def _folder_of_variants():
    return Path(_loader().get_data_path()) / "voices" / "!v"


def _loader():
    try:
        import espeakng_loader
    except ImportError as error:
        raise ModuleNotFoundError(
            "the speech needs espeak-ng: pip install espeakng-loader"
        ) from error
    return espeakng_loader


def with_noise(samples, decibels, seed=0):
    """Return a sound with white noise whose mean power is `decibels` below that of the sound: float32 `(N,)`."""
    x = np.asarray(samples, dtype=np.float32)
    noise = np.random.default_rng(seed).standard_normal(len(x), dtype=np.float32)
    return x + noise * np.sqrt(np.mean(x**2)) * np.float32(10 ** (-decibels / 20))


def read_wav(path, sample_rate=SAMPLE_RATE):
    """Return the samples of a WAV file, int16 `(N,)`.

    Raises ValueError for another sample rate than the one expected, for more than one channel, for samples of another
    size than 16 bits, and for a file that holds no sound or is no WAV file.
    """
    content = (
        Path(path).read_bytes()
    )  # so that nothing longer than the file is read, whatever it says of itself
    try:
        with wave.open(io.BytesIO(content)) as file:
            found, channels, size = (
                file.getframerate(),
                file.getnchannels(),
                file.getsampwidth(),
            )
            content = file.readframes(file.getnframes())
    except NOT_WAV as error:
        raise ValueError(f"{path} is not a WAV file of plain samples: {error}") from error  # fmt: skip
    if channels != 1:
        raise ValueError(
            f"{path} has {channels} channels; expected 1: mix them, or keep one"
        )
    if size != 2:
        raise ValueError(f"{path} has samples of {8 * size} bits; expected 16")
    if found != sample_rate:
        raise ValueError(
            f"{path} has {found} samples a second; expected {sample_rate}: resample it"
        )
    if not content:
        raise ValueError(f"{path} is empty: there is no sound in it")
    if len(content) % size:
        raise ValueError(f"{path} is cut off in the middle of a sample")
    return np.frombuffer(content, "<i2")


# From sound to frames -----------------------------------------------------------------------------------------


def spectrogram(samples, sample_rate=SAMPLE_RATE):
    """Return the power of each frequency in windows of 25 ms, one every 10 ms: `(T, F)`, float32.

        S[t, k] = | Σ_n w[n] · x[t · hop + n] · e^(−2πi k n / F_n) |²,    w[n] = sin²(π n / N)

    N is the window's length in samples, F_n the next power of two, F = F_n / 2 + 1, and x is scaled to −1 … 1.
    Raises ValueError for more than one channel, an empty sound, one shorter than a window, one that is silent, or
    values that are not finite; TypeError for what are no numbers.
    """
    x = np.asarray(samples)
    if x.dtype.kind not in "fiu":
        raise TypeError(f"samples are of type {x.dtype}; expected numbers")
    if x.ndim != 1:
        raise ValueError(
            f"samples have shape {x.shape}; expected one channel, (N,): mix them, or keep one"
        )
    N, hop = round(WINDOW * sample_rate), round(HOP * sample_rate)
    if len(x) < N:
        raise ValueError(
            f"the sound has {len(x)} samples; expected at least a window of {N}"
        )
    if not np.isfinite(x).all():
        raise ValueError("the sound holds a value that is not finite")
    if not x.any():
        raise ValueError("the sound is silent: every sample is 0")
    scale = np.iinfo(x.dtype).max if x.dtype.kind in "iu" else 1
    x = x.astype(np.float32) / np.float32(scale)
    windows = np.lib.stride_tricks.sliding_window_view(x, N)[::hop]  # (T, N)
    w = np.sin(np.pi * np.arange(N) / N).astype(np.float32) ** 2
    spectrum = np.fft.rfft(windows * w, 1 << (N - 1).bit_length())  # (T, F)
    return (spectrum.real**2 + spectrum.imag**2).astype(np.float32)


def mel(frequency):
    """Return a frequency in hertz on the mel scale, 2595 log₁₀(1 + f / 700), on which steps sound alike."""
    return 2595 * np.log10(1 + np.asarray(frequency) / 700)


def hertz(mels):
    """Return the frequency of a place on the mel scale: the inverse of `mel`."""
    return 700 * (10 ** (np.asarray(mels) / 2595) - 1)


def mel_filter_bank(bins, sample_rate=SAMPLE_RATE, bands=BANDS):
    """Return `bands` triangles, equally wide on the mel scale, that sum neighbouring frequencies: `(F, bands)`.

    Band b rises from edge b to edge b + 1 and falls to edge b + 2; the edges go from 80 Hz to 8,000 Hz, or to half
    the sample rate if that is less. `bins` is F.
    """
    frequencies = np.linspace(0, sample_rate / 2, bins)
    low, centre, high = (
        _edges(sample_rate, bands)[start : start + bands] for start in range(3)
    )
    rising = (frequencies[:, None] - low) / (centre - low)
    falling = (high - frequencies[:, None]) / (high - centre)
    return np.maximum(0, np.minimum(rising, falling)).astype(np.float32)


def _edges(sample_rate, bands):
    """Return the edges of the bands, in hertz, `(bands + 2,)`."""
    return hertz(np.linspace(mel(80), mel(min(8000, sample_rate / 2)), bands + 2))


def log_mel(samples, sample_rate=SAMPLE_RATE, bands=BANDS):
    """Return the logarithm, in decibels, of the spectrogram in mel bands, without the quiet at both ends: `(T, bands)`.

    The loudest value is 0 dB, and none is more than `FLOOR` below it. Errors as in `spectrogram`.
    """
    power = spectrogram(samples, sample_rate)
    bank = mel_filter_bank(power.shape[1], sample_rate, bands)
    energy = power @ bank  # (T, bands)
    decibels = 10 * np.log10(np.maximum(energy, energy.max() * 10 ** (-FLOOR / 10)))
    loudness = energy.sum(axis=1)
    (loud,) = np.nonzero(loudness > loudness.max() * 10 ** (-QUIET / 10))
    return (decibels - decibels.max())[loud[0] : loud[-1] + 1]


def frames(log_mel, stacked=STACKED):
    """Return what the encoder reads: each band with mean 0 and deviation 1, neighbours side by side: `(T', stacked·M)`.

    T' = ⌈T / stacked⌉; the last row is filled up with copies of the last frame.
    """
    x = log_mel - log_mel.mean(axis=0)
    # One decibel more, so that a band in which nothing happens stays small.
    x = (x / (x.std(axis=0) + 1)).astype(np.float32)
    missing = -len(x) % stacked
    x = np.concatenate([x, np.repeat(x[-1:], missing, axis=0)])
    return x.reshape(len(x) // stacked, -1)


def augment(log_mel, rng, sample_rate=SAMPLE_RATE):
    """Return a spectrogram as another throat, at another tempo and in another room might have made it: `(T', M)`.

    Four changes, each drawn anew: the frequencies are stretched, by up to 20 % and differently at three places, as a
    longer or shorter vocal tract moves its formants; time by up to 15 %; noise of a random level and slope fills the
    quiet parts; a band of frequencies and a stretch of time are blotted out (Park et al. 2019).
    """
    T, M = log_mel.shape
    centres = _edges(sample_rate, M)[1:-1]
    together, apart = rng.uniform(-0.12, 0.12), rng.uniform(-0.08, 0.08, 3)
    factor = np.interp(centres, (500, 1500, 3000), np.exp(together + apart))
    stretched = _interpolation(np.interp(centres * factor, centres, np.arange(M)), M)
    tempo = np.exp(rng.uniform(-0.15, 0.15))
    times = np.linspace(0, T - 1, max(round(T * tempo), 1))
    x = _interpolation(times, T) @ log_mel @ stretched.T
    noise = rng.uniform(-60, -30) + rng.uniform(-10, 10) * np.linspace(-1, 1, M)
    hiss = noise + 3 * rng.standard_normal(x.shape)
    x = 10 * np.log10(10 ** (x / 10) + 10 ** (hiss / 10))
    mean = x.mean()
    band, width = rng.integers(M), rng.integers(4)
    x[:, band : band + width] = mean
    start, length = rng.integers(len(x)), rng.integers(8)
    x[start : start + length] = mean
    return x.astype(np.float32)


def _interpolation(places, size):
    """Return the matrix `(len(places), size)` that reads a row of `size` values at places between them."""
    return np.maximum(0, 1 - np.abs(places[:, None] - np.arange(size)))


def train(model, spoken, epochs, batch_size=64, learning_rate=4e-3, seed=0, sample_rate=SAMPLE_RATE):  # fmt: skip
    """Train `model`, in place, on pairs (log-mel spectrogram, text); each epoch hears every sound changed by `augment`.

    Returns the loss of each step, in nats a word. `Seq2Seq.fit` does the same with data that stay as they are.
    """
    rng = np.random.default_rng(seed)
    adam, losses = Adam(model.params), []
    steps = epochs * -(-len(spoken) // batch_size)
    for _ in range(epochs):
        pairs = [(frames(augment(x, rng, sample_rate)), text) for x, text in spoken]
        for batch in make_batches(
            pairs, model.source_vocab, model.target_vocab, batch_size, rng
        ):
            loss, grads = model.loss_and_grads(batch)
            clip(grads, 1.0)
            rate = learning_rate * warmup_linear(len(losses), steps)
            adam.step(model.params, grads, rate)
            losses.append(float(loss))
    return losses


# Recordings of people -----------------------------------------------------------------------------------------


def split_recordings(recordings, speaker):
    """Return `Recording`s for each of `PARTS`, a dict of lists: to test with, all of one speaker.

    Of the other speakers, the takes 0 to 4 of each digit validate, and the others train.
    Raises ValueError for a speaker that is not there.
    """
    if speaker not in (speakers := sorted({r.speaker for r in recordings})):
        raise ValueError(
            f"speaker is {speaker!r}; expected one of {', '.join(speakers)}"
        )
    parts = {part: [] for part in PARTS}
    for recording in recordings:
        own = recording.speaker == speaker
        part = "test" if own else "valid" if recording.take < 5 else "train"
        parts[part].append(recording)
    return parts


def join_digits(recordings, size, seed=0, lengths=range(1, 6)):
    """Return `size` pairs (samples (N,), text), each a string of digits joined from recordings of one speaker.

    Speaker, length and digits are drawn; every recording is made equally loud and followed by 0 to 100 ms of silence.
    Raises ValueError for a size below 1.
    """
    check_sizes(size=size)
    rng = random.Random(seed)
    by_speaker = {}
    for recording in recordings:
        by_speaker.setdefault(recording.speaker, []).append(recording)
    joined = []
    for _ in range(size):
        chosen = rng.choices(by_speaker[rng.choice(list(by_speaker))], k=rng.choice(lengths))  # fmt: skip
        pieces = []
        for recording in chosen:
            x = recording.samples / np.sqrt(np.mean(np.square(recording.samples, dtype=float)))  # fmt: skip
            pieces += [x, np.zeros(rng.randrange(PERSONS_RATE // 10))]
        text = " ".join(DIGITS["en"][recording.digit] for recording in chosen)
        joined.append((np.concatenate(pieces).astype(np.float32), text))
    return joined


# How well it is heard -----------------------------------------------------------------------------------------


class WordErrors(NamedTuple):
    """Counts of word errors; `rate` is their share of the words that were said."""

    substitutions: int
    deletions: int
    insertions: int
    words: int

    @property
    def rate(self):
        return (self.substitutions + self.deletions + self.insertions) / self.words


def word_errors(said, heard):
    """Return the `WordErrors` of a list of texts against what was said, as jiwer counts them.

        WER = (S + D + I) / N
    S, D and I are the fewest substitutions, deletions and insertions that turn what was said into what was heard, N
    the words that were said.
    Raises ValueError for lists of different lengths or none, ModuleNotFoundError without jiwer.
    """
    if len(said) != len(heard) or not said:
        raise ValueError(
            f"{len(said)} texts said, {len(heard)} heard; expected as many, at least 1"
        )
    found = _jiwer().process_words(list(said), list(heard))
    S, D, I = found.substitutions, found.deletions, found.insertions
    return WordErrors(S, D, I, found.hits + S + D)


def nearest(known, sounds, steps=16):
    """Return for each sound the text of the known one, of pairs (log-mel spectrogram, text), that is nearest to it.

    All are stretched to the same number of frames; near is a small Euclidean distance. A baseline: nothing is learned.
    """
    shown, told = (
        np.stack([_squeezed(x, steps) for x in each])
        for each in (sounds, [x for x, _ in known])
    )
    distances = (told**2).sum(axis=1) - 2 * shown @ told.T  # (N, K), but for |shown|²
    return [known[i][1] for i in distances.argmin(axis=1)]


def _squeezed(log_mel, steps):
    """Return the normalized spectrogram at so many moments, equally far apart, as one vector."""
    places = np.linspace(0, len(log_mel) - 1, steps)
    return (_interpolation(places, len(log_mel)) @ frames(log_mel, 1)).ravel()


def confusions(said, heard, words):
    """Return how often each of `words` was heard as each of them, or not at all: counts `(V, V + 1)`.

    The last column counts deletions; words beyond the list are left out. Errors as in `word_errors`.
    """
    place = {word: i for i, word in enumerate(words)}
    counts = np.zeros((len(words), len(words) + 1), int)
    found = _jiwer().process_words(list(said), list(heard))
    for reference, hypothesis, chunks in zip(
        found.references, found.hypotheses, found.alignments
    ):
        for chunk in chunks:
            spoken = reference[chunk.ref_start_idx : chunk.ref_end_idx]
            written = hypothesis[chunk.hyp_start_idx : chunk.hyp_end_idx]
            written = written or [None] * len(spoken)
            for one, other in zip(spoken, written):
                column = len(words) if other is None else place.get(other)
                if one in place and column is not None:
                    counts[place[one], column] += 1
    return counts


def _jiwer():
    try:
        import jiwer
    except ImportError as error:
        raise ModuleNotFoundError(
            "word error rates need jiwer: pip install jiwer"
        ) from error
    return jiwer
