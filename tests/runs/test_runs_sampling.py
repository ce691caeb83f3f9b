"""Samples of real groups: memory that is shared, processor time and bytes of processes that ended."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from loading import load
from provenv.model.resources import GpuSample, Sample
from provenv.runs.control_groups import _levels
from provenv.runs.memory_left import MemoryFiles, memory_files
from provenv.runs.network_bytes import Network, read_interfaces
from provenv.runs.sampling import Sampling, peaks

part = load("group_parts", Path(__file__).with_name("group_parts.py")).part

MIB = 1 << 20
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def test_memory_that_is_allocated_is_seen() -> None:
    with part("here('small'); a = bytearray(96 << 20); here('large')") as one:
        one.heard()
        sampling = Sampling()
        small = sampling.sample([one.pid])
        one.tell()
        one.heard()
        large = sampling.sample([one.pid])
    assert small.processes == large.processes == 1
    assert 90 * MIB < large.memory - small.memory < 110 * MIB
    assert large.workers == {str(one.pid): large.memory}


FORKED = """
    import mmap
    a = {memory}
    a[:] = b"x" * len(a)
    children = []
    for _ in range(4):
        pid = os.fork()
        if pid == 0:
            # every page is touched in every process, none is written
            assert a[0] == a[-1] and sum(a[::4096])
            os.write(1, b"")
            signal.pause()
        children.append(pid)
    here("forked")
    for pid in children:
        os.kill(pid, 9); os.waitpid(pid, 0)
    here("alone")
"""


@pytest.mark.parametrize("memory", ["mmap.mmap(-1, 64 << 20)", "bytearray(64 << 20)"])
def test_pages_that_processes_share_count_once(memory: str) -> None:
    with part(FORKED.replace("{memory}", memory)) as one:
        one.heard()
        sampling = Sampling()
        shared = sampling.sample([one.pid])
        assert shared.processes == 5
        assert 60 * MIB < shared.memory < 110 * MIB
        one.tell()
        one.heard()
        for _ in range(3):
            alone = sampling.sample([one.pid])
        assert alone.processes == 1
        assert 60 * MIB < alone.memory < 90 * MIB


def test_pages_that_are_mapped_later_count_once_too() -> None:
    program = """
        from multiprocessing import shared_memory
        block = shared_memory.SharedMemory(create=True, size=64 << 20)
        block.buf[:] = bytes(64 << 20)
        code = ("import sys; from multiprocessing import shared_memory as s, resource_tracker as r;"
                "r.register = lambda *a: None;"
                "b = s.SharedMemory(name=sys.argv[1]); print(len(bytes(b.buf)), flush=True);"
                "sys.stdin.readline()")
        def other():
            child = subprocess.Popen([sys.executable, "-c", code, block.name], stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, text=True)
            child.stdout.readline()
            return child
        here("one")
        others = [other(), other(), other()]
        here("four")
        for child in others: child.communicate("")
        block.close(); block.unlink()
        here("none")
    """
    with part(program) as one:
        one.heard()
        sampling = Sampling()
        first = sampling.sample([one.pid])
        one.tell()
        one.heard()
        second = sampling.sample([one.pid])
        one.tell()
        one.heard()
    assert second.processes >= first.processes + 3
    # their own interpreters, and 64 MiB that were copied out and are free again or not; not three blocks more
    assert second.memory - first.memory < 110 * MIB


def test_what_a_child_computed_is_kept_when_it_ends() -> None:
    program = """
        here("begin")
        pid = os.fork()
        if pid == 0:
            burn(0.5); os._exit(0)
        os.waitpid(pid, 0)
        here("over")
    """
    with part(program) as one:
        one.heard()
        sampling = Sampling()
        sampling.sample([one.pid])
        one.tell()
        one.heard()
        sampling.sample([one.pid])
        assert sampling.seconds >= 0.45
        one.over()
        sampling.sample([])
        assert sampling.seconds >= 0.45
        assert sampling.sample([]).processes == 0


def test_what_a_child_computed_that_nobody_waited_for_is_kept() -> None:
    program = """
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        pid = os.fork()
        if pid == 0:
            burn(0.3); here("burnt"); os._exit(0)
        try: os.waitpid(pid, 0)
        except ChildProcessError: pass
        here("gone")
    """
    began = time.time()
    with part(program) as one:
        assert one.heard() == "burnt"
        sampling = Sampling(began=began)
        assert sampling.sample([one.pid]).processes == 2
        before = sampling.seconds
        assert before >= 0.25
        one.tell()
        assert one.heard() == "gone"
        assert sampling.sample([one.pid]).processes == 1
        # the kernel throws the counters of a child away that nobody waits for
        assert sampling.seconds >= before


def test_what_ended_processes_wrote_is_kept(tmp_path: Path) -> None:
    program = f"""
        def write(name):
            with open({str(tmp_path)!r} + "/" + name, "wb") as file:
                file.write(bytes(4 << 20)); file.flush(); os.fsync(file.fileno())
        here("begin")
        pid = os.fork()
        if pid == 0:
            write("a"); os._exit(0)
        os.waitpid(pid, 0)
        write("b")
        here("written")
    """
    with part(program) as one:
        one.heard()
        sampling = Sampling(tmp_path)
        sampling.sample([one.pid])
        one.tell()
        one.heard()
        seen = sampling.sample([one.pid])
        assert 8 * MIB <= seen.written < 20 * MIB
        one.over()
        assert sampling.sample([]).written >= 8 * MIB
    assert seen.disk_free


def test_what_was_used_before_the_group_began_is_not_its_own() -> None:
    with part("burn(0.3); here('old'); burn(0.6); here('older')") as one:
        one.heard()
        sampling = Sampling(began=time.time() + 10)
        sampling.sample([one.pid])
        assert sampling.seconds == 0
        one.tell()
        one.heard()
        sampling.sample([one.pid])
        assert 0.2 < sampling.seconds < 0.5


def test_the_rate_is_that_of_the_time_between_two_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    with part("here('begin'); burn(time.process_time() + 0.5); here('burnt')") as one:
        one.heard()
        sampling = Sampling()
        sampling.sample([one.pid])
        now[0] += 1.0
        first = sampling.sample([one.pid])
        one.tell()
        one.heard()
        now[0] += 1.0
        second = sampling.sample([one.pid])
    assert first.cpu <= 0.05
    assert 0.4 < second.cpu < 0.8


def test_a_group_of_nobody_has_nothing() -> None:
    found = Sampling().sample([])
    assert (found.processes, found.memory, found.workers, found.cpu) == (0, 0, {}, 0.0)
    assert found.left
    assert found.shm_total is None or found.shm_total > 0


def test_peaks_are_the_most_of_each() -> None:
    seen = [
        Sample(1.0, cpu=2.0, memory=10, written=5, shm=3, gpus=(GpuSample(0, 7, 0.5), GpuSample(1, 0, 1.0))),
        Sample(2.0, cpu=1.0, memory=30, written=9, gpus=(GpuSample(0, 5, 0.75), GpuSample(1, 5, 0.5))),
    ]
    most = peaks(seen)
    assert (most.cpu, most.memory, most.written, most.shm) == (2.0, 30, 9, 3)
    assert (most.gpu_memory, most.gpu) == (10, 1.5)
    assert peaks([]).memory == 0


NET_DEV = """\
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls
    lo: 1000 1 0 0 0 0 0 0 1000 1 0 0 0 0 0 0
  eth0:  500 1 0 0 0 0 0 0  300 1 0 0 0 0 0 0
