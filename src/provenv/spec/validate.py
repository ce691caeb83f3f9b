"""A parsed TOML document against the schema, with each mistake at its line and column."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ..errors import Hint, Problem, problem, text
from .declared_data import data_mistakes
from .declared_hosts import host_mistakes
from .declared_slurm import slurm_mistakes
from .mirror_names import bad_mirror
from .positions import Path, Span
from .schema import (
    TAGS,
    DataTable,
    Declared,
    Environment,
    FromFile,
    ImageTable,
    MirrorTable,
    Prove,
    RunTable,
    SlurmTable,
    SshTable,
    TargetTable,
)
from .source import brief
from .toml_text import Document

_TABLES: tuple[tuple[tuple[str, ...], type[BaseModel]], ...] = (
    ((), Declared),
    (("requirements",), FromFile),
    (("requirements", "*"), FromFile),
    (("env",), Environment),
    (("mirrors",), MirrorTable),
    (("prove",), Prove),
    (("data", "*"), DataTable),
    (("run", "*"), RunTable),
    (("target", "*"), TargetTable),
)
_KINDS: Mapping[str, type[BaseModel]] = {
    "<image>": ImageTable,
    "<slurm>": SlurmTable,
    "<ssh>": SshTable,
}
"""The tables of the kinds of targets whose keys are all known, by their label."""
_EXPECTS = {
    # pydantic's error type -> which of our words say what the key takes
    "string_type": "string",
    "int_type": "integer",
    "int_from_float": "integer",
    "float_type": "number",
    "bool_type": "boolean",
    "list_type": "array",
    "dict_type": "table",
    "model_type": "table",
    "model_attributes_type": "table",
}
_BOUNDS = {
    # pydantic's error type -> where it says the bound, our words
    "greater_than_equal": ("ge", "spec.bad.greater_than_equal"),
    "greater_than": ("gt", "spec.bad.greater_than"),
    "less_than_equal": ("le", "spec.bad.less_than_equal"),
}
_SYNONYMS = {
    # what people call a value that has another name here
    "gpu": "cuda",
    "nvidia": "cuda",
    "amd": "rocm",
    "hip": "rocm",
    "intel": "xpu",
    "metal": "mps",
    "apple": "mps",
    "npu": "ascend",
    "docker": "image",
    "container": "image",
    "podman": "image",
    "hostname": "hosts",
    "nodes": "hosts",
    "machines": "hosts",
    "k8s": "kubernetes",
    "local": "venv",
    "virtualenv": "venv",
    "dependencies": "requirements",
    "packages": "requirements",
    "environment": "env",
    "python_version": "python",
    "requires-python": "python",
    "version": "schema",
}


def validate(document: Document, table: Path) -> tuple[Declared | None, list[Problem]]:
    """Return the declared values under `table` of the document, and everything that is wrong with them.

    Keys that stand in broken lines are not called missing.
    """
    data = document.data
    for part in table:
        data = data.get(str(part), {})
    declared = None
    found = [
        *host_mistakes(document, table, data),
        *slurm_mistakes(document, table, data),
        *data_mistakes(document, table, data),
    ]
    try:
        declared = Declared.model_validate(data)
    except ValidationError as failed:
        found += [_translate(document, table, error) for error in failed.errors(include_url=False)]
    return declared, [one for one in found if not (document.partial and one.code == "PV104")]


def _translate(document: Document, table: Path, error: ErrorDetails) -> Problem:
    path = tuple(part for part in error["loc"] if part not in TAGS and part != "[key]")
    whole = (*table, *path)
    kind = error["type"]
    key = dotted(path)
    if kind == "extra_forbidden":
        model = next((one for label, one in _KINDS.items() if label in error["loc"]), None)
        return _unknown_key(document, whole, path, model)
    if kind == "missing":
        span = document.at_key(whole[:-1])
        given = [str(one) for one in error["input"]] if isinstance(error["input"], dict) else []
        return problem(
            "PV104",
            key=key,
            where=document.source.place(span.start, span.length),
            why=text("PV104.why", table=dotted(path[:-1]), key=str(path[-1])),
            hints=_misspelt(str(path[-1]), given),
        )
    # pydantic marks a bad key of a mapping, but not one among a model's free keys
    names_key = "[key]" in error["loc"] or (kind == "spec.bad.variable" and path[:-1] == ("env",))
    span = document.at_key(whole) if names_key else document.at_value(whole)
    where = document.source.place(span.start, span.length)
    found = str(path[-1]) if names_key else _shown(document, span)
    if kind == "literal_error":
        allowed = _allowed(error)
        return problem(
            "PV103",
            key=key,
            value=found,
            where=where,
            why=text("spec.allowed", allowed=", ".join(allowed)),
            hints=_near(str(error["input"]), allowed, "spec.hint.write_string"),
        )
    if kind in _EXPECTS:
        why = text(f"spec.expects.{_EXPECTS[kind]}")
        return problem(
            "PV102", key=key, value=found, where=where, why=why, hints=_quoting(error, path, found)
        )
    if kind in _BOUNDS:
        name, words = _BOUNDS[kind]
        why = text(words, bound=f"{error.get('ctx', {}).get(name, 0):g}")
        return problem("PV105", key=key, value=found, where=where, why=why)
    if kind.startswith("spec.mirror."):
        named = next(str(part) for part in reversed(path) if isinstance(part, str))
        return bad_mirror(str(error["input"]), None if kind == "spec.mirror.preset" else named, where)
    if kind == "too_short":
        kind = "spec.bad.empty"
    if kind in ("spec.bad.host_password", "spec.bad.data_password"):
        found, where = _masked(found), replace(where, source=_masked(where.source or ""))
    why = text(kind) if kind.startswith("spec.bad.") else text("spec.bad.form")
    return problem("PV105", key=key, value=found, where=where, why=why)


def _masked(words: str) -> str:
    """Return words with asterisks, as many, in place of what stands between `:` and `@`."""
    return re.sub(r"(?<=:)[^@\s]+(?=@)", lambda match: "*" * len(match[0]), words)


def _unknown_key(document: Document, whole: Path, path: Path, kind: type[BaseModel] | None) -> Problem:
    span = document.at_key(whole)
    allowed = _keys(kind) if kind is not None else known_keys(path[:-1])
    return problem(
        "PV101",
        key=dotted(path),
        where=document.source.place(span.start, span.length),
        why=text("spec.known_keys", keys=", ".join(allowed)),
        hints=_near(str(path[-1]), allowed, "spec.hint.write"),
    )


def known_keys(table: Path) -> list[str]:
    """Return the keys that the table at that path takes."""
    for pattern, model in _TABLES:
        if len(pattern) == len(table) and all(
            want in ("*", got) for want, got in zip(pattern, table, strict=True)
        ):
            return _keys(model)
    return []


def _keys(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def dotted(path: Sequence[str | int]) -> str:
    """Return a path as it would be written in TOML; elements of arrays count from 1 in brackets."""
    words = ""
    for part in path:
        if isinstance(part, int):
            words += f"[{part + 1}]"
        else:
            words += f".{part}" if words else part
    return brief(words)


def _shown(document: Document, span: Span) -> str:
    found = document.source.text[span.start : span.end].strip()
    first = found.splitlines()[0] if found else ""
    return brief(first if first == found else f"{first[:76]}...")


def _allowed(error: ErrorDetails) -> list[str]:
    expected = str(error.get("ctx", {}).get("expected", ""))
    return [part.strip().strip("'") for part in expected.replace(" or ", ", ").split(",")]


def _near(word: str, allowed: Sequence[str], key: str) -> tuple[Hint, ...]:
    lowered = {one.lower(): one for one in allowed}
    word = word.lower()[:80]
    cutoff = 0.6 if len(word) > 5 else 0.5
    meant = _SYNONYMS.get(word)
    close = (
        [meant] if meant in lowered else difflib.get_close_matches(word, list(lowered), n=1, cutoff=cutoff)
    )
    return (Hint(text(key, right=lowered[close[0]])),) if close else ()


def _misspelt(key: str, given: Sequence[str]) -> tuple[Hint, ...]:
    """Return the hint that one of the given keys was probably meant as `key`."""
    close = difflib.get_close_matches(key, given, n=1, cutoff=0.6)
    return (Hint(text("spec.hint.instead", right=key, wrong=close[0])),) if close else ()


def _quoting(error: ErrorDetails, path: Path, found: str) -> tuple[Hint, ...]:
    value: Any = error["input"]
    if not isinstance(path[-1], str):
        return ()
    if error["type"] == "string_type" and isinstance(value, (int, float)):
        return (Hint(text("spec.hint.write_pair", key=path[-1], value=f'"{found}"')),)
    if error["type"] == "list_type" and isinstance(value, str) and value.endswith((".txt", ".in", ".toml")):
        return (Hint(text("spec.hint.write_pair", key=path[-1], value=f"{{ file = {found} }}")),)
    if error["type"] == "list_type" and isinstance(value, str):
        return (Hint(text("spec.hint.write_pair", key=path[-1], value=f"[{found}]")),)
    return ()
