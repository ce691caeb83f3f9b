"""Runs several commands of the program, each in a fork of this process: imports are paid for once.

In: a JSON list of argument lists. Out: a JSON list of {"argv", "code", "out", "err"}.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
import traceback

PRELOADED = ("build", "clean", "prove", "status")

main = importlib.import_module("provenv.cli.program")
for name in (*(f"provenv.app.{name}" for name in PRELOADED), "provenv.ui.human_view", "provenv.ui.json_view"):
    importlib.import_module(name)


def one(argv: list[str]) -> dict[str, object]:
    with (
        tempfile.TemporaryFile(dir=os.path.dirname(os.getcwd())) as out,
        tempfile.TemporaryFile(dir=os.path.dirname(os.getcwd())) as err,
    ):
        child = os.fork()
        if child == 0:
            code = 99
            try:
                os.dup2(out.fileno(), 1)
                os.dup2(err.fileno(), 2)
                code = main.run(argv)
                sys.stdout.flush()
            except BaseException:  # noqa: BLE001 - whatever it is belongs to the answer
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(code)
        _, status = os.waitpid(child, 0)
        out.seek(0)
        err.seek(0)
        return {
            "argv": argv,
            "code": os.waitstatus_to_exitcode(status),
            "out": out.read().decode("utf-8", "replace"),
            "err": err.read().decode("utf-8", "replace"),
        }


if __name__ == "__main__":
    json.dump([one(argv) for argv in json.load(sys.stdin)], sys.stdout)
