"""setup.cfg: https://setuptools.pypa.io/en/stable/userguide/declarative_config.html"""

from __future__ import annotations

import configparser
import re

from ...errors import Failure, Place, problem, text, verbatim
from ..source import Source, relative
from .adopted import Draft, Item
from .pip_lines import take_line, take_text
from .python_versions import stated


def has_project(source: Source) -> bool:
    """Return whether the file describes a project, rather than the settings of other tools."""
    return re.search(r"^\[(?:options|metadata)\]", source.text, re.MULTILINE) is not None


def read(draft: Draft, source: Source) -> None:
    """Read `[metadata]` and `[options]`. Raises Failure PV152 where the file is no such text."""
    parser = configparser.ConfigParser(interpolation=None, strict=False, delimiters=("=", ":"))
    try:
        parser.read_string(source.text)
    except configparser.Error as error:
        line = getattr(error, "lineno", None) or 1
        raise Failure(
            problem("PV152", file=source.name, where=Place(source.name, line), why=verbatim(str(error)))
        ) from None
    draft.name = parser.get("metadata", "name", fallback=None)
    if python := parser.get("options", "python_requires", fallback=""):
        draft.python = stated(python, _place(source, "python_requires"))
    _list(draft, source, parser.get("options", "install_requires", fallback=""), "install_requires")
    if parser.has_section("options.extras_require"):
        for extra, words in parser.items("options.extras_require"):
            for line in words.splitlines():
                if line.strip() and not line.strip().startswith("file:"):
                    note = text("adopt.note.extra", extra=extra)
                    take_line(draft, line, _place(source, line.strip()), note=note, sure=False)
    path = relative(draft.root, draft.folder)
    words = "-e ." if path == "." else f"-e {path if path.startswith(('.', '/')) else './' + path}"
    draft.requirements.append(Item(words, _place(source, "[metadata]"), text("adopt.note.itself")))
    draft.about = text("adopt.about.setup", file=source.name)


def _list(draft: Draft, source: Source, words: str, key: str) -> None:
    if words.strip().startswith("file:"):
        for name in words.strip().removeprefix("file:").split(","):
            path = draft.folder / name.strip()
            if path.is_file():
                take_text(draft, path)
            else:
                draft.leave(name.strip(), _place(source, key), text("adopt.left.no_file"))
        return
    for line in words.replace(";;", ";").splitlines():
        if line.strip():
            take_line(draft, line, _place(source, line.strip()))


def _place(source: Source, words: str) -> str:
    at = source.text.find(words)
    return f"{source.name}:{source.line_of(at) if at >= 0 else 1}"
