"""Tiny wheels for the platforms' tests."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def make_tiny_wheel() -> Callable[[Path, str, str], Path]:
    """Return a writer of wheels with one module and a true RECORD (PEP 427)."""

    def write(folder: Path, name: str, version: str) -> Path:
        info = f"{name}-{version}.dist-info"
        files = {
            f"{name}.py": f"version = {version!r}\n",
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        record = ""
        for path, content in files.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(content.encode()).digest()).rstrip(b"=").decode()
            record += f"{path},sha256={digest},{len(content.encode())}\n"
        goal = folder / f"{name}-{version}-py3-none-any.whl"
        with zipfile.ZipFile(goal, "w") as archive:
            for path, content in {**files, f"{info}/RECORD": record + f"{info}/RECORD,,\n"}.items():
                archive.writestr(zipfile.ZipInfo(path), content)
        return goal

    return write
