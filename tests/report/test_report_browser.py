"""The page in a browser: from a file, wide and narrow, light and dark, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from provenv.ui.report import report

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-sync",
]

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


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, result, words, language) -> str:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(report(result, words, language), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(
    scope="module", params=[(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")], ids=str
)
def page(request, browser: Browser, address: str) -> Iterator[Page]:
    width, scheme = request.param
    opened = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("requestfailed", lambda asked: complaints.append(asked.url))
    opened.on("request", lambda asked: complaints.extend([asked.url] if asked.url.startswith("http") else []))
    opened.goto(address)
    yield opened
    opened.close()
    assert complaints == []


OVERFLOWING = """() => {
    const wide = document.documentElement.clientWidth;
    const scrolls = element => element && (getComputedStyle(element).overflowX !== 'visible'
        || scrolls(element.parentElement));
    return [...document.querySelectorAll('main *')]
        .filter(one => one.getBoundingClientRect().right > wide + 1 && !scrolls(one.parentElement))
        .map(one => one.tagName + ' ' + one.textContent.slice(0, 40));
}"""


def test_nothing_is_wider_than_the_window(page: Page):
    sizes = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    scroll, client = page.evaluate(sizes)
    assert scroll <= client
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    scroll, client = page.evaluate(sizes)
    assert scroll <= client
    assert page.evaluate(OVERFLOWING) == []


def test_every_image_is_drawn(page: Page):
    sizes = page.evaluate("[...document.images].map(one => [one.complete, one.naturalWidth])")
    assert sizes
    assert all(size == [True, 8] for size in sizes)


def test_dark_is_dark(page: Page):
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    assert (sum(int(one) for one in ground.strip("rgb()").split(",")) < 200) == dark


SMALLEST = """() => Math.min(...[...document.querySelectorAll('svg text')].map(one =>
    parseFloat(getComputedStyle(one).fontSize) * one.ownerSVGElement.getScreenCTM().a))"""


def test_the_words_of_drawings_stay_large_enough(page: Page):
    assert page.evaluate(SMALLEST) >= 9


def test_links_lead_to_their_sections(page: Page):
    for link in page.locator("nav a").all():
        link.click()
        goal = page.evaluate("document.querySelector(location.hash).getBoundingClientRect().top")
        bottom = page.evaluate("document.documentElement.scrollHeight - scrollY - innerHeight")
        assert abs(goal) < 40 or bottom < 2
