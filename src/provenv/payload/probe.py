"""Collect raw facts of the machine that this runs on, and print them as one JSON document.

Sent to a place as one text (`python -I -S -`) with a last line `main(ASKS)`. It decides nothing: what the
output means is read at home. Python >= 3.6, standard library only.

An ask is {"name", "kind", "limit"} and, by kind:
  command   argv, environment        what it printed, how it ended
  file      path                     its text (at most CAP bytes)
  glob      path                     the names that match
  builtin   builtin, and its own     a value (see BUILTINS)
`systems` limits an ask to some values of sys.platform; `apart` runs a file or builtin in a child, so that
a system call that never returns costs this ask alone.

All asks run side by side, each for `limit` seconds. The answer to each is {"how", "ms", "outcome"} (read,
absent, timeout, failed or unreadable) with "out", "err", "code", "value" and "truncated" where they apply.
"""

import contextlib
import errno
import glob
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time

MARK = "PROVENV-PROBE "
CAP = 1 << 20
LINGER = 0.3  # seconds that output is awaited after its command has ended
WINDOWS = os.name == "nt"


# -- what can be asked ------------------------------------------------------------------------------------


def system(ask):
    import platform

    u = platform.uname()
    value = {
        "platform": sys.platform,
        "system": u.system,
        "node": u.node,
        "release": u.release,
        "version": u.version,
        "machine": u.machine,
        "python": sys.version.split()[0],
        "executable": sys.executable,
        "cores": os.cpu_count(),
    }
    if hasattr(os, "confstr"):
        with contextlib.suppress(ValueError, OSError):  # raised where it is not glibc
            value["libc"] = os.confstr("CS_GNU_LIBC_VERSION")
    if sys.platform == "darwin":
        value["mac"] = platform.mac_ver()[0]
    if WINDOWS:
        value["windows"] = platform.win32_ver()[:2]
        value["processor"] = platform.processor()
    return value


def environ(ask):
    return {name: os.environ[name] for name in ask["names"] if name in os.environ}


def which(ask):
    return {name: path for name, path in ((name, shutil.which(name)) for name in ask["names"]) if path}


def rlimits(ask):
    import resource

    found = {}
    for name in ("NOFILE", "NPROC", "MEMLOCK", "AS"):
        number = getattr(resource, "RLIMIT_" + name, None)
        if number is not None:
            soft = resource.getrlimit(number)[0]
            found[name] = None if soft in (resource.RLIM_INFINITY, -1) else soft
    return found


def affinity(ask):
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None


def space(ask):
    """The file system that holds a path, or would hold it once it is made."""
    path = os.path.abspath(os.path.expanduser(ask["path"]))
    while not os.path.exists(path) and os.path.dirname(path) != path:
        path = os.path.dirname(path)
    value = {"path": ask["path"], "asked": path, "writable": os.access(path, os.W_OK)}
    if hasattr(os, "statvfs"):
        s = os.statvfs(path)
        value["total"], value["free"] = s.f_blocks * s.f_frsize, s.f_bavail * s.f_frsize
        value["readonly"] = bool(s.f_flag & getattr(os, "ST_RDONLY", 1))
    else:
        usage = shutil.disk_usage(path)
        value["total"], value["free"] = usage.total, usage.free
    value.update(mount(os.path.realpath(path)))
    return value


def mount(path):
    """Device and type of the mount that holds a path: the last that is mounted on its longest prefix."""
    best = {}
    for line in text_of("/proc/self/mountinfo").splitlines():
        left, _, right = line.partition(" - ")
        left, right = left.split(), right.split()
        if len(left) < 5 or len(right) < 2:
            continue
        point = left[4].encode().decode("unicode_escape") if "\\" in left[4] else left[4]
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best.get("point", "")):
            best = {"point": point, "filesystem": right[0], "device": right[1]}
    return best


def text_of(path, cap=CAP):
    try:
        with open(path, "rb") as file:
            return file.read(cap).decode("utf-8", "replace")
    except (OSError, ValueError):
        return ""


MEMORY = "memory.stat"
CGROUP_FILES = {
    "": ["cpu.max", "cpuset.cpus.effective", "memory.max", "memory.current", "memory.swap.max", MEMORY],
    "cpu": ["cpu.cfs_quota_us", "cpu.cfs_period_us"],
    "cpuset": ["cpuset.effective_cpus", "cpuset.cpus"],
    "memory": [
        "memory.limit_in_bytes",
        "memory.memsw.limit_in_bytes",
        "memory.usage_in_bytes",
        "memory.stat",
    ],
}


