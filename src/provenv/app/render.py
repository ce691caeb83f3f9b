"""`render`: the lock as files of other tools, and the environment made known to them."""

from __future__ import annotations

import importlib.metadata
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.utils import canonicalize_name

from .. import lock as lock_room
from .. import render as render_room
from ..errors import Exit, Failure, Hint, Problem, problem, text
from ..lazy import load
from ..lock.logins import without_login
from ..lock.tables import table
from ..model.lock import Lock, Package
from ..model.rendered import Rendered
from ..model.spec import Spec
from ..pipconf import redact
from ..targets.layout import Layout
from ..targets.names import HERE
from ..targets.records import read_state
from . import foreign as foreign_locks
from .choices import BATCHED, IMAGED, LOCKED, PLACED
from .files import keep_text
from .locking import ground, lead, lock_path, read_lock
from .overwriting import may_write
from .project import Project, find_target
from .registering import direnv, jupyter, vscode

REGISTERING = dict(zip(PLACED, (jupyter, vscode, direnv), strict=True))
USES = {
    "output": (*LOCKED, *IMAGED, *BATCHED),
    "run": BATCHED,
    "no-hashes": LOCKED[:2],
    "prefix": ("jupyter",),
    "remove": ("jupyter", "direnv"),
    "dialect": IMAGED[:1],
    "secrets": IMAGED[:1],
}
FOLLOW = {
    "requirements": "python -m pip install {hashes}-r {path}",
    "environment.yml": "conda env create --file {path}",
    "cyclonedx": "",
    "sbatch": "sbatch {path}",
}
NAMES = {
    "requirements": "requirements.lock.txt",
    "environment.yml": "environment.yml",
    "cyclonedx": "sbom.json",
    "sbatch": "job.sbatch",
}
"""A name for the file of each where a folder was given."""


@dataclass(frozen=True)
class Asked:
    """How something is rendered: `check` writes nothing, `force` replaces what somebody else wrote.

    `dialect` is one of choices.DIALECTS, or empty; `secrets` a folder for what only this place's builds know;
    `run` is the declared run that BATCHED is of.
    """

    output: Path | None = None
    force: bool = False
    check: bool = False
    hashes: bool = True
    prefix: Path | None = None
    remove: bool = False
    dialect: str = ""
    secrets: Path | None = None
    run: str = ""


def render(project: Project, what: str, asked: Asked) -> Rendered:
    """Render `what` (of LOCKED, IMAGED or PLACED) and write it where it was asked for.

    Raises Failure: PV446 for an option that says nothing about `what`, PV450
    for a check without a file; PV761 and PV763 where the lock is old or not
    there; PV441 and PV442 for files that must not be written over; for IMAGED see
    images.render.
    """
    _check_options(what, asked)
    if what in IMAGED:
        of_image: Rendered = load("app.render_image")(project, what, asked)
        return of_image
    if what in BATCHED:
        batch: Rendered = load("app.slurm.render")(project, what, asked)
        return batch
    if what in PLACED:
        return REGISTERING[what](
            project, force=asked.force, check=asked.check, prefix=asked.prefix, remove=asked.remove
        )
    spec = foreign_locks.with_indexes(project, project.spec())
    find_target(project, spec)
    lock, name = _locked(project, spec)
    made, left_out = _text(project, spec, lock, what, hashes=asked.hashes)
    return written(spec, name, what, made, asked, _findings(left_out, lock, what))


def written(
    spec: Spec, lock: Path, what: str, made: str, asked: Asked, findings: tuple[Problem, ...] = ()
) -> Rendered:
    """Return what became of a text that was rendered, written where it was asked for.

    Raises Failure: PV1027 for a folder, PV441 and PV442 for files that must not be written over.
    """
    if asked.output is None:
        return Rendered(what, "", made, "printed", findings=findings)
    path = asked.output.resolve()
    if path.is_dir():
        hints = (Hint(None, f"provenv render {what} -o {shlex.quote(str(asked.output / NAMES[what]))}"),)
        raise Failure(problem("PV1027", path=str(asked.output), hints=hints), exit_code=Exit.USAGE)
    before = path.read_bytes() if path.is_file() else None
    if before == made.encode():
        return Rendered(what, str(asked.output), made, "same", findings=findings)
    if asked.check:
        return Rendered(what, str(asked.output), made, "differs", findings=findings)
    may_write(spec, asked.output, lock, what, before, force=asked.force)
    keep_text(path, made)
    follow = FOLLOW[what].format(
        path=shlex.quote(str(asked.output)), hashes="--require-hashes " if asked.hashes else ""
    )
    return Rendered(what, str(asked.output), made, "written", follow, findings)


def _check_options(what: str, asked: Asked) -> None:
    given = {
        "output": asked.output is not None,
        "no-hashes": not asked.hashes,
        "prefix": asked.prefix is not None,
        "remove": asked.remove,
        "dialect": bool(asked.dialect),
        "secrets": asked.secrets is not None,
        "run": bool(asked.run),
    }
    wrong = [name for name, is_given in given.items() if is_given and what not in USES[name]]
    if wrong:
        found = [
            problem("PV446", option=f"--{name}", what=what, known=", ".join(USES[name])) for name in wrong
        ]
        raise Failure(*found, exit_code=Exit.USAGE)
    if asked.check and asked.output is None and what not in PLACED:
        hints = (Hint(None, f"provenv render {what} --check -o {'.' if what in IMAGED else 'FILE'}"),)
        raise Failure(problem("PV450", what=what, hints=hints), exit_code=Exit.USAGE)


