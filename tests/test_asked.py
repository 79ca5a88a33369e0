"""Outcomes of other times: each that is declared is right in each form, or refused with a reason."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import sim
from sim.engine.world import Setting
from sim.ensemble.outcomes import wanted
from sim.ensemble.run import Ensemble, Plan, run_ensemble
from sim.errors import ParleyError
from sim.model import moments_of, outcomes_of, simulate
from sim.model.asked import Asked, OutcomeError
from sim.model.outcomes import Outcome, day_of
from sim.results.runs import Run
from sim.results.summary import blank_row
from sim.results.values import names_of, values_of
from sim.scenario import Scenario

N, SINCE, UNTIL = 12, 7, 15
DAYS = 470
# So that armies collapse, deals are signed and ceasefires break within the time.
SETTINGS = ("collapse.defender.force_share=0.9", "collapse.defender.hazard_per_year=0.5", "ceasefire.early_hazard=2")


@pytest.fixture(scope="module")
def scenario(load: Callable) -> Scenario:
    return load("baseline", *SETTINGS)


def name_at(outcome: Outcome) -> str:
    return outcome.elsewhere[0] if outcome.elsewhere else outcome.name


def forms(outcome: Outcome, scenario: Scenario) -> list[str]:
    name = name_at(outcome)
    return [f"{name}[{SINCE}..{UNTIL}]", f"{name}@{SINCE}", *(f"{name}@{moment}" for moment in moments_of(scenario))]


def is_had(scenario: Scenario, name: str) -> bool:
    try:
        return bool(wanted(scenario, DAYS, [name]))
    except OutcomeError as error:
        reason = str(error)
    assert reason.startswith(f"'{name}': "), reason
    return False


@pytest.fixture(scope="module")
def asked(scenario: Scenario) -> Ensemble:
    """All that can be asked, in one run."""
    names = [name for outcome, _ in outcomes_of(scenario) for name in forms(outcome, scenario) if is_had(scenario, name)]
    return run_ensemble(scenario, Plan(N, 1, DAYS, asked=names))


@pytest.fixture(scope="module")
def until(scenario: Scenario) -> Callable[[int], Ensemble]:
    """The same histories, run until a day and no further, whose own outcomes are those of that day."""
    known: dict[int, Ensemble] = {}

    def until(day: int) -> Ensemble:
        if day not in known:
            known[day] = run_ensemble(scenario, Plan(N, 1, day, series=False))
        return known[day]

    return until


def same(left: np.ndarray, right: np.ndarray) -> bool:
    if left.dtype.kind == "U":
        return bool((left == right).all())
    return bool(np.isclose(left, right, rtol=1e-9, atol=1e-6, equal_nan=True).all())


def test_every_outcome_can_be_asked_after_some_months(scenario, asked, until) -> None:
    for outcome, _ in outcomes_of(scenario):
        own = outcome.parts is None and outcome.months is None
        name = f"{name_at(outcome)}@{SINCE}"
        assert is_had(scenario, name) == own, name
        if own:
            assert same(asked.outcomes[name], until(day_of(SINCE)).outcomes[outcome.name]), name


def test_what_adds_up_can_be_asked_of_a_span(scenario, asked, until) -> None:
    first, last = until(day_of(SINCE)).outcomes, until(day_of(UNTIL)).outcomes
    in_ceasefire = [columns["share_of_time_in_ceasefire"] * day_of(at) for columns, at in ((first, SINCE), (last, UNTIL))]
    for outcome, _ in outcomes_of(scenario):
        name = f"{name_at(outcome)}[{SINCE}..{UNTIL}]"
        had = is_had(scenario, name)
        assert had == (outcome.adds_up and outcome.months is None and outcome.parts is None), name
        if not had:
            continue
        if outcome.name == "share_of_time_in_ceasefire":
            right = (in_ceasefire[1] - in_ceasefire[0]) / (day_of(UNTIL) - day_of(SINCE))
        elif outcome.name == "incidents_per_day":
            incidents = [
                np.nan_to_num(columns[outcome.name]) * days
                for columns, days in zip((first, last), in_ceasefire, strict=True)
            ]
            days = np.round(in_ceasefire[1] - in_ceasefire[0])
            right = np.where(days > 0, (incidents[1] - incidents[0]) / np.where(days > 0, days, 1), np.nan)
        else:
            right = last[outcome.name] - first[outcome.name]
        assert same(asked.outcomes[name], right), name
        rare = "aid" in name or "refused" in name or "routs" in name or "handed_over" in name
        assert np.nansum(np.abs(asked.outcomes[name])) > 0 or rare, name


@pytest.mark.parametrize("moment", ["collapse", "first_talks", "first_deal", "first_ceasefire", "first_ceasefire_end"])
def test_every_outcome_can_be_asked_of_a_moment_of_each_history(scenario, asked, until, moment: str) -> None:
    came = days_of(scenario, moment)
    there = [(history, day) for history, day in enumerate(came) if day >= 0]
    assert there, moment
    for outcome, _ in outcomes_of(scenario):
        name = f"{name_at(outcome)}@{moment}"
        if not is_had(scenario, name):
            assert outcome.parts or outcome.months is not None, name
            continue
        values = asked.outcomes[name]
        nothing = values[came < 0]
        assert (nothing == "").all() if values.dtype.kind == "U" else np.isnan(nothing).all(), name
        for history, day in there[:3]:
            right = until(day).outcomes[outcome.name]
            assert same(values[history : history + 1], right[history : history + 1]), (name, history, day)


def days_of(scenario: Scenario, moment: str) -> np.ndarray:
    """Find the first day of which something is true in the state of every day; -1 where there is none."""
    setting = Setting(
        start=scenario.world.start_date, days=DAYS, seed=1, replications=np.arange(N), landmarks=range(DAYS + 1)
    )
    world, _ = simulate(scenario, setting)
    found = np.full(N, -1)
    for day in range(DAYS, -1, -1):
        state = world.recorder.snapshots[day]
        true = {
            "collapse": state["broken"] > 0, "first_talks": state["talks_opened"] > 0,
            "first_deal": state["deals_signed"] > 0, "first_ceasefire": state["ceasefires"] > 0,
            "first_ceasefire_end": state["ceasefires"] > (state["ending"] == 3),
        }[moment]  # fmt: skip
        found[true] = day
    return found


def test_the_cut_into_batches_decides_nothing(scenario, asked) -> None:
    again = run_ensemble(scenario, Plan(N, 1, DAYS, batch=5, asked=asked.plan.asked))
    for name, values in asked.outcomes.items():
        assert np.array_equal(values, again.outcomes[name], equal_nan=values.dtype.kind != "U"), name


def test_asking_changes_nothing_else(scenario, asked) -> None:
    plain = run_ensemble(scenario, Plan(N, 1, DAYS))
    assert list(plain.outcomes) == list(asked.outcomes)[: len(plain.outcomes)]
    for name, values in plain.outcomes.items():
        assert np.array_equal(values, asked.outcomes[name], equal_nan=values.dtype.kind != "U"), name


def test_every_name_takes_a_time(scenario, asked) -> None:
    # Endings and terms too, which are values of a column.
    for name in names_of(scenario, outcomes=[one for one in asked.outcomes if not Asked.parse(one).when]):
        if is_had(scenario, f"{name}@{SINCE}"):
            values = values_of(scenario, asked.outcomes, f"{name}@{SINCE}", DAYS)
            assert values.dtype == np.float64
            assert ":" not in name or np.isin(values[~np.isnan(values)], (0, 1)).all()


def test_as_many_months_as_the_horizon_has_are_the_horizon() -> None:
    # Three months by the calendar are 90 days here, three of 30.4 days 91.
    run = sim.run("baseline", replications=6, months=3, outcomes=["casualties_attacker@3", "casualties_attacker[0..3]"])
    assert run.days == 90
    for name in ("casualties_attacker@3", "casualties_attacker[0..3]"):
        assert np.array_equal(run.column(name), run.column("casualties_attacker"))
    year = sim.run("history/korea", replications=6, months=12, outcomes=["casualties_attacker@12", "casualties_attacker@11"])
    assert year.days == 366
    assert np.array_equal(year.column("casualties_attacker@12"), year.column("casualties_12_months_attacker"))


LABELS = {
    "casualties_attacker[12..24]": "Casualties, Russia, months 12 to 24",
    "force_defender@first_deal": "Force, Ukraine, on the day of the first deal",
    "war_goes_on@1": "War goes on, after 1 month",
    "terms_security:bare_truce@12.5": "Signed: Security: bare truce, after 12.5 months",
    "ceasefire_lasted_365_days@24": "First ceasefire lasts 365 days, after 24 months",
    "weariness_attacker": "Weariness of Russia",
}


@pytest.mark.parametrize("name", LABELS)
def test_labels_follow_one_rule(load: Callable, name: str) -> None:
    assert blank_row(load("baseline"), name).label.lower() == LABELS[name].lower()


WRONG = {
    "casualties_attacker[12-24]": "a span is written as in NAME[12..24]",
    "casualties_attacker[12..24": "a span is written as in NAME[12..24]",
    "casualties_attacker[24..12]": "ends before it begins",
    "casualties_attacker[12..12]": "is empty",
    "casualties_attacker[12..12.01]": "is less than a day",
    "casualties_attacker[..12]": "'' in 'casualties_attacker[..12]' is no number of months",
    "casualties_attacker[a..12]": "'a' in",
    "casualties_attacker[1e3..2e3]": "'1e3' in",
    "casualties_attacker@": "'' in",
    "casualties_attacker@1_2": "'1_2' in",
    "casualties_attacker@12..24": "'12..24' in",
    "casualties_attacker@24.5": "is of day 745, beyond the horizon of 730 days",
    "casualties_attacker@99": "beyond the horizon of 730 days",
    "casualties_attacker[12..9999999999999999999999]": "beyond the horizon of 730 days",
    "casualties_attacker@first_dale": "unknown moment 'first_dale'. Did you mean 'first_deal'?",
    "weariness_attacker[6..12]": "ask for a moment, as in weariness_attacker@12",
    "deal_within_12_months@6": "is taken after 12 months already",
    "force_start_attacker@6": "is of the start already",
    "force_end_attacker@6": "it is force_attacker, as in force_attacker@12",
    "force_attacker": "write one, as in force_attacker@12",
    "war_goes_on[6..12]": "names one of several",
    "imposed[6..12]": "is yes or no",
    "talks_failing[6..12]": "ask for its parts, talks_failed[6..12] and talks_ended[6..12]",
    "failed@12": "unknown outcome 'failed@12'",
    "casulties_attacker@12": "Did you mean 'casualties_attacker'?",
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said(name: str) -> None:
    with pytest.raises(ParleyError) as error:
        sim.run("baseline", replications=5, months=24, outcomes=[name])
    assert WRONG[name] in str(error.value)


def test_a_war_without_talks_has_no_moments_of_them() -> None:
    assert sim.run("history/iwo_jima", replications=4, outcomes=["force_attacker@collapse"]).outcomes
    with pytest.raises(OutcomeError, match="unknown moment 'first_deal'"):
        sim.run("history/iwo_jima", replications=4, outcomes=["force_attacker@first_deal"])


def test_a_folder_keeps_what_it_was_asked_for(tmp_path: Path) -> None:
    names = ["casualties_attacker[1..2]", "force_attacker@first_deal", "terms_security:bare_truce@2", "war_goes_on@1"]
    ran = sim.run("baseline", replications=12, months=3, outcomes=names, out=tmp_path / "run")
    memory = sim.run("baseline", replications=12, months=3, outcomes=names)
    for name in names:
        assert np.array_equal(ran.column(name), memory.column(name), equal_nan=True)
        assert np.array_equal(Run.read(tmp_path / "run").column(name), memory.column(name), equal_nan=True)
    with pytest.raises(OutcomeError, match="name the scenario rather than a folder"):
        ran.column("casualties_attacker@1")


# From the command line


@pytest.mark.ensembles
def test_it_is_taken_wherever_an_outcome_is(parley: Callable, tmp_path: Path) -> None:
    small, span = ("--months", 3, "--replications"), "casualties_attacker[1..3]"
    vary = ("--vary", "arms.defender.aid_scale=0,1")
    swept = parley("sweep", "baseline", *vary, *small, 10, "--outcome", span, "--out", tmp_path / "sweep")
    assert span in swept.stdout
    page = parley("report", tmp_path / "sweep", "--out", tmp_path / "page.html")
    assert page.returncode == 0, page.stderr
    assert "Casualties, Russia, months 1 to 3" in (tmp_path / "page.html").read_text(encoding="utf-8")
    found = parley(
        "breakeven", "baseline", "--vary", "attrition.level_factor=0.1:2", "--until", f"mean({span}) > 1e5", *small, 5
    )
    assert "until the mean of 'casualties, Russia, months 1 to 3' is above 100,000" in " ".join(found.stdout.split())
    assert "Break-even at" in found.stdout
    driven = parley("sensitivity", "baseline", *small, 100, "--outcome", span, "--full")
    assert f"Casualties, Russia, months 1 to 3 ({span}), 100 histories" in driven.stdout
    boxes = parley("discover", "baseline", *small, 200, "--outcome", f"{span} > 90_000")
    assert "'casualties, Russia, months 1 to 3' is above 90,000" in " ".join(boxes.stdout.split()), boxes.stderr
    limits = ("--fail-over", f"{span} > 1e9", "--fail-over", f"{span} < 1e9")
    over = parley("compare", "baseline", "more_arms", *small, 10, *limits)
    assert over.returncode == 5
    assert over.stderr.count(f"over the limit: {span} of") == 1
    precise = ("--precision", 0.4, "--precision-of", "war_goes_on@2")
    ran = parley("run", "baseline", "--months", 3, "--replications", 20, *precise, "--out", tmp_path / "baseline")
    assert "Written" in ran.stdout
    again = parley("run", "baseline", "--months", 3, "--replications", 20, *precise, "--out", tmp_path / "baseline")
    assert again.stdout == ran.stdout.replace("Written", "There already")
    held = parley("discover", tmp_path / "baseline", "--outcome", "war_goes_on@1")
    assert held.returncode == 3
    assert "name the scenario rather than a folder of results" in held.stderr


EXPECTED = """
extends: baseline
title: Expecting
horizon_months: 3
expect:
  - {id: span, outcome: "casualties_attacker[1..2]", statistic: mean, low: 1, high: 1e9, reason: r}
  - {id: pace, outcome: "killed_attacker@2", statistic: ratio, of: "casualties_attacker@2", low: 0, high: 1, reason: r}
  - {id: last, outcome: "OUTCOME", statistic: mean, low: 0, high: 1, reason: r}
"""


def test_targets_are_of_other_times_too(parley: Callable, tmp_path: Path) -> None:
    file = tmp_path / "expecting.yaml"
    file.write_text(EXPECTED.replace("OUTCOME", "war_goes_on@1"))
    done = parley("targets", file, "--replications", 10)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("  met") == 3
    file.write_text(EXPECTED.replace("OUTCOME", "war_goes_on@9"))
    done = parley("targets", file, "--replications", 10)
    assert done.returncode == 3
    assert "expect[last]: error: 'war_goes_on@9' is of day 273, beyond the horizon of 90 days" in done.stderr