def cgroup(ask):
    """This process's control groups, each with all groups above it that can be seen, leaf first."""
    mounts = {}
    for line in text_of("/proc/self/mountinfo").splitlines():
        left, _, right = line.partition(" - ")
        left, right = left.split(), right.split()
        if len(left) > 4 and len(right) > 2 and right[0] in ("cgroup", "cgroup2"):
            for controller in [""] if right[0] == "cgroup2" else right[2].split(","):
                mounts.setdefault(controller, (left[3], left[4]))
    levels = []
    for line in text_of("/proc/self/cgroup").splitlines():
        number, _, rest = line.partition(":")
        names, _, path = rest.partition(":")
        for controller in [""] if number == "0" and not names else names.split(","):
            if controller in mounts and controller in CGROUP_FILES:
                levels += cgroup_levels(controller, path, *mounts[controller])
    return {"groups": text_of("/proc/self/cgroup"), "levels": levels}


def cgroup_levels(controller, path, root, point):
    # without a cgroup namespace a container sees the host's path, and the mount's root is that same path
    inside = path[len(root.rstrip("/")) :] if (path + "/").startswith(root.rstrip("/") + "/") else "/"
    parts = [part for part in inside.split("/") if part and part != ".."]
    levels = []
    while True:
        folder = os.path.join(point, *parts)
        found = {}
        for name in CGROUP_FILES[controller]:
            text = text_of(os.path.join(folder, name), 1 << 14)
            if text:
                found[name] = text
        levels.append({"version": 1 if controller else 2, "folder": folder, "files": found})
        if not parts:
            return levels
        parts.pop()


DISPLAY_CLASS = "{4d36e968-e325-11ce-bfc1-08002be10318}"  # Windows' class of display adapters


def pci(ask):
    """Display controllers and accelerators on the bus: ids, class, slot, subsystem, driver, render node.

    Of the vendors in `vendors` every device is told: a TPU has no class of its own.
    """
    if WINDOWS:
        return list(adapters())
    found = []
    for folder in sorted(glob.glob("/sys/bus/pci/devices/*")):
        kind, vendor = (text_of(os.path.join(folder, name), 64).strip() for name in ("class", "vendor"))
        if kind[:4] not in ("0x03", "0x12") and vendor[2:] not in ask.get("vendors", ()):
            continue
        device = text_of(os.path.join(folder, "device"), 64).strip()
        entry = {"id": "%s:%s" % (vendor[2:], device[2:]), "class": kind, "slot": os.path.basename(folder)}
        entry["subsystem"] = text_of(os.path.join(folder, "subsystem_device"), 64).strip()[2:]
        driver = os.path.join(folder, "driver")
        if os.path.islink(driver):
            entry["driver"] = os.path.basename(os.path.realpath(driver))
        render = glob.glob(os.path.join(folder, "drm", "renderD*"))
        if render:
            entry["render"] = "/dev/dri/" + os.path.basename(render[0])
        found.append(entry)
    return found


def adapters():
    """Windows' display adapters, from the registry: the same keys as `pci`, and name, version, memory."""
    import winreg

    root = "SYSTEM\\CurrentControlSet\\Control\\Class\\" + DISPLAY_CLASS
    for number in range(64):
        try:
            key = winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, "%s\\%04d" % (root, number))
        except OSError:
            return
        with key:
            entry = {"class": "0x030000"}
            for name, value in (
                ("id", "MatchingDeviceId"),
                ("name", "DriverDesc"),
                ("version", "DriverVersion"),
                ("memory", "HardwareInformation.qwMemorySize"),
            ):
                try:
                    entry[name] = winreg.QueryValueEx(key, value)[0]
                except OSError:
                    continue
            words = str(entry.get("id", "")).lower().replace("\\", "&").split("&")
            ids = dict(word.split("_", 1) for word in words if "_" in word)
            if "ven" in ids and "dev" in ids:
                entry["id"] = "%s:%s" % (ids["ven"], ids["dev"])
                yield entry


