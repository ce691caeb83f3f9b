"""A disk with two states: what programs see, and what a power cut leaves of it.

What is certain after a cut is what was synced: a file's content by fsync of the file, a name by fsync of
its folder (POSIX, fsync; Linux, fsync(2): "calling fsync() does not necessarily ensure that the entry in
the directory containing the file has also reached disk"). All else may have reached the disk or not; the
models say what did:

- `strict`: nothing that was not synced.
- `names`: every name, but of unsynced content nothing, its first blocks, or blocks of zeros in its length
  (what journals of metadata alone leave: ext4 with delayed allocation, XFS).
- `random`: in each folder the first so many changes of names, of each file some blocks.

A symbolic link's destination lies in its inode and comes with its name; a rename between two folders
reaches both or neither.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

ROOT = 1
BLOCK = 512
MODELS = ("strict", "names", "random")

# (kind, arguments): what programs did to the disk, in their order
Operation = tuple[Any, ...]


@dataclass(frozen=True)
class Entry:
    """What lies at a path: `kind` is file, folder or link; `content` is a link's destination too."""

    kind: str
    mode: int
    content: bytes = b""
    modified: int = 0


Tree = dict[str, Entry]


@dataclass
class Node:
    """A file, a folder or a link: as it is, as it was synced, and what was done since."""

    kind: str
    mode: int
    content: bytearray = field(default_factory=bytearray)
    names: dict[str, int] = field(default_factory=dict)
    modified: int = 0
    pending: list[Operation] = field(default_factory=list)
    kept: Entry = Entry("file", 0)
    kept_names: dict[str, int] = field(default_factory=dict)
    links: int = 1

    def seen(self) -> Entry:
        """Return the node as programs see it."""
        return Entry(self.kind, self.mode, bytes(self.content), self.modified)

    def settle(self) -> None:
        """Let all that was done reach the disk."""
        self.kept, self.kept_names = self.seen(), dict(self.names)
        self.pending = []


class Disk:
    """Applies operations, and tells what a power cut after them leaves."""

    def __init__(self) -> None:
        self.nodes = {ROOT: Node("folder", 0o755)}
        self.nodes[ROOT].settle()
        self.newest = ROOT

    def find(self, path: str) -> int | None:
        """Return the number of what programs see at a path."""
        number = ROOT
        for name in filter(None, path.split("/")):
            found = self.nodes[number].names.get(name)
            if found is None:
                return None
            number = found
        return number

    def apply(self, operation: Operation) -> None:
        """Do what a program did."""
        kind, *arguments = operation
        getattr(self, f"_{kind}")(operation, *arguments)

    def settle(self) -> None:
        """Let everything reach the disk, as it does when some time passes."""
        for node in self.nodes.values():
            node.settle()

    def seen(self, under: str = "") -> Tree:
        """Return all that programs see, or what lies below a path."""
        top = self.find(under)
        if top is None:
            return {}
        names = {number: node.names for number, node in self.nodes.items()}
        return {path: self.nodes[number].seen() for path, number in _walk(self.nodes, names, top)}

    def cut(self, model: str, seed: int) -> Tree:
        """Return what a power cut leaves now."""
        chance = random.Random(f"{model} {seed}")
        if model == "strict":
            names = {number: node.kept_names for number, node in self.nodes.items()}
        elif model == "names":
            names = {number: node.names for number, node in self.nodes.items()}
        else:
            names = self._some_names(chance)
        return {
            path: _left(self.nodes[number], model, chance)
            for path, number in sorted(_walk(self.nodes, names, ROOT))
        }

    # --- operations on names ---

    def _new(self, operation: Operation, parent: int, name: str, number: int, node: Node) -> None:
        node.kept = Entry(node.kind, node.mode, bytes(node.content) if node.kind == "link" else b"")
        self.nodes[number] = node
        self.newest = max(self.newest, number)
        self._set(operation, parent, name, number)

    def _set(self, operation: Operation, parent: int, name: str, number: int | None) -> None:
        names = self.nodes[parent].names
        names.pop(name, None)
        if number is not None:
            names[name] = number
        self.nodes[parent].pending.append(operation)

    def _mkdir(self, operation: Operation, parent: int, name: str, number: int, mode: int) -> None:
        self._new(operation, parent, name, number, Node("folder", mode))

    def _create(self, operation: Operation, parent: int, name: str, number: int, mode: int) -> None:
        self._new(operation, parent, name, number, Node("file", mode))

    def _symlink(self, operation: Operation, parent: int, name: str, number: int, goal: bytes) -> None:
        self._new(operation, parent, name, number, Node("link", 0o777, bytearray(goal)))

    def _link(self, operation: Operation, parent: int, name: str, number: int) -> None:
        self.nodes[number].links += 1
        self._set(operation, parent, name, number)

    def _unlink(self, operation: Operation, parent: int, name: str) -> None:
        self.nodes[self.nodes[parent].names[name]].links -= 1
        self._set(operation, parent, name, None)

    _rmdir = _unlink

    def _rename(self, operation: Operation, parent: int, name: str, goal: int, new: str, _: int) -> None:
        number = self.nodes[parent].names.pop(name)
        replaced = self.nodes[goal].names.pop(new, None)
        if replaced is not None:
            self.nodes[replaced].links -= 1
        self.nodes[goal].names[new] = number
        for folder in {parent, goal}:
            self.nodes[folder].pending.append(operation)

    # --- operations on what a node holds ---

    def _write(self, operation: Operation, number: int, offset: int, data: bytes, now: int) -> None:
        node = self.nodes[number]
        node.modified = now
        if len(node.content) < offset:
            node.content.extend(bytes(offset - len(node.content)))
        node.content[offset : offset + len(data)] = data
        node.pending.append(operation)

    def _truncate(self, operation: Operation, number: int, size: int, now: int) -> None:
        node = self.nodes[number]
        node.modified = now
        del node.content[size:]
        node.content.extend(bytes(size - len(node.content)))
        node.pending.append(operation)

    def _chmod(self, operation: Operation, number: int, mode: int) -> None:
        self.nodes[number].mode = mode
        if self.nodes[number].kind == "file":
            self.nodes[number].pending.append(operation)

    def _utimens(self, operation: Operation, number: int, modified: int) -> None:
        self.nodes[number].modified = modified
        if self.nodes[number].kind == "file":
            self.nodes[number].pending.append(operation)

    # --- what makes certain ---

    def _fsync(self, _: Operation, number: int) -> None:
        self.nodes[number].settle()

    def _fsyncdir(self, _: Operation, number: int) -> None:
        # a rename out of here or into here reaches the other folder with it
        moved = {
            folder
            for one in self.nodes[number].pending
            if one[0] == "rename" and one[1] != one[3]
            for folder in (one[1], one[3])
        } - {number}
        self.nodes[number].settle()
        for folder in moved:
            node = self.nodes[folder]
            last = max(
                (
                    place
                    for place, one in enumerate(node.pending)
                    if one[0] == "rename" and number in one[1:4]
                ),
                default=-1,
            )
            node.kept_names = _replayed(node.kept_names, folder, node.pending[: last + 1], self.nodes)
            node.pending = node.pending[last + 1 :]

    def _mark(self, _: Operation, label: str) -> None:
        """Do nothing: marks are for those who read the journal."""

    # --- chance ---

    def _some_names(self, chance: random.Random) -> dict[int, dict[str, int]]:
        """Return each folder's names after the first so many of its unsynced changes."""
        lengths = {}
        for number, node in self.nodes.items():
            if node.kind == "folder":
                whole = len(node.pending)
                lengths[number] = chance.choice((0, whole, chance.randint(0, whole)))
        # a rename between folders is in both or in neither
        changed = True
        while changed:
            changed = False
            for number, length in lengths.items():
                for place, one in enumerate(self.nodes[number].pending[:length]):
                    if one[0] == "rename" and one[1] != one[3]:
                        other = one[3] if one[1] == number else one[1]
                        reached = self.nodes[other].pending[: lengths[other]]
                        if not any(found is one for found in reached):
                            lengths[number], changed = place, True
                            break
        return {
            number: _replayed(
                self.nodes[number].kept_names, number, self.nodes[number].pending[:length], self.nodes
            )
            for number, length in lengths.items()
        }


