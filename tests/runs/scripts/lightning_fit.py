"""A module of Lightning's, a validation, a checkpoint; as in its tutorial."""

import sys

import lightning as L
import torch
from torch.utils.data import DataLoader, TensorDataset


class Regression(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.network = torch.nn.Linear(8, 1)

    def training_step(self, batch, index):
        loss = torch.nn.functional.mse_loss(self.network(batch[0]), batch[1])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, index):
        self.log("val_loss", torch.nn.functional.mse_loss(self.network(batch[0]), batch[1]))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.01)


L.seed_everything(5)
data = TensorDataset(torch.randn(96, 8), torch.randn(96, 1))
trainer = L.Trainer(
    max_epochs=3, accelerator="cpu", default_root_dir=sys.argv[1], log_every_n_steps=2, logger=False,
    enable_progress_bar=False, enable_model_summary=False,
)  # fmt: skip
trainer.fit(Regression(), DataLoader(data, batch_size=16), DataLoader(data, batch_size=48))
print("callbacks", [type(one).__name__ for one in trainer.callbacks])
