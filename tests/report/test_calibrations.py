"""The page of a calibration: the fit of each series, pairs of what the data tell, and what is said where none is kept."""

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
from matplotlib.dates import date2num
from matplotlib.patches import Polygon, Rectangle

from sim.report.html import html
from sim.report.make import page_of, pictures_of
from sim.results.read import read_folder
from sim.studies.kept_calibration import read_calibration
from tests.report.conftest import calibrated, made_up, run_here
from tests.report.reading import Page, Tables
from tests.report.test_figures import figure_of, find_no_overlap, texts
from tests.resealed import reseal

pytestmark = pytest.mark.pages


def rows_of(folder: Path, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((folder / name).read_text(encoding="utf-8"))))


def floats(rows: list[dict[str, str]], name: str) -> np.ndarray:
    return np.array([float(row[name]) for row in rows])


@pytest.fixture(scope="module")
def far(once) -> Path:
    """Calibrations on losses that no assumption reaches: none are kept, and the nearest anyway."""

    def make(folder: Path) -> None:
        data = made_up(folder, times=30.0)
        with pytest.raises(AssertionError):
            calibrated(folder, data, "none")
        calibrated(folder, data, "anyway", "--anyway")

    return once("far", make)


def test_a_calibration_is_read_as_it_was_found(results):
    folder = results.calibration
    found, told = read_calibration(read_folder(folder)), json.loads((folder / "calibration.json").read_text())
    assert found.as_dicts() == told["numbers"]
    assert found.fits() == told["fits"]
    assert [one.sentence for one in found.findings] == told["findings"]
    assert found.is_reached
    assert told["out_of_reach"] == []
    rows = rows_of(folder, "accepted.csv")
    assert [{key: str(value) for key, value in row.items()} for row in found.accepted()] == [
        {key: value for key, value in row.items() if key != "scenario"} for row in rows
    ]


def test_what_kept_histories_drew_is_beside_them_of_the_numbers_that_the_data_tell(results):
    """It is what those histories draw that the scenario of them runs on."""
    folder = results.calibration
    told = [row["parameter"] for row in rows_of(folder, "moved.csv") if row["says"] != "nothing"]
    rows = rows_of(folder, "accepted.csv")
    assert list(rows[0])[-len(told) :] == told
    run_here("run", folder / "posterior.yaml", "--months", 7, "--workers", 1, "--out", folder.parent / "again", "--force")
    ran = rows_of(folder.parent / "again", "outcomes.csv")
    assert len(ran) == len(rows) > 40
    for path in told:
        assert [row[path] for row in ran] == [row[path] for row in rows]
    explained = json.loads((folder / "datapackage.json").read_text())["resources"]
    (fields,) = [one["schema"]["fields"] for one in explained if one["path"] == "accepted.csv"]
    assert all(one.get("description") for one in fields)


def test_the_fit_is_drawn_as_the_table_has_it(results):
    pictures, _ = pictures_of([results.calibration])
    assert list(pictures) == ["fit-losses", "fit-area", "pairs"]
    for series, scale in (("losses", 1e3), ("area", 1.0)):
        months = [
            row for row in rows_of(results.calibration, "fit.csv") if (row["series"], row["kind"]) == (series, "month")
        ]
        (axes,) = figure_of(pictures[f"fit-{series}"]).axes
        assumed, kept, observed, *_ = axes.get_lines()
        np.testing.assert_allclose(assumed.get_ydata(), np.repeat(floats(months, "prior_p50"), 2) / scale)
        np.testing.assert_allclose(kept.get_ydata(), np.repeat(floats(months, "kept_p50"), 2) / scale)
        np.testing.assert_allclose(observed.get_ydata(), floats(months, "observed") / scale)
        days = [date2num(np.datetime64(row[name])) for row in months for name in ("since", "until")]
        np.testing.assert_allclose(kept.get_xdata(), days)
        for band, which in zip(axes.collections, ("prior", "kept"), strict=True):
            corners = {round(float(y), 6) for _, y in band.get_paths()[0].vertices}
            ends = np.concatenate([floats(months, f"{which}_{end}") for end in ("p05", "p95")]) / scale
            assert corners == {round(float(y), 6) for y in ends}
        assert "thousand persons a month" in axes.get_ylabel().replace("\n", " ") or series == "area"


def test_pairs_are_those_of_the_kept_histories_the_best_explained_first(results):
    folder = results.calibration
    told = sorted(
        (row for row in rows_of(folder, "moved.csv") if row["says"] != "nothing"), key=lambda row: -float(row["explained"])
    )
    kept = rows_of(folder, "accepted.csv")
    figure = figure_of(pictures_of([folder])[0]["pairs"])
    size = min(6, len(told))
    assert len(figure.axes) == size**2
    for place, axes in enumerate(figure.axes):
        down, across = divmod(place, size)
        x = told[across]["parameter"]
        if across > down:
            assert not axes.axison
        elif across < down:
            (points,) = axes.get_lines()
            np.testing.assert_array_equal(points.get_xdata(), floats(kept, x))
            np.testing.assert_array_equal(points.get_ydata(), floats(kept, told[down]["parameter"]))
        else:
            band, *bars = [one for one in axes.patches if isinstance(one, (Rectangle, Polygon))]
            assert sum(one.get_height() for one in bars) == len(kept)  # type: ignore[union-attr]
            mean, sd = float(told[across]["prior_mean"]), float(told[across]["prior_sd"])
            ends = band.get_xy()[:, 0] if isinstance(band, Polygon) else [band.get_x(), band.get_x() + band.get_width()]
            assert (min(ends), max(ends)) == pytest.approx((mean - sd, mean + sd))
            (line,) = axes.get_lines()
            assert set(line.get_xdata()) == {mean}


