"""The receipt of a generation's last proof."""

from __future__ import annotations

from ..model.evidence import Evidence
from .layout import Layout
from .names import PROOF
from .records import read_json, write_json


def read_proof(layout: Layout, number: int) -> Evidence | None:
    """Return the receipt of a generation's last proof, if it has one."""
    path = layout.generation(number) / PROOF
    return read_json(Evidence, path) if path.is_file() else None


def write_proof(layout: Layout, evidence: Evidence) -> None:
    """Write the receipt of a proof beside its generation."""
    write_json(layout.generation(evidence.generation) / PROOF, evidence)
