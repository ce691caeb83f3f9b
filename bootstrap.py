"""Set up a checkout for `./provenv`: a private virtual environment, then start provenv in it.

    python3 bootstrap.py CHECKOUT PRIVATE ARGUMENTS...

The launcher calls this the first time, and whenever pyproject.toml, hatch_build.py, a
message catalogue, a rule of diagnosis or this file is newer than PRIVATE/ready, the file that names the
environment's Python. An environment is made beside the old one and `ready` is renamed
into place last, so that a kill at any moment leaves the old one or the new one.

This file has to say politely that a Python is too old, so it keeps to what Python 3.6
can read, and to the standard library. Its few words stand in the table below: the
catalogues are not compiled yet when they are needed.
"""

import contextlib
import glob
import hashlib
import importlib
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import types
from collections.abc import Iterator, Mapping

WINDOWS = os.name == "nt"
if not WINDOWS:
    import fcntl

OLDEST = (3, 10)
NEWEST_MINOR = 14
SOURCES = ("pyproject.toml", "hatch_build.py", "bootstrap.py")
CATALOGUES = os.path.join("src", "provenv", "ui", "catalogues", "*", "*.po")
RULES = os.path.join("src", "provenv", "diagnosis", "rules", "*.toml")
COMPILER_OF_CATALOGUES = "babel>=2.16"
SHOWN_LINES = 15
FOREIGN = frozenset({"PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "VIRTUAL_ENV"})

WORDS = {
    "setting_up": (
        "provenv: setting itself up in {folder} (only this once; some seconds to a minute)",
        "provenv：正在 {folder} 中准备自己的运行环境（仅此一次，需要几秒到一分钟）",
    ),
    "waiting": (
        "provenv: another process is setting it up; waiting for it",
        "provenv：另一个进程正在准备运行环境，等待它完成",
    ),
    "temporary": (
        "provenv: {folder} cannot be written ({reason}); using {instead}, which may not outlast a restart",
        "provenv：无法写入 {folder}（{reason}）；改用 {instead}，重启后可能需要重新准备",
    ),
    "failed": (
        "provenv: could not set itself up; the end of {log}:",
        "provenv：准备运行环境失败，{log} 的末尾是：",
    ),
    "pip_configuration": (
        "hint: packages are taken from where pip's configuration says: python3 -m pip config list",
        "提示：软件包按 pip 的配置获取，可用此命令查看：python3 -m pip config list",
    ),
    "next_way": (
        "provenv: uv could not do it; trying venv and pip",
        "provenv：uv 没有成功，改用 venv 和 pip",
    ),
    "catalogues": (
        "provenv: the message catalogues could not be compiled; the old ones stay in use",
        "provenv：消息目录编译失败，继续使用旧的",
    ),
    "too_old": (
        "provenv: Python 3.10 or newer is needed; {python} is {version}, and PATH has no newer one and no uv",
        "provenv：需要 Python 3.10 或更新版本；{python} 的版本是 {version}，PATH 上没有更新的，也没有 uv",
    ),
    "no_venv": (
        "provenv: {python} has no `ensurepip`, so it cannot make a virtual environment, and there is no uv",
        "provenv：{python} 缺少 `ensurepip`，无法创建虚拟环境，也没有 uv",
    ),
    "install": ("hint: {command}", "提示：{command}"),
    "install_something": (
        "hint: install {what} with your system's package manager, or install uv",
        "提示：用系统的软件包管理器安装 {what}，或者安装 uv",
    ),
}

# distribution (ID or ID_LIKE of /etc/os-release) -> what brings venv and pip, what brings a newer Python
PACKAGES = {
    "debian": ("apt install {venv}", None),
    "ubuntu": ("apt install {venv}", None),
    "fedora": ("dnf install python3-pip", "dnf install python3.12"),
    "rhel": ("dnf install python3-pip", "dnf install python3.12"),
    "arch": ("pacman -S python python-pip", "pacman -Syu python"),
    "alpine": ("apk add python3 py3-pip", "apk add --upgrade python3 py3-pip"),
    "suse": ("zypper install python3-pip", "zypper install python312"),
    "opensuse": ("zypper install python3-pip", "zypper install python312"),
    "darwin": ("brew install python", "brew install python"),
}


class SetupError(Exception):
    """The environment could not be made; the words have been said."""


def say(key: str, **values: str) -> None:
    """Print one line for the user, in the language of the environment."""
    names = ("PROVENV_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    language = next((os.environ[name] for name in names if os.environ.get(name)), "")
    line = WORDS[key][1 if language.lower().startswith("zh") else 0].format(**values)
    write(line)


def write(line: str) -> None:
    """Print a line on standard error, in UTF-8 where the locale that Python took cannot say it."""
    try:
        content = line.encode(sys.stderr.encoding or "utf-8")
    except UnicodeEncodeError:
        content = line.encode("utf-8", "backslashreplace")
    sys.stderr.buffer.write(content + b"\n")
    sys.stderr.flush()


def main(arguments: "list[str]") -> int:
    """Set the checkout up where it is needed and start provenv; return an exit code where that failed."""
    if sys.version_info < OLDEST:
        return with_newer_python(arguments)
    checkout, private = arguments[0], arguments[1] or default_private(arguments[0])
    try:
        place = writable(private, checkout)
        with locked(os.path.join(place, "lock")):
            python = ready(checkout, place) or set_up(checkout, place)
    except SetupError:
        return 1
    except KeyboardInterrupt:
        return 130
    command = [python, "-I", "-m", "provenv", *arguments[2:]]
    if not WINDOWS:
        os.execv(python, command)
    return subprocess.call(command)


def default_private(checkout: str) -> str:
    """Return the private folder where no variable says where the home is."""
    return os.path.join(os.path.expanduser("~"), ".cache", "provenv", "checkouts") + checkout + "/.provenv"


def with_newer_python(arguments: "list[str]") -> int:
    """Start again with a newer Python of PATH, or with uv's; return 1 where there is none."""
    script = os.path.abspath(__file__)
    for minor in range(NEWEST_MINOR, OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        # a version manager's shim may stand there and start nothing
        if found and subprocess.call([found, "-c", ""], stderr=subprocess.DEVNULL) == 0:
            os.execv(found, [found, "-I", script, *arguments])
    uv = shutil.which("uv")
    if uv:
        words = [uv, "run", "--no-project", "--quiet", "--python", ">=3.10", "--", "python", "-I"]
        os.execv(uv, [*words, script, *arguments])
    say("too_old", python=sys.executable, version=".".join(map(str, sys.version_info[:3])))
    _, command = PACKAGES.get(distribution(), (None, None))
    advise(command, "Python 3.10+")
    return 1


def writable(private: str, checkout: str) -> str:
    """Return `private`, made; or a folder for temporary files where that cannot be written."""
    try:
        os.makedirs(private, mode=0o700, exist_ok=True)
        with tempfile.TemporaryFile(dir=private):
            return private
    except OSError as error:
        reason = error.strerror or ""
    name = "provenv" if WINDOWS else f"provenv-{os.geteuid()}"
    base = os.path.join(tempfile.gettempdir(), name)
    with contextlib.suppress(FileExistsError):
        os.mkdir(base, 0o700)
    found = os.lstat(base)
    if not WINDOWS and (found.st_uid != os.geteuid() or found.st_mode & 0o170077 != 0o040000):
        # somebody else made it, or may write there
        base = tempfile.mkdtemp(prefix=f"{name}-")
    place = os.path.join(base, hashlib.sha256(os.fsencode(checkout)).hexdigest()[:16])
    if not os.path.exists(os.path.join(place, "ready")):
        say("temporary", folder=private, reason=reason, instead=place)
    os.makedirs(place, mode=0o700, exist_ok=True)
    return place


@contextlib.contextmanager
def locked(path: str) -> "Iterator[None]":
    """Hold the lock of a private folder; whoever comes second waits for the first."""
    with open(path, "a") as file:
        if not WINDOWS:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                say("waiting")
                fcntl.flock(file, fcntl.LOCK_EX)
        yield


def ready(checkout: str, place: str) -> "str | None":
    """Return the environment's Python where it is there and newer than what it was made from."""
    mark = os.path.join(place, "ready")
    try:
        made = os.stat(mark).st_mtime_ns
        with open(mark, encoding="utf-8") as file:
            python = file.readline().rstrip("\n")
    except OSError:
        return None
    sources = [os.path.join(checkout, name) for name in SOURCES]
    for compiled in (CATALOGUES, RULES):
        sources += glob.glob(os.path.join(glob.escape(checkout), compiled))
    fresh = all(os.stat(source).st_mtime_ns <= made for source in sources)
    return python if fresh and os.access(python, os.X_OK) else None


def set_up(checkout: str, place: str) -> str:
    """Make the environment, or only the catalogues where they alone have changed; return its Python."""
    begun = time.time_ns()
    inputs = digest(checkout)
    folder = current_environment(place, inputs)
    if folder is None:
        say("setting_up", folder=place)
        folder = new_environment(checkout, place, inputs)
    python = python_of(folder)
    log = os.path.join(place, "setup.log")
    if not succeeds([python, "-I", os.path.join(checkout, "hatch_build.py")], log, os.environ):
        say("catalogues")
        show_end(log)
        begun = 0  # older than all sources, so that the next start tries again
    succeeds([python, "-I", "-m", "compileall", "-q", os.path.join(checkout, "src")], log, os.environ)
    mark = os.path.join(place, "ready")
    with open(mark + ".new", "w", encoding="utf-8") as file:
        file.write(f"{python}\n{inputs}\n")
        file.flush()
        os.fsync(file.fileno())
    # what is edited while this runs is newer than this
    os.utime(mark + ".new", ns=(begun, begun))
    os.replace(mark + ".new", mark)
    remove_old(place, folder)
    return python


def digest(checkout: str) -> str:
    """Return a digest of what decides the environment's packages, and of the interpreter."""
    parts = [sys.version, os.path.realpath(sys.executable)]
    for name in SOURCES:
        with open(os.path.join(checkout, name), encoding="utf-8") as file:
            parts.append(file.read())
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def current_environment(place: str, inputs: str) -> "str | None":
    """Return the folder of the environment in use where it was made from the same inputs and starts."""
    with contextlib.suppress(OSError), open(os.path.join(place, "ready"), encoding="utf-8") as file:
        python, made_from = file.read().split("\n")[:2]
        command = [python, "-I", "-c", "import provenv.cli"]
        if made_from == inputs and subprocess.call(command, stderr=subprocess.DEVNULL) == 0:
            return os.path.dirname(os.path.dirname(python))
    return None


def new_environment(checkout: str, place: str, inputs: str) -> str:
    """Make an environment with the checkout and all that it needs; return its folder."""
    environments = os.path.join(place, "environments")
    os.makedirs(environments, exist_ok=True)
    folder = tempfile.mkdtemp(prefix=f"{inputs[:8]}-", dir=environments)
    with contextlib.ExitStack() as unfinished:
        unfinished.callback(shutil.rmtree, folder, ignore_errors=True)
        fill(folder, checkout, os.path.join(place, "setup.log"))
        unfinished.pop_all()
    return folder


def fill(folder: str, checkout: str, log: str) -> None:
    """Make an environment in an empty folder: by uv where there is one, else by venv and pip."""
    open(log, "wb").close()
    environment = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    uv = os.environ.get("PROVENV_UV") or shutil.which("uv")
    if uv and by_uv(uv, checkout, folder, environment, log):
        return
    with_pip = installing_with_pip(folder)
    if with_pip is None and not uv:
        say("no_venv", python=sys.executable)
        command, _ = PACKAGES.get(distribution(), (None, None))
        advise(command, "python3-venv")
        raise SetupError
    if with_pip is not None:
        if uv:
            say("next_way")
        making, installing = with_pip
        # pip's own configuration counts here without our help; only where it installs to is ours
        own = dict(environment, PIP_USER="0")
        if succeeds(making, log, environment) and succeeds(installing + wanted(checkout), log, own):
            return
    say("failed", log=log)
    show_end(log)
    say("pip_configuration")
    raise SetupError


def installing_with_pip(folder: str) -> "tuple[list[str], list[str]] | None":
    """Return the commands that make an environment and install into it, or None where Python lacks both."""
    quiet = ["--disable-pip-version-check", "--no-input"]
    making = [sys.executable, "-I", "-m", "venv", "--clear", folder]
    if importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip"):
        return making, [python_of(folder), "-I", "-m", "pip", *quiet, "install"]
    if importlib.util.find_spec("venv") and importlib.util.find_spec("pip"):
        pip = [sys.executable, "-I", "-m", "pip", "--python", python_of(folder), *quiet, "install"]
        return [*making, "--without-pip"], pip
    return None


def by_uv(uv: str, checkout: str, folder: str, environment: "dict[str, str]", log: str) -> bool:
    """Make the environment with uv; return whether it worked."""
    variables, options = uv_settings(checkout, environment)
    environment = dict(environment, **variables)
    # outside the checkout, so that uv reads the user's configuration but no project's
    place = os.path.dirname(folder)
    making = [uv, "venv", "--quiet", "--no-project", "--allow-existing", "--python", sys.executable, folder]
    installing = [uv, "pip", "install", "--quiet", "--python", python_of(folder), *options]
    installing += wanted(checkout)
    return succeeds(making, log, environment, place) and succeeds(installing, log, environment, place)


def wanted(checkout: str) -> "list[str]":
    """Return what is installed, as words for pip or uv: the checkout, and what compiles its catalogues."""
    return ["--editable", checkout, COMPILER_OF_CATALOGUES]


def uv_settings(checkout: str, environment: "dict[str, str]") -> "tuple[dict[str, str], list[str]]":
    """Return pip's configuration as variables and options of uv's; what the user has set for uv itself wins.

    pipconf is loaded without the package's own __init__, which needs what is not installed yet.
    A URL may hold a password, so it becomes a variable: options can be seen by everyone.
    """
    package = types.ModuleType("provenv")
    package.__path__ = [os.path.join(checkout, "src", "provenv")]
    sys.modules["provenv"] = package
    pipconf = importlib.import_module("provenv.pipconf")
    errors = importlib.import_module("provenv.errors")
    try:
        pip = pipconf.read(environment, prefix=sys.prefix)
    except errors.Failure:
        return {}, []  # pip, which is tried next, says itself what is wrong with it
    # pip passes over a folder that is not there, uv does not
    links = [link for link in pip.find_links if "://" in link or os.path.exists(link)]
    variables = {
        "UV_DEFAULT_INDEX": pip.index_url or "",
        "UV_INDEX": " ".join(pip.extra_index_urls),
        "UV_INDEX_STRATEGY": "unsafe-best-match",  # pip's own ranking: the best of all indexes
        "UV_FIND_LINKS": ",".join(links),
        "UV_INSECURE_HOST": " ".join(pip.trusted_hosts),
        "UV_CONSTRAINT": " ".join(pip.constraints),
        "UV_PRERELEASE": "allow" if pip.pre else "",
        "UV_HTTP_TIMEOUT": "" if pip.timeout is None else str(max(1, int(pip.timeout))),
        "SSL_CERT_FILE": pip.cert or "",
        "SSL_CLIENT_CERT": pip.client_cert or "",
        "ALL_PROXY": pip.proxy or "",
    }
    variables = {name: value for name, value in variables.items() if value and not environment.get(name)}
    return variables, ["--no-index"] if pip.no_index else []


def succeeds(
    command: "list[str]", log: str, environment: "Mapping[str, str]", folder: "str | None" = None
) -> bool:
    """Run a command with its output in the log; return whether it ended well."""
    with open(log, "ab") as file:
        line = "$ " + " ".join(map(shlex.quote, command)) + "\n"
        file.write(line.encode("utf-8", "surrogateescape"))
        file.flush()
        done = subprocess.run(
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=folder,
        )
    return done.returncode == 0


def show_end(log: str) -> None:
    """Print the last lines of the log."""
    with open(log, encoding="utf-8", errors="replace") as file:
        lines = file.read().splitlines()[-SHOWN_LINES:]
    for line in lines:
        write("  " + line)


def advise(command: "str | None", what: str) -> None:
    """Print how to get what is missing: a command, or the package's name where the system is unknown."""
    if command is None:
        say("install_something", what=what)
        return
    own = os.path.realpath(sys.executable) == os.path.realpath("/usr/bin/python3")
    minor = "" if own else f".{sys.version_info[1]}"
    administrator = "" if WINDOWS or os.geteuid() == 0 or command.startswith("brew") else "sudo "
    say("install", command=administrator + command.format(venv=f"python3{minor}-venv"))


def distribution(release: str = "/etc/os-release") -> str:
    """Return the first of this system's names (ID, then ID_LIKE) that the table knows, or ''."""
    if sys.platform == "darwin":
        return "darwin"
    values = {}
    with contextlib.suppress(OSError), open(release, encoding="utf-8") as file:
        for line in file:
            name, _, value = line.strip().partition("=")
            values[name] = value.strip("\"'")
    names = [values.get("ID", ""), *values.get("ID_LIKE", "").split()]
    return next((name for name in names if name in PACKAGES), "")


def remove_old(place: str, folder: str) -> None:
    """Remove environments but the one in use and the one before, which a running provenv may be reading."""
    environments = os.path.join(place, "environments")
    others = [os.path.join(environments, name) for name in os.listdir(environments)]
    others = sorted((one for one in others if one != folder), key=os.path.getmtime)
    for old in others[:-1]:
        shutil.rmtree(old, ignore_errors=True)


def python_of(folder: str) -> str:
    """Return the path of an environment's Python."""
    return os.path.join(folder, "Scripts", "python.exe") if WINDOWS else os.path.join(folder, "bin", "python")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
