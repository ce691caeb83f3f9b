"""The state of a training: kept on disk while it goes on, taken up again when it begins anew."""

from __future__ import annotations

import os
import platform
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Literal, NoReturn

from . import committing, overrides, randomness, sharded, tracked, world
from .checkpoint import Loaded, load
from .counters import augmentation_key
from .errors import CheckpointError, Mismatch, SaveFailed, Torn
from .leaving import CODE, Leaving
from .optional import loaded
from .sampler import Sampler
from .seen import say, tell
from .store import Store
from .tree import Encoded, encode
from .version import VERSION

Policy = Literal["warn", "raise"]
OWN = "rank-{}"


def state(
    folder: str | os.PathLike[str] = "checkpoints",
    *,
    model: Any = None,
    optimizer: Any = None,
    scheduler: Any = None,
    loader: Any = None,
    every: int | None = None,
    keep: int = 3,
    generators: Mapping[str, Any] | None = None,
    failed_save: Policy = "warn",
    patience: float = 600.0,
    **others: Any,
) -> State:
    """Return what keeps a training's state in a folder.

    Arguments:
        folder: where the checkpoints lie; one training at a time writes there.
        model, optimizer, scheduler, and others by any name (scaler=..., average=...): whatever has
            `state_dict` and `load_state_dict`, a random generator, or a dict or list of plain values.
        loader: the DataLoader that draws from a `Sampler`, or the sampler itself. Of a DataLoader the batch
            size is known, and its workers are seeded by the epoch, not by the training's random numbers.
        every: save each time so many steps were done; None saves only on `save()` and when told to leave.
        keep: how many verified checkpoints stay.
        generators: random generators of your own, by name: each process keeps the state of its own ones.
        failed_save: what happens if a save can't be written (a full disk): `warn` and go on, or `raise`.
        patience: the seconds that rank 0 waits for the other ranks' parts of a checkpoint.

    Raises TypeError for what has no state that can be kept.

    """
    named = {"model": model, "optimizer": optimizer, "scheduler": scheduler, "loader": loader, **others}
    return State(
        folder,
        {name: value for name, value in named.items() if value is not None},
        every=every,
        keep=keep,
        generators=generators or {},
        failed_save=failed_save,
        patience=patience,
    )


