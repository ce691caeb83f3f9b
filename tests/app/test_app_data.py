"""Declared data is fetched once, whole or not at all, from the first place that gives it."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from provenv.app import data
from provenv.app.data.cache import cache_of
from provenv.app.project import Project
from provenv.errors import Failure, Text
from provenv.model.progress import Silent

BODY = bytes(range(256)) * 2048
SHA256 = hashlib.sha256(BODY).hexdigest()


class Told(Silent):
    """Progress that keeps the notes."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, words: Text) -> None:
        self.notes.append(words.key)


@dataclass
class Server:
    """Files by path. `cuts` are lengths after which answers break off, `held` one that waits for `go`."""

    files: dict[str, bytes] = field(default_factory=lambda: {"/x.bin": BODY, "/wrong.bin": b"<html>log in"})
    cuts: list[int] = field(default_factory=list)
    ranges: bool = True
    held: int | None = None
    go: threading.Event = field(default_factory=threading.Event)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    address: str = ""


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            state.asked.append((self.path, wanted))
            if self.path.startswith("/moved/"):
                self.send_response(302)
                self.send_header("Location", self.path.removeprefix("/moved"))
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            body = state.files.get(self.path)
            if body is None:
                self.send_error(404)
                return
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and state.ranges else 0
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(body) - start))
            self.end_headers()
            if state.cuts:
                self.wfile.write(body[start : start + state.cuts.pop(0)])
                self.close_connection = True
            elif state.held is not None and not state.go.is_set():
                self.wfile.write(body[start : state.held])
                self.wfile.flush()
                state.go.wait(60)
                self.wfile.write(body[state.held :])
            else:
                self.wfile.write(body[start:])

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
def project(tmp_path: Path) -> Project:
    root = tmp_path / "project"
    root.mkdir()
    environment = {
        "HOME": str(tmp_path),
        "PATH": os.environ["PATH"],
        "PIP_CONFIG_FILE": os.devnull,
        "PYTHONPATH": str(Path(__file__).resolve().parents[2] / "src"),
    }
    return Project(root, root, environment=environment, progress=Told())


def declare(project: Project, content: str, name: str = "x") -> None:
    (project.root / "provenv.toml").write_text(f"requirements = []\n[data.{name}]\n{content}\n")


def url(server: Server, path: str = "/x.bin", sha256: str = SHA256, more: str = "") -> str:
    return f'url = "{server.address}{path}"\nsha256 = "{sha256}"\n{more}'


def codes(project: Project) -> list[str]:
    with pytest.raises(Failure) as caught:
        data.fetch.fetch(project)
    return [one.code for one in caught.value.problems]


def one(project: Project):
    (found,) = data.fetch.fetch(project).sets
    return found


def lies(project: Project) -> list[Path]:
    """Return the files of data in the cache."""
    found = (
        path
        for part in ("sha256", "partial", "making")
        for path in (cache_of(project).root / part).rglob("*")
    )
    return sorted(path for path in found if path.is_file())


def test_it_is_fetched_once_and_then_the_network_is_not_asked(server, project):
    declare(project, url(server))
    first = one(project)
    assert first.fetched
    assert Path(first.here.path).read_bytes() == BODY
    assert Path(first.here.path).name == "x.bin"
    assert first.here.digest == f"sha256:{SHA256}"
    server.files.clear()
    second = one(project)
    assert not second.fetched
    assert second.here == first.here
    assert server.asked == [("/x.bin", None)]
    assert data.ls.path(project, "x").path == first.here.path


def test_places_are_tried_in_turn_and_the_one_that_gave_it_is_told(server, project):
    mirrors = [f"{server.address}{path}" for path in ("/wrong.bin", "/moved/x.bin", "/x.bin")]
    declare(project, url(server, "/none.bin", more=f"mirrors = {mirrors}"))
    assert Path(one(project).here.path).read_bytes() == BODY
    assert [path for path, _ in server.asked] == ["/none.bin", "/wrong.bin", "/moved/x.bin", "/x.bin"]
    assert project.progress.notes == ["app.data.elsewhere"]


