"""With real torch: all types, ties, optimizers, damage, ranks, signals (torch_checks.py)."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from loading import load

HERE = Path(__file__).resolve().parent
environment = load("runtime_conftest", HERE / "conftest.py").environment
CHECKS = re.findall(r"^def check_(\w+)", (HERE / "torch_checks.py").read_text(), re.MULTILINE)
pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def told(torch_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, Any]]:
    """Return what a check said; all are forked from one process, once for all workers: torch is large."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    lines, errors = shared / "torch-checks.jsonl", shared / "torch-checks.errors"
    with (shared / "torch-checks.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not lines.exists():
            folder = shared / "torch-checks"
            folder.mkdir()
            with lines.open("wb") as out, errors.open("wb") as err:
                subprocess.run(
                    [str(torch_python), str(HERE / "torch_checks.py"), str(folder)],
                    cwd=folder, env=environment(), stdout=out, stderr=err, timeout=600, check=False,
                )  # fmt: skip
    found = {one["check"]: one for one in map(json.loads, lines.read_text().splitlines())}

    def tell(check: str) -> dict[str, Any]:
        assert check in found, errors.read_text()[-4000:]
        return found[check]

    return tell


@pytest.mark.parametrize("check", CHECKS)
def test_with_torch(told, check):
    line = told(check)
    assert (line["text"], line["code"]) == ("ok", 0), line["text"]


FULL = """
import os, sys, torch
from provenv_runtime import state, verify
folder = sys.argv[1] + "/kept"
values = {"big": torch.zeros(1_500_000)}  # 6 MB, the disk has 16
kept = state(folder, values=values, every=1, keep=2)
for _ in range(2):
    kept.stepped()
kept.stepped()
assert kept.step == 3
print(sorted(one for one in os.listdir(folder) if "step" in one))
print([verify(f"{folder}/step-0000000{n}") for n in (1, 2)])
"""


@pytest.mark.root
@pytest.mark.skipif(shutil.which("unshare") is None, reason="unshare is not installed")
def test_a_full_disk(with_torch, torch_python, tmp_path):
    disk, script = tmp_path / "disk", tmp_path / "full.py"
    disk.mkdir()
    script.write_text(FULL)
    mount = 'mount -t tmpfs -o size=16m none "$0" && exec "$@"'
    prefix = ("unshare", "--mount", "--map-root-user", "sh", "-c", mount, str(disk))
    done = with_torch(str(script), str(disk), prefix=prefix)
    assert done.stdout.strip() == "['step-00000001', 'step-00000002']\n[[], []]"
    assert "step 3 could not be saved: No space left on device (" in done.stderr
    assert "the last good checkpoint is step-00000002; training goes on" in done.stderr
