"""What is wrong with a name under `[mirrors]`, and which name was probably meant."""

from __future__ import annotations

from dataclasses import replace

from ..errors import Hint, Place, Problem, problem, text
from .presets import table


def bad_mirror(word: str, kind: str | None, where: Place | None = None) -> Problem:
    """Return the problem with a name that is no preset, or none that has `kind` (None: any preset).

    PV180: not known. PV181: has nothing of this kind. PV182: was a mirror once. PV183: no mirror at all.
    """
    presets = table()
    shown = word[:80]
    if "@" in word:
        # most likely an address without its scheme; what stands before the `@` may be a password
        shown = f"****{word[word.rindex('@') :]}"[:80]
        where = replace(where, source=None) if where else None
    known = ", ".join(presets.names(kind))
    gone = presets.gone.get(word.lower())
    if gone is not None:
        instead = Hint(text("PV182.hint", name=gone.instead))
        return problem("PV182", name=shown, where=where, why=text("PV182.why"), hints=(instead,))
    if word.lower() in presets.other:
        return problem("PV183", name=shown, where=where, why=text("PV183.why"))
    if kind is not None and presets.find(word) is not None:
        why = text("PV181.why", kind=kind, known=known)
        return problem("PV181", name=shown, kind=kind, where=where, why=why)
    meant = presets.near(word, kind)
    hints = (Hint(text("spec.hint.write_string", right=meant)),) if meant else ()
    return problem("PV180", name=shown, where=where, why=text("PV180.why", known=known), hints=hints)
