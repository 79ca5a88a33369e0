"""The page of a hindcast: forecasts beside what came, the best of each column in bold whoever it is, what bands held."""

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

from sim.report.hindcasts import MOST_LANES, _lanes
from sim.report.html import html
from sim.report.make import page_of, pictures_of
from sim.results.read import read_folder
from sim.studies.kept_hindcast import read_hindcast
from sim.words.findings.hindcast import CALLED, OURS
from tests.report.test_figures import figure_of
from tests.resealed import reseal

pytestmark = pytest.mark.pages
ORIGINS = ("2025-03-01", "2025-04-01")
# Those that have figures: what began as early without data is in the tables alone.
DRAWN = OURS[:2]


def rows_of(folder: Path, name: str, **of: str) -> list[dict[str, str]]:
    rows = csv.DictReader(io.StringIO((folder / name).read_text(encoding="utf-8")))
    return [row for row in rows if all(row[key] == value for key, value in of.items())]


def floats(rows: list[dict[str, str]], name: str) -> np.ndarray:
    return np.array([float(row[name]) for row in rows])


def test_a_hindcast_is_read_as_it_was_found(results):
    found, told = read_hindcast(read_folder(results.hindcast)), json.loads((results.hindcast / "hindcast.json").read_text())
    assert found.findings == told["findings"]
    assert found.units == {"losses": "persons", "area": "km2", "truce": ""}
    assert [{**row, "why": row["why"]} for row in found.rivals] == told["rows"]
    assert [found.is_event(series) for series in found.series] == [False, False, True]
    assert found.ours("losses") == list(DRAWN)


@pytest.mark.parametrize("who", DRAWN)
def test_forecasts_are_drawn_as_the_table_has_them(results, who: str):
    pictures, _ = pictures_of([results.hindcast])
    ending = "" if who == "scenario" else f"-{who}"
    panels = figure_of(pictures[f"forecast-losses{ending}"]).axes
    assert len(panels) == len(ORIGINS)
    for axes, origin in zip(panels, ORIGINS, strict=True):
        rows = rows_of(results.hindcast, "forecasts.csv", series="losses", who=who, origin=origin, given="at_war")
        months = [row for row in rows if row["lead"] != "0"]
        median, _, came, *_ = axes.get_lines()
        np.testing.assert_allclose(median.get_ydata(), np.repeat(floats(months, "p50"), 2) / 1e3)
        np.testing.assert_allclose(came.get_ydata(), floats(months, "observed") / 1e3)
        for band, ends in zip(axes.collections, (("p05", "p95"), ("p25", "p75")), strict=True):
            corners = {round(float(y), 6) for _, y in band.get_paths()[0].vertices}
            assert corners == {round(float(y), 6) for end in ends for y in floats(months, end) / 1e3}
    assert panels[0].get_xlim() == panels[1].get_xlim()
    assert panels[0].get_ylim() == panels[1].get_ylim()


def cells_of(text: str, caption: str) -> dict[str, list[str]]:
    table = text[text.index(f">{caption}") :]
    rows = re.findall(r'<th scope="row">(.*?)</th>(.*?)</tr>', table[: table.index("</table>")], flags=re.DOTALL)
    return {name: re.findall(r"<td>(.*?)</td>", cells, flags=re.DOTALL) for name, cells in rows}


@pytest.mark.parametrize("series", ["losses (persons)", "area (km2)"])
def test_the_best_of_each_column_is_in_bold_though_it_is_a_rival_and_who_is_ours_is_said(results, page, series: str):
    cells = cells_of(page("hindcast"), f"{series}, single months, at war (rivals.csv)")
    rows = rows_of(results.hindcast, "rivals.csv", series=series.partition(" ")[0], lead="month", given="at_war")
    named = {f"{CALLED[row['who']]}{' (ours)' if row['who'] in OURS else ''}": row for row in rows}
    assert set(named) == set(cells)
    most = max(float(row["forecasts"]) for row in rows)
    whole = [row for row in rows if float(row["forecasts"]) == most]
    crps = min(float(row["crps"]) for row in whole)
    cover = min(abs(float(row["cover_80"]) - 0.8) for row in whole)
    for name, row in named.items():
        assert ("<strong>" in cells[name][1]) == (row in whole and float(row["crps"]) == crps), name
        assert ("<strong>" in cells[name][4]) == (row in whole and abs(float(row["cover_80"]) - 0.8) == cover), name
    # As it came out here, a rival is the nearest.
    assert next(row["who"] for row in whole if float(row["crps"]) == crps) not in OURS
    assert list(cells)[:2] == ["the scenario (ours)", "calibrated (ours)"]


def test_with_few_origins_that_no_ranking_can_be_had_stands_above_the_tables(page):
    text = page("hindcast")
    part = text[text.index('<section id="scores"') :]
    said = re.sub(r"<[^>]*>", "", part[: part.index("<table>")])
    assert "With fewer than 8 origins no ranking can be had, and these are 2." in said


