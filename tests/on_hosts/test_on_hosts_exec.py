"""`exec` on real hosts: whose words are whose, which code comes of several, and that nothing stays."""

from __future__ import annotations

import json
import os
import re
import signal

import pytest

from ssh_hosts import running, wait_until

pytestmark = pytest.mark.root


def test_lines_of_several_hosts_are_told_apart(fleet):
    code, out, err = fleet.run(
        "exec", "--on", "pair", "--", "sh", "-c", "hostname; pwd; printf open; echo bad >&2"
    )
    lines = out.decode().splitlines()
    assert code == 0
    for name in ("n1", "n2"):
        own = [line for line in lines if line.startswith(f"[{name}] ")]
        assert own == [f"[{name}] {one}" for one in (name, fleet.home(name) / "project", "open")]
    assert sorted(err.splitlines()) == ["[n1] bad", "[n2] bad"]


def test_one_host_has_the_streams_byte_for_byte(fleet):
    content = bytes(range(256)) * 1000 + b"no newline"
    code, out, _ = fleet.run("exec", "--on", "pair", "--host", "n2", "--", "cat", stdin=content)
    assert (code, out) == (0, content)


def test_several_hosts_get_no_input(fleet):
    code, out, _ = fleet.run("exec", "--on", "pair", "--", "wc", "-c", stdin=b"words")
    assert code == 0
    assert sorted(out.split()) == [b"0", b"0", b"[n1]", b"[n2]"]


def test_without_its_folder_a_host_works_at_home(fleet):
    (fleet.home("n1") / "project").rmdir()
    _, out, _ = fleet.run("exec", "--on", "pair", "--", "pwd")
    assert sorted(out.decode().splitlines()) == [
        f"[n1] {fleet.home('n1')}",
        f"[n2] {fleet.home('n2') / 'project'}",
    ]
    code, _, err = fleet.run("exec", "--on", "pair", "--folder", "~/project", "--", "pwd")
    assert code == 125
    assert "n1: ended with code 125" in err


@pytest.mark.parametrize(
    ("script", "code", "told"),
    [
        ('[ "$(hostname)" = n1 ] && exit 7; exit 3', 7, ["n1: ended with code 7", "n2: ended with code 3"]),
        ('[ "$(hostname)" = n1 ] && exit 7; exit 0', 7, ["n1: ended with code 7", "1 of 2 hosts"]),
        ("kill -9 $$", 137, ["n1: ended with code 137", "0 of 2 hosts"]),
    ],
)
def test_the_highest_code_is_that_of_all(fleet, script, code, told):
    ended, _, err = fleet.run("exec", "--on", "pair", "--", "sh", "-c", script)
    assert ended == code
    assert all(one in err for one in told), err


@pytest.mark.parametrize("host", [[], ["--host", "n1"]])
def test_what_is_not_there_and_what_may_not_run(fleet, host):
    code, _, err = fleet.run("exec", "--on", "pair", *host, "--", "no-such-program")
    assert code == 127
    assert "no-such-program: not found" in err
    code, _, err = fleet.run("exec", "--on", "pair", *host, "--", "/etc/passwd")
    assert code == 126
    assert "/etc/passwd: not executable" in err


def test_a_host_that_cannot_be_reached_does_not_stop_the_others(fleet, tmp_path):
    file = tmp_path / "ended.json"
    code, out, err = fleet.run("exec", "--on", "three", "--json-file", str(file), "--", "hostname")
    assert code == 125
    assert sorted(out.split()) == [b"[n1]", b"[n2]", b"n1", b"n2"]
    assert "gone.invalid: [PV1271]" in err
    found = json.loads(file.read_text())
    assert found["ok"] is False
    told = {
        one["host"]: (one["value"], one["problem"] and one["problem"]["code"])
        for one in found["data"]["hosts"]
    }
    assert told == {"n1": (0, None), "n2": (0, None), "gone.invalid": (None, "PV1271")}
    assert all(one["seconds"] > 0 for one in found["data"]["hosts"])


@pytest.mark.parametrize("host", [[], ["--host", "n1"]])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_leaves_nothing_running(fleet, host, number):
    mark = f"{os.getpid()}.{os.urandom(4).hex()}"
    script = (
        f"trap '' INT; echo begun; (exec sleep 1{os.getpid()}) & exec sh -c 'sleep 2{os.getpid()}; :' {mark}"
    )
    begun = fleet.begin("exec", "--on", "pair", *host, "--", "sh", "-c", script, start_new_session=True)
    assert begun.stdout is not None
    for _ in range(1 if host else 2):
        assert b"begun" in begun.stdout.readline()
    assert wait_until(lambda: len(running(f"sleep 2{os.getpid()}")) >= 1)
    begun.send_signal(number)
    begun.communicate(timeout=60)
    assert begun.returncode == 128 + number
    assert [*running(f"sleep 1{os.getpid()}"), *running(f"sleep 2{os.getpid()}")] == []


def test_the_first_failure_stops_the_others(fleet):
    mark = f"3{os.getpid()}"
    script = f'[ "$(hostname)" = n2 ] && exit 9; sleep {mark}'
    code, _, err = fleet.run("exec", "--on", "pair", "--first-failure", "--", "sh", "-c", script)
    assert code == 9
    assert "n1: [PV1306] stopped, because it failed on n2" in err
    assert running(f"sleep {mark}") == []


def test_a_reader_that_has_seen_enough_ends_it_everywhere(fleet):
    mark = f"4{os.getpid()}"
    begun = fleet.begin("exec", "--on", "pair", "--", "sh", "-c", f"yes & exec sleep {mark}")
    assert begun.stdout is not None
    assert re.fullmatch(rb"\[n[12]\] y\n", begun.stdout.readline())
    begun.stdout.close()
    begun.wait(60)
    assert begun.returncode == 0
    assert running(f"sleep {mark}") == []


def test_hosts_are_for_targets_that_have_some(fleet):
    code, _, err = fleet.run("exec", "--host", "n1", "--", "true")
    assert (code, "PV1293" in err) == (125, True)
    code, _, err = fleet.run("exec", "--on", "pair", "--host", "n3", "--", "true")
    assert (code, "PV1294" in err) == (125, True)
    code, _, err = fleet.run("exec", "--on", "pair")
    assert code == 2


def test_a_shell_is_on_one_host(fleet):
    code, _, err = fleet.run("shell", "--on", "pair")
    assert code == 2
    assert "PV1308" in err
    assert "`n1`, `n2`" in err
    script = b"pwd; hostname; exit 5\n"
    code, out, err = fleet.run("shell", "--on", "pair", "--host", "n2", stdin=script)
    assert code == 5, err
    assert out.decode().split() == [str(fleet.home("n2") / "project"), "n2"]
    code, _, err = fleet.run("shell", "--on", "three", "--host", "gone.invalid")
    assert code == 125
    assert "PV1307" in err
