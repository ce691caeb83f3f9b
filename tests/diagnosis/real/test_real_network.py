"""proxy-or-ca, registry-unreachable, lockfile-hash-mismatch, old-pip: an index and the way to it."""

from __future__ import annotations

import hashlib
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
IMPORT = "python -c 'import alpha; print(alpha.version)'"
DECLARED = 'schema = 1\nname = "p"\nrequirements = ["alpha"]\n'
RAN = "provenv run -- python -c 'import alpha; print(alpha.version)'"


@pytest.fixture
def dead() -> Iterator[str]:
    """The address of a port at which nobody listens: it is taken, so that nobody else begins to meanwhile."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture
def authority(tmp_path, company) -> Path:
    """A folder with a CA of a company's own, and the certificate of `localhost` that it signed."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path / "ca"
    folder.mkdir()
    company.authority(folder)
    return folder


@pytest.fixture
def secure(authority, index):
    """An index over TLS, with a certificate of that CA."""
    return index((str(authority / "site.pem"), str(authority / "site.key")))


def test_pip_does_not_trust_the_company(authority, secure, mounts, alone):
    """The CA is in the system's store, where pip did not look before 24.2."""
    if not BUNDLE.is_file():
        pytest.skip("no store of certificates where Debian has it")
    store = authority / "store.crt"
    store.write_bytes(BUNDLE.read_bytes() + (authority / "ca.pem").read_bytes())
    hidden = "[ ! -f /etc/pip.conf ] || mount --bind /dev/null /etc/pip.conf"
    script = f'mount --bind {store} {BUNDLE}; {hidden}; exec "$@"'
    user = (
        alone.venv("pip==23.2.1")
        .through(*mounts, "sh", "-c", script, "sh")
        .having(XDG_CONFIG_DIRS="/nowhere")
    )
    # `pip config set` writes the user's own configuration, which is in force here
    del user.environment["PIP_CONFIG_FILE"]
    user.repaired(
        f"pip install --index-url https://localhost:{secure.port}/simple/ alpha && {IMPORT}",
        "proxy-or-ca",
        holding="cert",
        prints="1.0\n",
    )


@pytest.mark.parametrize("installer", ["pip install", "uv pip install"])
def test_the_proxy_is_dead(installer, alone, authority, secure, dead):
    trust = str(authority / "ca.pem")
    user = alone.venv().having(
        PIP_CERT=trust, SSL_CERT_FILE=trust, HTTPS_PROXY=f"http://{dead}", https_proxy=f"http://{dead}"
    )
    command = f"{installer} --index-url https://localhost:{secure.port}/simple/ alpha && {IMPORT}"
    user.repaired(command, "proxy-or-ca", prints="1.0\n")


def test_the_proxy_of_a_project_is_dead(alone, authority, secure, dead):
    user = alone.having(
        PIP_INDEX_URL=f"https://localhost:{secure.port}/simple/",
        SSL_CERT_FILE=str(authority / "ca.pem"),
        HTTPS_PROXY=f"http://{dead}",
    )
    user.write("provenv.toml", DECLARED)
    user.repaired(f"provenv up --quiet && {RAN}", "proxy-or-ca", prints="1.0\n")


def test_no_index_answers_and_the_files_come_from_elsewhere(alone, index, dead):
    server = index()
    here = alone.having(PIP_INDEX_URL=f"http://{dead}/simple/")
    here.write("provenv.toml", DECLARED)
    command = f"provenv up --quiet && {RAN}"
    answer = here.failing(command, "registry-unreachable")
    fetch, install = answer.commands("--download").splitlines()
    elsewhere = here.having(PIP_INDEX_URL=f"http://127.0.0.1:{server.port}/simple/")
    fetched = elsewhere(fetch)
    assert fetched.code == 0, fetched.said
    server.close()
    done = here(f"{install} && {command}")
    assert (done.code, done.said.splitlines()[-1]) == (0, "1.0"), done.said


@pytest.mark.parametrize("installer", ["pip install", "uv pip install"])
def test_no_index_answers_an_installer(installer, alone, dead):
    user = alone.venv()
    user.failing(f"{installer} --index-url http://{dead}/simple/ alpha", "registry-unreachable")


def test_a_download_was_damaged(alone, index, broken):
    server = index()
    name, content = next((name, one) for name, one in server.wheels.items() if name.startswith("alpha"))
    server.breaks(f"*/{name}", broken.other, broken.sound)
    user = alone.venv().having(PIP_INDEX_URL=f"http://127.0.0.1:{server.port}/simple/")
    digest = hashlib.sha256(content).hexdigest()
    user.write("requirements.txt", f"alpha==1.0 --hash=sha256:{digest}\n")
    answer = user.failing(f"pip install -r requirements.txt && {IMPORT}", "lockfile-hash-mismatch")
    done = user(f"set -e\n{answer.commands('pip install')}\n{IMPORT}")
    assert (done.code, done.said.splitlines()[-1]) == (0, "1.0"), done.said


def test_a_file_was_changed_on_purpose(alone, index, company):
    server = index()
    user = alone.having(PIP_INDEX_URL=f"http://127.0.0.1:{server.port}/simple/")
    user.write("provenv.toml", DECLARED)
    done = user("provenv lock --quiet && git init --quiet && git add . && rm -rf ../uv-cache")
    assert done.code == 0, done.said
    name, content = company.wheel("alpha", "1.0", ("beta",))
    server.wheels[name] = content
    user.repaired(
        f"provenv up --quiet --locked && {RAN}", "lockfile-hash-mismatch", holding="lock", prints="1.0\n"
    )


PYPROJECT = """
[build-system]
requires = ["setuptools>=64"]
build-backend = "setuptools.build_meta"
[project]
name = "demo"
version = "1.0"
[tool.setuptools]
py-modules = ["demo"]
"""


def test_pip_is_older_than_the_project(alone, index, scene):
    """A project without `setup.py`, to be edited where it lies: pip knows that since 21.3 (PEP 660)."""
    server = index()
    folder = scene.root / "tools"
    old = scene.venv(name="old")("pip install --quiet 'pip<20.3'")
    fetched = scene.venv(name="new")(
        f"pip download --quiet --no-deps --dest {folder} pip setuptools wheel packaging"
    )
    assert old.code == 0, old.said
    if fetched.code != 0:
        pytest.skip(f"no newer pip can be had here: {fetched.said[-200:]}")
    for wheel in folder.glob("*.whl"):
        server.wheels[wheel.name] = wheel.read_bytes()
    user = alone.at(scene.root / "old").having(PIP_INDEX_URL=f"http://127.0.0.1:{server.port}/simple/")
    user.write("demo/pyproject.toml", PYPROJECT)
    user.write("demo/demo.py", "version = '1.0'\n")
    command = "python -m pip install -e ./demo && cd / && python -c 'import demo; print(demo.version)'"
    user.repaired(command, "old-pip", prints="1.0\n")
