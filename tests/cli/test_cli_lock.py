"""Locks: kept, refused, moved, of other tools, for other machines; and edits of the declared file."""

from __future__ import annotations

import hashlib

DECLARED = 'schema = 1\nname = "p"\nrequirements = ["alpha<2"]\n'


def test_locked_refuses_to_lock_anew(workplace):
    tool = workplace(DECLARED)
    assert tool("up", "--locked", "--json").codes == ["PV762"]
    tool("lock")
    assert tool("up", "--locked").code == 0
    tool.write("provenv.toml", DECLARED.replace("<2", ""))
    refused = tool("up", "--locked", "--json")
    assert (refused.code, refused.codes) == (1, ["PV761"])


def test_upgrade_moves_the_pins_that_are_named(workplace):
    tool = workplace('schema = 1\nname = "p"\nrequirements = ["alpha"]\n')
    newest = tool.wheels / "alpha-2.0-py3-none-any.whl"
    kept = newest.rename(tool.root / newest.name)
    assert tool("up").code == 0
    kept.rename(newest)
    assert tool("lock", "--json").data["changes"][0]["kind"] == "keep"
    moved = tool("lock", "--upgrade", "alpha", "--json").data["changes"]
    assert [(one["kind"], one["old"], one["new"]) for one in moved] == [("change", "1.0", "2.0")]


def test_a_conflict_is_shown_as_uv_explains_it_with_the_users_line(workplace):
    tool = workplace('schema = 1\nname = "p"\nrequirements = ["alpha>9"]\n')
    failed = tool("up")
    assert failed.code == 1
    assert "alpha>9" in failed.err
    assert "provenv.toml:3" in failed.err
    assert not (tool.root / ".provenv/here/current").exists()


def test_add_and_remove_edit_the_file_and_keep_its_comments(workplace):
    tool = workplace('schema = 1  # first\nname = "p"\nrequirements = [\n    "alpha<2",  # why\n]\n')
    before = (tool.root / "provenv.toml").read_text()
    assert tool("add", "beta").code == 0
    assert '"beta"' in (tool.root / "provenv.toml").read_text()
    assert tool("remove", "beta").code == 0
    assert (tool.root / "provenv.toml").read_text() == before


def test_a_variable_in_the_requirements_is_filled_in_and_noticed_when_it_changes(workplace):
    tool = workplace()
    elsewhere = tool.root.parent / "elsewhere"
    elsewhere.mkdir()
    for wheel in tool.wheels.iterdir():
        wheel.rename(elsewhere / wheel.name)
    tool.write("requirements.txt", "--find-links ${WHEELS}\nalpha\n")
    assert tool("up", "--json").code == 1
    assert tool("up", "--json", WHEELS=str(elsewhere)).code == 0
    assert tool("up", "--json", WHEELS=str(elsewhere)).data["unchanged"] is True
    reasons = tool("status", "--json", WHEELS=str(tool.wheels)).data["reasons"]
    assert [one["key"] for one in reasons] == ["plan.stale.variable"]


FOREIGN = """
lock-version = "1.0"
created-by = "another"

[[packages]]
name = "alpha"
version = "1.0"

[[packages.wheels]]
path = "{path}"
hashes = {{ sha256 = "{digest}" }}
"""


def test_a_lock_of_another_tool_is_honoured_and_never_overwritten(workplace):
    tool = workplace(DECLARED.replace("<2", ""))
    wheel = tool.wheels / "alpha-1.0-py3-none-any.whl"
    foreign = FOREIGN.format(path=wheel, digest=hashlib.sha256(wheel.read_bytes()).hexdigest())
    tool.write("pylock.toml", foreign)
    assert tool("up", "--json").data["generation"]["packages"] == {"alpha": "1.0"}
    refused = tool("lock", "--json")
    assert (refused.code, refused.codes) == (1, ["PV766"])
    assert (tool.root / "pylock.toml").read_text() == foreign


def test_a_project_without_any_requirement_can_be_locked_again_and_again(workplace):
    tool = workplace('schema = 1\nname = "p"\nrequirements = []\n')
    assert tool("lock").code == 0
    assert tool("add", "alpha").code == 0
    assert tool("lock").code == 0
    assert tool("up").code == 0


def test_a_lock_for_a_facts_file_is_named_after_it(workplace):
    tool = workplace(DECLARED)
    tool.write("box.json", tool("facts", "--json").out)
    locked = tool("lock", "--facts", "box.json", "--json").data
    assert (locked["lock"]["target"], locked["path"]) == ("box", "pylock.box.toml")
