"""What a command line of `cp` means."""

from __future__ import annotations

import pytest

from provenv.app.on_hosts.paths import Piece, folder_name, pieces, read_copying
from provenv.errors import Exit, Failure


@pytest.mark.parametrize(
    ("paths", "into", "expected"),
    [
        (["data/", ":data/"], "", [("data/", "data/")]),
        (["data", ":data/"], "", [("data", "data/data")]),
        (["data", ":new"], "", [("data", "new")]),
        (["a.txt", "b/c.txt", ":x/"], "", [("a.txt", "x/a.txt"), ("b/c.txt", "x/c.txt")]),
        (["a.txt", ":"], "", [("a.txt", "./a.txt")]),
        (["a.txt", ":~"], "", [("a.txt", "~/a.txt")]),
        (["..", ":up"], "", [("..", "up")]),
        ([":runs/log.txt", "logs/"], "", [("runs/log.txt", "logs/log.txt")]),
        ([":runs/log.txt", "log"], "", [("runs/log.txt", "log")]),
        ([":runs/log.txt", "logs/"], "n1", [("runs/log.txt", "logs/n1/log.txt")]),
        ([":runs/log.txt", "logs"], "n1", [("runs/log.txt", "logs/n1/log.txt")]),
        ([":runs/", "logs/"], "n1", [("runs/", "logs/n1")]),
        ([":", "all/"], "", [(".", "all/")]),
    ],
)
def test_each_thing_gets_its_place(paths, into, expected):
    copying = read_copying(paths)
    assert copying.fetching is paths[0].startswith(":")
    assert pieces(copying, into) == tuple(Piece(*one) for one in expected)


@pytest.mark.parametrize(
    ("paths", "code"),
    [
        (["a", "b"], "PV1310"),
        ([":a", ":b"], "PV1310"),
        ([":a", "b", "c/"], "PV1310"),
        ([":a", "b", ":c/"], "PV1310"),
        (["a", "b", ":c"], "PV1311"),
        (["x/a", "y/a", ":c/"], "PV1311"),
    ],
)
def test_what_means_nothing_is_refused(paths, code):
    with pytest.raises(Failure) as caught:
        read_copying(paths)
    assert [one.code for one in caught.value.problems] == [code]
    assert caught.value.exit_code == Exit.USAGE


@pytest.mark.parametrize(
    ("host", "folder"), [("n1", "n1"), ("me@n1:2222", "me@n1_2222"), ("[::1]:22", "1_22"), ("..", "_")]
)
def test_a_host_names_a_folder(host, folder):
    assert folder_name(host) == folder
