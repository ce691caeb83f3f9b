"""Which accelerators does JAX see, through which of its plugins, and does each compute?"""

from importlib import metadata

import jax
import jax.numpy as jnp

# the plugins' distributions begin like this; what they bring is what JAX was built for here
PLUGINS = {
    "jax-cuda": "cuda",
    "jax-rocm": "rocm",
    "jax-metal": "mps",
    "libtpu": "tpu",
    "intel-extension-for-openxla": "xpu",
}


def built_for():
    """Return the kind of accelerator that a plugin is installed for, and the plugins."""
    names = {
        (found.metadata["Name"] or "").lower().replace("_", "-"): found.version
        for found in metadata.distributions()
    }
    plugins = {name: version for name, version in names.items() if name.startswith(tuple(PLUGINS))}
    kinds = [kind for start, kind in PLUGINS.items() if any(name.startswith(start) for name in plugins)]
    return (kinds or ["cpu"])[0], plugins


def attempt(device):
    """Return the distance of a small computation on the device from the exact result, or the error."""
    try:
        values = jax.device_put(jnp.arange(1024, dtype=jnp.float32), device)
        total = float(jnp.sum(values * 2 + 1))
        ones = jax.device_put(jnp.ones((64, 64)), device)
        return {"distance": abs(total - 1024 * 1024) + abs(float(jnp.max(ones @ ones)) - 64)}
    except Exception as error:  # every driver has its own kinds of error; the words are the evidence
        return {"error": "%s: %s" % (type(error).__name__, error)}


def run(options):
    built, plugins = built_for()
    raw = {"built": built, "library": "JAX " + jax.__version__, "plugins": plugins, "devices": []}
    try:
        devices = [device for device in jax.local_devices() if device.platform != "cpu"]
    except Exception as error:  # a plugin that can't start
        devices = []
        raw["start"] = "%s: %s" % (type(error).__name__, error)
    for device in devices:
        found = {
            "device": "%s:%d" % (device.platform, device.id),
            "name": device.device_kind,
            "capability": str(getattr(device, "compute_capability", "")),
        }
        raw["devices"].append(dict(found, **attempt(device)))
    if built == "cuda" and not devices and "start" not in raw:
        raw["start"] = "no NVIDIA device was found by %s" % ", ".join(sorted(plugins))
    return raw
