"""Commands, how they look, and films of mouths that say them."""

import io
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from PIL import Image

from s2s_np import Frames
from s2s_np.tasks.lip_reading import (
    HEIGHT,
    PRONUNCIATIONS,
    SHAPES,
    SIZE,
    SLOTS,
    VISEME_OF,
    WIDTH,
    Speaker,
    animation,
    ceiling,
    commonest,
    confusions,
    draw,
    draw_speakers,
    film,
    film_pairs,
    frames,
    homophenes,
    ideal,
    looks,
    movement,
    player,
    score,
    slots,
    split_commands,
    split_speakers,
    timing,
    visemes,
)

COMMAND = "bin blue at f two now"


@pytest.fixture(scope="module")
def lists():
    """Commands to train, to validate and to test with."""
    return split_commands(4_000, 500, 1_000)


# What can be seen


def test_a_word_is_the_row_of_its_visemes():
    assert visemes("please") == ("p", "n", "I", "s")
    assert visemes("at b") == ("A", "t", "p", "I")


def test_a_diphthong_is_two_shapes():
    assert visemes("now") == ("n", "A", "U")


def test_every_word_of_the_grammar_can_be_said_and_every_sound_be_drawn():
    words = {word for choices in SLOTS.values() for word in choices}
    assert words == PRONUNCIATIONS.keys() and len(words) == 51
    assert {viseme for word in words for viseme in visemes(word)} <= SHAPES.keys()
    assert set(VISEME_OF.values()) <= SHAPES.keys()


def test_the_letters_have_three_pairs_of_homophenes_and_the_other_slots_none():
    pairs = {
        slot: [group for group in homophenes(words) if len(group) > 1]
        for slot, words in SLOTS.items()
    }
    assert pairs.pop("letter") == [("b", "p"), ("d", "t"), ("l", "n")]
    assert not any(pairs.values())


def test_the_ceiling_is_the_share_of_groups_among_the_letters():
    assert ceiling() == pytest.approx((22 / 25, (5 + 22 / 25) / 6))


def test_the_ceiling_counts_the_looks_of_all_commands():
    commands = [" ".join(words) for words in product(*SLOTS.values())]
    assert looks(commands) / len(commands) == pytest.approx(ceiling().sentence)


def test_the_ceiling_rises_with_a_twin_that_is_rare():
    # p three times as frequent as b: of the four shares of the two, three can be had
    assert ceiling({"p": 3}).sentence == pytest.approx((3 + 21) / 27)
    assert ceiling({"p": 0, "t": 0, "n": 0}) == (1, 1)


# The commands


def test_a_command_is_taken_apart_into_its_slots():
    assert list(slots(COMMAND).values()) == COMMAND.split()
    assert slots(COMMAND)["letter"] == "f"


def test_the_lists_have_the_sizes_asked_for_and_hold_commands(lists):
    assert [len(commands) for commands in lists] == [4_000, 500, 1_000]
    assert all(len(slots(command)) == 6 for commands in lists for command in commands)


def test_no_command_of_one_list_looks_like_one_of_another(lists):
    train, valid, test = ({visemes(command) for command in each} for each in lists)
    assert not train & valid and not train & test and not valid & test


def test_no_command_stands_twice(lists):
    assert len({command for each in lists for command in each}) == 5_500


def test_the_same_seed_draws_the_same_commands_and_another_does_not():
    assert split_commands(50, 5, 5, seed=1) == split_commands(50, 5, 5, seed=1)
    assert split_commands(50, 5, 5, seed=1) != split_commands(50, 5, 5, seed=2)


# The film


def test_the_mouth_comes_closest_to_a_shape_in_the_middle_of_its_time():
    """The lips of the p in "at p" close while the A and the I round it are open."""
    opening = movement("at p")[:, 0]
    closed = int(opening[3:-3].argmin()) + 3
    assert opening[closed] < 0.1 < 0.3 < opening[closed - 3]
    assert opening[closed + 2] > 0.2


def test_a_long_row_of_visemes_is_at_rest_first_and_last():
    row, middle, duration = timing("bin blue")
    assert row == ("rest", *visemes("bin blue"), "rest")
    assert np.allclose(np.diff(middle), (duration[1:] + duration[:-1]) / 2)
    assert middle[0] == pytest.approx(duration[0] / 2)


