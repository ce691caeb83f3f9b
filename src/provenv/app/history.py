"""`history`: the generations of a target, and how each came out of the one before."""

from __future__ import annotations

import itertools

from ..model.image import Image
from ..model.plan import Change, Install, Remove, Step
from ..model.results import History
from ..model.state import Generation
from ..targets.images import read_image
from ..targets.receipts import read_proof
from ..targets.records import read_state
from .project import Project


def history(project: Project) -> History:
    """Return the generations, what changed from each to the next, and their proofs."""
    state = read_state(project.layout)
    changes = {
        str(new.number): difference(old, new)
        for old, new in itertools.pairwise([None, *state.generations])
        if new is not None
    }
    proofs = {str(one.number): read_proof(project.layout, one.number) for one in state.generations}
    read = {one.number: read_image(project.layout, one.number) for one in state.generations}
    images = {number: image for number, image in read.items() if image is not None}
    before: list[Image | None] = [None, *images.values()]
    moved = {
        str(number): moved_bytes(old, image)
        for old, (number, image) in zip(before, images.items(), strict=False)
    }
    return History(
        state,
        changes,
        {number: proof for number, proof in proofs.items() if proof is not None},
        {str(number): image for number, image in images.items()},
        moved,
    )


def moved_bytes(old: Image | None, new: Image) -> int:
    """Return the bytes of the layers that an image has and the one before it did not."""
    known = {one.digest for one in old.layers} if old else set()
    return sum(layer.size for layer in new.layers if layer.digest not in known)


def difference(old: Generation | None, new: Generation) -> tuple[Step, ...]:
    """Return what was installed, changed and removed between two generations."""
    before = old.packages if old else {}
    steps: list[Step] = [
        Change(name, before[name], version) if name in before else Install(name, version)
        for name, version in sorted(new.packages.items())
        if before.get(name) != version
    ]
    steps += [Remove(name, version) for name, version in sorted(before.items()) if name not in new.packages]
    return tuple(steps)
