"""Compile the message catalogues: `src/provenv/ui/catalogues/LANGUAGE/*.po` -> `LANGUAGE.mo`.

And the rules of diagnosis: `src/provenv/diagnosis/rules/*.toml` -> `compiled.json`.

hatchling runs this as a build hook (wheel, sdist and editable installs); in a checkout
`python hatch_build.py` does the same. Every room of the project has one .po file a
language; a key may stand in one room only.
"""

from __future__ import annotations

import os
import sys
import tempfile
from datetime import datetime, timezone
from importlib import import_module
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

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


class CustomBuildHook(BuildHookInterface):
    """What hatchling calls before it packs files."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        compile_catalogues(Path(self.root) / "src" / "provenv" / "ui" / "catalogues")
        compile_rules(Path(self.root) / "src")


def main() -> int:
    """Compile in this checkout; return the process's exit code."""
    try:
        written = [*compile_catalogues(), compile_rules()]
    except CatalogueError as error:
        print(error, file=sys.stderr)
        return 1
    for path in written:
        print(path, file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
