"""Results of demos of every kind of task, made from a recorded one; and a page taken apart."""

from __future__ import annotations

import io
import struct
import wave
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser

from provenv.errors import Hint, bilingual, text, verbatim
from provenv.model.demo import (
    Baseline,
    Check,
    DemoResult,
    Evaluation,
    Media,
    Metric,
    Piece,
    Prediction,
    Predictions,
    Sample,
)
from provenv.model.facts import Gpu, Nvidia
from provenv.model.lock import Choice, Refusal
from provenv.ui.report.charts.pixels import png

OUTLINED = {"h1", "h2", "h3", "th", "summary", "figcaption", "dt", "title"}
VOID = {"br", "hr", "img", "link", "meta"}


def _wav() -> bytes:
    """Return a tenth of a second of a tone."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"".join(struct.pack("<h", 9000 * (-1) ** (place // 9)) for place in range(800)))
    return file.getvalue()


WAV = _wav()
DATA = ("data:image/png;base64,", "data:audio/wav;base64,")
HOSTILE = '<script>alert("1")</script>\' onload=x & `<b>` \x00\u202e'


@dataclass
class Page(HTMLParser):
    """What a page holds; every element has to be closed in order."""

    open: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    seen: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    outline: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        self.ids += [value for name, value in attrs if name == "id"]
        if len({name for name, _ in attrs}) != len(attrs):
            self.faults.append(f"an attribute stands twice in <{tag}>")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes what is not open")

    def handle_data(self, data):
        shown = self.open and self.open[-1] in OUTLINED
        if shown and data.strip() and "svg" not in self.open:
            self.outline.append(f"{'  ' * self.open.count('section')}{self.open[-1]}: {data.strip()}")

    def text(self, name: str) -> list[str]:
        return [line.partition(": ")[2] for line in self.outline if line.strip().startswith(name)]


def parse(written: str) -> Page:
    page = Page()
    page.feed(written)
    page.close()
    assert page.faults == []
    assert page.open == []
    return page


def failed(result: DemoResult) -> DemoResult:
    """Return the result with a failed and a skipped check, and GPUs."""
    outcomes = list(result.up.evidence.outcomes)
    place = next(place for place, one in enumerate(outcomes) if one.name == "tensors")
    outcomes[place] = replace(
        outcomes[place], status="failed", distance=0.31, why=verbatim("matmul is wrong"),
        evidence="Traceback: <0.31>", hints=(Hint(verbatim("go back"), "provenv rollback"),),
    )  # fmt: skip
    outcomes[0] = replace(outcomes[0], status="skipped", why=verbatim("no RECORD"))
    gpu = Gpu(0, "NVIDIA H100", "9.0", 85520809984)
    return replace(
        result,
        facts=replace(
            result.facts, nvidia=Nvidia("ready", "580.95.05", "13.0", (gpu, replace(gpu, index=1)))
        ),
        up=replace(result.up, evidence=replace(result.up.evidence, outcomes=tuple(outcomes))),
    )


def unchanged(result: DemoResult) -> DemoResult:
    """Return the result of a second demo in the same folder, whose proof was not run again."""
    return replace(result, up=replace(result.up, unchanged=True, evidence=None), commands=())


def perfect(result: DemoResult) -> DemoResult:
    """Return a result without a mistake, with classes that never occurred, one epoch and no samples."""
    return replace(
        result,
        evaluation=Evaluation(
            "classification",
            "images",
            4,
            (Metric("accuracy", 1.0, 0.5, 1.0),),
            classes=("a", "b"),
            confusion=((4, 0), (0, 0)),
            precision=(1.0, None),
            recall=(1.0, None),
        ),
        epochs=(replace(result.epochs[0], train_loss=0.0, validation_loss=0.0, measure=1.0),),
        predictions=Predictions(),
        lock=replace(result.lock, choices=()),
    )


def large(result: DemoResult) -> DemoResult:
    """Return a result with many classes and images of another size than the digits'."""
    sample = Prediction(1, 2, (0.25,) * 4, pixels=((0.5,) * 28,) * 28)
    refusals = tuple(Refusal(f"cu{number}", text("lock.accelerator.no_gpu")) for number in range(9))
    choice = Choice("accelerator", "cu130", text("lock.accelerator.no_gpu"), refusals)
    return replace(
        result, predictions=Predictions((sample,) * 40), lock=replace(result.lock, choices=(choice,))
    )


