"""Sentences: a small grammar of Korean and English, the parallel corpus of chapter 1 (book: architecture/index).

    나는 학교에 간다                            I go to school
    그녀는 어제 도서관에서 책을 읽었다            she read a book in the library yesterday
    유나의 친구는 민수의 어머니를 만날 것이다      Yuna's friend will meet Minsu's mother

Korean puts the verb last and marks with a particle what each word does: 은/는 the topic (here the subject), 을/를
the object, 에 the goal, 에서 the place, 의 the owner. English puts the verb second and marks the same by order
and by prepositions. Because the particles tell who does what, Korean may bring any part to the front, with the
same meaning and a change of emphasis: 학교에 나는 간다 is "I go to school" too. The style is the plain one of
books and diaries, without honorifics.

A token is what stands between spaces: `Vocab.from_texts(texts, level="word")`.
Pages: architecture/encoder (what a sentence vector keeps), architecture/index, decoder and generator.
"""

import random
from dataclasses import dataclass, replace
from itertools import permutations, product

# Each person: the Korean noun, the English subject, the English object.
PRONOUNS = {
    "I": ("나", "I", "me"),
    "we": ("우리", "we", "us"),
    "he": ("그", "he", "him"),
    "she": ("그녀", "she", "her"),
    "they": ("그들", "they", "them"),
}
NAMES = {"Minsu": "민수", "Yuna": "유나", "Jiho": "지호"}
RELATIVES = {"friend": "친구", "teacher": "선생님", "mother": "어머니"}
KIN = {
    f"{owner}'s {relative}": f"{NAMES[owner]}의 {RELATIVES[relative]}"
    for owner, relative in product(NAMES, RELATIVES)
}
PEOPLE = PRONOUNS | {who: (korean, who, who) for who, korean in (NAMES | KIN).items()}

# Each thing: the Korean noun, the English phrase.
THINGS = {
    "book": ("책", "a book"),
    "letter": ("편지", "a letter"),
    "newspaper": ("신문", "a newspaper"),
    "bread": ("빵", "bread"),
    "apple": ("사과", "an apple"),
    "coffee": ("커피", "coffee"),
    "milk": ("우유", "milk"),
    "music": ("음악", "music"),
    "movie": ("영화", "a movie"),
}
OBJECTS = THINGS | {who: (korean, whom) for who, (korean, _, whom) in PEOPLE.items()}

# Each place: the Korean noun, the English goal, the English location.
PLACES = {
    "school": ("학교", "to school", "at school"),
    "library": ("도서관", "to the library", "in the library"),
    "home": ("집", "home", "at home"),
    "park": ("공원", "to the park", "in the park"),
    "market": ("시장", "to the market", "at the market"),
    "Seoul": ("서울", "to Seoul", "in Seoul"),
}

# Each time: the Korean adverb, the English one.
TIMES = {
    "yesterday": ("어제", "yesterday"),
    "every day": ("매일", "every day"),
    "tomorrow": ("내일", "tomorrow"),
    "evening": ("저녁에", "in the evening"),
}
TIMES_OF_TENSE = {
    "past": (None, "yesterday", "evening"),
    "present": (None, "every day", "evening"),
    "future": (None, "tomorrow", "evening"),
}

# Each verb, by its English base: past, present and future in Korean (plain style); past and he/she-present in English.
VERBS = {
    "go": (("갔다", "간다", "갈 것이다"), "went", "goes"),
    "come": (("왔다", "온다", "올 것이다"), "came", "comes"),
    "read": (("읽었다", "읽는다", "읽을 것이다"), "read", "reads"),
    "write": (("썼다", "쓴다", "쓸 것이다"), "wrote", "writes"),
    "eat": (("먹었다", "먹는다", "먹을 것이다"), "ate", "eats"),
    "drink": (("마셨다", "마신다", "마실 것이다"), "drank", "drinks"),
    "buy": (("샀다", "산다", "살 것이다"), "bought", "buys"),
    "listen to": (("들었다", "듣는다", "들을 것이다"), "listened to", "listens to"),
    "watch": (("보았다", "본다", "볼 것이다"), "watched", "watches"),
    "see": (("보았다", "본다", "볼 것이다"), "saw", "sees"),
    "meet": (("만났다", "만난다", "만날 것이다"), "met", "meets"),
    "help": (("도왔다", "돕는다", "도울 것이다"), "helped", "helps"),
    "wait for": (("기다렸다", "기다린다", "기다릴 것이다"), "waited for", "waits for"),
}
TENSES = ("past", "present", "future")

