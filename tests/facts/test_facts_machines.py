"""machines/*.json: whole facts of kinds of machine, as other rooms' tests take them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from provenv import facts
from provenv.model.codec import to_json

MACHINES = sorted((Path(__file__).parent.parent / "machines").glob("*.json"))


@pytest.mark.parametrize("path", MACHINES, ids=lambda path: path.stem)
def test_a_machine_is_loaded_and_written_the_same(path: Path) -> None:
    found = facts.load(path)
    assert to_json(found) == json.loads(path.read_text(encoding="utf-8"))
    assert found.platform.machine
    assert len(facts.digest(found)) == 64


def test_no_two_machines_are_alike_in_what_decides() -> None:
    digests = {facts.digest(facts.load(path)): path.stem for path in MACHINES}
    # a processor's model and an operating system's name decide nothing
    assert len(digests) >= len(MACHINES) - 8


def test_facts_of_before_the_other_vendors_are_read(tmp_path: Path) -> None:
    new = ("amd", "intel", "apple", "ascend", "tpu", "toolkits", "engines", "kvm", "kubernetes", "slurm")
    data = to_json(facts.load(MACHINES[0]))
    old = {key: value for key, value in data.items() if key not in (*new, "clouds")}
    old["platform"] = {key: value for key, value in old["platform"].items() if key != "l4t"}
    path = tmp_path / "old.json"
    path.write_text(json.dumps(old), encoding="utf-8")
    found = facts.load(path)
    assert (found.amd.state, found.kvm, found.clouds, found.platform.l4t) == ("none", "absent", (), "")
