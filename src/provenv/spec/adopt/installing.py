"""What a command installs: pip, uv, conda, the system's package manager, and what they are told to read."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import text
from .adopted import Draft, Item
from .conda_environment import take_spec
from .conda_spec import parse
from .indexes import take_extra_index, take_index
from .pip_lines import take_arguments

_APT = frozenset({"apt-get", "apt", "aptitude", "apt-fast"})
_OTHER_SYSTEMS = {
    # package managers whose names are not Debian's -> the words that install
    "apk": ("add",),
    "yum": ("install",),
    "dnf": ("install",),
    "microdnf": ("install",),
    "zypper": ("install", "in"),
    "pacman": ("-S", "-Sy", "-Syu"),
    "brew": ("install",),
}
_CONDA = frozenset({"conda", "mamba", "micromamba"})
_APT_VALUES = frozenset({"-o", "-t", "-c", "--option", "--target-release", "--config-file"})
_SYSTEM_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]*(?::[a-z0-9]+)?")
_INTERPRETER = re.compile(
    r"(?:lib)?python(?:3(?:\.\d+)?)?(?:-(?:pip|dev|venv|distutils|setuptools|wheel|minimal|full|is-python3|all))*|pypy3?"
)
_ACCELERATOR = re.compile(
    r"(?:cuda|libcudnn|cudnn|libnccl|libcublas|nvidia|libnvinfer|tensorrt|rocm|hip)[\w.-]*"
)
_IMAGE_ONLY = frozenset(
    {"ca-certificates", "software-properties-common", "apt-transport-https", "gnupg", "gnupg2", "locales",
     "tzdata", "sudo", "apt-utils", "lsb-release", "dumb-init", "tini", "supervisor", "dialog"}
)  # fmt: skip
_PYTHON = re.compile(r"(?:python|pypy)(?:3(?:\.\d+)?)?")
_PIP = re.compile(r"pip(?:3(?:\.\d+)?)?")
_TRIFLES = frozenset(
    {"rm", "mkdir", "cd", "echo", "set", "true", "false", "exit", "cp", "mv", "ln", "chmod", "chown", "touch",
     "export", "ls", "cat", "test", "[", "[[", "]", "]]", "for", "in", "case", "source", ".", "printf",
     "sed", "ulimit", "tar", "unzip", "locale-gen", "update-alternatives", "ssh-keygen", "tee", "grep",
     "sleep", "unset", "eval", "pwd", "ldconfig", "hash", "which", "shopt", "trap", "wait", "local", "return"}
)  # fmt: skip


_BUILDERS = frozenset(
    {"make", "cmake", "ninja", "gcc", "g++", "cc", "c++", "nvcc", "configure", "meson", "bazel", "cargo",
     "go", "npm", "npx", "yarn", "pnpm"}
)  # fmt: skip


@dataclass
class Setting:
    """Where commands run: how a file that they name is found in the project, and who reads one.

    `folder` is the last part of the present folder's path; `clones` are
    repositories that were cloned, by folder, as pip would take them.
    """

    find: Callable[[str], Path | None]
    read: Callable[[Draft, Path], None]
    folder: str = ""
    clones: dict[str, str] = field(default_factory=dict)
    waiting: dict[str, tuple[str, str]] = field(default_factory=dict)

    def finish(self, draft: Draft) -> None:
        """Say which cloned repositories nothing was installed from."""
        for words, where in self.waiting.values():
            draft.leave(words, where, text("adopt.left.clone"))
        self.waiting.clear()


def take_command(draft: Draft, words: Sequence[str], where: str, setting: Setting) -> None:
    """Carry over what a command installs; one that installs nothing is left out with its reason."""
    name, rest = _called(words)
    if name in _CONDA and rest[:1] == ["run"]:
        take_command(draft, _after_options(rest[1:], {"-n", "-p", "--name", "--prefix"}), where, setting)
    elif name == "cd":
        setting.folder = posixpath.basename(rest[0].rstrip("/")) if rest else ""
    elif _PYTHON.fullmatch(name) and rest[:1] == ["setup.py"]:
        _setup_script(draft, rest, where, setting, words)
    elif act := _installer(name):
        act(draft, name, rest, where, setting, words)
    elif name in _BUILDERS or name.endswith(("/configure", "build.sh")):
        draft.leave(" ".join(words), where, text("adopt.left.compiled"))
    elif name and name not in _TRIFLES:
        draft.leave(" ".join(words), where, text("adopt.left.command"))


def _called(words: Sequence[str]) -> tuple[str, list[str]]:
    """Return the program's name and its arguments; `python -m pip` and `uv pip` are pip."""
    name, rest = posixpath.basename(words[0]) if words else "", list(words[1:])
    if _PYTHON.fullmatch(name) and rest and re.fullmatch(r"-m\w+", rest[0]):
        rest = ["-m", rest[0][2:], *rest[1:]]
    if _PYTHON.fullmatch(name) and rest[:1] == ["-m"]:
        name, rest = posixpath.basename(rest[1]) if len(rest) > 1 else "", rest[2:]
    return ("pip", rest[1:]) if name == "uv" and rest[:1] == ["pip"] else (name, rest)


