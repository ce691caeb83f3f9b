"""Judges ONNX Runtime's execution providers: one that was silently replaced by the CPU has failed."""

from __future__ import annotations

from ...errors import text
from ...model.evidence import Check
from ..verdict import FACTS, Raw, Verdict, failed, hint, remedies, skipped
from .results import judge_results

# which state of the facts tells whether a provider's devices are there
KINDS = {
    "CUDAExecutionProvider": "cuda",
    "ROCMExecutionProvider": "rocm",
    "MIGraphXExecutionProvider": "rocm",
    "CANNExecutionProvider": "npu",
}


def judge_providers(check: Check, raw: Raw) -> Verdict:
    """Judge the wanted provider by whether the session really has it; then the numbers of each that ran."""
    wanted = str(raw["wanted"])
    told = raw["providers"][wanted]
    if "error" in told or told["got"][0] != wanted:
        states = check.options.get("states")
        state = str(states.get(KINDS.get(wanted, ""), "")) if isinstance(states, dict) else ""
        evidence = str(told.get("error") or f"{wanted} -> {', '.join(told['got'])}")
        if state in ("none", "no-device"):
            why = text("proof.onnx_providers.absent", provider=wanted)
            return skipped(check, why, evidence=evidence)
        why = text("proof.onnx_providers.replaced", provider=wanted, package=check.package)
        hints = (FACTS, hint("why_variant", "provenv why onnxruntime"), *remedies(check))
        return failed(check, why, evidence=evidence, hints=hints)
    names = ", ".join(name for name, entry in raw["providers"].items() if "got" in entry)
    return judge_results(check, {**raw, "said": {"providers": names, "version": str(raw["version"])}})
