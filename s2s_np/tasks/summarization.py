"""Summarization: bulletins of several sentences to a headline (book: applications/summarization).

    in Daegu four songs were sung by Minho .                  background
    Sora put nine oaks into a park in Jeju .                  an event
    six robbers hiding in Busan gave up to Jisoo .            the event that counts
    Hana has lived near Mokpo for two years .                 background

    Busan : Jisoo arrests 6 suspects                          the headline

A headline says where, who, what and how many of one event: the one whose kind stands first in `KINDS`, which go from
the most newsworthy to the least. It may stand anywhere. Other sentences tell of lesser events or of nothing that is
news; they have other people, places and numbers, and their words stand in the same order. Three wordings of each kind
of event have a verb, a noun or both that the headline says in other words, and numbers become figures.

A token is what stands between spaces: `Vocab.from_texts(texts, level="word")`.
"""

import random
from itertools import product
from typing import NamedTuple

import numpy as np

NAMES = (
    "Ara", "Bora", "Chanho", "Dana", "Dohyun", "Eunji", "Gaon", "Hana", "Haneul", "Hyejin",
    "Inho", "Jaemin", "Jihoon", "Jisoo", "Junho", "Kyungmi", "Mina", "Minho", "Minji", "Nari",
    "Nayoung", "Sangwoo", "Sejin", "Seojun", "Seulgi", "Sohee", "Sora", "Subin", "Sumi", "Taeho",
    "Taeyang", "Wonho", "Woojin", "Yeeun", "Yena", "Yohan", "Yoojin", "Yuna", "Yuri", "Zion",
)  # fmt: skip
PLACES = (
    "Andong", "Busan", "Cheongju", "Chuncheon", "Daegu", "Daejeon", "Gangneung", "Gimhae", "Gumi", "Gunsan",
    "Gwangju", "Iksan", "Incheon", "Jeju", "Jeonju", "Mokpo", "Pohang", "Sejong", "Seoul", "Sokcho",
    "Suwon", "Ulsan", "Wonju", "Yeosu",
)  # fmt: skip
NUMBERS = {
    "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
    "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14", "fifteen": "15",
    "sixteen": "16", "seventeen": "17", "eighteen": "18", "nineteen": "19", "twenty": "20",
}  # fmt: skip
NEW_NAMES = ("Aiko", "Carlos", "Fatima", "Ingrid", "Kwame", "Lucia", "Pierre", "Zelda")


class Kind(NamedTuple):
    """A kind of event: what a headline says of it, and how a bulletin may word it."""

    verb: str
    noun: str
    wordings: tuple


# From the most newsworthy to the least.
KINDS = {
    "rescue": Kind("saves", "people", (
        "{name} pulled {number} swimmers from a river in {place} .",
        "in {place} {number} miners were rescued by {name} .",
        "{number} hikers lost near {place} were found by {name} .",
    )),
    "arrest": Kind("arrests", "suspects", (
        "{name} caught {number} thieves at a bank in {place} .",
        "in {place} {number} smugglers were handcuffed by {name} .",
        "{number} robbers hiding in {place} gave up to {name} .",
    )),
    "discovery": Kind("discovers", "tombs", (
        "{name} dug out {number} royal graves near {place} .",
        "in {place} {number} burial chambers were uncovered by {name} .",
        "{number} ancient vaults under {place} were found by {name} .",
    )),
    "cure": Kind("cures", "patients", (
        "{name} made {number} sick villagers healthy in {place} .",
        "in {place} {number} invalids were healed by {name} .",
        "{number} fever cases in {place} were treated by {name} .",
    )),
    "jobs": Kind("hires", "workers", (
        "{name} gave {number} welders a job in {place} .",
        "in {place} {number} drivers were taken on by {name} .",
        "{number} engineers in {place} signed contracts with {name} .",
    )),
    "opening": Kind("opens", "shops", (
        "{name} cut the ribbon of {number} bakeries in {place} .",
        "in {place} {number} stores were started by {name} .",
        "{number} boutiques now run in {place} thanks to {name} .",
    )),
    "victory": Kind("wins", "medals", (
        "{name} came first in {number} races in {place} .",
        "in {place} {number} golds were taken by {name} .",
        "{number} trophies from {place} went home with {name} .",
    )),
    "trees": Kind("plants", "trees", (
        "{name} put {number} oaks into a park in {place} .",
        "in {place} {number} pines were set by {name} .",
        "{number} maples along a street in {place} come from {name} .",
    )),
}  # fmt: skip
BACKGROUND = (
    "{name} has lived near {place} for {number} years .",
    "{name} teaches music to {number} girls in {place} .",
    "{name} grew up {number} streets from {place} harbour .",
    "in {place} {number} songs were sung by {name} .",
    "in {place} {number} cats were photographed by {name} .",
    "it has rained in {place} for {number} days .",
    "a market in {place} lasts {number} more days .",
    "{number} guests in {place} had tea with {name} .",
    "{number} letters reached {place} from the desk of {name} .",
)
RANKS = {kind: rank for rank, kind in enumerate(KINDS)}
LESSER = 0.4  # probability that another sentence tells of a lesser event
TRIES = 1000  # to find another event that shares nothing with those already told
FACTS = ("where", "who", "what", "number")
TEST_EVENTS, VALID_EVENTS = 12_000, 6_000  # of 145,920


