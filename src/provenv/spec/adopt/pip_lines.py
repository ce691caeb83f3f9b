"""Requirements as pip takes them: lines of its files, `pip freeze`, arguments of `pip install`."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from packaging.requirements import Requirement as Pep508
from packaging.utils import canonicalize_name

from ...errors import Failure, Place, Text, text
from ..distributions import table
from ..lines import logical_lines, options_at
from ..mistakes import diagnose, parses
from ..requirement import Origin, read_requirement
from ..source import read_requirements, relative
from .adopted import Draft, Item
from .indexes import take_extra_index, take_index, take_links

TOOLS = frozenset({"pip", "uv", "wheel", "setuptools", "virtualenv", "pipenv", "poetry", "pdm", "conda"})
"""What installs; provenv brings its own. A list that somebody wrote can mean setuptools itself."""
_INSTALLERS = TOOLS - {"setuptools"}
_CARRIED_BY_TORCH = re.compile(
    r"(?:nvidia-[\w-]+-cu\d+|nvidia-(?:nccl|cudnn)|triton|pytorch-triton)(?![\w-])"
)
_GIT = re.compile(r"(?:git|hg|svn|bzr)\+")
_EGG = re.compile(r"(?:^|[#&])egg=(?P<name>[A-Za-z0-9][\w.-]*)(?P<extras>\[[\w,.-]+\])?")
_LOCAL = re.compile(r"(?P<head>==\s*[\w.!]+)\+[\w.]+")
_BUILT_ELSEWHERE = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)\s*@\s*file:/")

_WITH_VALUE: dict[str, Callable[[Draft, str, str], None] | None] = {
    # options of pip and uv that a value follows -> what is done with it (None: nothing that a project needs)
    "-i": take_index,
    "--index-url": take_index,
    "--default-index": take_index,
    "--extra-index-url": take_extra_index,
    "--index": take_extra_index,
    "-f": take_links,
    "--find-links": take_links,
    **dict.fromkeys(
        (
            "-t", "--target", "--prefix", "--root", "--src", "--python", "-p", "--timeout", "--retries",
            "--cache-dir", "--trusted-host", "--proxy", "--cert", "--log", "--progress-bar",
            "--exists-action",
            "--upgrade-strategy", "--root-user-action", "--platform", "--python-version", "--abi",
            "--implementation", "--global-option", "--install-option", "--build-option", "-C",
            "--config-settings", "--config-setting", "--use-feature", "--use-deprecated", "--link-mode",
            "--index-strategy", "--torch-backend", "--hash", "--keyring-provider", "--report",
            "--python-platform",
        )
    ),
}  # fmt: skip
_TOLD = frozenset({"--trusted-host", "-C", "--config-settings", "--config-setting", "--global-option"})
"""Of the options that are not carried over, those whose absence somebody could notice."""
_KEPT = ("--no-binary", "--only-binary")
_FILES = {"-r": False, "--requirement": False, "--requirements": False, "-c": True, "--constraint": True}

Finder = Callable[[str], Path | None]


def take_text(draft: Draft, path: Path, *, constraint: bool = False, sure: bool = True) -> None:
    """Read a requirements file and all that it includes. Raises Failure where `path` cannot be read."""
    resolved = path.resolve()
    if resolved in draft.seen:
        return
    draft.seen.add(resolved)
    source = read_requirements(draft.root, path)
    inner = draft.inner(path.parent)
    for line in logical_lines(source):
        where = f"{source.name}:{line.place(0).line}"
        take_line(inner, line.text, where, constraint=constraint, sure=sure)
    draft.take(inner)


def take_line(
    draft: Draft,
    words: str,
    where: str,
    *,
    note: Text | None = None,
    constraint: bool = False,
    sure: bool = True,
) -> None:
    """Read one logical line: an option with its values, or a requirement."""
    words = words.strip()
    if not words:
        return
    if words.startswith("-") and not words.startswith(("- ", "-\t")):
        take_arguments(draft, _split(words), where, constraint=constraint, sure=sure)
        return
    split = options_at(words)
    take_requirement(draft, words[:split].strip(), where, note=note, constraint=constraint, sure=sure)
    for option in re.split(r"\s+(?=--)", words[split:].strip()):
        if option and not option.startswith("--hash"):
            draft.leave(option, where, text("adopt.left.install_variable"))


def take_arguments(
    draft: Draft,
    arguments: Sequence[str],
    where: str,
    *,
    constraint: bool = False,
    sure: bool = True,
    find: Finder | None = None,
) -> None:
    """Read the arguments of `pip install`. `find` says where a file that they name lies in the project."""
    rest = iter(arguments)
    for word in rest:
        name, equals, attached = word.partition("=") if word.startswith("--") else (word, "", "")
        if not equals and word[:2] in ("-r", "-c", "-e", "-i", "-f") and len(word) > 2 and word[1] != "-":
            name, equals, attached = word[:2], "=", word[2:].lstrip("=")
        if name in _FILES:
            _include(draft, attached or next(rest, ""), where, _FILES[name] or constraint, sure, find)
        elif name in ("-e", "--editable"):
            _editable(draft, attached or next(rest, ""), where, sure, find)
        elif name in _WITH_VALUE:
            value = attached if equals else next(rest, "")
            act = _WITH_VALUE[name]
            if act is not None:
                act(draft, value, where)
            elif name in _TOLD:
                draft.leave(f"{name} {value}", where, text("adopt.left.install_variable"))
        elif name in _KEPT:
            value = attached if equals else next(rest, "")
            draft.options.append(Item(f"{name} {value}", where))
        elif name == "--pre":
            draft.options.append(Item("--pre", where))
        elif not word.startswith("-"):
            take_requirement(draft, word, where, constraint=constraint, sure=sure, find=find)


def take_requirement(
    draft: Draft,
    words: str,
    where: str,
    *,
    note: Text | None = None,
    constraint: bool = False,
    sure: bool = True,
    find: Finder | None = None,
) -> None:
    """Carry over one requirement, put right where it is plain how; what no index has is left out."""
    words, note = _put_right(words.strip().rstrip(","), note)
    if not words:
        return
    if built := _BUILT_ELSEWHERE.match(words):
        inside = _inside(draft, words)
        words, note = inside or built["name"], note if inside else text("adopt.note.built_elsewhere")
    name = _name(words)
    if draft.dump and _CARRIED_BY_TORCH.match(name):
        draft.leave(words, where, text("adopt.left.with_torch"))
        return
    if name in (TOOLS if draft.dump else _INSTALLERS):
        draft.leave(words, where, text("adopt.left.installer"))
        return
    if name in table().not_packages:
        take_not_package(draft, words, name, where)
        return
    if name in table().wrong:
        right = table().wrong[name]
        note = text("adopt.note.renamed", name=words[: len(name)])
        words = right + words[len(name) :]
    if elsewhere := _elsewhere(words, name):
        words, note, sure = elsewhere, text("adopt.note.elsewhere", words=words), False
    found = find(words) if find is not None else None
    if found is not None:
        words = _dotted(relative(draft.root, found))
    _keep(draft, words, where, note, constraint, sure)


def _elsewhere(words: str, name: str) -> str | None:
    """Return the repository of a name that no index has, or that is another project's there."""
    if "@" in words:
        return None
    found = table().elsewhere
    return next((found[one] for one in found if canonicalize_name(one) == name), None)


