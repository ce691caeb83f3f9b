"""Values to JSON and back: frozen dataclasses, tuples, mappings, literals and plain scalars."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from ..errors import Text
from ..lazy import load

T = TypeVar("T")


def to_json(value: object, render: Callable[[Text], str] | None = None) -> Any:
    """Return `value` as what `json.dumps` takes.

    With `render`, every Text also carries its words under `text`; without it
    only key and arguments are kept, so that it can be shown in any language later.
    """
    if value is None or isinstance(value, (str, int, float)):
        return value
    kind: Any = type(value)
    names = _fields(kind)
    if names is not None:
        fields = {name: to_json(getattr(value, name), render) for name in names}
        if render is not None and isinstance(value, Text):
            return {"text": render(value), **fields}
        return fields
    if isinstance(value, Mapping):
        return {str(key): to_json(entry, render) for key, entry in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [to_json(entry, render) for entry in value]
    return value


def from_json(kind: type[T], data: Any) -> T:
    """Return the value of type `kind` that `to_json` wrote as `data`.

    Keys that the type does not know are passed over (a newer version wrote
    them). Raises ValueError, naming the field, where something does not fit.
    """
    return _read(kind, data, kind.__name__)  # type: ignore[no-any-return]  # the type is a value here


@cache
def _fields(kind: type) -> tuple[str, ...] | None:
    """Return the names of a dataclass's fields; None for any other type."""
    return tuple(field.name for field in dataclasses.fields(kind)) if dataclasses.is_dataclass(kind) else None


@cache
def _hints(kind: type) -> dict[str, Any]:
    try:
        return get_type_hints(kind)
    except NameError:
        # its module imports some types for checking alone
        return get_type_hints(kind, localns=load("model.names"))


def _read(kind: Any, data: Any, where: str) -> Any:
    if dataclasses.is_dataclass(kind):
        return _read_dataclass(kind, data, where)
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _read_union(get_args(kind), data, where)
    if origin is Literal:
        return _expect(data in get_args(kind), data, where)
    if origin is tuple:
        items = _expect(isinstance(data, list), data, where)
        arguments = get_args(kind)
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return tuple(_read(arguments[0], item, f"{where}[{i}]") for i, item in enumerate(items))
        _expect(len(items) == len(arguments), data, where)
        return tuple(_read(arguments[i], item, f"{where}[{i}]") for i, item in enumerate(items))
    if origin is not None and issubclass(origin, Mapping):
        entries = _expect(isinstance(data, dict), data, where)
        return {key: _read(get_args(kind)[1], entry, f"{where}.{key}") for key, entry in entries.items()}
    return _read_scalar(kind, data, where)


def _read_scalar(kind: Any, data: Any, where: str) -> Any:
    if kind is float:
        _expect(isinstance(data, (int, float)) and not isinstance(data, bool), data, where)
        return float(data)
    if kind is int:
        return _expect(isinstance(data, int) and not isinstance(data, bool), data, where)
    if kind in (str, bool):
        return _expect(isinstance(data, kind), data, where)
    if kind is type(None):
        return _expect(data is None, data, where)
    return data


def _read_dataclass(kind: Any, data: Any, where: str) -> Any:
    entries = _expect(isinstance(data, dict), data, where)
    hints = _hints(kind)
    known = {field.name: field for field in dataclasses.fields(kind)}
    values = {name: _read(hints[name], entries[name], f"{where}.{name}") for name in known if name in entries}
    missing = [
        name
        for name, field in known.items()
        if name not in values
        and field.default is dataclasses.MISSING
        and field.default_factory is dataclasses.MISSING
    ]
    if missing:
        raise ValueError(f"{where}: missing {', '.join(missing)}")
    return kind(**values)


def _read_union(kinds: tuple[Any, ...], data: Any, where: str) -> Any:
    for kind in kinds:
        try:
            return _read(kind, data, where)
        except ValueError:
            continue
    raise ValueError(f"{where}: {data!r} fits none of its types")


def _expect(condition: bool, data: Any, where: str) -> Any:
    if not condition:
        raise ValueError(f"{where}: unexpected {data!r:.80}")
    return data
