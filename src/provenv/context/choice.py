"""Which of a project's files go into an image."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ..errors import Failure
from ..model.image import Context, ImageOptions
from ..model.spec import Spec
from . import code, findings, named
from .content import digest
from .links import followed
from .listing import Listing, inside, listing
from .patterns import Patterns, docker_of, docker_patterns
from .tree import HEAD, ORIGIN, Tree, commands

IGNORE = ".dockerignore"
LONGEST = 1 << 20


def chosen(root: Path, spec: Spec, options: ImageOptions) -> Context:
    """Return the project's files that go into an image.

    Where `options.code` has patterns they decide, the last that fits winning (gitignore(5)); `"..."` among
    them stands for what is chosen without any, and patterns that begin with one that leaves out begin from
    there. Else it is what git knows or would take up and is code (see `code`). What the user's own
    `.dockerignore` leaves out is out.

    Raises Failure with all that is wrong: PV1090 a link leads out, PV1091 too much, PV1094 a name that no
    engine takes; PV1099 a file that can't be read.
    """
    tree = Tree(root)
    try:
        return _chosen(tree, spec, options)
    except OSError as error:
        raise findings.unreadable(error, root) from error


def _chosen(tree: Tree, spec: Spec, options: ImageOptions) -> Context:
    root = Path(tree.root)
    found = _without_rendered(tree, listing(root))
    usual = code.Choice(())
    said = named.read(options.code)
    if said.usual:
        usual = code.choose(tree, found, commands(spec, options.command, options.health))
    picked = named.named(tree, found, said, usual.files) if said.patterns else usual.files
    own = _own(tree)
    outside = Patterns(docker_patterns(own))
    files, wrong = followed(tree, [one for one in picked if not outside.covers(one)], found.files)
    whole = [one.words for one in said.patterns.patterns if one.exact and not one.negated]
    much = findings.too_much_for(tree, files, options, whole)
    wrong += [*findings.bad_names(files), *([much] if much else [])]
    if wrong:
        raise Failure(*wrong)
    told, size = digest(root, files)
    there = set(files)
    # what a pattern leaves out was meant
    left = [
        [one for one in names if one not in there and said.patterns.last(one) is None]
        for names in (usual.large, usual.beside)
    ]
    return Context(
        files=files,
        digest=told,
        size=size,
        links=tuple(one for one in files if tree.is_link(one) and os.path.isdir(tree.path(one))),
        left=tuple(_left(tree, found, there)),
        denied=tuple(dict.fromkeys(_denied(found))),
        findings=(
            *findings.left_out(tree, *left),
            *findings.idle([one.shown for one in named.idle(said, picked)]),
        ),
    )


def _without_rendered(tree: Tree, found: Listing) -> Listing:
    """Return the listing with folders that a Dockerfile was rendered into left out: they hold copies."""
    folders = {
        f"{folder}/"
        for folder, _, name in (one.rpartition("/") for one in found.files)
        if folder and name.lower().startswith("dockerfile") and tree.is_rendered(f"{folder}/{name}")
    }
    if not folders:
        return found
    kept = tuple(one for one in found.files if not one.startswith(tuple(folders)))
    return replace(found, files=kept, ignored=(*found.ignored, *sorted(folders)))


def _left(tree: Tree, found: Listing, there: set[str]) -> Iterator[str]:
    """Yield what stays out; of an ignored folder that something is taken from, each of the others."""
    opened = {above for one in there for above in _above(one)}
    for one in (*found.files, *found.ignored):
        if one.endswith("/") and one.rstrip("/") in opened:
            yield from (each for each in inside(tree.root, one.rstrip("/")) if each not in there)
        elif one not in there:
            yield one


def _above(path: str) -> Iterator[str]:
    """Yield the folders above a path."""
    while path := path.rpartition("/")[0]:
        yield path


def _own(tree: Tree) -> str:
    """Return the text of the user's own `.dockerignore`, empty where there is none or it was rendered."""
    if not tree.is_file(IGNORE):
        return ""
    with open(tree.path(IGNORE), encoding="utf-8", errors="surrogateescape") as file:
        words = file.read(LONGEST)
    return "" if ORIGIN.decode() in words[:HEAD] else words


def _denied(found: Listing) -> Iterator[str]:
    """Yield what the project's ignore files leave out, as a .dockerignore says it."""
    for folder, pattern in found.rules:
        if (line := docker_of(pattern, folder)) is not None:
            yield line
