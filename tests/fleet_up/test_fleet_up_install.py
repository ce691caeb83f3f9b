"""A lock installed on hosts with a real sshd on loopback, and switched to."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from fleet_up_world import World, failing, locked, make_project, make_wheel
from provenv.app.fleet_up.drift import drift
from provenv.app.fleet_up.installing import Installed
from provenv.app.fleet_up.leases import lease_words
from provenv.app.fleet_up.places import Place
from provenv.app.fleet_up.standing import standing
from provenv.app.fleet_up.sweeping import forget, remove
from provenv.app.fleet_up.switching import switch_all
from ssh_hosts import wait_until


def said(place: Place, words: str) -> str:
    """Return what the current environment's Python prints."""
    done = subprocess.run(
        [f"{place.current}/venv/bin/python", "-c", words], capture_output=True, text=True, check=True
    )
    return done.stdout


def test_a_lock_is_installed_switched_to_and_taken_away(fresh: World) -> None:
    travelled: list[int] = []
    first = fresh.install("n1", on_bytes=travelled.append)
    assert first.sent == sum(travelled) > 100_000
    assert first.packages == 2
    assert fresh.install("n1") == Installed(0, 0, 0, 2, found=True)
    again = fresh.install("n1", 2)
    assert (again.sent, again.files, again.bytes) == (0, first.files, first.bytes)
    assert fresh.install("n2").sent == first.sent
    one, two = fresh.all
    assert (standing(one).generations, standing(one).current) == ((1, 2), None)
    assert standing(one).locks[1] == fresh.locked.lock.identity
    assert standing(one).free > 1 << 20
    switch_all(fresh.all, 1)
    assert [standing(place).current for place in fresh.all] == [1, 1]
    assert said(two, "import alpha, beta; print(alpha.version)") == "1.0\n"
    # the second has no generation 2: the first stays where it is
    refused = failing(lambda: switch_all(fresh.all, 2))
    assert [one.code for one in refused.problems] == ["PV1328", "PV1330"]
    assert refused.problems[1].what.args["host"] == "n2"
    assert standing(one).current == 1
    switch_all([one], 2)
    assert standing(one).current == 2
    assert remove(one, [1, 2, 9]) == (2,)
    assert standing(one).generations == (2,)
    forget(one)
    assert not (Path(one.root) / ".provenv").exists()
    assert standing(one).generations == ()


def test_what_was_switched_is_taken_back_where_one_fails(world: World) -> None:
    for name in world.places:
        world.install(name, 1)
        world.install(name, 2)
    one, two = world.all
    switch_all(world.all, 1)
    # the switch of the second can't be renamed over: a folder is in its place
    current = Path(two.current)
    current.unlink()
    (current / "in the way").mkdir(parents=True)
    failure = failing(lambda: switch_all(world.all, 2))
    assert failure.problems[0].code == "PV1328"
    assert failure.problems[0].what.args["hosts"] == "n2"
    assert standing(one).current == 1
    assert said(one, "import beta; print(beta.version)") == "1.0\n"
    assert not list(Path(one.base).glob(".current.*"))


def test_drift_is_found_by_size_time_and_content(world: World) -> None:
    world.install()
    place = world.places["n1"]
    clean = drift(place, 1)
    assert not clean
    assert clean.files > 4
    assert not drift(place, 1, deep=True)
    site = next(Path(place.venv(1)).glob("lib/python*/site-packages"))
    module, data = site / "beta.py", site / "alpha.bin"
    before = data.stat()
    # another inode: what lies in the cache stays as it is
    content = bytearray(data.read_bytes())
    content[5] ^= 1
    data.unlink()
    data.write_bytes(content)
    os.utime(data, ns=(before.st_atime_ns, before.st_mtime_ns))
    module.unlink()
    (site / "odd\n\\name.py").write_text("")
    (site / "__pycache__").mkdir(exist_ok=True)
    (site / "__pycache__" / "beta.cpython.pyc").write_bytes(b"")
    prefix = str(site.relative_to(place.venv(1)))
    quick = drift(place, 1)
    assert quick.changed == ()
    assert quick.missing == (f"{prefix}/beta.py",)
    assert quick.extra == (f"{prefix}/odd\n\\name.py",)
    assert quick.owners == {f"{prefix}/beta.py": "beta"}
    deep = drift(place, 1, deep=True)
    assert deep.changed == (f"{prefix}/alpha.bin",)
    assert deep.packages == {"alpha", "beta"}
    os.utime(data)
    assert drift(place, 1).changed == (f"{prefix}/alpha.bin",)
    assert failing(lambda: drift(place, 4)).problems[0].code == "PV1330"


