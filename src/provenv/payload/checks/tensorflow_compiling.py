"""Do graphs and XLA compute what TensorFlow computes step by step?"""

import prove_network
import tensorflow as tf
from prove_results import Results


def network(inputs, layers):
    for weights, biases in layers:
        inputs = tf.tanh(tf.matmul(inputs, weights) + biases)
    return inputs


def repeated(inputs, weights, biases):
    """Compute the layers in a loop, which XLA compiles as one."""

    def layer(index, values):
        return index + 1, tf.tanh(tf.matmul(values, weights[index]) + biases[index])

    return tf.while_loop(lambda index, _: index < len(weights), layer, (0, inputs))[1]


def run(options):
    tf.config.experimental.enable_tensor_float_32_execution(False)
    exact = prove_network.exact()
    inputs, layers = prove_network.parts()
    results = Results()
    gpus = tf.config.list_physical_devices("GPU")
    for device in ["CPU:0", *("GPU:%d" % index for index, _ in enumerate(gpus))]:
        with tf.device(device):
            values = tf.constant(inputs, dtype=tf.float32)
            pairs = [(tf.constant(w, dtype=tf.float32), tf.constant(b, dtype=tf.float32)) for w, b in layers]
            stacked = [tf.stack(part) for part in zip(*pairs)]  # noqa: B905 - before Python 3.10
            ways = {
                "eager": lambda x, p=pairs: network(x, p),
                "graph": tf.function(lambda x, p=pairs: network(x, p)),
                "xla": tf.function(lambda x, p=pairs: network(x, p), jit_compile=True),
                "xla.loop": tf.function(lambda x, s=stacked: repeated(x, *s), jit_compile=True),
            }
            for kind, way in ways.items():
                name = "%s %s" % (kind, device)
                with results.attempt(name):
                    found = way(values).numpy()
                    results.near(
                        name, found, exact, prove_network.TERMS, layers=prove_network.LAYERS, magnitude=1.0
                    )
    return {"results": results}
