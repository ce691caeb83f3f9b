"""The ids of findings: every one that a check names is in the table, under its area."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from provenv.diagnosis import checks
from provenv.diagnosis.checks.abandoned import rows
from provenv.diagnosis.checks.ids import INSIDE, OUTSIDE

FOLDER = Path(checks.__file__).parent
AREA_OF = {name: area for part in (INSIDE, OUTSIDE) for area, names in part.items() for name in names}


def _made() -> list[tuple[str, str, str]]:
    """Return place, id and area of each Finding that is made with both written out."""
    found = []
    for path in sorted(FOLDER.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Finding":
                first, area = node.args[:2]
                if isinstance(first, ast.Constant) and isinstance(area, ast.Constant):
                    found.append((f"{path.name}:{node.lineno}", str(first.value), str(area.value)))
    return found


@pytest.mark.parametrize(("place", "name", "area"), _made(), ids=lambda value: value)
def test_an_id_stands_in_the_table_under_its_area(place, name, area):
    assert AREA_OF.get(name) == area, place


def test_every_id_of_the_table_is_made_somewhere():
    sources = "".join(path.read_text("utf-8") for path in FOLDER.glob("*.py") if path.name != "ids.py")
    # an id may be made of the kind of thing that it is about
    stems = [f'f"{name.partition("-")[0]}-{{' for name in AREA_OF]
    unmade = [
        name
        for name, stem in zip(AREA_OF, stems, strict=True)
        if f'"{name}"' not in sources and stem not in sources
    ]
    assert unmade == []


def test_every_abandoned_package_says_why_and_what_instead():
    for row in rows().values():
        assert row.kind in ("ended", "renamed", "other")
        assert row.gravity in ("hurts", "better")
        assert row.en
        assert row.zh
        assert row.name == row.name.lower()
        assert row.name not in row.use
