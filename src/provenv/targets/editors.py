"""`.venv`, by which editors find the environment: a link, a junction on Windows, or nothing.

A link goes through `current` and never has to be touched again. Where `current`
is a file (see durable), and on Windows, `.venv` leads to the generation itself
and is made anew with every switch: editors need it, no command of ours does.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from .durable import make_link, pointed
from .layout import Layout

if sys.platform == "win32":
    import _winapi


def link_for_editors(layout: Layout) -> bool:
    """Let `.venv` point to the current environment; return False where that is not to be had.

    One of the user's own is never replaced.
    """
    if not _is_free(layout):
        return False
    if sys.platform == "win32":
        return _make_junction(layout.editor_link, layout.base / (pointed(layout.current) or "") / "venv")
    wanted = _wanted(layout)
    return pointed(layout.editor_link) == wanted or make_link(layout.editor_link, wanted)


def follow_switch(layout: Layout) -> None:
    """Lead a `.venv` of this target to what is current now, where it does not go through `current`."""
    if _parts(layout)[:1] == (layout.target,) and layout.current.is_file():
        link_for_editors(layout)


def unlink_for_editors(layout: Layout) -> None:
    """Take `.venv` away where it leads into this target."""
    if _parts(layout)[:1] != (layout.target,):
        return
    if layout.editor_link.is_symlink():
        layout.editor_link.unlink()
    else:
        os.rmdir(layout.editor_link)  # a junction; what it leads to stays


def stands_in_the_way(layout: Layout) -> bool:
    """Tell whether a `.venv` of the user's own is why there is none of ours."""
    return not _is_free(layout)


def _is_free(layout: Layout) -> bool:
    link = layout.editor_link
    return not os.path.lexists(link) or bool(_parts(layout))


def _parts(layout: Layout) -> tuple[str, ...]:
    """Return the parts of the path below `.provenv` that `.venv` leads to; empty where it is not ours."""
    link = layout.editor_link
    try:
        found = Path(os.readlink(link))
    except (OSError, ValueError):
        return ()  # not there, or no link
    parts = found.parts
    return parts[parts.index(layout.home.name) + 1 :] if layout.home.name in parts else ()


def _wanted(layout: Layout) -> str:
    base = f"{layout.home.name}/{layout.target}"
    if layout.current.is_file():
        return f"{base}/{pointed(layout.current)}/venv"
    return f"{base}/{layout.current.name}/venv"


def _make_junction(link: Path, folder: Path) -> bool:
    """Put a junction in place: it needs no privilege, but cannot be replaced by a rename."""
    if sys.platform == "win32":
        try:
            if os.path.lexists(link):
                os.rmdir(link)
            _winapi.CreateJunction(str(folder), str(link))
        except OSError:
            return False  # a drive without junctions (a network share, FAT)
    return sys.platform == "win32"
