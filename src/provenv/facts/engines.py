"""The fact `engines`: container engines, whether this user reaches them, and how they hand out GPUs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ..model.services import Engine
from . import cdi, tools
from .raw import Raw

SYSTEMS = ["linux", "darwin", "win32"]
QUESTIONS: dict[str, tuple[str, ...]] = {
    "docker": ("info", "--format", "{{json .}}"),
    "podman": ("info", "--format", "json"),
    "nerdctl": ("info", "--format", "{{json .}}"),
}
LIMIT = 3.0
"""Seconds: an engine that does not answer in these is not one to build with now."""

ASKS: list[dict[str, object]] = [
    {"name": f"engines.{name}", "kind": "command", "argv": [name, *words], "limit": LIMIT, "systems": SYSTEMS}
    for name, words in QUESTIONS.items()
]


def read(raw: Raw) -> tuple[Engine, ...]:
    """Return the Engines whose program is there."""
    devices = cdi.read(raw)
    return tuple(
        _engine(name, raw, devices) for name in QUESTIONS if raw.outcome(f"engines.{name}") != "absent"
    )


def _engine(name: str, raw: Raw, devices: tuple[str, ...]) -> Engine:
    ask = f"engines.{name}"
    said = document(raw.printed(ask))
    version = tools.version_of(name, raw.printed(f"tools.{name}"))
    detail = "" if raw.outcome(ask) == "read" else _reason(raw.printed(ask))
    if raw.outcome(ask) == "timeout":
        return Engine(name, version, detail=f"{name} info: timeout")
    if name == "podman":
        return podman(said, version, devices, detail)
    return docker(said, version, devices, detail, name)


def docker(
    said: Mapping[str, Any],
    version: str,
    devices: tuple[str, ...] = (),
    detail: str = "",
    name: str = "docker",
) -> Engine:
    """Read `docker info --format '{{json .}}'` (nerdctl's is alike).

    A client without its daemon prints the document too, with the reason in `ServerErrors`.
    """
    errors = [str(one).strip() for one in _list(said.get("ServerErrors"))]
    server = str(said.get("ServerVersion") or "")
    runtimes = said.get("Runtimes")
    options = " ".join(str(option) for option in _list(said.get("SecurityOptions")))
    found = [str(one.get("ID")) for one in _list(said.get("DiscoveredDevices")) if isinstance(one, Mapping)]
    return Engine(
        name,
        server or _client(said) or version,
        reachable=bool(server) and not errors,
        rootless="name=rootless" in options,
        runtimes=tuple(sorted(runtimes)) if isinstance(runtimes, Mapping) else (),
        cdi=tuple(dict.fromkeys([*devices, *found])),
        detail=(errors[0] if errors else "" if server else detail)[:300],
    )


def _client(said: Mapping[str, Any]) -> str:
    client = said.get("ClientInfo")
    return str(client.get("Version") or "") if isinstance(client, Mapping) else ""


def podman(said: Mapping[str, Any], version: str, devices: tuple[str, ...] = (), detail: str = "") -> Engine:
    """Read `podman info --format json`; podman reads the device specifications by itself."""
    host = _mapping(said, "host")
    told = str(_mapping(said, "version").get("Version") or "")
    runtime = str(_mapping(host, "ociRuntime").get("name") or "")
    return Engine(
        "podman",
        told or version,
        reachable=bool(host),
        rootless=_mapping(host, "security").get("rootless") is True,
        runtimes=(runtime,) if runtime else (),
        cdi=devices,
        detail="" if host else detail[:300],
    )


def document(printed: str) -> Mapping[str, Any]:
    """Return the JSON document in what was printed; warnings may stand round it."""
    start, end = printed.find("{"), printed.rfind("}")
    try:
        found = json.loads(printed[start : end + 1]) if start >= 0 else None
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, Mapping) else {}


def _reason(printed: str) -> str:
    """Return the line that says what went wrong: the last one of a log, without its prefix."""
    lines = [line.strip() for line in printed.splitlines() if line.strip() and not line.startswith("{")]
    wrong = [line for line in lines if re.search(r"error|denied|cannot|failed", line, re.I)]
    return re.sub(r"^(?:docker|Error|ERROR):\s*", "", (wrong or lines or [""])[-1])


def _mapping(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = values.get(name)
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
