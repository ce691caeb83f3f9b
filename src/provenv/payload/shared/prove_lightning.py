"""A small Lightning module and ways to train it, for the checks of Lightning."""

import logging
import warnings

import prove_learning
import torch

try:
    import lightning.pytorch as pl
except ImportError:  # the other distribution of the same code
    import pytorch_lightning as pl

BATCH = 64


class Classifier(pl.LightningModule):
    """A linear layer after a hidden one; it notes the loss of each step."""

    def __init__(self):
        super().__init__()
        self.network = torch.nn.Sequential(
            torch.nn.Flatten(), torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10)
        )
        self.losses = []

    def training_step(self, batch, index):
        loss = torch.nn.functional.cross_entropy(self.network(batch[0]), batch[1])
        self.losses.append(float(loss.detach()))
        return loss

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1, momentum=0.9)


def data():
    """Return the tensors of what is learnt from and of what is asked, and which data they are."""
    images, labels, name = prove_learning.digits()
    images, labels = torch.tensor(images), torch.tensor(labels)
    seen, held = map(torch.tensor, prove_learning.split(len(images)))
    return (images[seen], labels[seen]), (images[held], labels[held]), name


def loader(pair):
    """Return batches in the order of the data, so that a resumed training meets the same ones."""
    return torch.utils.data.DataLoader(torch.utils.data.TensorDataset(*pair), batch_size=BATCH)


def trainer(folder, epochs, **more):
    """Return a Trainer that writes nothing but what it is asked for, and nothing outside of `folder`."""
    for name in ("lightning.pytorch", "lightning.fabric", "pytorch_lightning", "lightning_fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore")  # about missing workers and loggers, which are not wanted here
    settings = {
        "max_epochs": epochs,
        "default_root_dir": folder,
        "logger": False,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
    }
    return pl.Trainer(**dict(settings, **more))


def model(seed=0):
    torch.manual_seed(seed)
    return Classifier()
