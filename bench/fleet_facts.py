"""What facts and a plan for many hosts cost here: seconds and memory of 1, 10, 100 and 1,000 simulated ones.

Run as `python bench/fleet_facts.py [--quick]`, on Linux. Every host answers at once with what the probe told
of this machine, each with other names, times and GPUs; of 1,000 seven cannot be reached. What is measured is
all that happens at home: asking 32 at a time, reading, comparing, keeping; memory with the JSON document that
is written of it. Each run is a process of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from pairs import Goal, Measured, Row, row, show, shown, shown_bytes

REPETITIONS = 5
COUNTS = (1, 10, 100, 1000)
HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent / "src"
Turn = dict[int, Mapping[str, float]]

RECORDED = """
import json, sys
from provenv import facts
from provenv.hosts.local import LocalHost
told = facts.ask(LocalHost(), sys.executable, project="/", cache="/", temporary="/")
print(json.dumps(told.document))
"""

FACTS = r"""
import json, os, resource, sys, time
from pathlib import Path
from provenv.app.fleet.facts import asked
from provenv.app.project import Project
from provenv.errors import Failure
from provenv.ui.json_view import JsonView
from provenv.ui.screen import Screen
from provenv.ui.words import Words
from simulated_hosts import simulated

hosts, folder = simulated(int(sys.argv[1]), Path(sys.argv[3]), lost=True), Path(sys.argv[2])
began = time.perf_counter()
try:
    found = asked(Project(folder, folder, "lab", {}), hosts, "~/digits")
except Failure as failure:
    found = failure.data
seconds = time.perf_counter() - began
lost = sum(not one.ok for one in found.hosts)
with open(os.devnull, "w", encoding="utf-8") as nowhere:
    JsonView("facts", Words("en"), Screen(nowhere, sys.stderr)).done(found)
most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"seconds": seconds, "bytes": most, "lost": lost}))
"""
PLAN = r"""
import json, os, resource, sys, time
from pathlib import Path
from provenv.app.fleet_up.planning import planned
from provenv.app.fleet_up.preparing import prepare
from provenv.app.locking import write
from provenv.app.project import Project
from simulated_hosts import simulated

hosts, folder = simulated(int(sys.argv[1]), Path(sys.argv[3]), lost=False), Path(sys.argv[2])
(folder / "provenv.toml").write_text(
    'schema = 1\nname = "digits"\npython = "3.11"\nrequirements = ["numpy", "pandas"]\n'
    f'[target.lab]\nkind = "ssh"\nhosts = ["node[0-{len(hosts) - 1}]"]\n'
)
project = Project(folder, folder, "lab")
write(project, prepare(project, hosts[:1], locked=False, at_once=32).lock)
began = time.perf_counter()
found = planned(project, hosts)
seconds = time.perf_counter() - began
assert all(one.value.files == len(found.lock.packages) for one in found.hosts), found.hosts[0]
most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"seconds": seconds, "bytes": most, "lost": 0}))
"""


def measure(repetitions: int = REPETITIONS) -> Measured:
    """Return the rows of 1,000 hosts beside 100, and the figures of every count."""
    asked: list[Turn] = []
    planned: list[Turn] = []
    with tempfile.TemporaryDirectory(prefix="provenv-bench-") as name:
        recorded = Path(name) / "document.json"
        recorded.write_text(_python(RECORDED))
        for turn in range(repetitions):
            order = COUNTS[:: -1 if turn % 2 else 1]
            for program, turns in ((FACTS, asked), (PLAN, planned)):
                folder = Path(name) / f"{turn}-{len(planned)}-{len(asked)}"
                turns.append({count: _asked(program, count, folder, recorded) for count in order})
    figures = {
        "counts": ", ".join(_figures(asked, count) for count in COUNTS),
        "plans": ", ".join(_figures(planned, count) for count in COUNTS),
        "lost": f"{asked[0][COUNTS[-1]]['lost']:.0f}",
    }
    return Measured([*_rows("facts of", asked), *_rows("plan for", planned)], figures)


def _rows(what: str, turns: list[Turn]) -> list[Row]:
    """Return the rows of the most hosts beside fewer: all of them, one of them, memory."""
    most, less = COUNTS[-1], COUNTS[-2]
    ours, theirs = f"{what} {most:,} hosts", f"{what} {less:,} hosts"
    times = [(turn[most]["seconds"], turn[less]["seconds"]) for turn in turns]
    each = [(one / most, other / less) for one, other in times]
    memory = [(turn[most]["bytes"], turn[less]["bytes"]) for turn in turns]
    return [
        row(ours, theirs, times, Goal("alone", 10.0)),
        row(f"{ours}: a host", f"{theirs}: a host", each, Goal("ratio", 1.2)),
        row(f"{ours}: memory", f"{theirs}: memory", memory, Goal("alone", 300e6), unit="bytes"),
    ]


def _asked(program: str, count: int, folder: Path, recorded: Path) -> Mapping[str, float]:
    project = Path(f"{folder}-{count}")
    project.mkdir()
    found: dict[str, float] = json.loads(_python(program, str(count), str(project), str(recorded)))
    return found


def _python(program: str, *words: str) -> str:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(SOURCE), str(HERE)])}
    done = subprocess.run(
        [sys.executable, "-c", program, *words], env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout


def _figures(turns: list[Turn], count: int) -> str:
    seconds, size = (_middle(turns, count, key) for key in ("seconds", "bytes"))
    return f"{count:,}: {shown(seconds)} / {shown_bytes(size)}"


def _middle(turns: list[Turn], count: int, key: str) -> float:
    return sorted(turn[count][key] for turn in turns)[len(turns) // 2]


if __name__ == "__main__":
    show(measure(1) if "--quick" in sys.argv[1:] else measure())