def test_a_running_command_keeps_its_generation(world: World) -> None:
    world.install()
    place = world.places["n1"]
    with ThreadPoolExecutor(1) as pool:
        words = [*lease_words(place, 1), "sh", "-c", "echo began; read -r _ < fifo"]
        folder = Path(place.root)
        os.mkfifo(folder / "fifo")
        began: list[str] = []
        running = pool.submit(place.host.exec, words, folder=str(folder), on_stdout=began.append)
        try:
            assert wait_until(lambda: began == ["began"])
            assert remove(place, [1]) == (1,)
            assert failing(lambda: forget(place)).problems[0].code == "PV1331"
            assert standing(place).generations == (1,)
        finally:
            (folder / "fifo").write_text("\n")
        assert running.result().code == 0
    assert remove(place, [1]) == ()
    assert standing(place).generations == ()
    gone = place.host.exec([*lease_words(place, 1), "true"])
    assert gone.code == 125
    assert not Path(place.generation(1)).exists()


def test_what_nothing_uses_leaves_the_cache_a_day_later(fresh: World, tmp_path: Path) -> None:
    place = fresh.places["n1"]
    (tmp_path / "home" / "wheels").mkdir(parents=True)
    make_wheel(tmp_path / "home" / "wheels", "beta", "2.0")
    other = replace(fresh, locked=locked(make_project(tmp_path / "home", 'requirements = ["beta"]\n')))
    fresh.install(number=1)
    other.install(number=2)

    def wheels() -> set[str]:
        return {path.name.partition("-py3")[0] for path in Path(place.cache, "files").glob("*/*.whl")}

    everything = {"alpha-1.0", "beta-1.0", "beta-2.0"}
    assert wheels() == everything
    assert remove(place, [1]) == ()
    assert wheels() == everything
    for folder in Path(place.cache, "files").iterdir():
        os.utime(folder, (0, 0))
    assert remove(place, [1]) == ()
    assert wheels() == {"beta-2.0"}
    assert not drift(place, 2, deep=True)
    # what is gone is sent again, the rest is not
    assert 100_000 < fresh.install(number=3).sent < 1_000_000


def test_a_copy_here_that_has_changed_is_told_and_fetched_anew(world: World, tmp_path: Path) -> None:
    (tmp_path / "home" / "wheels").mkdir(parents=True)
    wheel = make_wheel(tmp_path / "home" / "wheels", "gamma")
    other = replace(world, locked=locked(make_project(tmp_path / "home", 'requirements = ["gamma"]\n')))
    (kept,) = (one for one in other.collect().hosts["n1"].wheels)
    changed = bytearray(wheel.read_bytes())
    changed[40] ^= 1
    # another file of the same size in the place of the copy
    kept.path.unlink()
    kept.path.write_bytes(changed)
    failure = failing(other.install)
    assert failure.problems[0].code == "PV1322"
    assert failure.problems[0].what.args == {"host": "n1", "path": wheel.name}
    assert failure.problems[0].why.args["path"] == str(kept.path)
    assert other.install().packages == 1


def test_two_at_once_build_one_generation(world: World) -> None:
    """Two hosts whose folder is the same, as with a home on the network."""
    shared = world.places["n1"]
    same = World(
        world.locked, {"n1": shared, "n2": replace(world.places["n2"], root=shared.root, cache=shared.cache)}
    )
    collected = same.collect()
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda name: same.install(name, collected=collected), same.places))
    assert sorted(one.found for one in done) == [False, True]
    assert [standing(place).generations for place in same.all] == [(1,), (1,)]
    switch_all(same.all, 1)
    assert not drift(shared, 1, deep=True)


def test_a_wheel_that_is_not_what_it_recorded_fails_and_leaves_nothing(world: World, tmp_path: Path) -> None:
    (tmp_path / "home" / "wheels").mkdir(parents=True)
    make_wheel(tmp_path / "home" / "wheels", "liar", lie=True)
    liar = World(locked(make_project(tmp_path / "home", 'requirements = ["liar"]\n')), world.places)
    failure = failing(liar.install)
    assert [one.code for one in failure.problems] == ["PV1327"]
    assert failure.problems[0].what.args["files"].endswith("liar.py")
    assert standing(world.places["n1"]).generations == ()
    assert os.listdir(world.places["n1"].generations) == []


def test_a_lock_of_a_newer_glibc_is_refused(world: World) -> None:
    facts = world.locked.base.facts
    old = replace(facts, platform=replace(facts.platform, libc="glibc", libc_version="2.17"))
    failure = failing(lambda: world.install(facts=old))
    if sys.platform == "linux":
        assert failure.problems[0].code == "PV1324"
        assert failure.problems[0].what.args["host"] == "n1"
