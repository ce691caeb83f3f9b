"""Installing on hosts in namespaces of their own: another user, no internet, no Python, full disks, cuts."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from getpass import getuser
from hashlib import sha256
from pathlib import Path
from platform import node

import pytest

from fleet_up_world import LOCKED, PYTHON, Locked, World, failing, places
from provenv.app.fleet_up.collecting import Bundle, Collected
from provenv.app.fleet_up.drift import drift
from provenv.app.fleet_up.environment import environment_of
from provenv.app.fleet_up.guarding import guarded
from provenv.app.fleet_up.leases import lease_words
from provenv.app.fleet_up.places import Place
from provenv.app.fleet_up.standing import standing
from provenv.app.fleet_up.store import file_of
from provenv.app.fleet_up.sweeping import forget, remove
from provenv.app.fleet_up.switching import switch_all
from provenv.lock import find_uv
from provenv.model.facts import Python
from ssh_hosts import TRAINER, SshHosts, namespace_hosts, wait_until

BUILDS = "https://github.com/astral-sh/python-build-standalone/releases/download"
"""What uv replaces with its mirror; nothing is fetched from there."""
pytestmark = pytest.mark.root


@pytest.fixture(scope="module")
def hosts() -> Iterator[SshHosts]:
    with namespace_hosts(2) as found:
        yield found


@pytest.fixture
def there(hosts: SshHosts, tiny: Locked) -> Iterator[World]:
    with places(hosts) as found:
        yield World(tiny, found, pythons=(Python(PYTHON, LOCKED),))
    for home in hosts.homes.values():
        for name in ("work", "cache"):
            shutil.rmtree(home / name, ignore_errors=True)
    for name in hosts.names:
        inside(hosts, name, "sh", "-c", f"rm -rf {hosts.homes[name]}/small/*")


def inside(hosts: SshHosts, name: str, *words: str) -> str:
    """Run a command as root with a host's own mounts."""
    enter = ["nsenter", "-t", str(hosts.servers[name].pid), "-m"]
    return subprocess.run([*enter, *words], capture_output=True, text=True, check=True).stdout


def in_cache(place: Place) -> list[str]:
    """Return what lies in a host's cache, but for what uv keeps there."""
    return sorted(os.listdir(place.cache)) if Path(place.cache).is_dir() else []


