"""Lightning: `Trainer(callbacks=[Checkpoints("checkpoints")])`, and `fit` goes on where it was.

What Lightning's own checkpoint holds is kept through `Trainer.save_checkpoint`, so every hook of a module,
a data module or a callback that adds to it is heard. Beside it stand the random state of each rank and
where each loader is in its epoch: Lightning alone begins the epoch's data anew.

A save waits for a moment that Lightning can come back to exactly: the end of a batch with an optimizer's
step, that is neither its epoch's last nor followed by a validation. (Where each batch is one of those, it
does not wait.)
"""

from __future__ import annotations

import os
import signal
import time
import warnings
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import randomness, tree, world
from .checkpoint import MANIFEST, load
from .errors import CheckpointError, Unencodable
from .frameworks import Held, Pace, Told, automatic_folder, in_main_thread
from .optional import loaded, needed
from .replay import Replayed, Way
from .state import OWN, State
from .store import NAME

if TYPE_CHECKING:
    _pytorch: Any
    _Callback: Any = object
    _CheckpointIO: Any = object
else:
    _OLD = loaded("pytorch_lightning") is not None and loaded("lightning.pytorch") is None
    _pytorch = needed("pytorch_lightning" if _OLD else "lightning.pytorch")
    _Callback = _pytorch.Callback
    _CheckpointIO = needed("lightning_fabric.plugins" if _OLD else "lightning.fabric.plugins").CheckpointIO

KEY = "provenv_runtime"
HYPERPARAMETERS = ("hyper_parameters", "datamodule_hyper_parameters")
UNTRUE_HERE = "You're resuming from a checkpoint that ended before the epoch ended"
_FITS = count(1)
"""Fits of this process whose checkpoints nobody gave a folder: each gets its own, in the script's order."""


def automatic() -> list[Any]:
    """Return the callbacks that Lightning adds to each Trainer (entry point `callbacks_factory`).

    That is none, except under `provenv run`: then checkpoints lie beside the run's record, as often as they
    take a hundredth of the time, and a restarted attempt goes on from them. PROVENV_CHECKPOINTS=off: none.
    """
    folder = automatic_folder()
    return [] if folder is None else [Checkpoints(folder, every=None, keep=2, numbered=True)]


