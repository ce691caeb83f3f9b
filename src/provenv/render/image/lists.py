"""The layers of a lock as lists of requirements that uv installs: one pin each, by hash.

uv's format (https://docs.astral.sh/uv/pip/compile/). Nothing else stands in a list: a word that changes
in it has the layer built anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath

from ...model.image import Layer
from ...model.lock import Lock, Package
from ...model.spec import Spec
from ..header import ORIGIN
from ..requirements import digests

WHEELS = "/run/wheels"
"""Where the files that no index has are seen by a build."""


def list_name(layer: Layer) -> str:
    """Return the name of a layer's list."""
    return f"requirements.{layer.name}.txt"


def list_of(layer: Layer, lock: Lock, spec: Spec, addresses: Mapping[str, str]) -> str:
    """Return a layer's list. `addresses` are those of packages that come from no index."""
    # the same in each list: what was rendered is known by it, and no layer changes for it
    lines = [f"# {ORIGIN} dockerfile", ""]
    index = torch_index(layer, lock)
    if index:
        lines += [f"--extra-index-url {index}", ""]
    if spec.indexes.no_index:
        lines += ["--no-index", ""]
    lines += [_pin(one, addresses) for one in layer.packages]
    return "\n".join(lines) + "\n"


def torch_index(layer: Layer, lock: Lock) -> str:
    """Return the public index of torch's builds that the lock chose, where a layer needs it."""
    if not any(one.name.startswith("torch") for one in layer.packages):
        return ""
    choice = lock.choice("source:torch")
    kind, _, address = choice.value.partition(" ") if choice is not None else ("", "", "")
    return address if kind == "public" and address.startswith("https://") else ""


def hashed(layer: Layer) -> bool:
    """Tell whether each package of a layer is pinned by a hash; a repository can't be."""
    return all(digests(one) for one in layer.packages)


def _pin(package: Package, addresses: Mapping[str, str]) -> str:
    marker = f" ; {package.marker}" if package.marker else ""
    if package.origin == "index":
        # `===`: for `==` a 2.13.0+cpu is a 2.13.0 too, and another index may have that one
        what = f"{package.name}==={package.version}{marker}"
    else:
        address = addresses.get(package.name, package.location or "")
        if package.origin == "archive" and "://" not in address:
            address = f"file://{WHEELS}/{PurePath(address).name}"
        what = f"{package.name} @ {address}{marker}"
    return " \\\n    ".join([what, *(f"--hash={one}" for one in digests(package))])
