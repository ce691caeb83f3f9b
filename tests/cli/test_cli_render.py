"""`provenv render`: files for other tools, what they make of them, and the way back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DECLARED = """
schema = 1
name = "project"
python = "3.11"
requirements = ["beta==1.0", "alpha<2"]

[env]
PYTHONHASHSEED = "0"
"""
# the three functions are direnv's own (direnv-stdlib)
DIRENV = """
watch_file() { echo "watch $1"; }
log_error() { echo "error $1"; }
PATH_add() { PATH="$1:$PATH"; }
. ./.envrc
echo "${VIRTUAL_ENV-none}|${PYTHONPATH-unset}|${PYTHONHASHSEED-}|$MINE|${provenv_current-unset}"
command -v python || true
"""
IPYKERNEL = "import sys\n"


@pytest.fixture
def place(workplace):
    """Return a workplace with a lock."""
    made = workplace(DECLARED)
    assert made("lock").code == 0
    return made


def identity(place) -> str:
    return place("lock", "--json").data["lock"]["identity"]


def test_the_text_goes_to_standard_output_and_nothing_is_written(place):
    before = sorted(os.listdir(place.root))
    for what in ("requirements", "environment.yml", "cyclonedx"):
        done = place("render", what)
        assert done.code == 0, done.err
        assert done.err == ""
        assert f"provenv render {what}" in done.out
        assert place("render", what, "--json").data["text"] == done.out
        assert place("render", what, "-o", "-").out == done.out
    assert sorted(os.listdir(place.root)) == before


def test_a_file_is_written_checked_and_kept(place):
    assert place("render", "requirements", "--check", "-o", "lock.txt").code == 10
    assert not (place.root / "lock.txt").exists()
    assert place("render", "requirements", "-o", "lock.txt", "--json").data["state"] == "written"
    assert place("render", "requirements", "--check", "-o", "lock.txt").code == 0
    place.write("lock.txt", "# provenv render requirements\nalpha\n")
    assert place("render", "requirements", "--check", "-o", "lock.txt", "--json").code == 10
    assert place("render", "requirements", "-o", "lock.txt", "--json").data["state"] == "written"
    place.write("mine.txt", "alpha\n")
    refused = place("render", "requirements", "-o", "mine.txt", "--json")
    assert (refused.code, refused.codes) == (1, ["PV442"])
    assert (place.root / "mine.txt").read_text() == "alpha\n"
    assert place("render", "requirements", "-o", "mine.txt", "--force").code == 0


@pytest.mark.parametrize("name", ["provenv.toml", "pylock.toml"])
def test_the_project_s_own_files_are_never_written_over(place, name):
    before = (place.root / name).read_bytes()
    refused = place("render", "requirements", "-o", name, "--force", "--json")
    assert (refused.code, refused.codes) == (1, ["PV441"])
    assert (place.root / name).read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "code", "problem"),
    [
        (["vscode", "--no-hashes"], 2, "PV446"),
        (["cyclonedx", "--prefix", "x"], 2, "PV446"),
        (["direnv", "-o", "x"], 2, "PV446"),
        (["vscode", "--remove"], 2, "PV446"),
        (["requirements", "--check"], 2, "PV450"),
        (["pycharm"], 2, "PV708"),
        (["jupyter"], 1, "PV721"),
    ],
)
def test_what_makes_no_sense_is_said(place, arguments, code, problem):
    refused = place("render", *arguments, "--json")
    assert (refused.code, refused.codes) == (code, [problem])


def test_an_old_lock_is_not_rendered(place):
    place.write("provenv.toml", DECLARED.replace("alpha<2", "alpha==2.0"))
    refused = place("render", "requirements", "--json")
    assert (refused.code, refused.codes) == (1, ["PV761"])
    (place.root / "pylock.toml").unlink()
    assert place("render", "requirements", "--json").codes == ["PV763"]


@pytest.mark.parametrize(
    ("what", "file"), [("requirements", "requirements.txt"), ("environment.yml", "environment.yml")]
)
@pytest.mark.parametrize("hashes", [True, False])
def test_the_way_back_gives_the_same_lock(place, workplace, what, file, hashes):
    other = workplace(name="other")
    plain = [] if hashes else ["--no-hashes"]
    assert place("render", what, "-o", str(other.root / file), *plain).code == 0
    other.environment["PIP_FIND_LINKS"] = place.environment["PIP_FIND_LINKS"]
    begun = other("init", "--from", file, "--json")
    assert begun.code == 0, begun.out
    # pip itself is no requirement of the project's
    assert [one["words"] for one in begun.data["left_out"]] == (["pip"] if what == "environment.yml" else [])
    assert identity(other) == identity(place)


def test_a_folder_has_no_hash_and_that_is_said(workplace):
    place = workplace(DECLARED.replace('"alpha<2"', '"./own"'))
    place.write("own/pyproject.toml", '[project]\nname = "own"\nversion = "1"\n')
    place.write("own/own.py", "")
    locked = place("lock")
    if locked.code:
        pytest.skip("no build backend in the folder of wheels")
    done = place("render", "requirements", "--json")
    assert done.codes == ["PV443"]
    assert "# ./own" in done.data["text"]


def test_real_pip_installs_it_by_hash_and_refuses_another_wheel(place, tmp_path):
    assert place("render", "requirements", "-o", "lock.txt").code == 0
    goal = tmp_path / "goal"
    argv = ["-m", "pip", "install", "--quiet", "--require-hashes", "-r", "lock.txt", "--target"]
    done = place.run([*argv, str(goal)], {})
    assert done.returncode == 0, done.stderr
    assert {path.name for path in goal.glob("*.dist-info")} == {"alpha-1.0.dist-info", "beta-1.0.dist-info"}
    place.wheel("alpha", "1.0", source="swapped = True\n")
    refused = place.run([*argv, str(tmp_path / "second")], {})
    assert refused.returncode != 0
    assert "HASHES" in refused.stderr


def test_vscode_settings_are_merged_and_the_user_s_interpreter_is_kept(place):
    mine = '{\n  // mine\n  "editor.rulers": [100],\n}\n'
    place.write(".vscode/settings.json", mine)
    assert place("render", "vscode", "--check").code == 10
    assert (place.root / ".vscode/settings.json").read_text() == mine
    assert place("render", "vscode").code == 0
    made = (place.root / ".vscode/settings.json").read_text()
    assert made.startswith('{\n  // mine\n  "editor.rulers": [100],\n  "python.defaultInterpreterPath": ')
    assert place("render", "vscode", "--json").data["state"] == "same"
    place.write(".vscode/settings.json", '{"python.defaultInterpreterPath": "/usr/bin/python3"}\n')
    refused = place("render", "vscode", "--json")
    assert refused.codes == ["PV447"]
    assert refused.document["problems"][0]["where"]["column"] == 2
    assert place("render", "vscode", "--force").code == 0
    place.write(".vscode/settings.json", "{\n  oops\n}\n")
    broken = place("render", "vscode", "--force", "--json")
    assert (broken.codes, broken.document["problems"][0]["where"]["line"]) == (["PV448"], 2)
    assert (place.root / ".vscode/settings.json").read_text() == "{\n  oops\n}\n"


def test_a_venv_of_the_user_s_is_not_what_vscode_is_told(place):
    (place.root / ".venv").mkdir()
    assert place("render", "vscode").code == 0
    told = json.loads((place.root / ".vscode/settings.json").read_text())
    assert told["python.defaultInterpreterPath"].startswith("${workspaceFolder}/.provenv/here/current/venv/")


@pytest.mark.skipif(not shutil.which("bash"), reason="direnv reads .envrc with bash")
def test_direnv_activates_what_is_current(place):
    place.write(".envrc", "export MINE=1")
    assert place("render", "direnv").code == 0
    made = (place.root / ".envrc").read_text()
    assert made.startswith("export MINE=1\n# >>> ")
    assert place("render", "direnv", "--check").code == 0

    def entered() -> list[str]:
        environment = {**place.environment, "PYTHONPATH": "/elsewhere"}
        done = subprocess.run(
            ["bash", "-euc", DIRENV],
            cwd=place.root,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.splitlines()

    assert entered()[:3] == ["watch .provenv/here/current", "error provenv up", "none|/elsewhere||1|unset"]
    assert place("up").code == 0
    venv = place.root.resolve() / ".provenv/here/generations/0001/venv"
    assert entered() == ["watch .provenv/here/current", f"{venv}|unset|0|1|unset", f"{venv}/bin/python"]
    assert place("render", "direnv", "--remove", "--json").data["state"] == "written"
    assert (place.root / ".envrc").read_text() == "export MINE=1\n"
    assert place("render", "direnv", "--remove", "--json").data["state"] == "absent"
    place.write(".envrc", "# >>> provenv render direnv >>>\n")
    assert place("render", "direnv", "--json").codes == ["PV449"]


def test_a_kernel_is_registered_and_taken_away(workplace, tmp_path):
    place = workplace(DECLARED.replace('"alpha<2"', '"ipykernel"'))
    place.wheel("ipykernel", "1.0", source=IPYKERNEL)
    assert place("up").code == 0
    data = tmp_path / "jupyter"
    place.environment["JUPYTER_DATA_DIR"] = str(data)
    done = place("render", "jupyter", "--json")
    assert done.code == 0, done.out
    file = data / "kernels" / "provenv-project" / "kernel.json"
    assert done.data["path"] == str(file)
    argv = json.loads(file.read_text())["argv"]
    assert place("render", "jupyter", "--check").code == 0

    # what Jupyter starts: from any folder, whatever lies in it, it becomes the environment's Python
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "click.py").write_text("raise SystemExit('shadowed')\n")
    told = "import os, sys; print(sys.prefix, os.getcwd(), os.getpid())"
    command = [*argv[: argv.index("--") + 1], "python", "-c", told]
    environment = {**place.environment, "PYTHONPATH": "/elsewhere"}
    process = subprocess.Popen(
        command, cwd=tmp_path / "notebooks", env=environment, stdout=subprocess.PIPE, text=True
    )
    prefix, folder, pid = process.communicate(timeout=60)[0].split()
    assert prefix == str(place.root.resolve() / ".provenv/here/generations/0001/venv")
    assert folder == str((tmp_path / "notebooks").resolve())
    assert sys.platform == "win32" or int(pid) == process.pid

    twin = workplace(DECLARED, name="twin")
    twin.environment["JUPYTER_DATA_DIR"] = str(data)
    assert twin("render", "jupyter", "--remove", "--json").codes == ["PV445"]
    assert place("render", "jupyter", "--remove", "--json").data["state"] == "removed"
    assert not file.parent.exists()
    assert place("render", "jupyter", "--remove", "--json").data["state"] == "absent"


def test_without_ipykernel_nothing_is_registered(place, tmp_path):
    assert place("up").code == 0
    refused = place("render", "jupyter", "--prefix", str(tmp_path / "prefix"), "--json")
    assert (refused.code, refused.codes) == (1, ["PV444"])
    hints = [hint["command"] for hint in refused.document["problems"][0]["hints"]]
    assert hints == ["provenv add ipykernel", "provenv up"]
    assert not (tmp_path / "prefix").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="processes are not replaced there")
def test_a_replaced_run_holds_its_generation(place):
    assert place("up").code == 0
    ready = place.root / "ready"
    program = f"import pathlib, sys; pathlib.Path({str(ready)!r}).touch(); sys.stdin.read()"
    command = [sys.executable, "-m", "provenv", "run", "--replace", "--", "python", "-c", program]
    process = subprocess.Popen(command, cwd=place.root, env=place.environment, stdin=subprocess.PIPE)
    try:
        while not ready.exists():
            assert process.poll() is None
        place.write("provenv.toml", DECLARED.replace("alpha<2", "alpha"))
        assert place("up").code == 0
        kept = place("gc", "--keep", "0", "--yes", "--json")
        assert Path(place.root, ".provenv/here/generations/0001/venv").is_dir(), kept.out
    finally:
        process.communicate(timeout=60)
    assert process.returncode == 0


def test_options_of_run_go_to_the_folder_named(place, tmp_path):
    assert place("up").code == 0
    (tmp_path / "elsewhere").mkdir()
    told = "import os; print(os.getcwd())"
    done = place("run", "--folder", str(tmp_path / "elsewhere"), "--", "python", "-c", told)
    assert done.out.strip() == str((tmp_path / "elsewhere").resolve())
    assert place("run", "--replace", "--json-file", "x", "--", "python").code == 2
