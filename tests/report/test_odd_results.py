"""Pages and figures of results that are not as most: nothing ends, names collide, knobs are words, a history is another."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

import sim
from sim.report.html import html
from sim.report.make import Asked, page_of, pictures_of
from sim.report.parts import CannotDraw, plain
from sim.results.runs import Run, told_apart
from sim.results.store import StoreError
from sim.results.tables import as_it_was, csv_of
from sim.words.markdown import markdown_cell
from tests.report.conftest import run_here
from tests.report.test_figures import figure_of
from tests.resealed import reseal

pytestmark = pytest.mark.pages


@pytest.fixture(scope="module")
def quiet(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("quiet") / "no_talks"
    sim.run("no_talks", replications=50, out=folder)
    return folder


def test_a_scenario_without_ceasefires_has_no_curve_of_how_long_they_last(results, quiet: Path):
    pictures, _ = pictures_of([results.base, quiet])
    (axes,) = figure_of(pictures["lasting"]).axes
    assert len(axes.get_lines()) == 1
    assert axes.get_xlim()[1] < 40
    (table,) = pictures["lasting"].tables
    assert {plain(row[2]) for row in table.rows} == {"no ceasefire"}
    # That no deal ends its wars is a curve.
    (axes,) = figure_of(pictures["until-ceasefire"]).axes
    assert set(axes.get_lines()[1].get_ydata()) == {0.0}


def test_ceasefires_are_told_for_as_long_as_they_were_watched(results):
    run = Run.read(results.base)
    pictures, _ = pictures_of([results.base])
    days = [int(str(row[0]).replace(",", "")) for row in pictures["ceasefires"].tables[1].rows]
    known = [row.id for row in run.summary if row.section == "lasting"]
    assert all(int(re.findall(r"\d+", name)[0]) in days for name in known)


def test_names_that_collide_are_told_apart(results):
    base, other = Run.read(results.base), Run.read(results.others[0])
    names = [run.name for run in told_apart([base, base, other], ["x", "european_zone", "y"])]
    assert len(set(names)) == 3
    assert [run.name for run in told_apart([base, other], ["x", "y"])] == ["baseline", "european_zone"]
    same = pictures_of([results.base, results.base])[0]
    assert "the same in every history" in plain([piece for row in same["differences"].tables[0].rows for piece in row[1]])


def swept(folder: Path, *words: str) -> Path:
    run_here("sweep", "no_talks", *words, "--replications", 20, "--months", 2, "--workers", 1, "--out", folder)
    return folder


def test_knobs_of_words_are_not_crossed_by_lines(tmp_path: Path):
    law = ("--vary", "attrition.law=square,mixed,linear", "--outcome", "casualties_attacker")
    until = Asked(until="mean(casualties_attacker) >= 90_000")
    (picture,) = pictures_of([swept(tmp_path / "law", *law)], until)[0].values()
    assert plain(picture.says).endswith("The level 90,000 is marked.")
    (axes,) = figure_of(picture).axes
    assert [set(line.get_ydata()) for line in axes.get_lines()[1:]] == [{90_000.0}]
    both = swept(tmp_path / "both", *law, "--vary", "arms.defender.aid_scale=0,2")
    (picture,) = pictures_of([both], until)[0].values()
    assert "marks" not in plain(picture.says)
    figure_of(picture)
    three = swept(tmp_path / "three", *law, "--vary", "arms.defender.aid_scale=0,2", "--vary", "arms.attacker.aid_scale=0,2")
    (picture,) = pictures_of([three])[0].values()
    assert len(figure_of(picture).axes) == 3
    for folder in ("law", "both", "three"):
        assert len(html(page_of([tmp_path / folder]))) > 50_000


def test_an_outcome_that_never_is_and_one_asked_for_twice(tmp_path: Path):
    aid = ("--vary", "arms.defender.aid_scale=0,2", "--outcome", "deal_month", "--outcome", "deal_month")
    pictures, _ = pictures_of([swept(tmp_path / "never", *aid)])
    assert list(pictures) == ["deal-month"]
    assert [row[-1] for row in pictures["deal-month"].tables[0].rows] == ["never", "never"]
    figure_of(pictures["deal-month"])


def test_a_history_that_would_end_otherwise_takes_nothing_but_its_story(results, tmp_path: Path):
    folder = tmp_path / "baseline"
    shutil.copytree(results.base, folder)
    # On other luck the same histories end otherwise.
    reseal(folder, seed=6)
    assert "None is told: replication" in html(page_of([folder]))
    assert pictures_of([folder], name="forces")[0]["forces"]
    with pytest.raises(StoreError, match="run it again"):
        page_of([folder], Asked(ending="ceasefire_in_force"))


@pytest.mark.parametrize("months", [1, 6])
def test_one_history_of_a_short_run(tmp_path: Path, months: int):
    sim.run("history/korea", replications=1, months=months, out=tmp_path / "korea")
    page = html(page_of([tmp_path / "korea"]))
    assert ">1 history, " in page
    assert "1 histories" not in page
    assert "1e+" not in page
    for picture in pictures_of([tmp_path / "korea"])[0].values():
        figure_of(picture)


def test_another_table_of_histories(tmp_path: Path):
    run_here("run", "baseline", "--replications", 60, "--months", 6, "--parquet", "--out", tmp_path / "baseline")
    assert len(html(page_of([tmp_path / "baseline"]))) > 300_000


def test_scenarios_on_other_dates_share_no_page(results, tmp_path: Path):
    sim.run("history/winter_war", replications=5, months=1, out=tmp_path / "a")
    sim.run("no_talks", replications=5, months=1, out=tmp_path / "b")
    with pytest.raises(sim.ParleyError):
        page_of([tmp_path / "a", tmp_path / "b"])
    run_here("compare", tmp_path / "b", tmp_path / "b", "--out", tmp_path / "c")
    with pytest.raises(CannotDraw, match="holds a comparison"):
        page_of([tmp_path / "c"])


@pytest.mark.parametrize("text", ["=1+1", "'=1+1", "''x", "+a", "-b", "@c", "plain", "-0.5", "it's"])
def test_a_text_of_a_table_is_read_back_as_it_was(text: str):
    _, cell, *_ = csv_of([{"name": text}]).splitlines()
    assert cell == text or not cell.startswith(("=", "+", "-", "@"))
    assert as_it_was(cell) == text


def test_nothing_in_markdown_becomes_a_link_or_an_image():
    told = markdown_cell(r"[x](javascript:y) ![i](https://z) a\|b <b> `c` *d*")
    assert told == r"\[x\](javascript:y) !\[i\](https://z) a\\\|b &lt;b> \`c\` \*d\*"


def test_names_in_letters_that_the_font_of_figures_lacks(tmp_path: Path):
    (tmp_path / "kanji.yaml").write_text("title: 戦\nextends: no_talks\nsides: {attacker: {name: 甲国}}\n", encoding="utf-8")
    sim.run(tmp_path / "kanji.yaml", replications=5, months=1, out=tmp_path / "kanji")
    assert "甲国</text>" in html(page_of([tmp_path / "kanji"]))


def test_a_page_from_python(quiet: Path, tmp_path: Path, page, results):
    assert sim.write_report(quiet).read_text().startswith("<!DOCTYPE html>")
    both = sim.write_report([results.base, *results.others], tmp_path / "both.html")
    assert both.read_text() == page("comparison")
    with pytest.raises(sim.ParleyError, match="--force replaces it"):
        sim.write_report(results.base, both)
