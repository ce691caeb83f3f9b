"""Real MNIST from its four original files: a folder that has them, or an address that serves them.

The format (IDX) is two zero bytes, a type, the number of dimensions, each
dimension as a big-endian 32-bit number, then the bytes. The files come plain
or gzipped. An address is used only when the user names it.
"""

from __future__ import annotations

import gzip
import hashlib
import struct
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np

from .errors import DigitsError

FILES = {
    "train images": "train-images-idx3-ubyte",
    "train labels": "train-labels-idx1-ubyte",
    "test images": "t10k-images-idx3-ubyte",
    "test labels": "t10k-labels-idx1-ubyte",
}
# MD5 of the original gzipped files, as torchvision publishes them (torchvision/datasets/mnist.py). A
# download is believed only when it matches; MD5 is enough here because the list is about damage, not attack.
ORIGINAL = {
    "train-images-idx3-ubyte": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "train-labels-idx1-ubyte": "d53e105ee54ea40749a09fcbcd1e9432",
    "t10k-images-idx3-ubyte": "9fb629c4189551a2d022fa330f9573f3",
    "t10k-labels-idx1-ubyte": "ec29112dd5afa0611ce80d1b7f02629c",
}
UNSIGNED_BYTE = 0x08
TIMEOUT = 30  # seconds to wait for a server's answer


def read(source: str, cache: Path) -> dict[str, np.ndarray]:
    """Return the four arrays of `source`, by the keys of FILES.

    `source` is a folder, or an http(s) address below which the `.gz` files lie;
    what is downloaded is kept in `cache`. Raises DigitsError where a file is
    missing, cannot be reached, is damaged, or does not fit the others.
    """
    if source.startswith(("http://", "https://")):
        folder = cache
        for name in FILES.values():
            _download(f"{source.rstrip('/')}/{name}.gz", folder / f"{name}.gz", ORIGINAL[name])
    else:
        folder = Path(source).expanduser()
    arrays = {what: parse(_content(folder, name), name) for what, name in FILES.items()}
    for part in ("train", "test"):
        images, labels = arrays[f"{part} images"], arrays[f"{part} labels"]
        if images.ndim != 3 or labels.ndim != 1 or len(images) != len(labels) or not len(images):
            raise DigitsError(f"{folder}: the {part} images and labels do not belong together")
        if labels.max() > 9:
            raise DigitsError(f"{folder}: the {part} labels are not digits (found {labels.max()})")
    return arrays


def parse(content: bytes, name: str) -> np.ndarray:
    """Return the array that an IDX file of unsigned bytes holds. Raises DigitsError where it is damaged."""
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != UNSIGNED_BYTE:
        raise DigitsError(f"{name} is not an IDX file of bytes")
    dimensions = content[3]
    start = 4 + 4 * dimensions
    if len(content) < start:
        raise DigitsError(f"{name} ends in the middle of its header")
    shape = struct.unpack(f">{dimensions}I", content[4:start])
    if len(content) - start != int(np.prod(shape, dtype=object)):
        raise DigitsError(f"{name} is damaged: its length is not that of {'x'.join(map(str, shape))} bytes")
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape)


def _content(folder: Path, name: str) -> bytes:
    plain, packed = folder / name, folder / f"{name}.gz"
    try:
        if plain.is_file():
            return plain.read_bytes()
        if packed.is_file():
            return gzip.decompress(packed.read_bytes())
    except (OSError, EOFError) as error:
        raise DigitsError(f"{folder / name} cannot be read: {error}") from error
    raise DigitsError(
        f"no MNIST in {folder}: {name} (or {name}.gz) is missing.\n"
        f"MNIST is these four files: {', '.join(FILES.values())}.\n"
        "Without --mnist and DIGITS_MNIST the digits of scikit-learn are used, which need no download."
    )


def _download(address: str, path: Path, md5: str) -> None:
    if path.is_file() and _md5(path.read_bytes()) == md5:
        return
    print(f"downloading {address}", flush=True)
    try:
        with urllib.request.urlopen(address, timeout=TIMEOUT) as answer:
            content = answer.read()
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise DigitsError(
            f"{address} cannot be reached: {error}.\n"
            "Name a folder that has the files (--mnist DIR), or leave --mnist and DIGITS_MNIST out"
            " to use the digits of scikit-learn."
        ) from error
    if _md5(content) != md5:
        raise DigitsError(f"{address} did not serve the original file: its MD5 is {_md5(content)}, not {md5}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
