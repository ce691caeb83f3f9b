"""What a build inside of a container needs to reach this place's packages: indexes, network, files.

Nothing of it decides what is installed (the hashes of the lock do), and none of it may stay in an image.
A build reaches what is served over http(s). Folders and `file:` indexes are this machine's alone, so the
locked files that only they have are named one by one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from .. import environ
from ..errors import Failure, Hint, problem, text
from ..model.facts import Platform
from ..model.image import BuildSources
from ..model.lock import Artifact, Lock, Package
from ..model.spec import Spec
from ..pipconf import PipConfiguration
from .install import torch_source
from .logins import found_again, variables
from .own_wheel_found import find_own_wheel, is_own
from .requirements import members
from .sources import Sources, TorchSource, local_path, login, sources_of
from .uv import find_uv, uv_environment
from .wheels import rank, tags

BUNDLE = "ca-certificates.crt"
"""The name under which a folder of certificates holds all of them in one file (Debian's ca-certificates)."""
ARCHIVES = ("debian", "debian-security", "ubuntu")
NETWORK = ("UV_HTTP_TIMEOUT", "UV_HTTP_CONNECT_TIMEOUT", "UV_HTTP_RETRIES", "UV_INSECURE_HOST")


def for_build(
    lock: Lock, spec: Spec, *, pip: PipConfiguration, environment: Mapping[str, str]
) -> BuildSources:
    """Return what a build of this place needs for the lock; indexes are asked as `installation` does it.

    Raises Failure PV1012 for locked files that no index has and that are not here either, PV1250 and
    PV1253 for provenv-runtime (see find_own_wheel).
    """
    sources = sources_of(spec, pip, environment)
    whole = uv_environment(environment, pip, sources)
    asked = (*spec.requirements, *spec.constraints)
    torch = torch_source(lock, spec, sources)
    own = find_own_wheel(lock, spec, pip=pip, environment=environment)
    found = {name: whole[name] for name in NETWORK if whole.get(name)}
    found |= _indexes(sources, torch, whole)
    found |= _for_pip(sources, pip, whole)
    found |= _proxies(whole)
    found |= variables(asked, environment)
    if spec.mirrors.python:
        mirror = environ.expand(spec.mirrors.python, environment)
        if local_path(mirror) is None:
            found["UV_PYTHON_INSTALL_MIRROR"] = mirror
    return BuildSources(
        variables=dict(sorted(found.items())),
        wheels=(
            *_only_here(lock, spec, sources, torch),
            *([str(own.source)] if own is not None else []),
            *_own_uv(lock, sources, environment),
        ),
        certificates=_certificates(pip, whole),
        addresses={
            one.name: found_again(one.location, asked)
            for one in lock.packages
            if one.origin in ("vcs", "archive") and one.location and "://" in one.location
        },
        apt={
            name: environ.expand(address, environment)
            for name in ARCHIVES
            if (address := spec.mirrors.apt_of(name)) is not None
        },
    )


def _indexes(sources: Sources, torch: TorchSource | None, whole: Mapping[str, str]) -> dict[str, str]:
    """Return uv's variables for the indexes that a build can reach."""
    found = {
        name: value for name, value in whole.items() if re.fullmatch(r"UV_INDEX_.+_(USER|PASS)\w+", name)
    }
    default = whole.get("UV_DEFAULT_INDEX", "")
    if sources.no_index:
        return {**found, "UV_OFFLINE": "1"}
    extra = [one for one in whole.get("UV_INDEX", "").split() if local_path(one) is None]
    links = [one for one in whole.get("UV_FIND_LINKS", "").split(",") if one]
    if torch is not None and torch.url and local_path(torch.url) is None:
        (links if torch.flat else extra).append(torch.url)
    if default and local_path(default) is None:
        found["UV_DEFAULT_INDEX"] = default
    if extra:
        # one line has one hash: whichever index has the file is the right one
        found |= {"UV_INDEX": " ".join(dict.fromkeys(extra)), "UV_INDEX_STRATEGY": "unsafe-best-match"}
    if links:
        found["UV_FIND_LINKS"] = ",".join(dict.fromkeys(links))
    return found


def _for_pip(sources: Sources, pip: PipConfiguration, whole: Mapping[str, str]) -> dict[str, str]:
    """Return pip's own variables: it brings uv into the build."""
    found: dict[str, str] = {}
    if sources.no_index:
        found["PIP_NO_INDEX"] = "1"
    elif sources.default and local_path(sources.default) is None:
        found["PIP_INDEX_URL"] = whole.get("UV_DEFAULT_INDEX", sources.default)
    extra = [one for one in sources.extra if local_path(one) is None]
    if extra and not sources.no_index:
        found["PIP_EXTRA_INDEX_URL"] = " ".join(extra)
    links = [one for one in sources.find_links if local_path(one) is None]
    if links:
        found["PIP_FIND_LINKS"] = " ".join(links)
    if pip.trusted_hosts:
        found["PIP_TRUSTED_HOST"] = " ".join(pip.trusted_hosts)
    if pip.timeout is not None:
        found["PIP_DEFAULT_TIMEOUT"] = f"{pip.timeout:g}"
    if pip.retries is not None:
        found["PIP_RETRIES"] = str(pip.retries)
    return found


def _proxies(whole: Mapping[str, str]) -> dict[str, str]:
    """Return the proxies in both spellings: curl and apt read small letters, others capital ones."""
    found: dict[str, str] = {}
    for one in environ.PROXIES:
        value = environ.read(one, whole)
        if value:
            found |= {one.name: value, one.name.lower(): value}
    return found


def _certificates(pip: PipConfiguration, whole: Mapping[str, str]) -> str:
    """Return this place's file of authorities; of a folder the file in it that holds them all."""
    named = [
        pip.cert,
        whole.get("SSL_CERT_FILE"),
        *(environ.read(one, whole) for one in environ.CERTIFICATES),
    ]
    for place in filter(None, named):
        for path in (place, os.path.join(place, BUNDLE)):
            if os.path.isfile(path):
                return os.path.abspath(path)
    return ""


def _only_here(lock: Lock, spec: Spec, sources: Sources, torch: TorchSource | None) -> tuple[str, ...]:
    """Return the paths of the files that will be installed and that no index over http(s) has."""
    folders = [path for one in sources.find_links if (path := local_path(one)) is not None]
    of_folder = torch is not None and torch.kind == "folder"
    family = set(members(one.name for one in lock.packages)) if of_folder else set()
    if torch is not None and torch.url and (path := local_path(torch.url)) is not None:
        folders.insert(0, path)
    found: list[str] = []
    missing: list[str] = []
    for package in lock.packages:
        artifact = installed_file(package, lock)
        if artifact is None or package.origin in ("directory", "vcs") or is_own(package):
            continue
        here = sources.no_index or package.name in family
        place = _place(artifact, Path(spec.root), folders, here=here)
        if place is None:
            continue
        if place.is_file():
            found.append(str(place))
        elif not _served(artifact):
            missing.append(artifact.filename)
    if missing:
        names = ", ".join(f"`{one}`" for one in missing)
        hints = (Hint(text("PV1012.hint"), "pip config list"), Hint(text("PV1012.hint_lock"), "provenv lock"))
        raise Failure(problem("PV1012", names=names, n=len(missing), why=text("PV1012.why"), hints=hints))
    return tuple(sorted(dict.fromkeys(found)))


def _own_uv(lock: Lock, sources: Sources, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return uv's wheel of the folders, else this machine's uv itself, where no index may be asked for it."""
    if not sources.no_index:
        return ()
    folders = [path for one in sources.find_links if (path := local_path(one)) is not None]
    platform = _platform(lock.platform)
    accepted = tags(lock.python, platform) if platform is not None and lock.python else {}
    for folder in folders:
        for wheel in sorted(folder.glob(f"uv-{lock.uv}-*.whl")):
            if rank(wheel.name, accepted) is not None:
                return (str(wheel),)
    return (os.path.realpath(find_uv(environment)),)


def installed_file(package: Package, lock: Lock) -> Artifact | None:
    """Return which of a package's files the lock's platform installs: its best wheel, else its source."""
    platform = _platform(lock.platform)
    accepted = tags(lock.python, platform) if platform is not None and lock.python else {}
    ranked = [(fits, one) for one in package.artifacts if (fits := rank(one.filename, accepted)) is not None]
    if ranked:
        return min(ranked, key=lambda one: one[0])[1]
    sources = [one for one in package.artifacts if not one.filename.endswith(".whl")]
    return next(iter((*sources, *package.artifacts)), None)


def _place(artifact: Artifact, root: Path, folders: Iterable[Path], *, here: bool) -> Path | None:
    """Return where a file lies on this machine; None for one that an index serves (`here`: is to be here)."""
    if _served(artifact) and not here:
        return None
    said = local_path(artifact.path or artifact.url or "") if not _served(artifact) else None
    places = [*([root / said] if said is not None else []), *(one / artifact.filename for one in folders)]
    return next((one for one in places if one.is_file()), places[0] if places else root / artifact.filename)


def _served(artifact: Artifact) -> bool:
    return bool(artifact.url) and local_path(login(artifact.url or "")[0]) is None


def _platform(name: str) -> Platform | None:
    """Return the platform that a lock names in uv's words (see platforms.python_platform)."""
    machine, _, rest = name.partition("-")
    glibc = re.fullmatch(r"manylinux_(\d+)_(\d+)", rest)
    if glibc is not None:
        return Platform("linux", machine, libc="glibc", libc_version=f"{glibc[1]}.{glibc[2]}")
    if rest == "unknown-linux-musl":
        return Platform("linux", machine, libc="musl", libc_version="1.2")
    if rest == "unknown-linux":
        return Platform("linux", machine, libc="glibc")
    return None