def test_a_file_that_lies_here_is_tried_before_any_network(server, project, tmp_path):
    share = tmp_path / "on a share" / "x.bin"
    share.parent.mkdir()
    share.write_bytes(BODY)
    absent, there = (tmp_path / "none").as_uri(), share.as_uri()
    declare(project, url(server, more=f'mirrors = ["{server.address}/wrong.bin", "{absent}", "{there}"]'))
    assert one(project).fetched
    assert (server.asked, project.progress.notes) == ([], [])
    # what lies there is believed no more than any other
    data.rm.rm(project, data.rm.cached(project))
    share.write_bytes(b"another")
    assert Path(one(project).here.path).read_bytes() == BODY
    assert ([path for path, _ in server.asked], project.progress.notes) == (
        ["/x.bin"],
        ["app.data.elsewhere"],
    )


def test_where_no_place_gives_it_each_is_named_and_a_file_brought_by_hand_is_taken(server, project, tmp_path):
    mirrors = [f"{server.address}/none.bin", f"{server.address}/wrong.bin"]
    declare(project, f'url = "http://127.0.0.1:1/x.bin"\nsha256 = "{SHA256}"\nmirrors = {mirrors}')
    with pytest.raises(Failure) as caught:
        data.fetch.fetch(project)
    first, *reasons = caught.value.problems
    assert first.code == "PV1436"
    assert first.hints[0].command == "provenv data add x FILE"
    assert [str(one.what.args["url"]).rpartition("/")[2] for one in reasons] == [
        "x.bin",
        "none.bin",
        "wrong.bin",
    ]
    assert reasons[2].code == "PV1437"
    assert lies(project) == []
    assert caught.value.data.sets[0].state == "missing"
    brought = tmp_path / "brought"
    brought.write_bytes(b"another")
    with pytest.raises(Failure) as caught:
        data.add.add(project, "x", brought)
    assert [one.code for one in caught.value.problems] == ["PV1449"]
    brought.write_bytes(BODY)
    assert data.add.add(project, "x", brought).sets[0].state == "there"
    assert Path(one(project).here.path).read_bytes() == BODY


@pytest.mark.parametrize("ranges", [True, False])
def test_what_broke_off_goes_on_or_begins_anew(server, project, ranges):
    server.cuts, server.ranges = [100_000, 200_000], ranges
    declare(project, url(server))
    assert Path(one(project).here.path).read_bytes() == BODY
    assert server.asked[1] == ("/x.bin", "bytes=100000-")


def test_a_killed_fetch_goes_on_where_it_stopped(server, project):
    server.held = 300_000
    declare(project, url(server))
    begun = start(project)
    part = cache_of(project).partial(SHA256, "x.bin.part")
    while not (part.exists() and part.stat().st_size == server.held):
        assert begun.poll() is None
    begun.send_signal(signal.SIGKILL)
    begun.wait(30)
    assert data.ls.ls(project).sets[0].state == "missing"
    server.go.set()
    assert Path(one(project).here.path).read_bytes() == BODY
    assert server.asked == [("/x.bin", None), ("/x.bin", f"bytes={server.held}-")]


def test_what_came_so_far_survives_a_place_that_gives_another_file(server, project):
    declare(project, url(server, "/wrong.bin"))
    part = cache_of(project).partial(SHA256, "wrong.bin.part")
    part.parent.mkdir(parents=True)
    part.write_bytes(BODY[:200_000])
    server.ranges = False
    assert codes(project) == ["PV1436", "PV1437"]
    assert part.read_bytes() == BODY[:200_000]
    assert os.listdir(part.parent) == [part.name]
    server.files["/wrong.bin"], server.ranges = BODY, True
    assert one(project).fetched
    assert server.asked[-1] == ("/wrong.bin", "bytes=200000-")