def test_numbers_of_which_the_data_say_nothing_are_folded_and_said(results, page):
    text = page("calibration")
    rows = rows_of(results.calibration, "moved.csv")
    said = text[text.index('<section id="said"') : text.index('<section id="left"')]
    left = text[text.index('<section id="left"') : text.index('<section id="how"')]
    shares = [float(one) for one in re.findall(r'<data value="([^"]*)" data-of="moved.csv\|[^"|]*\|explained"', said + left)]
    assert shares == sorted(shares, reverse=True)
    assert len(shares) == len(rows)
    table = said[said.index('id="table-said-1"') : said.index("</table>")]
    assert table.count('<th scope="row">') == sum(row["says"] != "nothing" for row in rows)
    assert "<details><summary>Show: What is left as it is assumed" in left
    assert "are left as they are assumed" in left


def test_where_no_assumption_reaches_the_data_it_is_said_and_there_are_no_pairs(far):
    none, anyway = (html(page_of([far / name])) for name in ("none", "anyway"))
    for text in (none, anyway):
        read, tables = Page(text), Tables([far / ("none" if text is none else "anyway")])
        for number in read.numbers:
            assert number.value == pytest.approx(tables.value(number.of), rel=1e-12), number
        found = re.search(r'<div id="found">(.*?)</div>', text, flags=re.DOTALL)
        assert found is not None
        assert "No assumed value comes near losses" in found[1]
        assert text.count("<td>out of reach</td>") == 2
    assert "There is no posterior" in none
    assert "kept_p" not in none
    assert '<figure id="pairs"' not in none
    assert "histories that agree best" not in none
    assert "The nearest histories are kept all the same" in anyway
    assert '<figure id="pairs"' in anyway
    (axes,) = figure_of(pictures_of([far / "none"])[0]["fit-losses"]).axes
    assert len(axes.collections) == 1
    assert not any("kept" in text for text, _ in texts(figure_of(pictures_of([far / "none"])[0]["fit-losses"])))


@pytest.mark.parametrize("paper", ["screen", "column", "page"])
def test_nothing_overlaps_whatever_is_reached(far, paper: str):
    for name in ("none", "anyway"):
        for picture in pictures_of([far / name])[0].values():
            find_no_overlap(picture, paper)


def change_told(**changes: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        told = json.loads((folder / "calibration.json").read_text())
        (folder / "calibration.json").write_text(json.dumps({**told, **changes}))

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


def drop_row(folder: Path) -> None:
    lines = (folder / "accepted.csv").read_text().splitlines()
    (folder / "accepted.csv").write_text("\n".join(lines[:-1]) + "\n")


BEYOND = [{"series": "losses", "kind": "roughness", "since": "2025-01-01", "moved_by": []}]
WRONG = {
    "what is out of reach": (change_told(out_of_reach=BEYOND), "says other than fit.csv what is out of reach"),
    "no number": (change_told(going_on="x"), "calibration.json: going_on: "),
    "a share that says otherwise": (change_cells("fit.csv", "below", "0.999"), "says other than fit.csv"),
    "a day that is none": (change_cells("fit.csv", "since", "soon"), "'soon' is no date"),
    "quantiles in disorder": (change_cells("fit.csv", "prior_p05", "1e12"), "quantiles are not in their order"),
    "a statistic that is none": (change_cells("fit.csv", "kind", "mean"), "'mean' is no kind of these results"),
    "another verdict": (change_cells("moved.csv", "says", "well"), "says other than what is explained"),
    "a number that is none": (change_cells("moved.csv", "parameter", "front.pace"), "is no parameter of these results"),
    "a history too few": (drop_row, "has 41 rows and should have 42"),
    "a history that was not run": (change_cells("accepted.csv", "replication", "420"), "row 2: no such history was run"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_does_not_fit_together_is_refused_in_a_line(results, here, tmp_path: Path, what: str):
    change, said = WRONG[what]
    shutil.copytree(results.calibration, tmp_path / "changed")
    change(tmp_path / "changed")
    reseal(tmp_path / "changed")
    done = here("report", "changed", cwd=tmp_path)
    assert done.returncode == 3
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "changed/report.html").exists()


def test_a_figure_of_a_calibration_is_drawn_for_a_paper(results, here, tmp_path: Path):
    listed = here("plot", results.calibration, "--json", cwd=tmp_path)
    assert [one["figure"] for one in json.loads(listed.stdout)["data"]] == ["fit-losses", "fit-area", "pairs"]
    assert here("plot", results.calibration, "pairs", "--out", "pairs.pdf", cwd=tmp_path).returncode == 0
    assert (tmp_path / "pairs.pdf").read_bytes().startswith(b"%PDF")
    refused = here("report", results.calibration, "--until", "mean(a) > 1", cwd=tmp_path)
    assert (refused.returncode, refused.stderr) == (3, "error: --until is not for a calibration\n")
