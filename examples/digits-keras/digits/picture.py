"""One image beside its class scores, as SVG (a text format that every browser shows)."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

INK, BAR, TRUTH, PAPER, FRAME = "#1c2127", "#1f5f9e", "#a8430c", "#ffffff", "#c9c5bc"
WIDTH, IMAGE, ROW, BARS = 560, 200, 20, 220  # sizes in pixels of the picture


def svg(
    pixels: Sequence[Sequence[float]], scores: Sequence[float], classes: Sequence[str], truth: int
) -> str:
    """Return the picture of one sample: the image left, a bar for each class right, the true class marked."""
    predicted = max(range(len(scores)), key=scores.__getitem__)
    title = f"truth {classes[truth]}, predicted {classes[predicted]} with a score of {scores[predicted]:.1%}"
    height = 60 + max(IMAGE, ROW * len(classes))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}"'
            f' height="{height}" font-family="sans-serif" font-size="14" role="img">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{WIDTH}" height="{height}" fill="{PAPER}"/>',
            f'<text x="20" y="28" fill="{INK}">{escape(title)}</text>',
            *_image(pixels),
            *(
                _bar(place, name, score, place == truth)
                for place, (name, score) in enumerate(zip(classes, scores, strict=True))
            ),
            "</svg>\n",
        ]
    )


def _image(pixels: Sequence[Sequence[float]]) -> list[str]:
    side = IMAGE / len(pixels)
    squares = [
        f'<rect x="{20 + x * side:.2f}" y="{44 + y * side:.2f}" width="{side:.2f}" height="{side:.2f}"'
        f' fill="{INK}" fill-opacity="{ink:.3f}"/>'
        for y, row in enumerate(pixels)
        for x, ink in enumerate(row)
    ]
    return [*squares, f'<rect x="20" y="44" width="{IMAGE}" height="{IMAGE}" fill="none" stroke="{FRAME}"/>']


def _bar(place: int, name: str, score: float, truth: bool) -> str:
    y, length = 44 + place * ROW, max(score * BARS, 0.5)
    bar_colour = TRUTH if truth else BAR
    label = f"{score:.1%}{' ◂ truth' if truth else ''}"
    inside = length > 0.6 * BARS
    x, anchor, colour = (268 + length - 5, "end", PAPER) if inside else (268 + length + 6, "start", INK)
    return (
        f'<text x="250" y="{y + 14}" fill="{INK}">{escape(name)}</text>'
        f'<rect x="268" y="{y + 3}" width="{length:.2f}" height="{ROW - 6}" fill="{bar_colour}"/>'
        f'<text x="{x:.2f}" y="{y + 14}" fill="{colour}" text-anchor="{anchor}">{label}</text>'
    )
