"""Lightning: epochs, how many steps there will be, logged metrics, checkpoints: where it calls callbacks.

No callback is added: one would be in the trainer's list, in its pickles and before the user's eyes.
"""

from . import process
from .progress import METRICS, STEPS, clock, epoch, saved, total, uses
from .wrapping import before, quietly, replace

FOLLOWED = []


def of_callbacks(module):
    """Follow the calls of all callbacks' hooks."""

    def called(trainer, hook_name, *_args, **options):
        act = ACTS.get(hook_name)
        if act is not None:
            act(trainer, options)

    before(module, "_call_callback_hooks", "callbacks of Lightning", called)


def _began(trainer, _options):
    process.claim()
    uses(type(trainer).__module__.split(".")[0])
    STEPS.framework_epochs, STEPS.epochs = True, trainer.current_epoch
    STEPS.framework_divides = True
    STEPS.begun()
    if trainer.global_step > STEPS.n:
        STEPS.jump(trainer.global_step)
    total(trainer.estimated_stepping_batches)
    _follow_saving(type(trainer))


def _epoch_ended(trainer, options):
    # called twice, for those that monitor after all others
    if options.get("monitoring_callbacks") is not True:
        most = trainer.max_epochs
        epoch(trainer.current_epoch + 1, most if most is not None and most > 0 else None)


ACTS = {"on_train_start": _began, "on_train_epoch_end": _epoch_ended}


def of_metrics(module):
    """Keep what is logged, as it is given to the loggers; they need not be there."""
    # its name has carried an underscore since 2.0
    owner = getattr(module, "_LoggerConnector", None) or module.LoggerConnector
    before(owner, "log_metrics", "metrics of Lightning", _logged)


def _logged(_connector, metrics, step=None):
    for name, value in metrics.items():
        if name not in ("epoch", "step"):
            METRICS.log(name, value.detach() if hasattr(value, "detach") else value)


def _follow_saving(trainer):
    """Measure what checkpoints take, once the trainer's class is there."""
    STEPS.framework_saves = True
    owner = next(one for one in trainer.__mro__ if "save_checkpoint" in one.__dict__)
    if owner in FOLLOWED:
        return
    FOLLOWED.append(owner)
    tell = quietly("checkpoints of Lightning", saved)

    def make(inner):
        def save_checkpoint(self, filepath, *args, **kwargs):
            began = clock()
            found = inner(self, filepath, *args, **kwargs)
            tell(filepath, clock() - began)
            return found

        return save_checkpoint

    replace(owner, "save_checkpoint", make)
