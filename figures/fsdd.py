"""Hold out one of six people at a time, and recognize the digits that they say: python figures/fsdd.py

Full scale of the page on speech recognition: recordings of the Free Spoken Digit Dataset, joined into strings of one to
five digits by `s2s_np.tasks.speech_recognition.join_digits`. Five people train (takes 5 to 49) and validate (takes 0 to
4), and the sixth tests. Needs the corpus: python -m s2s_np.corpora fsdd
"""

import time
from collections import defaultdict
from pathlib import Path

from sweep import command_line, sweep

from s2s_np import Frames, Seq2Seq, Vocab
from s2s_np.corpora import spoken_digits
from s2s_np.tasks.speech_recognition import (
    BANDS,
    DIGITS,
    PERSONS_RATE,
    STACKED,
    confusions,
    frames,
    join_digits,
    log_mel,
    nearest,
    split_recordings,
    train,
    word_errors,
)

RESULTS = Path(__file__).with_suffix(".jsonl")
VERSION = 1
SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")
SETTINGS = [
    {"speaker": speaker, "strings": 6000, "epochs": 16, "seed": 0}
    for speaker in SPEAKERS
]
HELD_OUT, SHOWN = 500, 5


def measure(speaker, strings, epochs, seed, device="cpu"):
    """Train one recognizer without `speaker`, and return what it makes of them, and of new takes of the others."""
    parts = split_recordings(spoken_digits(), speaker)
    spoken = heard_features(join_digits(parts["train"], strings, seed))
    model = Seq2Seq(
        Frames(BANDS * STACKED),
        Vocab.from_texts(DIGITS["en"], "word"),
        embedding_size=32,
        hidden_size=128,
        bidirectional=True,
        context="every_step",
        dropout=0.1,
        seed=seed,
    ).to(device)
    started = time.process_time()
    train(model, spoken, epochs, seed=seed, sample_rate=PERSONS_RATE)
    seconds = time.process_time() - started
    held_out = {
        part: heard_features(join_digits(parts[part], HELD_OUT, seed))
        for part in ("valid", "test")
    }
    said = [text for _, text in held_out["test"]]
    heard = {part: read(model, pairs) for part, pairs in held_out.items()}
    found = word_errors(said, heard["test"])
    by_length = defaultdict(list)
    for pair in zip(said, heard["test"]):
        by_length[str(len(pair[0].split()))].append(pair)
    near = nearest(spoken, [x for x, _ in held_out["test"]])
    return {
        "parameters": model.num_parameters,
        "processor_seconds": round(seconds, 1),
        "valid": round(word_errors([y for _, y in held_out["valid"]], heard["valid"]).rate, 4),
        "test": {**found._asdict(), "rate": round(found.rate, 4)},
        "by length": {n: round(word_errors(*zip(*by_length[n])).rate, 4) for n in sorted(by_length)},
        "confusions": confusions(said, heard["test"], DIGITS["en"]).tolist(),
        "nearest": round(word_errors(said, near).rate, 4),
        "samples": list(zip(said, heard["test"]))[:SHOWN],
    }  # fmt: skip


def heard_features(joined):
    """Return pairs (log-mel spectrogram, text) of pairs (samples, text)."""
    return [(log_mel(samples, PERSONS_RATE), text) for samples, text in joined]


def read(model, pairs):
    """Return the text that the model reads from each spectrogram."""
    return model.translate([frames(x) for x, _ in pairs], max_length=12)


def main():
    arguments = command_line(__doc__)
    sweep(measure, SETTINGS, RESULTS, VERSION, arguments.scheduler, arguments.device)


if __name__ == "__main__":
    main()