def nodes(ask):
    """Device nodes: whether this user may read and write each, its group, and (`open`) whether it opens."""
    found = []
    for path in sorted(path for pattern in ask["paths"] for path in glob.glob(pattern)):
        entry = {"path": path, "readable": os.access(path, os.R_OK), "writable": os.access(path, os.W_OK)}
        with contextlib.suppress(ImportError, KeyError, OSError):
            import grp

            entry["group"] = grp.getgrgid(os.stat(path).st_gid).gr_name
        if ask.get("open"):
            # the permission bits do not tell what a control group forbids
            try:
                os.close(os.open(path, os.O_RDWR | getattr(os, "O_NONBLOCK", 0)))
                entry["opened"] = True
            except OSError as error:
                entry["opened"] = False
                entry["error"] = errno.errorcode.get(error.errno, str(error.errno))
        found.append(entry)
    if not found:
        raise FileNotFoundError(errno.ENOENT, "none of these", " ".join(ask["paths"]))
    return found


def texts(ask):
    """What matches, and what each really is; unless `names_only`, of a file the text, at most 64 KiB."""
    found = []
    for pattern in ask["paths"]:
        for path in sorted(glob.glob(os.path.expanduser(pattern)))[:256]:
            entry = {"path": path, "real": os.path.realpath(path)}
            if os.path.isfile(path) and not ask.get("names_only"):
                entry["text"] = text_of(path, 1 << 16)
            found.append(entry)
    if not found:
        raise FileNotFoundError(errno.ENOENT, "none of these", " ".join(ask["paths"]))
    return found


def presence(ask):
    """Which variables are set and which files are there: names, never what they hold."""
    return {
        "variables": [name for name in ask["names"] if os.environ.get(name)],
        "paths": [path for path in ask["paths"] if glob.glob(os.path.expanduser(path))],
    }


def windows(ask):
    """Memory and processor features as Windows tells them."""
    import ctypes

    class Status(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ulong), ("load", ctypes.c_ulong)] + [
            (name, ctypes.c_ulonglong)
            for name in ["total", "available", "page_total", "page_free", "virtual", "virtual_free", "more"]
        ]

    status = Status()
    status.length = ctypes.sizeof(status)
    kernel = ctypes.windll.kernel32
    kernel.GlobalMemoryStatusEx(ctypes.byref(status))
    # PF_* of winnt.h
    known = {"sse3": 13, "ssse3": 36, "sse4_1": 37, "sse4_2": 38, "avx": 39, "avx2": 40, "avx512f": 41}
    known.update({"asimd": 19, "asimddp": 43})
    return {
        "total": status.total,
        "available": status.available,
        "page_total": status.page_total,
        "features": [name for name in sorted(known) if kernel.IsProcessorFeaturePresent(known[name])],
    }


def cuda(ask):
    """What the CUDA driver itself says: its version, and the devices that a program would see."""
    import ctypes

    names = ["nvcuda.dll"] if WINDOWS else ["libcuda.so.1", "/usr/lib/wsl/lib/libcuda.so.1", "libcuda.so"]
    library = None
    for name in names:
        try:
            library = ctypes.WinDLL(name) if WINDOWS else ctypes.CDLL(name)
            break
        except OSError:
            continue
    if library is None:
        raise FileNotFoundError(errno.ENOENT, "no CUDA driver library", names[0])
    value = {"library": name, "init": library.cuInit(0), "devices": []}
    number = ctypes.c_int(0)
    if library.cuDriverGetVersion(ctypes.byref(number)) == 0:
        value["version"] = number.value
    if value["init"] != 0 or library.cuDeviceGetCount(ctypes.byref(number)) != 0:
        return value
    for index in range(number.value):
        value["devices"].append(cuda_device(ctypes, library, index))
    return value


def cuda_device(ctypes, library, index):
    device, number, size = ctypes.c_int(0), ctypes.c_int(0), ctypes.c_size_t(0)
    words, uuid = ctypes.create_string_buffer(256), (ctypes.c_ubyte * 16)()
    library.cuDeviceGet(ctypes.byref(device), index)
    found = {"index": index}
    if library.cuDeviceGetName(words, 256, device) == 0:
        found["name"] = words.value.decode("utf-8", "replace")
    # CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR and _MINOR
    for key, attribute in (("major", 75), ("minor", 76)):
        if library.cuDeviceGetAttribute(ctypes.byref(number), attribute, device) == 0:
            found[key] = number.value
    if library.cuDeviceTotalMem_v2(ctypes.byref(size), device) == 0:
        found["memory"] = size.value
    if library.cuDeviceGetUuid(uuid, device) == 0:
        digits = "".join("%02x" % byte for byte in uuid)
        cuts = ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32))
        found["uuid"] = "GPU-" + "-".join(digits[a:b] for a, b in cuts)
    return found


