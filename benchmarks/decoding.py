"""Greedy and beam search, words a second: python benchmarks/decoding.py

The same weights in everyone. EOS is made impossible, so that every sentence takes the full number of words and all do
the same work; everyone still looks for it at every step. The searches must find the same words.
"""

import numpy as np
import report
from contest import middle, ratios, steps_in_a_turn, take_turns
from machine import use_threads
from ours import Ours
from peer_jax import Jax
from peer_torch import PyTorch
from problem import SIZES, draw_batches, make_model
from report import rounded, spread

from s2s_np import EOS

MAX_LENGTH = 30
BEAM = 4
SEARCHES = {"greedy": (1, 64), f"beam {BEAM}": (1, 64)}  # sentences side by side
SAME = 0.95  # share of sentences that must be the same; two words may be all but equally probable


def main():
    parser = report.options(__doc__, turns=6)
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=["S", "M", "L"])
    arguments = parser.parse_args()
    use_threads(arguments.threads)
    measured = {}
    for name in arguments.sizes:
        measured[name] = [
            contest(SIZES[name], search, sentences, arguments.turns)
            for search, batch_sizes in SEARCHES.items()
            for sentences in batch_sizes
        ]
        print_size(name, measured[name])
    content = {"words_a_sentence": MAX_LENGTH, "sizes": measured}
    report.keep("decoding", arguments, content)


def contest(size, search, sentences, turns):
    """Time one kind of search for so many sentences at once; return a dict for the results."""
    model = make_model(size)
    model.params["generator"]["bias"][EOS] = -1e4
    (batch,) = draw_batches(size._replace(B=sentences))
    kinds = (Ours, PyTorch, Jax) if search == "greedy" else (Ours, PyTorch)
    functions = {kind.name: searching(kind(model), search, batch) for kind in kinds}
    found = {name: function() for name, function in functions.items()}
    same = {
        name: np.mean([a == b for a, b in zip(found[Ours.name], words)])
        for name, words in found.items()
    }
    if min(same.values()) < SAME:
        raise RuntimeError(f"{search} search finds other words: shares equal {same}")
    steps = steps_in_a_turn(functions)
    times = take_turns(functions, turns, dict.fromkeys(functions, steps))
    words = sentences * MAX_LENGTH
    return {
        "search": search,
        "sentences": sentences,
        "same_sentences": {name: rounded(share) for name, share in same.items()},
        "words_a_second": {
            name: rounded(words / middle(taken)[1]) for name, taken in times.items()
        },
        # Our speed over theirs: more is better, unlike the ratios of times.
        "times_as_fast_as": {
            name: rounded(ratios(taken, times[Ours.name]), 3)
            for name, taken in times.items()
            if name != Ours.name
        },
    }


def searching(contestant, search, batch):
    """Return a function that runs the search over the batch's sources and returns the words of each sentence."""
    sources = batch.source, batch.source_lengths, MAX_LENGTH
    if search == "greedy":
        return lambda: contestant.greedy(*sources)
    return lambda: contestant.beam(*sources, BEAM)


def print_size(name, measured):
    rows = []
    for found in measured:
        for contestant, speed in found["words_a_second"].items():
            ratio = ""
            if contestant in found["times_as_fast_as"]:
                low, median, high = found["times_as_fast_as"][contestant]
                ratio = spread(median, (low, high))
            search = f"{found['search']}, {found['sentences']} at once"
            rows.append([search, contestant, f"{speed:,.0f}", ratio])
    report.print_table(
        f"{name}: decoding",
        ["search", "", "words a second", "our speed over theirs"],
        rows,
    )


if __name__ == "__main__":
    main()
