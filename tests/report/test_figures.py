"""Figures draw what the tables hold, and can be read: nothing overlaps, nothing is cut off, on any paper."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PolyCollection, QuadMesh
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text

from sim.report.kept import Kept
from sim.report.make import Asked, page_of, pictures_of
from sim.report.parts import Picture
from sim.report.pictures import run_pictures
from sim.report.standing import ORDER
from sim.report.style import (
    CEASEFIRE,
    DARK,
    DARK_PAPER,
    FAINT,
    GRID,
    INK,
    PAPERS,
    SCREEN,
    SERIES,
    SIDE_COLOURS,
    drawn,
    file_of,
    style,
)
from sim.report.svg import inline
from sim.results.read import read_folder
from tests.report.reading import Tables

pytestmark = pytest.mark.pages

ALL_PAPERS = {"screen": SCREEN, **PAPERS}


def figure_of(picture: Picture, paper: str = "screen") -> Figure:
    with style(ALL_PAPERS[paper]):
        figure = drawn(picture, ALL_PAPERS[paper], "Parley, made for a test")
        FigureCanvasAgg(figure).draw()
    return figure


def texts(figure: Figure) -> Iterator[tuple[str, np.ndarray]]:
    """Yield what can be read, with its box in pixels: left, bottom, right, top."""
    found: list[Text] = [*figure.texts, *(text for legend in figure.legends for text in legend.get_texts())]
    for axes in figure.axes:
        found += [axes._left_title, axes.xaxis.label, axes.yaxis.label, *axes.texts]  # type: ignore[attr-defined]
        found += axes.get_legend().get_texts() if axes.get_legend() else []
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            edge = 1e-9 * (high - low)
            found += [tick.label1 for tick in axis.get_major_ticks() if low - edge <= tick.get_loc() <= high + edge]
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    for text in found:
        if text.get_visible() and text.get_text().strip():
            yield text.get_text(), text.get_window_extent(renderer).extents


@pytest.mark.parametrize("paper", ALL_PAPERS)
def test_nothing_overlaps_and_nothing_is_cut_off(results, kind: str, paper: str):
    pictures, _ = pictures_of(results.every[kind])
    for picture in pictures.values():
        find_no_overlap(picture, paper)


def find_no_overlap(picture: Picture, paper: str) -> None:
    """Hold a figure to letters that neither overlap nor are cut off."""
    figure = figure_of(picture, paper)
    width, height = figure.get_size_inches() * figure.dpi
    found = list(texts(figure))
    assert len(found) > 4
    for text, (left, bottom, right, top) in found:
        assert min(left, bottom, width - right, height - top) > -1, (picture.name, text)
    for (one, a), (two, b) in combinations(found, 2):
        across = min(a[2], b[2]) - max(a[0], b[0])
        along = min(a[3], b[3]) - max(a[1], b[1])
        assert across < 1.5 or along < 1.5, (picture.name, one, two)


UNITS = r"persons|km²|km2|days of|share of|utility|bn EUR|points|% of|months|%|in force"


def test_every_axis_says_its_unit(results, kind: str):
    for picture in pictures_of(results.every[kind])[0].values():
        if picture.name in ("ledger", "timeline", "pairs"):
            continue  # strips and lanes have names in the place of units; of pairs these stand above, with each letter
        # Axes that are off hold only text.
        for axes in (one for one in figure_of(picture).axes if one.axison):
            told = " ".join((axes.get_xlabel(), axes.get_ylabel(), axes._left_title.get_text())).replace("\n", " ")  # type: ignore[attr-defined]
            ticks = " ".join(tick.label1.get_text() for axis in (axes.xaxis, axes.yaxis) for tick in axis.get_major_ticks())
            assert re.search(UNITS, told) or "%" in ticks, (picture.name, told)


BANDS = [(side, *levels) for side in ("attacker", "defender") for levels in (("p05", "p95"), ("p25", "p75"))]


def test_a_fan_is_that_of_the_series(results):
    pictures, _ = pictures_of(results.every["run"])
    tables = Tables([results.base])
    for name, field, scale in (("forces", "force", 1e3), ("casualties", "cumulative_casualties", 1e3)):
        (axes,) = figure_of(pictures[name]).axes
        for line, side in zip(axes.get_lines(), ("attacker", "defender"), strict=True):
            rows = [row for row in tables.rows("series.csv") if (row["field"], row["of"]) == (field, side)]
            np.testing.assert_allclose(line.get_ydata(), [float(row["p50"]) / scale for row in rows], rtol=1e-12)
            assert line.get_color() == SIDE_COLOURS[side]
        # Four bands: the middle half and nine tenths of both sides.
        bands = [band for band in axes.collections if isinstance(band, PolyCollection)]
        assert len(bands) == 4
        for band, (side, low, high) in zip(bands, BANDS, strict=True):
            rows = [row for row in tables.rows("series.csv") if (row["field"], row["of"]) == (field, side)]
            edges = [sorted((float(row[low]) / scale, float(row[high]) / scale)) for row in rows]
            corners = {round(float(y), 9) for _, y in band.get_paths()[0].vertices}
            assert corners == {round(y, 9) for edge in edges for y in edge}


def test_the_incidence_is_that_of_the_table(results):
    pictures, _ = pictures_of(results.every["run"])
    (axes,) = figure_of(pictures["incidence"]).axes
    rows = [row for row in Tables([results.base]).rows("survival.csv") if row["of"] == "ceasefire"]
    line = axes.get_lines()[0]
    assert line.get_color() == CEASEFIRE
    assert line.get_drawstyle() == "steps-post"
    np.testing.assert_allclose(line.get_ydata()[1:-1], [float(row["share"]) for row in rows])
    assert axes.get_ylim() == (0, 1)


def test_where_histories_are_is_that_of_their_table(results):
    """The areas are stacked on one another, fill the whole, and a ceasefire that breaks is seen."""
    (axes,) = figure_of(pictures_of(results.every["run"])[0]["standing"]).axes
    rows = Tables([results.base]).rows("standing.csv")
    outcomes = Tables([results.base]).rows("outcomes.csv")
    days = sorted({int(row["day"]) for row in rows})
    floor = np.zeros(len(days))
    areas = [one for one in axes.collections if isinstance(one, PolyCollection)]
    for area, ending in zip(areas, ORDER, strict=False):
        share = np.array([float(row["share"]) for row in rows if row["ending"] == ending])
        assert share[-1] == pytest.approx(sum(row["ending"] == ending for row in outcomes) / len(outcomes))
        corners = {round(float(y), 9) for _, y in area.get_paths()[0].vertices}
        assert corners == {round(y, 9) for y in (*floor, *(floor + share))}
        floor = floor + share
    np.testing.assert_allclose(floor, 1)
    # Who was in a ceasefire when: of histories with one that holds to the end this is known from when it began.
    last = next(row for row in outcomes if row["ending"] == "ceasefire_in_force")
    before = [int(row["histories"]) for row in rows if row["ending"] == "ceasefire_in_force"]
    assert before[0] == 0
    assert before[-1] > 0
    assert last["ending_day"] != ""
    signed = [float(row["deal_month"]) for row in outcomes if row["deal_month"]]
    ever = sum(month * 30.4375 < 365 for month in signed) / len(outcomes)
    at_a_year = sum(
        float(row["share"]) for row in rows if row["day"] == "364" and row["ending"] in ("ceasefire_in_force", "war_again")
    )
    # Decided wars may have had a ceasefire before.
    assert at_a_year <= ever + 0.005


def test_a_sweep_draws_its_points_and_where_they_cross(results):
    pictures, _ = pictures_of([results.sweep])
    (picture,) = pictures.values()
    (axes,) = figure_of(picture).axes
    rows = [row for row in Tables([results.sweep]).rows("sweep.csv") if row["id"] == "force_change_12_months_attacker"]
    line, level, crossing = axes.get_lines()
    np.testing.assert_allclose(line.get_ydata(), [float(row["mean"]) for row in rows])
    assert set(level.get_ydata()) == {0.0}
    at = float(crossing.get_xdata()[0])
    knob = [float(row["manpower.attacker.return_share"]) for row in rows]
    assert np.interp(at, knob, [float(row["mean"]) for row in rows]) == pytest.approx(0, abs=1e-6)
    asked, _ = pictures_of([results.sweep], Asked(until="mean(force_change_12_months_attacker) >= 20_000"))
    further = float(figure_of(next(iter(asked.values()))).axes[0].get_lines()[2].get_xdata()[0])
    assert further > at


def test_a_heat_map_has_a_cell_for_every_point(results):
    pictures, _ = pictures_of([results.heat])
    (picture,) = pictures.values()
    (axes,) = figure_of(picture).axes
    rows = [row for row in Tables([results.heat]).rows("sweep.csv") if row["id"] == "force_change_12_months_attacker"]
    (mesh,) = [one for one in axes.collections if isinstance(one, QuadMesh)]
    np.testing.assert_allclose(np.ravel(mesh.get_array()), [float(row["mean"]) for row in rows])


def test_a_forest_has_the_differences_and_fills_those_that_are_found(results):
    pictures, _ = pictures_of(results.every["comparison"])
    (axes,) = figure_of(pictures["differences"]).axes
    marks = [line for line in axes.get_lines() if line.get_marker() not in ("None", None, "")]
    tables = Tables(results.every["comparison"])
    tables.value(["comparison.csv", "baseline", "more_arms", "war_goes_on", "difference"])
    known = [one for one in tables._known["compared"].values() if one["difference"] is not None]
    for mark in marks:
        (value,) = mark.get_xdata()
        (row,) = [one for one in known if one["unit"] == "share" and abs(100 * one["difference"] - value) < 1e-12][:1]
        assert (mark.get_markerfacecolor() == "white") == (row["verdict"] != "difference")
    assert any(line.get_xdata()[0] == 0 == line.get_xdata()[-1] for line in axes.get_lines())


def test_the_bargain_shows_the_zone_and_what_was_signed(results):
    pictures, _ = pictures_of([results.base], Asked(ending="ceasefire_in_force"))
    chosen = [picture for name, picture in pictures.items() if name.startswith("bargaining")]
    assert 2 <= len(chosen) <= 3
    names = {text for text, _ in texts(figure_of(chosen[-1]))}
    assert "fighting on" in names
    assert figure_of(chosen[-1]).axes[0].get_legend().get_texts()[2].get_text() == "signed"
    # At another date, and only that one.
    asked, _ = pictures_of([results.base], Asked(ending="ceasefire_in_force", date="2025-01-20"))
    assert asked["bargaining"].title == "What could be signed on 2025-01-14"


def test_files_are_what_their_ending_says_and_the_same_every_time(results):
    pictures, source = pictures_of([results.base])
    begins = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}
    for kind, beginning in begins.items():
        content = file_of(pictures["ceasefires"], kind, PAPERS["column"], source)
        assert content.startswith(beginning)
        assert content == file_of(pictures["ceasefires"], kind, PAPERS["column"], source)


def test_inline_figures_have_no_styles_and_text_that_can_be_read(results):
    pictures, source = pictures_of([results.base])
    text, left, right = inline(pictures["forces"], source)
    assert "style=" not in text
    assert "<text" in text
    assert 0 < left < right < 1


def grey(colour: str) -> float:
    """Return how light a colour is in grey, 0 to 1 (relative luminance of sRGB)."""
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in to_rgb(colour)]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def seen_with(colour: str, matrix: np.ndarray) -> np.ndarray:
    """Return a colour as someone with another vision sees it, in linear RGB."""
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in to_rgb(colour)]
    return np.clip(matrix @ linear, 0, 1)


# Machado, Oliveira and Fernandes 2009, severity 1.
VISIONS = {
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]]
    ),
}


def test_the_two_sides_are_told_apart_in_grey_and_by_everyone():
    attacker, defender = SIDE_COLOURS.values()
    assert (grey(defender) + 0.05) / (grey(attacker) + 0.05) > 1.8
    for matrix in VISIONS.values():
        assert np.abs(seen_with(attacker, matrix) - seen_with(defender, matrix)).max() > 0.15
    # Lines and letters on white.
    for colour in (attacker, defender, CEASEFIRE, *(look[0] for look in SERIES)):
        assert 1.05 / (grey(colour) + 0.05) >= 3
    # Scenarios that are alike in grey differ in their dashes and their marks.
    assert len({str(look[1]) for look in SERIES}) == len({look[2] for look in SERIES}) == len(SERIES)


def test_figures_on_a_dark_page_stand_out_as_on_a_white_one(page):
    ink = {INK, "#333333", FAINT}
    for light, dark in DARK.items():
        if light in ("#ffffff", GRID):
            continue
        contrast = (grey(dark) + 0.05) / (grey(DARK_PAPER) + 0.05)
        assert contrast >= (4.5 if light in ink else 3), dark
    attacker, defender = (DARK[colour] for colour in SIDE_COLOURS.values())
    for matrix in VISIONS.values():
        assert np.abs(seen_with(attacker, matrix) - seen_with(defender, matrix)).max() > 0.15
    # No colour of a line or of letters is left as it is on white, where it would not be seen.
    for kind in ("run", "comparison", "sweep"):
        drawn = set(re.findall(r'(?:stroke|fill)="(#[0-9a-f]{6})"', page(kind)))
        unseen = {one for one in drawn - DARK.keys() if (grey(one) + 0.05) / (grey(DARK_PAPER) + 0.05) < 3}
        assert unseen == set()


def test_a_scenario_in_which_nothing_ends_has_pictures_too(tmp_path: Path):
    import sim

    sim.run("no_talks", replications=5, months=1, out=tmp_path / "quiet")
    pictures, _ = pictures_of([tmp_path / "quiet"])
    assert "incidence" not in pictures
    assert {"forces", "ground", "timeline"} <= pictures.keys()
    rows = list(csv.DictReader(io.StringIO((tmp_path / "quiet/survival.csv").read_text())))
    assert rows == []
    for picture in pictures.values():
        figure_of(picture)


def test_who_decides_beside_the_two_sides_has_pictures(tmp_path: Path):
    """A panel for each party, with its pledges where it backs a side, and the danger from who may escalate."""
    import sim

    run = sim.run("allies", replications=30, months=6, out=tmp_path / "allies")
    pictures, _ = pictures_of([tmp_path / "allies"])
    for name in ("wills", "danger"):
        for paper in ALL_PAPERS:
            find_no_overlap(pictures[name], paper)
    # Whatever can be drawn of a run alone stands on its page.
    page = page_of([tmp_path / "allies"])
    shown = {picture.name for block in page.blocks for picture in block.pictures}
    assert {one.name for one in run_pictures(Kept.of(read_folder(tmp_path / "allies")))} <= shown
    panels = figure_of(pictures["wills"]).axes
    assert [axes._left_title.get_text() for axes in panels] == ["United States", "Europe"]  # type: ignore[attr-defined]
    for axes, party in zip(panels, ("united_states", "europe"), strict=True):
        drawn_last = sorted(float(line.get_ydata()[-1]) for line in axes.lines if len(line.get_ydata()) > 2)
        asked = (f"will_{party}", f"pledge_factor_{party}")
        assert drawn_last == pytest.approx(sorted(float(np.median(run.outcomes[name])) for name in asked), abs=1e-6)
    (axes,) = figure_of(pictures["danger"]).axes
    assert [text.get_text() for text in axes.texts if text.get_text() in ("Russia", "Ukraine")] == ["Russia"]
    drawn = [line.get_ydata() for line in axes.lines if len(line.get_ydata()) > 2]
    assert all(values[0] > 0 for values in drawn), "it does not begin at 0, before anyone has looked"


def test_who_stands_by_no_side_has_no_picture_of_its_will(tmp_path: Path):
    import sim

    sim.run("ratification", replications=20, months=3, out=tmp_path / "votes")
    pictures, _ = pictures_of([tmp_path / "votes"])
    assert [axes._left_title.get_text() for axes in figure_of(pictures["wills"]).axes] == ["Ukrainians"]  # type: ignore[attr-defined]


def test_bands_can_be_taken_away(results):
    for picture in pictures_of(results.every["run"])[0].values():
        bands = [
            one for axes in figure_of(picture).axes for one in axes.collections if (one.get_gid() or "").startswith("band")
        ]
        lines = [one for one in bands if not isinstance(one, (PolyCollection, LineCollection))]
        assert bool(bands) == picture.bands
        assert lines == []
