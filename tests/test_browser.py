"""A model as a script: what the file says, what is refused, and that JavaScript computes what NumPy does."""

import base64
import json
from pathlib import Path

import live
import numpy as np
import pytest

from s2s_np import Frames, Seq2Seq, Vocab
from s2s_np.batch import encode_texts, pad
from s2s_np.browser import export_model, principal_plane
from s2s_np.tasks import scan, sentences
from s2s_np.tasks.machine_translation import split_dates
from s2s_np.tree import flatten
from s2s_np.vocab import BOS

ROOT = Path(__file__).parent.parent
FORWARD_PASS = ROOT / "book" / "_live" / "seq2seq.js"
INPUTS = 500
LONGEST = 60
VOCABS = Vocab.from_texts(["가나다 \\\"'`</script>"]), Vocab.from_texts(["abcd"])
TEXTS, LABELS = ["가나", "나다", "다", "가"], ["two", "two", "one", "one"]


def small_model(**settings):
    return Seq2Seq(*VOCABS, **{"embedding_size": 4, "hidden_size": 6} | settings)


def written(path):
    """Return the JSON in a file that `export_model` wrote."""
    head, _, rest = path.read_text(encoding="utf-8").partition("] = {")
    assert "s2s_models" in head
    return json.loads("{" + rest)


def numbers(tensor):
    data = base64.b64decode(tensor["float32"])
    return np.frombuffer(data, "<f4").reshape(tensor["shape"])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_file_holds_every_parameter_the_vocabularies_and_the_settings(
    tmp_path, dtype
):
    model = small_model(dtype=dtype)
    export_model(model, tmp_path / "m.js", "나", TEXTS, LABELS)
    parts = written(tmp_path / "m.js")
    for name, array in flatten(model.params).items():
        assert np.array_equal(
            numbers(parts["params"].pop(name)), array.astype("float32")
        )
    assert not parts["params"]
    assert parts["source_vocab"] == {"level": "char", "tokens": VOCABS[0].tokens}
    assert parts["target_vocab"]["tokens"] == VOCABS[1].tokens
    assert parts["config"] == model.config
    assert '["나"]' in (tmp_path / "m.js").read_text(encoding="utf-8")


def test_each_part_of_the_file_is_a_line(tmp_path):
    model = small_model()
    export_model(model, tmp_path / "m.js", "m", TEXTS, LABELS)
    lines = (tmp_path / "m.js").read_text(encoding="utf-8").splitlines()
    for name in flatten(model.params):
        assert sum(f'"{name}": ' in line for line in lines) == 1


def test_the_map_has_the_projected_vectors_of_the_texts(tmp_path):
    model = small_model()
    export_model(model, tmp_path / "m.js", "m", TEXTS, LABELS)
    parts = written(tmp_path / "m.js")["map"]
    mean, axes, points = (numbers(parts[name]) for name in ("mean", "axes", "points"))
    expected = (model.encode(TEXTS) - mean) @ axes.T
    np.testing.assert_allclose(points, expected, atol=1e-6)
    assert (parts["texts"], parts["labels"]) == (TEXTS, LABELS)


def test_the_plane_is_that_of_scikit_learn():
    decomposition = pytest.importorskip("sklearn.decomposition")
    vectors = np.random.default_rng(0).standard_normal((20, 5)) * [5, 3, 1, 1, 1]
    mean, axes = principal_plane(vectors)
    theirs = decomposition.PCA(2).fit(vectors)
    np.testing.assert_allclose(mean, theirs.mean_)
    np.testing.assert_allclose(np.abs(axes @ theirs.components_.T), np.eye(2), atol=1e-9)  # fmt: skip
    assert (axes.max(axis=1) == np.abs(axes).max(axis=1)).all()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"cell": "lstm"}, "cell='gru'"),
        ({"num_layers": 2}, "num_layers=1"),
        ({"bidirectional": True}, "bidirectional=False"),
        ({"reverse_source": True}, "reverse_source=False"),
    ],
)
def test_a_model_that_the_browser_cannot_run_is_refused_by_what_it_can(
    tmp_path, settings, words
):
    with pytest.raises(ValueError, match=words):
        export_model(small_model(**settings), tmp_path / "m.js", "m", TEXTS, LABELS)
    assert not [*tmp_path.iterdir()]


def test_a_model_of_frames_is_refused(tmp_path):
    with pytest.raises(ValueError, match="expected a Vocab"):
        export_model(
            Seq2Seq(Frames(3), VOCABS[1], 4, 6), tmp_path / "m.js", "m", TEXTS, LABELS
        )


def test_a_model_on_a_gpu_is_refused(tmp_path):
    model = small_model()
    model.device = "cuda"
    with pytest.raises(ValueError, match=r'model\.to\("cpu"\)'):
        export_model(model, tmp_path / "m.js", "m", TEXTS, LABELS)


def test_what_is_no_model_is_refused(tmp_path):
    with pytest.raises(TypeError, match="expected a Seq2Seq"):
        export_model({}, tmp_path / "m.js", "m", TEXTS, LABELS)


