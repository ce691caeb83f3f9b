"""Is what TensorFlow saves the same after another process has read it?

A module as a SavedModel and a checkpoint; a Keras model whole, as weights, and exported.
"""

import os

# the Keras that comes with TensorFlow, whatever the project has chosen for its own
os.environ["KERAS_BACKEND"] = "tensorflow"

import prove_children
import tensorflow as tf
from prove_results import Results, digest


class Network(tf.Module):
    def __init__(self, seed):
        super().__init__()
        self.weights = tf.Variable(tf.random.stateless_normal((16, 8), (seed, 1)))
        self.biases = tf.Variable(tf.random.stateless_normal((8,), (seed, 2)))
        self.steps = tf.Variable(seed, dtype=tf.int64)

    @tf.function(input_signature=[tf.TensorSpec((None, 16), tf.float32)])
    def __call__(self, inputs):
        return tf.nn.relu(tf.matmul(inputs, self.weights) + self.biases)


def inputs():
    return tf.random.stateless_uniform((5, 16), (9, 9))


def keras_model():
    layers = tf.keras.layers
    tf.keras.utils.set_random_seed(4)
    hidden = [layers.Dense(12, activation="gelu"), layers.BatchNormalization()]
    model = tf.keras.Sequential([layers.Input((16,)), *hidden, layers.Dense(3)])
    model.compile(optimizer="adam", loss="mse")
    return model


def save(folder):
    """Save everything and return the digests of what was saved, and of what it computes."""
    network = Network(3)
    tf.saved_model.save(network, os.path.join(folder, "saved_model"))
    tf.train.Checkpoint(network=network).write(os.path.join(folder, "checkpoint"))
    found = {"SavedModel": digest(network(inputs()))}
    found["checkpoint"] = digest(network.weights, network.biases, network.steps)
    model = keras_model()
    model.fit(tf.ones((8, 16)), tf.ones((8, 3)), epochs=1, verbose=0)
    suffix = ".keras" if hasattr(tf.keras, "version") or tf.keras.__version__ >= "2.13" else ".h5"
    model.save(os.path.join(folder, "model" + suffix))
    model.save_weights(os.path.join(folder, "model.weights.h5"))
    found["keras"] = digest(*model.get_weights())
    found["keras.weights"] = digest(*model.get_weights())
    found["keras.output"] = digest(model(inputs(), training=False))
    return dict(found, suffix=suffix)


def load(folder, suffix):
    found = {"SavedModel": digest(tf.saved_model.load(os.path.join(folder, "saved_model"))(inputs()))}
    other = Network(77)
    tf.train.Checkpoint(network=other).read(os.path.join(folder, "checkpoint")).assert_consumed()
    found["checkpoint"] = digest(other.weights, other.biases, other.steps)
    model = tf.keras.models.load_model(os.path.join(folder, "model" + suffix))
    found["keras"] = digest(*model.get_weights())
    found["keras.output"] = digest(model(inputs(), training=False))
    model = keras_model()
    model.load_weights(os.path.join(folder, "model.weights.h5"))
    found["keras.weights"] = digest(*model.get_weights())
    return found


def run(options):
    folder, results = options["scratch"], Results()
    saved = prove_children.elsewhere(__file__, save, (folder,), folder, options["wait"])
    suffix = saved.pop("suffix")
    loaded = prove_children.elsewhere(__file__, load, (folder, suffix), folder, options["wait"])
    for name in saved:
        results.equal(name, loaded.get(name), saved[name])
    return {"results": results}
