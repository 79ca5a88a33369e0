"""`parley outcomes`: the table of what is declared."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sim.ensemble.run import Plan, run_ensemble
from sim.model import outcomes_of
from sim.results.dictionary import entries
from sim.results.values import names_of, values_of


@pytest.mark.parametrize("name", ["baseline", "no_talks", "history/iwo_jima"])
def test_it_has_what_options_take(load: Callable, name: str) -> None:
    scenario = load(name)
    ran = run_ensemble(scenario, Plan(2, 1, 800, series=False))
    known = {entry.name: entry for entry in entries(scenario)}
    of_all = {outcome.name for outcome, _ in outcomes_of(scenario) if outcome.parts}
    taken = {one.removeprefix("ending:") for one in names_of(scenario, ran.outcomes)}
    assert set(known) - of_all == taken - {"failed"}
    for entry in known.values():
        assert all((entry.label, entry.when, entry.meaning)), entry
        assert "{" not in entry.label


def test_the_times_that_it_names_can_be_asked(load: Callable) -> None:
    scenario = load("baseline")
    times = [time for entry in entries(scenario) for time in entry.times.split(", ") if time]
    assert len(times) > 100
    ran = run_ensemble(scenario, Plan(2, 1, 730, series=False, asked=times))
    for time in times:
        assert len(values_of(scenario, ran.outcomes, time, 730)) == 2


def test_a_word_finds(parley: Callable, tmp_path: Path) -> None:
    found = list(csv.DictReader(io.StringIO(parley("outcomes", "KILLED", "--csv").stdout)))
    assert {"killed_attacker", "casualties_attacker", "killed_per_month_12_months_defender"} <= {
        row["name"] for row in found
    }
    of_one = json.loads(parley("outcomes", "no_talks", "force at", "--json").stdout)["data"]
    assert [row["name"] for row in of_one] == [
        f"force_{when}_{side}" for when in ("start", "end") for side in ("attacker", "defender")
    ]
    text = parley("outcomes", "baseline", "ground_gained").stdout
    assert text.splitlines()[0] == "ground_gained_km2: Net land taken by Russia (km2)"
    assert "Also ground_gained_km2[12..24], ground_gained_km2@12, " in " ".join(text.split())


WRONG = {
    "no such word": (("nothinglikeit",), 3, "no outcome of baseline speaks of 'nothinglikeit'"),
    "no such file": (("mine.yaml",), 3, "there is no such file"),
    "two ways": (("--csv", "--json"), 2, "ways to print"),
    "a mark without a table": (("--excel",), 2, "--excel is for CSV"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said_in_a_line(parley: Callable, case: str) -> None:
    arguments, code, said = WRONG[case]
    done = parley("outcomes", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
