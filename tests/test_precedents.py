"""What stands beside the shares of a run of how other wars, truces, talks and alliances went."""

import datetime
import json
import re
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sim.catalogue import shipped
from sim.ensemble.run import Plan, horizon_days, run_ensemble
from sim.model import WarScenario, precedents
from sim.model.precedents import AS_OLD, BY_OUTCOME, OF_ALLIES, SPANS
from sim.results.identity import identity_of
from sim.results.precedents import Precedent, age_months, had_lasted
from sim.results.precedents import precedents as beside
from sim.results.statistics import wilson_interval
from sim.results.summary import Row, summarise
from sim.scenario import ScenarioError, load_scenario
from sim.words.layout import as_text
from sim.words.precedents import WHAT_THEY_ARE, cells, in_full, in_short, sources
from sim.words.run import answer, markdown
from tests.conftest import ROOT
from tests.test_reference_results import regenerate

README = (ROOT / "results" / "README.md").read_text(encoding="utf-8")
EVERYTHING = [
    name for rate in BY_OUTCOME for name in rate.outcomes
] + ["war_goes_on", "attacker_collapsed", "ceasefire_in_force", "deal_within_12_months", "deal_within_24_months",
     "ended_within_12_months", "decided_within_24_months", "lasting_ceasefire_within_12_months"]  # fmt: skip


# The record


def test_wars_on_record_hold_together() -> None:
    assert [*AS_OLD] == sorted(AS_OLD)
    for after in AS_OLD.values():
        assert tuple(after) == SPANS
        for shorter, longer in pairwise(SPANS):
            # Later there are fewer that go on, and none comes to be known that was not.
            assert after[longer].going_on <= after[shorter].going_on
            assert after[longer].known <= after[shorter].known
            assert after[longer].won >= after[shorter].won
            assert after[longer].undecided >= after[shorter].undecided
    for younger, older in pairwise(AS_OLD.values()):
        assert all(older[months].known <= younger[months].known for months in SPANS)
    # How many lasted so long in all is the same whenever one begins to count.
    lasted: dict[int, set[int]] = {}
    for age, after in AS_OLD.items():
        for months, wars in after.items():
            lasted.setdefault(age + months, set()).add(wars.going_on)
    assert {months for months, counts in lasted.items() if len(counts) > 1} == set()


def test_the_record_is_that_to_which_the_reference_results_are_held() -> None:
    for name, own in (("baseline", 33), ("history/korea", 12)):
        record = regenerate.on_record.AS_OLD[name]
        for months in (12, 24):
            wars = AS_OLD[own][months]
            # There Korea's own war is left out, which went on.
            assert wars.known - record.wars == (name == "history/korea")
            assert (wars.won, wars.undecided) == (record.decided[months], record.lasting[months])
    donbas = next(rate for rate in BY_OUTCOME if "Donbas" in rate.happened)
    assert donbas.of == regenerate.on_record.ON_RECORD["donbas_truces"].truces


@pytest.mark.parametrize("text", [precedents.__doc__ or "", README], ids=["module", "guide"])
def test_tables_that_are_written_are_the_record(text: str) -> None:
    rows = re.findall(r"^\| (\d+) \| (\d+, \d+, \d+) \| (\d+, \d+, \d+) \| (\d+, \d+, \d+) \|$", text, flags=re.MULTILINE)
    assert {int(age): [tuple(map(int, one.split(", "))) for one in told] for age, *told in rows} == {
        age: [tuple(after[months]) for months in SPANS] for age, after in AS_OLD.items()
    }


def test_the_guide_has_every_rate_with_its_number() -> None:
    for rate in (*BY_OUTCOME, *OF_ALLIES):
        one = Precedent(rate.outcomes, rate.happened, rate.share, rate.of, rate.record)
        often = cells(one)[1] if rate.of else cells(one)[2]
        assert f"| {rate.happened} | {often} |" in README


