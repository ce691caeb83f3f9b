"""`render dockerfile -o`: files that a real engine builds without provenv, and what stays out of them."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.root, pytest.mark.slow]


def build(place: Any, engine: Any, folder: Path, *words: str) -> Any:
    """Build what was rendered as somebody without provenv does."""
    secrets = place.root / ".provenv/box/secrets"
    found = [f"--secret=id={one.name},src={one}" for one in secrets.iterdir()] if secrets.is_dir() else []
    return engine.call(
        "build", "--network=host", *found, *words, "-t", place.repository, str(folder), check=False
    )


def render(place: Any, *words: str, code: int = 0) -> Any:
    """Run `render dockerfile`."""
    done = place("render", "dockerfile", *words, "--json")
    assert done.code == code, done.err + done.out
    return done


@pytest.fixture
def locked(place: Any) -> Any:
    """Return a project whose image is locked, with a login for an index that must never be seen."""
    done = place("lock", "--on", "box")
    assert done.code == 0, done.err
    place.environment["HTTPS_PROXY"] = "http://alice:hunter2@127.0.0.1:9"
    return place


def test_a_dockerfile_is_printed_with_a_note_of_what_else_there_is(locked: Any) -> None:
    before = sorted(one.name for one in locked.root.iterdir())
    done = locked("render", "dockerfile")
    assert done.code == 0
    assert done.out.startswith("# provenv render dockerfile\n")
    assert "PV1028" in done.err
    assert "hunter2" not in done.out + done.err
    assert sorted(one.name for one in locked.root.iterdir()) == before


def test_it_is_built_without_provenv_and_keeps_no_secret(locked: Any, new_engine: Any) -> None:
    made = render(locked, "-o", ".", "--secrets", ".provenv/box/secrets")
    assert made.data["state"] == "written"
    names = {one["path"] for one in made.data["files"]}
    assert {"Dockerfile", ".dockerignore"} < names
    kept = locked.root / ".provenv/box/secrets/network"
    assert "hunter2" in kept.read_text()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    # what was rendered is no code: nothing changes by it
    assert render(locked, "-o", ".", "--check").data["state"] == "same"
    done = build(locked, new_engine, locked.root)
    assert done.returncode == 0, done.stderr[-3000:]
    ran = new_engine.call("run", "--rm", "--network=host", locked.repository, "python", "main.py")
    assert ran.stdout.split() == ["1.0", "1.0"]
    told = new_engine.call("history", "--no-trunc", locked.repository).stdout
    told += new_engine.call("image", "inspect", locked.repository).stdout
    assert "hunter2" not in told
    seen = new_engine.call("run", "--rm", "--network=host", locked.repository, "ls", "-A", "/app").stdout
    assert set(seen.split()) == {"main.py"}


def test_a_user_s_own_files_are_kept(locked: Any, new_engine: Any) -> None:
    locked.write("Dockerfile", "FROM scratch\n")
    locked.write(".dockerignore", "main.py\n")
    refused = render(locked, "-o", ".", code=1)
    assert refused.codes == ["PV442"]
    hint = refused.document["problems"][0]["hints"][0]["command"]
    assert hint == "provenv render dockerfile --on box -o Dockerfile.box"
    assert not list(locked.root.glob("requirements.*"))
    (locked.root / ".dockerignore").write_text("notes\n")
    render(locked, "-o", "Dockerfile.box", "--secrets", ".provenv/box/secrets")
    assert (locked.root / "Dockerfile").read_text() == "FROM scratch\n"
    assert (locked.root / ".dockerignore").read_text() == "notes\n"
    assert (locked.root / "Dockerfile.box.dockerignore").is_file()
    assert render(locked, "-o", "Dockerfile.box", "--check").data["state"] == "same"
    done = build(locked, new_engine, locked.root, "-f", str(locked.root / "Dockerfile.box"))
    assert done.returncode == 0, done.stderr[-3000:]


def test_another_folder_is_all_that_a_build_needs(locked: Any, new_engine: Any, tmp_path: Path) -> None:
    goal = tmp_path / "taken along"
    render(locked, "-o", str(goal), "--secrets", ".provenv/box/secrets")
    assert (goal / "main.py").read_text() == (locked.root / "main.py").read_text()
    away = tmp_path / "away"
    shutil.copytree(locked.root / ".provenv/box/secrets", away)
    done = new_engine.call(
        *("build", "--network=host", *(f"--secret=id={one.name},src={one}" for one in away.iterdir())),
        *("-t", locked.repository, str(goal)),
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    locked.write("main.py", "print('changed')\n")
    assert render(locked, "-o", str(goal), "--check", code=10).data["state"] == "differs"
    render(locked, "-o", str(goal))
    assert (goal / "main.py").read_text() == "print('changed')\n"


def test_a_folder_of_somebody_else_s_is_not_written_into(locked: Any, tmp_path: Path) -> None:
    (tmp_path / "goal").mkdir()
    (tmp_path / "goal/main.py").write_text("mine\n")
    assert render(locked, "-o", str(tmp_path / "goal"), code=1).codes == ["PV442"]
    assert [one.name for one in (tmp_path / "goal").iterdir()] == ["main.py"]


def test_logins_are_kept_out_of_the_project(locked: Any) -> None:
    assert render(locked, "-o", ".", "--secrets", "secrets", code=1).codes == ["PV1032"]
    assert not (locked.root / "secrets").exists()
    assert not (locked.root / "Dockerfile").exists()


def test_no_engine_is_needed_where_the_base_was_seen_once(locked: Any) -> None:
    away = {"DOCKER_HOST": "unix:///nowhere", "PATH": "/usr/sbin"}
    plain = locked("render", "dockerfile", **away)
    assert plain.code == 0, plain.err
    assert "<<" not in plain.out
    assert plain.out == locked("render", "dockerfile", "--dialect", "plain").out
    modern = locked("render", "dockerfile", "--dialect", "modern", **away)
    assert "<<" in modern.out
    assert json.loads(locked("render", "dockerfile", "--json", **away).out)["data"]["text"] == plain.out
