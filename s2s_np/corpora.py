"""Corpora: real sentences and sounds, fetched by address and checksum (book: applications/index).

    multi30k           German and English captions         limitations/long_sentences
    kor_eng_tatoeba    English and Korean sentences        applications/machine_translation
    korean_chatbot     Korean questions and answers        applications/chatbot
    nl2bash            requests and shell commands         applications/text_to_code
    fsdd               spoken digits of six people         applications/speech_recognition

Nothing of them is part of this project. `python -m s2s_np.corpora multi30k` fetches one, once, into the folder that the
environment variable S2S_DATA names, or else into this user's cache; from then on it is read from there, and every
file is compared with its checksum first. A file may lie there compressed, as `train.lc.norm.tok.de.gz` or `.xz`.
"""

import csv
import gzip
import hashlib
import io
import lzma
import os
import sys
import tarfile
import wave
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

GITHUB = "https://raw.githubusercontent.com/"
MULTI30K = (
    GITHUB + "multi30k/dataset/a3d2e0d26b56f3846f66a952536ffed4e401d05a/data/task1/tok/"
)
NL2BASH = (
    GITHUB + "TellinaTool/nl2bash/466c5fe873ab08c7cc0112ea1521cc6ad9c20992/data/bash/"
)


class File(NamedTuple):
    """One file of a corpus: where it comes from, its SHA-256, its bytes; both of it as it is when uncompressed."""

    url: str
    sha256: str
    size: int


class Corpus(NamedTuple):
    """What a corpus is, what its makers allow, and its files by name."""

    title: str
    licence: str
    files: dict


CORPORA = {
    "multi30k": Corpus(
        title="Multi30k, task 1: German and English captions, lower-cased and tokenized (Elliott et al. 2016)",
        licence="no licence file; its makers provide it for non-commercial research and education",
        files={
            name: File(MULTI30K + name, sha256, size)
            for name, size, sha256 in (
                ("train.lc.norm.tok.de", 2_150_008,
                 "cb5a23529b65ec2061f1dc446192a9c37382b63cc75f81a0be59d34894b3a505"),
                ("train.lc.norm.tok.en", 1_837_696,
                 "08925f8e0572bcd5a006702fc5fe20e2d77c6917d4eebd576fc20de6693c2119"),
                ("val.lc.norm.tok.de", 77_273,
                 "97232bd273eceb7207f689527386a97e4be2616b18ada47576bdaf96c8ae1f00"),
                ("val.lc.norm.tok.en", 64_608,
                 "46573ce391ae227f1c72f873392436a20ef18e0a6d518098cfbd70b77c8572ec"),
                ("test_2016_flickr.lc.norm.tok.de", 71_917,
                 "c6a33d39d48f9f510de147651316cd9d918e09ad0219df734a2f16b6baccacc4"),
                ("test_2016_flickr.lc.norm.tok.en", 63_307,
                 "5b7f32627cf99eced828311b955dae9800bb52bc8b91cf8b6526829e605b29d2"),
            )
        },
    ),
    "kor_eng_tatoeba": Corpus(
        title="Korean and English sentences of Tatoeba, as manythings.org exported them in 2022",
        licence="CC BY 2.0 FR; every line names its two authors",
        files={
            "kor.txt": File(
                GITHUB + "jh868/pytorch_study/27eb70612e526ac7866dc0e9581299a7b6b4a57e/kor-eng/kor.txt",
                "35e30cc324d286dedfdbd16ba085c24de828bfe7fedd7b77aec53d7d3f890e45", 567_512,
            )
        },
    ),
    "korean_chatbot": Corpus(
        title="Chatbot data for Korean: questions and answers written for the purpose (Song 2018)",
        licence="MIT",
        files={
            "ChatbotData.csv": File(
                GITHUB + "songys/Chatbot_data/4cf20d13fc46f5037fd1c531cd566e2dd9f72974/ChatbotData.csv",
                "287eb129695b577321c80ad397bb3c2279164d4ca577874d129fd3db5b30afe2", 889_842,
            )
        },
    ),
    "nl2bash": Corpus(
        title="NL2Bash: requests in English and the shell commands that do them (Lin et al. 2018)",
        licence="MIT",
        files={
            "all.nl": File(
                NL2BASH + "all.nl",
                "1db0c529c350b463919624550b8f5882a97c42ad5051c7d49fbc496bc4e8b770", 1_032_340,
            ),
            "all.cm": File(
                NL2BASH + "all.cm",
                "3a72eaced7fa14a0938354cefc42b2dcafb2d47297102f1279086e18c3abe57e", 575_091,
            ),
        },
    ),
    "fsdd": Corpus(
        title="Free Spoken Digit Dataset: ten digits, six people, fifty times each, 8 kHz",
        licence="CC BY-SA 4.0",
        files={
            "fsdd_recordings.tar": File(
                "https://codeload.github.com/Jakobovski/free-spoken-digit-dataset/tar.gz/"
                "26eb9aaf76e81b692f806f9140c2d2777410d7a1",
                "45a9b976ba3397a2fd5c70a9f2e43c34f442a3a6be47392ecfc41174b678f37e", 21_128_848,
            )
        },
    ),
}  # fmt: skip

