"""Splits: lists to train, to validate and to test with that share no source (book: applications/machine_translation).

Examples that must not be torn apart, such as two translations of one sentence, form a group, and groups are shared out
whole.
"""


def check_sizes(**sizes):
    """Return the sizes, in the order in which they are named; raise ValueError, naming it, for one below 1."""
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name} is {size}; expected at least 1")
    return tuple(sizes.values())


def tied_groups(examples, keys_of):
    """Return lists of the examples that hang together: two that share a key, and whatever shares one with either.

    keys_of: function from an example to its keys, one or more, which are hashable
    """
    parent = {}  # of each key, towards the one that stands for its group

    def root(key):
        while parent.setdefault(key, key) != key:
            key = parent[key]
        return key

    for example in examples:
        first, *others = keys_of(example)
        for other in others:
            parent[root(first)] = root(other)
    groups = {}
    for example in examples:
        first, *_ = keys_of(example)
        groups.setdefault(root(first), []).append(example)
    return list(groups.values())


def share_out(groups, sizes, rng):
    """Yield for each size a list of at least so many examples, of whole groups drawn at random, and then the rest.

    rng: `random.Random`, which shuffles the groups before the first list and is free between two
    Raises ValueError where the groups do not last for a size.
    """
    groups = list(groups)
    given = sum(map(len, groups))
    rng.shuffle(groups)
    for size in sizes:
        examples = []
        while groups and len(examples) < size:
            examples += groups.pop()
        if len(examples) < size:
            raise ValueError(f"lists of {', '.join(map(str, sizes))} do not fit: there are {given} in all")  # fmt: skip
        yield examples
    yield [example for group in groups for example in group]
