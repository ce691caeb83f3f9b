"""`render dockerfile`: the Dockerfile and every file that a build of it reads, in a folder of the user's.

In the project's own folder only the build's own files are written, because the code lies there already;
any other folder gets a copy of it and can be built, or taken along, as it is.
"""

from __future__ import annotations

import filecmp
import os
import re
import shlex
import shutil
import stat
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from ... import context as context_room
from ... import render as render_room
from ...errors import Exit, Failure, Hint, Problem, problem, text
from ...model.engine import Client, Feature
from ...model.image import Base, Context, Recipe
from ...model.rendered import FileState, Rendered, RenderedFile
from ...targets.guard import make_base
from ...targets.names import FOLDER
from ..files import keep_bytes
from ..overwriting import declares, foreign, own
from .ground import grounded, image_ground, known_base
from .preparing import recipe_with
from .wanted import Wanted, client_of, locked

WHAT = "dockerfile"
DOCKERFILE, IGNORE, WHEELS = "Dockerfile", ".dockerignore", "wheels"
FEATURES: Mapping[str, frozenset[Feature]] = {
    "plain": frozenset(),
    "modern": frozenset(cast("tuple[Feature, ...]", ("heredoc", "link", "run-network", "timestamps"))),
}
"""What each of choices.DIALECTS may use."""
MOST = 5
"""So many files that are in the way are told of at once."""
_NAME = re.compile(r"(?:Dockerfile|Containerfile)(?:[.-].+)?|.+\.(?:Docker|Container)file", re.IGNORECASE)


@dataclass(frozen=True)
class _Place:
    """A folder that is rendered into, as the user named it, and the Dockerfile's name there."""

    folder: Path
    name: str

    def shown(self, name: str) -> str:
        return os.path.normpath(self.folder / name)


def dockerfile(found: Wanted) -> Rendered:
    """Render the Dockerfile; into a folder, all that a build of it reads. Raises as render_image."""
    lock = locked(found)
    base, client, features = _ground(found)
    context, recipe = recipe_with(found.project, found.spec, found.options, base, lock, features=features)
    words = recipe.files[DOCKERFILE]
    if found.asked.secrets is not None and not found.asked.check:
        _keep_secrets(found, found.asked.secrets, recipe)
    if found.asked.output is None:
        return Rendered(WHAT, "", words, "printed", findings=(_beside(found, recipe),))
    place = _place(found.asked.output)
    contents = _contents(found, context, recipe, place)
    files = [_compared(place, name, content) for name, content in contents.items()]
    if found.asked.check or all(one.state == "same" for one in files):
        state: FileState = "differs" if any(one.state == "differs" for one in files) else "same"
        follow = _follow(found, client, place, recipe) if found.asked.secrets and state == "same" else ""
        return Rendered(WHAT, files[0].path, words, state, follow, files=tuple(files))
    _may_write(
        found, place, [name for name, one in zip(contents, files, strict=True) if one.state == "differs"]
    )
    for (name, content), one in zip(contents.items(), files, strict=True):
        if one.state == "differs":
            _write(place.folder / name, content)
    written = tuple(replace(one, state="written") if one.state == "differs" else one for one in files)
    follow = _follow(found, client, place, recipe)
    return Rendered(WHAT, written[0].path, words, "written", follow, _notes(found, recipe, place), written)


def _ground(found: Wanted) -> tuple[Base, Client | None, frozenset[Feature]]:
    """Return the base, the engine where one answers, and what its builder understands.

    Neither an engine nor a network is needed where the lock pinned the base and it was seen here before.
    """
    dialect = found.asked.dialect
    base = known_base(found.project, found.options)
    if base is None:
        ground = grounded(found.project, image_ground(found.project, found.spec))
        base, client = ground.base, cast("Client | None", ground.engine.client)
    else:
        client = client_of(found)
    if dialect:
        return base, client, FEATURES[dialect]
    return base, client, client.features if client is not None else frozenset()


def _place(output: Path) -> _Place:
    """Return the folder and name that `-o` means: a name like a Dockerfile's is one, all else is a folder."""
    if not output.is_dir() and (output.is_file() or _NAME.fullmatch(output.name)):
        return _Place(output.parent, output.name)
    return _Place(output, DOCKERFILE)


def _contents(found: Wanted, context: Context, recipe: Recipe, place: _Place) -> dict[str, bytes | Path]:
    """Return all files by name, the Dockerfile first: their content, or the file that is copied."""
    contents: dict[str, bytes | Path] = {place.name: recipe.files[DOCKERFILE].encode()}
    contents[_ignore_name(place)] = _ignored(context, recipe).encode()
    contents |= {name: words.encode() for name, words in recipe.files.items() if name != DOCKERFILE}
    contents |= {f"{WHEELS}/{os.path.basename(one)}": Path(one) for one in recipe.wheels}
    root = found.project.root
    if place.folder.resolve() != root.resolve():
        inside = place.folder.resolve()
        for name in context.files:
            if not (root / name).resolve().is_relative_to(inside):
                contents.setdefault(name, root / name)
    return contents


def _ignored(context: Context, recipe: Recipe) -> str:
    """Return the list of what stays out of the build: all but what the Dockerfile copies and mounts."""
    own = [name for name in recipe.files if name != DOCKERFILE] + [WHEELS] * bool(recipe.wheels)
    return f"# {render_room.ORIGIN} {WHAT}\n{context_room.ignored(context, own)}"


def _ignore_name(place: _Place) -> str:
    """Return where the list of what stays out goes: beside the user's own it is this Dockerfile's alone.

    BuildKit and buildah read `NAME.dockerignore` instead of `.dockerignore` where there is one
    (https://docs.docker.com/build/concepts/context/#filename-and-location).
    """
    usual = place.folder / IGNORE
    if place.name == DOCKERFILE and (not usual.is_file() or _ours(usual)):
        return IGNORE
    return f"{place.name}{IGNORE}"


