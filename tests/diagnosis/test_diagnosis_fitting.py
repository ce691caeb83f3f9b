"""Remedies: which fit the place, what a log puts into their commands, how a project says them."""

from __future__ import annotations

import subprocess

import pytest

from provenv.diagnosis.diagnose import diagnose
from provenv.diagnosis.elevated import elevated, with_sudo
from provenv.diagnosis.fitting import fill, translated
from provenv.diagnosis.rule import Said

BODY = """
[defaults]
name = "the package"
[[pattern]]
id = "p"
regex = 'cannot find package (?P<name>\\S.*)?'
weight = 9
[[remedy]]
en = "install it"
zh = "安装"
commands = ["pip install {name}"]
[[remedy]]
root = true
when = { family = "debian" }
commands = ["apt-get install -y {name}"]
[[remedy]]
when = { family = "rhel" }
commands = ["dnf install -y {name}"]
[[remedy]]
when = { manager = "provenv" }
en = "declare it"
zh = "声明它"
commands = ["provenv add {name}"]
"""


def commands(log, rule, **more):
    found = diagnose([log.encode()], rules=[rule("missing", BODY)], **more)
    return [list(each.commands) for each in found.candidates[0].remedies]


def test_what_the_log_says_is_one_word_of_the_command(rule):
    told = commands("cannot find package x; rm -rf / #$(reboot)", rule)
    assert told == [["pip install 'x; rm -rf / #$(reboot)'"]]
    printed = subprocess.run(
        ["sh", "-c", told[0][0].replace("pip install", "printf '<%s>'")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert printed.stdout == "<x; rm -rf / #$(reboot)>"


@pytest.mark.parametrize("log", ["cannot find package ", "cannot find package --index-url=http://x"])
def test_a_command_that_would_not_run_as_it_stands_is_left_out(log, rule):
    assert commands(log, rule) == []


def test_a_remedy_for_another_system_is_not_told(rule):
    told = commands("apt-get update\ncannot find package x", rule)
    assert told == [["pip install x"], ["apt-get install -y x"]]


def test_in_a_project_its_own_steps_come_first(rule):
    assert commands("cannot find package x", rule, project=frozenset()) == [
        ["provenv add x"],
        ["provenv add x", "provenv up"],
    ]


@pytest.mark.parametrize(
    ("given", "made"),
    [
        (["pip install 'numpy<2' torch==2.1"], ["provenv add 'numpy<2' torch==2.1", "provenv up"]),
        (["python -m pip install -U pip"], ["provenv add pip", "provenv up"]),
        (["pip uninstall -y a b", "pip install c"], ["provenv remove a b", "provenv add c", "provenv up"]),
        (["pip install --force-reinstall x"], []),
        (["pip cache purge", "df -h"], ["df -h"]),
        (["python -c 'import torch'"], ["provenv run -- python -c 'import torch'"]),
        (["nvidia-smi"], ["nvidia-smi"]),
        (["pip install 'unclosed"], []),
    ],
)
def test_steps_of_pip_are_said_as_provenv_does_them(given, made):
    assert translated(given) == made


@pytest.mark.parametrize(
    ("command", "made"),
    [
        ("apt-get install -y x", "sudo apt-get install -y x"),
        ("sudo reboot", "sudo reboot"),
        ("echo 1 > /proc/sys/x", "sudo sh -c 'echo 1 > /proc/sys/x'"),
        ("apt-get update && apt-get install x", "sudo sh -c 'apt-get update && apt-get install x'"),
        ("grep 'a|b' /etc/x", "sudo grep 'a|b' /etc/x"),
        ("ulimit -n 100", "sudo sh -c 'ulimit -n 100'"),
    ],
)
def test_sudo_is_put_where_it_works(command, made):
    assert with_sudo(command) == made


def test_only_what_needs_root_gets_sudo(rule):
    found = diagnose([b"apt-get update\ncannot find package x"], rules=[rule("missing", BODY)])
    told = [each.commands for each in elevated(found).candidates[0].remedies]
    assert told == [("pip install x",), ("sudo apt-get install -y x",)]


def test_only_what_is_declared_is_removed():
    given = ["pip uninstall -y opencv-python opencv_contrib_python", "pip install opencv-python-headless"]
    assert translated(given, frozenset({"opencv-python", "torch"})) == [
        "provenv remove opencv-python",
        "provenv add opencv-python-headless",
        "provenv up",
    ]
    assert translated(given[:1], frozenset({"torch"})) == []


@pytest.mark.parametrize(
    ("values", "en", "zh"),
    [
        (
            {"a": "1 GB", "b": "2 GB"},
            "it ran out (asked: 1 GB, free: 2 GB)",
            "不足（申请：1 GB，剩余：2 GB）",
        ),
        ({"a": "1 GB", "b": "?"}, "it ran out (asked: 1 GB)", "不足（申请：1 GB）"),
        ({"a": "?", "b": "…"}, "it ran out", "不足"),
    ],
)
def test_what_a_log_does_not_say_is_left_out(values, en, zh):
    said = Said("it ran out (asked: {a}, free: {b})", "不足（申请：{a}，剩余：{b}）")
    assert fill(said, values).args == {"en": en, "zh_CN": zh}