def pythons(ask):
    """Interpreters of this machine and what each says of itself; `first` is the one that `python3` means."""
    candidates = {}
    for source, path in python_paths():
        real = os.path.realpath(path)
        if real not in candidates and os.path.isfile(real) and os.access(real, os.X_OK):
            candidates[real] = (source, path)
    question = (
        "import sys;sys.stdout.write('%d.%d.%d|%s|%s' % (sys.version_info[:3] + (sys.implementation.name,"
        "getattr(sys,'_base_executable',sys.executable))))"
    )
    limit = ask["limit"] * 0.8
    asks = [
        {"name": real, "kind": "command", "argv": [path, "-I", "-S", "-c", question], "limit": limit}
        for real, (_, path) in sorted(candidates.items())[:64]
    ]
    found = {}
    answers = gather(asks, session=False)
    for real, said in sorted(answers.items(), key=lambda item: (candidates[item[0]][0] != "first", item[0])):
        source, path = candidates[real]
        if said.get("code") == 0:
            out, _, executable = said["out"].rpartition("|")
            if source == "first" and os.path.isfile(executable):
                path = executable  # what stands behind a shim or a link of an environment
            found.setdefault(os.path.realpath(path), {"path": path, "source": source, "out": out})
    return list(found.values())


def python_paths():
    home = os.path.expanduser("~")
    first = shutil.which("python" if WINDOWS else "python3")
    if first:
        yield "first", behind_shim(first)
    folders = [("path", folder) for folder in os.environ.get("PATH", os.defpath).split(os.pathsep)]
    folders += [("system", "/usr/bin"), ("system", "/usr/local/bin"), ("system", "/opt/homebrew/bin")]
    for source, folder in folders:
        if not os.path.isabs(folder) or os.path.basename(folder.rstrip("/\\")) == "shims":
            continue  # pyenv's shims are scripts that ask which version is meant
        if os.path.exists(os.path.join(folder, os.pardir, "pyvenv.cfg")):
            continue  # an environment, not an interpreter to make environments with
        pattern = "python*.exe" if WINDOWS else "python*"
        for name in sorted(glob.glob(os.path.join(folder, pattern))):
            digits = os.path.basename(name)[len("python") :].replace(".exe", "")
            if not digits or digits.replace(".", "").isdigit():
                yield source, name
    pyenv = os.environ.get("PYENV_ROOT") or os.path.join(home, ".pyenv")
    data = os.environ.get("XDG_DATA_HOME") or os.path.join(home, ".local", "share")
    uv = [os.environ.get("UV_PYTHON_INSTALL_DIR") or "", os.path.join(data, "uv", "python")]
    if WINDOWS:
        uv.append(os.path.join(os.environ.get("APPDATA") or home, "uv", "python"))
    end = ("python.exe",) if WINDOWS else ("bin", "python3")
    for source, root in [("pyenv", os.path.join(pyenv, "versions"))] + [("uv", root) for root in uv if root]:
        for path in sorted(glob.glob(os.path.join(root, "*", *end))):
            yield source, path


def behind_shim(path):
    """The interpreter that one of pyenv's shims would start, read as pyenv reads it: its scripts take longer
    than everything else that is asked. The path itself where that can't be told, or it is no shim.

    https://github.com/pyenv/pyenv#understanding-python-version-selection
    """
    root = os.path.dirname(os.path.dirname(path))
    if WINDOWS or path != os.path.join(root, "shims", "python3"):
        return path
    words = os.environ.get("PYENV_VERSION", "").replace(":", " ")
    folder = os.environ.get("PYENV_DIR") or os.getcwd()
    while not words.split():
        words = text_of(os.path.join(folder, ".python-version"), 1 << 12)
        if folder == os.path.dirname(folder):
            words = words if words.split() else text_of(os.path.join(root, "version"), 1 << 12)
            break
        folder = os.path.dirname(folder)
    version = (words.split() or ["system"])[0]
    found = os.path.join(root, "versions", version, "bin", "python3")
    plain = version.replace(".", "").isalnum()
    return found if plain and os.path.isfile(found) and os.access(found, os.X_OK) else path


PLACES = (  # where tools live that a login's PATH often lacks
    "/usr/local/sbin",
    "/usr/sbin",
    "/sbin",
    "/usr/lib/wsl/lib",
    "/usr/local/cuda/bin",
    "/opt/rocm/bin",
    "/usr/local/Ascend/driver/tools",
    "/opt/homebrew/bin",
    "C:\\Program Files\\NVIDIA Corporation\\NVSMI",
)

