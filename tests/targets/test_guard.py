from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from provenv.errors import Failure, Problem, Text
from provenv.model.progress import Silent
from provenv.targets.guard import guarded
from provenv.targets.layout import Layout
from provenv.targets.lease import lease, leased

HOLDER = """
import sys
from pathlib import Path
from provenv.model.progress import Silent
from provenv.targets.guard import guarded
from provenv.targets.layout import Layout
with guarded(Layout(Path(sys.argv[1]), "here"), wait=True, progress=Silent()):
    print("held", flush=True)
    sys.stdin.read()
"""


class Notes(Silent):
    def __init__(self) -> None:
        self.said: list[Text] = []
        self.warned: list[Problem] = []

    def note(self, words: Text) -> None:
        self.said.append(words)


def start(tmp_path: Path, program: str, *arguments: str) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    return child


def test_who_holds_the_target_is_said_and_the_second_leaves(tmp_path: Path):
    child = start(tmp_path, HOLDER)
    layout = Layout(tmp_path, "here")
    with pytest.raises(Failure) as caught, guarded(layout, wait=False, progress=Silent()):
        pass
    child.communicate("")
    (found,) = caught.value.problems
    assert found.code == "PV401"
    assert found.why is not None
    assert found.why.args["pid"] == str(child.pid)
    with guarded(layout, wait=False, progress=Silent()):
        assert (tmp_path / ".provenv" / ".gitignore").read_text() == "*\n"


def test_a_killed_holder_lets_go(tmp_path: Path):
    child = start(tmp_path, HOLDER)
    child.kill()
    child.wait()
    with guarded(Layout(tmp_path, "here"), wait=False, progress=Silent()):
        assert child.returncode == -9


def test_the_second_waits_and_says_for_whom(tmp_path: Path):
    child = start(tmp_path, HOLDER)

    class LettingGo(Notes):
        def note(self, words: Text) -> None:
            super().note(words)
            # the wait that follows only ends because the holder does
            assert child.stdin is not None
            child.stdin.close()

    progress = LettingGo()
    with guarded(Layout(tmp_path, "here"), wait=True, progress=progress):
        assert [words.key for words in progress.said] == ["targets.waiting"]
    child.wait()


def test_a_folder_that_cannot_be_made_is_a_problem(tmp_path: Path):
    (tmp_path / ".provenv").write_text("a file is in the way")
    with pytest.raises(Failure) as caught, guarded(Layout(tmp_path, "here"), wait=False, progress=Silent()):
        pass
    assert caught.value.problems[0].code == "PV402"


LESSEE = """
import subprocess, sys
from pathlib import Path
from provenv.targets.lease import lease
held = lease(Path(sys.argv[1]))
if sys.argv[2] == "hand over":
    # the child outlives us and holds the lease on
    subprocess.Popen([sys.executable, "-c", "print('held', flush=True); input()"], pass_fds=[held])
else:
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_lease_holds_until_its_process_ends_however_it_ends(tmp_path: Path):
    assert not leased(tmp_path)
    child = start(tmp_path, LESSEE, "keep")
    assert leased(tmp_path)
    child.kill()
    child.wait()
    assert not leased(tmp_path)
    assert list((tmp_path / "leases").iterdir()) == []


def test_a_child_that_inherits_a_lease_holds_it_after_its_parent(tmp_path: Path):
    child = start(tmp_path, LESSEE, "hand over")
    child.wait()
    assert leased(tmp_path)
    assert child.stdin is not None
    child.stdin.close()
    assert child.stdout is not None
    child.stdout.read()  # ends when the grandchild has ended
    assert not leased(tmp_path)


def test_two_leases_of_one_process_are_both_held(tmp_path: Path):
    handle = lease(tmp_path)
    assert handle > 2
    assert leased(tmp_path)
