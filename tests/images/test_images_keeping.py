"""What becomes of images: pushed, pulled, rolled back, cleaned up; with a real engine and real registries."""

from __future__ import annotations

import json
import os
import shutil
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from loading import load

pytestmark = [pytest.mark.root, pytest.mark.slow]

HERE = Path(__file__)
kept_room = load("images_kept", HERE.with_name("kept.py"))
conftest = load("images_conftest", HERE.with_name("conftest.py"))


@pytest.fixture(scope="session")
def below(new_engine: Any, base: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the image with the environment that all generations of these tests stand on."""
    folder = tmp_path_factory.mktemp("below")
    return str(kept_room.environment_image(new_engine, base, folder, f"keeping-below:{os.getpid()}"))


@pytest.fixture(scope="session")
def locked(new_engine: Any, base: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the lock that all places have: their packages are the same bytes."""
    place = conftest.make_place(tmp_path_factory.mktemp("locked"), new_engine, base)
    assert place("lock", "--on", "box").code == 0
    return str((place.root / "pylock.box.toml").read_text())


@pytest.fixture
def kept(tmp_path: Path, new_engine: Any, base: str, below: str, locked: str, registry: str) -> Any:
    """Return a locked image target whose repository is in the registry, and no generation yet."""
    place = conftest.make_place(tmp_path, new_engine, base)
    place.repository = f"{registry}/{place.repository}"
    declared = (place.root / "provenv.toml").read_text()
    place.write("provenv.toml", f'{declared}repository = "{place.repository}"\n')
    place.write("pylock.box.toml", locked)
    return kept_room.Kept(place, new_engine, below, tmp_path)


@pytest.fixture
def second(kept: Any, tmp_path: Path) -> Any:
    """Return another folder with the same project as `kept` has it, and nothing of `.provenv`."""
    root = tmp_path / "second"
    shutil.copytree(kept.place.root, root, ignore=shutil.ignore_patterns(".provenv"))
    place = conftest.load("cli_conftest", HERE.parents[1] / "cli" / "conftest.py").Workplace(
        root, kept.place.wheels, kept.place.environment
    )
    place.repository = kept.place.repository
    return kept_room.Kept(place, kept.engine, kept.below, tmp_path / "second-work")


def digest_in(registry: str, reference: str) -> str:
    """Return the digest that a registry has a tag under (distribution-spec, pulling manifests)."""
    repository, _, tag = reference.removeprefix(f"{registry}/").rpartition(":")
    asked = urllib.request.Request(
        f"http://{registry}/v2/{repository}/manifests/{tag}",
        headers={"Accept": "application/vnd.docker.distribution.manifest.v2+json"},
        method="HEAD",
    )
    with urllib.request.urlopen(asked, timeout=60) as answer:
        return str(answer.headers["Docker-Content-Digest"])


# push


def test_a_push_prints_the_name_by_digest_and_records_it(kept: Any, registry: str) -> None:
    image = kept.generation(1)
    kept.generation(2)
    first = kept("push").data
    assert first["sent"] > 1
    # of the one that differs in its code alone, the code alone is sent
    kept("rollback")
    plain = kept.place("push", "--on", "box")
    assert plain.code == 0, plain.err
    digest = digest_in(registry, image.reference)
    assert plain.out == f"{kept.place.repository}@{digest}\n"
    assert "sent 1 of its" in plain.err
    [pushed] = kept.record(1).pushed
    assert (pushed.reference, pushed.digest) == (image.reference, digest)
    again = kept("push").data
    assert again["pushed"][0]["digest"] == digest
    assert again["image"]["pushed"] == again["pushed"]
    assert (again["layers"], again["sent"], again["bytes"]) == (len(image.layers), 0, 0)
    assert len(kept.record(1).pushed) == 1
    assert kept("status").data["image"]["pushed"] == again["pushed"]


def test_latest_and_another_name_are_pushed_only_where_asked_for(kept: Any, registry: str) -> None:
    image = kept.generation(1)
    assert kept("push").code == 0
    with pytest.raises(urllib.error.HTTPError):
        digest_in(registry, f"{kept.place.repository}:latest")
    assert kept("push", "--latest").code == 0
    assert digest_in(registry, f"{kept.place.repository}:latest") == digest_in(registry, image.reference)
    other = f"{registry}/other/{kept.place.repository.rpartition('/')[2]}:v1"
    assert kept("push", other).code == 0
    assert digest_in(registry, other) == digest_in(registry, image.reference)
    # the name was given for the push alone
    assert kept.id(other) is None
    assert kept.id(image.reference) == image.id


def test_only_what_is_proven_and_there_is_pushed_to_a_registry_that_is_named(kept: Any) -> None:
    assert kept("push").codes == ["PV721"]
    image = kept.generation(1)
    for name, code in (
        ("tiny", "PV1105"),
        ("me/tiny:v1", "PV1105"),
        ("Not A Name", "PV1109"),
        (f"{kept.place.repository}@sha256:{'0' * 64}", "PV1109"),
    ):
        said = kept("push", name)
        assert (said.code, said.codes) == (2, [code]), name
    kept.prove(1, "failed")
    assert (kept("push").code, kept("push").codes) == (3, ["PV1106"])
    kept.prove(1, "passed")
    kept.engine.call("image", "rm", image.reference, f"{kept.place.repository}:latest")
    assert kept("push").codes == ["PV1107"]
    assert kept.record(1).pushed == ()
    assert kept.place("pull", "--json").codes == ["PV1108"]


def test_a_registry_with_logins_gets_those_of_the_users_own_client(kept: Any, tmp_path: Path) -> None:
    image = kept.generation(1)
    home = tmp_path / "config"
    home.mkdir()
    plugins = Path(kept.engine.variables["DOCKER_CONFIG"], "cli-plugins")
    (home / "cli-plugins").symlink_to(plugins)
    with conftest.world.registry(tmp_path / "private", logins={"me": "hunter2"}) as address:
        goal = f"{address}/tiny"
        refused = kept("push", goal, DOCKER_CONFIG=str(home))
        assert refused.code in (1, 4)
        assert kept.record(1).pushed == ()
        kept.engine.call(
            "--config", str(home), "login", "--username", "me", "--password-stdin", address, stdin=b"hunter2"
        )
        sent = kept("push", goal, DOCKER_CONFIG=str(home))
        assert sent.code == 0, sent.err
        assert "hunter2" not in sent.out + sent.err
        assert sent.data["pushed"][0]["reference"] == f"{goal}:{image.reference.rpartition(':')[2]}"


# pull


def test_an_image_is_pulled_by_digest_into_another_folder_and_proven_there(kept: Any, second: Any) -> None:
    image = kept.generation(1)
    pinned = kept("push").data["pushed"]
    pinned = f"{kept.place.repository}@{pinned[0]['digest']}"
    assert kept("down", "--yes").code == 0
    assert kept.id(image.id) is None
    shutil.copy(kept.place.root / "main.py", second.place.root)
    pulled = second("pull", pinned)
    assert pulled.code == 0, pulled.err + pulled.out
    assert pulled.data["image"]["id"] == image.id
    assert pulled.data["image"]["recipe"] == image.recipe
    assert {one["status"] for one in pulled.data["evidence"]["outcomes"]} == {"passed"}
    assert second.current == "0001"
    assert second.id(f"{second.place.repository}:latest") == image.id
    assert second("status").data["sync"] == "in-sync"
    again = second("pull")
    assert (again.data["unchanged"], again.data["reference"]) == (True, pinned)


def test_an_image_of_another_lock_is_refused_with_both_digests(kept: Any, second: Any) -> None:
    other = "0" * 64
    kept.generation(1, labels={"dev.provenv.lock": f"sha256:{other}"})
    pinned = kept.place("push", "--on", "box").out.strip()
    kept("down", "--yes")
    refused = second("pull", pinned)
    assert refused.codes == ["PV1110"]
    why = refused.document["problems"][0]["why"]["args"]
    assert why["theirs"] == other
    assert why["ours"] in (second.place.root / "pylock.box.toml").read_text()
    assert second.current == ""
    assert second.id(pinned) is None
    taken = second("pull", pinned, "--any")
    assert taken.code == 0, taken.err + taken.out
    assert taken.data["evidence"]["digests"]["lock"] == other
    assert second("status").data["sync"] == "stale"


def test_an_image_that_fails_its_proof_here_is_not_switched_to(kept: Any, second: Any) -> None:
    kept.generation(1, code="import missing_module\n")
    pinned = kept.place("push", "--on", "box").out.strip()
    kept("down", "--yes")
    failed = second("pull", pinned)
    assert (failed.code, failed.codes) == (3, ["PV720"])
    assert second.current == ""
    assert not list((second.place.root / ".provenv/box/generations").iterdir())
    assert second.id(pinned) is None


def test_what_was_tampered_with_in_the_registry_is_refused(kept: Any, second: Any, tmp_path: Path) -> None:
    kept.generation(1)
    folder = tmp_path / "tampered"
    with conftest.world.registry(folder) as address:
        pinned = kept.place("push", "--on", "box", f"{address}/tiny").out.strip()
        kept("down", "--yes")
        digest = pinned.rpartition(":")[2]
        # the manifest, what the image says of itself, and a layer of its own (the base's are here already)
        blobs = {path.parent.name: path for path in folder.rglob("data")}
        manifest = json.loads(blobs[digest].read_text())
        parts = [one["digest"].partition(":")[2] for one in (manifest["config"], manifest["layers"][-1])]
        for path in (blobs[name] for name in (digest, *parts)):
            whole = path.read_bytes()
            path.write_bytes(whole[:-30] + bytes(byte ^ 1 for byte in whole[-30:]))
            refused = second("pull", pinned)
            assert refused.code == 1, path
            assert second.current == ""
            assert second.id(pinned) is None
            path.write_bytes(whole)
        assert second("pull", pinned).code == 0


# rollback


def test_a_rollback_takes_the_names_along_and_needs_no_network(kept: Any) -> None:
    first, second_image = kept.generation(1), kept.generation(2)
    latest = f"{kept.place.repository}:latest"
    assert kept.id(latest) == second_image.id
    back = kept("rollback")
    assert (back.data["old"], back.data["new"], back.data["tags"]) == (2, 1, [first.reference, latest])
    assert (kept.current, kept.id(latest)) == ("0001", first.id)
    assert kept("rollback").codes == ["PV730"]
    assert kept("rollback", "2").code == 0
    assert (kept.current, kept.id(latest)) == ("0002", second_image.id)


def test_an_image_that_is_gone_is_not_rolled_back_to_but_pulled(kept: Any) -> None:
    first = kept.generation(1)
    pinned = kept.place("push", "--on", "box").out.strip()
    kept.generation(2)
    kept.engine.call("image", "rm", first.reference)
    gone = kept("rollback")
    assert gone.codes == ["PV1107"]
    hints = [one["command"] for one in gone.document["problems"][0]["hints"]]
    assert hints[0] == f"provenv pull --on box {pinned}"
    assert kept.current == "0002"
    back = kept("pull", pinned)
    assert (back.data["generation"]["number"], kept.current) == (1, "0001")
    assert kept.id(first.reference) == first.id


# gc, down


def test_gc_removes_images_but_not_those_that_are_in_use(kept: Any) -> None:
    made = [kept.generation(number) for number in (1, 2, 3)]
    user = f"{kept.place.repository.rpartition('/')[2]}-user"
    kept.engine.call("run", "--detach", "--network=none", "--name", user, made[0].id, "sleep", "600")
    try:
        cleaned = kept("gc", "--keep", "1")
        assert cleaned.code == 0, cleaned.err
        assert (cleaned.data["removed"], cleaned.data["held"], cleaned.data["kept"]) == ([2], [1], [3])
        told = {one["generation"]: one for one in cleaned.data["images"]}
        assert told[1]["users"] == [user]
        assert told[2]["users"] == []
        # what the three stand on is shared, and stays
        assert 0 < told[2]["bytes"] < 1_000_000
        assert [kept.id(one.id) is None for one in made] == [False, True, False]
        refused = kept("down", "--yes")
        assert refused.codes == ["PV1117"]
        assert user in refused.document["problems"][0]["hints"][0]["command"]
        assert kept.current == "0003"
    finally:
        kept.engine.call("rm", "--force", user)
    assert kept("gc", "--keep", "1").data["removed"] == [1]
    assert [kept.id(one.id) is None for one in made] == [True, True, False]
    assert kept.current == "0003"


def test_gc_removes_what_failed_proofs_left_and_no_other_projects_images(kept: Any) -> None:
    kept.generation(1)
    name = kept.project.spec().name
    ours = {"dev.provenv.target": "box", "dev.provenv.project": name}
    left = kept.build({**ours, "run": "1"})
    theirs = kept.build({**ours, "dev.provenv.project": f"not-{name}"})
    failed = kept.generation(2, proof="failed")
    cleaned = kept("gc").data
    assert {one["id"] for one in cleaned["images"]} == {left.id, failed.id}
    assert kept.id(left.id) is None
    assert kept.id(theirs.id) == theirs.id
    kept.engine.call("image", "rm", theirs.id)


def test_the_build_cache_is_emptied_only_where_asked_for(kept: Any, tmp_path: Path) -> None:
    kept.generation(1)
    folder = tmp_path / "cached"
    folder.mkdir()
    (folder / "bytes").write_bytes(os.urandom(200_000))
    (folder / "Dockerfile").write_text(f"FROM {kept.below}\nCOPY bytes /\nRUN cp /bytes /again\n")
    kept.engine.call("build", "--quiet", "--network=host", "--tag", "cached:here", str(folder))
    kept.engine.call("image", "rm", "cached:here")
    told = kept("gc").data
    assert told["cache"] > 200_000
    assert told["pruned"] == 0
    emptied = kept("gc", "--build-cache").data
    assert emptied["pruned"] > 200_000
    assert emptied["cache"] < told["cache"]
    assert kept.place("gc", "--build-cache", "--json").codes == ["PV1120"]


def test_a_name_that_the_user_gave_keeps_the_image(kept: Any) -> None:
    image = kept.generation(1)
    kept.generation(2)
    mine = f"mine-{image.id[7:19]}:v1"
    kept.engine.call("tag", image.id, mine)
    cleaned = kept("gc", "--keep", "1").data
    assert cleaned["removed"] == [1]
    assert cleaned["images"][0]["users"] == [mine]
    assert kept.id(mine) == image.id
    assert kept.id(image.reference) is None
    kept.engine.call("image", "rm", mine)


def test_down_takes_every_image_and_every_name(kept: Any) -> None:
    made = [kept.generation(number) for number in (1, 2)]
    assert kept("push", "--latest").code == 0
    refused = kept("down")
    assert (refused.code, refused.codes) == (2, ["PV709"])
    gone = kept("down", "--yes").data
    assert gone["removed"] == [1, 2]
    assert kept_room.tags(kept.engine, kept.place.repository) == []
    assert all(kept.id(one.id) is None for one in made)
    assert kept("status").data["sync"] == "absent"


def test_gc_and_down_need_no_declared_file_that_can_be_read(kept: Any) -> None:
    made = [kept.generation(number) for number in (1, 2)]
    kept.place.write("provenv.toml", "schema = 99\n")
    assert kept("gc", "--keep", "1").data["removed"] == [1]
    assert kept("down", "--yes").code == 0
    assert all(kept.id(one.id) is None for one in made)


# status, history


def test_status_tells_what_changed_and_what_is_gone(kept: Any) -> None:
    first = kept.generation(1)
    assert kept("status").data["sync"] == "in-sync"
    latest = f"{kept.place.repository}:latest"
    kept.engine.call("tag", kept.below, latest)
    drifted = kept("status").data
    assert drifted["sync"] == "drifted"
    assert [one["key"] for one in drifted["reasons"]] == ["image.drift.other"]
    kept.engine.call("image", "rm", latest)
    assert [one["key"] for one in kept("status").data["reasons"]] == ["image.drift.untagged"]
    assert kept("rollback", "1").code == 0
    kept.place.write("main.py", "import beta\n")
    stale = kept("status").data
    assert (stale["sync"], [one["key"] for one in stale["reasons"]]) == ("stale", ["image.stale.code"])
    kept.engine.call("image", "rm", latest, first.reference)
    assert kept("status").data["reasons"][0]["key"] == "image.drift.gone"
    unseen = kept("status", DOCKER_HOST="unix:///nowhere.sock")
    assert unseen.data["reasons"][0]["key"] == "image.drift.unseen"
    assert unseen.codes


def test_history_tells_the_images_and_what_each_brought(kept: Any) -> None:
    made = [kept.generation(number) for number in (1, 2)]
    told = kept("history").data
    assert [told["images"][number]["id"] for number in "12"] == [one.id for one in made]
    assert told["moved"]["1"] == sum(one.size for one in made[0].layers)
    assert 0 < told["moved"]["2"] < 10_000
    shown = kept.place("history", "--on", "box").out
    assert made[1].reference.rpartition(":")[2] in shown


# kills


@pytest.mark.parametrize("word", ["tag", "push"])
def test_a_killed_push_records_nothing_and_the_next_one_goes_on(kept: Any, word: str, registry: str) -> None:
    kept.generation(1)
    goal = f"{registry}/killed/{kept.place.repository.rpartition('/')[2]}"
    script = f'"$real" "$@"; code=$?; [ "$1" != {word} ] || kill -9 $PPID; exit $code'
    killed = kept("push", goal, **kept.client(script))
    assert killed.code == -9
    assert kept.record(1).pushed == ()
    pushed = kept("push", goal)
    assert pushed.code == 0, pushed.err
    assert len(kept.record(1).pushed) == 1
    assert kept("down", "--yes").code == 0
    assert kept_room.tags(kept.engine, goal) == []


def test_a_killed_gc_or_down_never_leaves_a_current_generation_without_its_image(kept: Any) -> None:
    made = {number: kept.generation(number) for number in (1, 2, 3)}
    killing = kept.client('"$real" "$@"; code=$?; [ "$1 $2" != "image rm" ] || kill -9 $PPID; exit $code')
    runs = 0
    while kept("gc", "--keep", "1", **killing).code == -9:
        runs += 1
        assert runs < 10
        assert kept.current == "0003"
        assert kept.id(made[3].id) == made[3].id
        assert kept("status").data["sync"] == "in-sync"
    assert runs >= 2
    assert {one["number"] for one in kept("history").data["state"]["generations"]} == {3}
    while kept("down", "--yes", **killing).code == -9:
        assert kept("status").data["sync"] == "absent"
    assert kept_room.tags(kept.engine, kept.place.repository) == []
    assert kept.id(made[3].id) is None


# all of it, on what `up` builds


def test_what_up_built_is_pushed_pulled_elsewhere_and_needs_no_build_there(
    place: Any, registry: str, tmp_path: Path
) -> None:
    declared = (place.root / "provenv.toml").read_text()
    place.write("provenv.toml", f'{declared}repository = "{registry}/{place.repository}"\n')
    built = place("up", "--on", "box", "--json")
    assert built.code == 0, built.err + built.out
    pinned = place("push", "--on", "box").out.strip()
    assert place("down", "--on", "box", "--yes").code == 0
    second = tmp_path / "second"
    shutil.copytree(place.root, second, ignore=shutil.ignore_patterns(".provenv"))
    elsewhere = ("-C", str(second), "--on", "box", "--json")
    # which one is meant follows from the files
    pulled = place("pull", *elsewhere)
    assert pulled.code == 0, pulled.err + pulled.out
    assert pulled.data["image"]["id"] == built.data["image"]["id"]
    assert f"{registry}/{place.repository}@{pulled.data['image']['pushed'][0]['digest']}" == pinned
    assert place("status", *elsewhere).data["sync"] == "in-sync"
    assert place("up", *elsewhere).data["unchanged"]
