"""Translate Tatoeba's Korean sentences into English, with 3,353 pairs to learn from: python figures/tatoeba.py

The whole of the training pairs from three seeds, of the split and of the model, then an eighth, a quarter and a half of
them. Korean is read by characters and English written by words. Of the corpus the file of results holds ten test
sentences with what the model made of them; it is fetched by `python -m s2s_np.corpora kor_eng_tatoeba`.
"""

import math
import time
import warnings
from pathlib import Path

from sacrebleu import BLEU, CHRF
from sweep import command_line, sweep

from s2s_np import Seq2Seq, Vocab
from s2s_np.batch import make_batches
from s2s_np.corpora import tatoeba
from s2s_np.tasks.machine_translation import (
    nearest_translations,
    spaced,
    split_sentences,
    unspaced,
)
from s2s_np.vocab import UNK

RESULTS = Path(__file__).with_suffix(".jsonl")
VERSION = 1
SHARES = (1, 1 / 2, 1 / 4, 1 / 8)  # of the training pairs
SETTINGS = [{"share": share, "seed": seed} for seed in range(3) for share in SHARES]
VALID, TEST = 200, 300
MODEL = {"embedding_size": 64, "hidden_size": 128, "dropout": 0.4}
EPOCHS = 25  # through all pairs
SAMPLES = 10  # of the first run alone: the corpus is not ours to store


def measure(share, seed, device="cpu", pairs=None, epochs=None):
    """Train on a share of the training pairs and return how the test and the training sentences are translated.

    pairs: (English, Korean) to take in the corpus's place
    epochs: None takes `EPOCHS` and more for fewer pairs, but not so many that the steps would be as many
    """
    pairs = [(korean, english) for english, korean in pairs or tatoeba()]
    train, valid, test = split_sentences(
        pairs, min(VALID, len(pairs) // 5), min(TEST, len(pairs) // 5), seed
    )
    train = train[: round(share * len(train))]
    model = new_model(train, seed).to(device)
    started = time.process_time()
    history = model.fit(
        ready(train),
        ready(valid),
        epochs=epochs or round(EPOCHS / math.sqrt(share)),
        batch_size=32,
        learning_rate=2e-3,
        progress=False,
    )
    seconds = time.process_time() - started
    sources, references = zip(*test)
    written = translate(model, sources)
    heard = {english for _, english in train}
    words = [word for _, english in test for word in spaced(english).split()]
    unknown = model.target_vocab.encode(" ".join(words)).count(UNK)
    shown = SAMPLES if (share, seed) == (1, 0) else 0
    trained_sources, trained_references = zip(*train[:TEST])
    return {
        "test": scores(written, references),
        "train": scores(translate(model, trained_sources), trained_references),
        "nearest": scores(nearest_translations(train, sources), references),
        "copied": round(sum(text in heard for text in written) / len(written), 4),
        "different": len(set(written)),
        "perplexity": round(perplexity(model, test), 2),
        "unknown_words": round(unknown / len(words), 4),
        "samples": [list(row) for row in zip(sources, references, written)][:shown],
        "train_loss": [round(loss, 4) for loss in history["train_loss"]],
        "valid_loss": [round(loss, 4) for loss in history["valid_loss"]],
        "pairs": [len(train), len(valid), len(test)],
        "vocabularies": [len(model.source_vocab), len(model.target_vocab)],
        "parameters": model.num_parameters,
        "processor_seconds": round(seconds, 1),
    }


def new_model(train, seed):
    """Return an untrained model that knows the Korean characters and English words that occur twice."""
    korean, english = zip(*train)
    return Seq2Seq(
        Vocab.from_texts(korean, min_count=2),
        Vocab.from_texts(map(spaced, english), level="word", min_count=2),
        context="every_step",
        seed=seed,
        **MODEL,
    )


def ready(pairs):
    """Return the pairs with the marks of the English as words of their own."""
    return [(korean, spaced(english)) for korean, english in pairs]


def translate(model, sources):
    """Translate greedily; a character that the model does not know is read as UNK."""
    with warnings.catch_warnings(action="ignore"):
        return [unspaced(text) for text in model.translate(sources, max_length=40)]


def perplexity(model, pairs):
    """Return the perplexity of the translations a word, with EOS."""
    (batch,) = make_batches(ready(pairs), model.source_vocab, model.target_vocab, len(pairs))  # fmt: skip
    return math.exp(float(model.loss(batch)))


def scores(written, references):
    """Return BLEU, chrF and the share that is right to the letter."""
    right = sum(map(str.__eq__, written, references))
    return {
        "bleu": round(BLEU().corpus_score(written, [references]).score, 2),
        "chrf": round(CHRF().corpus_score(written, [references]).score, 2),
        "exact_match": round(right / len(written), 4),
    }


def main():
    arguments = command_line(__doc__)
    sweep(measure, SETTINGS, RESULTS, VERSION, arguments.scheduler, arguments.device)


if __name__ == "__main__":
    main()
