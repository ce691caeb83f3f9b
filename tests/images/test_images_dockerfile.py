"""The rendered Dockerfile, really built: it runs as its user, keeps no secret, and is the same twice."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import subprocess
import tarfile
import threading
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from loading import load
from provenv import lock as lock_room
from provenv import pipconf
from provenv.model.engine import Feature
from provenv.model.facts import Facts, Platform
from provenv.model.image import Base, Context, ImageOptions, Recipe, Volume
from provenv.model.lock import Artifact, Lock, Package
from provenv.model.spec import Spec
from provenv.render.image import Ingredients, recipe

world = load("images_world", Path(__file__).with_name("world.py"))
pytestmark = [pytest.mark.root, pytest.mark.slow]

SECRET = "planted-5ecret"
DEBIAN = Facts(Platform("linux", "x86_64", distribution="debian", distribution_version="12", libc="glibc"))
FEATURES: dict[str, frozenset[Feature]] = {
    "new": frozenset({"heredoc", "link", "run-network"}),
    "old": frozenset(),
}
CODE = {
    "main.py": "import getpass, os, ours, tiny, heavy\n"
    "names = ours.NAME, tiny.NAME, heavy.NAME\n"
    "print(*names, os.getuid(), getpass.getuser(), os.getcwd(), os.environ['SAID'])\n",
    "src/ours/__init__.py": "NAME = 'ours'\n",
    "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    '[project]\nname = "ours"\nversion = "0.1"\n',
    # a build backend of its own: nothing has to be fetched for it
    "backend.py": "import zipfile\n"
    "def build_wheel(folder, *more, **options):\n"
    "    name = 'ours-0.1-py3-none-any.whl'\n"
    "    with zipfile.ZipFile(f'{folder}/{name}', 'w') as file:\n"
    "        file.write('src/ours/__init__.py', 'ours/__init__.py')\n"
    "        info = 'ours-0.1.dist-info/'\n"
    "        file.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: ours\\nVersion: 0.1\\n')\n"
    "        file.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\n"
    "Tag: py3-none-any\\n')\n"
    "        file.writestr(info + 'RECORD', '')\n"
    "    return name\n",
}


def made_wheel(folder: Path, name: str, body: str) -> Artifact:
    """Make a wheel and return it as a lock names it."""
    whole, info = io.BytesIO(), f"{name}-1.0.dist-info"
    with zipfile.ZipFile(whole, "w") as file:
        file.writestr(f"{name}/__init__.py", f"NAME = {name!r}\n{body}")
        file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/entry_points.txt", f"[console_scripts]\n{name} = {name}:main\n")
        file.writestr(f"{info}/RECORD", "")
    path = folder / f"{name}-1.0-py3-none-any.whl"
    path.write_bytes(whole.getvalue())
    digest = hashlib.sha256(whole.getvalue()).hexdigest()
    return Artifact(path.name, path=str(path), size=path.stat().st_size, hashes={"sha256": digest})


@dataclass(frozen=True)
class Index:
    """An index on loopback that wants a login; `asked` are the paths that it served."""

    url: str
    asked: list[str]


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("wheels")


@pytest.fixture(scope="module")
def index(wheels: Path) -> Iterator[Index]:
    """Serve `tiny` to whoever knows the login."""
    tiny, asked = made_wheel(wheels, "tiny", "def main():\n    print(NAME)\n"), []
    login = "Basic " + base64.b64encode(f"alice:{SECRET}".encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.headers.get("Authorization") != login:
                self.send_response(401)
                self.send_header("WWW-Authenticate", "Basic")
                self.end_headers()
                return
            asked.append(self.path)
            link = f'<a href="/files/{tiny.filename}#sha256={tiny.hashes["sha256"]}">{tiny.filename}</a>'
            pages = {
                "/simple/tiny/": link.encode(),
                f"/files/{tiny.filename}": (wheels / tiny.filename).read_bytes(),
            }
            body = pages.get(self.path)
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(body or b"")

        do_HEAD = do_GET

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Index(f"http://alice:{SECRET}@127.0.0.1:{server.server_address[1]}/simple", asked)
    server.shutdown()


@dataclass(frozen=True)
class Box:
    """A project and an engine that builds it."""

    engine: Any
    folder: Path
    given: Ingredients

    def build(self, name: str, code: Mapping[str, str] = CODE, *words: str) -> str:
        """Build and return the image's name."""
        digest = hashlib.sha256(json.dumps(dict(code)).encode()).hexdigest()
        made = recipe(replace(self.given, context=Context(tuple(sorted(code)), digest)))
        self._laid_down(made, code)
        secrets = []
        for one, content in made.secrets.items():
            (self.folder / f"secret-{one}").write_text(content)
            secrets += ["--secret", f"id={one},src={self.folder / f'secret-{one}'}"]
        self.engine.call(
            *("build", "--network=host", "-t", name, *secrets, *words, str(self.folder / "context"))
        )
        return name

    def _laid_down(self, made: Recipe, code: Mapping[str, str]) -> None:
        for path, words in {**code, **made.files}.items():
            place = self.folder / "context" / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(words)
        for wheel in made.wheels:
            place = self.folder / "context" / "wheels" / Path(wheel).name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(Path(wheel).read_bytes())

    def run(self, name: str, *words: str) -> str:
        """Run a command in the image as a careful cluster does, and return what it printed."""
        told = self.engine.call(
            *("run", "--rm", "--network=host", "--read-only", "--tmpfs", "/tmp", name, *words)
        )
        return str(told.stdout).strip()

    def layers(self, name: str) -> list[str]:
        """Return the digests of an image's layers, lowest first."""
        told = self.engine.call("image", "inspect", "-f", "{{json .RootFS.Layers}}", name).stdout
        return list(json.loads(told))


