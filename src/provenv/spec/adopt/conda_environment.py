"""`environment.yml`: what conda installs, by the names and versions of the package index.

The file's keys: https://docs.conda.io/projects/conda/en/latest/user-guide/tasks/manage-environments.html
"""

from __future__ import annotations

import re

from packaging.utils import canonicalize_name

from ...errors import Failure, Place, Text, problem, text
from ..distributions import table
from ..source import Source
from . import yaml_subset
from .adopted import Draft, Item
from .conda_names import meaning
from .conda_spec import Spec, parse, specifier
from .pip_lines import take_line
from .python_versions import stated
from .variables import take_variable
from .yaml_subset import Mapping, Node, Scalar, Sequence

_DEFAULT_CHANNELS = frozenset(
    {"defaults", "conda-forge", "pytorch", "nvidia", "anaconda", "main", "nodefaults"}
)
MOST_BUILDS = 0.5
"""A file in which more than this part of the entries name a build was written by `conda env export`."""


def is_environment(words: str) -> bool:
    """Return whether a YAML text is a conda environment."""
    return re.search(r"^dependencies\s*:", words, re.MULTILINE) is not None


def read(draft: Draft, source: Source) -> None:
    """Read the environment. Raises Failure PV152 where the file is no such YAML."""
    try:
        document = yaml_subset.read(source.text)
    except yaml_subset.NotUnderstood as error:
        line = source.line(error.line) if error.line else None
        place = Place(source.name, error.line, 1, line)
        raise Failure(
            problem("PV152", file=source.name, where=place, why=text("adopt.broken.yaml"))
        ) from None
    if not isinstance(document, Mapping):
        raise Failure(
            problem("PV152", file=source.name, where=Place(source.name, 1), why=text("adopt.broken.keys"))
        )
    draft.name = _word(document.entries.get("name")) or draft.name
    _channels(draft, source, document.entries.get("channels"))
    dependencies = document.entries.get("dependencies")
    items = dependencies.items if isinstance(dependencies, Sequence) else ()
    specs = [(parse(item.words), item) for item in items if isinstance(item, Scalar)]
    draft.dump = _is_dump([spec for spec, _ in specs if spec is not None])
    if draft.dump:
        draft.tell(text("adopt.found.conda_dump", file=source.name))
    for spec, item in specs:
        take_spec(draft, spec, item.words, f"{source.name}:{item.line}")
    for node in items:
        if isinstance(node, Mapping):
            _section(draft, source, node)
    _variables(draft, source, document.entries.get("variables"))
    for key, node in document.entries.items():
        if key not in ("name", "channels", "dependencies", "variables", "prefix"):
            draft.leave(key, f"{source.name}:{node.line}", text("adopt.left.unknown_key"))
    draft.about = text("adopt.about.conda", file=source.name)


def take_spec(draft: Draft, spec: Spec | None, words: str, where: str) -> None:
    """Carry over one conda package, as what it is: a requirement, Python, a system package, nothing."""
    if spec is None:
        draft.leave(words, where, text("adopt.left.not_understood"))
        return
    if spec.name.lower() == "python":
        draft.python = draft.python or stated(spec.version, where)
        return
    meant = meaning(spec.name)
    if meant.kind == "accelerator":
        _accelerator(draft, spec, meant.words, words, where)
    elif meant.kind == "system":
        draft.system.append(Item(meant.words, where, _renamed(spec.name, meant.words)))
    elif meant.kind == "left":
        draft.leave(words, where, text(f"adopt.left.conda_{meant.words}"))
    else:
        _package(draft, spec, meant.words, meant.loose, meant.assumed, where)


def _package(draft: Draft, spec: Spec, name: str, loose: bool, assumed: bool, where: str) -> None:
    versions = specifier(spec.version, loose=loose)
    if "cpu" in spec.build and name == "torch":
        draft.accelerator = draft.accelerator or Item("cpu", where, text("adopt.note.cpu_only"))
    note = _renamed(spec.name, name)
    if versions is None:
        note = text("adopt.note.conda_version", version=spec.version)
        versions = ""
    elif spec.build and not draft.dump:
        note = text("adopt.note.conda_build", build=spec.build)
    elif assumed and not draft.dump:
        note = text("adopt.note.conda_assumed")
    sure = not draft.dump or table().has(name)
    take_line(draft, f"{name}{versions}", where, note=note, sure=sure)


def _accelerator(draft: Draft, spec: Spec, kind: str, words: str, where: str) -> None:
    if kind == "cpu":
        draft.accelerator = Item("cpu", where, text("adopt.note.cpu_only"))
        return
    version = re.search(r"\d+(?:\.\d+)?", spec.version)
    if kind == "cuda" and draft.accelerator is None:
        note = text("adopt.note.cuda", version=version[0]) if version else text("adopt.note.cuda_any")
        draft.accelerator = Item("auto", where, note)
    draft.leave(words, where, text("adopt.left.cuda"))


def _renamed(old: str, new: str) -> Text | None:
    return (
        text("adopt.note.conda_name", name=old) if canonicalize_name(old) != canonicalize_name(new) else None
    )


def _is_dump(specs: list[Spec]) -> bool:
    return len(specs) > 5 and sum(bool(spec.build) for spec in specs) > MOST_BUILDS * len(specs)


def _channels(draft: Draft, source: Source, node: Node | None) -> None:
    for item in node.items if isinstance(node, Sequence) else ():
        if isinstance(item, Scalar) and item.words not in _DEFAULT_CHANNELS:
            draft.leave(item.words, f"{source.name}:{item.line}", text("adopt.left.channel"))


def _section(draft: Draft, source: Source, node: Mapping) -> None:
    for key, value in node.entries.items():
        for item in value.items if isinstance(value, Sequence) else ():
            if not isinstance(item, Scalar):
                continue
            where = f"{source.name}:{item.line}"
            if key == "pip":
                take_line(draft, item.words, where)
            else:
                draft.leave(item.words, where, text("adopt.left.section", section=key))


def _variables(draft: Draft, source: Source, node: Node | None) -> None:
    for name, value in node.entries.items() if isinstance(node, Mapping) else ():
        if isinstance(value, Scalar):
            take_variable(draft, name, value.words, f"{source.name}:{value.line}")


def _word(node: Node | None) -> str | None:
    return node.words if isinstance(node, Scalar) and node.words not in ("", "base", "root") else None
