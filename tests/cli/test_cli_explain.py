"""`provenv explain` as a user runs it: files, pipes, packed and odd logs, JSON, exit codes."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import pty
import signal
import subprocess
import sys

import pytest

LOG = """\
Traceback (most recent call last):
  File "/app/detect.py", line 3, in <module>
    import cv2
  File "/usr/local/lib/python3.11/site-packages/cv2/__init__.py", line 181, in <module>
    bootstrap()
ImportError: libGL.so.1: cannot open shared object file: No such file or directory
"""
OWN = """\
Traceback (most recent call last):
  File "/w/a.py", line 7, in <module>
    x = y[0]
NameError: name 'y' is not defined
"""
CAUSE = "libgl-missing"
RULE = """\
cause = "license-server"
[says.en]
what = "the licence server does not answer"
why = "it is down"
[says.zh]
what = "许可证服务器没有响应"
why = "它停机了"
[[pattern]]
id = "flexlm"
regex = 'FLEXnet.{0,80}cannot connect'
weight = 9
example = "FLEXnet Licensing error: cannot connect to licence server"
"""


@pytest.fixture
def place(workplace, compiled):
    return workplace()


def told(ended):
    assert ended.code == 0, ended.err
    return ended.data["cause"]


def piped(place, log: bytes, *arguments: str, **changes: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "provenv", "explain", *arguments],
        input=log,
        cwd=place.root,
        env={**place.environment, **changes},
        capture_output=True,
        timeout=120,
        check=False,
    )


def test_a_file_is_explained(place):
    place.write("train.log", LOG)
    ended = place("explain", "train.log", "--json")
    assert told(ended) == CAUSE
    first, *_ = ended.data["candidates"]
    assert first["cause"] == CAUSE
    assert first["quotes"][0]["line"] == 6
    assert first["remedies"][0]["commands"]
    assert first["references"][0]["url"].startswith("https://")
    assert ended.document["ok"] is True


@pytest.mark.parametrize("arguments", [(), ("-",)])
def test_a_pipe_is_explained(place, arguments):
    ended = piped(place, LOG.encode(), *arguments, "--json")
    assert ended.returncode == 0
    assert json.loads(ended.stdout)["data"]["cause"] == CAUSE


def test_the_cause_is_there_for_a_wrapper(place):
    place.write("train.log", LOG)
    line = f"{sys.executable} -m provenv explain train.log --json | {sys.executable} -c "
    line += '\'import json, sys; print(json.load(sys.stdin)["data"]["cause"])\''
    done = subprocess.run(
        line, shell=True, cwd=place.root, env=place.environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == CAUSE


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(LOG.encode()),
        gzip.compress(LOG[:100].encode()) + gzip.compress(LOG[100:].encode()),
        bz2.compress(LOG.encode()),
        lzma.compress(LOG.encode()),
        LOG.encode("utf-16"),
        LOG.encode("utf-16-le"),
        LOG.encode("utf-16-be"),
        b"\xef\xbb\xbf" + LOG.encode(),
        ("系统日志\n" + LOG).encode("gb18030"),
        b"\0" * 200_000 + LOG.encode(),
        LOG.replace("\n", "\r\n").encode(),
    ],
)
def test_packed_and_foreign_logs_are_read(place, packed):
    (place.root / "odd.log").write_bytes(packed)
    assert told(place("explain", "odd.log", "--json")) == CAUSE


def test_a_packed_log_that_breaks_off_is_read_as_far_as_it_goes(place):
    whole = gzip.compress((LOG + "".join(f"{i * 7919 % 1013}\n" for i in range(20_000))).encode())
    (place.root / "cut.gz").write_bytes(whole[: len(whole) // 2])
    ended = place("explain", "cut.gz", "--json")
    assert told(ended) == CAUSE
    assert ended.codes == ["PV906"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "PV905"),
        (b" \n\n", "PV905"),
        (b"\0" * 5000, "PV905"),
        (b"\x7fELF" + bytes(range(256)) * 40, "PV904"),
        (b"PK\x03\x04" + bytes(range(256)) * 40, "PV904"),
        (bytes(range(256)) * 400, "PV904"),
        ((300).to_bytes(8, "little") + b'{"weight":{}}' + bytes(range(256)) * 40, "PV904"),
        (b"\x28\xb5\x2f\xfd" + bytes(range(256)) * 40, "PV904"),
    ],
)
def test_what_is_no_log_is_named(place, content, code):
    (place.root / "x.log").write_bytes(content)
    ended = place("explain", "x.log", "--json")
    assert (ended.code, ended.codes) == (1, [code])


@pytest.mark.parametrize("name", ["missing.log", "."])
def test_what_cannot_be_read_is_said(place, name):
    ended = place("explain", name, "--json")
    assert (ended.code, ended.codes) == (1, ["PV903"])


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_of_somebody_else_is_a_matter_of_rights(place):
    place.write("x.log", LOG)
    (place.root / "x.log").chmod(0)
    assert place("explain", "x.log", "--json").code == 4


def test_what_no_rule_knows_is_said_with_what_to_collect(place):
    place.write("x.log", "frobnicate: the gizmo failed: error 7\n")
    ended = place("explain", "x.log", "--json")
    assert (ended.code, ended.codes, ended.data["cause"]) == (1, ["PV907"], None)
    assert ended.data["verdict"] == "unknown"
    assert ended.data["collect"]
    assert ended.data["suspects"][0]["line"] == 1
    assert ended.document["problems"][0]["hints"][0]["command"] == "provenv explain --here x.log"


def test_own_code_is_named_with_its_line(place):
    place.write("x.log", OWN)
    ended = place("explain", "x.log", "--json")
    assert told(ended) == "none"
    spot = ended.data["place"]
    assert (ended.data["nature"], spot["file"], spot["line"]) == ("own-code", "/w/a.py", 7)
    assert "/w/a.py:7" in place("explain", "x.log").out


def test_a_terminal_and_no_file_is_a_mistake_that_is_explained(place):
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "provenv", "explain"],
        stdin=theirs,
        cwd=place.root,
        env=place.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    os.close(ours)
    os.close(theirs)
    assert done.returncode == 2
    assert "PV902" in done.stderr
    assert "2>&1 | provenv explain" in done.stderr


def test_rules_of_ones_own_are_read(place):
    place.write("x.log", "FLEXnet Licensing error: cannot connect\n")
    assert place("explain", "x.log").code == 1
    place.write("rules/license-server.toml", RULE)
    assert told(place("explain", "x.log", "--rules", "rules", "--json")) == "license-server"
    # a project's own folder is found by itself
    (place.root / "rules").rename(place.root / "provenv-rules")
    assert told(place("explain", "x.log", "--json")) == "license-server"


@pytest.mark.parametrize(("content", "code"), [(None, "PV908"), (RULE.replace("9", "90"), "PV901")])
def test_rules_that_are_none_are_said(place, content, code):
    place.write("x.log", LOG)
    if content is None:
        (place.root / "rules").mkdir()
    else:
        place.write("rules/own.toml", content)
    ended = place("explain", "x.log", "--rules", "rules", "--json")
    assert (ended.code, ended.codes) == (1, [code])


def test_facts_of_another_machine_fit_the_remedies(place, repository):
    place.write("x.log", LOG)
    facts = repository / "tests" / "machines" / "centos7-glibc217.json"
    ended = place("explain", "x.log", "--facts", str(facts), "--json")
    commands = [command for one in ended.data["candidates"][0]["remedies"] for command in one["commands"]]
    assert any("dnf install" in command or "yum install" in command for command in commands)
    assert not any("apt-get" in command for command in commands)
    assert place("explain", "x.log", "--facts", str(facts), "--here").code == 2


def test_this_machines_facts_are_taken(place):
    place.write("x.log", LOG)
    assert told(place("explain", "x.log", "--here", "--json")) == CAUSE


def test_a_log_that_grows_is_read_to_where_it_was(place):
    path = place.root / "grows.log"
    path.write_text(LOG)
    writer = subprocess.Popen(
        [sys.executable, "-c", "import sys\nwhile True: print('more', flush=True)"],
        stdout=path.open("a"),
    )
    try:
        assert told(place("explain", "grows.log", "--json")) == CAUSE
    finally:
        writer.kill()
        writer.wait()


def test_ctrl_c_ends_it(place):
    process = subprocess.Popen(
        [sys.executable, "-m", "provenv", "explain", "-"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=place.root,
        env=place.environment,
    )
    assert process.stdin is not None
    # a pipe holds so little that once all of this is taken, it is being read
    process.stdin.write(b"line\n" * 400_000)
    process.stdin.flush()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in err


def test_both_languages_and_every_width(place, snapshot):
    place.write("x.log", LOG)
    for language in ("en", "zh"):
        for width in ("44", "80", "140"):
            ended = place("explain", "x.log", "--lang", language, COLUMNS=width)
            assert ended.code == 0
            assert ended.out == snapshot(name=f"{language} {width}")


def test_secrets_in_a_log_are_not_shown(place):
    place.write(
        "x.log", LOG + "ERROR: libGL.so.1: cannot open shared object file https://me:hunter2@host/x\n"
    )
    for more in ((), ("--json",), ("--verbose",)):
        ended = place("explain", "x.log", *more)
        assert "hunter2" not in ended.out + ended.err
