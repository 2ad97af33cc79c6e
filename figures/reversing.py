"""Read the source plain and reversed, where target words follow the order of the source's and where they do not.

    OPENBLAS_NUM_THREADS=1 python figures/reversing.py

Three tasks: "copy", ten random digits to the same digits; "english", sentences of the grammar of chapter 1 to
themselves; "korean", the same sentences from Korean, where the verb stands last. Each run tells the loss after every
epoch, the loss at each place of the target and the share of exact outputs on unseen texts; for "copy" also how much
gradient each digit gets from its own copy. Runs of 0 and 2 epochs show how learning begins. About 5 s a run on one
processor.
"""

from pathlib import Path

import numpy as np
from sweep import command_line, sweep

from s2s_np import Seq2Seq, Vocab
from s2s_np.array import to_host
from s2s_np.batch import make_batches
from s2s_np.decoder import decoder, shift_right
from s2s_np.embedding import embedding
from s2s_np.generator import generator
from s2s_np.loss import cross_entropy
from s2s_np.padding import reverse_within_lengths
from s2s_np.seq2seq import CELLS
from s2s_np.tasks import sentences
from s2s_np.tasks.machine_translation import exact_match

RESULTS = Path(__file__).with_suffix(".jsonl")
VERSION = 1
DIGITS = 10  # in a sequence to copy
RUNS = [("copy", 0), ("copy", 2), ("copy", 10), ("english", 15), ("korean", 15)]
SETTINGS = [
    {"task": task, "cell": cell, "reverse": reverse, "epochs": epochs, "seed": seed}
    for cell in ("gru", "lstm")
    for seed in range(5)
    for task, epochs in RUNS
    for reverse in (False, True)
]


def measure(task, cell, reverse, epochs, seed, sizes=(10_000, 1_000), device="cpu"):
    """Return what one model has learned after so many epochs."""
    train, test, level = (
        copies(*sizes, seed) if task == "copy" else translations(task, seed)
    )
    vocabs = [Vocab.from_texts(texts, level) for texts in zip(*train)]
    model = Seq2Seq(*vocabs, cell=cell, reverse_source=reverse, seed=seed).to(device)
    batch_size = 128 if task == "copy" else 64
    history = model.fit(
        train, test, epochs=epochs, batch_size=batch_size, progress=False
    )
    return {
        "valid_loss": rounded(history["valid_loss"]),
        "loss_by_place": rounded(loss_by_place(model, test)),
        "exact_match": round(exact_match(model, test, max_length=20), 4),
        "gradient": rounded(np.diagonal(pair_gradients(model, test[:200]))) if task == "copy" else None,
    }  # fmt: skip


def copies(train, test, seed):
    """Return pairs of ten random digits and the same again, for training and test, and the level of their tokens."""
    rng = np.random.default_rng([seed, 3])
    texts = [
        "".join(map(str, row)) for row in rng.integers(0, 10, (train + test, DIGITS))
    ]
    pairs = [(text, text) for text in texts]
    return pairs[:train], pairs[train:], "char"


def translations(task, seed):
    """Return sentences in plain order as pairs with their English, for training and test, and their tokens' level."""
    train, _, test = (
        [s for s in part if s.order == "plain"] for part in sentences.split(seed)
    )
    train, test = (
        [(s.english if task == "english" else s.korean, s.english) for s in part]
        for part in (train, test)
    )
    return train, test, "word"


def loss_by_place(model, pairs):
    """Return the mean loss at each place of the target, over the pairs that are long enough to have it."""
    losses, words = np.zeros(20), np.zeros(20)
    for batch in make_batches(pairs, model.source_vocab, model.target_vocab, 256):
        log_probs = to_host(model.token_log_probs(batch))
        steps = len(log_probs)
        losses[:steps] -= log_probs.sum(axis=1)
        words[:steps] += (np.arange(steps)[:, None] < batch.target_lengths).sum(axis=1)
    return (losses / np.maximum(words, 1))[words > 0]


def pair_gradients(model, pairs):
    """Return (T_s, T_t), the size of the gradient that target word j sends to the vector of source word i.

        G_ij = sqrt(mean over pairs of ‖∂(−log P(y_j | X, y_<j)) / ∂emb(x_i)‖²)

    All sources must have one length, and all targets; the last target word is EOS.
    """
    params, rnn = model.params, CELLS[model.config["cell"]].layer
    (batch,) = make_batches(pairs, model.source_vocab, model.target_vocab, len(pairs))
    batch = batch.to(model.device)
    reverse = model.config["reverse_source"]
    source = (
        reverse_within_lengths(batch.source, batch.source_lengths)
        if reverse
        else batch.source
    )
    vectors, _ = embedding(params["encoder"]["embedding"], source)
    (_, state), encoder_backward = rnn(params["encoder"]["rnn"], vectors)
    inputs = shift_right(batch.target, batch.target_lengths)
    (features, _), decoder_backward = decoder(params["decoder"], inputs, state, rnn=rnn)
    log_probs, generator_backward = generator(params["generator"], features)
    _, loss_backward = cross_entropy(log_probs, batch.target, reduction="sum")
    d_log_probs = loss_backward()
    G = np.zeros((len(source), len(inputs)))
    for j in range(len(inputs)):
        only_j = 0 * d_log_probs
        only_j[j] = d_log_probs[j]
        d_features, _ = generator_backward(only_j)
        d_state, _, _ = decoder_backward(d_features)
        d_vectors, _, _ = encoder_backward(None, d_state)  # (T_s, B, E)
        G[:, j] = np.sqrt(to_host((d_vectors**2).sum(axis=2).mean(axis=1)))
    return G[::-1] if reverse else G


def rounded(values):
    """Return numbers with four digits that count, as JSON can say them."""
    return [float(f"{value:.4g}") for value in values]


def main():
    arguments = command_line(__doc__)
    sweep(measure, SETTINGS, RESULTS, VERSION, arguments.scheduler, arguments.device)


if __name__ == "__main__":
    main()
