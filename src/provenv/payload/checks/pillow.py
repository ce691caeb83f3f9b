"""Does Pillow write and read images, resize and convert them? With the libraries of its build."""

import io

from PIL import Image, ImageDraw, features
from prove_results import Results

SIZE = (64, 48)
LOSSLESS = {
    "PNG": {},
    "BMP": {},
    "TIFF": {"compression": "tiff_deflate"},
    "GIF": {},
    "WEBP": {"lossless": True},
}
NEEDS = {"WEBP": "webp", "PNG": "zlib", "JPEG": "jpg"}


def picture():
    image = Image.new("RGB", SIZE, (20, 40, 60))
    draw = ImageDraw.Draw(image)
    draw.rectangle((8, 8, 40, 30), fill=(200, 30, 90))
    draw.ellipse((20, 10, 60, 44), fill=(10, 180, 120))
    draw.line((0, 47, 63, 0), fill=(255, 255, 255))
    return image


def again(image, kind, **settings):
    buffer = io.BytesIO()
    image.save(buffer, kind, **settings)
    buffer.seek(0)
    return Image.open(buffer).convert("RGB")


def run(options):
    results, image = Results(), picture()
    for kind, settings in LOSSLESS.items():
        if kind in NEEDS and not features.check(NEEDS[kind]):
            continue
        with results.attempt(kind):
            results.equal(kind, again(image, kind, **settings).tobytes() == image.tobytes(), True)
    if features.check("jpg"):
        with results.attempt("JPEG"):
            found = again(image, "JPEG", quality=95, subsampling=0)
            gaps = [abs(a - b) for a, b in zip(found.tobytes(), image.tobytes())]  # noqa: B905 - before 3.10
            # 30 dB of peak signal to noise: a mean square of 65
            results.equal("JPEG", sum(gap * gap for gap in gaps) / len(gaps) < 65, True)
    with results.attempt("resize"):
        small = image.resize((32, 24), Image.NEAREST)
        results.equal("resize", small.size, (32, 24))
        centre = [
            small.getpixel((x, y)) == image.getpixel((2 * x + 1, 2 * y + 1))
            for x in range(32)
            for y in range(24)
        ]
        results.equal("resized points", all(centre), True)
    with results.attempt("turn"):
        turned = image.transpose(Image.ROTATE_90).transpose(Image.ROTATE_270)
        results.equal("turn", turned.tobytes() == image.tobytes(), True)
    with results.attempt("grey"):
        # ITU-R 601-2, as Pillow documents its conversion
        red, green, blue = image.getpixel((10, 10))
        results.equal(
            "grey",
            abs(image.convert("L").getpixel((10, 10)) - (red * 299 + green * 587 + blue * 114) / 1000) <= 1,
            True,
        )
    found = [
        name
        for name in ("jpg", "jpg_2000", "zlib", "libtiff", "freetype2", "webp", "raqm", "avif")
        if features.check(name)
    ]
    return {"results": results, "said": {"libraries": ", ".join(found)}}
