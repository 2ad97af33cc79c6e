"""Every reader of a file that a stranger may have made: what it reads when all is well, and the error of all else."""

import gzip
import io
import json
import lzma
import tarfile
import wave
from typing import Any, NamedTuple

import numpy as np
from resumed_run import VOCAB, pairs

from s2s_np import CheckpointError, Seq2Seq
from s2s_np.corpora import (
    CORPORA,
    ChangedCorpusError,
    Corpus,
    File,
    checksum,
    read_bytes,
)
from s2s_np.results import ResultsError, read_results
from s2s_np.tasks.speech_recognition import read_wav


class Reader(NamedTuple):
    """`read(path)` reads the content `whole`, and raises `error`, which names the file, for what is damaged."""

    read: Any
    path: Any
    whole: bytes
    error: type


def small_model():
    return Seq2Seq(VOCAB, VOCAB, embedding_size=3, hidden_size=4, dropout=0.1)


def fit(path):
    """Train, or go on with the training in the file."""
    return small_model().fit(pairs(6), epochs=1, batch_size=3, checkpoint=path, progress=False)  # fmt: skip


def of_corpus(file, content):
    """Make a corpus of one file of this content; return its reader."""
    name = f"stranger {file}"
    files = {file: File("http://127.0.0.1:9/", checksum(file, content), len(content))}
    CORPORA[name] = Corpus("A stranger's", "free", files)
    return lambda path: read_bytes(name, file)


def tar(members):
    """Return an archive of (name, content)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def sound():
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((1, 2, 22_050, 0, "NONE", ""))
        file.writeframes(np.arange(200, dtype="<i2").tobytes())
    return buffer.getvalue()


TEXT = "가장 큰 것\nthe largest of all\n".encode() * 20
SOUNDS = tar([("a/0_x_1.wav", sound()), ("a/README.md", b"text"), ("a/1_x_1.wav", sound())])  # fmt: skip
RESULTS = "".join(
    json.dumps(line) + "\n"
    for line in [
        {"format": 1, "experiment": "x.measure", "version": 2},
        {"setting": {"H": 4}, "result": {"loss": 0.5}, "seconds": 1.0},
        {"setting": {"H": 8}, "result": {"loss": 1e-9}, "seconds": 1.0},
    ]
).encode()

PACKED = {
    "text": (bytes, ""),
    "gz": (gzip.compress, ".gz"),
    "xz": (lzma.compress, ".xz"),
}
PACKED |= {"tar": PACKED["text"], "tar.gz": PACKED["gz"]}
KINDS = ("checkpoint", "run", "results", "sound", *PACKED)


def reader(kind, folder):
    """Return the `Reader` of one of `KINDS` in a folder, which the environment variable S2S_DATA names."""
    path = folder / "x"
    if kind == "checkpoint":
        small_model().save(path)
        return Reader(Seq2Seq.load, path, path.read_bytes(), CheckpointError)
    if kind == "run":
        fit(path)
        return Reader(fit, path, path.read_bytes(), CheckpointError)
    if kind == "results":
        return Reader(read_results, path, RESULTS, ResultsError)
    if kind == "sound":
        return Reader(read_wav, path, sound(), ValueError)
    name, content = ("x.tar", SOUNDS) if "tar" in kind else ("x", TEXT)
    read = of_corpus(name, content)
    folder = folder / f"stranger {name}"
    folder.mkdir()
    pack, suffix = PACKED[kind]
    return Reader(read, folder / (name + suffix), pack(content), ChangedCorpusError)
