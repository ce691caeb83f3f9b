"""Google's TPUs: torch's CPU build with PyTorch/XLA of the same minor version, and libtpu."""

from __future__ import annotations

from packaging.version import Version

from ...errors import Hint, Problem, Text, problem, text
from ...model.facts import Facts
from ...model.lock import Refusal
from ...model.spec import Spec
from .. import builds
from ..platforms import machine_of
from ..requirements import specifiers_of, torch_specifiers
from ..tables import table
from ..versions import version
from . import container
from .decision import Candidate, Outcome, named

PLUGIN = "torch-xla"


def consider(spec: Spec, facts: Facts, *, foreign: bool) -> Outcome:
    """Return torch with PyTorch/XLA where there is a TPU; `foreign` facts without one are taken as a wish."""
    tpu = facts.tpu
    wish = foreign and tpu.state == "none" and not tpu.devices
    absent = None if wish else _absence(facts)
    names = named(one.name for one in tpu.devices) if tpu.devices else ""
    if absent is not None:
        shown = names or ("TPU" if tpu.state != "none" else "")
        return Outcome("tpu", why=absent, devices=shown, findings=_out_of_order(facts, absent, shown))
    return _fitting(spec, names)


def _absence(facts: Facts) -> Text | None:
    tpu, platform = facts.tpu, facts.platform
    if tpu.state == "none":
        return text("lock.accelerator.no_tpu")
    if platform.system != "linux" or machine_of(platform) != "x86_64" or platform.libc == "musl":
        return text("lock.accelerator.tpu_platform", platform=f"{platform.system} {platform.machine}")
    glibc, floor = version(platform.libc_version), Version(table("tpu")["glibc"])
    if glibc is not None and glibc < floor:
        return text("lock.accelerator.tpu_glibc", glibc=platform.libc_version, floor=str(floor))
    if tpu.state == "no-permission":
        return text("lock.accelerator.no_permission", detail=tpu.detail or "/dev/accel0")
    if tpu.state == "broken":
        return text("lock.accelerator.tpu_broken", detail=tpu.detail)
    return None


def _out_of_order(facts: Facts, why: Text, names: str) -> tuple[Problem, ...]:
    if facts.tpu.state == "none":
        return ()
    hints: tuple[Hint, ...] = ()
    if facts.tpu.state == "no-permission":
        hints = (Hint(text("PV308.hint_root"), "ls -l /dev/accel* /dev/vfio"),)
    elif facts.container.kind:
        hints = container.hints(facts, "tpu")
    return (problem("PV308", severity="warning", why=why, devices=names, hints=hints),)


def _fitting(spec: Spec, names: str) -> Outcome:
    specifiers, plugin = torch_specifiers(spec), specifiers_of(spec, PLUGIN)
    candidates, refused = [], []
    for minor in sorted(table("tpu")["minors"], key=Version, reverse=True):
        if not builds.allows(specifiers, minor) or not builds.allows(plugin, minor):
            why = text("lock.accelerator.plugin_other_torch", torch=minor, wanted=str(specifiers & plugin))
            refused.append(Refusal(f"tpu {PLUGIN}=={minor}.*", why))
            continue
        key = "lock.accelerator.tpu" if names else "lock.accelerator.tpu_foreign"
        reason = text(key, gpus=names or "?", torch=minor, plugin=f"{PLUGIN} {minor}")
        plugins = (f"{PLUGIN}[tpu]=={minor}.*", f"torch=={minor}.*")
        candidates.append(Candidate("cpu", reason, (minor,), label="tpu", plugins=plugins))
    if candidates:
        return Outcome("tpu", tuple(candidates), devices=names, refused=tuple(refused))
    last = max(table("tpu")["minors"], key=Version)
    why = text("lock.accelerator.tpu_none_fits", last=last, torch=str(specifiers) or "*")
    finding = problem("PV303", severity="warning", why=why, plugin=PLUGIN, torch=str(specifiers) or "*")
    return Outcome("tpu", why=why, unfit=True, devices=names, refused=tuple(refused), findings=(finding,))