def _replayed(
    names: dict[str, int], folder: int, pending: list[Operation], nodes: dict[int, Node]
) -> dict[str, int]:
    found = dict(names)
    for kind, *arguments in pending:
        if kind in ("mkdir", "create", "symlink", "link"):
            found[arguments[1]] = arguments[2]
        elif kind in ("unlink", "rmdir"):
            found.pop(arguments[1], None)
        else:
            parent, name, goal, new, moved = arguments
            if parent == folder:
                found.pop(name, None)
            if goal == folder:
                found[new] = moved
    return found


def _walk(
    nodes: dict[int, Node], names: dict[int, dict[str, int]], top: int, prefix: str = ""
) -> Iterator[tuple[str, int]]:
    for name, number in names.get(top, {}).items():
        path = f"{prefix}{name}"
        yield path, number
        if nodes[number].kind == "folder":
            yield from _walk(nodes, names, number, f"{path}/")


def _left(node: Node, model: str, chance: random.Random) -> Entry:
    """Return what is left of a node whose name survived."""
    if node.kind != "file" or not node.pending:
        return node.seen() if node.kind != "file" else node.kept
    if model == "strict":
        return node.kept
    if model == "random":
        fate = chance.choice(("nothing", "all", "blocks"))
        if fate == "all":
            return node.seen()
        if fate == "nothing":
            return node.kept
        return Entry("file", node.mode, _blocks(node, chance), node.modified)
    written = any(one[0] in ("write", "truncate") for one in node.pending)
    if not written:
        return node.seen()
    fate = chance.choice(("nothing", "torn", "zeros"))
    content = bytes(node.content)
    if fate == "nothing":
        # a truncation is a change of metadata and has happened
        emptied = any(one[0] == "truncate" and one[2] == 0 for one in node.pending)
        content = b"" if emptied else node.kept.content
    elif fate == "torn":
        content = content[: BLOCK * chance.randint(0, len(content) // BLOCK)]
    else:
        content = _blocks(node, chance)
    return Entry("file", node.mode, content, node.modified)


def _blocks(node: Node, chance: random.Random) -> bytes:
    """Return the file in its new length, with some blocks of the new content, and the old or zeros else."""
    made = bytearray(node.kept.content[: len(node.content)])
    made.extend(bytes(len(node.content) - len(made)))
    for start in range(0, len(made), BLOCK):
        if chance.random() < 0.5:
            made[start : start + BLOCK] = node.content[start : start + BLOCK]
    return bytes(made)
