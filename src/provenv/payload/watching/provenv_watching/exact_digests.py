"""Digests of whatever a training holds: tensors by their bytes, all else by kind and value."""

import ctypes
import sys
from hashlib import blake2b

SIZE = 12
DEEPEST = 12


def digest(*values):
    """Return a digest that is the same for the same bits, in any process."""
    kept = blake2b(digest_size=SIZE)
    for value in values:
        _feed(kept.update, value, 0)
    return kept.hexdigest()


def _feed(feed, value, depth):
    if value is None or isinstance(value, (bool, int, float, complex, str)):
        feed(f"{type(value).__name__}:{value!r};".encode("utf-8", "surrogatepass"))
    elif isinstance(value, (bytes, bytearray, memoryview)):
        feed(b"bytes:")
        feed(value)
    elif _is_tensor(value):
        _tensor(feed, value)
    elif hasattr(value, "__array__"):
        _array(feed, value)
    elif depth >= DEEPEST:
        feed(f"{type(value).__name__};".encode())
    elif hasattr(value, "items"):
        feed(b"{")
        for name, one in value.items():
            _feed(feed, name, depth + 1)
            _feed(feed, one, depth + 1)
        feed(b"}")
    elif isinstance(value, (list, tuple)):
        feed(b"[")
        for one in value:
            _feed(feed, one, depth + 1)
        feed(b"]")
    elif hasattr(value, "__dict__"):
        feed(f"{type(value).__name__}:".encode())
        _feed(feed, vars(value), depth + 1)
    else:
        # its words may hold an address, which differs each time: only its kind is certain
        feed(f"{type(value).__name__};".encode())


def _is_tensor(value):
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def _tensor(feed, value):
    value = value.detach()
    if hasattr(value, "to_local"):  # a part of a tensor that lies on several devices
        value = value.to_local()
    feed(f"{value.dtype}{tuple(value.shape)}:".encode())
    if value.layout is not sys.modules["torch"].strided or value.is_quantized:
        feed(repr(value).encode())
        return
    here = value.cpu().contiguous()
    if here.numel():
        feed(ctypes.string_at(here.data_ptr(), here.numel() * here.element_size()))


def _array(feed, value):
    numpy = sys.modules.get("numpy")
    array = value.__array__() if numpy is None else numpy.ascontiguousarray(value)
    feed(f"{array.dtype}{tuple(array.shape)}:".encode())
    feed(repr(array.tolist()).encode() if array.dtype.hasobject else array.tobytes())


def random_states():
    """Return the digests of all random generators that the training may draw from."""
    found = {"python": digest(sys.modules["random"].getstate())} if "random" in sys.modules else {}
    if "numpy.random" in sys.modules:
        found["numpy"] = digest(sys.modules["numpy.random"].get_state())
    torch = sys.modules.get("torch")
    if torch is not None:
        found["torch"] = digest(torch.get_rng_state())
        if torch.cuda.is_available() and torch.cuda.is_initialized():
            found["cuda"] = digest(torch.cuda.get_rng_state_all())
    return [f"{name}:{value}" for name, value in found.items()]
