"""The files and folders of certificate authorities that variables and pip's configuration name."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping

from ... import environ
from ...hosts.certificate import from_pem
from ...model.outside import Authorities
from ...pipconf import PipConfiguration

MOST = 1 << 24
"""Bytes that are read of a file at most."""
BEGINNING = (
    b"-----BEGIN CERTIFICATE-----",
    b"-----BEGIN TRUSTED CERTIFICATE-----",
    b"-----BEGIN X509 CERTIFICATE-----",
)


def authorities(variables: Mapping[str, str], pip: PipConfiguration) -> Iterator[Authorities]:
    """Yield each of them, what pip's own configuration files name included."""
    named = [
        (one.name, environ.read(one, variables)) for one in environ.CERTIFICATES + environ.MORE_CERTIFICATES
    ]
    if pip.cert and not environ.read(environ.Variable("PIP_CERT"), variables):
        named.append((pip.origins.get("cert", "pip"), pip.cert))
    for name, path in named:
        if path:
            yield _looked_at(name, path)


def _looked_at(name: str, path: str) -> Authorities:
    if not os.path.exists(path):
        return Authorities(name, path, "missing")
    try:
        if os.path.isdir(path):
            # named by hashes of subjects (c_rehash): that something is there is all that can be told cheaply
            return Authorities(name, path, "good" if os.listdir(path) else "no-certificate")
        with open(path, "rb") as file:
            content = file.read(MOST)
    except OSError:
        return Authorities(name, path, "unreadable")
    if not any(mark in content for mark in BEGINNING):
        return Authorities(name, path, "no-certificate")
    found = from_pem(content)
    now = time.time()
    expired = tuple(one.subject for one in found if one.ends < now)
    # a store of many has old ones among them; one that somebody made for a company is used up by then
    if found and len(expired) == len(found):
        return Authorities(name, path, "expired", len(found), expired[:3])
    return Authorities(name, path, "good", len(found))
