"""Facts of hosts behind a real sshd: one whole, one without Python, one with an old one, one not there."""

from __future__ import annotations

import json
import os
import platform
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from provenv import facts
from ssh_hosts import SshHosts, loopback_hosts, running, wait_until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="sshd as this user is made for Linux"),
]
NEEDED = (
    *(
        "sh",
        "cat",
        "tr",
        "od",
        "date",
        "mktemp",
        "mkdir",
        "rm",
        "sleep",
        "head",
        "cut",
        "kill",
        "grep",
        "env",
    ),
    *("uname", "df", "readlink", "ls", "getconf", "timeout", "stat", "setsid", "true", "wc", "dd", "ps"),
)
"""What a small system without Python has."""
HANGS = f"sleep 4711.{os.getpid():07d}"
"""A command line of this very process: another one may run the same tests beside it."""
ASKED = ("--host", "n[1-3]", "--host", "gone")
TARGET = 'requirements = []\n[target.lab]\nkind = "ssh"\nhosts = ["n[1-4]", "gone"]\nfolder = "~/digits"\n'


def small_system(folder: Path, *, python: str = "") -> Path:
    """Return a folder for PATH with a few programs; `python` is what its python3 does, if it has one."""
    folder.mkdir()
    for name in NEEDED:
        found = shutil.which(name, path="/usr/bin:/bin")
        if found is not None:
            (folder / name).symlink_to(found)
    if python:
        (folder / "python3").write_text(f"#!/bin/sh\n{python}\n")
        (folder / "python3").chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SshHosts, Path]]:
    """Yield the hosts, and a project that declares them."""
    folder = tmp_path_factory.mktemp("lab")
    without = small_system(folder / "without")
    old = small_system(folder / "old", python='echo "SyntaxError: invalid syntax" >&2; exit 1')
    hanging = small_system(folder / "hanging", python=f"exec {HANGS}")
    # a login shell's own files may set PATH anew
    forced = """ForceCommand PATH=${LC_PATH:-$PATH} exec /bin/sh -c "$SSH_ORIGINAL_COMMAND" """
    with loopback_hosts(4, options=forced) as hosts:
        hosts.before(
            f"Host n2\n  SetEnv LC_PATH={without}\nHost n3\n  SetEnv LC_PATH={old}\n"
            f"Host n4\n  SetEnv LC_PATH={hanging}\n"
            "Host gone\n  HostName 127.0.0.1\n  Port 1\nHost *\n"
        )
        project = folder / "digits"
        project.mkdir()
        (project / "provenv.toml").write_text(TARGET)
        yield hosts, project


def begun(lab: tuple[SshHosts, Path], *words: str) -> subprocess.Popen[str]:
    hosts, project = lab
    source = str(Path(facts.__file__).parents[2])
    return subprocess.Popen(
        [sys.executable, "-m", "provenv", "--lang", "en", *words],
        cwd=project,
        env={**hosts.environment, "PYTHONPATH": source, "COLUMNS": "120"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def provenv(lab: tuple[SshHosts, Path], *words: str) -> subprocess.CompletedProcess[str]:
    with begun(lab, *words) as process:
        try:
            out, err = process.communicate(timeout=120)
        finally:
            process.kill()
    return subprocess.CompletedProcess(words, process.returncode, out, err)


def told(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done.stdout)["data"]
    return found


def test_every_host_is_read_as_far_as_it_can_be(lab: tuple[SshHosts, Path]) -> None:
    done = provenv(lab, "facts", "--on", "lab", *ASKED, "--json")
    assert done.returncode == 1, done.stderr
    whole, without, old, gone = told(done)["hosts"]
    for one in (whole, without, old):
        assert one["problem"] is None
        assert one["value"]["platform"]["machine"] == platform.machine()
        assert one["value"]["platform"]["libc_version"]
        assert one["value"]["memory"]["total"] == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        assert next(disk["path"] for disk in one["value"]["disks"]) == "~/digits"
    # Python's probe takes the time of every answer, that of sh does not
    took = [{source["milliseconds"] for source in one["value"]["sources"]} for one in (whole, without, old)]
    assert took[0] != {0}
    assert took[1:] == [{0}, {0}]
    assert gone["value"] is None
    assert gone["problem"]["code"].startswith("PV12")
    for _, clock in told(done)["clocks"]:
        assert abs(clock["ahead"]) <= clock["error"] + 0.01
    assert [name for name, _ in told(done)["clocks"]] == ["n1", "n2", "n3"]


def test_the_table_has_a_row_for_each_and_the_cause_of_the_lost_one(lab: tuple[SshHosts, Path]) -> None:
    done = provenv(lab, "facts", "--on", "lab", *ASKED)
    assert done.returncode == 1
    rows = [line.split()[1] for line in done.stdout.splitlines()[2:6]]
    assert rows == ["n1", "n2", "n3", "gone"]
    assert "✗ 1 host: gone\n  [PV12" in done.stdout
    assert "1 of 4 hosts of `lab` did not answer" in done.stderr
    assert "provenv facts --on lab --only-failed" in done.stderr


def test_some_hosts_are_asked_alone_and_all_of_them_answer(lab: tuple[SshHosts, Path]) -> None:
    done = provenv(lab, "facts", "--on", "lab", "--host", "n[1-2]", "--json")
    assert done.returncode == 0, done.stderr
    assert [one["host"] for one in told(done)["hosts"]] == ["n1", "n2"]
    assert wait_until(lambda: not running(f"-F {lab[0].folder / 'config'}"))


def test_a_host_that_hangs_is_named_and_the_others_do_not_wait_for_it(lab: tuple[SshHosts, Path]) -> None:
    done = provenv(lab, "facts", "--on", "lab", "--host", "n1", "--host", "n4", "--json")
    assert done.returncode == 1
    whole, hanging = told(done)["hosts"]
    assert whole["value"]["host"] == platform.node()
    assert hanging["problem"]["code"] == "PV203"
    assert whole["seconds"] < hanging["seconds"]
    assert wait_until(lambda: not running(HANGS))


def test_ctrl_c_leaves_nothing_behind_on_the_hosts(lab: tuple[SshHosts, Path]) -> None:
    with begun(lab, "facts", "--on", "lab", "--host", "n4") as process:
        try:
            assert wait_until(lambda: bool(running(HANGS)))
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=120)
        finally:
            process.kill()
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert out == ""
    assert wait_until(lambda: not running(HANGS))
    # nor does a connection that was shared stay
    assert wait_until(lambda: not running(f"-F {lab[0].folder / 'config'}"))


def test_a_lock_can_be_made_from_what_is_kept(lab: tuple[SshHosts, Path]) -> None:
    assert provenv(lab, "facts", "--on", "lab", "--host", "n1").returncode == 0
    file = lab[1] / ".provenv" / "lab" / "hosts" / "n1" / "facts.json"
    assert facts.load(file).host == platform.node()
    assert provenv(lab, "lock", "--on", "lab", "--facts", str(file)).returncode == 0
    assert (lab[1] / "pylock.lab.toml").is_file()