class Checkpoints(_Callback):  # type: ignore[misc]  # the base comes with Lightning
    """Keeps a fit's state in verified checkpoints, and takes the newest one up when the fit begins.

    Arguments:
        folder: where the checkpoints lie; each fit needs its own. every: save each time so many optimizer
        steps were done; None: as often as saves take 1 % of the time. keep: how many verified checkpoints
        stay. replay: how a resumed epoch passes over the batches that were consumed: `indices`, without
        reading them,
            or `data`, reading them, so that random numbers drawn in the loader's workers are exact too.
        numbered: each fit gets a folder of its own within: `fit-1`, `fit-2`...

    A checkpoint that `fit(ckpt_path=...)` names goes before those of the folder.

    """

    def __init__(
        self,
        folder: str | os.PathLike[str] = "checkpoints",
        *,
        every: int | None = 100,
        keep: int = 3,
        replay: Way = "indices",
        numbered: bool = False,
    ) -> None:
        super().__init__()
        self.folder = Path(folder)
        self.every = every
        self.keep = keep
        self.replay = replay
        self.numbered = numbered
        self._pace = Pace(every)
        self._state: State | None = None
        self._parts = {name: Held() for name in ("model", "optimizers", "fit")}
        self._own = Held()
        self._dump: dict[str, Any] | None = None
        self._resumed: dict[str, Any] | None = None
        self._told = Told()
        self._handler: Any = None
        self._stepped = -1
        self._hooked = False
        self._used = False

    # beginning

    def setup(self, trainer: Any, pl_module: Any, stage: str) -> None:
        """Take up the newest verified checkpoint, before Lightning restores anything."""
        if str(getattr(stage, "value", stage)) != "fit" or self._idle(trainer):
            return
        folder = self.folder / f"fit-{next(_FITS)}" if self.numbered else self.folder
        if self._state is None or self.numbered:
            self._close()
            self._state = State(folder, self._parts, keep=self.keep, generators={"fit": self._own})
        self._files(trainer)
        self._loaders(trainer)
        usr1 = signal.getsignal(signal.SIGUSR1)
        if not self._used or self.numbered:
            self._take_up(trainer)
        if "SLURM_JOB_ID" in os.environ and usr1 is not None and in_main_thread():
            signal.signal(signal.SIGUSR1, usr1)  # there it is Lightning's signal to requeue
        self._handler = signal.getsignal(signal.SIGTERM)
        self._pace.saved(self._state.step, 0.0)

    def _idle(self, trainer: Any) -> bool:
        if trainer.fast_dev_run or trainer.barebones:
            return True
        others = [one for one in trainer.callbacks if isinstance(one, Checkpoints) and one is not self]
        return self.numbered and any(not one.numbered for one in others)

    def _take_up(self, trainer: Any) -> None:
        assert self._state is not None
        for part in (*self._parts.values(), self._own):
            part.value = None
        before = randomness.captured()
        step = self._state.restore()
        if self._own.value is not None or not step:
            randomness.restore(before)  # ours comes when training begins: until then another may be asked for
        if not step:
            return
        connector = trainer._checkpoint_connector
        if not hasattr(connector, "_loaded_checkpoint"):
            raise CheckpointError("this version of Lightning restores in a way that is not known here")
        parts = {name: part.value for name, part in self._parts.items()}
        connector._loaded_checkpoint = assembled(**parts, own=self._own.value)

    def on_load_checkpoint(self, trainer: Any, pl_module: Any, checkpoint: Mapping[str, Any]) -> None:
        """Note what belongs to us in the checkpoint that Lightning restores, ours or another."""
        self._resumed = dict(checkpoint[KEY]) if KEY in checkpoint else None
        if self._resumed is None:
            return
        warnings.filterwarnings("ignore", message=UNTRUE_HERE)
        if self._resumed.get("stopped"):
            trainer.should_stop = True

    def _files(self, trainer: Any) -> None:
        inner = trainer.strategy.checkpoint_io
        if not isinstance(inner, _Files):
            trainer.strategy.checkpoint_io = _Files(inner, self)

    def _loaders(self, trainer: Any) -> None:
        strategy = trainer.strategy
        if "process_dataloader" in vars(strategy):
            return
        process = strategy.process_dataloader

        def processed(loader: Any) -> Any:
            loader = process(loader)
            return self._replayed(loader) if trainer.training else loader

        strategy.process_dataloader = processed

    def _replayed(self, loader: Any) -> Any:
        if hasattr(loader, "state_dict") and hasattr(loader, "load_state_dict"):
            return loader  # Lightning itself asks those where they are
        own = (self._resumed or {}).get("own")
        if own is None:
            return Replayed(loader, way=self.replay)
        position = own["loaders"].pop(0) if own["loaders"] else None
        return Replayed(loader, position, self._random_once, self.replay)

    def _random_once(self) -> None:
        resumed, self._resumed = self._resumed, None
        if resumed is not None and resumed.get("own"):
            randomness.restore(resumed["own"]["random"])

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Put the random state back, and be who hears SIGTERM: Lightning would leave without a save."""
        if self._state is None or self._idle(trainer):
            return
        if self._resumed is not None and self._resumed.get("own"):
            randomness.restore(self._resumed["own"]["random"])
        if callable(self._handler) and in_main_thread():
            signal.signal(signal.SIGTERM, self._handler)
        self._used = True
        self._stepped = trainer.global_step
        trainer.callbacks = sorted(trainer.callbacks, key=lambda one: one is self)
        if type(pl_module).on_train_batch_end is not _pytorch.LightningModule.on_train_batch_end:
            self._after_hook(trainer, pl_module)

    def _after_hook(self, trainer: Any, pl_module: Any) -> None:
        """Come after the module's own hook of a batch's end, which Lightning calls after all callbacks."""
        hook = pl_module.on_train_batch_end
        self._hooked = True

        def ended(outputs: Any, batch: Any, batch_idx: int) -> None:
            hook(outputs, batch, batch_idx)
            self._ended(trainer, batch_idx)

        object.__setattr__(pl_module, "on_train_batch_end", ended)

    # going on

    def on_train_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Save if it is time, leave if this training was told to."""
        if not self._hooked:
            self._ended(trainer, batch_idx)

    def _ended(self, trainer: Any, batch_idx: int) -> None:
        if self._state is None or self._idle(trainer):
            return
        step, before = trainer.global_step, self._stepped
        self._stepped = step
        told = self._told.everywhere(self._state.leaving)
        if step == before:
            return
        due = self._pace.due(step)
        if not (told or due) or not _exact_here(trainer, batch_idx):
            return
        self._save(trainer)
        if told:
            self._state.leave()

    def on_validation_batch_end(self, trainer: Any, *_: Any, **__: Any) -> None:
        """Leave without a save where a validation takes longer than what is left to leave in."""
        if self._state is None or not trainer.validating:
            return
        self._told.note(self._state.leaving)
        if self._told.hurries():
            self._told.leave_unsaved("validation")

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        """Save the end, so that a restart does not train its last steps again."""
        if self._state is not None and not self._idle(trainer):
            self._save(trainer)

    def teardown(self, trainer: Any, pl_module: Any, stage: str) -> None:
        """Put back what was there before."""
        vars(trainer.strategy).pop("process_dataloader", None)
        if self._hooked:
            vars(pl_module).pop("on_train_batch_end", None)
            self._hooked = False
        inner = trainer.strategy.checkpoint_io
        if isinstance(inner, _Files):
            trainer.strategy.checkpoint_io = inner.inner
        if self._state is not None:
            self._state.close()

    def _close(self) -> None:
        if self._state is not None:
            self._state.close()

    def _save(self, trainer: Any) -> None:
        state = self._state
        assert state is not None
        began = time.monotonic()
        state.step = trainer.global_step
        self._dump = None
        self._own.value = {"random": randomness.captured(), "loaders": _positions(trainer)}
        trainer.save_checkpoint(state.folder / f"step-{state.step:08d}")
        if world.rank() == 0:
            self._parted(trainer, self._dump)
        self._dump = None
        state.save()
        for part in self._parts.values():
            part.value = None
        self._pace.saved(state.step, time.monotonic() - began)

    def _parted(self, trainer: Any, dump: dict[str, Any] | None) -> None:
        if dump is None:
            raise CheckpointError(
                f"{type(trainer.strategy).__name__} writes checkpoints in its own way, sharded over ranks: "
                "use Lightning's ModelCheckpoint with it"
            )
        self._parts["model"].value = dump.pop("state_dict")
        self._parts["optimizers"].value = dump.pop("optimizer_states", [])
        left_out = [name for one in HYPERPARAMETERS for name in _without_objects(dump, one)]
        dump[KEY] = {"stopped": bool(trainer.should_stop), "left_out": left_out}
        self._parts["fit"].value = dump


