"""Certificates as far as a finding needs them: whose they are, who signed them, from when until when.

The standard library verifies certificates and shows only trusted ones; what is not trusted is what has to
be told, so the few fields are read here (RFC 5280 section 4.1; X.690 for the encoding).
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import datetime, timezone

PEM = re.compile(rb"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----(.*?)-----END ", re.DOTALL)
COMMON_NAME, ORGANISATION = b"\x55\x04\x03", b"\x55\x04\x0a"
UTC_TIME, VERSION = 0x17, 0xA0


@dataclass(frozen=True)
class Certificate:
    """`begins` and `ends` are seconds since 1970."""

    subject: str
    issuer: str
    begins: float
    ends: float


def from_pem(content: bytes) -> tuple[Certificate, ...]:
    """Return the certificates in a PEM file; blocks that cannot be read are passed over."""
    found = []
    for match in PEM.finditer(content):
        try:
            found.append(from_der(base64.b64decode(match[1])))
        except (ValueError, binascii.Error):
            continue
    return tuple(found)


def from_der(content: bytes) -> Certificate:
    """Return the certificate. Raises ValueError for what is none."""
    try:
        ((_, certificate),) = _elements(content)
        fields = _elements(_elements(certificate)[0][1])
        if fields[0][0] == VERSION:
            fields = fields[1:]
        (_, _, (_, issuer), (_, validity), (_, subject), *_) = fields
        begins, ends = (_time(tag, value) for tag, value in _elements(validity))
        return Certificate(_name(subject), _name(issuer), begins, ends)
    except (IndexError, UnicodeDecodeError) as error:
        raise ValueError("no certificate") from error


def _elements(content: bytes) -> list[tuple[int, bytes]]:
    """Return (tag, content) of the elements one behind the other. Raises ValueError or IndexError."""
    found, at = [], 0
    while at < len(content):
        tag, length, start = content[at], content[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            length, start = int.from_bytes(content[start : start + size], "big"), start + size
        if start + length > len(content):
            raise ValueError("cut off")
        found.append((tag, content[start : start + length]))
        at = start + length
    return found


def _name(content: bytes) -> str:
    """Return the common name, with the organisation where it says more; empty where it has neither."""
    said: dict[bytes, str] = {}
    for _, attributes in _elements(content):
        for _, attribute in _elements(attributes):
            (_, kind), (tag, value) = _elements(attribute)[:2]
            said[kind] = value.decode("utf-16-be" if tag == 0x1E else "utf-8", "replace")
    common, organisation = said.get(COMMON_NAME, ""), said.get(ORGANISATION, "")
    if common and organisation and organisation.lower() not in common.lower():
        return f"{common} ({organisation})"
    return common or organisation


def _time(tag: int, value: bytes) -> float:
    words = value.decode("ascii").rstrip("Z")
    if tag == UTC_TIME:
        words = ("19" if int(words[:2]) >= 50 else "20") + words
    return datetime.strptime(words[:14], "%Y%m%d%H%M%S").replace(tzinfo=timezone.utc).timestamp()
