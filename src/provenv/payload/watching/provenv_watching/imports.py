"""Sets a hook right after the script has imported the module that it is for; imports no framework itself."""

import os
import sys

from . import process, stacks

_CONNECTOR = "trainer.connectors.logger_connector.logger_connector"
# what is imported: where the hook is, and its name there
HOOKS = {
    "random": ("seeds", "of_random"),
    "numpy.random": ("seeds", "of_numpy"),
    "torch.random": ("seeds", "of_torch"),
    "tensorflow.python.framework.random_seed": ("seeds", "of_tensorflow"),
    "keras.src.utils.rng_utils": ("seeds", "of_keras"),
    "lightning.fabric.utilities.seed": ("seeds", "of_lightning"),
    "lightning_fabric.utilities.seed": ("seeds", "of_lightning"),
    "torch.optim.optimizer": ("torch_hooks", "of_optimizers"),
    "torch.autograd": ("torch_hooks", "of_gradients"),
    "torch.amp.grad_scaler": ("torch_hooks", "of_scalers"),
    "torch.utils.data.dataloader": ("torch_hooks", "of_loaders"),
    "torch.serialization": ("torch_hooks", "of_saving"),
    "torch._dynamo.trace_rules": ("torch_hooks", "of_compiler"),
    "torch._dynamo.skipfiles": ("torch_hooks", "of_compiler"),
    "lightning.pytorch.trainer.call": ("lightning_hooks", "of_callbacks"),
    "pytorch_lightning.trainer.call": ("lightning_hooks", "of_callbacks"),
    f"lightning.pytorch.{_CONNECTOR}": ("lightning_hooks", "of_metrics"),
    f"pytorch_lightning.{_CONNECTOR}": ("lightning_hooks", "of_metrics"),
    "transformers.trainer_callback": ("transformers_hooks", "of_events"),
    "keras.src.callbacks.callback_list": ("keras_hooks", "of_callbacks"),
    "keras.src.callbacks": ("keras_hooks", "of_callbacks"),
    "tf_keras.src.callbacks": ("keras_hooks", "of_callbacks"),
    "keras.src.optimizers.base_optimizer": ("keras_hooks", "of_optimizers"),
    "optax._src.update": ("jax_hooks", "of_updates"),
    "sklearn.base": ("sklearn_hooks", "of_fits"),
    "torch.utils.tensorboard.writer": ("logged", "of_tensorboard"),
    "tensorboardX.writer": ("logged", "of_tensorboard"),
    "tensorboard.plugins.scalar.summary_v2": ("logged", "of_summaries"),
    "provenv_runtime.seen": ("logged", "of_runtime"),
    "wandb.sdk.wandb_run": ("logged", "of_wandb"),
    "mlflow.tracking.fluent": ("logged", "of_mlflow"),
}
# where a training is held against another one: these as well
EXACT = {
    "torch.optim.optimizer": ("exact_torch", "of_optimizers"),
    "torch.autograd": ("exact_torch", "of_gradients"),
    "torch.utils.data.dataloader": ("exact_torch", "of_loaders"),
    "torch.serialization": ("exact_torch", "of_saving"),
    "provenv_runtime.seen": ("exact_torch", "of_runtime"),
    "keras.src.callbacks.callback_list": ("exact_keras", "of_callbacks"),
    "keras.src.callbacks": ("exact_keras", "of_callbacks"),
    "tf_keras.src.callbacks": ("exact_keras", "of_callbacks"),
}
# whoever imports one of these will compute: the process begins to beat
COMPUTES = frozenset({"numpy", "torch", "tensorflow", "jax", "sklearn", "xgboost", "lightgbm", "catboost"})


class Finder:
    """Finds nothing by itself: has the others find, and runs the hook once their loader is done."""

    def find_spec(self, name, path=None, target=None):
        """Return what the other finders find for a module with a hook, None for all others."""
        hooks = _hooks(name)
        if not hooks:
            if name in COMPUTES:
                stacks.beat()
            return None
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            spec = None if finder is self or find is None else find(name, path, target)
            if spec is not None:
                if spec.loader is not None:
                    _follow(spec.loader, hooks)
                return spec
        return None


def watch():
    """Set the hooks of all that will be imported, and of the little that is already."""
    sys.meta_path.insert(0, Finder())
    for name in HOOKS:
        if name in sys.modules:
            _run(_hooks(name), sys.modules[name])


def _hooks(name):
    """Return the hooks of a module, those of the exact account last: they look before the others act."""
    found = (HOOKS.get(name), EXACT.get(name) if os.environ.get("PROVENV_RUN_EXACT") else None)
    return [one for one in found if one is not None]


def _follow(loader, hooks):
    """Run the hooks after the loader, which is its old self again by then."""
    load = getattr(loader, "exec_module", None)
    if load is None:
        return

    def exec_module(module):
        loader.__dict__.pop("exec_module", None)
        load(module)
        _run(hooks, module)

    try:
        loader.exec_module = exec_module
    except (AttributeError, TypeError) as error:
        process.failed(".".join(hooks[0]), error)


def _run(hooks, module):
    for room, name in hooks:
        try:
            # the submodule is found through this package's own path: its folder is on no search path any more
            scope = __import__(f"{__package__}.{room}", fromlist=(name,))
            getattr(scope, name)(module)
        except Exception as error:
            process.failed(f"{module.__name__}", error)
