"""What was adopted as a commented provenv.toml, with the files that its keys cannot replace."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from ...errors import Text, text
from ...model.adopted import Carried, CarriedKind, Initial, LeftOut
from ..edit_array import INDENT, quote
from .adopted import Adopted, Item, Named
from .image_target import KEYS, LISTS, NUMBERS

OPTIONS = "requirements.provenv.txt"
"""Indexes and other options of pip's, which provenv.toml has no key for, stand in a requirements file."""
CONSTRAINTS = "constraints.provenv.txt"
IMAGE = "image"
"""The name of the target that a source's image becomes."""
_NAME = re.compile(r"\w([\w.-]*\w)?")

Words = Callable[[Text], str]


def write(adopted: Adopted, root: Path, words: Words) -> Initial:
    """Return the declared file's text and all that is told about it; `words` renders the comments."""
    lines = [
        *_comment(words(text("spec.init.header"))),
        "schema = 1",
        f"name = {_quoted(_name(adopted, root))}",
        "",
        *_python(adopted, words),
        "",
        *_requirements(adopted, words),
        "",
        *_accelerator(adopted, words),
        "",
        *_system(adopted, words),
        "",
        *_environment(adopted, words),
        "",
        *_table(
            adopted.mirrors,
            "mirrors",
            'pypi = "https://mirror.example/simple"',
            words(text("spec.init.mirrors")),
            words,
        ),
        "",
        *_prove(adopted, root, words),
        "",
        *_runs(adopted, root, words),
        *_image(adopted, words),
        *_left_out(adopted, words),
        "",
    ]
    return Initial(
        "\n".join(lines),
        dict(_files(adopted, words)),
        adopted.source,
        adopted.found,
        tuple(_carried(adopted)),
        adopted.left_out,
    )


def _comment(words: str) -> list[str]:
    return [f"# {line}".rstrip() for line in words.splitlines()]


def _quoted(words: str) -> str:
    return quote(words, '"')


def _told(item: Item, words: Words) -> str:
    """Return where a line comes from and what was changed, as it stands in a comment."""
    note = " ".join(words(item.note).split()) if item.note is not None else ""
    return ": ".join(part for part in (item.where, note) if part)


def _name(adopted: Adopted, root: Path) -> str:
    if adopted.name and _NAME.fullmatch(adopted.name):
        return adopted.name
    return re.sub(r"[^\w.-]+", "-", root.name).strip("-._") or "project"


def _python(adopted: Adopted, words: Words) -> list[str]:
    in_project = any(one.file.endswith(".toml") for one in adopted.references)
    comment = _comment(words(text("spec.init.python_from_project" if in_project else "spec.init.python")))
    if adopted.python is None:
        return [*comment, '# python = "3.11"']
    return [*comment, *_comment(_told(adopted.python, words)), f"python = {_quoted(adopted.python.words)}"]


def _requirements(adopted: Adopted, words: Words) -> list[str]:
    sure = [item for item in adopted.requirements if item.sure]
    unsure = [item for item in adopted.requirements if not item.sure]
    files = [_reference(one.file, one.groups, one.extras) for one in adopted.references]
    if adopted.options or adopted.constraints:
        files.append(_reference(OPTIONS))
    about = _comment(words(_about(adopted)))
    groups = _other_groups(adopted)
    if len(files) == 1 and not sure:
        lines = [*about, f"requirements = {files[0]}", *groups]
        if unsure:
            lines += ["#", *_comment(words(text("adopt.writer.unlisted")))]
            lines += [f"# {_quoted(item.words)},  # {_told(item, words)}" for item in unsure]
        return lines
    if not files and not adopted.requirements:
        return [*_comment(words(text("spec.init.requirements_none"))), "requirements = []"]
    lines = [*about, "requirements = ["]
    lines += [f"{INDENT}{one}," for one in files]
    lines += [f"{INDENT}{_quoted(item.words)},  # {_told(item, words)}" for item in sure]
    lines += [f"{INDENT}# {_quoted(item.words)},  # {_told(item, words)}" for item in unsure]
    return [*lines, "]", *groups]


