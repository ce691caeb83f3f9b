"""What the pages of docs/ are run with."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest


@pytest.fixture
def environment_of_pages(tmp_path: Path, repository: Path) -> dict[str, str]:
    """Return variables with `provenv` on PATH and an own cache: the guide damages a file of it."""
    programs = tmp_path / "bin"
    programs.mkdir()
    program = programs / "provenv"
    source = str(repository / "src")
    # as the installed program: the folder that one stands in is not on its path
    program.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path[0] = {source!r}\n"
        "from provenv.cli import main\nsys.exit(main())\n"
    )
    program.chmod(0o755)
    return {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "UV_CACHE_DIR": str(tmp_path / "cache"),
        "CUDA_VISIBLE_DEVICES": "",
        "LC_ALL": "C.UTF-8",
        "COLUMNS": "100",
    }
