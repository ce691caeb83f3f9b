"""The folder that an engine builds from: exactly what was chosen and read, and the build's own files.

The project's files are copied while their digest is made anew: what is sent is what was looked at, whatever
is written in the project meanwhile. A hard link would share later writes, so only wheels are linked, which
nobody writes to and which are checked by hash where they are installed.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import stat
from pathlib import Path

from ..errors import Failure, Hint, Place, problem, text
from ..model.image import Context, Recipe
from . import findings
from .content import BLOCK, FILE, PROGRAM, Digest, mode_of
from .tree import HEAD, ORIGIN

EPOCH = 315619200
"""The time of every file and folder: 1980-01-02. A zip archive, which a wheel is, has none before 1980."""
WHEELS = "wheels"
IGNORE = ".dockerignore"
_NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


def staged(root: Path, context: Context, recipe: Recipe, folder: Path) -> None:
    """Lay down the project's chosen files, the recipe's files and its wheels (`wheels/`) in an empty folder.

    Modes are 644 and 755, times the same for all, links stay links and are never followed. There is no
    `.dockerignore`: everything here is meant to be sent.

    Raises Failure: PV1096 a file isn't what it was when it was chosen; PV1097 the project has another file
    of a name that the build uses; PV1099 a file can't be read.
    """
    own = {name: words.encode() for name, words in recipe.files.items() if name != IGNORE}
    try:
        _same_names(root, context, own)
        if _copied(root, context, folder) != context.digest:
            raise Failure(problem("PV1096", hints=(Hint(text("PV1096.hint")),)))
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ELOOP, errno.ENOTDIR, errno.EISDIR):
            where = Place(findings.shown(os.path.relpath(error.filename or root, root)))
            raise Failure(problem("PV1096", where=where, hints=(Hint(text("PV1096.hint")),))) from error
        if error.errno in (errno.EACCES, errno.EPERM):
            raise findings.unreadable(error, root) from error
        raise
    for name, content in own.items():
        goal = folder / name
        goal.parent.mkdir(parents=True, exist_ok=True)
        goal.write_bytes(content)
        os.chmod(goal, FILE)
        os.utime(goal, (EPOCH, EPOCH))
    for wheel in recipe.wheels:
        (folder / WHEELS).mkdir(exist_ok=True)
        _linked(os.path.realpath(wheel), os.path.join(folder, WHEELS, os.path.basename(wheel)))
    for place, _, _ in os.walk(folder, topdown=False):
        os.chmod(place, PROGRAM)
        os.utime(place, (EPOCH, EPOCH))


def _same_names(root: Path, context: Context, own: dict[str, bytes]) -> None:
    """Raise Failure PV1097 for a file of the project that has the name of the build's and is another."""
    wrong = []
    for name in context.files:
        if name.partition("/")[0] != WHEELS and name not in own:
            continue
        content = (root / name).read_bytes() if name in own else b""
        if content != own.get(name) and ORIGIN not in content[:HEAD]:
            hint = Hint(text("PV1097.hint", pattern=findings.pattern_for(name)))
            wrong.append(problem("PV1097", where=Place(findings.shown(name)), hints=(hint,), path=name))
    if wrong:
        raise Failure(*wrong)


def _copied(root: Path, context: Context, folder: Path) -> str:
    """Copy the chosen files and return the digest of what was copied. Raises OSError."""
    whole = Digest()
    top, real, into = os.fspath(root), os.path.realpath(root), os.fspath(folder)
    made: set[str] = {""}
    for name in context.files:
        above = name.rpartition("/")[0]
        if above not in made:
            _plain_folder(top, real, above)
            os.makedirs(os.path.join(into, above), exist_ok=True)
            made.add(above)
        path, goal = os.path.join(top, name), os.path.join(into, name)
        if os.path.islink(path):
            target = os.readlink(path)
            os.symlink(target, goal)
            with contextlib.suppress(NotImplementedError):
                os.utime(goal, (EPOCH, EPOCH), follow_symlinks=False)
            whole.link(name, target)
        else:
            mode, content = _copy(path, goal)
            whole.file(name, mode, content)
    return whole.hexdigest()


def _plain_folder(top: str, real: str, folder: str) -> None:
    """Raise OSError where a folder on the way is a link by now: it could lead anywhere."""
    path = os.path.join(top, folder)
    if os.path.realpath(path) != os.path.join(real, *folder.split("/")):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)


def _copy(path: str, goal: str) -> tuple[int, bytes]:
    """Copy a regular file; return the mode that it got and the sha256 of its content. Raises OSError."""
    with open(path, "rb", buffering=0, opener=_opened) as source:
        status = os.fstat(source.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
        mode, content = mode_of(status), hashlib.sha256()
        with open(goal, "wb", buffering=0) as into:
            while block := source.read(BLOCK):
                content.update(block)
                into.write(block)
            if os.chmod in os.supports_fd:
                os.chmod(into.fileno(), mode)
    os.utime(goal, (EPOCH, EPOCH))
    return mode, content.digest()


def _opened(path: str, flags: int) -> int:
    # without waiting: what is a pipe by now would never answer
    return os.open(path, flags | _NO_LINK | getattr(os, "O_NONBLOCK", 0))


def _linked(path: str, goal: str) -> None:
    """Make `goal` a hard link of the file, or a copy where there can be none."""
    try:
        os.link(path, goal)
    except OSError:
        shutil.copyfile(path, goal)
        os.chmod(goal, FILE)
        os.utime(goal, (EPOCH, EPOCH))
