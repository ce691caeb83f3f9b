"""`init --template`: a project that starts as a copy of an example, in the folder that the user stands in."""

from __future__ import annotations

import re
from pathlib import Path

from ..errors import Exit, Failure, Hint, problem, text
from ..lazy import load
from ..model.results import InitResult
from .examples import DECLARED, files, named, source
from .files import keep_bytes

NEXT = ("provenv up", "provenv run train")


def begin(folder: Path, name: str, *, force: bool = False) -> InitResult:
    """Copy the example `name` into `folder`, under the folder's own name.

    Nothing is written over: `force` makes an exception of `provenv.toml` alone, as it does for `init`.
    Raises Failure PV770 for an example that does not exist, PV740 where one of its files is there already,
    PV765 where nothing can be written.
    """
    if not folder.is_dir():
        raise Failure(problem("PV702", folder=str(folder)))
    paths = tuple(files(named(name)))
    for path in paths:
        if (folder / path).exists() and not (force and path == DECLARED):
            raise Failure(problem("PV740", path=path, hints=_hints(path, name)))
    declared = ""
    for path in paths:
        content = (source(name) / path).read_bytes()
        if path == DECLARED:
            content = _renamed(content, load("spec.folder_name")(folder))
            declared = content.decode()
        try:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = error.strerror or str(error)
            shown = problem("PV765", path=str(folder / path), reason=reason)
            raise Failure(shown, exit_code=Exit.DENIED) from error
        keep_bytes(folder / path, content)
    return InitResult(
        str(folder / DECLARED),
        declared,
        (text("app.template.copied", name=name, n=len(paths)),),
        name,
        tuple(path for path in paths if path != DECLARED),
        next=NEXT,
    )


def _hints(path: str, name: str) -> tuple[Hint, ...]:
    empty = Hint(text("PV740.hint_empty"), f"mkdir {name} && provenv -C {name} init --template {name}")
    if path == DECLARED:
        return (empty, Hint(text("PV740.hint_force"), f"provenv init --template {name} --force"))
    return (empty,)


def _renamed(content: bytes, name: str) -> bytes:
    """Return the declared file with another name for the project: its first key of that name."""
    line = f'name = "{name}"'.encode()
    return re.sub(rb'^name\s*=\s*"[^"\n]*"', lambda _: line, content, count=1, flags=re.MULTILINE)