MOTIONS = ("go", "come")
# What is done to which things, and where.
ACTIVITIES = {
    "read": (("book", "letter", "newspaper"), (None, "library", "home", "park")),
    "write": (("book", "letter"), (None, "library", "home", "school")),
    "eat": (("bread", "apple"), (None, "home", "school", "park")),
    "drink": (("coffee", "milk"), (None, "home", "school", "park")),
    "buy": (("book", "bread", "apple"), (None, "market", "Seoul")),
    "listen to": (("music",), (None, "home", "park")),
    "watch": (("movie",), (None, "home", "school", "Seoul")),
}
ENCOUNTERS = ("see", "meet", "help", "wait for")

SINGLE_PEOPLE = (*PRONOUNS, *NAMES)
ORDERS = ("plain", "time", "place", "object")


@dataclass(frozen=True)
class Sentence:
    """What a sentence says (`subject` … `time`, keys of this module's tables, or None) and its Korean word order.

    `order` is "plain" (subject, time, place, object, verb) or the part that stands in front: "time", "place" or
    "object". It changes the Korean alone. `dataclasses.replace(sentence, tense="past")` says another thing.
    """

    subject: str
    verb: str
    tense: str
    object: str | None = None
    place: str | None = None
    time: str | None = None
    order: str = "plain"

    def __post_init__(self):
        if self.order not in ORDERS or not getattr(self, self.order, "plain"):
            raise ValueError(
                f"order is {self.order!r}; expected 'plain' or a part that this sentence has"
            )

    @property
    def korean(self):
        """The sentence in Korean: each part with its particle, the verb last."""
        parts = {"subject": with_particle(PEOPLE[self.subject][0], "은", "는")}
        if self.time:
            parts["time"] = TIMES[self.time][0]
        if self.place:
            particle = "에" if self.verb in MOTIONS else "에서"
            parts["place"] = PLACES[self.place][0] + particle
        if self.object:
            parts["object"] = with_particle(OBJECTS[self.object][0], "을", "를")
        front = [] if self.order == "plain" else [parts.pop(self.order)]
        verb = VERBS[self.verb][0][TENSES.index(self.tense)]
        return " ".join([*front, *parts.values(), verb])

    @property
    def english(self):
        """The sentence in English: subject, verb, object, place, time."""
        _, past, third_person = VERBS[self.verb]
        present = self.verb if self.subject in ("I", "we", "they") else third_person
        forms = {"past": past, "present": present, "future": f"will {self.verb}"}
        parts = [PEOPLE[self.subject][1], forms[self.tense]]
        if self.object:
            parts.append(OBJECTS[self.object][1])
        if self.place:
            parts.append(PLACES[self.place][1 if self.verb in MOTIONS else 2])
        if self.time:
            parts.append(TIMES[self.time][1])
        return " ".join(parts)

    @property
    def pair(self):
        """The sentence as `fit` takes it: `(korean, english)`."""
        return self.korean, self.english

    def paraphrases(self):
        """Return the sentence in all its word orders, the plain one first: the same English for each."""
        orders = [order for order in ORDERS if getattr(self, order, "plain")]
        return [replace(self, order=order) for order in orders]

    def swap_roles(self):
        """Return the sentence in which the object does to the subject what the subject did to it.

        Two relatives of the same kind change roles by order alone, every Korean token stays: 유나의 친구는 민수의
        친구를 본다 ("Yuna's friend sees Minsu's friend"), 민수의 친구는 유나의 친구를 본다 (the reverse).
        Raises ValueError where the object is not a person.
        """
        if self.object not in PEOPLE:
            raise ValueError(
                f"the object is {self.object!r}; only a person can change roles with the subject"
            )
        return replace(self, subject=self.object, object=self.subject)


