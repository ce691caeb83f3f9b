"""shm-too-small, ulimit-nofile, host-oom-killed: what a machine grants, too little of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

LOADER = """
import torch
from torch.utils.data import DataLoader, Dataset
class Images(Dataset):
    def __len__(self):
        return 64
    def __getitem__(self, index):
        return torch.zeros(3, 512, 512)
if __name__ == "__main__":
    seen = sum(len(batch) for batch in DataLoader(Images(), batch_size=16, num_workers=2))
    print("saw", seen)
"""
KEEPING = """
import torch
from torch.utils.data import DataLoader, Dataset
class Rows(Dataset):
    def __len__(self):
        return 512
    def __getitem__(self, index):
        return torch.zeros(4)
if __name__ == "__main__":
    print("kept", len(list(DataLoader(Rows(), num_workers=2))))
"""
SHARDS = """
import tempfile
with tempfile.TemporaryDirectory() as folder:
    print("open", len([open(f"{folder}/shard-{number}", "wb") for number in range(400)]))
"""
# compilers of CUDA extensions take gigabytes each; this one takes some 200 MB for a table
PART = """
python3 -c 'print("int part_NUMBER[] = {", ",".join(str(n) for n in range(800000)), "};")' > part_NUMBER.cpp
"""
MAKEFILE = """
parts = part_1.o part_2.o part_3.o part_4.o part_5.o part_6.o
all: $(parts)
\t@echo built $(words $(parts)) parts
%.o: %.cpp
\t@g++ -c $< -o $@
"""
MEMORY = Path("/sys/fs/cgroup/memory")
MIB = 1 << 20


@pytest.mark.root
def test_the_shared_memory_is_too_small_for_the_workers(torch, small_memory):
    small = torch.through(*small_memory)
    small.write("train.py", LOADER)
    small.repaired("python train.py", "shm-too-small", holding="remount", prints="saw 64")


def test_the_loader_keeps_too_many_files_open(torch):
    limited = torch.through("sh", "-c", 'ulimit -S -n 128; exec "$@"', "sh")
    limited.write("train.py", KEEPING)
    limited.repaired("python train.py", "ulimit-nofile", holding="ulimit", prints="kept 512")


def test_a_program_opens_too_many_files(scene):
    limited = scene.through("sh", "-c", 'ulimit -S -n 256; exec "$@"', "sh")
    limited.write("shards.py", SHARDS)
    limited.repaired("python3 shards.py", "ulimit-nofile", holding="ulimit", prints="open 400")


@pytest.fixture
def group() -> Iterator[Path]:
    """A memory control group of the test's own, with 512 MiB."""
    if os.geteuid() != 0 or not os.access(MEMORY / "cgroup.procs", os.W_OK):
        pytest.skip("needs root and a cgroup v1 of memory that can be written")
    place = MEMORY / f"provenv-real-{os.getpid()}"
    place.mkdir()
    (place / "memory.limit_in_bytes").write_text(str(512 * MIB))
    yield place
    place.rmdir()


@pytest.mark.root
def test_the_kernel_kills_a_compiler_of_too_many_at_once(scene, group):
    for name in ("make", "g++"):
        if shutil.which(name) is None:
            pytest.skip(f"{name} is not installed")
    for number in range(1, 7):
        assert scene(PART.replace("NUMBER", str(number))).code == 0
    scene.write("Makefile", MAKEFILE)
    # as builds of extensions do it: as many compilers as there are, unless MAX_JOBS says another number
    build = f"bash -c 'echo $$ > {group}/cgroup.procs; exec make --jobs=\"${{MAX_JOBS:-6}}\"'"
    scene.repaired(build, "host-oom-killed", holding="MAX_JOBS", prints="built 6 parts")


@pytest.mark.root
def test_the_kernel_s_own_words_about_a_killed_process(scene, group):
    eat = 'import sys; rows = [bytearray(b"x") * (16 << 20) for _ in range(int(sys.argv[1]))]; print("read")'
    scene.write("load.py", eat)
    command = f"bash -c 'echo $$ > {group}/cgroup.procs; exec python3 load.py 64'"
    failed = scene(f"{command}; code=$?; echo exit code $code; exit $code")
    assert failed.code == 137, failed.said
    told = scene(f"dmesg | grep -F -A1 oom_memcg=/{group.name} | tail -n 2")
    if told.code or not told.said:
        pytest.skip("the kernel's messages can't be read here")
    answer = scene.explain(failed.said + told.said)
    assert answer.cause == "host-oom-killed", answer.told
