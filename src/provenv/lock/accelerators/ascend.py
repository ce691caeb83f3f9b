"""Huawei's Ascend NPUs: torch's CPU build and the plug-in `torch_npu` that fits it and CANN."""

from __future__ import annotations

from dataclasses import dataclass

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from ...errors import Hint, Problem, Text, problem, text
from ...model.facts import Facts
from ...model.lock import Refusal
from ...model.spec import Spec
from ..platforms import machine_of
from ..requirements import specifiers_of, torch_specifiers
from ..tables import table
from ..versions import version
from . import container
from .decision import Candidate, Outcome, named

PLUGIN = "torch-npu"


@dataclass(frozen=True)
class Release:
    """A release of torch_npu: the torch that it is made for and the CANN that it was released with."""

    plugin: str
    torch: str
    cann: str


def releases() -> tuple[Release, ...]:
    """Return what the table knows, newest CANN first."""
    return tuple(Release(row["plugin"], row["torch"], row["cann"]) for row in table("ascend")["releases"])


def consider(spec: Spec, facts: Facts, *, foreign: bool) -> Outcome:
    """Return torch with its plug-in where there is an NPU; `foreign` facts without one are a wish."""
    ascend = facts.ascend
    wish = foreign and ascend.state == "none" and not ascend.devices
    absent = None if wish else _absence(facts)
    names = named(one.name for one in ascend.devices) if ascend.devices else ""
    if absent is not None:
        shown = names or ("Ascend" if ascend.state != "none" else "")
        findings = _out_of_order(facts, absent, shown)
        return Outcome("ascend", why=absent, devices=shown, findings=findings)
    return _fitting(spec, facts, names)


def _absence(facts: Facts) -> Text | None:
    ascend, platform = facts.ascend, facts.platform
    if ascend.state == "none":
        return text("lock.accelerator.no_ascend")
    fits = platform.system == "linux" and machine_of(platform) in ("x86_64", "aarch64")
    if not fits or platform.libc == "musl":
        return text("lock.accelerator.ascend_platform", platform=f"{platform.system} {platform.machine}")
    if ascend.state == "no-permission":
        return text("lock.accelerator.no_permission", detail=ascend.detail or "/dev/davinci0")
    if ascend.state == "broken":
        return text("lock.accelerator.ascend_broken", detail=ascend.detail)
    if ascend.state == "no-device":
        return text("lock.accelerator.ascend_no_device")
    return None


def _out_of_order(facts: Facts, why: Text, names: str) -> tuple[Problem, ...]:
    state = facts.ascend.state
    if state == "none" or why.key == "lock.accelerator.ascend_platform":
        return ()
    if state == "no-permission":
        hints: tuple[Hint, ...] = (
            Hint(text("PV308.hint_groups"), "sudo usermod -aG HwHiAiUser $USER"),
            Hint(text("PV308.hint_again"), "provenv lock"),
        )
    elif facts.container.kind and state == "no-device":
        hints = container.hints(facts, "ascend")
    else:
        hints = (Hint(None, "npu-smi info"),)
    return (problem("PV308", severity="warning", why=why, devices=names, hints=hints),)


def _fitting(spec: Spec, facts: Facts, names: str) -> Outcome:
    installed = _release(facts.ascend.runtime)
    candidates, refused = [], []
    for one in sorted(_newest_for_each_torch(installed), key=lambda one: Version(one.torch), reverse=True):
        why = _refusal(one, spec)
        if why is None:
            candidates.append(_candidate(one, facts, names))
        else:
            refused.append(Refusal(f"ascend {PLUGIN}=={one.plugin}", why))
    memory = sum(one.memory or 0 for one in facts.ascend.devices)
    if candidates:
        findings = _cann(facts, _release_of(candidates[0]))
        return Outcome(
            "ascend",
            tuple(candidates),
            devices=names,
            memory=memory,
            refused=tuple(refused),
            findings=findings,
        )
    return _none(spec, facts, names, tuple(refused))


def _newest_for_each_torch(installed: str) -> tuple[Release, ...]:
    """Return for each torch the release whose CANN is the newest that is not newer than the installed one."""
    limit = version(installed)
    found: dict[str, Release] = {}
    for one in releases():
        if limit is None or Version(one.cann) <= limit:
            found.setdefault(one.torch, one)
    newest = max((Version(one.cann) for one in found.values()), default=None)
    # plug-ins of an older CANN only where the installed one is not in the table
    exact = tuple(one for one in found.values() if Version(one.cann) == newest)
    return exact if limit is not None else tuple(found.values())


def _refusal(one: Release, spec: Spec) -> Text | None:
    torch, plugin = torch_specifiers(spec), specifiers_of(spec, PLUGIN)
    public = SpecifierSet(",".join(str(each).split("+")[0] for each in torch))
    if not public.contains(one.torch, prereleases=True):
        return text("lock.accelerator.plugin_other_torch", torch=one.torch, wanted=str(torch))
    if not plugin.contains(one.plugin, prereleases=True):
        return text("lock.accelerator.plugin_unwanted", plugin=PLUGIN, wanted=str(plugin))
    return None


def _candidate(one: Release, facts: Facts, names: str) -> Candidate:
    why = text(
        "lock.accelerator.ascend" if names else "lock.accelerator.ascend_foreign",
        gpus=names or "?",
        torch=one.torch,
        plugin=f"{PLUGIN} {one.plugin}",
        cann=one.cann,
        installed=facts.ascend.runtime or "?",
    )
    minor = ".".join(one.torch.split(".")[:2])
    plugins = (f"{PLUGIN}=={one.plugin}", f"torch=={one.torch}")
    return Candidate("cpu", why, (minor,), label="ascend", plugins=plugins)


def _release_of(candidate: Candidate) -> Release:
    plugin = candidate.plugins[0].partition("==")[2]
    return next(one for one in releases() if one.plugin == plugin)


def _release(runtime: str) -> str:
    """Return CANN's version as the table writes it: `8.1.rc1` for `8.1.RC1`, `8.1.RC1.alpha001`."""
    words = runtime.lower().removeprefix("v")
    while words and version(words) is None:
        words = words.rpartition(".")[0]
    return words


def _cann(facts: Facts, chosen: Release) -> tuple[Problem, ...]:
    """Return what is to be said about CANN, which no package of the lock brings."""
    if not facts.ascend.devices:
        return ()
    installed = _release(facts.ascend.runtime)
    if not installed:
        hint = Hint(
            text("PV373.hint", cann=chosen.cann), "source /usr/local/Ascend/ascend-toolkit/set_env.sh"
        )
        return (problem("PV373", severity="warning", cann=chosen.cann, hints=(hint,)),)
    if Version(installed) != Version(chosen.cann):
        why = text("PV373.why_other", installed=facts.ascend.runtime, cann=chosen.cann)
        return (problem("PV373", severity="warning", cann=chosen.cann, why=why),)
    return ()


def _none(spec: Spec, facts: Facts, names: str, refused: tuple[Refusal, ...]) -> Outcome:
    torch = torch_specifiers(spec)
    elsewhere = next((one for one in releases() if _refusal(one, spec) is None), None)
    why = text(
        "lock.accelerator.ascend_other_cann" if elsewhere else "lock.accelerator.ascend_none_fits",
        torch=str(torch) or "*",
        installed=facts.ascend.runtime or "?",
        cann=elsewhere.cann if elsewhere else "?",
    )
    finding = problem("PV303", severity="warning", why=why, plugin=PLUGIN, torch=str(torch) or "*")
    return Outcome("ascend", why=why, unfit=True, devices=names, refused=refused, findings=(finding,))
