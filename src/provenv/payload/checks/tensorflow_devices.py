"""Which accelerators was TensorFlow built for, which does it see, and does each compute?

TensorFlow that misses a library of CUDA says so in its log alone and goes on with the CPU.
"""

import os

import tensorflow as tf

# what a driver of NVIDIA's makes: on Linux, on a Jetson, in WSL
NVIDIA = ("/dev/nvidiactl", "/dev/nvgpu", "/dev/nvhost-gpu", "/dev/dxg")


def attempt(device):
    """Return the distance of a small computation on the device from the exact result, or the error."""
    try:
        with tf.device(device):
            values = tf.range(1024, dtype=tf.float32)
            total = float(tf.reduce_sum(values * 2 + 1))
            product = tf.matmul(tf.ones((64, 64)), tf.ones((64, 64)))
            return {"distance": abs(total - 1024 * 1024) + abs(float(tf.reduce_max(product)) - 64)}
    except Exception as error:  # every driver has its own kinds of error; the words are the evidence
        return {"error": "%s: %s" % (type(error).__name__, error)}


def run(options):
    info = dict(tf.sysconfig.get_build_info())
    built = "cuda" if info.get("is_cuda_build") else "rocm" if info.get("is_rocm_build") else "cpu"
    devices = []
    for device in tf.config.list_physical_devices("GPU"):
        details = tf.config.experimental.get_device_details(device)
        name = device.name.replace("/physical_device:", "/device:")
        capability = ".".join(map(str, details.get("compute_capability") or ()))
        found = {"device": name, "name": details.get("device_name") or name, "capability": capability}
        devices.append(dict(found, **attempt(name)))
    if devices and built == "cpu":
        built = "mps"  # Apple's plugin adds its devices to a build for the CPU
    raw = {
        "built": built,
        "library": "TensorFlow " + tf.__version__,
        "architectures": [str(value) for value in info.get("cuda_compute_capabilities") or ()],
        "versions": {name: str(info[name]) for name in ("cuda_version", "cudnn_version") if name in info},
        "devices": devices,
    }
    if built == "cuda" and not any(map(os.path.exists, NVIDIA)):
        raw["start"] = "no NVIDIA driver: none of %s" % ", ".join(NVIDIA)
    return raw
