"""A script's own requirements in a comment block (PEP 723).

https://packaging.python.org/en/latest/specifications/inline-script-metadata/
"""

from __future__ import annotations

import re

from ...errors import Failure, Place, problem, text, verbatim
from ...toml_library import tomllib
from ..source import Source
from .adopted import Draft
from .indexes import take_extra_index
from .pip_lines import take_line
from .python_versions import stated

_BLOCK = re.compile(r"(?m)^# /// script$\s(?P<content>(?:^#(?:| .*)$\s)+)^# ///$")


def has_block(words: str) -> bool:
    """Return whether a Python text has such a block."""
    return "# /// script" in words and _BLOCK.search(words.replace("\r\n", "\n")) is not None


def read(draft: Draft, source: Source) -> None:
    """Read the block. Raises Failure PV152 where it is no TOML."""
    match = _BLOCK.search(source.text.replace("\r\n", "\n"))
    if match is None:
        return
    first = source.text.replace("\r\n", "\n").count("\n", 0, match.start("content")) + 1
    lines = [line[2:] if line.startswith("# ") else line[1:] for line in match["content"].splitlines()]
    try:
        data = tomllib.loads("\n".join(lines))
    except ValueError as error:
        raise Failure(
            problem("PV152", file=source.name, where=Place(source.name, first), why=verbatim(str(error)))
        ) from None

    def where(words: str) -> str:
        found = next((number for number, line in enumerate(lines) if words in line), 0)
        return f"{source.name}:{first + found}"

    python = data.get("requires-python")
    if isinstance(python, str) and draft.python is None:
        draft.python = stated(python, where("requires-python"))
    entries = data.get("dependencies")
    for words in entries if isinstance(entries, list) else ():
        take_line(draft, str(words), where(str(words)))
    tool = data.get("tool")
    uv = tool.get("uv") if isinstance(tool, dict) else None
    for index in (uv.get("index") or ()) if isinstance(uv, dict) else ():
        if isinstance(index, dict) and isinstance(index.get("url"), str):
            take_extra_index(draft, index["url"], where(index["url"]))
    if isinstance(uv, dict) and "sources" in uv:
        draft.leave("tool.uv.sources", where("sources"), text("adopt.left.unknown_key"))
    draft.about = text("adopt.about.copied", file=source.name)
