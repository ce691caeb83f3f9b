"""Control groups that really limit: this machine's cgroup v1, made and removed by the test."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from provenv import facts
from provenv.hosts.local import LocalHost
from provenv.model.channel import Completed

ROOT = Path("/sys/fs/cgroup")
CONTROLLERS = ("cpu", "cpuset", "memory")
GIB = 1 << 30

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(
        sys.platform != "linux"
        or os.geteuid() != 0
        or not all(os.access(ROOT / name / "cgroup.procs", os.W_OK) for name in CONTROLLERS),
        reason="needs root and cgroup v1 controllers that can be written",
    ),
]


class Inside(LocalHost):
    """This machine, from inside some control groups."""

    def __init__(self, groups: list[Path]) -> None:
        self.groups = groups

    def exec(self, argv, **options) -> Completed:  # type: ignore[no-untyped-def, override]
        enter = "; ".join(f"echo $$ > {group}/cgroup.procs" for group in self.groups)
        return super().exec(["sh", "-c", f'{enter}; exec "$@"', "sh", *argv], **options)


@pytest.fixture
def groups() -> Iterator[dict[str, Path]]:
    """Yield an inner group per controller, below an outer one."""
    name = f"provenv-test-{os.getpid()}"
    inner = {controller: ROOT / controller / name / "inner" for controller in CONTROLLERS}
    for group in inner.values():
        group.mkdir(parents=True)
    yield inner
    for group in inner.values():
        group.rmdir()
        group.parent.rmdir()


def write(group: Path, files: Mapping[str, object]) -> None:
    for name, value in files.items():
        (group / name).write_text(f"{value}\n")


def test_limits_of_outer_and_inner_groups_are_read(groups: dict[str, Path], tmp_path: Path) -> None:
    processor = (ROOT / "cpuset" / "cpuset.effective_cpus").read_text().strip().split(",")[0].split("-")[0]
    for group in (groups["cpuset"].parent, groups["cpuset"]):
        write(group, {"cpuset.cpus": processor, "cpuset.mems": 0})
    write(groups["memory"].parent, {"memory.limit_in_bytes": GIB})
    write(groups["memory"], {"memory.limit_in_bytes": 2 * GIB})
    write(groups["cpu"], {"cpu.cfs_period_us": 100000, "cpu.cfs_quota_us": 50000})
    found = facts.gather(
        Inside(list(groups.values())),
        sys.executable,
        project=str(tmp_path),
        cache=str(tmp_path),
        temporary=str(tmp_path),
        limit=60,
    )
    assert found.memory.granted == GIB
    assert found.memory.available <= GIB
    assert found.memory.cgroup_version == 1
    assert found.cpu.granted == 0.5
    assert json.dumps(facts.deciding(found))


def test_a_cpuset_alone_counts(groups: dict[str, Path], tmp_path: Path) -> None:
    processor = (ROOT / "cpuset" / "cpuset.effective_cpus").read_text().strip().split(",")[0].split("-")[0]
    for group in (groups["cpuset"].parent, groups["cpuset"]):
        write(group, {"cpuset.cpus": processor, "cpuset.mems": 0})
    folder = str(tmp_path)
    host = Inside([groups["cpuset"]])
    found = facts.gather(host, sys.executable, project=folder, cache=folder, temporary=folder, limit=60)
    assert found.cpu.granted == 1
