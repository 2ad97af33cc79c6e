"""Learn to reply to 10,000 Korean questions, and see how dull and how copied the replies are.

    python -m s2s_np.corpora korean_chatbot        once, or S2S_DATA names the folder that has it
    python figures/korean_chatbot.py

The exchanges were written for a chatbot by Song (2018). A token is a character: one in eight of the words that people
reply with in the test stands in no training reply.
"""

import time
import warnings
from pathlib import Path

import numpy as np
from sweep import command_line, sweep

from s2s_np import Seq2Seq, Vocab
from s2s_np.corpora import korean_chatbot
from s2s_np.tasks.replies import (
    copied_share,
    distinct,
    dull_share,
    perplexity,
    sample_replies,
    split_by_question,
    unigram_perplexity,
)

RESULTS = Path(__file__).with_suffix(".jsonl")
GLOSSES = RESULTS.with_name("korean_chatbot_glosses.json")
VERSION = 1
SETTINGS = [{"seed": seed} for seed in range(3)]
EPOCHS, BATCH, LEARNING_RATE = 12, 64, 3e-3
LONGEST, BEAM, TEMPERATURES, SAMPLES = 60, 5, (1.0, 0.5), 10


def measure(
    seed, device="cpu", valid_size=500, test_size=1000, hidden=128, epochs=EPOCHS
):
    """Train one chatbot on a split of its own; return what its replies, and those of people, are like."""
    pairs = [(question, reply) for question, reply, _ in korean_chatbot()]
    train, valid, test = split_by_question(pairs, valid_size, test_size, seed)
    trained = [reply for _, reply in train]
    source, target = (Vocab.from_texts(side, min_count=2) for side in zip(*train))
    model = Seq2Seq(
        source, target, 64, hidden, context="every_step", dropout=0.3, seed=seed
    ).to(device)
    started = time.process_time()
    history = model.fit(
        train,
        valid,
        epochs=epochs,
        batch_size=BATCH,
        learning_rate=LEARNING_RATE,
        progress=False,
    )
    seconds = time.process_time() - started
    rng = np.random.default_rng(seed)
    warnings.simplefilter("ignore", UserWarning)  # of rare characters, read as UNK
    human = dict(reversed(test))  # of several replies the first
    questions = list(dict.fromkeys(question for question, _ in test))
    replies = {
        "people": [human[question] for question in questions],
        "greedy": model.translate(questions, max_length=LONGEST),
        "beam": model.translate(questions, beam_size=BEAM, max_length=LONGEST),
        **{
            f"sampled {t}": sample_replies(model, questions, rng, t, LONGEST)
            for t in TEMPERATURES
        },
    }
    shuffled = rng.permutation(len(test))
    swapped = [(test[i][0], reply) for i, (_, reply) in zip(shuffled, test)]
    return {
        "sizes": {"train": len(train), "valid": len(valid), "test": len(test)},
        "questions": len(questions),
        "tokens": [len(source), len(target)],
        "parameters": model.num_parameters,
        "train_seconds": round(seconds, 1),
        "valid_loss": [round(loss, 4) for loss in history["valid_loss"]],
        "train_loss": [round(loss, 4) for loss in history["train_loss"]],
        "perplexity": {
            "model": round(perplexity(model, test), 3),
            "wrong question": round(perplexity(model, swapped), 3),
            "frequency": round(
                unigram_perplexity(trained, [reply for _, reply in test], target), 3
            ),
        },
        "replies": {name: figures(some, trained) for name, some in replies.items()},
        "same_as_people": {
            name: round(float(np.mean([a == b for a, b in zip(some, replies["people"])])), 4)
            for name, some in replies.items()
        },
        "samples": [
            [question, *(replies[name][i] for name in replies)]
            for i, question in enumerate(questions[:SAMPLES])
        ],
    }  # fmt: skip


def figures(replies, trained):
    """Return what some replies are like, all together; `new_words` is the share of words that no training reply has."""
    words = [word for reply in replies for word in reply.split()]
    known = {word for reply in trained for word in reply.split()}
    found = {
        "distinct_1": distinct(replies, 1),
        "distinct_2": distinct(replies, 2),
        "dull": dull_share(replies),
        "copied": copied_share(replies, trained),
        "new_words": np.mean([word not in known for word in words]),
        "words": len(words) / len(replies),
    }
    return {name: round(float(value), 4) for name, value in found.items()}


def main():
    arguments = command_line(__doc__)
    sweep(measure, SETTINGS, RESULTS, VERSION, arguments.scheduler, arguments.device)


if __name__ == "__main__":
    main()
