"""Keras 3, on any backend: `fit(..., callbacks=[Checkpoints("checkpoints")])`, exact in mid-epoch.

Keras alone can only begin an epoch anew. Here the batches that were consumed are fetched again and passed
over: no step is trained on them, and metrics and random state are put back after them. Callbacks see those
batches too, with the logs of the moment that is resumed.

Which batches an epoch yields must be a function of what is kept: so it is for data in a fixed order, and
for data whose order comes from the random state of python, numpy or torch (arrays on torch and JAX, a
PyDataset). Where TensorFlow shuffles by itself, its state can't be had: arrays come back in order only if a
seed is set (and then each epoch has the SAME order, as Keras does it there), a dataset only if it does not
shuffle anew each time it is iterated. Data through `Checkpoints.batches` have another order each epoch, and
come back in it always. A generator, or a dataset that `steps_per_epoch` cuts into epochs, can't be entered
where it was: not supported.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import randomness
from .counters import Permutation, augmentation_key
from .errors import CheckpointError, Mismatch
from .frameworks import Held, Pace, Told
from .optional import needed
from .state import State

if TYPE_CHECKING:
    _Callback: Any = object
    _PyDataset: Any = object
else:
    _keras = needed("keras")
    _Callback = _keras.callbacks.Callback
    _PyDataset = _keras.utils.PyDataset


class Checkpoints(_Callback):  # type: ignore[misc]  # the base comes with Keras
    """Keeps a fit's state in verified checkpoints, and takes the newest one up when the fit begins.

    Arguments:
        folder: where the checkpoints lie; each fit needs its own.
        every: save each time so many batches were trained; None: as often as saves take 1 % of the time.
        keep: how many verified checkpoints stay.

    What other callbacks count for themselves (EarlyStopping's patience) is not kept: Keras gives no way to
    it.

    """

    def __init__(
        self, folder: str | os.PathLike[str] = "checkpoints", *, every: int | None = 100, keep: int = 3
    ) -> None:
        super().__init__()
        self.folder = Path(folder)
        self.keep = keep
        self._pace = Pace(every)
        self._told = Told()
        self._parts = {name: Held() for name in ("model", "optimizer", "fit")}
        self._own = Held()
        self._state: State | None = None
        self._batches: list[Batches] = []
        self._resumed: Mapping[str, Any] | None = None
        self._began: dict[str, Any] = {}
        self._logs: Mapping[str, Any] = {}
        self._epoch = self._calls = self._first = 0
        self._passing = False
        self._used = False

    def batches(self, x: Any, y: Any = None, sample_weight: Any = None, **named: Any) -> Batches:
        """Return arrays as batches whose order this callback can take up again; see `Batches`."""
        made = Batches(x, y, sample_weight, **named)
        self._batches.append(made)
        return made

    @property
    def passing_over(self) -> bool:
        """Whether the batch that Keras speaks of was trained before the training was cut off."""
        return self._passing

    # beginning

    def on_train_begin(self, logs: Any = None) -> None:
        """Take up the newest verified checkpoint."""
        if self._state is None:
            self._state = State(self.folder, self._parts, keep=self.keep, generators={"fit": self._own})
        self._resumed, self._passing = None, False
        if not self._used and self._state.restore():
            self._take_up()
        self._used = True
        self._pace.saved(self._state.step, 0.0)

    def _take_up(self) -> None:
        model = self.model
        if not model.built:
            raise CheckpointError("the model is not built when fit begins, so nothing can be put into it")
        if model.optimizer is not None and not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)
        _assign(model.variables, self._parts["model"].value, "the model")
        _assign(_of_optimizer(model), self._parts["optimizer"].value, "the optimizer")
        resumed = self._parts["fit"].value
        ended = resumed["stopped"] or resumed["epoch"] >= self.params["epochs"]
        model._initial_epoch = (
            self.params["epochs"] if ended else resumed["epoch"]
        )  # as BackupAndRestore does
        history = getattr(model, "history", None)
        if history is not None and hasattr(history, "history"):
            history.history.update(resumed["history"])
        if not ended:
            self._resumed = resumed

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Enter the epoch: where it was cut off, or anew."""
        state = self._state
        assert state is not None
        self._epoch, self._calls = epoch, 0
        for one in self._batches:
            one.epoch = epoch
        resumed, self._resumed = self._resumed, None
        own = self._own.value
        if resumed is not None and resumed["epoch"] == epoch:
            if own is not None:
                randomness.restore(own["began"] if resumed["calls"] else own["random"])
            if resumed["calls"]:
                self._pass_over(resumed, own)
        elif state.step:
            self._perhaps_save(self._told.everywhere(state.leaving))
        self._began = randomness.captured()

    def _pass_over(self, resumed: Mapping[str, Any], own: Mapping[str, Any] | None) -> None:
        """Have Keras fetch what was consumed without training on it, then put all else back."""
        model, backend = self.model, needed("keras").backend.backend()
        train, steps = model.train_function, getattr(model, "steps_per_execution", 1) or 1
        left = int(resumed["calls"])
        self._passing = True
        if backend != "tensorflow":  # there metrics are made with the first batch
            _assign(model.metrics_variables, resumed["metrics"], "a metric")

        def passed(*arguments: Any) -> Any:
            nonlocal left
            if not left:
                self._passing = False
                model.train_function = train
                return train(*arguments)
            left -= 1
            if backend != "torch":
                for _ in range(steps):
                    batch = next(arguments[-1])
            if not left:
                if backend == "tensorflow":
                    model._symbolic_build(data_batch=batch)  # as Keras itself does on its other backends
                    _assign(model.metrics_variables, resumed["metrics"], "a metric")
                if own is not None:
                    randomness.restore(own["random"])
            logs = dict(resumed["logs"])
            return (logs, arguments[0]) if backend == "jax" else logs

        model.train_function = passed

    # going on

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Note which batches come."""
        self._first = batch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Save or leave, if it is time; at an epoch's last batch, only when the next epoch begins."""
        state = self._state
        assert state is not None
        self._calls, self._logs = self._calls + 1, logs or {}
        if self._passing:
            return
        state.step += batch - self._first + 1
        told = self._told.everywhere(state.leaving)
        steps = self.params.get("steps")
        if steps is None or batch + 1 < steps:
            self._perhaps_save(told)

    def _perhaps_save(self, told: bool) -> None:
        state = self._state
        assert state is not None
        if told or self._pace.due(state.step):
            self._save()
        if told:
            state.leave()

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        """Leave without a save where a validation takes longer than what is left to leave in."""
        if self._state is not None:
            self._told.note(self._state.leaving)
            if self._told.hurries():
                self._told.leave_unsaved("validation")

    def on_train_end(self, logs: Any = None) -> None:
        """Save the end, so that a restart does not train its last batches again."""
        self.model._initial_epoch = None
        if self._state is not None:
            if self._calls:
                self._epoch, self._calls = self._epoch + 1, 0
                self._save()
            self._state.close()

    def _save(self) -> None:
        state = self._state
        assert state is not None
        began = time.monotonic()
        model = self.model
        history = getattr(getattr(model, "history", None), "history", {})
        self._parts["model"].value = _values(model.variables)
        self._parts["optimizer"].value = _values(_of_optimizer(model))
        self._parts["fit"].value = {
            "epoch": self._epoch,
            "calls": self._calls,
            "metrics": _values(model.metrics_variables),
            "logs": {name: float(value) for name, value in self._logs.items()},
            "stopped": bool(model.stop_training),
            "history": {name: [float(one) for one in values] for name, values in history.items()},
        }
        self._own.value = {"random": randomness.captured(), "began": self._began}
        state.save()
        for part in self._parts.values():
            part.value = None
        self._pace.saved(state.step, time.monotonic() - began)


class Batches(_PyDataset):  # type: ignore[misc]  # the base comes with Keras
    """Arrays as batches, in an order that is a function of (seed, epoch) alone.

    Arguments:
        x, y, sample_weight: arrays, or anything with a length that a list of indices can be taken from.
        batch_size, seed: of the order.
        shuffle: False keeps the arrays' own order.
        augment: called with the batch (a tuple of arrays) and the key of each of its items
            (`augmentation_key(seed, epoch, index)`); what it returns is the batch.
        named: what keras.utils.PyDataset takes (workers...).

    """

    def __init__(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        batch_size: int = 32,
        seed: int = 0,
        shuffle: bool = True,
        augment: Callable[[tuple[Any, ...], list[int]], tuple[Any, ...]] | None = None,
        **named: Any,
    ) -> None:
        super().__init__(**named)
        self.arrays = tuple(one for one in (x, y, sample_weight) if one is not None)
        self.batch_size = batch_size
        self.seed = seed
        self.shuffle = shuffle
        self.augment = augment
        self.epoch = 0
        if len({len(one) for one in self.arrays}) != 1:
            raise ValueError("x, y and sample_weight differ in length")

    def __len__(self) -> int:
        """Return the batches of an epoch."""
        return (len(self.arrays[0]) + self.batch_size - 1) // self.batch_size

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        """Return a batch of this epoch."""
        length, epoch = len(self.arrays[0]), self.epoch
        places = range(index * self.batch_size, min(length, (index + 1) * self.batch_size))
        items = list(Permutation(length, self.seed, epoch).among(places)) if self.shuffle else list(places)
        batch = tuple(one[items] for one in self.arrays)
        if self.augment is None:
            return batch
        return tuple(self.augment(batch, [augmentation_key(self.seed, epoch, item) for item in items]))


def _of_optimizer(model: Any) -> Sequence[Any]:
    return model.optimizer.variables if model.optimizer is not None else ()


def _values(variables: Sequence[Any]) -> dict[str, Any]:
    """Return the variables' values by path; where a path comes again, its number is added."""
    convert = needed("keras").ops.convert_to_numpy
    found: dict[str, Any] = {}
    for number, one in enumerate(variables):
        name = one.path if one.path not in found else f"{one.path}#{number}"
        found[name] = convert(one.value)
    return found


def _assign(variables: Sequence[Any], values: Mapping[str, Any], whose: str) -> None:
    """Put values back in the order in which they were taken. Raises Mismatch."""
    found = list(values.items())
    if len(found) != len(variables):
        raise Mismatch(f"{whose} has {len(variables)} variables, the checkpoint {len(found)}")
    for one, (name, value) in zip(variables, found, strict=True):
        if tuple(one.shape) != tuple(value.shape):
            raise Mismatch(
                f"`{one.path}` is {tuple(one.shape)}, `{name}` of the checkpoint {tuple(value.shape)}"
            )
    for one, (_, value) in zip(variables, found, strict=True):
        one.assign(value)
