"""The view of `runs verify-resume`: the kills, what was compared, and what is not saved."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.resume_proof import DECISIVE, Compared, Gap, Kill, ResumeProof
from ..context import Context
from ..line import BLANK, Line, Span, line, prose, table, wrap
from ..units import duration
from .run_parts import command
from .sentences import section, sentence

LONGEST = 60
"""Characters of a value that are shown."""
NUMBERS = frozenset({"losses", "rates"})
DIGESTS = frozenset({"batches", "weights", "optimizer", "random"})
"""Parts whose words say nothing to people."""


def lines(proof: ResumeProof, context: Context) -> Iterator[Line]:
    """Yield the verdict, the kills, each part, and what is missing with what to do about it."""
    mark = context.mark("passed" if proof.verdict == "exact" else "failed")
    said = context.say(f"ui.resume.{proof.verdict}", n=proof.updates, kills=len(proof.kills), lost=proof.lost)
    yield from sentence(line(Span(said, "strong")), context, mark)
    yield BLANK
    yield from table(list(_about(proof, context)), context.prose_width)
    if proof.kills:
        yield from section(context.say("ui.resume.kills"))
        for kill in proof.kills:
            yield from wrap(_kill(kill, proof, context), context.prose_width, first=line("  "), hang=4)
    yield from section(context.say("ui.resume.parts"))
    for one in proof.parts:
        yield from _part(one, context)
    if proof.gaps:
        key = "ui.resume.repeat" if proof.verdict == "unrepeatable" else "ui.resume.gaps"
        yield from section(context.say(key))
        for gap in proof.gaps:
            yield from _gap(gap, proof, context)


def _about(proof: ResumeProof, context: Context) -> Iterator[tuple[Line, Line]]:
    rows = (
        ("ui.run.command", command(proof.argv)),
        ("ui.resume.straight", context.say("ui.resume.updates", n=proof.updates)),
        ("ui.resume.saves", " ".join(map(str, proof.saves)) or context.say("ui.resume.no_saves")),
        ("ui.resume.took", duration(proof.seconds)),
        ("ui.run.record", proof.path),
    )
    for key, words in rows:
        yield line(Span(context.say(key), "quiet")), prose(words)


def _kill(kill: Kill, proof: ResumeProof, context: Context) -> Line:
    key = "ui.resume.kill" if kill.known else "ui.resume.kill_unknown"
    if kill.resumed is None:
        key = "ui.resume.kill_last"
    if proof.processes > 1:
        key += "_rank"
    said = context.say(key, reached=kill.reached, resumed=kill.resumed or 0, rank=kill.rank, n=kill.lost)
    return line(Span(context.marks.dot.strip() or "-", "quiet"), " ", said)


def _part(one: Compared, context: Context) -> Iterator[Line]:
    name = context.say(f"ui.resume.part.{one.part}")
    if not one.updates:
        said = context.say("ui.resume.unseen", part=name)
        yield from sentence(line(Span(said, "quiet")), context, context.mark("skipped"))
        return
    if one.first is None:
        said = context.say("ui.resume.equal", part=name, n=one.updates)
        yield from sentence(said, context, context.mark("passed"))
        return
    mark = context.mark("failed") if one.part in DECISIVE else Span(context.marks.warning, "warning")
    first = one.first
    said = context.say(
        "ui.resume.differs_from", part=name, n=one.updates - one.equal, of=one.updates, update=first.update
    )
    yield from sentence(said, context, mark)
    if one.part in DIGESTS and not context.verbose:
        return
    for key, words in (("ui.resume.side_straight", first.straight), ("ui.resume.side_cut", first.resumed)):
        told = " ".join(map(_number, words.split())) if one.part in NUMBERS else words
        told = told if len(told) <= LONGEST else told[:LONGEST] + context.marks.ellipsis
        yield from wrap(
            line(Span(f"{context.say(key)}  ", "quiet"), Span(told or "-", "code")),
            context.width,
            first=line("    "),
        )


def _number(words: str) -> str:
    """Return a float as the shortest decimal that is the same number, from its hexadecimal digits."""
    return repr(float.fromhex(words))


def _gap(gap: Gap, proof: ResumeProof, context: Context) -> Iterator[Line]:
    key = f"ui.resume.gap.{gap.what}"
    if proof.verdict == "unrepeatable":
        key = f"ui.resume.free.{gap.what}"
    elif gap.seen in ("anew", "empty"):
        key += f"_{gap.seen}"
    elif gap.what == "all" and not proof.saves:
        key += "_no_save"
    yield from wrap(prose(context.say(key, seen=gap.seen)), context.prose_width, first=line("  "), hang=4)
    remedy = context.say(f"{key}.hint")
    yield from wrap(
        line(Span(context.say("ui.hint"), "good"), *prose(remedy)),
        context.prose_width,
        first=line("    "),
        hang=6,
    )
