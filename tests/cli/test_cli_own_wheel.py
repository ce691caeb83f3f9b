"""provenv-runtime as a user asks for it: added, locked, installed, in a clone and behind an air gap too."""

from __future__ import annotations

import hashlib
import shutil
from importlib.metadata import version
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

NAME = "provenv-runtime"
IMPORT = ("run", "--", "python", "-c", "import provenv_runtime; print(provenv_runtime.__file__)")
DECLARED = {
    "provenv.toml": 'schema = 1\nname = "p"\nrequirements = ["alpha<2", "provenv-runtime"]\n',
    "requirements.txt": "alpha<2\nProvenv_Runtime>=0.1\n",
    "pyproject.toml": '[project]\nname = "p"\nversion = "0"\ndependencies = ["alpha<2", "provenv.runtime"]\n',
}


def clone(tool, name, *files):
    """Return the workplace in a new folder that holds these files alone."""
    root = tool.root.parent / name
    root.mkdir()
    for file in files:
        shutil.copy(tool.root / file, root)
    return type(tool)(root, tool.wheels, tool.environment)


def wheel_of(tool):
    (found,) = (tool.root / ".provenv/wheels").glob("*.whl")
    return found


def imported(tool):
    """Return where a command of the environment finds the library."""
    done = tool(*IMPORT)
    assert done.code == 0, done.err
    return Path(done.out.strip())


def test_added_locked_installed_and_cloned(workplace):
    tool = workplace('schema = 1\nname = "p"\nrequirements = ["alpha<2"]\n')
    # a folder of wheels is no place for it either
    tool.wheel(NAME, "99")
    assert tool("add", NAME).code == 0
    assert tool("lock").code == 0
    content = (tool.root / "pylock.toml").read_text()
    assert f'path = ".provenv/wheels/{wheel_of(tool).name}"' in content
    assert "src/provenv" not in content
    done = tool("up", "--locked")
    assert done.code == 0, done.err
    assert imported(tool).is_relative_to(tool.root / ".provenv/here")
    assert tool("up", "--json").data["unchanged"] is True
    assert tool("prove").code == 0
    assert (tool.root / ".provenv/.gitignore").read_text() == "*\n"
    other = clone(tool, "clone", "provenv.toml", "pylock.toml")
    done = other("up", "--locked")
    assert done.code == 0, done.err
    assert imported(other).is_relative_to(other.root / ".provenv/here")
    assert (other.root / "pylock.toml").read_text() == content
    assert wheel_of(other).read_bytes() == wheel_of(tool).read_bytes()


@pytest.mark.parametrize("file", DECLARED)
def test_every_file_that_declares_may_name_it(file, workplace):
    tool = workplace()
    tool.write(file, DECLARED[file])
    done = tool("up")
    assert done.code == 0, done.err
    assert imported(tool).name == "__init__.py"


def test_a_wheel_that_was_touched_is_put_right(workplace):
    tool = workplace(DECLARED["provenv.toml"])
    assert tool("lock").code == 0
    right = wheel_of(tool).read_bytes()
    wheel_of(tool).write_bytes(b"torn")
    assert tool("up").code == 0
    assert wheel_of(tool).read_bytes() == right


def test_another_wheel_than_the_locked_one_is_said_and_the_hint_helps(workplace):
    tool = workplace(DECLARED["provenv.toml"])
    assert tool("lock").code == 0
    content = (tool.root / "pylock.toml").read_text()
    digest = hashlib.sha256(wheel_of(tool).read_bytes()).hexdigest()
    other = clone(tool, "clone", "provenv.toml")
    other.write("pylock.toml", content.replace(digest, digest[::-1]))
    refused = other("up", "--json")
    assert (refused.code, refused.codes) == (1, ["PV1250"])
    command = refused.document["problems"][0]["hints"][0]["command"]
    assert command == "provenv lock"
    assert other(*command.split()[1:]).code == 0
    assert (other.root / "pylock.toml").read_text() == content
    assert other("up", "--locked").code == 0


def test_it_is_rendered_and_carried(workplace):
    tool = workplace(DECLARED["provenv.toml"])
    tool.wheel("uv", version("uv"))
    assert tool("lock").code == 0
    shutil.rmtree(tool.root / ".provenv")
    done = tool("lock", "--download", "carried", "--json")
    assert done.code == 0, done.err
    name = wheel_of(tool).name
    assert (tool.root / "carried/files" / name).read_bytes() == wheel_of(tool).read_bytes()
    for what in ("requirements", "environment.yml"):
        done = tool("render", what)
        assert done.code == 0
        assert f".provenv/wheels/{name}" in done.out
    assert f"{NAME}@" in tool("render", "cyclonedx").out
    assert "provenv.toml:3" in tool("why", NAME).out
    other = clone(tool, "clone", "provenv.toml", "pylock.toml")
    done = other("up", "--locked", "--from", str(tool.root / "carried"))
    assert done.code == 0, done.err
    assert imported(other).name == "__init__.py"


def test_the_folder_that_a_lock_is_made_for_may_have_spaces(workplace):
    tool = clone(workplace(DECLARED["provenv.toml"]), "a project äö", "provenv.toml")
    done = tool("up")
    assert done.code == 0, done.err
    assert imported(tool).name == "__init__.py"