def test_every_share_is_a_count_with_its_interval_or_a_published_one(load: Any) -> None:
    found = beside(load("allies"), 1_095, EVERYTHING)
    assert {one.record for one in found} > {rate.record for rate in BY_OUTCOME}
    for one in found:
        told = one.as_dict()
        assert all(told[name] for name in ("called", "about", "source", "caveat"))
        if one.of is None:
            assert (told["count"], told["n"], told["low"], told["high"]) == (None,) * 4
            assert cells(one)[1] == "not said"
        else:
            assert told["count"] == pytest.approx(one.share * one.of, abs=1e-9)
            assert (told["low"], told["high"]) == pytest.approx(wilson_interval(told["count"], told["n"]))
            assert told["low"] < told["share"] < told["high"] or one.share in (0, 1)


# Which wars


@pytest.mark.parametrize(
    ("name", "settings", "age"),
    [
        ("baseline", (), 33),
        ("more_arms", (), 33),
        ("baseline", ("start_date=2023-01-04",), 12),
        ("baseline", ("start_date=2022-04-01",), 0),
        ("baseline", ("start_date=2034-12-04",), 48),
        ("baseline", ("war_began=null",), 0),
        ("history/korea", (), 12),
        ("history/winter_war", (), 0),
        ("examples/change_of_initiative", (), 0),
    ],
)
def test_the_wars_nearest_in_age_are_taken(load: Any, name: str, settings: tuple[str, ...], age: int) -> None:
    scenario = load(name, *settings)
    assert had_lasted(scenario) == age
    known = age_months(scenario)
    assert (known is None) == (scenario.world.war_began is None)
    assert all(one.had_lasted == age for one in beside(scenario, 1_095, EVERYTHING) if one.months)


def test_a_war_that_begins_after_the_start_is_refused(load: Any) -> None:
    with pytest.raises(
        ScenarioError, match=r"war_began, 2022-02-24, is later than start_date, 2020-01-01\. Write the first day"
    ):
        load("baseline", "start_date=2020-01-01")


@pytest.mark.parametrize(("sides", "own"), [("Georgia", True), ("Ukraine", False)])
def test_another_war_does_not_inherit_when_it_began(tmp_path: Path, sides: str, own: bool) -> None:
    file = tmp_path / "another.yaml"
    text = "title: Another\nextends: more_arms\nstart_date: {start}\n{more}sides: {{defender: {{name: {sides}}}}}\n"
    file.write_text(text.format(start="2024-12-04", more="", sides=sides), encoding="utf-8")
    found = load_scenario(file, WarScenario)
    assert found.world.war_began == (None if own else datetime.date(2022, 2, 24))
    file.write_text(text.format(start="2008-08-20", more="war_began: 2008-08-08\n", sides=sides), encoding="utf-8")
    assert load_scenario(file, WarScenario).world.war_began == datetime.date(2008, 8, 8)
    # Long before it is another war of the same sides.
    file.write_text(text.format(start="2014-08-20", more="", sides=sides), encoding="utf-8")
    assert load_scenario(file, WarScenario).world.war_began is None


def test_when_a_war_began_changes_nothing_that_is_simulated(load: Any) -> None:
    one, other = (identity_of(load("baseline", *settings), Plan(2, 1, 90)) for settings in ((), ("war_began=2022-01-01",)))
    assert one.fingerprint == other.fingerprint


# Beside which outcomes


def test_endings_have_precedents_at_the_spans_on_record_only(load: Any) -> None:
    scenario = load("baseline")
    endings = {"war_goes_on", "attacker_collapsed", "ceasefire_in_force"}
    for months, days in ((12, 365), (24, 730), (36, 1_095), (18, 546), (48, 1_461)):
        found = beside(scenario, days, EVERYTHING)
        told = {name for one in found for name in one.outcomes} & endings
        assert told == (endings if months in SPANS else set())
        assert {one.months for one in found if endings & {*one.outcomes}} == ({months} if months in SPANS else set())
    assert beside(scenario, 1_095, ["war_again", "ceasefire_lasted_365_days"]) == []


def test_allies_stand_where_there_are_guarantors(load: Any) -> None:
    def allies(name: str) -> int:
        return sum(one.record.called.startswith("Allies") for one in beside(load(name), 1_095, ()))

    assert (allies("allies"), allies("baseline")) == (len(OF_ALLIES), 0)