docker0: 70 1 0 0 0 0 0 0 80 1 0 0 0 0 0 0
veth12ab: 70 1 0 0 0 0 0 0 80 1 0 0 0 0 0 0
 bond0: 500 1 0 0 0 0 0 0  300 1 0 0 0 0 0 0
"""


def test_bytes_that_pass_two_interfaces_count_once() -> None:
    assert read_interfaces(NET_DEV) == (500, 300)
    assert read_interfaces("\n".join(NET_DEV.splitlines()[:3])) == (0, 0)
    assert read_interfaces(NET_DEV.replace("eth0", "br-1").replace("bond0", "br-2")) == (1140, 760)


def test_the_network_is_counted_from_the_first_look() -> None:
    network = Network()
    assert network.passed([os.getpid()]) == (0, 0)
    received, sent = network.passed([os.getpid()])
    assert received >= 0
    assert sent >= 0


def test_memory_that_is_left_is_the_less_of_group_and_machine() -> None:
    memory = memory_files().read()
    assert memory is not None
    assert 0 < memory.left <= memory.total
    assert memory.granted <= memory.total


def test_the_least_of_all_levels_is_what_is_left(tmp_path: Path) -> None:
    outer, inner = tmp_path, tmp_path / "inner"
    inner.mkdir()
    for folder, limit, used, dropped in (
        (outer, 300 * MIB, 250 * MIB, 100 * MIB),
        (inner, "max", 60 * MIB, 0),
    ):
        (folder / "memory.max").write_text(f"{limit}\n")
        (folder / "memory.current").write_text(f"{used}\n")
        (folder / "memory.stat").write_text(f"anon 5\ninactive_file {dropped}\n")
    found = MemoryFiles(((2, str(inner)), (2, str(outer)))).read()
    assert found is not None
    assert (found.granted, found.left) == (300 * MIB, 150 * MIB)


@pytest.mark.parametrize(
    ("path", "root", "levels"),
    [
        ("/", "/", ["/m"]),
        ("/a/b", "/", ["/m/a/b", "/m/a", "/m"]),
        # a container sees the host's path where it has no namespace of its own
        ("/docker/1", "/docker/1", ["/m"]),
        ("/docker/1/x", "/docker/1", ["/m/x", "/m"]),
        # a process that was moved out of the namespace
        ("/../other", "/", ["/m"]),
        ("/a", "/b", ["/m"]),
    ],
)
def test_every_level_of_a_group_that_can_be_seen_is_found(path: str, root: str, levels: list[str]) -> None:
    assert list(_levels(path, root, "/m")) == levels


V1 = Path("/sys/fs/cgroup/memory")


@pytest.mark.root
@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0 or not os.access(V1 / "cgroup.procs", os.W_OK),
    reason="needs root and a cgroup v1 memory controller that can be written",
)
def test_the_limit_of_a_control_group_is_what_is_left() -> None:
    group = V1 / f"provenv-test-{os.getpid()}" / "inner"
    group.mkdir(parents=True)
    try:
        (group.parent / "memory.limit_in_bytes").write_text(str(256 * MIB))
        with part("here('in'); a = bytearray(64 << 20); here('full')") as one:
            (group / "cgroup.procs").write_text(str(one.pid))
            one.heard()
            files = memory_files(one.pid)
            before = files.read()
            one.tell()
            one.heard()
            after = files.read()
            assert before is not None
            assert after is not None
            assert before.granted == after.granted == 256 * MIB
            assert 40 * MIB < before.left - after.left < 100 * MIB
            assert after.left < 200 * MIB
    finally:
        group.rmdir()
        group.parent.rmdir()
