"""Which CUDA a driver carries, which driver a CUDA needs, which CUDA a torch was built with."""

from __future__ import annotations

import re

from packaging.version import Version

from ...model.tables import table
from ..said import Stated, cuda_of


def version(words: str | None) -> Version | None:
    """Return a version, or None for words that are none."""
    return Version(words) if words and re.fullmatch(r"\d+(\.\d+)*", words) else None


def carried(driver: str, *, windows: bool = False) -> str:
    """Return the newest CUDA whose toolkit came with this driver or an older one; empty where unknown."""
    own = table("cuda_drivers")["own"]["windows" if windows else "linux"]
    wanted = version(driver)
    known = [cuda for cuda, needed in own.items() if wanted is not None and Version(needed) <= wanted]
    return max(known, key=Version, default="")


def floor(cuda: str, *, windows: bool = False) -> str:
    """Return the oldest driver of a CUDA under minor-version compatibility; empty where none is known."""
    floors = table("cuda_drivers")["floor"]["windows" if windows else "linux"]
    return str(floors.get(cuda) or floors.get(cuda.split(".", maxsplit=1)[0]) or "")


def built_with(said: Stated) -> str:
    """Return the CUDA that the log's torch was built with: as it says, else what PyPI serves of it."""
    if said.cuda or (said.build and not said.build.startswith("cu")):
        return said.cuda
    minor = version(".".join(said.torch.split(".")[:2]))
    if minor is None:
        return ""
    for row in table("torch_builds")["default"]["linux"]:
        if Version(row["from"]) <= minor <= Version(row["to"]):
            return cuda_of(row["build"])
    return ""


def covered(said: Stated) -> tuple[str, ...]:
    """Return the capabilities that the log's torch has code for; empty where that is not known."""
    if said.covered:
        return said.covered
    cuda = built_with(said)
    minor = version(".".join(said.torch.split(".")[:2]))
    if not cuda or minor is None:
        return ()
    for row in table("torch_builds")["builds"]["x86_64"].get(f"cu{cuda.replace('.', '')}", ()):
        if Version(row["from"]) <= minor and (row["to"] is None or minor <= Version(row["to"])):
            return tuple(row["capabilities"])
    return ()


def runs(capability: str, code: tuple[str, ...]) -> bool:
    """Tell whether code for these capabilities runs on a GPU: the same major, a minor that is not newer."""
    wanted = Version(capability)
    return any(Version(one).major == wanted.major and Version(one) <= wanted for one in code)
