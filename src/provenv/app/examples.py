"""The examples: which there are, how they are named, and a copy of one."""

from __future__ import annotations

import difflib
import shlex
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..errors import Exit, Failure, Hint, problem, text, verbatim
from ..model.demo import ABOUT_FILE, Example, read_about
from ..model.progress import Progress
from ..model.results import ExampleList
from ..targets.names import FOLDER as STATE

DECLARED = "provenv.toml"
PLAIN = "digits-"
"""What the examples begin with that are meant where a framework alone is named."""
MADE_BY_RUNNING = ("__pycache__", "outputs", "checkpoints", STATE, ".venv", "*.pyc", "pylock*.toml")


def examples() -> Path:
    """Return the folder of the examples: inside the installed package, or at the root of a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "examples"
    return inside if inside.is_dir() else package.parent.parent / "examples"


def source(name: str) -> Path:
    """Return the folder of one example."""
    return examples() / name


def names() -> tuple[str, ...]:
    """Return the names of the examples."""
    return tuple(sorted(path.parent.name for path in examples().glob(f"*/{DECLARED}")))


def families() -> dict[str, tuple[str, ...]]:
    """Return the examples that begin alike, by what they begin with: `fashion` for `fashion-torch`..."""
    found: dict[str, list[str]] = {}
    known = names()
    for name in known:
        parts = name.split("-")
        for count in range(1, len(parts)):
            found.setdefault("-".join(parts[:count]), []).append(name)
    return {begin: tuple(of) for begin, of in found.items() if begin not in known}


def typed_names() -> tuple[str, ...]:
    """Return what may be typed for an example, or for several: whole names, short ones, families."""
    short = [name.removeprefix(PLAIN) for name in names() if name.startswith(PLAIN)]
    return tuple(dict.fromkeys([*names(), *short, *families()]))


def meant(typed: str) -> tuple[str, ...]:
    """Return the examples that a user means: one by its name, `keras` for `digits-keras`, or a family.

    Raises Failure PV770 (usage) where there is none.
    """
    known = names()
    if typed in known:
        return (typed,)
    if f"{PLAIN}{typed}" in known:
        return (f"{PLAIN}{typed}",)
    family = families().get(typed)
    if family is not None:
        return family
    raise unknown(typed, typed_names())


def named(typed: str) -> str:
    """Return the one example of this very name. Raises Failure PV770 (usage) for any other."""
    if typed not in names():
        raise unknown(typed, names())
    return typed


def unknown(typed: str, known: Sequence[str]) -> Failure:
    """Return the failure for a name that no example has, with the list and the nearest."""
    near = difflib.get_close_matches(typed, known, 1) or [one for one in known if one.endswith(f"-{typed}")]
    hints = (Hint(text("PV770.hint", name=near[0])),) if near else ()
    list_hint = Hint(text("PV770.list"), "provenv demo --list")
    shown = problem("PV770", name=typed, known=", ".join(names()), hints=(*hints, list_hint))
    return Failure(shown, exit_code=Exit.USAGE)


def about(name: str) -> Example:
    """Return what an example is about. Raises Failure PV775 where its `example.toml` can't be read."""
    path = source(name) / ABOUT_FILE
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(problem("PV773", path=str(path), why=verbatim(str(error)))) from error
    return read_about(name, content)


def listed() -> ExampleList:
    """Return all examples as they are offered."""
    return ExampleList(tuple(about(name) for name in names()))


def files(name: str) -> Iterator[str]:
    """Yield the paths of an example's files that a project gets, with `/`."""
    root = source(name)
    unwanted = shutil.ignore_patterns(*MADE_BY_RUNNING)

    def below(folder: Path, lead: str) -> Iterator[str]:
        found = sorted(folder.iterdir())
        left_out = unwanted(str(folder), [one.name for one in found])
        for one in found:
            if one.name in left_out or (not lead and one.name == ABOUT_FILE):
                continue
            if one.is_dir():
                yield from below(one, f"{lead}{one.name}/")
            else:
                yield f"{lead}{one.name}"

    return below(root, "")


def copy_example(name: str, folder: Path, progress: Progress) -> None:
    """Copy an example project to `folder`; files that are there already stay as the user left them.

    Raises Failure PV771 where `folder` holds something else, PV765 where nothing can be written.
    """
    if folder.is_dir() and any(folder.iterdir()) and not (folder / DECLARED).is_file():
        other = shlex.quote(f"{folder}-2")
        hints = (Hint(text("PV771.hint"), f"provenv demo {name} --folder {other}"),)
        raise Failure(problem("PV771", folder=str(folder), hints=hints))
    fresh = not folder.exists()
    try:
        for path in files(name):
            goal = folder / path
            if not goal.exists():
                goal.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source(name) / path, goal)
    except OSError as error:
        raise Failure(problem("PV765", path=str(folder), reason=str(error)), exit_code=Exit.DENIED) from error
    progress.note(text("app.demo.copied" if fresh else "app.demo.again", name=name, folder=str(folder)))