PACKED = (".gz", ".xz")
MARGIN = (
    1 << 20
)  # bytes that a file may have beside twice what is expected: an archive is packed anew elsewhere
MEMORY = 1 << 27  # bytes that unpacking may take beside what it unpacks

# What Python's tarfile lets through for an archive that was tampered with.
NOT_TARFILES = (AttributeError, LookupError, OverflowError, RecursionError, TypeError, ValueError)  # fmt: skip

# The parts of Multi30k, and the names of their files.
SPLITS = {"train": "train", "valid": "val", "test": "test_2016_flickr"}


class MissingCorpusError(FileNotFoundError):
    """A corpus is not on this machine."""


class ChangedCorpusError(ValueError):
    """A file of a corpus is not the one that was expected."""


def multi30k(split):
    """Return the pairs (German, English) of one of `SPLITS`: 29,000 to train, 1,014 to validate, 1,000 to test with.

    A token is what stands between spaces. Errors as in `read_lines`; ValueError for another split.
    """
    if split not in SPLITS:
        raise ValueError(f"split is {split!r}; expected one of {', '.join(SPLITS)}")
    german, english = (
        read_lines("multi30k", f"{SPLITS[split]}.lc.norm.tok.{language}")
        for language in ("de", "en")
    )
    return list(zip(german, english, strict=True))


def tatoeba():
    """Return the 3,853 pairs (English, Korean) of Tatoeba, from short to long; errors as in `read_lines`."""
    lines = read_lines("kor_eng_tatoeba", "kor.txt")
    return [tuple(line.split("\t")[:2]) for line in lines]


def korean_chatbot():
    """Return the 11,823 exchanges (question, answer, label); errors as in `read_lines`.

    The label says what an exchange is about: 0 daily life, 1 parting, 2 love.
    """
    _, *rows = csv.reader(read_lines("korean_chatbot", "ChatbotData.csv"))
    return [(question, answer, int(label)) for question, answer, label in rows]


def nl2bash():
    """Return the 12,607 pairs (request, command) as they were collected; errors as in `read_lines`."""
    requests, commands = (read_lines("nl2bash", f"all.{part}") for part in ("nl", "cm"))
    return list(zip(requests, commands, strict=True))


class Recording(NamedTuple):
    """A digit that one of six people says; `samples (N,)` int16 at 8 kHz, `take` counts from 0 to 49."""

    samples: np.ndarray
    digit: int
    speaker: str
    take: int


def spoken_digits():
    """Return the 3,000 `Recording`s of the Free Spoken Digit Dataset; errors as in `read_lines`."""
    content = read_bytes("fsdd", "fsdd_recordings.tar")
    return [_recording(name, sound) for name, sound in sorted(_sounds(content).items())]


def read_lines(name, file):
    """Return the lines of one file of a corpus, when its checksum has been found right; errors as in `read_bytes`."""
    return read_bytes(name, file).decode().removesuffix("\n").split("\n")


def read_bytes(name, file):
    """Return what one file of a corpus holds, uncompressed, when its checksum has been found right.

    Raises MissingCorpusError, which says where the corpus comes from, its licence, its size and the command that
    fetches it; ChangedCorpusError for a file that is cut off or has another checksum. Of a file that would unpack to
    much more than is expected, no more is unpacked than shows this.
    """
    corpus, path = _corpus(name), folder(name) / file
    path = next((p for p in _places(path) if p.exists()), path)
    again = f"delete it and fetch it again with `python -m s2s_np.corpora {name}`"
    most = 2 * corpus.files[file].size + MARGIN
    try:
        content = _unpack(path, most)
        if len(content) > most:
            raise ChangedCorpusError(
                f"{path} is not the file that was expected: it holds more than {most} bytes; {again}"
            )
        found = checksum(file, content)
    except FileNotFoundError as error:
        raise MissingCorpusError(
            f"{path} is missing: {describe(name)}; fetch it with `python -m s2s_np.corpora {name}`"
        ) from error
    except (OSError, EOFError, lzma.LZMAError, tarfile.TarError, zlib.error) as error:
        raise ChangedCorpusError(
            f"{path} cannot be unpacked: {error}; {again}"
        ) from error
    if found != (expected := corpus.files[file].sha256):
        raise ChangedCorpusError(
            f"{path} is not the file that was expected: its SHA-256 is {found}, expected {expected}; {again}"
        )
    return content


