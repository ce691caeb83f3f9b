"""What the Lightning callback does beside an ordinary resume; one check for each process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import lightning
import torch
from damage import damaged
from torch.utils.data import DataLoader, TensorDataset

from provenv_runtime import CheckpointError, verify
from provenv_runtime.lightning import Checkpoints, automatic


class Small(lightning.LightningModule):
    def __init__(self) -> None:
        super().__init__()
        self.net = torch.nn.Linear(4, 1)
        self.steps: list[int] = []

    def training_step(self, batch, batch_idx):
        self.steps.append(self.trainer.global_step)
        return self.net(batch[0]).square().mean()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.01)


def fitted(callbacks=(), epochs=2, ckpt_path=None, **more):
    lightning.seed_everything(1, verbose=False)
    module = Small()
    quiet = {
        "logger": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "accelerator": "cpu",
    }
    trainer = lightning.Trainer(
        max_epochs=epochs, callbacks=list(callbacks), **{"enable_checkpointing": False, **quiet, **more}
    )
    trainer.fit(
        module, DataLoader(TensorDataset(torch.ones(40, 4)), batch_size=4, shuffle=True), ckpt_path=ckpt_path
    )
    return module, trainer


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir() if one.name.startswith("step"))


def check_automatic(folder: Path) -> None:
    """Under `provenv run` each fit has checkpoints of its own; a second attempt trains nothing again."""
    assert automatic() == []
    os.environ["PROVENV_CHECKPOINTS"] = "off"
    os.environ["PROVENV_RUN_SEEN"] = str(folder / "7" / "1" / "rank-0.jsonl")
    assert automatic() == []
    del os.environ["PROVENV_CHECKPOINTS"]
    assert attempt(folder, 1) == [20, 10]
    beside = folder / "7" / "checkpoints"
    assert (names(beside / "fit-1"), names(beside / "fit-2")) == (["step-00000020"], ["step-00000010"])
    assert attempt(folder, 2) == [0, 0]
    kinds = [json.loads(line)["k"] for line in (folder / "7" / "2" / "rank-0.jsonl").read_text().splitlines()]
    assert kinds == ["resume", "resume"]


def attempt(folder: Path, number: int) -> list[int]:
    """Fit two modules one after the other in a process of its own; return how many steps each trained."""
    beside = folder / "7" / str(number)
    beside.mkdir(parents=True)
    variables = {**os.environ, "PROVENV_RUN_SEEN": str(beside / "rank-0.jsonl")}
    done = subprocess.run(
        [sys.executable, __file__, str(folder), "two"],
        env=variables,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-2])


def check_two(folder: Path) -> None:
    print(json.dumps([len(fitted(automatic(), epochs=epochs)[0].steps) for epochs in (2, 1)]))


def check_damaged(folder: Path) -> None:
    """Whatever happens to the newest checkpoint, the one before it is taken up."""
    fitted([Checkpoints(folder / "kept", every=5)], epochs=2)
    newest = folder / "kept" / names(folder / "kept")[-1]
    assert newest.name == "step-00000020"
    for what, copy in damaged(folder / "kept", folder / "copies"):
        assert verify(copy / newest.name), what
        module, _ = fitted([Checkpoints(copy, every=5)], epochs=2)
        assert module.steps == [15, 16, 17, 18, 19], (what, module.steps)


def check_ckpt_path(folder: Path) -> None:
    """A checkpoint that the user names goes before the folder's: Lightning's own, or a directory of ours."""
    fitted([Checkpoints(folder / "kept", every=5)], epochs=2)
    first = folder / "kept" / names(folder / "kept")[0]
    module, _ = fitted([Checkpoints(folder / "other", every=5)], epochs=2, ckpt_path=str(first))
    assert module.steps[0] == int(first.name[5:]), (module.steps, first)
    _, trainer = fitted(epochs=1)
    trainer.save_checkpoint(folder / "own.ckpt")
    module, _ = fitted([Checkpoints(folder / "kept", every=5)], epochs=2, ckpt_path=str(folder / "own.ckpt"))
    assert module.steps == list(range(10, 20)), module.steps


def check_sharded(folder: Path) -> None:
    """A strategy that writes its own files is refused, not half saved."""
    from lightning.pytorch.strategies import SingleDeviceStrategy

    class Sharding(SingleDeviceStrategy):
        def save_checkpoint(self, checkpoint, filepath, storage_options=None):
            pass

    said = ""
    try:
        fitted([Checkpoints(folder / "kept", every=5)], strategy=Sharding("cpu"))
    except CheckpointError as error:
        said = str(error)
    assert "Sharding writes checkpoints in its own way" in said


def check_second_fit(folder: Path) -> None:
    """The same Trainer, fitted again, goes on by itself and does not jump back."""
    kept = Checkpoints(folder / "kept", every=5)
    module, trainer = fitted([kept], epochs=1)
    trainer.fit_loop.max_epochs = 2
    trainer.fit(module, DataLoader(TensorDataset(torch.ones(40, 4)), batch_size=4))
    assert module.steps == list(range(20)), module.steps


def check_early(folder: Path) -> None:
    """A fit that was ended early stays ended."""

    class Stops(lightning.Callback):
        def on_train_epoch_end(self, trainer, pl_module):
            trainer.should_stop = True

    first, _ = fitted([Checkpoints(folder / "kept", every=3), Stops()], epochs=5)
    again, _ = fitted([Checkpoints(folder / "kept", every=3), Stops()], epochs=5)
    assert (len(first.steps), again.steps) == (10, []), again.steps


if __name__ == "__main__":
    globals()[f"check_{sys.argv[2]}"](Path(sys.argv[1]))
    print("ok")
