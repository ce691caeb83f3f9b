"""Facts of many hosts: differences, problems; what answered is kept and need not be asked again."""

from __future__ import annotations

import json
import platform
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fleet_world import answering, unreachable
from provenv import facts
from provenv.app.fleet.facts import asked
from provenv.app.fleet.hosts import chosen_of, hosts_of, options_of
from provenv.app.fleet.kept import Kept
from provenv.app.project import Project, local_target
from provenv.cli.program import main
from provenv.errors import Failure, Problem
from provenv.hosts.fake import FakeHost
from provenv.hosts.ssh import SshHost
from provenv.model.fleet import FleetFacts
from provenv.model.progress import Silent
from provenv.spec.hosts import read_hosts

FOLDER = "~/.local/share/provenv/digits"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    declared = 'name = "digits"\nrequirements = []\n[target.pair]\nkind = "ssh"\n'
    hosts = 'hosts = ["n[1-3]", "bob@gate:2222", "gate"]\n[target.box]\nkind = "image"\n'
    (tmp_path / "provenv.toml").write_text(declared + hosts, "utf-8")
    return Project(tmp_path, tmp_path, "pair", {"PATH": "/usr/bin:/bin"})


def failed(project: Project, hosts: list[tuple[str, FakeHost]], **options: Any) -> FleetFacts:
    with pytest.raises(Failure) as caught:
        asked(project, hosts, FOLDER, **options)
    assert [one.code for one in caught.value.problems] == ["PV1292"]
    assert isinstance(caught.value.data, FleetFacts)
    return caught.value.data


def test_every_host_is_asked_about_itself_and_its_folder(project: Project) -> None:
    hosts = [(name, answering(name)) for name in ("n1", "n2")]
    found = asked(project, hosts, FOLDER)
    assert [(one.host, one.value.host if one.value else "") for one in found.hosts] == [
        ("n1", "n1"),
        ("n2", "n2"),
    ]
    assert found.differing == ()
    assert found.kept == ()
    for _, host in hosts:
        assert len(host.calls) == 1
        assert FOLDER in host.calls[0].stdin.decode()


def test_seven_of_a_thousand_are_told_and_only_they_are_asked_again(project: Project) -> None:
    names = [f"node{number:04}" for number in range(1, 1001)]
    down = set(names[100:800:100])
    hosts = [(name, unreachable(name) if name in down else answering(name)) for name in names]
    found = failed(project, hosts)
    assert [one.host for one in found.hosts] == names
    assert {one.host for one in found.hosts if not one.ok} == down
    assert sum(len(host.calls) for _, host in hosts) == 1000

    again = [(name, answering(name) if name == "node0101" else unreachable(name)) for name in names]
    found = failed(project, again, only_failed=True)
    assert {name for name, host in again if host.calls} == down
    assert set(found.kept) == set(names) - down
    assert {one.host for one in found.hosts if not one.ok} == down - {"node0101"}

    down.remove("node0101")
    last = [(name, answering(name)) for name in names]
    found = asked(project, last, FOLDER, only_failed=True)
    assert {name for name, host in last if host.calls} == down
    assert all(one.ok for one in found.hosts)


def test_twice_as_many_hosts_are_twice_as_many_calls(project: Project) -> None:
    def calls(count: int) -> int:
        hosts = [(f"n{number}", answering()) for number in range(count)]
        asked(project, hosts, FOLDER)
        return sum(len(host.calls) for _, host in hosts)

    assert (calls(20), calls(40)) == (20, 40)


def test_what_is_kept_is_a_facts_file_and_stays_when_a_host_is_lost(project: Project) -> None:
    first = asked(project, [("bob@gate:2222", answering("gate"))], FOLDER)
    kept = Kept(project.layout)
    file = kept.folder("bob@gate:2222") / "facts.json"
    assert file.parent.parent == project.root / ".provenv" / "pair" / "hosts"
    assert ":" not in file.parent.name
    assert facts.load(file) == first.hosts[0].value
    assert (project.root / ".provenv" / ".gitignore").read_text() == "*\n"
    failed(project, [("bob@gate:2222", unreachable("gate"))])
    assert facts.load(file) == first.hosts[0].value
    assert kept.read("bob@gate:2222") is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe\x00", b'{"platform": 3}'])
def test_a_torn_file_is_asked_for_again(project: Project, content: bytes) -> None:
    asked(project, [("n1", answering())], FOLDER)
    (Kept(project.layout).folder("n1") / "facts.json").write_bytes(content)
    host = answering()
    asked(project, [("n1", host)], FOLDER, only_failed=True)
    assert len(host.calls) == 1


def test_what_cannot_be_kept_is_shown_all_the_same(project: Project) -> None:
    (project.root / ".provenv").write_text("in the way")
    warned: list[Problem] = []
    progress = Silent()
    progress.warn = warned.append  # type: ignore[method-assign]
    found = asked(replace(project, progress=progress), [(n, answering(n)) for n in ("n1", "n2")], FOLDER)
    assert all(one.ok for one in found.hosts)
    assert [(one.code, one.severity) for one in warned] == [("PV402", "warning")]


