"""`exec` where the target has no hosts: `run` without a record."""

from __future__ import annotations

from pathlib import Path

import pytest

from provenv.app import execute as execute_module
from provenv.app.project import Project
from provenv.model.launch import Asked, Launch

FILE = 'schema = 1\nname = "x"\nrequirements = []\n[target.box]\nkind = "image"\nbase = "python:3.11-slim"\n'


@pytest.mark.parametrize(("target", "asked"), [("here", Asked(record=False)), ("box", Asked())])
def test_it_is_a_run_without_a_record(tmp_path, monkeypatch, target, asked):
    (tmp_path / "provenv.toml").write_text(FILE)
    calls: list[dict[str, object]] = []

    def run(find, **given):
        calls.append({"target": find().target, **given})
        return Launch(given["command"], 1, code=7)

    monkeypatch.setattr(execute_module, "run", run)
    project = Project(tmp_path, tmp_path, target)
    ended, code = execute_module.execute(
        lambda: project, ("python", "-V"), announce=print, printed=object(), folder="sub"
    )
    assert (ended.argv, code) == (("python", "-V"), 7)
    assert [(one["target"], one["command"], one["folder"], one["asked"]) for one in calls] == [
        (target, ("python", "-V"), Path("sub"), asked)
    ]
