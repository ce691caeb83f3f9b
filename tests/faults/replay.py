"""Carry out points again, and tell all that is known of each.

python tests/faults/replay.py [--planted 'NAME OF A BUG'] 'rebuild:rename:3:SIGKILL' ...
python tests/faults/replay.py --list rebuild
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parent.parent))

from fault_planted import BUGS
from fault_points import carry_out, new_world, parse, points
from fault_world import OPERATIONS, scratch

from planted import copy_program


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("points", nargs="*", metavar="POINT")
    parser.add_argument("--planted", choices=list(BUGS), help="with this bug in the program")
    parser.add_argument("--list", choices=list(OPERATIONS), help="print every point of an operation")
    parser.add_argument("--keep", action="store_true", help="leave the project as the last point left it")
    given = parser.parse_args()
    base = scratch()
    try:
        true_program = copy_program(base / "true-program")
        edits = BUGS[given.planted].edits if given.planted else ()
        program = copy_program(base / "program", edits) if edits else true_program
        world = new_world(base / "world", program, true_program)
        if given.list:
            for point in points(world, OPERATIONS[given.list]):
                print(f"{point}  {point.path}")
        wrong = 0
        for word in given.points:
            outcome = carry_out(world, parse(word, world))
            wrong += outcome.wrong is not None
            print(f"{outcome.point}: {'as recorded' if outcome.replayed else 'NOT as recorded'}")
            print(
                f"  at: {outcome.fired.name}({outcome.fired.arguments})" if outcome.fired else "  never came"
            )
            print(f"  the command ended with {outcome.run.code}\n{outcome.run.out}{outcome.run.err}")
            print(f"  WRONG: {outcome.wrong}" if outcome.wrong else "  all invariants hold")
        return 1 if wrong else 0
    finally:
        if given.keep:
            print(f"left in {base}")
        else:
            shutil.rmtree(base)


if __name__ == "__main__":
    sys.exit(main())
