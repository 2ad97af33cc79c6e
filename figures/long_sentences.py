"""Translate Multi30k from German, and keep what BLEU needs of each sentence.

    python figures/long_sentences.py

A one-layer GRU with context at every step learns from 29,000 captions in 10 epochs: with all right words or half of
them fed, and with the German read plain or reversed. Of the 1,000 test sentences the file of results holds numbers
alone: lengths, and the n-grams that the translation shares with the reference. The corpus is fetched by
`python -m s2s_np.corpora multi30k`.
"""

import math
import warnings
from pathlib import Path

import numpy as np
from sacrebleu import BLEU
from sweep import command_line, sweep

from s2s_np import Seq2Seq, Vocab
from s2s_np.corpora import multi30k
from s2s_np.plot import COLORS, save_svg, style
from s2s_np.results import read_results

RESULTS = Path(__file__).with_suffix(".jsonl")
VERSION = 1
LENGTHS = [(1, 8), (9, 10), (11, 12), (13, 15), (16, 60)]  # German words
SETTINGS = [
    {"teacher_forcing": teacher_forcing, "reverse_source": reverse_source, "seed": seed}
    for teacher_forcing, reverse_source, seed in (
        (1.0, False, 0), (0.5, False, 0), (1.0, False, 1), (0.5, False, 1), (1.0, True, 0),
    )
]  # fmt: skip


def measure(teacher_forcing, reverse_source, seed, device, epochs=10, pairs=None):
    """Train one model and translate the test sentences greedily.

    Returns BLEU of the whole, the losses of each epoch in nats a word, the seconds of each epoch, and a row a test
    sentence: German words, words of the translation, of the reference, and shared n-grams for n = 1 … 4. EOS is not
    counted. The validation loss, like the test BLEU, is measured with the model's own vocabulary: words that occur
    once in training are UNK.
    """
    train, valid, test = pairs or [multi30k(split) for split in ("train", "valid", "test")]  # fmt: skip
    german, english = (
        Vocab.from_texts(side, level="word", min_count=2) for side in zip(*train)
    )
    model = Seq2Seq(
        german,
        english,
        embedding_size=256,
        hidden_size=512,
        context="every_step",
        dropout=0.5,
        reverse_source=reverse_source,
        seed=seed,
    ).to(device)
    history = model.fit(
        train,
        valid,
        epochs=epochs,
        batch_size=128,
        learning_rate=2e-3,
        teacher_forcing=teacher_forcing,
        progress=False,
    )
    sources, references = zip(*test)
    with warnings.catch_warnings(action="ignore"):  # of words that are read as UNK
        translations = model.translate(sources, max_length=60)
    bleu = BLEU(tokenize="none", force=True)
    rows = [
        [len(source.split()), *row]
        for source, row in zip(sources, statistics(bleu, translations, references))
    ]
    return {
        "bleu": round(bleu.corpus_score(translations, [references]).score, 2),
        "signature": str(bleu.get_signature()),
        "valid_perplexity": round(math.exp(history["valid_loss"][-1]), 3),
        "train_loss": [round(loss, 4) for loss in history["train_loss"]],
        "valid_loss": [round(loss, 4) for loss in history["valid_loss"]],
        "epoch_seconds": [round(seconds) for seconds in history["seconds"]],
        "parameters": model.num_parameters,
        "vocabularies": [len(german), len(english)],
        "sentences": rows,
    }


def statistics(bleu, translations, references):
    """Yield for each sentence: words written, words of the reference, and shared n-grams for n = 1 … 4."""
    for translation, reference in zip(translations, references):
        score = bleu.corpus_score([translation], [[reference]])
        yield [score.sys_len, score.ref_len, *score.counts]


def bleu_of(rows):
    """Return BLEU of some rows of "sentences", taken together."""
    rows = np.asarray(rows)
    _, written, reference, *correct = rows.sum(axis=0).tolist()
    total = [int(np.maximum(rows[:, 1] - n, 0).sum()) for n in range(4)]
    return BLEU.compute_bleu(correct, total, written, reference).score


def by_length(runs, samples=1_000):
    """Return for each of `LENGTHS` the BLEU of its sentences, and the middle 95 % of those of drawn sentences.

    runs: of one teacher-forcing ratio; a sentence that is drawn counts with its translations by all of them
    Returns a list of (least length, greatest length, number of sentences, BLEU, low, high).
    """
    rng = np.random.default_rng(0)
    rows = np.array([run["sentences"] for run in runs])  # (runs, sentences, 7)
    result = []
    for least, greatest in LENGTHS:
        words = rows[0, :, 0]
        here = rows[:, (least <= words) & (words <= greatest)]
        size = here.shape[1]
        drawn = [
            bleu_of(here[:, rng.integers(0, size, size)].reshape(-1, 7))
            for _ in range(samples)
        ]
        low, high = np.quantile(drawn, [0.025, 0.975])
        result.append((least, greatest, size, bleu_of(here.reshape(-1, 7)), low, high))
    return result


def draw(runs):
    """Draw BLEU against the source's length, read plain, a line a teacher-forcing ratio."""
    style()
    plain = [run for run in runs if not run["reverse_source"]]
    from matplotlib import pyplot

    figure, ax = pyplot.subplots()
    looks = zip((1.0, 0.5), ("blue", "vermilion"), ("o", "^"), (-0.06, 0.06))
    for ratio, color, marker, aside in looks:
        table = by_length([run for run in plain if run["teacher_forcing"] == ratio])
        _, _, _, bleu, low, high = np.array(table).T
        ax.errorbar(
            np.arange(len(table)) + aside, bleu, [bleu - low, high - bleu],
            color=COLORS[color], marker=marker, capsize=3, linestyle="-" if ratio == 1 else "--",
            label="all right words fed" if ratio == 1 else "half of them",
        )  # fmt: skip
    labels = [f"{a} to {b}\n({n} sentences)" for a, b, n, *_ in table]
    ax.set_xticks(range(len(table)), labels, fontsize=8)
    ax.set(
        xlabel="German words", ylabel="BLEU", ylim=(0, None),
        title="Beyond ten words, the longer the worse, whichever way the decoder was fed",
    )  # fmt: skip
    ax.title.set_fontsize(10)
    ax.legend(loc="lower left")
    save_svg(figure, RESULTS.with_suffix(".svg"), "BLEU by length", ax.get_title())


def main():
    arguments = command_line(__doc__)
    sweep(measure, SETTINGS, RESULTS, VERSION, arguments.scheduler, arguments.device)
    draw(read_results(RESULTS, VERSION))


if __name__ == "__main__":
    main()
