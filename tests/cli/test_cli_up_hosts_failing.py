"""Hosts that fail in the middle of an `up`: each is named, every host stays where it is, the next goes on."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.conftest import Ended
from hosts_at_home import Pair, pair
from ssh_hosts import SshHosts, namespace_hosts

pytestmark = [pytest.mark.slow, pytest.mark.root]
FORCED = 'ForceCommand PATH=${LC_PATH:-$PATH} exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"'


@pytest.fixture(scope="module")
def three() -> Iterator[SshHosts]:
    with namespace_hosts(3, options=FORCED) as hosts:
        yield hosts


@pytest.fixture
def project(three: SshHosts, tmp_path: Path, compiled: Path) -> Iterator[Pair]:
    made = pair(three, tmp_path, three.homes)
    three.before(
        f"Host n2\n  SetEnv LC_PATH={odd_programs(three)}:/usr/bin:/bin\nHost *\n  ConnectTimeout 3\n"
    )
    yield made
    for home in three.homes.values():
        shutil.rmtree(home / "tiny", ignore_errors=True)


def odd_programs(hosts: SshHosts) -> Path:
    """Return a folder with a `python3` too old to run anything of ours, and a `date` an hour ahead."""
    folder = hosts.folder / "odd"
    folder.mkdir()
    date = shutil.which("date")
    (folder / "python3").write_text("#!/bin/sh\necho 'SyntaxError: invalid syntax' >&2\nexit 1\n")
    (folder / "date").write_text(f"#!/bin/sh\necho $(($({date} -u +%s) + 3600)).0\n")
    for program in folder.iterdir():
        program.chmod(0o755)
    return folder


def problem_of(done: Ended, name: str) -> str | None:
    """Return the code of what one host failed with."""
    (one,) = (one for one in done.data["hosts"] if one["host"] == name)
    return one["problem"] and str(one["problem"]["code"])


def test_hosts_that_are_old_wrong_full_strange_or_hang(project: Pair, three: SshHosts) -> None:
    first = project("up", "--json")
    assert first.code == 0, first.err
    assert project.currents == ["0001"] * 4
    owner = project.base("n1").stat().st_uid
    assert owner == three.homes["n1"].stat().st_uid != os.getuid()
    # the second has an old Python before a good one, and a wrong clock
    told = project("status", "--json")
    ahead = {one["host"]: one["value"]["clock"]["ahead"] for one in told.data["hosts"]}
    assert told.code == 0
    assert abs(ahead["n1"]) < 60
    assert 3500 < ahead["n2"] < 3700
    # a folder without room: a file system of 1 MiB in the place of the target's
    project.declare(alpha="2.0")
    full = f"/proc/{three.servers['n2'].pid}/root{project.base('n2')}/generations"
    words = ["nsenter", "-t", str(three.servers["n2"].pid), "-m", "mount", "-t", "tmpfs", "-o"]
    words += [f"size=16k,uid={owner},gid={owner}", "tmpfs", str(project.base("n2") / "generations")]
    subprocess.run(words, check=True)
    failed = project("up", "--json")
    assert (failed.code, failed.codes) == (1, ["PV1343"])
    assert [problem_of(failed, name) for name in three.names] == [None, problem_of(failed, "n2"), None]
    assert problem_of(failed, "n2") in ("PV1283", "PV1325")
    assert [project.current("n1"), project.current("n3"), project.currents[0]] == ["0001"] * 3
    enter = ["nsenter", "-t", str(three.servers["n2"].pid), "-m"]
    subprocess.run([*enter, "umount", str(project.base("n2") / "generations")], check=True)
    assert not Path(full).joinpath("0002").exists()
    mended = project("up", "--json")
    assert mended.code == 0, mended.err
    assert [one["value"]["installed"] for one in mended.data["hosts"]] == [False, True, False]
    assert project.currents == ["0002"] * 4
    # a host whose key is another one
    known = three.known.read_text()
    lines = known.splitlines()
    key = (three.folder / "n1.key.pub").read_text().split()[1]
    changed = [
        line.replace(line.split()[2], key) if line.startswith("10.77.0.13 ") else line for line in lines
    ]
    three.known.write_text("\n".join(changed) + "\n")
    refused = project("status", "--json")
    three.known.write_text(known)
    assert refused.code == 1
    assert problem_of(refused, "n3") == "PV1275"
    assert [problem_of(refused, name) for name in ("n1", "n2")] == [None, None]
    # one that hangs
    three.signal("n3", signal.SIGSTOP)
    try:
        hanging = project("prove", "--json")
    finally:
        three.signal("n3", signal.SIGCONT)
    assert (hanging.code, hanging.codes[0]) == (1, "PV1342")
    assert project.currents == ["0002"] * 4
    back = project("rollback", "--json")
    assert back.code == 0, back.err
    assert project.currents == ["0001"] * 4
