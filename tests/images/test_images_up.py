"""`up --on box`: built by a real engine, proven inside, tagged by what went in, kept and taken back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from loading import load
from provenv.toml_library import tomllib

conftest = load("images_conftest_of_up", Path(__file__).with_name("conftest.py"))
pytestmark = [pytest.mark.root, pytest.mark.slow]


def up(place: Any, *more: str, code: int = 0) -> Any:
    """Run `up --on box --json` and return its data."""
    ended = place("up", "--on", "box", "--json", *more)
    assert ended.code == code, ended.err + ended.out
    return ended.data


def inspected(engine: Any, reference: str) -> Any:
    """Return what the engine says of an image."""
    done = engine.call("image", "inspect", reference, check=False)
    return json.loads(done.stdout)[0] if done.returncode == 0 else None


def current(place: Any) -> str:
    """Return the generation that the switch points to; empty where there is none."""
    link = place.root / ".provenv" / "box" / "current"
    return os.readlink(link) if link.is_symlink() else ""


def test_an_image_is_built_proven_and_tagged(place: Any, new_engine: Any) -> None:
    made = up(place)
    image = made["image"]
    seen = inspected(new_engine, image["reference"])
    assert seen["Id"] == image["id"]
    assert image["reference"].endswith(":" + image["recipe"][:12])
    assert inspected(new_engine, f"{place.repository}:latest")["Id"] == image["id"]
    assert {one["name"]: one["status"] for one in made["evidence"]["outcomes"]}["command.own"] == "passed"
    assert seen["Config"]["User"] not in ("", "0", "root")
    assert current(place) == "generations/0001"


def test_nothing_is_done_where_nothing_changed(place: Any) -> None:
    first = up(place)
    again = up(place)
    assert again["unchanged"]
    assert again["image"]["id"] == first["image"]["id"]


def test_a_code_change_makes_one_new_layer_and_proves_the_own_commands_again(place: Any) -> None:
    first = up(place)
    place.write("main.py", "import alpha\nprint('changed', alpha.version)\n")
    second = up(place)
    old, new = (one["image"]["layers"] for one in (first, second))
    assert len(old) == len(new)
    assert sum(a["digest"] != b["digest"] for a, b in zip(old, new, strict=True)) == 1
    assert second["evidence"]["carried_from"] == 1
    assert "command.own" not in second["evidence"]["carried"]
    assert second["evidence"]["carried"]


def test_a_failed_proof_leaves_the_old_tag_and_the_old_generation(place: Any, new_engine: Any) -> None:
    first = up(place)
    place.write("main.py", "import missing_module\n")
    ended = place("up", "--on", "box", "--json")
    assert ended.code == 3
    assert current(place) == "generations/0001"
    assert inspected(new_engine, f"{place.repository}:latest")["Id"] == first["image"]["id"]
    tags = new_engine.call("images", "--format", "{{.Repository}}:{{.Tag}}", place.repository).stdout.split()
    assert sorted(tags) == sorted([first["image"]["reference"], f"{place.repository}:latest"])


def test_what_was_there_before_is_switched_to_and_not_built_again(place: Any) -> None:
    first = up(place)
    before = (place.root / "main.py").read_text()
    place.write("main.py", "print('another')\n")
    second = up(place)
    place.write("main.py", before)
    third = up(place)
    assert second["image"]["id"] != first["image"]["id"]
    assert third["image"]["id"] == first["image"]["id"]
    assert current(place) == "generations/0001"


def test_a_plan_says_what_would_be_built(place: Any) -> None:
    planned = place("plan", "--on", "box", "--json")
    assert planned.code == 0, planned.err
    kinds = [step["kind"] for step in planned.data["plan"]["steps"]]
    assert kinds[0] == "image"
    assert "prove" in kinds
    assert not list((place.root / ".provenv" / "box" / "generations").iterdir())


def test_a_secret_among_the_files_is_refused_with_its_place(place: Any) -> None:
    place.write("settings.py", 'token = "' + "ghp_" + "a1B2c3D4e5F6g7H8i9J0" + 'k1L2m3N4o5P6q7R8"\n')
    ended = place("up", "--on", "box")
    assert ended.code == 1
    assert "settings.py:1" in ended.err
    assert "i9J0k1L2" not in ended.err + ended.out


@pytest.mark.parametrize("after", ["build", "proof"])
def test_a_kill_in_the_middle_leaves_nothing_half_tagged(place: Any, new_engine: Any, after: str) -> None:
    words = {"build": '"key": "building.task"', "proof": '"key": "proof.task"'}[after]
    running = subprocess.Popen(
        [sys.executable, "-m", "provenv", "up", "--on", "box", "--json"],
        cwd=place.root,
        env=place.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stderr is not None
    heard = ""
    for line in running.stderr:
        heard += line
        if words in line:
            break
    running.send_signal(signal.SIGKILL)
    running.communicate()
    assert words in heard, heard
    assert current(place) == ""
    assert inspected(new_engine, f"{place.repository}:latest") is None
    up(place)
    assert current(place)


def test_the_same_lock_and_files_make_the_same_image(place: Any, new_engine: Any, tmp_path: Path) -> None:
    first = up(place)
    new_engine.call("builder", "prune", "--all", "--force")
    second = up(place, "--repair")
    old, new = (inspected(new_engine, one["image"]["id"])["RootFS"]["Layers"] for one in (first, second))
    assert old == new


@pytest.mark.parametrize("kind", ["old_engine", "podman"])
def test_every_engine_builds_proves_and_runs(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, base_tar: Path
) -> None:
    engine = request.getfixturevalue(kind)
    place = conftest.make_place(tmp_path, engine, engine.bring(base_tar, "localhost/base:py311"))
    made = up(place)
    assert {one["name"]: one["status"] for one in made["evidence"]["outcomes"]}["command.own"] == "passed"
    assert inspected(engine, f"{place.repository}:latest")["Id"].removeprefix("sha256:") == made["image"][
        "id"
    ].removeprefix("sha256:")
    assert place("run", "--on", "box", "main").out == "1.0 1.0\n"
    assert up(place)["unchanged"]


def test_a_proof_judges_an_image_by_what_was_declared_when_it_was_made(place: Any) -> None:
    up(place)
    declared = (place.root / "provenv.toml").read_text()
    place.write("provenv.toml", declared.replace('"beta", ', '"beta", "nowhere-to-be-had", '))
    proven = place("prove", "--on", "box", "--json")
    assert proven.code == 0, proven.err + proven.out
    record = json.loads((place.root / ".provenv/box/generations/0001/generation.json").read_text())
    assert record["proof"] == "passed"


def test_the_library_that_comes_with_provenv_goes_in(place: Any, new_engine: Any, tmp_path: Path) -> None:
    """provenv-runtime is on no index: its wheel goes along with the build, also one without provenv."""
    assert place("add", "provenv-runtime").code == 0
    place.write("main.py", "import provenv_runtime\nprint(provenv_runtime.__version__)\n")
    made = up(place)
    reference = made["image"]["reference"]
    ran = new_engine.call("run", "--rm", "--network=host", reference, "python", "main.py")
    lock = tomllib.loads((place.root / "pylock.box.toml").read_text())
    locked = {one["name"]: one.get("version") for one in lock["packages"]}
    assert ran.stdout.strip() == locked["provenv-runtime"]
    folder = tmp_path / "taken-along"
    done = place("render", "dockerfile", "--on", "box", "-o", str(folder))
    assert done.code == 0, done.err
    assert list((folder / "wheels").glob("provenv_runtime-*.whl"))
    built = new_engine.call("build", "--network=host", "-t", place.repository, str(folder), check=False)
    assert built.returncode == 0, built.stderr[-3000:]
    again = new_engine.call("run", "--rm", "--network=host", place.repository, "python", "main.py")
    assert again.stdout == ran.stdout
