"""What one entry of a list of hosts cannot tell by itself: hosts that stand twice, too many, none at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..errors import Problem, problem, text
from ..model.fleet import Address
from .hosts import MOST, NotAHost, read_hosts
from .positions import Path
from .source import brief
from .toml_text import Document


def host_mistakes(document: Document, table: Path, own: Any) -> Iterator[Problem]:
    """Yield what is wrong with the hosts of the ssh targets, each at the entry that is too much.

    `own` are provenv's keys at `table` of the document, unchecked; what is no host at all is passed over.
    """
    targets = own.get("target") if isinstance(own, dict) else None
    for name, target in targets.items() if isinstance(targets, dict) else ():
        if isinstance(target, dict) and target.get("kind") == "ssh":
            hosts = target.get("hosts")
            if isinstance(hosts, list):
                yield from _entries(document, (*table, "target", name, "hosts"), hosts)
            elif hosts is None and "facts" not in target:
                yield _missing(document, table, name)


def _missing(document: Document, table: Path, name: str) -> Problem:
    span = document.at_key((*table, "target", name))
    return problem(
        "PV104",
        key=f"target.{brief(name)}.hosts",
        where=document.source.place(span.start, span.length),
        why=text("PV104.why", table=f"target.{brief(name)}", key="hosts"),
    )


def _entries(document: Document, path: Path, entries: list[Any]) -> Iterator[Problem]:
    seen: dict[tuple[str, str, int | None], int] = {}
    for number, entry in enumerate(entries):
        span = document.at_value((*path, number))
        where = document.source.place(span.start, span.length)
        twice: Address | None = None
        for address in _read(entry):
            if seen.setdefault(_identity(address), number) != number:
                twice = twice or address
        if twice is not None:
            first = entries[seen[_identity(twice)]]
            why = text("PV1290.why", entry=brief(first)) if first != twice.name else None
            yield problem("PV1290", host=brief(twice.name), where=where, why=why)
        if len(seen) > MOST:
            yield problem("PV1291", where=where, why=text("PV1291.why", most=f"{MOST:,}"))
            return


def _read(entry: Any) -> tuple[Address, ...]:
    try:
        return read_hosts(entry) if isinstance(entry, str) else ()
    except NotAHost:
        return ()


def _identity(address: Address) -> tuple[str, str, int | None]:
    return address.user, address.host.casefold(), address.port
