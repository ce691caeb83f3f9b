"""Checks of what is installed: files, imports, dependencies, the user's commands - each in a broken place."""

from __future__ import annotations

import os

import pytest

CRASH = "import os, signal\nos.kill(os.getpid(), signal.{signal})\n"


def test_a_sound_environment_passes(small, wheels, prover):
    environment = small(
        wheels("alpha", {"alpha/__init__.py": "", "alpha/data.txt": "x"}, requires=["beta>=1"]),
        wheels("beta", {"beta.py": "import warnings\nwarnings.warn('old')\n"}),
    )
    outcomes = prover(environment, declared=["alpha", "beta"], commands={"smoke": "test -d . && echo fine"})
    assert {outcome.status for outcome in outcomes.values()} == {"passed"}
    always = {"files", "imports", "libraries", "dependencies", "measure-storage"}
    assert set(outcomes) == {*always, "command.smoke"}
    assert "UserWarning: old" in outcomes["imports"].evidence
    assert outcomes["files"].did.args["n"] == 2
    assert {measure.name for measure in outcomes["measure-storage"].measures} >= {"storage.write"}


def test_an_edited_file_is_found(small, wheels, prover):
    environment = small(wheels("alpha", {"alpha/__init__.py": "value = 1\n"}))
    file = environment.site / "alpha/__init__.py"
    file.unlink()
    file.write_text("value = 2\n")
    outcome = prover(environment, "files")["files"]
    assert outcome.status == "failed"
    assert outcome.why.args == {"changed": 1, "missing": 0, "extra": 0}
    assert "alpha/__init__.py (alpha)" in outcome.evidence
    assert "provenv up --repair" in [hint.command for hint in outcome.hints]


def test_a_deleted_file_is_found(small, wheels, prover):
    environment = small(wheels("alpha", {"alpha/__init__.py": "", "alpha/data.txt": "x"}))
    (environment.site / "alpha/data.txt").unlink()
    outcome = prover(environment, "files")["files"]
    assert outcome.status == "failed"
    assert outcome.why.args == {"changed": 0, "missing": 1, "extra": 0}


@pytest.mark.parametrize("name", ["stray.pth", "sitecustomize.py", "stray/__init__.py"])
def test_code_that_no_package_owns_is_found(small, wheels, prover, name):
    environment = small(wheels("alpha", {"alpha/__init__.py": ""}))
    path = environment.site / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("")
    outcome = prover(environment, "files")["files"]
    assert outcome.status == "failed"
    assert outcome.why.args == {"changed": 0, "missing": 0, "extra": 1}
    assert name.split("/")[0] in outcome.evidence


def test_bytecode_and_data_beside_a_package_are_no_fault(small, wheels, prover):
    environment = small(wheels("alpha", {"alpha/__init__.py": ""}))
    (environment.site / "alpha/__pycache__").mkdir(exist_ok=True)
    (environment.site / "alpha/__pycache__/x.cpython-311.pyc").write_bytes(b"x")
    (environment.site / "alpha/fetched.bin").write_bytes(b"x")
    assert prover(environment, "files")["files"].status == "passed"


def test_a_file_of_two_packages_is_as_one_of_them_wrote_it(small, wheels, prover):
    environment = small(
        wheels("alpha", {"alpha/__init__.py": "", "shared/tool.py": "first = 1\n"}),
        wheels("beta", {"beta.py": "", "shared/tool.py": "second = 2\n"}),
    )
    (environment.site / "alpha.libs").mkdir()
    outcome = prover(environment, "files")["files"]
    assert outcome.status == "passed"
    assert "shared/tool.py (alpha, beta)" in outcome.evidence.replace("beta, alpha", "alpha, beta")
    (environment.site / "shared/tool.py").write_text("third = 3\n")
    outcome = prover(environment, "files")["files"]
    assert outcome.why.args == {"changed": 1, "missing": 0, "extra": 0}


def test_a_package_that_raises_is_named(small, wheels, prover):
    environment = small(
        wheels("alpha", {"alpha/__init__.py": "raise RuntimeError('no such luck')\n"}),
        wheels("beta", {"beta.py": ""}),
    )
    outcome = prover(environment, "imports", declared=["alpha", "beta"])["imports"]
    assert outcome.status == "failed"
    assert outcome.why.args["names"] == "alpha"
    assert "RuntimeError: no such luck" in outcome.evidence


