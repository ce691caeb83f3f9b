"""Libraries of the system that installed files need: missing, or too old for them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from ... import system
from ...errors import Text, text
from ...model.diagnosis import Advice
from ...model.findings import Finding, Gravity
from ...model.outside import Lacking, Native, Outdated
from ..ground import Ground
from .common import advice, joined

# what nobody misses: numba's thread pool on TBB is one of three, and imported under `try`
UNMISSED = frozenset({"libtbb.so.12"})
GRAPHICS = re.compile(r"libGL|libEGL|libglib-2|libgthread-2|libSM\.|libXext|libXrender|libX11|libxcb")


def look(ground: Ground) -> Iterator[Finding]:
    """Yield what is missing in one finding, and one for each library that is too old."""
    native, facts = ground.native, ground.facts
    assert native is not None
    assert facts is not None
    if native.musl and any(one.name == "libc.so.6" for one in native.lacking):
        yield _musl(native)
        return
    yield from _missing(ground, native)
    yield from _old(ground, native)


def _musl(native: Native) -> Finding:
    owners = sorted({owner for one in native.lacking for owner, _ in one.users if owner})
    return Finding(
        "glibc-missing",
        "system",
        "blocks",
        what=text("doctor.native.musl", names=joined(owners)),
        why=text("doctor.native.musl.why"),
        remedies=(advice(text("doctor.native.musl.image")),),
        cause="glibc-too-old",
    )


def _missing(ground: Ground, native: Native) -> Iterator[Finding]:
    assert ground.facts is not None
    manager = system.manager_of(ground.facts)
    lacking = [
        (one, system.library(one.name, manager, ground.facts))
        for one in native.lacking
        if one.imported and one.name not in UNMISSED
    ]
    lacking = [(one, wanted) for one, wanted in lacking if wanted.kind == "library"]
    if not lacking:
        return
    packages = tuple(dict.fromkeys(wanted.package for _, wanted in lacking if wanted.package))
    names = [one.name for one, _ in lacking]
    grave: Gravity = "blocks" if native.proven else "hurts"
    yield Finding(
        "system-library-missing",
        "system",
        grave,
        what=text("doctor.native.missing", n=len(names), names=joined(names)),
        why=text("doctor.native.missing.why_gone") if native.proven else text("doctor.native.missing.why"),
        evidence=tuple(_user(one) for one, _ in lacking),
        remedies=tuple(_installed(ground, manager, packages, lacking[0][0])),
        subject=" ".join(sorted(names)),
        cause="libgl-missing" if any(GRAPHICS.match(one) for one in names) else "missing-system-lib",
    )


def _user(one: Lacking) -> Text:
    owner, file = one.users[0]
    more = f" +{len(one.users) - 1}" if len(one.users) > 1 else ""
    return text("doctor.native.user", name=one.name, owner=owner or "?", file=f"{file}{more}")


def _installed(
    ground: Ground, manager: system.Manager | None, packages: tuple[str, ...], first: Lacking
) -> Iterator[Advice]:
    if packages and manager is not None:
        lines = [shlex.join(words) for words in (manager.refresh, (*manager.install, *packages)) if words]
        yield advice(text("doctor.native.install"), *lines, root=manager.root)
        if ground.generation is not None:
            yield advice(text("doctor.native.provenv"), "provenv system --install")
    if any(owner in ("opencv-python", "opencv-contrib-python") for owner, _ in first.users):
        own = next(owner for owner, _ in first.users if owner.startswith("opencv"))
        if ground.spec is not None:
            commands = (f"provenv remove {own}", f"provenv add {own}-headless")
        else:
            commands = (f"pip uninstall -y {own}", f"pip install {own}-headless")
        yield advice(text("doctor.native.headless"), *commands)


def _old(ground: Ground, native: Native) -> Iterator[Finding]:
    by_library: dict[tuple[str, str], list[Outdated]] = {}
    for one in native.outdated:
        by_library.setdefault((one.there, one.by), []).append(one)
    for (there, by), found in sorted(by_library.items()):
        newest = max(found, key=lambda one: _order(one.version))
        owners = sorted({one.package for one in found if one.package})
        libc = newest.library.startswith(("libc.so", "libm.so", "libpthread", "ld-linux"))
        shown = [
            text("doctor.native.wants", owner=one.package or "?", file=one.file, version=one.version)
            for one in found
        ]
        yield Finding(
            "system-library-old",
            "system",
            "hurts" if by else "blocks",
            what=text(
                "doctor.native.old_by",
                library=newest.library,
                path=there,
                variable=by,
                version=newest.version,
            )
            if by
            else text("doctor.native.old", library=newest.library, path=there, version=newest.version),
            why=text("doctor.native.old_by.why", variable=by) if by else None,
            evidence=tuple(shown),
            remedies=tuple(_newer(ground, newest, owners, libc=libc)),
            subject=there,
            cause="glibc-too-old" if libc else "libstdcxx-too-old" if "stdc++" in there else "env-var-wrong",
        )


def _newer(ground: Ground, old: Outdated, owners: list[str], *, libc: bool) -> Iterator[Advice]:
    if old.by:
        yield advice(text("doctor.native.unset", variable=old.by), f"unset {old.by}")
        if ground.generation is not None:
            yield advice(text("doctor.native.run"), "provenv shell")
        return
    if libc:
        yield advice(text("doctor.native.libc", names=joined(owners)))
        return
    conda = re.search(r"(.*/(?:envs/[^/]+|(?:ana|mini)?conda\d?|mini?forge\d?|mambaforge))/lib/", old.there)
    if conda:
        prefix = shlex.quote(conda[1])
        yield advice(
            text("doctor.native.conda"), f"conda install --prefix {prefix} -c conda-forge 'libstdcxx-ng>=13'"
        )
        return
    yield advice(text("doctor.native.older", names=joined(owners)))


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))
