"""Parts of a data set that share nothing: by groups or contents, evenly over classes, the same each time.

    parts = split(patients, {"train": 0.8, "validation": 0.1, "test": 0.1}, seed=7, strata=diagnoses)

Items that belong together (one patient's pictures, copies of one mail) have one key and get into one part.
Which part depends on the seed and the keys alone, not on the order of the items.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import combinations

Key = str | bytes | int

SHARES: Mapping[str, float] = {"train": 0.8, "validation": 0.1, "test": 0.1}


def split(
    keys: Sequence[Key],
    shares: Mapping[str, float] = SHARES,
    *,
    seed: int = 0,
    strata: Sequence[Hashable] | None = None,
) -> dict[str, list[int]]:
    """Return the items' indices for each part, ascending.

    Arguments:
        keys: what each item belongs to: a group, or the digest of its content.
        shares: how large each part shall be, of the items; they sum to 1.
        seed: another seed gives another split.
        strata: each item's class: every part gets its share of each. A group counts for the class that
            most of its items have.

    Raises ValueError where shares do not sum to 1, lengths differ, or a part would stay empty.

    """
    if abs(sum(shares.values()) - 1) > 1e-6 or any(value <= 0 for value in shares.values()):
        raise ValueError(f"the shares have to be positive and sum to 1: {dict(shares)}")
    if strata is not None and len(strata) != len(keys):
        raise ValueError(f"{len(keys)} keys, but {len(strata)} strata")
    groups: dict[bytes, list[int]] = defaultdict(list)
    for index, key in enumerate(keys):
        groups[_digest(key)].append(index)
    by_stratum: dict[Hashable, list[bytes]] = defaultdict(list)
    for group, items in groups.items():
        stratum = None if strata is None else Counter(strata[item] for item in items).most_common(1)[0][0]
        by_stratum[stratum].append(group)
    parts: dict[str, list[int]] = {name: [] for name in shares}
    for members in by_stratum.values():
        members.sort(key=lambda group: hashlib.sha256(f"{seed}:".encode() + group).digest())
        _deal([groups[group] for group in members], shares, parts)
    for name, items in parts.items():
        if not items:
            raise ValueError(
                f"the part `{name}` would be empty: {len(groups)} groups for {len(shares)} parts"
            )
        items.sort()
    return parts


def _deal(groups: list[list[int]], shares: Mapping[str, float], parts: dict[str, list[int]]) -> None:
    """Give each group to the part that lacks most of its share so far."""
    total = sum(map(len, groups))
    wanted = {name: value * total for name, value in shares.items()}
    for group in groups:
        name = max(wanted, key=wanted.__getitem__)
        parts[name].extend(group)
        wanted[name] -= len(group)


def overlap(parts: Mapping[str, Iterable[Key]]) -> list[tuple[str, str, int]]:
    """Return which two parts share how many keys; nothing where no key lies in two of them."""
    known = {name: {_digest(key) for key in keys} for name, keys in parts.items()}
    shared = ((one, other, len(known[one] & known[other])) for one, other in combinations(known, 2))
    return [found for found in shared if found[2]]


def digest(parts: Mapping[str, Iterable[Key]]) -> str:
    """Return the identity of a split, `sha256:...`: its parts' names and keys, in any order."""
    whole = hashlib.sha256()
    for name in sorted(parts):
        whole.update(name.encode() + b"\0")
        for key in sorted(_digest(key) for key in parts[name]):
            whole.update(key)
    return f"sha256:{whole.hexdigest()}"


def _digest(key: Key) -> bytes:
    """Return a key as 16 bytes: text, bytes and numbers that look alike are different keys."""
    kind, words = ("b", key) if isinstance(key, bytes) else (type(key).__name__[0], str(key).encode())
    return hashlib.blake2b(kind.encode() + words, digest_size=16).digest()
