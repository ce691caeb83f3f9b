"""Tables that scroll where they are wide, and those that can be opened below a drawing."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from .markup import Child, Html, tag


def table(
    heads: Sequence[Child],
    rows: Sequence[Sequence[Child]],
    *,
    label: str,
    numbers: Collection[int] = (),
    styles: Sequence[str | None] = (),
    class_: str | None = None,
) -> Html:
    """Return a table whose first column names its rows; `numbers` are the columns set to the right.

    `styles` gives each row its class of the style sheet; `label` says to screen readers what it holds.
    """
    return tag(
        "div",
        tag(
            "table",
            tag("thead", tag("tr", [_head(place, head, numbers) for place, head in enumerate(heads)])),
            tag(
                "tbody",
                [
                    tag(
                        "tr",
                        [_cell(column, cell, numbers) for column, cell in enumerate(row)],
                        class_=styles[place] if place < len(styles) else None,
                    )
                    for place, row in enumerate(rows)
                ],
            ),
            class_=class_,
        ),
        class_="scroll",
        tabindex=0,
        role="region",
        aria_label=label,
    )


def opened(summary: str, *children: Child) -> Html:
    """Return what is shown when its summary is clicked, and on paper."""
    return tag("details", tag("summary", summary), children)


def facts(rows: Sequence[tuple[Child, Child]]) -> Html:
    """Return names and what they are, in two columns; those without a value are left out."""
    return tag(
        "dl",
        [tag("div", tag("dt", name), tag("dd", value)) for name, value in rows if value not in (None, "")],
        class_="facts",
    )


def _head(place: int, head: Child, numbers: Collection[int]) -> Html:
    return tag("th", head, scope="col", class_="number" if place in numbers else None)


def _cell(place: int, cell: Child, numbers: Collection[int]) -> Html:
    style = "number" if place in numbers else None
    return tag("th", cell, scope="row", class_=style) if place == 0 else tag("td", cell, class_=style)
