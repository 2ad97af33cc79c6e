"""Scenes of handwritten digits, their captions, and a convolutional network in the encoder's place."""

import itertools

import numpy as np
import pytest
from conftest import import_torch
from gradients import check_parity, record

from s2s_np import Frames, Seq2Seq, Vocab
from s2s_np.batch import make_batches
from s2s_np.gradient_check import directional_derivative, relative_error
from s2s_np.tasks.image_captioning import (
    CELLS,
    ConvolutionalCaptioner,
    all_captions,
    check_image,
    compose,
    describe,
    draw_scenes,
    held_out_captions,
    image_reader,
    init_image_reader,
    nearest,
    pairs_of,
    patches,
    resample,
    score,
    split_digits,
    warp,
)
from s2s_np.tree import flatten, unflatten

VOCAB = Vocab.from_texts(all_captions(), level="word")


@pytest.fixture(scope="module")
def split():
    return split_digits()


@pytest.fixture(scope="module")
def scenes(split):
    return draw_scenes(split[0], 300)


def new_captioner(**settings):
    return ConvolutionalCaptioner(Frames(24), VOCAB, **settings)


def test_no_image_of_one_list_stands_in_another_nor_does_one_that_looks_the_same(split):
    assert [len(digits.labels) for digits in split] == [1197, 200, 400]
    looks = [{image.tobytes() for image in digits.images} for digits in split]
    assert sum(map(len, looks)) == len(set.union(*looks)) == 1797
    assert sorted(np.concatenate([digits.numbers for digits in split])) == list(range(1797))  # fmt: skip


def test_the_images_of_the_test_depend_on_the_seed_alone():
    _, _, test = split_digits(valid_size=5)
    assert (test.numbers == split_digits()[2].numbers).all()
    assert (test.numbers != split_digits(seed=1)[2].numbers).any()


def test_another_hand_writes_the_same_digit_on_the_same_page(split):
    few = split[0]._replace(**{f: a[:20] for f, a in split[0]._asdict().items()})
    warped = warp(few, 3)
    assert warped.images.shape == (80, 8, 8) and warped.images.dtype == np.float32
    assert (warped.images[:20] == few.images).all()
    assert warped.labels[20:].tolist() == np.repeat(few.labels, 3).tolist()
    assert warped.numbers[20:].tolist() == np.repeat(few.numbers, 3).tolist()
    assert warped.images.min() >= 0 and warped.images.max() <= 1
    assert (warped.images[20:] != np.repeat(few.images, 3, axis=0)).any(axis=(1, 2)).all()  # fmt: skip


def test_to_turn_and_to_stretch_by_nothing_changes_nothing(split):
    same = warp(split[1], 1, turn=0, stretch=0)
    assert np.allclose(same.images[200:], split[1].images, atol=1e-6)


def test_a_digit_turned_by_a_quarter_is_numpys_and_one_made_wider_fades_at_no_pixel():
    images = np.random.default_rng(0).random((2, 8, 8))
    quarter = np.array([[[0.0, -1.0], [1.0, 0.0]]] * 2)
    assert np.allclose(resample(images, quarter), np.rot90(images, -1, axes=(1, 2)))
    wider = np.array([[[1.0, 0.0], [0.0, 0.5]]] * 2)
    rows = np.full((2, 8, 8), np.arange(8.0)[:, None])
    assert np.allclose(resample(rows, wider), rows)


@pytest.mark.parametrize(
    ("digit", "cell", "other", "other_cell", "caption"),
    [
        (7, (0, 2), 3, (1, 0), "three below and left of seven"),
        (3, (1, 0), 7, (0, 2), "three below and left of seven"),
        (3, (0, 0), 7, (0, 1), "three left of seven"),
        (7, (0, 0), 3, (0, 2), "three right of seven"),
        (0, (0, 1), 9, (2, 1), "zero above nine"),
        (5, (2, 1), 5, (0, 1), "five above five"),
        (5, (1, 2), 5, (1, 0), "five left of five"),
        (5, (2, 0), 5, (1, 1), "five above and right of five"),
    ],
)
def test_the_smaller_digit_is_named_first_and_of_two_alike_the_upper_or_left(
    digit, cell, other, other_cell, caption
):
    assert describe(digit, cell, other, other_cell) == caption


