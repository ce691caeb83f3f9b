"""Compile the message catalogues: `src/provenv/ui/catalogues/LANGUAGE/*.po` -> `LANGUAGE.mo`.

And the rules of diagnosis: `src/provenv/diagnosis/rules/*.toml` -> `compiled.json`;
and the second distribution: `runtime/` -> `src/provenv/wheels/provenv_runtime-VERSION-py3-none-any.whl`.

hatchling runs this as a build hook (wheel, sdist and editable installs); in a checkout
`python hatch_build.py` does the same. Every room of the project has one .po file a
language; a key may stand in one room only.
"""

from __future__ import annotations

import os
import sys
import tempfile
import zipfile
from base64 import urlsafe_b64encode
from datetime import datetime, timezone
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

if sys.version_info >= (3, 11):
    import tomllib as toml
else:
    import tomli as toml

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run as a script, where the build backend need not be installed
    BuildHookInterface = object  # type: ignore[assignment,misc]  # only its place as a base class is needed

SOURCE = Path(__file__).resolve().parent / "src"
CATALOGUES = SOURCE / "provenv" / "ui" / "catalogues"
# a catalogue carries no date, so that the same sources give the same bytes
NO_DATE = datetime(2000, 1, 1, tzinfo=timezone.utc)


class CatalogueError(Exception):
    """A .po file that can't be read, or keys that stand twice."""


def read(path: Path, language: str) -> Catalog:
    """Return one room's catalogue. Raises CatalogueError, naming file and line, where it is malformed."""
    try:
        with path.open("rb") as file:
            catalogue = read_po(file, locale=language, charset="utf-8", abort_invalid=True)
    except (PoFileError, UnicodeDecodeError, ValueError) as error:
        raise CatalogueError(f"{path}: {error}") from error
    return catalogue


def merge(folder: Path) -> Catalog:
    """Return all rooms of one language as one catalogue. Raises CatalogueError with every mistake at once."""
    language = folder.name
    merged = Catalog(locale=language, charset="utf-8", creation_date=NO_DATE, revision_date=NO_DATE)
    origins: dict[str, str] = {}
    mistakes: list[str] = []
    for path in sorted(folder.glob("*.po")):
        seen: set[str] = set()
        for message in read(path, language):
            if not message.id:
                continue
            key = message.id[0] if isinstance(message.id, (list, tuple)) else message.id
            place = f"{path}:{message.lineno or '?'}"
            if key in origins and key not in seen:
                mistakes.append(f"{place}: `{key}` stands in {origins[key]} too")
                continue
            strings = message.string if isinstance(message.string, (list, tuple)) else (message.string,)
            if message.fuzzy or not all(strings):
                mistakes.append(f"{place}: `{key}` is not translated")
            seen.add(key)
            origins[key] = place
            merged.add(message.id, message.string)
    if mistakes:
        raise CatalogueError("\n".join(mistakes))
    return merged


def compile_catalogues(catalogues: Path = CATALOGUES, into: Path | None = None) -> list[Path]:
    """Write LANGUAGE.mo for every language folder, each whole or not at all; return the files.

    A file whose content would not change is left alone. Raises CatalogueError.
    """
    into = into or catalogues
    into.mkdir(parents=True, exist_ok=True)
    written = []
    for folder in sorted(path for path in catalogues.iterdir() if any(path.glob("*.po"))):
        catalogue = merge(folder)
        target = into / f"{folder.name}.mo"
        descriptor, beside = tempfile.mkstemp(dir=into, prefix=f".{folder.name}.")
        with os.fdopen(descriptor, "wb") as file:
            write_mo(file, catalogue)
        content = Path(beside).read_bytes()
        if target.is_file() and target.read_bytes() == content:
            os.unlink(beside)
            os.utime(target)
        else:
            os.chmod(beside, 0o644)
            os.replace(beside, target)
        written.append(target)
    return written


