"""The human view: what goes to which stream, what --quiet keeps back, what start-up costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from provenv.errors import Failure, text
from provenv.ui.view import view


@pytest.fixture
def make(terminal):
    def made(**more):
        out, err = terminal(), terminal()
        return view(command="x", out=out, err=err, environment={}, **more), out, err

    return made


def test_data_goes_to_stdout_and_warnings_to_stderr(make, samples):
    made, out, err = make()
    made.done(samples.CASES["lock-written"], (samples.WARNING,))
    assert "locked 3 packages" in out.getvalue()
    assert "warning[PV601]" in err.getvalue()
    assert "note[PV399]" in err.getvalue()
    assert "PV" not in out.getvalue()


def test_a_failure_goes_to_stderr_and_what_was_found_to_stdout(make, samples):
    made, out, err = make(language="zh")
    made.failed(Failure(samples.MISSPELT, samples.CONFLICT, data=samples.FAILED_PROOF))
    assert "验证未通过" in out.getvalue()
    assert err.getvalue().endswith("2 个错误\n")


def test_a_value_given_with_the_failure_is_shown_once(make, samples):
    made, out, _ = make()
    failure = Failure(samples.MISSPELT, data=samples.FAILED_PROOF)
    made.failed(failure, failure.data)
    assert out.getvalue().count("not proven:") == 1


def test_no_problem_is_told_twice(make, samples):
    made, _, err = make()
    made.progress.warn(samples.WARNING)
    made.done(samples.CASES["rollback"], (samples.WARNING,))
    assert err.getvalue().count("warning[PV601]") == 1


@pytest.mark.parametrize(
    ("name", "is_shown"),
    [("up", False), ("evidence", False), ("facts", True), ("plan", True), ("why-package", True)],
)
def test_quiet_shows_only_what_was_asked_for(make, samples, name, is_shown):
    made, out, err = make(quiet=True)
    made.progress.note(text("ui.next"))
    made.progress.task(text("ui.next")).finish(text("ui.next"))
    made.done(samples.CASES[name], (samples.NOTE,))
    assert bool(out.getvalue()) is is_shown
    assert err.getvalue() == ""


def test_quiet_still_warns_and_fails_aloud(make, samples):
    made, _, err = make(quiet=True)
    made.progress.warn(samples.WARNING)
    made.failed(Failure(samples.MISSPELT))
    assert "warning[PV601]" in err.getvalue()
    assert "error[PV101]" in err.getvalue()


def test_a_launch_leaves_stdout_to_the_command(make, samples):
    made, out, err = make()
    made.show(samples.CASES["launch"])
    assert out.getvalue() == ""
    assert "PYTHONPATH" in err.getvalue()


def test_a_no_op_pays_for_nothing_that_it_does_not_show(repository):
    """Start-up is part of the design: no rich, no pydantic, no asyncio, none of the other views."""
    script = """
import sys
from provenv.ui.view import view
from provenv.model.up_result import UpResult
from provenv.model.state import Generation
made = view(command="up", environment={})
made.done(UpResult("here", True, Generation(1, "/w", "3.11")))
imported = {name.split(".")[0] for name in sys.modules}
heavy = imported & {"rich", "pydantic", "click", "asyncio", "tomlkit", "uv"}
views = {name for name in sys.modules if name.startswith("provenv.ui.views.")}
print(sorted(heavy), sorted(views), file=sys.stderr)
"""
    ran = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": str(repository / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "✓ `here` is up to date (generation 1, Python 3.11, 0 packages)\n"
    views = [f"provenv.ui.views.{name}" for name in ("evidence", "parts", "sentences", "up")]
    assert ran.stderr.strip() == f"[] {views}"
