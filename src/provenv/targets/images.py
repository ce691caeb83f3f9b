"""What an image target remembers beside each generation: the image that was built."""

from __future__ import annotations

from ..model.image import Image
from .layout import Layout
from .records import read_state, read_value, write_value

IMAGE = "image.json"


def read_image(layout: Layout, number: int) -> Image | None:
    """Return the image of a generation, None where it has none (it is no image target's)."""
    return read_value(layout, number, IMAGE, Image)


def write_image(layout: Layout, number: int, image: Image) -> None:
    """Write the image of a generation, whole or not at all."""
    write_value(layout, number, IMAGE, image)


def has_image(layout: Layout, number: int) -> bool:
    """Tell whether a generation is an image."""
    return (layout.generation(number) / IMAGE).is_file()


def keeps_images(layout: Layout) -> bool:
    """Tell whether a target's generations are images, by what lies there: the declared file may be broken."""
    return any(has_image(layout, one.number) for one in read_state(layout).generations)
