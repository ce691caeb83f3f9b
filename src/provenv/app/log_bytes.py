"""Bytes of a log -> UTF-8: unpacked, out of UTF-16; what is no text is named."""

from __future__ import annotations

import bz2
import codecs
import lzma
import re
import zlib
from collections.abc import Iterator
from typing import Any

from ..errors import Failure, Hint, problem, text, verbatim
from ..model.progress import Progress

SAMPLE = 1 << 16
# how much is unpacked at once: a packed log may hold a million times its size
PIECE = 1 << 20
# what magic numbers (file(1)'s table, the formats' own documents) name; the words of a kind are PV904.KIND
KINDS: tuple[tuple[bytes, str, str], ...] = (
    (b"\x28\xb5\x2f\xfd", "zstd", "zstd -dc {path} | provenv explain -"),
    (b"\x04\x22\x4d\x18", "lz4", "lz4 -dc {path} | provenv explain -"),
    (b"LPKSHHRH", "journal", "journalctl --file {path} | provenv explain -"),
    (b"ElfFile\0", "evtx", ""),
    (b"\x7fELF", "elf", ""),
    (b"MZ", "exe", ""),
    (b"\xcf\xfa\xed\xfe", "elf", ""),
    (b"\xca\xfe\xba\xbe", "elf", ""),
    (b"PK\x03\x04", "zip", ""),
    (b"7z\xbc\xaf\x27\x1c", "zip", ""),
    (b"Rar!\x1a\x07", "zip", ""),
    (b"GGUF", "model", ""),
    (b"\x89HDF\r\n\x1a\n", "model", ""),
    (b"\x93NUMPY", "data", ""),
    (b"PAR1", "data", ""),
    (b"ARROW1", "data", ""),
    (b"SQLite format 3\0", "data", ""),
    (b"\x89PNG\r\n\x1a\n", "picture", ""),
    (b"\xff\xd8\xff", "picture", ""),
    (b"GIF8", "picture", ""),
    (b"RIFF", "picture", ""),
    (b"%PDF-", "document", ""),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "document", ""),
)
HOLE = b"\0" * 512
# bytes that no text holds; escape, form feed and backspace stand in terminals' logs
CONTROLS = bytes(byte for byte in range(32) if byte not in b"\0\t\n\r\x08\x0c\x1b")
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
SAFETENSORS = re.compile(rb".{6}\0\0\{\"", re.S)


def unpacked(name: str, blocks: Iterator[bytes], progress: Progress) -> Iterator[bytes]:
    """Yield what a .gz, .xz or .bz2 holds (known by its first bytes), else the blocks as they are.

    One that breaks off is read as far as it goes, with a warning.
    """
    first = _at_least(blocks, 8)
    kind = _packing(first)
    if kind is None:
        yield first
        yield from blocks
        return
    packed = _chain(first, blocks)
    try:
        yield from _pieces(packed, kind)
    except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
        progress.warn(problem("PV906", severity="warning", path=name, why=verbatim(str(error)[:200])))


def readable(name: str, blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the blocks as UTF-8 with the bytes of other encodings turned. Raises Failure PV904, PV905."""
    first = _at_least(blocks, SAMPLE)
    while first.startswith(HOLE):
        # a log that was cut to nothing while it was written begins with a hole
        first = first.lstrip(b"\0") or _at_least(blocks, SAMPLE)
    if not first.strip(b"\0 \t\r\n"):
        raise Failure(problem("PV905", path=name, hints=(Hint(text("PV905.hint")),)))
    encoding = _encoding(first)
    sample = first[:SAMPLE]
    if encoding is None and _is_binary(sample):
        raise _binary(name, sample)
    if encoding is None:
        yield first.removeprefix(codecs.BOM_UTF8)
        yield from blocks
        return
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for block in _chain(first, blocks):
        yield decoder.decode(block).removeprefix("\ufeff").encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")


def _at_least(blocks: Iterator[bytes], wanted: int) -> bytes:
    found = b""
    while len(found) < wanted and (block := next(blocks, None)) is not None:
        found += block
    return found


def _chain(first: bytes, blocks: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from blocks


def _packing(first: bytes) -> str | None:
    if first.startswith(b"\x1f\x8b"):
        return "gzip"
    if first.startswith(b"\xfd7zXZ\0"):
        return "xz"
    return "bzip2" if first.startswith(b"BZh") and first[3:4].isdigit() else None


def _decompressor(kind: str) -> Any:
    if kind == "gzip":
        return _Gzip()
    return lzma.LZMADecompressor() if kind == "xz" else bz2.BZ2Decompressor()


class _Gzip:
    """zlib's decompressor, driven as those of lzma and bz2 are."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)
        self._full = False

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._full and not self._inner.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        piece = self._inner.decompress(self._inner.unconsumed_tail + data, max_length)
        self._full = len(piece) == max_length
        return piece


def _pieces(blocks: Iterator[bytes], kind: str) -> Iterator[bytes]:
    """Yield the unpacked pieces of one stream after another. Raises EOFError where the last breaks off."""
    decompressor, ended = _decompressor(kind), True
    for block in blocks:
        data = block
        while data or not ended:
            piece = decompressor.decompress(data, PIECE)
            data, ended = b"", False
            if piece:
                yield piece
            if decompressor.eof:
                # several streams may stand one behind the other, and zeros may fill the last block
                data = decompressor.unused_data.lstrip(b"\0")
                decompressor, ended = _decompressor(kind), True
            elif decompressor.needs_input:
                break
    if not ended:
        raise EOFError(f"{kind}: unexpected end")


def _encoding(first: bytes) -> str | None:
    for mark, encoding in MARKS:
        if first.startswith(mark):
            return encoding
    sample = first[:4096]
    zeros = sample.count(b"\0")
    if zeros * 10 < len(sample) * 3:
        return None
    # letters of ASCII in UTF-16 have every second byte zero
    if sample[1::2].count(b"\0") * 10 > zeros * 9:
        return "utf-16-le"
    return "utf-16-be" if sample[::2].count(b"\0") * 10 > zeros * 9 else None


def _is_binary(sample: bytes) -> bool:
    text_alone = sample.replace(b"\0", b"")
    controls = len(text_alone) - len(text_alone.translate(None, CONTROLS))
    zeros = len(sample) - len(text_alone)
    if any(sample.startswith(magic) for magic, _, _ in KINDS if len(magic) > 2) or SAFETENSORS.match(sample):
        return controls + zeros > 8
    return controls * 20 > len(text_alone) or zeros * 3 > len(sample)


def _binary(name: str, sample: bytes) -> Failure:
    kind, command = next(
        ((kind, command) for magic, kind, command in KINDS if sample.startswith(magic)), ("unknown", "")
    )
    if kind == "elf" and sample[16:18] == b"\x04\0":
        kind, command = "core", "gdb -batch -ex bt -c {path} 2>&1 | provenv explain -"
    elif SAFETENSORS.match(sample):
        kind = "model"
    shown = name if name != "-" else "FILE"
    hints = [Hint(text("PV904.hint"))]
    if command:
        hints.insert(0, Hint(None, command.format(path=_quoted(shown))))
    return Failure(problem("PV904", why=text(f"PV904.{kind}"), hints=tuple(hints), path=name))


def _quoted(path: str) -> str:
    return path if re.fullmatch(r"[\w@%+=:,./-]+", path) else "'" + path.replace("'", "'\"'\"'") + "'"
