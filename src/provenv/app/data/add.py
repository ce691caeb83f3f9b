"""`data add`: a file that was brought by hand, where the network does not reach its place."""

from __future__ import annotations

from pathlib import Path

from ...errors import Exit, Failure, Hint, problem, text
from ...hosts.fetch import sha256_of
from ...hosts.refused import refused
from ...model.data import DataList, DataStanding
from ..project import Project
from . import fetched
from .sets import chosen, origin


def add(project: Project, name: str, file: Path) -> DataList:
    """Put `file` into the cache as what the set's address gives, if its sha256 is the declared one.

    Raises Failure: PV1435, PV1449 for another file or a set that has no file of its own, and what
    unpacking it raises (see `fetched.bring`).
    """
    (one,) = chosen(project.spec(), (name,))
    if one.source not in ("url", "npm"):
        raise Failure(
            problem("PV1449", name=name, file=str(file), why=text("PV1449.source", source=one.source)),
            exit_code=Exit.USAGE,
        )
    try:
        found = sha256_of(file)
        if found != one.sha256:
            why = text("PV1449.why", found=found, declared=one.sha256)
            raise Failure(problem("PV1449", name=name, file=str(file), why=why))
        here = fetched.take(project, one, file)
    except OSError as error:
        told = refused(error, str(file))
        if told is not None:
            raise told from error
        why = text("PV1449.unreadable", reason=error.strerror or type(error).__name__)
        hints = (Hint(None, f"provenv data fetch {name}"),)
        raise Failure(problem("PV1449", name=name, file=str(file), why=why, hints=hints)) from error
    return DataList((DataStanding(name, one.source, origin(one), "there", here, fetched=True),))
