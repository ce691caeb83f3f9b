"""docs/rules.md: its example is a rule, answers its log, and its cases; both languages show the same."""

from __future__ import annotations

import re

import pytest

from provenv.diagnosis.diagnose import diagnose
from provenv.diagnosis.index import Index
from provenv.diagnosis.reading import KEYS, read, shipped
from provenv.diagnosis.scan import scan
from provenv.toml_library import tomllib

PAGES = ("rules.md", "rules.zh-CN.md")
BLOCK = re.compile(r"```(text|toml)\n(.*?)```", re.S)


@pytest.fixture(params=PAGES)
def page(request, repository):
    return (repository / "docs" / request.param).read_text(encoding="utf-8")


def blocks(page):
    (_, log), (_, rule), (_, cases) = BLOCK.findall(page)
    return log, read("license-server.toml", rule), tomllib.loads(cases)["case"]


def test_the_example_answers_its_log(page):
    log, rule, _ = blocks(page)
    found = diagnose([log.encode()], rules=[*shipped(), rule])
    assert found.cause == "license-server"
    first = found.candidates[0]
    assert first.remedies[0].commands == ("nc -vz -w 5 $(echo lic01:27000 | tr : ' ')",)


def test_its_patterns_find_their_examples(page):
    _, rule, _ = blocks(page)
    for pattern in rule.patterns:
        assert scan([pattern.example.encode()], Index([("c", pattern)])).hits, pattern.id


def test_its_cases_hold(page):
    _, rule, cases = blocks(page)
    for case in cases:
        found = diagnose([case["log"].strip("\n").encode()], rules=[rule])
        assert (found.cause == rule.cause) is not case.get("not", False), case["name"]


def test_both_languages_show_the_same(repository):
    shown = [BLOCK.findall((repository / "docs" / name).read_text(encoding="utf-8")) for name in PAGES]
    assert shown[0] == shown[1]


def test_every_key_of_a_rule_is_told(page):
    told = set(re.findall(r"[a-z]+", page))
    assert {key for kind in ("rule", "pattern", "step", "when") for key in KEYS[kind]} - told <= {
        "asks",
        "command",
    }
