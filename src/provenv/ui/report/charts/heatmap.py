"""The confusion matrix as a heat-map with its numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..markup import Html, tag

CELL, LEFT, TOP = 42, 62, 58


def heatmap(
    confusion: Sequence[Sequence[int]],
    classes: Sequence[str],
    *,
    title: str,
    down: str,
    across: str,
    tip: Callable[[int, int, int], str],
) -> Html:
    """Return the matrix as SVG: right answers on the diagonal in one hue, mistakes beside it in another.

    `down` and `across` name the axes; `tip` says in words what a cell (truth, prediction, count) counts.
    """
    count = len(classes)
    side = CELL * count
    return tag(
        "svg",
        tag("title", title),
        tag("text", across, x=LEFT + side / 2, y=18, text_anchor="middle", class_="axis-name"),
        tag(
            "text",
            down,
            transform=f"translate(16 {TOP + side / 2}) rotate(-90)",
            text_anchor="middle",
            class_="axis-name",
        ),
        [
            Html(
                tag(
                    "text",
                    name,
                    x=LEFT + (place + 0.5) * CELL,
                    y=TOP - 12,
                    text_anchor="middle",
                    class_="tick",
                )
                + tag(
                    "text",
                    name,
                    x=LEFT - 12,
                    y=TOP + (place + 0.5) * CELL + 5,
                    text_anchor="end",
                    class_="tick",
                )
            )
            for place, name in enumerate(classes)
        ],
        [
            _cell(truth, predicted, hits, sum(row), tip(truth, predicted, hits))
            for truth, row in enumerate(confusion)
            for predicted, hits in enumerate(row)
        ],
        class_="chart heatmap",
        viewBox=f"0 0 {LEFT + side + 4} {TOP + side + 4}",
        role="img",
        aria_label=title,
    )


def _cell(truth: int, predicted: int, count: int, total: int, tip: str) -> Html:
    share = count / total if total else 0.0
    x, y = LEFT + predicted * CELL, TOP + truth * CELL
    style = "none" if count == 0 else "hit" if truth == predicted else "miss"
    # Between a half and nine tenths neither dark nor light figures could be read on the hue, so it jumps
    strength = 0.9 + share / 10 if share >= 0.5 else 0.16 + 0.5 * share
    strong = " strong" if count and share >= 0.5 else ""
    return tag(
        "g",
        tag("title", tip),
        tag("rect", x=x + 1, y=y + 1, width=CELL - 2, height=CELL - 2, rx=4, class_="bed"),
        tag(
            "rect",
            x=x + 1,
            y=y + 1,
            width=CELL - 2,
            height=CELL - 2,
            rx=4,
            fill_opacity=strength,
            class_="heat",
        )
        if count
        else None,
        tag("text", count, x=x + CELL / 2, y=y + CELL / 2 + 5, text_anchor="middle") if count else None,
        class_=style + strong,
    )