def assembled(fit: Mapping[str, Any], model: Any, optimizers: Any, own: Any) -> dict[str, Any]:
    """Return the parts of a checkpoint as Lightning wants them: one dictionary."""
    noted = {**fit.get(KEY, {}), "own": own}
    return {**fit, "state_dict": model, "optimizer_states": optimizers, KEY: noted}


class _Files(_CheckpointIO):  # type: ignore[misc]  # the base comes with Lightning
    """Hands our checkpoints over in memory, reads one that `ckpt_path` names; others as before."""

    def __init__(self, inner: Any, owner: Checkpoints) -> None:
        self.inner = inner
        self.owner = owner

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        """Keep ours for the callback; write others as they would have been."""
        state = self.owner._state
        own = Path(path)
        if state is not None and own.parent == state.folder and NAME.fullmatch(own.name):
            self.owner._dump = checkpoint
        else:
            self.inner.save_checkpoint(checkpoint, path, storage_options=storage_options)

    def load_checkpoint(self, path: Any, *arguments: Any, **named: Any) -> dict[str, Any]:
        """Return what is in a checkpoint."""
        if not (Path(path) / MANIFEST).is_file():
            found: dict[str, Any] = self.inner.load_checkpoint(path, *arguments, **named)
            return found
        own = OWN.format(world.rank())
        values = load(Path(path), {*self.owner._parts, own}).values
        return assembled(
            values["fit"],
            values["model"],
            values["optimizers"],
            values.get(own, {}).get("generators", {}).get("fit"),
        )

    def remove_checkpoint(self, path: Any) -> None:
        """Remove a checkpoint that is not ours."""
        self.inner.remove_checkpoint(path)

    def teardown(self) -> None:
        """End what the one before has under way."""
        self.inner.teardown()


def _exact_here(trainer: Any, batch_idx: int) -> bool:
    """Tell whether Lightning can come back to this batch's end without losing what follows it."""
    batches = trainer.num_training_batches
    if batches == 1:
        return True
    if trainer.is_last_batch or batch_idx + 1 >= batches:
        return False
    every = getattr(trainer, "val_check_batch", None)
    if not trainer.enable_validation or every is None or every in (1, float("inf")):
        return True
    epochs = trainer.check_val_every_n_epoch
    if epochs is not None and (trainer.current_epoch + 1) % epochs:
        return True
    index = trainer.fit_loop.total_batch_idx if epochs is None else batch_idx
    return bool((index + 1) % every)


def _positions(trainer: Any) -> list[dict[str, Any]]:
    done = trainer.fit_loop.batch_idx + 1  # a loader without a length is one batch ahead
    if trainer.is_last_batch or done >= trainer.num_training_batches:
        done = 0
    states = [one.state() for one in _within(trainer.train_dataloader)]
    return [{**state, "consumed": min(done, state["consumed"])} for state in states]


def _within(value: Any) -> list[Replayed]:
    if isinstance(value, Replayed):
        return [value]
    if isinstance(value, Mapping):
        return [found for one in value.values() for found in _within(one)]
    if isinstance(value, (list, tuple)):
        return [found for one in value for found in _within(one)]
    return []


def _without_objects(dump: dict[str, Any], name: str) -> list[str]:
    """Leave out hyperparameters that only pickle could keep (fit needs none); return their names."""
    values = dump.get(name)
    if values is None:
        return []
    if type(values) is not dict:
        del dump[name]
        dump.pop("hparams_type", None)
        return [name]
    left_out = []
    for key in list(values):
        try:
            tree.encode(values[key], f"{name}.{key}")
        except Unencodable:
            del values[key]
            left_out.append(f"{name}.{key}")
    return left_out
