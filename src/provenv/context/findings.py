"""What is said of a project's files on their way into an image."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from ..errors import Exit, Failure, Hint, Place, Problem, problem, text, verbatim
from ..model.image import ImageOptions
from .tree import Tree

MOST = 100_000_000
"""Bytes that may go in without having been named."""
MOST_NAMED = 1_000_000_000
"""Bytes that patterns may bring in, files that one names whole not counted."""
SHOWN = 5


def leads_out(name: str, target: str, *, inside: bool) -> Problem:
    """Return PV1090: a link that leads somewhere else in an image, or nowhere."""
    why = text("PV1090.why_absolute" if inside else "PV1090.why_out")
    hints = (
        Hint(text("PV1090.hint_leave", pattern=pattern_for(name))),
        Hint(text("PV1090.hint_copy" if not inside else "PV1090.hint_relative")),
    )
    return problem(
        "PV1090", where=Place(shown(name)), why=why, hints=hints, path=shown(name), target=shown(target)
    )


def too_much(tree: Tree, files: Sequence[str], counted: Sequence[str], most: int) -> Problem | None:
    """Return PV1091 where the files are more than `most` bytes together, naming the largest."""
    total = sum(tree.size(one) for one in counted)
    if total <= most:
        return None
    largest = sorted(counted, key=tree.size, reverse=True)[:SHOWN]
    told = ", ".join(f"{shown(one)} ({_size(tree.size(one))})" for one in largest)
    hints = (
        Hint(text("PV1091.hint_leave", pattern=pattern_for(_common(largest)))),
        Hint(text("PV1091.hint_mount", path=_common(largest))),
        Hint(text("PV1091.hint_name")),
    )
    return problem(
        "PV1091",
        why=text("PV1091.why", largest=told, most_bytes=most),
        hints=hints,
        n=len(counted),
        total_bytes=total,
    )


def left_out(tree: Tree, large: Sequence[str], beside: Sequence[str]) -> list[Problem]:
    """Return PV1093 for files that the code may miss: too large for code, or data beside modules."""
    found = []
    for code, files in (("PV1093", large), ("PV1100", beside)):
        if files:
            first = sorted(files, key=tree.size, reverse=True)[:SHOWN]
            told = ", ".join(f"`{shown(one)}` ({_size(tree.size(one))})" for one in first)
            more = len(files) - len(first)
            found.append(
                problem(
                    code,
                    why=text(f"{code}.why"),
                    hints=(
                        Hint(text("PV1093.hint_name", pattern=shown(first[0]))),
                        Hint(text("PV1093.hint_mount")),
                    ),
                    severity="note",
                    n=len(files),
                    files=told + (f", +{more}" if more else ""),
                )
            )
    return found


def bad_names(files: Sequence[str]) -> list[Problem]:
    """Return PV1094 for each name at the top that is no UTF-8: a Dockerfile, which is, has to name it."""
    return [
        problem(
            "PV1094",
            where=Place(shown(name)),
            why=text("PV1094.why"),
            hints=(Hint(text("PV1094.hint", pattern=pattern_for(name))),),
            path=shown(name),
        )
        for name in sorted({one.partition("/")[0] for one in files})
        if not _is_text(name)
    ]


def idle(patterns: Sequence[str]) -> list[Problem]:
    """Return PV1098 for each pattern of `code` that fits nothing."""
    return [
        problem("PV1098", hints=(Hint(text("PV1098.hint")),), severity="warning", pattern=one)
        for one in patterns
    ]


def unreadable(error: OSError, root: Path) -> Failure:
    """Return PV1099: a file or folder of the project that can't be read."""
    where = os.fspath(error.filename or root)
    name = os.path.relpath(where, root) if os.path.isabs(where) else where
    denied = isinstance(error, PermissionError)
    return Failure(
        problem(
            "PV1099",
            why=verbatim(error.strerror or str(error)),
            hints=(Hint(text("PV1099.hint", pattern=pattern_for(name))),),
            path=shown(name),
        ),
        exit_code=Exit.DENIED if denied else Exit.FAILED,
    )


def too_much_for(
    tree: Tree, files: Sequence[str], options: ImageOptions, whole: Sequence[str]
) -> Problem | None:
    """Return PV1091 by the bound that holds: one for what was chosen, one for what patterns name."""
    named = set(whole)
    counted = [one for one in files if one not in named]
    return too_much(tree, files, counted, MOST_NAMED if options.code else MOST)


def shown(name: str) -> str:
    """Return a name as it can be printed: bytes that are no UTF-8 and line ends as escapes."""
    plain = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in plain)


def pattern_for(name: str) -> str:
    """Return the pattern of `code` that leaves a path out."""
    return f"!/{shown(name)}"


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _common(files: Sequence[str]) -> str:
    """Return the folder that all files lie in, or the first of them."""
    above = os.path.commonpath([one.rpartition("/")[0] or "." for one in files]) if len(files) > 1 else ""
    return f"{above}/" if above not in ("", ".") else files[0]


def _size(count: int) -> str:
    """Return bytes as ui.units writes them: several sizes stand in one text."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if count >= scale:
            return f"{count / scale:.{0 if count >= 10 * scale else 1}f} {unit}"
    return f"{count} B"