def _about(adopted: Adopted) -> Text:
    if adopted.about is not None:
        return adopted.about
    if adopted.references:
        return text("spec.init.requirements_project", file=adopted.references[0].file)
    return text("spec.init.requirements_none")


def _reference(file: str, groups: tuple[str, ...] = (), extras: tuple[str, ...] = ()) -> str:
    parts = [f"file = {_quoted(file)}"]
    for key, names in (("groups", groups), ("extras", extras)):
        if names:
            parts.append(f"{key} = [{', '.join(map(_quoted, names))}]")
    return "{ " + ", ".join(parts) + " }"


def _other_groups(adopted: Adopted) -> list[str]:
    """Return the line that would add the first group or extra, as a comment."""
    if not adopted.references or not (adopted.groups or adopted.extras):
        return []
    return [
        f"# requirements = {_reference(adopted.references[0].file, adopted.groups[:1], adopted.extras[:1])}"
    ]


def _accelerator(adopted: Adopted, words: Words) -> list[str]:
    comment = _comment(words(text("spec.init.accelerator")))
    if adopted.accelerator is None:
        return [*comment, 'accelerator = "auto"']
    told = _comment(_told(adopted.accelerator, words))
    return [*comment, *told, f"accelerator = {_quoted(adopted.accelerator.words)}"]


def _system(adopted: Adopted, words: Words) -> list[str]:
    comment = _comment(words(text("spec.init.system")))
    if not adopted.system:
        return [*comment, '# system = ["libgl1"]']
    rows = [f"{INDENT}{_quoted(item.words)},  # {_told(item, words)}" for item in adopted.system]
    return [*comment, "system = [", *rows, "]"]


def _environment(adopted: Adopted, words: Words) -> list[str]:
    comment = _comment(words(text("spec.init.env")))
    if not adopted.variables and not adopted.passed:
        return [*comment, "# [env]", '# PYTHONHASHSEED = "0"', '# pass = ["HF_TOKEN"]']
    rows = [
        f"{one.name} = {_quoted(one.item.words)}  # {_told(one.item, words)}" for one in adopted.variables
    ]
    if adopted.passed:
        names = ", ".join(_quoted(item.words) for item in adopted.passed)
        rows.append(f"pass = [{names}]  # {adopted.passed[0].where}")
    return [*comment, "[env]", *rows]


def _table(entries: Iterable[Named], header: str, example: str, comment: str, words: Words) -> list[str]:
    rows = [f"{one.name} = {_quoted(one.item.words)}  # {_told(one.item, words)}" for one in entries]
    if not rows:
        return [*_comment(comment), f"# [{header}]", f"# {example}"]
    return [*_comment(comment), f"[{header}]", *rows]


def _prove(adopted: Adopted, root: Path, words: Words) -> list[str]:
    smoke = "python -m pytest -q" if (root / "tests").is_dir() else "python -c 'print(1 + 1)'"
    comment = _comment(words(text("spec.init.prove")))
    if adopted.prove:
        pairs = ", ".join(f"{one.name} = {_quoted(one.item.words)}" for one in adopted.prove)
        return [*comment, "[prove]", f"commands = {{ {pairs} }}"]
    return [*comment, "# [prove]", f"# commands = {{ smoke = {_quoted(smoke)} }}"]


def _runs(adopted: Adopted, root: Path, words: Words) -> list[str]:
    lines = _comment(words(text("spec.init.run")))
    if not adopted.runs:
        return [*lines, "# [run.train]", f"# command = {_quoted(_train(root))}"]
    for one in adopted.runs:
        lines += [f"[run.{one.name}]", f"command = {_quoted(one.item.words)}  # {_told(one.item, words)}", ""]
    return lines[:-1]


