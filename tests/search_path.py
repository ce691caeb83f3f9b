"""A PATH without the engines whose own report takes longer than all else that provenv asks a machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

LEFT_OUT = ("docker", "helm", "kubectl", "podman")
"""`podman info` alone asks dpkg six times. What is asked of engines has tests of its own, with real ones."""


@pytest.fixture(scope="session")
def search_path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the PATH of this process; a folder that has an engine is one of links to all else there."""
    made = tmp_path_factory.mktemp("path")
    folders = []
    for number, folder in enumerate(dict.fromkeys(os.environ["PATH"].split(os.pathsep))):
        if any(Path(folder, name).exists() for name in LEFT_OUT):
            links = made / str(number)
            links.mkdir()
            for one in Path(folder).iterdir():
                if one.name not in LEFT_OUT:
                    (links / one.name).symlink_to(one)
            folders.append(str(links))
        else:
            folders.append(folder)
    return os.pathsep.join(folders)