BUILTINS = {
    f.__name__: f
    for f in (
        *(system, environ, which, rlimits, affinity, space, cgroup, pci, windows, cuda, pythons),
        *(nodes, texts, presence),
    )
}


# -- how it is asked --------------------------------------------------------------------------------------


class Job:
    """One ask under way in a process of its own (or, on Windows, a thread)."""

    def __init__(self, ask):
        self.ask = ask
        self.began = time.time()
        self.deadline = self.began + ask["limit"]
        self.streams = {"out": bytearray(), "err": bytearray()}
        self.truncated = False
        self.open = 0
        self.pid = self.code = None


def how(ask):
    if ask["kind"] == "command":
        return " ".join(ask["argv"])
    return ask.get("how") or ask.get("path") or ",".join(ask.get("names", [ask["kind"]]))


def direct(ask):
    """Answer a file, glob or builtin ask in this very process."""
    try:
        if ask["kind"] == "file":
            with open(ask["path"], "rb") as file:
                content = file.read(CAP + 1)
            text = content[:CAP].decode("utf-8", "replace")
            return {"outcome": "read", "out": text, "truncated": len(content) > CAP}
        if ask["kind"] == "glob":
            value = sorted(glob.glob(os.path.expanduser(ask["path"])))
            return {"outcome": "read" if value else "absent", "value": value}
        return {"outcome": "read", "value": BUILTINS[ask["builtin"]](ask)}
    except (FileNotFoundError, NotADirectoryError, ImportError) as error:
        return {"outcome": "absent", "err": str(error)}
    except PermissionError as error:
        return {"outcome": "unreadable", "err": str(error)}
    except Exception as error:  # whatever one ask meets, the others are answered
        return {"outcome": "failed", "err": "%s: %s" % (type(error).__name__, error)}


def gather(asks, session=True):
    """Run all asks side by side and return their answers by name."""
    events, answers, jobs, inline = queue.Queue(), {}, [], []
    asks = [ask for ask in asks if sys.platform in ask.get("systems", [sys.platform])]
    # forks come first: afterwards this process has threads
    for ask in [ask for ask in asks if ask["kind"] != "command"]:
        if ask.get("apart"):
            jobs.append(fork(ask))
        else:
            inline.append(ask)
    for job in [job for job in jobs if not WINDOWS]:
        job.open = 1
        watch(job, events, {"out": job.pipe}, lambda job=job: os.waitpid(job.pid, 0)[1])
    for job in [job for job in jobs if WINDOWS]:
        spawn(background, job, events)
    there = programs()
    for ask in [ask for ask in asks if ask["kind"] == "command"]:
        name = ask["argv"][0]
        if not WINDOWS and os.sep not in name and name not in there:
            # most are: to start each in vain would cost a process
            missing = "no such program on PATH: " + name
            answers[ask["name"]] = {"how": how(ask), "outcome": "absent", "ms": 0, "err": missing}
            continue
        job = command(ask, events, session, answers)
        if job:
            jobs.append(job)
    for ask in inline:
        began = time.time()
        answers[ask["name"]] = dict(direct(ask), how=how(ask), ms=int((time.time() - began) * 1000))
    collect(jobs, events, answers, session)
    return answers


def programs():
    """The names of all that lies on PATH."""
    found = set()
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        with contextlib.suppress(OSError):
            found.update(os.listdir(folder or os.curdir))
    return found


ALL = []  # every process that was started, for whoever has to end them


def spawn(function, *arguments):
    thread = threading.Thread(target=function, args=arguments)
    thread.daemon = True
    thread.start()


def fork(ask):
    job = Job(ask)
    if WINDOWS:
        return job
    job.pipe, end = os.pipe()
    job.pid = os.fork()
    if job.pid:
        ALL.append(job)
        os.close(end)
        return job
    try:
        os.setsid()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_RDWR), 0)
        os.dup2(0, 1)  # a library that prints must not write into the document
        os.dup2(0, 2)
        del ALL[:]
        content = json.dumps(direct(ask)).encode("ascii")
        while content:
            content = content[os.write(end, content) :]
    finally:
        os._exit(0)


def background(job, events):
    job.streams["out"] += json.dumps(direct(job.ask)).encode("ascii")
    events.put((job, "exit", 0))


