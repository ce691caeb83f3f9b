"""Installed packages that do not belong together: torch's family, jax's, NumPy's builds, misfits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from packaging.version import InvalidVersion, Version

from ...errors import Text, text
from ...lock import builds
from ...lock.families.misfits import known
from ...lock.tables import table
from ...model.environment import Environment
from ...model.findings import Finding, Gravity
from ..ground import Ground
from .advising import REPAIR, change, judged, named

CAUSES = {
    "numpy1": "numpy-abi",
    "abi": "extension-abi-mismatch",
    "removed": "package-version-drift",
    "disabled": "package-version-drift",
    "pkg_resources": "package-version-drift",
}
FAMILY = ("torch", "torchvision", "torchaudio", "torchtext")
PLUGINS = ("jax-cuda12-plugin", "jax-cuda13-plugin", "jax-cuda12-pjrt", "jax-cuda13-pjrt")


def look(ground: Ground) -> Iterator[Finding]:
    """Yield what does not fit together in each environment."""
    for environment in judged(ground):
        versions = environment.versions
        yield from _misfits(ground, environment, versions)
        yield from _torch(ground, environment, versions)
        yield from _jax(ground, environment, versions)
        yield from _keras(ground, environment, versions)


def _misfits(ground: Ground, environment: Environment, versions: Mapping[str, str]) -> Iterator[Finding]:
    for one in known():
        if not one.broken(versions):
            continue
        version, other = versions[one.name], versions.get(one.other, "-")
        cause = CAUSES[one.reason]
        if one.other == "protobuf":
            cause = "protobuf-version"
        elif one.name == "torchtext":
            cause = "torch-family-mismatch"
        gravity: Gravity = "hurts" if one.reason == "disabled" else "blocks"
        yield _finding(
            ground,
            environment,
            "numpy-abi" if one.reason == "numpy1" else "versions-apart",
            gravity,
            (one.name, version, one.other, other),
            f"{one.other}{one.limit}",
            cause,
            why=one.why(version),
        )


def _torch(ground: Ground, environment: Environment, versions: Mapping[str, str]) -> Iterator[Finding]:
    torch = versions.get("torch")
    minor = _minor(torch)
    if torch is None or minor is None:
        return
    matching = table("torch_family")["matching"].get(minor, {})
    for name in FAMILY[1:]:
        if name not in versions:
            continue
        wanted, found = matching.get(name), _minor(versions[name])
        pair = (name, versions[name], "torch", torch)
        if wanted and found and wanted != found:
            requirement = f"{name}=={wanted}.*"
            yield _finding(
                ground, environment, "torch-family", "blocks", pair, requirement, "torch-family-mismatch",
                why=text("doctor.families.release", name=name, wanted=wanted, torch=minor),
            )  # fmt: skip
        elif _build(torch, minor, ground) != _build(versions[name], minor, ground) and name != "torchtext":
            yield _finding(
                ground, environment, "torch-family", "blocks", pair, name, "torch-family-mismatch",
                why=text(
                    "doctor.families.build",
                    name=name,
                    one=_build(versions[name], minor, ground),
                    torch=_build(torch, minor, ground),
                ),
            )  # fmt: skip


def _build(version: str, minor: str, ground: Ground) -> str:
    """Return the build that a version is of: without a local part that of the default index."""
    local = version.partition("+")[2]
    if local:
        return builds.build_of_local(local)
    if ground.facts is None:
        return ""
    platform = ground.facts.platform
    return builds.default_build(platform.system, platform.machine, minor)


def _jax(ground: Ground, environment: Environment, versions: Mapping[str, str]) -> Iterator[Finding]:
    jaxlib = versions.get("jaxlib")
    if jaxlib is None:
        return
    jax = versions.get("jax")
    if jax and _release(jax) < _release(jaxlib):
        yield _finding(
            ground, environment, "jax-family", "blocks", ("jax", jax, "jaxlib", jaxlib), f"jaxlib=={jax}",
            "jax-jaxlib-mismatch", why=text("doctor.families.jaxlib"),
        )  # fmt: skip
    for name in PLUGINS:
        found = versions.get(name)
        if found and _release(found) != _release(jaxlib):
            yield _finding(
                ground, environment, "jax-family", "blocks", (name, found, "jaxlib", jaxlib),
                f"{name}=={jaxlib}", "jax-jaxlib-mismatch", why=text("doctor.families.plugin", name=name),
            )  # fmt: skip


def _keras(ground: Ground, environment: Environment, versions: Mapping[str, str]) -> Iterator[Finding]:
    name = next((one for one in ("tensorflow", "tensorflow-cpu") if one in versions), None)
    keras, legacy = versions.get("keras"), versions.get("tf-keras")
    if name is None:
        return
    tensorflow = versions[name]
    if keras and _release(tensorflow) < (2, 16) and _release(keras)[:1] >= (3,):
        yield _finding(
            ground, environment, "keras-family", "blocks", ("keras", keras, name, tensorflow), "keras<3",
            "tf-keras3-legacy", why=text("doctor.families.keras2"),
        )  # fmt: skip
    if keras and _release(tensorflow) >= (2, 16) and _release(keras)[:1] < (3,):
        yield _finding(
            ground, environment, "keras-family", "blocks", ("keras", keras, name, tensorflow), "keras>=3",
            "tf-keras3-legacy", why=text("doctor.families.keras3"),
        )  # fmt: skip
    if legacy and _release(legacy) != _release(tensorflow):
        minor = _minor(tensorflow) or tensorflow
        yield _finding(
            ground, environment, "keras-family", "hurts", ("tf-keras", legacy, name, tensorflow),
            f"tf-keras=={minor}.*", "tf-keras3-legacy", why=text("doctor.families.tf_keras", minor=minor),
        )  # fmt: skip


def _finding(
    ground: Ground,
    environment: Environment,
    name: str,
    gravity: Gravity,
    pair: tuple[str, str, str, str],
    requirement: str,
    cause: str,
    *,
    why: Text,
) -> Finding:
    one, version, other, found = pair
    where = named(environment, ground)
    return Finding(
        name,
        "packages",
        gravity,
        what=text("doctor.families.apart", one=one, version=version, other=other, found=found),
        why=why,
        evidence=(
            text(
                "doctor.families.installed", where=where, one=one, version=version, other=other, found=found
            ),
        ),
        remedies=(change(environment, [requirement]),),
        fix=REPAIR if _changed_by_hand(ground, environment, one, other) else None,
        subject=f"{where}:{one}:{other}",
        cause=cause,
    )


def _changed_by_hand(ground: Ground, environment: Environment, *names: str) -> bool:
    """Tell whether the lock has these packages in other versions: then a rebuild brings what was proven."""
    if environment.kind != "generation" or ground.lock is None:
        return False
    locked = {package.name: package.version for package in ground.lock.packages}
    return any(locked.get(name) != environment.versions.get(name) for name in names)


def _minor(version: str | None) -> str | None:
    release = _release(version or "")
    return ".".join(map(str, release)) if release else None


def _release(version: str) -> tuple[int, ...]:
    """Return major and minor version; nothing of what is none."""
    try:
        return Version(version).release[:2]
    except InvalidVersion:
        return ()
