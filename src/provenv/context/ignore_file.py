"""A `.dockerignore` that lets in what was chosen and nothing else, in Docker's own patterns.

It begins from `*`. A folder that goes in whole is named as a folder, so that code which is written later goes
in without rendering anew; a folder of which a part goes in is opened, closed for all that is in it, and its
part named: engines skip a folder that is closed without looking for what is let in from inside it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from ..model.image import Context
from . import kinds
from .patterns import Patterns, docker_patterns, docker_quoted

COMMENT = (
    "# everything stays out but what is let in here, so that neither data nor a secret slips into an image;",
    "# folders that go in whole take along code that is written later",
)
SHY = ("# hidden files, caches, keys, weights, archives and notebooks stay out of every folder",)
ALWAYS = (
    *("**/.*", "**/__pycache__", "**/*.py[cod]", "**/*.egg-info", "**/node_modules", "**/*.log"),
    *("**/*.pem", "**/*.key", "**/*.p12", "**/*.pfx"),
    *(
        "**/*.pt",
        "**/*.pth",
        "**/*.ckpt",
        "**/*.safetensors",
        "**/*.onnx",
        "**/*.gguf",
        "**/*.h5",
        "**/*.bin",
    ),
    *("**/*.npy", "**/*.npz", "**/*.pkl", "**/*.parquet", "**/*.sqlite", "**/*.db"),
    *("**/*.zip", "**/*.tar", "**/*.gz", "**/*.whl", "**/*.ipynb"),
)
DENIED = ("# what the project's own ignore files leave out",)
REST = ("# one by one",)
OWN = ("# what the build itself needs",)
FEW, MANY = 20, 100
"""So many files are left out one by one of a folder that goes in otherwise, of a large one more."""


def ignored(context: Context, also: Iterable[str] = ()) -> str:
    """Return the text of a `.dockerignore` that lets in a context's files; `also` are the build's own names.

    New modules in folders that go in whole are let in too. See the tests for engines that agree.
    """
    denied = _telling(context)
    always = [*ALWAYS, *denied]
    stray = Patterns(docker_patterns("\n".join(always)))
    tree = _Tree(context, stray)
    lines = ["*", *tree.opened("")]
    blocks = [[*COMMENT, *lines], [*SHY, *ALWAYS]]
    if denied:
        blocks.append([*DENIED, *denied])
    if rest := _corrections(context, "\n".join((*lines, *always))):
        blocks.append([*REST, *rest])
    if own := list(also):
        blocks.append([*OWN, *(f"!{docker_quoted(one)}" for one in own)])
    return "\n\n".join("\n".join(one) for one in blocks) + "\n"


class _Tree:
    """The folders of a context: what goes in from each, and what lies in it that no rule keeps out."""

    def __init__(self, context: Context, denied: Patterns) -> None:
        self._in: Mapping[str, list[str]] = _by_folder(context.files)
        stray = [one for one in context.left if not denied.covers(one.rstrip("/"), folder=one.endswith("/"))]
        self._stray: Mapping[str, list[str]] = _by_folder([one.rstrip("/") for one in stray])
        self._counts = (_counts(self._in), _counts(self._stray))
        self._folders: dict[str, set[str]] = defaultdict(set)
        for folder in self._counts[0]:
            if folder:
                self._folders[folder.rpartition("/")[0]].add(folder)

    def opened(self, folder: str) -> Iterator[str]:
        """Yield the lines that let in the chosen part of a folder that is open and closed for all in it."""
        for one in sorted(self._folders[folder]):
            chosen, stray = (counts.get(one, 0) for counts in self._counts)
            yield f"!{docker_quoted(one)}"
            if stray > self._bearable(one, chosen):
                yield f"{docker_quoted(one)}/*"
                yield from self.opened(one)
        yield from self._files(folder)

    def _bearable(self, folder: str, chosen: int) -> int:
        """Return how many files may be left out one by one of a folder that goes in otherwise."""
        package = f"{folder}/__init__.py" in self._in.get(folder, ())
        if not package and folder.rpartition("/")[2].lower() in kinds.DATA:
            return 0  # there will be more
        return min(MANY, max(FEW, chosen))

    def _files(self, folder: str) -> Iterator[str]:
        names = self._in.get(folder, [])
        where = f"{docker_quoted(folder)}/" if folder else ""
        modules = [one for one in names if one.endswith(".py")]
        together = modules and not any(one.endswith(".py") for one in self._stray.get(folder, ()))
        if together:
            yield f"!{where}*.py"
        for one in names:
            if not (together and one.endswith(".py")):
                yield f"!{docker_quoted(one)}"


def _corrections(context: Context, text: str) -> list[str]:
    """Return the lines that are still missing for what is chosen to be let in and the rest not."""
    said = Patterns(docker_patterns(text))
    lines: list[str] = []
    opened: set[str] = set()
    for path in context.files:
        if not said.covers(path):
            continue
        parts = path.split("/")
        for depth in range(1, len(parts)):
            above = "/".join(parts[:depth])
            if above not in opened and said.covers(above, folder=True):
                opened.add(above)
                lines += [f"!{docker_quoted(above)}", f"{docker_quoted(above)}/*"]
        lines.append(f"!{docker_quoted(path)}")
    for entry in context.left:
        path = entry.rstrip("/")
        if not said.covers(path, folder=entry.endswith("/")):
            lines.append(docker_quoted(path))
    return lines


def _by_folder(paths: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for one in paths:
        found[one.rpartition("/")[0]].append(one)
    return found


def _counts(folders: Mapping[str, list[str]]) -> dict[str, int]:
    """Return how many files lie in each folder or below it."""
    found: dict[str, int] = defaultdict(int)
    for folder, names in folders.items():
        above = folder
        while above:
            found[above] += len(names)
            above = above.rpartition("/")[0]
    return found


def _telling(context: Context) -> list[str]:
    """Return what is denied in folders that are let in, and isn't always: hidden files are, for one.

    Names that are no UTF-8 can't stand in a file of text.
    """
    let_in = {one.partition("/")[0] for one in context.files if "/" in one}
    found: list[str] = []
    for one in context.denied:
        first, _, rest = one.partition("/")
        somewhere = first == "**" or any(mark in first for mark in "*?[\\")
        hidden = (rest.rpartition("/")[2] or first).startswith(".")
        if one not in ALWAYS and not hidden and (somewhere or first in let_in):
            found.append(one)
    return [one for one in found if one == one.encode("utf-8", "ignore").decode()]
