"""Train the sentence translator of chapter 1: python figures/sentence_translator.py

Trains on the grammar of `s2s_np.tasks.sentences` with five seeds, keeps the model of the first as
`sentence_translator.safetensors`, and writes what was measured to `sentence_translator.json`. About
two minutes on one core.
"""

import json
import platform
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import s2s_np
from s2s_np import Seq2Seq, Vocab
from s2s_np.tasks.sentences import ENCOUNTERS, split

HERE = Path(__file__).parent
SEEDS = range(5)
MODEL = {"embedding_size": 32, "hidden_size": 64}
TRAINING = {"epochs": 12, "batch_size": 128, "learning_rate": 1e-2}


def main():
    train, valid, test = split()
    source_vocab = Vocab.from_texts([s.korean for s in train], level="word")
    target_vocab = Vocab.from_texts([s.english for s in train], level="word")
    runs = []
    for seed in SEEDS:
        model = Seq2Seq(source_vocab, target_vocab, seed=seed, **MODEL)
        untrained = look_into(model, train, test)
        started = time.perf_counter()
        history = model.fit(
            [s.pair for s in train], [s.pair for s in valid], **TRAINING
        )
        seconds = time.perf_counter() - started
        translations = model.translate([s.korean for s in test])
        correct = sum(found == s.english for found, s in zip(translations, test))
        runs.append(
            {
                "seed": seed,
                "test_accuracy": correct / len(test),
                "seconds": round(seconds, 1),
                "untrained": untrained,
                "trained": look_into(model, train, test),
            }
        )
        if seed == SEEDS[0]:
            model.save(HERE / "sentence_translator.safetensors")
            curve = {
                name: np.round(history[name], 4).tolist()
                for name in ("train_loss", "valid_loss")
            }
    results = {
        "command": "python figures/sentence_translator.py",
        "model": MODEL,
        "parameters": model.num_parameters,
        "training": TRAINING,
        "sentences": {"train": len(train), "valid": len(valid), "test": len(test)},
        "checkpoint_seed": SEEDS[0],
        "runs": runs,
        **curve,
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "s2s_np": s2s_np.__version__,
        },
    }
    text = json.dumps(results, indent=1, ensure_ascii=False)
    (HERE / "sentence_translator.json").write_text(text + "\n", encoding="utf-8")


def look_into(model, train, test):
    """Measure what the encoder keeps: distances of test sentences, and their order as a probe reads it."""
    return {**distances(model, test), "order_read": read_order(model, train, test)}


def distances(model, sentences):
    """Measure how far the encoder puts a sentence from one with the same tokens.

    Of all plain sentences whose two people can change roles by word order alone, return the number,
    the mean distance to the paraphrase (same meaning, object in front), the mean distance to the
    swap (the roles changed), and the share that lie nearer to their paraphrase than to their swap.
    """
    plain = [s for s in sentences if s.verb in ENCOUNTERS and s.order == "plain"]
    same = [s for s in plain if tokens(s) == tokens(s.swap_roles())]
    encode = {
        "plain": model.encode([s.korean for s in same]),
        "paraphrase": model.encode([replace(s, order="object").korean for s in same]),
        "swap": model.encode([s.swap_roles().korean for s in same]),
    }
    to_paraphrase, to_swap = (
        np.linalg.norm(encode["plain"] - encode[other], axis=1)
        for other in ("paraphrase", "swap")
    )
    return {
        "sentences": len(same),
        "paraphrase": round(float(to_paraphrase.mean()), 3),
        "swap": round(float(to_swap.mean()), 3),
        "nearer_to_paraphrase": round(float((to_paraphrase < to_swap).mean()), 4),
    }


def read_order(model, train, test):
    """Return the share of test sentences whose word order a linear probe reads off the vector."""
    shown = train[:: len(train) // 3000][:3000]
    probe = make_pipeline(StandardScaler(), LogisticRegression(C=10, max_iter=500))
    probe.fit(model.encode([s.korean for s in shown]), [s.order for s in shown])
    vectors = model.encode([s.korean for s in test])
    return round(probe.score(vectors, [s.order for s in test]), 3)


def tokens(sentence):
    return sorted(sentence.korean.split())


if __name__ == "__main__":
    main()