class Event(NamedTuple):
    """Who did what, how many times and where; `number` is a word, one of `NUMBERS`."""

    kind: str
    name: str
    number: str
    place: str

    @property
    def headline(self):
        """The event in six tokens, five of them words: `Busan : Jisoo arrests 6 suspects`."""
        verb, noun, _ = KINDS[self.kind]
        return f"{self.place} : {self.name} {verb} {NUMBERS[self.number]} {noun}"


class Bulletin(NamedTuple):
    """A text and what it tells of.

    sentences: S strings, each with its full stop
    events: S, for each sentence its `Event`, or None where it is background
    """

    sentences: tuple
    events: tuple

    @property
    def text(self):
        """The source: the sentences in their order."""
        return " ".join(self.sentences)

    @property
    def position(self):
        """Which sentence tells of the most newsworthy event; of two of the same kind, the first."""
        ranks = [RANKS[event.kind] if event else len(RANKS) for event in self.events]
        return ranks.index(min(ranks))

    @property
    def event(self):
        """The event that the headline is about."""
        return self.events[self.position]

    @property
    def headline(self):
        """The target."""
        return self.event.headline

    @property
    def pair(self):
        """Source and target, as a model reads them."""
        return self.text, self.headline


# Data ------------------------------------------------------------------------------------------------------------


def split_events(seed=0):
    """Return three lists that share no `Event`, to train (127,920), to validate (6,000) and to test with (12,000)."""
    events = [Event(*facts) for facts in product(KINDS, NAMES, NUMBERS, PLACES)]
    random.Random(seed).shuffle(events)
    held_out = TEST_EVENTS + VALID_EVENTS
    return events[held_out:], events[TEST_EVENTS:held_out], events[:TEST_EVENTS]


def split_bulletins(train_size=64_000, valid_size=500, test_size=2_000, seed=0):
    """Return three lists of `Bulletin`s of 4 to 8 sentences, to train, to validate and to test with.

    A bulletin tells of events of its own list in `split_events` only, the lesser ones included. Within a list each
    headline stands once. The test depends on `test_size` and `seed` alone.
    Raises ValueError for sizes below 1 or beyond the events there are.
    """
    sizes = (train_size, valid_size, test_size)
    return tuple(
        draw_bulletins(events, size, seed=seed)
        for events, size in zip(split_events(seed), sizes)
    )


def draw_bulletins(events, size, sentences=(4, 8), rivals=0, seed=0):
    """Return `size` bulletins about the first `size` of `events`, one each, in a random order of sentences.

    Arguments
        events: list of `Event`, of which the lesser events are drawn too
        sentences: the least and the greatest number of sentences of a bulletin
        rivals: further events of the same kind as the one that counts, so that no one can say which does
        seed: of all that is drawn
    Raises ValueError for sizes, lengths or rivals that make no sense.
    """
    if not 1 <= size <= len(events):
        raise ValueError(
            f"size is {size}; expected 1 to {len(events)}, one bulletin for each event"
        )
    least, most = sentences
    longest = min(len(NAMES), len(PLACES), len(NUMBERS))
    if not 0 <= rivals < least <= most <= longest:
        raise ValueError(
            f"sentences is {sentences} and rivals {rivals}; expected 0 <= rivals < least <= most <= {longest}, as no"
            " two sentences share a person, a place or a number"
        )
    rng = random.Random(seed)
    by_kind = {kind: [] for kind in KINDS}
    for event in events:
        by_kind[event.kind].append(event)
    return [
        _draw_bulletin(event, by_kind, rng.randint(least, most), rivals, rng)
        for event in events[:size]
    ]


