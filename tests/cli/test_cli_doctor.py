"""`provenv doctor [--fix]` as a user runs it: what is broken for real is found, mended, and gone."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

DECLARED = 'schema = 1\nname = "project"\nrequirements = ["alpha==1.0"]\n'
linux = pytest.mark.skipif(sys.platform != "linux", reason="links and folders of Linux")


def keys(ended) -> set[tuple[str, str]]:
    return {(one["id"], one["gravity"]) for one in ended.data["findings"]}


def finding(ended, name: str) -> dict:
    (one,) = [one for one in ended.data["findings"] if one["id"] == name]
    return one


def inside(place) -> Path:
    """Return the packages' folder of the current environment."""
    return next((place.root / ".provenv" / "here" / "current" / "venv").glob("lib/python*/site-packages"))


def once_up(workplace):
    place = workplace(DECLARED)
    done = place("up")
    assert done.code == 0, done.err
    return place


@pytest.fixture
def built(copied):
    return copied(once_up)


def test_a_folder_without_a_project_is_looked_at(workplace):
    place = workplace()
    done = place("doctor", "--json")
    assert done.code == 0, done.out
    assert done.document["ok"]
    assert {one["state"] for one in done.data["looks"]} == {"done"}
    assert not [one for one in done.data["findings"] if one["area"] in ("project", "environment")]


def test_a_project_that_was_never_built_is_built(workplace):
    place = workplace(DECLARED)
    told = place("doctor", "--json")
    assert told.code == 0
    assert finding(told, "never-built")["fix"]["commands"] == [["provenv", "up"]]
    refused = place("doctor", "--fix", "never-built")
    assert (refused.code, "PV923" in refused.err) == (2, True)
    assert not (place.root / ".provenv").exists()
    done = place("doctor", "--fix", "--yes", "--json", "never-built")
    assert done.code == 0, done.out
    assert [one["done"] for one in done.data["fixed"]] == ["gone"]
    assert done.data["proof"] == "passed"
    assert place("status", "--json").data["sync"] == "in-sync"


def test_nothing_found_is_one_good_line(built):
    done = built("doctor", "--area", "environment", "--area", "project")
    assert done.code == 0, done.err
    first, second = done.out.splitlines()
    assert first.startswith("✓ nothing is wrong")
    assert "checks in" in second


def test_drifted_files_are_brought_back_and_proven(built):
    site = inside(built)
    (site / "alpha.py").write_text("version = 'by hand'\n")
    told = built("doctor", "--json")
    assert told.code == 0
    assert [one["text"] for one in finding(told, "drifted-files")["evidence"]] == [
        "~ " + str((site / "alpha.py").relative_to(site.parent.parent.parent))
    ]
    done = built("doctor", "--fix", "--yes", "--json", "drifted-files")
    assert done.code == 0, done.out
    assert {one["finding"]["id"]: one["done"] for one in done.data["fixed"]} == {"drifted-files": "gone"}
    assert done.data["proof"] == "passed"
    assert (inside(built) / "alpha.py").read_text() == "version = '1.0'\n"


@linux
def test_a_broken_interpreter_is_found_and_repaired(built):
    python = built.root / ".provenv" / "here" / "current" / "venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/opt/gone/bin/python3.11")
    told = built("doctor", "--json")
    assert told.code == 1
    assert told.codes == ["PV921"]
    one = finding(told, "broken-interpreter")
    assert (one["gravity"], one["cause"]) == ("blocks", "venv-broken-interpreter")
    assert "/opt/gone/bin/python3.11" in one["evidence"][0]["text"]
    done = built("doctor", "--fix", "--yes", "--json", "broken-interpreter")
    assert done.code == 0, done.out
    assert built("run", "--", "python", "-c", "import alpha").code == 0


