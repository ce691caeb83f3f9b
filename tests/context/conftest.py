"""Projects on the disk that say what goes into an image."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from provenv.model.image import ImageOptions
from provenv.model.spec import Run, Spec

Lay = Callable[..., Path]


def spec_of(root: Path, runs: Sequence[str] = (), prove: Sequence[str] = ()) -> Spec:
    """Return what such a project declares."""
    return Spec(
        name="digits",
        root=str(root),
        file="provenv.toml",
        files=(),
        digest="",
        runs={f"r{n}": Run(f"r{n}", one) for n, one in enumerate(runs)},
        prove={f"p{n}": one for n, one in enumerate(prove)},
    )


def options_of(*code: str) -> ImageOptions:
    """Return an image target with these patterns of code."""
    return ImageOptions("python:3.11-slim", "digits", code=code)


@pytest.fixture
def lay(tmp_path: Path) -> Lay:
    """Return a function that lays files down: names, or names and contents (a number: so many bytes)."""

    def made(
        files: Sequence[str] | Mapping[str, str | int],
        *,
        git: bool = False,
        links: Mapping[str, str] | None = None,
        programs: Sequence[str] = (),
        tracked: Sequence[str] = (),
    ) -> Path:
        root = tmp_path / "project"
        root.mkdir()
        contents = dict(files) if isinstance(files, Mapping) else dict.fromkeys(files, "x\n")
        for name, content in contents.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, int):
                with path.open("wb") as file:
                    file.truncate(content)
            else:
                path.write_text(content)
        for name in programs:
            (root / name).chmod(0o755)
        for name, target in (links or {}).items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).symlink_to(target)
        if git:
            plain = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
            for words in (["init", "-q"], *([["add", "-f", "--", *tracked]] if tracked else [])):
                subprocess.run(["git", *words], cwd=root, check=True, env=plain)
        return root

    return made
