"""The pages of runs in a browser: wide and narrow, light and dark, both languages, the pointer's figures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from loading import load
from provenv.runs.comparing import compare
from provenv.ui.report.compare_page import compare_page
from provenv.ui.report.run_page import run_page
from provenv.ui.words import Words

HERE = Path(__file__).resolve().parent
SAMPLES = load("run_samples", HERE.parent / "run_samples.py")
BROWSER = load("report_browser", HERE / "test_report_browser.py")

pytestmark = BROWSER.pytestmark


@pytest.fixture(scope="module", autouse=True)
def compiled(repository: Path) -> None:
    load("hatch_build", repository / "hatch_build.py").compile_catalogues()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(BROWSER.CHROMIUM), args=BROWSER.ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("pages")
    for language in ("en", "zh_CN"):
        words = Words(language)
        pages = {
            "run": run_page(SAMPLES.report(), words, language),
            "compare": compare_page(compare(SAMPLES.compared()), words, language),
        }
        for name, page in pages.items():
            (made / f"{name}-{language}.html").write_text(page, encoding="utf-8")
    return made


@pytest.fixture(
    params=[
        (kind, language, width, scheme)
        for kind in ("run", "compare")
        for language, width, scheme in (("en", 1280, "light"), ("zh_CN", 1280, "dark"), ("en", 390, "dark"))
    ],
    ids=str,
)
def page(request, chromium: Browser, folder: Path) -> Iterator[Page]:
    kind, language, width, scheme = request.param
    opened = chromium.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("request", lambda asked: complaints.extend([asked.url] if asked.url.startswith("http") else []))
    opened.goto((folder / f"{kind}-{language}.html").as_uri())
    yield opened
    opened.close()
    assert complaints == []


def test_a_page_is_as_wide_as_the_window_and_can_be_read(page: Page):
    sizes = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    scroll, client = page.evaluate(sizes)
    assert scroll <= client
    assert page.evaluate(BROWSER.OVERFLOWING) == []
    assert page.evaluate(BROWSER.SMALLEST) >= 9
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    assert (sum(int(one) for one in ground.strip("rgb()").split(",")) < 200) == dark


def test_the_figures_stand_under_the_pointer_and_nowhere_else(page: Page):
    tips = "[...document.querySelectorAll('.traces .tip')]"
    shown = f"{tips}.filter(one => getComputedStyle(one).opacity > 0).length"
    assert page.evaluate(shown) == 0
    chart = page.locator("svg.traces").first
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert page.evaluate(shown) == 1