# In words


@pytest.fixture(scope="module")
def of_run() -> Callable[..., tuple[Any, list[Row]]]:
    @cache
    def of_run(name: str, n: int, days: int | None = None) -> tuple[Any, list[Row]]:
        scenario = load_scenario(name, WarScenario)
        found = run_ensemble(scenario, Plan(n, 1, days or horizon_days(scenario)))
        return found, summarise(found)

    return of_run


@pytest.mark.parametrize("name", shipped())
def test_the_line_takes_one_of_the_terminal_and_the_place_of_a_gap(load: Any, name: str) -> None:
    scenario = load(name)
    for days in {horizon_days(scenario), 365, 730, 1_095}:
        found = beside(scenario, days, EVERYTHING)
        for line in in_short(found, scenario, {*EVERYTHING}):
            assert len(as_text([line], 80).splitlines()) == 1
    assert not [*in_short(found, scenario, {"war_again"})]


def test_the_first_answer_has_the_line_below_the_shares_and_fits(of_run: Any) -> None:
    ensemble, summary = of_run("baseline", 40)
    lines = as_text(answer(identity_of(ensemble.scenario, ensemble.plan), ensemble, summary), 80).splitlines()
    (at,) = (
        place for place, line in enumerate(lines) if line.startswith("Of 8 real wars as old [COW], 36 months on 3 went on")
    )
    assert lines[at - 1].startswith(" Deal within 24 months")
    assert lines[at + 1].startswith(" Within 36 months")
    # What it is not, where it was written and what is next take four.
    assert len(lines) <= 20
    assert lines.count("") == 1


def test_where_nothing_is_on_record_there_is_the_gap_and_no_word(of_run: Any) -> None:
    ensemble, summary = of_run("history/iwo_jima", 5)
    said = as_text(answer(identity_of(ensemble.scenario, ensemble.plan), ensemble, summary), 80)
    assert "real wars" not in said
    assert said.splitlines().count("") == 2
    assert "On record" not in markdown(ensemble, summary)
    assert not [*in_full([], {})]


def test_all_of_it_stands_in_full_and_in_markdown_beside_what_came_out(of_run: Any) -> None:
    ensemble, summary = of_run("baseline", 40)
    rows = {row.id: row for row in summary}
    found = beside(ensemble.scenario, ensemble.plan.days, rows)
    for told in (as_text(in_full(found, rows), 200), markdown(ensemble, summary)):
        line = next(line for line in told.splitlines() if "A war went on for 36 months" in line)
        assert "3 of 8" in line
        assert "38 % (14 .. 69)" in line
        assert "War goes on" in line
        flat = " ".join(told.split())
        assert WHAT_THEY_ARE in flat
        assert all(" ".join(one.split()) in flat for one in sources(found))
        assert "those that had lasted 33 months" in flat


def test_a_made_up_war_stands_beside_wars_from_their_first_day(of_run: Any) -> None:
    ensemble, summary = of_run("examples/change_of_initiative", 5, 365)
    rows = {row.id: row for row in summary}
    found = beside(ensemble.scenario, ensemble.plan.days, rows)
    assert {one.had_lasted for one in found if one.months} == {0}
    assert any("from their first day" in line for line in sources(found))


def test_json_has_them_and_the_summary_has_not(parley: Any, tmp_path: Path) -> None:
    done = parley("run", "baseline", "--replications", 20, "--months", 12, "--json", cwd=tmp_path)
    (run,) = json.loads(done.stdout)["data"]
    on, *_ = (one for one in run["precedents"] if one["outcomes"] == ["war_goes_on"])
    assert (on["count"], on["n"], on["months"], on["had_lasted_months"]) == (7, 9, 12, 33)
    assert {name for one in run["precedents"] for name in one["outcomes"]} <= {row["id"] for row in run["summary"]}
    assert all("precedent" not in key for row in run["summary"] for key in row)
    assert "real wars" not in (tmp_path / run["folder"] / "summary.csv").read_text(encoding="utf-8")
