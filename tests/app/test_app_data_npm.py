"""npm packages as data: the real client against a small registry on this machine."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from provenv.app import data
from provenv.app.data.cache import cache_of
from provenv.app.project import Project
from provenv.errors import Failure, Problem
from provenv.hosts.trees import digest_of

pytestmark = [pytest.mark.slow, pytest.mark.skipif(shutil.which("npm") is None, reason="no npm here")]

FILES = {"package.json": b"", "README": b"words", "data/a.txt": b"one\n", "data/b.txt": b"two\n" * 5000}
DATA = {name: content for name, content in FILES.items() if name.startswith("data/")}


def packed(name: str, version: str, top: str = "package") -> bytes:
    """Return a tarball as the registry has them; a script in it would tell that it ran."""
    about = {"name": name, "version": version, "scripts": {"prepack": "touch ran", "install": "touch ran"}}
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as archive:
        for path, content in {**FILES, "package.json": json.dumps(about).encode()}.items():
            member = tarfile.TarInfo(f"{top}/{path}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return written.getvalue()


@dataclass
class Registry:
    """Packages by name and version. `held` stops a tarball's answer half way, until `go`."""

    address: str = ""
    tarballs: dict[tuple[str, str], bytes] = field(default_factory=dict)
    integrity: str = ""
    token: str = ""
    held: bool = False
    half: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)
    asked: list[str] = field(default_factory=list)

    def packument(self, name: str) -> bytes | None:
        versions = {
            version: {
                "name": name,
                "version": version,
                "dist": {
                    "tarball": f"{self.address}/{name}/-/{version}.tgz",
                    "integrity": self.integrity or f"sha512-{_sha512(content)}",
                },
            }
            for (one, version), content in self.tarballs.items()
            if one == name
        }
        latest = {"latest": max(versions)} if versions else {}
        about = {"name": name, "dist-tags": latest, "versions": versions}
        return json.dumps(about).encode() if versions else None


def _sha512(content: bytes) -> str:
    return base64.b64encode(hashlib.sha512(content).digest()).decode()