def test_a_scene_has_one_caption_whichever_digit_is_put_down_first():
    for a, b in itertools.product(range(10), repeat=2):
        for c, d in itertools.permutations(CELLS, 2):
            assert describe(a, c, b, d) == describe(b, d, a, c)


def test_there_are_400_captions_and_40_are_held_out_whose_words_are_not():
    captions, held_out = all_captions(), held_out_captions()
    assert len(captions) == len(set(captions)) == 400
    assert len(held_out) == 40 and held_out < set(captions)
    assert held_out == held_out_captions()
    words = [{w for c in some for w in c.split()} for some in (held_out, set(captions) - held_out)]  # fmt: skip
    assert words[0] <= words[1]


def test_the_caption_is_true_of_the_digits_and_their_squares(split, scenes):
    label = dict(zip(split[0].numbers.tolist(), split[0].labels.tolist()))
    for scene in scenes:
        assert scene.digits == tuple(label[n] for n in scene.numbers)
        (a, b), (c, d) = scene.digits, scene.cells
        assert scene.facts == (scene.caption,) == (describe(a, c, b, d),)


def test_each_digit_is_seen_near_its_square(split, scenes):
    image = dict(zip(split[0].numbers.tolist(), split[0].images))
    for scene in scenes[:100]:
        for number, (row, column) in zip(scene.numbers, scene.cells):
            found = [
                compose([image[number]], [(r, c)])
                for r in range(max(0, 8 * row - 1), min(16, 8 * row + 1) + 1)
                for c in range(max(0, 8 * column - 1), min(16, 8 * column + 1) + 1)
            ]
            assert any((seen <= scene.image).all() for seen in found)


def test_only_the_captions_asked_for_are_drawn(split):
    held_out = held_out_captions()
    assert {s.caption for s in draw_scenes(split[1], 50, captions=held_out)} <= held_out
    known = set(all_captions()) - held_out
    assert not held_out & {s.caption for s in draw_scenes(split[1], 500, captions=known)}  # fmt: skip


def test_digits_that_overlap_stand_side_by_side_and_leave_fewer_rows_or_columns(split):
    for pixels in (0, 3):
        for scene in draw_scenes(split[1], 30, jitter=0, overlap=pixels):
            steps = np.abs(np.subtract(*scene.cells))
            assert steps.max() == 1
            ink = np.argwhere(scene.image > 0)
            size = 1 + ink.max(axis=0) - ink.min(axis=0)
            assert (size <= 8 + steps * (8 - pixels)).all()


def test_three_digits_have_three_facts_and_no_one_caption(split):
    (scene,) = draw_scenes(split[1], 1, count=3)
    assert len(scene.facts) == len(scene.digits) == 3
    with pytest.raises(ValueError):
        _ = scene.caption


def test_the_same_seed_draws_the_same_scenes_and_another_does_not(split):
    first, same, other = (draw_scenes(split[1], 5, seed) for seed in (3, 3, 4))
    assert all((a.image == b.image).all() and a[1:] == b[1:] for a, b in zip(first, same))  # fmt: skip
    assert [a.numbers for a in first] != [b.numbers for b in other]


def test_the_patches_put_together_are_the_image(scenes):
    frames = patches(scenes[0].image)
    assert frames.shape == (9, 64)
    rows = [np.hstack(frames[i : i + 3].reshape(3, 8, 8)) for i in (0, 3, 6)]
    assert (np.vstack(rows) == scenes[0].image).all()


def test_the_darker_ink_shows_where_two_digits_overlap():
    light, dark = np.full((8, 8), 0.25), np.full((8, 8), 0.75)
    canvas = compose([dark, light], [(0, 0), (0, 4)])
    assert (canvas[:8, :8] == 0.75).all() and (canvas[:8, 8:12] == 0.25).all()
    assert canvas.sum() == 64 * 0.75 + 32 * 0.25


