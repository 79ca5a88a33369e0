"""`parley explain`: every number in it is one of the tables', and bad input gives one line."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from sim.model import WarScenario
from sim.results.history import medoid
from sim.results.names import Names
from sim.results.statistics import wilson_interval
from sim.scenario import load_scenario
from tests.resealed import reseal

pytestmark = pytest.mark.ensembles


@pytest.fixture(scope="module")
def folder(parley, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("explain")
    done = parley("run", "baseline", "--replications", 150, "--months", 24, "--out", out / "baseline")
    assert done.returncode == 0, done.stderr
    assert f"Next: parley explain {out / 'baseline'}" in done.stdout
    return out / "baseline"


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("ending", ["ceasefire_in_force", "war_goes_on"])
def test_one_history_of_each_kind(parley, folder: Path, ending: str) -> None:
    done = parley("explain", folder, "--ending", ending, "--full")
    assert done.returncode == 0, done.stderr
    number = int(re.search(r"What happened in replication (\d+), seed 1", done.stdout)[1])
    outcomes = rows((folder / "outcomes.csv").read_text())[number]
    assert outcomes["ending"] == ending
    assert ("A deal is signed" in done.stdout) == (ending == "ceasefire_in_force")

    # The table of its reviews, and the accounts, show the numbers of --csv.
    table = rows(parley("explain", folder, "--replication", number, "--csv").stdout)
    shown = re.findall(r"^ (\d{4}-\d\d-\d\d) +(-?[\d.]+) +(-?[\d.]+) +(-?[\d.]+) +(-?[\d.]+)  ", done.stdout, re.MULTILINE)
    assert [line[0] for line in shown] == [row["date"] for row in table]
    for line, row in zip(shown, table, strict=True):
        expected = []
        for side in ("attacker", "defender"):
            fighting = float(row[f"fighting_on_{side}"])
            expected += [fighting, fighting + float(row[f"slack_{side}"])]
        assert [float(text) for text in line[1:]] == pytest.approx(expected, abs=0.0006)
    for date in re.findall(r"What they weighed on (\S+),", done.stdout):
        row = next(row for row in table if row["date"] == date)
        account = done.stdout[done.stdout.index(f"What they weighed on {date}") :]
        for label, column in (
            ("what the balance of the day would give it", "terms_today"),
            ("what it expects to gain by fighting on", "expectation"),
            ("its private resolve", "resolve"),
            ("= fighting on is worth", "fighting_on"),
            ("the nearest package is worth, while it lasts", "package"),
            ("what its terms cost at home", "home"),
            ("= above fighting on", "slack"),
        ):
            found = re.search(rf"^ {re.escape(label)} +(\S+) +(\S+)$", account, re.MULTILINE)
            expected = [float(row[f"{column}_{side}"]) for side in ("attacker", "defender")]
            sign = -1 if column in ("home",) else 1
            assert [sign * float(found[1]), sign * float(found[2])] == pytest.approx(expected, abs=0.0006)
    if ending == "ceasefire_in_force":
        # What was signed is what the tables say, worth what they say.
        last = table[-1]
        for side in ("attacker", "defender"):
            assert float(outcomes[f"surplus_{side}"]) > 0
            assert float(last[f"slack_{side}"]) > 0
        assert float(outcomes["deal_month"]) * 30.4375 == pytest.approx(int(last["day"]) + 1)


def is_close(told: tuple[float, ...], wanted: tuple[float, ...]) -> bool:
    """Return whether shares in per cent are those, but for their rounding."""
    return all(abs(one / 100 - other) < 0.0051 for one, other in zip(told, wanted, strict=True))


def test_the_endings_stand_with_their_intervals(parley, folder: Path) -> None:
    printed = " ".join(parley("explain", folder).stdout.split())
    for row in rows((folder / "summary.csv").read_text()):
        if row["section"] == "endings" and float(row["share"]):
            found = re.search(rf"{re.escape(row['label'])} (\S+) % \((\S+) \.\. (\S+)\)", printed)
            assert is_close(tuple(map(float, found.groups())), tuple(float(row[name]) for name in ("share", "low", "high")))


def test_the_ledger_over_time_is_that_of_the_table(parley, folder: Path) -> None:
    printed = parley("explain", folder, "--full", COLUMNS="200").stdout.split("over time")[1].split("One history")[0]
    ledger = [row for row in rows((folder / "ledger.csv").read_text()) if row["question"] == "state"]
    by_day: dict[str, float] = {}
    for row in ledger:
        by_day[row["date"]] = by_day.get(row["date"], 0.0) + float(row["share"])
    assert all(total == pytest.approx(1.0, abs=1e-12) for total in by_day.values())
    dates = re.findall(r"\d{4}-\d\d-\d\d", printed)
    cell = r"(\S+) % \((\S+) \.\. (\S+)\)"
    possible = [
        [tuple(map(float, one)) for one in re.findall(cell, line)] for line in printed.splitlines() if "Possible, " in line
    ]
    assert possible
    assert {len(line) for line in possible} == {len(dates)}
    for place, date in enumerate(dates):
        shares = [float(row["share"]) for row in ledger if row["date"] == date and row["answer"].startswith("possible:")]
        # Each with the digits that its interval warrants.
        assert sum(line[place][0] for line in possible) / 100 == pytest.approx(sum(shares), abs=0.006 * len(possible))
        told = {line[place] for line in possible}
        for row in (row for row in ledger if row["date"] == date and row["answer"].startswith("possible:")):
            low, high = wilson_interval(int(row["histories"]), int(row["of"]))
            assert any(is_close(one, (float(row["share"]), low, high)) for one in told)


def test_the_reasons_are_those_of_the_table(parley, folder: Path) -> None:
    printed = parley("explain", folder, "--full").stdout.split("Where no deal was possible")[1].split("One history")[0]
    table = rows((folder / "ledger.csv").read_text())
    without = sum(
        int(row["histories"]) for row in table if row["question"] == "state" and not row["answer"].startswith("possible:")
    )
    told = re.findall(r"^ (\S.*?) +([\d.]+)% +([\d.]+)%$", printed, re.MULTILINE)
    names = Names(load_scenario(folder / "scenario.yaml", WarScenario))
    assert len(told) > 5
    for question, place in (("alone", 1), ("weighs_most", 2)):
        given = [row for row in table if row["question"] == question]
        counts = Counter[str]()
        for row in given:
            counts[row["answer"]] += int(row["histories"])
        shares = {names.reason(answer) if ":" in answer else "none": n / without for answer, n in counts.items()}
        for line in told:
            assert float(line[place]) / 100 == pytest.approx(shares.get(line[0], 0.0), abs=0.0006)


def test_the_typical_history_is_the_nearest_to_the_centre() -> None:
    outcomes = {
        "ending": np.array(["war_goes_on", "x", "war_goes_on", "war_goes_on", "x"]),
        "killed": np.array([10.0, 0.0, 20.0, 36.0, 0.0]),
        "deal_month": np.array([np.nan, 1.0, np.nan, np.nan, 2.0]),
        "terms_caps": np.array(["", "stay", "", "", "stay"]),
    }
    # Mean of 10, 20, 36 is 22.
    assert medoid(outcomes, "war_goes_on") == 2
    assert medoid(outcomes, "never") is None
    values = np.array([[1.0, 10.0], [2.0, 40.0], [3.0, 20.0]])
    two = {"ending": np.array(["e"] * 3), "a": values[:, 0], "b": values[:, 1]}
    away = (((values - values.mean(axis=0)) / values.std(axis=0)) ** 2).sum(axis=1)
    assert medoid(two, "e") == int(away.argmin())


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--replication", 9999), 2, "this run has histories 0 to 149"),
        (("--ending", "peace"), 2, "no history of this run ended in 'peace'; there are "),
        (("--ending", "war_goes_on", "--replication", 1), 2, "give one"),
    ],
)
def test_bad_choices_give_one_line(parley, folder: Path, arguments: tuple, code: int, message: str) -> None:
    done = parley("explain", folder, *arguments)
    assert done.returncode == code
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_folder_that_is_none_or_was_changed_gives_one_line(parley, folder: Path, tmp_path: Path) -> None:
    for place, message in ((tmp_path, "has no manifest.json"), (tmp_path / "nowhere", "there is no folder")):
        done = parley("explain", place)
        assert (done.returncode, done.stderr.count("\n")) == (3, 1)
        assert message in done.stderr
    changed = tmp_path / "changed"
    shutil.copytree(folder, changed)
    with (changed / "ledger.csv").open("a") as file:
        file.write("27,2024-12-31,state,zone,1,1,1\n")
    done = parley("explain", changed)
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)
    assert "ledger.csv was changed since the run wrote it" in done.stderr
    (changed / "ledger.csv").unlink()
    assert "cannot read" in parley("explain", changed).stderr


def test_a_run_too_short_for_a_ledger_says_so(parley, tmp_path: Path) -> None:
    short = "title: Short\nextends: baseline\nhorizon_months: null\nhorizon_days: 20\n"
    (tmp_path / "short.yaml").write_text(short)
    assert parley("run", "short.yaml", "--replications", 2, "--out", "made/short", cwd=tmp_path).returncode == 0
    done = parley("explain", tmp_path / "made/short")
    assert done.returncode == 0, done.stderr
    assert "too short for a ledger" in done.stdout
    assert "fighting on and the nearest package" in done.stdout


def test_a_war_without_negotiation_is_told_too(parley, tmp_path: Path) -> None:
    assert parley("run", "history/iwo_jima", "--replications", 1, "--out", tmp_path / "iwo_jima").returncode == 0
    assert not (tmp_path / "iwo_jima" / "ledger.csv").exists()
    done = parley("explain", tmp_path / "iwo_jima")
    assert done.returncode == 0, done.stderr
    assert "No one negotiates in this scenario." in done.stdout
    assert parley("explain", tmp_path / "iwo_jima", "--csv").returncode == 2


@pytest.fixture(scope="module")
def kept(parley, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("kept")
    assert parley("run", "baseline", "--replications", 3, "--months", 2, "--out", out / "baseline").returncode == 0
    return out / "baseline"


@pytest.mark.parametrize("column", ["ground_gained_km2", "recruited_attacker", "attrition.level_factor"])
def test_what_was_kept_is_told_as_it_was_or_not_at_all(parley, kept: Path, tmp_path: Path, column: str) -> None:
    """A last digit of what came out or was drawn is another: as after another version of NumPy, with the same ending."""
    changed = tmp_path / "changed"
    shutil.copytree(kept, changed)
    header, *lines = (changed / "outcomes.csv").read_text().splitlines()
    cells, place = lines[1].split(","), header.split(",").index(column)
    cells[place] = repr(float(np.nextafter(float(cells[place]), np.inf)))
    lines[1] = ",".join(cells)
    (changed / "outcomes.csv").write_text("\n".join([header, *lines, ""]))
    reseal(changed)
    done = parley("explain", changed, "--replication", 1)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.count("\n") == 1
    assert f"replication 1 has {column} " in done.stderr
    assert parley("explain", changed, "--replication", 0).returncode == 0


@pytest.mark.parametrize(
    ("form", "says"),
    [(1, "in the form of an older version"), (2, "in the form of an older version"), (99, "in the form of a newer version")],
)
def test_results_of_another_form_are_refused(parley, kept: Path, tmp_path: Path, form: int, says: str) -> None:
    """Those of before the ledger by intervention have other questions and answers."""
    other = tmp_path / "other"
    shutil.copytree(kept, other)
    manifest = (other / "manifest.json").read_text()
    assert manifest.count('"format": 3') == 1
    (other / "manifest.json").write_text(manifest.replace('"format": 3', f'"format": {form}'))
    for command in ("explain", "report"):
        done = parley(command, other)
        assert (done.returncode, done.stderr.count("\n")) == (3, 1)
        assert f"{says}; run it again with --force" in done.stderr
