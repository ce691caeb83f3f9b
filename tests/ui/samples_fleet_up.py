"""Values of environments on several hosts, made by hand as the use cases make them."""

from __future__ import annotations

from dataclasses import replace

from provenv.errors import Hint, problem, text, verbatim
from provenv.model.evidence import Evidence, Measure, Outcome
from provenv.model.fleet import Clock, HostResult
from provenv.model.fleet_up import (
    FleetCleaned,
    FleetPlanned,
    FleetProven,
    FleetRollback,
    FleetStatus,
    FleetUp,
    HostMade,
    HostPlanned,
    HostStanding,
)
from provenv.model.lock import Choice, Lock
from provenv.model.plan import CreateEnvironment, Install, Plan, Prove, Switch
from provenv.model.results import Cleaned
from provenv.model.spec import Spec
from provenv.model.state import Drift, Generation

CHOICES = (
    Choice("python", "3.11", text("lock.python.fetched", version="3.11", declared="3.11")),
    Choice("hosts:libc", "2.17", text("combined.libc", hosts="n[3-4]")),
    Choice("hosts:python", "3.11", text("combined.python", missing="3.12: n2")),
)
LOCK = Lock("pair", "3.11", "x86_64-manylinux_2_17", (), CHOICES, "ab" * 32)
STEPS = (
    CreateEnvironment("3.11", "generations/0007/venv"),
    Install("torch", "2.13.0", 831_000_000),
    Prove(("files", "imports")),
    Switch(6, 7),
)
PLAN = Plan("pair", 7, STEPS, (text("plan.reason.first"),), 831_000_000, 3_324_000_000)
GENERATION = Generation(
    7, "0007", "3.11", {"torch": "2.13.0"}, "ab" * 32, made="2026-07-01T08:00:00+00:00", proof="passed"
)
PASSED = Outcome("imports", "passed", 1.2, text("proof.imports.did", n=1, slowest="torch", seconds=0.4))
FAILED = Outcome(
    "command.smoke",
    "failed",
    2.0,
    text("proof.hosts.failed", hosts="n2", n=1, count=2),
    verbatim("exit code 1"),
    evidence="[n2]\nKeyError: 'digits'",
)
BETWEEN = Outcome(
    "hosts-clock", "passed", 0.01, verbatim("the clocks agree"), measures=(Measure("clock.apart", 2e-5, "s"),)
)
PROOF = Evidence("pair", 7, "2026-07-01T08:01:00+00:00", 3.4, (PASSED, BETWEEN))
UNPROVEN = replace(PROOF, outcomes=(PASSED, FAILED))
MADE = HostMade("/usr/bin/python3", True, 1, 869_000_000, "passed", True)
FULL = problem("PV1283", host="n2", path="/home/me/digits", why=verbatim("No space left on device"))
SILENT = problem(
    "PV1273",
    host="node-with-a-rather-long-name.cluster.example",
    why=verbatim("Connection timed out"),
    hints=(Hint(None, "ssh -v node-with-a-rather-long-name.cluster.example true"),),
)
STANDING = HostStanding(
    7,
    (6, 7),
    Drift(files=1200, bytes=10**9),
    "/usr/bin/python3",
    "passed",
    "2026-07-01T08:01:00+00:00",
    31_000_000_000,
    Clock(0.0003, 0.001),
    1,
)
DRIFTED = Drift(changed=("lib/python3.11/site-packages/torch/nn.py",), owners={})


def hosts(**values):
    """Return each host's value; a problem is that it failed."""
    return tuple(
        HostResult(name.replace("_", "-"), None, value, 9.1)
        if hasattr(value, "code")
        else HostResult(name, value, None, 12.4)
        for name, value in values.items()
    )


CASES = {
    "planned": FleetPlanned(
        "pair",
        PLAN,
        Spec("provenv.toml", ".", "digits", files=(), digest=""),
        LOCK,
        hosts(
            n1=HostPlanned("/usr/bin/python3", False, 6, 1, 831_000_000),
            n2=HostPlanned("3.11", False, None, 3, 900_000_000, 2),
            n3=HostPlanned("/usr/bin/python3", True, 6),
            n4=HostPlanned("/usr/bin/python3", False, 6),
        ),
    ),
    "up": FleetUp(
        "pair",
        False,
        7,
        hosts(n1=MADE, n2=replace(MADE, installed=False, bytes=0)),
        GENERATION,
        PLAN,
        LOCK,
        PROOF,
        left=("n3", "n4"),
        seconds=41.0,
    ),
    "unchanged": FleetUp("pair", True, 7, hosts(n1=MADE, n2=MADE), GENERATION, seconds=0.8),
    "not-on-all": FleetUp(
        "pair", False, 7, hosts(n1=replace(MADE, proof=""), n2=FULL, n3=FULL), None, PLAN, LOCK
    ),
    "unproven": FleetUp(
        "pair", False, 7, hosts(n1=MADE, n2=replace(MADE, proof="failed")), None, PLAN, LOCK, UNPROVEN
    ),
    "proven": FleetProven("pair", PROOF, hosts(n1=PROOF, n2=UNPROVEN)),
    "status": FleetStatus(
        "pair",
        "provenv.toml",
        "drifted",
        hosts(
            n1=STANDING,
            n2=replace(STANDING, drift=DRIFTED, clock=Clock(-3725.0, 0.002), running=0),
            n3=replace(STANDING, current=None, generations=(), proof="", proven="", clock=None),
            n4=replace(STANDING, current=6, proof="failed"),
            n5=SILENT,
        ),
        GENERATION,
        (text("plan.stale.file", file="provenv.toml"),),
        PROOF,
    ),
    "absent": FleetStatus("pair", "provenv.toml", "absent", hosts(n1=HostStanding(None, free=10**9))),
    "back": FleetRollback("pair", 7, 6, hosts(n1=Drift(files=1200), n2=Drift(files=1200))),
    "back-drifted": FleetRollback("pair", 7, 6, hosts(n1=Drift(), n2=DRIFTED), done=False),
    "cleaned": FleetCleaned(
        "pair",
        Cleaned("pair", (5,), (), (6, 7), 12_000),
        hosts(n1=Cleaned("pair", (4, 5)), n2=Cleaned("pair", (5,), (4,)), n3=SILENT),
    ),
}
