"""Which build of PyTorch a machine needs, and why: one file a vendor, one that chooses between them."""

from __future__ import annotations

from .choose import choose, decide
from .cpu import cpu_findings, instructions
from .decision import Candidate, Decision
from .nvidia import cuda_refusal

__all__ = ["Candidate", "Decision", "choose", "cpu_findings", "cuda_refusal", "decide", "instructions"]
