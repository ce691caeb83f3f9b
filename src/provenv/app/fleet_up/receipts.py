"""Each host's own receipt of a generation's proof: `generations/0007/hosts/<host>/proof.json` at home."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, unquote

from ...model.evidence import Evidence
from ...targets.layout import Layout
from ...targets.names import PROOF
from ...targets.records import read_json, write_json

HOSTS = "hosts"


def folder_of(layout: Layout, number: int, host: str) -> Path:
    """Return where what is known of a host's part of a generation lies at home."""
    return layout.generation(number) / HOSTS / quote(host, safe="@%")


def read_receipt(layout: Layout, number: int, host: str) -> Evidence | None:
    """Return a host's receipt, None where it has none. Raises Failure as `read_json`."""
    path = folder_of(layout, number, host) / PROOF
    return read_json(Evidence, path) if path.is_file() else None


def write_receipt(layout: Layout, host: str, evidence: Evidence) -> None:
    """Keep a host's receipt beside its generation."""
    folder = folder_of(layout, evidence.generation, host)
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / PROOF, evidence)


def holds(receipt: Evidence | None, digests: Mapping[str, str]) -> bool:
    """Tell whether a receipt is of a proof that passed, of just this."""
    return receipt is not None and receipt.passed and dict(receipt.digests) == dict(digests)


def known_hosts(layout: Layout, number: int) -> tuple[str, ...]:
    """Return the hosts that were ever given a generation."""
    folder = layout.generation(number) / HOSTS
    found = sorted(one.name for one in folder.iterdir()) if folder.is_dir() else ()
    return tuple(unquote(name) for name in found)