def letters(result: DemoResult) -> DemoResult:
    """Return a classifier of texts with many classes whose names are long."""
    names = tuple(f"a rather long class name {number}" for number in range(30))
    confusion = tuple(tuple(3 if a == b else int(a == b + 1) for b in range(30)) for a in range(30))
    count = sum(map(sum, confusion))
    scores = (0.7, 0.3, *(0.0,) * 28)
    given = (Prediction(place, place % 3, scores, text="dear sir " * 60) for place in range(9))
    return replace(
        result,
        evaluation=replace(
            result.evaluation,
            of="letters",
            count=count,
            metrics=(Metric("macro F1", 0.81, 0.7, 0.9), Metric("log loss", 0.51, None, None, "lower")),
            classes=names,
            confusion=confusion,
            precision=(0.5,) * 30,
            recall=(0.5,) * 30,
        ),
        epochs=tuple(replace(one, name="macro F1", measure=0.5) for one in result.epochs),
        predictions=Predictions(tuple(given)),
    )


def language_model(result: DemoResult) -> DemoResult:
    """Return a model that writes: no classes, a metric that is better when it is lower."""
    made = (Sample("To be, or", "not to be\nthat is <the> question"), Sample("", "lines " * 900))
    return replace(
        result,
        example=replace(result.example, metric="bits per character", better="lower", floor=2.4, public=None),
        evaluation=Evaluation(
            "language model",
            "characters",
            111_540,
            (Metric("bits per character", 2.21, 2.18, 2.24, "lower"),),
            (Baseline("bigrams", 3.4, 3.38, 3.42),),
            parameters=1_200_000,
        ),
        epochs=tuple(
            replace(one, name="bits per character", measure=4.0 / one.number) for one in result.epochs
        ),
        predictions=Predictions(samples=made),
    )


def sounds(result: DemoResult) -> DemoResult:
    """Return one whose samples are sounds with their pictures, and that has a gallery of both."""
    heard = Prediction(4, 1, (0.2, 0.8, *(0.0,) * 8), sound="sounds/4.wav", picture="pictures/4.png")
    gone = Prediction(5, 1, (0.9, 0.1, *(0.0,) * 8), sound="sounds/gone.wav", picture="pictures/4.png")
    title = bilingual("what <it> hears", "听到的内容")
    return replace(
        result,
        predictions=Predictions((heard, gone)),
        gallery=(Piece("picture", "pictures/4.png", title), Piece("sound", "sounds/4.wav", title)),
        media={
            "pictures/4.png": Media("png", png(((0.5, 1.0),) * 2), 2, 2),
            "sounds/4.wav": Media("wav", WAV),
        },
    )


def regression(result: DemoResult) -> DemoResult:
    """Return one that says numbers."""
    said = Predictions(tuple(Prediction(place, 3.5, said=3.25, text="left-pad") for place in range(3)))
    return replace(
        result,
        evaluation=Evaluation("regression", "packages", 40, (Metric("R squared", 0.6),)),
        epochs=tuple(replace(one, name="", measure=None) for one in result.epochs),
        predictions=said,
    )


def doubtful(result: DemoResult) -> DemoResult:
    """Return one that stays under its floor and whose checks found a leak."""
    found = (Check("overlap", ok=False, said="leak: <train> and test share 12 items"),)
    evaluation = replace(result.evaluation, checks=found, metrics=(Metric("accuracy", 0.51, 0.4, 0.6),))
    return replace(result, evaluation=evaluation)


STATES = {
    "as it ran": lambda result: result,
    "failed": failed,
    "unchanged": unchanged,
    "perfect": perfect,
    "large": large,
    "letters": letters,
    "language model": language_model,
    "sounds": sounds,
    "regression": regression,
    "doubtful": doubtful,
}
