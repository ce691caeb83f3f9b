"""An Entry: one row of the table of checks, and what a row may ask of the declaration and the facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..model.evidence import Check
from ..model.facts import Facts
from ..model.spec import Spec
from .judges.results import judge_results
from .verdict import Raw, Verdict

Judge = Callable[[Check, Raw], Verdict]


@dataclass(frozen=True)
class Given:
    """What is known before anything runs.

    `packages` maps normalised names to versions; `facts` are the place's own (None: unknown).
    """

    packages: Mapping[str, str]
    spec: Spec
    facts: Facts | None = None

    def installed(self, need: str) -> str | None:
        """Return which of the packages of `a|b|c` is installed, None where none is."""
        return next((name for name in need.split("|") if name in self.packages), None)


@dataclass(frozen=True)
class Entry:
    """A check: what must be installed for it, how its script is run (`limit` in seconds), who judges it.

    `needs` are package names; `a|b` is met by either. `group` names the nursery
    that the check is forked from (groups.py), `also` what is imported there
    beside. `script` is the script's name where that is not the check's own.
    `alone`: nothing else runs beside it, because it measures. `cost` is about how many seconds of one core
    it takes, what it imports included: the costly start first. `late`: it imports what a nursery does, and
    better after it. `quick`: a quick proof has it, because it finds most for its time. `sent` gives
    options that depend on what is known, `fits` tells whether the check has a matter at all.
    """

    name: str
    needs: tuple[str, ...] = ()
    group: str = ""
    limit: float = 120.0
    options: Mapping[str, object] = field(default_factory=dict)
    judge: Judge = judge_results
    also: tuple[str, ...] = ()
    script: str = ""
    alone: bool = False
    computing: bool = True
    cost: float = 0.5
    late: bool = False
    quick: bool = False
    sent: Callable[[Given], Mapping[str, object]] | None = None
    fits: Callable[[Given], bool] | None = None

    @property
    def stem(self) -> str:
        """Return the script's name without suffix; the words of the catalogues are named like it."""
        return self.script or self.name.replace("-", "_")

    @property
    def payload(self) -> str:
        """Return the script's file name."""
        return self.stem + ".py"

    def check(self, given: Given) -> Check | None:
        """Return the check as it is to be sent, None where it does not apply."""
        found = [given.installed(need) for need in self.needs]
        if None in found or (self.fits is not None and not self.fits(given)):
            return None
        options = {**self.options, **(self.sent(given) if self.sent is not None else {})}
        package = (found[0] or "") if found else ""
        return Check(self.name, self.payload, self.limit, options, self.group, package)