class State:
    """A training's state: `restore` once, `stepped` after each step. `step` is the number of steps done."""

    def __init__(
        self,
        folder: str | os.PathLike[str],
        objects: Mapping[str, Any],
        *,
        every: int | None = None,
        keep: int = 3,
        generators: Mapping[str, Any] | None = None,
        failed_save: Policy = "warn",
        patience: float = 600.0,
    ) -> None:
        if keep < 1 or (every is not None and every < 1):
            raise ValueError("keep and every are at least 1")
        self.step = 0
        self.every = overrides.every(every)
        self._objects = dict(objects)
        self._generators = dict(generators or {})
        self._failed_save = failed_save
        self._patience = patience
        self._store = Store(folder, keep)
        self._sampler, self._seeds = _of_loader(self._objects)
        self._leaving = Leaving()
        self._agreement = world.Agreement()
        self._begun = self._restored = self._proven = False
        self._saved = -1
        for name, value in {**self._objects, **self._generators}.items():
            if not tracked.knows(value):
                raise TypeError(
                    f"`{name}` is a {type(value).__name__}, which has no state_dict: it can't be kept"
                )
            if not name.isidentifier():
                raise ValueError(f"`{name}` is no name for a file")

    @property
    def folder(self) -> Path:
        """The folder of the checkpoints."""
        return self._store.folder

    @property
    def leaving(self) -> bool:
        """Whether this process was told to leave (SIGTERM, SIGUSR1)."""
        return self._leaving.told

    def restore(self) -> int:
        """Take up the newest verified checkpoint; return its step, 0 if there is none.

        A damaged one is named on stderr and passed over. Raises Mismatch if what was saved does not fit.
        """
        self._restored = True
        self._begin()
        found = self._newest()
        if found is None:
            self.step = 0
            return 0
        for name, value in self._objects.items():
            if name not in found.values:
                raise Mismatch(f"{found.path} holds no `{name}`; it was saved without it")
            try:
                tracked.give(value, found.values[name])
            except (RuntimeError, ValueError, KeyError, TypeError, Mismatch) as error:
                raise Mismatch(f"`{name}` of {found.path} does not fit: {error}") from error
        self.step = self._saved = found.step
        self._seed_workers()
        self._random(found)
        self._store.good.add(found.path)
        if world.rank() == 0:
            say(f"goes on from {found.path}, step {self.step}")
        tell("resume", path=str(found.path), n=self.step)
        return self.step

    def stepped(self, batches: int = 1, *, items: int | None = None) -> int:
        """Count a step that ended; save if it is time; leave if this training was told to. Return the steps.

        `batches` is how many batches (of each rank) the step consumed, more than one where gradients are
        accumulated; `items` how many items of all ranks, where batches differ. Raises SystemExit(143) when
        it leaves, Unencodable on the first step that shows it, SaveFailed if saves that fail are to raise.
        """
        self._begin()
        self.step += 1
        if self._sampler is not None:
            epoch = self._sampler.epoch
            self._sampler.advance(batches, items=items)
            if self._sampler.epoch != epoch:
                self._seed_workers()
        if not self._proven:
            self._encoded()
            self._proven = True
        if self._agreement.any(self._leaving.told):
            self.leave()
        if self.every and self.step % self.every == 0:
            self.save()
        return self.step

    def save(self) -> Path | None:
        """Write a checkpoint of this step now; all ranks must call it at the same step.

        Returns its directory; None on other ranks than 0, and if it could not be written (`failed_save`).
        Raises Unencodable, SaveFailed.
        """
        self._begin()
        if self._saved == self.step:
            return self._store.path(self.step) if world.rank() == 0 else None
        began, about = time.monotonic(), {"step": self.step, **self._about()}
        shared, own = self._encoded()
        try:
            path = committing.write(self._store, shared, own, about=about, patience=self._patience)
        except (OSError, SaveFailed) as error:
            self._failed(error)
            return None
        self._saved = self.step
        if path is not None:
            tell("save", path=str(path), seconds=time.monotonic() - began, n=self.step)
        return path

    def leave(self) -> NoReturn:
        """Save, and end this process with 143, saved or not. Raises SystemExit."""
        try:
            self.save()
        except SaveFailed as error:
            say(str(error))
        if world.rank() == 0:
            kept = "saved" if self._saved == self.step else "NOT saved"
            say(f"told to leave: step {self.step} is {kept}, leaving with exit code {CODE}")
        raise SystemExit(CODE)

    def close(self) -> None:
        """Put back the signal handlers that were there before."""
        self._leaving.close()

    def _begin(self) -> None:
        if self._begun:
            return
        self._begun = True
        self._objects = sharded.adapted(self._objects)
        self._leaving.listen()
        if world.rank() == 0:
            self._store.hold()
            self._store.clean(attempt=world.attempt())  # other ranks may be ahead of this one
            if not self._restored and self._store.found():
                raise CheckpointError(
                    f"{self.folder} holds checkpoints of a training: call restore(), or give another folder"
                )
        else:
            self._store.forget(world.rank(), world.attempt())
        self._seed_workers()

    def _newest(self) -> Loaded | None:
        wanted = {*self._objects, OWN.format(world.rank())}
        mine = self._first_whole(self._store.found(), wanted)
        step = self._agreement.least(mine.step if mine else 0)
        if mine is not None and mine.step != step:
            mine = self._first_whole([self._store.path(step)], wanted) if step else None
            if mine is None and step:
                raise CheckpointError(f"the processes do not all find step {step} whole in {self.folder}")
        return mine

    def _first_whole(self, paths: list[Path], wanted: set[str]) -> Loaded | None:
        for path in paths:
            try:
                return load(path, wanted)
            except Torn as torn:
                say(f"passes over {torn}")
        return None

    def _random(self, found: Loaded) -> None:
        if found.manifest["world"] != world.size():
            if world.rank() == 0:
                say(
                    f"{found.manifest['world']} processes saved it, {world.size()} go on: "
                    "random numbers begin anew from the step"
                )
            randomness.begin_anew(self.step, world.rank())
            return
        own = found.values[OWN.format(world.rank())]
        for name, value in self._generators.items():
            if name in own["generators"]:
                tracked.give(value, own["generators"][name])
        for missed in randomness.restore(own["random"]):
            say(missed)
        if self._sampler is not None and self._sampler.cursor and self._seeds is None:
            # a loader draws its workers' seed when an iteration begins: the one that was cut off had done so
            self._sampler.at_first(partial(randomness.restore, own["random"]))

    def _seed_workers(self) -> None:
        if self._seeds is not None and self._sampler is not None:
            self._seeds.manual_seed(augmentation_key(self._sampler.seed, self._sampler.epoch, -1))

    def _encoded(self) -> tuple[dict[str, Encoded], Encoded]:
        together = (sharded.ShardedModel, sharded.ShardedOptimizer)
        shared = {
            name: encode(tracked.taken(value), name)
            for name, value in self._objects.items()
            if world.rank() == 0 or not self._proven or isinstance(value, together)
        }
        generators = {name: tracked.taken(value) for name, value in self._generators.items()}
        own = {"random": randomness.captured(), "generators": generators}
        return shared, encode(own, OWN.format(world.rank()))

    def _about(self) -> dict[str, Any]:
        versions = {"python": platform.python_version(), "provenv-runtime": VERSION}
        for name in ("torch", "numpy"):
            module = loaded(name)
            if module is not None:
                versions[name] = str(module.__version__)
        epoch = self._sampler.epoch if self._sampler is not None else None
        return {"epoch": epoch, "versions": versions}

    def _failed(self, error: OSError | SaveFailed) -> None:
        why = str(error)
        if isinstance(error, OSError):
            why = error.strerror or why
            with suppress(OSError):
                why += f" ({shutil.disk_usage(self.folder).free >> 20} MiB free in {self.folder})"
        last = max((path.name for path in self._store.good), default="none")
        text = f"step {self.step} could not be saved: {why}; the last good checkpoint is {last}"
        if self._failed_save == "raise":
            raise SaveFailed(text) from error
        say(f"{text}; training goes on")


def _of_loader(objects: dict[str, Any]) -> tuple[Sampler | None, Any]:
    """Return the sampler in `loader`, which it takes the place of, and what seeds its workers."""
    loader = objects.get("loader")
    if loader is None or isinstance(loader, Sampler):
        return loader, None
    for name in ("batch_sampler", "sampler"):
        sampler = getattr(loader, name, None)
        if isinstance(sampler, Sampler):
            if name == "sampler" and sampler.batch_size and loader.batch_size:
                raise ValueError(
                    "a Sampler with a batch_size makes the batches: give it as batch_sampler=..."
                )
            sampler.consumed_in(
                getattr(loader, "batch_size", None), bool(getattr(loader, "drop_last", False))
            )
            objects["loader"] = sampler
            return sampler, _generator_of(loader)
    if not tracked.knows(loader):
        raise TypeError(
            "the order of `loader` can't be resumed: give it sampler=provenv_runtime.Sampler(len(dataset))"
        )
    return None, None


def _generator_of(loader: Any) -> Any:
    torch = loaded("torch")
    if torch is None or not hasattr(loader, "generator"):
        return None
    if loader.generator is None:
        loader.generator = torch.Generator()
    return loader.generator
