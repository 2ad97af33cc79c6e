"""Search: from the model's probabilities to a sentence (book: architecture/generator).

Every search calls `step(tokens (R,), state) -> (log_probs (R, V), state)`, for `R` rows of partial sentences side by
side; greedy and beam search also call `state.select(rows) -> state`.
"""

import heapq
from itertools import count
from typing import NamedTuple

import numpy as np

from .array import array_module, to_host
from .vocab import BOS, EOS


class Hypothesis(NamedTuple):
    """A sentence that a search found.

    tokens: its word ids; the last is EOS unless the search stopped it at its greatest length
    log_prob: log P(tokens | X), the sum over its words, in nats
    score: what the search ranks by, `log_prob / len(tokens) ** length_penalty`
    """

    tokens: tuple
    log_prob: float
    score: float


def greedy_search(step, state, batch_size, max_length):
    """Take the most probable word at every step, until EOS or `max_length` words.

        ŷ_t = argmax_v P(v | X, ŷ_{<t}),    ŷ_0 = BOS

    EOS is never fed: a sentence that has ended leaves the batch. Returns a `Hypothesis` for each sentence.
    """
    tokens = [[] for _ in range(batch_size)]
    totals = np.zeros(batch_size)
    running = np.arange(batch_size)  # sentences that have not ended
    words = np.full(batch_size, BOS)
    for _ in range(max_length):
        log_probs, state = step(words, state)
        xp = array_module(log_probs)
        best = log_probs.argmax(axis=1)
        gained = log_probs[xp.arange(len(best)), best]
        words, gained = _pair_to_host(best, gained)
        totals[running] += gained
        for sentence, word in zip(running, words.tolist()):
            tokens[sentence].append(word)
        going = np.flatnonzero(words != EOS)
        if len(going) == 0:
            break
        if len(going) < len(words):
            running, words, state = running[going], words[going], state.select(going)
    return [
        Hypothesis(tuple(words), float(total), float(total))
        for words, total in zip(tokens, totals)
    ]


def beam_search(step, state, batch_size, beam_size, max_length, length_penalty=0.0):
    """Keep the `beam_size` most probable partial sentences at every step.

    A partial sentence that takes EOS is complete; it leaves the beam, which has one place fewer from then on
    (Sutskever, Vinyals and Le 2014), so that `beam_size=1` is greedy search. When no place is left, or at
    `max_length` words, the sentences found are ranked by `log_prob / length ** length_penalty`: 0 prefers short
    sentences, 1 ranks by the mean word.

    Returns for each sentence a list of `Hypothesis`, the best first: `beam_size` of them, unless there are not
    that many sentences to find. Raises ValueError for a beam size or length below 1.
    """
    if beam_size < 1:
        raise ValueError(f"beam_size is {beam_size}; expected at least 1")
    if max_length < 1:
        raise ValueError(f"max_length is {max_length}; expected at least 1")
    beams = [
        [_Partial((), 0.0)] for _ in range(batch_size)
    ]  # partial sentences of each sentence
    found = [[] for _ in range(batch_size)]
    words = np.full(batch_size, BOS)
    for _ in range(max_length):
        log_probs, state = step(words, state)  # (R, V), R = rows of all beams
        best_words, best_log_probs = _best(log_probs, beam_size)  # (R, K)
        rows, words, first = [], [], 0
        for sentence, beam in enumerate(beams):
            candidates = sorted(
                (
                    (row, word, partial.log_prob + gain)
                    for row, partial in enumerate(beam)
                    for word, gain in zip(
                        best_words[first + row], best_log_probs[first + row]
                    )
                ),
                key=lambda candidate: (-candidate[2], *candidate[:2]),
            )
            survivors = []
            places = beam_size - len(found[sentence])
            for row, word, log_prob in candidates[:places]:
                partial = _Partial((*beam[row].tokens, word), log_prob)
                if word == EOS:
                    found[sentence].append(partial)
                else:
                    survivors.append(partial)
                    rows.append(first + row)
                    words.append(word)
            first += len(beam)
            beams[sentence] = survivors
        if not rows:
            break
        words, state = np.array(words), state.select(np.array(rows))
    return [
        sorted(
            (
                Hypothesis(
                    p.tokens, p.log_prob, p.log_prob / len(p.tokens) ** length_penalty
                )
                for p in complete + beam
            ),
            key=lambda hypothesis: -hypothesis.score,
        )
        for complete, beam in zip(found, beams)
    ]


def best_first_search(step, state, max_steps=10_000):
    """Find the most probable of all sentences, for one source.

        Ŷ = argmax_Y log P(Y | X)

    A word more never makes a beginning more probable. So the most probable beginning there is always goes on, wherever
    it stands; when a whole sentence comes up, none can beat it (uniform-cost search). It takes few steps where the
    model is sure, and up to V^m of them where it is not.

    Returns a `Hypothesis`. Raises RuntimeError if `max_steps` steps do not decide.
    """
    number = count()  # decides between equals: the oldest first
    heap = [(0.0, next(number), (), state)]
    for _ in range(max_steps):
        cost, _, tokens, state = heapq.heappop(heap)
        if tokens[-1:] == (EOS,):
            return Hypothesis(tokens, -cost, -cost)
        log_probs, state = step(np.array(tokens[-1:] or [BOS]), state)
        for word, gain in enumerate(to_host(log_probs)[0].tolist()):
            item = cost - gain, next(number), (*tokens, word), state
            heapq.heappush(heap, item)
    raise RuntimeError(
        f"{max_steps} steps have not found the most probable sentence; use beam_search"
    )


class _Partial(NamedTuple):
    """The beginning of a sentence, and log P(tokens | X)."""

    tokens: tuple
    log_prob: float


def _best(log_probs, count):
    """Return the `count` most probable words of each row and their log-probabilities, as lists `(R, count)`."""
    xp = array_module(log_probs)
    count = min(count, log_probs.shape[1])
    words = xp.argpartition(-log_probs, count - 1, axis=1)[:, :count]
    gains = xp.take_along_axis(log_probs, words, axis=1)
    words, gains = _pair_to_host(words, gains)
    return words.tolist(), gains.tolist()


def _pair_to_host(words, gains):
    """Return both arrays on the host, copied at once, since each copy waits for the GPU."""
    xp = array_module(words)
    if xp is np:
        return words, gains
    words, gains = to_host(
        xp.stack([words.astype(xp.float64), gains.astype(xp.float64)])
    )
    return words.astype(int), gains  # a word id is a whole number below 2⁵³: exact
