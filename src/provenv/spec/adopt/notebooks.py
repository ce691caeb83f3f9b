"""A Jupyter notebook's code cells: what is Python, and what a shell or a magic command is told.

The format: https://nbformat.readthedocs.io/en/latest/format_description.html
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

LIMIT = 64 << 20
"""Bytes of one notebook; pictures in outputs make them large."""
_MAGIC = re.compile(r"^(?P<indent>[ \t]*)(?:[%!?].*|[\w.]+\s*=\s*[!%].*|.*\?\s*)$")
_SHELL = re.compile(r"^\s*(?:!+|%(?=(?:pip|conda|mamba|uv|cd)\b)|%(?:sx|system)\s+)\s*(?P<command>.+)$")
_CELL = re.compile(r"^%%(?:bash|sh|script\s+(?:ba)?sh|shell|!)")


@dataclass(frozen=True)
class Notebook:
    """`code` is every cell's Python without IPython's lines; `shell` holds (command, number of the cell)."""

    code: str
    shell: tuple[tuple[str, int], ...]


def read(content: str) -> Notebook | None:
    """Return what a notebook holds, None where it is none."""
    try:
        data = json.loads(content)
        sheets = data.get("worksheets", [data])
        codes = [
            "".join(cell.get("source", cell.get("input", "")))
            for sheet in sheets
            for cell in sheet["cells"]
            if cell["cell_type"] == "code"
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    python: list[str] = []
    shell: list[tuple[str, int]] = []
    for number, code in enumerate(codes, start=1):
        if _CELL.match(code.lstrip()):
            shell.append((code.lstrip().partition("\n")[2], number))
        elif not code.lstrip().startswith("%%") or re.match(r"%%(?:time|timeit|capture)", code.lstrip()):
            python.append(_python(code, number, shell))
    return Notebook("\n".join(python), tuple(shell))


def _python(code: str, number: int, shell: list[tuple[str, int]]) -> str:
    lines = []
    rest = iter(code.splitlines())
    for line in rest:
        if match := _SHELL.match(line):
            command = match["command"]
            while command.rstrip().endswith("\\") and (following := next(rest, None)) is not None:
                command = command.rstrip()[:-1] + " " + following
            shell.append((re.sub(r"\{sys\.executable\}", "python", command), number))
            lines.append(line[: len(line) - len(line.lstrip())] + "pass")
        elif line.lstrip().startswith("%%"):
            lines.append("pass")
        else:
            lines.append(_MAGIC.sub(lambda found: f"{found['indent']}pass", line))
    return "\n".join(lines)
