"""Every installed byte is verified: damage in uv's cache, in an environment, in a wheel folder."""

from __future__ import annotations

import base64
import hashlib
import http.server
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest

DECLARED = 'schema = 1\nname = "p"\nrequirements = ["alpha<2"]\n'
FORGED = "version = '0.0'\n"


class Simple(http.server.SimpleHTTPRequestHandler):
    """A simple index (PEP 503) of the wheels in one folder."""

    def do_GET(self) -> None:
        name = self.path.strip("/")
        wheels = sorted(path.name for path in Path(self.directory).glob(f"{name}-*.whl")) if name else []
        if not wheels:
            return super().do_GET()
        content = "".join(f'<a href="/{one}">{one}</a>' for one in wheels).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        return None

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def index() -> Callable[..., AbstractContextManager[str]]:
    """Return what serves a folder of wheels as an index; with an address, at the same one again."""

    @contextmanager
    def serve(folder: Path, address: str = "http://127.0.0.1:0/") -> Iterator[str]:
        handler = partial(Simple, directory=str(folder))
        with http.server.ThreadingHTTPServer(("127.0.0.1", urlsplit(address).port or 0), handler) as server:
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.server_address[1]}/"
            finally:
                server.shutdown()
                thread.join()

    return serve


def in_place(path: Path, content: str) -> None:
    """Change a file without making a new one, and give it its old time: hard links follow."""
    entry = path.stat()
    with path.open("r+") as file:
        file.truncate()
        file.write(content)
    os.utime(path, ns=(entry.st_atime_ns, entry.st_mtime_ns))


def cached(tool, name: str) -> Path:
    """Return a file as it lies unpacked in uv's cache."""
    archives = Path(tool.environment["UV_CACHE_DIR"])
    (found,) = [path for path in archives.glob(f"archive-v*/*/{name}") if path.is_file()]
    return found


def version(tool) -> str:
    return tool("run", "--", "python", "-c", "import alpha; print(alpha.version)").out


def anew(tool) -> None:
    """Take everything that was built away; the cache, the lock and the wheels stay."""
    shutil.rmtree(tool.root / ".provenv")


def test_a_poisoned_cache_is_found_named_and_healed(workplace):
    first = workplace(DECLARED)
    assert first("up").code == 0
    in_place(cached(first, "alpha.py"), FORGED)
    second = workplace(DECLARED, name="second")
    second.environment["PIP_FIND_LINKS"] = first.environment["PIP_FIND_LINKS"]
    done = second("up", "--json")
    assert done.code == 0, done.err
    assert '"code": "PV415"' in done.err
    assert "alpha.py" in done.err
    assert version(second) == "1.0\n"
    assert second("status", "--deep", "--json").data["sync"] == "in-sync"
    # the first project's file is another link to what was poisoned
    assert first("status", "--json").data["sync"] == "in-sync"
    drifted = first("status", "--deep", "--json").data
    assert (drifted["sync"], list(drifted["drift"]["owners"].values())) == ("drifted", ["alpha"])
    assert first("up", "--repair").code == 0
    assert version(first) == "1.0\n"


def add_code(archive: Path) -> None:
    (archive / "evil.pth").write_text("import sys; sys.evil = 1\n")


def forge_with_record(archive: Path) -> None:
    record = next(archive.glob("*.dist-info/RECORD"))
    old, new = (
        base64.urlsafe_b64encode(hashlib.sha256(one.encode()).digest()).rstrip(b"=").decode()
        for one in ((archive / "alpha.py").read_text(), FORGED)
    )
    in_place(archive / "alpha.py", FORGED)
    in_place(record, record.read_text().replace(old, new))


