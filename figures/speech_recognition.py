"""Train recognizers on some voices and test them on others: python figures/speech_recognition.py

The digits and phrases of `s2s_np.tasks.speech_recognition`, Korean and English. Three seeds draw their own utterances;
which voices train, validate and test is the same for all. The model of seed 0 is kept as
`speech_recognition.safetensors`.
"""

import time
from collections import defaultdict
from pathlib import Path

import numpy as np
from sweep import command_line, sweep

from s2s_np import Frames, Seq2Seq, Vocab
from s2s_np.tasks.speech_recognition import (
    BANDS,
    DIGITS,
    PHRASES,
    STACKED,
    confusions,
    draw_utterances,
    frames,
    log_mel,
    nearest,
    speak,
    train,
    variants,
    vocabulary,
    with_noise,
    word_errors,
)

RESULTS = Path(__file__).with_suffix(".jsonl")
CHECKPOINT = Path(__file__).with_suffix(".safetensors")
VERSION = 1
SETTINGS = [{"utterances": 18_000, "epochs": 22, "seed": seed} for seed in range(3)]
# Long strings are the hardest, and phrases the easiest: training hears more of the one and fewer of the other.
TRAINED = {"lengths": (1, 2, 3, 4, 4), "phrases": 0.12}
VALID, TEST, BROKEN, SHOWN = 500, 1000, 200, 10


def measure(utterances, epochs, seed, device="cpu"):
    """Train one recognizer, and return what it makes of voices it has not heard, and where it breaks."""
    drawn = draw_utterances("train", utterances, seed, **TRAINED)
    spoken = [(log_mel(speak(u)), u.text) for u in drawn]
    target = Vocab.from_texts(vocabulary(), "word")
    model = Seq2Seq(
        Frames(BANDS * STACKED),
        target,
        embedding_size=32,
        hidden_size=128,
        num_layers=2,
        bidirectional=True,
        context="every_step",
        dropout=0.1,
        seed=seed,
    ).to(device)
    started = time.process_time()
    losses = train(model, spoken, epochs, seed=seed)
    seconds = time.process_time() - started
    if (utterances, epochs, seed) == tuple(SETTINGS[0].values()):
        model.save(CHECKPOINT)
    return {
        "parameters": model.num_parameters,
        "processor_seconds": round(seconds, 1),
        "train_loss": round(float(np.mean(losses[-len(losses) // epochs :])), 4),
        "valid": rate(model, draw_utterances("valid", VALID, seed)),
        **tested(model, spoken, draw_utterances("test", TEST, seed)),
        "breaks": breaks(model, seed),
    }


def tested(model, spoken, utterances):
    """Return the word errors on utterances, in all and of each kind, the baselines, and the first of what it heard."""
    sounds = [log_mel(speak(u)) for u in utterances]
    said = [u.text for u in utterances]
    heard = model.translate([frames(x) for x in sounds], max_length=12)
    kinds = {
        "length": lambda u: "phrase" if u.text in PHRASES[u.language] else str(len(u.text.split())),
        "language": lambda u: u.language,
        "voice": lambda u: u.variant,
        "pitch": lambda u: str(u.pitch),
    }  # fmt: skip
    found = word_errors(said, heard)
    samples = [[*u, text] for u, text in zip(utterances, heard)][:SHOWN]
    return {
        "test": {**found._asdict(), "rate": round(found.rate, 4)},
        **{f"by {name}": by_kind(utterances, heard, kind) for name, kind in kinds.items()},
        "confusions": {name: confusions(said, heard, words).tolist() for name, words in DIGITS.items()},
        "constant": constant_guess([text for _, text in spoken], said),
        "nearest": round(word_errors(said, nearest(spoken, sounds)).rate, 4),
        "samples": samples,
    }  # fmt: skip


def by_kind(utterances, heard, kind):
    """Return the word error rate of the utterances of each kind."""
    groups = defaultdict(list)
    for utterance, text in zip(utterances, heard):
        groups[kind(utterance)].append((utterance.text, text))
    return {name: round(word_errors(*zip(*groups[name])).rate, 4) for name in sorted(groups)}  # fmt: skip


def constant_guess(trained, said):
    """Return the word error rate of always writing the text that would have been best in training."""
    some = trained[:500]
    best = min(sorted(set(some)), key=lambda text: word_errors(some, [text] * len(some)).rate)  # fmt: skip
    return {"text": best, "rate": round(word_errors(said, [best] * len(said)).rate, 4)}


def breaks(model, seed):
    """Return the word error rates on the test's voices under conditions that no training utterance had."""

    def draw(**changes):
        settings = {
            name: changes.pop(name)
            for name in ("lengths", "phrases", "names")
            if name in changes
        }
        drawn = draw_utterances("test", BROKEN, seed, **settings)
        return [u._replace(**changes) for u in drawn]  # fmt: skip

    found = {
        f"{n} digits": rate(model, draw(lengths=[n], phrases=0)) for n in (5, 6, 7, 8)
    }
    found |= {f"noise {d} dB": rate(model, draw(), noise=d) for d in (30, 20, 10, 0)}
    found |= {f"rate {r}": rate(model, draw(rate=r)) for r in (90, 250, 300, 350)}
    found |= {f"pitch {p}": rate(model, draw(pitch=p)) for p in (0, 99)}
    strange = variants()["strange"]
    whispers = [name for name in strange if "whisper" in name]
    others = [name for name in strange if name not in whispers]
    found["whispers"] = rate(model, draw(names=whispers))
    found["robots and jokes"] = rate(model, draw(names=others))
    return found


def rate(model, utterances, noise=None):
    """Return the word error rate on utterances, with noise so many decibels below the speech, or none."""
    sounds = map(speak, utterances)
    if noise is not None:
        sounds = [with_noise(x, noise, seed) for seed, x in enumerate(sounds)]
    heard = model.translate([frames(log_mel(x)) for x in sounds], max_length=12)
    return round(word_errors([u.text for u in utterances], heard).rate, 4)


def main():
    arguments = command_line(__doc__)
    sweep(measure, SETTINGS, RESULTS, VERSION, arguments.scheduler, arguments.device)


if __name__ == "__main__":
    main()