_Act = Callable[[Draft, str, "list[str]", str, Setting, Sequence[str]], None]


def _installer(name: str) -> _Act | None:
    if _PIP.fullmatch(name):
        return _pip
    if name in _APT:
        return _apt
    if name in _OTHER_SYSTEMS:
        return _other_system
    if name in _CONDA:
        return _conda
    if name in ("poetry", "uv", "pdm", "pipenv"):
        return _manager
    return _git if name == "git" else None


def _pip(
    draft: Draft, name: str, rest: list[str], where: str, setting: Setting, words: Sequence[str]
) -> None:
    while rest and rest[0].startswith("-"):
        rest = rest[1:]
    if rest[:2] == ["config", "set"] and len(rest) > 3:
        if rest[2].endswith("extra-index-url"):
            take_extra_index(draft, rest[3], where)
        elif rest[2].endswith("index-url"):
            take_index(draft, rest[3], where)
        return
    if rest[:1] not in (["install"], ["sync"]):
        if rest[:1] not in (["uninstall"], ["cache"], ["list"], ["check"], ["config"], ["--version"]):
            draft.leave(" ".join(words), where, text("adopt.left.command"))
        return
    arguments = [_cloned(word, setting) for word in rest[1:]]
    if rest[0] == "sync":
        arguments = [
            part for word in arguments for part in (("-r", word) if not word.startswith("-") else (word,))
        ]
    take_arguments(draft, arguments, where, find=setting.find)


def _cloned(word: str, setting: Setting) -> str:
    """Return the repository where a path of `pip install` means one that was cloned before."""
    target = word.partition("[")[0]
    bare = posixpath.normpath(target) if target else target
    parts = [part for part in bare.split("/") if part not in ("", ".")]
    if word.startswith("-") or any(sign in word for sign in "=<>~@:"):
        return word
    folder = setting.folder
    if folder in setting.clones and (bare == "." or "/" in target or target.startswith(".")):
        subdirectory = "/".join(parts)
    elif parts and parts[0] in setting.clones and ("/" in target or len(parts) == 1):
        folder, subdirectory = parts[0], "/".join(parts[1:])
    else:
        return word
    setting.waiting.pop(folder, None)
    return setting.clones[folder] + (f"#subdirectory={subdirectory}" if subdirectory else "")


def _apt(
    draft: Draft, name: str, rest: list[str], where: str, setting: Setting, whole: Sequence[str]
) -> None:
    words = _after_options(rest, _APT_VALUES)
    if words[:1] != ["install"]:
        if words[:1] and words[0] not in (
            "update",
            "upgrade",
            "clean",
            "autoremove",
            "autoclean",
            "remove",
            "purge",
            "dist-upgrade",
        ):
            draft.leave(f"apt {' '.join(words)}", where, text("adopt.left.command"))
        return
    skipping = False
    for word in words[1:]:
        if skipping or word.startswith("-"):
            skipping = word in _APT_VALUES
            continue
        name = re.split(r"[=/]", word, maxsplit=1)[0].rstrip("*+-") if not word.endswith("++") else word
        take_system(draft, name, word, where)


def take_system(draft: Draft, name: str, word: str, where: str) -> None:
    """Carry over a Debian package; interpreters, CUDA and what only an image needs are left out."""
    if _INTERPRETER.fullmatch(name):
        if draft.python is None and (version := re.match(r"python(3\.\d+)", name)):
            draft.python = Item(version[1], where)
        draft.leave(word, where, text("adopt.left.interpreter"))
    elif _ACCELERATOR.fullmatch(name):
        draft.leave(word, where, text("adopt.left.cuda"))
    elif name in _IMAGE_ONLY:
        draft.leave(word, where, text("adopt.left.image"))
    elif "$" in word or not _SYSTEM_NAME.fullmatch(name):
        draft.leave(word, where, text("adopt.left.not_understood"))
    elif all(item.words != name for item in draft.system):
        note = None if name == word.rstrip("*") else text("adopt.note.system_version", words=word)
        draft.system.append(Item(name, where, note))


