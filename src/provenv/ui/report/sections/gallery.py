"""Pictures and sounds that the example made of itself: what it looks at, what it mistakes, what it makes."""

from __future__ import annotations

from ....model.demo import Piece
from ..context import Context
from ..markup import Html, tag
from ..media import picture, sound


def section(context: Context) -> Html:
    """Return a figure for each; nothing where there are none."""
    shown = [one for one in context.result.gallery if one.file in context.result.media]
    if not shown:
        return Html()
    return context.section("gallery", tag("div", [_figure(context, one) for one in shown], class_="pictures"))


def _figure(context: Context, piece: Piece) -> Html:
    title = context.words(piece.title)
    one = context.result.media[piece.file]
    inside = picture(one, title) if piece.kind == "picture" else sound(one, title)
    return tag("figure", tag("figcaption", title), inside, class_=f"card {piece.kind}")
