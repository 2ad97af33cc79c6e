"""Training: batches, steps, and what was seen on the way (book: architecture/index)."""

import math
import time
import warnings

from .array import array_module, memory_for, to_floats
from .batch import batches_of, encode_pairs
from .loss import check_label_smoothing
from .optim import Adam, clip, warmup_linear
from .resume import Run, kept_run
from .scheduled_sampling import check_teacher_forcing
from .tree import leaves


class NonFiniteLossError(ArithmeticError):
    """The loss or its gradient became infinite or NaN."""


def fit(
    model,
    train_pairs,
    valid_pairs=None,
    *,
    epochs,
    batch_size=64,
    learning_rate=5e-3,
    warmup=0.1,
    max_norm=1.0,
    label_smoothing=0.0,
    teacher_forcing=1.0,
    checkpoint=None,
    checkpoint_every=None,
    progress=True,
):
    """Train `model` on `train_pairs`, in place; `Seq2Seq.fit` calls this.

    Every step reads one batch, takes the gradient of its loss, clips it and lets Adam move the parameters.

    Arguments
        train_pairs, valid_pairs: lists of (source text, target text); the second may be None
        epochs: times through the training pairs; 0 trains nothing
        batch_size: pairs a step
        learning_rate: the largest; it follows `warmup_linear` over all steps
        warmup: share of the steps over which the learning rate rises
        max_norm: bound on the gradient's global norm
        label_smoothing: that of `generator_loss`, at least 0 and below 1; the training loss is then the smoothed one,
            the validation loss never is
        teacher_forcing: probability that a word which the decoder reads is the right one and not the model's own
            (`mix_inputs`); the training loss is then that of the words so fed, the validation loss of the right ones
        checkpoint: path of a file to which the model and all that training needs to go on are saved after every epoch,
            or None. If the file is there, training goes on from it: the same call, after a kill, ends with the same
            bits and the same history (but for `seconds`). `Seq2Seq.load` reads the model from it
        checkpoint_every: steps after which it is saved as well, or None; changes nothing else
        progress: show a progress bar (needs tqdm)
    Returns a dict of lists: per epoch `train_loss`, `valid_loss` (None without validation pairs) and `seconds`;
    per step `step_loss`, `grad_norm` (before clipping) and `learning_rate`. Losses are nats a word.
    Raises ValueError for settings and pairs that make no sense, MemoryError, naming the size to change, and
    NonFiniteLossError, naming the step, before a loss or gradient that is not finite can reach the parameters;
    CheckpointError for a checkpoint of another run (naming what differs), one that another process is writing, and a
    damaged one; OSError where the disk refuses. The last checkpoint stays as it is.
    """
    settings = {
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "warmup": warmup,
        "max_norm": max_norm,
        "label_smoothing": label_smoothing,
        "teacher_forcing": teacher_forcing,
    }
    _check_settings(epochs, batch_size, learning_rate, max_norm, checkpoint_every)
    check_label_smoothing(label_smoothing)
    check_teacher_forcing(teacher_forcing)
    train = encode_pairs(train_pairs, model.source_vocab, model.target_vocab)
    valid = valid_pairs and encode_pairs(
        valid_pairs, model.source_vocab, model.target_vocab
    )
    num_steps = epochs * math.ceil(len(train) / batch_size)
    adam, run = Adam(model.params), Run()
    with (
        kept_run(checkpoint, model, adam, run, settings, train, valid) as save,
        _bar(num_steps, run.steps, progress) as bar,
    ):
        while run.epoch < epochs:
            started = time.perf_counter() - run.seconds
            for batch in run.remaining_batches(train, batch_size, model.rng):
                step = run.steps
                with memory_for(_size(batch), "batch_size"):
                    loss, grads = model.loss_and_grads(
                        batch,
                        label_smoothing=label_smoothing,
                        teacher_forcing=teacher_forcing,
                    )
                    norm = clip(grads, max_norm)
                loss, norm = to_floats(loss, norm)
                if not (math.isfinite(loss) and math.isfinite(norm)):
                    raise NonFiniteLossError(
                        _diagnosis(step, run.epoch, loss, norm, grads, checkpoint)
                    )
                rate = learning_rate * warmup_linear(step, num_steps, warmup)
                adam.step(model.params, grads, rate)
                run.end_step(
                    int(batch.target_lengths.sum()),
                    step_loss=loss,
                    grad_norm=norm,
                    learning_rate=rate,
                )
                run.seconds = time.perf_counter() - started
                if checkpoint_every and run.steps % checkpoint_every == 0:
                    save()
                bar.update()
            seen = {
                "train_loss": run.total / run.words,
                "valid_loss": mean_loss(model, valid, batch_size) if valid else None,
            }
            run.end_epoch(**seen, seconds=time.perf_counter() - started)
            bar.set_postfix({name: value for name, value in seen.items() if value})
            save()
    return run.history


def mean_loss(model, encoded, batch_size):
    """Return the loss per target word, in nats, over all pairs as `encode_pairs` gives them; no dropout."""
    log_prob, words = 0.0, 0
    for batch in batches_of(encoded, batch_size):
        log_prob += float(model.token_log_probs(batch).sum())
        words += int(batch.target_lengths.sum())
    return -log_prob / words


def _check_settings(epochs, batch_size, learning_rate, max_norm, checkpoint_every):
    if epochs < 0:
        raise ValueError(f"epochs is {epochs}; expected 0 or more")
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}; expected at least 1")
    if not (math.isfinite(learning_rate) and learning_rate > 0):
        raise ValueError(f"learning_rate is {learning_rate}; expected a number above 0")
    if not max_norm > 0:
        raise ValueError(f"max_norm is {max_norm}; expected a number above 0")
    if checkpoint_every is not None and checkpoint_every < 1:
        raise ValueError(
            f"checkpoint_every is {checkpoint_every}; expected at least 1 step, or None"
        )


def _size(batch):
    """Say how large a batch is."""
    steps = " and ".join(str(len(words)) for words in (batch.source, batch.target))
    return f"a training step of {len(batch.source_lengths)} pairs, up to {steps} words long"


def _diagnosis(step, epoch, loss, norm, grads, checkpoint):
    """Say where training broke, and what is left of it."""
    broken = [
        path for path, g in leaves(grads) if not bool(array_module(g).isfinite(g).all())
    ]
    where = f"; not finite: the gradient of {', '.join(broken)}" if broken else ""
    kept = (
        f"; the last good model is in {checkpoint}"
        if checkpoint is not None and step > 0
        else ""
    )
    return (
        f"at step {step} (epoch {epoch}) the loss is {loss} and the gradient's norm {norm}{where}; the parameters"
        f" are those before the step{kept}. A lower learning rate often helps"
    )


def _bar(total, done, progress):
    """Return a progress bar of tqdm, silent if `progress` is False or tqdm is missing (which is said)."""
    if progress:
        try:
            from tqdm.auto import tqdm
        except ImportError:
            warnings.warn(
                "no progress bar without tqdm: pip install tqdm, or pass progress=False",
                stacklevel=4,
            )
        else:
            return tqdm(total=total, initial=done, unit="step")
    return _NoBar()


class _NoBar:
    """What a progress bar offers, without showing anything."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def update(self):
        return None

    def set_postfix(self, _):
        return None
