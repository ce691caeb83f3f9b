"""The probe for places without Python: the asks as a script for sh, its answer as probe.py's would be."""

from __future__ import annotations

import math
import shlex
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from .cgroup import cpus
from .raw import whole

PROBE = Path(__file__).parent.parent / "payload" / "probe.sh"
ARGV = ["sh", "-s"]
MISSING = ("windows", "cuda")
"""Builtins that sh can't do: what they would have told stays untold."""

Rows = list[list[str]]


def script(asks: Iterable[Mapping[str, object]]) -> str:
    """Return the whole text to send: the probe, a line for each ask that sh can answer, the end."""
    lines = [line for ask in asks if (line := _line(ask))]
    return "\n".join([PROBE.read_text(encoding="utf-8"), *lines, "finish", ""])


def _line(ask: Mapping[str, object]) -> str:
    kind, arguments = _what(ask)
    if not kind:
        return ""
    limit = ask.get("limit")
    seconds = math.ceil(limit) if isinstance(limit, (int, float)) else 10
    how = ask.get("how") or ask.get("path") or " ".join(arguments)
    words = [
        str(ask["name"]),
        str(how),
        str(seconds),
        " ".join(_strings(ask.get("systems"))),
        kind,
        *arguments,
    ]
    return "ask " + " ".join(shlex.quote(word) for word in words)


def _what(ask: Mapping[str, object]) -> tuple[str, list[str]]:
    """Return the kind and the arguments by which probe.sh knows an ask; an empty kind: it does not."""
    if ask["kind"] == "command":
        variables = ask.get("environment")
        named = (
            [f"{key}={value}" for key, value in variables.items()] if isinstance(variables, Mapping) else []
        )
        return "command", [*named[:1], *_strings(ask.get("argv"))]
    if ask["kind"] == "file":
        return "file", [str(ask["path"])]
    if ask["kind"] == "glob":
        return "builtin", ["glob", str(ask["path"])]
    name = str(ask["builtin"])
    if name in MISSING:
        return "", []
    flags = {"nodes": "open", "texts": "names_only"}
    flag = ["1" if ask.get(flags[name]) else "0"] if name in flags else []
    path = [str(ask["path"])] if name == "space" else []
    lists = [word for key in ("names", "paths", "vendors") for word in _strings(ask.get(key))]
    return "builtin", [name, *flag, *path, *lists]


def _strings(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def document(answer: Mapping[str, Any], asks: Iterable[Mapping[str, object]]) -> dict[str, Any]:
    """Return the answer in the form of probe.py's: texts in place of hexadecimal, rows as values."""
    builtins = {str(ask["name"]): str(ask.get("builtin") or ask["kind"]) for ask in asks}
    items = {}
    for name, item in answer["items"].items():
        found = {key: text(value) if isinstance(value, Mapping) else value for key, value in item.items()}
        if found.pop("builtin", False):
            rows = [line.split("\t") for line in str(found.pop("out", "")).splitlines()]
            read = VALUES.get(builtins.get(name, ""))
            if read is not None and found.get("outcome") == "read":
                found["value"] = read(rows)
        items[name] = found
    return {**answer, "items": items}


def text(value: Mapping[str, object]) -> str:
    """Return the text that stands in hexadecimal; nothing where it is not that."""
    try:
        return bytes.fromhex(str(value.get("hex", ""))).decode("utf-8", "replace")
    except ValueError:
        return ""


def _pairs(rows: Rows) -> dict[str, str]:
    return {row[0]: row[1] for row in rows if len(row) == 2}


def _system(rows: Rows) -> dict[str, object]:
    said: dict[str, object] = {**_pairs(rows)}
    return {**said, "cores": whole(said.get("cores"))}


def _limits(rows: Rows) -> dict[str, int | None]:
    found: dict[str, int | None] = {}
    for name, value, unit in (row for row in rows if len(row) == 3):
        number = whole(value)
        found[name] = number * int(unit) if number is not None else None
    return found


def _affinity(rows: Rows) -> list[int]:
    return cpus(rows[0][0]) if rows else []


def _space(rows: Rows) -> dict[str, object]:
    if not rows or len(rows[0]) != 7:
        return {}
    path, asked, writable, total, free, device, filesystem = rows[0]
    sizes = {"total": (whole(total) or 0) * 1024, "free": (whole(free) or 0) * 1024}
    where = {"path": path, "asked": asked, "writable": writable == "1"}
    return {**where, **sizes, "device": device, "filesystem": filesystem}


def _cgroup(rows: Rows) -> dict[str, object]:
    levels: dict[tuple[str, str], dict[str, str]] = {}
    groups = ""
    for row in rows:
        if len(row) == 2 and row[0] == "groups":
            groups = text({"hex": row[1]})
        elif len(row) == 4:
            files = levels.setdefault((row[0], row[1]), {})
            if row[2]:
                files[row[2]] = text({"hex": row[3]})
    told = [
        {"version": whole(version), "folder": folder, "files": files}
        for (version, folder), files in levels.items()
    ]
    return {"groups": groups, "levels": told}


def _pci(rows: Rows) -> list[dict[str, str]]:
    keys = ("id", "class", "slot", "subsystem", "driver", "render")
    return [dict(zip(keys, row, strict=True)) for row in rows if len(row) == len(keys)]


def _nodes(rows: Rows) -> list[dict[str, object]]:
    found = []
    for path, readable, writable, opened, group in (row for row in rows if len(row) == 5):
        entry: dict[str, object] = {"path": path, "readable": readable == "1", "writable": writable == "1"}
        entry["group"] = group
        if opened:
            entry["opened"] = opened == "1"
        found.append(entry)
    return found


def _texts(rows: Rows) -> list[dict[str, str]]:
    return [{"path": row[0], "real": row[1], "text": text({"hex": row[2]})} for row in rows if len(row) == 3]


def _presence(rows: Rows) -> dict[str, list[str]]:
    return {
        "variables": [row[1] for row in rows if row[0] == "variable" and len(row) == 2],
        "paths": [row[1] for row in rows if row[0] == "path" and len(row) == 2],
    }


def _pythons(rows: Rows) -> list[dict[str, str]]:
    return [dict(zip(("path", "source", "out"), row, strict=True)) for row in rows if len(row) == 3]


def _glob(rows: Rows) -> list[str]:
    return [row[0] for row in rows]


VALUES: dict[str, Callable[[Rows], object]] = {
    "system": _system,
    "environ": _pairs,
    "which": _pairs,
    "rlimits": _limits,
    "affinity": _affinity,
    "space": _space,
    "cgroup": _cgroup,
    "pci": _pci,
    "nodes": _nodes,
    "texts": _texts,
    "presence": _presence,
    "pythons": _pythons,
    "glob": _glob,
}
