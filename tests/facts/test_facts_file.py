"""load: files of facts, good ones, old ones, and those that are none."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from provenv import facts
from provenv.errors import Exit, Failure
from provenv.model.codec import to_json
from provenv.model.facts import Facts, Gpu, Nvidia, Platform

BOX = Facts(
    Platform("linux", "x86_64"), nvidia=Nvidia("ready", "550.54", "12.4", (Gpu(0, "NVIDIA A10", "8.6"),))
)
DATA = to_json(BOX)


def write(folder: Path, content: bytes | str) -> Path:
    path = folder / "box.json"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    "document",
    [
        DATA,
        {"provenv": 1, "command": "facts", "ok": True, "data": DATA, "problems": []},
        {**DATA, "added_later": {"x": 1}},
        {"platform": DATA["platform"], "nvidia": DATA["nvidia"]},
    ],
    ids=["bare", "wrapped", "unknown-key", "defaults"],
)
def test_good_files(tmp_path: Path, document: dict[str, Any]) -> None:
    assert facts.load(write(tmp_path, json.dumps(document))) == BOX


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_that_shells_redirect_in(tmp_path: Path, encoding: str) -> None:
    document = json.dumps({**DATA, "host": "机器"}, ensure_ascii=False)
    assert facts.load(write(tmp_path, document.encode(encoding))).host == "机器"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "PV205"),
        ("{", "PV205"),
        ("[]", "PV205"),
        ("null", "PV205"),
        ('"facts"', "PV205"),
        ("{}", "PV205"),
        ('{"provenv": 1, "data": 3}', "PV205"),
        ('{"provenv": 1, "data": {"generation": 1}}', "PV205"),
        ('{"platform": "linux"}', "PV205"),
        ('{"platform": {"system": "linux"}}', "PV205"),
        ('{"platform": {"system": "linux", "machine": 3}}', "PV205"),
        ('{"platform": {"system": "linux", "machine": "x"}, "nvidia": {"state": "maybe"}}', "PV205"),
        ('{"platform": {"system": "linux", "machine": "x"}, "disks": {"a": 1}}', "PV205"),
        (
            '{"platform": {"system": "linux", "machine": "x"}, "cpu": {"logical": 1' + "0" * 5000 + "}}",
            "PV205",
        ),
        ("[" * 200_000, "PV205"),
        (b"\xff\xfe\xff", "PV205"),
        (b"\x7fELF\x02\x01\x01" + bytes(100), "PV205"),
        (json.dumps({**DATA, "schema": 2}), "PV206"),
        (json.dumps({"provenv": 1, "data": {**DATA, "schema": 99}}), "PV206"),
        (b" " * ((4 << 20) + 1), "PV207"),
    ],
)
def test_bad_files(tmp_path: Path, content: bytes | str, code: str) -> None:
    path = write(tmp_path, content)
    with pytest.raises(Failure) as caught:
        facts.load(path)
    found = caught.value.problems[0]
    assert found.code == code
    assert found.where is not None
    assert found.where.file == str(path)
    assert found.hints


def test_a_mistake_in_the_json_is_shown_where_it_is(tmp_path: Path) -> None:
    with pytest.raises(Failure) as caught:
        facts.load(write(tmp_path, '{"platform": {\n  "system": linux\n}}'))
    where = caught.value.problems[0].where
    assert where is not None
    assert (where.line, where.column, where.source) == (2, 13, '  "system": linux')


def test_a_missing_file_a_folder_and_a_device(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(Failure) as caught:
            facts.load(path)
        assert caught.value.problems[0].code == "PV204"


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="no such device")
def test_an_endless_file_is_not_read_to_its_end() -> None:
    with pytest.raises(Failure) as caught:
        facts.load(Path("/dev/zero"))
    assert caught.value.problems[0].code == "PV207"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = write(tmp_path, "{}")
    path.chmod(0)
    with pytest.raises(Failure) as caught:
        facts.load(path)
    assert caught.value.exit_code == Exit.DENIED
