"""What one sample of a group of 16 processes costs, in processor time, beside the same with psutil.

Run as `python bench/runs_sampler.py [--quick]`, on Linux; it needs uv on PATH and installs psutil. Every
process holds 64 MiB of its own and shares 256 MiB with the others, as forked workers of a data loader do.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from pairs import Contender, Goal, Measured, compare, show
from programs import program

REPETITIONS = 5
SAMPLES = 20
PROCESSES = 16
SOURCE = Path(__file__).resolve().parents[1] / "src"

GROUP = f"""
import mmap, os, signal, sys, time
shared = mmap.mmap(-1, 256 << 20)
shared[:] = bytes(256 << 20)
pids, told = [], os.pipe()
for _ in range({PROCESSES}):
    pid = os.fork()
    if pid == 0:
        own = bytearray(64 << 20)
        sum(shared[::4096])
        os.write(told[1], b"x")
        signal.pause()
    pids.append(pid)
for _ in pids:
    os.read(told[0], 1)
"""

END = f"""
look()
began = time.process_time()
for _ in range({SAMPLES}):
    look()
print((time.process_time() - began) / {SAMPLES})
for pid in pids:
    os.kill(pid, 9)
    os.waitpid(pid, 0)
"""

OURS = """
from provenv.runs.sampling import Sampling
sampling = Sampling()
def look():
    sampling.sample(pids)
"""

THEIRS = """
import psutil
def look():
    total = [0, 0, 0, 0]
    for one in psutil.Process().children(recursive=True):
        total[0] += one.memory_full_info().pss
        total[1] += sum(one.cpu_times()[:4])
        total[2] += one.io_counters().read_bytes
        total[3] += one.num_threads()
    psutil.virtual_memory(), psutil.net_io_counters()
"""


def measure(repetitions: int = REPETITIONS) -> Measured:
    """Return the row."""
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    with tempfile.TemporaryDirectory(prefix="provenv-bench-") as name:
        uv, python = program("uv"), f"{name}/venv/bin/python"
        for words in (
            ["venv", "-q", "--python", sys.executable, f"{name}/venv"],
            ["pip", "install", "-q", "--python", python, "psutil"],
        ):
            subprocess.run([uv, *words], env=environment, check=True, capture_output=True)

        def contender(shown: str, how: str) -> Contender:
            argv = [python, "-c", GROUP + how + END]
            return Contender(shown, argv, Path(name), environment, seconds=lambda printed, _: float(printed))

        ours, theirs = contender("one sample", OURS), contender("psutil", THEIRS)
        return Measured([compare(ours, theirs, repetitions, Goal("alone", 0.005))])


if __name__ == "__main__":
    show(measure(1) if "--quick" in sys.argv[1:] else measure())
