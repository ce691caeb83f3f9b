"""What a copy of a project's folder takes, and that the folder itself is not written to."""

from __future__ import annotations

from pathlib import Path

import pytest

from provenv.runs.working_copy import TooLarge, copy, taken


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    for name in (
        *("train.py", "package/part.py", "data/large.bin", "runs/old.pt", "__pycache__/x.pyc"),
        *(".git/HEAD", ".provenv/state.json", "env/pyvenv.cfg", "env/bin/python"),
        *("checkpoints/step-00000010/manifest.json", "checkpoints/step-00000010/model.safetensors"),
    ):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * (5000 if "large" in name else 10))
    (root / "link").symlink_to("train.py")
    return root


def test_code_and_data_go_along_and_environments_records_and_checkpoints_do_not(project):
    what = taken(project, without=["runs"])
    assert set(what.files) == {"train.py", "package/part.py", "data/large.bin", "link"}
    assert what.links == ()


def test_a_copy_is_one_and_linked_data_stays_where_it_is(project, tmp_path):
    done = []
    copy(project, taken(project, linked=["data/"]), tmp_path / "copy", done.append)
    (tmp_path / "copy" / "train.py").write_text("other")
    assert (project / "train.py").read_bytes() == b"x" * 10
    assert (tmp_path / "copy" / "data").resolve() == (project / "data").resolve()
    assert (tmp_path / "copy" / "link").read_text() == "other"
    assert sum(done) == 30


def test_too_much_is_refused_with_what_is_largest(project):
    with pytest.raises(TooLarge) as refused:
        taken(project, most=1000)
    assert refused.value.largest[0] == ("data", 5000)
    assert taken(project, linked=["data"], most=1000).links == ("data",)
