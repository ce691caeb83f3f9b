"""The runner: a check may crash, hang, flood or leave workers behind; the others and the place stay well."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PAYLOAD = Path(__file__).resolve().parents[2] / "src/provenv/payload"
RUNNER = (PAYLOAD / "prove.py").read_text()
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
                "variables": {"OF_THE_JOB": "new", "HOME": "not taken"},
                "nursery": "warm" if name.endswith("warm") else "",
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
            variables="import os\ndef run(options):\n"
            "    return {name: os.environ[name] for name in ('OF_THE_JOB', 'HOME')}\n",
            alone="import os\ndef run(options):\n    return {'here': os.path.realpath(os.getcwd())}\n",
        ),
        python,
    )
    assert reports["fine"]["result"] == {"twice": 14}
    assert reports["fine"]["output"] == "noise\n"
    assert reports["raises"]["error"]["type"] == "ValueError"
    assert "raises.py" in reports["raises"]["error"]["traceback"]
    assert reports["fine_warm"]["result"] == {"name": "__main__"}
    # what the user has set stays as it is
    assert reports["variables"]["result"] == {"OF_THE_JOB": "new", "HOME": os.environ["HOME"]}
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


@FORKS
def test_each_framework_has_a_nursery_of_its_own(tmp_path):
    """Three of them, two at a time, and those that measure come last: nobody waits for ever."""
    modules = ("wave", "colorsys", "tabnanny")
    look = (
        "import os, sys\n"
        "def run(options):\n"
        f"    return {{'loaded': sorted(set({modules}) & set(sys.modules)), 'parent': os.getppid()}}\n"
    )
    names = [form.format(one) for form in ("{}", "{}_too", "alone_{}") for one in modules]
    document = job(tmp_path, **dict.fromkeys(names, look))
    for check in document["checks"]:
        name = next(one for one in modules if one in check["name"])
        check.update(nursery=name, preload=[f"not_there|{name}"])
    _, reports = run(document)
    for name in modules:
        found = [reports[form.format(name)]["result"] for form in ("{}", "{}_too", "alone_{}")]
        assert [one["loaded"] for one in found] == [[name]] * 3
        assert len({one["parent"] for one in found}) == 1
    parents = {reports[name]["result"]["parent"] for name in modules}
    assert len(parents) == 3
    assert not any(alive(parent) for parent in parents)


def began(reports: dict[str, dict]) -> list[str]:
    """Return the names in the order in which they were started."""
    return sorted(reports, key=lambda name: reports[name]["began"])


def test_what_takes_longest_starts_first_and_what_measures_last(tmp_path):
    nothing = "def run(options):\n    return {}\n"
    document = job(tmp_path, **dict.fromkeys(("small", "alone", "large", "middle"), nothing))
    document["parallel"] = 1
    for check, cost in zip(document["checks"], (1, 9, 5, 3), strict=True):
        check["cost"] = cost
    assert began(run(document)[1]) == ["large", "middle", "small", "alone"]


def test_single_checks_run_one_at_a_time_beside_others(tmp_path):
    """Each opens a pipe that only a check beside it opens at its other end, and finds no other single one."""
    single = (
        "import os\n"
        "def run(options):\n"
        "    mark = os.path.join(options['folder'], 'mark')\n"
        "    os.mkdir(mark)\n"
        "    open(os.path.join(options['folder'], PIPE), 'w').close()\n"
        "    os.rmdir(mark)\n"
        "    return {}\n"
    )
    beside = "def run(options):\n    open(options['folder'] + '/' + PIPE).close()\n    return {}\n"
    scripts = {}
    for name in ("one", "two"):
        os.mkfifo(tmp_path / name)
        scripts[name] = f"PIPE = {name!r}\n{single}"
        scripts[f"beside_{name}"] = f"PIPE = {name!r}\n{beside}"
    document = job(tmp_path, **scripts)
    for check in document["checks"]:
        check["single"] = check["name"] in ("one", "two")
    _, reports = run(document)
    assert {name: report["result"] for name, report in reports.items()} == {name: {} for name in scripts}


@FORKS
def test_late_checks_wait_for_a_nursery_that_is_at_its_imports(tmp_path):
    """The nursery's import ends only when the other check, which is the cheaper one, has run."""
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    slow = next(environment.glob("lib/python3*/site-packages")) / "slow_import.py"
    slow.write_text(f"open({str(tmp_path / 'pipe')!r}).close()\n")
    os.mkfifo(tmp_path / "pipe")
    nothing = "def run(options):\n    return {}\n"
    document = job(
        tmp_path,
        imports=nothing,
        other=f"def run(options):\n    open({str(tmp_path / 'pipe')!r}, 'w').close()\n    return {{}}\n",
        first_warm=nothing,
    )
    document["checks"][0].update(late=True, cost=9)
    document["checks"][2]["preload"] = ["slow_import"]
    _, reports = run(document, str(environment / "bin" / "python"))
    assert all(report["result"] == {} for report in reports.values())
    assert began(reports)[0] == "other"


@FORKS
@pytest.mark.parametrize("users", [None, "ACTIVE"])
def test_threads_wait_passively_where_cores_are_shared(tmp_path, monkeypatch, users):
    """OpenMP reads the variable when it is loaded: it is there before; the user's own stays."""
    if users is None:
        monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    else:
        monkeypatch.setenv("OMP_WAIT_POLICY", users)
    look = "import os\ndef run(options):\n    return {'policy': os.environ.get('OMP_WAIT_POLICY')}\n"
    _, reports = run(job(tmp_path, cold=look, one_warm=look, alone=look))
    found = {name: report["result"]["policy"] for name, report in reports.items()}
    passive = users or "PASSIVE"
    assert found == {"cold": passive, "one_warm": passive, "alone": users}


@FORKS
def test_scripts_share_modules_and_their_functions_run_elsewhere(tmp_path):
    """Forked, and in a fresh interpreter where that is not safe."""
    script = (
        "import os\n"
        "import prove_children\n"
        "def work(number, text):\n"
        "    if number == 2:\n"
        "        raise ValueError('bad luck')\n"
        "    if number == 3:\n"
        "        os.kill(os.getpid(), 9)\n"
        "    if number == 4:\n"
        "        import signal\n"
        "        signal.pause()\n"
        "    return {'pid': os.getpid(), 'said': text * number, 'variable': os.environ['OWN']}\n"
        "def run(options):\n"
        "    calls = [(number, 'a') for number in range(5)]\n"
        "    variables = [{'OWN': str(number)} for number in range(5)]\n"
        "    found = {}\n"
        "    for fork in (True, False):\n"
        "        found[str(fork)] = prove_children.together(\n"
        "            __file__, work, calls, options['scratch'], 3.0, variables, fork)\n"
        "    return {'own': os.getpid(), 'found': found}\n"
    )
    document = job(tmp_path, shares=script)
    document["modules"] = {"prove_children": (PAYLOAD / "shared/prove_children.py").read_text()}
    _, reports = run(document)
    result = reports["shares"]["result"]
    for found in result["found"].values():
        assert [entry["result"]["said"] for entry in found[:2]] == ["", "a"]
        assert [entry["result"]["variable"] for entry in found[:2]] == ["0", "1"]
        assert result["own"] not in [entry["result"]["pid"] for entry in found[:2]]
        assert (found[2]["code"], found[2]["error"]) == (1, "ValueError: bad luck")
        assert (found[3]["code"], found[3]["error"]) == (-9, "ended with code -9")
        assert (found[4]["code"], found[4]["error"]) == (-9, "not done within 3 s")


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
