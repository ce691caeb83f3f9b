"""A Keras training: dropout, batch normalisation, Adam, validation. KERAS_BACKEND says what it runs on.

Options: batches (order of our own), arrays (Keras shuffles them), dataset (tf.data in a fixed order),
pydataset, augment, execution (several steps per execution).
"""

from __future__ import annotations

import hashlib
import os
import random

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
import keras
import numpy as np

from provenv_runtime.keras import Checkpoints

BACKEND = keras.backend.backend()


class Items(keras.utils.PyDataset):
    def __init__(self, x, y) -> None:
        super().__init__()
        self.x, self.y = x, y

    def __len__(self) -> int:
        return 14

    def __getitem__(self, index):
        return self.x[index * 8 : index * 8 + 8], self.y[index * 8 : index * 8 + 8]


class Told(keras.callbacks.Callback):
    def __init__(self, log, per: int, kept) -> None:
        super().__init__()
        self.log, self.per, self.epoch, self.kept = log, per, 0, kept

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.kept.passing_over:
            return
        values = {name: float(value).hex() for name, value in logs.items()}
        self.log(step=self.epoch * self.per + batch + 1, **values)


def noise(batch, keys):
    x = np.stack(
        [
            one + 0.1 * np.random.default_rng(key).standard_normal(8)
            for one, key in zip(batch[0], keys, strict=True)
        ]
    )
    return x.astype("float32"), batch[1]


def train(folder, log, options) -> None:
    keras.utils.set_random_seed(11)
    if BACKEND == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    made = np.random.default_rng(3)
    x = made.standard_normal((112, 8)).astype("float32")
    y = (x.sum(1) > 0).astype("int32")
    model = keras.Sequential(
        [
            keras.layers.Input((8,)),
            keras.layers.Dense(16),
            keras.layers.BatchNormalization(),
            keras.layers.Activation("relu"),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(2),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    steps = 2 if "execution" in options else 1
    rate = keras.optimizers.schedules.CosineDecay(0.01, 60)
    model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"], steps_per_execution=steps)
    kept = Checkpoints(folder, every=4, keep=2)
    more: dict = {}
    if "batches" in options:
        data = kept.batches(x, y, batch_size=8, seed=5, augment=noise if "augment" in options else None)
    elif "pydataset" in options:
        data = Items(x, y)
    elif "dataset" in options:
        data = (
            tf.data.Dataset.from_tensor_slices((x, y))
            .shuffle(112, seed=4, reshuffle_each_iteration=False)
            .batch(8)
        )
    else:
        data, more = x, {"y": y, "batch_size": 8}
    told = Told(log, 14, kept)
    model.fit(data, epochs=4, verbose=0, callbacks=[kept, told], validation_data=(x[:24], y[:24]), **more)
    content = b"".join(
        np.ascontiguousarray(keras.ops.convert_to_numpy(one)).tobytes() for one in model.variables
    )
    log(weights=hashlib.sha256(content).hexdigest(), chance=random.random().hex())
