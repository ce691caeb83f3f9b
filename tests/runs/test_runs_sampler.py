"""The file of samples: whole lines as long as there is room, and an end that comes at once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from loading import load
from provenv.model.resources import GpuSample, Sample
from provenv.runs.quiet_thread import quiet_thread
from provenv.runs.sample_lines import line_of, read_samples
from provenv.runs.sampler import SampleFile, watch

part = load("group_parts", Path(__file__).with_name("group_parts.py")).part

MIB = 1 << 20
linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@linux
def test_a_group_is_watched_until_it_is_over(tmp_path: Path) -> None:
    path = tmp_path / "resources.jsonl"
    enough, heard = threading.Event(), list[Sample]()

    def tell(sample: Sample) -> None:
        heard.append(sample)
        if len(heard) == 3:
            enough.set()

    with part("a = bytearray(32 << 20); burn(0.2); here('ready')") as one:
        one.heard()
        with watch(lambda: [one.pid], path, began=time.time(), every=0.02, tell=tell) as sampler:
            assert enough.wait(60)
            one.over()
    found = list(read_samples(path))
    assert found == [sampled for sampled in found if sampled.t >= found[0].t]
    assert len(found) == len(heard) >= 4
    assert found[0].memory > 32 * MIB
    assert found[-1].processes == 0
    assert sampler.latest == heard[-1]
    assert sampler.peaks.memory >= 32 * MIB
    assert sampler.problem is None
    assert "resources" not in {thread.name for thread in threading.enumerate()}


@linux
def test_who_leaves_at_once_is_sampled_once(tmp_path: Path) -> None:
    path = tmp_path / "resources.jsonl"
    with watch(list, path, began=time.time(), every=3600.0):
        pass
    assert 1 <= len(list(read_samples(path))) <= 2


def test_a_line_is_what_was_sampled(tmp_path: Path) -> None:
    whole = Sample(
        1.5,
        cpu=2.25,
        memory=10,
        processes=2,
        threads=9,
        workers={"12": 4, "13": 6},
        left=5,
        shm=1,
        shm_total=2,
        disk_free=3,
        read=7,
        written=8,
        received=9,
        sent=10,
        gpus=(GpuSample(0, 5, 0.5, 6, 7), GpuSample(1)),
    )
    bare = Sample(2.0)
    path = tmp_path / "resources.jsonl"
    path.write_bytes(line_of(whole) + line_of(bare) + b"no line\n[1]\n{}\n" + line_of(whole)[:-1])
    assert list(read_samples(path)) == [whole, bare]
    said = json.loads(line_of(whole))
    assert said["gpus"][0] == {"index": 0, "memory": 5, "utilisation": 0.5, "used": 6, "total": 7}
    assert said["workers"] == {"12": 4, "13": 6}
    assert "disk_free" not in json.loads(line_of(bare))
    assert list(read_samples(tmp_path / "none")) == []


def test_a_line_of_another_version_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "resources.jsonl"
    path.write_text('{"t": 1, "memory": 5, "more": {"a": 1}}\n{"t": 2, "memory": "much"}\n')
    assert [(one.t, one.memory) for one in read_samples(path)] == [(1.0, 5)]


@linux
def test_a_full_disk_is_said_once_and_ends_nothing() -> None:
    enough, heard = threading.Event(), list[Sample]()

    def tell(sample: Sample) -> None:
        heard.append(sample)
        if len(heard) == 3:
            enough.set()

    with watch(lambda: [os.getpid()], Path("/dev/full"), began=time.time(), every=0.01, tell=tell) as sampler:
        assert enough.wait(60)
    assert sampler.problem is not None
    assert sampler.problem.code == "PV1229"
    assert sampler.peaks.memory > MIB


def test_a_folder_that_is_gone_is_said_and_ends_nothing(tmp_path: Path) -> None:
    file = SampleFile(tmp_path / "none" / "resources.jsonl")
    file.write(b"x\n")
    assert file.problem is not None
    file.close()


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """Yield a file system that holds two pages."""
    place = tmp_path / "tiny"
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8k", "none", place], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip(f"no file system can be mounted: {made.stderr.decode()}")
    yield place
    subprocess.run(["umount", place], check=True)


@linux
@pytest.mark.root
@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() != 0, reason="needs root to mount a small file system"
)
def test_a_file_on_a_full_disk_ends_with_a_whole_line(tiny: Path) -> None:
    path = tiny / "resources.jsonl"
    file = SampleFile(path)
    # lines of a length that no page is a multiple of
    line = line_of(Sample(1.0, workers={str(number): 1 for number in range(99)}))
    for _ in range(30):
        file.write(line)
    assert file.problem is not None
    content = path.read_bytes()
    assert content
    assert content == line * (len(content) // len(line))
    assert len(list(read_samples(path))) == len(content) // len(line)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_no_signal_is_given_to_the_thread() -> None:
    masks, stop = list[set[signal.Signals]](), threading.Event()

    def work() -> None:
        masks.append(signal.pthread_sigmask(signal.SIG_BLOCK, []))
        stop.wait(60)

    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    thread = quiet_thread(work, "quiet")
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == before
    stop.set()
    thread.join(60)
    assert {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD} <= masks[0]
