"""Runs the checks of a proof, each in a process of its own, and prints one JSON line as each ends.

It is sent to the place and run by the environment's own interpreter (Python >=
3.8, standard library only). On standard input it gets one JSON document:

    {"runner": this file's source, "modules": {name: source of what several scripts import},
     "folder": the project's folder, "parallel": how many at once,
     "checks": [{"name", "source", "limit", "options", "variables", "nursery", "preload", "alone",
                 "single", "late", "cost"}, ...]}

A check is a script with `run(options) -> dict`. Before it prints a result it
prints `{"started": NAME}`; the result is

    {"name", "began", "seconds", "result", "error", "code", "signal", "timed_out", "oom_kills", "output"}

where `began` is the seconds from the runner's own start.

What takes longest (`cost`, seconds) starts first, so that none is left at the end beside an idle core;
`alone` runs beside nothing, of those that are `single` one at a time, and `late` waits for the nurseries.

Importing torch costs seconds, so a nursery process imports a framework once
and forks a child for each of its checks; it starts no thread and touches no
device. Each framework has a nursery of its own, and two are kept at most. Where
fork is not safe (no Linux, or a GPU is there), or where a nursery dies, each
check gets a fresh process instead.
"""

import contextlib
import faulthandler
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import types

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

POSIX = os.name == "posix"
GPU_DEVICES = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg", "/dev/davinci_manager")
PREFIX = ".prove-"
SHARED = "shared"
TAIL = 6000
POLL = 0.01
GRACE = 0.5
NURSERIES = 2  # at once: each holds a framework in memory
# OpenMP's threads wait in a loop for each other; where two checks share the cores, that keeps the very
# thread from running that is waited for. Passive waiting leaves their number as it is, and the results.
WAITING = {"OMP_WAIT_POLICY": "PASSIVE"}


# --- the process of one check -------------------------------------------------------------------


