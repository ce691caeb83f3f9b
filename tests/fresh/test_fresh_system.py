"""Consent on a bare machine: a package lacks libGL, `system --install --yes` gets it through the real apt."""

from __future__ import annotations

import json
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = [pytest.mark.root, pytest.mark.slow]
Fresh = Callable[..., object]

LOADING = "import ctypes, os\nctypes.CDLL(os.path.join(os.path.dirname(__file__), '_native.so'))\n"
CONTROL = (
    "Package: libgl1\nVersion: 1.0\nArchitecture: {machine}\nMaintainer: tests\nDescription: a stand-in\n"
)


def built(path: Path, *flags: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    words = ["gcc", "-shared", "-fPIC", "-nostdlib", "-x", "c", "-", "-o", str(path), *flags]
    subprocess.run(words, input=b"", check=True)
    return path


def package(out: Path, library: Path) -> None:
    """Write an archive of one Debian package that brings the library, as apt reads it from a folder."""
    machine = subprocess.run(
        ["dpkg", "--print-architecture"], capture_output=True, text=True, check=True
    ).stdout
    content = out / "package"
    (content / "DEBIAN").mkdir(parents=True)
    (content / "DEBIAN" / "control").write_text(CONTROL.format(machine=machine.strip()))
    (content / "usr" / "lib").mkdir(parents=True)
    (content / "usr" / "lib" / library.name).write_bytes(library.read_bytes())
    archive = out / "archive"
    archive.mkdir()
    subprocess.run(["dpkg-deb", "--build", "--root-owner-group", str(content), str(archive)], check=True)
    listed = subprocess.run(
        ["dpkg-scanpackages", "."], cwd=archive, capture_output=True, text=True, check=True
    )
    (archive / "Packages").write_text(listed.stdout)


def wheel(folder: Path, native: Path) -> None:
    info = "pictures-1.0.dist-info"
    files = {
        "pictures/__init__.py": LOADING,
        "pictures/_native.so": native.read_bytes(),
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: pictures\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    folder.mkdir()
    with zipfile.ZipFile(folder / "pictures-1.0-py3-none-any.whl", "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)
        archive.writestr(f"{info}/RECORD", "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"]))


def test_a_missing_library_is_installed_with_consent_and_then_proven(fresh: Fresh, tmp_path: Path) -> None:
    library = built(tmp_path / "stub" / "libGL.so.1", "-Wl,-soname,libGL.so.1")
    native = built(
        tmp_path / "native" / "_native.so", "-Wl,--no-as-needed", f"-L{library.parent}", "-l:libGL.so.1"
    )
    out = tmp_path / "out"
    out.mkdir()
    package(out, library)
    wheel(out / "wheels", native)
    commands = """
    ./provenv version
    mkdir ~/project && cd ~/project
    printf 'schema = 1\\nname = "p"\\nrequirements = ["pictures"]\\n' > provenv.toml
    export PIP_FIND_LINKS=/run/out/wheels PIP_NO_INDEX=1
    set +e
    ~/provenv/provenv up --json > /run/out/first.json 2> /run/out/first.err; echo "up $?"
    ~/provenv/provenv system --install --json > /run/out/refused.json; echo "refused $?"
    ~/provenv/provenv system --install --yes --json > /run/out/installed.json; echo "installed $?"
    ~/provenv/provenv up --quiet; echo "again $?"
    ~/provenv/provenv prove --json > /run/out/proof.json; echo "prove $?"
    dpkg-query --show --showformat='${db:Status-Status}' libgl1
    """
    prepare = """
    echo 'dev ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/dev
    rm -rf /etc/apt/sources.list /etc/apt/sources.list.d
    echo 'deb [trusted=yes] file:/run/out/archive ./' > /etc/apt/sources.list
    rm -rf /var/lib/apt/lists/*
    """
    base = ("ca-certificates", "git", "python3", "python3-venv")
    done = fresh(commands, out=out, prepare=prepare, packages=[*base, "sudo"])
    told = done.stdout  # type: ignore[attr-defined]
    endings = [line for line in told.splitlines() if line.split()[0:1] and line.split()[-1].isdigit()]
    assert endings == ["up 3", "refused 2", "installed 0", "again 0", "prove 0"], told
    assert told.endswith("installed")
    first = json.loads((out / "first.json").read_text())
    outcomes = {one["name"]: one for one in first["data"]["outcomes"]}
    assert (outcomes["libraries"]["status"], outcomes["imports"]["status"]) == ("failed", "failed")
    assert "libGL.so.1" in outcomes["libraries"]["why"]["text"]
    assert "provenv system --install" in outcomes["libraries"]["hints"][0]["command"]
    refused = json.loads((out / "refused.json").read_text())
    assert refused["data"]["needs"][0]["package"] == "libgl1"
    installed = json.loads((out / "installed.json").read_text())["data"]
    assert installed["installed"] == ["libgl1"]
