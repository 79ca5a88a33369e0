"""What the tests of pages share: a run, two to compare it with, a sweep, assumptions and a break-even, each written once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import sim
from sim.cli.app import app
from sim.engine.calendar import Calendar
from sim.ensemble.run import Plan, run_histories
from sim.report.html import html
from sim.report.make import page_of

HISTORIES = 400


class Results(NamedTuple):
    """Folders of results."""

    base: Path
    others: list[Path]
    sweep: Path
    heat: Path
    assumptions: Path
    breakeven: Path
    choices: Path
    calibration: Path
    hindcast: Path

    @property
    def every(self) -> dict[str, list[Path]]:
        """What pages are made of, by the kind of page."""
        compared = [self.base, *self.others]
        return {
            "run": [self.base], "comparison": compared, "sweep": [self.sweep], "heat": [self.heat],
            "assumptions": [self.assumptions], "breakeven": [self.breakeven],
            "choices": [self.choices], "calibration": [self.calibration],
            "hindcast": [self.hindcast],
        }  # fmt: skip


class Done(NamedTuple):
    """What a command gave."""

    returncode: int
    stdout: str
    stderr: str


def run_here(*words: object) -> None:
    """Run a command in this process."""
    assert not app([str(word) for word in words], standalone_mode=False)


@pytest.fixture
def here(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Done]:
    """Run a command in this process: much quicker than in one of its own, which has to load Matplotlib again."""

    def here(*words: object, cwd: Path) -> Done:
        monkeypatch.chdir(cwd)
        capsys.readouterr()
        code = app([str(word) for word in words], standalone_mode=False)
        return Done(int(code or 0), *capsys.readouterr())

    return here


@pytest.fixture(scope="session")
def results(once) -> Results:
    folder = once("results", _make)
    others = [folder / "european_zone", folder / "more_arms"]
    studies = (folder / name for name in ("sweep", "heat", "assumptions", "breakeven", "choices", "calibration", "hindcast"))
    return Results(folder / "baseline", others, *studies)


def _make(folder: Path) -> None:
    for name in ("baseline", "european_zone", "more_arms"):
        sim.run(name, replications=HISTORIES, out=folder / name)
    share = "manpower.attacker.return_share"
    ask = ["--outcome", "force_change_12_months_attacker", "--replications", 30, "--months", 13, "--workers", 1]
    run_here("sweep", "baseline", "--vary", f"{share}=0.2:0.7:5", *ask, "--out", folder / "sweep")
    aid = "arms.defender.aid_scale=0,1,2"
    run_here("sweep", "baseline", "--vary", f"{share}=0.2:0.7:3", "--vary", aid, *ask, "--out", folder / "heat")
    run_here(
        "sensitivity", "no_talks", "--one-at-a-time", "--replications", 100, "--months", 3, "--workers", 1,
        "--outcome", "casualties_attacker", "--out", folder / "assumptions",
    )  # fmt: skip
    run_here(
        "breakeven", "baseline", "--vary", "attrition.attacker.daily_casualties=500:2500", "--until",
        "mean(daily_casualties_30_days_attacker) >= 1_500", "--replications", 50, "--months", 2, "--workers", 1,
        "--out", folder / "breakeven",
    )  # fmt: skip
    run_here(
        "choose", "baseline", "--levers", "arms.defender.aid_scale=0.5,2", "--levers", "attrition.law=mixed,square",
        "--aims", "mean(casualties_defender) low; share(war_goes_on) <= 0.95", "--draws", 40, "--lucks", 4,
        "--months", 12, "--workers", 1, "--out", folder / "choices",
    )  # fmt: skip
    data = made_up(folder)
    calibrated(folder, data, "calibration")
    hindcast(folder, data)


# A history that goes on at war for so long; what is seen of it is the data.
TRUE = 7


def made_up(folder: Path, times: float = 1.0) -> Path:
    """Write what is seen of one history as data, with so many times its losses."""
    scenario = sim.load("baseline")
    ran = run_histories(scenario, Plan(TRUE + 1, 1, 181, series=False, paths="month"), np.array([TRUE]))
    assert not ran.outcomes["ceasefires"][0], "a war that goes on"
    calendar, columns = Calendar(scenario.world.start_date), list(ran.path_columns)
    firsts = [(place, day) for place, day in enumerate(ran.path_days) if calendar.date_of(day).day == 1]
    paths = [ran.paths[columns.index(one)][[at for at, _ in firsts], 0] for one in SEEN]
    rows = zip(firsts, *(np.diff(path).tolist() for path in paths), strict=False)
    table = "".join(f"{calendar.date_of(day)},{times * losses!r},{area!r}\n" for (_, day), losses, area in rows)
    (folder / "seen.csv").write_text(f"date,losses,area\n{table}")
    path = folder / "seen.yaml"
    path.write_text(
        f"""\
observations:
  cutoff: {calendar.date_of(firsts[-1][1] - 1)}
  series:
    losses: {{kind: increments, rows: month, file: seen.csv, column: losses, of: cumulative_casualties.attacker,
             unit: persons, noise_log_sd: 0.05, source: made up}}
    area: {{kind: increments, rows: month, file: seen.csv, column: area, of: held_area, unit: km2, noise: 20,
           source: made up}}
"""
    )
    return path


def hindcast(folder: Path, data: Path) -> None:
    """Tell of the months that were seen as of two earlier dates, before and after they are held against data of before."""
    text = data.read_text().replace("seen.csv", "told.csv")
    header, *rows = (folder / "seen.csv").read_text().splitlines()
    # What rivals are fitted to.
    before = [f"2024-{month:02}-01,{30_000 + 1_500 * (month % 5)},{150 + 40 * (month % 4)}" for month in range(1, 13)]
    (folder / "told.csv").write_text("\n".join([header, *before, *rows]) + "\n")
    (folder / "told.yaml").write_text(f"{text}    truce: {{kind: event, of: ceasefire, happened: [], source: made up}}\n")
    run_here(
        "hindcast", "baseline", "--data", folder / "told.yaml", "--origins", "2025-03-01,2025-04-01", "--horizon", 2,
        "--calibrate", 1, "--keep", 0.1, "--replications", 420, "--workers", 1, "--out", folder / "hindcast",
    )  # fmt: skip


SEEN = [("cumulative_casualties", "attacker"), ("held_area", "")]


def calibrated(folder: Path, data: Path, name: str, *more: object) -> None:
    """Hold the baseline against data."""
    run_here(
        "calibrate", "baseline", "--data", data, "--replications", 420, "--keep", 0.1, "--workers", 1, *more, "--out",
        folder / name,
    )  # fmt: skip


@pytest.fixture(scope="session")
def page(results: Results, once) -> Callable[[str], str]:
    """Return the text of a page of a kind, made once for all processes that test together."""
    made: dict[str, str] = {}

    def page(kind: str) -> str:
        def make(folder: Path) -> None:
            (folder / "page.html").write_text(html(page_of(results.every[kind])), encoding="utf-8", newline="")

        if kind not in made:
            made[kind] = (once(f"page-{kind}", make) / "page.html").read_bytes().decode()
        return made[kind]

    return page


KINDS = ("run", "comparison", "sweep", "heat", "assumptions", "breakeven", "choices", "calibration", "hindcast")


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)