@pytest.fixture(scope="module", params=["new", "old"])
def box(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    index: Index,
    wheels: Path,
    base_tar: Path,
) -> Box:
    """Return a project of two wheels (one from an index with a login, one from this machine) and itself."""
    engine = request.getfixturevalue(f"{request.param}_engine")
    reference = engine.bring(base_tar, "base:dockerfile")
    if request.param == "old":
        engine = replace(engine, variables={**engine.variables, "DOCKER_BUILDKIT": "1"})
    return Box(engine, tmp_path_factory.mktemp("box"), ingredients(request.param, reference, index, wheels))


def ingredients(dialect: str, reference: str, index: Index, wheels: Path) -> Ingredients:
    tiny = made_wheel(wheels, "tiny", "def main():\n    print(NAME)\n")
    served = replace(
        tiny, path=None, url=f"{index.url.replace(f'alice:{SECRET}@', '')}/../files/{tiny.filename}"
    )
    # large enough for a layer of its own, as its size is told
    heavy = replace(made_wheel(wheels, "heavy", "def main():\n    print(NAME)\n"), size=5 << 20)
    own = Package("ours", "0.1", origin="directory", location=".", editable=True)
    packages = (Package("tiny", "1.0", (served,)), Package("heavy", "1.0", (heavy,)), own)
    lock = Lock("box", "3.11", "x86_64-manylinux_2_36", packages, (), "f" * 64, uv=uv_here())
    spec = Spec("box", "/", "provenv.toml", (), "d" * 64, variables={"SAID": 'a "b" $HOME'})
    environment = {**os.environ, "UV_INDEX": index.url}
    sources = lock_room.for_build(lock, spec, pip=pipconf.read(environment), environment=environment)
    assert [Path(one).name for one in sources.wheels] == [heavy.filename]
    python = "/usr/bin/python3.11"
    base = Base(reference, reference, reference, DEBIAN, python=python, pip=True, manager="apt")
    options = ImageOptions(
        base=reference,
        repository="box",
        command="python main.py",
        volumes=(Volume("models", "/var/models/new"), Volume("scratch", "/tmp")),
    )
    return Ingredients(spec, lock, options, base, FEATURES[dialect], sources=sources, uv=lock.uv)


def uv_here() -> str:
    told = subprocess.run([lock_room.find_uv(), "--version"], check=True, capture_output=True, text=True)
    return told.stdout.split()[1]


