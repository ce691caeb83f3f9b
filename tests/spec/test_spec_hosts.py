"""Hosts as they are declared: addresses, ranges, the folder; what is not one, and why."""

from __future__ import annotations

from pathlib import Path

import pytest

from provenv import spec
from provenv.errors import Failure
from provenv.model.fleet import Address
from provenv.model.host_names import folded
from provenv.model.spec import Spec
from provenv.spec.hosts import MOST, NotAHost, read_folder, read_hosts, ssh_options


@pytest.mark.parametrize(
    ("words", "user", "host", "port", "destination"),
    [
        ("n1", "", "n1", None, "n1"),
        ("bob@n1", "bob", "n1", None, "bob@n1"),
        ("bob@n1.cluster.example:2222", "bob", "n1.cluster.example", 2222, "bob@n1.cluster.example"),
        ("10.77.0.11:22", "", "10.77.0.11", 22, "10.77.0.11"),
        ("[fe80::1%eth0]:22", "", "fe80::1%eth0", 22, "fe80::1%eth0"),
        ("bob@[2001:db8::1]", "bob", "2001:db8::1", None, "bob@2001:db8::1"),
        ("2001:db8::1", "", "2001:db8::1", None, "2001:db8::1"),
        ("训练机", "", "训练机", None, "训练机"),
        ("gpu_box+1", "", "gpu_box+1", None, "gpu_box+1"),
    ],
)
def test_addresses(words: str, user: str, host: str, port: int | None, destination: str) -> None:
    assert read_hosts(words) == (Address(words, user, host, port),)
    assert read_hosts(words)[0].destination == destination


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("n[1-3]", ["n1", "n2", "n3"]),
        ("n[08-10]", ["n08", "n09", "n10"]),
        ("n[8-10]", ["n8", "n9", "n10"]),
        ("node[01-02,20].cluster", ["node01.cluster", "node02.cluster", "node20.cluster"]),
        ("r[1-2]n[1-2]", ["r1n1", "r1n2", "r2n1", "r2n2"]),
        ("bob@n[1-2]:2222", ["bob@n1:2222", "bob@n2:2222"]),
        ("[1-2]", ["1", "2"]),
    ],
)
def test_ranges(words: str, names: list[str]) -> None:
    assert [one.name for one in read_hosts(words)] == names


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("", "host"),
        (" n1", "host"),
        ("n1 -p 22", "host"),
        ("n1\n", "host"),
        ("n1\x00", "host"),
        ("a/b", "host"),
        ("a;b", "host"),
        ("$(reboot)", "host"),
        ("*.cluster", "host"),
        ("..", "host"),
        ("@n1", "host"),
        ("[::1", "host"),
        ("[::1]x", "host"),
        ("-J", "host_option"),
        ("bob@-J", "host_option"),
        ("ssh://n1", "host_address"),
        ("bob:secret@n1", "host_password"),
        ("n1:0", "host_port"),
        ("n1:", "host_port"),
        ("n1:65536", "host_port"),
        ("n1:²", "host_port"),
        ("n[2-1]", "host_range"),
        ("n[1-", "host_range"),
        ("n[a-b]", "host_range"),
        ("n[1-999999999]", "host_many"),
        ("a[1-999999999]b[1-999999999]", "host_many"),
    ],
)
def test_what_is_no_host(words: str, why: str) -> None:
    with pytest.raises(NotAHost) as caught:
        read_hosts(words)
    assert caught.value.why == f"spec.bad.{why}"


def test_as_many_hosts_as_are_allowed() -> None:
    assert len(read_hosts(f"n[1-{MOST}]")) == MOST


@pytest.mark.parametrize(
    ("words", "folder"), [("/srv/x/", "/srv/x"), ("~/x y", "~/x y"), ("~", "~"), ("/", "/")]
)
def test_folders(words: str, folder: str) -> None:
    assert read_folder(words) == folder


@pytest.mark.parametrize("words", ["", "x", "~bob/x", "/srv/../etc", "~/..", "/a\nb", "$HOME/x"])
def test_what_is_no_folder(words: str) -> None:
    with pytest.raises(ValueError, match=r"^"):
        read_folder(words)


def load(folder: Path, target: str) -> Spec:
    (folder / "provenv.toml").write_text(
        f'name = "digits"\nrequirements = []\n[target.pair]\n{target}', "utf-8"
    )
    return spec.load(folder, {})


def test_the_hosts_of_a_target(tmp_path: Path) -> None:
    found = load(tmp_path, 'kind = "ssh"\nhosts = ["n[1-2]", "bob@n3:2222"]\npython = "3.11"\n')
    options = ssh_options(found, found.targets["pair"])
    assert [one.name for one in options.hosts] == ["n1", "n2", "bob@n3:2222"]
    assert options.folder == "~/.local/share/provenv/digits"
    found = load(tmp_path, 'kind = "ssh"\nhosts = ["n1"]\nfolder = "/srv/digits"\n')
    assert ssh_options(found, found.targets["pair"]).folder == "/srv/digits"


def test_a_target_of_which_only_facts_are_known_needs_no_hosts(tmp_path: Path) -> None:
    found = load(tmp_path, 'kind = "ssh"\nfacts = "n1.json"\n')
    assert ssh_options(found, found.targets["pair"]).hosts == ()


def test_a_password_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(Failure) as caught:
        load(tmp_path, 'kind = "ssh"\nhosts = ["bob:hunter2@n1"]\n')
    assert "hunter2" not in repr(caught.value.problems)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["n1"], "n1"),
        (["n1", "n2", "n3", "n7"], "n[1-3,7]"),
        (["n08", "n09", "n10"], "n[08-10]"),
        (["n8", "n9", "n10"], "n[8-10]"),
        (["n1.a", "n2.a", "n1.b"], "n[1-2].a, n1.b"),
        (["gate", "n2", "n1"], "gate, n[1-2]"),
        (["[fe80::1]:22", "[fe80::1]:23"], "[fe80::1]:22, [fe80::1]:23"),
        ([], ""),
    ],
)
def test_names_are_folded_as_they_are_declared(names: list[str], words: str) -> None:
    assert folded(names) == words