def with_particle(noun, after_consonant, after_vowel):
    """Return `noun` with the form of a particle that fits its last sound: 책 + 을, 사과 + 를.

    A Hangul syllable's code point is 0xAC00 + 28 · (its onset and vowel) + (its final consonant, 0 for none).
    """
    return noun + (after_consonant if (ord(noun[-1]) - 0xAC00) % 28 else after_vowel)


def meanings():
    """Return every sentence of the grammar once, in plain order; always the same list."""
    motions = [
        Sentence(subject, verb, tense, place=place, time=time)
        for subject, verb, place in product(SINGLE_PEOPLE, MOTIONS, PLACES)
        for tense, time in _tenses_and_times()
    ]
    activities = [
        Sentence(subject, verb, tense, thing, place, time)
        for subject, verb in product(SINGLE_PEOPLE, ACTIVITIES)
        for thing, place in product(*ACTIVITIES[verb])
        for tense, time in _tenses_and_times()
    ]
    encounters = [
        Sentence(one, verb, tense, other, time=time)
        for (one, other), verb in product(_pairs_of_people(), ENCOUNTERS)
        for tense, time in _tenses_and_times()
    ]
    return motions + activities + encounters


def sentences():
    """Return every sentence of the grammar in all its word orders; no Korean text occurs twice."""
    return [sentence for meaning in meanings() for sentence in meaning.paraphrases()]


def split(seed=0, held_out=0.1):
    """Deal the sentences at random into three lists: train, valid, test; as `deal` does."""
    return deal(sentences(), seed, held_out)


def deal(sentences, seed, held_out):
    """Deal sentences, which have an `english`, at random into a list to train with and two that are held out.

    Each of the two gets the share `held_out` of the English sentences. All the Korean sentences of one English sentence
    go to the same list, so that a test asks for translations that the training has never shown.
    Raises ValueError unless 0 < held_out < 0.5.
    """
    if not 0 < held_out < 0.5:
        raise ValueError(f"held_out is {held_out}; expected a share between 0 and 0.5")
    groups = {}
    for sentence in sentences:
        groups.setdefault(sentence.english, []).append(sentence)
    groups = list(groups.values())
    random.Random(seed).shuffle(groups)
    size = round(held_out * len(groups))
    parts = groups[2 * size :], groups[:size], groups[size : 2 * size]
    return tuple([sentence for group in part for sentence in group] for part in parts)


def join(sentences, count, most, seed=0):
    """Return `count` long pairs (Korean, English): 1 … `most` of the sentences, in a row, as many times each.

        나는 집에 간다 그리고 그녀는 책을 읽었다        I go home and she read a book

    The parts are drawn at random with replacement; 그리고 is "and". The pairs with one part come first.
    Raises ValueError for sizes below 1 or a `count` that `most` does not divide.
    """
    if count < 1 or most < 1 or count % most:
        raise ValueError(
            f"count is {count} and most {most}; expected at least 1 each, and count a multiple of most"
        )
    rng = random.Random(seed)
    drawn = [
        rng.choices(sentences, k=parts)
        for parts in range(1, most + 1)
        for _ in range(count // most)
    ]
    return [
        (
            " 그리고 ".join(part.korean for part in parts),
            " and ".join(part.english for part in parts),
        )
        for parts in drawn
    ]


def _tenses_and_times():
    """Return the pairs of a tense and a time (or None) that go together."""
    return [(tense, time) for tense in TENSES for time in TIMES_OF_TENSE[tense]]


def _pairs_of_people():
    """Return the pairs (who, whom): two single people, or relatives of two different ones."""
    singles = permutations(SINGLE_PEOPLE, 2)
    relatives = [
        (f"{one}'s {her}", f"{other}'s {his}")
        for one, other in permutations(NAMES, 2)
        for her, his in product(RELATIVES, RELATIVES)
    ]
    return [pair for pair in singles if set(pair) != {"I", "we"}] + relatives
