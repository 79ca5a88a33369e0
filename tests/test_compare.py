"""Comparisons: their statistics against independent ones and known differences, what they print, and what they refuse."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from sim.ensemble.run import Ensemble, Plan, run_ensemble
from sim.model import WarScenario
from sim.report.pages import comparison_page
from sim.report.parts import plain
from sim.results.comparison import CannotCompare, compare, compare_all
from sim.results.manifest import EXPLAINED
from sim.results.pairs import mcnemar, of_means, of_ratios, of_shares
from sim.results.runs import Run, called_apart
from sim.results.statistics import wilson_interval
from sim.scenario import load_scenario
from sim.words.comparison import answer
from sim.words.layout import as_text
from tests.conftest import ROOT
from tests.resealed import reseal


@pytest.fixture(scope="module")
def runs(load, ensemble) -> dict[str, Run]:
    names = ("baseline", "more_arms", "aid_halted", "european_zone")
    return {name: Run.of(ensemble(load(name), 300, 730)) for name in names}


@pytest.fixture(scope="module")
def folders(parley, tmp_path_factory) -> Path:
    """Results of two scenarios, made by the command."""
    folder = tmp_path_factory.mktemp("runs")
    done = parley("run", "baseline", "more_arms", "--replications", 200, "--months", 24, "--out", folder)
    assert done.returncode == 0, done.stderr
    return folder


# Statistics


@pytest.mark.parametrize(("successes", "n"), [(0, 10), (3, 10), (10, 10), (497, 2_000), (1, 100_000)])
def test_wilson_is_that_of_an_independent_implementation(successes: int, n: int) -> None:
    theirs = stats.binomtest(successes, n).proportion_ci(method="wilson")
    np.testing.assert_allclose(wilson_interval(successes, n), (theirs.low, theirs.high), rtol=1e-12, atol=1e-14)


def test_paired_and_unpaired_means_are_those_of_an_independent_implementation() -> None:
    luck = np.random.default_rng(1)
    left = luck.normal(size=50)
    right = 0.8 * left + luck.normal(0.3, 0.5, 50)
    ours, theirs = of_means(left, right), stats.ttest_rel(right, left).confidence_interval()
    assert ours is not None
    np.testing.assert_allclose((ours.low, ours.high), (theirs.low, theirs.high), rtol=1e-12)
    apart, welch = of_means(left, right[:30], paired=False), stats.ttest_ind(right[:30], left, equal_var=False)
    assert apart is not None
    np.testing.assert_allclose((apart.low, apart.high), tuple(welch.confidence_interval()), rtol=1e-12)
    assert ours.shrink == pytest.approx((left.var(ddof=1) + right.var(ddof=1)) / (right - left).var(ddof=1))


def coverage(kind: str, repeats: int, n: int = 400) -> float:
    """Return how often the interval of 95 % covers a known difference."""
    luck, covered = np.random.default_rng(7), 0
    for _ in range(repeats):
        common = luck.normal(size=n)
        scores = [0.8 * common + 0.6 * luck.normal(size=n) for _ in range(2)]
        if kind == "mean":
            known, found = 0.1, of_means(scores[0], scores[1] + 0.1)
        elif kind == "unpaired mean":
            known, found = 0.1, of_means(scores[0], luck.normal(0.1, 2, n // 2), paired=False)
        elif kind == "ratio":
            below = [luck.poisson(3, n) + 1.0 for _ in range(2)]
            above = [
                luck.binomial(values.astype(int), share) * 1.0 for values, share in zip(below, (0.7, 0.75), strict=True)
            ]
            known, found = 0.05, of_ratios((above[0], below[0]), (above[1], below[1]))
        else:
            limits = stats.norm.ppf([0.3, 0.35])
            shares = [(score < limit) * 1.0 for score, limit in zip(scores, limits, strict=True)]
            known, found = 0.05, of_shares(shares[0], shares[1], paired=kind == "share")
        assert found is not None
        covered += found.low <= known <= found.high
    return covered / repeats


KINDS = ("mean", "unpaired mean", "share", "ratio")


@pytest.mark.parametrize("kind", KINDS)
def test_intervals_cover_a_known_difference(kind: str) -> None:
    # Of 300, 95 % +- 3.1 standard errors.
    assert 0.91 <= coverage(kind, 300) <= 0.985


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_intervals_cover_a_known_difference_in_a_thousand_comparisons(kind: str) -> None:
    share = coverage(kind, 1_000)
    print(f"{kind}: {share:.3f} of 1,000 intervals cover the difference")
    assert 0.93 <= share <= 0.97


def test_a_share_without_a_change_has_an_interval_with_a_width() -> None:
    same = np.array([0.0, 1.0, 0.0, 1.0])
    found = of_shares(same, same)
    assert found is not None
    assert found.same
    assert found.mean == 0
    assert found.low < 0 < found.high
    assert mcnemar(same, same) == 1


def test_the_interval_is_wider_for_several_comparisons() -> None:
    luck = np.random.default_rng(3)
    left, right = luck.normal(size=100), luck.normal(size=100)
    one, five = of_means(left, right), of_means(left, right, comparisons=5)
    assert one is not None
    assert five is not None
    assert five.high - five.low > 1.2 * (one.high - one.low)


# Comparisons


def test_a_scenario_compared_with_itself_gives_exactly_zero(runs) -> None:
    found = compare(runs["baseline"], runs["baseline"])
    assert len(found.lines) > 30
    for line in found.lines:
        assert line.difference is None or (line.difference.mean == 0 and line.difference.same), line.id
        assert line.verdict.startswith(("no difference", "too few"))
    assert all(before == after for before, after in found.moved)
    assert found.changed == []


def test_a_comparison_says_what_the_outcomes_say(runs) -> None:
    left, right = runs["baseline"], runs["more_arms"]
    found = compare(left, right)
    change = right.outcomes["ground_gained_km2"] - left.outcomes["ground_gained_km2"]
    line = found.line("ground_gained_km2").difference
    assert line is not None
    assert line.mean == pytest.approx(change.mean())
    assert line.found
    assert line.mean < 0
    assert line.shrink > 2
    assert [change.path for change in found.changed] == ["arms.defender.aid_scale"]
    assert sum(found.moved.values()) == 300
    share = found.line("war_goes_on").difference
    assert share is not None
    assert share.left == pytest.approx((left.outcomes["ending"] == "war_goes_on").mean())


def test_several_are_compared_with_the_first_or_all_with_all(runs) -> None:
    three = [runs[name] for name in ("baseline", "more_arms", "aid_halted")]
    names = [(found.left.name, found.right.name) for found in compare_all(three)]
    assert names == [("baseline", "more_arms"), ("baseline", "aid_halted")]
    every = compare_all(three, all_pairs=True)
    assert len(every) == 3
    assert {found.comparisons for found in every} == {3}
    # That intervals are not those of one alone is said, in the terminal and on the page.
    wider = "Intervals of differences hold for 2 comparisons together; those of one alone are narrower."
    assert wider in " ".join(as_text(answer(compare_all(three))).split())
    assert "comparisons together" not in as_text(answer(compare_all(three[:2])))
    (said,) = comparison_page(compare_all(three)).blocks[0].paragraphs
    assert plain(said).endswith(wider)


def test_what_cannot_be_paired_is_refused(runs, load, ensemble) -> None:
    base = runs["baseline"]
    other_seed = Run.of(ensemble(load("baseline"), 20, 730, seed=2))
    with pytest.raises(CannotCompare, match="seed"):
        compare(base, other_seed)
    assert compare(base, other_seed, paired=False).lines
    with pytest.raises(CannotCompare, match="days"):
        compare(base, Run.of(ensemble(load("baseline"), 20, 365)))
    with pytest.raises(CannotCompare, match="begins on"):
        compare(base, Run.of(ensemble(load("history/korea"), 20, 730)))


def test_what_cannot_be_paired_is_refused_before_it_is_run(parley, tmp_path: Path) -> None:
    names = [f"{ROOT}/tests/wars/{name}.yaml" for name in ("border_war", "long_war")]
    for unpaired, said in ((), "begins on 1996-05-14"), (("--unpaired",), "covers 61 days"):
        done = parley("compare", *names, "--replications", 5, "--months", 2, *unpaired, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (3, "")
        assert said in done.stderr
        assert [*tmp_path.iterdir()] == []


# From disk, and by the command


def test_a_run_read_from_disk_is_the_one_that_was_written(folders: Path, load, ensemble) -> None:
    read, fresh = Run.read(folders / "baseline"), Run.of(ensemble(load("baseline"), 200, 730))
    assert read.outcomes.keys() == fresh.outcomes.keys()
    for name, values in fresh.outcomes.items():
        np.testing.assert_array_equal(read.outcomes[name], values, err_msg=name)
    for name, drawn in fresh.drawn.items():
        np.testing.assert_array_equal(read.drawn[name], drawn, err_msg=name)
    assert [row.id for row in read.summary] == [row.id for row in fresh.summary]


@pytest.mark.ensembles
def test_folders_and_scenarios_give_the_same(parley, folders: Path) -> None:
    by_folder = parley("compare", folders / "baseline", folders / "more_arms", "--csv")
    mixed = parley("compare", folders / "baseline", "more_arms", "--csv")
    assert by_folder.returncode == mixed.returncode == 0
    assert by_folder.stdout == mixed.stdout
    rows = {row["outcome"]: row for row in csv.DictReader(io.StringIO(by_folder.stdout))}
    assert rows["ground_gained_km2"]["verdict"] == "difference"
    assert float(rows["ground_gained_km2"]["high"]) < 0


@pytest.mark.ensembles
def test_what_the_command_prints(parley, folders: Path, tmp_path: Path) -> None:
    two = [folders / "baseline", folders / "more_arms"]
    done = parley("compare", *two)
    assert done.returncode == 0
    for words in ("Scale of aid to Ukraine: 1 becomes 2", "no difference found", "Endings changed in", "not a forecast"):
        assert words in done.stdout
    assert "| Net land taken by Russia (km2) |" in parley("compare", *two, "--markdown").stdout
    data: dict[str, Any] = json.loads(parley("compare", *two, "--json", "--out", tmp_path / "kept").stdout)["data"]
    assert len(data["outcomes"]) > 30
    assert {file.name for file in (tmp_path / "kept").iterdir()} == {
        "comparison.csv", "comparison.json", "comparison.md", "comparison.txt", "manifest.json", *EXPLAINED,
    }  # fmt: skip
    assert "is there already" in parley("compare", *two, "--out", tmp_path / "kept").stderr
    assert parley("compare", *two, "--out", tmp_path / "kept", "--force").returncode == 0
    assert "holds no run" in parley("compare", tmp_path / "kept", *two).stderr


@pytest.mark.ensembles
def test_a_difference_beyond_a_limit_is_an_exit_code(parley, folders: Path) -> None:
    two = [folders / "baseline", folders / "more_arms"]
    assert parley("compare", *two, "--fail-over", "ground_gained_km2 < -1_000_000").returncode == 0
    beyond = parley("compare", *two, "--fail-over", "ground_gained_km2 < -10")
    assert beyond.returncode == 5
    assert "over the limit: ground_gained_km2 of more_arms" in beyond.stderr
    unknown = parley("compare", *two, "--fail-over", "ground_gained_km > 1")
    assert unknown.returncode == 3
    assert "Did you mean 'ground_gained_km2'?" in unknown.stderr
    assert parley("compare", *two, "--fail-over", "much").returncode == 2
    assert parley("compare", *two, "--fail-over", "war_again > 1e999").returncode == 2


def test_a_limit_that_cannot_be_judged_is_not_passed(parley) -> None:
    limits = [part for name in ("deal_month > 1", "first_ceasefire_days < 9") for part in ("--fail-over", name)]
    done = parley("compare", "baseline", "no_talks", "--replications", 20, "--months", 2, *limits, "--full")
    assert done.returncode == 5
    assert "Over the whole time" in done.stdout
    said = done.stderr.splitlines()[2:]
    assert said[0].startswith("cannot be judged: deal_month > 1 ")
    assert said[1].startswith("cannot be judged: first_ceasefire_days < 9 ")
    assert len(said) == 2
    assert "0 of no_talks" in done.stderr


def spoilt(folders: Path, to: Path, change: Any) -> Path:
    shutil.copytree(folders / "more_arms", to)
    change(to)
    return to


def in_manifest(**values: Any) -> Any:
    return lambda folder: reseal(folder, **values)


def in_outcomes(before: str, after: str) -> Any:
    def change(folder: Path) -> None:
        file = folder / "outcomes.csv"
        file.write_text(file.read_text().replace(before, after, 1))

    return change


SPOILT = {
    "another version": (in_manifest(parley="0.0.9"), "made by version"),
    "a truncated table": (lambda folder: (folder / "outcomes.csv").write_text("replication,ending\n"), "was changed since"),
    "a tampered cell": (in_outcomes("war_goes_on", "war_again"), "was changed since"),
    "a missing table": (lambda folder: (folder / "summary.csv").unlink(), "cannot read"),
    "no manifest": (lambda folder: (folder / "manifest.json").unlink(), "no manifest.json"),
    "a broken manifest": (lambda folder: (folder / "manifest.json").write_text("{"), "is no whole JSON"),
}  # fmt: skip


@pytest.mark.parametrize("how", SPOILT)
def test_a_spoilt_folder_is_one_clear_error(parley, folders: Path, tmp_path: Path, how: str) -> None:
    change, words = SPOILT[how]
    done = parley("compare", folders / "baseline", spoilt(folders, tmp_path / "spoilt", change))
    assert done.returncode == 3
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_two_runs_of_one_name_go_by_their_folders(parley, folders: Path, tmp_path: Path) -> None:
    assert parley("run", "baseline", "--replications", 100, "--months", 24, "--out", tmp_path / "baseline").returncode == 0
    two = [str(folders / "baseline"), str(tmp_path / "baseline")]
    rows = list(csv.DictReader(io.StringIO(parley("compare", *two, "--csv").stdout)))
    assert {(row["left"], row["right"]) for row in rows} == {tuple(two)}


def test_a_folder_of_results_is_told_with_those_in_it(parley, folders: Path, tmp_path: Path) -> None:
    inside = sorted(one.name for one in folders.iterdir() if (one / "manifest.json").is_file())
    for command in ("compare", "report", "explain"):
        done = parley(command, folders, *([folders / inside[0]] if command == "compare" else []))
        assert done.returncode == 3
        assert f"; results in it: {folders / inside[0]}" in done.stderr
        assert len(done.stderr.splitlines()) == 1
    (tmp_path / "other").mkdir()
    assert "results in it" not in parley("report", tmp_path).stderr


def test_what_comes_next_is_about_all_that_was_run(parley, tmp_path: Path) -> None:
    both = ("--replications", 5, "--months", 1, "--out", tmp_path)
    done = parley("run", "baseline", "more_arms", *both)
    # A command is broken between its words where it is longer than a line.
    told = " ".join(done.stdout.replace("\\\n", " ").split())
    assert f"Next: parley compare {tmp_path}/baseline {tmp_path}/more_arms" in told
    assert f"parley report {tmp_path}/baseline {tmp_path}/more_arms" in told
    apart = parley("run", "baseline", "history/iwo_jima", "--force", *both).stdout
    assert "parley compare" not in apart
    assert all(f"{tmp_path}/{name}" in apart.split("Next: ")[1] for name in ("baseline", "iwo_jima"))


def test_one_name_is_not_enough(parley) -> None:
    assert parley("compare", "baseline").returncode == 2
    assert parley("compare", "baseline", "more_arms", "--csv", "--json").returncode == 2


def test_what_is_called_the_same_is_told_apart_by_its_file(parley, tmp_path: Path) -> None:
    for name, scale in {"mine_a": 1.5, "mine_b": 0.2}.items():
        text = f"title: Mine\nextends: baseline\narms: {{defender: {{aid_scale: {scale}}}}}\n"
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    size = ("--replications", 20, "--months", 1)
    done = parley("compare", "mine_a.yaml", "mine_b.yaml", *size, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.split())
    assert "Mine (mine_b) against Mine (mine_a): " in said
    assert "run 1" not in said
    beside = parley("run", "mine_a.yaml", "mine_b.yaml", *size, "--full", "--out", "both", cwd=tmp_path).stdout
    assert "Mine (mine_a)" in beside
    # Of one file in two places, the titles; of what is the same in all, the place.
    (tmp_path / "other").mkdir()
    longer = f"title: 'Mine: {'other ' * 3}'\nextends: baseline\n"
    (tmp_path / "other/mine_a.yaml").write_text(longer, encoding="utf-8")
    one, same, other = (Run.of(sim_run(tmp_path / name)) for name in ("mine_a.yaml", "mine_b.yaml", "other/mine_a.yaml"))
    assert [run.mark for run in called_apart([one, same])] == [" (mine_a)", " (mine_b)"]
    assert [run.mark for run in called_apart([one, other])] == [" (Mine)", " (Mine: other other other)"]
    assert [run.mark for run in called_apart([one, one])] == [", run 1", ", run 2"]


def sim_run(file: Path) -> Ensemble:
    return run_ensemble(load_scenario(file, WarScenario), Plan(2, 1, 5))
