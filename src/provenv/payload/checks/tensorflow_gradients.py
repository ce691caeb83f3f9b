"""Are GradientTape's gradients those of the functions? Compares them with central differences in float64."""

import prove_differences
import tensorflow as tf


def cases():
    """Return {name: (function, arrays)}; the functions are smooth at the inputs."""
    draw = prove_differences.inputs
    labels = tf.constant([0, 2, 1])
    convolve = lambda x, w: tf.nn.conv2d(x, w, 1, "SAME")  # noqa: E731
    entropy = tf.nn.sparse_softmax_cross_entropy_with_logits
    return {
        "matmul": (tf.matmul, draw((3, 4), (4, 2))),
        "conv2d": (convolve, draw((1, 4, 4, 2), (3, 3, 2, 2))),
        "softmax": (tf.nn.softmax, draw((3, 4))),
        "cross_entropy": (lambda x: entropy(labels, x), draw((3, 4))),
        "moments": (lambda x: (x - tf.reduce_mean(x)) / tf.math.reduce_std(x), draw((5, 3))),
        "gelu": (tf.nn.gelu, draw((3, 4))),
        "tanh": (tf.tanh, draw((3, 4))),
        "max_pool2d": (lambda x: tf.nn.max_pool2d(x, 2, 2, "VALID"), draw((1, 4, 4, 1))),
        "gather": (lambda w: tf.gather(w, labels), draw((3, 4))),
        "cholesky": (
            lambda x: tf.linalg.cholesky(x @ tf.transpose(x) + tf.eye(3, dtype=x.dtype)),
            draw((3, 3)),
        ),
    }


def prepare(function):
    """Return the value and the gradients of a weighted sum of what the function gives."""

    @tf.function
    def value(*tensors):
        result = function(*tensors)
        count = tf.size(result)
        weights = tf.reshape(tf.linspace(tf.constant(0.5, result.dtype), 1.5, count), tf.shape(result))
        return tf.reduce_sum(result * weights)

    def gradients(*arrays):
        tensors = [tf.constant(array) for array in arrays]
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            total = value(*tensors)
        return [tf.convert_to_tensor(one).numpy() for one in tape.gradient(total, tensors)]

    return lambda *arrays: value(*map(tf.constant, arrays)), gradients


def run(options):
    with tf.device("CPU:0"):  # float64 there is the same on every machine
        return {"results": prove_differences.compare(cases(), prepare)}