def with_unseen_names(bulletins):
    """Return the bulletins with another person in each headline: one of `NEW_NAMES`, which no list has.

    The new name takes the place of the old one in the text and in the headline, and all else stays.
    """
    renamed = []
    for i, bulletin in enumerate(bulletins):
        old, new = bulletin.event.name, NEW_NAMES[i % len(NEW_NAMES)]
        words = bulletin.sentences[bulletin.position].split()
        words[words.index(old)] = new
        event = bulletin.event._replace(name=new)
        renamed.append(_with_sentence(bulletin, " ".join(words), event))
    return renamed


def with_place_last(bulletins):
    """Return those bulletins whose event is told as `in Busan … by Hana .`, now as `… by Hana in Busan .`

    All words and the headline stay, but no wording has this order of them.
    """
    turned = []
    for bulletin in bulletins:
        words = bulletin.sentences[bulletin.position].split()
        if words[0] == "in":
            sentence = " ".join([*words[2:-1], *words[:2], "."])
            turned.append(_with_sentence(bulletin, sentence, bulletin.event))
    return turned


def _with_sentence(bulletin, sentence, event):
    """Return the bulletin with another sentence, of another event, in place of the one that counts."""
    sentences, events = map(list, bulletin)
    sentences[bulletin.position], events[bulletin.position] = sentence, event
    return Bulletin(tuple(sentences), tuple(events))


def _draw_bulletin(event, by_kind, length, rivals, rng):
    """Return a bulletin of `length` sentences about `event`."""
    lesser = list(KINDS)[RANKS[event.kind] + 1 :]
    kinds = [event.kind] * rivals
    for _ in range(length - 1 - rivals):
        if lesser and rng.random() < LESSER:
            kinds.append(rng.choice(lesser))
    events, taken = [event], {*event[1:]}
    for kind in kinds:
        events.append(_draw_event(by_kind[kind], taken, rng))
        taken.update(events[-1][1:])
    told = [
        (_say(KINDS[event.kind].wordings, event[1:], rng), event) for event in events
    ]
    while len(told) < length:
        facts = [
            _draw_free(values, taken, rng) for values in (NAMES, tuple(NUMBERS), PLACES)
        ]
        taken.update(facts)
        told.append((_say(BACKGROUND, facts, rng), None))
    rng.shuffle(told)
    return Bulletin(*zip(*told))


def _draw_event(events, taken, rng):
    """Return one of `events` that shares no fact with those `taken`."""
    for _ in range(TRIES):
        event = rng.choice(events) if events else None
        if event and taken.isdisjoint(event[1:]):
            return event
    raise ValueError(
        f"of {len(events)} events of a kind none was found with another person, place and number; give more events"
    )


def _draw_free(values, taken, rng):
    """Return one of `values` that is not `taken`."""
    while (value := rng.choice(values)) in taken:
        pass
    return value


def _say(wordings, facts, rng):
    """Return a sentence with these facts in one of its wordings."""
    name, number, place = facts
    return rng.choice(wordings).format(name=name, number=number, place=place)


# Metrics ---------------------------------------------------------------------------------------------------------


def lcs_table(a, b):
    """Return the lengths of the longest common subsequences of all beginnings of two lists of words.

        L[i, j] = L[i-1, j-1] + 1                    if a_i = b_j
                = max(L[i-1, j], L[i, j-1])          otherwise,         L[i, 0] = L[0, j] = 0

    The last entry of `L (len(a) + 1, len(b) + 1)` is the length for the whole lists.
    """
    table = np.zeros((len(a) + 1, len(b) + 1), dtype=int)
    for i, word in enumerate(a, 1):
        for j, other in enumerate(b, 1):
            table[i, j] = (
                table[i - 1, j - 1] + 1
                if word == other
                else max(table[i - 1, j], table[i, j - 1])
            )
    return table


