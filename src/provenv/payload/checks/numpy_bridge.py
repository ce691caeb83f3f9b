"""Do torch and numpy share memory, in both directions, for each type that both have?"""

import warnings

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    import numpy
    import torch

TYPES = ("float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8", "bool", "complex64")


def check(name):
    """Return what is wrong with this type's bridge; empty where nothing is."""
    array = numpy.arange(24).reshape(4, 6).astype(name)
    tensor = torch.from_numpy(array)
    wrong = []
    if tensor.data_ptr() != array.ctypes.data:
        wrong.append("from_numpy copied")
    if tensor.tolist() != array.tolist():
        wrong.append("from_numpy: %r, not %r" % (tensor.tolist()[0], array.tolist()[0]))
    array[1, 2] = 0
    if tensor[1, 2].item() != 0:
        wrong.append("a change of the array does not show in the tensor")
    back = tensor.numpy()
    tensor[2, 3] = 1
    if back[2, 3] != 1 or back.ctypes.data != tensor.data_ptr():
        wrong.append("a change of the tensor does not show in the array")
    if back.dtype != numpy.dtype(name) or str(tensor.dtype) != "torch." + name:
        wrong.append("%s became %s" % (name, tensor.dtype))
    if torch.from_numpy(array[::2, ::3]).tolist() != array[::2, ::3].tolist():
        wrong.append("strides are lost")
    if (
        numpy.asarray(torch.tensor([[1, 0], [0, 1]]).to(tensor.dtype)).tolist()
        != numpy.eye(2, dtype=name).tolist()
    ):
        wrong.append("numpy.asarray reads another matrix")
    return wrong


def run(options):
    results = []
    for name in TYPES:
        try:
            results.append({"dtype": name, "wrong": check(name)})
        except Exception as error:
            results.append({"dtype": name, "wrong": ["%s: %s" % (type(error).__name__, error)]})
    return {
        "results": results,
        "torch": torch.__version__,
        "numpy": numpy.__version__,
        "warnings": [str(item.message) for item in caught],
    }
