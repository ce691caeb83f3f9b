"""`provenv diff`: two real generations, edited receipts, files of other machines, and what is not there."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from provenv.app.choices import COMPARED
from provenv.model.diff import PARTS
from provenv.model.image import Image
from provenv.targets.images import write_image
from provenv.targets.layout import Layout

DECLARED = 'schema = 1\nname = "p"\nrequirements = ["alpha<2"]\n'


def twice_up(workplace):
    tool = workplace(DECLARED)
    assert tool("up").code == 0
    tool.write("provenv.toml", DECLARED.replace('"alpha<2"', '"alpha>1", "beta"'))
    assert tool("up").code == 0
    return tool


@pytest.fixture
def two(copied):
    """Return a project with two proven generations: a package changed, another came."""
    return copied(twice_up)


def folder(tool, number: int = 2) -> Path:
    return tool.root / f".provenv/here/generations/{number:04d}"


def edit(path: Path, change) -> None:
    """Change a record as its JSON."""
    data = json.loads(path.read_text("utf-8"))
    change(data)
    path.write_text(json.dumps(data), "utf-8")


def moved(data) -> dict[str, tuple[str, ...]]:
    found = {one["name"]: one for one in data["versions"]["packages"] if one["kind"] != "keep"}
    return {
        name: tuple(one[key] for key in ("kind", "old", "new", "version") if key in one)
        for name, one in found.items()
    }


def test_the_current_generation_against_the_one_before_it(two):
    shown = two("diff", "--json")
    assert shown.code == 0, shown.err
    data = shown.data
    assert (data["before"]["label"], data["after"]["label"]) == ("here:1", "here:2")
    assert moved(data) == {"alpha": ("change", "1.0", "2.0"), "beta": ("install", "1.0")}
    assert {one["name"] for one in data["versions"]["about"] if one["differs"]} == {"lock", "declared"}
    assert not data["numerics"]["differs"]
    assert {one["before"] for one in data["numerics"]["checks"]} == {"passed"}
    assert {one["name"] for one in data["speed"]["measures"]} >= {"storage.write"}
    assert (data["machine"]["differs"], data["machine"]["told"]) == (False, True)


def test_how_a_generation_is_named(two):
    for arguments, sides in (
        (("1",), ("here:1", "here:2")),
        (("2", "1"), ("here:2", "here:1")),
        (("here:1", "here"), ("here:1", "here:2")),
        ((":1", "here~0"), ("here:1", "here:2")),
        (("here~1", "~1"), ("here:1", "here:1")),
    ):
        data = two("diff", *arguments, "--json").data
        assert (data["before"]["label"], data["after"]["label"]) == sides
        assert data["differs"] is (sides[0] != sides[1])


def test_an_edited_receipt_shows_what_is_slower_failed_and_computed_otherwise(two):
    older = json.loads((folder(two, 1) / "proof.json").read_text("utf-8"))["outcomes"]
    paces = {(one["name"], each["name"]): each["value"] for one in older for each in one["measures"]}

    def change(data):
        for one in data["outcomes"]:
            for measure in one["measures"]:
                # of the older's: what was measured differs by itself on a machine that is busy
                measure["value"] = paces[one["name"], measure["name"]] / 10
        by_name = {one["name"]: one for one in data["outcomes"]}
        by_name["imports"].update(status="failed", why={"key": "verbatim", "args": {"text": "it broke"}})
        by_name["dependencies"].update(distance=0.5, tolerance=1.0)

    def before(data):
        next(one for one in data["outcomes"] if one["name"] == "dependencies").update(
            distance=0.25, tolerance=1.0
        )

    edit(folder(two, 1) / "proof.json", before)
    edit(folder(two) / "proof.json", change)
    data = two("diff", "--json").data
    checks = {one["name"]: one for one in data["numerics"]["checks"]}
    assert (checks["imports"]["before"], checks["imports"]["after"]) == ("passed", "failed")
    assert checks["imports"]["why"]["text"] == "it broke"
    assert checks["dependencies"]["results"] == "differ"
    assert {one["pace"] for one in data["speed"]["measures"]} == {"slower"}
    for width in ("100", "44"):
        for language, words in (("en", ("it broke", "slower")), ("zh", ("it broke", "变慢"))):
            shown = two("diff", COLUMNS=width, PROVENV_LANG=language)
            assert shown.code == 0
            assert all(word in shown.out for word in words)
            assert "0.25 → 0.5" in shown.out


def test_the_exit_code_tells_of_all_but_the_speed(two):
    assert two("diff", "--exit-code").code == 10
    assert two("diff", "--exit-code", "--only", "machine").code == 0
    assert two("diff", "--exit-code", "1", "here:1").code == 0
    edit(folder(two) / "proof.json", lambda data: [one.update(seconds=99.0) for one in data["outcomes"]])
    only = two("diff", "--exit-code", "--only", "speed", "--only", "numerics", "--json")
    assert only.code == 0
    assert only.data["speed"]["differs"] is True
    assert only.data["versions"] is None
    assert two("diff", "--only", "weather").code == 2


def test_a_receipt_of_another_machine(two, tmp_path):
    printed = two("prove", "--json")
    assert printed.code == 0
    other = tmp_path / "elsewhere.json"
    other.write_text(printed.out, "utf-8")

    def there(document):
        document["data"]["target"] = "cluster"
        document["data"]["digests"].update(lock="0" * 64, facts="0" * 64)

    edit(other, there)
    data = two("diff", str(other), "--json").data
    assert (data["before"]["label"], data["before"]["target"]) == ("elsewhere", "cluster")
    assert data["versions"]["packages"] is None
    assert [one["name"] for one in data["versions"]["about"] if one["differs"]] == ["lock"]
    assert (data["machine"]["told"], data["machine"]["differs"]) == (False, True)
    assert data["numerics"]["differs"] is False
    # a generation's own folder has the packages and the facts beside the receipt
    copy = tmp_path / "copy"
    shutil.copytree(folder(two, 1), copy, ignore=shutil.ignore_patterns("venv"))
    for named in (copy, copy / "proof.json"):
        data = two("diff", str(named), "--json").data
        assert moved(data)["alpha"] == ("change", "1.0", "2.0")
        assert data["machine"]["told"] is True
    # what `up --json` and `status --json` print holds the receipt, too
    status = tmp_path / "status.json"
    status.write_text(two("status", "--json").out, "utf-8")
    assert two("diff", "1", str(status), "--json").data["versions"]["packages"] is not None


def test_a_generation_without_a_receipt_is_compared_as_far_as_it_goes(two):
    (folder(two, 1) / "proof.json").unlink()
    shown = two("diff", "--json")
    assert (shown.code, shown.codes) == (0, ["PV1134"])
    assert moved(shown.data)["beta"] == ("install", "1.0")
    assert shown.data["numerics"]["unproven"] == ["here:1"]
    assert "PV1134" in two("diff").err


def test_what_is_not_there_is_told_with_what_to_do(two, tmp_path):
    (tmp_path / "none.json").write_text('{"provenv": 1, "ok": true, "data": {"a": 1}}', "utf-8")
    (tmp_path / "broken.json").write_text('{\n "a": ', "utf-8")
    (tmp_path / "newer.json").write_text('{"outcomes": [], "schema": 2}', "utf-8")
    (tmp_path / "failed.json").write_text(
        '{"provenv": 1, "command": "prove", "ok": false, "data": null, "problems": [{"code": "PV721"}]}',
        "utf-8",
    )
    for arguments, code, exit_code in (
        (("3",), "PV1133", 1),
        (("here~2",), "PV1139", 1),
        (("1", "here~9"), "PV1139", 1),
        (("lab",), "PV703", 1),
        (("no such thing",), "PV1130", 2),
        ((str(tmp_path / "absent.json"),), "PV1136", 1),
        ((str(tmp_path / "none.json"),), "PV1137", 1),
        ((str(tmp_path / "broken.json"),), "PV1137", 1),
        ((str(tmp_path / "failed.json"),), "PV1137", 1),
        ((str(tmp_path / "newer.json"),), "PV1138", 1),
        ((str(two.root),), "PV1136", 1),
    ):
        ended = two("diff", *arguments, "--json")
        assert (ended.code, ended.codes) == (exit_code, [code]), arguments
        assert ended.document["problems"][0]["hints"] or code == "PV703"
    place = two("diff", str(tmp_path / "broken.json"), "--json").document["problems"][0]["where"]
    assert place["line"] == 2


def test_before_there_is_anything_to_compare(workplace):
    tool = workplace(DECLARED + '[target.lab]\nkind = "venv"\n')
    for arguments in ((), ("1",), ("lab",)):
        assert tool("diff", *arguments, "--json").codes == ["PV1131"]
    assert tool("up").code == 0
    first = tool("diff", "--json")
    assert (first.code, first.codes) == (1, ["PV1135"])
    assert tool("up", "--on", "lab").code == 0
    across = tool("diff", "lab", "--json")
    assert (across.data["before"]["label"], across.data["after"]["label"]) == ("lab:1", "here:1")
    # whoever has another target is told that it can be compared
    hints = tool("diff", "--json").document["problems"][0]["hints"]
    assert "provenv diff lab here" in [hint["command"] for hint in hints]
    assert tool("gc", "--keep", "0").code == 0


def test_after_a_rollback_the_later_one_can_be_compared(two):
    assert two("rollback").code == 0
    ended = two("diff", "--json")
    assert ended.codes == ["PV1135"]
    command = ended.document["problems"][0]["hints"][0]["command"]
    assert command == "provenv diff 2"
    data = two(*command.split()[1:], "--json").data
    assert (data["before"]["label"], data["after"]["label"]) == ("here:2", "here:1")


def test_what_was_removed_is_told_from_what_never_was(two):
    for _ in range(2):
        assert two("up", "--repair").code == 0
    assert two("gc", "--keep", "1").code == 0
    why = {number: two("diff", number, "--json").document["problems"][0]["why"]["key"] for number in "19"}
    assert why == {"1": "PV1133.why_gone", "9": "PV1133.why_never"}


def test_the_parts_that_can_be_chosen_are_those_that_there_are():
    assert COMPARED == PARTS


def test_an_image_is_compared_by_its_base_and_size(two):
    for number, base, size in ((1, "python:3.11-slim", 180_000_000), (2, "debian:12-slim", 140_000_000)):
        image = Image("sha256:1", f"p:{number}", "docker", base, "recipe", "below", size)
        write_image(Layout(two.root, "here"), number, image)
    about = {one["name"]: one for one in two("diff", "--json").data["versions"]["about"]}
    assert (about["base"]["before"], about["base"]["after"]) == ("python:3.11-slim", "debian:12-slim")
    assert (about["image"]["after"], about["image"]["differs"]) == (140_000_000, True)
    assert "180 MB → 140 MB" in two("diff").out