@pytest.mark.parametrize(("name", "number"), [("SIGSEGV", 11), ("SIGILL", 4), ("SIGABRT", 6)])
def test_a_crash_at_import_names_itself_and_spares_the_others(small, wheels, prover, name, number):
    environment = small(
        wheels("alpha", {"alpha/__init__.py": CRASH.format(signal=name)}),
        wheels("beta", {"beta.py": ""}),
    )
    outcome = prover(environment, "imports", declared=["alpha", "beta"])["imports"]
    assert outcome.status == "failed"
    assert outcome.why.key == "proof.imports.died"
    assert outcome.why.args == {"names": "alpha", "signal": number}
    assert "alpha/__init__.py" in outcome.evidence  # faulthandler's stack


def test_a_missing_system_library_is_named(small, wheels, prover):
    words = "raise ImportError('libGL.so.1: cannot open shared object file: No such file or directory')\n"
    environment = small(wheels("alpha", {"alpha/__init__.py": words}))
    outcome = prover(environment, "imports", declared=["alpha"])["imports"]
    assert outcome.status == "failed"
    assert "libGL.so.1" in [hint.text.args.get("library") for hint in outcome.hints]


def test_modules_are_found_where_the_name_says_nothing(small, wheels, prover):
    environment = small(
        # a namespace package, one of several modules that lacks an optional package, tests brought along
        wheels("one_two", {"shared/one/__init__.py": "", "shared/two/__init__.py": ""}),
        wheels(
            "several", {"first.py": "", "second.py": "import optional_extra\n", "tests/__init__.py": "1/0\n"}
        ),
    )
    outcome = prover(environment, "imports", declared=["one-two", "several"])["imports"]
    assert outcome.status == "passed"
    assert outcome.did.args["n"] == 4
    assert "second: No module named 'optional_extra'" in outcome.evidence


@pytest.mark.parametrize(
    ("requires", "told"),
    [
        (["absent>=1"], "alpha -> absent>=1: -"),
        (["beta>=2"], "alpha -> beta>=2: 1.0"),
        (["beta[fast]"], "beta[fast] -> faster"),
    ],
)
def test_unmet_requirements_are_named(small, wheels, prover, requires, told):
    environment = small(
        wheels("alpha", {"alpha.py": ""}, requires=requires),
        wheels(
            "beta", {"beta.py": ""}, requires=["faster ; extra == 'fast'", "never ; python_version < '3'"]
        ),
    )
    outcome = prover(environment, "dependencies", declared=["alpha"])["dependencies"]
    assert outcome.status == "failed"
    assert told in outcome.evidence


def test_a_declared_requirement_is_checked_too(small, wheels, prover):
    environment = small(wheels("alpha", {"alpha.py": ""}))
    assert prover(environment, "dependencies", declared=["alpha>=2"])["dependencies"].status == "failed"
    assert prover(environment, "dependencies", declared=["alpha>=1"])["dependencies"].status == "passed"


@pytest.mark.parametrize(
    ("command", "key"),
    [
        ("echo told; exit 3", "proof.command.code"),
        ("kill -SEGV $$", "proof.died.SIGSEGV"),
        ("import-that-is-not-there", "proof.command.code"),
    ],
)
def test_a_failing_command_fails_the_proof(small, prover, command, key):
    outcome = prover(small(), "command.smoke", commands={"smoke": command})["command.smoke"]
    assert outcome.status == "failed"
    assert outcome.why.key == key


def test_a_command_runs_in_the_projects_folder_with_the_given_environment(small, prover):
    prover.variables["GREETING"] = "hello"
    command = f'test "$PWD" = "{prover.folder}" && test "$GREETING" = hello && test "$0" = /bin/sh'
    outcome = prover(small(), "command.here", commands={"here": command})["command.here"]
    assert outcome.status == "passed"


@pytest.mark.parametrize("patch", ["raise OSError(5, 'Input/output error')"])
def test_a_disk_that_does_not_flush_fails(small, prover, patch_at_start, patch):
    environment = small()
    source = f"import os\ndef fsync(fd):\n    {patch}\nos.fsync = fsync\n"
    patch_at_start(environment, source)
    outcome = prover(environment, "measure-storage")["measure-storage"]
    assert outcome.status == "failed"
    assert "Input/output error" in outcome.evidence


def test_scratch_lies_in_the_projects_own_state_where_there_is_one(small, prover):
    (prover.folder / ".provenv").mkdir()
    command = 'ls -d "$PWD"/.provenv/.prove-*'
    outcome = prover(small(), "command.look", commands={"look": command})["command.look"]
    assert outcome.status == "passed"
    assert os.listdir(prover.folder / ".provenv") == []