EXPECTED = 'ours tiny heavy 1000 app /app a "b" $HOME'


def test_it_runs_as_its_user_on_a_root_that_nobody_writes(box: Box, index: Index) -> None:
    name = box.build("dockerfile:runs")
    assert box.run(name) == EXPECTED
    assert box.run(name, "heavy") == "heavy"
    assert any("tiny" in one for one in index.asked)
    writable = box.run(name, "sh", "-c", "find / -xdev -writable ! -type l ! -path '/tmp*' 2>/dev/null; true")
    assert [one for one in writable.splitlines() if one.startswith(("/app", "/opt"))] == []
    assert (
        box.run(name, "stat", "-c", "%u %a", "/var/models/new", "/tmp", "/var") == "1000 755\n0 1777\n0 755"
    )
    told = json.loads(box.engine.call("image", "inspect", name).stdout)[0]["Config"]
    assert told["User"] == "1000:1000"
    assert told["Labels"]["dev.provenv.lock"] == f"sha256:{'f' * 64}"


def test_a_change_of_the_code_moves_the_last_layers_alone(box: Box) -> None:
    before = box.layers(box.build("dockerfile:before"))
    changed = {**CODE, "main.py": CODE["main.py"] + "print('changed')\n"}
    name = box.build("dockerfile:after", changed)
    assert box.run(name) == f"{EXPECTED}\nchanged"
    after = box.layers(name)
    assert len(before) == len(after)
    # base, user, the empty environment, two layers of dependencies, the folder; then the package, the code
    assert before[:-2] == after[:-2]
    assert before[-1] != after[-1]


def test_two_builds_are_the_same_bytes(box: Box) -> None:
    first = box.layers(box.build("dockerfile:first"))
    again = box.layers(box.build("dockerfile:again", CODE, "--no-cache"))
    assert first == again


def test_no_secret_is_anywhere_in_the_image(box: Box, tmp_path: Path) -> None:
    name = box.build("dockerfile:secrets")
    assert SECRET in recipe(box.given).secrets["network"]
    history = box.engine.call("history", "--no-trunc", name).stdout
    inspected = box.engine.call("image", "inspect", name).stdout
    assert SECRET not in history + inspected
    saved = tmp_path / "image.tar"
    box.engine.call("save", "-o", str(saved), name)
    with tarfile.open(saved) as image:
        for entry in image:
            content = image.extractfile(entry)
            if content is not None:
                assert SECRET.encode() not in content.read(), entry.name


def test_no_file_of_the_builds_own_gets_in(box: Box) -> None:
    name = box.build("dockerfile:clean")
    listed = box.run(name, "find", "/app", "/opt", "/run", "-type", "f")
    for word in ("requirements.", "Dockerfile", "wheels", ".lock", "uv_cache.json", "secrets", "/opt/uv"):
        assert word not in listed
    assert "/opt/venv/lib/python3.11/site-packages/tiny/__pycache__/__init__.cpython-311.pyc" in listed


def test_it_stands_without_a_secret(box: Box) -> None:
    """Somebody else builds the folder: without the login what only it opens is missing, and that is said."""
    made = recipe(replace(box.given, context=Context(tuple(sorted(CODE)), "x")))
    box._laid_down(made, CODE)
    done = box.engine.call(
        *("build", "--network=host", "--target", "code", str(box.folder / "context")), check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_base_without_python_gets_the_distributions(
    new_engine: Any, tmp_path: Path, index: Index, wheels: Path
) -> None:
    reference = new_engine.bring(world.base_tar(world.BARE), "base:dockerfile-bare")
    given = ingredients("new", reference, index, wheels)
    bare = replace(given, base=replace(given.base, python="", pip=False))
    options = replace(bare.options, system=("tree",))
    place = Box(new_engine, tmp_path, replace(bare, options=options))
    name = place.build("dockerfile:bare")
    assert place.run(name) == EXPECTED
    assert "main.py" in place.run(name, "tree", "/app")
    places = "/var/log /var/lib/apt/lists /var/cache/apt"
    assert place.run(name, "sh", "-c", f"find {places} -type f -size +0 2>/dev/null; true") == ""
