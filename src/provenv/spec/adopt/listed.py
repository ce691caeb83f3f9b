"""A requirements file: referred to where it is read and locked as it stands, else copied and put right."""

from __future__ import annotations

import re
from pathlib import Path

from ...errors import text
from ..gathered import Gathered
from ..lines import logical_lines
from ..requirement_file import gather_file
from ..source import Source, read_requirements
from .adopted import Draft, Reference
from .indexes import is_pytorch
from .pip_lines import take_line, take_text

FEWEST_FROZEN = 15
"""A shorter list in which every line pins can well have been written by hand."""


def read(draft: Draft, path: Path) -> None:
    """Refer to the file or copy it. Raises Failure where it cannot be read."""
    source = read_requirements(draft.root, path)
    inside = draft.root.resolve() in path.resolve().parents
    draft.dump = draft.dump or is_frozen(source)
    if inside and not draft.dump and is_native(draft.root, path):
        draft.references.append(Reference(source.name))
        draft.tell(text("spec.init.found_requirements", file=source.name))
        draft.about = text("spec.init.requirements_file", file=source.name)
        return
    take_text(draft, path)
    key = "pinned" if draft.dump else "repaired" if inside else "copied"
    draft.about = text(f"adopt.about.{key}", file=source.name)


def read_lines(draft: Draft, source: Source) -> None:
    """Copy the lines of a text that is no file of the project's."""
    draft.dump = is_frozen(source)
    for line in logical_lines(source):
        take_line(draft, line.text, f"{source.name}:{line.place(0).line}")
    draft.about = text(f"adopt.about.{'pinned' if draft.dump else 'copied'}", file=source.name)


def is_native(root: Path, path: Path) -> bool:
    """Return whether a requirements file is read, and locked, as it stands.

    One that names an index of PyTorch's is for one accelerator alone.
    """
    gathered = Gathered(root, {})
    gather_file(gathered, path)
    cloned = [one for one in gathered.requirements if one.editable and re.match(r"-e [a-z]+\+", one.text)]
    places = (gathered.index_url or "", *gathered.extra_index_urls, *gathered.find_links)
    return (
        not cloned
        and not any(map(is_pytorch, places))
        and all(one.severity != "error" for one in gathered.problems)
    )


def is_frozen(source: Source) -> bool:
    """Return whether a list was written by `pip freeze`: every line pins, and there are many."""
    lines = [line.text for line in logical_lines(source)]
    pinned = [line for line in lines if re.search(r"==|@ |^-e ", line)]
    return len(lines) >= FEWEST_FROZEN and len(pinned) == len(lines)
