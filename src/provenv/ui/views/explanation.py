"""The view of `why`: the answer first, then what was refused, then every way from the user's files."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.lock import Package
from ...model.results import Explanation
from ..context import Context
from ..line import BLANK, Line, Span, line, prose, table, wrap
from .parts import choices, sized
from .sentences import section

Tree = dict[str, "Tree"]


def lines(explanation: Explanation, context: Context) -> Iterator[Line]:
    """Yield why the subject is as it is."""
    package = explanation.package
    if package is not None:
        yield from wrap(_answer(package, explanation, context), context.prose_width, hang=2)
    if explanation.choices:
        if package is not None:
            yield BLANK
        yield from choices(explanation.choices, context, refused=True)
    if explanation.chains:
        yield from section(context.say("ui.why.chains"))
        yield from tree(explanation.chains, context)
    if package is not None and package.artifacts:
        yield from section(context.say("ui.why.files"))
        rows = [
            (line(artifact.filename), line(Span(sized(artifact.size), "quiet")))
            for artifact in (package.artifacts if context.verbose else package.artifacts[:5])
        ]
        yield from table(rows, context.width, right=(1,))
        if len(rows) < len(package.artifacts):
            yield line("  ", Span(context.say("ui.more", n=len(package.artifacts) - len(rows)), "quiet"))


def tree(chains: tuple[tuple[str, ...], ...], context: Context) -> Iterator[Line]:
    """Yield chains as a tree whose roots are the user's own lines; a common beginning stands once."""
    roots: Tree = {}
    for chain in chains:
        node = roots
        for name in chain:
            node = node.setdefault(name, {})
    for root, below in roots.items():
        yield line("  ", Span(root, "code"))
        yield from _branches(below, "  ", context)


def _branches(node: Tree, indent: str, context: Context) -> Iterator[Line]:
    for index, (name, below) in enumerate(node.items()):
        is_last = index == len(node) - 1
        sign = context.marks.last if is_last else context.marks.branch
        yield line(Span(indent + sign, "quiet"), Span(name, "plain" if below else "strong"))
        deeper = " " * len(context.marks.through) if is_last else context.marks.through
        yield from _branches(below, indent + deeper, context)


def _answer(package: Package, explanation: Explanation, context: Context) -> Line:
    named = line(Span(f"{package.name} {package.version}", "strong"))
    direct = [chain[0] for chain in explanation.chains if len(chain) == 2]
    if direct:
        said = context.say("ui.why.direct", place=context.say("ui.comma").join(dict.fromkeys(direct)))
    elif explanation.chains:
        parents = dict.fromkeys(chain[-2] for chain in explanation.chains if len(chain) > 2)
        said = context.say("ui.why.indirect", n=len(parents), names=context.say("ui.comma").join(parents))
    else:
        said = context.say("ui.why.alone")
    return line(named, " ", prose(said))