@pytest.mark.parametrize(
    ("texts", "labels", "words"),
    [
        (TEXTS, LABELS[:2], "4 texts, but 2 labels"),
        (TEXTS[:2], LABELS[:2], "at least 3 vectors"),
    ],
)
def test_texts_and_labels_that_make_no_map_are_refused(tmp_path, texts, labels, words):
    with pytest.raises(ValueError, match=words):
        export_model(small_model(), tmp_path / "m.js", "m", texts, labels)


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "m.js"
    path.write_text("old")

    def full(handle):
        raise OSError("no space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="no space"):
        export_model(small_model(), path, "m", TEXTS, LABELS)
    assert [path.read_text(), [*tmp_path.iterdir()]] == ["old", [path]]


# ---- In a real browser

RUN = """([name, texts, longest]) => {
    const model = s2s.load(s2s_models[name])
    return texts.map(text => {
        const ids = s2s.encode(model.source_vocab, s2s.tokenize(model.source_vocab, text))
        const {tokens, logProb} = s2s.greedySearch(model, ids, longest)
        let state = s2s.start(model, ids), fed = s2s.BOS
        const probabilities = tokens.map(token => {
            const {logProbs, state: next} = s2s.step(model, fed, state)
            state = next
            fed = token
            return logProbs.map(Math.exp)
        })
        return {ids, tokens, logProb, probabilities, decoded: s2s.decode(model.target_vocab, tokens),
                vector: s2s.encoder(model, ids).at(-1)}
    })
}"""
SEARCH = """([name, texts, beam, longest]) => {
    const model = s2s.load(s2s_models[name])
    return texts.map(text => {
        const ids = s2s.encode(model.source_vocab, s2s.tokenize(model.source_vocab, text))
        return s2s.beamSearch(model, ids, beam, longest).hypotheses.map(({tokens, logProb}) => [tokens, logProb])
    })
}"""


def dates():
    """Return sources that the model was not trained on, and strange ones."""
    strange = ["2026년 13월 40일", "1", "한글", "ㄱ 2026", "한", "𠮷", "2026\t11"]
    return [korean for korean, _ in split_dates()[2]], strange


def commands():
    strange = ["hop", "jump  twice ", "walk walk walk", "left", "and", "<eos> jump"]
    return [command for command, _ in scan.split("random")[1]], strange


def korean():
    return [s.korean for s in sentences.split()[2][::5]], ["나는 보았다", "학교에", "I"]


SOURCES = {"dates": dates, "scan": commands, "sentences": korean, "early": korean}


def test_every_model_of_the_pages_is_compared():
    assert [*SOURCES] == [*live.MODELS]


@pytest.fixture(scope="session", params=SOURCES)
def ported(request, browser, tmp_path_factory):
    """A model of the pages, 500 texts, and a tab of a browser that has loaded the exported file."""
    name = request.param
    model = live.load(name)
    texts, strange = SOURCES[name]()
    texts = texts[: INPUTS - len(strange)] + strange
    path = tmp_path_factory.mktemp("export") / f"{name}.js"
    export_model(model, path, name, *live.texts_of(name))
    page = path.with_suffix(".html")
    page.write_text(
        f'<meta charset="utf-8"><script src="{FORWARD_PASS.as_uri()}"></script>'
        f'<script src="{path.name}"></script>'
    )
    tab = browser.new_page()
    tab.goto(page.as_uri())
    yield name, model, texts, tab
    tab.close()


@pytest.mark.filterwarnings("ignore:.*not in the source vocabulary")
def test_javascript_computes_what_numpy_does(ported):
    name, model, texts, tab = ported
    assert len(texts) == INPUTS
    theirs = tab.evaluate(RUN, [name, texts, LONGEST])
    ours = model.search(texts, max_length=LONGEST)
    vectors = model.encode(texts)
    for text, (best,), vector, found in zip(texts, ours, vectors, theirs):
        assert found["ids"] == model.source_vocab.encode(text)
        assert found["tokens"] == list(best.tokens), text
        assert found["decoded"] == model.target_vocab.decode(best.tokens)
        np.testing.assert_allclose(found["vector"], vector, atol=1e-5)
        state = model.start(*pad(encode_texts([text], model.source_vocab)))
        fed = BOS
        for token, p in zip(found["tokens"], found["probabilities"]):
            log_probs, state = model.step([fed], state)
            np.testing.assert_allclose(p, np.exp(log_probs[0]), atol=1e-5, rtol=0)
            fed = token


@pytest.mark.filterwarnings("ignore:.*not in the source vocabulary")
@pytest.mark.parametrize("beam", [1, 2, 4])
def test_a_beam_in_javascript_finds_the_same_hypotheses(ported, beam):
    name, model, texts, tab = ported
    some = texts[-60:]
    theirs = tab.evaluate(SEARCH, [name, some, beam, LONGEST])
    ours = model.search(some, beam_size=beam, max_length=LONGEST)
    for text, hypotheses, found in zip(some, ours, theirs):
        assert [tokens for tokens, _ in found] == [list(h.tokens) for h in hypotheses], text  # fmt: skip
        np.testing.assert_allclose(
            np.exp([log_prob for _, log_prob in found]),
            np.exp([h.log_prob for h in hypotheses]),
            atol=1e-5,
        )
