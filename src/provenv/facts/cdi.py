"""The Container Device Interface: which devices its specifications on a machine name."""

from __future__ import annotations

import json
import re

from .raw import Raw

ASKS: list[dict[str, object]] = [
    {"name": "cdi.list", "kind": "command", "argv": ["nvidia-ctk", "cdi", "list"], "systems": ["linux"]},
    {
        "name": "cdi.specifications",
        "kind": "builtin",
        "builtin": "texts",
        "paths": ["/etc/cdi/*.yaml", "/etc/cdi/*.json", "/var/run/cdi/*.yaml", "/var/run/cdi/*.json"],
        "systems": ["linux"],
        "how": "/etc/cdi, /var/run/cdi",
    },
]

NAME = re.compile(r"^[A-Za-z0-9][\w.-]*\.[\w.-]*/[\w.-]+=[\w.:-]+$")


def read(raw: Raw) -> tuple[str, ...]:
    """Return the devices' full names (`nvidia.com/gpu=0`), each once."""
    found = listed(raw.out("cdi.list"))
    for file in raw.texts("cdi.specifications"):
        found += specification(file.text)
    return tuple(dict.fromkeys(found))


def listed(printed: str) -> tuple[str, ...]:
    """Read `nvidia-ctk cdi list`: a name a line, among lines of its log."""
    return tuple(line.strip() for line in printed.splitlines() if NAME.match(line.strip()))


def specification(text: str) -> tuple[str, ...]:
    """Return the devices of one specification, YAML as the tools write it or JSON (CDI's SPEC.md)."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return _yaml(text)
    if not isinstance(document, dict) or not isinstance(document.get("devices"), list):
        return ()
    names = [device.get("name") for device in document["devices"] if isinstance(device, dict)]
    return tuple(f"{document.get('kind')}={name}" for name in names if isinstance(name, str))


def _yaml(text: str) -> tuple[str, ...]:
    kind = re.search(r"^kind:\s*[\"']?([\w./-]+)", text, re.M)
    body = re.search(r"^devices:\s*\n((?:[\s-].*\n?|\n)*)", text, re.M)
    if kind is None or body is None:
        return ()
    # a device's name stands at the depth of its list; deeper ones are of mounts and hooks
    entries = re.findall(r"^(\s*(?:-\s+)?)name:\s*[\"']?([\w.:-]+)", body[1], re.M)
    depth = min((len(indent) for indent, _ in entries), default=0)
    return tuple(f"{kind[1]}={name}" for indent, name in entries if len(indent) == depth)
