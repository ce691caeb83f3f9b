"""File systems that are full, another than the cache's, without locks, without links, or blind to case."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="mounts of Linux"),
]

NO_LOCKS = """
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/file.h>
int flock(int handle, int operation) { errno = atoi(getenv("FLOCK_ERRNO")); return -1; }
"""


@pytest.fixture(scope="session")
def without_locks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that answers flock(2) as a file system without locks does."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler on this machine")
    folder = tmp_path_factory.mktemp("without-locks")
    (folder / "flock.c").write_text(NO_LOCKS)
    subprocess.run([compiler, "-shared", "-fPIC", "-o", folder / "flock.so", folder / "flock.c"], check=True)
    return folder / "flock.so"


@pytest.mark.parametrize(
    "number",
    [
        errno.ENOLCK,
        *(
            pytest.param(one, marks=pytest.mark.long)
            for one in (errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL, errno.EIO)
        ),
    ],
)
def test_a_file_system_without_locks(proven, without_locks, number):
    user = proven()
    lockless = user.having(LD_PRELOAD=str(without_locks), FLOCK_ERRNO=str(number))
    assert lockless("up", "--json").data["unchanged"] is True
    assert lockless("status").code == 0
    lockless.imports()
    code = "PV465" if number == errno.EIO else "PV464"
    for command in (["up", "--repair"], ["gc"], ["rollback"], ["prove"], ["down", "--yes"]):
        done = lockless(*command, "--json")
        assert (done.code, done.codes) == (1, [code]), done.err
    # an edit needs no lock where nobody else edits
    assert lockless("add", "beta").code == 0
    assert user("up").code == 0
    user.imports()


def mounted(user, namespace, place: Path, script: str, options: str = "size=64m"):
    """Run a shell script in the user's project, on a file system of its own at `place`.

    In the script `provenv` is the program.
    """
    place.mkdir(exist_ok=True)
    body = f"""
        set -e
        mount -t tmpfs -o {options} none "{place}"
        {script}
    """
    functions = 'provenv() { "$PYTHON" -m provenv "$@"; }\n'
    done = subprocess.run(
        [*namespace, "sh", "-c", functions + body],
        cwd=user.root, env={**user.environment, "PYTHON": user.python, "PLACE": str(place)},
        capture_output=True, text=True, check=False, timeout=240, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    assert "PV790" not in done.stderr, done.stderr
    return done


@pytest.mark.root
@pytest.mark.long
def test_a_project_on_another_file_system_than_the_cache(fresh, namespace, tmp_path):
    done = mounted(
        fresh(), namespace, tmp_path / "disk",
        """
        cp provenv.toml "$PLACE"; cd "$PLACE"
        provenv up
        provenv up --repair
        provenv status --deep
        provenv run -- alpha-says
        provenv rollback
        """,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "1.0" in done.stdout
    # uv's own warning about links is not the user's business
    assert "hardlink" not in done.stderr.lower()


@pytest.mark.root
@pytest.mark.parametrize(
    "room", [64, *(pytest.param(one, marks=pytest.mark.long) for one in (0, 8, 128, 192, 256))]
)
def test_a_disk_that_fills_up_while_up_works(fresh, namespace, tmp_path, room):
    """`room` KiB are left when the second generation is begun; the first stays, and `gc` needs no room."""
    done = mounted(
        fresh(), namespace, tmp_path / "disk",
        f"""
        cp provenv.toml "$PLACE"; cd "$PLACE"
        provenv up >/dev/null 2>&1
        before=$(readlink .provenv/here/current)
        # all but {room} KiB are taken
        free=$(df --output=avail -k . | tail -n 1)
        head -c $(( (free - {room}) * 1024 )) /dev/zero > filler
        code=0; provenv up --repair >&2 || code=$?
        echo "code $code"
        [ "$(readlink .provenv/here/current)" = "$before" ] && echo same
        provenv run -- alpha-says
        provenv gc >/dev/null && echo cleaned
        ls .provenv/here/generations
        provenv up >/dev/null && echo unchanged
        rm filler
        provenv up --repair >/dev/null 2>&1 && echo converged
        provenv run -- alpha-says
        """,
        options="size=4m",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[:2] in (["code 1", "same"], ["code 3", "same"]), (lines, done.stderr)
    assert lines[2:] == ["1.0", "cleaned", "0001", "unchanged", "converged", "1.0"]
    said = done.stderr
    assert "PV460" in said or "PV360" in said or "No space left" in said or "PV720" in said
    if room == 0:
        assert "PV460" in said or "PV360" in said


@pytest.mark.root
@pytest.mark.parametrize("which", ["UV_CACHE_DIR", pytest.param("TMPDIR", marks=pytest.mark.long)])
def test_a_cache_or_a_temporary_folder_on_a_full_disk(fresh, namespace, tmp_path, which):
    user = fresh()
    place = tmp_path / "disk"
    done = mounted(
        user.having(**{which: str(place)}), namespace, place,
        """
        head -c 100000000 /dev/zero > "$PLACE/filler" 2>/dev/null || true
        code=0; provenv up || code=$?
        rm "$PLACE/filler"
        provenv up && provenv run -- alpha-says
        exit $code
        """,
        options="size=1m",
    )  # fmt: skip
    if which == "UV_CACHE_DIR":
        assert done.returncode == 1
        assert "PV360" in done.stderr
        assert "UV_CACHE_DIR" in done.stderr
    assert done.stdout.endswith("1.0\n")
    user.imports()


@pytest.mark.root
@pytest.mark.long
def test_no_inode_is_left(fresh, namespace, tmp_path):
    done = mounted(
        fresh(), namespace, tmp_path / "disk",
        """
        cp provenv.toml "$PLACE"; cd "$PLACE"
        provenv up >/dev/null 2>&1
        used=$(df --output=iused . | tail -n 1)
        mount -o remount,nr_inodes=$((used + 20)) "$PLACE"
        code=0; provenv up --repair || code=$?
        readlink .provenv/here/current
        provenv run -- alpha-says
        exit $code
        """,
        options="size=64m,nr_inodes=1000",
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert done.stdout.splitlines()[-2:] == ["generations/0001", "1.0"]


@pytest.mark.root
@pytest.mark.parametrize("kind", ["vfat", "casefold"])
@pytest.mark.long
def test_a_file_system_without_links_or_blind_to_case(fresh, namespace, tmp_path, kind):
    make = {"vfat": ["mkfs.vfat"], "casefold": ["mkfs.ext4", "-q", "-F", "-O", "casefold"]}[kind]
    if shutil.which(make[0]) is None:
        pytest.skip(f"{make[0]} is not installed")
    image, place = tmp_path / "image", tmp_path / "disk"
    with image.open("wb") as file:
        file.truncate(64 << 20)
    subprocess.run([*make, image], check=True, capture_output=True)
    place.mkdir()
    trial = subprocess.run(
        [*namespace, "mount", "-o", "loop", image, place], capture_output=True, text=True, check=False
    )
    if trial.returncode != 0:
        pytest.skip(f"this kernel does not mount {kind}")
    user = fresh()
    script = f"""
        set -e
        mount -o loop "{image}" "{place}"
        mkdir "{place}/p"
        [ {kind} = vfat ] || chattr +F "{place}/p"
        cp provenv.toml "{place}/p"; cd "{place}/p"
        for command in "up" "up --repair" "run -- alpha-says" "rollback" "gc --keep 0" "status"; do
            "$PYTHON" -m provenv $command
        done
    """
    done = subprocess.run(
        [*namespace, "sh", "-c", script],
        cwd=user.root, env={**user.environment, "PYTHON": user.python},
        capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert done.returncode == 0, done.stderr


@pytest.mark.root
@pytest.mark.long
def test_a_cache_on_a_disk_that_is_read_only(proven, namespace):
    """uv needs to write its cache: the project's own is used, and that is said once."""
    user = proven()
    cache = user.environment["UV_CACHE_DIR"]
    script = f'mount --bind "{cache}" "{cache}" && mount -o remount,ro,bind "{cache}" && exec "$@"'
    denied = user.through(*namespace, "sh", "-c", script, "sh")
    assert denied("up", "--json").data["unchanged"] is True
    done = denied("up", "--repair")
    assert done.code == 0, done.err
    assert done.err.count("PV468") == 1
    user.imports()
    assert os.path.isdir(user.root / ".provenv/cache")