@linux
def test_a_venv_of_the_users_own_with_a_broken_interpreter(workplace):
    place = workplace(DECLARED)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place.root / ".venv"], check=True)
    python = place.root / ".venv" / "bin" / "python3"
    for name in ("python", "python3", f"python3.{sys.version_info.minor}"):
        (place.root / ".venv" / "bin" / name).unlink(missing_ok=True)
    for name in ("python", "python3"):
        (python.parent / name).symlink_to("/opt/gone/bin/python3")
    told = place("doctor", "--json")
    one = finding(told, "broken-interpreter")
    (command,) = one["remedies"][0]["commands"]
    assert command.startswith("uv venv --allow-existing")
    uv = shutil.which("uv", path=os.environ["PATH"]) or str(Path(sys.executable).parent / "uv")
    argv = command.split()
    # wherever this Python lies, uv has to find one of its version
    found = os.pathsep.join((str(Path(sys.base_prefix, "bin")), place.environment.get("PATH", "")))
    environment = {**place.environment, "PATH": found}
    subprocess.run([uv, *argv[1:], "--offline"], check=True, env=environment, cwd=place.root)
    assert not [
        one for one in place("doctor", "--json").data["findings"] if one["id"] == "broken-interpreter"
    ]


def test_a_lock_that_does_not_answer_the_file_any_more(built):
    built.write("provenv.toml", DECLARED.replace("alpha==1.0", "alpha==2.0"))
    told = built("doctor", "--json")
    assert {"stale-lock", "stale-environment"} <= {one["id"] for one in told.data["findings"]}
    assert "provenv.toml" in finding(told, "stale-environment")["evidence"][0]["text"]
    done = built("doctor", "--fix", "--yes", "--json")
    assert done.code == 0, done.out
    # two findings, one repair
    assert sorted(one["done"] for one in done.data["fixed"]) == ["gone", "gone"]
    assert built("doctor", "--json", "--area", "project").data["findings"] == []


def test_a_lock_of_another_platform(built):
    lock = built.root / "pylock.toml"
    words = lock.read_text()
    other = words.replace('platform = "linux', 'platform = "windows').replace(
        'platform = "x86_64', 'platform = "other'
    )
    assert other != words
    lock.write_text(other)
    told = built("doctor", "--json", "--area", "project")
    assert ("lock-of-another-platform", "blocks") in keys(told)


def test_a_mistake_in_the_declared_file_is_told_at_its_place(workplace):
    place = workplace('schema = 1\nname = "project"\nrequirement = ["alpha"]\n')
    told = place("doctor", "--json")
    assert told.code == 1
    one = finding(told, "declared-file-wrong")
    assert one["evidence"][0]["text"].startswith("provenv.toml:3:")


def test_a_generation_whose_proof_failed(workplace):
    place = workplace(DECLARED)
    place.wheel("alpha", "1.0", source="raise RuntimeError('broken')\n")
    assert place("up").code == 3
    told = place("doctor", "--json")
    assert told.code == 1
    assert ("never-built", "blocks") in keys(told)
    done = place("doctor", "--fix", "--yes", "--json", "never-built")
    assert done.code == 1
    assert done.codes == ["PV924"]
    assert [one["done"] for one in done.data["fixed"]] == ["failed"]
    assert "PV720" in done.data["fixed"][0]["detail"]["text"]


def test_what_a_killed_build_left_is_cleaned_up(built):
    left = built.root / ".provenv" / "here" / "generations" / "0007"
    left.mkdir()
    (left / "half").write_text("x")
    assert ("half-built", "better") in keys(built("doctor", "--json"))
    assert built("doctor", "--fix", "--yes", "half-built").code == 0
    assert not left.exists()


def test_git_is_told_to_ignore_the_link(built):
    (built.root / ".git").mkdir()
    built.write(".gitignore", ".venv/\n*.log")
    told = built("doctor", "--json")
    assert ("venv-not-ignored", "better") not in keys(told)
    built.write(".gitignore", "*.log")
    assert ("venv-not-ignored", "better") in keys(built("doctor", "--json"))
    done = built("doctor", "--fix", "--yes", "--json", "venv-not-ignored")
    assert done.code == 0, done.out
    assert (built.root / ".gitignore").read_text() == "*.log\n.venv\n"


def test_a_venv_of_the_users_own_is_named_and_left_alone(workplace):
    place = workplace(DECLARED)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place.root / ".venv"], check=True)
    assert place("up").code == 0
    one = finding(place("doctor", "--json"), "venv-of-another")
    assert one["fix"] is None
    assert (place.root / ".venv" / "pyvenv.cfg").is_file()


