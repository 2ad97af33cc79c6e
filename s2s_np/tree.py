"""Trees of arrays: nested dicts, as parameters and gradients are (book: architecture/index).

`{"encoder": {"embedding": {"weight": w}}}` has one leaf, whose path is `encoder.embedding.weight`.
"""


def leaves(tree, path=""):
    """Yield `(path, array)` for each leaf of `tree`, in the order of the dicts; paths are joined by dots."""
    for name, branch in tree.items():
        joined = f"{path}.{name}" if path else name
        if isinstance(branch, dict):
            yield from leaves(branch, joined)
        else:
            yield joined, branch


def flatten(tree):
    """Return the leaves as one flat dict from path to array."""
    return dict(leaves(tree))


def unflatten(flat):
    """Return the tree whose `flatten` is `flat`."""
    tree = {}
    for path, array in flat.items():
        *branches, name = path.split(".")
        node = tree
        for branch in branches:
            node = node.setdefault(branch, {})
        node[name] = array
    return tree


def tree_map(function, *trees):
    """Return the tree of `function(leaf, …)` over leaves at the same place of `trees`.

    Raises ValueError, naming the place, where the trees differ.
    """
    first, *others = (flatten(tree) for tree in trees)
    for other in others:
        if other.keys() != first.keys():
            odd = sorted(first.keys() ^ other.keys())
            raise ValueError(f"the trees differ: {odd[0]} is in one of them only")
    return unflatten(
        {
            path: function(leaf, *(o[path] for o in others))
            for path, leaf in first.items()
        }
    )
