"""Corpora: found, compared with their checksums, fetched, and asked for in clear words where they are missing."""

import hashlib
import http.server
import sys
import threading
from functools import partial

import pytest

from s2s_np import corpora
from s2s_np.corpora import (
    CORPORA,
    ChangedCorpusError,
    Corpus,
    File,
    MissingCorpusError,
    fetch,
    multi30k,
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
