"""What an environment on hosts was made from, as far as it can be told at home without asking one."""

from __future__ import annotations

from collections.abc import Mapping

from ...errors import Text
from ...model.spec import Spec
from ...model.state import Generation
from ...plan.inputs import moved
from ...plan.stale import stale
from ..fingerprint import digest_file, fingerprint, repeated
from ..foreign import beside
from ..locking import lock_path
from ..project import Project

OF_THIS_MACHINE = ("interpreter", "driver", "cgroup")
"""What decides of an environment here and says nothing of one on a host: its facts do."""


def watched(project: Project, spec: Spec) -> dict[str, str]:
    """Return the digests of all files and settings here that decide what the hosts get, as they are now."""
    files = [*spec.files, lock_path(project, None).name, *filter(None, [beside(spec)])]
    return _own(fingerprint(project.root, files, "", "", project.environment, spec.expanded))


def with_lock(project: Project, inputs: Mapping[str, str], lock_file: str) -> dict[str, str]:
    """Return the digests with that of the lock as it is written now."""
    kept = {key: digest for key, digest in inputs.items() if key != f"file:{lock_file}"}
    return {**kept, "lock": digest_file(project.root / lock_file)}


def unchanged(project: Project, generation: Generation) -> bool:
    """Tell whether everything here is as it was when that generation was made."""
    return not moved(generation.inputs, _now(project, generation))


def why_stale(project: Project, generation: Generation) -> tuple[Text, ...]:
    """Return what is no longer so, in words."""
    return stale(generation.inputs, _now(project, generation))


def _now(project: Project, generation: Generation) -> dict[str, str]:
    then = generation.inputs
    return _own(repeated(project.root, then, generation.lock_file, "", project.environment))


def _own(found: Mapping[str, str]) -> dict[str, str]:
    return {key: digest for key, digest in found.items() if key not in OF_THIS_MACHINE}
