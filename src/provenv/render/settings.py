"""VS Code's settings of a workspace, with what lets it find the environment.

The names: https://code.visualstudio.com/docs/python/settings-reference.
"""

from __future__ import annotations

from collections.abc import Iterator

from . import jsonc

INTERPRETER = "python.defaultInterpreterPath"
_OURS: tuple[tuple[str, ...], ...] = (
    # generations hold tens of thousands of files each that no editor has to watch or to search
    ("files.watcherExclude", "**/.provenv/**"),
    ("search.exclude", "**/.provenv"),
)


def merged(text: str, interpreter: str, *, pytest: bool) -> str:
    """Return the settings with the interpreter; all else is added only where the user says nothing.

    `text` is what stands there now (empty: no file yet). Raises jsonc.Broken.
    """
    made = text if text.strip("\ufeff \t\r\n") else "{}\n"
    for path, value in _wanted(interpreter, pytest):
        found = jsonc.find(jsonc.read(made), path)
        if found is None or (path == (INTERPRETER,) and found[1].value != value):
            made = jsonc.put(made, path, value)
    return made


def conflict(text: str, interpreter: str) -> tuple[int, str] | None:
    """Return where the user named another interpreter, and which; None where nobody did.

    Raises jsonc.Broken for what is no JSON with comments.
    """
    if not text.strip("\ufeff \t\r\n"):
        return None
    found = jsonc.find(jsonc.read(text), (INTERPRETER,))
    if found is None or found[1].value == interpreter:
        return None
    return found[0], str(found[1].value)


def _wanted(interpreter: str, pytest: bool) -> Iterator[tuple[tuple[str, ...], object]]:
    yield (INTERPRETER,), interpreter
    if pytest:
        yield ("python.testing.pytestEnabled",), True
    for path in _OURS:
        yield path, True
