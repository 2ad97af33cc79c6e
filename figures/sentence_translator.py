"""Train the sentence translator of chapter 1: python figures/sentence_translator.py

Trains on the grammar of `s2s_np.tasks.sentences` with five seeds, keeps the model of the first as
`sentence_translator.safetensors`, and writes what was measured to `sentence_translator.json`. About two minutes
on one core.
"""

import json
import os
import platform
import time
from pathlib import Path

import numpy as np

import s2s_np
from s2s_np import Seq2Seq, Vocab
from s2s_np.tasks.sentences import split

HERE = Path(__file__).parent
SEEDS = range(5)
MODEL = {"embedding_size": 32, "hidden_size": 64}
TRAINING = {"epochs": 12, "batch_size": 128, "learning_rate": 1e-2}


def main():
    train, valid, test = ([sentence.pair for sentence in part] for part in split())
    source_vocab = Vocab.from_texts([korean for korean, _ in train], level="word")
    target_vocab = Vocab.from_texts([english for _, english in train], level="word")
    runs = []
    for seed in SEEDS:
        model = Seq2Seq(source_vocab, target_vocab, seed=seed, **MODEL)
        started = time.perf_counter()
        history = model.fit(train, valid, **TRAINING)
        seconds = time.perf_counter() - started
        translations = model.translate([korean for korean, _ in test])
        correct = sum(
            found == english for found, (_, english) in zip(translations, test)
        )
        runs.append(
            {
                "seed": seed,
                "test_accuracy": correct / len(test),
                "seconds": round(seconds, 1),
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
        "machine": {"processor": platform.machine(), "cores": os.cpu_count()},
    }
    (HERE / "sentence_translator.json").write_text(
        json.dumps(results, indent=1) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
