"""A training run in a file: after a kill it goes on as if nothing had happened (book: architecture/index).

`fit(checkpoint=path)` keeps the run there. The file is a checkpoint of the model, which `Seq2Seq.load` reads, and
holds beside it all that the next step depends on:

    the parameters, and Adam's m, v and number of steps
    the random numbers: where they stood before the epoch's order was drawn, and where those of dropout and scheduled
        sampling stand
    how far the run has come: epoch, batches of it that are done, their words and loss
    what it has seen: the history
    which run it is: settings, and digests of pairs, vocabularies and the parameters that it started from

So a run that is killed at any moment and started again, by the same script, ends with the same bits. A run is known by
what it is given and not by its name: a file of another one is refused and left as it is.
"""

import glob
import hashlib
import json
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np

from .array import to_device, to_host
from .batch import batches_of
from .checkpoint import CheckpointError, load_checkpoint, save_checkpoint
from .tree import flatten, unflatten

try:
    import fcntl
except ImportError:  # Windows: there nobody keeps two runs apart
    fcntl = None

PREFIX = "training."  # of the tensors that are no parameters
EACH_STEP = ("step_loss", "grad_norm", "learning_rate")
EACH_EPOCH = ("train_loss", "valid_loss", "seconds")


@dataclass
class Run:
    """How far a training run has come, and what it has seen.

    epoch: that is running, from 0
    batches: of this epoch that are done; words: in them; total: their loss in nats; seconds: they took
    order: the state of the model's random numbers before the epoch's order was drawn
    history: what `fit` returns
    """

    epoch: int = 0
    batches: int = 0
    words: int = 0
    total: float = 0.0
    seconds: float = 0.0
    order: dict | None = None
    history: dict = field(
        default_factory=lambda: {name: [] for name in EACH_EPOCH + EACH_STEP}
    )

    @property
    def steps(self):
        """How many steps are done, in all epochs."""
        return len(self.history["step_loss"])

    def remaining_batches(self, encoded, batch_size, rng):
        """Yield the batches of this epoch that are not done yet, and count them; the order is drawn from `rng`."""
        self.order = rng.bit_generator.state
        batches = batches_of(encoded, batch_size, rng)
        for batch in islice(batches, self.batches, None):
            self.batches += 1
            yield batch

    def end_step(self, words, **seen):
        """Add what was seen of a step to the history; the batch had so many words in its targets."""
        for name, value in seen.items():
            self.history[name].append(value)
        self.words += words
        self.total += seen["step_loss"] * words

    def end_epoch(self, **seen):
        """Add what was seen of the epoch to the history, and begin the next."""
        for name, value in seen.items():
            self.history[name].append(value)
        self.epoch += 1
        self.batches, self.words, self.total, self.seconds = 0, 0, 0.0, 0.0


