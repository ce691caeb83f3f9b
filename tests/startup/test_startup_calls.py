"""How many system calls a start makes: the same in a project of ten files and one of 100,000."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

DECLARED = 'schema = 1\nname = "p"\nrequirements = ["alpha<2"]\n'
CALLS = "%file,%desc"

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


def calls(tool, *arguments: str) -> int:
    """Return how many system calls about files and descriptors a command makes."""
    counted = tool.root.parent / "calls.txt"
    # bytecode that is written by one run and not by the next would count
    environment = {**tool.environment, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}
    environment.pop("COVERAGE_PROCESS_START", None)
    tracer = ["strace", "-f", "-c", "-e", f"trace={CALLS}", "-o", str(counted)]
    subprocess.run(
        [*tracer, sys.executable, "-m", "provenv", *arguments],
        cwd=tool.root,
        env=environment,
        check=True,
        capture_output=True,
        stdin=subprocess.DEVNULL,
    )
    total = counted.read_text().splitlines()[-1].split()
    assert total[-1] == "total"
    return int(total[3])  # after the share, the seconds and the microseconds for each


def counted(tool) -> dict[str, int]:
    return {words: calls(tool, *words.split()) for words in ("up", "status")}


@pytest.mark.slow
def test_a_project_of_100_000_files_costs_no_call_more(workplace):
    tool = workplace(DECLARED)
    assert tool("up").code == 0
    for number in range(10):
        tool.write(f"src/{number}.py", "")
    small = counted(tool)
    for folder in range(100):
        path = tool.root / "src" / f"{folder:03}"
        path.mkdir()
        handle = os.open(path, os.O_RDONLY)
        for number in range(1000):
            os.close(os.open(f"{number}.py", os.O_CREAT | os.O_WRONLY, dir_fd=handle))
        os.close(handle)
    assert counted(tool) == small


def test_a_no_op_looks_at_few_files(workplace):
    """Beside Python's own start: the modules of the short way, and the files that decide."""
    tool = workplace(DECLARED)
    assert tool("up").code == 0
    whole, short = calls(tool, "up", "--no-wait"), calls(tool, "up")
    assert short < whole * 0.6
