"""`prove`: a generation answers for what was declared for it; what hindered a proof is not recorded."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

DECLARED = 'schema = 1\nname = "p"\nrequirements = ["alpha<2"]\n'
OLDER = "was made from an older file"
UNRECORDED = "its record stays as it was"


def commands(**named: str) -> str:
    """Return `[prove]` with these commands."""
    rows = [f"{name} = {json.dumps(command)}" for name, command in named.items()]
    return f"[prove]\ncommands = {{ {', '.join(rows)} }}\n"


def proofs(tool) -> list[str]:
    """Return how the record of each generation calls its proof."""
    return [one["proof"] for one in tool("history", "--json").data["state"]["generations"]]


def receipt(tool):
    return json.loads((tool.root / ".provenv/here/current/proof.json").read_text())


def module(tool):
    return next((tool.root / ".provenv/here/current/venv/lib").glob("python3*/site-packages/alpha.py"))


def test_a_requirement_that_was_added_since_is_not_the_old_generations_matter(ready):
    ready.write("provenv.toml", DECLARED.replace("<2", ">1"))
    ready("up")
    before = receipt(ready)
    ready.write("provenv.toml", DECLARED.replace('"alpha<2"', '"alpha<2", "beta"'))
    proven = ready("prove", "--json")
    assert proven.code == 0, proven.out
    assert OLDER in proven.err
    assert proofs(ready) == ["passed", "passed"]
    after = receipt(ready)
    assert after["started"] == proven.data["started"]
    assert after["digests"]["declared"] == before["digests"]["declared"]
    # what was asked for then is imported and held against the lock, as it was the first time
    did = {one["name"]: one["did"]["args"] for one in after["outcomes"]}
    assert did["imports"]["n"] == 1
    assert did["dependencies"]["requirements"] == 1
    # it can be left and come back to, with the same file
    assert ready("rollback").code == 0
    assert ready("prove").code == 0
    assert ready("rollback", "2", "--json").data["new"] == 2
    assert ready("gc", "--json").data["removed"] == []


def test_the_commands_and_variables_are_those_of_then(workplace):
    own = '[env]\nWORD = "then"\n' + commands(mine='test "$WORD" = then')
    tool = workplace(DECLARED + own)
    assert tool("up").code == 0
    tool.write("provenv.toml", DECLARED + '[env]\nWORD = "now"\n' + commands(mine="false", other="false"))
    proven = tool("prove", "--json")
    assert proven.code == 0, proven.out
    ran = [one["name"] for one in proven.data["outcomes"]]
    assert "command.mine" in ran
    assert "command.other" not in ran
    assert proofs(tool) == ["passed"]
    unknown = tool("prove", "--only", "command.other", "--json")
    assert (unknown.code, unknown.codes) == (2, ["PV723"])
    assert OLDER in unknown.err
    # `up` is who asks what is declared now
    assert tool("up", "--json").code == 3


def test_a_comment_makes_no_older_file(ready):
    assert OLDER not in ready("prove").err
    ready.write("provenv.toml", DECLARED + "# only words\n")
    proven = ready("prove")
    assert proven.code == 0
    assert OLDER not in proven.err


def test_a_damaged_file_is_found_whatever_is_declared_now(ready):
    ready.write("provenv.toml", DECLARED.replace('"alpha<2"', '"beta"'))
    path = module(ready)
    path.unlink()
    path.write_text("raise RuntimeError('changed by hand')\n")
    failed = ready("prove", "--json")
    assert (failed.code, failed.codes) == (3, ["PV720"])
    broken = [one["name"] for one in failed.data["outcomes"] if one["status"] == "failed"]
    assert broken == ["files", "imports"]
    assert UNRECORDED not in failed.err
    assert proofs(ready) == ["failed"]
    assert receipt(ready)["started"] == failed.data["started"]


def test_a_package_of_another_version_than_was_locked_is_found_when_the_lines_are_gone(ready):
    ready.write("provenv.toml", DECLARED.replace('"alpha<2"', '"beta"'))
    (information,) = module(ready).parent.glob("alpha-1.0.dist-info")
    metadata = information / "METADATA"
    content = metadata.read_text()
    metadata.unlink()  # a hard link into the cache
    metadata.write_text(content.replace("Version: 1.0", "Version: 2.0"))
    failed = ready("prove", "--only", "dependencies", "--json")
    assert failed.code == 3
    assert "alpha==1.0: 2.0" in failed.data["outcomes"][0]["evidence"]


def test_a_command_that_fails_is_recorded_and_the_next_up_builds(workplace):
    tool = workplace(DECLARED + commands(mine="test ! -e bad"))
    tool("up")
    tool.write("bad", "")
    assert tool("prove").code == 3
    assert proofs(tool) == ["failed"]
    (tool.root / "bad").unlink()
    assert tool("up", "--json").data["generation"]["number"] == 2


@pytest.mark.skipif(sys.platform != "linux", reason="/proc/self/mem is Linux's")
def test_a_disk_that_cannot_be_read_once_costs_no_generation(ready):
    before = receipt(ready)
    path = module(ready)
    aside = path.with_name("aside")
    path.rename(aside)
    path.symlink_to("/proc/self/mem")  # to read its first page is an EIO
    failed = ready("prove", "--json")
    assert failed.code == 3
    assert "files" in [one["name"] for one in failed.data["outcomes"] if one["status"] == "failed"]
    assert UNRECORDED in failed.err
    assert (proofs(ready), receipt(ready)) == (["passed"], before)
    path.unlink()
    aside.rename(path)
    assert ready("up", "--json").data["unchanged"] is True
    assert ready("prove").code == 0


@pytest.mark.parametrize(
    "refusal",
    [
        "kill -9 $$",
        "python -c 'import errno, os; raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))'",
    ],
)
def test_a_check_that_the_machine_hindered_is_told_and_not_recorded(workplace, refusal):
    tool = workplace(DECLARED + commands(mine=f"test ! -e bad || {refusal}"))
    tool("up")
    before = receipt(tool)
    tool.write("bad", "")
    failed = tool("prove", "--json")
    assert (failed.code, failed.codes) == (3, ["PV720"])
    assert UNRECORDED in failed.err
    assert (proofs(tool), receipt(tool)) == (["passed"], before)
    # a fault of its own beside it counts
    path = module(tool)
    path.unlink()
    assert tool("prove").code == 3
    assert proofs(tool) == ["failed"]


def test_a_generation_that_forgot_its_declaration_is_not_blamed_for_another(ready):
    (ready.root / ".provenv/here/current/spec.json").unlink()
    assert ready("prove").code == 0
    ready.write("provenv.toml", DECLARED + commands(mine="false"))
    failed = ready("prove")
    assert failed.code == 3
    assert UNRECORDED in failed.err
    assert proofs(ready) == ["passed"]


def test_an_interrupted_proof_records_nothing(workplace):
    tool = workplace(DECLARED + commands(mine="test ! -p fifo || cat fifo"))
    tool("up")
    before = receipt(tool)
    os.mkfifo(tool.root / "fifo")
    child = subprocess.Popen(
        [sys.executable, "-m", "provenv", "prove"],
        cwd=tool.root,
        env=tool.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with (tool.root / "fifo").open("w"):  # opens when the proof reads it
        child.send_signal(signal.SIGINT)
        assert child.wait(60) == 130
    assert (proofs(tool), receipt(tool)) == (["passed"], before)
