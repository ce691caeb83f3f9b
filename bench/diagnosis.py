"""How often `explain` names the right cause first: `python bench/diagnosis.py CASES.jsonl...`.

A case is a JSON object a line: `id`, `log`, `cause`, and what else it has is ignored.
Printed are top-1, top-3, false alarms on `none`, the confusions, and per file a line.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

from provenv.diagnosis.diagnose import diagnose


def main() -> int:
    """Measure the files that were named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="+", type=Path)
    parser.add_argument("--wrong", action="store_true", help="print each case that was answered wrongly")
    given = parser.parse_args()
    for path in given.cases:
        confusions: Counter[tuple[str, str]] = Counter()
        first = third = total = alarms = nones = 0
        for line in path.read_text("utf-8").splitlines():
            case = json.loads(line)
            found = diagnose([case["log"].encode()])
            ids = [one.cause for one in found.candidates] or [str(found.cause)]
            total += 1
            first += ids[0] == case["cause"]
            third += case["cause"] in ids[:3]
            if case["cause"] == "none":
                nones += 1
                alarms += ids[0] not in ("none", "None")
            if ids[0] != case["cause"]:
                confusions[case["cause"], ids[0]] += 1
                if given.wrong:
                    scores = ", ".join(f"{one.cause} {one.score}" for one in found.candidates)
                    print(
                        f"--- {case['id']}: is {case['cause']}, answered {scores or found.cause}\n{case['log']}"
                    )
        print(
            f"{path.name}: top-1 {first}/{total} = {first / total:.3f}, top-3 {third / total:.3f}, "
            f"false alarms {alarms}/{nones}"
        )
        for (truth, answer), n in confusions.most_common():
            print(f"  {n}  {truth} -> {answer}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
