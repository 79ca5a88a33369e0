"""What authors expect: of terms, moments and spans; `check` says what there is not, and shipped files keep to theirs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sim.catalogue import shipped_folder
from sim.ensemble.run import Plan, horizon_days, run_ensemble
from sim.model import WarScenario
from sim.results.targets import check_targets, outcomes_expected
from sim.scenario import ScenarioError, load_scenario, shipped

# Those that are missed, and why; their bounds were set before there were base rates from data on truces.
MISSED = {
    (
        "bare_truce",
        "lasts_30_days",
    ): "the early hazard is now that of the truces in Donbas, of which 12 of 13 were over soon",
    ("guaranteed_zone", "lasts_a_year"): "so is that of a zone, which multiplies it; and institutions count half",
}
EXPECTING = [name for name in shipped() if "\nexpect:" in (shipped_folder() / f"{name}.yaml").read_text(encoding="utf-8")]
HEAD = "title: Expecting\nextends: baseline\nhorizon_months: 3\nexpect:\n"


def expecting(folder: Path, *outcomes: str, horizon: str = "3") -> Path:
    file = folder / "expecting.yaml"
    lines = [f"  e{at}: {{{one}, low: 0, high: 1e9, reason: r}}\n" for at, one in enumerate(outcomes)]
    file.write_text(HEAD.replace("3", horizon) + "".join(lines), encoding="utf-8")
    return file


def test_terms_moments_and_spans_are_expected(parley: Callable[..., Any], tmp_path: Path) -> None:
    outcomes = (
        'outcome: "share(terms_territory = line_of_contact)"',
        'outcome: "terms_territory = line_of_contact@2", statistic: share',
        'outcome: "terms_territory:line_of_contact", statistic: mean',
        'outcome: "median(casualties_attacker@first_deal)"',
        'outcome: "mean(casualties_attacker[1..2])"',
        "outcome: war_goes_on, statistic: share",
    )
    file = expecting(tmp_path, *outcomes)
    scenario = load_scenario(file, WarScenario)
    assert parley("check", file).returncode == 0
    ran = run_ensemble(scenario, Plan(60, 1, 90, asked=outcomes_expected(scenario, 90)))
    by_name = {one.expectation.id: one for one in check_targets(ran)}
    terms = ran.outcomes["terms_territory"]
    signed = terms != ""
    share = (terms[signed] == "line_of_contact").mean()
    assert 0 < signed.sum() < 60
    assert by_name["e0"].value == by_name["e2"].value == pytest.approx(share)
    assert by_name["e0"].share == pytest.approx(signed.mean())
    until = ran.outcomes["terms_territory@2"]
    assert by_name["e1"].value == pytest.approx((until[until != ""] == "line_of_contact").mean())
    assert by_name["e5"].value == pytest.approx((ran.outcomes["ending"] == "war_goes_on").mean())
    assert by_name["e4"].value == pytest.approx(ran.outcomes["casualties_attacker[1..2]"].mean())


@pytest.mark.parametrize(
    ("outcome", "said", "cure"),
    [
        ("outcome: casualties_atacker, statistic: mean", "no outcome 'casualties_atacker'", "'casualties_attacker'"),
        ('outcome: "share(terms_land = line)"', "no outcome 'terms_land:line'", "Possible: "),
        (
            'outcome: "share(terms_territory = line_of_contct)"',
            "'terms_territory:line_of_contct' names one of several",
            "terms_territory:line_of_contact",
        ),
        (
            "outcome: terms_territory, statistic: mean",
            "'terms_territory' names one of several",
            "Write which: terms_territory:",
        ),
        ('outcome: "share(casualties_attacker)"', "casualties_attacker is a number and has no share", "mean or median"),
        (
            'outcome: "mean(casualties_attacker:many)"',
            "'casualties_attacker' names nothing of several",
            "casualties_attacker",
        ),
        ("outcome: casualties_attacker@first_del, statistic: mean", "unknown moment 'first_del'", "'first_deal'"),
        ('outcome: "casualties_attacker[2..1]", statistic: mean', "ends before it begins", "NAME[12..24]"),
        ('outcome: "casualties_attacker[1..9]", statistic: mean', "beyond the horizon of 90 days", "longer horizon"),
        ("outcome: stock_days_attacker, statistic: mean", "is of no time of its own", "stock_days_attacker@12"),
        ("outcome: ground_12_months_km2, statistic: mean", "it is of day 365, and the horizon is 90", "longer horizon"),
        ("outcome: casualties_attacker, statistic: ratio, of: nothing", "no outcome 'nothing'", ""),
    ],
)
def test_check_says_what_cannot_be_expected(
    parley: Callable[..., Any], tmp_path: Path, outcome: str, said: str, cure: str
) -> None:
    file = expecting(tmp_path, "outcome: war_goes_on, statistic: mean", outcome)
    done = parley("check", "expecting.yaml", cwd=file.parent)
    (line,) = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (3, "")
    assert line.startswith("expecting.yaml:6:3: expect[e1]: error: ")
    assert said in line
    assert cure in line
    # Of the command that looks at them nothing is run either.
    again = parley("targets", "expecting.yaml", cwd=file.parent)
    assert (again.returncode, again.stderr.splitlines()) == (3, [line])
    assert [one.name for one in file.parent.iterdir()] == ["expecting.yaml"]


def test_a_statistic_is_said_once(tmp_path: Path) -> None:
    file = expecting(tmp_path, 'outcome: "median(casualties_attacker)", statistic: mean')
    with pytest.raises(ScenarioError, match="the outcome is a median, and the statistic another"):
        load_scenario(file, WarScenario)


def test_shipped_files_expect_what_there_is() -> None:
    assert {"baseline", "history/korea", "history/sinai_1973", "history/winter_war"} <= set(EXPECTING)
    assert {name for name, _ in MISSED} <= set(EXPECTING)
    for name in EXPECTING:
        scenario = load_scenario(name, WarScenario)
        assert len(outcomes_expected(scenario, horizon_days(scenario))) >= len(scenario.world.expect)


@pytest.mark.ensembles
@pytest.mark.parametrize("name", EXPECTING)
def test_a_shipped_file_meets_what_it_expects(name: str) -> None:
    scenario = load_scenario(name, WarScenario)
    days = horizon_days(scenario)
    checked = check_targets(
        run_ensemble(scenario, Plan(2000, 1, days, series=False, asked=outcomes_expected(scenario, days)))
    )
    missed = {(name, one.expectation.id): one.value for one in checked if not one.met}
    # One that is met at last is taken off the list.
    assert missed.keys() == {one for one in MISSED if one[0] == name}, missed