def rouge_l(written, wanted):
    """Return ROUGE-L of each text in percent, `(N,)`: the F-measure of the longest common subsequence (Lin 2004).

    The library rouge-score counts, on lower-case letters and digits alone.

    Arguments
        written, wanted: lists of N texts; one that was written may be empty and gets 0
    Raises TypeError for one string in place of a list, ValueError for lists of other lengths or without a text and for
    a wanted text without a word, ModuleNotFoundError without rouge-score.
    """
    _check_texts(written=written, wanted=wanted)
    for i, text in enumerate(wanted):
        if not any(character.isalnum() for character in text):
            raise ValueError(f"wanted[{i}] is {text!r}: there is no word in it")
    try:
        from rouge_score.rouge_scorer import RougeScorer
    except ImportError as error:
        raise ModuleNotFoundError(
            "ROUGE needs rouge-score: pip install rouge-score"
        ) from error
    scorer = RougeScorer(["rougeL"])
    return 100 * np.array(
        [
            scorer.score(right, ours)["rougeL"].fmeasure
            for ours, right in zip(written, wanted)
        ]
    )


def facts_of(headline):
    """Return what a headline says, by `FACTS`: where, who, what and number; each is None unless it has the right form.

    "what" is verb and noun in one: `arrests suspects`.
    """
    words = headline.split()
    if len(words) != 6 or words[1] != ":":
        return dict.fromkeys(FACTS)
    place, _, name, verb, number, noun = words
    return dict(zip(FACTS, (place, name, f"{verb} {noun}", number)))


def facts_right(written, wanted):
    """Return for each headline which facts are right: an array of truth values `(N, 4)`, in the order of `FACTS`.

    Raises TypeError for one string in place of a list, ValueError for lists of other lengths or without a text.
    """
    _check_texts(written=written, wanted=wanted)
    ours, right = map(facts_of, written), map(facts_of, wanted)
    return np.array(
        [
            [a[f] is not None and a[f] == b[f] for f in FACTS]
            for a, b in zip(ours, right)
        ]
    )


# Summaries that need no model ------------------------------------------------------------------------------------


def lead(bulletin, words=None):
    """Return the first sentence of a bulletin, or its first `words` tokens only."""
    return " ".join(bulletin.sentences[0].split()[:words])


def oracle_sentence(bulletin):
    """Return the sentence that has the best ROUGE-L with the headline, which it looks at: no extract does better."""
    scores = rouge_l(bulletin.sentences, [bulletin.headline] * len(bulletin.sentences))
    return bulletin.sentences[int(scores.argmax())]


def first_event(bulletin):
    """Return a faultless headline for the event that is told first, whether it counts or not."""
    return next(event.headline for event in bulletin.events if event)


# What a model looks at -------------------------------------------------------------------------------------------


def occlusion(model, bulletin):
    """Return by how many nats the headline's log-probability falls when a sentence is left out, `(S,)`.

        fall_s = log P(Y | X) - log P(Y | X without sentence s)

    Raises ValueError for a bulletin of one sentence, of which nothing would be left.
    """
    sentences, headline = bulletin.sentences, bulletin.headline
    if len(sentences) < 2:
        raise ValueError(
            f"the bulletin is {bulletin.text!r}; expected at least two sentences, so that one can be left out"
        )
    shorter = (
        " ".join(sentences[:s] + sentences[s + 1 :]) for s in range(len(sentences))
    )
    whole, *rest = model.log_probs(
        [bulletin.pair, *((text, headline) for text in shorter)]
    )
    return whole - np.array(rest)


def _check_texts(**lists):
    """Raise TypeError or ValueError unless the lists hold texts and are of one length."""
    for name, texts in lists.items():
        if isinstance(texts, str):
            raise TypeError(
                f"{name} is one string; expected a list of strings: [{texts!r}]"
            )
    lengths = {name: len(texts) for name, texts in lists.items()}
    if len({*lengths.values()}) > 1 or 0 in lengths.values():
        raise ValueError(
            "expected lists of one length, at least 1; "
            + " and ".join(f"{name} has {length}" for name, length in lengths.items())
        )
