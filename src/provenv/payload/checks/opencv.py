"""Does OpenCV write and read images, resize, convert and filter them? Against NumPy."""

import cv2
import numpy
from prove_results import Results, digest

HEIGHT, WIDTH = 48, 64


def picture():
    """Return a colourful image of smooth waves, as OpenCV orders it: blue, green, red."""
    y, x = numpy.mgrid[0:HEIGHT, 0:WIDTH]
    waves = [
        numpy.sin(x / 9) + numpy.cos(y / 7),
        numpy.sin((x + y) / 11),
        numpy.cos(x / 13) * numpy.sin(y / 5),
    ]
    return numpy.stack([(wave - wave.min()) / numpy.ptp(wave) * 255 for wave in waves], axis=2).astype(
        "uint8"
    )


def run(options):
    results, image = Results(), picture()
    for suffix in (".png", ".bmp", ".tiff", ".webp"):
        with results.attempt(suffix):
            # WebP is without loss only above a quality of 100
            _, data = cv2.imencode(
                suffix, image, [cv2.IMWRITE_WEBP_QUALITY, 101] if suffix == ".webp" else []
            )
            results.equal(suffix, digest(cv2.imdecode(data, cv2.IMREAD_COLOR)), digest(image))
    with results.attempt(".jpg"):
        _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 95])
        found = cv2.imdecode(data, cv2.IMREAD_COLOR)
        error = float(numpy.mean((found.astype("float64") - image) ** 2))
        # smooth waves at a quality of 95: above 30 dB of peak signal to noise, which is a mean square of 65
        results.equal(".jpg", bool(error < 65.0), True)
    with results.attempt("channels"):
        results.equal("channels", digest(cv2.cvtColor(image, cv2.COLOR_BGR2RGB)), digest(image[:, :, ::-1]))
    with results.attempt("resize"):
        found = cv2.resize(image, (WIDTH // 2, HEIGHT // 2), interpolation=cv2.INTER_NEAREST)
        results.equal("resize", digest(found), digest(image[::2, ::2]))
    with results.attempt("filter"):
        plane = image[:, :, 0].astype("float32")
        found = cv2.filter2D(plane, -1, numpy.ones((3, 3), "float32") / 9)[1:-1, 1:-1]
        inner = [plane[i : HEIGHT - 2 + i, j : WIDTH - 2 + j] for i in range(3) for j in range(3)]
        results.near("filter", found, numpy.mean(inner, axis=0, dtype="float64"), terms=12)
    with results.attempt("transform"):
        turn = cv2.getRotationMatrix2D((10, 10), 90, 1.0)
        results.near(
            "transform", turn @ numpy.array([20, 10, 1.0]), [10, 0], terms=12, dtype="float64", magnitude=20
        )
    return {"results": results, "said": {"version": cv2.__version__}}