def checksum(file, content):
    """Return the SHA-256 of a file's content; of an archive, that of the sounds in it, in the order of their names.

    The archive itself is not the same everywhere: GitHub packs it anew, under another folder and in another order.
    """
    if not file.endswith(".tar"):
        return hashlib.sha256(content).hexdigest()
    sounds = _sounds(content)
    return hashlib.sha256(
        b"".join(name.encode() + sounds[name] for name in sorted(sounds))
    ).hexdigest()


def _unpack(path, most):
    """Return what a file holds, uncompressed, or the first `most + 1` bytes of it."""
    if path.suffix == ".gz":
        with gzip.open(path) as file:
            content = file.read(most + 1)
    elif path.suffix == ".xz":
        unpacker = lzma.LZMADecompressor(memlimit=MEMORY)
        with open(path, "rb") as file:
            content = unpacker.decompress(file.read(most + 1), most + 1)
        if not unpacker.eof and len(content) <= most:
            raise EOFError("it ends before its end marker")
    else:
        with open(path, "rb") as file:
            content = file.read(most + 1)
    return content


def _places(path):
    """Return where a file may lie: as it is, or compressed."""
    return [path, *(path.with_name(path.name + suffix) for suffix in PACKED)]


def _sounds(content):
    """Return the sounds of an archive by name; tarfile.TarError for what is no archive of plain files."""
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            return dict(_members(archive))
    except NOT_TARFILES as error:
        raise tarfile.ReadError(f"it is no archive of sounds: {error}") from error


def _members(archive):
    """Yield the name and content of each sound of an archive.

    A member of negative size would send the archive back to where it has been, and a sparse one is as large as it says.
    """
    for member in archive:
        if member.size < 0 or member.issparse():
            raise tarfile.ReadError(f"{member.name} is no plain file of {member.size} bytes")  # fmt: skip
        if member.name.endswith(".wav") and member.isfile():
            yield Path(member.name).name, archive.extractfile(member).read()


def _recording(name, sound):
    """Return one sound; its name is digit_speaker_take.wav."""
    digit, speaker, take = name.removesuffix(".wav").split("_")
    with wave.open(io.BytesIO(sound)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    return Recording(samples, int(digit), speaker, int(take))


def fetch(name):
    """Download the files of a corpus that are not there yet; return their folder.

    Raises ValueError for a file that arrives with another checksum (it is not kept), ModuleNotFoundError without
    pooch, ValueError for an unknown corpus.
    """
    target = folder(name)
    for file, (url, sha256, _) in _corpus(name).files.items():
        if any(path.exists() for path in _places(target / file)):
            continue
        if not file.endswith(".tar"):
            _pooch().retrieve(url, f"sha256:{sha256}", fname=file, path=target)
            continue
        _pooch().retrieve(url, None, fname=f"{file}.gz", path=target)
        try:
            read_bytes(name, file)
        except ChangedCorpusError:
            (target / f"{file}.gz").unlink()
            raise
    return target


def folder(name):
    """Return where the files of a corpus are kept: `$S2S_DATA/name`, or `name` in this user's cache."""
    _corpus(name)
    if data := os.environ.get("S2S_DATA"):
        return Path(data) / name
    return Path(_pooch().os_cache("s2s_np")) / name


def describe(name):
    """Say in one line what a corpus is, whence, how large, and what its makers allow."""
    corpus = _corpus(name)
    size = sum(file.size for file in corpus.files.values())
    source = next(iter(corpus.files.values())).url.rpartition("/")[0]
    files = f"{len(corpus.files)} file{'s' if len(corpus.files) > 1 else ''}"
    return f"{corpus.title}, {files} of {size / 1e6:.1f} MB from {source}; {corpus.licence}"


def _corpus(name):
    if name not in CORPORA:
        raise ValueError(f"corpus is {name!r}; expected one of {', '.join(CORPORA)}")
    return CORPORA[name]


def _pooch():
    try:
        import pooch
    except ImportError as error:
        raise ModuleNotFoundError(
            "corpora need pooch: pip install pooch, or name their folder in S2S_DATA"
        ) from error
    return pooch


def main():
    """Fetch the corpora that the command line names."""
    if not sys.argv[1:]:
        sys.exit(f"which corpus? python -m s2s_np.corpora {' | '.join(CORPORA)}")
    for name in sys.argv[1:]:
        try:
            print(describe(name))
            print(f"in {fetch(name)}")
        except (OSError, ValueError, ModuleNotFoundError) as error:
            sys.exit(f"{name} could not be fetched: {error}")


if __name__ == "__main__":
    main()
