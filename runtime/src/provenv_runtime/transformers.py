"""transformers' Trainer: a callback that keeps its state, and one argument that takes it up again.

    kept = Checkpoints("checkpoints", every=100)
    trainer = Trainer(..., callbacks=[kept])
    trainer.train(resume_from_checkpoint=kept.newest())

The argument is needed: before it calls any callback, the Trainer decides from it alone at which epoch and
batch it begins. `newest()` is None where there is nothing yet. A checkpoint's directory holds the two files
that the Trainer reads by itself (`model.safetensors`, `trainer_state.json`); optimizer, scheduler and
random state are ours. Set `save_strategy="no"` to have no other checkpoints beside these.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import randomness
from .checkpoint import verify
from .errors import CheckpointError, Mismatch
from .frameworks import Held, Pace, Told
from .optional import needed
from .seen import say
from .state import State
from .store import Store

_Callback: Any = object if TYPE_CHECKING else needed("transformers").TrainerCallback


class Checkpoints(_Callback):  # type: ignore[misc]  # the base comes with transformers
    """Keeps a Trainer's state in verified checkpoints.

    Arguments:
        folder: where the checkpoints lie; one training at a time writes there.
        every: save each time so many optimizer steps were done; None: as often as saves take 1 % of the time.
        keep: how many verified checkpoints stay.

    """

    def __init__(
        self, folder: str | os.PathLike[str] = "checkpoints", *, every: int | None = 100, keep: int = 3
    ) -> None:
        self.folder = Path(folder)
        self.keep = keep
        self._pace = Pace(every)
        self._told = Told()
        self._state: State | None = None
        self._progress = Held()
        self._own = Held()
        self._restored = False

    def newest(self) -> str | None:
        """Return the newest checkpoint that is whole, for `resume_from_checkpoint`; None if there is none."""
        for path in Store(self.folder, self.keep).found():
            wrong = verify(path)
            if not wrong:
                return str(path)
            say(f"passes over {path} is damaged: {'; '.join(wrong)}")
        return None

    def on_train_begin(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        """Put back the optimizer's, scheduler's and random state of the checkpoint that is resumed."""
        self._state = State(
            self.folder, self._objects(given), keep=self.keep, generators={"trainer": self._own}
        )
        self._own.value = None
        resumed = state.global_step > 0
        if not resumed and Store(self.folder, self.keep).found():
            raise CheckpointError(
                f"{self.folder} holds checkpoints of a training: go on with "
                "trainer.train(resume_from_checkpoint=checkpoints.newest()), or give another folder"
            )
        step = self._state.restore()
        if step != state.global_step:
            raise Mismatch(
                f"the Trainer resumes step {state.global_step}, the newest checkpoint is of step {step}: "
                "give trainer.train(resume_from_checkpoint=checkpoints.newest())"
            )
        if resumed and args.ignore_data_skip:
            say("ignore_data_skip=True: the epoch's data begin anew, so this is not the same training")
        self._restored = resumed
        self._pace.saved(step, 0.0)

    def _objects(self, given: Any) -> dict[str, Any]:
        objects = {"model": given["model"], "trainer_state": self._progress}
        for name, key in (("optimizer", "optimizer"), ("lr_scheduler", "scheduler")):
            if given.get(name) is not None:
                objects[key] = given[name]
        scaler = getattr(given.get("optimizer"), "scaler", None)
        if scaler is not None:
            objects["scaler"] = scaler
        return objects

    def on_step_begin(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        """Save what the step before has left, if it is time; leave if this training was told to.

        Here all of that step is done, its evaluation too, and random state is where the Trainer puts it back.
        """
        kept = self._state
        if kept is None:
            return
        if self._restored:
            self._restored = False
            if self._own.value is not None:
                randomness.restore(self._own.value["random"])
        step = state.global_step
        told = self._told.everywhere(kept.leaving)
        if step and (told or self._pace.due(step)):
            self._save(state)
        if told and step:
            kept.leave()

    def on_prediction_step(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        """Leave without a save where an evaluation takes longer than what is left to leave in."""
        if self._state is not None:
            self._told.note(self._state.leaving)
            if self._told.hurries():
                self._told.leave_unsaved("evaluation")

    def on_train_end(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        """Save the end, so that a restart does not train its last steps again."""
        if self._state is not None:
            self._save(state)
            self._state.close()

    def _save(self, state: Any) -> None:
        kept = self._state
        assert kept is not None
        began = time.monotonic()
        kept.step = state.global_step
        self._progress.value = json.loads(json.dumps(asdict(state), default=float))
        self._own.value = {"random": randomness.captured()}
        kept.save()
        self._pace.saved(kept.step, time.monotonic() - began)
