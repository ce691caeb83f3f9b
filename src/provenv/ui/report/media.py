"""Pictures and sounds inside a page: as `data:` addresses, which load nothing."""

from __future__ import annotations

import base64

from ...model.demo import Media
from .markup import Html, tag

TYPES = {"png": "image/png", "wav": "audio/wav"}


def address(one: Media) -> str:
    """Return the content as a `data:` address."""
    return f"data:{TYPES[one.kind]};base64,{base64.b64encode(one.content).decode('ascii')}"


def picture(one: Media | None, alt: str) -> Html:
    """Return an image element; nothing for what was left out."""
    if one is None or one.kind != "png":
        return Html()
    return tag("img", src=address(one), alt=alt, width=one.width, height=one.height, class_="picture")


def sound(one: Media | None, label: str) -> Html:
    """Return a player with its controls; nothing for what was left out."""
    if one is None or one.kind != "wav":
        return Html()
    return tag("audio", controls=True, preload="metadata", src=address(one), aria_label=label)