def test_bands_and_places_are_those_of_the_scores(results):
    pictures, _ = pictures_of([results.hindcast])
    for series in ("losses", "area"):
        for at, who in enumerate(DRAWN):
            of = {"series": series, "who": who, "given": "at_war"}
            pits = [row for row in rows_of(results.hindcast, "scores.csv", score="pit", **of) if row["lead"] != "0"]
            axes = figure_of(pictures[f"pit-{series}"]).axes[at]
            assert sum(one.get_height() for one in axes.patches) == len(pits)  # type: ignore[attr-defined]
            # Of four months two bins.
            assert len(axes.patches) == 2
            axes = figure_of(pictures[f"coverage-{series}"]).axes[at]
            marks = [line for line in axes.get_lines() if line.get_linestyle() == "None"]
            for line, level in zip(marks, (50, 80, 90), strict=True):
                held = [
                    [float(row["value"]) for row in rows_of(results.hindcast, "scores.csv", origin=origin, **of)
                     if row["score"] == f"cover_{level}" and row["lead"] != "0"]
                    for origin in ORIGINS
                ]  # fmt: skip
                np.testing.assert_allclose(line.get_ydata(), [np.mean(one) for one in held])


def test_the_chance_of_an_event_rises_from_each_origin(results):
    (first, *_) = figure_of(pictures_of([results.hindcast])[0]["forecast-truce"]).axes
    line, *_ = first.get_lines()
    assert np.all(np.diff(line.get_xdata()) >= 0)
    assert np.all(np.diff(line.get_ydata()) >= 0)


def test_forecasts_that_overlap_stand_in_lanes_and_what_finds_none_is_counted():
    def of(origin: int, months: int) -> list[dict[str, str]]:
        return [{"origin": f"2020-{origin:02}-01", "until": f"2020-{origin + at + 1:02}-01"} for at in range(months)]

    lanes, drawn = _lanes([*of(1, 3), *of(2, 3), *of(4, 3)])
    assert [[one[0]["origin"][5:7] for one in lane] for lane in lanes] == [["01", "04"], ["02"]]
    assert drawn == 3
    lanes, drawn = _lanes([row for origin in range(1, 7) for row in of(origin, 6)])
    assert (len(lanes), drawn) == (MOST_LANES, MOST_LANES)


def test_an_origin_stands_at_one_place_whoever_told_of_it(results, tmp_path: Path):
    folder = tmp_path / "fewer"
    shutil.copytree(results.hindcast, folder)
    for name in ("forecasts.csv", "scores.csv"):
        lines = (folder / name).read_text().splitlines()
        kept = [line for line in lines if not ("2025-03-01," in line and ",calibrated," in line)]
        (folder / name).write_text("\n".join(kept) + "\n")
    reseal(folder)
    above, below = figure_of(pictures_of([folder])[0]["coverage-losses"]).axes
    assert above.get_xlim() == below.get_xlim()
    (first,), (second,) = ([line for line in axes.get_lines() if line.get_marker() == "s"] for axes in (above, below))
    assert list(first.get_xdata()) == [0.0, 1.0]
    assert list(second.get_xdata()) == [1.0]


def test_what_was_left_out_is_said(results, page):
    text = page("hindcast")
    part = text[text.index('<section id="left-out-here"') :]
    said = re.sub(r"<[^>]*>", "", part[: part.index("</section>")])
    for line in json.loads((results.hindcast / "hindcast.json").read_text())["left_out"]:
        assert line[1:] in said.replace("&#39;", "'")
    assert "Horizons:" in said


def test_another_number_of_bins_has_five_months_each(results):
    from sim.report.hindcasts import _bins

    assert [_bins(count) for count in (1, 4, 15, 49, 50, 400)] == [2, 2, 3, 9, 10, 10]


def change_told(**changes: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        told = json.loads((folder / "hindcast.json").read_text())
        (folder / "hindcast.json").write_text(json.dumps({**told, **changes}))

    return change


def change_cells(name: str, column: str, cell: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        rows = rows_of(folder, name)
        rows[1][column] = cell
        text = io.StringIO()
        writer = csv.DictWriter(text, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        (folder / name).write_text(text.getvalue())

    return change


WRONG = {
    "no text": (change_told(overlap=5), "hindcast.json: overlap: "),
    "no unit": (change_told(units={}), "is no series of these results"),
    "another origin": (change_cells("forecasts.csv", "origin", "2030-01-01"), "is no origin of these results"),
    "beyond the horizon": (change_cells("scores.csv", "lead", "3"), "row 2: it is of a month beyond the horizon"),
    "of none": (change_cells("rivals.csv", "given", "some"), "'some' is no given of these results"),
    "no date": (change_cells("forecasts.csv", "since", "soon"), "row 2: its days are no dates"),
    "quantiles in disorder": (change_cells("forecasts.csv", "p05", "1e9"), "quantiles are not in their order"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_does_not_fit_together_is_refused_in_a_line(results, here, tmp_path: Path, what: str):
    change, said = WRONG[what]
    shutil.copytree(results.hindcast, tmp_path / "changed")
    change(tmp_path / "changed")
    reseal(tmp_path / "changed")
    done = here("report", "changed", cwd=tmp_path)
    assert done.returncode == 3
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_page_of_forecasts_without_a_calibration_has_one_figure_of_each(results, tmp_path: Path):
    folder = tmp_path / "scenario"
    shutil.copytree(results.hindcast, folder)
    for name in ("forecasts.csv", "scores.csv", "rivals.csv"):
        lines = (folder / name).read_text().splitlines()
        (folder / name).write_text("\n".join(line for line in lines if ",calibrated," not in line) + "\n")
    reseal(folder)
    pictures, _ = pictures_of([folder])
    assert [name for name in pictures if name.endswith("calibrated")] == []
    assert "skill of the scenario against it" in html(page_of([folder]))