@pytest.fixture
def registry() -> Iterator[Registry]:
    state = Registry()
    state.tarballs["corpus-small", "1.0.2"] = packed("corpus-small", "1.0.2")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.replace("%2f", "/").lstrip("/")
            state.asked.append(path)
            name, _, file = path.partition("/-/")
            body = state.tarballs.get((name, file.removesuffix(".tgz"))) if file else state.packument(name)
            if state.token and self.headers.get("Authorization") != f"Bearer {state.token}":
                self.send_error(401)
                return
            if body is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Type", "application/octet-stream" if file else "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if file and state.held:
                self.wfile.write(body[: len(body) // 2])
                self.wfile.flush()
                state.half.set()
                state.go.wait(60)
                body = body[len(body) // 2 :]
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.daemon_threads = True
    threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    state.address = f"http://127.0.0.1:{running.server_port}"
    yield state
    state.go.set()
    running.shutdown()
    running.server_close()


@pytest.fixture
def project(tmp_path: Path, registry: Registry) -> Project:
    root = tmp_path / "project"
    root.mkdir()
    environment = {
        "HOME": str(tmp_path),
        "PATH": os.environ["PATH"],
        "PIP_CONFIG_FILE": os.devnull,
        "PYTHONPATH": str(Path(__file__).resolve().parents[2] / "src"),
        "npm_config_registry": registry.address,
        "npm_config_fetch_retries": "0",
        # npm's own file of the machine that the test runs on has no say
        "npm_config_globalconfig": str(tmp_path / "none"),
    }
    return Project(root, root, environment=environment)


def declare(project: Project, content: bytes, more: str = "", version: str = "1.0.2") -> None:
    digest = hashlib.sha256(content).hexdigest()
    (project.root / "provenv.toml").write_text(
        f'requirements = []\n[data.x]\nnpm = "corpus-small"\nversion = "{version}"\n'
        f'sha256 = "{digest}"\n{more}\n'
    )


def wrong(project: Project) -> Problem:
    with pytest.raises(Failure) as caught:
        data.fetch.fetch(project)
    (found,) = caught.value.problems
    return found


def commands(found: Problem) -> list[str | None]:
    return [one.command for one in found.hints]


def left(project: Project) -> list[Path]:
    root = cache_of(project).root
    return [path for part in ("sha256", "partial", "making") for path in (root / part).rglob("*")]


def test_a_tarball_is_fetched_once_unpacked_and_the_network_not_asked_again(registry, project):
    tarball = registry.tarballs["corpus-small", "1.0.2"]
    declare(project, tarball, 'path = "package/data"')
    (found,) = data.fetch.fetch(project).sets
    assert (found.fetched, found.origin) == (True, "corpus-small@1.0.2")
    here = Path(found.here.path)
    assert {path.name: path.read_bytes() for path in here.iterdir()} == {
        name.removeprefix("data/"): content for name, content in DATA.items()
    }
    sums = {name.removeprefix("data/"): hashlib.sha256(one).hexdigest() for name, one in DATA.items()}
    assert found.here.digest == f"sha256:{digest_of(sums)}"
    assert not os.access(here / "a.txt", os.W_OK) or os.geteuid() == 0
    # no script of the package ran, and npm left nothing in the project
    assert os.listdir(project.root) == ["provenv.toml"]
    registry.asked.clear()
    assert not data.fetch.fetch(project).sets[0].fetched
    # out of this cache, but not out of npm's
    data.rm.rm(project, data.rm.cached(project))
    assert left(project) == []
    assert data.fetch.fetch(project).sets[0].fetched
    assert registry.asked == []


def test_a_version_that_came_after_npm_last_asked_is_found(registry, project):
    declare(project, registry.tarballs["corpus-small", "1.0.2"])
    data.fetch.fetch(project)
    newer = registry.tarballs["corpus-small", "1.1.0"] = packed("corpus-small", "1.1.0")
    declare(project, newer, version="1.1.0")
    assert data.fetch.fetch(project).sets[0].fetched


def test_a_digest_is_printed_for_what_then_needs_no_fetch(registry, project):
    registry.tarballs["@some/corpus", "2.0.0-rc.1"] = packed("@some/corpus", "2.0.0-rc.1")
    scoped = data.digest.digest(project, "npm:@some/corpus@2.0.0-rc.1")
    content = registry.tarballs["@some/corpus", "2.0.0-rc.1"]
    assert (scoped.sha256, scoped.bytes) == (hashlib.sha256(content).hexdigest(), len(content))
    assert scoped.origin == "npm:@some/corpus@2.0.0-rc.1"
    tarball = registry.tarballs["corpus-small", "1.0.2"]
    assert data.digest.digest(project, "npm:corpus-small@1.0.2").bytes == len(tarball)
    declare(project, tarball)
    # neither npm nor a network is asked for what the digest fetched
    alone = Project(project.root, project.root, environment={**project.environment, "PATH": ""})
    assert data.fetch.fetch(alone).sets[0].fetched
    for words in ("npm:corpus-small", "npm:corpus-small@^1", "npm:-g@1.0.0", "npm:corpus-small@latest"):
        with pytest.raises(Failure) as caught:
            data.digest.digest(project, words)
        assert [one.code for one in caught.value.problems] == ["PV1457"]


def test_without_npm_a_file_that_was_brought_by_hand_is_taken(registry, project, tmp_path):
    tarball = registry.tarballs["corpus-small", "1.0.2"]
    declare(project, tarball)
    bare = Project(project.root, project.root, environment={**project.environment, "PATH": str(tmp_path)})
    found = wrong(bare)
    assert (found.code, commands(found)) == ("PV1452", [None, "provenv data add x FILE"])
    brought = tmp_path / "brought.tgz"
    brought.write_bytes(tarball)
    assert data.add.add(bare, "x", brought).sets[0].state == "there"
    assert (Path(data.fetch.fetch(bare).sets[0].here.path) / "data" / "a.txt").read_text() == "one\n"


def test_no_such_version_and_no_such_package(registry, project):
    declare(project, b"", version="9.0.0")
    found = wrong(project)
    assert (found.code, found.why.key) == ("PV1453", "PV1453.version")
    assert commands(found) == ["npm view corpus-small versions"]
    asked = subprocess.run(
        commands(found)[0].split(),
        env=dict(project.environment),
        cwd=project.root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "1.0.2" in asked.stdout
    registry.tarballs.clear()
    shutil.rmtree(Path(project.environment["HOME"], ".npm"))
    found = wrong(project)
    assert (found.code, found.why.key) == ("PV1453", "PV1453.why")
    assert not any(path.is_file() for path in left(project))


def test_nobody_listens_there(project):
    with socket.socket() as closed:
        # bound and not listening: nobody else can take the port meanwhile
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        away = {**project.environment, "npm_config_registry": f"http://127.0.0.1:{port}"}
        declare(project, b"")
        found = wrong(Project(project.root, project.root, environment=away))
    assert found.code == "PV1454"
    assert "ECONNREFUSED" in str(found.why.args["answer"])
    assert commands(found) == ["npm ping", "provenv data add x FILE"]


def test_a_login_is_npms_own(registry, project):
    registry.token = "let-me-in"
    declare(project, registry.tarballs["corpus-small", "1.0.2"])
    found = wrong(project)
    assert (found.code, commands(found)) == ("PV1454", ["npm login", "provenv data add x FILE"])
    host = registry.address.removeprefix("http:")
    project.root.joinpath(".npmrc").write_text(f"{host}/:_authToken=let-me-in\n")
    # where the project is, whatever folder below it the user stands in
    below = project.root / "below"
    below.mkdir()
    assert data.fetch.fetch(Project(project.root, below, environment=project.environment)).sets[0].fetched


def test_another_tarball_than_the_declared_one_is_not_kept(registry, project):
    declare(project, b"what was declared")
    found = wrong(project)
    assert (found.code, found.why.key) == ("PV1456", "PV1456.why")
    assert commands(found) == ["provenv data digest npm:corpus-small@1.0.2", "provenv data add x FILE"]
    assert not any(path.is_file() for path in left(project))


def test_another_tarball_than_the_registry_says_is_refused_by_npm(registry, project):
    registry.integrity = f"sha512-{_sha512(b'another')}"
    declare(project, registry.tarballs["corpus-small", "1.0.2"])
    found = wrong(project)
    assert (found.code, found.why.key) == ("PV1456", "PV1456.integrity")


def start(project: Project) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "provenv", "data", "fetch"],
        cwd=project.root,
        env=dict(project.environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def test_a_kill_in_the_middle_leaves_nothing_in_use(registry, project):
    registry.held = True
    declare(project, registry.tarballs["corpus-small", "1.0.2"])
    begun = start(project)
    assert registry.half.wait(60)
    begun.send_signal(signal.SIGKILL)
    begun.wait(30)
    begun.stderr.close()
    assert data.ls.ls(project).sets[0].state == "missing"
    registry.held = False
    registry.go.set()
    assert data.fetch.fetch(project).sets[0].fetched
    assert data.ls.verify(project).sets[0].state == "there"
    assert not any(path.is_file() for path in left(project) if "partial" in path.parts)


def test_two_at_once_fetch_it_once(registry, project):
    registry.held = True
    declare(project, registry.tarballs["corpus-small", "1.0.2"])
    first = start(project)
    assert registry.half.wait(60)
    second = start(project)
    for line in second.stderr:
        if b"waiting for it" in line:
            registry.go.set()
    assert registry.go.is_set()
    first.stderr.close()
    second.stderr.close()
    assert [one.wait(60) for one in (first, second)] == [0, 0]
    assert sum("/-/" in path for path in registry.asked) == 1


def test_an_archive_without_that_folder_names_what_it_has(registry, project):
    other = registry.tarballs["corpus-small", "1.0.2"] = packed("corpus-small", "1.0.2", top="small")
    declare(project, other)
    found = wrong(project)
    assert (found.code, found.why.args["names"]) == ("PV1447", "`small`")
    declare(project, other, 'path = "small"')
    assert len(data.fetch.fetch(project).sets) == 1
