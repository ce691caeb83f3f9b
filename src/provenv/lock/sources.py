"""Where packages come from on this place, and where torch's family may come from.

The first that says something wins: `[mirrors]` of the declared file, the
requirement files' own `--index-url`, uv's own variables, pip's configuration.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit, urlunsplit

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from .. import environ
from ..errors import Problem, Text, problem, text
from ..model.lock import Choice
from ..model.spec import Indexes, Spec
from ..pipconf import PipConfiguration, redact
from . import builds
from .tables import table

Origin = Literal["mirrors", "requirements", "uv", "pip", "default"]
FLAT = "#flat"
"""Ends the address of a mirror whose wheels lie in one folder, without one for each project."""


@dataclass(frozen=True)
class Sources:
    """Indexes and folders as uv takes them; URLs may carry credentials. `default` None: uv's own.

    `torch` is the declared mirror of PyTorch's index, for any build.
    """

    origin: Origin = "default"
    torch: str | None = None
    default: str | None = None
    extra: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    no_index: bool = False
    pre: bool = False
    no_binary: tuple[str, ...] = ()
    only_binary: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()

    @property
    def best_match(self) -> bool:
        """Tell whether several indexes have to be ranked as pip does: the best version over all."""
        return bool(self.extra)


@dataclass(frozen=True)
class TorchSource:
    """One place that torch's family may come from.

    `kind` is `mirror`, `folder`, `index` (of pip's configuration), `public`
    (PyTorch's own) or `default`; `constraints` keep to versions that have the build there.
    """

    kind: Literal["mirror", "folder", "index", "public", "default"]
    url: str | None
    flat: bool = False
    constraints: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """Return what may be shown: the address without credentials, marked where it is a flat listing."""
        marked = f"{self.url}{FLAT}" if self.flat and self.kind == "mirror" else self.url
        return redact(marked) if marked else "default"

    def bound_by(self, sources: Sources) -> bool:
        """Tell whether torch's family has to be bound to this place, besides what `sources` say.

        Not to the default. And with `--no-index` uv asks no index at all, not even one
        that is a folder: it finds the folder by `--find-links`.
        """
        return self.url is not None and not (self.kind == "folder" and sources.no_index)


def sources_of(spec: Spec, pip: PipConfiguration, environment: Mapping[str, str]) -> Sources:
    """Return the indexes and folders of this place for `spec`."""
    files, root = _expanded(spec.indexes, environment), Path(spec.root)
    mirror = environ.expand(spec.mirrors.pypi or "", environment)
    base = Sources(
        find_links=tuple(dict.fromkeys([*(_link(one, root) for one in files.find_links), *_pip_links(pip)])),
        no_index=files.no_index or pip.no_index,
        pre=files.pre or pip.pre,
        no_binary=files.no_binary or pip.no_binary,
        only_binary=files.only_binary or pip.only_binary,
        constraints=pip.constraints,
        torch=environ.expand(spec.mirrors.torch, environment) if spec.mirrors.torch else None,
    )
    extra = tuple(_index(one, root) for one in files.extra_index_urls)
    ours = _uv_indexes(environment)
    if mirror:
        return replace(base, origin="mirrors", default=_index(mirror, root), extra=extra)
    if files.index_url:
        return replace(base, origin="requirements", default=_index(files.index_url, root), extra=extra)
    if ours is not None:
        return replace(base, origin="uv", default=ours[0], extra=(*extra, *ours[1]))
    here = Path.cwd()
    default = _index(pip.index_url, here) if pip.index_url else None
    of_pip = tuple(_index(one, here) for one in pip.extra_index_urls)
    origin: Origin = "pip" if default or of_pip else "requirements" if extra else "default"
    return replace(base, origin=origin, default=default, extra=tuple(dict.fromkeys([*extra, *of_pip])))


def _expanded(indexes: Indexes, environment: Mapping[str, str]) -> Indexes:
    """Return the addresses with `${NAME}` filled in; the result is for uv alone, it may hold secrets."""
    return replace(
        indexes,
        index_url=environ.expand(indexes.index_url, environment) if indexes.index_url else None,
        extra_index_urls=tuple(environ.expand(one, environment) for one in indexes.extra_index_urls),
        find_links=tuple(environ.expand(one, environment) for one in indexes.find_links),
    )


def index_choice(sources: Sources, pip: PipConfiguration) -> Choice:
    """Return which indexes are used and who said so, without credentials."""
    shown = [redact(sources.default) if sources.default else "default", *map(redact, sources.extra)]
    value = "none" if sources.no_index else " ".join(shown)
    origin = pip.origins.get("index-url") or pip.origins.get("extra-index-url") or ""
    return Choice("index", value, text(f"lock.index.{sources.origin}", origin=origin, n=len(sources.extra)))


def confusion(sources: Sources) -> tuple[Problem, ...]:
    """Return the note about several indexes that all may hold any name (dependency confusion)."""
    remote = [one for one in (sources.default or "default", *sources.extra) if not one.startswith("file:")]
    if not sources.extra or sources.no_index or len(remote) < 2:
        return ()
    indexes = ", ".join(redact(one) for one in remote)
    return (problem("PV320", severity="note", indexes=indexes, why=text("PV320.why")),)


def torch_sources(
    build: str,
    versions: Sequence[str],
    spec: Spec,
    sources: Sources,
    *,
    system: str = "linux",
    machine: str = "x86_64",
) -> tuple[TorchSource, ...]:
    """Return where `build` may come from, best first.

    The default index goes before PyTorch's own where its build of the newest
    torch that is wanted is this one: the same files, on the mirror that the user has.
    A declared mirror is tried as an index, then as a plain listing of wheels
    (some mirrors lay a build's wheels into one folder), unless it says which it is.
    """
    found: list[TorchSource] = []
    if sources.torch:
        url, flat = torch_address(sources.torch, build)
        found += [
            # the links of a listing are relative to it as a folder
            TorchSource("mirror", f"{url.rstrip('/')}/" if one else url, flat=one)
            for one in ((True,) if flat else (False, True))
        ]
    for folder in sources.find_links:
        wheels = torch_wheels(folder)
        if any(_local(name) == build for name in wheels):
            others = tuple(f"torch!={_version(name)}" for name in wheels if _local(name) not in (build, ""))
            found.append(TorchSource("folder", _address(folder), flat=True, constraints=others))
    found += [TorchSource("index", index) for index in sources.extra if _may_hold(index)]
    public = TorchSource("public", str(table("torch_family")["index"]).format(build=build))
    default = _default(build, versions, sources)
    if sources.no_index:
        return tuple(one for one in found if one.kind == "folder")
    if build == default_newest(versions, system, machine):
        return tuple(one for one in (*found, default, public) if one is not None)
    return tuple(one for one in (*found, public, default) if one is not None)


def default_newest(versions: Sequence[str], system: str, machine: str) -> str:
    """Return the build that the default index serves for the newest of torch's minor versions."""
    return builds.default_build(system, machine, builds.newest(versions) if versions else "2.0")


def torch_wheels(folder: str) -> tuple[str, ...]:
    """Return the names of torch's wheels in a folder; none where it can't be listed from here."""
    path = local_path(folder)
    if path is None or not path.is_dir():
        return ()
    return tuple(sorted(name for name in os.listdir(path) if re.match(r"torch-[^-]+-.*\.whl$", name)))


def torch_address(mirror: str, build: str) -> tuple[str, bool]:
    """Return a mirror's address for one build, and whether it says of itself that it is a flat listing.

    `{build}` in the address is replaced; without it the build's folder lies below, unless the
    address is a build's already. `#flat` at its end marks the listing.
    """
    url, flat = mirror.removesuffix(FLAT), mirror.endswith(FLAT)
    if "{build}" in url:
        return url.replace("{build}", build), flat
    named = re.search(r"/(cpu|cu\d+|rocm[\d.]+|xpu)/?$", url)
    return url if named else f"{url.rstrip('/')}/{build}", flat


def local_path(address: str) -> Path | None:
    """Return the path of a `file:` address or of a plain path; None for anything remote."""
    parts = urlsplit(address)
    if parts.scheme == "file":
        # as urllib.request.url2pathname does, whose import costs more than the rest of this room
        return Path(re.sub(r"^/(?=[A-Za-z]:)", "", unquote(parts.path)))
    return Path(address) if len(parts.scheme) < 2 else None


def login(url: str) -> tuple[str, str, str]:
    """Return the address without credentials, the user name and the password (empty where there are none)."""
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url, "", ""
    host = parts.netloc.rpartition("@")[2]
    clean = urlunsplit(parts._replace(netloc=host))
    return clean, unquote(parts.username or ""), unquote(parts.password or "")


def describe(source: TorchSource) -> Text:
    """Return the words for where torch comes from."""
    return text(f"lock.torch.{source.kind}", source=source.shown)


def _default(build: str, versions: Sequence[str], sources: Sources) -> TorchSource | None:
    """Return the ordinary indexes as a source of torch, where the tables say that they have the build."""
    others = tuple(
        f"torch!={_version(name)}"
        for folder in sources.find_links
        for name in torch_wheels(folder)
        if _local(name) not in (build, "")
    )
    if not builds.is_cuda(build):
        # tried last, believed only after a look at what came
        return TorchSource("default", None, constraints=others)
    known = builds.default_versions(build)
    wanted = [minor for minor in versions if minor in set(builds.minors(*known))] if known else []
    if known is None or not wanted:
        return None
    if builds.newest(versions) not in wanted:
        following = int(known[1].split(".")[1]) + 1
        others += (f"torch>={known[0]}", f"torch<{known[1].split('.')[0]}.{following}")
    return TorchSource("default", None, constraints=others)


def _may_hold(index: str) -> bool:
    """Tell whether an index of pip's configuration may hold torch; a folder is looked into."""
    path = local_path(index)
    return path is None or (path / "torch").is_dir()


def _local(wheel: str) -> str:
    _, _, local = _version(wheel).partition("+")
    return local


def _version(wheel: str) -> str:
    try:
        return str(parse_wheel_filename(unquote(wheel))[1])
    except InvalidWheelFilename:
        return ""


def _uv_indexes(environment: Mapping[str, str]) -> tuple[str | None, tuple[str, ...]] | None:
    default = next(filter(None, (environ.read(one, environment) for one in environ.UV_DEFAULT_INDEXES)), None)
    extra = [
        url for one in environ.UV_EXTRA_INDEXES for url in (environ.read(one, environment) or "").split()
    ]
    return (default, tuple(extra)) if default or extra else None


def _pip_links(pip: PipConfiguration) -> list[str]:
    return [_link(one, Path.cwd()) for one in pip.find_links]


def _link(link: str, base: Path) -> str:
    path = local_path(link)
    return link if path is None else str(base / path)


def _index(url: str, base: Path) -> str:
    """Return an index as an address: pip also takes a folder."""
    path = local_path(url)
    return url if path is None else _address(str(base / path))


def _address(path: str) -> str:
    local = local_path(path)
    return path if local is None else local.absolute().as_uri()
