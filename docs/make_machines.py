"""Write the table of machines: `python docs/make_machines.py`.

Each file of tests/machines is given to the choice that `provenv lock` makes; what it chose, what
it refused and why goes to docs/machines.md and docs/machines.zh-CN.md, in the words of the message
catalogues. A test fails where the pages are not what this would write.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import tomlkit

from provenv import facts as facts_room
from provenv.errors import Place, Problem
from provenv.lock.accelerators import Decision, cpu_findings, decide
from provenv.lock.tables import FOLDER, table
from provenv.model.devices import Devices
from provenv.model.facts import Facts
from provenv.model.lock import Refusal
from provenv.model.spec import Requirement, Spec
from provenv.model.tables import FOLDER as SHARED
from provenv.ui.words import Language, Words

HERE = Path(__file__).resolve().parent
MACHINES = HERE.parent / "tests" / "machines"
PAGES: Mapping[Language, Path] = {"en": HERE / "machines.md", "zh_CN": HERE / "machines.zh-CN.md"}
# what is always in an environment with torch, for the findings about processors and libc
USUAL = {"torch": "2.13.0", "numpy": "2.3.0"}


def pages() -> dict[Path, str]:
    """Return every page by its path."""
    return {path: "\n".join(page(language)) + "\n" for language, path in PAGES.items()}


def page(language: Language) -> Iterator[str]:
    """Yield the lines of one language's page."""
    own, say = _own(language), Words(language)
    yield from (f"<!-- {own['made']} -->", f"# {own['title']}", "", own["intro"].strip("\n"), "")
    yield from (f"## {own['rules_title']}", "", own["rules"].strip("\n"), "")
    yield from (f"## {own['table_title']}", "")
    machines = [_decided(path) for path in sorted(MACHINES.glob("*.json"), key=lambda one: one.stem)]
    yield _row([own[name] for name in ("machine", "chosen", "why")])
    yield "|---|---|---|"
    for machine in machines:
        yield _row(_summary(machine, say))
    yield from ("", f"## {own['details_title']}", "")
    for machine in machines:
        yield from _details(machine, own, say)
    yield from ("", f"## {own['tables_title']}", "")
    yield _row([own[name] for name in ("file", "date", "source")])
    yield "|---|---|---|"
    for path in sorted((*FOLDER.glob("*.json"), *SHARED.glob("*.json")), key=lambda one: one.name):
        one = table(path.stem)
        yield _row([f"`{path.stem}`", str(one["date"]), str(one["source"])])


def _own(language: Language) -> dict[str, str]:
    words = tomlkit.parse((HERE / "machines_words.toml").read_text(encoding="utf-8")).unwrap()
    return {name: str(said) for name, said in words[language].items()}


@dataclass(frozen=True)
class Machine:
    """A machine and what was decided for it."""

    name: str
    facts: Facts
    decision: Decision

    @property
    def findings(self) -> tuple[Problem, ...]:
        """Return all that is said besides."""
        return (*self.decision.findings, *cpu_findings(USUAL, self.facts))


def _decided(path: Path) -> Machine:
    facts = facts_room.load(path)
    torch = Requirement("torch", "torch", Place("provenv.toml"))
    spec = Spec("machines", str(HERE), "provenv.toml", ("provenv.toml",), "", requirements=(torch,))
    return Machine(path.stem, facts, decide(spec, facts))


def _summary(machine: Machine, say: Words) -> list[str]:
    choice, best = machine.decision.choice, machine.decision.candidates[0]
    plugins = "".join(f"<br>`{line}`" for line in best.plugins)
    codes = "".join(f" `{code}`" for code in dict.fromkeys(one.code for one in machine.findings))
    name = f"[{machine.name}](#{machine.name})<br>{_described(machine.facts)}"
    return [name, f"`{choice.value}`{plugins}", say(choice.why) + codes]


def _details(machine: Machine, own: Mapping[str, str], say: Words) -> Iterator[str]:
    """Yield what was refused and what is said besides; nothing where there is neither."""
    refused = list(_grouped(machine.decision.choice.refused, say))
    said = list(_said(machine.findings, say))
    yield from (
        f"### {machine.name}",
        "",
        f"{_described(machine.facts)}: `{machine.decision.choice.value}`",
        "",
    )
    yield from (f"- {own['refused']} {one}" for one in refused)
    yield from (f"- {one}" for one in said)
    if not refused and not said:
        yield f"- {own['nothing']}"
    yield ""


def _described(facts: Facts) -> str:
    """Return what the machine is, in its own words: system, processor, devices, driver."""
    parts = [facts.platform.distribution_name or facts.platform.system, facts.platform.machine]
    gpus = [f"{gpu.name} ({gpu.compute_capability or '?'})" for gpu in facts.nvidia.gpus]
    vendors: Sequence[Devices] = (facts.amd, facts.intel, facts.apple, facts.ascend, facts.tpu)
    gpus += [
        f"{one.name} ({one.architecture or one.pci})" if one.architecture or one.pci else one.name
        for devices in vendors
        for one in devices.devices
    ]
    parts += [f"{gpus.count(one)} × {one}" if gpus.count(one) > 1 else one for one in dict.fromkeys(gpus)]
    if facts.nvidia.driver:
        parts.append(f"driver {facts.nvidia.driver}")
    parts += [f"runtime {one.runtime}" for one in vendors if one.runtime]
    if not gpus and facts.cpu.model:
        parts.append(facts.cpu.model)
    if facts.container.kind:
        parts.append(facts.container.kind)
    return ", ".join(parts)


def _grouped(refused: Sequence[Refusal], say: Words) -> Iterator[str]:
    """Yield refusals with the same reason as one."""
    reasons: dict[str, list[str]] = {}
    for one in refused:
        reasons.setdefault(say(one.why), []).append(f"`{one.value}`")
    for why, values in reasons.items():
        yield f"{', '.join(values)}: {why}"


def _said(findings: Sequence[Problem], say: Words) -> Iterator[str]:
    for one in findings:
        why = f" ({say(one.why)})" if one.why is not None else ""
        commands = "".join(f" `{hint.command}`" for hint in one.hints if hint.command)
        yield f"{one.code}: {say(one.what)}{why}{commands}"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def main() -> int:
    """Write the pages; return the exit code."""
    for path, content in pages().items():
        path.write_text(content, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
