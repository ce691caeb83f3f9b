"""A Trainer of transformers on a tiny BERT made from nothing: dropout, warm-up, evaluation, accumulation.

Options: workers, accumulate.
"""

from __future__ import annotations

import hashlib
import os
import warnings

os.environ["HF_HUB_OFFLINE"] = "1"
warnings.filterwarnings("ignore")
import torch  # noqa: E402
from torch.utils.data import Dataset  # noqa: E402
from transformers import (  # noqa: E402
    BertConfig,
    BertForSequenceClassification,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)

from provenv_runtime.transformers import Checkpoints  # noqa: E402


class Words(Dataset):
    def __init__(self) -> None:
        made = torch.Generator().manual_seed(3)
        self.ids = torch.randint(1, 64, (104, 6), generator=made)

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> dict:
        ids = self.ids[index]
        return {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": int(ids[0] > ids[1])}


class Told(TrainerCallback):
    def __init__(self, log) -> None:
        self.log = log
        self.items: list = []

    def on_log(self, args, state, control, logs, **given):
        if "loss" in logs:
            self.log(
                step=state.global_step,
                loss=float(logs["loss"]).hex(),
                rate=float(logs["learning_rate"]).hex(),
                items=self.items,
            )
            self.items = []


def train(folder, log, options) -> None:
    set_seed(11)
    config = BertConfig(
        vocab_size=64, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )
    told = Told(log)

    class Watched(Trainer):
        def compute_loss(self, model, inputs, **named):
            if model.training:
                told.items += inputs["input_ids"][:, 0].tolist()
            return super().compute_loss(model, inputs, **named)

    arguments = TrainingArguments(
        str(folder.parent / "out"),
        num_train_epochs=4,
        per_device_train_batch_size=8,
        learning_rate=1e-3,
        warmup_steps=5,
        logging_steps=1,
        eval_strategy="steps",
        eval_steps=5,
        save_strategy="no",
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
        gradient_accumulation_steps=2 if "accumulate" in options else 1,
        dataloader_num_workers=2 if "workers" in options else 0,
    )
    kept = Checkpoints(folder, every=4, keep=2)
    model = BertForSequenceClassification(config)
    trainer = Watched(
        model=model, args=arguments, train_dataset=Words(), eval_dataset=Words(), callbacks=[kept, told]
    )
    trainer.train(resume_from_checkpoint=kept.newest())
    state = model.state_dict()
    log(weights=hashlib.sha256(b"".join(value.numpy().tobytes() for value in state.values())).hexdigest())
