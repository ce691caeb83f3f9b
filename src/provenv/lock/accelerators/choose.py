"""Which build of PyTorch a machine needs, and why: every vendor is asked, the best answer is taken. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...errors import Failure, Hint, Problem, Text, problem, text
from ...model.facts import Facts
from ...model.lock import Choice, Refusal
from ...model.spec import Spec
from . import amd, apple, ascend, cpu, intel, nvidia, toolkits, tpu
from .decision import Candidate, Decision, Outcome

WORDS = {"cuda": "CUDA", "rocm": "ROCm", "xpu": "XPU", "ascend": "Ascend", "tpu": "TPU"}
SHOWN = 3


def choose(spec: Spec, facts: Facts, *, foreign: bool = False) -> Choice:
    """Return the accelerator for `spec` on the machine, with its reason and all that was refused.

    Raises Failure PV301, PV302 or PV306 where the declared accelerator can't be had there.
    """
    return decide(spec, facts, foreign=foreign).choice


def decide(spec: Spec, facts: Facts, *, foreign: bool = False) -> Decision:
    """Return every build that runs on the machine, best first; see `choose`.

    The best of one vendor is the one with the newest torch that the
    requirements allow; of several vendors the one with more memory.
    `foreign` facts that name no device are taken as a wish.
    """
    if spec.accelerator == "cpu":
        return Decision((Candidate("cpu", text("lock.accelerator.cpu_declared")),))
    if spec.accelerator == "mps":
        return apple.declared(spec, facts)
    if spec.accelerator == "auto" and facts.platform.system == "darwin":
        return apple.automatic(spec, facts)
    if spec.accelerator == "auto":
        return _automatic(spec, facts)
    return _declared(spec, facts, foreign=foreign)


def _consider(kind: str) -> Callable[..., Outcome]:
    modules = {
        "cuda": nvidia.consider,
        "rocm": amd.consider,
        "xpu": intel.consider,
        "ascend": ascend.consider,
        "tpu": tpu.consider,
    }
    return modules[kind]


def _declared(spec: Spec, facts: Facts, *, foreign: bool) -> Decision:
    outcome = _consider(spec.accelerator)(spec, facts, foreign=foreign)
    kind = WORDS[spec.accelerator]
    if outcome.candidates:
        refused = (*outcome.refused, *toolkits.beside(facts, outcome.candidates[0].accelerator))
        return Decision(outcome.candidates, refused, outcome.findings)
    if outcome.unfit:
        hints = (Hint(text("PV306.hint")), *(Hint(one.why) for one in outcome.refused[-SHOWN:]))
        raise Failure(problem("PV306", why=outcome.why, gpus=outcome.devices, kind=kind, hints=hints))
    remedies = tuple(hint for finding in outcome.findings for hint in finding.hints)
    hint = Hint(text("PV301.hint"), "provenv lock --facts box.json")
    raise Failure(
        problem("PV301", why=outcome.why, accelerator=spec.accelerator, kind=kind, hints=(*remedies, hint))
    )


def _automatic(spec: Spec, facts: Facts) -> Decision:
    outcomes = [_consider(kind)(spec, facts, foreign=False) for kind in WORDS]
    able = [one for one in outcomes if one.candidates]
    if not able:
        return _nothing(outcomes, facts)
    best = _best(able)
    others = [one for one in outcomes if one is not best]
    refused = (*best.refused, *(refusal for one in others for refusal in _passed_over(one, best)))
    findings = (*best.findings, *_beside(able, best))
    return Decision(
        best.candidates, (*refused, *toolkits.beside(facts, best.candidates[0].accelerator)), findings
    )


def _best(able: Sequence[Outcome]) -> Outcome:
    """Return the best vendor: no integrated GPU before another, then more memory, then the order."""
    discrete = [one for one in able if not one.integrated] or list(able)
    if all(one.memory for one in discrete):
        return max(discrete, key=lambda one: one.memory)
    return discrete[0]


def _passed_over(other: Outcome, best: Outcome) -> tuple[Refusal, ...]:
    """Return why another vendor's devices were not taken; nothing for a vendor of which there is none."""
    if other.candidates:
        why = text("lock.accelerator.other_vendor", devices=other.devices, better=best.devices)
        return (Refusal(other.candidates[0].accelerator, why),)
    if other.why is not None and other.devices:
        return (Refusal(other.kind, other.why),)
    return other.refused


def _beside(able: Sequence[Outcome], best: Outcome) -> tuple[Problem, ...]:
    """Return the note about a second vendor whose devices would have done as well."""
    return tuple(
        problem(
            "PV309",
            severity="note",
            devices=one.devices,
            better=best.devices,
            hints=(Hint(text("PV309.hint", accelerator=one.kind)),),
        )
        for one in able
        if one is not best and not one.integrated
    )


def _nothing(outcomes: Sequence[Outcome], facts: Facts) -> Decision:
    """Return the CPU build, with the reason of the first device that is there and can't be used."""
    present = next((one for one in outcomes if one.devices), None)
    why = cpu.reason(facts) if present is None else _reason(present)
    refused = [refusal for one in outcomes for refusal in one.refused]
    refused += [
        Refusal(one.kind, one.why)
        for one in outcomes
        if one.devices and one is not present and one.why is not None and not one.refused
    ]
    findings = tuple(finding for one in outcomes for finding in (one.findings or _unfit(one)))
    return Decision((Candidate("cpu", why),), tuple(refused), findings)


def _reason(outcome: Outcome) -> Text:
    return outcome.why or text("lock.accelerator.no_gpu")


def _unfit(outcome: Outcome) -> tuple[Problem, ...]:
    if not outcome.unfit:
        return ()
    hint, kind = Hint(text("PV305.hint")), WORDS[outcome.kind]
    return (
        problem("PV305", severity="warning", why=outcome.why, gpus=outcome.devices, kind=kind, hints=(hint,)),
    )
