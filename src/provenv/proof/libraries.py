"""The raw look of the check `libraries` alone: what native files lack, where no verdict is wanted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from ..errors import Failure, problem, verbatim
from ..model.channel import Host
from .sending import PAYLOAD, SHARED
from .verdict import FACTS, REBUILD, Raw

MARK = "PROVENV-LIBRARIES "
LIMIT = 900.0
# what the script imports, in the order in which they import each other
MODULES = ("prove_elf", "prove_loader")
PROGRAM = """
import json, sys, types
job = json.loads(sys.stdin.buffer.read().decode("utf-8"))
for name, source in job["modules"]:
    sys.modules[name] = types.ModuleType(name)
    exec(compile(source, name + ".py", "exec"), sys.modules[name].__dict__)
names = {"__name__": "libraries"}
exec(compile(job["source"], "libraries.py", "exec"), names)
print(job["mark"] + json.dumps(names["run"](job["options"])))
"""


def look(
    host: Host,
    python: str,
    *,
    environment: Mapping[str, str],
    folder: str,
    through: Mapping[str, Sequence[str]] | None = None,
    imports: bool = True,
    limit: float = LIMIT,
) -> Raw:
    """Return the raw result for the environment of the interpreter `python`.

    `environment` is what commands run with there. `through` are folders that a variable (the key) leads the
    loader to; without `imports` nothing is imported, headers alone are read. An empty result (`missing`: ())
    stands for a place whose loader is not one that is known (macOS, Windows).
    Raises Failure PV501 where that interpreter does not run.
    """
    job = {
        "modules": [(name, (SHARED / f"{name}.py").read_text("utf-8")) for name in MODULES],
        "source": (PAYLOAD / "checks" / "libraries.py").read_text("utf-8"),
        "mark": MARK,
        "options": {
            "through": [(name, list(places)) for name, places in (through or {}).items()],
            "imports": imports,
        },
    }
    done = host.exec(
        [python, "-I", "-c", PROGRAM],
        stdin=json.dumps(job).encode(),
        environment=environment,
        folder=folder,
        limit=limit,
    )
    line = next((line for line in reversed(done.out.splitlines()) if line.startswith(MARK)), None)
    if line is None:
        words = (done.err.strip() or str(done.code))[-2000:]
        raise Failure(problem("PV501", why=verbatim(words), hints=(FACTS, REBUILD), python=python))
    found: Raw = json.loads(line.removeprefix(MARK))
    if "skipped" in found:
        return {"missing": (), "versions": (), "imports": (), "shadowed": (), "musl": False}
    return found