def _image(adopted: Adopted, words: Words) -> list[str]:
    """Return the target that is the same environment as a container, where the source describes one."""
    if not adopted.image:
        return []
    lines = ["", *_comment(words(text("adopt.writer.image"))), f"[target.{IMAGE}]", 'kind = "image"']
    found = {one.key: one.items for one in adopted.image}
    for key in KEYS:
        lines += _image_key(key, found.get(key, ()), words)
    if "gpus" not in found and adopted.accelerator is not None:
        lines.append(f'# gpus = "all"  # {words(text("adopt.writer.gpus"))}')
    return lines


def _image_key(key: str, items: tuple[Item, ...], words: Words) -> Iterator[str]:
    if not items:
        return
    if key not in LISTS:
        value = f"{key} = {_valued(key, items[0].words)}"
        if items[0].note is None:
            yield f"{value}  # {items[0].where}"
        else:
            yield from (*_comment(_told(items[0], words)), value)
        return
    yield f"{key} = ["
    yield from (f"{INDENT}{_valued(key, item.words)},  # {_told(item, words)}" for item in items)
    yield "]"


def _valued(key: str, words: str) -> str:
    return words if key in NUMBERS and re.fullmatch(r"\d+(?:\.\d+)?", words) else _quoted(words)


def _train(root: Path) -> str:
    for name in ("train.py", "main.py", "run.py"):
        if (root / name).is_file():
            return f"python {name}"
    return "python train.py"


def _left_out(adopted: Adopted, words: Words) -> list[str]:
    """Return the comment that names what was not carried over, by reason."""
    if not adopted.left_out:
        return []
    lines = ["", *_comment(words(text("adopt.writer.left_out")))]
    for reason, entries in _by_reason(adopted.left_out, words):
        lines.append(f"# - {reason}:")
        for one in entries:
            lines.append(f"#     {one.words}  ({one.where})")
    return lines


def _by_reason(entries: Iterable[LeftOut], words: Words) -> Iterator[tuple[str, list[LeftOut]]]:
    """Yield what was left out, grouped by its reason's words, in the order of the first of each."""
    groups: dict[str, list[LeftOut]] = {}
    for one in entries:
        groups.setdefault(" ".join(words(one.why).split()), []).append(one)
    yield from groups.items()


def _files(adopted: Adopted, words: Words) -> Iterator[tuple[str, str]]:
    if adopted.options or adopted.constraints:
        lines = _comment(words(text("adopt.writer.options")))
        for item in adopted.options:
            lines += [*_comment(_told(item, words)), item.words]
        if adopted.constraints:
            lines.append(f"-c {CONSTRAINTS}")
        yield OPTIONS, "\n".join([*lines, ""])
    if adopted.constraints:
        lines = _comment(words(text("adopt.writer.constraints")))
        lines += [f"{item.words}  # {_told(item, words)}" for item in adopted.constraints]
        yield CONSTRAINTS, "\n".join([*lines, ""])


def _carried(adopted: Adopted) -> Iterator[Carried]:
    if adopted.python is not None:
        yield _one("python", adopted.python)
    for reference in adopted.references:
        yield Carried("reference", reference.file, reference.file)
    for item in adopted.requirements:
        yield _one("requirement" if item.sure else "suggestion", item)
    groups: tuple[tuple[CarriedKind, Iterable[Item]], ...] = (
        ("constraint", adopted.constraints),
        ("index", adopted.options),
        ("system", adopted.system),
        ("pass", adopted.passed),
    )
    for kind, items in groups:
        for item in items:
            yield _one(kind, item)
    if adopted.accelerator is not None:
        yield _one("accelerator", adopted.accelerator)
    named: tuple[tuple[CarriedKind, tuple[Named, ...]], ...] = (
        ("variable", adopted.variables),
        ("mirror", adopted.mirrors),
        ("run", adopted.runs),
    )
    for kind, entries in named:
        for one in entries:
            yield Carried(kind, f"{one.name} = {one.item.words}", one.item.where, one.item.note)
    for keyed in adopted.image:
        for item in keyed.items:
            yield Carried("image", f"{keyed.key} = {item.words}", item.where, item.note)


def _one(kind: CarriedKind, item: Item) -> Carried:
    return Carried(kind, item.words, item.where, item.note)
