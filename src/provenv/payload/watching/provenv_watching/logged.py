"""What the script and its libraries tell others: TensorBoard, wandb, MLflow, provenv_runtime."""

from .progress import METRICS, STEPS
from .wrapping import before


def of_runtime(module):
    """Count on from the step of a checkpoint that provenv_runtime resumes."""

    def tell(kind, n=None, **_more):
        if kind == "resume" and isinstance(n, int) and n > STEPS.n:
            STEPS.jump(n)

    before(module, "tell", "what provenv_runtime tells", tell)


def of_tensorboard(module):
    """Keep scalars that a SummaryWriter is given; torch's and tensorboardX's have the same form."""

    def scalar(_self, tag=None, scalar_value=None, global_step=None, *_args, **_more):
        METRICS.log(tag, _kept(scalar_value), global_step)

    def scalars(_self, main_tag=None, tag_scalar_dict=None, global_step=None, *_args, **_more):
        for name, value in (tag_scalar_dict or {}).items():
            METRICS.log(f"{main_tag}/{name}", _kept(value), global_step)

    before(module.SummaryWriter, "add_scalar", "what the script logs", scalar)
    before(module.SummaryWriter, "add_scalars", "what the script logs", scalars)


def of_summaries(module):
    """Keep scalars of `tf.summary`; those of a compiled function have no value and are passed over."""

    def scalar(name, data=None, step=None, *_args, **_more):
        METRICS.log(name, data, None if step is None else int(step))

    before(module, "scalar", "what the script logs", scalar)


def of_wandb(module):
    """Keep the numbers of what `log` is given."""

    def log(run, data=None, step=None, *_args, **_more):
        if step is None and not STEPS.n:
            step = run.step
        for name, value in (data or {}).items():
            METRICS.log(name, _kept(value), step)

    before(module.Run, "log", "what the script logs", log)


def of_mlflow(module):
    """Keep metrics of the active run."""

    def metric(key, value=None, step=None, *_args, **_more):
        METRICS.log(key, _kept(value), step)

    def metrics(metrics=None, step=None, *_args, **_more):
        for name, value in (metrics or {}).items():
            METRICS.log(name, _kept(value), step)

    before(module, "log_metric", "what the script logs", metric)
    before(module, "log_metrics", "what the script logs", metrics)


def _kept(value):
    """Return a value without what holds on to a graph of gradients."""
    return value.detach() if hasattr(value, "detach") else value