def test_movement_is_a_mean_of_the_shapes():
    features, shapes = movement(COMMAND), np.array(list(SHAPES.values()))
    assert (features >= shapes.min(axis=0)).all()
    assert (features <= shapes.max(axis=0)).all()


def test_speech_twice_as_fast_takes_half_of_the_frames():
    slow, fast = (len(movement(COMMAND, rate)) for rate in (1, 2))
    assert abs(slow - 2 * fast) <= 1


def test_homophenes_make_the_same_film():
    one, two = (film(f"set red by {x} four now", Speaker()) for x in "bp")
    assert np.array_equal(one, two)


def test_an_open_mouth_is_dark_in_the_middle_and_skin_at_the_border():
    speaker = Speaker()
    (image,) = draw([SHAPES["O"]], speaker)
    assert image.shape == (HEIGHT, WIDTH)
    assert image[5:7, 7:9].max() < 0.2
    assert np.allclose(image[0], speaker.skin)
    assert np.allclose(image, image[:, ::-1])  # it stands straight, in the middle


def test_teeth_are_brighter_than_the_opening_that_they_show_in():
    features = np.array([SHAPES["ch"]] * 2)
    features[0, 3] = 0
    without, teeth = draw(features, Speaker())
    assert (teeth >= without).all() and (teeth - without).max() > 0.3


def test_a_smaller_mouth_covers_less():
    (large,), (small,) = (
        draw([SHAPES["A"]], replace(Speaker(), size=size)) for size in (1, 0.5)
    )
    assert (small != Speaker().skin).sum() < 0.5 * (large != Speaker().skin).sum()


def test_a_speaker_who_stands_elsewhere_is_drawn_elsewhere():
    (here,), (there,) = (
        draw([SHAPES["A"]], Speaker(x=x, size=0.6)) for x in (0, 2 / HEIGHT)
    )
    assert np.allclose(here[:, :-1], there[:, 1:])


def test_the_noise_has_the_deviation_asked_for():
    clean, noisy = (film(COMMAND, Speaker(), noise=noise) for noise in (0, 0.1))
    assert (noisy - clean).std() == pytest.approx(0.1, rel=0.05)


def test_the_first_speakers_do_not_depend_on_how_many_there_are():
    assert draw_speakers(5)[:2] == draw_speakers(2)
    assert len(set(draw_speakers(40))) == 40


def test_no_speaker_of_the_test_is_trained_with():
    lists = split_speakers(30, 10, 12, seed=1)
    assert [len(each) for each in lists] == [30, 10, 12]
    assert len({speaker for each in lists for speaker in each}) == 52


def test_the_speakers_held_out_do_not_depend_on_how_many_are_trained():
    assert split_speakers(3)[1:] == split_speakers(50)[1:]


def test_frames_do_not_depend_on_light_and_contrast():
    images = film(COMMAND, Speaker())
    assert np.allclose(frames(images), frames(0.3 * images + 0.5), atol=1e-4)
    assert frames(images).dtype == np.float32


def test_eight_bit_images_are_read_like_others():
    images = film(COMMAND, Speaker(), noise=0)
    eight_bits = (255 * images).round().astype(np.uint8)
    assert np.allclose(frames(eight_bits), frames(images), atol=0.05)


def test_pairs_are_what_a_model_reads_and_writes():
    pairs = film_pairs([COMMAND, "lay red in z six soon"], draw_speakers(3))
    assert [command for _, command in pairs] == [COMMAND, "lay red in z six soon"]
    for x, _ in pairs:
        assert Frames(SIZE).encode(x).shape == (len(x), 192)


# The judge


def test_a_score_counts_sentences_words_and_errors():
    found = score(["a b c d", "a b c d"], ["a b c d", "a x c"])
    assert found == pytest.approx((0.5, 6 / 8, 2 / 8))


def test_the_ideal_observer_reaches_the_ceiling_and_the_commonest_words_do_not(lists):
    train, _, test = lists
    read = score(test, ideal(test))
    assert read.sentence == pytest.approx(looks(test) / len(test), abs=0.002)
    assert score(test, commonest(train, test)).sentence < 0.01