def start(project: Project) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "provenv", "data", "fetch"],
        cwd=project.root,
        env=dict(project.environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_two_at_once_fetch_it_once(server, project):
    server.held = 1000
    declare(project, url(server))
    both = [start(project), start(project)]
    said = [b""]

    def read(process: subprocess.Popen[bytes]) -> None:
        for line in process.stderr:
            said[0] += line
            if b"waiting for it" in line:
                server.go.set()

    readers = [threading.Thread(target=read, args=(process,)) for process in both]
    for reader in readers:
        reader.start()
    assert [process.wait(60) for process in both] == [0, 0]
    for reader in readers:
        reader.join()
    assert server.go.is_set()
    assert len(server.asked) == 1
    assert one(project).here.digest == f"sha256:{SHA256}"


def zipped(members: dict[str, str]) -> tuple[bytes, str]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue(), hashlib.sha256(packed.getvalue()).hexdigest()


MAILS = {"mails/a.txt": "one", "mails/sub/b.txt": "two", "README": "words"}


def test_an_archive_is_unpacked_and_means_the_same_as_a_folder_of_that_content(server, project):
    server.files["/m.zip"], digest = zipped(MAILS)
    declare(project, url(server, "/m.zip", digest, 'unpack = true\npath = "mails"'))
    found = one(project)
    assert (found.here.files, found.here.bytes) == (2, 6)
    assert (Path(found.here.path) / "sub" / "b.txt").read_text() == "two"
    shutil.copytree(found.here.path, project.root / "mine")
    declare(project, 'folder = "mine"')
    assert one(project).here.digest == found.here.digest
    declare(project, url(server, "/m.zip", digest, 'unpack = true\npath = "nope"'))
    assert codes(project) == ["PV1447"]


def test_what_cannot_be_unpacked_leaves_nothing_in_use(server, project):
    server.files["/m.zip"], digest = zipped({"../evil": "1"})
    declare(project, url(server, "/m.zip", digest, "unpack = true"))
    assert codes(project) == ["PV1440"]
    server.files["/m.zip"], digest = zipped({"big": "0" * 100_000})
    declare(project, url(server, "/m.zip", digest, 'unpack = true\nmost = "50k"'))
    assert codes(project) == ["PV1441"]
    declare(project, url(server, more="unpack = true"))
    assert codes(project) == ["PV1439"]
    assert not list(cache_of(project).root.glob("sha256/*"))
    asked = len(server.asked)
    # the file itself was right: other words in the declaration need no other fetch
    declare(project, url(server))
    assert one(project).fetched
    assert len(server.asked) == asked


def test_a_set_that_was_changed_in_the_cache_is_fetched_anew(server, project):
    server.files["/m.zip"], digest = zipped(MAILS)
    declare(project, url(server, "/m.zip", digest, "unpack = true"))
    here = Path(one(project).here.path)
    for change in (
        lambda: (here / "new").write_text("1"),
        (here / "README").unlink,
        lambda: rewrite(here / "mails" / "a.txt", "two"),
    ):
        change()
        listed = data.ls.ls(project).sets[0]
        assert (listed.state, listed.why.code) == ("wrong", "PV1450")
        project.progress.notes.clear()
        assert one(project).fetched
        assert project.progress.notes == ["app.data.again"]
        assert (here / "mails" / "a.txt").read_text() == "one"
        assert sorted(os.listdir(here)) == ["README", "mails"]


def rewrite(path: Path, content: str) -> None:
    path.chmod(0o600)
    path.write_text(content)


def test_verify_reads_what_size_and_time_hide(server, project):
    declare(project, url(server))
    path = Path(one(project).here.path)
    state = path.stat()
    rewrite(path, "x" * state.st_size)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert one(project).state == "there"
    with pytest.raises(Failure) as caught:
        data.ls.verify(project)
    assert [one.code for one in caught.value.problems] == ["PV1450"]
    assert caught.value.data.verified


def test_a_copied_cache_needs_no_network(server, project, tmp_path):
    declare(project, url(server))
    one(project)
    shutil.copytree(tmp_path / ".cache", tmp_path / "copy" / ".cache", copy_function=shutil.copyfile)
    moved = Project(
        project.root, project.root, environment={**project.environment, "HOME": str(tmp_path / "copy")}
    )
    server.files.clear()
    assert not one(moved).fetched
    assert data.ls.verify(moved).sets[0].state == "there"


def test_removed_data_is_missing_and_a_folder_stays(server, project):
    declare(project, url(server) + '\n[data.mine]\nfolder = "."\n')
    data.fetch.fetch(project)
    sets = data.rm.cached(project)
    assert [one.name for one in sets] == ["x"]
    assert data.rm.rm(project, sets).bytes >= len(BODY)
    assert [one.state for one in data.ls.ls(project).sets] == ["missing", "there"]
    assert lies(project) == []
    with pytest.raises(Failure) as caught:
        data.ls.path(project, "x")
    assert [one.code for one in caught.value.problems] == ["PV1448"]


def test_a_digest_is_found_out_once_and_the_file_kept(server, project):
    assert data.digest.digest(project, f"{server.address}/x.bin").sha256 == SHA256
    declare(project, url(server))
    assert one(project).fetched
    assert len(server.asked) == 1
    with pytest.raises(Failure):
        data.digest.digest(project, f"{server.address}/none")
    (project.root / "f").write_bytes(BODY)
    assert data.digest.digest(project, "f").sha256 == SHA256


def test_a_folder_is_seen_to_change(project):
    folder = project.root / "own"
    folder.mkdir()
    declare(project, 'folder = "own"\nexclude = ["*.tmp"]')
    assert codes(project) == ["PV1442"]
    (folder / "a.csv").write_text("1")
    first = one(project).here
    (folder / "b.tmp").write_text("scratch")
    assert one(project).here == first
    # as many bytes, within the same tick of a coarse clock
    state = (folder / "a.csv").stat()
    (folder / "a.csv").write_text("2")
    os.utime(folder / "a.csv", ns=(state.st_atime_ns, state.st_mtime_ns))
    second = one(project).here
    assert second.digest != first.digest
    digest = second.digest.removeprefix("sha256:")
    declare(project, f'folder = "own"\nexclude = ["*.tmp"]\nsha256 = "{digest}"')
    assert one(project).state == "there"
    (folder / "c.csv").write_text("3")
    assert codes(project) == ["PV1443"]


@pytest.mark.skipif(shutil.which("dpkg-query") is None, reason="no dpkg here")
def test_debian(project):
    declare(project, 'debian = "dpkg"\npath = "/usr/share/dpkg"')
    assert one(project).here.path == "/usr/share/dpkg"
    declare(project, 'debian = "dpkg"\npath = "/usr/share/no-such-thing"')
    assert codes(project) == ["PV1447"]
    declare(project, 'debian = "no-such-package-anywhere"\npath = "/usr/share/x"')
    assert codes(project) == ["PV1446"]


def test_the_hub_by_its_declared_endpoint(server, project):
    server.files = {f"/datasets/org/name/resolve/{'1' * 40}/a/b.bin": BODY}
    declare(
        project,
        f'huggingface = "datasets/org/name"\nrevision = "{"1" * 40}"\nfiles = {{ "a/b.bin" = "{SHA256}" }}\n'
        f'[mirrors]\nhuggingface = "{server.address}"',
    )
    assert (Path(one(project).here.path) / "a" / "b.bin").read_bytes() == BODY
    server.files.clear()
    assert not one(project).fetched


def test_what_is_right_is_fetched_whatever_is_wrong_with_the_rest(server, project):
    declare(project, url(server) + '\n[data.gone]\nfolder = "gone"\n')
    with pytest.raises(Failure) as caught:
        data.fetch.fetch(project)
    assert [one.state for one in caught.value.data.sets] == ["there", "missing"]
    with pytest.raises(Failure) as caught:
        data.ls.ls(project, ("goen",))
    assert (caught.value.problems[0].code, caught.value.exit_code) == ("PV1435", 2)


def test_a_tar_with_a_link_out_is_refused(server, project, tmp_path):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        link = tarfile.TarInfo("a")
        link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path)
        archive.addfile(link)
    server.files["/m.tgz"] = packed.getvalue()
    digest = hashlib.sha256(packed.getvalue()).hexdigest()
    declare(project, url(server, "/m.tgz", digest, "unpack = true"))
    assert codes(project) == ["PV1440"]
