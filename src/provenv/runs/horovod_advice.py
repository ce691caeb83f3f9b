"""What a user is told of a script that needs Horovod: why not, and what does the same, line by line."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator

from ..diagnosis.checks.abandoned import rows
from ..errors import Hint, Place, Problem, bilingual, problem, text
from .horovod import Called, Use
from .horovod_names import TENSORFLOW, TORCH, key_of
from .started import Started

MXNET = "mxnet"


def advice(started: Started, use: Use, *, folder: str, installed: bool, world: int) -> Problem | None:
    """Return what is to be said: PV1256 (an error: it can't be imported), else PV1255; None for nothing.

    A script that does without it where it is missing (`try: ... except ImportError`) needs no word then.
    """
    if not installed and use.guarded:
        return None
    missing = not installed and use.certain
    shown = os.path.relpath(started.path, folder)
    where = Place(
        started.path if shown.startswith("..") else shown,
        use.line,
        use.column,
        use.source,
        max(1, len(use.source.rstrip()) - use.column + 1),
    )
    ended = rows()["horovod"]
    return problem(
        "PV1256" if missing else "PV1255",
        where=where,
        why=bilingual(ended.en, ended.zh),
        hints=tuple(_hints(started, use, world)),
        severity="error" if missing else "warning",
        file=where.file,
    )


def without_launcher(argv: tuple[str, ...], started: Started | None) -> Problem:
    """Return that there is no `horovodrun` (PV1257), and what starts the same processes."""
    ended = rows()["horovod"]
    hints = tuple(_starts(started, 1)) if started is not None else ()
    return problem("PV1257", why=bilingual(ended.en, ended.zh), hints=hints, name=argv[0])


def _hints(started: Started, use: Use, world: int) -> Iterator[Hint]:
    family = _family(use)
    if family == MXNET:
        row = rows()[MXNET]
        yield Hint(text("horovod.mxnet"))
        yield Hint(bilingual(row.en, row.zh))
        return
    if world > 1 and not started.launcher:
        yield Hint(text("horovod.alone"))
    yield Hint(text(f"horovod.{family}"))
    for call in use.calls:
        yield _row(family, call)
    yield from _starts(started, world, family)


def _family(use: Use) -> str:
    named = {one.partition(".")[0] for one in use.frameworks}
    if "torch" in named:
        return "torch"
    if named & {"tensorflow", "keras"}:
        return "tensorflow"
    return MXNET if MXNET in named else "torch"


def _row(family: str, call: Called) -> Hint:
    key = key_of(call.name, TORCH if family == "torch" else TENSORFLOW)
    lines = ", ".join(map(str, call.lines))
    return Hint(text(f"horovod.{family}.{key}", call=call.written, lines=lines))


def _starts(started: Started, world: int, family: str = "torch") -> Iterator[Hint]:
    """Yield what starts as many processes of the script, with us and with PyTorch alone."""
    count = started.count or (str(world) if world > 1 else "auto")
    ours = f"provenv run --processes {count} -- {shlex.join(started.words)}"
    yield Hint(text("horovod.start"), ours)
    if family == "torch":
        yield Hint(
            text("horovod.torchrun"), f"torchrun --nproc-per-node {count} {shlex.join(started.arguments)}"
        )
