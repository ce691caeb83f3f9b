"""What engines print when they fail, and the problem that it means: a table of real outputs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, cast

import pytest

from provenv.diagnosis.diagnose import diagnose
from provenv.engines.failures import PLAIN, Doing, explain, registry_of
from provenv.engines.known import TABLE
from provenv.errors import Exit
from provenv.model.channel import Completed
from provenv.toml_library import tomllib

CASES = tomllib.loads(Path(__file__).with_name("failures.toml").read_text("utf-8"))["case"]


@pytest.mark.parametrize("case", CASES, ids=[one["name"] for one in CASES])
def test_an_output_is_explained(case: dict[str, Any]) -> None:
    argv = (case.get("program", "/usr/bin/docker"), case["doing"])
    done = Completed(argv, 1, stderr=case["said"].encode())
    found = explain(done, cast(Doing, case["doing"]), **case.get("what", {}))
    (one,) = found.problems
    assert one.code == case["code"]
    for name, value in case.get("args", {}).items():
        assert one.what.args[name] == value
    assert found.exit_code == (Exit.DENIED if case.get("denied") else Exit.FAILED)
    assert one.why is not None
    said = str(one.why.args["words"])
    for words in case.get("tells", ()):
        assert words in said
    for words in case.get("hides", ()):
        assert words not in said
    commands = [hint.command for hint in one.hints]
    for command in case.get("commands", ()):
        assert command in commands


@pytest.mark.parametrize("known", TABLE, ids=[f"{one.code}-{index}" for index, one in enumerate(TABLE)])
def test_words_are_a_pattern(known: Any) -> None:
    assert re.compile(known.words)


CAUSES = {
    "PV1044": "docker-permission",
    "PV1050": "disk-full",
    "PV1052": "container-arch-mismatch",
    "PV1054": "docker-hub-rate-limit",
    "PV1056": "proxy-or-ca",
    "PV1060": "port-in-use",
    "PV1061": "nvidia-runtime-missing-in-docker",
    "PV1064": "no-matching-wheel-for-python",
    "PV1066": "host-oom-killed",
}


@pytest.mark.parametrize("case", CASES, ids=[one["name"] for one in CASES])
def test_the_rules_agree_where_they_are_asked(case: dict[str, Any]) -> None:
    done = Completed((case.get("program", "/usr/bin/docker"),), 1, stderr=case["said"].encode())
    (one,) = explain(done, cast(Doing, case["doing"]), **case.get("what", {})).problems
    if one.code in PLAIN:
        assert one.code not in CAUSES
        return
    assert one.why is not None
    assert diagnose([str(one.why.args["words"]).encode()]).cause == CAUSES[one.code]


def test_every_row_has_a_case() -> None:
    codes = {one.code for one in TABLE}
    assert codes <= {case["code"] for case in CASES}


def test_what_nobody_knows_is_told_as_it_is() -> None:
    done = Completed(("docker", "pull"), 1, stderr=b"something new\n")
    (one,) = explain(done, "pull", reference="x:1").problems
    assert (one.code, one.what.key) == ("PV1069", "PV1069.pull")
    assert one.why is not None
    assert one.why.args == {"words": "something new"}


@pytest.mark.parametrize(
    ("reference", "registry"),
    [
        ("python:3.11", "docker.io"),
        ("team/app", "docker.io"),
        ("ghcr.io/team/app:1", "ghcr.io"),
        ("127.0.0.1:5000/app@sha256:0", "127.0.0.1:5000"),
        ("localhost/app", "localhost"),
        ("", ""),
    ],
)
def test_a_reference_names_its_registry(reference: str, registry: str) -> None:
    assert registry_of(reference) == registry
