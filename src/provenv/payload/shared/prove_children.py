"""Functions of a check's script that run in processes of their own.

    found = prove_children.together(__file__, work, [(0, "a"), (1, "b")], folder, limit)

gives one `{"result": ..., "error": ..., "code": ...}` for each tuple of
arguments. The children are forked where that is safe, so that they need not
import a framework again; nothing may have been computed with it before. Else
each is a new interpreter that runs the script as the module `prove_child`.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import traceback

TAIL = 4000


def together(script, function, calls, folder, limit, variables=(), fork=True):
    """Run `function(*arguments)` for each of `calls` at once, and wait at most `limit` seconds for all.

    `variables` has for each child the environment variables that it gets
    beside; results must be able to be JSON. A child that is late is ended.
    """
    forks = fork and sys.platform.startswith("linux")
    children = []
    for index, arguments in enumerate(calls):
        path = os.path.join(folder, "child-%d-%d.json" % (os.getpid(), index))
        more = dict(variables[index]) if variables else {}
        if forks:
            pid = os.fork()
            if pid == 0:
                os.environ.update(more)
                leave(function, arguments, path)
            children.append((path, Forked(pid)))
        else:
            command = [sys.executable, "-I", os.path.abspath(__file__), script, function.__name__, path]
            process = subprocess.Popen(
                [*command, json.dumps(list(arguments))],
                stdin=subprocess.DEVNULL,
                env=dict(os.environ, **more),
            )
            children.append((path, process))
    deadline = time.monotonic() + limit
    while any(child.poll() is None for _, child in children) and time.monotonic() < deadline:
        time.sleep(0.01)
    found = []
    for path, child in children:
        late = child.poll() is None
        if late:
            child.kill()
        entry = {"code": child.wait()}
        try:
            with open(path, encoding="utf-8") as file:
                entry.update(json.load(file))
        except (OSError, ValueError):
            entry["error"] = "not done within %d s" % limit if late else "ended with code %d" % entry["code"]
        found.append(entry)
    return found


def elsewhere(script, function, arguments, folder, limit, fork=True):
    """Return what `function(*arguments)` gives in another process; raise RuntimeError where it gives none."""
    found = together(script, function, [arguments], folder, limit, fork=fork)[0]
    if "result" not in found:
        raise RuntimeError(found["error"])
    return found["result"]


def leave(function, arguments, path):
    """Do a child's work, leave what came of it in a file, and end without the parent's clean-up."""
    try:
        document = {"result": function(*arguments)}
    except BaseException as error:
        traceback.print_exc()
        document = {"error": ("%s: %s" % (type(error).__name__, error))[:TAIL]}
    with open(path + ".partial", "w", encoding="utf-8") as file:
        json.dump(document, file)
    os.replace(path + ".partial", path)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0 if "result" in document else 1)


def ports(count):
    """Return free ports of the loopback interface; they are free until something else takes them."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


class Forked:
    """A forked child, asked like a process of `subprocess`."""

    def __init__(self, pid):
        self.pid, self.code = pid, None

    def poll(self):
        if self.code is None:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                self.note(status)
        return self.code

    def wait(self):
        if self.code is None:
            self.note(os.waitpid(self.pid, 0)[1])
        return self.code

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)

    def note(self, status):
        self.code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


if __name__ == "__main__" and len(sys.argv) == 5:
    import runpy

    sys.path.append(os.path.dirname(os.path.abspath(__file__)))
    names = runpy.run_path(sys.argv[1], run_name="prove_child")
    leave(names[sys.argv[2]], json.loads(sys.argv[4]), sys.argv[3])