def command(ask, events, session, answers):
    job = Job(ask)
    options = {"creationflags": 0x200} if WINDOWS else {"start_new_session": session}
    environment = dict(os.environ, LC_ALL="C", LANGUAGE="C", **ask.get("environment", {}))
    try:
        process = subprocess.Popen(
            ask["argv"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            bufsize=0,
            **options,
        )
    except (OSError, ValueError) as error:
        absent = isinstance(error, (FileNotFoundError, NotADirectoryError))
        denied = isinstance(error, PermissionError)
        outcome = "absent" if absent else "unreadable" if denied else "failed"
        answers[ask["name"]] = {"how": how(ask), "outcome": outcome, "ms": 0, "err": str(error)}
        return None
    job.process, job.pid, job.open = process, process.pid, 2
    ALL.append(job)
    watch(job, events, {"out": process.stdout.fileno(), "err": process.stderr.fileno()}, process.wait)
    return job


def watch(job, events, streams, wait):
    def read(name, descriptor):
        while True:
            try:
                chunk = os.read(descriptor, 1 << 16)
            except OSError:
                chunk = b""
            if not chunk:
                break
            kept = job.streams[name]
            if len(kept) < CAP:
                kept += chunk[: CAP - len(kept)]
            else:
                job.truncated = True
        events.put((job, "end", None))

    for name in streams:
        spawn(read, name, streams[name])
    spawn(lambda: events.put((job, "exit", wait())))


def collect(jobs, events, answers, session):
    pending = list(jobs)
    while pending:
        rest = min(job.deadline for job in pending) - time.time()
        try:
            job, what, code = events.get(timeout=max(rest, 0))
        except queue.Empty:
            job = None
        if job is not None and what == "end":
            job.open -= 1
        elif job is not None:
            job.code = code
            job.deadline = min(job.deadline, time.time() + LINGER)
        for job in list(pending):
            over = job.deadline <= time.time()
            if over or (job.code is not None and job.open == 0):
                if over:
                    end(job, session)
                answers[job.ask["name"]] = answer(job)
                pending.remove(job)


def answer(job):
    found = {"how": how(job.ask), "ms": int((time.time() - job.began) * 1000)}
    if job.code is None:
        found["outcome"] = "timeout"
    elif job.ask["kind"] != "command":
        try:
            found.update(json.loads(bytes(job.streams["out"]).decode("ascii")))
        except ValueError:
            found["outcome"] = "failed"  # the child died on the way: a driver library may crash
        return found
    else:
        found["outcome"] = "read" if job.code == 0 else "failed"
        found["code"] = job.code
    for name in job.streams:
        found[name] = bytes(job.streams[name]).decode("utf-8", "replace")
    if job.truncated:
        found["truncated"] = True
    return found


def end(job, session=True):
    """End a job's processes for good; nobody waits for one that the kernel does not let go."""
    if job.pid is None:
        return
    with contextlib.suppress(OSError):
        if WINDOWS:
            subprocess.call(["taskkill", "/T", "/F", "/PID", str(job.pid)], stdout=-3, stderr=-3)
        elif session or job.ask["kind"] != "command":
            os.killpg(job.pid, signal.SIGKILL)
        elif job.code is None:
            os.kill(job.pid, signal.SIGKILL)


def adopt():
    """Have our children's orphans given to us (Linux), so that what a tool leaves behind can be ended."""
    try:
        import ctypes

        return sys.platform == "linux" and ctypes.CDLL(None).prctl(36, 1, 0, 0, 0) == 0
    except (ImportError, OSError, AttributeError, TypeError):
        return False


def sweep():
    """End what was left to us."""
    for _ in range(8):
        mine = []
        for path in glob.glob("/proc/[0-9]*/stat"):
            fields = text_of(path, 4096).rpartition(")")[2].split()
            if len(fields) > 1 and fields[1] == str(os.getpid()) and fields[0] != "Z":
                mine.append(int(path.split("/")[2]))
        if not mine:
            return
        for pid in mine:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)


def main(asks):
    began = time.time()
    adopted = adopt()
    path = os.environ.get("PATH", os.defpath).split(os.pathsep)
    os.environ["PATH"] = os.pathsep.join(path + [p for p in PLACES if p not in path and os.path.isdir(p)])

    def stop(number, frame):
        for job in ALL:
            if job.code is None:
                end(job)
        if adopted:
            sweep()
        os._exit(128 + number)

    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), stop)
    document = {"probe": 1, "python": sys.version.split()[0], "items": gather(asks)}
    if adopted:
        sweep()
    document["clock"] = [began, time.time()]
    sys.stdout.write("\n" + MARK + json.dumps(document) + "\n")
    sys.stdout.flush()
    os._exit(0)  # threads may still hang in a system call
