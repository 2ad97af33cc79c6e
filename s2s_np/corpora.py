"""Corpora: real sentence pairs, fetched by address and checksum (book: limitations/long_sentences).

Nothing of them is part of this project. `python -m s2s_np.corpora multi30k` fetches one, once, into the folder that the
environment variable S2S_DATA names, or else into this user's cache; from then on it is read from there, and every
file is compared with its checksum first.
"""

import hashlib
import os
import sys
from pathlib import Path
from typing import NamedTuple

MULTI30K = "https://raw.githubusercontent.com/multi30k/dataset/a3d2e0d26b56f3846f66a952536ffed4e401d05a/data/task1/tok/"


class File(NamedTuple):
    """One file of a corpus: where it comes from, its SHA-256, its bytes."""

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
}  # fmt: skip

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


def read_lines(name, file):
    """Return the lines of one file of a corpus, when its checksum has been found right.

    Raises MissingCorpusError, which says where the corpus comes from, its licence, its size and the command that
    fetches it; ChangedCorpusError for a file with another checksum.
    """
    corpus, path = _corpus(name), folder(name) / file
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise MissingCorpusError(
            f"{path} is missing: {describe(name)}; fetch it with `python -m s2s_np.corpora {name}`"
        ) from error
    found, expected = hashlib.sha256(content).hexdigest(), corpus.files[file].sha256
    if found != expected:
        raise ChangedCorpusError(
            f"{path} is not the file that was expected: its SHA-256 is {found}, expected {expected}; delete it and"
            f" fetch it again with `python -m s2s_np.corpora {name}`"
        )
    return content.decode().removesuffix("\n").split("\n")


def fetch(name):
    """Download the files of a corpus that are not there yet; return their folder.

    Raises ValueError for a file that arrives with another checksum (it is not kept), ModuleNotFoundError without
    pooch, ValueError for an unknown corpus.
    """
    target = folder(name)
    for file, (url, sha256, _) in _corpus(name).files.items():
        _pooch().retrieve(url, f"sha256:{sha256}", fname=file, path=target)
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
    return f"{corpus.title}, {len(corpus.files)} files of {size / 1e6:.1f} MB from {source}; {corpus.licence}"


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
