"""Tensors of torch and arrays of numpy as raw bytes, and back: no copy where the memory can be lent.

What has no type in safetensors (complex128, numpy's text) is stored as plain bytes; the true type is noted.
"""

from __future__ import annotations

import ctypes
from collections.abc import Hashable
from dataclasses import dataclass, field
from math import prod
from typing import Any

from .errors import Unencodable
from .optional import loaded, needed

TORCH = {
    "bool": "BOOL",
    "uint8": "U8",
    "int8": "I8",
    "float8_e5m2": "F8_E5M2",
    "float8_e4m3fn": "F8_E4M3",
    "float8_e8m0fnu": "F8_E8M0",
    "int16": "I16",
    "uint16": "U16",
    "float16": "F16",
    "bfloat16": "BF16",
    "int32": "I32",
    "uint32": "U32",
    "float32": "F32",
    "complex64": "C64",
    "float64": "F64",
    "int64": "I64",
    "uint64": "U64",
}
"""torch's names of types (numpy's are the same, where it has them) and safetensors' names."""


@dataclass(frozen=True)
class Kind:
    """What bytes mean: the library and its type, the shape, the strides if they are not the usual ones."""

    library: str
    dtype: str
    shape: tuple[int, ...]
    stride: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Raw:
    """A tensor to be stored; `same` is equal for two that are one piece of memory seen alike."""

    kind: Kind
    size: int
    same: Hashable
    source: Any = field(repr=False, compare=False)

    @property
    def stored(self) -> tuple[str, tuple[int, ...]]:
        """Its type and shape in the file."""
        known = TORCH.get(self.kind.dtype)
        return (known, self.kind.shape) if known else ("U8", (self.size,))

    def content(self) -> memoryview:
        """Return the bytes, row by row; of a tensor on a device, a copy on the host."""
        return _torch_bytes(self.source) if self.kind.library == "torch" else _numpy_bytes(self.source)


def raw(value: Any, place: str) -> Raw | None:
    """Return the tensor or array as something to be stored; None if it is neither. Raises Unencodable."""
    torch, numpy = loaded("torch"), loaded("numpy")
    if torch is not None and isinstance(value, torch.Tensor):
        return _torch_raw(torch, value, place)
    if numpy is not None and isinstance(value, numpy.ndarray):
        return _numpy_raw(value, place)
    return None


def _torch_raw(torch: Any, tensor: Any, place: str) -> Raw:
    if hasattr(tensor, "to_local") and hasattr(tensor, "device_mesh"):
        raise Unencodable(
            place,
            "it is a DTensor, sharded over processes; give state() the model that it belongs to",
        )
    if hasattr(tensor, "__tensor_flatten__"):
        raise Unencodable(place, f"it is a {type(tensor).__name__}, whose parts only its own library knows")
    if tensor.layout is not torch.strided or tensor.is_quantized or tensor.is_nested:
        raise Unencodable(place, "sparse, quantised and nested tensors are not kept")
    if tensor.device.type == "meta":
        raise Unencodable(place, "it is on the meta device and has no bytes")
    tensor = tensor.detach()
    shape, stride = tuple(tensor.shape), tuple(tensor.stride())
    kept = stride if not tensor.is_contiguous() and _dense(shape, stride) else None
    kind = Kind("torch", str(tensor.dtype).removeprefix("torch."), shape, kept)
    looks = (tensor.is_conj(), tensor.is_neg()) if tensor.is_complex() or tensor.is_neg() else ()
    same = (str(tensor.device), tensor.data_ptr(), kind, stride, looks) if tensor.numel() else id(tensor)
    return Raw(kind, tensor.numel() * tensor.element_size(), same, tensor)


def _dense(shape: tuple[int, ...], stride: tuple[int, ...]) -> bool:
    """Tell whether the strides are a permutation of a contiguous tensor's (channels last, a transpose)."""
    expected = 1
    for step, count in sorted((step, count) for step, count in zip(stride, shape, strict=True) if count != 1):
        if step != expected:
            return False
        expected *= count
    return True


def _torch_bytes(tensor: Any) -> memoryview:
    tensor = tensor.resolve_conj().resolve_neg().cpu().contiguous()
    size = tensor.numel() * tensor.element_size()
    if not size:
        return memoryview(b"")
    lent = (ctypes.c_ubyte * size).from_address(tensor.data_ptr())
    lent.owner = tensor  # the memory lives as long as the view of it
    return memoryview(lent).cast("B")


def _numpy_raw(array: Any, place: str) -> Raw:
    if array.dtype.hasobject or array.dtype.names:
        raise Unencodable(place, f"arrays of type {array.dtype} are not kept")
    dtype = array.dtype
    name = dtype.name if dtype.name in TORCH and dtype.str[0] != ">" else dtype.str
    kind = Kind("numpy", name, tuple(array.shape))
    same = (array.__array_interface__["data"][0], kind, array.strides) if array.size else id(array)
    return Raw(kind, array.nbytes, ("numpy", same), array)


def _numpy_bytes(array: Any) -> memoryview:
    if not array.nbytes:
        return memoryview(b"")
    flat = needed("numpy").ascontiguousarray(array).reshape(-1).view("u1")
    return memoryview(flat).cast("B")


def built(kind: Kind, content: bytearray) -> Any:
    """Return the tensor or array; it owns the bytes. Raises ImportError, TypeError, ValueError."""
    if kind.library == "torch":
        return _torch_built(needed("torch"), kind, content)
    numpy = needed("numpy")
    try:
        dtype = numpy.dtype(kind.dtype)
    except TypeError:
        dtype = numpy.dtype(getattr(needed("ml_dtypes"), kind.dtype))
    return numpy.frombuffer(content, dtype=dtype).reshape(kind.shape)


def _torch_built(torch: Any, kind: Kind, content: bytearray) -> Any:
    dtype = getattr(torch, kind.dtype)
    if not content:
        return torch.empty(kind.shape, dtype=dtype)
    tensor = torch.frombuffer(content, dtype=torch.uint8).view(dtype).reshape(kind.shape)
    if kind.stride is None:
        return tensor
    return torch.empty_strided(kind.shape, kind.stride, dtype=dtype).copy_(tensor)


def expected_size(dtype: str, shape: tuple[int, ...], sizes: dict[str, int]) -> int | None:
    """Return how many bytes a tensor of a type that safetensors knows has; None for others."""
    known = TORCH.get(dtype)
    return prod(shape) * sizes[known] if known else None