def test_clock_and_seconds_are_kept_too(project: Project) -> None:
    first = asked(project, [("n1", answering(ahead=90.0))], FOLDER)
    again = asked(project, [("n1", unreachable("n1"))], FOLDER, only_failed=True)
    assert again.clocks == first.clocks
    assert again.hosts == first.hosts
    assert again.kept == ("n1",)


def test_in_what_hosts_differ(project: Project) -> None:
    def old(items: dict[str, Any]) -> None:
        items["platform.system"]["value"].update(libc="glibc 2.17", machine="aarch64")

    hosts = [
        ("n1", answering("n1")),
        ("n2", answering("n2", old)),
        ("n3", answering("n3", ahead=-3600.0)),
        ("n4", unreachable("n4")),
    ]
    found = failed(project, hosts)
    differing = {one.what: one.groups for one in found.differing}
    assert set(differing) >= {"machine", "libc", "clock"}
    assert differing["libc"][0].hosts == ("n1", "n3")
    assert (differing["libc"][1].value, differing["libc"][1].hosts) == ("glibc 2.17", ("n2",))
    assert differing["clock"][0].hosts == ("n3",)
    assert float(differing["clock"][0].value) == pytest.approx(-3600, abs=30)


def test_the_hosts_of_a_target_are_channels(project: Project) -> None:
    found = hosts_of(project)
    assert [name for name, _ in found] == ["n1", "n2", "n3", "bob@gate:2222", "gate"]
    assert all(isinstance(host, SshHost) for _, host in found)
    assert options_of(project).folder == FOLDER


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (["n2"], ["n2"]),
        (["n3", "n1"], ["n1", "n3"]),
        (["n[1-2]"], ["n1", "n2"]),
        (["gate"], ["gate"]),
        (["bob@gate:2222"], ["bob@gate:2222"]),
        (["n1", "n1"], ["n1"]),
    ],
)
def test_some_hosts(project: Project, wanted: list[str], names: list[str]) -> None:
    assert [name for name, _ in hosts_of(project, wanted)] == names


def test_a_host_may_be_called_by_its_own_name() -> None:
    addresses = [*read_hosts("bob@gate:2222"), *read_hosts("eve@n1"), *read_hosts("bob@n1")]
    assert [one.name for one in chosen_of(addresses, ["gate"])] == ["bob@gate:2222"]
    with pytest.raises(Failure) as caught:
        list(chosen_of(addresses, ["n1"]))
    assert caught.value.problems[0].code == "PV1295"


def test_a_host_that_is_not_there(project: Project) -> None:
    with pytest.raises(Failure) as caught:
        hosts_of(project, ["n4"])
    (problem,) = caught.value.problems
    assert problem.code == "PV1294"
    assert [hint.text.args for hint in problem.hints if hint.text]


@pytest.mark.parametrize("target", ["here", "box"])
def test_other_targets_have_no_hosts(project: Project, target: str) -> None:
    with pytest.raises(Failure) as caught:
        options_of(Project(project.root, project.folder, target, project.environment))
    assert caught.value.problems[0].code == "PV1293"


def test_what_is_for_this_machine_alone_says_where_hosts_stand(project: Project) -> None:
    with pytest.raises(Failure) as caught:
        local_target(project, project.spec())
    (problem,) = caught.value.problems
    assert (problem.code, problem.why.key if problem.why else "") == ("PV405", "PV405.why_ssh")
    assert [hint.command for hint in problem.hints] == ["provenv status --on pair"]


def test_facts_of_a_host_make_a_lock_possible(project: Project) -> None:
    asked(project, [("n1", answering())], FOLDER)
    text = (Kept(project.layout).folder("n1") / "facts.json").read_text("utf-8")
    assert json.loads(text)["asked"]["clock"].keys() == {"ahead", "error"}


@pytest.mark.skipif(sys.platform != "linux", reason="asks this machine")
def test_an_image_target_is_asked_about_as_before(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project.root)
    assert main(["facts", "--on", "box", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["data"]["host"] == platform.node()


@pytest.mark.parametrize(
    ("words", "code", "exit_code"),
    [
        (["facts", "--on", "nope"], "PV703", 1),
        (["facts", "--on", "box", "--host", "n1"], "PV1293", 2),
        (["facts", "--only-failed"], "PV1293", 2),
        (["facts", "--on", "pair", "--host", "x9"], "PV1294", 2),
        (["up", "--on", "pair", "--host", "n1"], "PV1344", 2),
        (["render", "direnv", "--on", "pair"], "PV405", 1),
    ],
)
def test_what_cannot_be_asked(
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    code: str,
    exit_code: int,
) -> None:
    monkeypatch.chdir(project.root)
    assert main([*words, "--json"]) == exit_code
    assert [one["code"] for one in json.loads(capsys.readouterr().out)["problems"]] == [code]