@contextmanager
def kept_run(path, model, adam, run, settings, train, valid):
    """Keep a run in the file `path`, for this process alone; yield `save()`, which writes how far it has come.

    A run that the file holds is restored: `model`, `adam` and `run` become what they were when it was saved. Without
    a file, one is written at once, so that a disk that refuses is known before the first step.

    Arguments
        path: of the file; None keeps nothing
        settings: dict of what `fit` was told; another run has others
        train, valid: the pairs as `encode_pairs` returns them; the second may be None
    Raises CheckpointError for a file that is damaged, no checkpoint, of another run (naming what differs), or in use;
    OSError where the disk refuses: the file stays as it was saved last.
    """
    if path is None:
        yield lambda: None
        return
    path = Path(path)
    identity = _identity(model, settings, train, valid)

    def save():
        with _disk(path):
            save_checkpoint(path, *_state(model, adam, run, identity))

    with _locked(path):
        if path.is_file():
            _restore(path, model, adam, run, identity, -(-len(train) // settings["batch_size"]))  # fmt: skip
        else:
            save()
        yield save


def _state(model, adam, run, identity):
    """Return the tensors and the description of the file: those of the model, and of the run."""
    tensors = {f"{PREFIX}history.{name}": np.array(run.history[name]) for name in EACH_STEP}  # fmt: skip
    for moment in ("m", "v"):
        for name, array in flatten(getattr(adam, moment)).items():
            tensors[f"{PREFIX}{moment}.{name}"] = to_host(array)
    masks = _random_state(model)
    if not isinstance(masks, dict):
        tensors[f"{PREFIX}masks"], masks = masks, None
    training = {
        "run": identity,
        "epoch": run.epoch,
        "batches": run.batches,
        "words": run.words,
        "total": run.total,
        "seconds": run.seconds,
        # between two epochs the next order is not drawn yet
        "order": run.order if run.batches else model.rng.bit_generator.state,
        "masks": masks,
        "history": {name: run.history[name] for name in EACH_EPOCH},
    }
    return model.state_dict() | tensors, model.description | {"training": training}


def _restore(path, model, adam, run, identity, batches_per_epoch):
    """Make of `model`, `adam` and `run` what they were when the file was written; on an error nothing has changed."""
    tensors, description = load_checkpoint(path)
    training = description.get("training")
    if training is None:
        raise CheckpointError(
            f"{path} holds a model, but no training that could go on; name another path, or move the file away"
        )
    try:
        _check_identity(path, training["run"], identity)
        found = _read(training, tensors, model, batches_per_epoch)
    except CheckpointError:
        raise
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"{path} does not hold a training that can go on: {error!r}"
        ) from error
    restored, order, masks, arrays = found
    vars(run).update(vars(restored))
    model.rng.bit_generator.state = order
    _set_random_state(model, masks)
    model.load_state_dict(arrays[""])
    for moment in ("m", "v"):
        own = arrays[f"{PREFIX}{moment}."]
        setattr(adam, moment, unflatten({name: to_device(a, model.device) for name, a in own.items()}))  # fmt: skip
    adam.steps = run.steps


def _read(training, tensors, model, batches_per_epoch):
    """Return the run, the two states of random numbers and the arrays that a file holds, when they fit together."""
    history = {
        name: [None if value is None else float(value) for value in training["history"][name]]
        for name in EACH_EPOCH
    }  # fmt: skip
    for name in EACH_STEP:
        history[name] = tensors[f"{PREFIX}history.{name}"].astype(float).tolist()
    counts = {name: int(training[name]) for name in ("epoch", "batches", "words")}
    sums = {name: float(training[name]) for name in ("total", "seconds")}
    run = Run(**counts, **sums, history=history)
    steps = run.epoch * batches_per_epoch + run.batches
    lengths = dict.fromkeys(EACH_STEP, steps) | dict.fromkeys(EACH_EPOCH, run.epoch)
    if min(counts.values()) < 0 or run.batches > batches_per_epoch:
        raise ValueError(f"epoch {run.epoch} has no batch {run.batches}")
    if run.words < run.batches:
        raise ValueError(f"{run.batches} batches have {run.words} words")
    for name, length in lengths.items():
        if len(history[name]) != length:
            raise ValueError(
                f"the history has {len(history[name])} values of {name}; expected {length}"
            )
    scratch = np.random.default_rng()
    scratch.bit_generator.state = training["order"]
    masks = training["masks"]
    if model.device == "cpu":
        scratch.bit_generator.state = masks
    elif (masks := tensors[f"{PREFIX}masks"]).shape != _random_state(model).shape:
        raise ValueError(f"the random numbers have a state of shape {masks.shape}")
    arrays = {}
    for prefix in ("", f"{PREFIX}m.", f"{PREFIX}v."):
        arrays[prefix] = {}
        for name, own in flatten(model.params).items():
            array = tensors[prefix + name]
            if (array.shape, array.dtype) != (own.shape, own.dtype):
                raise ValueError(
                    f"{prefix + name} is {array.dtype} of shape {array.shape}; expected {own.dtype} of {own.shape}"
                )
            arrays[prefix][name] = np.array(array)
    return run, training["order"], masks, arrays


# Which run it is -----------------------------------------------------------------------------------------------


def _identity(model, settings, train, valid):
    """Return what tells one run from another, as JSON has it: settings, and digests of all else that it is given."""
    digests = {
        "the source vocabulary": _vocab_digest(model.source_vocab),
        "the target vocabulary": _vocab_digest(model.target_vocab),
        "the training pairs": _digest(text for pair in train for text in pair),
        "the validation pairs": _digest(text for pair in valid or () for text in pair),
        "the first parameters": _digest(model.state_dict().values()),
    }
    identity = {**settings, **model.config, "device": model.device, "digests": digests}
    return json.loads(json.dumps(identity, default=float))


def _check_identity(path, found, wanted):
    """Raise CheckpointError, naming what differs, unless a file belongs to the run `wanted`."""
    theirs, ours = ({**run, **run["digests"]} for run in (found, wanted))
    differing = [
        f"{name} differ" if name.startswith("the ") and name.endswith("s")
        else f"{name} differs" if name.startswith("the ")
        else f"{name} is {theirs.get(name)!r} there and {value!r} here"
        for name, value in ours.items()
        if name != "digests" and theirs.get(name) != value
    ]  # fmt: skip
    if differing:
        raise CheckpointError(
            f"{path} is the checkpoint of another run: {'; '.join(differing)}. It is left as it is: name another path,"
            " or move the file away"
        )


def _vocab_digest(vocab):
    """Return a digest of a vocabulary, or of frames: what each prints, and its tokens."""
    said = [repr(vocab), *getattr(vocab, "tokens", ())]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _digest(sequences):
    """Return a digest of arrays, or lists of whole numbers: their types, shapes and values."""
    digest = hashlib.sha256()
    for array in map(np.asarray, sequences):
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


# The random numbers of dropout and scheduled sampling ----------------------------------------------------------


def _random_state(model):
    """Return the state of the numbers that the model draws in a step: a dict of NumPy's, of CuPy's an array.

    CuPy has no public way to it (14.2): a generator's `bit_generator._state` holds the bytes, on the GPU.
    """
    state = model.mask_rng.bit_generator
    return state.state if model.device == "cpu" else to_host(state._state)


def _set_random_state(model, state):
    """Undo `_random_state`."""
    generator = model.mask_rng.bit_generator
    if model.device == "cpu":
        generator.state = state
    else:
        generator._state[...] = to_device(state, model.device)


# The file on the disk ------------------------------------------------------------------------------------------


@contextmanager
def _locked(path):
    """Keep all other runs away from the file `path`; a lock goes with its process, however that ends.

    What a killed run has left of a file, half written, is taken away.
    """
    if fcntl is None:
        yield
        return
    lock = path.with_name(f".{path.name}.lock")
    with _disk(path):
        handle = _lock(lock, path)
    try:
        for partial in path.parent.glob(f".{glob.escape(path.name)}.*.partial"):
            partial.unlink(missing_ok=True)
        yield
    finally:
        lock.unlink(missing_ok=True)
        os.close(handle)


def _lock(lock, path):
    """Return a handle of the file `lock`, which this process alone holds; CheckpointError if another does."""
    while True:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(handle), os.stat(lock)):
                return handle
        except FileNotFoundError:  # its last holder took it away in between
            pass
        except BlockingIOError as error:
            os.close(handle)
            raise CheckpointError(
                f"another run is writing to {path}; wait for its end, or stop it"
            ) from error
        os.close(handle)


@contextmanager
def _disk(path):
    """Say of an error of the disk which checkpoint it hit."""
    try:
        yield
    except OSError as error:
        raise OSError(
            error.errno,
            f"the checkpoint cannot be written: {error.strerror}; what was saved before is as it was",
            str(path),
        ) from error
