"""What engines' facts leave out: the socket's group, where images lie, which driver CDI was written for."""

from __future__ import annotations

import glob
import os
import re
import shutil

from ... import environ
from ...diagnosis.ground import Ground
from ...errors import Failure
from ...model.outside import Containers
from ..project import Project
from .accounts import group_name, groups_listed, groups_now, user_name

SOCKET = "/var/run/docker.sock"
CDI = ("/etc/cdi/*.yaml", "/etc/cdi/*.json", "/var/run/cdi/*.yaml", "/var/run/cdi/*.json")
DRIVER = re.compile(r"libcuda\.so\.(\d+\.\d+(?:\.\d+)?)")
CHARACTER = "/dev/char/195:*"
"""Links to NVIDIA's devices, by which systemd knows them (NVIDIA container toolkit, troubleshooting)."""
QUESTION = "{{.DockerRootDir}}\t{{.CgroupDriver}}"
LIMIT = 2.0
MOST = 1 << 20


def look(project: Project) -> Ground:
    """Return them; the daemon is asked where it can be."""
    host = environ.read(environ.DOCKER_HOST, project.environment) or f"unix://{SOCKET}"
    socket = host.removeprefix("unix://") if host.startswith("unix://") else ""
    there = bool(socket) and os.path.exists(socket)
    root, driver = _daemon(project) if there and os.access(socket, os.W_OK) else ("", "")
    free = total = None
    if root:
        try:
            space = shutil.disk_usage(root)
            free, total = space.free, space.total
        except OSError:
            pass  # a daemon elsewhere, or a folder that this user may not reach
    return Ground(
        containers=Containers(
            socket if there else "",
            group_name(os.stat(socket).st_gid) if there else "",
            user_name(),
            groups_now(),
            groups_listed(),
            root,
            free,
            total,
            driver,
            bool(glob.glob(CHARACTER)),
            tuple(_written_for()),
        )
    )


def _daemon(project: Project) -> tuple[str, str]:
    """Return the daemon's folder and its cgroup driver."""
    try:
        done = project.host.exec(
            ["docker", "info", "--format", QUESTION], environment=project.environment, limit=LIMIT
        )
    except Failure:
        return "", ""
    root, _, driver = done.out.strip().partition("\t")
    return (root, driver) if done.code == 0 else ("", "")


def _written_for() -> list[tuple[str, str]]:
    """Return each specification of NVIDIA's with the driver that its files are of."""
    found = []
    for path in sorted(one for pattern in CDI for one in glob.glob(pattern)):
        try:
            with open(path, encoding="utf-8") as file:
                match = DRIVER.search(file.read(MOST))
        except (OSError, UnicodeDecodeError):
            continue
        if match:
            found.append((path, match[1]))
    return found
