"""Requirements from what code imports and what its notebooks install."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from packaging.utils import canonicalize_name

from ...errors import Failure, Text, text
from ..distributions import table
from ..source import read_requirements
from . import script_metadata
from .adopted import Draft, Item
from .dockerfile import finder
from .installing import Setting, take_command
from .pip_lines import requirement_names
from .shell_words import commands
from .survey import Import, Survey, survey
from .tree import Tree

_INSTALLERS = (
    "pip",
    "pip3",
    "conda",
    "mamba",
    "uv",
    "apt",
    "apt-get",
    "git",
    "cd",
    "python",
    "python3",
    "sudo",
)


def read(draft: Draft, tree: Tree, reader: Callable[[Draft, Path], None]) -> None:
    """Read the files of a tree: scripts' own lists, what notebooks install, imports that neither covers."""
    found = survey(tree)
    draft.tell(
        text("spec.init.found_code", scripts=found.scripts, notebooks=found.notebooks)
        if found.scripts or found.notebooks
        else text("spec.init.found_nothing")
    )
    for name in found.broken[:20]:
        draft.tell(text("spec.init.found_broken", file=name))
    if tree.cut:
        draft.tell(text("spec.init.found_cut"))
    _blocks(draft, tree)
    _installs(draft, tree, found, reader)
    for module, place in found.hosted.items():
        draft.leave(f"import {module}", place, text("adopt.left.hosted"))
    draft.requirements.extend(rows(found, draft))
    if draft.requirements:
        draft.about = text("spec.init.requirements_imports")


def missing(draft: Draft, tree: Tree, listed: Sequence[Item]) -> None:
    """Add what the code imports and no list names: as comments, or as the list where there is none.

    A comment, since a package that another one brings along needs no line of its
    own. `listed` is what the files say that are referred to; what only examples
    and applications beside the project import is none of its business.
    """
    found = survey(tree)
    has_list = bool(draft.references) or any(
        item.sure and item.words != "-e ." for item in draft.requirements
    )
    own = {one.place for one in found.imports.values() if one.standing == "needed"}
    for item in rows(found, draft, listed):
        if not has_list:
            draft.requirements.append(item)
        elif item.sure and item.where in own:
            draft.requirements.append(Item(item.words, item.where, text("adopt.note.unlisted"), sure=False))


def rows(found: Survey, draft: Draft, listed: Sequence[Item] = ()) -> list[Item]:
    """Return a requirement for each import that nothing in the lists covers, the certain ones first."""
    covered = set(requirement_names([*draft.requirements, *draft.constraints, *listed]))
    items: dict[str, Item] = {}
    for key, one in sorted(found.imports.items()):
        top = key.partition(":")[0]
        distribution = table().of_import(one.module)
        if top == "cv2" and found.windows:
            distribution = "opencv-python"
        elsewhere = table().elsewhere.get(top)
        words = elsewhere or distribution or top.replace("_", "-")
        name = canonicalize_name(words.partition(" @")[0])
        if name in covered or _variant_of(name, covered):
            continue
        sure = distribution is not None and elsewhere is None and one.standing in ("needed", "beside")
        item = Item(words, one.place, _note(top, one, distribution, elsewhere), sure)
        before = items.get(name)
        if before is None or (item.sure and not before.sure):
            items[name] = item
    return [items[name] for name in sorted(items, key=lambda name: (not items[name].sure, name))]


def _variant_of(name: str, covered: set[str]) -> bool:
    """Return whether another build of the same modules is listed already."""
    for family in (
        (
            "opencv-python",
            "opencv-python-headless",
            "opencv-contrib-python",
            "opencv-contrib-python-headless",
        ),
        ("tensorflow", "tensorflow-cpu", "tensorflow-macos", "tensorflow-rocm", "tf-nightly"),
        ("onnxruntime", "onnxruntime-gpu", "onnxruntime-directml", "onnxruntime-openvino"),
        ("faiss-cpu", "faiss-gpu", "faiss-gpu-cu12"),
        ("paddlepaddle", "paddlepaddle-gpu"),
        ("psycopg2-binary", "psycopg2"),
        ("pycryptodome", "pycrypto"),
        ("lightning", "pytorch-lightning"),
        ("cuml-cu11", "cuml-cu12", "cuml-cu13"),
        ("cudf-cu11", "cudf-cu12", "cudf-cu13"),
        ("cupy", "cupy-cuda11x", "cupy-cuda12x", "cupy-cuda13x"),
        ("flash-attn", "flash-attn-3"),
        ("pillow", "pillow-simd"),
        ("openai-whisper", "whisper"),
    ):
        if name in family and covered & set(family):
            return True
    return False


def _note(top: str, one: Import, distribution: str | None, elsewhere: str | None) -> Text:
    if elsewhere is not None:
        return text("adopt.note.import_elsewhere", module=top)
    if distribution is None:
        return text("adopt.note.import_unknown", module=top)
    if one.standing == "optional":
        return text("adopt.note.import_optional", module=top)
    if one.standing == "aside":
        return text("adopt.note.import_aside", module=top)
    if distribution == "opencv-python-headless":
        return text("adopt.note.import_cv2_headless")
    if distribution == "opencv-python":
        return text("adopt.note.import_cv2_windows")
    return text("adopt.note.import", module=top)


def _blocks(draft: Draft, tree: Tree) -> None:
    """Take the requirements that scripts of the root folder state themselves."""
    for file in tree.files:
        if file.suffix != ".py" or len(file.parts) > 1:
            continue
        try:
            source = read_requirements(tree.root, tree.root / file)
            if script_metadata.has_block(source.text):
                script_metadata.read(draft, source)
        except Failure as failure:
            draft.leave(str(file), str(file), failure.problems[0].why or failure.problems[0].what)


def _installs(draft: Draft, tree: Tree, found: Survey, reader: Callable[[Draft, Path], None]) -> None:
    settings: dict[str, Setting] = {}
    before = len(draft.requirements)
    for script, file in found.shell:
        setting = settings.setdefault(file, Setting(finder(draft, (tree.root / file).parent), reader))
        for command in commands(script):
            if command.words[0].rpartition("/")[2] in _INSTALLERS and command.words[1:2] != ("--version",):
                _take(draft, command.words, file, setting)
    for setting in settings.values():
        setting.finish(draft)
    _once(draft, before)


def _take(draft: Draft, words: tuple[str, ...], file: str, setting: Setting) -> None:
    if words[0].startswith("python") and words[1:2] != ("-m",) and words[1:2] != ("setup.py",):
        return
    take_command(draft, words, file, setting)


def _once(draft: Draft, before: int) -> None:
    """Keep one requirement of a name that several notebooks install: the first that says a version."""
    kept: dict[str, Item] = {}
    for item in draft.requirements[before:]:
        name = next(iter(requirement_names([item])), item.words)
        note = item.note or text("adopt.note.install")
        one = Item(item.words, item.where, note, item.sure)
        if name not in kept or (
            any(sign in one.words for sign in "=<>~@")
            and not any(sign in kept[name].words for sign in "=<>~@")
        ):
            kept[name] = one
    draft.requirements[before:] = list(kept.values())