def _locked(project: Project, spec: Spec) -> tuple[Lock, Path]:
    """Return the target's lock, another tool's where that one leads, and where it lies.

    What the machine is does not count: a lock for a cluster is rendered anywhere.
    """
    path = lock_path(project, None)
    locked = read_lock(path, project.root)
    on = "" if project.target == HERE else f" --on {project.target}"
    if locked is None or not locked.inputs:
        led = lead(project, ground(project))
        if led is None:
            raise Failure(problem("PV763", path=path.name, hints=(Hint(None, f"provenv lock{on}"),)))
        locked, path = led.lock, project.root / led.path
    elif locked.inputs.get("spec") != spec.digest:
        hints = (Hint(text("PV761.hint"), f"provenv lock{on}"),)
        raise Failure(problem("PV761", path=path.name, hints=hints))
    return replace(locked, packages=tuple(map(_without_login, locked.packages))), path


def _without_login(package: Package) -> Package:
    """Return the package with an address that git and pip take, and that tells nobody's login."""
    location = package.location
    return replace(package, location=without_login(location)) if location and "@" in location else package


def _text(
    project: Project, spec: Spec, lock: Lock, what: str, *, hashes: bool
) -> tuple[str, tuple[str, ...]]:
    if what == "cyclonedx":
        return render_room.bill_of_materials(lock, spec, _licences(project.layout, lock)), ()
    options = index_options(spec, lock)
    made = (
        render_room.requirements_file(lock, options, hashes=hashes)
        if what == "requirements"
        else render_room.environment_file(lock, spec, options, hashes=hashes)
    )
    return made.text, made.left_out


def index_options(spec: Spec, lock: Lock) -> tuple[str, ...]:
    """Return pip's options for where packages are found: as declared, and where torch's build is.

    What only this place says (pip's configuration, a folder of wheels) stays here.
    """
    indexes = spec.indexes
    found = [f"--index-url {redact(indexes.index_url)}"] if indexes.index_url else []
    found += [f"--extra-index-url {redact(one)}" for one in indexes.extra_index_urls]
    found += [f"--find-links {redact(one)}" for one in indexes.find_links]
    found += [f"--no-binary {','.join(indexes.no_binary)}"] if indexes.no_binary else []
    found += [f"--only-binary {','.join(indexes.only_binary)}"] if indexes.only_binary else []
    found += ["--pre"] if indexes.pre else []
    address = _torch_index(spec, lock)
    if address and not any(one.endswith(f" {address}") for one in found):
        found.append(f"--extra-index-url {address}")
    return tuple(found)


def _torch_index(spec: Spec, lock: Lock) -> str:
    """Return the index that has the locked build of torch; empty where the ordinary one has it."""
    torch, source = lock.package("torch"), lock.choice("source:torch")
    kind, _, place = (source.value if source else "").partition(" ")
    if torch is None or torch.origin != "index" or kind in ("", "default"):
        return ""
    if kind == "public":
        return place
    build = torch.version.partition("+")[2]
    if kind == "mirror" and spec.mirrors.torch:
        return redact(lock_room.torch_address(spec.mirrors.torch, build or "cpu")[0])
    return str(table("torch_family")["index"]).format(build=build) if build else ""


def _licences(layout: Layout, lock: Lock) -> Mapping[str, render_room.Licence]:
    """Return the licences that the current generation's files state, of the packages that are as locked."""
    current = read_state(layout).current
    if current is None:
        return {}
    wanted = {package.name: package.version for package in lock.packages}
    folders = [str(one) for one in layout.venv(current).glob("[Ll]ib/**/site-packages")]
    found: dict[str, render_room.Licence] = {}
    for one in importlib.metadata.distributions(path=folders):
        told = one.metadata
        name = str(canonicalize_name(_field(told, "Name")))
        if wanted.get(name) == _field(told, "Version"):
            licence = render_room.licence_of(
                _field(told, "License-Expression"),
                _field(told, "License"),
                [str(each) for each in told.get_all("Classifier") or ()],
            )
            if licence is not None:
                found[name] = licence
    return found


def _field(metadata: importlib.metadata.PackageMetadata, name: str) -> str:
    return str((metadata.get_all(name) or ("",))[0])


def _findings(left_out: tuple[str, ...], lock: Lock, what: str) -> tuple[Problem, ...]:
    if not left_out:
        return ()
    hints = (
        Hint(text("PV443.hint_all"), f"provenv render {what} --no-hashes"),
        *(
            Hint(text("PV443.hint_after"), f"pip install --no-deps {_argument(package)}")
            for package in lock.packages
            if package.name in left_out
        ),
    )
    names = ", ".join(f"`{name}`" for name in left_out)
    why = text("PV443.why")
    return (problem("PV443", severity="warning", n=len(left_out), names=names, why=why, hints=hints),)


def _argument(package: Package) -> str:
    location = redact(package.location or ".")
    if package.origin != "directory":
        return shlex.quote(location)
    dotted = location if location.startswith((".", "/")) else f"./{location}"
    return f"{'-e ' if package.editable else ''}{shlex.quote(dotted)}"
