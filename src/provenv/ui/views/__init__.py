"""One human view for each value a command hands over: `lines(value, context)`.

A view's module is imported only when its value is shown.
"""

from __future__ import annotations

from typing import Literal

from ...lazy import load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...errors import Problem
    from ..context import Context
    from ..line import Line

# `ask`: what was asked for, always shown. `act`: what was done, kept back by --quiet.
# `note`: stands beside another program's output, so it goes to stderr.
# `aside`: the same, kept back by --quiet.
Stream = Literal["ask", "act", "note", "aside"]
STREAMS: dict[str, Stream] = {
    "Facts": "ask",
    "FleetFacts": "ask",
    "FleetCopied": "act",
    "FleetRan": "note",
    "FleetPlanned": "ask",
    "FleetUp": "act",
    "FleetProven": "act",
    "FleetStatus": "ask",
    "FleetRollback": "act",
    "FleetCleaned": "act",
    "Diagnosis": "ask",
    "Explanation": "ask",
    "Plan": "ask",
    "PlanResult": "ask",
    "Status": "ask",
    "History": "ask",
    "Difference": "ask",
    "Evidence": "act",
    "LockResult": "act",
    "Download": "act",
    "UpResult": "act",
    "Rollback": "act",
    "PushResult": "ask",
    "PullResult": "act",
    "Cleaned": "act",
    "InitResult": "act",
    "EditResult": "act",
    "DataList": "ask",
    "DataPath": "ask",
    "DataDigest": "ask",
    "DataRemoved": "act",
    "DemoSummary": "act",
    "ExampleList": "ask",
    "About": "ask",
    "Answered": "note",
    "Checkup": "ask",
    "MirrorResult": "ask",
    "Rendered": "act",
    "Launch": "aside",
    "RunList": "ask",
    "RunShown": "ask",
    "RunStopped": "act",
    "RunsRemoved": "act",
    "RunExported": "act",
    "ResumeProof": "ask",
    "Comparison": "ask",
    "RunCurves": "ask",
    "PageWritten": "act",
}


def lines(value: object, context: Context) -> Iterator[Line]:
    """Return the lines of a value's view. Raises KeyError for a type that has none."""
    drawn: Iterator[Line] = load(f"ui.view.{type(value).__name__}")(value, context)
    return drawn


def stream(value: object) -> Stream:
    """Return where a value is shown, and whether --quiet keeps it back."""
    return STREAMS.get(type(value).__name__, "ask")


def findings(value: object) -> tuple[Problem, ...]:
    """Return the warnings and notes that a value carries."""
    found: list[Problem] = []
    for holder in (getattr(value, "spec", None), getattr(value, "lock", None), value):
        # what doctor finds is told in its own view
        found += [one for one in getattr(holder, "findings", ()) if hasattr(one, "severity")]
    return tuple(found)
