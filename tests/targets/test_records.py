from __future__ import annotations

from pathlib import Path

import pytest

from provenv.errors import Failure, text
from provenv.model.evidence import Evidence, Outcome
from provenv.model.state import Generation
from provenv.targets.editors import link_for_editors
from provenv.targets.layout import Layout
from provenv.targets.lease import lease
from provenv.targets.receipts import read_proof, write_proof
from provenv.targets.records import (
    next_number,
    read_generation,
    read_state,
    unfinished,
    write_generation,
)
from provenv.targets.remove import remove_generations
from provenv.targets.venv import make_current


def record(layout: Layout, number: int, proof: str = "passed") -> Generation:
    layout.venv(number).mkdir(parents=True)
    (layout.venv(number) / "file").write_bytes(b"x" * 100)
    generation = Generation(
        number, str(layout.generation(number)), "/usr/bin/python3", {"a": "1"}, proof=proof
    )  # type: ignore[arg-type]
    write_generation(layout, generation)
    return generation


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path, "here")


def test_what_was_written_is_read_and_a_moved_project_is_found_where_it_is(layout: Layout, tmp_path: Path):
    generation = record(layout, 1)
    make_current(layout, 1)
    assert read_state(layout).generations == (generation,)
    moved = tmp_path.with_name(tmp_path.name + " 已移动")
    tmp_path.rename(moved)
    state = read_state(Layout(moved, "here"))
    assert state.current == 1
    assert state.generations[0].path == str(moved / ".provenv" / "here" / "generations" / "0001")


def test_an_unfinished_build_is_no_generation_but_its_number_is_taken(layout: Layout):
    record(layout, 1)
    layout.venv(2).mkdir(parents=True)
    assert [one.number for one in read_state(layout).generations] == [1]
    assert [path.name for path in unfinished(layout)] == ["0002"]
    assert next_number(layout) == 3


def test_a_switch_that_points_to_nothing_is_no_current_generation(layout: Layout):
    record(layout, 1)
    make_current(layout, 7)
    assert read_state(layout).current is None


@pytest.mark.parametrize(
    ("content", "code"),
    [("{", "PV403"), ("[]", "PV403"), ('{"number": "x"}', "PV403"), ('{"schema": 2}', "PV404")],
)
def test_a_damaged_or_newer_record_is_a_problem_with_a_way_out(layout: Layout, content: str, code: str):
    record(layout, 1)
    (layout.generation(1) / "generation.json").write_text(content)
    with pytest.raises(Failure) as caught:
        read_generation(layout, 1)
    assert caught.value.problems[0].code == code


def test_a_proof_comes_back_as_it_was(layout: Layout):
    record(layout, 1)
    assert read_proof(layout, 1) is None
    evidence = Evidence(
        "here", 1, "2026-01-01T00:00:00+00:00", 1.5, (Outcome("imports", "passed", 0.5, text("x", n=3)),)
    )
    write_proof(layout, evidence)
    assert read_proof(layout, 1) == evidence


def test_a_held_generation_stays_and_rubbish_goes(layout: Layout):
    for number in (1, 2):
        record(layout, number)
    layout.venv(3).mkdir(parents=True)
    (layout.generations / ".trash-0009").mkdir()
    held = lease(layout.generation(2))
    cleaned = remove_generations(layout, [1, 2])
    assert (cleaned.removed, cleaned.held) == ((1,), (2,))
    assert cleaned.bytes >= 100
    assert [path.name for path in layout.generations.iterdir()] == ["0002"]
    assert held > 2


def test_a_read_only_tree_can_be_removed(layout: Layout):
    record(layout, 1)
    layout.venv(1).chmod(0o500)
    layout.generation(1).chmod(0o500)
    remove_generations(layout, [1])
    assert list(layout.generations.iterdir()) == []


def test_a_venv_of_the_users_is_never_replaced(layout: Layout):
    layout.editor_link.mkdir()
    assert link_for_editors(layout) is False
    assert layout.editor_link.is_dir()
    assert not layout.editor_link.is_symlink()


def test_a_link_elsewhere_is_not_replaced_but_our_own_is(layout: Layout, tmp_path: Path):
    (tmp_path / "other").mkdir()
    layout.editor_link.symlink_to("other")
    assert link_for_editors(layout) is False
    layout.editor_link.unlink()
    layout.editor_link.symlink_to(".provenv/old/current/venv")
    assert link_for_editors(layout) is True
    assert str(layout.editor_link.readlink()) == ".provenv/here/current/venv"
