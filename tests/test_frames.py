"""Sources of vectors: as a source of words whose embedding is done already."""

import numpy as np
import pytest
from gradients import check_gradients

from s2s_np import Frames, Seq2Seq, Vocab, make_batches
from s2s_np.tree import flatten

LETTERS = Vocab.from_texts(["abc"])
SIZE = 3
TEXTS = ["ab", "cab", "b", "bca"]
SETTINGS = [
    {},
    {"cell": "lstm", "num_layers": 2},
    {"cell": "rnn", "reverse_source": True},
    {"bidirectional": True, "context": "every_step"},
]


def new_models(**settings):
    """Return a model of words, one of frames with the same parameters, and what turns a text into frames."""
    words = Seq2Seq(LETTERS, LETTERS, SIZE, 4, dtype="float64", seed=1, **settings)
    frames = Seq2Seq(
        Frames(SIZE), LETTERS, SIZE, 4, dtype="float64", seed=2, **settings
    )
    state = words.state_dict()
    table = state.pop("encoder.embedding.weight")
    frames.load_state_dict(state)
    return words, frames, lambda text: table[LETTERS.encode(text)]


@pytest.mark.parametrize("settings", SETTINGS)
def test_frames_are_read_as_word_vectors_are(settings):
    words, frames, embed = new_models(**settings)
    sources = [embed(text) for text in TEXTS]
    assert np.allclose(frames.encode(sources), words.encode(TEXTS), atol=1e-12)
    assert frames.translate(sources, max_length=5) == words.translate(TEXTS, max_length=5)  # fmt: skip
    pairs = list(zip(TEXTS, TEXTS[::-1]))
    of_frames = [(embed(source), target) for source, target in pairs]
    assert np.allclose(frames.log_probs(of_frames), words.log_probs(pairs), atol=1e-12)


@pytest.mark.parametrize("settings", [*SETTINGS, {"dropout": 0.3}])
def test_the_gradients_are_those_of_finite_differences(settings):
    _, model, embed = new_models(**settings)
    pairs = [(embed(text), text[::-1]) for text in TEXTS]
    (batch,) = make_batches(pairs, model.source_vocab, LETTERS, 4)

    def loss():
        return model.loss_and_grads(batch, np.random.default_rng(7))[0]

    _, grads = model.loss_and_grads(batch, np.random.default_rng(7))
    check_gradients("frames", loss, flatten(model.params), flatten(grads))


def test_a_model_learns_to_name_frames_and_is_kept(tmp_path):
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list("abc"), rng.integers(1, 5))) for _ in range(300)]
    points = np.array([[5.0, 0, 0], [0, 5, 0], [0, 0, 5]])

    def frames(text):
        return points[["abc".index(c) for c in text]] + rng.normal(size=(len(text), 3))

    pairs = [(frames(text), text) for text in texts]
    model = Seq2Seq(Frames(3), LETTERS, hidden_size=32)
    model.fit(pairs, pairs[:20], epochs=40, batch_size=16, progress=False)
    new = [(frames(text), text) for text in texts[:100]]
    given = model.translate([source for source, _ in new])
    assert np.mean([g == text for g, (_, text) in zip(given, new)]) > 0.9

    model.save(tmp_path / "model.safetensors")
    again = Seq2Seq.load(tmp_path / "model.safetensors")
    assert again.source_vocab == Frames(3)
    assert again.translate([source for source, _ in new]) == given


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (np.zeros(3), r"shape \(3,\); expected \(T, 3\)"),
        (np.zeros((4, 2)), r"shape \(4, 2\); expected \(T, 3\)"),
        ([[0.0, np.nan, 1.0]], "frame 0 holds nan at place 1"),
    ],
)
def test_a_source_that_makes_no_sense_is_named(source, message):
    with pytest.raises(ValueError, match=message):
        Seq2Seq(Frames(3), LETTERS).translate([source])


def test_a_text_or_nothing_in_place_of_frames_is_named():
    model = Seq2Seq(Frames(3), LETTERS)
    with pytest.raises(TypeError, match="a str of type <U5; expected numbers"):
        model.translate(["frame"])
    with pytest.raises(ValueError, match=r"texts\[0\] is .*: there is no frame in it"):
        model.translate([np.zeros((0, 3))])
    with pytest.raises(ValueError, match="size is 0"):
        Frames(0)
    with pytest.raises(TypeError, match="target_vocab is a Frames; expected a Vocab"):
        Seq2Seq(LETTERS, Frames(3))
