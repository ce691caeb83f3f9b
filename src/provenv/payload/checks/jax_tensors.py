"""How far are JAX's results from a reference, per device, type and operation?"""

import jax
import jax.numpy as jnp
import prove_reference

# these have no float64, or compute it in another way than the CPU does
WITHOUT_FLOAT64 = ("tpu", "METAL")

OPERATIONS = {
    "matmul": jnp.matmul,
    "matmul.large": jnp.matmul,
    "conv2d": lambda images, kernels: jax.lax.conv(images, kernels, (1, 1), "VALID")[0],
    "softmax": lambda a: jax.nn.softmax(a, axis=1),
    "sum": lambda a: jnp.sum(a, axis=1),
    "max": lambda a: jnp.max(a, axis=1),
    "sort": lambda a: jnp.sort(a, axis=1),
    "reversed": lambda a: a[:, jnp.arange(a.shape[1])[::-1]],
}


def run(options):
    jax.config.update("jax_enable_x64", True)
    # the exact types are the ones to be compared here; GPUs and TPUs would round float32 for products
    jax.config.update("jax_default_matmul_precision", "highest")
    devices = {"cpu": jax.local_devices(backend="cpu")[0]}
    for device in jax.local_devices():
        if device.platform != "cpu":
            devices["%s:%d" % (device.platform, device.id)] = device

    def compute(name, inputs, device, dtype):
        if dtype == "float64" and devices[device].platform in WITHOUT_FLOAT64:
            return None
        arrays = [jax.device_put(jnp.asarray(values, dtype=dtype), devices[device]) for values in inputs]
        return jnp.asarray(
            OPERATIONS[name](*arrays), dtype="float32" if dtype != "float64" else dtype
        ).tolist()

    return {"results": prove_reference.compare(compute, list(devices))}
