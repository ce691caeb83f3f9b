"""Do ONNX Runtime's sessions give the same from several threads, and hand every type through whole?"""

import concurrent.futures

import numpy
import onnxruntime
import prove_network
import prove_onnx
from prove_results import Results, digest

SESSIONS, CALLS = 3, 24
NUMBERS = (
    "float64",
    "float32",
    "float16",
    "int64",
    "int32",
    "int16",
    "int8",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
)


def open_session(model, threads=1):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def run(options):
    results = Results()
    inputs, layers = prove_network.parts()
    values = numpy.asarray(inputs, dtype="float32")
    sessions = [open_session(prove_onnx.network(layers), threads) for threads in (1, 1, 2)][:SESSIONS]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for index, session in enumerate(sessions):
            alone = digest(session.run(None, {"x": values})[0])
            calls = [pool.submit(session.run, None, {"x": values}) for _ in range(CALLS)]
            results.equal("session %d" % index, {digest(call.result()[0]) for call in calls}, {alone})
    for dtype in NUMBERS:
        with results.attempt(dtype):
            sent = numpy.arange(12).reshape(4, 3).astype(dtype)
            found = open_session(prove_onnx.identity(dtype)).run(None, {"x": sent})[0]
            results.equal(dtype, digest(found), digest(sent))
    with results.attempt("bool"):
        sent = numpy.arange(12).reshape(4, 3) % 2 == 0
        found = open_session(prove_onnx.identity("bool")).run(None, {"x": sent})[0]
        results.equal("bool", digest(found), digest(sent))
    with results.attempt("text"):
        sent = numpy.array([["a", "", "\u6d4b\u8bd5"]], dtype=object)
        found = open_session(prove_onnx.identity("str")).run(None, {"x": sent})[0]
        results.equal("text", found.tolist(), sent.tolist())
    return {"results": results, "said": {"sessions": len(sessions), "types": len(NUMBERS) + 2}}
