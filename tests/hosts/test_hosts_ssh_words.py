"""What ssh says and prints, read; all of it is pure. The words are OpenSSH's own, as it has printed them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenv.errors import Failure
from provenv.hosts.ssh_command import Client, client_environment, find_ssh
from provenv.hosts.ssh_failures import About, lost, no_shell, told
from provenv.hosts.ssh_settings import Settings, read_settings
from provenv.hosts.ssh_tokens import Splitter, Token

CASES = json.loads(Path(__file__).with_name("ssh_words.json").read_text(encoding="utf-8"))
COMMAND = ("ssh", "-p", "2222", "u@n1")


def about(jump: str = "") -> About:
    settings = Settings("192.0.2.7", 2222, "[192.0.2.7]:2222", jump=jump, is_proxied=bool(jump))
    return About("n1", COMMAND, settings)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_words_tell_the_cause(case: dict) -> None:
    failure = told(case["words"], about(case.get("jump", "")))
    (problem,) = failure.problems
    assert problem.code == case["code"]
    assert failure.exit_code == case.get("exit", 1)
    assert problem.what.args["host"] == "n1"
    assert case.get("args", {}).items() <= dict(problem.what.args).items()
    if "where" in case:
        assert problem.where is not None
        assert [problem.where.file, problem.where.line] == case["where"]
    if "why" in case:
        assert problem.why is not None
        assert problem.why.args == case["why"]
    if "said" in case:
        assert problem.why is not None
        assert problem.why.args["text"] == case["said"]
    if "command" in case:
        assert case["command"] in [hint.command for hint in problem.hints]


def test_a_changed_host_key_is_never_removed_before_the_administrator_was_asked() -> None:
    words = next(case["words"] for case in CASES if case["name"] == "host key changed")
    hints = told(words, about()).problems[0].hints
    assert [hint.text.key for hint in hints if hint.text] == ["PV1275.hint_ask", "PV1275.hint_remove"]


def test_a_jump_host_counts_only_where_there_is_one() -> None:
    words = "kex_exchange_identification: Connection closed by remote host\n"
    words += "Connection closed by UNKNOWN port 65535\n"
    assert told(words, about()).problems[0].code == "PV1286"
    assert told(words, about("gate")).problems[0].code == "PV1279"


def test_a_connection_that_was_lost_says_what_ssh_said() -> None:
    (problem,) = lost("Timeout, server 10.77.0.11 not responding.\n", about(), "python").problems
    assert problem.why is not None
    assert problem.why.args == {"text": "Timeout, server 10.77.0.11 not responding."}
    assert problem.what.args == {"host": "n1", "program": "python"}


def test_a_login_that_runs_something_else_shows_its_words() -> None:
    (problem,) = no_shell("This account is currently not available.\n", about(), 1).problems
    assert problem.why is not None
    assert problem.why.args == {"text": "This account is currently not available."}
    assert problem.hints[0].command == "ssh -p 2222 u@n1 /bin/sh -c true"


def test_settings_of_a_plain_host() -> None:
    said = "host n1\nhostname 192.0.2.7\nport 22\ncontrolmaster false\nserveraliveinterval 0\n"
    said += "connecttimeout none\n"
    assert read_settings(said) == Settings("192.0.2.7", 22, "192.0.2.7")


def test_settings_of_a_host_with_everything() -> None:
    said = (
        "hostname n1.example\nport 2222\nproxyjump gate\nconnecttimeout 5\nserveraliveinterval 20\n"
        "remotecommand tmux attach\ncontrolmaster auto\ncontrolpath /run/user/1/cm-%C\n"
    )
    assert read_settings(said) == Settings(
        "n1.example",
        2222,
        "[n1.example]:2222",
        jump="gate",
        is_proxied=True,
        has_connect_timeout=True,
        has_server_alive=True,
        has_remote_command=True,
        multiplexes=True,
    )


def test_a_host_key_alias_is_the_name_in_known_hosts() -> None:
    assert read_settings("hostname n1\nport 2222\nhostkeyalias pair-one\n").known_as == "pair-one"


def test_a_master_that_is_up_by_hand_counts_as_sharing(tmp_path: Path) -> None:
    said = f"hostname n1\ncontrolmaster false\ncontrolpath {tmp_path / 'cm'}\n"
    assert not read_settings(said).multiplexes
    (tmp_path / "cm").touch()
    assert read_settings(said).multiplexes


def test_only_what_is_needed_is_overridden() -> None:
    client = Client("/usr/bin/ssh", "u@n1", 2222)
    words = client.run(Settings("n1"), "/run/s", "/run/log", "LINE")
    assert words == (
        *("/usr/bin/ssh", "-S", "/run/s", "-o", "ControlMaster=no", "-T", "-x", "-E", "/run/log"),
        *("-o", "BatchMode=yes", "-o", "ClearAllForwardings=yes", "-o", "LogLevel=INFO"),
        *("-o", "ConnectTimeout=15", "-o", "ServerAliveInterval=10", "-p", "2222", "--", "u@n1", "LINE"),
    )
    said = Settings("n1", has_connect_timeout=True, has_server_alive=True, has_remote_command=True)
    words = client.run(said, None, "/run/log", "LINE")
    assert not any(word.startswith(("ConnectTimeout", "ServerAlive", "Control")) for word in words)
    assert "RemoteCommand=none" in words
    assert not any("StrictHostKeyChecking" in word for word in words)


def test_nobody_is_asked_in_a_window_either() -> None:
    assert client_environment({"DISPLAY": ":0"}) == {"DISPLAY": ":0", "SSH_ASKPASS_REQUIRE": "never"}


def test_ssh_is_found_on_the_path_given_or_named(tmp_path: Path) -> None:
    program = tmp_path / "other"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert find_ssh({"PATH": "/nowhere", "PROVENV_SSH": str(program)}) == str(program)
    with pytest.raises(Failure) as caught:
        find_ssh({"PATH": str(tmp_path)})
    assert caught.value.problems[0].code == "PV1270"


@given(
    pieces=st.lists(
        st.one_of(
            st.binary(max_size=8),
            st.sampled_from([b"mark:began;", b"mark:ended:255;", b"mark", b"mark:", b"mar", b";", b"m"]),
        ),
        max_size=12,
    ),
    cuts=st.lists(st.integers(1, 7), max_size=40),
)
def test_words_are_found_however_the_stream_is_cut(pieces: list[bytes], cuts: list[int]) -> None:
    """Cut anywhere, the stream gives what it gives whole."""
    stream = b"".join(pieces)

    def fed(chunks: list[bytes]) -> tuple[bytes, list[Token]]:
        splitter, content, tokens = Splitter("mark"), b"", []
        for chunk in chunks:
            for piece in splitter.feed(chunk):
                if isinstance(piece, Token):
                    tokens.append(piece)
                else:
                    content += piece
        return content + splitter.close(), tokens

    chunks, rest = [], stream
    for cut in cuts:
        chunks.append(rest[:cut])
        rest = rest[cut:]
    assert fed([*chunks, rest]) == fed([stream])


def test_words_in_the_middle_of_a_line_leave_it_whole() -> None:
    splitter = Splitter("mark")
    found = [piece for chunk in (b"abc", b"ma", b"rk:be", b"at;def\n") for piece in splitter.feed(chunk)]
    assert [piece for piece in found if isinstance(piece, Token)] == [Token("beat")]
    assert b"".join(piece for piece in found if isinstance(piece, bytes)) == b"abcdef\n"