def test_confusions_count_what_was_said_and_what_was_read():
    said = ["bin blue at b two now", "bin blue at p two now", "bin blue at a two now"]
    counts = confusions(said, ["bin blue at b two now"] * 2 + ["bin blue at"])
    assert counts.shape == (25, 26) and counts.sum() == 3
    p = SLOTS["letter"].index("p")
    assert counts[1, 1] == counts[p, 1] == counts[0, -1] == 1


# What is looked at


def test_an_animation_has_every_image_and_stays_small():
    images = film(COMMAND, Speaker())
    data = animation(images)
    with Image.open(io.BytesIO(data)) as opened:
        assert opened.n_frames == len(images)
        assert opened.info["loop"] == 0
    assert len(data) < 150_000


def test_a_player_brings_its_pictures_along_and_stands_still_for_who_wants_that():
    html = player(film(COMMAND, Speaker()), 'A mouth says "bin"').data
    assert 'alt="A mouth says &quot;bin&quot;"' in html
    assert "prefers-reduced-motion: reduce" in html and "http" not in html
    assert html.count("data:image/") == 2


# Bad input


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: visemes(""), "text is empty"),
        (lambda: visemes("bin purple"), "'purple' is not one of the grammar's 51"),
        (lambda: visemes("w"), "'w' is not .* GRID leaves the letter w out"),
        (lambda: film("bin ß", Speaker()), "'ß' is not one of"),
        (lambda: slots("bin blue"), "has 2 words; a command has 6: command colour"),
        (lambda: slots("now blue at f two bin"), "'now' in .* is no command; expected"),
        (lambda: ceiling({"w": 1}), "'w' is not one of"),
        (lambda: ceiling({"a": -1}), "the weight of 'a' is -1"),
        (lambda: ceiling(dict.fromkeys(SLOTS["digit"], 0)), "of the slot digit are 0"),
        (lambda: split_commands(test_size=0), "test_size is 0"),
        (
            lambda: split_commands(64_000),
            "2000, 500, 64000 do not fit: there are 64000",
        ),
        (lambda: draw_speakers(0), "number is 0"),
        (lambda: split_speakers(5, 0), "a list of 0 speakers"),
        (lambda: movement("bin", rate=0), "rate is 0"),
        (lambda: film("bin", Speaker(), noise=-1), "noise is -1"),
        (lambda: film_pairs([COMMAND], []), "speakers is empty"),
        (lambda: score([], []), "0 references"),
        (lambda: score(["a"], ["a", "b"]), "1 references, but 2 were written"),
        (lambda: confusions(["a"], ["a"]), "has 1 words"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("images", "error", "message"),
    [
        (np.zeros((0, 12, 16)), ValueError, "there is no image in the film"),
        (np.ones((5, 24, 32)), ValueError, r"shape \(5, 24, 32\); expected \(T, 12"),
        (np.ones((12, 16)), ValueError, r"shape \(12, 16\); expected"),
        (np.ones((5, 12, 16, 3)), ValueError, r"shape \(5, 12, 16, 3\)"),
        (np.ones((5, 12, 16)), ValueError, "nothing moves in the film"),
        (np.full((5, 12, 16), np.nan), ValueError, "image 0 holds a grey"),
        (np.full((5, 12, 16), "x"), TypeError, "images are of type <U1"),
    ],
)
def test_a_film_that_cannot_be_read_is_named(images, error, message):
    with pytest.raises(error, match=message):
        frames(images)


def test_what_is_no_text_is_named():
    with pytest.raises(TypeError, match="text is a list; expected words"):
        visemes(["bin"])


@pytest.mark.parametrize(
    ("package", "call"),
    [
        ("jiwer", lambda: score(["a"], ["a"])),
        ("PIL", lambda: animation(film(COMMAND, Speaker()))),
    ],
)
def test_a_missing_package_is_named_with_the_command_that_installs_it(
    without, package, call
):
    without(package)
    install = {"PIL": "pillow"}.get(package, package)
    with pytest.raises(ModuleNotFoundError, match=f"pip install {install}"):
        call()
