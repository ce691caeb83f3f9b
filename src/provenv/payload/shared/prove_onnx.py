"""Small ONNX models as bytes, written by hand in protobuf's encoding, so that no other package is needed.

Field numbers are those of onnx.proto3 (github.com/onnx/onnx, onnx/onnx.proto): ModelProto, GraphProto,
NodeProto, TensorProto, ValueInfoProto.
"""

import struct

# TensorProto.DataType
TYPES = {
    "float32": 1, "uint8": 2, "int8": 3, "uint16": 4, "int16": 5, "int32": 6, "int64": 7, "str": 8, "bool": 9,
    "float16": 10, "float64": 11, "uint32": 12, "uint64": 13,
}  # fmt: skip
OPSET, VERSION = 13, 7  # an opset and a format that every runtime since 2020 reads


def varint(number):
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes(found) + bytes([number])


def field(number, value):
    """Encode one field: an integer, a text, or bytes (also another message)."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def tensor(name, shape, values):
    """Encode a constant of float32."""
    dims = b"".join(field(1, size) for size in shape)
    return (
        dims
        + field(2, TYPES["float32"])
        + field(8, name)
        + field(9, struct.pack("<%df" % len(values), *values))
    )


def value(name, dtype, shape):
    """Encode the type of an input or output; a size that is a text is free."""
    dims = b"".join(field(1, field(1 if isinstance(size, int) else 2, size)) for size in shape)
    return field(1, name) + field(2, field(1, field(1, TYPES[dtype]) + field(2, dims)))


def node(kind, inputs, outputs):
    return (
        b"".join(field(1, name) for name in inputs)
        + b"".join(field(2, name) for name in outputs)
        + field(4, kind)
    )


def model(nodes, constants, inputs, outputs):
    """Encode a model."""
    graph = b"".join(field(1, one) for one in nodes) + field(2, "graph")
    graph += b"".join(field(5, one) for one in constants)
    graph += b"".join(field(11, one) for one in inputs) + b"".join(field(12, one) for one in outputs)
    return (
        field(1, VERSION) + field(2, "provenv") + field(7, graph) + field(8, field(1, "") + field(2, OPSET))
    )


def network(layers):
    """Return a model of `x <- Tanh(x @ W + b)` for each pair of nested lists."""
    nodes, constants, name = [], [], "x"
    for index, (weights, biases) in enumerate(layers):
        flat = [number for row in weights for number in row]
        constants.append(tensor("w%d" % index, (len(weights), len(biases)), flat))
        constants.append(tensor("b%d" % index, (len(biases),), biases))
        nodes.append(node("MatMul", (name, "w%d" % index), ("p%d" % index,)))
        nodes.append(node("Add", ("p%d" % index, "b%d" % index), ("s%d" % index,)))
        name = "y" if index == len(layers) - 1 else "x%d" % (index + 1)
        nodes.append(node("Tanh", ("s%d" % index,), (name,)))
    first, last = len(layers[0][0]), len(layers[-1][1])
    types = [value("x", "float32", ("n", first))], [value("y", "float32", ("n", last))]
    return model(nodes, constants, *types)


def identity(dtype):
    """Return a model that gives back what it gets."""
    shape = [value(name, dtype, ("n", 3)) for name in "xy"]
    return model([node("Identity", ("x",), ("y",))], [], shape[:1], shape[1:])
