"""The check `libraries`: real native files, built here, that lack what the loader would look for."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from provenv.errors import Text
from provenv.hosts.local import LocalHost
from provenv.proof.libraries import look

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads ELF files"),
    pytest.mark.skipif(shutil.which("gcc") is None, reason="builds small libraries with gcc"),
]
IMPORTING = "import ctypes, os\nctypes.CDLL(os.path.join(os.path.dirname(__file__), {name!r}))\n"


def compiled(folder: Path, name: str, *flags: str, source: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    subprocess.run(
        ["gcc", "-shared", "-fPIC", "-x", "c", "-", "-o", str(path), "-nostdlib", *flags],
        input=source.encode(),
        check=True,
    )
    return path


def stub(folder: Path, name: str, *flags: str, source: str = "") -> Path:
    """Build a library that others are linked against, under its own name."""
    return compiled(folder, name, f"-Wl,-soname,{name}", *flags, source=source)


@pytest.fixture
def packed(tmp_path: Path):
    """Return a writer of wheels whose files may be binary."""

    def write(name: str, files: dict[str, bytes | str]) -> str:
        info = f"{name}-1.0.dist-info"
        wheel = tmp_path / f"{name}-1.0-py3-none-any.whl"
        contents = {
            **files,
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        record = "".join(f"{path},,\n" for path in contents) + f"{info}/RECORD,,\n"
        with zipfile.ZipFile(wheel, "w") as archive:
            for path, content in contents.items():
                archive.writestr(path, content)
            archive.writestr(f"{info}/RECORD", record)
        return str(wheel)

    return write


def test_a_missing_library_that_an_import_fails_for(small, packed, prover, tmp_path):
    outside = tmp_path / "outside"
    stub(outside, "libGL.so.1")
    stub(outside, "libabsent.so.3")
    native = compiled(
        tmp_path / "build",
        "_native.so",
        "-Wl,--no-as-needed",
        f"-L{outside}",
        "-l:libGL.so.1",
        "-l:libabsent.so.3",
    )
    plugin = compiled(
        tmp_path / "build", "plugin.so", "-Wl,--no-as-needed", f"-L{outside}", "-l:libabsent.so.3"
    )
    shutil.move(outside / "libGL.so.1", outside / "gone")
    environment = small(
        packed(
            "pictures",
            {
                "pictures/__init__.py": IMPORTING.format(name="_native.so"),
                "pictures/_native.so": native.read_bytes(),
                "pictures/plugin.so": plugin.read_bytes(),
            },
        )
    )
    outcome = prover(environment, "libraries")["libraries"]
    assert outcome.status == "failed"
    # the loader names one library at a time; the others of the same file come along
    named = "libGL.so.1, libabsent.so.3" if not system_has("libGL.so.1") else "libabsent.so.3"
    assert outcome.why.args["names"] == named
    assert (
        "- libabsent.so.3: pictures/_native.so (pictures), pictures/plugin.so (pictures)" in outcome.evidence
    )
    assert outcome.hints[0].command == "provenv system --install"


def system_has(name: str) -> bool:
    done = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=False)
    return f"\t{name} (" in done.stdout


def test_a_plugin_that_nothing_loads_is_only_told(small, packed, prover, tmp_path):
    stub(tmp_path / "outside", "libabsent.so.3")
    plugin = compiled(
        tmp_path / "build",
        "plugin.so",
        "-Wl,--no-as-needed",
        f"-L{tmp_path / 'outside'}",
        "-l:libabsent.so.3",
    )
    environment = small(packed("tool", {"tool/__init__.py": "", "tool/plugin.so": plugin.read_bytes()}))
    outcome = prover(environment, "libraries")["libraries"]
    assert (outcome.status, outcome.did.args["n"]) == ("passed", 1)
    assert outcome.evidence == "? libabsent.so.3: tool/plugin.so (tool)"


def test_what_the_environment_carries_is_found(small, packed, prover, tmp_path):
    """By RUNPATH, by the RPATH of what loads it, and where a package loads it by itself before."""
    inner = stub(tmp_path / "build", "libinner-1234.so.1")
    alone = stub(tmp_path / "build", "libalone-1234.so.1")
    flags = ("-Wl,--no-as-needed", f"-L{tmp_path / 'build'}")
    by_path = compiled(
        tmp_path / "build", "one.so", *flags, "-l:libinner-1234.so.1", "-Wl,-rpath,$ORIGIN/../x.libs"
    )
    by_others = compiled(tmp_path / "build", "two.so", *flags, "-l:libalone-1234.so.1")
    environment = small(
        packed(
            "x",
            {
                "x/__init__.py": "",
                "x/one.so": by_path.read_bytes(),
                "x/two.so": by_others.read_bytes(),
                "x.libs/libinner-1234.so.1": inner.read_bytes(),
                "other/libalone-1234.so.1": alone.read_bytes(),
            },
        )
    )
    outcome = prover(environment, "libraries")["libraries"]
    assert (outcome.status, outcome.did.args["n"], outcome.evidence) == ("passed", 0, "")


def test_ld_library_path_is_honoured(small, packed, prover, tmp_path):
    outside = tmp_path / "outside"
    stub(outside, "libabsent.so.3")
    native = compiled(tmp_path / "b", "n.so", "-Wl,--no-as-needed", f"-L{outside}", "-l:libabsent.so.3")
    environment = small(
        packed("t", {"t/__init__.py": IMPORTING.format(name="n.so"), "t/n.so": native.read_bytes()})
    )
    assert prover(environment, "libraries")["libraries"].status == "failed"
    prover.variables["LD_LIBRARY_PATH"] = str(outside)
    assert prover(environment, "libraries")["libraries"].status == "passed"


def test_a_version_that_the_library_here_does_not_have(small, packed, prover, tmp_path):
    """As a wheel that was built on a newer distribution: `version 'GLIBC_2.99' not found`."""
    script = tmp_path / "version.map"
    script.write_text("OLD_1 { };\nNEW_2 { global: thing; };\n")
    new = stub(
        tmp_path / "new",
        "libthing.so.1",
        f"-Wl,--version-script={script}",
        source="int thing(void) { return 1; }",
    )
    native = compiled(
        tmp_path / "b",
        "n.so",
        f"-L{new.parent}",
        "-Wl,--no-as-needed",
        "-l:libthing.so.1",
        "-Wl,-rpath,$ORIGIN",
        source="int thing(void); int call(void) { return thing(); }",
    )
    script.write_text("OLD_1 { global: thing; };\n")
    old = stub(
        tmp_path / "old",
        "libthing.so.1",
        f"-Wl,--version-script={script}",
        source="int thing(void) { return 1; }",
    )
    environment = small(
        packed(
            "t",
            {
                "t/__init__.py": IMPORTING.format(name="n.so"),
                "t/n.so": native.read_bytes(),
                "t/libthing.so.1": old.read_bytes(),
            },
        )
    )
    outcome = prover(environment, "libraries")["libraries"]
    assert outcome.status == "failed"
    assert isinstance(outcome.why, Text)
    assert (outcome.why.key, outcome.why.args["version"]) == ("proof.libraries.old", "NEW_2")


@pytest.mark.parametrize("spoiled", ["cut", "empty", "text", "zeros"])
def test_files_that_only_look_native_are_passed_over(small, packed, prover, tmp_path, spoiled):
    whole = stub(tmp_path / "b", "libx.so").read_bytes()
    content = {"cut": whole[:200], "empty": b"", "text": b"INPUT(-lfoo)\n", "zeros": whole[:64] + bytes(500)}[
        spoiled
    ]
    environment = small(packed("t", {"t/__init__.py": "", "t/libx.so": content}))
    assert prover(environment, "libraries")["libraries"].status == "passed"


def test_the_cache_of_the_loader_is_read_as_ldconfig_prints_it(repository):
    done = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=False)
    if done.returncode != 0 or not os.path.exists("/etc/ld.so.cache"):
        pytest.skip("no loader cache on this system")
    shared = repository / "src" / "provenv" / "payload" / "shared"
    program = "import json, sys; sys.path.insert(0, sys.argv[1]); import prove_loader as it\n"
    program += "print(json.dumps(it.read_cache()))"
    read = subprocess.run(
        [sys.executable, "-c", program, str(shared)], capture_output=True, text=True, check=True
    )
    found = {(name, path) for name, paths in json.loads(read.stdout).items() for path in paths}
    printed = set(re.findall(r"^\t(\S+) \(.*\) => (\S+)$", done.stdout, re.M))
    assert printed
    assert found == printed


def test_the_look_alone_gives_the_raw_result(small, packed, tmp_path):
    stub(tmp_path / "outside", "libabsent.so.3")
    native = compiled(
        tmp_path / "b", "n.so", "-Wl,--no-as-needed", f"-L{tmp_path / 'outside'}", "-l:libabsent.so.3"
    )
    environment = small(
        packed("t", {"t/__init__.py": IMPORTING.format(name="n.so"), "t/n.so": native.read_bytes()})
    )
    raw = look(LocalHost(), environment.python, environment=dict(os.environ), folder=str(tmp_path))
    assert raw["missing"] == [{"name": "libabsent.so.3", "files": [["t/n.so", "t"]], "imported": False}]
    assert [(who, module) for who, module, _ in raw["imports"]] == [("t", "t")]