def take_not_package(draft: Draft, words: str, name: str, where: str) -> None:
    """Note a name that stands for Python or for CUDA rather than for a package."""
    version = re.search(r"\d+(?:\.\d+)*", words.replace(name, "", 1))
    if table().not_packages[name] == "python":
        if version and draft.python is None:
            draft.python = Item(version[0], where)
        else:
            draft.leave(words, where, text("adopt.left.python"))
        return
    if "cpuonly" in name:
        draft.accelerator = Item("cpu", where, text("adopt.note.cpu_only"))
        return
    note = text("adopt.note.cuda", version=version[0]) if version else text("adopt.note.cuda_any")
    draft.accelerator = draft.accelerator or Item("auto", where, note)
    draft.leave(words, where, text("adopt.left.cuda"))


def _put_right(words: str, note: Text | None) -> tuple[str, Text | None]:
    """Return the requirement without what belongs to one build only, and as it was probably meant."""
    if match := _LOCAL.search(words):
        words = words[: match.start()] + match["head"] + words[match.end() :]
        note = text("adopt.note.local_version")
    if re.match(r"-?e? ?(?:[a-z]+\+)?(?:https?|file|ssh|git)[:+]", words) or words.startswith(
        (".", "/", "~")
    ):
        return words, note
    if not parses(words):
        meant = diagnose(words, None).suggestion
        if meant is not None:
            return meant, text("adopt.note.repaired", words=words)
    return words, note


