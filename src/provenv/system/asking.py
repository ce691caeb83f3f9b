"""What is asked of a machine about the things that have to be there, and the reading of its answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .managers import Manager
from .naming import Wanted

SCRIPT = Path(__file__).parent.parent / "payload" / "system.sh"


@dataclass(frozen=True)
class Asked:
    """What the machine says that it has; `answered` is False where it could not be asked (no POSIX shell)."""

    there: frozenset[tuple[str, str]] = frozenset()
    answered: bool = False

    def present(self, one: Wanted) -> bool | None:
        """Tell whether a wanted thing is there; None where nobody knows."""
        if not self.answered:
            return None
        shown = [("library", name) for name in one.libraries] + [("program", name) for name in one.programs]
        package = [("package", one.package)] if one.package else []
        return any(entry in self.there for entry in shown + package)


def question(things: Sequence[Wanted], manager: Manager | None) -> list[str]:
    """Return the command that asks for all of these at once."""
    asks = dict.fromkeys(entry for one in things for entry in _asks(one))
    words = [word for entry in asks for word in entry]
    return ["sh", "-c", SCRIPT.read_text(encoding="utf-8"), "sh", manager.name if manager else "-", *words]


def answer(printed: str) -> Asked:
    """Return what the machine printed, read."""
    lines = printed.splitlines()
    pairs = (line.partition(" ") for line in lines if line != "end")
    return Asked(frozenset((kind, name) for kind, _, name in pairs), "end" in lines)


def _asks(one: Wanted) -> Iterable[tuple[str, str]]:
    yield from (("library", name) for name in one.libraries)
    yield from (("program", name) for name in one.programs)
    if one.package:
        yield "package", one.package
