"""Every rule reads, finds its own examples, and answers its own cases; cases are `cases/CAUSE.toml`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from provenv.diagnosis.diagnose import diagnose
from provenv.diagnosis.index import Index
from provenv.diagnosis.reading import shipped
from provenv.diagnosis.rule import Pattern
from provenv.diagnosis.scan import scan
from provenv.toml_library import tomllib

# thousands of rows for the same few lines, which other tests cover: counting took longer than running
pytestmark = pytest.mark.no_cover
UNSAID = re.compile(r"[(（`] ?(?:\?|…)|[:：] ?(?:\?|…)(?:[,，)）]|$)")
CASES = Path(__file__).parent / "cases"
RULES = {rule.cause: rule for rule in shipped()}


def cases() -> list[Any]:
    found = []
    for path in sorted(CASES.glob("*.toml")):
        for case in tomllib.loads(path.read_text("utf-8"))["case"]:
            found.append(pytest.param(path.stem, case, id=f"{path.stem}: {case['name']}"))
    return found


@pytest.mark.parametrize(("cause", "case"), cases())
def test_a_case_is_answered(cause: str, case: dict[str, Any]) -> None:
    found = diagnose([case["log"].strip("\n").encode()])
    told = [(one.cause, one.score, [quote.text for quote in one.quotes]) for one in found.candidates]
    if case.get("not"):
        assert found.cause != cause, told
    else:
        assert found.cause == case.get("answer", cause), told
    if found.candidates:
        # what a log does not say is not asked back
        said = found.candidates[0].what.args
        assert not [words for words in said.values() if UNSAID.search(str(words))], said


@pytest.mark.parametrize("cause", sorted(RULES))
def test_a_rule_has_cases_for_and_against(cause: str) -> None:
    own = tomllib.loads((CASES / f"{cause}.toml").read_text("utf-8"))["case"]
    assert any(not case.get("not") and case.get("answer", cause) == cause for case in own)
    assert any(case.get("not") or case.get("answer", cause) != cause for case in own)


@pytest.mark.parametrize(
    ("cause", "pattern"),
    [
        pytest.param(rule.cause, one, id=f"{rule.cause}/{one.id}")
        for rule in RULES.values()
        for one in rule.patterns
    ],
)
def test_a_pattern_finds_its_example_by_its_anchor(cause: str, pattern: Pattern) -> None:
    log = scan([pattern.example.encode()], Index([(cause, pattern)]))
    assert f"{cause}/{pattern.id}" in log.hits