def _compared(place: _Place, name: str, content: bytes | Path) -> RenderedFile:
    goal = place.folder / name
    size = len(content) if isinstance(content, bytes) else content.stat().st_size
    same = goal.is_file() and (
        goal.read_bytes() == content
        if isinstance(content, bytes)
        else filecmp.cmp(content, goal, shallow=False)
    )
    return RenderedFile(place.shown(name), "same" if same else "differs", size)


def _may_write(found: Wanted, place: _Place, names: list[str]) -> None:
    """Raise Failure PV441 for files of the project's own, PV442 for those that were not rendered.

    What is rendered says itself that it is ours; copies of code and wheels can't, and belong to a
    Dockerfile of ours beside them.
    """
    paths = [place.folder / one for one in names]
    kept = [one for one in paths if declares(found.spec, one, found.lock_path)]
    if kept:
        raise Failure(*(own(one) for one in kept))
    if found.asked.force:
        return
    main = place.folder / place.name
    speaking = {main, place.folder / IGNORE, place.folder / f"{place.name}{IGNORE}"}
    beside = _ours(main)
    wrong = [one for one in paths if one.exists() and not _ours(one) and (one in speaking or not beside)]
    if not wrong:
        return
    other = place.folder / f"{DOCKERFILE}.{found.project.target}"
    elsewhere = (Hint(text("PV1028.hint"), found.command(WHAT, f"-o {shlex.quote(str(other))}")),)
    over = found.command(WHAT, f"-o {shlex.quote(str(found.asked.output))} --force")
    more = elsewhere if main in wrong and main != other else ()
    raise Failure(*(foreign(one, WHAT, over, *more) for one in wrong[:MOST]))


def _ours(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return render_room.is_ours(file.read(4000).decode("utf-8", "replace"), WHAT)


def _write(goal: Path, content: bytes | Path) -> None:
    """Write a file whole; one that is copied may be executed if it could. Raises Failure PV765, PV460."""
    try:
        goal.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            keep_bytes(goal, content)
            return
        beside = goal.with_name(f".{goal.name}.making")
        shutil.copyfile(content, beside)
        beside.chmod(0o755 if content.stat().st_mode & stat.S_IXUSR else 0o644)
        beside.replace(goal)
    except OSError as error:
        reason = error.strerror or str(error)
        raise Failure(problem("PV765", path=str(goal), reason=reason), exit_code=Exit.DENIED) from error


def _usual_secrets(found: Wanted) -> str:
    """Return a folder of the target's that neither git nor a build ever takes up."""
    return f"{FOLDER}/{found.project.target}/secrets"


def _keep_secrets(found: Wanted, folder: Path, recipe: Recipe) -> None:
    """Write what a build of this place is told, each in a file that only this user can read.

    Raises Failure PV1032 for a folder of the project from which it could get into a commit or an image.
    """
    root = found.project.root.resolve()
    goal = folder.resolve()
    if goal.is_relative_to(root) and not goal.is_relative_to(root / FOLDER):
        hints = (Hint(None, found.command(WHAT, f"--secrets {_usual_secrets(found)}")),)
        raise Failure(problem("PV1032", path=str(folder), why=text("PV1032.why"), hints=hints))
    if goal.is_relative_to(root / FOLDER):
        make_base(found.project.layout)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise Failure(problem("PV765", path=str(folder), reason=reason), exit_code=Exit.DENIED) from error
    for name, words in recipe.secrets.items():
        found.project.host.put(words.encode(), str(goal / name), mode=0o600)


def _beside(found: Wanted, recipe: Recipe) -> Problem:
    """Return a note of what else a build reads."""
    names = [
        *(one for one in recipe.files if one != DOCKERFILE),
        IGNORE,
        *[f"{WHEELS}/"][: len(recipe.wheels)],
    ]
    hints = (Hint(text("PV1028.all"), found.command(WHAT, "-o .")),)
    told = ", ".join(f"`{one}`" for one in names)
    return problem("PV1028", severity="note", names=told, n=len(names), hints=hints)


def _notes(found: Wanted, recipe: Recipe, place: _Place) -> tuple[Problem, ...]:
    """Return what to know of the files: what is this place's own, and what a build here is told besides."""
    notes = []
    if recipe.wheels:
        notes.append(
            problem(
                "PV1029",
                severity="note",
                n=len(recipe.wheels),
                folder=place.shown(WHEELS),
                why=text("PV1029.why"),
            )
        )
    if recipe.secrets and found.asked.secrets is None:
        kept = f"-o {shlex.quote(str(found.asked.output))} --secrets {_usual_secrets(found)}"
        hints = (
            Hint(text("PV1030.hint"), found.command(WHAT, kept)),
            Hint(text("PV1030.hint_up"), f"provenv up --on {found.project.target}"),
        )
        notes.append(problem("PV1030", severity="note", why=text("PV1030.why"), hints=hints))
    return tuple(notes)


def _follow(found: Wanted, client: Client | None, place: _Place, recipe: Recipe) -> str:
    """Return the command that builds what was written."""
    options = found.options
    words = [client.kind if client is not None else "docker", "build"]
    words += ["--network=host"] if options.network == "host" else []
    words += [f"--platform={options.platform}"] if options.platform else []
    if found.asked.secrets is not None:
        words += [f"--secret=id={one},src={found.asked.secrets / one}" for one in recipe.secrets]
    words += ["-f", place.shown(place.name)] if place.name != DOCKERFILE else []
    return shlex.join([*words, "-t", options.repository, os.path.normpath(place.folder)])
