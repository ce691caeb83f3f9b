"""Write which Pythons a release has wheels for: `python docs/make_python_windows.py`.

For each project of NAMES, pip is asked for a release that does not exist; its log
then names every file of the index that it is configured for. Of these the wheels
for Linux on x86_64 count, of final releases. The result is
src/provenv/spec/adopt/python_windows.json, which `init` dates old pins by.
"""

from __future__ import annotations

import datetime
import json
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from packaging.tags import Tag
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import Version

TARGET = Path(__file__).resolve().parent.parent / "src" / "provenv" / "spec" / "adopt" / "python_windows.json"
NAMES = (
    "torch", "torchvision", "torchaudio", "tensorflow", "tensorflow-cpu", "jaxlib", "numpy", "scipy",
    "pandas",
    "scikit-learn", "scikit-image", "matplotlib", "pillow", "opencv-python", "opencv-python-headless", "h5py",
    "tokenizers", "sentencepiece", "onnxruntime", "numba", "pyarrow", "xformers", "paddlepaddle",
)  # fmt: skip
OLDEST, NEWEST = 5, 14
"""Minor versions of Python 3 that are told apart."""
_WHEEL = re.compile(r"https?://\S+/([^/\s]+\.whl)")


def wheels(name: str) -> set[str]:
    """Return the names of all wheels that the index lists for a project."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable, "-m", "pip", "download", "--no-deps", "--no-cache-dir", "-vvv", "-d", folder,
            f"{name}==0.0.0.0.1",
        ]  # fmt: skip
        log = subprocess.run(command, capture_output=True, text=True, check=False)
    return set(_WHEEL.findall(log.stdout + log.stderr))


def minors(tags: Iterable[Tag]) -> set[int]:
    """Return the minor versions of Python 3 that a wheel's tags are for, on Linux x86_64 with glibc."""
    found: set[int] = set()
    for tag in tags:
        if tag.platform != "any" and not re.fullmatch(r"(many)?linux\w*_x86_64", tag.platform):
            continue
        if match := re.fullmatch(r"cp3(\d+)", tag.interpreter):
            first = int(match[1])
            found |= set(range(first, NEWEST + 1)) if tag.abi == "abi3" else {first}
        elif tag.interpreter == "py3":
            found |= set(range(OLDEST, NEWEST + 1))
    return {minor for minor in found if OLDEST <= minor <= NEWEST}


def windows(name: str) -> dict[str, list[str]]:
    """Return the releases of a project by the Pythons they have wheels for, oldest first."""
    releases: dict[Version, set[int]] = defaultdict(set)
    for filename in wheels(name):
        try:
            _, version, _, tags = parse_wheel_filename(filename)
        except InvalidWheelFilename:
            continue
        if not version.is_prerelease and version.local is None:
            releases[version] |= minors(tags)
    grouped: dict[str, list[str]] = defaultdict(list)
    for version in sorted(releases):
        if releases[version]:
            grouped[" ".join(f"3.{minor}" for minor in sorted(releases[version]))].append(str(version))
    return dict(grouped)


def main() -> None:
    """Write the table."""
    table = {
        "source": "the index's list of wheels for Linux x86_64, through pip; docs/make_python_windows.py",
        "date": datetime.datetime.now(tz=datetime.timezone.utc).date().isoformat(),
        "releases": {name: windows(name) for name in NAMES},
    }
    TARGET.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
