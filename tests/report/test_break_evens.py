"""The page of a break-even: what it draws and says is what its tables hold, settled or not; what does not fit is refused."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from matplotlib.collections import PolyCollection

from sim.report.html import html
from sim.report.make import page_of, pictures_of
from sim.results.read import read_folder
from sim.studies.kept_breakeven import read_break_even
from tests.report.conftest import run_here
from tests.report.reading import Page, Tables
from tests.report.test_figures import figure_of, find_no_overlap, texts
from tests.report.test_pages import FILES, PATH_OR_ID, UNSEEN
from tests.resealed import reseal

pytestmark = pytest.mark.pages

SCALE = "arms.defender.aid_scale=0:2"
# The condition, and how many histories of how many months.
STUDIES = {
    "of base": ("baseline", "mean(ground_gained_km2) <= 0.8 * base", 20, 6),
    "unsettled": ("baseline", "share(ceasefire_in_force) >= 0.13", 20, 6),
    "everywhere": ("no_talks", "share(war_goes_on) >= 0.2", 20, 1),
    "undefined": ("no_talks", "mean(fire_below_half_month_attacker) > 1", 5, 1),
}


@pytest.fixture(scope="module")
def studies(once) -> dict[str, Path]:
    def make(folder: Path) -> None:
        for name, (scenario, until, histories, months) in STUDIES.items():
            run_here(
                "breakeven", scenario, "--vary", SCALE, "--until", until, "--replications", histories, "--months", months,
                "--workers", 1, "--out", folder / name,
            )  # fmt: skip

    folder = once("studies", make)
    return {name: folder / name for name in STUDIES}


def rows_of(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((folder / "breakeven.csv").read_text(encoding="utf-8"))))


def floats(rows: list[dict[str, str]], name: str) -> np.ndarray:
    return np.array([float(row[name]) if row[name] else np.nan for row in rows])


def test_a_break_even_is_read_as_it_was_found(results, studies):
    for folder in (results.breakeven, *studies.values()):
        found, told = read_break_even(read_folder(folder)), json.loads((folder / "breakeven.json").read_text())
        for name in ("found", "settled", "at", "low", "high", "holds_above", "jumps"):
            assert getattr(found, name) == told[name], (folder, name)
        assert found.as_dicts() == told["points"]
        assert [list(pair) for pair in found.crossings] == told["crossings"]


def test_what_the_outcome_is_and_the_level_are_kept_with_what_lies_between(results, studies):
    for folder in (results.breakeven, *studies.values()):
        rows = rows_of(folder)
        np.testing.assert_allclose(
            floats(rows, "statistic") - floats(rows, "level"), floats(rows, "excess"), rtol=1e-9, atol=1e-9
        )
    assert {float(row["level"]) for row in rows_of(results.breakeven)} == {1_500}
    # A multiple of what the scenario gives as it is, at which the knob is 1.
    of_base = rows_of(studies["of base"])
    (as_it_is,) = [float(row["statistic"]) for row in of_base if float(row["value"]) == 1]
    np.testing.assert_allclose(floats(of_base, "level"), 0.8 * as_it_is, rtol=1e-12)
    assert {(row["statistic"], row["level"]) for row in rows_of(studies["undefined"])} == {("", "")}


def test_the_figure_draws_the_points_their_intervals_the_level_and_the_break_even(results):
    (picture,) = pictures_of([results.breakeven])[0].values()
    (axes,) = figure_of(picture).axes
    rows, told = rows_of(results.breakeven), json.loads((results.breakeven / "breakeven.json").read_text())
    curve, *marks, level, upright = axes.get_lines()
    np.testing.assert_array_equal(curve.get_xdata(), floats(rows, "value"))
    np.testing.assert_array_equal(curve.get_ydata(), floats(rows, "statistic"))
    assert set(level.get_ydata()) == {1_500}
    assert set(upright.get_xdata()) == {told["at"]}
    assert sum(len(one.get_xdata()) for one in marks) == len(rows)
    (hollow,) = [one for one in marks if one.get_markerfacecolor() == "white"]
    include = (floats(rows, "low") <= 0) & (floats(rows, "high") >= 0)
    np.testing.assert_array_equal(hollow.get_xdata(), floats(rows, "value")[include])
    (band,) = [one for one in axes.collections if isinstance(one, PolyCollection)]
    corners = {round(float(y), 6) for _, y in band.get_paths()[0].vertices}
    ends = np.concatenate([floats(rows, name) + floats(rows, "level") for name in ("low", "high")])
    assert corners == {round(float(y), 6) for y in ends}
    (shade,) = axes.patches
    assert (shade.get_x(), shade.get_x() + shade.get_width()) == pytest.approx((told["low"], told["high"]))  # type: ignore[attr-defined]


def test_the_finding_of_the_terminal_opens_it_and_the_picture_comes_first(results, page):
    text = page("breakeven")
    found = re.search(r'<div id="found">(.*?)</div>', text, flags=re.DOTALL)
    assert found is not None
    said = " ".join(re.sub(r"<[^>]*>", "", found[1]).replace("&#39;", "'").split())
    printed = " ".join((results.breakeven / "breakeven.txt").read_text().split())
    assert said.removeprefix("What was found ") in printed
    assert text.index("<figure") < text.index('id="table-outcomes-1"') < text.index("What is assumed</h2>")
    # Few lines: the even values of the search and both beside the break-even.
    table = text[text.index('id="table-outcomes-1"') :]
    assert table[: table.index("</table>")].count("<tr>") == 1 + 5 + 2
    figure = text[text.index("<figure") : text.index("</figure>")]
    assert figure[figure.index("<tbody>") :].count("<tr>") == len(rows_of(results.breakeven))


SAID = {
    "of base": "a multiple of what the outcome is as the scenario stands",
    "unsettled": "Not settled by 20 histories",
    "everywhere": "No break-even: the condition holds at every value that was tried.",
    "undefined": "No break-even can be told",
}


@pytest.mark.parametrize("name", STUDIES)
def test_pages_of_all_that_may_be_found(studies, name: str):
    """What is not settled, does not lie in the range or cannot be told is said, in words and without any id."""
    read, tables = Page(html(page_of([studies[name]]))), Tables([studies[name]])
    for number in read.numbers:
        assert number.value == pytest.approx(tables.value(number.of), rel=1e-12), number
    seen = [text for text, around in read.texts if not UNSEEN & set(around)]
    for text in seen:
        assert PATH_OR_ID.search(FILES.sub("", text)) is None, text
    assert any(SAID[name] in text for text in seen)
    figures = [tag for tag, _ in read.elements].count("figure")
    assert figures == (name != "undefined")


@pytest.mark.parametrize("paper", ["screen", "column", "page"])
def test_nothing_overlaps_whatever_was_found(studies, paper: str):
    for name in ("of base", "unsettled", "everywhere"):
        for picture in pictures_of([studies[name]])[0].values():
            find_no_overlap(picture, paper)


def test_what_is_not_settled_is_drawn_as_such(studies):
    (picture,) = pictures_of([studies["unsettled"]])[0].values()
    named = {text for text, _ in texts(figure_of(picture))}
    assert not any(text.startswith("break-even") for text in named)
    assert "simulated, the interval includes the level" in named
    assert "simulated, the interval leaves out the level" not in named


def test_several_crossings_are_shaded_each(results, tmp_path: Path):
    """Each pair of neighbours of which the condition holds at one only, here made by changing what is kept."""
    folder = tmp_path / "several"
    shutil.copytree(results.breakeven, folder)
    rows, told = rows_of(folder), json.loads((folder / "breakeven.json").read_text())
    # The last point falls back as far below the level as it was above.
    last, point = rows[-1], told["points"][-1]
    excess, low, high = (point[name] for name in ("excess", "low", "high"))
    point |= {"excess": -excess, "low": -high, "high": -low, "statistic": point["level"] - excess, "holds": False}
    last |= {name: str(point[name]) for name in ("excess", "low", "high", "statistic")} | {"holds": "0"}
    told["crossings"] += [[told["points"][-2]["value"], point["value"]]]
    told |= {"found": "several", "at": None, "between": None, "low": None, "high": None, "holds_above": None}
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    (folder / "breakeven.csv").write_text(text.getvalue())
    (folder / "breakeven.json").write_text(json.dumps(told))
    reseal(folder)
    (picture,) = pictures_of([folder])[0].values()
    shades = figure_of(picture).axes[0].patches
    assert [(one.get_x(), one.get_x() + one.get_width()) for one in shades] == [  # type: ignore[attr-defined]
        pytest.approx(pair) for pair in told["crossings"]
    ]
    assert "Several break-evens: it crosses between" in html(page_of([folder]))


def change_told(**changes: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        told = json.loads((folder / "breakeven.json").read_text())
        (folder / "breakeven.json").write_text(json.dumps({**told, **changes}))

    return change


def change_cells(column: str, cell: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        header, *lines = (folder / "breakeven.csv").read_text().splitlines()
        at = header.split(",").index(column)
        cells = [line.split(",") for line in lines]
        cells[1][at] = cell
        (folder / "breakeven.csv").write_text("\n".join([header, *map(",".join, cells)]) + "\n")

    return change


def drop_columns(folder: Path) -> None:
    """Leave out what the outcome is, and the level."""
    lines = [line.split(",") for line in (folder / "breakeven.csv").read_text().splitlines()]
    (folder / "breakeven.csv").write_text("".join(",".join(line[:3] + line[5:]) + "\n" for line in lines))


WRONG = {
    "another finding": (change_told(found="everywhere"), "says other than breakeven.csv what was found"),
    "settled or not": (change_told(settled=False), "says other than breakeven.csv what was found"),
    "no point between": (change_told(between=[1_000.5, 1_001]), "does not lie between the values"),
    "bounds that are beyond it": (change_told(low=1_600.0), "does not lie between the values"),
    "bounds out of the range": (change_told(low=-5.0), "lies beyond the values"),
    "no number": (change_told(at="x"), "breakeven.json: at: "),
    "other points": (change_told(points=[]), "says other than breakeven.csv"),
    "an excess that is none": (change_cells("excess", "5"), "row 2: its excess is not that over its level"),
    "a side that it is not on": (change_cells("holds", "1"), "row 2: whether the condition holds"),
    "a value out of order": (change_cells("value", "1"), "row 2: it is there twice or out of its order"),
    "more histories than were run": (change_cells("histories", "51"), "row 2: it has more histories than were run"),
    "a cell that is empty": (change_cells("statistic", ""), "row 2: some of its numbers are missing"),
    "bounds in disorder": (change_cells("low", "1e6"), "row 2: its bounds are not in their order"),
    "a table without what the outcome is": (drop_columns, "has no column statistic"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_does_not_fit_together_is_refused_in_a_line(results, here, tmp_path: Path, what: str):
    change, said = WRONG[what]
    shutil.copytree(results.breakeven, tmp_path / "changed")
    change(tmp_path / "changed")
    reseal(tmp_path / "changed")
    done = here("report", "changed", cwd=tmp_path)
    assert done.returncode == 3
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "changed/report.html").exists()


def test_what_cannot_be_drawn_is_a_line_and_its_page_is_there(studies, here, tmp_path: Path):
    done = here("plot", studies["undefined"], cwd=tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    assert "there is nothing to draw" in done.stderr
    assert here("report", studies["undefined"], "--out", "page.html", cwd=tmp_path).returncode == 0


def test_the_command_writes_the_page_and_says_how_to_make_it(here, tmp_path: Path):
    ask = (
        "breakeven", "no_talks", "--vary", SCALE, "--until", "share(war_goes_on) >= 0.2", "--replications", 10, "--months",
        1, "--out", "found",
    )  # fmt: skip
    first = here(*ask, cwd=tmp_path)
    assert first.returncode == 0
    assert first.stdout.count("parley report found  # a page with a figure") == 1
    assert not (tmp_path / "found/report.html").exists()
    again = here(*ask, "--report", cwd=tmp_path)
    assert "There already: found/" in again.stdout
    assert "parley report" not in again.stdout
    made = (tmp_path / "found/report.html").read_bytes()
    assert made == html(page_of([tmp_path / "found"])).encode()
    # Nothing of another's is replaced, and that is said before the work.
    (tmp_path / "found/report.html").write_text("mine")
    refused = here(*ask, "--report", "--force", cwd=tmp_path)
    assert refused.returncode == 3
    assert "is not a page of Parley" in refused.stderr
    assert (tmp_path / "found/report.html").read_text() == "mine"
