"""Every installed byte is verified: damage in uv's cache, in an environment, in a wheel folder."""

from __future__ import annotations

import os
from pathlib import Path

DECLARED = 'schema = 1\nname = "p"\nrequirements = ["alpha<2"]\n'
FORGED = "version = '0.0'\n"


def in_place(path: Path, content: str) -> None:
    """Change a file without making a new one, and give it its old time: hard links follow."""
    entry = path.stat()
    with path.open("r+") as file:
        file.truncate()
        file.write(content)
    os.utime(path, ns=(entry.st_atime_ns, entry.st_mtime_ns))


def cached(tool, name: str) -> Path:
    """Return a file as it lies unpacked in uv's cache."""
    archives = Path(tool.environment["UV_CACHE_DIR"])
    (found,) = [path for path in archives.glob(f"archive-v*/*/{name}") if path.is_file()]
    return found


def installed(tool, name: str) -> Path:
    return next(
        (tool.root / ".provenv/here/current/").resolve().glob(f"venv/lib/python*/site-packages/{name}")
    )


def version(tool) -> str:
    return tool("run", "--", "python", "-c", "import alpha; print(alpha.version)").out


def test_a_poisoned_cache_is_found_named_and_healed(workplace, tmp_path):
    first = workplace(DECLARED)
    assert first("up").code == 0
    in_place(cached(first, "alpha.py"), FORGED)
    second = workplace(DECLARED, name="second")
    second.environment["PIP_FIND_LINKS"] = first.environment["PIP_FIND_LINKS"]
    done = second("up", "--json")
    assert done.code == 0, done.err
    assert '"code": "PV415"' in done.err
    assert "alpha.py" in done.err
    assert version(second) == "1.0\n"
    assert second("status", "--deep", "--json").data["sync"] == "in-sync"
    # the first project's file is another link to what was poisoned
    assert first("status", "--json").data["sync"] == "in-sync"
    drifted = first("status", "--deep", "--json").data
    assert (drifted["sync"], list(drifted["drift"]["owners"].values())) == ("drifted", ["alpha"])


def test_what_cannot_be_healed_never_becomes_current(workplace):
    tool = workplace(DECLARED)
    assert tool("up").code == 0
    in_place(cached(tool, "alpha.py"), FORGED)
    for wheel in tool.wheels.iterdir():
        wheel.unlink()
    tool.write("provenv.toml", DECLARED + '[env]\nA = "1"\n')
    failed = tool("up", "--repair", "--json")
    assert failed.code == 1
    assert tool.current == "generations/0001"
