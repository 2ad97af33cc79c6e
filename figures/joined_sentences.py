"""Translate long sentences made of short ones, with all right words fed in training, half of them, or none.

    python figures/joined_sentences.py

The sentences are those of chapter 1, one to four of them joined by 그리고 ("and"). BLEU is measured by the number of
parts, beyond what was trained too.
"""

from itertools import product
from pathlib import Path

from sacrebleu import BLEU
from sweep import command_line, sweep

from s2s_np import Seq2Seq, Vocab
from s2s_np.tasks.sentences import join, split

RESULTS = Path(__file__).with_suffix(".jsonl")
VERSION = 1
SETTINGS = [
    {"teacher_forcing": teacher_forcing, "seed": seed}
    for seed, teacher_forcing in product(range(5), (1.0, 0.5, 0.0))
]
MOST_TRAINED, MOST = 4, 5


def measure(teacher_forcing, seed, device, pairs=8_000, epochs=5, tested=100):
    """Train one model; return BLEU, exact matches and words of the reference by number of parts, 1 … `MOST`."""
    parts = split()
    train = join(parts[0], pairs, MOST_TRAINED, seed)
    test = join(parts[2], tested * MOST, MOST)
    korean, english = (Vocab.from_texts(side, level="word") for side in zip(*train))
    model = Seq2Seq(korean, english, context="every_step", seed=seed).to(device)
    history = model.fit(
        train, epochs=epochs, teacher_forcing=teacher_forcing, progress=False
    )
    sources, references = zip(*test)
    translations = model.translate(sources)
    bleu = BLEU(tokenize="none", force=True)
    rows = {"bleu": [], "exact": [], "words": []}
    for first in range(0, len(test), tested):
        here = slice(first, first + tested)
        score = bleu.corpus_score(translations[here], [references[here]])
        exact = sum(map(str.__eq__, translations[here], references[here])) / tested
        rows["bleu"].append(round(score.score, 2))
        rows["exact"].append(round(exact, 4))
        rows["words"].append(round(score.ref_len / tested, 2))
    train_loss = round(history["train_loss"][-1], 4)
    return rows | {"train_loss": train_loss, "parameters": model.num_parameters}


def main():
    arguments = command_line(__doc__)
    sweep(measure, SETTINGS, RESULTS, VERSION, arguments.scheduler, arguments.device)


if __name__ == "__main__":
    main()
