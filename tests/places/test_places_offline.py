"""Without any network: from a warm cache, from a cold one, and from a folder that was carried along."""

from __future__ import annotations

import hashlib
import http.server
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import version
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.root,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="network namespaces of Linux"),
]


@pytest.fixture
def online(fresh, tmp_path: Path) -> Iterator[Callable[..., object]]:
    """Return a maker of users who install from an index over HTTP; its pages are made when it is asked."""
    site, wheels = tmp_path / "site", tmp_path / "wheels"
    user = fresh()
    # what a download brings along for the other machine
    user.wheel("uv", version("uv"))
    for wheel in wheels.iterdir():
        folder = site / "simple" / wheel.name.partition("-")[0]
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(wheel, folder)
    for folder in (site / "simple").iterdir():
        lines = [
            f'<a href="{one.name}#sha256={hashlib.sha256(one.read_bytes()).hexdigest()}">{one.name}</a><br>\n'
            for one in sorted(folder.glob("*.whl"))
        ]
        (folder / "index.html").write_text("<!DOCTYPE html>\n" + "".join(lines))

    class Silent(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    user = user.lacking("PIP_FIND_LINKS", "PIP_NO_INDEX").having(
        PIP_INDEX_URL=f"http://127.0.0.1:{server.server_address[1]}/simple",
        UV_HTTP_RETRIES="0",
        UV_HTTP_TIMEOUT="5",
    )
    yield lambda: user
    server.shutdown()
    server.server_close()


def cloned(user, name: str, *files: str):
    """Return the user in a new folder that holds what is committed."""
    clone = user.at(user.root.parent / name)
    clone.root.mkdir()
    for file in files or ("provenv.toml", "pylock.toml"):
        shutil.copy(user.root / file, clone.root)
    return clone


def test_all_of_it_from_a_warm_cache(online, offline):
    user = online()
    assert user("up").code == 0
    alone = user.through(*offline)
    assert alone("up", "--json").data["unchanged"] is True
    assert alone("prove").code == 0
    for command in (["status", "--deep"], ["why", "alpha"], ["plan"], ["history"], ["facts"]):
        done = alone(*command)
        assert done.code == 0, done.err
    alone.imports()
    clone = cloned(alone, "clone")
    done = clone("up", "--locked", "--json")
    assert done.code == 0, done.err
    clone.imports()
    # a new generation of what the cache has, and back
    user.declare("alpha>1")
    assert user("lock").code == 0
    assert user.through()("up").code == 0
    assert alone("rollback").code == 0
    alone.imports()
    assert alone("up", "--json").data["unchanged"] is False
    alone.imports("2.0")


@pytest.mark.long
def test_a_cold_cache_names_what_is_missing(online, offline, tmp_path):
    user = online()
    user.declare("beta")
    assert user("lock").code == 0
    cold = user.through(*offline).having(UV_CACHE_DIR=str(tmp_path / "cold"))
    done = cold("up", "--json")
    assert done.code == 1
    assert done.codes[0].startswith("PV3")
    assert "alpha" in done.out or "beta" in done.out
    assert cold("status", "--json").data["sync"] == "absent"
    assert user("up").code == 0
    assert user("run", "--", "python", "-c", "import beta").code == 0


@pytest.mark.parametrize("medium", ["moved", pytest.param("read-only", marks=pytest.mark.long)])
def test_a_carried_folder_is_all_that_a_bare_machine_needs(online, offline, namespace, tmp_path, medium):
    user = online()
    user.declare("beta")
    carried = tmp_path / "carried"
    assert user("lock", "--download", str(carried)).code == 0
    goal = tmp_path / "somewhere else" / "碟 1"
    goal.parent.mkdir()
    carried.rename(goal)
    bare = cloned(user, "bare").through(*offline)
    bare = bare.lacking("PIP_INDEX_URL").having(
        HOME=str(tmp_path / "home"), UV_CACHE_DIR=str(tmp_path / "c2")
    )
    if medium == "read-only":
        script = f'mount --bind "{goal}" "{goal}" && mount -o remount,ro,bind "{goal}" && exec "$@"'
        bare = bare.through(*namespace, "sh", "-c", script, "sh")
    before = listing(goal)
    done = bare("up", "--locked", "--from", str(goal))
    assert done.code == 0, done.err
    assert listing(goal) == before
    assert bare("up", "--json").code in (0, 1)
    ran = bare("run", "--", "python", "-c", "import beta, alpha; print(alpha.version)")
    assert ran.out == "2.0\n", ran.err
    assert bare("prove").code == 0


@pytest.mark.long
@pytest.mark.parametrize("damage", ["changed", "cut"])
def test_a_carried_file_that_was_damaged_is_named_and_not_installed(online, offline, tmp_path, damage):
    user = online()
    carried = tmp_path / "carried"
    assert user("lock", "--download", str(carried)).code == 0
    wheel = next(carried.rglob("alpha-*.whl"))
    content = bytearray(wheel.read_bytes())
    if damage == "cut":
        del content[-100:]
    else:
        content[len(content) // 2] ^= 0xFF
    wheel.write_bytes(content)
    bare = cloned(user, "bare").through(*offline).lacking("PIP_INDEX_URL")
    bare = bare.having(UV_CACHE_DIR=str(tmp_path / "c2"))
    done = bare("up", "--from", str(carried), "--json")
    assert done.code == 1, done.out
    assert "alpha" in done.out
    assert done.codes == ["PV769"] or done.codes[0].startswith("PV3")
    assert bare.generations == [] if (bare.root / ".provenv").exists() else True
    # downloaded again, it is whole
    assert user("lock", "--download", str(carried)).code == 0
    assert bare("up", "--from", str(carried)).code == 0
    bare.imports()


def listing(folder: Path) -> str:
    """Return every file with its size and digest."""
    found = subprocess.run(
        "find . -type f -exec sha256sum {} + | sort", shell=True, cwd=folder, capture_output=True, check=True
    )
    return found.stdout.decode()
