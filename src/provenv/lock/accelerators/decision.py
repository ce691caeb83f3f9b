"""What comes of the choice: candidates with their reasons, what was refused, and one vendor's answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ...errors import Problem, Text, text
from ...model.lock import Choice, Refusal
from .. import builds

KINDS = {"mps": "mps", "xpu": "xpu", "ascend": "ascend", "tpu": "tpu", "jetson": "cuda"}


@dataclass(frozen=True)
class Candidate:
    """A build that runs on the machine.

    `build` is torch's build as its index path names it (`cpu`, `cu130`, `rocm6.4`,
    `xpu`, `mps`); `versions` are torch's minor versions that have it and are allowed.
    `label` names the accelerator where the build alone does not (`ascend`, `tpu`,
    `jetson`). `plugins` are requirement lines to add where torch is wanted,
    `constraints` limits of torch that this machine needs. `index` is the only
    index that has the build, where that is not PyTorch's own. `behind` says why
    it comes after others, where being older is not the reason.
    """

    build: str
    why: Text
    versions: tuple[str, ...] = ()
    label: str = ""
    plugins: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    index: str | None = None
    behind: Text | None = None

    @property
    def accelerator(self) -> str:
        """Return what the choice says: `ascend`, `tpu`, `jetson`, else the build."""
        return self.label or self.build

    @property
    def kind(self) -> str:
        """Return `cuda`, `rocm`, `xpu`, `mps`, `tpu`, `ascend` or `cpu`."""
        if builds.is_cuda(self.accelerator):
            return "cuda"
        if self.accelerator.startswith("rocm"):
            return "rocm"
        return KINDS.get(self.accelerator, "cpu")

    @property
    def shown(self) -> str:
        """Return a name that tells it from other candidates of the same accelerator."""
        return f"{self.label} {self.plugins[0]}" if self.plugins else self.accelerator


@dataclass(frozen=True)
class Decision:
    """The candidates, best first (never empty), what was refused, and what deserves a warning."""

    candidates: tuple[Candidate, ...]
    refused: tuple[Refusal, ...] = ()
    findings: tuple[Problem, ...] = ()

    @property
    def kind(self) -> str:
        """Return the kind of the best candidate: `cuda`, `rocm`, `xpu`, `mps`, `tpu`, `ascend` or `cpu`."""
        return self.candidates[0].kind

    @property
    def choice(self) -> Choice:
        """Return the best candidate as a decision with its reason."""
        best = self.candidates[0]
        rest = tuple(Refusal(one.shown, _behind(one, best)) for one in self.candidates[1:])
        return Choice("accelerator", best.accelerator, best.why, (*rest, *self.refused))


@dataclass(frozen=True)
class Outcome:
    """What one vendor's devices come to.

    `candidates` best first; without any, `why` tells the reason, and `unfit`
    that there is a device which no build of the wanted torch fits. `devices`
    names what was found (empty: nothing of this vendor). `memory` is that of
    all devices in bytes, 0 where nothing says it; `integrated` that all of
    them are part of the processor.
    """

    kind: str
    candidates: tuple[Candidate, ...] = ()
    why: Text | None = None
    unfit: bool = False
    devices: str = ""
    memory: int = 0
    integrated: bool = False
    refused: tuple[Refusal, ...] = ()
    findings: tuple[Problem, ...] = ()


def merged(refused: tuple[Refusal, ...] | list[Refusal]) -> tuple[Refusal, ...]:
    """Return one refusal a build; builds that changed over torch's versions have several rows."""
    return tuple({one.value: one for one in refused}.values())


def named(names: Iterable[str]) -> str:
    """Return names joined, each once; `?` where there are none."""
    return ", ".join(dict.fromkeys(names)) or "?"


def _behind(one: Candidate, best: Candidate) -> Text:
    """Return why a candidate is not the best."""
    if one.behind is not None:
        return one.behind
    newest = builds.newest(one.versions) if one.versions else "?"
    return text("lock.accelerator.ranked_lower", better=best.shown, torch=newest)
