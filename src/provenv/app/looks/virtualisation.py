"""/dev/kvm, tried for real where a virtual machine is declared: what opens may still make no machine."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from ...diagnosis.ground import Ground
from ...errors import Failure
from ...model.outside import Virtualisation
from ..project import Project
from .accounts import group_name, groups_listed, groups_now, user_name
from .known import known

NODE = "/dev/kvm"
LIMIT = 2.0
# KVM_GET_API_VERSION, KVM_CREATE_VM (Linux, include/uapi/linux/kvm.h), in a child: a driver may hang in them
TRY = """
import fcntl, json, os, sys
said = {"opens": False, "version": 0, "makes": False, "error": ""}
try:
    node = os.open(sys.argv[1], os.O_RDWR | os.O_CLOEXEC)
    said["opens"] = True
    said["version"] = fcntl.ioctl(node, 0xAE00, 0)
    os.close(fcntl.ioctl(node, 0xAE01, 0))
    said["makes"] = True
except OSError as error:
    said["error"] = os.strerror(error.errno)
print(json.dumps(said))
"""


def look(project: Project) -> Ground:
    """Try the node, where it matters; else only who may use it."""
    if sys.platform != "linux":
        return Ground()
    there = os.path.exists(NODE)
    said = tried(project, NODE) if there and known(project).targets("vm") else {}
    flags = _text("/proc/cpuinfo")
    return Ground(
        virtualisation=Virtualisation(
            there,
            said.get("opens") is True,
            int(str(said.get("version") or 0)),
            said.get("makes") is True,
            str(said.get("error") or ""),
            group_name(os.stat(NODE).st_gid) if there else "kvm",
            user_name(),
            groups_now(),
            groups_listed(),
            " vmx " in f"{flags} " or " svm " in f"{flags} " or "aarch64" in os.uname().machine,
        )
    )


def tried(project: Project, node: str) -> dict[str, object]:
    """Return whether a node opens, which version it speaks, whether it makes a machine."""
    try:
        done = project.host.exec([project.python, "-I", "-S", "-c", TRY, node], limit=LIMIT)
        if done.timed_out:
            return {"error": "timeout"}
        said = json.loads(done.out)
    except (Failure, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
