"""What the command line says of itself, and of what it cannot take."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys

import pytest

from provenv.cli.program import SECTIONS, run


def helped(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    monkeypatch.setenv("COLUMNS", "100")
    assert run(list(arguments)) == 0
    return capsys.readouterr().out


COMMANDS = [name for names in SECTIONS.values() for name in names]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_programs_help(capsys, monkeypatch, snapshot, language):
    assert helped(capsys, monkeypatch, "--help", "--lang", language) == snapshot


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("command", COMMANDS)
def test_every_commands_help(capsys, monkeypatch, snapshot, command, language):
    assert helped(capsys, monkeypatch, command, "--help", "--lang", language) == snapshot


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["upp"], "PV705"),
        (["up", "--lokced"], "PV706"),
        (["why"], "PV707"),
        (["rollback", "soon"], "PV708"),
        (["run"], "PV700"),
        (["--color", "blue", "up"], "PV708"),
    ],
)
def test_a_wrong_line_is_told_in_both_languages(workplace, snapshot, arguments, code):
    tool = workplace()
    for language in ("en", "zh"):
        ended = tool(*arguments, PROVENV_LANG=language)
        assert ended.code == 2
        assert f"[{code}]" in ended.err
        assert ended.err == snapshot(name=language)


def test_a_folder_without_a_declared_file_is_told_with_what_to_do(workplace, snapshot):
    tool = workplace()
    ended = tool("up", "--json")
    assert (ended.code, ended.codes) == (1, ["PV701"])


def test_version_and_schema(workplace):
    tool = workplace()
    assert tool("version", "--json").data["uv"]
    assert tool("--version").out.startswith("provenv ")
    assert "requirements" in json.loads(tool("schema").out)["properties"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_name_the_program(workplace, shell):
    assert "_PROVENV_COMPLETE" in workplace()("completion", shell).out


def test_completion_answers_with_commands(workplace):
    tool = workplace()
    ended = tool(_PROVENV_COMPLETE="bash_complete", COMP_WORDS="provenv ro", COMP_CWORD="1")
    assert ended.out == "plain,rollback\n"


@pytest.mark.parametrize(
    ("launcher", "shown"),
    [
        ("~/provenv/provenv", "~/provenv/provenv init"),
        ("/srv/my tools/provenv", "'/srv/my tools/provenv' init"),
        ("", "provenv init"),
    ],
)
def test_a_hint_names_the_program_as_it_was_started(workplace, launcher, shown):
    lines = workplace()("up", PROVENV_PROGRAM=launcher).err.splitlines()
    assert shown in [line.strip() for line in lines]


def test_a_defect_of_ours_is_a_report_and_no_traceback(capsys, monkeypatch, tmp_path):
    def broken() -> None:
        raise RuntimeError("a part is missing, token=hf_abcdefghijklmnopqrstuvwxyz012345")

    monkeypatch.setattr("provenv.app.about.about", broken)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert run(["version"]) == 70
    said = capsys.readouterr().err
    assert "PV790" in said
    assert "Traceback" not in said
    (report,) = tmp_path.glob("provenv-defect-*.txt")
    assert "RuntimeError: a part is missing" in report.read_text()
    assert str(report) in said.replace("\n", "").replace(" ", "")


def test_a_reader_that_has_seen_enough_is_no_error(workplace):
    tool = workplace()
    command = f"{shlex.quote(sys.executable)} -m provenv schema | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command], env=tool.environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "0\n"
    assert done.stderr == ""
