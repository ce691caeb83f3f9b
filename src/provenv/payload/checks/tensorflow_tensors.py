"""How far are TensorFlow's results from a reference, per device, type and operation?"""

import prove_reference
import tensorflow as tf


def convolve(images, kernels):
    """Compute it as TensorFlow likes it: channels last, kernels [y][x][channel][out]."""
    found = tf.nn.conv2d(tf.transpose(images, (0, 2, 3, 1)), tf.transpose(kernels, (2, 3, 1, 0)), 1, "VALID")
    return tf.transpose(found[0], (2, 0, 1))


OPERATIONS = {
    "matmul": tf.matmul,
    "matmul.large": tf.matmul,
    "conv2d": convolve,
    "softmax": lambda a: tf.nn.softmax(a, axis=1),
    "sum": lambda a: tf.reduce_sum(a, axis=1),
    "max": lambda a: tf.reduce_max(a, axis=1),
    "sort": lambda a: tf.sort(a, axis=1),
    "reversed": lambda a: tf.gather(a, list(range(int(a.shape[1])))[::-1], axis=1),
}


def compute(name, inputs, device, dtype):
    with tf.device(device):
        found = OPERATIONS[name](*(tf.constant(values, dtype=dtype) for values in inputs))
    return tf.cast(found, tf.float64).numpy().tolist()


def run(options):
    # the exact types are the ones to be compared here; TF32 would round float32 to 11 bits
    tf.config.experimental.enable_tensor_float_32_execution(False)
    devices = ["CPU:0", *("GPU:%d" % index for index, _ in enumerate(tf.config.list_physical_devices("GPU")))]
    return {"results": prove_reference.compare(compute, devices)}
