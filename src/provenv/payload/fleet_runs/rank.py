"""Becomes one process of a training on a host: tells the agent who it is, then is the user's own command.

The agent made a pipe for each local rank; what the command prints goes there, so that it is known whose it
is. The process stays the one that torchrun started, and watches.
"""

import json
import os
import signal
import sys


def end_with(number):
    """Let the kernel end this process when the one that started it is gone (Linux, prctl(2))."""
    try:
        import ctypes

        ctypes.CDLL(None).prctl(1, number)
    except (ImportError, OSError, AttributeError):
        pass


def become(words):
    """Become a command; a shell's codes where there is none."""
    try:
        os.execvp(words[0], words)
    except FileNotFoundError:
        code, why = 127, "not found"
    except OSError as error:
        code, why = 126, error.strerror
    sys.stderr.write(f"{words[0]}: {why}\n")
    sys.stderr.flush()
    os._exit(code)


def main():
    """Announce this rank and become the command; with `--launcher` in front, become torchrun."""
    if sys.argv[1] == "--launcher":
        end_with(signal.SIGTERM)
        become(sys.argv[2:])
    end_with(signal.SIGKILL)
    folder, hooks, *words = sys.argv[1:]
    local = os.environ.get("LOCAL_RANK", "0")
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(os.path.join(folder, f"{local}.{name}"), os.O_WRONLY), number)
    os.environ["PROVENV_RUN_SEEN"] = os.path.join(folder, f"{local}.jsonl")
    os.environ["PROVENV_RUN_STACKS"] = os.path.join(folder, f"{local}.stacks")
    told = {"pid": os.getpid(), "local": int(local)}
    for name in ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"):
        told[name] = os.environ.get(name, "")
    line = json.dumps(told) + "\n"
    with open(os.path.join(folder, "ranks"), "a", encoding="ascii") as file:
        file.write(line)
    os.environ["PROVENV_RUN_STACKS_SIGNAL"] = str(int(signal.SIGUSR2))
    # the hooks are for the command: this program, and torchrun, are not watched
    if hooks:
        rest = os.environ.get("PYTHONPATH", "")
        os.environ["PYTHONPATH"] = os.pathsep.join([hooks, rest]) if rest else hooks
    become(words)


main()