def perform(work, name, forked):
    """Run one check to its end in this process; its result lies in WORK/NAME.result.json afterwards."""
    with open(os.path.join(work, name + ".json"), encoding="utf-8") as file:
        check = json.load(file)
    output = os.open(os.path.join(work, name + ".output"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    if forked:
        sys.stdout = os.fdopen(1, "w", buffering=1, closefd=False)
        sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
    follow_parent()
    forbid_core_files()
    faulthandler.enable()
    sys.path.append(os.path.join(work, SHARED))
    for variable, value in check["variables"].items():
        os.environ.setdefault(variable, value)
    module = types.ModuleType("__main__")
    module.__file__ = os.path.join(work, name + ".py")
    sys.modules["__main__"] = module
    code = 0
    try:
        with open(module.__file__, encoding="utf-8") as file:
            exec(compile(file.read(), module.__file__, "exec"), module.__dict__)
        document = {"result": module.run(check["options"])}
    except BaseException as error:
        code = 1
        document = {
            "error": {
                "type": type(error).__name__,
                "message": str(error)[:TAIL],
                "traceback": "".join(traceback.format_exception(type(error), error, error.__traceback__))[
                    -TAIL:
                ],
            }
        }
    partial = os.path.join(work, name + ".partial")
    with open(partial, "w", encoding="utf-8") as file:
        json.dump(document, file)
    os.replace(partial, os.path.join(work, name + ".result"))
    sys.stdout.flush()
    sys.stderr.flush()
    # what the libraries do at exit is not the check's matter, and a forked child must not do its parent's
    os._exit(code)


def follow_parent():
    """Have the kernel end this process when the one that started it is gone (Linux only)."""
    if not sys.platform.startswith("linux"):
        return
    try:
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG
    except (ImportError, OSError, AttributeError):
        pass


def forbid_core_files():
    """A crash is reported by its signal; a core file in the user's folder would only be litter."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, OSError, ValueError):
        pass


# --- the nursery --------------------------------------------------------------------------------


def nurse(work, modules):
    """Import `modules`, then fork a child for each name on standard input; tell starts and ends as JSON."""
    channel = os.dup(1)
    log = os.open(
        os.path.join(work, "nursery.%d.output" % os.getpid()), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600
    )
    os.dup2(log, 1)
    os.dup2(log, 2)
    follow_parent()
    forbid_core_files()

    def tell(**line):
        os.write(channel, (json.dumps(line) + "\n").encode())

    for names in modules:
        for module in names.split("|"):  # the first that there is
            try:
                __import__(module)
                break
            except Exception:
                traceback.print_exc()  # the check that needs it fails with this same error
    tell(ready=True)
    children, pending = {}, b""
    while True:
        readable, _, _ = select.select([0], [], [], POLL if children else None)
        if readable:
            block = os.read(0, 65536)
            if not block:
                return
            pending += block
            *lines, pending = pending.split(b"\n")
            for line in lines:
                name = line.decode()
                pid = os.fork()
                if pid == 0:
                    os.setsid()
                    os.close(channel)
                    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
                    perform(work, name, forked=True)
                children[pid] = name
                tell(forked=name, pid=pid)
        for pid in list(children):
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                tell(ended=children.pop(pid), code=decode(status))


def decode(status):
    """Return the exit code of a wait status; a signal as its negative number, as subprocess has it."""
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


# --- the runner ---------------------------------------------------------------------------------


def shared():
    """Return the variables of a process that shares the cores with others; what the user has set stays."""
    return dict(WAITING, **os.environ)


class Fresh:
    """A check in a new interpreter."""

    def __init__(self, work, name, alone=False):
        flags = {"start_new_session": True} if POSIX else {"creationflags": 0x200}
        self.process = subprocess.Popen(
            [sys.executable, "-I", os.path.join(work, "prove.py"), "check", work, name],
            stdin=subprocess.DEVNULL,
            cwd=os.path.join(work, name + ".scratch"),
            env=dict(os.environ) if alone else shared(),
            **flags,
        )
        self.pid = self.process.pid

    def poll(self):
        return self.process.poll()


class Nursery:
    """A process that has imported the libraries already."""

    def __init__(self, work, modules):
        self.work, self.modules = work, modules
        self.process = None
        self.ready = False
        self.alive = True
        self.pending = b""
        self.pids = {}
        self.codes = {}

    @property
    def running(self):
        return self.process is not None and self.alive

    @property
    def loading(self):
        return self.running and not self.ready

    def open(self):
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-I",
                os.path.join(self.work, "prove.py"),
                "nurse",
                self.work,
                json.dumps(self.modules),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            cwd=self.work,
            env=shared(),
        )
        os.set_blocking(self.process.stdout.fileno(), False)

    def close(self):
        """End it; none of its children is left."""
        self.alive = False
        end(self.process.pid)
        self.process.wait()

    def listen(self):
        """Take in what the nursery has told since the last time."""
        while self.running:
            try:
                block = os.read(self.process.stdout.fileno(), 65536)
            except BlockingIOError:
                return
            if not block:
                self.alive = False
                self.process.wait()
                return
            self.pending += block
            *lines, self.pending = self.pending.split(b"\n")
            for line in lines:
                told = json.loads(line.decode())
                self.ready = self.ready or "ready" in told
                if "forked" in told:
                    self.pids[told["forked"]] = told["pid"]
                if "ended" in told:
                    self.codes[told["ended"]] = told["code"]

    def start(self, name):
        self.process.stdin.write((name + "\n").encode())
        self.process.stdin.flush()
        return Forked(self, name)


class Forked:
    """A check in a child of the nursery."""

    def __init__(self, nursery, name):
        self.nursery, self.name = nursery, name

    @property
    def pid(self):
        return self.nursery.pids.get(self.name)

    def poll(self):
        if self.name in self.nursery.codes:
            return self.nursery.codes[self.name]
        return None if self.nursery.alive else -int(signal.SIGKILL)


def settle(pid):
    """Give the helpers of a check that ended well a moment to clean up after themselves (joblib's does)."""
    deadline = time.monotonic() + GRACE
    while POSIX and pid is not None and time.monotonic() < deadline:
        try:
            os.killpg(pid, 0)
        except (ProcessLookupError, PermissionError):
            return
        time.sleep(POLL)


def end(pid):
    """End a check's whole group, so that no worker of it is left behind."""
    if pid is None:
        return
    if not POSIX:
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(pid)], capture_output=True, check=False)
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def oom_kills():
    """Return how many processes of this cgroup were killed for memory (0 where it can't be read)."""
    try:
        with open("/proc/self/cgroup", encoding="utf-8") as file:
            group = next((line.split("::", 1)[1].strip() for line in file if "::" in line), "/")
        with open("/sys/fs/cgroup" + group.rstrip("/") + "/memory.events", encoding="utf-8") as file:
            return next((int(line.split()[1]) for line in file if line.startswith("oom_kill ")), 0)
    except (OSError, ValueError):
        return 0


def say(line):
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def report(work, name, started, begun, code, timed_out, kills):
    """Print the one line of a check that has ended."""
    document = {}
    try:
        with open(os.path.join(work, name + ".result"), encoding="utf-8") as file:
            document = json.load(file)
    except (OSError, ValueError):
        pass  # it died before it could write one
    output = ""
    try:
        with open(os.path.join(work, name + ".output"), "rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - TAIL))
            output = file.read().decode("utf-8", "replace")
    except OSError:
        pass
    say(
        {
            "name": name,
            "began": round(started - begun, 3),
            "seconds": round(time.monotonic() - started, 3),
            "result": document.get("result"),
            "error": document.get("error"),
            "code": code,
            "signal": -code if code is not None and code < 0 else None,
            "timed_out": timed_out,
            "oom_kills": oom_kills() - kills,
            "output": output,
        }
    )


def scratch_base(folder):
    """Return where files of the checks may lie: the project's own state, its folder, or the temp folder."""
    for base in (os.path.join(folder, ".provenv"), folder):
        if os.path.isdir(base) and os.access(base, os.W_OK):
            return base
    return None


def clear(base):
    """Remove what runners left that were killed; a runner that lives holds its script locked."""
    if fcntl is None or base is None:
        return
    for name in os.listdir(base):
        if not name.startswith(PREFIX):
            continue
        script = os.path.join(base, name, "prove.py")
        if not os.path.exists(script):
            # a power cut may have left the folder without it
            shutil.rmtree(os.path.join(base, name), ignore_errors=True)
            continue
        with contextlib.suppress(OSError), open(script, encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(os.path.join(base, name), ignore_errors=True)


@contextlib.contextmanager
def beginning(base):
    """Hold the folder of all work folders, so that a new one is not taken for one that was left."""
    handle = None if fcntl is None or base is None else os.open(base, os.O_RDONLY)
    try:
        if handle is not None:
            with contextlib.suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        if handle is not None:
            os.close(handle)


def run(job):
    """Run all checks of the job."""
    folder = os.path.abspath(job["folder"])
    base = scratch_base(folder)
    with beginning(base):
        clear(base)
        work = tempfile.mkdtemp(prefix=PREFIX, dir=base)
        held = open(os.path.join(work, "prove.py"), "w", encoding="utf-8")  # noqa: SIM115 - held to the end
        if fcntl is not None:
            fcntl.flock(held, fcntl.LOCK_EX)
    running, nurseries = {}, {}

    def stop(number, frame):
        raise SystemExit(128 + number)

    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), stop)
    try:
        held.write(job["runner"])
        held.flush()
        for check in job["checks"]:
            prepare(work, folder, check)
        modules = os.path.join(work, SHARED)
        os.mkdir(modules)
        for name, source in job.get("modules", {}).items():
            with open(os.path.join(modules, name + ".py"), "w", encoding="utf-8") as file:
                file.write(source)
        nurseries = hire(job["checks"], work)
        loop(job, work, nurseries, running)
    finally:
        for process, _, _, _ in running.values():
            end(process.pid)
        for nursery in nurseries.values():
            if nursery.running:
                nursery.close()
        shutil.rmtree(work, ignore_errors=True)


def hire(checks, work):
    """Return {name: Nursery} as the checks name them, none opened yet; none at all where fork is not safe."""
    if not sys.platform.startswith("linux") or any(map(os.path.exists, GPU_DEVICES)):
        return {}
    modules = {}
    for check in checks:
        if check["nursery"]:
            wanted = modules.setdefault(check["nursery"], [])
            wanted += [module for module in check["preload"] if module not in wanted]
    return {name: Nursery(work, wanted) for name, wanted in modules.items()}


def prepare(work, folder, check):
    """Lay out a check's script, its options and a folder of its own."""
    scratch = os.path.join(work, check["name"] + ".scratch")
    os.mkdir(scratch)
    check["options"] = dict(check["options"], scratch=scratch, folder=folder)
    with open(os.path.join(work, check["name"] + ".py"), "w", encoding="utf-8") as file:
        file.write(check["source"])
    with open(os.path.join(work, check["name"] + ".json"), "w", encoding="utf-8") as file:
        json.dump({"options": check["options"], "variables": check.get("variables", {})}, file)


def loop(job, work, nurseries, running):
    """Start checks as soon as they may run, watch them, and report each as it ends."""
    waiting = sorted(job["checks"], key=lambda check: -check.get("cost", 0.0))
    parallel = max(1, job.get("parallel", 1))
    if any(map(os.path.exists, GPU_DEVICES)):
        # memory of a GPU is not shared out by anybody: two at most, and the user's own commands with nobody
        parallel = min(parallel, 2)
        for check in waiting:
            check["alone"] = check["alone"] or check.get("single", False)
    begun = time.monotonic()
    while waiting or running:
        for nursery in nurseries.values():
            nursery.listen()
        while True:
            loading = sum(nursery.loading for nursery in nurseries.values())
            if len(running) + loading >= parallel:
                break
            if recruit(nurseries, waiting):
                continue
            check = choose(waiting, nurseries, running, loading)
            if check is None:
                break
            waiting.remove(check)
            start(check, work, nurseries.get(check["nursery"]), running)
        for name, (process, started, check, kills) in list(running.items()):
            code = process.poll()
            late = code is None and time.monotonic() - started > check["limit"]
            if code is None and not late:
                continue
            if code == 0:
                settle(process.pid)
            end(process.pid)
            del running[name]
            report(work, name, started, begun, code, late, kills)
            shutil.rmtree(os.path.join(work, name + ".scratch"), ignore_errors=True)
        dismiss(nurseries, waiting, running)
        time.sleep(POLL)


def recruit(nurseries, waiting):
    """Open the next nursery that a check waits for; its imports are work, as a check is. Tell whether."""
    if sum(nursery.running for nursery in nurseries.values()) >= NURSERIES:
        return False
    needed = {}
    for check in waiting:
        nursery = nurseries.get(check["nursery"])
        if nursery is not None and nursery.process is None and not check["alone"]:
            needed[check["nursery"]] = needed.get(check["nursery"], 0.0) + check.get("cost", 0.0)
    if not needed:
        return False
    nurseries[max(needed, key=needed.get)].open()
    return True


def choose(waiting, nurseries, running, loading):
    """Return the check to start now, or None; `waiting` has those that take longest first.

    What imports the same as a nursery waits while that is at its imports, as
    long as there is anything else: compiled once, they read bytecode. What
    measures comes last, when nothing is left that could run beside others.
    """
    held = {name for name, nursery in nurseries.items() if nursery.alive and not nursery.ready}
    single = any(check.get("single") for _, _, check, _ in running.values())
    able = [
        check
        for check in waiting
        if check["nursery"] not in held and not check["alone"] and not (single and check.get("single"))
    ]
    if able:
        return min(able, key=lambda check: bool(loading and check.get("late")))
    if running or loading:
        return None
    alone = [check for check in waiting if check["alone"]]
    for check in alone:
        nursery = nurseries.get(check["nursery"])
        if nursery is None or nursery.ready or not nursery.alive:
            return check
    for check in alone:
        if nurseries[check["nursery"]].process is None:
            nurseries[check["nursery"]].open()
            break
    return None


def start(check, work, nursery, running):
    """Start a check: forked from its nursery, or in a fresh process where there is none (any more)."""
    name = check["name"]
    if nursery is not None and nursery.alive:
        process = nursery.start(name)
    else:
        process = Fresh(work, name, check["alone"])
    running[name] = (process, time.monotonic(), check, oom_kills())
    say({"started": name})


def dismiss(nurseries, waiting, running):
    """End each nursery that no check needs any more."""
    for name, nursery in nurseries.items():
        needed = any(check["nursery"] == name for check in waiting) or any(
            getattr(process, "nursery", None) is nursery for process, _, _, _ in running.values()
        )
        if nursery.running and not needed:
            nursery.close()


if __name__ == "__main__":
    if len(sys.argv) > 3 and sys.argv[1] == "check":
        perform(sys.argv[2], sys.argv[3], forked=False)
    elif len(sys.argv) > 3 and sys.argv[1] == "nurse":
        nurse(sys.argv[2], json.loads(sys.argv[3]))
    else:
        run(json.loads(sys.stdin.buffer.read().decode("utf-8")))
