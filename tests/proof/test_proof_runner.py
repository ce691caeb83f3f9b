"""The runner: a check may crash, hang, flood or leave workers behind; the others and the place stay well."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

RUNNER = (Path(__file__).resolve().parents[2] / "src/provenv/payload/prove.py").read_text()
FORKS = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the nursery forks on Linux only")


def interpreters() -> list[str]:
    """Return this Python and, where pyenv has it, the oldest that the runner is written for."""
    return [sys.executable, *map(str, (Path.home() / ".pyenv/versions").glob("3.8.*/bin/python"))]


def job(folder: Path, **scripts: str) -> dict:
    return {
        "runner": RUNNER,
        "folder": str(folder),
        "parallel": 2,
        "checks": [
            {
                "name": name,
                "source": source,
                "limit": 0.5 if name.startswith("hang") else 60,
                "options": {"value": 7},
                "preload": ["json"] if name.endswith("warm") else [],
                "alone": name.startswith("alone"),
            }
            for name, source in scripts.items()
        ],
    }


def start(document: dict, python: str = sys.executable) -> subprocess.Popen:
    process = subprocess.Popen(
        [python, "-I", "-c", RUNNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdin.write(json.dumps(document).encode())
    process.stdin.close()
    return process


def run(document: dict, python: str = sys.executable) -> tuple[list[dict], dict[str, dict]]:
    process = start(document, python)
    told = [json.loads(line) for line in process.stdout.read().splitlines()]
    errors = process.stderr.read().decode()
    assert process.wait() == 0, errors
    return told, {line["name"]: line for line in told if "name" in line}


@pytest.mark.parametrize("python", interpreters())
def test_each_check_is_told_as_it_ends(tmp_path, python):
    told, reports = run(
        job(
            tmp_path,
            fine="def run(options):\n    print('noise')\n    return {'twice': 2 * options['value']}\n",
            raises="def run(options):\n    raise ValueError('bad luck')\n",
            fine_warm="import json, sys\ndef run(options):\n    return {'name': __name__}\n",
            alone="import os\ndef run(options):\n    return {'here': os.path.realpath(os.getcwd())}\n",
        ),
        python,
    )
    assert reports["fine"]["result"] == {"twice": 14}
    assert reports["fine"]["output"] == "noise\n"
    assert reports["raises"]["error"]["type"] == "ValueError"
    assert "raises.py" in reports["raises"]["error"]["traceback"]
    assert reports["fine_warm"]["result"] == {"name": "__main__"}
    names = [line.get("started") or line["name"] for line in told]
    assert names[-2:] == ["alone", "alone"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGILL, signal.SIGBUS, signal.SIGKILL])
@pytest.mark.parametrize("warm", ["", "_warm"])
def test_a_crash_names_its_signal_and_spares_the_others(tmp_path, number, warm):
    crash = f"import os\ndef run(options):\n    os.kill(os.getpid(), {int(number)})\n"
    fine = "def run(options):\n    return {}\n"
    _, reports = run(job(tmp_path, **{f"crash{warm}": crash, f"fine{warm}": fine}))
    assert reports[f"crash{warm}"]["signal"] == number
    assert reports[f"crash{warm}"]["result"] is None
    assert reports[f"fine{warm}"]["result"] == {}


@FORKS
def test_what_the_nursery_cannot_import_is_left_to_the_checks(tmp_path):
    absent = "def run(options):\n    import not_there\n"
    document = job(tmp_path, absent_warm=absent, second_warm="def run(options):\n    return {}\n")
    document["checks"][0]["preload"] = ["not_there", "json"]
    _, reports = run(document)
    assert reports["absent_warm"]["error"]["type"] == "ModuleNotFoundError"
    assert reports["second_warm"]["result"] == {}


@pytest.mark.parametrize("warm", ["", "_warm"])
def test_a_check_that_hangs_is_ended_with_its_workers(tmp_path, warm):
    hang = (
        "import os, subprocess, sys\n"
        "def run(options):\n"
        "    worker = subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'])\n"
        "    print(worker.pid, flush=True)\n"
        "    worker.wait()\n"
    )
    _, reports = run(job(tmp_path, **{f"hang{warm}": hang}))
    report = reports[f"hang{warm}"]
    assert report["timed_out"] is True
    assert not alive(int(report["output"]))


def test_what_a_check_left_behind_is_ended(tmp_path):
    leaves = (
        "import subprocess, sys\n"
        "def run(options):\n"
        "    child = subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'])\n"
        "    return {'pid': child.pid}\n"
    )
    _, reports = run(job(tmp_path, leaves=leaves))
    assert not alive(reports["leaves"]["result"]["pid"])


def test_a_flood_of_output_is_cut(tmp_path):
    flood = "def run(options):\n    print('x' * 5_000_000 + 'end')\n    return {}\n"
    _, reports = run(job(tmp_path, flood=flood))
    assert len(reports["flood"]["output"]) <= 6000
    assert reports["flood"]["output"].endswith("end\n")


@pytest.mark.parametrize("warm", ["", "_warm"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_runner_that_is_ended_takes_its_checks_along(tmp_path, number, warm):
    waits = (
        "import os, signal\n"
        "def run(options):\n"
        "    os.mkfifo(os.path.join(options['folder'], 'pipe'))\n"
        "    with open(os.path.join(options['folder'], 'pipe'), 'w'):\n"
        "        signal.pause()\n"
    )
    process = start(job(tmp_path, **{f"waits{warm}": waits}))
    assert json.loads(process.stdout.readline())["started"] == f"waits{warm}"
    while not (tmp_path / "pipe").exists():
        assert process.poll() is None
    with open(tmp_path / "pipe", "rb") as pipe:
        process.send_signal(number)
        assert pipe.read() == b""  # ends when the check is gone, however that came about
    process.wait()
    if number == signal.SIGKILL:
        run(job(tmp_path, fine="def run(options):\n    return {}\n"))  # the next one clears up after it
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


def alive(pid: int) -> bool:
    """Tell whether a process still runs (one that only waits to be taken note of does not)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX" if os.path.isdir("/proc") else False
