"""`put` and `get` on a host with a real sshd on loopback."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from provenv.errors import Exit, Failure
from provenv.hosts.ssh import SshHost
from ssh_hosts import SshHosts, loopback_hosts


@pytest.fixture(scope="module")
def hosts() -> Iterator[SshHosts]:
    with loopback_hosts(1) as found:
        yield found


@pytest.fixture
def host(hosts: SshHosts) -> Iterator[SshHost]:
    one = SshHost("n1", environment=hosts.environment)
    yield one
    one.close()


def failing(act: Callable[[], object]) -> Failure:
    with pytest.raises(Failure) as caught:
        act()
    return caught.value


def test_put_and_get(host: SshHost, tmp_path: Path) -> None:
    goal = tmp_path / "a b" / "it's" / "文件"
    host.put(b"one", str(goal), mode=0o640)
    host.put(b"two\n\0", str(goal), mode=0o600)
    assert host.get(str(goal)) == b"two\n\0"
    assert goal.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in goal.parent.iterdir()] == [goal.name]
    host.put(b"", str(goal))
    assert host.get(str(goal)) == b""


def test_put_keeps_a_link_and_writes_behind_it(host: SshHost, tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    host.put(b"new", str(tmp_path / "link"))
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_a_put_that_fails_leaves_nothing(host: SshHost, tmp_path: Path) -> None:
    (tmp_path / "folder" / "inside").mkdir(parents=True)
    (tmp_path / "file").write_bytes(b"")
    for path in ("folder", "file/below"):
        failure = failing(lambda path=path: host.put(b"new", str(tmp_path / path)))
        assert failure.problems[0].code == "PV805"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_get_of_a_missing_file_and_of_a_folder(host: SshHost, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        host.get(str(tmp_path / "none"))
    assert failing(lambda: host.get(str(tmp_path))).problems[0].code == "PV806"


def test_what_is_not_allowed_there(host: SshHost, tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    if os.access(tmp_path, os.W_OK):
        pytest.skip("this user may do all")
    failure = failing(lambda: host.put(b"x", str(tmp_path / "file")))
    tmp_path.chmod(0o755)
    assert (failure.problems[0].code, failure.exit_code) == ("PV1284", Exit.DENIED)
