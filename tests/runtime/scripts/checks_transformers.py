"""What the callback of transformers does beside an ordinary resume; one check for each process."""

from __future__ import annotations

import sys
from pathlib import Path

from damage import damaged
from train_transformers import (
    BertConfig,
    BertForSequenceClassification,
    Checkpoints,
    Trainer,
    TrainingArguments,
    Words,
)

from provenv_runtime import CheckpointError


def trained(folder: Path, resume: bool):
    config = BertConfig(
        vocab_size=64, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )
    kept = Checkpoints(folder / "kept", every=5)
    arguments = TrainingArguments(
        str(folder / "out"),
        num_train_epochs=1,
        save_strategy="no",
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
    )
    trainer = Trainer(
        model=BertForSequenceClassification(config), args=arguments, train_dataset=Words(), callbacks=[kept]
    )
    newest = kept.newest()
    trainer.train(resume_from_checkpoint=newest if resume else None)
    return newest


def check_forgotten(folder: Path) -> None:
    """Whoever forgets the argument hears of it, instead of overwriting a training."""
    trained(folder, resume=True)
    said = ""
    try:
        trained(folder, resume=False)
    except CheckpointError as error:
        said = str(error)
    assert "trainer.train(resume_from_checkpoint=checkpoints.newest())" in said


def check_damaged(folder: Path) -> None:
    """Whatever happens to the newest checkpoint, the one before it is named and taken up."""
    trained(folder, resume=True)
    assert (folder / "kept" / "step-00000013").is_dir()
    for what, copy in damaged(folder / "kept", folder / "copies"):
        newest = Checkpoints(copy).newest()
        assert newest == str(copy / "step-00000010"), (what, newest)
    path = folder / "kept" / "step-00000013" / "optimizer.safetensors"
    path.write_bytes(path.read_bytes()[:-7])
    assert trained(folder, resume=True) == str(folder / "kept" / "step-00000010")


if __name__ == "__main__":
    globals()[f"check_{sys.argv[2]}"](Path(sys.argv[1]))
    print("ok")
