"""Homes, caches and temporary folders that are missing, or that may not be written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="variables and users of POSIX"),
]


@pytest.mark.parametrize(
    "home", [None, *(pytest.param(one, marks=pytest.mark.long) for one in ("/nonexistent", ""))]
)
def test_no_home(proven, home):
    user = proven()
    user = user.lacking("HOME") if home is None else user.having(HOME=home)
    assert user("up", "--json").data["unchanged"] is True
    user.imports()
    assert user("facts").code == 0
    assert user("up", "--repair").code == 0


@pytest.mark.root
@pytest.mark.parametrize("variable", ["HOME", pytest.param("UV_CACHE_DIR", marks=pytest.mark.long)])
def test_a_cache_that_cannot_be_written_gives_way_to_the_project_s_own(
    nobody, open_folder, make_user, variable
):
    user = make_user(open_folder)
    subprocess.run(["chown", "-hR", "65534:65534", user.root], check=True)
    denied = open_folder / "denied"
    denied.mkdir()
    user = nobody(user).lacking("UV_CACHE_DIR").having(**{variable: str(denied)})
    done = user("up")
    assert done.code == 0, done.err
    assert done.err.count("PV468") == 1
    assert (user.root / ".provenv/cache").is_dir()
    user.imports()
    # nothing is said where nothing is done
    again = user("up")
    assert (again.code, "PV468" in again.err) == (0, False)
    assert user("status", "--json").data["sync"] == "in-sync"
    assert user("lock").code == 0
    assert user("up", "--repair").code == 0
    user.imports()


@pytest.mark.long
@pytest.mark.parametrize("place", ["/nonexistent/tmp", ""])
def test_no_temporary_folder_where_one_is_named(proven, place):
    user = proven().having(TMPDIR=place)
    assert user("up", "--repair").code == 0
    assert user("lock").code == 0
    user.imports()


@pytest.mark.root
@pytest.mark.long
def test_a_temporary_folder_that_runs_nothing(proven, namespace, tmp_path):
    place = tmp_path / "noexec"
    place.mkdir()
    mount = ("sh", "-c", f'mount -t tmpfs -o noexec none "{place}" && exec "$@"', "sh")
    user = proven().having(TMPDIR=str(place)).through(*namespace, *mount)
    assert user("up", "--repair").code == 0
    assert user("prove").code == 0
    user.imports()


@pytest.mark.root
@pytest.mark.long
def test_a_temporary_folder_that_may_not_be_written(nobody, open_folder, make_user):
    user = make_user(open_folder)
    subprocess.run(["chown", "-hR", "65534:65534", open_folder], check=True)
    denied = Path(open_folder / "denied")
    denied.mkdir(mode=0o555)
    user = nobody(user).having(TMPDIR=str(denied))
    assert user("up").code == 0
    user.imports()
