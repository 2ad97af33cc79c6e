"""How long real sentences are: Multi30k's German and English, counted and drawn from.

    S2S_DATA=folder python benchmarks/multi30k_lengths.py

counts the words of the training pairs of Multi30k, task 1 (Elliott, Frank, Sima'an and Specia 2016), in
`multi30k/train.lc.norm.tok.{de,en}` of that folder, and writes `multi30k_lengths.json`: numbers only, the sentences
stay where they are. The files are those of https://github.com/multi30k/dataset.
"""

import json
import os
from collections import Counter
from pathlib import Path

import numpy as np

FILE = Path(__file__).with_suffix(".json")
CITATION = (
    "D. Elliott, S. Frank, K. Sima'an and L. Specia (2016), Multi30K: Multilingual English-German Image Descriptions,"
    " Proceedings of the 5th Workshop on Vision and Language, pages 70-74"
)


def draw_lengths(rng, count):
    """Draw `count` pairs at random; return their German and English lengths `(count,)`, EOS counted in the second."""
    german, english, counts = np.array(json.loads(FILE.read_text())["counts"]).T
    drawn = rng.choice(len(counts), count, p=counts / counts.sum())
    return german[drawn], english[drawn] + 1


def main():
    folder = Path(os.environ["S2S_DATA"]) / "multi30k"
    german, english = (
        [len(line.split()) for line in read_lines(folder / name)]
        for name in ("train.lc.norm.tok.de", "train.lc.norm.tok.en")
    )
    counts = Counter(zip(german, english, strict=True))
    rows = [json.dumps([*pair, counts[pair]]) for pair in sorted(counts)]
    lines = ",\n  ".join(", ".join(rows[i : i + 8]) for i in range(0, len(rows), 8))
    FILE.write_text(
        "{\n"
        ' "columns": ["German words", "English words", "pairs"],\n'
        ' "from": "Multi30k, task 1, training pairs, lower-cased and tokenized",\n'
        f' "citation": {json.dumps(CITATION)},\n'
        ' "command": "S2S_DATA=folder python benchmarks/multi30k_lengths.py",\n'
        f' "counts": [\n  {lines}\n ]\n'
        "}\n"
    )


def read_lines(path):
    return path.read_text(encoding="utf-8").removesuffix("\n").split("\n")


if __name__ == "__main__":
    main()
