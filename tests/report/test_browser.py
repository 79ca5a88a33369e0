"""Pages in a real browser: headless Chromium, driven by Playwright, with axe-core for accessibility.

Skipped where there is no Chromium: `apt-get install chromium`, or name one with CHROMIUM=/path/to/it.
"""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Browser, Page

from sim.report.make import write_report
from tests.browsing import NEEDS_CHROMIUM, Seen
from tests.report.reading import is_rounded

pytestmark = [NEEDS_CHROMIUM, pytest.mark.browser]
KINDS = ("run", "comparison", "sweep", "heat", "assumptions", "breakeven", "calibration", "hindcast")


@pytest.fixture(scope="module")
def axe() -> str:
    import axe_playwright_python

    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def files(page, tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    found = {}
    for kind in KINDS:
        found[kind] = folder / f"{kind}.html"
        found[kind].write_text(page(kind), encoding="utf-8")
    return found


def unfold(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")


# Each line of text that is seen, as far as what scrolls shows it. Boxes of lines are taller than letters are.
LAYOUT = """() => {
  const found = [], wide = document.documentElement.clientWidth, wrong = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const clips = new Map();
  const clip = (element) => {
    if (!clips.has(element)) {
      const near = element.closest(".scroll, pre, nav");
      clips.set(element, near && getComputedStyle(near).overflowX !== "visible" ? near.getBoundingClientRect() : null);
    }
    return clips.get(element);
  };
  while (walker.nextNode()) {
    const node = walker.currentNode, parent = node.parentElement;
    if (!node.data.trim() || parent.closest("script, style, title, noscript, .skip") || !parent.checkVisibility()) continue;
    const range = document.createRange(), svg = parent.closest("svg"), within = clip(parent);
    range.selectNodeContents(node);
    const frame = svg && svg.getBoundingClientRect();
    for (const { left, top, right, bottom } of svg ? [parent.getBoundingClientRect()] : range.getClientRects()) {
      // Letters fill the middle of the box of their line.
      const pad = Math.min(right - left, bottom - top) * 0.12;
      const flat = right - left > bottom - top || node.data.trim().length < 3;
      const box = flat ? [left, top + pad, right, bottom - pad] : [left + pad, top, right - pad, bottom];
      const text = node.data.trim().slice(0, 60);
      if (svg && Math.max(frame.left - box[0], frame.top - box[1], box[2] - frame.right, box[3] - frame.bottom) > 1.5)
        wrong.push(`out of its figure: ${text}`);
      if (within) {
        box[0] = Math.max(box[0], within.left); box[2] = Math.min(box[2], within.right);
        box[1] = Math.max(box[1], within.top); box[3] = Math.min(box[3], within.bottom);
      }
      if (box[2] - box[0] < 1 || box[3] - box[1] < 1) continue;
      if (box[0] < -1 || box[2] > wide + 1) wrong.push(`out of the page: ${text}`);
      found.push({ box, text, parent });
    }
  }
  found.sort((a, b) => a.box[1] - b.box[1]);
  found.forEach((a, at) => {
    for (let n = at + 1; n < found.length && found[n].box[1] < a.box[3] - 1.5; n++) {
      const b = found[n];
      if (Math.min(a.box[2], b.box[2]) - Math.max(a.box[0], b.box[0]) < 1.5) continue;
      if (Math.min(a.box[3], b.box[3]) - b.box[1] < 1.5) continue;
      if (a.parent.contains(b.parent) || b.parent.contains(a.parent)) continue;
      wrong.push(`over one another: ${a.text} | ${b.text}`);
    }
  });
  return [found.length, wrong];
}"""


def nothing_lies_over_anything(page: Page) -> None:
    """Hold all texts that are seen, those of figures too, to places of their own, within their figure and the page."""
    lines, wrong = page.evaluate(LAYOUT)
    assert wrong == []
    assert lines > 50


def test_what_lies_over_something_or_sticks_out_is_found(browser: Browser, files):
    """Each of three faults made in a page is told, and an overlap inside one and the same sentence is none."""
    context = browser.new_context(viewport={"width": 390, "height": 900})
    page = Seen(context, files["sweep"]).page
    unfold(page)
    nothing_lies_over_anything(page)
    for move, told in (
        ("const [a] = document.querySelectorAll('figure svg text'); a.parentNode.append("
         "Object.assign(a.cloneNode(), {textContent: 'above'}))", "over one another"),
        ("document.querySelector('figure svg text').setAttribute('transform', 'translate(-400 20)')", "out of its figure"),
        ("document.querySelector('h1').style.cssText = 'position: relative; left: -3rem'", "out of the page"),
        ("document.querySelector('.size').style.cssText = 'position: relative; top: -2rem'", "over one another"),
    ):  # fmt: skip
        page.reload()
        page.evaluate(f"() => {{ {move} }}")
        _, wrong = page.evaluate(LAYOUT)
        assert any(one.startswith(told) for one in wrong), (move, wrong)
    context.close()


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light"), (1920, "dark")])
@pytest.mark.parametrize("kind", KINDS)
def test_a_page_works(browser: Browser, axe: str, files, kind: str, width: int, scheme: Literal["dark", "light"]):
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    seen = Seen(context, files[kind])
    page = seen.page
    assert page.title().endswith("- Parley")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    if width > 390:
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
    # All rules on all of the page; of what passes one place a rule is told, since to tell all takes most of the time.
    found = page.evaluate("axe.run({resultTypes: ['violations']})")
    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []
    assert len(found["passes"]) > 20
    unfold(page)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    nothing_lies_over_anything(page)
    assert seen.said == []
    assert seen.asked == [files[kind].as_uri()]
    context.close()


@pytest.mark.parametrize("kind", ["run", "comparison", "breakeven"])
def test_no_number_of_prose_is_torn_apart_on_a_phone(browser: Browser, files, kind: str):
    context = browser.new_context(viewport={"width": 390, "height": 900})
    page = Seen(context, files[kind]).page
    unfold(page)
    lines = page.evaluate(
        "() => [...document.querySelectorAll('.unbroken, p data, li data, figcaption data')]"
        ".map((one) => [one.textContent, new Set([...one.getClientRects()].map((box) => Math.round(box.bottom / 6))).size])"
    )
    assert sum(" .. " in text for text, _ in lines) >= {"run": 6, "comparison": 4, "breakeven": 1}[kind]
    assert [text for text, count in lines if count > 1] == []
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
    # However busy the machine is.
    page.wait_for_url("**#content")
    reached = set()
    for _ in range(120):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.tagName"))
    assert {"A", "SUMMARY", "BUTTON"} <= reached
    context.close()


def pages_of(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def test_a_run_is_printed_on_six_sheets_and_its_brief_on_two(browser: Browser, files, results, tmp_path: Path):
    write_report([results.base], tmp_path / "brief.html", False, brief=True)
    write_report([results.base, results.others[0]], tmp_path / "both.html", False, brief=True)
    write_report([results.base, *results.others], tmp_path / "three.html", False, brief=True)
    briefly = (tmp_path / f"{name}.html" for name in ("brief", "both", "three"))
    for file, most in ((files["run"], 6), (files["breakeven"], 6), *((brief, 2) for brief in briefly)):
        context = browser.new_context(color_scheme="dark")
        page = Seen(context, file).page
        assert 1 <= pages_of(page.pdf(format="A4")) <= most, file
        # What is folded stays so, on white.
        page.emulate_media(media="print")
        assert page.locator("details table:visible").count() == 0
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        page.emulate_media(media="screen")
        unfold(page)
        for width in (390, 1280, 1920):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") == width
            nothing_lies_over_anything(page)
        context.close()


@pytest.mark.parametrize("kind", KINDS)
def test_every_figure_can_be_saved_and_copied(browser: Browser, files, kind: str, tmp_path: Path):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="dark", accept_downloads=True)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    seen = Seen(context, files[kind])
    names = seen.page.locator("figure").evaluate_all("(all) => all.map((one) => one.id)")
    assert names
    for at, name in enumerate(names):
        # Chromium asks its user after ten downloads of one page, and here nobody answers: of each figure there are three.
        if at and at % 3 == 0:
            seen.page.close()
            seen = Seen(context, files[kind])
        figure = seen.page.locator(f"figure[id='{name}']")
        saved = {}
        for way in ("SVG", "PNG", "CSV"):
            with seen.page.expect_download() as download:
                figure.get_by_role("button", name=f"{way}:").click()
            path = tmp_path / download.value.suggested_filename
            download.value.save_as(path)
            saved[way] = path.read_bytes()
            assert path.name == f"{figure.get_attribute('id')}.{way.lower()}"
        drawing = ElementTree.fromstring(saved["SVG"])
        assert drawing.tag == "{http://www.w3.org/2000/svg}svg"
        assert float(drawing.attrib["width"]) > 300
        assert saved["PNG"].startswith(b"\x89PNG")
        assert len(saved["PNG"]) > 10_000
        rows = list(csv.reader(io.StringIO(saved["CSV"].decode())))
        # Every number of its tables, in full.
        numbers = figure.locator("table data").evaluate_all("(all) => all.map((one) => one.value)")
        cells = {cell for row in rows for cell in row}
        assert numbers or kind == "run"
        assert set(numbers) <= cells
        figure.get_by_role("button", name="Copy:").click()
        copied = seen.page.evaluate("navigator.clipboard.readText()")
        assert str(figure.locator("h3").text_content()) in copied
        assert "a stylised model, not a forecast" in copied
        assert seen.said == []
        # A blob is of the page itself, and data are no request.
        assert {url.partition(":")[0] for url in seen.asked[1:]} <= {"blob", "data"}
    context.close()


@pytest.mark.parametrize("kind", ["sweep", "heat"])
def test_a_sweep_can_be_turned_by_hand(browser: Browser, files, results, kind: str):
    """Each turn of a knob, by keyboard, shows a point as its table has it: value, interval, histories."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    seen = Seen(context, files[kind])
    (folder,) = results.every[kind]
    rows = list(csv.DictReader(io.StringIO((folder / "sweep.csv").read_text())))
    paths = [name for name in rows[0] if "." in name]
    sliders = seen.page.locator("#explore input[type=range]").all()
    assert len(sliders) == len(paths)
    shown = set()
    for slider in sliders:
        slider.focus()
        for key in ["Home", *["ArrowRight"] * 5]:
            seen.page.keyboard.press(key)
            at = [one.inner_text() for one in seen.page.locator("#explore output").all()]
            shown.add(tuple(at))
            here = [row for row in rows if [row[path] for path in paths] == at]
            (row,) = [row for row in here if row["id"] == "force_change_12_months_attacker"]
            cells = seen.page.locator("#explore tbody tr").first.locator("td").all_inner_texts()
            assert cells[1] == row["n"]
            told, low, high = re.findall(r"-?[\d,.]*\d", cells[0])
            for text, name in ((told, "mean"), (low, "low"), (high, "high")):
                assert is_rounded(text, float(row[name])), (text, row)
    assert len(shown) >= 5
    assert seen.said == []
    assert seen.asked == [files[kind].as_uri()]
    context.close()
