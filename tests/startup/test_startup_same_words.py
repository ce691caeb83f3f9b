"""The short ways say and do what the long ways do."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

DECLARED = 'schema = 1\nname = "p"\nrequirements = ["alpha<2"]\n'

SCREENS = [
    {},
    {"PROVENV_LANG": "zh"},
    {"FORCE_COLOR": "1"},
    {"FORCE_COLOR": "1", "PROVENV_LANG": "zh", "COLUMNS": "40"},
    {"NO_COLOR": "1", "COLUMNS": "24"},
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "gbk", "PROVENV_LANG": "zh"},
    {"PROVENV_PROGRAM": "/srv/my tools/provenv"},
]


def written(tool, changes: dict[str, str], *options: str) -> bytes:
    """Return the bytes that `up` writes, in whatever encoding."""
    return subprocess.run(
        [sys.executable, "-m", "provenv", "up", *options],
        cwd=tool.root,
        env={**tool.environment, **changes},
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
    ).stdout


def test_an_up_with_nothing_to_do(workplace):
    tool = workplace(DECLARED)
    assert tool("up").code == 0
    for changes in SCREENS:
        # options go through click, a plain `up` does not
        short, long = (written(tool, changes, *options) for options in ((), ("--no-wait",)))
        assert short == long
        assert short


def test_a_plain_run(workplace):
    tool = workplace(DECLARED)
    assert tool("up").code == 0
    show = ["sh", "-c", "echo $VIRTUAL_ENV; pwd; echo aside >&2; exit 7"]
    for command in (show, ["true"], ["no-such-program"], [str(tool.root)], ["provenv.toml"], [""]):
        for changes in ({}, {"PYTHONPATH_": "x"}, {"PROVENV_LANG": "zh"}, {"CONDA_PREFIX": "/opt/conda"}):
            short = tool("run", "--", *command, **changes)
            long = tool("run", "--folder", str(tool.root), "--", *command, **changes)
            assert (short.code, short.out, short.err) == (long.code, long.out, long.err)
    assert tool("run", "--", *show).code == 7


def test_a_plain_run_without_an_environment(workplace):
    tool = workplace(DECLARED)
    short, long = tool("run", "--", "true"), tool("run", "--folder", ".", "--", "true")
    assert (short.code, short.err) == (long.code, long.err) == (125, short.err)
    assert "PV721" in short.err


def test_options_of_the_command_behind_are_its_own(workplace):
    tool = workplace(DECLARED)
    assert tool("up").code == 0
    ran = tool("run", "--", "python", "-c", "import sys; print(sys.argv)", "--json", "--", "--help")
    assert (ran.code, ran.out) == (0, "['-c', '--json', '--', '--help']\n")


def test_where_the_answer_cannot_be_written_the_long_way_says_so(workplace):
    tool = workplace(DECLARED)
    assert tool("up").code == 0
    if not os.path.exists("/dev/full"):
        pytest.skip("there is no /dev/full")
    ended = tool.run(["-c", FULL], {})
    assert ended.returncode != 0
    assert "[PV469]" in ended.stderr


FULL = """
import os, sys
os.dup2(os.open("/dev/full", os.O_WRONLY), 1)
from provenv.cli import main
main(["up"])
"""


def test_a_reader_that_has_left_is_no_failure(workplace):
    tool = workplace(DECLARED)
    assert tool("up").code == 0
    ended = tool.run(["-c", LEFT], {})
    assert (ended.returncode, ended.stderr) == (0, "")


LEFT = """
import os, sys
reader, writer = os.pipe()
os.dup2(writer, 1)
os.close(reader), os.close(writer)
from provenv.cli import main
main(["up"])
"""


def test_status_by_the_remembered_file_is_status_by_the_file(workplace):
    tool = workplace(DECLARED + '[target.box]\nkind = "vm"\nbase = "x"\n')
    assert tool("up").code == 0
    remembered = tool("status", "--json").data
    (tool.root / ".provenv/here/generations/0001/spec.json").unlink()
    assert tool("status", "--json").data == remembered
    assert tool("status", "--on", "nowhere", "--json").codes == ["PV703"]
    assert tool("status", "--on", "box", "--json").codes == ["PV405"]
    tool.write("provenv.toml", DECLARED + "nonsense = 1\n")
    broken = tool("status", "--json")
    assert broken.code == 1
    assert broken.codes


def test_a_damaged_record_is_told(workplace):
    tool = workplace(DECLARED)
    assert tool("up").code == 0
    path = tool.root / ".provenv/here/generations/0001/generation.json"
    content = json.loads(path.read_text())
    path.write_text("{")
    assert tool("up", "--json").codes == ["PV403"]
    path.write_text(json.dumps({**content, "schema": 99}))
    assert tool("up", "--json").codes == ["PV404"]