def test_a_score_tells_digits_and_relation_apart():
    right = ["two above seven", "three left of five"]
    assert score(right, right) == {"exact": 1, "digits": 1, "relation": 1}
    assert score(["two above one", "three left of five"], right) == {
        "exact": 0.5,
        "digits": 0.75,
        "relation": 1,
    }
    turned = ["seven below two", "three right of five"]
    assert score(turned, right) == {"exact": 0, "digits": 1, "relation": 0}
    assert score(["two two two above", ""], right)["digits"] == 0.25


def test_the_nearest_image_answers():
    known = np.array([[[0.0, 0.0]], [[1.0, 1.0]]])
    images = np.array([[[0.9, 0.2]], [[0.8, 0.9]], [[0.1, 0.1]]])
    assert nearest(images, known, ["no", "yes"]) == ["yes", "yes", "no"]


def test_both_readers_are_fit_and_write_captions(scenes):
    readers = {
        patches: Seq2Seq(Frames(64), VOCAB, embedding_size=4, hidden_size=8),
        check_image: new_captioner(embedding_size=4, hidden_size=8, dropout=0.1),
    }
    for read, model in readers.items():
        pairs = pairs_of(scenes[:64], read)
        loss = model.fit(pairs, pairs, epochs=8, progress=False)["valid_loss"]
        assert loss[-1] < loss[0]
        assert len(model.translate([source for source, _ in pairs[:3]])) == 3
        assert model.encode([pairs[0][0]]).shape == (1, 8)


def test_a_convolutional_captioner_learns_a_few_scenes_by_heart(scenes):
    model = new_captioner(embedding_size=16, hidden_size=32, context="every_step")
    pairs = pairs_of(scenes[:24], check_image)
    model.fit(pairs, epochs=80, batch_size=8, progress=False)
    sources, captions = zip(*pairs)
    assert score(model.translate(sources), captions)["exact"] == 1


def test_a_convolutional_captioner_comes_back_from_its_file(scenes, tmp_path):
    pytest.importorskip("safetensors", reason="checkpoints need safetensors")
    model = new_captioner(embedding_size=4, hidden_size=8)
    model.save(tmp_path / "model.safetensors")
    twin = ConvolutionalCaptioner.load(tmp_path / "model.safetensors")
    images = [scene.image for scene in scenes[:5]]
    assert (model.encode(images) == twin.encode(images)).all()


@pytest.mark.parametrize("context", ["initial", "every_step"])
def test_the_gradients_of_the_whole_captioner_are_those_of_finite_differences(context):
    model = new_captioner(embedding_size=3, hidden_size=4, context=context, dtype="float64")  # fmt: skip
    rng = np.random.default_rng(0)
    for name in ("convolution_1", "convolution_2"):
        bias = model.params["encoder"][name]["bias"]
        bias += rng.standard_normal(bias.shape)
    captions = ("one above two", "two left of three")
    pairs = [(rng.random((24, 24)), caption) for caption in captions]
    (batch,) = make_batches(pairs, Frames(24), VOCAB, 2)
    _, grads = model.loss_and_grads(batch)
    gradients = flatten(grads)
    for name, array in flatten(model.params).items():
        direction = rng.standard_normal(array.shape)
        direction /= np.linalg.norm(direction)
        # A tiny step: of 46,000 pixels none may pass the corner of its ReLU, or another in its square, on the way.
        tried = directional_derivative(lambda: model.loss(batch), array, direction, 1e-6)  # fmt: skip
        error = relative_error((gradients[name] * direction).sum(), tried, smallest=1e-3)  # fmt: skip
        record("captioner", "finite differences", error)
        assert error < 1e-5, name


def test_on_a_gpu_it_learns_and_writes_the_same(cupy, scenes):
    pairs = pairs_of(scenes[:8], check_image)
    models = [new_captioner(embedding_size=4, hidden_size=8) for _ in range(2)]
    models[1].to("cuda")
    losses = [model.fit(pairs, epochs=2, progress=False)["train_loss"] for model in models]  # fmt: skip
    assert np.allclose(*losses, rtol=1e-4)
    images = [image for image, _ in pairs]
    assert models[0].translate(images) == models[1].translate(images)


