"""The declared file (`provenv.toml`, pyproject.toml, requirements.txt) to a Spec, and edits of it.

Everything behind these names is imported when it is called: neither pydantic
nor packaging costs a command that reads no file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import lazy

if TYPE_CHECKING:
    from ..errors import Problem, Text
    from ..model.adopted import Initial
    from ..model.spec import Spec
    from .edited import Edit
    from .presets import Presets

__all__ = [
    "add",
    "bad_mirror",
    "find",
    "initial",
    "json_schema",
    "load",
    "mirror_presets",
    "remove",
    "use_mirrors",
]


def find(folder: Path) -> Path | None:
    """Return the file that leads in `folder` or around it, None where nothing is declared.

    `provenv.toml`, else a pyproject.toml with `[tool.provenv]`, else one with
    `[project]`, else requirements.txt; only where the folder has none of them,
    a parent's `provenv.toml` or `[tool.provenv]`, up to the home folder.
    """
    return lazy.load("spec.find")(folder)  # type: ignore[no-any-return]  # the lazy table has no types


def load(folder: Path, environment: Mapping[str, str] | None = None) -> Spec:
    """Return what the project in `folder` declares, complete.

    Raises Failure with every mistake at once, each with its place.
    """
    return lazy.load("spec.load")(folder, environment)  # type: ignore[no-any-return]  # as above


def initial(
    folder: Path, words: Callable[[Text], str], source: str | None = None, content: str | None = None
) -> Initial:
    """Return the text of a commented provenv.toml for `folder`, and what it was made from.

    `source` names another tool's file or an environment's folder (`-`: standard
    input, whose text is `content`); without it the folder itself is looked into.
    `words` gives the comments their language. Nothing is written. Raises Failure
    where the source cannot be read.
    """
    return lazy.load("spec.initial")(folder, words, source, content)  # type: ignore[no-any-return]  # as above


def add(folder: Path, requirements: Sequence[str]) -> Edit:
    """Return the edit that adds `requirements` to the project's own list. Raises Failure; writes nothing."""
    return lazy.load("spec.add")(folder, requirements)  # type: ignore[no-any-return]  # as above


def remove(folder: Path, names: Sequence[str]) -> Edit:
    """Return the edit that takes `names` out of the project's own list. Raises Failure; writes nothing."""
    return lazy.load("spec.remove")(folder, names)  # type: ignore[no-any-return]  # as above


def use_mirrors(folder: Path, values: Mapping[str, str]) -> Edit:
    """Return the edit that says `values` under `[mirrors]`. Raises Failure; writes nothing."""
    return lazy.load("spec.use_mirrors")(folder, values)  # type: ignore[no-any-return]  # as above


def bad_mirror(name: str, kind: str | None) -> Problem:
    """Return the problem with a name that is no public mirror, or none that has `kind`."""
    return lazy.load("spec.bad_mirror")(name, kind)  # type: ignore[no-any-return]  # as above


def mirror_presets() -> Presets:
    """Return the table of public mirrors by name."""
    return lazy.load("spec.mirror_presets")()  # type: ignore[no-any-return]  # as above


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of `provenv.toml`."""
    return lazy.load("spec.json_schema")()  # type: ignore[no-any-return]  # as above
