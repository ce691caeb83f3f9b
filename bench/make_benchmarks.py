"""Take all measurements and write docs/benchmarks.md: `python bench/make_benchmarks.py [NAME ...]`.

Each script here has `measure()`, which returns rows; they go with the machine and the day to
bench/results.json, and from there to the page in both languages. Named scripts alone are measured
anew, the other rows stay with their own day. `--pages` measures nothing. A test fails where the
pages are not what bench/results.json gives.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timezone
from importlib import import_module
from pathlib import Path
from typing import Any

from pairs import HEAD, Goal, Measured, Row, line, show

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results.json"
WORDS = HERE / "words.toml"
DOCS = HERE.parent / "docs"
PAGES = {"en": DOCS / "benchmarks.md", "zh_CN": DOCS / "benchmarks.zh-CN.md"}
SECTIONS = (
    *("startup", "warm_up", "generations", "proof", "facts", "lock", "diagnosis", "explain", "images"),
    *("runs_overhead", "runs_scaling", "runs_recovery", "runs_checkpoints", "runs_sampler"),
    *("fleet_facts", "fleet_up", "fleet_run"),
)


def main() -> None:
    """Measure what is named, keep it, write the pages."""
    asked = [name for name in sys.argv[1:] if name != "--pages"]
    names = () if "--pages" in sys.argv[1:] else tuple(asked or SECTIONS)
    results = read()
    for name in names:
        print(f"{name} ...", file=sys.stderr)
        measured: Measured = import_module(name).measure()
        results[name] = {
            "machine": machine(),
            "day": datetime.now(timezone.utc).date().isoformat(),
            "rows": [asdict(row) for row in measured.rows],
            "figures": dict(measured.figures),
        }
        RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        show(measured)
    for path, content in pages(results).items():
        path.write_text(content, encoding="utf-8")


def read() -> dict[str, Any]:
    """Return what was measured last, by script."""
    found: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    return found


def machine() -> dict[str, str]:
    """Return what the figures depend on: processor, cores, memory, system, Python."""
    cpu = next(
        (
            words.partition(":")[2].strip()
            for words in Path("/proc/cpuinfo").read_text().splitlines()
            if words.startswith("model name")
        ),
        platform.processor() or platform.machine(),
    )
    distribution = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    return {
        "cpu": cpu,
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{memory:.0f} GiB",
        "system": f"{distribution}, Linux {platform.release().partition('-')[0]}",
        "python": platform.python_version(),
    }


def pages(results: dict[str, Any]) -> dict[Path, str]:
    """Return every page by its path."""
    words = tomllib.loads(WORDS.read_text(encoding="utf-8"))
    return {path: "\n".join(page(words[language], results)) + "\n" for language, path in PAGES.items()}


def page(words: dict[str, Any], results: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of one language's page."""
    yield from (f"<!-- {words['made']} -->", f"# {words['title']}", "", words["intro"].strip("\n"), "")
    for name in SECTIONS:
        if name not in results:
            continue
        found = results[name]
        own = words["section"][name]
        yield from (f"## {own['title']}", "", own["text"].strip("\n"), "")
        if found["rows"]:
            yield from (f"| {' | '.join(words['head'])} |", HEAD[1])
        met = {True: words["yes"], False: words["no"]}
        for row in found["rows"]:
            goal = Goal(**row["goal"]) if row["goal"] else None
            yield line(Row(**{**row, "goal": goal}), met)
        taken = words["taken"].format(day=found["day"], script=f"bench/{name}.py", **found["machine"])
        if "figures" in own:
            yield from ([""] if found["rows"] else []) + [own["figures"].format(**found["figures"])]
        yield from ("", taken, "")


if __name__ == "__main__":
    main()
