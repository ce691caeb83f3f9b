"""Any nested state as JSON and tensors, and back. Nothing that is read can run code: there is no pickle.

JSON has no tuples, sets, bytes, numbers as keys, infinities: those stand as an object with the key `!`, which
names what it is. Tensors and arrays go out, and leave their name.
"""

from __future__ import annotations

import base64
import json
import math
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .arrays import Raw, raw
from .errors import Unencodable
from .optional import loaded, needed

TAG = "!"
FACTORIES: dict[str, Callable[[], Any]] = {"dict": dict, "list": list, "int": int, "float": float, "set": set}


@dataclass
class Encoded:
    """A structure as JSON, and its tensors by name; `aliases` are other places of a stored one."""

    content: Any = None
    tensors: dict[str, Raw] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)


def encode(value: Any, place: str) -> Encoded:
    """Return the structure as JSON and tensors; `place` is its name in errors. Raises Unencodable."""
    encoder = _Encoder(place)
    encoder.out.content = encoder.any(value, ())
    return encoder.out


class _Encoder:
    def __init__(self, place: str) -> None:
        self.place = place
        self.out = Encoded()
        self.stored: dict[Hashable, str] = {}
        self.open: set[int] = set()

    def where(self, path: tuple[Any, ...]) -> str:
        return self.place + "".join(
            f".{key}" if isinstance(key, str) and key.isidentifier() else f"[{key!r}]" for key in path
        )

    def any(self, value: Any, path: tuple[Any, ...]) -> Any:
        plain = type(value)
        if value is None or plain in (bool, int, str):
            return value
        if plain is float:
            return value if math.isfinite(value) else {TAG: "float", "v": repr(value)}
        found = raw(value, self.where(path))
        if found is not None:
            return self.tensor(found, path)
        if plain in (bytes, bytearray):
            return {TAG: plain.__name__, "v": base64.b64encode(value).decode()}
        if plain is complex:
            return {TAG: "complex", "v": [self.any(value.real, path), self.any(value.imag, path)]}
        other = _library_value(value)
        return other if other is not None else self.nested(value, path)

    def tensor(self, found: Raw, path: tuple[Any, ...]) -> dict[str, str]:
        name = ".".join(map(str, path)) or "value"
        if found.same in self.stored:
            self.out.aliases[name] = self.stored[found.same]
            return {TAG: "tensor", "v": self.stored[found.same]}
        while name in self.out.tensors or name == "__metadata__":
            name += "'"
        self.out.tensors[name] = found
        self.stored[found.same] = name
        return {TAG: "tensor", "v": name}

    def nested(self, value: Any, path: tuple[Any, ...]) -> Any:
        if id(value) in self.open:
            raise Unencodable(self.where(path), "it contains itself")
        self.open.add(id(value))
        try:
            return self.container(value, path)
        except RecursionError:
            raise Unencodable(self.where(path[:3]), "it is nested too deeply") from None
        finally:
            self.open.discard(id(value))

    def container(self, value: Any, path: tuple[Any, ...]) -> Any:
        plain = type(value)
        torch = loaded("torch")
        if plain is list:
            return self.each(value, path)
        if plain is tuple:
            return {TAG: "tuple", "v": self.each(value, path)}
        if torch is not None and plain is torch.Size:
            return {TAG: "torch.Size", "v": list(value)}
        if plain in (set, frozenset):
            items = sorted(self.each(list(value), path), key=lambda one: json.dumps(one, sort_keys=True))
            return {TAG: plain.__name__, "v": items}
        if plain in (dict, OrderedDict, Counter, defaultdict):
            return self.mapping(value, path)
        raise Unencodable(
            self.where(path),
            f"a {plain.__module__}.{plain.__qualname__} can't be read back without running code; "
            "keep plain values, tensors, and what has state_dict()",
        )

    def each(self, values: Any, path: tuple[Any, ...]) -> list[Any]:
        return [self.any(value, (*path, number)) for number, value in enumerate(values)]

    def mapping(self, value: Mapping[Any, Any], path: tuple[Any, ...]) -> dict[str, Any]:
        plain = type(value)
        if plain is dict and all(type(key) is str for key in value) and TAG not in value:
            return {key: self.any(one, (*path, key)) for key, one in value.items()}
        pairs = [[self.key(key, path), self.any(one, (*path, key))] for key, one in value.items()]
        out: dict[str, Any] = {TAG: plain.__name__, "v": pairs}
        if isinstance(value, defaultdict):
            name = getattr(value.default_factory, "__name__", "") if value.default_factory else ""
            if value.default_factory is not FACTORIES.get(name):
                raise Unencodable(self.where(path), "a defaultdict of a function of your own is not kept")
            out["of"] = name
        metadata = getattr(value, "_metadata", None)  # torch's Module.state_dict keeps versions there
        if metadata is not None:
            out["metadata"] = self.any(metadata, (*path, "_metadata"))
        return out

    def key(self, key: Any, path: tuple[Any, ...]) -> Any:
        coded = self.any(key, (*path, key))
        if isinstance(coded, dict) and coded[TAG] in ("tensor", "list"):
            raise Unencodable(self.where(path), "a tensor is a key")
        return coded


