"""What a lock for several hosts is made from: what they told within a day, else what they tell now."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from fleet_world import answering
from provenv.app.fleet.facts import asked
from provenv.app.fleet.kept import Kept
from provenv.app.locking import fits, ground
from provenv.app.project import Project, open_project
from provenv.errors import Failure
from provenv.model.lock import Lock

DECLARED = """
schema = 1
name = "digits"
requirements = []
{more}
[target.pair]
kind = "ssh"
hosts = ["n1.invalid", "n2.invalid"]
folder = "~/digits"
{facts}
"""


def older(items: dict[str, Any]) -> None:
    """Give a host an older C library."""
    items["platform.system"]["value"]["libc"] = "glibc 2.17"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "provenv.toml").write_text(DECLARED.format(more="", facts=""))
    found = open_project(tmp_path, target="pair", environment={"PATH": os.environ["PATH"], "HOME": "/"})
    asked(found, [("n1.invalid", answering("n1")), ("n2.invalid", answering("n2", older))], "~/digits")
    return found


def test_what_hosts_told_within_a_day_is_taken(project: Project) -> None:
    base = ground(project)
    assert base.foreign
    assert base.facts.platform.libc_version == "2.17"
    (choice,) = base.told
    assert (choice.subject, choice.value, choice.why.args) == ("hosts:libc", "2.17", {"hosts": "n2.invalid"})
    # which host it was decides nothing: a lock does not fall with it
    lock = Lock("pair", "3.11", "x86_64-manylinux_2_17", (), (), "", {"spec": base.spec.digest})
    assert fits(lock, base) == fits(lock, ground(project))


def test_what_they_told_longer_ago_is_asked_again(project: Project) -> None:
    told = Kept(project.layout).folder("n2.invalid") / "facts.json"
    yesterday = time.time() - 25 * 3600
    os.utime(told, (yesterday, yesterday))
    with pytest.raises(Failure) as caught:
        ground(project)
    assert [one.code for one in caught.value.problems] == ["PV1292"]


def test_the_targets_own_facts_file_wins(project: Project) -> None:
    own = Kept(project.layout).folder("n1.invalid") / "facts.json"
    (project.root / "one.json").write_bytes(own.read_bytes())
    (project.root / "provenv.toml").write_text(DECLARED.format(more="", facts='facts = "one.json"'))
    base = ground(project)
    assert base.facts.platform.libc_version != "2.17"
    assert base.told == ()