def stand_in(folder: Path) -> tuple[Path, Path]:
    """Return this Python as an archive that uv takes for a build, and the list that names it."""
    version = LOCKED
    build = folder / "20990101" / f"cpython-{version}.99+20990101-stand-in.tar.gz"
    build.parent.mkdir(parents=True)

    def wanted(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
        parts = set(Path(member.name).parts)
        unneeded = {"test", "idlelib", "tkinter", "lib2to3", "ensurepip", "site-packages", "dist-packages"}
        return None if parts & unneeded or "__pycache__" in parts or "config-" in member.name else member

    stdlib = "import sysconfig; print(sysconfig.get_path('stdlib'))"
    said = subprocess.run([PYTHON, "-c", stdlib], capture_output=True, text=True, check=True)
    with tarfile.open(build, "w:gz", compresslevel=1, dereference=True) as archive:
        archive.add(os.path.realpath(PYTHON), f"python/bin/python{version}")
        archive.add(said.stdout.strip(), f"python/lib/python{version}", filter=wanted)
    major, minor = (int(one) for one in version.split("."))
    machine = os.uname().machine
    entry = {
        "name": "cpython",
        "arch": {"family": machine, "variant": None},
        "os": "linux",
        "libc": "gnu",
        "major": major,
        "minor": minor,
        "patch": 99,
        "prerelease": "",
        "url": f"{BUILDS}/{build.parent.name}/{build.name}",
        "sha256": sha256(build.read_bytes()).hexdigest(),
        "variant": None,
        "build": "20990101",
    }
    listed = folder / "downloads.json"
    listed.write_text(json.dumps({f"cpython-{version}.99-linux-{machine}-gnu": entry}))
    return build, listed


def test_a_host_without_python_gets_one_with_the_wheels(
    hosts: SshHosts, there: World, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    build, listed = stand_in(tmp_path / "builds")
    place = there.places["n2"]
    masked: list[str] = []
    while found := place.host.exec(["sh", "-c", "command -v python3"]).out.strip():
        masked.append(os.path.realpath(found))
        inside(hosts, "n2", "mount", "--bind", "/dev/null", masked[-1])
    request.addfinalizer(lambda: [inside(hosts, "n2", "umount", "-l", one) for one in masked])
    assert place.host.exec(["sh", "-c", "python3 -c pass"]).code != 0
    facts = replace(there.facts, pythons=())
    whole = there.collect().hosts["n2"]
    # uv checks a build by its own table; this one it knows from a list
    uv = tmp_path / "uv"
    shutil.copy(listed, hosts.homes["n2"] / "downloads.json")
    uv.write_text(
        f"#!/bin/sh\nUV_PYTHON_DOWNLOADS_JSON_URL={hosts.homes['n2']}/downloads.json exec"
        f' {hosts.homes["n2"]}/real-uv "$@"\n'
    )
    shutil.copy(find_uv(), hosts.homes["n2"] / "real-uv")
    bundle = Bundle(
        whole.lock,
        whole.wheels,
        file_of(uv, executable=True),
        "",
        file_of(build),
        f"{build.parent.name}/{build.name}",
    )
    done = there.install("n2", collected=Collected({"n2": bundle}), facts=facts)
    assert done.sent > build.stat().st_size
    words = "import alpha, sys; print(alpha.version, sys.base_prefix)"
    said = place.host.exec([place.python(1), "-c", words]).out.split()
    assert said[0] == "1.0"
    assert said[1].startswith(f"{place.cache}/pythons/")
    assert Path(place.python(1)).lstat().st_uid == TRAINER


def test_a_full_disk_is_told_before_anything_is_sent(hosts: SshHosts, there: World) -> None:
    place = there.places["n1"]
    small = str(hosts.homes["n1"] / "small")
    cramped = replace(there, places={"n1": replace(place, root=f"{small}/work", cache=f"{small}/cache")})
    travelled: list[int] = []
    failure = failing(lambda: cramped.install(on_bytes=travelled.append))
    assert failure.problems[0].code == "PV1325"
    told = failure.problems[0].what.args
    assert (told["host"], told["path"]) == ("n1", f"{small}/cache")
    assert travelled == []
    assert there.install("n2").packages == 2


def test_a_disk_that_fills_meanwhile_leaves_nothing_that_counts(hosts: SshHosts, there: World) -> None:
    place = there.places["n1"]
    small = str(hosts.homes["n1"] / "small")
    cramped = replace(there, places={"n1": replace(place, root=f"{small}/work")})
    full: list[bool] = []

    def fill(_: int) -> None:
        if not full:
            full.append(True)
            inside(hosts, "n1", "sh", "-c", f"cat /dev/zero > {small}/filled || :")

    failure = failing(lambda: cramped.install(on_bytes=fill))
    assert full
    assert failure.problems[0].code == "PV1283"
    assert failure.problems[0].what.args["host"] == "n1"
    inside(hosts, "n1", "rm", f"{small}/filled")
    assert standing(cramped.places["n1"]).generations == ()
    # what had come is there: nothing travels twice
    assert cramped.install().sent == 0


def test_a_connection_that_is_cut_leaves_no_part_of_a_file(hosts: SshHosts, there: World) -> None:
    place = there.places["n1"]
    cut: list[bool] = []
    seen = [0]

    def cutting(count: int) -> None:
        seen[0] += count
        if seen[0] > 2_000_000 and not cut:
            cut.append(wait_until(lambda: any(name.startswith("coming.") for name in in_cache(place))))
            hosts.cut("n1")

    failure = failing(lambda: there.install(on_bytes=cutting))
    assert cut == [True]
    assert failure.problems[0].code == "PV1281"
    assert wait_until(lambda: in_cache(place) == ["files", "uses"], 30)
    assert wait_until(lambda: not (Path(place.base) / "guard").exists(), 30)
    done = there.install()
    assert done.sent > 100_000
    assert standing(place).generations == (1,)


def test_a_killed_command_at_home_leaves_nothing_and_no_guard(hosts: SshHosts, there: World) -> None:
    place = there.places["n1"]
    pid = os.fork()
    if pid == 0:
        try:
            there.install(on_bytes=lambda _: os.kill(os.getpid(), 9))
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -9
    assert wait_until(lambda: not (Path(place.base) / "guard").exists(), 60)
    assert standing(place).generations == ()
    assert there.install().packages == 2
    assert in_cache(place) == ["files", "uses", "uv"]


def test_a_folder_of_somebody_else_is_named(hosts: SshHosts, there: World) -> None:
    place = there.places["n1"]
    os.mkdir(place.root, 0o755)
    failure = failing(there.install)
    assert failure.problems[0].code == "PV1284"
    assert failure.problems[0].what.args["host"] == "n1"
    os.rmdir(place.root)


def test_a_torn_file_in_the_cache_is_sent_again(there: World) -> None:
    place = there.places["n1"]
    there.install()
    shutil.rmtree(Path(place.cache) / "uv")
    (torn,) = Path(place.cache, "files").glob("*/alpha-*.whl")
    content = bytearray(torn.read_bytes())
    content[len(content) // 2] ^= 1
    torn.write_bytes(content)
    (shorter,) = Path(place.cache, "files").glob("*/beta-*.whl")
    shorter.write_bytes(b"")
    done = there.install(number=2)
    assert 0 < done.sent < 1_000_000
    assert standing(place).generations == (1, 2)


def test_what_damaged_the_unpacked_packages_there_is_healed(there: World) -> None:
    place = there.places["n1"]
    there.install()
    (module,) = Path(place.venv(1)).glob("lib/python*/site-packages/beta.py")
    # the file there is a link of the one in uv's cache
    with module.open("r+b") as file:
        file.write(b"VERSION")
    there.install(number=2)
    (healed,) = Path(place.venv(2)).glob("lib/python*/site-packages/beta.py")
    assert healed.read_text() == "version = '1.0'\n"


def test_a_guard_is_waited_for_and_one_that_was_left_behind_is_taken_over(there: World) -> None:
    place = there.places["n1"]
    with guarded(place):
        failure = failing(lambda: _held(place, patience=1))
        assert failure.problems[0].code == "PV1323"
        assert failure.problems[0].what.args["host"] == "n1"
        assert failure.problems[0].why.args["who"] == f"{getuser()}@{node()}"
    lock = Path(place.base) / "guard"
    assert not lock.exists()
    lock.mkdir()
    (lock / "sign").write_text("123-456 7\n")
    os.chown(lock, TRAINER, TRAINER)
    with guarded(place, quiet=2):
        assert (lock / "sign").read_text() != "123-456 7\n"
    assert not lock.exists()


def _held(place: Place, patience: int) -> None:
    with guarded(place, patience=patience):
        raise AssertionError("it was held by two")


TOOLS = (
    "sh cat cp cut date df env find grep head ln ls mkdir mktemp mv ps readlink rm rmdir sha256sum sleep stat"
    " sync tail tar tr uname wc xargs sed chmod touch dirname basename sort od"
)


def test_a_host_of_busybox(hosts: SshHosts, there: World, request: pytest.FixtureRequest) -> None:
    busybox = shutil.which("busybox")
    if busybox is None:
        pytest.skip("busybox is not installed")
    found = {
        os.path.realpath(path) for tool in TOOLS.split() if (path := shutil.which(tool, path="/usr/bin:/bin"))
    }
    # lazily: a watch on the host may still end, and that is a shell
    request.addfinalizer(lambda: [inside(hosts, "n2", busybox, "umount", "-l", one) for one in found])
    for one in found:
        inside(hosts, "n2", busybox, "mount", "--bind", busybox, one)
    place = there.places["n2"]
    assert "BusyBox" in place.host.exec(["sh", "-c", "tar --help 2>&1; mv --help 2>&1"]).out
    there.install("n2", 1)
    there.install("n2", 2)
    (torn,) = Path(place.cache, "files").glob("*/beta-*.whl")
    torn.write_bytes(b"")
    assert there.install("n2", 3).sent == (torn.stat().st_size)
    switch_all([place], 1)
    switch_all([place], 2)
    assert (standing(place).generations, standing(place).current) == ((1, 2, 3), 2)
    assert not drift(place, 2, deep=True)
    held = place.host.exec([*lease_words(place, 1), "sh", "-c", f"ls {place.generation(1)}/leases"])
    assert held.out.count("@") == 1
    login = environment_of(place, 2, there.locked.base.spec, there.facts, {})
    assert place.host.exec(["python", "-c", "import alpha"], environment=login).code == 0
    assert remove(place, [1, 2]) == (2,)
    forget(place)
    assert not (Path(place.root) / ".provenv").exists()
