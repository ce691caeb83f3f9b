"""The pages of other tasks, and of several demos, in a browser: nothing is too wide, sounds can be played."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from demo_pages import STATES
from provenv.model.demo import DemoResult
from provenv.ui.report import report
from provenv.ui.report.demos_page import demos_page

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run"]
WIDE = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
OVERFLOWING = """() => {
    const wide = document.documentElement.clientWidth;
    const scrolls = element => element && (getComputedStyle(element).overflowX !== 'visible'
        || scrolls(element.parentElement));
    return [...document.querySelectorAll('main *')]
        .filter(one => one.getBoundingClientRect().right > wide + 1 && !scrolls(one.parentElement))
        .map(one => one.tagName + ' ' + one.textContent.slice(0, 40));
}"""
SMALLEST = """() => Math.min(...[...document.querySelectorAll('svg text')].map(one =>
    parseFloat(getComputedStyle(one).fontSize) * one.ownerSVGElement.getScreenCTM().a))"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM} (package `chromium`)"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Callable[[str, int], Page]]:
    """Return what opens a page; whatever the browser complains of fails the test."""
    complaints: list[str] = []
    pages: list[Page] = []

    def give(written: str, width: int) -> Page:
        path = tmp_path / f"{len(pages)}.html"
        path.write_text(written, encoding="utf-8")
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.on("console", lambda message: complaints.append(message.text))
        page.on("requestfailed", lambda asked: complaints.append(asked.url[:80]))
        page.goto(path.as_uri())
        pages.append(page)
        return page

    yield give
    for page in pages:
        page.close()
    assert complaints == []


def several(result: DemoResult) -> list[DemoResult]:
    named = ("fashion-torch", "fashion-lightning", "fashion-keras")
    return [replace(result, example=replace(result.example, name=name)) for name in named]


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("state", ["letters", "language model", "sounds", "regression", "doubtful"])
def test_no_page_of_a_task_is_wider_than_the_window(opened, result, words, language, state, width):
    page = opened(report(STATES[state](result), words, language), width)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    scroll, client = page.evaluate(WIDE)
    assert scroll <= client
    assert page.evaluate(OVERFLOWING) == []
    assert page.evaluate(SMALLEST) >= 9


@pytest.mark.parametrize("width", [1280, 400])
def test_the_page_of_several_fits_too(opened, result, words, language, width):
    page = opened(demos_page(several(result), words, language), width)
    scroll, client = page.evaluate(WIDE)
    assert scroll <= client
    assert page.evaluate(OVERFLOWING) == []
    assert page.evaluate(SMALLEST) >= 9


def test_a_sound_within_the_page_is_loaded_and_its_length_known(opened, result, words, language):
    page = opened(report(STATES["sounds"](result), words, language), 1280)
    page.wait_for_function("[...document.querySelectorAll('audio')].every(one => one.readyState >= 1)")
    lengths = page.evaluate("[...document.querySelectorAll('audio')].map(one => one.duration)")
    assert lengths == [pytest.approx(0.1, abs=0.01)] * 3
    sizes = page.evaluate("[...document.images].map(one => [one.complete, one.naturalWidth > 0])")
    assert sizes
    assert all(size == [True, True] for size in sizes)
