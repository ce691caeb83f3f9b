"""Streams that are closed, full, or read by nobody any more; limits of a process; locales."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="shells and limits of POSIX"),
]

COMMANDS = (["up"], ["status"], ["history", "--json"], ["why", "alpha"], ["facts"], ["--help"])


def redirected(user, how: str):
    """Return the user whose shell redirects streams."""
    return user.through("sh", "-c", f'exec "$@" {how}', "sh")


@pytest.mark.parametrize(
    "how", [">&-", *(pytest.param(one, marks=pytest.mark.long) for one in ("<&-", "2>&-", "<&- >&- 2>&-"))]
)
def test_closed_streams(proven, how):
    user = proven()
    closed = redirected(user, how)
    for command in COMMANDS:
        assert closed(*command).code == 0, command


@pytest.mark.parametrize("how", [pytest.param(">&-", marks=pytest.mark.long), "<&- >&- 2>&-"])
def test_a_build_with_closed_streams_writes_into_no_file_of_its_own(proven, how):
    """The next file that is opened would get the number of a closed stream, and what is told with it."""
    user = proven()
    assert redirected(user, how)("up", "--repair").code == 0
    assert user.current == "generations/0002"
    assert user("status", "--deep", "--json").data["sync"] == "in-sync"
    assert json.loads((user.root / ".provenv/here/guard").read_text())["command"] == "provenv up"
    user.imports()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full on this machine")
@pytest.mark.parametrize(
    "command",
    [COMMANDS[0], COMMANDS[2], *(pytest.param(one, marks=pytest.mark.long) for one in COMMANDS[3:])],
)
def test_a_full_standard_output_is_said(proven, command):
    done = redirected(proven(), ">/dev/full")(*command)
    assert done.code == 1
    assert "PV469" in done.err
    assert "Exception ignored" not in done.err


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full on this machine")
@pytest.mark.parametrize(
    "how", ["2>/dev/full", pytest.param("2>&1 >/dev/null | true", marks=pytest.mark.long)]
)
def test_work_goes_on_though_nobody_can_be_told(proven, how):
    user = proven()
    command = f'"$@" {how}' if "|" in how else f'exec "$@" {how}'
    assert user.through("sh", "-c", command, "sh")("up", "--repair").code == 0
    assert user.current == "generations/0002"
    assert user.generations == ["0001", "0002"]


def test_a_reader_that_has_seen_enough(proven):
    user = proven()
    script = '"$@" facts | head -n 1; "$@" facts --json | head -c 9; "$@" schema | head -n 1'
    done = subprocess.run(
        ["sh", "-c", script, "sh", *user.argv()],
        cwd=user.root, env=user.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.long
def test_no_terminal_at_all(proven):
    if shutil.which("setsid") is None:
        pytest.skip("setsid is not installed")
    user = proven().through("setsid", "--wait")
    assert user("up", "--repair").code == 0
    user.imports()
    assert user("down", "--json").codes == ["PV709"]


LIMITS = [
    pytest.param("--nofile=64", 0, "", marks=pytest.mark.long),
    ("--as=60000000", 1, "PV463"),
    pytest.param("--fsize=0", 1, "", marks=pytest.mark.long),
    pytest.param("--nofile=24", 0, "", marks=pytest.mark.long),
    pytest.param("--as=200000000", 1, "PV463", marks=pytest.mark.long),
    pytest.param("--fsize=100000", 3, "", marks=pytest.mark.long),
    pytest.param("--stack=500000", 0, "", marks=pytest.mark.long),
    pytest.param("--data=50000000", 1, "PV463", marks=pytest.mark.long),
]


@pytest.mark.parametrize(("limit", "code", "told"), LIMITS)
def test_limits_of_a_process(proven, limit, code, told):
    if shutil.which("prlimit") is None:
        pytest.skip("prlimit is not installed")
    user = proven()
    limited = user.through("prlimit", limit)
    assert limited("up", "--json").data["unchanged"] is True
    limited.imports()
    done = limited("up", "--repair")
    assert done.code == code, done.err
    assert told in done.err
    if code:
        assert user.generations == ["0001"] or code == 3
        assert user.current == "generations/0001"
    user.imports()
    assert user("up", "--repair").code == 0
    user.imports()


LOCALES = [
    {"LANG": "C"},
    {"LC_ALL": "POSIX"},
    {"LANG": ""},
    {"LANG": "xx_YY.UTF-8"},
    {"LC_ALL": "zh_CN.GBK"},
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "latin-1:strict"},
    {"LANG": "zh_CN.UTF-8"},
]


@pytest.mark.parametrize(
    "variables",
    [
        LOCALES[0],
        LOCALES[4],
        *(pytest.param(one, marks=pytest.mark.long) for one in (*LOCALES[1:4], *LOCALES[5:])),
    ],
)
def test_locales_and_a_path_that_they_cannot_write(proven, variables):
    user = proven("项目 é").having(**variables)
    for command in (["up"], ["status"], ["status", "--json"], ["history"], ["run", "--", "alpha-says"]):
        done = user(*command)
        assert done.code == 0, done.err
    assert user("explode").code == 2


@pytest.mark.long
def test_a_build_without_any_locale(proven):
    user = proven("项目 é").lacking("LANG")
    assert user("up", "--repair").code == 0
    user.imports()
    # Python was told to take no part of UTF-8: such a path is refused rather than half used
    strict = user.having(LANG="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    refused = strict("up", "--repair")
    assert refused.code in (0, 1)
    assert refused.code == 0 or "PV466" in refused.err
    user.imports()
