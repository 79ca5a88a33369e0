"""The command line as a user meets it: what it prints, writes and refuses."""

import csv
import hashlib
import json
import os
from pathlib import Path

import pytest

from tests.conftest import ROOT

BASELINE = (ROOT / "scenarios" / "baseline.yaml").read_text()
QUICK = ("--replications", "40", "--months", "13")
OUT = ("--out", "results/baseline")


def test_a_run_prints_and_writes(parley, tmp_path: Path):
    done = parley("run", "baseline", *QUICK, *OUT, "--full", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    for words in ("War goes on", "Russia's army has collapsed", "Casualties, Ukraine", "Aid delivered to Ukraine",
                  "thousand a month", "On 2026-01-04", "not a forecast", "Written: results/baseline/"):  # fmt: skip
        assert words in done.stdout
    folder = tmp_path / "results" / "baseline"
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["seed"] == 1
    assert manifest["replications"] == 40
    for name, digest in manifest["sha256"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    assert {*manifest["sha256"], "manifest.json", "timing.json"} == {path.name for path in folder.iterdir()}
    timing = json.loads((folder / "timing.json").read_text())
    assert timing["seconds"] > 0
    assert timing["histories_per_second"] == pytest.approx(40 / timing["seconds"], rel=0.05)
    with (folder / "outcomes.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 40
    assert {row["ending"] for row in rows} <= {
        "war_goes_on",
        "attacker_collapsed",
        "defender_collapsed",
        "ceasefire_in_force",
        "war_again",
    }
    assert float(rows[3]["manpower.attacker.return_share"]) > 0
    with (folder / "summary.csv").open() as file:
        summary = {row["id"]: row for row in csv.DictReader(file)}
    shares = [
        float(summary[ending]["share"])
        for ending in ("war_goes_on", "attacker_collapsed", "defender_collapsed", "ceasefire_in_force", "war_again")
    ]
    assert sum(shares) == pytest.approx(1)
    killed = sorted(float(row["killed_attacker"]) for row in rows)
    assert killed[0] <= float(summary["killed_attacker"]["p50"]) <= killed[-1]
    assert float(summary["killed_attacker"]["mean"]) == pytest.approx(sum(killed) / 40)
    with (folder / "series.csv").open() as file:
        series = list(csv.DictReader(file))
    assert series[0]["date"] == "2024-12-04"
    assert series[-1]["date"] == "2026-01-04"
    assert not list(tmp_path.glob("results/.*"))


def test_a_finished_run_is_kept_unless_forced(parley, tmp_path: Path):
    parley("run", "baseline", *QUICK, *OUT, cwd=tmp_path)
    before = (tmp_path / "results/baseline/outcomes.csv").read_bytes()
    refused = parley("run", "baseline", *QUICK, *OUT, "--seed", 2, cwd=tmp_path)
    assert refused.returncode == 3
    assert "--force" in refused.stderr
    assert (tmp_path / "results/baseline/outcomes.csv").read_bytes() == before
    forced = parley("run", "baseline", *QUICK, *OUT, "--seed", 2, "--force", cwd=tmp_path)
    assert forced.returncode == 0
    assert (tmp_path / "results/baseline/outcomes.csv").read_bytes() != before
    assert not list(tmp_path.glob("results/.*"))


def test_force_does_not_replace_a_folder_that_is_no_run(parley, tmp_path: Path):
    mine = tmp_path / "results" / "baseline"
    mine.mkdir(parents=True)
    (mine / "thesis.txt").write_text("years of work")
    done = parley("run", "baseline", *QUICK, *OUT, "--force", cwd=tmp_path)
    assert done.returncode == 3
    assert (mine / "thesis.txt").read_text() == "years of work"


def test_where_folders_stand_a_run_stands_among_them_under_its_name(parley, tmp_path: Path):
    """An empty folder, and one with results in it, is a root; of the same command the second finds the first."""
    (tmp_path / "there").mkdir()
    for name in ("baseline", "no_talks", "baseline"):
        done = parley("run", name, *QUICK, "--out", "there", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert f"there/{name}/" in done.stdout + done.stderr
    assert sorted(path.name for path in (tmp_path / "there").iterdir()) == ["baseline", "no_talks"]
    # One that is not there yet is the run itself.
    assert parley("run", "baseline", *QUICK, "--out", "new", cwd=tmp_path).returncode == 0
    assert (tmp_path / "new/manifest.json").is_file()


def test_the_resolved_scenario_gives_the_same_run(parley, tmp_path: Path):
    parley("run", "baseline", *QUICK, "--set", "arms.defender.aid_scale=0.3", *OUT, cwd=tmp_path)
    again = parley("run", "results/baseline/scenario.yaml", *QUICK, "--out", "again/scenario", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    first, second = tmp_path / "results/baseline", tmp_path / "again/scenario"
    for name in ("outcomes.csv", "series.csv", "summary.csv"):
        # But for the name that each row begins with.
        ours, theirs = ([row.split(",", 1) for row in (one / name).read_text().splitlines()] for one in (first, second))
        assert [cells for _, cells in ours] == [cells for _, cells in theirs]
        assert {own for own, _ in theirs[1:]} == {"scenario"}


def test_json(parley, tmp_path: Path):
    done = parley("run", "baseline", *QUICK, "--json", cwd=tmp_path)
    (result,) = json.loads(done.stdout)["data"]
    assert result["scenario"] == "baseline"
    ids = [row["id"] for row in result["summary"]]
    assert ids[:3] == ["war_goes_on", "attacker_collapsed", "defender_collapsed"]


def test_several_side_by_side(parley, tmp_path: Path):
    (tmp_path / "less_aid.yaml").write_text(BASELINE.replace('title: "Baseline', 'title: "Less aid'))
    done = parley("run", "baseline", "less_aid.yaml", *QUICK, "--out", "results", "--full", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (row,) = [line for line in done.stdout.splitlines() if line.startswith(" War goes on")]
    assert row.count("%") == row.count(" .. ") == 2
    assert (tmp_path / "results/less_aid/manifest.json").is_file()


def test_what_was_set_is_offered_to_be_compared(parley, tmp_path: Path):
    """Where something was set, and pairs on the same luck can be made."""
    aid, short = ("--set", "arms.defender.aid_scale=0.5"), ("--set", "horizon_months=1")
    set_and_offered = {
        "a number": (("no_talks", *short, *aid), True),
        "a number of what has no ledger": (("history/iwo_jima", "--set", "attrition.level_factor=0.9"), True),
        "what it is already": (("no_talks", *short, "--set", "arms.defender.aid_scale=1"), False),
        "the beginning too": (("no_talks", *short, *aid, "--set", "start_date=2024-11-04"), False),
    }
    for name, (words, offered) in set_and_offered.items():
        done = parley("run", *words, "--replications", 2, "--out", name, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        told = f"parley compare {words[0]} "
        assert (told in done.stdout) == offered, name
    compared = parley("compare", "no_talks", "a number", cwd=tmp_path)
    assert "What was changed\n Scale of aid to Ukraine: 1 becomes 0.5" in compared.stdout


def test_results_that_are_not_there_are_looked_for_beside(parley, tmp_path: Path):
    first = parley("run", "no_talks", "--replications", 2, "--months", 1, "--out", "results/first", cwd=tmp_path)
    assert first.returncode == 0
    for command in ("explain", "report", "plot", "sensitivity", "run", "show"):
        for name in ("results/frist", tmp_path / "results/frist"):
            done = parley(command, name, cwd=tmp_path)
            near = str(name).replace("frist", "first")
            # The first word of this one may be a figure.
            code = 2 if command == "plot" else 3
            assert (done.returncode, done.stderr) == (code, f"error: there is no folder {name}. Did you mean {near}?\n")
    # What is there is read.
    there = parley("run", "results/first", "--set", "arms.defender.aid_scale=2", "--replications", 2, cwd=tmp_path)
    assert there.returncode == 0, there.stderr
    assert "no problems" in parley("check", "results/first", cwd=tmp_path).stdout
    both = parley("compare", "results/first", "results/second/", cwd=tmp_path)
    assert (both.returncode, both.stderr) == (3, "error: there is no folder results/second\n")
    assert "results" not in parley("run", "examples/frist", cwd=tmp_path).stderr
    assert parley("run", f"{'a' * 5000}/b", cwd=tmp_path).returncode == 3


def test_the_story_of_one_history(parley, tmp_path: Path):
    done = parley("run", "baseline", "--replications", 1, "--chronicle", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    dated = [line[1:11] for line in lines if line[1:5].isdigit()]
    assert dated == sorted(dated)
    assert dated[0] == "2024-12-04"
    assert dated[-1] == "2027-12-04"
    # Three backers pledge every month until a deal ends this war.
    assert sum("pledge of" in line for line in lines) >= 9
    assert any("thousand at the front" in line for line in lines)
    assert "War goes on                " not in done.stdout


def test_targets_of_what_no_history_has_are_not_met(parley, tmp_path: Path):
    targets = [
        "{id: month, outcome: deal_month, statistic: mean, low: 1, high: 2, reason: none}",
        "{id: ratio, outcome: casualties_attacker, of: guards_end, statistic: ratio, low: 1, high: 2, reason: none}",
    ]
    (tmp_path / "t.yaml").write_text(
        "title: None\nextends: no_talks\ndescription: No one talks.\nexpect:\n" + "".join(f"  - {one}\n" for one in targets)
    )
    done = parley("targets", "t.yaml", "--replications", 3, "--months", 1, cwd=tmp_path)
    assert done.returncode == 5
    assert done.stderr == ""
    assert done.stdout.count("NOT MET") == 2
    assert "deal_month is not defined in any history" in done.stdout
    assert "the mean of guards_end is 0" in done.stdout
    nothing = parley("targets", "baseline", "history/iwo_jima", cwd=tmp_path)
    assert nothing.returncode == 3
    assert "iwo_jima.yaml: error: there are no targets" in nothing.stderr
    assert nothing.stdout == ""


@pytest.mark.ensembles
def test_targets(parley, tmp_path: Path):
    done = parley("targets", "baseline", "--months", 24, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(" met") == 12
    missed = parley("targets", "baseline", "--months", 24, "--set", "front.advance_km2_per_day=2", cwd=tmp_path)
    assert missed.returncode == 5
    assert "NOT MET" in missed.stdout
    kept = [tmp_path / f"results/baseline{set_}+24_months" for set_ in ("", "+front.advance_km2_per_day=2")]
    assert [(folder / "manifest.json").is_file() for folder in kept] == [True, True]


BAD_SCENARIOS = {
    "bad YAML": ("start_date: 2024-12-04", "start_date: [2024-12-04", "bad.yaml:"),
    "unknown key": ("      aid_per_month_beur:", "      aid_per_mont_beur:", "Did you mean 'aid_per_month_beur'"),
    "negative force": (
        "force_persons: {dist: triangular, low: 535_000, mode: 580_000, high: 637_000",
        "force_persons: {value: -580_000",
        "force_persons must lie between 0",
    ),
    "text for a number": (
        "training_days: {dist: triangular, low: 5, mode: 30, high: 72",
        "training_days: {value: a month",
        "text",
    ),
    "killed share of 1.4": (
        "killed_share: {dist: triangular, low: 0.137, mode: 0.25, high: 0.327",
        "killed_share: {value: 1.4",
        "killed_share must lie between 0 and 1 (share), not 1.4",
    ),
    "training time of -3 days": (
        "training_days: {dist: triangular, low: 5, mode: 30, high: 72",
        "training_days: {value: -3",
        "training_days must lie between 0",
    ),
    "unknown backer": ("backer: united_states", "backer: untied_states", "unknown backer 'untied_states'"),
    "unknown source": ("source: [uk_cds_2024,", "source: [uk_csd_2024,", "uk_csd_2024"),
}


@pytest.mark.parametrize("problem", BAD_SCENARIOS)
def test_a_bad_scenario_gives_one_line(parley, tmp_path: Path, problem: str):
    right, wrong, words = BAD_SCENARIOS[problem]
    start = BASELINE.index(right)
    (tmp_path / "bad.yaml").write_text(BASELINE[:start] + wrong + BASELINE[start + len(right) :])
    done = parley("run", "bad.yaml", *QUICK, cwd=tmp_path)
    assert done.returncode == 3
    assert done.stdout == ""
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "results").exists()


BAD_CALLS = {
    "missing file": (("run", "nowhere.yaml"), 3, "nowhere.yaml"),
    "zero replications": (("run", "baseline", "--replications", "0"), 2, "--replications: it must be 1 or more. See"),
    "a text for a number": (("run", "baseline", "--months", "two"), 2, "--months: it must be a whole number. See"),
    "too much": (("run", "baseline", "--months", "700"), 2, "--months: it must be 600 or less. See"),
    "no scenario": (("run",), 2, "FILE"),
    "unknown option": (("run", "baseline", "--replication", "3"), 2, "--replication"),
    "unknown command": (("rum", "baseline"), 2, "rum"),
    "unknown path": (("run", "baseline", "--set", "manpower.atacker.intake_per_month=3"), 3, "attacker"),
    "out of range": (("run", "baseline", "--set", "manpower.attacker.killed_share=1.4"), 3, "between 0 and 1"),
    "the same twice": (("run", "baseline", "baseline"), 2, "same name"),
    "a folder": (("run", "."), 3, "folder"),
}


@pytest.mark.parametrize("problem", BAD_CALLS)
def test_a_bad_call_gives_one_line(parley, tmp_path: Path, problem: str):
    arguments, code, words = BAD_CALLS[problem]
    done = parley(*arguments, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("kind", ["a file in the way", "below a file", "read-only"])
def test_results_that_cannot_be_written(parley, tmp_path: Path, kind: str):
    out = tmp_path / "results"
    if kind == "read-only":
        out.mkdir(mode=0o500)
        if os.access(out, os.W_OK):
            # The superuser may write anywhere but to the kernel's own folders.
            out = Path("/proc/parley")
    else:
        out.write_text("in the way")
        out = out / "deeper" if kind == "below a file" else out
    done = parley("run", "baseline", *QUICK, "--out", out, cwd=tmp_path)
    assert done.returncode == 3
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