def compile_rules(source: Path = SOURCE) -> Path:
    """Write the rules of diagnosis as one file. Raises CatalogueError, naming every mistake in a rule."""
    sys.path.insert(0, str(source))
    try:
        compiled, reading = (import_module(f"provenv.diagnosis.{name}") for name in ("compiled", "reading"))
        failure = import_module("provenv.errors").Failure
    finally:
        sys.path.remove(str(source))
    try:
        rules = reading.from_toml(reading.FOLDER)
    except failure as error:
        told = [f"{one.where.file}: {one.why.args['text']}" for one in error.problems]
        raise CatalogueError("\n".join(told)) from error
    written: Path = compiled.write(reading.FOLDER, rules)
    return written


def runtime_metadata(project: dict[str, Any], readme: str) -> str:
    """Return the core metadata (2.4) of the second distribution, from its pyproject.toml's table."""
    if project.get("dependencies") or project.get("optional-dependencies"):
        raise CatalogueError("runtime/pyproject.toml: provenv-runtime has no dependencies")
    lines = [
        "Metadata-Version: 2.4",
        f"Name: {project['name']}",
        f"Version: {project['version']}",
        f"Summary: {project['description']}",
        *(f"Author: {author['name']}" for author in project["authors"]),
        f"License-Expression: {project['license']}",
        *(f"License-File: {name}" for name in project["license-files"]),
        f"Keywords: {','.join(project['keywords'])}",
        *(f"Classifier: {one}" for one in project["classifiers"]),
        f"Requires-Python: {project['requires-python']}",
        "Description-Content-Type: text/markdown",
    ]
    return "\n".join(lines) + "\n\n" + readme


def build_runtime(root: Path = SOURCE.parent) -> Path:
    """Write the wheel of provenv-runtime (the same sources give the same bytes); return it.

    Raises CatalogueError for a declaration that a wheel without dependencies can't hold.
    """
    folder, into = root / "runtime", root / "src" / "provenv" / "wheels"
    project = toml.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    name = project["name"].replace("-", "_")
    about = f"{name}-{project['version']}.dist-info"
    source = folder / "src"
    paths = [*(source / name).rglob("*.py"), source / name / "py.typed"]
    files = {path.relative_to(source).as_posix(): path.read_bytes() for path in sorted(paths)}
    readme = (folder / project["readme"]).read_text(encoding="utf-8")
    files[f"{about}/METADATA"] = runtime_metadata(project, readme).encode()
    files[f"{about}/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: provenv\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    points = project.get("entry-points", {})
    if points:
        lines = []
        for group, ones in sorted(points.items()):
            lines += [f"[{group}]", *(f"{key} = {value}" for key, value in ones.items()), ""]
        files[f"{about}/entry_points.txt"] = "\n".join(lines).encode()
    for one in project["license-files"]:
        files[f"{about}/licenses/{one}"] = (folder / one).read_bytes()
    digests = {
        path: urlsafe_b64encode(sha256(content).digest()).rstrip(b"=") for path, content in files.items()
    }
    record = [f"{path},sha256={digests[path].decode()},{len(content)}" for path, content in files.items()]
    files[f"{about}/RECORD"] = "\n".join([*record, f"{about}/RECORD,,", ""]).encode()
    into.mkdir(exist_ok=True)
    target = into / f"{name}-{project['version']}-py3-none-any.whl"
    descriptor, beside = tempfile.mkstemp(dir=into, prefix=".wheel.")
    with os.fdopen(descriptor, "wb") as file, zipfile.ZipFile(file, "w") as wheel:
        for path, content in files.items():
            entry = zipfile.ZipInfo(path, (2000, 1, 1, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            wheel.writestr(entry, content)  # stored: what zlib writes is not the same everywhere
    os.chmod(beside, 0o644)
    os.replace(beside, target)
    for old in into.glob("*.whl"):
        if old != target:
            old.unlink()
    return target


class CustomBuildHook(BuildHookInterface):
    """What hatchling calls before it packs files."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        compile_catalogues(Path(self.root) / "src" / "provenv" / "ui" / "catalogues")
        compile_rules(Path(self.root) / "src")
        build_runtime(Path(self.root))


def main() -> int:
    """Compile in this checkout; return the process's exit code."""
    try:
        written = [*compile_catalogues(), compile_rules(), build_runtime()]
    except CatalogueError as error:
        print(error, file=sys.stderr)
        return 1
    for path in written:
        print(path, file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
