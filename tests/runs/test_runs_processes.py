"""Reading processes: real ones, odd names, orphans, ids that come back, and what ps prints elsewhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from loading import load
from provenv.runs import processes
from provenv.runs.processes import Members, listed, moved, process, read_ps, shared_once

part = load("group_parts", Path(__file__).with_name("group_parts.py")).part

MIB = 1 << 20
linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

WAITING = """subprocess.Popen(["cat"], stdin=subprocess.PIPE)"""

MACOS = """\
    1     0     1  12345   1:02.34 Sat Nov 21 08:00:00 2026
  501     1   501  98304 120:01.50 Sun Nov 22 18:00:01 2026
  502   501   501   2048   0:00.01 Sun Nov 22 18:00:02 2026
ps: something it warns of
"""


@linux
def test_a_process_is_read_as_the_kernel_tells_it() -> None:
    found = process(os.getpid())
    assert found is not None
    assert (found.parent, found.session) == (os.getppid(), os.getsid(0))
    assert found.threads >= 1
    assert found.resident > MIB
    assert found.seconds > 0


@linux
def test_a_name_may_look_like_the_fields_behind_it() -> None:
    with part("open('/proc/self/comm', 'w').write('a) R 1 (b'); here('named')") as one:
        assert one.heard() == "named"
        found = process(one.pid)
        assert found is not None
        assert found.parent == os.getpid()


@linux
def test_nobody_is_read_where_nobody_is() -> None:
    with part("") as one:
        one.process.wait(60)
        assert process(one.pid) is None
        assert moved(one.pid) is None
        assert shared_once(one.pid) is None


@linux
def test_what_was_written_to_a_disk_is_told(tmp_path: Path) -> None:
    program = f"""
        with open({str(tmp_path / "f")!r}, "wb") as file:
            file.write(bytes(8 << 20)); file.flush(); os.fsync(file.fileno())
        here('written')
    """
    with part(program) as one:
        assert one.heard() == "written"
        found = moved(one.pid)
        assert found is not None
        assert found[1] >= 8 * MIB


@linux
def test_members_are_the_children_and_their_children_and_nobody_else() -> None:
    program = f"a = {WAITING}; b = {WAITING}; here(a.pid, b.pid); b.kill(); b.wait(); here('one less')"
    with part(program) as one, part("here('a stranger')") as other:
        other.heard()
        children = {int(word) for word in one.heard().split()}
        members = Members()
        assert set(members.look([one.pid])) == {one.pid, *children}
        one.tell()
        one.heard()
        assert len(members.look([one.pid])) == 2
        assert members.look([]).keys() == members.look([one.pid]).keys()


@linux
def test_an_orphan_stays_a_member() -> None:
    child = "import os,sys; print(os.getpid(), flush=True); sys.stdin.read()"
    program = f"""
        pid = os.fork()
        if pid == 0:
            subprocess.Popen([sys.executable, "-S", "-c", {child!r}])
            os._exit(0)
        os.waitpid(pid, 0)
        sys.stdin.read()
    """
    with part(program) as one:
        orphan = int(one.heard())
        members = Members()
        # its parent was gone before the first look: it is in the session that the first process leads
        assert orphan in members.look([one.pid])
        one.process.kill()
        one.process.wait()
        assert orphan in members.look([one.pid])
        assert orphan in members.look([])
        os.kill(orphan, 9)


@linux
def test_a_child_that_was_there_before_its_parent_was_named_is_found() -> None:
    with part(f"a = {WAITING}; here(a.pid)") as one:
        found = int(one.heard())
        members = Members()
        assert one.pid not in members.look([])
        assert found in members.look([one.pid])


REUSE = """
import os, subprocess, sys, time
from provenv.runs.processes import Members
child = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
members = Members()
assert set(members.look([child.pid])) == {child.pid}
child.stdin.close(); child.wait()
# a process is told from another one by its id and the hundredth of a second in which it began
began = time.monotonic()
while time.monotonic() < began + 0.05: pass
for trial in range(50):
    with open("/proc/sys/kernel/ns_last_pid", "w") as file:
        file.write(str(child.pid - 1))
    other = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    if other.pid == child.pid:
        break
    other.kill(); other.wait()
else:
    sys.exit(77)
# the old one is still named, as by who has not heard of its end yet
print("same id", child.pid == other.pid, "counted", sorted(members.look([child.pid])))
# once it was not named any more, the id may be somebody else's
members.look([])
print("then", sorted(members.look([other.pid])) == [other.pid])
other.kill()
"""


@linux
@pytest.mark.root
@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0 or not os.path.exists("/proc/sys/kernel/ns_last_pid"),
    reason="needs root and a kernel that lets it choose the next process id",
)
def test_who_got_the_id_of_one_that_ended_is_not_counted() -> None:
    source = str(Path(processes.__file__).parents[2])
    done = subprocess.run(
        ["unshare", "--pid", "--fork", "--mount-proc", sys.executable, "-c", REUSE],
        env={**os.environ, "PYTHONPATH": source},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip(f"no process id could be chosen: {done.stderr}")
    assert done.stdout.splitlines() == ["same id True counted []", "then True"], done.stderr


def test_what_ps_prints_on_macos_is_read() -> None:
    found = read_ps(MACOS)
    assert sorted(found) == [1, 501, 502]
    assert found[502].parent == 501
    assert found[501].resident == 96 * MIB
    assert found[501].seconds == 120 * 60 + 1.5
    assert found[502].started == "Sun Nov 22 18:00:02 2026"


@pytest.mark.parametrize(
    ("written", "seconds"), [("01:02:03", 3723.0), ("2-01:00:00", 176400.0), ("0:07.25", 7.25)]
)
def test_every_way_of_ps_to_write_a_time_is_read(written: str, seconds: float) -> None:
    line = f"9 1 9 100 {written} Sun Nov 22 18:00:02 2026\n"
    assert read_ps(line)[9].seconds == seconds


@pytest.mark.skipif(shutil.which("ps") is None, reason="no ps here")
def test_a_real_ps_tells_of_this_process() -> None:
    found = listed()
    assert found[os.getpid()].parent == os.getppid()


def test_without_ps_there_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "PS", ("no-such-program",))
    assert listed() == {}