def _library_value(value: Any) -> dict[str, Any] | None:
    """Return a scalar of numpy, or a type or device of torch; None if it is none of them."""
    numpy, torch = loaded("numpy"), loaded("torch")
    if numpy is not None and isinstance(value, numpy.generic) and not value.dtype.hasobject:
        content = base64.b64encode(value.tobytes()).decode()
        return {TAG: "numpy", "v": content, "of": value.dtype.str}
    if torch is not None and isinstance(value, torch.dtype):
        return {TAG: "torch.dtype", "v": str(value).removeprefix("torch.")}
    if torch is not None and isinstance(value, torch.device):
        return {TAG: "torch.device", "v": str(value)}
    return None


def decode(content: Any, tensors: Mapping[str, Any]) -> Any:
    """Return the structure. Raises ValueError, KeyError or TypeError for what `encode` can't have written."""
    if isinstance(content, list):
        return [decode(one, tensors) for one in content]
    if not isinstance(content, dict):
        return content
    if TAG not in content:
        return {key: decode(one, tensors) for key, one in content.items()}
    kind, value = content[TAG], content["v"]
    if kind in ("dict", "OrderedDict", "Counter", "defaultdict"):
        return _mapping(kind, content, tensors)
    return _SIMPLE[kind](value, content, tensors)


def _mapping(kind: str, content: Mapping[str, Any], tensors: Mapping[str, Any]) -> Any:
    made: Any
    if kind == "defaultdict":
        made = defaultdict(FACTORIES[content["of"]] if content["of"] else None)
    else:
        made = {"dict": dict, "OrderedDict": OrderedDict, "Counter": Counter}[kind]()
    for key, one in content["v"]:
        made[decode(key, tensors)] = decode(one, tensors)
    if "metadata" in content:
        made._metadata = decode(content["metadata"], tensors)
    return made


def _list(value: Any, tensors: Mapping[str, Any]) -> list[Any]:
    return [decode(one, tensors) for one in value]


_SIMPLE: dict[str, Callable[[Any, Mapping[str, Any], Mapping[str, Any]], Any]] = {
    "float": lambda value, _, __: float(value),
    "complex": lambda value, _, tensors: complex(*_list(value, tensors)),
    "bytes": lambda value, _, __: base64.b64decode(value),
    "bytearray": lambda value, _, __: bytearray(base64.b64decode(value)),
    "tuple": lambda value, _, tensors: tuple(_list(value, tensors)),
    "set": lambda value, _, tensors: set(_list(value, tensors)),
    "frozenset": lambda value, _, tensors: frozenset(_list(value, tensors)),
    "tensor": lambda value, _, tensors: tensors[value],
    "torch.Size": lambda value, _, __: needed("torch").Size(value),
    "torch.dtype": lambda value, _, __: getattr(needed("torch"), value),
    "torch.device": lambda value, _, __: needed("torch").device(value),
    "numpy": lambda value, content, _: needed("numpy").frombuffer(
        base64.b64decode(value), dtype=content["of"]
    )[0],
}
