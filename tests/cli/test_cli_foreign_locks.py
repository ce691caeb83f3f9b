"""Locks of other tools on the whole way: `uv.lock` leads, poetry's versions stay, files travel by folder."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from provenv.hosts.local import LocalHost
from provenv.lock import find_uv
from provenv.lock.download import python_key
from provenv.lock.uv import python_build
from provenv.model.facts import Platform

LINUX = Platform("linux", platform.machine(), libc="glibc")

PROJECT = """
[project]
name = "p"
version = "0"
requires-python = ">=3.10"
dependencies = [{dependencies}]

[project.optional-dependencies]
more = ["beta"]

[dependency-groups]
train = ["gamma"]
"""


def index(wheels: Path) -> str:
    """Write a simple index with digests over the wheels (PEP 503); return its address."""
    root = wheels.parent / "simple"
    shutil.rmtree(root, ignore_errors=True)
    for wheel in sorted(wheels.glob("*.whl")):
        page = root / wheel.name.split("-")[0].replace("_", "-") / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        row = f'<a href="{wheel.as_uri()}#sha256={digest}">{wheel.name}</a>\n'
        page.write_text((page.read_text() if page.exists() else "") + row)
    return root.as_uri()


@pytest.fixture
def project(workplace):
    """Return a uv project that is locked by uv, with nothing but an index of files to go to."""

    def make(dependencies: str = '"alpha"', **files: str):
        tool = workplace()
        tool.wheel("gamma", "1.0")
        tool.write("pyproject.toml", PROJECT.format(dependencies=dependencies))
        for name, content in files.items():
            tool.write(name, content)
        del tool.environment["PIP_FIND_LINKS"], tool.environment["PIP_NO_INDEX"]
        tool.environment["PIP_INDEX_URL"] = index(tool.wheels)
        return tool

    return make


def uv(tool, *arguments: str) -> None:
    environment = {**tool.environment, "UV_DEFAULT_INDEX": tool.environment["PIP_INDEX_URL"]}
    subprocess.run([find_uv(), *arguments], cwd=tool.root, env=environment, check=True, capture_output=True)


def codes(finding) -> list[str]:
    return [one["code"] for one in finding]


def test_a_uv_lock_leads_and_its_change_is_noticed(project):
    tool = project('"alpha<2"')
    uv(tool, "lock")
    tool.write("pyproject.toml", PROJECT.format(dependencies='"alpha"'))
    uv(tool, "lock", "--upgrade-package", "beta")
    locked = (tool.root / "uv.lock").read_text()
    planned = tool("plan", "--json").data
    assert [one["value"] for one in planned["lock"]["choices"] if one["subject"] == "lock"] == ["uv.lock"]
    assert tool("up", "--json").data["generation"]["packages"] == {"alpha": "1.0"}
    assert tool("up", "--json").data["unchanged"] is True
    assert tool("up", "--locked").code == 0
    assert (tool.root / "uv.lock").read_text() == locked
    assert not (tool.root / "pylock.toml").exists()
    assert tool("why", "alpha", "--json").data["chains"] == [["pyproject.toml:6", "alpha"]]
    uv(tool, "lock", "--upgrade")
    assert [one["key"] for one in tool("status", "--json").data["reasons"]] == ["plan.stale.lock"]
    assert tool("up", "--json").data["generation"]["packages"] == {"alpha": "2.0"}


def test_groups_and_extras_are_those_that_the_declared_file_names(project):
    named = 'schema = 1\n[requirements]\nfile = "pyproject.toml"\ngroups = ["train"]\nextras = ["more"]\n'
    tool = project(**{"provenv.toml": named})
    uv(tool, "lock")
    assert tool("up", "--json").data["generation"]["packages"] == {
        "alpha": "2.0",
        "beta": "1.0",
        "gamma": "1.0",
    }


def test_a_uv_lock_that_is_out_of_date_is_told_and_refused_with_locked(project):
    tool = project()
    uv(tool, "lock")
    tool.write("pyproject.toml", PROJECT.format(dependencies='"alpha", "beta"'))
    planned = tool("plan", "--json")
    assert "PV348" in codes(planned.data["lock"]["findings"])
    refused = tool("up", "--locked", "--json")
    assert (refused.code, refused.codes) == (1, ["PV761"])
    assert refused.document["problems"][0]["hints"][0]["command"] == "uv lock"


def test_a_lock_of_ours_starts_from_the_versions_of_uv_and_leads_from_then_on(project):
    tool = project('"alpha<2"')
    uv(tool, "lock")
    tool.write("pyproject.toml", PROJECT.format(dependencies='"alpha"'))
    ours = tool("lock", "--json")
    assert [one["version"] for one in ours.data["lock"]["packages"]] == ["1.0"]
    assert "PV347" in codes(ours.data["lock"]["findings"])
    assert tool("up", "--json").data["generation"]["lock_file"] == "pylock.toml"
    uv(tool, "lock", "--upgrade")
    assert [one["key"] for one in tool("status", "--json").data["reasons"]] == ["plan.stale.file"]
    assert tool("up", "--locked", "--json").codes == ["PV761"]
    assert tool("up", "--json").data["generation"]["packages"] == {"alpha": "2.0"}
    (tool.root / "pylock.toml").unlink()
    assert tool("up", "--json").data["generation"]["lock_file"] == "uv.lock"
    assert tool("up", "--json").data["unchanged"] is True


def test_versions_of_a_uv_lock_are_moved_by_uv_alone(project):
    tool = project()
    uv(tool, "lock")
    refused = tool("up", "--upgrade", "--json")
    assert (refused.code, refused.codes) == (1, ["PV767"])


def test_what_is_declared_beside_a_uv_lock_makes_a_lock_of_ours_with_its_versions(project):
    named = 'schema = 1\nname = "p"\nrequirements = [{ file = "pyproject.toml" }, "beta"]\n'
    tool = project('"alpha<2"', **{"provenv.toml": named})
    uv(tool, "lock")
    tool.write("pyproject.toml", PROJECT.format(dependencies='"alpha"'))
    locked = tool("lock", "--json").data["lock"]
    assert {one["name"]: one["version"] for one in locked["packages"]} == {"alpha": "1.0", "beta": "1.0"}
    assert {"PV346", "PV347"} <= set(codes(locked["findings"]))


def test_a_member_of_a_workspace_gets_its_own_part(project):
    tool = project('"gamma"')
    text = (tool.root / "pyproject.toml").read_text()
    tool.write("pyproject.toml", text + '\n[tool.uv.workspace]\nmembers = ["libs/*"]\n')
    tool.write("libs/core/pyproject.toml", PROJECT.format(dependencies='"alpha"').replace('"p"', '"core"'))
    uv(tool, "lock")
    planned = tool("-C", "libs/core", "plan", "--json").data["lock"]
    assert [one["name"] for one in planned["packages"]] == ["alpha"]
    assert planned["choices"][0]["value"] == "../../uv.lock"
    assert [one["name"] for one in tool("plan", "--json").data["lock"]["packages"]] == ["gamma"]


def test_a_broken_uv_lock_is_told(project):
    tool = project(**{"uv.lock": "version = 99\n"})
    refused = tool("plan", "--json")
    assert (refused.code, refused.codes) == (1, ["PV339"])


def test_a_uv_lock_that_has_nothing_for_this_python_names_the_way_out(project):
    tool = project()
    uv(tool, "lock")
    text = (tool.root / "uv.lock").read_text().replace(">=3.10", ">=3.99")
    tool.write("uv.lock", text)
    refused = tool("plan", "--json")
    assert (refused.code, refused.codes) == (1, ["PV335"])
    assert refused.document["problems"][0]["hints"][-1]["command"] == "provenv lock"


def test_versions_of_poetry_are_kept_where_they_fit(workplace):
    tool = workplace('schema = 1\nname = "p"\nrequirements = ["alpha", "beta"]\n')
    pins = '[[package]]\nname = "alpha"\nversion = "1.0"\n[[package]]\nname = "beta"\nversion = "9.9"\n'
    tool.write("poetry.lock", pins)
    locked = tool("lock", "--json").data["lock"]
    assert {one["name"]: one["version"] for one in locked["packages"]} == {"alpha": "1.0", "beta": "1.0"}
    finding = next(one for one in locked["findings"] if one["code"] == "PV347")
    assert finding["what"]["args"] == {"file": "poetry.lock", "kept": 1, "all": 2}
    assert tool("up").code == 0
    tool.write("poetry.lock", pins.replace("1.0", "2.0"))
    assert tool("up", "--json").data["generation"]["packages"]["alpha"] == "2.0"


def test_a_download_is_whole_repeatable_and_never_trusts_what_lies_there(project, tmp_path):
    tool = project('"beta"')
    uv(tool, "lock")
    add_uv(tool)
    made = tool("lock", "--download", str(tmp_path / "air"), "--json")
    assert made.code == 0, made.err
    assert (made.data["files"], made.data["fetched"]) == (3, 3)
    folder = tmp_path / "air"
    manifest = json.loads((folder / "MANIFEST.json").read_text())
    for one in manifest["files"]:
        content = (folder / one["path"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (one["size"], one["hashes"]["sha256"])
    assert "#sha256=" in (folder / "simple" / "alpha" / "index.html").read_text()
    (folder / "files" / "alpha-2.0-py3-none-any.whl").write_bytes(b"other")
    assert tool("lock", "--download", str(folder), "--json").data["fetched"] == 1
    assert tool("lock", "--download", str(folder), "--json").data["fetched"] == 0
    (folder / "files" / "alpha-2.0-py3-none-any.whl").unlink()
    assert tool("up", "--from", str(folder), "--json").codes == ["PV769"]
    assert tool("up", "--from", str(tmp_path), "--json").codes == ["PV769"]


def test_the_python_build_comes_along_from_the_mirror_that_is_configured(project, tmp_path):
    tool = project('"alpha"')
    uv(tool, "lock")
    add_uv(tool)
    python = tool("plan", "--json").data["lock"]["python"]
    version, _, path = python_build(LocalHost(), find_uv(), python_key(python, LINUX), tool.environment)
    build = tmp_path / "mirror" / path.replace("%2B", "+")
    build.parent.mkdir(parents=True)
    build.write_bytes(b"a Python build")
    mirror = {"UV_PYTHON_INSTALL_MIRROR": (tmp_path / "mirror").as_uri()}
    made = tool("lock", "--download", str(tmp_path / "air"), "--with-python", "--json", **mirror)
    assert made.code == 0, made.err
    assert f"python {version}" in made.data["tools"]
    assert (tmp_path / "air" / "python" / path.replace("%2B", "+")).read_bytes() == b"a Python build"


@pytest.mark.root
@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="network namespaces need root")
def test_without_any_network_a_downloaded_folder_is_enough(project, tmp_path):
    tool = project('"beta"')
    uv(tool, "lock")
    add_uv(tool)
    folder = tmp_path / "air"
    assert tool("lock", "--download", str(folder)).code == 0
    shutil.rmtree(tool.wheels)
    shutil.rmtree(tool.wheels.parent / "simple")
    cold = {
        **tool.environment,
        "UV_CACHE_DIR": str(tmp_path / "cold"),
        "PIP_INDEX_URL": "https://index.example/simple",
    }
    done = subprocess.run(
        [
            "unshare",
            "-n",
            shutil.which("python3") or "python3",
            "-c",
            "import socket; socket.create_connection(('127.0.0.1', 9))",
        ],
        capture_output=True,
        check=False,
    )
    assert b"unreachable" in done.stderr
    tool.environment = cold
    inside = subprocess.run(
        ["unshare", "-n", *tool_argv(), "up", "--from", str(folder), "--json"],
        cwd=tool.root,
        env=cold,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    document = json.loads(inside.stdout)
    assert document["ok"], inside.stderr
    assert document["data"]["generation"]["proof"] == "passed"
    assert document["data"]["generation"]["packages"] == {"alpha": "2.0", "beta": "1.0"}
    again = tool("up", "--from", str(folder), "--json")
    assert again.data["unchanged"] is True


def tool_argv() -> list[str]:
    return [sys.executable, "-m", "provenv"]


def add_uv(tool) -> None:
    """Put a wheel that is called uv into the index: the real one would be fetched over the network."""
    version = subprocess.run(
        [find_uv(), "--version"], capture_output=True, text=True, check=True
    ).stdout.split()[1]
    tool.wheel("uv", version)
    index(tool.wheels)
