"""Hosts that answer at once with names, times and GPUs of their own, as the probe told of this machine."""

from __future__ import annotations

import json
import re
from pathlib import Path

from provenv.app.fleet_up.places import WHERE
from provenv.app.fleet_up.standing import SHOW
from provenv.facts.collect import MARK
from provenv.hosts.fake import Call, FakeHost
from provenv.model.channel import Completed

QUERY = "index, uuid, name, compute_cap, driver_version, memory.total [MiB], mig.mode.current\n"
DEVICE = "{n}, GPU-{n}-@, NVIDIA H100 80GB HBM3, 9.0, 570.124.06, 81559 MiB, Disabled\n"
EVERY = 142
"""One of so many can't be reached, where some are lost."""


def simulated(count: int, recorded: Path, *, lost: bool) -> list[tuple[str, FakeHost]]:
    """Return so many hosts with their names; no environment is on any yet. With `lost` some are away."""
    document = json.loads(recorded.read_text(encoding="utf-8"))
    gpus = QUERY + "".join(DEVICE.format(n=n) for n in range(8))
    document["items"]["nvidia.query"] = {"how": "nvidia-smi", "outcome": "read", "ms": 3, "out": gpus}
    document["items"]["platform.system"]["value"]["node"] = "node@"
    pieces = re.split(r'"ms": \d+', json.dumps(document))
    return [(f"node{number}", _host(number, pieces, lost=lost)) for number in range(count)]


def _host(number: int, pieces: list[str], *, lost: bool) -> FakeHost:
    if lost and number % EVERY == EVERY - 1:
        return FakeHost(unreachable=True, name=f"node{number}")

    def probe(call: Call) -> Completed:
        told = "".join(f'{piece}"ms": {(number * 7 + n) % 90}' for n, piece in enumerate(pieces[:-1]))
        return Completed(call.argv, 0, (MARK + (told + pieces[-1]).replace("@", str(number))).encode())

    return FakeHost.of((("python3",), probe), (("/bin/sh",), _shell))


def _shell(call: Call) -> Completed:
    """Answer the scripts by which `plan` looks at a host that has nothing yet."""
    if call.argv[2] == WHERE:
        return Completed(call.argv, 0, b"/home/me/digits\0/home/me/.cache/provenv\0")
    if call.argv[2] == SHOW:
        return Completed(call.argv, 0, b"free 90000000 /dev/vda\ncurrent \n")
    rooms = "cache 90000000 /dev/vda\nroot 90000000 /dev/vda\n"
    lacks = "".join(f"missing {line.split()[0]}\n" for line in call.stdin.decode().splitlines())
    return Completed(call.argv, 0, (rooms + lacks).encode() + b"\0")
