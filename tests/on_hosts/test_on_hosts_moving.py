"""Files on their way to a host and from it, with a real sshd on loopback: what goes wrong in the middle."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from provenv.app.on_hosts.far_side import listing
from provenv.app.on_hosts.paths import Piece
from provenv.app.on_hosts.receive import receive
from provenv.app.on_hosts.send import send
from provenv.app.on_hosts.streams import Channels
from provenv.app.on_hosts.tree import read_tree
from provenv.errors import Failure
from provenv.hosts.ssh import SshHost
from ssh_hosts import SshHosts, loopback_hosts, wait_until

LARGE = 60_000_000
USED = (
    *("sh", "dd", "cat", "mkdir", "rm", "mv", "sleep", "stat", "find", "xargs"),
    *("dirname", "basename", "readlink", "mktemp"),
)
"""The programs that `cp` needs on a host, without tar."""
Tell = Callable[[int], None]
Move = Callable[[SshHost, Path, Path, Tell], int]


@pytest.fixture(scope="module")
def hosts() -> Iterator[SshHosts]:
    with loopback_hosts(1) as found:
        yield found


@pytest.fixture
def host(hosts: SshHosts) -> Iterator[SshHost]:
    one = SshHost("n1", environment=hosts.environment)
    yield one
    one.close()


def sent(host: SshHost, source: Path, goal: Path, tell: Tell) -> int:
    return send(Channels(host), "n1", "~", Piece(str(source), str(goal)), read_tree(str(source)), tell)


def received(host: SshHost, source: Path, goal: Path, tell: Tell) -> int:
    channels = Channels(host)
    there = listing(channels, "n1", "~", str(source))
    return receive(channels, "n1", "~", Piece(str(source), str(goal)), there, tell)


both = pytest.mark.parametrize("move", [sent, received])


def failing(act: Callable[[], object]) -> Failure:
    with pytest.raises(Failure) as caught:
        act()
    return caught.value


def large(folder: Path, size: int = LARGE) -> Path:
    """Make a folder with a small and a large file."""
    folder.mkdir()
    (folder / "a").write_text("new")
    with (folder / "large").open("wb") as file:
        file.truncate(size)
    return folder


def old(folder: Path) -> Path:
    """Make the goal, as it stood before."""
    folder.mkdir()
    (folder / "a").write_text("old")
    return folder


def untouched(goal: Path) -> bool:
    """Tell whether the goal is as `old` made it, and nothing lies beside what is in it."""
    return [one.name for one in goal.iterdir()] == ["a"] and (goal / "a").read_text() == "old"


def once(after: int, act: Callable[[], object]) -> Tell:
    """Return what does something when so many bytes have gone by."""
    seen = [0]

    def tell(count: int) -> None:
        before, seen[0] = seen[0], seen[0] + count
        if before <= after < seen[0]:
            act()

    return tell


@both
@pytest.mark.parametrize("name", ["", "large"], ids=["folder", "file"])
def test_a_connection_that_is_lost_in_the_middle(
    hosts: SshHosts, host: SshHost, tmp_path: Path, move: Move, name: str
) -> None:
    source, goal = large(tmp_path / "source"), old(tmp_path / "goal")

    def lose() -> None:
        assert wait_until(lambda: any(goal.glob(".provenv-copy.*")))
        hosts.cut("n1")

    tell = once(2_000_000, lose)
    (problem,) = failing(lambda: move(host, source / name, goal / name, tell)).problems
    assert problem.code == "PV1281"
    assert wait_until(lambda: untouched(goal)), list(goal.rglob("*"))
    # the same again brings all of it
    assert move(host, source, goal, lambda count: None) == LARGE + 3
    assert (goal / "large").stat().st_size == LARGE


@both
def test_a_defect_of_ours_in_the_middle(host: SshHost, tmp_path: Path, move: Move) -> None:
    source, goal = large(tmp_path / "source"), old(tmp_path / "goal")

    def defect() -> None:
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        move(host, source, goal, once(2_000_000, defect))
    assert wait_until(lambda: untouched(goal)), list(goal.rglob("*"))


@both
def test_a_file_that_gets_shorter(host: SshHost, tmp_path: Path, move: Move) -> None:
    source, goal = large(tmp_path / "source"), old(tmp_path / "goal")

    def cut() -> None:
        with (source / "large").open("r+b") as file:
            file.truncate(LARGE // 2)

    (problem,) = failing(lambda: move(host, source, goal, once(2_000_000, cut))).problems
    assert (problem.code, problem.why and problem.why.key) == ("PV1313", "PV1313.shorter")
    shown = str(problem.what.args["path"])
    assert shown.removeprefix("n1:") == str(source / "large")
    assert wait_until(lambda: untouched(goal)), list(goal.rglob("*"))


@both
def test_a_file_that_grows_comes_as_it_was(host: SshHost, tmp_path: Path, move: Move) -> None:
    source, goal = large(tmp_path / "source"), old(tmp_path / "goal")

    def grow() -> None:
        with (source / "large").open("ab") as file:
            file.write(b"more")

    assert move(host, source, goal, once(2_000_000, grow)) == LARGE + 3
    assert (goal / "large").stat().st_size == LARGE
    assert (goal / "a").read_text() == "new"


@both
def test_a_file_that_is_gone_by_then(host: SshHost, tmp_path: Path, move: Move) -> None:
    source, goal = large(tmp_path / "source"), old(tmp_path / "goal")
    (source / "more").write_text("more")
    tell = once(2, (source / "more").unlink)
    (problem,) = failing(lambda: move(host, source, goal, tell)).problems
    assert problem.code == "PV1313"
    assert wait_until(lambda: untouched(goal)), list(goal.rglob("*"))


def test_a_host_without_tar(tmp_path: Path) -> None:
    source, goal = large(tmp_path / "source", 10), old(tmp_path / "goal")
    bare = tmp_path / "bin"
    bare.mkdir()
    used = [
        "sh",
        "dd",
        "cat",
        "mkdir",
        "rm",
        "mv",
        "sleep",
        "stat",
        "find",
        "xargs",
        "dirname",
        "basename",
        "readlink",
        "mktemp",
    ]
    for name in used:
        (bare / name).symlink_to(shutil.which(name) or "")
    with loopback_hosts(1, options=f"SetEnv PATH={bare}") as without:
        one = SshHost("n1", environment=without.environment)
        for move, code in ((sent, "PV1315"), (received, "PV1313")):
            (problem,) = failing(lambda move=move: move(one, source, goal, lambda count: None)).problems
            assert problem.code == code
            assert problem.why is not None
            assert "tar" in str(problem.why.args["text"])
        one.close()
    assert untouched(goal)
