"""Pages in a real browser: headless Chromium, driven by Playwright, with axe-core for accessibility.

Skipped where there is no Chromium: `apt-get install chromium`, or name one with CHROMIUM=/path/to/it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

KNOWN = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = os.environ.get("CHROMIUM") or next((found for name in KNOWN if (found := shutil.which(name))), None)
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium, or set CHROMIUM to one"),
    pytest.mark.browser,
]
WIDTHS = (390, 1280)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Root, as on many machines that only test, has no sandbox.
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def axe() -> str:
    import axe_playwright_python

    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


class Seen:
    """A page that was opened, with all that it said and asked for."""

    def __init__(self, context: BrowserContext, file: Path) -> None:
        self.page: Page = context.new_page()
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.said.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(file.as_uri())


@pytest.fixture(scope="module")
def files(page, tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    found = {}
    for kind in ("run", "comparison", "sweep"):
        found[kind] = folder / f"{kind}.html"
        found[kind].write_text(page(kind), encoding="utf-8")
    return found


def unfold(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", ["run", "comparison", "sweep"])
def test_a_page_works(browser: Browser, axe: str, files, kind: str, width: int):
    context = browser.new_context(viewport={"width": width, "height": 900})
    seen = Seen(context, files[kind])
    page = seen.page
    assert page.title().endswith("- Parley")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    if width == max(WIDTHS):
        # All that is folded too, since what is hidden is not looked at.
        unfold(page)
    for svg in page.locator("figure svg").all():
        box = svg.bounding_box()
        assert box is not None
        assert box["width"] <= width
        # Letters of figures can be read: 10.5 of the units of their width.
        shown = 10.5 * box["width"] / float(str(svg.get_attribute("viewBox")).split()[2])
        assert shown > 9.5
    page.evaluate(axe + "\n;0")
    found = page.evaluate("axe.run()")
    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []
    assert len(found["passes"]) > 20
    unfold(page)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert seen.said == []
    assert seen.asked == [files[kind].as_uri()]
    context.close()


def test_a_page_is_complete_without_scripts(browser: Browser, files):
    texts = []
    for scripts in (True, False):
        context = browser.new_context(java_script_enabled=scripts, viewport={"width": 1280, "height": 900})
        seen = Seen(context, files["run"])
        for summary in seen.page.locator("summary").all():
            summary.click()
        assert seen.page.locator("details:not([open])").count() == 0
        texts.append(seen.page.locator("main").inner_text())
        context.close()
    with_scripts, without = (text.split() for text in texts)
    # Scripts add buttons and a line that reads out values, and take nothing.
    assert set(without) <= set(with_scripts)
    assert texts[1].count("\n") > 500


def test_the_script_sorts_shows_values_and_takes_bands_away(browser: Browser, files):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = Seen(context, files["run"]).page
    figure = page.locator("figure#forces")
    bands = figure.locator(".band")
    assert bands.count() >= 4
    assert bands.first.is_visible()
    figure.get_by_role("button", name="Hide the bands").press("Enter")
    assert not bands.first.is_visible()
    figure.get_by_role("button", name="Show the bands").click()
    assert bands.first.is_visible()
    box = figure.locator("svg").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.4 * box["height"])
    told = figure.locator(".readout").inner_text()
    figure.locator("summary").click()
    here = figure.locator("tr.here")
    # A row of each of both tables, and what they hold.
    assert here.count() == 2
    for row in here.all():
        for cell in row.locator("td").all():
            assert cell.inner_text() in told
    table = figure.locator("table").first
    button = table.get_by_role("button", name="median")
    for direction in ("ascending", "descending"):
        button.click()
        values = [float(str(one.get_attribute("value"))) for one in table.locator("tbody td:nth-child(4) data").all()]
        assert values == sorted(values, reverse=direction == "descending")
        assert button.locator("xpath=..").get_attribute("aria-sort") == direction
    context.close()


def test_a_keyboard_reaches_everything(browser: Browser, files):
    context = browser.new_context(viewport={"width": 390, "height": 900})
    page = Seen(context, files["sweep"]).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "To the results"
    page.keyboard.press("Enter")
    assert page.url.endswith("#content")
    reached = set()
    for _ in range(120):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.tagName"))
    assert {"A", "SUMMARY", "BUTTON"} <= reached
    context.close()


def test_paper_unfolds_all_tables(browser: Browser, files):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 800, "height": 900})
    page = Seen(context, files["sweep"]).page
    inside = page.locator("details table").first
    assert not inside.is_visible()
    page.emulate_media(media="print")
    assert inside.is_visible()
    assert not page.locator("nav").is_visible()
    context.close()
