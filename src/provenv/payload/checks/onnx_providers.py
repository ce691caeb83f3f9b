"""Does ONNX Runtime compute on each of its execution providers, and on the one that was asked for?

A provider that can't start is silently replaced by the CPU; the session tells which it really has.
"""

import numpy
import onnxruntime
import prove_network
import prove_onnx
from prove_results import Results

# what the packages' variants are for; the CPU comes with each
OF_PACKAGE = {
    "onnxruntime-gpu": "CUDAExecutionProvider",
    "onnxruntime-directml": "DmlExecutionProvider",
    "onnxruntime-openvino": "OpenVINOExecutionProvider",
    "onnxruntime-rocm": "ROCMExecutionProvider",
    "onnxruntime-migraphx": "MIGraphXExecutionProvider",
    "onnxruntime-cann": "CANNExecutionProvider",
    "onnxruntime-qnn": "QNNExecutionProvider",
}
# float32 as it is, not rounded to 11 bits
SETTINGS = {"CUDAExecutionProvider": {"use_tf32": "0"}}
CPU = "CPUExecutionProvider"


def open_session(provider, model):
    """Return a session; an old runtime that doesn't know a setting gets none."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 2  # why a provider could not start stands among the warnings
    for settings in (SETTINGS.get(provider, {}), {}):
        try:
            providers = [(provider, settings), CPU] if provider != CPU else [CPU]
            return onnxruntime.InferenceSession(model, options, providers=providers)
        except Exception as error:
            last = error
    raise last


def run(options):
    results, providers = Results(), {}
    inputs, layers = prove_network.parts()
    model, exact = prove_onnx.network(layers), prove_network.exact()
    values = numpy.asarray(inputs, dtype="float32")
    available = onnxruntime.get_available_providers()
    wanted = OF_PACKAGE.get(options["package"], CPU)
    for provider in dict.fromkeys([wanted, CPU]):
        if provider not in available:
            providers[provider] = {"error": "not among %s" % ", ".join(available)}
            continue
        try:
            session = open_session(provider, model)
        except Exception as error:
            providers[provider] = {"error": "%s: %s" % (type(error).__name__, error)}
            continue
        got = session.get_providers()
        providers[provider] = {"got": got}
        if got[0] == provider:
            with results.attempt(provider):
                found = session.run(None, {"x": values})[0]
                terms, count = prove_network.TERMS, prove_network.LAYERS
                results.near(provider, found, exact, terms, layers=count, magnitude=1.0)
    return {
        "results": results,
        "providers": providers,
        "wanted": wanted,
        "available": available,
        "version": onnxruntime.__version__,
    }
