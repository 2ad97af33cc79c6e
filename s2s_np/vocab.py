"""Vocabularies: from text to word ids and back (book: architecture/index)."""

import unicodedata
from collections import Counter

PAD, BOS, EOS, UNK = 0, 1, 2, 3
SPECIAL_TOKENS = ("<pad>", "<bos>", "<eos>", "<unk>")
LEVELS = ("char", "word")


class Vocab:
    """The tokens that a model knows, each with its id.

    `tokens` lists them; the first four are `SPECIAL_TOKENS`, with ids PAD, BOS, EOS and UNK. `level` is "char"
    (a token is a character) or "word" (a token is what stands between spaces). Texts are read in Unicode's
    composed form (NFC), so that a Hangul syllable is one character however it was typed.
    Raises ValueError for another level, other special tokens and a token that stands twice, TypeError for what is no
    string.
    """

    def __init__(self, tokens, level):
        if level not in LEVELS:
            raise ValueError(f'level is {level!r}; expected "char" or "word"')
        if tuple(tokens[:4]) != SPECIAL_TOKENS:
            raise ValueError(
                f"the first four tokens are {list(tokens[:4])}; expected {list(SPECIAL_TOKENS)}"
            )
        self.tokens = list(tokens)
        self.level = level
        for i, token in enumerate(self.tokens):
            if not isinstance(token, str):
                raise TypeError(f"tokens[{i}] is {token!r}; expected a string")
        self._ids = {token: i for i, token in enumerate(self.tokens) if i > UNK}
        if len(set(self.tokens)) != len(self.tokens):
            twice = next(
                token for token, count in Counter(self.tokens).items() if count > 1
            )
            raise ValueError(f"the token {twice!r} is in the vocabulary twice")

    @classmethod
    def from_texts(cls, texts, level="char", min_count=1):
        """Collect the tokens that occur at least `min_count` times in `texts`, the most frequent first.

        Tokens of the same frequency stand in the order of their code points, so that the result depends on the
        texts alone. Raises ValueError where there is no token at all.
        """
        if isinstance(texts, str):
            raise TypeError("texts is one string; expected a list of strings")
        if level not in LEVELS:
            raise ValueError(f'level is {level!r}; expected "char" or "word"')
        counts = Counter(token for text in texts for token in split(text, level))
        kept = [
            token
            for token, count in counts.items()
            if count >= min_count and token not in SPECIAL_TOKENS
        ]
        if not kept:
            raise ValueError(
                f"no token occurs {min_count} times or more in the {len(texts)} texts"
            )
        return cls(
            [*SPECIAL_TOKENS, *sorted(kept, key=lambda token: (-counts[token], token))],
            level,
        )

    def __len__(self):
        return len(self.tokens)

    def __repr__(self):
        return f'Vocab({len(self)} tokens, level="{self.level}")'

    def __eq__(self, other):
        return isinstance(other, Vocab) and (self.tokens, self.level) == (
            other.tokens,
            other.level,
        )

    def __hash__(self):
        return hash((tuple(self.tokens), self.level))

    def tokenize(self, text):
        """Return the list of tokens of `text`, known or not."""
        return split(text, self.level)

    def encode(self, text):
        """Return the ids of the tokens of `text`; a token that is not in the vocabulary becomes UNK."""
        return [self._ids.get(token, UNK) for token in self.tokenize(text)]

    def unknown(self, text):
        """Return the tokens of `text` that `encode` turns into UNK, each once, in order."""
        return [
            token
            for token in dict.fromkeys(self.tokenize(text))
            if token not in self._ids
        ]

    def decode(self, ids):
        """Return the text of `ids` up to the first EOS, without PAD and BOS.

        Raises IndexError for an id outside the vocabulary.
        """
        tokens = []
        for i in map(int, ids):
            if not 0 <= i < len(self):
                raise IndexError(
                    f"token id {i} is outside the vocabulary of {len(self)} (ids 0 to {len(self) - 1})"
                )
            if i == EOS:
                break
            if i not in (PAD, BOS):
                tokens.append(self.tokens[i])
        return ("" if self.level == "char" else " ").join(tokens)


def split(text, level):
    """Return the tokens of `text`: its characters, or what stands between spaces."""
    if not isinstance(text, str):
        raise TypeError(
            f"a text is a {type(text).__name__}; expected a string: {text!r}"
        )
    text = unicodedata.normalize("NFC", text)
    return list(text) if level == "char" else text.split()
