"""uv asked about one name alone, its metadata only: which version there is for a Python and a platform.

uv has the indexes, the logins, the certificates and the cache; asking it keeps
secrets where they are, and its answer is what a resolution would take.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ...model.channel import Host
from ...model.facts import Facts
from ...model.spec import Spec
from ...pipconf import PipConfiguration
from ..platforms import choose_python, python_platform
from ..sources import sources_of
from ..uv import call, source_arguments, uv_environment

LIMIT = 60.0


@dataclass(frozen=True)
class Index:
    """Where a name is asked for: uv with this place's sources, for a Python and a platform in uv's words.

    `closed` says that there is no index, only folders: what they lack says nothing about the world.
    """

    host: Host
    uv: str
    environment: Mapping[str, str]
    arguments: tuple[str, ...]
    folder: Path
    python: str
    platform: str
    closed: bool = False

    def version(
        self,
        requirement: str,
        *,
        python: str | None = None,
        platform: str | None = None,
        lowest: bool = False,
    ) -> str | None:
        """Return the version that uv takes for one requirement, with a wheel; None where there is none."""
        self.host.put(f"{requirement}\n".encode(), str(self.folder / "nearest.in"))
        argv = ["pip", "compile", str(self.folder / "nearest.in"), "--quiet", "--no-deps", "--no-header"]
        argv += ["--no-annotate", "--only-binary", ":all:", "--python-version", python or self.python]
        argv += ["--python-platform", platform or self.platform, *self.arguments]
        argv += ["--resolution", "lowest-direct"] if lowest else []
        done = call(self.host, self.uv, argv, environment=self.environment, limit=LIMIT)
        match = re.search(r"^[\w.-]+(?:\[[^\]]*\])?==(\S+)", done.out, re.MULTILINE)
        return match[1] if done.code == 0 and match else None


def index_of(
    spec: Spec,
    facts: Facts,
    *,
    host: Host,
    uv: str,
    pip: PipConfiguration,
    environment: Mapping[str, str],
    scratch: Path,
    foreign: bool = False,
) -> Index:
    """Return where names are asked for: this place's sources, the Python and platform of the lock."""
    chosen = choose_python(spec.python, facts, foreign=foreign)
    sources = sources_of(spec, pip, environment)
    whole = {
        **uv_environment(environment, pip, sources),
        "UV_NO_PROGRESS": "1",
        "UV_PYTHON_DOWNLOADS": "never",
    }
    # nothing is built, so that any interpreter will do; without one uv would look through the whole machine
    arguments = [*source_arguments(sources), "--python", chosen.path or sys.executable]
    platform = python_platform(facts.platform)
    return Index(host, uv, whole, tuple(arguments), scratch, chosen.version, platform, sources.no_index)