@pytest.mark.parametrize(
    "damage",
    [
        add_code,
        lambda archive: (archive / "alpha.py").unlink(),
        lambda archive: next(archive.glob("*.dist-info/RECORD")).unlink(),
        lambda archive: next(archive.glob("*.dist-info/METADATA")).unlink(),
        shutil.rmtree,
    ],
    ids=["added", "deleted", "no-record", "no-metadata", "gone"],
)
def test_every_kind_of_damage_in_the_cache_is_healed(workplace, damage):
    tool = workplace(DECLARED)
    assert tool("up").code == 0
    damage(cached(tool, "alpha.py").parent)
    anew(tool)
    done = tool("up", "--json")
    assert done.code == 0, done.err
    assert '"code": "PV4' in done.err
    assert version(tool) == "1.0\n"
    assert tool("run", "--", "python", "-c", "import sys; print(hasattr(sys, 'evil'))").out == "False\n"


def test_a_record_forged_with_its_file_is_found_against_an_earlier_proof(workplace):
    tool = workplace(DECLARED)
    assert tool("up").code == 0
    forge_with_record(cached(tool, "alpha.py").parent)
    tool.write("provenv.toml", DECLARED.replace('"alpha<2"', '"alpha<2", "beta"'))
    done = tool("up", "--json")
    assert done.code == 0, done.err
    assert '"code": "PV415"' in done.err
    assert version(tool) == "1.0\n"


def test_what_cannot_be_had_anew_never_becomes_current(workplace, index):
    tool = workplace(DECLARED)
    del tool.environment["PIP_NO_INDEX"], tool.environment["PIP_FIND_LINKS"]
    with index(tool.wheels) as address:
        tool.environment["PIP_INDEX_URL"] = address
        assert tool("up").code == 0
        in_place(cached(tool, "alpha.py"), FORGED)
        tool.write("provenv.toml", DECLARED + "# changed\n")
    # the index is gone, the cache holds a forged file
    anew(tool)
    failed = tool("up", "--json")
    assert failed.code == 1
    assert failed.codes == ["PV415", "PV416"]
    assert not (tool.root / ".provenv/here/current").is_symlink()
    assert os.listdir(tool.root / ".provenv/here/generations") == []
    with index(tool.wheels, address) as same:
        tool.environment["PIP_INDEX_URL"] = same
        assert tool("up", "--json").code == 0
    assert version(tool) == "1.0\n"


@pytest.mark.parametrize("cold", [False, True], ids=["warm", "cold"])
def test_a_wheel_swapped_after_locking_is_named_with_both_digests(workplace, cold):
    tool = workplace(DECLARED)
    wheel = tool.wheels / "alpha-1.0-py3-none-any.whl"
    locked = hashlib.sha256(wheel.read_bytes()).hexdigest()
    assert tool("up").code == 0
    anew(tool)
    tool.wheel("alpha", "1.0", FORGED)
    swapped = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if cold:
        shutil.rmtree(tool.environment["UV_CACHE_DIR"])
    done = tool("up", "--json")
    assert str(wheel) in done.out + done.err
    assert locked in done.out + done.err
    assert swapped in done.out + done.err
    if cold:
        assert (done.code, done.codes) == (1, ["PV418"])
        assert not (tool.root / ".provenv/here/current").is_symlink()
    else:
        assert done.code == 0
        assert '"code": "PV419"' in done.err
        assert version(tool) == "1.0\n"


def test_what_was_linked_ahead_is_taken_only_where_it_is_what_is_wanted(workplace):
    tool = workplace(DECLARED)
    assert tool("up").code == 0
    anew(tool)
    # as it is after a clone: the lock is there, nothing else
    assert tool("up", "--json").data["generation"]["number"] == 1
    # the lock no longer fits: what was linked for it is thrown away
    anew(tool)
    tool.write("provenv.toml", DECLARED.replace("<2", ">1"))
    assert tool("up", "--json").data["generation"]["packages"] == {"alpha": "2.0"}
    assert os.listdir(tool.root / ".provenv/here/generations") == ["0001"]
    # a failure before the build leaves nothing of it
    anew(tool)
    failed = tool("up", "--json", PROVENV_UV="/nowhere/uv")
    assert failed.codes == ["PV310"]
    assert os.listdir(tool.root / ".provenv/here/generations") == []
