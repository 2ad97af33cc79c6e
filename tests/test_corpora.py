"""Corpora: found, compared with their checksums, fetched, and asked for in clear words where they are missing."""

import gzip
import hashlib
import http.server
import io
import lzma
import sys
import tarfile
import threading
import wave
from functools import partial

import numpy as np
import pytest

from s2s_np import corpora
from s2s_np.corpora import (
    CORPORA,
    ChangedCorpusError,
    Corpus,
    File,
    MissingCorpusError,
    checksum,
    fetch,
    korean_chatbot,
    multi30k,
    nl2bash,
    spoken_digits,
    tatoeba,
)

CONTENTS = {
    f"{part}.lc.norm.tok.{language}": f"{language} {part} 1\n{language} {part} 2\n"
    for part in ("train", "val", "test_2016_flickr")
    for language in ("de", "en")
}


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A corpus of the same file names, two lines each; S2S_DATA is the folder `data`, in which nothing is yet."""
    files = {
        name: File(f"http://127.0.0.1:9/{name}", hashlib.sha256(text.encode()).hexdigest(), len(text))
        for name, text in CONTENTS.items()
    }  # fmt: skip
    monkeypatch.setitem(CORPORA, "multi30k", Corpus("Small", "free", files))
    monkeypatch.setenv("S2S_DATA", str(tmp_path / "data"))
    return tmp_path / "data" / "multi30k"


def write(folder):
    folder.mkdir(parents=True)
    for name, text in CONTENTS.items():
        (folder / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize(("split", "part"), corpora.SPLITS.items())
def test_pairs_are_german_and_english_lines(small, split, part):
    write(small)
    expected = [(f"de {part} 1", f"en {part} 1"), (f"de {part} 2", f"en {part} 2")]
    assert multi30k(split) == expected


def test_a_missing_corpus_says_whence_how_large_which_licence_and_which_command(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("S2S_DATA", str(tmp_path))
    with pytest.raises(MissingCorpusError) as caught:
        multi30k("train")
    for part in (
        str(tmp_path),
        "https://raw.githubusercontent.com/multi30k/dataset/",
        "4.3 MB",
        "no licence file",
        "python -m s2s_np.corpora multi30k",
    ):
        assert part in str(caught.value)


def test_a_changed_file_is_refused_and_stays(small):
    write(small)
    path = small / "train.lc.norm.tok.en"
    path.write_text("another text\nof two lines\n")
    with pytest.raises(ChangedCorpusError, match=r"tok.en is not the file .* SHA-256 .* delete it"):  # fmt: skip
        multi30k("train")
    assert path.exists()


def test_a_compressed_file_is_read_as_if_it_were_not(small):
    write(small)
    path = small / "train.lc.norm.tok.en"
    for suffix, pack in ((".gz", gzip.compress), (".xz", lzma.compress)):
        packed = path.with_name(path.name + suffix)
        packed.write_bytes(pack(path.read_bytes()))
        path.unlink()
        assert multi30k("train")[0] == ("de train 1", "en train 1")
        path.write_bytes(packed.read_bytes()[:-4])  # as if it had been cut off
        path.replace(packed)
        with pytest.raises(ChangedCorpusError, match=rf"{suffix} cannot be unpacked"):
            multi30k("train")
        packed.unlink()
        path.write_text(CONTENTS[path.name])


def store(tmp_path, monkeypatch, name, contents):
    """Put a corpus of these contents, by file name, where it is looked for."""
    files = {
        file: File(f"http://127.0.0.1:9/{file}", checksum(file, content), len(content))
        for file, content in contents.items()
    }
    monkeypatch.setitem(CORPORA, name, CORPORA[name]._replace(files=files))
    monkeypatch.setenv("S2S_DATA", str(tmp_path))
    (tmp_path / name).mkdir()
    for file, content in contents.items():
        (tmp_path / name / file).write_bytes(content)


def test_tatoeba_is_english_and_korean_without_the_authors(tmp_path, monkeypatch):
    line = "Go on.\t계속해.\tCC-BY 2.0 (France) #1 (a) & #2 (b)"
    store(tmp_path, monkeypatch, "kor_eng_tatoeba", {"kor.txt": line.encode()})
    assert tatoeba() == [("Go on.", "계속해.")]


def test_an_answer_of_the_korean_chatbot_may_hold_commas_and_a_label_spaces(
    tmp_path, monkeypatch
):
    table = 'Q,A,label\n누구야?,"저예요, 저",0\n좋아해,저도요.,2   \n'
    store(tmp_path, monkeypatch, "korean_chatbot", {"ChatbotData.csv": table.encode()})
    assert korean_chatbot() == [("누구야?", "저예요, 저", 0), ("좋아해", "저도요.", 2)]


def test_nl2bash_is_requests_and_commands(tmp_path, monkeypatch):
    store(tmp_path, monkeypatch, "nl2bash", {"all.nl": b"list\nshow\n", "all.cm": b"ls\ncat x\n"})  # fmt: skip
    assert nl2bash() == [("list", "ls"), ("show", "cat x")]


def packed(sounds):
    """Return a tar archive of sounds, `{path: samples}`, and of one file that is none."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, samples in sounds.items():
            sound = io.BytesIO()
            with wave.open(sound, "wb") as file:
                file.setparams((1, 2, 8000, 0, "NONE", "not compressed"))
                file.writeframes(np.array(samples, "<i2").tobytes())
            member = tarfile.TarInfo(path)
            member.size = len(sound.getvalue())
            archive.addfile(member, io.BytesIO(sound.getvalue()))
        archive.addfile(tarfile.TarInfo("recordings/README.md"), io.BytesIO())
    return buffer.getvalue()


