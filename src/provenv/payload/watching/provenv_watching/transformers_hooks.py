"""Transformers' Trainer: epochs, steps there will be, logs, checkpoints: where it calls callbacks."""

import os

from . import process
from .progress import METRICS, STEPS, epoch, saved, total, uses
from .wrapping import before

# what a trainer tells once at its end is no curve
SUMMARIES = ("train_runtime", "train_samples_per_second", "train_steps_per_second", "total_flos", "epoch")


def of_events(module):
    """Follow the events that all callbacks are told of."""

    def called(_handler, event, args, state, _control, **more):
        act = ACTS.get(event)
        if act is not None:
            act(args, state, more)

    before(module.CallbackHandler, "call_event", "callbacks of Transformers", called)


def _began(_args, state, _more):
    process.claim()
    uses("transformers")
    STEPS.framework_epochs = STEPS.framework_saves = STEPS.framework_divides = True
    STEPS.epochs = int(state.epoch or 0)
    STEPS.begun()
    if state.global_step > STEPS.n:
        STEPS.jump(state.global_step)
    total(state.max_steps)


def _epoch_ended(_args, state, _more):
    epoch(round(state.epoch or 0), state.num_train_epochs)


def _logged(_args, state, more):
    for name, value in (more.get("logs") or {}).items():
        if name in SUMMARIES:
            continue
        # the names that its own loggers give them; `loss` is what goes backwards
        named = f"eval/{name[5:]}" if name.startswith("eval_") else f"train/{name}"
        METRICS.log(named, value, n=state.global_step)


def _saved(args, state, _more):
    saved(os.path.join(args.output_dir, f"checkpoint-{state.global_step}"), None, state.global_step)


ACTS = {"on_train_begin": _began, "on_epoch_end": _epoch_ended, "on_log": _logged, "on_save": _saved}
