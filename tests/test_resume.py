"""A run that is killed goes on as if nothing had happened; a file of another run stays as it is."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import fake_cupy
import numpy as np
import pytest
import resumed_run
from resumed_run import VOCAB, ends_alike, new_model, pairs, train

from s2s_np import CheckpointError, Frames, NonFiniteLossError, Seq2Seq
from s2s_np.checkpoint import load_checkpoint, save_checkpoint

STEPS = 4 * 8  # of `train`: epochs times batches


class Killed(BaseException):
    """What ends a training run in the middle, in the place of a signal."""


def kill_at_step(model, step):
    """Make the model end its training at one step."""
    honest, calls = model.loss_and_grads, iter(range(10_000))

    def loss_and_grads(*args, **settings):
        if next(calls) == step:
            raise Killed
        return honest(*args, **settings)

    model.loss_and_grads = loss_and_grads


def start_and_kill(path, step, model=None, **settings):
    model = model or new_model()
    kill_at_step(model, step)
    with pytest.raises(Killed):
        train(model, path, **settings)


# It goes on -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole():
    """A run that nothing has stopped, and its history."""
    model = new_model()
    return model, train(model)


def compare(whole, model, history):
    # a copy, since comparing draws a number
    kept = whole[0].rng.bit_generator.state
    assert ends_alike(model, history, *whole)
    whole[0].rng.bit_generator.state = kept


def test_a_checkpoint_changes_nothing_of_the_run(tmp_path, whole):
    model = new_model()
    compare(whole, model, train(model, tmp_path / "m", checkpoint_every=3))


@pytest.mark.parametrize("step", [0, 1, 7, 8, 9, 20, 31])
@pytest.mark.parametrize("every", [None, 1, 3])
def test_a_killed_run_ends_with_the_bits_of_a_whole_one(tmp_path, whole, step, every):
    start_and_kill(tmp_path / "m", step, checkpoint_every=every)
    model = new_model()
    compare(whole, model, train(model, tmp_path / "m"))


def test_a_run_may_be_killed_again_and_again(tmp_path, whole):
    for step in (5, 1, 2, 3, 9):  # after each start anew
        start_and_kill(tmp_path / "m", step, checkpoint_every=2)
    model = new_model()
    compare(whole, model, train(model, tmp_path / "m"))


@pytest.mark.parametrize(
    "settings",
    [
        {"cell": "lstm", "bidirectional": True, "context": "every_step"},
        {"cell": "rnn", "reverse_source": True, "dtype": "float64"},
        {"num_layers": 1, "dropout": 0.0},
    ],
)
def test_every_kind_of_model_goes_on(tmp_path, settings):
    start_and_kill(tmp_path / "m", 11, new_model(**settings), checkpoint_every=5)
    model, other = new_model(**settings), new_model(**settings)
    assert ends_alike(model, train(model, tmp_path / "m"), other, train(other))


def test_a_model_that_reads_frames_goes_on(tmp_path):
    rng = np.random.default_rng(0)
    data = [(rng.normal(size=(3 + len(text), 5)), text) for _, text in pairs(20)]
    settings = {"epochs": 2, "batch_size": 4, "progress": False}
    models = [Seq2Seq(Frames(5), VOCAB, 8, 16, dropout=0.2) for _ in range(3)]
    kill_at_step(models[0], 7)
    with pytest.raises(Killed):
        models[0].fit(data, checkpoint=tmp_path / "m", **settings)
    resumed = models[1].fit(data, checkpoint=tmp_path / "m", **settings)
    assert ends_alike(models[1], resumed, models[2], models[2].fit(data, **settings))


def test_a_run_on_a_gpu_goes_on(tmp_path, cupy):
    settings = {"epochs": 2, "checkpoint_every": 3}
    start_and_kill(tmp_path / "m", 10, new_model().to("cuda"), **settings)
    model, other = new_model().to("cuda"), new_model().to("cuda")
    resumed = train(model, tmp_path / "m", **settings)
    assert ends_alike(model, resumed, other, train(other, epochs=2))


def test_a_finished_run_trains_nothing_and_returns_its_history(
    tmp_path, whole, monkeypatch
):
    history = train(new_model(), tmp_path / "m")
    before = (tmp_path / "m").read_bytes()
    model = new_model()
    kill_at_step(model, 0)
    found = train(model, tmp_path / "m")
    assert found == history
    compare(whole, model, found)
    assert (tmp_path / "m").read_bytes() == before


def test_the_file_is_a_checkpoint_of_the_model_at_every_moment(tmp_path):
    start_and_kill(tmp_path / "m", 0)
    loaded = Seq2Seq.load(tmp_path / "m").state_dict()
    assert all(np.array_equal(a, loaded[n]) for n, a in new_model().state_dict().items())  # fmt: skip
    history = train(new_model(), tmp_path / "m")
    assert Seq2Seq.load(tmp_path / "m").translate(["abc"])
    assert len(history["step_loss"]) == STEPS


def test_seconds_of_an_interrupted_epoch_are_added_up(tmp_path, monkeypatch):
    start_and_kill(tmp_path / "m", 3, checkpoint_every=1)
    tensors, description = load_checkpoint(tmp_path / "m")
    description["training"]["seconds"] = 1000.0
    save_checkpoint(tmp_path / "m", tensors, description)
    seconds = train(new_model(), tmp_path / "m")["seconds"]
    assert seconds[0] > 1000 > seconds[1]


def test_a_resumed_run_shows_how_far_it_was(tmp_path, capsys):
    start_and_kill(tmp_path / "m", 20, checkpoint_every=1)
    model = new_model()
    kill_at_step(model, 0)
    with pytest.raises(Killed):
        model.fit(
            pairs(), pairs(10), epochs=4, batch_size=8, teacher_forcing=0.7, label_smoothing=0.1,
            checkpoint=tmp_path / "m",
        )  # fmt: skip
    assert "20/32" in capsys.readouterr().err


# A file of another run ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "settings", "message"),
    [
        ({}, {"epochs": 5}, "epochs is 4 there and 5 here"),
        ({}, {"learning_rate": 1e-3}, r"learning_rate is 0\.005 there and 0\.001 here"),
        ({"dropout": 0.5}, {}, r"run: dropout is 0\.3 there and 0\.5 here\. It"),
        ({"seed": 4}, {}, "seed is 3 there and 4 here; the first parameters differ"),
        ({"cell": "lstm"}, {}, "cell is 'gru' there and 'lstm' here"),
    ],
)
def test_another_run_is_refused_names_what_differs_and_leaves_the_file(
    tmp_path, model, settings, message
):
    start_and_kill(tmp_path / "m", 9)
    before = (tmp_path / "m").read_bytes()
    model = new_model(**model)
    untrained = model.state_dict()
    with pytest.raises(CheckpointError, match=message):
        train(model, tmp_path / "m", **settings)
    assert (tmp_path / "m").read_bytes() == before
    assert os.listdir(tmp_path) == ["m"]
    assert all(np.array_equal(a, untrained[n]) for n, a in model.state_dict().items())


@pytest.mark.parametrize(
    ("train_pairs", "valid_pairs", "message"),
    [
        (pairs()[:-1], pairs(10), "run: the training pairs differ"),
        (pairs(), None, "run: the validation pairs differ"),
        (pairs()[::-1], pairs(9), "the training pairs differ; the validation pairs"),
    ],
)
def test_other_pairs_are_refused(tmp_path, train_pairs, valid_pairs, message):
    start_and_kill(tmp_path / "m", 9, teacher_forcing=1.0, label_smoothing=0.0)
    with pytest.raises(CheckpointError, match=message):
        new_model().fit(
            train_pairs, valid_pairs, epochs=4, batch_size=8, checkpoint=tmp_path / "m", progress=False
        )  # fmt: skip


def test_other_vocabularies_are_refused(tmp_path):
    start_and_kill(tmp_path / "m", 9)
    other = type(VOCAB)([*VOCAB.tokens[:4], *"abcdeg"], "char")
    model = Seq2Seq(other, VOCAB, seed=3, **resumed_run.SETTINGS)
    with pytest.raises(CheckpointError, match="the source vocabulary differs"):
        train(model, tmp_path / "m")


def test_a_run_of_another_device_is_refused(tmp_path, cupy):
    start_and_kill(tmp_path / "m", 9)
    with pytest.raises(CheckpointError, match="device is 'cpu' there and 'cuda' here"):
        train(new_model().to("cuda"), tmp_path / "m")


def test_a_trained_model_does_not_begin_the_run_anew(tmp_path):
    model = new_model()
    train(model, tmp_path / "m")
    with pytest.raises(CheckpointError, match="run: the first parameters differ"):
        train(model, tmp_path / "m")


def test_a_checkpoint_without_a_run_is_refused_and_left_as_it_is(tmp_path):
    new_model(seed=9).save(tmp_path / "m")
    before = (tmp_path / "m").read_bytes()
    with pytest.raises(CheckpointError, match="holds a model, but no training that"):
        train(new_model(), tmp_path / "m")
    assert (tmp_path / "m").read_bytes() == before


def test_what_is_no_checkpoint_is_refused_and_left_as_it_is(tmp_path):
    (tmp_path / "m").write_text("my notes")
    with pytest.raises(CheckpointError, match="not a whole safetensors file"):
        train(new_model(), tmp_path / "m")
    assert (tmp_path / "m").read_text() == "my notes"


@pytest.mark.parametrize(
    "damage",
    [
        lambda tensors, training: tensors.pop("training.m.generator.bias"),
        lambda tensors, training: tensors.update({"generator.bias": np.zeros(3)}),
        lambda tensors, training: training.update(epoch=3),
        lambda tensors, training: training.update(batches=-1),
        lambda tensors, training: training.update(order={"bit_generator": "PCG64"}),
        lambda tensors, training: training.update(masks=None),
        lambda tensors, training: training.update(words="many"),
        lambda tensors, training: training.update(words=0),
        lambda tensors, training: training.pop("history"),
        lambda tensors, training: training.update(run=[]),
    ],
)
def test_a_damaged_run_is_named_and_changes_nothing(tmp_path, damage):
    start_and_kill(tmp_path / "m", 9, checkpoint_every=3)
    tensors, description = load_checkpoint(tmp_path / "m")
    damage(tensors, description["training"])
    save_checkpoint(tmp_path / "m", tensors, description)
    model = new_model()
    untrained, state = model.state_dict(), model.rng.bit_generator.state
    with pytest.raises(CheckpointError, match="not hold a training that can go on"):
        train(model, tmp_path / "m")
    assert model.rng.bit_generator.state == state
    assert all(np.array_equal(a, untrained[n]) for n, a in model.state_dict().items())


# Two at once ----------------------------------------------------------------------------------------------------


def test_two_runs_on_one_checkpoint_are_refused(tmp_path):
    """The second starts in a step of the first, which then ends well."""
    model, refused = new_model(), []
    honest = model.loss_and_grads

    def loss_and_grads(*args, **settings):
        if not refused:
            with pytest.raises(CheckpointError, match="another run is writing to .*m;"):
                train(new_model(), tmp_path / "m")
            refused.append(True)
        return honest(*args, **settings)

    model.loss_and_grads = loss_and_grads
    history = train(model, tmp_path / "m")
    assert refused and len(history["step_loss"]) == STEPS
    assert os.listdir(tmp_path) == ["m"]


def test_a_run_in_another_process_is_left_alone_until_it_is_killed(tmp_path, whole):
    code = (
        "import sys, time; from resumed_run import *; model = new_model();"
        "model.loss_and_grads = lambda *_, **__: time.sleep(60);"  # a step that takes long
        "train(model, sys.argv[1])"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "m")]
    with subprocess.Popen(command, cwd=Path(__file__).parent) as process:
        try:
            while not (tmp_path / "m").exists():
                assert process.poll() is None
                time.sleep(0.05)
            with pytest.raises(CheckpointError, match="another run is writing to"):
                train(new_model(), tmp_path / "m")
        finally:
            process.kill()
    model = new_model()
    compare(whole, model, train(model, tmp_path / "m"))


def test_the_lock_of_a_killed_run_and_what_it_half_wrote_stop_nobody(tmp_path):
    (tmp_path / ".m.lock").touch()
    (tmp_path / ".m.abc.partial").write_bytes(b"half")
    (tmp_path / ".mm.abc.partial").write_bytes(b"another's")
    train(new_model(), tmp_path / "m", epochs=1)
    assert sorted(os.listdir(tmp_path)) == [".mm.abc.partial", "m"]


def test_a_lock_that_its_holder_takes_away_while_another_waits_is_not_taken_for_held(
    tmp_path, monkeypatch
):
    """Between the opening and the locking of its file, the holder removes it and a third run makes a new one."""
    honest, others = fcntl.flock, []

    def flock(handle, operation):
        if not others:
            (tmp_path / ".m.lock").unlink()
            others.append(open(tmp_path / ".m.lock", "w"))  # noqa: SIM115 (it holds the lock)
            honest(others[0], operation)
        honest(handle, operation)

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(CheckpointError, match="another run is writing to"):
        train(new_model(), tmp_path / "m")
    others[0].close()
    assert os.listdir(tmp_path) == [".m.lock"]


# The disk -------------------------------------------------------------------------------------------------------


def test_a_folder_that_is_not_there_is_named_before_the_first_step(tmp_path):
    model = new_model()
    kill_at_step(model, 0)
    with pytest.raises(FileNotFoundError, match="cannot be written: No such .*nowhere"):
        train(model, tmp_path / "nowhere" / "m")


def test_a_folder_in_the_place_of_the_file_is_named(tmp_path):
    (tmp_path / "m").mkdir()
    with pytest.raises(IsADirectoryError, match="the checkpoint cannot be written"):
        train(new_model(), tmp_path / "m")


@pytest.mark.parametrize("first", [1, 3])
def test_a_full_disk_is_named_and_the_last_checkpoint_stays(
    tmp_path, monkeypatch, whole, first
):
    """The disk is full when the file is written for the `first` time, and later has room again."""
    calls = []

    def fsync(handle):
        calls.append(handle)
        if len(calls) == 2 * first - 1:  # of the file; the next would be the folder's
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        with pytest.raises(OSError, match="cannot be written: No space left .*as it was"):  # fmt: skip
            train(new_model(), tmp_path / "m")
    assert os.listdir(tmp_path) == (["m"] if first > 1 else [])
    if first > 1:
        _, description = load_checkpoint(tmp_path / "m")
        assert description["training"]["epoch"] == first - 2
    model = new_model()
    compare(whole, model, train(model, tmp_path / "m"))


def run_in_a_process(code, tmp_path):
    """Run lines of Python in a process of its own, in the folder of the tests."""
    lines = ["import os, resource, sys", "from resumed_run import *", *code]
    return subprocess.run(
        [sys.executable, "-c", "\n".join(lines), str(tmp_path / "m")],
        cwd=Path(__file__).parent, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_kernel_that_stops_the_writing_in_the_middle_leaves_the_last_checkpoint(
    tmp_path,
):
    """The kernel lets no file grow beyond 3,000 bytes, and writes so much before it refuses."""
    start_and_kill(tmp_path / "m", 9)
    before = (tmp_path / "m").read_bytes()
    done = run_in_a_process(
        [
            "resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))",
            "train(new_model(), sys.argv[1])",
        ],
        tmp_path,
    )
    assert "the checkpoint cannot be written: File too large" in done.stderr
    assert os.listdir(tmp_path) == ["m"] and (tmp_path / "m").read_bytes() == before


def test_a_folder_that_is_read_only_is_named_before_the_first_step(tmp_path):
    done = run_in_a_process(
        [
            "os.umask(0)",
            "os.chmod(os.path.dirname(sys.argv[1]), 0o555)",
            "model = new_model()",
            "model.loss_and_grads = None",
            "if os.geteuid() == 0:",  # whom no folder refuses
            "    os.setuid(65534)",
            "train(model, sys.argv[1])",
        ],
        tmp_path,
    )
    tmp_path.chmod(0o755)
    assert "PermissionError" in done.stderr, done.stderr
    assert "the checkpoint cannot be written: Permission denied" in done.stderr


def test_a_broken_step_leaves_the_checkpoint_and_tells_where_it_is(
    tmp_path, monkeypatch
):
    model = new_model()
    honest, calls = model.loss_and_grads, iter(range(1000))

    def loss_and_grads(*args, **settings):
        loss, grads = honest(*args, **settings)
        return (float("nan") if next(calls) == 5 else loss), grads

    model.loss_and_grads = loss_and_grads
    with pytest.raises(NonFiniteLossError, match="last good model is in .*m"):
        train(model, tmp_path / "m", checkpoint_every=2)
    _, description = load_checkpoint(tmp_path / "m")
    assert description["training"]["batches"] == 4


# SIGKILL --------------------------------------------------------------------------------------------------------


def kill_at_random_moments(path, kills, rng, settings):
    """Start the run in processes and kill each after a random time; yield what is left, a set of names, each time.

    A run that is done before its kill has come is yielded as None, and does not count; whoever asks on takes its file
    away.
    """
    script = Path(resumed_run.__file__)
    command = [sys.executable, str(script), str(path), json.dumps(settings)]
    while kills:
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout.readline() == "ready\n"
            time.sleep(rng.uniform(0, 0.25))
            process.send_signal(signal.SIGKILL)
            done = process.stdout.read()
        kills -= not done
        yield None if done else set(os.listdir(path.parent))


@pytest.mark.parametrize("kills", [4, pytest.param(100, marks=pytest.mark.exhaustive)])
def test_killed_at_random_moments_a_run_ends_with_the_bits_of_a_whole_one(
    tmp_path, kills
):
    """It saves at every step, so that most of its time goes into writing: many a kill comes in the middle of that."""
    settings = {"epochs": 40, "checkpoint_every": 1}
    other, path = new_model(), tmp_path / "m"
    expected = train(other, **settings)
    state = other.rng.bit_generator.state

    def end_and_compare():
        model = new_model()
        assert ends_alike(model, train(model, path, **settings), other, expected)
        assert os.listdir(tmp_path) == ["m"]
        other.rng.bit_generator.state = state  # comparing draws a number

    finished = in_writing = 0
    for left in kill_at_random_moments(path, kills, np.random.default_rng(kills), settings):  # fmt: skip
        if left is None:
            end_and_compare()
            path.unlink()
            finished += 1
        else:
            in_writing += any(name.endswith(".partial") for name in left)
            if "m" in left:  # what was left can be read
                Seq2Seq.load(path)
    end_and_compare()
    print(f"{kills} kills, {in_writing} of them in the middle of writing; {finished + 1} runs ended")  # fmt: skip
    assert in_writing or kills < 100


def test_the_stand_in_keeps_the_state_of_its_random_numbers_on_the_device():
    rng = fake_cupy.random.default_rng(1)
    state = rng.bit_generator._state.copy()
    first = rng.random(3).get()
    rng.bit_generator._state[...] = state
    assert np.array_equal(rng.random(3).get(), first)