SOUNDS = {"3_ann_1.wav": [1, -2], "0_bob_12.wav": [7]}


def test_spoken_digits_know_what_was_said_by_whom(tmp_path, monkeypatch):
    archive = packed({f"recordings/{name}": s for name, s in SOUNDS.items()})
    store(tmp_path, monkeypatch, "fsdd", {"fsdd_recordings.tar": archive})
    found = [(r.samples.tolist(), *r[1:]) for r in spoken_digits()]
    assert found == [([7], 0, "bob", 12), ([1, -2], 3, "ann", 1)]


def test_an_archive_is_judged_by_its_sounds_not_by_folder_or_order():
    there, here = (
        packed({folder + name: SOUNDS[name] for name in names})
        for folder, names in (("a/", sorted(SOUNDS)), ("b/c/", SOUNDS))
    )
    assert there != here
    assert checksum("x.tar", there) == checksum("x.tar", here)
    assert checksum("x.tar", packed({"3_ann_1.wav": [1, -2]})) != checksum("x.tar", here)  # fmt: skip


@pytest.fixture
def server(tmp_path, small, monkeypatch):
    """A web server with the files of the small corpus, which is now to be had from there."""
    write(tmp_path / "web")
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=tmp_path / "web")
    monkeypatch.setattr(handler.func, "log_message", lambda *_: None)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/"
        files = CORPORA["multi30k"].files
        moved = {name: file._replace(url=url + name) for name, file in files.items()}
        monkeypatch.setitem(
            CORPORA, "multi30k", CORPORA["multi30k"]._replace(files=moved)
        )
        yield tmp_path / "web"
        server.shutdown()


pytest.importorskip("pooch", reason="pooch is not installed: pip install pooch")


def test_fetched_files_are_read(small, server, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["corpora", "multi30k"])
    corpora.main()
    assert str(small) in capsys.readouterr().out
    assert len(multi30k("valid")) == 2
    (server / "train.lc.norm.tok.en").unlink()
    fetch("multi30k")  # what is there is not fetched again


def test_a_file_that_arrives_changed_is_not_kept(small, server):
    (server / "train.lc.norm.tok.en").write_text("something else")
    with pytest.raises(ValueError, match=r"SHA256 hash of downloaded file"):
        fetch("multi30k")
    assert not (small / "train.lc.norm.tok.en").exists()


def test_an_archive_is_fetched_and_kept_if_its_sounds_are_right(
    tmp_path, server, monkeypatch
):
    (server / "archive").write_bytes(gzip.compress(packed(SOUNDS)))
    url = CORPORA["multi30k"].files["train.lc.norm.tok.en"].url.rpartition("/")[0]
    name = "fsdd_recordings.tar"
    for sounds, is_right in ((SOUNDS | {"3_ann_1.wav": [1, 2]}, False), (SOUNDS, True)):
        files = {name: File(f"{url}/archive", checksum(name, packed(sounds)), 1)}
        monkeypatch.setitem(CORPORA, "fsdd", CORPORA["fsdd"]._replace(files=files))
        if is_right:
            assert (fetch("fsdd") / f"{name}.gz").exists()
            assert len(spoken_digits()) == 2
            (server / "archive").unlink()
            fetch("fsdd")  # what is there is not fetched again
        else:
            with pytest.raises(ChangedCorpusError, match="is not the file that was"):
                fetch("fsdd")
            assert not (tmp_path / "data" / "fsdd" / f"{name}.gz").exists()


def test_without_a_network_the_command_says_so(small, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["corpora", "multi30k"])
    with pytest.raises(SystemExit, match="multi30k could not be fetched: "):
        corpora.main()


def test_the_command_names_the_corpora(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["corpora"])
    with pytest.raises(SystemExit, match="which corpus.*multi30k"):
        corpora.main()


@pytest.mark.parametrize("use", [fetch, corpora.folder, corpora.describe])
def test_an_unknown_corpus_is_named(use):
    with pytest.raises(ValueError, match=r"corpus is 'wmt'; expected one of multi30k"):
        use("wmt")


def test_an_unknown_split_is_named():
    with pytest.raises(
        ValueError, match=r"split is 'dev'; expected one of train, valid, test"
    ):
        multi30k("dev")


def test_without_a_folder_the_corpus_is_in_the_cache(monkeypatch):
    monkeypatch.delenv("S2S_DATA", raising=False)
    assert corpora.folder("multi30k").parts[-2:] == ("s2s_np", "multi30k")


def test_without_pooch_it_says_what_to_install_or_to_set(monkeypatch):
    monkeypatch.delenv("S2S_DATA", raising=False)
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install pooch, or .* S2S_DATA"):
        multi30k("train")
