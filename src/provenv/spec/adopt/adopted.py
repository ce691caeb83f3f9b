"""What was read from a source: `Draft` while it is read, `Adopted` once it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import Text
from ...model.adopted import LeftOut
from ..source import brief


@dataclass(frozen=True)
class Item:
    """Words of the declared file, the place (FILE:LINE) that they come from, and what was changed.

    One that is not `sure` becomes a comment.
    """

    words: str
    where: str
    note: Text | None = None
    sure: bool = True


@dataclass(frozen=True)
class Reference:
    """A file that the declared file refers to instead of copying it."""

    file: str
    groups: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()


@dataclass(frozen=True)
class Named:
    """A value under a name: a variable, a run, a mirror."""

    name: str
    item: Item


@dataclass(frozen=True)
class Keyed:
    """A key of `[target.image]`, and what it holds."""

    key: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Adopted:
    """Everything that the declared file will say, and what it will not.

    `options` are lines of pip's requirement files that provenv.toml has no key
    for (further indexes, `-c FILE`); `constraints` are requirements that only
    bound versions. `about` tells how the list came about, for its comment. `groups`
    and `extras` are names of the file that is referred to which could be added.
    """

    kind: str
    source: str
    name: str | None = None
    python: Item | None = None
    references: tuple[Reference, ...] = ()
    requirements: tuple[Item, ...] = ()
    constraints: tuple[Item, ...] = ()
    options: tuple[Item, ...] = ()
    accelerator: Item | None = None
    system: tuple[Item, ...] = ()
    variables: tuple[Named, ...] = ()
    passed: tuple[Item, ...] = ()
    mirrors: tuple[Named, ...] = ()
    prove: tuple[Named, ...] = ()
    runs: tuple[Named, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    found: tuple[Text, ...] = ()
    about: Text | None = None
    groups: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    image: tuple[Keyed, ...] = ()


@dataclass
class Draft:
    """An accumulator that lives as long as one source is read.

    `root` is the folder that provenv.toml will stand in; `folder` the one that
    the source's paths are relative to. `seen` are the files that were read
    already, so that none is read twice. A `dump` was written by a program and
    lists everything that is installed, not what somebody asked for.
    """

    root: Path
    folder: Path
    kind: str
    source: str
    dump: bool = False
    name: str | None = None
    python: Item | None = None
    accelerator: Item | None = None
    about: Text | None = None
    references: list[Reference] = field(default_factory=list)
    requirements: list[Item] = field(default_factory=list)
    constraints: list[Item] = field(default_factory=list)
    options: list[Item] = field(default_factory=list)
    system: list[Item] = field(default_factory=list)
    variables: dict[str, Item] = field(default_factory=dict)
    passed: dict[str, Item] = field(default_factory=dict)
    mirrors: dict[str, Item] = field(default_factory=dict)
    prove: dict[str, Item] = field(default_factory=dict)
    runs: dict[str, Item] = field(default_factory=dict)
    image: dict[str, list[Item]] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)
    found: list[Text] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    extras: list[str] = field(default_factory=list)
    seen: set[Path] = field(default_factory=set)

    def leave(self, words: str, where: str, why: Text) -> None:
        """Note something that is not carried over; passwords in it are masked."""
        one = LeftOut(brief(" ".join(words.split())), where, why)
        if one not in self.left_out:
            self.left_out.append(one)

    def tell(self, *messages: Text) -> None:
        """Note what was found, each message once."""
        self.found.extend(one for one in messages if one not in self.found)

    def inner(self, folder: Path) -> Draft:
        """Return an empty draft for a source that this one names, with paths relative to `folder`."""
        return Draft(self.root, folder, self.kind, self.source, self.dump, seen=self.seen)

    def take(self, other: Draft) -> None:
        """Add all that another draft holds; what stands here already wins where only one can be."""
        self.name = self.name or other.name
        self.python = self.python or other.python
        self.accelerator = self.accelerator or other.accelerator
        self.about = self.about or other.about
        self.references.extend(one for one in other.references if one not in self.references)
        self.requirements.extend(other.requirements)
        self.constraints.extend(other.constraints)
        self.options.extend(one for one in other.options if one.words not in _words(self.options))
        self.system.extend(one for one in other.system if one.words not in _words(self.system))
        for mine, theirs in (
            (self.variables, other.variables),
            (self.passed, other.passed),
            (self.mirrors, other.mirrors),
            (self.prove, other.prove),
            (self.runs, other.runs),
        ):
            mine.update({key: item for key, item in theirs.items() if key not in mine})
        self.image.update({key: items for key, items in other.image.items() if key not in self.image})
        self.left_out.extend(one for one in other.left_out if one not in self.left_out)
        self.tell(*other.found)

    def done(self) -> Adopted:
        """Return what was read, as a value."""
        return Adopted(
            self.kind,
            self.source,
            self.name,
            self.python,
            tuple(self.references),
            tuple(_once(self.requirements)),
            tuple(self.constraints),
            tuple(self.options),
            self.accelerator,
            tuple(self.system),
            _named(self.variables),
            tuple(self.passed.values()),
            _named(self.mirrors),
            _named(self.prove),
            _named(self.runs),
            tuple(self.left_out),
            tuple(self.found),
            self.about,
            tuple(self.groups),
            tuple(self.extras),
            tuple(Keyed(key, tuple(items)) for key, items in self.image.items()),
        )


def _words(items: Iterable[Item]) -> set[str]:
    return {item.words for item in items}


def _once(items: Sequence[Item]) -> Iterator[Item]:
    """Yield the items of which no earlier one says the same; a certain one counts more than a comment."""
    sure = {item.words for item in items if item.sure}
    seen: set[str] = set()
    for item in items:
        if item.words not in seen and (item.sure or item.words not in sure):
            seen.add(item.words)
            yield item


def _named(items: dict[str, Item]) -> tuple[Named, ...]:
    return tuple(Named(name, item) for name, item in items.items())
