"""`render compose`: brought up by the real plugin, asked, looked into, taken down."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loading import load

pytestmark = [pytest.mark.root, pytest.mark.slow]
conftest = load("images_conftest", Path(__file__).with_name("conftest.py"))

SERVER = """
import http.server
import sys

import alpha


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(alpha.version.encode())


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
HEALTH = "import urllib.request; urllib.request.urlopen('http://127.0.0.1:{port}')"
CHECK = "import os; print(os.getuid(), os.environ.get('TOKEN'), os.environ['COLOUR'])"


@pytest.fixture
def served(tmp_path: Path, new_engine: Any, base: str) -> Iterator[Any]:
    """Return a project that serves, locked and rendered; what it started is taken down."""
    port = conftest.world.free_port()
    more = (
        f'command = "python serve.py {port}"\n'
        f'health = """python -c "{HEALTH.format(port=port)}\\""""\n'
        'volumes = ["./data:/app/data", "tests-{name}:/keep"]\n'
        'shm = "96m"\nmemory = "512m"\ncpus = 1.5\n'
    )
    place = conftest.make_place(tmp_path, new_engine, base, "")
    declared = (place.root / "provenv.toml").read_text() + more.replace("{name}", place.repository)
    declared = declared.replace('COLOUR = "blue"\n', 'COLOUR = "blue"\npass = ["TOKEN"]\n')
    place.write("provenv.toml", declared + f'[run.check]\ncommand = """python -c "{CHECK}\\""""\n')
    place.write("serve.py", SERVER)
    (place.root / "data").mkdir()
    place.port = port
    for words in (
        ("lock", "--on", "box"),
        ("render", "dockerfile", "-o", ".", "--secrets", ".provenv/box/secrets"),
        ("render", "compose", "-o", "."),
    ):
        done = place(*words)
        assert done.code == 0, done.err + done.out
    yield place
    compose(place, new_engine, "--profile", "*", "down", "--volumes", "--timeout", "3")


def compose(place: Any, engine: Any, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `docker compose` as somebody without provenv does."""
    secrets = place.root / ".provenv/box/secrets"
    told = {
        f"BUILD_{one.upper()}": secrets / one for one in ("network", "ca", "apt") if (secrets / one).is_file()
    }
    return subprocess.run(
        [engine.client, "compose", *words],
        cwd=place.root,
        env={**engine.environment, **told, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_it_comes_up_healthy_answers_and_goes_down(served: Any, new_engine: Any) -> None:
    up = compose(served, new_engine, "up", "--build", "--wait", TOKEN="hunter2")
    assert up.returncode == 0, up.stderr[-3000:]
    with urllib.request.urlopen(f"http://127.0.0.1:{served.port}", timeout=60) as answer:
        assert answer.read() == b"1.0"
    (one,) = [
        json.loads(line) for line in compose(served, new_engine, "ps", "--format", "json").stdout.splitlines()
    ]
    assert one["Health"] == "healthy"
    told = json.loads(new_engine.call("inspect", one["ID"]).stdout)[0]
    host = told["HostConfig"]
    assert (host["ShmSize"], host["Memory"], host["NanoCpus"]) == (96 << 20, 512 << 20, 1_500_000_000)
    assert (host["Init"], host["CapDrop"]) == (True, ["ALL"])
    # a new volume is the user's own, and so is what is written into it
    service = one["Service"]
    wrote = compose(served, new_engine, "exec", service, "sh", "-c", "touch /keep/x /tmp/x && id -u")
    assert (wrote.returncode, wrote.stdout.strip()) == (0, "1000"), wrote.stderr
    assert compose(served, new_engine, "down", "--timeout", "3").returncode == 0
    assert compose(served, new_engine, "ps", "--quiet", "--all").stdout == ""


def test_a_run_is_started_by_its_name_with_the_caller_s_values(served: Any, new_engine: Any) -> None:
    built = compose(served, new_engine, "--profile", "check", "build")
    assert built.returncode == 0, built.stderr[-3000:]
    run = ("run", "--rm", "check")
    done = compose(served, new_engine, *run, TOKEN="hunter2", RUN_AS="1234:1234")
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.split() == ["1234", "hunter2", "blue"]
    assert compose(served, new_engine, *run).stdout.split() == ["1000", "None", "blue"]
    assert compose(served, new_engine, "ps", "--quiet").stdout == ""


def test_its_root_may_be_read_only(served: Any, new_engine: Any) -> None:
    service = json.loads(compose(served, new_engine, "config", "--format", "json").stdout)["services"]
    (name,) = service
    over = {"services": {name: {"read_only": True}}}
    # JSON is YAML
    served.write("compose.override.yaml", json.dumps(over))
    up = compose(served, new_engine, "up", "--build", "--wait")
    assert up.returncode == 0, up.stderr[-3000:]
    refused = compose(served, new_engine, "exec", name, "touch", "/opt/venv/x")
    assert "Read-only" in refused.stderr


def test_a_folder_that_is_not_there_is_said_and_not_made(served: Any, new_engine: Any) -> None:
    (served.root / "data").rmdir()
    up = compose(served, new_engine, "up", "--build", "--wait")
    assert up.returncode != 0
    assert "data" in up.stderr
    assert not (served.root / "data").exists()


def test_gpus_are_handed_in_by_the_device_interface(served: Any, new_engine: Any) -> None:
    declared = (served.root / "provenv.toml").read_text()
    served.write("provenv.toml", declared.replace('shm = "96m"', 'shm = "96m"\ngpus = "0,1"'))
    assert served("render", "compose", "-o", ".").code == 0
    assert "driver: cdi" in (served.root / "compose.yaml").read_text()
    run = ("run", "--build", "--rm", "check", "python", "-c", "import os; print(os.environ['FAKE_GPU'])")
    done = compose(served, new_engine, *run)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.split()[-1] in ("0", "1")


def test_what_the_plugin_reads_is_what_was_meant(served: Any, new_engine: Any) -> None:
    done = compose(served, new_engine, "--profile", "*", "config", "--format", "json", TOKEN="hunter2")
    assert done.returncode == 0, done.stderr
    read = json.loads(done.stdout)
    check = read["services"]["check"]
    assert check["command"] == ["python", "-c", CHECK]
    assert check["image"] == served.repository
    assert check["build"]["secrets"] == [{"source": one} for one in ("network", "ca", "apt")]
    assert "hunter2" not in (served.root / "compose.yaml").read_text()
