"""File mails: `python -m emails.predict --text "..."`, `--file mail.eml`, `--folder DIR`.

Without one of these it files the first mails of the test part. A folder's `.eml` files are
filed together; `--output FILE` leaves the figures as JSON.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from provenv_runtime.outputs import write_json

from . import corpus, mail, storage
from .errors import EmailsError, run

FIRST = 12


def mails(options: argparse.Namespace, model: storage.Trained) -> dict[str, str]:
    """Return what shall be filed: a name and the cleaned words of each."""
    if options.text is not None:
        return {"text": mail.cleaned(options.text)}
    if options.file is not None:
        return {options.file.name: _read(options.file)}
    if options.folder is not None:
        paths = sorted(options.folder.glob("*.eml"))
        if not paths:
            raise EmailsError(f"{options.folder} holds no .eml file")
        return {path.name: _read(path) for path in paths}
    parts = corpus.load(model.settings.mails, model.settings.seed)
    rows = list(zip(parts.parts["test"], parts.part("test"), strict=True))
    return {f"{one.source} {index}": one.text for index, one in rows[:: max(1, len(rows) // FIRST)]}


def _read(path: Path) -> str:
    try:
        return mail.text_of(path.read_bytes())
    except OSError as error:
        raise EmailsError(f"{path} can't be read: {error.strerror}") from error


def main() -> None:
    """Read the command line, and say what each mail is."""
    parser = argparse.ArgumentParser(prog="python -m emails.predict", description=__doc__.splitlines()[0])
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--text", help="words, as they are typed")
    source.add_argument("--file", type=Path, help="one mail, as mail programs save it (.eml)")
    source.add_argument("--folder", type=Path, help="all .eml files of a folder")
    parser.add_argument("--output", type=Path, help="leave the figures as JSON there, too")
    options = parser.parse_args()
    model = storage.load(Path("outputs"))
    wanted = mails(options, model)
    found = []
    for (name, text), scores in zip(
        wanted.items(), model.scores(list(wanted.values())).tolist(), strict=True
    ):
        label = corpus.CLASSES[scores[1] > 0.5]
        found.append({"name": name, "label": label, "spam": round(scores[1], 6), "text": text[:400]})
        print(f"{label:<5}{scores[1]:>7.1%} spam  {name}  {text[:60]!r}")
    if options.output is not None:
        write_json(options.output, {"predictions": found})


if __name__ == "__main__":
    run(main)
