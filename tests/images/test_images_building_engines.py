"""Builds by real engines: an id and no tag, secrets that stay nowhere, the step that failed, an interrupt."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from loading import load
from provenv.engines.building import build
from provenv.errors import Failure
from provenv.model.engine import BuildRequest
from provenv.model.progress import Silent

pytestmark = [pytest.mark.root, pytest.mark.slow]

world = load("engines_world", Path(__file__).with_name("engines_world.py"))

SECRET = "hunter2-hunter2"
EPOCH = 1700000000


@pytest.fixture(params=["new", "old", "podman"])
def found(request: pytest.FixtureRequest) -> Any:
    """Return each engine in turn."""
    return world.found(request.param, request)


@pytest.fixture
def folder(tmp_path: Path, found: Any) -> Path:
    """Return a build folder of two stages that reads a secret and copies a file."""
    place = tmp_path / "context"
    place.mkdir()
    (place / "Dockerfile").write_text(
        f"FROM {found.base} AS first\n"
        "RUN --mount=type=secret,id=token wc -c < /run/secrets/token > /length\n"
        f"FROM {found.base}\n"
        "COPY --from=first /length /length\n"
        "COPY file /file\n"
        f"LABEL place={tmp_path.name}\n"
    )
    (place / "file").write_text(str(tmp_path))
    (tmp_path / "token").write_text(SECRET)
    return place


def request_of(folder: Path, **more: Any) -> BuildRequest:
    """Return a request that every engine here can carry out: there is no bridge."""
    secrets = {"token": str(folder.parent / "token")}
    return BuildRequest(str(folder), network="host", secrets=secrets, epoch=EPOCH, **more)


def test_an_image_is_built_under_no_name_and_holds_no_secret(found: Any, folder: Path) -> None:
    made = build(found.engine, request_of(folder), Silent())
    assert made.startswith("sha256:")
    said = found.own.call("image", "inspect", made).stdout
    assert '"RepoTags": []' in said or '"RepoTags": null' in said
    assert SECRET not in said + found.own.call("history", "--no-trunc", made).stdout
    ran = found.own.call("run", "--rm", "--network", "host", made, "cat", "/length", "/file")
    assert ran.stdout.split() == [str(len(SECRET)), str(folder.parent)]


def test_the_same_request_again_is_the_same_image(found: Any, folder: Path) -> None:
    assert build(found.engine, request_of(folder), Silent()) == build(
        found.engine, request_of(folder), Silent()
    )


def test_a_tag_is_given_where_one_is_asked(found: Any, folder: Path) -> None:
    tag = f"localhost/building/{folder.parent.name.lower()}:1"
    made = build(found.engine, request_of(folder, tag=tag), Silent())
    assert found.own.call("image", "inspect", "--format", "{{.Id}}", tag).stdout.strip() in (made, made[7:])


def test_a_failed_step_is_shown_with_its_line_and_its_words_but_not_the_secret(
    found: Any, folder: Path
) -> None:
    file = folder / "Dockerfile"
    file.write_text(
        f"FROM {found.base}\n# about it\nRUN --mount=type=secret,id=token \\\n"
        "    echo reason; cat /run/secrets/token; exit 9\n"
    )
    with pytest.raises(Failure) as caught:
        build(found.engine, request_of(folder), Silent())
    first = caught.value.problems[0]
    assert first.where is not None
    assert (first.where.file, first.where.line) == ("Dockerfile", 3)
    assert first.why is not None
    words = " ".join(str(one) for one in first.why.args.values())
    assert "reason" in words
    assert SECRET not in words + str(first.what.args)


INTERRUPTED = """
import sys
from provenv.cli.endings import ending, listen
from provenv.engines.building import build
from provenv.engines.find import find
from provenv.hosts.local import LocalHost
from provenv.model.engine import BuildRequest
from provenv.ui.view import view
import os
listen()
made = view(command="up")
class Ready:
    def __getattr__(self, name):
        return lambda *a, **k: self
    def describe(self, words):
        if "sleep" in str(words.args.get("step", "")):
            print("building", flush=True)
def work():
    engine = find(LocalHost(), sys.argv[1], dict(os.environ))
    build(engine, BuildRequest(sys.argv[2], network="host", tag=sys.argv[3]), Ready())
    return 0
sys.exit(ending(work, lambda: made, []))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_the_build_and_leaves_no_name(
    found: Any, folder: Path, number: signal.Signals, repository: Path
) -> None:
    seconds = str(1000 + int.from_bytes(os.urandom(3), "big"))
    (folder / "Dockerfile").write_text(f"FROM {found.base}\nRUN sleep {seconds}\n")
    tag = f"localhost/building/{folder.parent.name.lower()}:{number}"
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, found.engine.client.kind, str(folder), tag],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**found.environment, "PYTHONPATH": str(repository / "src")},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "building\n"
    deadline = time.monotonic() + 60
    while not world.runs(f"sleep {seconds}"):
        assert time.monotonic() < deadline, "the step never ran"
        time.sleep(0.05)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 128 + number, said
    assert "Traceback" not in said
    assert found.own.call("image", "inspect", tag, check=False).returncode != 0
    if found.engine.client.kind == "podman":
        # what a step runs is nobody's child there: podman may leave it when it is ended (README, limits)
        subprocess.run(["pkill", "-f", f"sleep {seconds}"], check=False)
    deadline = time.monotonic() + 60
    while world.runs(f"sleep {seconds}"):
        assert time.monotonic() < deadline, "what the build ran goes on"
        time.sleep(0.05)
