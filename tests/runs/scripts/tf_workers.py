"""TensorFlow's own strategies: MultiWorkerMirroredStrategy with TF_CONFIG, else two devices of one CPU.

    python tf_workers.py [die] [fit]

`die`: worker 1 is killed at the second epoch of attempt 1. `fit`: Keras trains it, else a loop of its own.
"""

import hashlib
import json
import os
import signal
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = ""
import numpy as np
import tensorflow as tf

EPOCHS, BATCH = 3, 16

tf.keras.utils.set_random_seed(4)
if "TF_CONFIG" in os.environ:
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    task, index = strategy.cluster_resolver.task_type, strategy.cluster_resolver.task_id
else:
    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    task, index = "", 0
made = np.random.default_rng(3)
x = made.standard_normal((64, 8)).astype("float32")
y = x.sum(1, keepdims=True)
options = tf.data.Options()
options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
data = tf.data.Dataset.from_tensor_slices((x, y)).batch(BATCH).with_options(options)
with strategy.scope():
    model = tf.keras.Sequential([tf.keras.layers.Input((8,)), tf.keras.layers.Dense(1)])
    optimizer = tf.keras.optimizers.SGD(0.01)
    model.compile(optimizer, "mse")


def begins(epoch):
    if epoch == 1 and "die" in sys.argv and index == 1 and os.environ.get("PROVENV_RUN_ATTEMPT") == "1":
        os.kill(os.getpid(), signal.SIGKILL)


@tf.function
def step(batch):
    def one(inputs, wanted):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum((model(inputs, training=True) - wanted) ** 2) / BATCH
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    return strategy.reduce(tf.distribute.ReduceOp.SUM, strategy.run(one, args=batch), axis=None)


losses = []
if "fit" in sys.argv:
    told = tf.keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs=None: begins(epoch))
    losses = model.fit(data, epochs=EPOCHS, verbose=0, callbacks=[told]).history["loss"]
else:
    spread = strategy.experimental_distribute_dataset(data)
    for epoch in range(EPOCHS):
        begins(epoch)
        losses.append(sum(float(step(batch)) for batch in spread) * BATCH / len(x))
content = b"".join(np.ascontiguousarray(one).tobytes() for one in model.get_weights())
told = {
    "task": task,
    "index": index,
    "replicas": strategy.num_replicas_in_sync,
    "losses": losses,
    "weights": hashlib.sha256(content).hexdigest(),
    "values": [float(one) for one in model.get_weights()[0].ravel()],
}
print("told", json.dumps(told))
