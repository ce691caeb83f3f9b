"""A file is fetched whole or not at all, goes on where it stopped, and is believed by its digest alone."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from provenv.errors import Failure
from provenv.hosts.fetch import PART, Unfetched, fetch, is_whole, sha256_of
from provenv.hosts.reach import Access

BODY = bytes(range(256)) * 4096
DIGESTS = {"sha256": hashlib.sha256(BODY).hexdigest()}
NOWHERE = Access()


@dataclass
class Server:
    """One file at every path; `cuts` are the lengths after which the next answers break off."""

    body: bytes = BODY
    cuts: list[int] = field(default_factory=list)
    ranges: bool = True
    status: int = 200
    asked: list[str | None] = field(default_factory=list)
    address: str = ""


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked = self.headers.get("Range")
            state.asked.append(asked)
            start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and state.ranges else 0
            if state.status != 200 or start >= len(state.body):
                self.send_response(416 if state.status == 200 else state.status)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            body = state.body[start:]
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if state.cuts:
                self.wfile.write(body[: state.cuts.pop(0)])
                self.close_connection = True
            else:
                self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.daemon_threads = True
    threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    state.address = f"http://127.0.0.1:{running.server_port}/x.whl"
    yield state
    running.shutdown()
    running.server_close()


def get(server, goal, digests=DIGESTS):
    heard: list[int] = []
    size = fetch(server.address, goal, NOWHERE, digests=digests, advance=heard.append)
    return size, sum(heard)


def test_a_file_comes_whole_and_every_byte_is_counted(server, tmp_path):
    goal = tmp_path / "files" / "x.whl"
    assert get(server, goal) == (len(BODY), len(BODY))
    assert goal.read_bytes() == BODY
    assert is_whole(goal, DIGESTS)
    assert not goal.with_name(goal.name + PART).exists()


def test_a_connection_that_breaks_is_taken_up_again(server, tmp_path):
    server.cuts = [100_000, 1, 300_000]
    assert get(server, tmp_path / "x") == (len(BODY), len(BODY))
    assert server.asked == [None, "bytes=100000-", "bytes=100001-", "bytes=400001-"]


def test_what_an_earlier_run_left_is_not_asked_for_again(server, tmp_path):
    (tmp_path / f"x{PART}").write_bytes(BODY[:500_000])
    assert get(server, tmp_path / "x") == (len(BODY), len(BODY) - 500_000)
    assert server.asked == ["bytes=500000-"]


@pytest.mark.parametrize("torn", [bytes(500_000), bytes(len(BODY))], ids=["begun", "whole"])
def test_what_a_power_cut_has_torn_is_asked_for_again(server, tmp_path, torn):
    (tmp_path / f"x{PART}").write_bytes(torn)
    assert get(server, tmp_path / "x") == (len(BODY), len(BODY) - len(torn))
    assert sha256_of(tmp_path / "x") == DIGESTS["sha256"]
    assert server.asked == [f"bytes={len(torn)}-", None]


def test_a_part_that_nothing_can_check_is_not_continued(server, tmp_path):
    (tmp_path / f"x{PART}").write_bytes(bytes(500_000))
    fetch(server.address, tmp_path / "x", NOWHERE, digests={}, advance=lambda amount: None)
    assert (tmp_path / "x").read_bytes() == BODY


def test_a_part_that_is_complete_already_is_only_checked(server, tmp_path):
    (tmp_path / f"x{PART}").write_bytes(BODY)
    assert get(server, tmp_path / "x")[0] == len(BODY)


def test_a_server_without_ranges_starts_anew(server, tmp_path):
    server.ranges = False
    (tmp_path / f"x{PART}").write_bytes(b"other")
    assert get(server, tmp_path / "x") == (len(BODY), len(BODY) - 5)
    assert (tmp_path / "x").read_bytes() == BODY


def test_another_file_is_refused_and_removed(server, tmp_path):
    server.body = BODY[:-1] + b"!"
    with pytest.raises(Failure) as failed:
        get(server, tmp_path / "x")
    assert failed.value.problems[0].code == "PV367"
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_gives_nothing_is_given_up(server, tmp_path):
    server.cuts = [0] * 20
    with pytest.raises(Unfetched):
        get(server, tmp_path / "x")
    assert len(server.asked) == 5


@pytest.mark.parametrize(("status", "state"), [(404, "absent"), (401, "login"), (500, "status")])
def test_a_refusal_says_what_it_is(server, tmp_path, status, state):
    server.status = status
    with pytest.raises(Unfetched) as failed:
        get(server, tmp_path / "x")
    assert failed.value.reached.state == state


def test_a_file_of_this_machine_is_copied(tmp_path):
    source = tmp_path / "a b.whl"
    source.write_bytes(BODY)
    goal = tmp_path / "goal"
    fetch(source.as_uri(), goal, NOWHERE, digests=DIGESTS, advance=lambda amount: None)
    assert sha256_of(goal) == DIGESTS["sha256"]


def test_a_file_that_is_gone_is_told(tmp_path):
    with pytest.raises(Unfetched):
        fetch(
            (tmp_path / "no").as_uri(), tmp_path / "x", NOWHERE, digests=DIGESTS, advance=lambda amount: None
        )
