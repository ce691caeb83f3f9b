"""FakeHost: what other people's tests may rely on."""

from __future__ import annotations

import re

import pytest

from provenv.errors import Failure, problem
from provenv.hosts.fake import Answer, Call, FakeHost, Hang, HungWithoutLimit
from provenv.hosts.local import LocalHost
from provenv.model.channel import Completed, Host


def test_both_hosts_fit_the_protocol() -> None:
    hosts: list[Host] = [FakeHost(), LocalHost()]
    assert len(hosts) == 2


def test_the_first_answer_that_fits_counts() -> None:
    host = FakeHost.of((("uv", "--version"), "uv 1\n"), (("uv",), 2), (re.compile(r"^git .*--short"), b"abc"))
    assert host.exec(["uv", "--version"]).out == "uv 1\n"
    assert host.exec(["uv", "pip"]).code == 2
    assert host.exec(["git", "rev-parse", "--short"]).stdout == b"abc"
    with pytest.raises(Failure) as caught:
        host.exec(["git", "status"])
    assert caught.value.problems[0].code == "PV801"


def test_answers_can_be_used_up() -> None:
    host = FakeHost([Answer("true", 1, times=1), Answer("true", 0)])
    assert [host.exec(["true"]).code for _ in range(3)] == [1, 0, 0]


def test_calls_are_recorded_and_replies_may_compute() -> None:
    def reply(call: Call) -> Completed:
        return Completed(call.argv, 0, call.stdin.upper())

    host = FakeHost.of((("tr",), reply))
    assert host.exec(["tr"], stdin=b"a", environment={"A": "1"}, folder="/f", limit=3).out == "A"
    assert host.calls == [Call(("tr",), b"a", {"A": "1"}, "/f", 3)]


def test_lines_are_told() -> None:
    out: list[str] = []
    err: list[str] = []
    host = FakeHost.of((("x",), Completed((), 0, b"a\r\nb", b"c\n")))
    host.exec(["x"], on_stdout=out.append, on_stderr=err.append)
    assert (out, err) == (["a", "b"], ["c"])


def test_a_hang_needs_a_limit() -> None:
    host = FakeHost.of((("x",), Hang(b"so far")))
    done = host.exec(["x"], limit=2)
    assert (done.timed_out, done.code, done.seconds, done.out) == (True, -15, 2, "so far")
    with pytest.raises(HungWithoutLimit):
        host.exec(["x"])


def test_a_reply_may_be_an_error() -> None:
    with pytest.raises(KeyboardInterrupt):
        FakeHost.of((("x",), KeyboardInterrupt())).exec(["x"])
    with pytest.raises(Failure):
        FakeHost.of((("x",), Failure(problem("PV807", host="h")))).exec(["x"])


def test_files_and_modes() -> None:
    host = FakeHost(files={"/a": b"1"})
    host.put(b"2", "/b", mode=0o755)
    assert (host.get("/a"), host.get("/b"), host.modes["/b"]) == (b"1", b"2", 0o755)
    with pytest.raises(FileNotFoundError):
        host.get("/c")


def test_an_unreachable_host_fails_at_everything() -> None:
    host = FakeHost.of((("x",), 0))
    host.unreachable = True
    for attempt in (lambda: host.exec(["x"]), lambda: host.put(b"", "/a"), lambda: host.get("/a")):
        with pytest.raises(Failure) as caught:
            attempt()
        assert caught.value.problems[0].code == "PV807"
