"""Fake hosts that answer the probe with what a real machine once told, each a little different."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from provenv.facts.collect import MARK
from provenv.hosts.fake import Call, FakeHost
from provenv.model.channel import Completed

CASE = Path(__file__).resolve().parent / "facts" / "cases" / "mi300x-docker.json"
Change = Callable[[dict[str, Any]], None]


def document(name: str = "n1", change: Change | None = None) -> dict[str, Any]:
    """Return the probe's document of one host; `change` alters its items."""
    found: dict[str, Any] = json.loads(CASE.read_text(encoding="utf-8"))["document"]
    for item in found["items"].values():
        if isinstance(item.get("out"), list):
            item["out"] = "\n".join(item["out"]) + "\n"
    found["items"].setdefault("platform.system", {"outcome": "read", "value": {}})["value"]["node"] = name
    if change is not None:
        change(found["items"])
    return found


def answering(name: str = "n1", change: Change | None = None, *, ahead: float = 0.0) -> FakeHost:
    """Return a host whose `python3` runs the probe; its clock is so many seconds ahead."""
    told = document(name, change)

    def reply(call: Call) -> Completed:
        now = time.time() + ahead
        printed = f"\n{MARK}{json.dumps({**told, 'clock': [now, now]})}\n"
        return Completed(call.argv, 0, printed.encode())

    return FakeHost.of((("python3",), reply))


def unreachable(name: str) -> FakeHost:
    """Return a host that nothing reaches."""
    return FakeHost(unreachable=True, name=name)
