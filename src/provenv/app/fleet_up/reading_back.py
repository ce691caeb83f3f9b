"""What was installed on a host, read back file by file and compared with what the packages recorded."""

from __future__ import annotations

import io
import json
import posixpath
import tarfile
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ...errors import Failure, Problem, problem, text, verbatim
from ...model.facts import Facts
from ...targets.recorded import Records, Wrong, recorded, wrong
from ...targets.tree import Tree, read_tree
from .places import Place
from .there import last_words

PAYLOADS = Path(__file__).resolve().parents[2] / "payload"
NAMED = 3
"""How many files of a package a message names."""


def read_back(place: Place, number: int, facts: Facts, *, again: Callable[[frozenset[str]], None]) -> Tree:
    """Return what a generation's files are, all of it made durable there.

    Where they are not what their packages recorded, those packages are installed `again`, once.
    Raises Failure: PV1327 where they are wrong even then, PV412 and PV413 (see targets.tree), what `again`
    does.
    """
    tree = tree_of(place, number, facts, sync=True)
    found = _wrong(place, number, tree)
    if found:
        again(frozenset(one.package for one in found))
        tree = tree_of(place, number, facts, sync=True)
        found = _wrong(place, number, tree)
    certain = [one for one in found if one.certain]
    if certain:
        raise Failure(*(_told(place, one) for one in certain))
    return tree


def tree_of(place: Place, number: int, facts: Facts, *, sync: bool = False) -> Tree:
    """Return every file of a generation on a host, read there. Raises Failure: PV412, PV413."""
    try:
        return read_tree(
            Path(place.venv(number)),
            host=place.host,
            python=place.python(number),
            cores=facts.cpu.granted,
            sync=sync,
            above=Path(place.root) if sync else None,
        )
    except Failure as failure:
        first = failure.problems[0]
        if first.code in ("PV412", "PV413"):
            path = f"{place.name}:{place.venv(number)}"
            raise Failure(problem(first.code, path=path, why=first.why)) from failure
        raise


def records_of(place: Place, number: int, folder: Path) -> Records:
    """Return what the packages of a generation on a host recorded; `folder` gets their RECORDs.

    Raises Failure PV412.
    """
    venv = place.venv(number)
    program = f"{(PAYLOADS / 'read_records.py').read_text('utf-8')}\n\nmain({json.dumps(venv)})\n"
    done = place.host.exec([place.python(number), "-I", "-S", "-"], stdin=program.encode())
    if done.code:
        raise Failure(problem("PV412", path=f"{place.name}:{venv}", why=verbatim(last_words(done))))
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        for member in archive:
            goal = folder / posixpath.normpath(member.name)
            if ".." in goal.parts or member.name.startswith("/"):
                continue
            if member.isdir():
                goal.mkdir(parents=True, exist_ok=True)
            elif (stream := archive.extractfile(member)) is not None:
                goal.parent.mkdir(parents=True, exist_ok=True)
                goal.write_bytes(stream.read())
    return recorded(folder)


def _wrong(place: Place, number: int, tree: Tree) -> tuple[Wrong, ...]:
    with tempfile.TemporaryDirectory(prefix="provenv-records-") as scratch:
        folder = Path(scratch)
        records = records_of(place, number, folder)
        for path in records.others.keys() - records.digests.keys():
            # recorded by another algorithm than the one they were read by: their content has to come here
            with suppress(FileNotFoundError):
                content = place.host.get(posixpath.join(place.venv(number), path))
                goal = folder / path
                goal.parent.mkdir(parents=True, exist_ok=True)
                goal.write_bytes(content)
        return tuple(one for one in wrong(folder, tree, records, {}) if one.package)


def _told(place: Place, one: Wrong) -> Problem:
    record = ["RECORD"] if one.unrecorded else []
    files = [*record, *one.changed, *one.missing]
    shown = ", ".join([*files[:NAMED], *(["..."] if len(files) > NAMED else [])])
    return problem(
        "PV1327", host=place.name, name=one.package, n=len(files), files=shown, why=text("PV1327.why")
    )
