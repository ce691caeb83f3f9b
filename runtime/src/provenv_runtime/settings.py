"""What may be chosen about a training, declared in a file and overridden on the command line.

    @dataclass(frozen=True)
    class Settings:
        optimizer: Annotated[Literal["sgd", "adamw"], "how the weights are moved"] = "adamw"
        rate: float = 1e-3

    chosen = settings(Settings)     # settings.toml, then `--optimizer sgd --rate 0.01`

A name that no field has, or a value that does not fit, ends the program with one sentence and code 2.
"""

from __future__ import annotations

import argparse
import difflib
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, Literal, NoReturn, TypeVar, get_args, get_origin, get_type_hints, overload

from .optional import needed

T = TypeVar("T")

FILE = "settings.toml"
WORDS = {
    "true": True,
    "yes": True,
    "on": True,
    "1": True,
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}
NAMES = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


class Unfit(ValueError):
    """A value that its field can't take."""


@overload
def settings(cls: type[T], *, argv: Sequence[str] | None = None, file: str = FILE) -> T: ...


@overload
def settings(
    cls: type[T], *, parser: argparse.ArgumentParser, argv: Sequence[str] | None = None, file: str = FILE
) -> tuple[T, argparse.Namespace]: ...


def settings(
    cls: type[T],
    *,
    parser: argparse.ArgumentParser | None = None,
    argv: Sequence[str] | None = None,
    file: str = FILE,
) -> T | tuple[T, argparse.Namespace]:
    """Return the settings: the class's defaults, then the file's keys, then the command line's options.

    Arguments:
        cls: a frozen dataclass of int, float, str, bool and Literal fields, each with a default;
            `Annotated[float, "..."]` gives an option its help.
        parser: has options of the program's own; then `(settings, namespace)` is returned, the namespace
            with those alone.
        argv: the command line; sys.argv's by default.
        file: read where it is there.

    """
    own = parser is None
    parser = parser or argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--settings", default=file, metavar="FILE", help=f"settings from a file ({file})")
    group = parser.add_argument_group("settings", "on top of the file's")
    kinds = _kinds(cls)
    for name, (kind, about) in kinds.items():
        option = "--" + name.replace("_", "-")
        group.add_argument(option, dest=f"setting {name}", metavar=_metavar(kind), help=about or None)
    given = vars(parser.parse_args(argv))
    path = str(given.pop("settings"))
    values: dict[str, Any] = {}
    for name, value in _read(path, required=path != file).items():
        if name not in kinds:
            _end(f"{path}: there is no setting `{name}`{_nearest(name, kinds)}")
        values[name] = _taken(kinds[name][0], value, f"{path}: `{name}`")
    for name, (kind, _about) in kinds.items():
        words = given.pop(f"setting {name}")
        if words is not None:
            values[name] = _taken(kind, words, "--" + name.replace("_", "-"), typed=True)
    chosen = cls(**values)
    return chosen if own else (chosen, argparse.Namespace(**given))


def _kinds(cls: type[Any]) -> dict[str, tuple[Any, str]]:
    """Return each field's kind and its words. Raises TypeError for a class that can't be declared so."""
    hints = get_type_hints(cls, include_extras=True)
    found = {}
    for field in fields(cls):
        kind, about = hints[field.name], ""
        if get_origin(kind) is Annotated:
            kind, about = get_args(kind)[:2]
        if kind not in NAMES and get_origin(kind) is not Literal:
            raise TypeError(
                f"{cls.__name__}.{field.name} is a {kind}: settings are int, float, str, bool, Literal"
            )
        if field.default is MISSING:
            raise TypeError(f"{cls.__name__}.{field.name} needs a default")
        words = f"{about}; " if about else ""
        found[field.name] = (kind, f"{words}by default {field.default}".replace("%", "%%"))
    return found


def _metavar(kind: Any) -> str:
    return "|".join(map(str, get_args(kind))) if get_origin(kind) is Literal else kind.__name__.upper()


def _read(path: str, *, required: bool) -> Mapping[str, Any]:
    if not required and not os.path.exists(path):
        return {}
    toml = _toml()
    try:
        return dict(toml.loads(Path(path).read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, toml.TOMLDecodeError) as error:
        _end(f"{path}: {error}")


def _toml() -> ModuleType:
    """Return the library that reads TOML: the standard one since Python 3.11."""
    try:
        found: ModuleType = needed("tomllib" if sys.version_info >= (3, 11) else "tomli")
    except ImportError:
        _end("a settings file needs Python 3.11 or the package tomli: provenv add tomli")
    return found


def _taken(kind: Any, value: Any, where: str, *, typed: bool = False) -> Any:
    try:
        return _fit(kind, value, typed=typed)
    except Unfit as unfit:
        _end(f"{where} is {value!r}, but has to be {unfit}")


def _fit(kind: Any, value: Any, *, typed: bool) -> Any:
    """Return a value as its field takes it. Raises Unfit with what the field takes."""
    if get_origin(kind) is Literal:
        allowed = get_args(kind)
        found = next((one for one in allowed if value == one or (typed and value == str(one))), None)
        if found is None:
            raise Unfit(f"one of {', '.join(map(str, allowed))}{_nearest(str(value), map(str, allowed))}")
        return found
    if kind is bool:
        value = WORDS.get(value.lower(), value) if typed else value
        fits = isinstance(value, bool)
    elif kind is str:
        fits = isinstance(value, str)
    else:
        try:
            value = kind(value) if typed else value
        except ValueError:
            raise Unfit(NAMES[kind]) from None
        fits = isinstance(value, (int, float) if kind is float else int) and not isinstance(value, bool)
    if not fits:
        raise Unfit(NAMES[kind])
    return float(value) if kind is float else value


def _nearest(name: str, names: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(names), n=1)
    return f"; did you mean `{close[0]}`?" if close else ""


def _end(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr)
    raise SystemExit(2)
