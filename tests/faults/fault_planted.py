"""Bugs put into a copy of the program on purpose, and the points that have to find each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fault_points import Point

from planted import Edit


@dataclass(frozen=True)
class Bug:
    """One bug: how it is planted, and among which points of which operation it shows."""

    name: str
    edits: tuple[Edit, ...]
    operation: str
    paths: tuple[str, ...]
    """Parts of the paths of the calls that come close to it."""
    faults: tuple[str, ...] = ("SIGKILL",)
    at_most: int = 12

    def near(self, found: Sequence[Point]) -> list[Point]:
        """Return the points to try, spread evenly over those that come near."""
        some = [
            point
            for point in found
            if point.kind in {"change", "print"}
            and point.fault in self.faults
            and any(part in point.path for part in self.paths)
        ]
        step = max(1, len(some) // self.at_most)
        return some[::-1][::step][: self.at_most]


BUGS = {
    one.name: one
    for one in (
        Bug(
            "a switch in two steps",
            (
                Edit(
                    "targets/durable.py",
                    "        os.replace(beside, link)\n",
                    "        link.unlink(missing_ok=True)\n        os.rename(beside, link)\n",
                ),
            ),
            "rollback",
            ("/current",),
        ),
        Bug(
            "a generation taken away where it stands",
            (
                Edit(
                    "targets/remove.py",
                    "        os.rename(path, trash)\n",
                    '        shutil.rmtree(path / "venv", ignore_errors=True)\n        trash = path\n',
                ),
            ),
            "gc",
            ("generations/0001", ".trash-0001"),
            at_most=6,
        ),
        Bug(
            "a record written in place",
            (
                Edit(
                    "targets/records.py",
                    "    write_whole(path, json.dumps(to_json(value), indent=1, ensure_ascii=False).encode()"
                    ' + b"\\n")\n',
                    "    path.write_bytes(json.dumps(to_json(value), indent=1, ensure_ascii=False).encode()"
                    ' + b"\\n")\n',
                ),
            ),
            "prove",
            ("generation.json",),
        ),
        Bug(
            "called proven before the proof",
            (
                Edit(
                    "app/build.py",
                    '        made=datetime.now(timezone.utc).isoformat(timespec="seconds"),\n',
                    '        made=datetime.now(timezone.utc).isoformat(timespec="seconds"),\n'
                    '        proof="passed",\n',
                ),
            ),
            "rebuild",
            ("proof.json",),
        ),
        Bug(
            "a check that is skipped",
            (
                Edit(
                    "app/prove.py",
                    "[one for one in checks if not only or one.name in only]",
                    "[one for one in checks[1:] if not only or one.name in only]",
                ),
            ),
            "rebuild",
            ("stdout",),
            at_most=1,
        ),
        Bug(
            "switched before the proof",
            (
                Edit(
                    "app/build.py",
                    "        evidence = prove_generation(project, prepared.base, locked, number)\n    except",
                    "        make_current(layout, number)\n"
                    "        evidence = prove_generation(project, prepared.base, locked, number)\n    except",
                ),
            ),
            "rebuild",
            ("proof.json",),
        ),
        Bug(
            "nobody sweeps",
            (Edit("targets/remove.py", "    sweep(layout)\n", ""),),
            "prove",
            (".proof.json", ".generation.json"),
        ),
        Bug(
            "a refusal of the disk taken for a defect",
            (
                Edit(
                    "cli/endings.py",
                    'lazy.load("hosts.refused")(error) or ',
                    "",
                ),
            ),
            "rollback",
            ("guard", "/current"),
            faults=("EIO", "ENOSPC"),
            at_most=3,
        ),
    )
}
