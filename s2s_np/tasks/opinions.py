"""Opinions: a small grammar of Korean sentences that are kind or unkind, with their English (book: lossy_or_lossless).

    나는 어제 영화를 좋아했다                 I liked the movie yesterday            good
    나는 어제 영화를 안 좋아했다              I did not like the movie yesterday     bad
    나는 어제 영화를 좋아하지 않았다          I did not like the movie yesterday     bad
    민수는 소설을 비판하지 않았다             Minsu did not criticize the novel      good
    민수는 소설을 비판하지 않을 수 없었다     Minsu could not help criticizing it    bad

A sentence has neutral words (who, what, when, where) and an opinion. The opinion's sentiment is its verb's, turned
round by one negation and not by two; a complaint that is denied counts as good. Korean negates with 안 before the
verb or with -지 않았다 after its stem, -지 않을 수 없었다 ("could not help") negates twice. So for a good part of the
sentences no single word tells the sentiment, nor does any weighted sum over the words: 안 turns 좋아했다 to bad and
싫어했다 to good. Everything else is independent of the sentiment: whoever speaks of whatever, half is kind.

The subject or the object stands first. This changes the Korean alone, as does the choice between the two single
negations. A token is what stands between spaces: `Vocab.from_texts(texts, level="word")`.
Page: lossy_or_lossless (what the vectors of a classifier, an autoencoder and a translator keep of such sentences).
"""

from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

from .sentences import PEOPLE, PLACES, deal, with_particle

SUBJECTS = ("I", "we", "he", "she", "Minsu", "Yuna")
WHERE = (None, "school", "home")

# Each thing: the Korean noun. Each time: the Korean adverb.
THINGS = {"movie": "영화", "novel": "소설", "song": "노래", "play": "연극"}
TIMES = {"yesterday": "어제", "today": "오늘"}


class Verb(NamedTuple):
    """A verb of opinion: past and stem with -지 in Korean, past and gerund in English, and its own sentiment."""

    past: str
    stem: str
    english_past: str
    gerund: str
    sentiment: str


VERBS = {
    "like": Verb("좋아했다", "좋아하지", "liked", "liking", "good"),
    "enjoy": Verb("즐겼다", "즐기지", "enjoyed", "enjoying", "good"),
    "praise": Verb("칭찬했다", "칭찬하지", "praised", "praising", "good"),
    "recommend": Verb("추천했다", "추천하지", "recommended", "recommending", "good"),
    "dislike": Verb("싫어했다", "싫어하지", "disliked", "disliking", "bad"),
    "mock": Verb("비웃었다", "비웃지", "mocked", "mocking", "bad"),
    "criticize": Verb("비판했다", "비판하지", "criticized", "criticizing", "bad"),
    "condemn": Verb("비난했다", "비난하지", "condemned", "condemning", "bad"),
}
# A noun with 하다, as 칭찬 ("praise") in 칭찬하다, does not take 안 in front.
TAKE_AN = ("like", "enjoy", "dislike", "mock")

NEGATIONS = ("none", "before", "after", "double")
FIRST = ("subject", "object")
SENTIMENTS = ("good", "bad")


@dataclass(frozen=True)
class Opinion:
    """What a sentence says, and how its Korean says it.

    subject, thing, verb: keys of this module's tables
    negation: "none", "before" (안 좋아했다), "after" (좋아하지 않았다) or "double" (좋아하지 않을 수 없었다)
    time, place: keys of the tables, or None
    first: "subject" or "object", the part that the Korean begins with
    """

    subject: str
    thing: str
    verb: str
    negation: str = "none"
    time: str | None = None
    place: str | None = None
    first: str = "subject"

    def __post_init__(self):
        if self.negation not in negations_of(self.verb):
            raise ValueError(
                f"negation is {self.negation!r}; {self.verb!r} takes {', '.join(negations_of(self.verb))}"
            )
        if self.first not in FIRST:
            raise ValueError(f"first is {self.first!r}; expected 'subject' or 'object'")

    @property
    def korean(self):
        """The sentence in Korean: subject, time, place, object, verb; or the object before all others."""
        thing = with_particle(THINGS[self.thing], "을", "를")
        parts = [with_particle(PEOPLE[self.subject][0], "은", "는")]
        if self.time:
            parts.append(TIMES[self.time])
        if self.place:
            parts.append(PLACES[self.place][0] + "에서")
        parts.insert(0 if self.first == "object" else len(parts), thing)
        verb = VERBS[self.verb]
        said = {
            "none": verb.past,
            "before": f"안 {verb.past}",
            "after": f"{verb.stem} 않았다",
            "double": f"{verb.stem} 않을 수 없었다",
        }
        return " ".join([*parts, said[self.negation]])

    @property
    def english(self):
        """The sentence in English: subject, verb, object, place, time."""
        verb = VERBS[self.verb]
        said = {"none": verb.english_past, "double": f"could not help {verb.gerund}"}
        parts = [
            PEOPLE[self.subject][1],
            said.get(self.negation, f"did not {self.verb}"),
            f"the {self.thing}",
        ]
        if self.place:
            parts.append(PLACES[self.place][2])
        if self.time:
            parts.append(self.time)
        return " ".join(parts)

    @property
    def sentiment(self):
        """ "good" or "bad": the verb's, turned round by a single negation."""
        own = VERBS[self.verb].sentiment
        if self.negation in ("none", "double"):
            return own
        return "bad" if own == "good" else "good"

    @property
    def length(self):
        """ "short" with neither time nor place, "medium" with one of them, "long" with both."""
        return ("short", "medium", "long")[bool(self.time) + bool(self.place)]


def negations_of(verb):
    """Return the negations that `verb` takes, "none" among them."""
    return tuple(n for n in NEGATIONS if n != "before" or verb in TAKE_AN)


def opinions():
    """Return every sentence of the grammar, always the same list; no Korean text occurs twice."""
    predicates = [(verb, negation) for verb in VERBS for negation in negations_of(verb)]
    return [
        Opinion(subject, thing, verb, negation, time, place, first)
        for subject, thing, (verb, negation), time, place, first in product(
            SUBJECTS, THINGS, predicates, (None, *TIMES), WHERE, FIRST
        )
    ]


def split(seed=0, held_out=0.125):
    """Deal the sentences at random into three lists: train, and two held-out ones of the same size; as `deal` does."""
    return deal(opinions(), seed, held_out)