def _keep(draft: Draft, words: str, where: str, note: Text | None, constraint: bool, sure: bool) -> None:
    if _GIT.match(words):
        words = _direct(words)
    origin = Origin(draft.root, draft.folder, lambda offset, length: Place(where, 1, offset + 1))
    read = read_requirement(words, origin)
    if read.requirement is None:
        first = read.problems[0]
        draft.leave(words, where, first.why or first.what)
        return
    item = Item(read.requirement.text, where, note, sure)
    (draft.constraints if constraint else draft.requirements).append(item)


def _direct(url: str) -> str:
    """Return `git+URL#egg=NAME&rest` as `NAME @ git+URL#rest`, which is the standard's form."""
    address, _, fragment = url.partition("#")
    if not (match := _EGG.search(fragment)):
        return url
    rest = "&".join(part for part in fragment.split("&") if part and not part.startswith("egg="))
    return f"{match['name']}{match['extras'] or ''} @ {address}{'#' + rest if rest else ''}"


def _editable(draft: Draft, target: str, where: str, sure: bool, find: Finder | None) -> None:
    if _GIT.match(target):
        _keep(draft, target, where, text("adopt.note.not_editable"), False, sure)
        return
    found = find(target) if find is not None else None
    words = _dotted(relative(draft.root, found)) if found is not None else target
    if target.startswith("file://"):
        inside = _inside(draft, target)
        if inside is None:
            draft.leave(f"-e {target}", where, text("adopt.left.outside"))
            return
        words = inside
    _keep(draft, f"-e {words}", where, None, False, sure)


def _include(
    draft: Draft, written: str, where: str, constraint: bool, sure: bool, find: Finder | None
) -> None:
    if re.match(r"[a-z]+://", written):
        draft.leave(f"{'-c' if constraint else '-r'} {written}", where, text("adopt.left.remote_file"))
        return
    path = (find(written) if find is not None else None) or draft.folder / written
    if not path.is_file():
        draft.leave(f"{'-c' if constraint else '-r'} {written}", where, text("adopt.left.no_file"))
        return
    try:
        take_text(draft, path, constraint=constraint, sure=sure)
    except Failure as failure:
        draft.leave(f"-r {written}", where, failure.problems[0].why or failure.problems[0].what)


def _name(words: str) -> str:
    if _GIT.match(words) or "://" in words.partition("@")[0]:
        return ""
    match = re.match(r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?", words)
    return str(canonicalize_name(match[0])) if match else ""


def _inside(draft: Draft, words: str) -> str | None:
    """Return the path of `NAME @ file:///PATH` relative to the project, None where it lies elsewhere."""
    path = Path(words.partition("file://")[2].partition("#")[0].partition(" ")[0])
    if not path.exists() or draft.root.resolve() not in (path.resolve(), *path.resolve().parents):
        return None
    return _dotted(relative(draft.root.resolve(), path.resolve()))


def _dotted(path: str) -> str:
    return path if path.startswith((".", "/")) else f"./{path}"


def _split(words: str) -> list[str]:
    try:
        return shlex.split(re.sub(r"\s#.*$", "", words))
    except ValueError:
        return words.split()


def requirement_names(items: Sequence[Item]) -> Iterator[str]:
    """Yield the normalised name of each requirement that has one."""
    for item in items:
        if parses(item.words):
            yield str(canonicalize_name(Pep508(item.words).name))
        elif match := _EGG.search(item.words):
            yield str(canonicalize_name(match["name"]))
        elif _GIT.match(item.words):
            yield str(
                canonicalize_name(posixpath.basename(item.words).partition("@")[0].removesuffix(".git"))
            )
