"""The page: whole, valid, safe, self-contained, in both languages, and honest in every state."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from importlib import resources

import pytest

from demo_pages import DATA, HOSTILE, STATES, doubtful, failed, language_model, parse, sounds
from provenv.errors import Hint, bilingual, text, verbatim
from provenv.model.demo import (
    Baseline,
    Check,
    DataUsed,
    Media,
    Metric,
    Piece,
)
from provenv.model.facts import Gpu, Nvidia
from provenv.model.lock import Choice, Package, Refusal
from provenv.ui.report import report
from provenv.ui.report.charts.pixels import png


@pytest.mark.parametrize("state", STATES)
def test_the_page_is_valid_in_every_state(result, words, language, state):
    page = parse(report(STATES[state](result), words, language))
    assert len(page.ids) == len(set(page.ids))
    targets = [attributes["href"] for name, attributes in page.seen if name == "a"]
    inside = [target for target in targets if target.startswith("#")]
    assert {target.removeprefix("#") for target in inside} <= set(page.ids)
    labels = {
        attributes["aria-labelledby"] for name, attributes in page.seen if "aria-labelledby" in attributes
    }
    assert labels <= set(page.ids)
    images = [attributes for name, attributes in page.seen if name == "img"]
    assert all(attributes["alt"] for attributes in images)
    drawings = [attributes for name, attributes in page.seen if name == "svg"]
    assert all("aria-label" in attributes or attributes.get("aria-hidden") for attributes in drawings)
    assert [name for name, _ in page.seen].count("h1") == 1


def test_the_structure(result, words, language, snapshot):
    page = parse(report(result, words, language))
    assert "\n".join(page.outline) == snapshot


def test_the_page_names_its_language(result, words, language):
    written = report(result, words, language)
    assert written.startswith("<!doctype html>\n<html")
    assert f'lang="{"zh-CN" if language == "zh_CN" else "en"}"' in written
    assert ("验证" in written) == (language == "zh_CN")
    assert not re.findall(r"\breport\.[a-z_]+\.[a-z_]+", written)


@pytest.mark.parametrize("state", STATES)
def test_nothing_comes_from_outside(result, words, language, state):
    written = report(STATES[state](result), words, language)
    page = parse(written)
    names = {name for name, _ in page.seen}
    assert not names & {"script", "link", "iframe", "object", "embed", "base", "form"}
    for _, attributes in page.seen:
        assert not any(name.startswith("on") for name in attributes)
        assert attributes.get("src", DATA[0]).startswith(DATA)
        # the one link that leads elsewhere is to where a published figure stands; it is followed by hand
        assert attributes.get("href", "#").startswith("#") or attributes["class"] == "outside"
    style = resources.files("provenv.ui.report").joinpath("style.css").read_text(encoding="utf-8")
    assert not re.search(r"url\(|@import|@font-face|https?:|</", style)


def test_hostile_names_are_text(result, words, language):
    outcome = replace(
        result.up.evidence.outcomes[0], name=HOSTILE, status="failed", evidence=HOSTILE + "\ud800",
        why=verbatim(HOSTILE), did=verbatim(HOSTILE), hints=(Hint(verbatim(HOSTILE), HOSTILE),),
    )  # fmt: skip
    choice = Choice(HOSTILE, HOSTILE, verbatim(HOSTILE), (Refusal(HOSTILE, verbatim(HOSTILE)),))
    bad = replace(
        result,
        spec=replace(
            result.spec, name=HOSTILE, file=HOSTILE, runs={HOSTILE: next(iter(result.spec.runs.values()))}
        ),
        facts=replace(
            result.facts,
            host=HOSTILE,
            cpu=replace(result.facts.cpu, model=HOSTILE),
            nvidia=Nvidia("ready", HOSTILE, HOSTILE, (Gpu(0, HOSTILE),)),
        ),
        lock=replace(
            result.lock,
            packages=(Package(HOSTILE, HOSTILE, location=HOSTILE, required_by=(HOSTILE,)),),
            choices=(choice,),
            identity=HOSTILE,
        ),
        up=replace(
            result.up, evidence=replace(result.up.evidence, outcomes=(outcome,), digests={HOSTILE: HOSTILE})
        ),
        example=replace(
            result.example,
            name=HOSTILE,
            title=bilingual(HOSTILE, HOSTILE),
            data=bilingual(HOSTILE, HOSTILE),
            public=replace(
                result.example.public, what=bilingual(HOSTILE, HOSTILE), source=f"https://{HOSTILE}"
            ),
        ),
        evaluation=replace(
            result.evaluation,
            of=HOSTILE,
            classes=(HOSTILE,) * 10,
            metrics=(Metric(HOSTILE, 0.5, 0.4, 0.6),),
            baselines=(Baseline(HOSTILE, 0.1),),
            split={HOSTILE: 3},
            split_digest=HOSTILE,
            checks=(Check(HOSTILE, ok=False, said=HOSTILE),),
            settings={HOSTILE: HOSTILE},
        ),
        epochs=tuple(replace(one, name=HOSTILE) for one in result.epochs),
        gallery=(Piece("picture", "a.png", bilingual(HOSTILE, HOSTILE)),),
        media={"a.png": Media("png", png(((0.5, 1.0),) * 2), 2, 2)},
        data=(DataUsed(HOSTILE, HOSTILE, HOSTILE, 1, 1, HOSTILE),),
        cost=replace(result.cost, run=HOSTILE),
        commands=((HOSTILE, 1.0),),
        folder=f"/home/{HOSTILE}",
    )
    written = report(bad, words, language)
    usual = {name for name, _ in parse(report(result, words, language)).seen}
    page = parse(written)
    assert {name for name, _ in page.seen} - usual <= {"pre"}
    assert not any(name.startswith("on") for _, attributes in page.seen for name in attributes)
    assert "<script" not in written
    assert "\x00" not in written
    assert written.encode("utf-8")


def test_credentials_are_not_shown(result, words, language):
    secret = "https://lin:hunter2@mirror.example/simple"
    bad = replace(
        result,
        lock=replace(
            result.lock,
            choices=(
                Choice(
                    "index",
                    secret,
                    text("lock.index.default"),
                    (Refusal(secret, text("lock.index.default")),),
                ),
            ),
        ),
        commands=((f"pip download {secret}", 1.0),),
    )
    assert "hunter2" not in report(bad, words, language)


def test_a_failed_proof_is_not_called_proven(result, words, language):
    good, bad = (parse(report(one, words, language)).text("h1")[0] for one in (result, failed(result)))
    assert good == words(text("report.headline.proven"))
    assert bad == words(text("report.headline.unproven"))
    written = report(failed(result), words, language)
    for shown in ("Traceback: &lt;0.31&gt;", "provenv rollback", "no RECORD", "2 × NVIDIA H100 80 GiB"):
        assert shown in written


def test_wrong_samples_come_first_and_are_marked(result, words, language):
    kinds = re.findall(r'class="card sample (right|wrong)"', report(result, words, language))
    assert kinds == sorted(kinds, key=lambda kind: kind == "right")
    assert kinds.count("wrong") == sum(not one.right for one in result.predictions.predictions)


def test_a_text_that_was_made_is_text(result, words, language):
    written = report(language_model(result), words, language)
    assert "that is &lt;the&gt; question" in written
    assert 'id="made"' in written
    assert 'id="confusion"' not in written
    assert "2.21" in written


def test_sounds_are_played_from_within_the_page_and_what_is_gone_is_left_out(result, words, language):
    page = parse(report(sounds(result), words, language))
    players = [attributes for name, attributes in page.seen if name == "audio"]
    assert [one["src"].startswith("data:audio/wav;base64,UklGR") for one in players] == [True, True]
    assert all("controls" in one and one["aria-label"] for one in players)


def test_what_speaks_against_the_figures_stands_at_the_top(result, words, language):
    written = report(doubtful(result), words, language)
    head = written.partition("</header>")[0]
    assert "overlap: leak: &lt;train&gt; and test share 12 items" in head
    assert "97.0%" in head
    assert 'class="doubts"' not in report(result, words, language)


def test_the_public_figure_has_its_source(result, words, language):
    page = parse(report(result, words, language))
    links = [one["href"] for name, one in page.seen if name == "a" and one.get("class") == "outside"]
    assert links == [result.example.public.source]


def test_every_check_and_rate_is_there(result, words, language):
    written = report(result, words, language)
    for outcome in result.up.evidence.outcomes:
        assert f">{outcome.name}<" in written
    for name in ("matmul.float32", "memory.copy", "storage.read"):
        assert f">{name}<" in written
    assert "training.accuracy" not in written


def test_a_changed_receipt_has_another_digest(result, words, language):
    seen = set()
    for one in (result, failed(result)):
        digests = re.findall(r"<code>([0-9a-f]{64})</code>", report(one, words, language))
        assert digests
        seen.add(digests[-1])
    assert len(seen) == 2


def palettes() -> dict[str, dict[str, str]]:
    style = resources.files("provenv.ui.report").joinpath("style.css").read_text(encoding="utf-8")
    blocks = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    light, dark, paper = (dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block)) for block in blocks)
    return {"light": light, "dark": light | dark, "print": light | paper}


def channels(colour: str) -> tuple[float, ...]:
    return tuple(int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))


def luminance(colour: tuple[float, ...]) -> float:
    """Return the relative luminance of WCAG 2.2."""
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def mixed(over: tuple[float, ...], under: tuple[float, ...], opacity: float) -> tuple[float, ...]:
    return tuple(a * opacity + b * (1 - opacity) for a, b in zip(over, under, strict=True))


@pytest.mark.parametrize("palette", ["light", "dark", "print"])
@pytest.mark.parametrize(
    ("front", "ground"),
    [
        *itertools.product(["ink", "quiet", "blue", "orange", "green"], ["paper", "surface"]),
        *itertools.product(["ink", "quiet"], ["sunken"]),
    ],
)
def test_text_can_be_read_on_its_ground(palette, front, ground):
    colours = palettes()[palette]
    assert contrast(channels(colours[front]), channels(colours[ground])) >= 4.5


@pytest.mark.parametrize("palette", ["light", "dark", "print"])
@pytest.mark.parametrize("hue", ["blue", "orange"])
@pytest.mark.parametrize("share", [0.01, 0.1, 0.3, 0.49, 0.5, 0.75, 1.0])
def test_the_heat_maps_figures_can_be_read_on_every_shade(palette, hue, share):
    colours = palettes()[palette]
    opacity = 0.9 + share / 10 if share >= 0.5 else 0.16 + 0.5 * share
    ground = mixed(channels(colours[hue]), channels(colours["sunken"]), opacity)
    front = channels(colours["on-strong" if share >= 0.5 else "ink"])
    assert contrast(front, ground) >= 4.5
