"""Items that share keys -> the groups that these tie together."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence


def connected(keys: Sequence[Iterable[Hashable]]) -> list[int]:
    """Number the groups of items that share a key, directly or through other items (connected components).

    Args:
        keys: the keys of each item. An item without keys is a group of its own.

    Returns:
        The number of each item's group, from 0, in order of first appearance.
    """
    # scipy has this too, but its import takes a third of a second in every process of a leaderboard.
    parent = list(range(len(keys)))

    def root(item: int) -> int:
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    first: dict[Hashable, int] = {}
    for item, own in enumerate(keys):
        for key in own:
            parent[root(item)] = root(first.setdefault(key, item))
    numbers: dict[int, int] = {}
    return [numbers.setdefault(root(item), len(numbers)) for item in range(len(keys))]
