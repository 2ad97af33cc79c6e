"""Train the sentence translator for one and two epochs, not twelve: python figures/early_translator.py

A model that makes mistakes shows what teacher forcing hides and what a better search finds. The models of the first of
five seeds are kept as `early_translator_1.safetensors` and `early_translator_2.safetensors`, after so many epochs, and
what was measured on all five as `early_translator.json`. About one minute on one core.
"""

import json
import platform
from pathlib import Path

import numpy as np

import s2s_np
from s2s_np import (
    Seq2Seq,
    Vocab,
    best_first_search,
    decoder,
    generator,
    greedy_search,
    make_batches,
    shift_right,
)
from s2s_np.batch import encode_texts, pad
from s2s_np.padding import real_steps
from s2s_np.tasks.sentences import split

HERE = Path(__file__).parent
SEEDS = range(5)
MODEL = {"embedding_size": 32, "hidden_size": 64}
TRAINING = {"batch_size": 128, "learning_rate": 1e-2}
BEAMS = (1, 2, 5, 10, 20)
LENGTH_PENALTIES = (0, 0.5, 1)


def main():
    train, valid, test = split()
    vocabs = [
        Vocab.from_texts([getattr(s, language) for s in train], level="word")
        for language in ("korean", "english")
    ]
    pairs, valid_pairs = [s.pair for s in train], [s.pair for s in valid]
    runs = []
    for seed in SEEDS:

        def trained(epochs, context="initial", seed=seed):
            model = Seq2Seq(*vocabs, **MODEL, context=context, seed=seed)
            history = model.fit(pairs, valid_pairs, epochs=epochs, **TRAINING)
            return model, round(history["valid_loss"][-1], 4)

        one, one_loss = trained(1)
        two, two_loss = trained(2)
        _, reminded_loss = trained(2, "every_step")
        runs.append(
            {
                "seed": seed,
                "one_epoch": {"valid_loss": one_loss, **searches(one, test)},
                "two_epochs": {
                    "valid_loss": {"initial": two_loss, "every_step": reminded_loss},
                    **teacher_forcing(two, test),
                },
            }
        )
        if seed == SEEDS[0]:
            one.save(HERE / "early_translator_1.safetensors")
            two.save(HERE / "early_translator_2.safetensors")
    results = {
        "command": "python figures/early_translator.py",
        "model": MODEL,
        "training": TRAINING,
        "sentences": {"train": len(train), "valid": len(valid), "test": len(test)},
        "checkpoint_seed": SEEDS[0],
        "runs": runs,
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "s2s_np": s2s_np.__version__,
        },
    }
    text = json.dumps(results, indent=1)
    (HERE / "early_translator.json").write_text(text + "\n", encoding="utf-8")


def searches(model, test):
    """Measure how often beams find the most probable sentence, for every fiftieth of `test`, and how long it is."""
    some = test[::50]
    korean = [s.korean for s in some]
    best = [
        best_first_search(
            model.step, model.start(*pad(encode_texts([text], model.source_vocab)))
        )
        for text in korean
    ]
    beams = {
        size: [
            found[0] for found in model.search(korean, beam_size=size, max_length=20)
        ]
        for size in BEAMS
    }
    normalised = {
        penalty: [
            found[0]
            for found in model.search(
                [s.korean for s in test[::3]], beam_size=5, length_penalty=penalty
            )
        ]
        for penalty in LENGTH_PENALTIES
    }
    return {
        "best_found": {
            size: round(
                np.mean([f.log_prob > b.log_prob - 1e-4 for f, b in zip(found, best)]),
                4,
            )
            for size, found in beams.items()
        },
        "words": {size: mean_length(found) for size, found in beams.items()},
        "words_of_best": mean_length(best),
        "words_right": round(np.mean([len(s.english.split()) + 1 for s in some]), 4),
        "words_by_length_penalty": {
            penalty: mean_length(found) for penalty, found in normalised.items()
        },
    }


def mean_length(hypotheses):
    return round(np.mean([len(h.tokens) for h in hypotheses]), 4)


def teacher_forcing(model, test):
    """Measure the share of right words when right words are fed and when the model's own are.

    Beside all words: the word after the first mistake, and the four after that, fed with all right words, with the
    mistake and right words from then on, and with all own words.
    """
    pairs = [s.pair for s in test]
    (batch,) = make_batches(
        pairs, model.source_vocab, model.target_vocab, batch_size=len(pairs)
    )
    steps, size = batch.target.shape
    t = np.arange(steps)[:, None]
    real = real_steps(batch.target_lengths, steps)
    inputs = shift_right(batch.target, batch.target_lengths)
    start = model.start(batch.source, batch.source_lengths)

    def forced_words(inputs):
        (features, _), _ = decoder(
            model.params["decoder"], inputs, start.recurrent, batch.target_lengths
        )
        log_probs, _ = generator(model.params["generator"], features)
        return log_probs.argmax(axis=2)

    forced = forced_words(inputs)
    own = np.zeros_like(forced)
    for b, found in enumerate(greedy_search(model.step, start, size, steps)):
        own[: len(found.tokens), b] = found.tokens
    wrong = (forced != batch.target) & real
    first = np.where(wrong.any(axis=0), wrong.argmax(axis=0), steps)  # (B,)
    mistake_fed = inputs.copy()
    goes_on = np.flatnonzero(first + 1 < batch.target_lengths)
    mistake_fed[first[goes_on] + 1, goes_on] = forced[first[goes_on], goes_on]

    def right(words, where):
        return (words == batch.target)[real & where].mean()

    fed = {
        "all right words": forced,
        "the mistake, then right words": forced_words(mistake_fed),
        "all own words": own,
    }
    everywhere = np.ones_like(real)
    return {
        "words_right": {
            "forced": round(right(forced, everywhere), 4),
            "own": round(right(own, everywhere), 4),
        },
        "sentences_right": round(np.mean(first == steps), 4),
        "right_after_first_mistake": {
            name: {
                "next": round(right(words, t == first + 1), 4),
                "four_after": round(
                    np.mean([right(words, t == first + k) for k in range(2, 6)]), 3
                ),
            }
            for name, words in fed.items()
        },
    }


if __name__ == "__main__":
    main()