def test_the_image_reader_and_its_gradients_are_pytorchs():
    torch = import_torch()
    nn = torch.nn
    rng = np.random.default_rng(0)
    params = init_image_reader(rng, 5)
    rows, d_state = rng.random((24, 3, 24)), rng.standard_normal((1, 3, 5))
    state, backward = image_reader(params, rows)
    twin = nn.Sequential()
    for name, layer in (
        ("convolution_1", nn.Conv2d(1, 16, 3, padding=1)),
        ("pool_1", nn.MaxPool2d(2)),
        ("relu_1", nn.ReLU()),
        ("convolution_2", nn.Conv2d(16, 32, 3, padding=1)),
        ("pool_2", nn.MaxPool2d(2)),
        ("relu_2", nn.ReLU()),
        ("flatten", nn.Flatten()),
        ("linear", nn.Linear(1152, 5)),
        ("tanh", nn.Tanh()),
    ):
        twin.add_module(name, layer)
    twin.double().load_state_dict(
        {name: torch.tensor(array) for name, array in flatten(params).items()}
    )
    twin_state = twin(torch.tensor(rows.transpose(1, 0, 2)[:, None]))[None]
    (twin_state * torch.tensor(d_state)).sum().backward()
    check_parity(
        "image_reader",
        {"state": state, **flatten(backward(d_state))},
        {"state": twin_state, **{n: p.grad for n, p in twin.named_parameters()}},
    )


def test_the_parameters_of_the_reader_survive_being_flattened():
    params = init_image_reader(np.random.default_rng(0), 8)
    assert unflatten(flatten(params)).keys() == params.keys()


@pytest.mark.parametrize(
    ("image", "error", "message"),
    [
        (np.zeros((28, 28)), ValueError, r"shape \(28, 28\); expected \(24, 24\)"),
        (np.zeros((24, 24, 3)), ValueError, r"shape \(24, 24, 3\)"),
        (np.zeros((0, 0)), ValueError, r"shape \(0, 0\)"),
        ([], ValueError, r"shape \(0,\)"),
        (np.full((24, 24), np.nan), ValueError, "row 0, column 0 is nan"),
        (np.eye(24) * 255, ValueError, "row 0, column 0 is 255.0; .* Divide bytes"),
        (-np.eye(24), ValueError, "row 0, column 0 is -1.0; expected 0"),
        (np.full((24, 24), "x"), TypeError, "type <U1; expected numbers"),
    ],
)
def test_an_image_that_is_none_is_named(image, error, message):
    for read in (patches, check_image):
        with pytest.raises(error, match=message):
            read(image)


def test_settings_that_make_no_sense_are_named(split):
    with pytest.raises(ValueError, match="valid_size is 0; expected at least 1"):
        split_digits(valid_size=0)
    with pytest.raises(ValueError, match="1000 and 797; with 1797 images nothing"):
        split_digits(1000, 797)
    with pytest.raises(ValueError, match="size is 0"):
        draw_scenes(split[0], 0)
    with pytest.raises(ValueError, match="count is 1"):
        draw_scenes(split[0], 1, count=1)
    with pytest.raises(ValueError, match="count is 10; the canvas has 9 squares"):
        draw_scenes(split[0], 1, count=10)
    with pytest.raises(ValueError, match="jitter is -1"):
        draw_scenes(split[0], 1, jitter=-1)
    with pytest.raises(ValueError, match="overlap is 8; expected 0 to 7 pixels"):
        draw_scenes(split[0], 1, overlap=8)
    with pytest.raises(ValueError, match="1 captions and there are 2 right ones"):
        score(["one above two"], ["one above two", "one above one"])
    with pytest.raises(ValueError, match="0 captions"):
        score([], [])
    with pytest.raises(ValueError, match=r"expected Frames\(24\): a row"):
        ConvolutionalCaptioner(Frames(64), VOCAB)
    with pytest.raises(ValueError, match="num_layers is 2 and cell 'gru'; expected"):
        new_captioner(num_layers=2)
    with pytest.raises(ValueError, match="cell 'lstm'"):
        new_captioner(cell="lstm")


def test_a_missing_scikit_learn_is_named_with_the_command_that_installs_it(without):
    without("sklearn")
    with pytest.raises(ModuleNotFoundError, match="pip install scikit-learn"):
        split_digits()