def test_files_that_hide_modules(built):
    for name in ("random.py", "alpha.py", "time.py", "os.py", "helpers.py", "src/queue.py", "src/train.py"):
        built.write(name, "")
    built.write("pkg/__init__.py", "")
    built.write("pkg/logging.py", "")
    told = built.elsewhere("doctor", "--json", "--area", "project")
    # `time` is built in, `os` is there before the script's folder is looked into, `pkg.logging` another
    assert {one["subject"] for one in told.data["findings"]} == {"random.py", "alpha.py", "src/queue.py"}
    assert {one["gravity"] for one in told.data["findings"]} == {"blocks"}
    proof = built.run(["-c", "import random; random.random()"], {"PYTHONPATH": str(built.root)})
    assert "AttributeError" in proof.stderr


def test_files_of_models_that_are_not_whole(workplace):
    place = workplace(DECLARED)
    header = json.dumps({"w": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}).encode()
    whole = len(header).to_bytes(8, "little") + header + b"\0" * 16
    (place.root / "models").mkdir()
    (place.root / "models" / "good.safetensors").write_bytes(whole)
    (place.root / "models" / "cut.safetensors").write_bytes(whole[:-5])
    (place.root / "models" / "head.safetensors").write_bytes(whole[:20])
    place.write(
        "models/pointer.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 440449768\n"
    )
    place.write("models/page.ckpt", "<!DOCTYPE html>\n<title>log in</title>\n")
    told = place("doctor", "--json", "--area", "project")
    assert told.code == 1
    truncated = finding(told, "truncated-file")
    assert {one["args"]["file"] for one in truncated["evidence"]} == {
        "models/cut.safetensors",
        "models/head.safetensors",
    }
    assert {one["args"]["wanted_bytes"] for one in truncated["evidence"]} >= {len(whole)}
    assert finding(told, "lfs-pointer")["evidence"][0]["args"]["wanted_bytes"] == 440449768
    assert finding(told, "not-a-model-file")["subject"] == "models/page.ckpt"
    assert {one["cause"] for one in told.data["findings"]} == {"corrupt-or-lfs-pointer-file"}


def test_ids_and_areas_narrow_what_is_told(built):
    built.write("random.py", "")
    built.write("model.pt", "")
    assert len(built.elsewhere("doctor", "--json").data["findings"]) >= 2
    assert {one["id"] for one in built.elsewhere("doctor", "--json", "shadowed-module").data["findings"]} == {
        "shadowed-module"
    }
    looked = built.elsewhere("doctor", "--json", "--area", "storage").data
    assert {one["area"] for one in looked["checks"]} == {"storage"}
    unknown = built.elsewhere("doctor", "shadowed-modul")
    assert (unknown.code, "PV922" in unknown.err) == (2, True)
    assert built.elsewhere("doctor", "--area", "nowhere").code == 2


def test_only_what_cannot_be_mended_by_itself_is_shown_and_asks_nothing(built):
    built.write("random.py", "")
    done = built.elsewhere("doctor", "--fix", "shadowed-module")
    assert done.code == 1
    assert "PV921" in done.err
    assert "rename `random.py`" in done.out


def test_a_file_that_hides_a_module_does_not_hide_it_from_us(built):
    for name in ("random.py", "tempfile.py", "json.py"):
        built.write(name, "raise RuntimeError\n")
    done = built("doctor", "--lang", "zh")
    assert done.code == 1
    assert "会取代模块" in done.out


@linux
@pytest.mark.slow
def test_an_interrupt_leaves_the_old_generation(built):
    """The signal comes while the repair builds: the first line of the wheel's proof says when."""
    before = built.current
    built.write("provenv.toml", DECLARED + '[prove]\ncommands = { wait = "touch began && sleep 600" }\n')
    child = subprocess.Popen(
        [sys.executable, "-m", "provenv", "doctor", "--fix", "--yes"],
        cwd=built.root,
        env=built.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while child.poll() is None and not (built.root / "began").exists():
        pass
    child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=60)
    assert child.returncode == 130, said
    assert built.current == before
    assert built("run", "--", "python", "-c", "import alpha").code == 0
