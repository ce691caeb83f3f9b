"""Every folder of `cases/` is a project with mistakes; `expected.json` says which, and where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from provenv import spec
from provenv.errors import Failure, Problem

CASES = Path(__file__).with_name("cases")
NAMES = sorted(path.name for path in CASES.iterdir())


@pytest.fixture
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a copy of the case; `X.case` becomes `X`, so that other tools do not read it."""
    case = CASES / request.node.callspec.params["case"]
    for path in case.rglob("*"):
        if path.is_file():
            copy = tmp_path / path.relative_to(case)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.with_name(path.name.removesuffix(".case")).write_bytes(path.read_bytes())
    return tmp_path


def told(problem: Problem) -> list[object]:
    where = problem.where
    assert where is not None
    return [
        problem.code,
        problem.severity,
        f"{where.file}:{where.line}:{where.column}",
        problem.why.key if problem.why else "",
        " ".join(str(value) for hint in problem.hints if hint.text for value in hint.text.args.values()),
    ]


@pytest.mark.parametrize("case", NAMES)
def test_mistakes_are_told_with_their_places(case: str, project: Path) -> None:
    expected = json.loads((CASES / case / "expected.json").read_text("utf-8"))
    with pytest.raises(Failure) as caught:
        spec.load(project, {})
    assert [told(problem) for problem in caught.value.problems] == expected


@pytest.mark.parametrize("case", NAMES)
def test_the_marked_characters_stand_in_the_line(case: str, project: Path) -> None:
    with pytest.raises(Failure) as caught:
        spec.load(project, {})
    for problem in caught.value.problems:
        where = problem.where
        assert where is not None
        if where.line is None:
            continue
        line = (project / where.file).read_text("utf-8").split("\n")[where.line - 1]
        assert where.source is not None
        assert len(where.source) == len(line)
        assert where.column is not None
        assert 1 <= where.column <= len(line) + 1
        assert where.length >= 1
        assert where.column + where.length <= max(len(line), 1) + 2