def _other_system(
    draft: Draft, name: str, rest: list[str], where: str, setting: Setting, words: Sequence[str]
) -> None:
    if any(word in _OTHER_SYSTEMS[name] for word in rest):
        draft.leave(" ".join(words), where, text("adopt.left.other_system", manager=name))


def _conda(
    draft: Draft, name: str, rest: list[str], where: str, setting: Setting, words: Sequence[str]
) -> None:
    if rest[:1] == ["env"]:
        rest = rest[1:]
    if rest[:1] not in (["install"], ["create"], ["update"]):
        if rest[:1] and rest[0] not in (
            "clean",
            "init",
            "activate",
            "config",
            "list",
            "info",
            "deactivate",
            "shell",
        ):
            draft.leave(" ".join(words), where, text("adopt.left.command"))
        return
    values = iter(rest[1:])
    for word in values:
        name, equals, attached = word.partition("=") if word.startswith("--") else (word, "", "")
        if name in ("-f", "--file"):
            _read_named(draft, attached if equals else next(values, ""), where, setting)
        elif name in ("-c", "--channel", "-n", "--name", "-p", "--prefix", "--solver"):
            _ = attached if equals else next(values, "")
        elif not word.startswith("-"):
            take_spec(draft, parse(word), word, where)


def _read_named(draft: Draft, written: str, where: str, setting: Setting) -> None:
    path = setting.find(written)
    if path is None:
        draft.leave(written, where, text("adopt.left.no_file"))
    else:
        setting.read(draft, path)


def _manager(
    draft: Draft, name: str, rest: list[str], where: str, setting: Setting, words: Sequence[str]
) -> None:
    verbs = {"poetry": "install", "uv": "sync", "pdm": "install", "pipenv": "install"}
    file = "Pipfile" if name == "pipenv" else "pyproject.toml"
    if verbs[name] in rest:
        named = [word for word in rest[rest.index(verbs[name]) + 1 :] if not word.startswith("-")]
        if name == "pipenv" and named:
            take_arguments(draft, named, where, find=setting.find)
        else:
            _read_named(draft, file, where, setting)
    elif rest[:1] == ["add"]:
        take_arguments(draft, rest[1:], where, find=setting.find)
    elif rest[:1] not in (["config"], ["cache"], ["self"], ["venv"], ["python"]):
        draft.leave(" ".join(words), where, text("adopt.left.command"))


def _git(
    draft: Draft, name: str, rest: list[str], where: str, setting: Setting, words: Sequence[str]
) -> None:
    if rest[:1] == ["checkout"] and len(rest) > 1 and "@" not in setting.clones.get(setting.folder, "@"):
        setting.clones[setting.folder] += f"@{rest[-1]}"
        return
    if rest[:1] != ["clone"]:
        if rest[:1] not in (["lfs"], ["config"], ["submodule"]):
            draft.leave(" ".join(words), where, text("adopt.left.command"))
        return
    branch = ""
    positional: list[str] = []
    values = iter(rest[1:])
    for word in values:
        if word in ("-b", "--branch"):
            branch = next(values, "")
        elif word in ("--depth", "-j", "--jobs", "-c", "-o", "--origin", "--shallow-since"):
            next(values, "")
        elif not word.startswith("-"):
            positional.append(word)
    if not positional:
        return
    url = positional[0]
    folder = posixpath.basename((positional[1] if len(positional) > 1 else url).rstrip("/")).removesuffix(
        ".git"
    )
    setting.clones[folder] = f"git+{url}{'@' + branch if branch else ''}"
    setting.waiting[folder] = (" ".join(words), where)


def _setup_script(draft: Draft, rest: list[str], where: str, setting: Setting, words: Sequence[str]) -> None:
    if not any(verb in rest for verb in ("install", "develop")):
        draft.leave(" ".join(words), where, text("adopt.left.command"))
    elif setting.folder in setting.clones:
        take_arguments(draft, [_cloned(".", setting)], where)
    else:
        take_arguments(draft, ["-e", "."], where, find=setting.find)


def _after_options(words: Sequence[str], with_value: frozenset[str] | set[str]) -> list[str]:
    rest = list(words)
    while rest and rest[0].startswith("-"):
        rest = rest[2:] if rest[0] in with_value else rest[1:]
    return rest
