"""Findings: the sentences that results with a known truth must give, and that none of them contradicts a table."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
import pytest

import sim
from sim.ensemble.run import Plan
from sim.results.comparison import Comparison, Line, compare
from sim.results.findings import TOLD_BY, Finding, Number
from sim.results.frames import Rows, Tabular
from sim.results.manifest import Called
from sim.results.pairs import of_means, of_shares
from sim.results.runs import Run
from sim.results.signs import Signs, Split
from sim.results.statistics import quantile_interval, wilson_interval
from sim.results.summary import Row, blank_row
from sim.results.unscripted import as_dicts
from sim.scenario import Scenario, ScenarioHead
from sim.studies.assumptions import Study, from_given_data
from sim.studies.breakeven import break_even
from sim.studies.condition import Condition
from sim.studies.design import Varied
from sim.studies.one_at_a_time import Assumption, Effect, MindChanging, Variant
from sim.studies.sensitivity import sensitivities
from sim.studies.sobol import Sobol, SobolIndex
from sim.studies.sweep import Sweep
from sim.words.comparison import answer, same_sign
from sim.words.findings import opening
from sim.words.findings.run import of_summary
from sim.words.findings.studies import of_sensitivity
from sim.words.labels import knob_label, outcome_label
from sim.words.layout import as_text
from sim.words.sensitivity import answer as sensitivity_answer
from tests.report.reading import is_rounded

ENDINGS = {
    "war_goes_on": "War goes on",
    "attacker_collapsed": "Russia's army has collapsed",
    "ceasefire_in_force": "Ceasefire in force",
    "war_again": "War again after a ceasefire",
}
PATH = re.compile(r"[a-z0-9]+[._][a-z0-9_.]*[a-z]|\w+:\w+")


def share(section: str, id: str, label: str, count: int, n: int) -> Row:
    low, high = wilson_interval(count, n)
    return Row(section, id, label, "share", n, n, share=count / n, low=low, high=high)


def endings(**counts: int) -> list[Row]:
    n = sum(counts.values())
    return [share("endings", name, ENDINGS[name], counts.get(name, 0), n) for name in ENDINGS]


def deals(months: Sequence[float], total: int) -> Row:
    known = np.sort(np.array(months, dtype=np.float64))
    row = Row("course", "deal_month", "Month of the first ceasefire", "months", len(known), total)
    if not len(known):
        return row
    low, high = (None if end != end else end for end in quantile_interval(known, 0.5))
    return replace(row, p50=float(np.median(known)), p50_low=low, p50_high=high, mean=float(known.mean()))


def reviews(n: int, **counts: int) -> list[Row]:
    total = sum(counts.values())
    rows = []
    for state, count in counts.items():
        of = state.replace("__", ":")
        low, high = wilson_interval(count / total * n, n)
        rows.append(Row("ledger", f"ledger:{of}", of, "share", total, total, share=count / total, low=low, high=high))
    return rows


# Runs of which all is known, by what is special about them, with the sentences that they must give.
RUNS: dict[str, tuple[list[Row], list[str]]] = {
    "as usual": (
        [*endings(war_goes_on=80, attacker_collapsed=40, ceasefire_in_force=180, war_again=100),
         deals(np.linspace(2, 26, 250), 400),
         *reviews(400, possible__none_open=500, defender__distrust=300, attacker__resolve=100)],
        ["A ceasefire is signed in 62 % of histories (95 %: 58 .. 67; median: month 14); in 40 % (34 .. 46) of these the "
         "war is back after 36 months.",
         "Most often, in 56 % of reviews at war (95 %: 51 .. 60), a deal is possible, but no talks have opened.",
         "After 36 months a ceasefire is in force in 45 % (95 %: 40 .. 50), there is war again after a ceasefire in 25 % "
         "(21 .. 29) and the war goes on in 20 % (16 .. 24).",
         "The single reason why none is possible is most often Ukraine's fear of renewed war, in 33 % of all reviews at war "
         "(95 %: 29 .. 38)."],
    ),
    "not all is kept": (
        [*endings(war_goes_on=300, ceasefire_in_force=60, war_again=40), deals(np.linspace(2, 26, 100), 400),
         share("kept", "broke_word_attacker", "Russia has not done all that was due", 45, 80),
         share("kept", "broke_word_defender", "Ukraine has not done all that was due", 0, 80),
         share("kept", "guards_left", "Guards have left a ceasefire", 18, 100)],
        ["A ceasefire is signed in 25 % of histories (95 %: 21 .. 29; median: month 14); in 40 % (31 .. 50) of these the "
         "war is back after 36 months.",
         "After 36 months the war goes on in 75 % (95 %: 71 .. 79), a ceasefire is in force in 15 % (12 .. 19) and there is "
         "war again after a ceasefire in 10 % (7 .. 13).",
         "Where something was due, Russia did not do it by its day in 56 % (95 %: 45 .. 67) and Ukraine in 0 % (0 .. 5).",
         "The guards left before its end in 18 % (95 %: 12 .. 27) of the histories with a ceasefire."],
    ),
    "nothing is signed": (
        [*endings(war_goes_on=400), deals([], 400), *reviews(400, attacker__resolve=900)],
        ["No ceasefire is signed in any of 400 histories (95 %: in at most 1.0 %).",
         "In all 900 reviews at war (95 %: in at least 99.0 %) no deal is possible because of Russia's resolve.",
         "In all of 400 histories the war goes on after 36 months (95 %: in at least 99.0 %)."],
    ),
    "all sign and keep to it": (
        [*endings(ceasefire_in_force=1000), deals([7.0] * 1000, 1000)],
        ["A ceasefire is signed in all of 1,000 histories (95 %: in at least 99.62 %; median: month 7); in none of these "
         "(in at most 0.38 %) the war is back after 36 months.",
         "In all of 1,000 histories a ceasefire is in force after 36 months (95 %: in at least 99.62 %)."],
    ),
    "all sign and break it": (
        [*endings(war_again=200), deals([3.0] * 200, 200)],
        ["A ceasefire is signed in all of 200 histories (95 %: in at least 98.1 %; median: month 3); in all of these (in at "
         "least 98.1 %) the war is back after 36 months.",
         "In all of 200 histories there is war again after a ceasefire after 36 months (95 %: in at least 98.1 %)."],
    ),
    "one history": (
        [*endings(war_goes_on=1), deals([], 1)],
        ["One history says nothing of frequencies; after 36 months the war goes on in it."],
    ),
    "a tie": (
        [*endings(war_goes_on=100, ceasefire_in_force=100), deals([10.0] * 100, 200),
         *reviews(200, several=50, defender__red_lines=25, attacker__red_lines=25)],
        ["A ceasefire is signed in 50 % of histories (95 %: 43 .. 57; median: month 10); in none of these (in at most "
         "3.7 %) the war is back after 36 months.",
         "Most often, in 50 % of reviews at war (95 %: 43 .. 57), no deal is possible, and no single reason is why.",
         "After 36 months the war goes on in 50 % (95 %: 43 .. 57) and a ceasefire is in force in 50 % (43 .. 57).",
         "The single reason why none is possible is most often Ukraine's red lines, in 25 % of all reviews at war (95 %: "
         "20 .. 31), not told apart from Russia's red lines.",
         "Not settled by 200 histories is which ending is the commonest: that the war goes on, or that a ceasefire is in "
         "force."],
    ),
    "hardly any": (
        [*endings(war_goes_on=1999, ceasefire_in_force=1), deals([30.0], 2000)],
        ["A ceasefire is signed in 0.05 % of histories (95 %: 0.01 .. 0.28; median: month 30); in none of these (in at "
         "most 80 %) the war is back after 36 months.",
         "After 36 months the war goes on in 99.95 % (95 %: 99.72 .. 99.99) and a ceasefire is in force in 0.05 % "
         "(0.01 .. 0.28)."],
    ),
}  # fmt: skip


class Looked:
    """Numbers in tables, found by where findings say that they stand."""

    def __init__(self, keys: Mapping[str, Sequence[str]], tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        self._rows = {
            name: {tuple(str(row[key]) for key in keys[name]): row for row in rows} for name, rows in tables.items()
        }

    def at(self, of: str) -> float:
        if " over " in of:
            above, below = of.split(" over ")
            if below.endswith(("|low", "|high")):
                below, _, end = below.rpartition("|")
                n = self._rows["summary.csv"][("deal_month",)]["n"]
                return wilson_interval(self.at(above) / self.at(below) * n, n)[end == "high"]
            return self.at(above) / self.at(below)
        table, *key, column = of.split("|")
        row = self._rows[table][tuple(key)]
        if column.startswith("n/total "):
            return wilson_interval(row["n"], row["total"])[column == "n/total high"]
        above, slash, below = column.partition("/")
        return float(row[above] / row[below] if slash else row[column])


KEYS = {
    "summary.csv": ["id"], "comparison.csv": ["left", "right", "outcome"], "sweep.csv": ["point", "id"],
    "sensitivity.csv": ["outcome", "parameter"], "one_at_a_time.csv": ["path", "value", "outcome"],
    "discovery.csv": ["box", "parameter"], "sobol.csv": ["outcome", "factor"],
    "unscripted.csv": ["outcome"],
}  # fmt: skip


def hold(findings: Sequence[Finding], looked: Looked) -> int:
    """Hold every number of findings against the tables; return how many there were."""
    count = 0
    for one in findings:
        assert not PATH.search(one.sentence.replace("..", "")), one.sentence
        assert one.sentence.endswith(".")
        assert "None" not in one.sentence
        assert "nan" not in one.sentence
        for piece in one.pieces:
            if isinstance(piece, Number):
                count += 1
                held = looked.at(piece.of)
                assert piece.number == pytest.approx(held, rel=1e-12)
                assert is_rounded(piece.text, held, piece.of), (piece.text, held)
        if one.where:
            assert one.value == pytest.approx(looked.at(one.where), rel=1e-12)
    return count


@pytest.mark.parametrize("what", RUNS)
def test_a_run_of_which_all_is_known_gives_its_sentences(load, what: str):
    rows, sentences = RUNS[what]
    found = of_summary(load("baseline"), rows, 1095)
    assert [one.sentence for one in found if one.kind != "scripted"] == sentences
    tables = {"summary.csv": [{**vars(row)} for row in rows]}
    assert hold(found, Looked(KEYS, tables)) or what == "one history"
    assert of_summary(load("baseline"), rows, 1095) == found


def test_a_run_says_by_when_half_of_its_reviews_were_held(load):
    """While fewer and fewer are at war, what is most often so hangs on the first months."""
    rows, _ = RUNS["as usual"]
    held = {day: 400 // (1 + place) for place, day in enumerate(range(14, 1095, 56))}
    told = [one.sentence for one in of_summary(load("baseline"), rows, 1095, held)]
    assert any(
        one.startswith("Most often, in 56 % of reviews at war (95 %: 51 .. 60; half by month 5), a deal is") for one in told
    )
    run = sim.run("baseline", replications=20, months=13)
    assert re.search(r"reviews at war \(95 %: .*; half by month [1-7]\)", " ".join(one.sentence for one in run.findings))


def test_other_sides_have_their_own_names(load):
    rows, sentences = RUNS["as usual"]
    scenario = load("baseline", 'sides.attacker.name="The North"', 'sides.defender.name="The South"')
    told = [one.sentence for one in of_summary(scenario, rows, 1095)]
    assert sentences[3].replace("Ukraine", "The South") in told
    assert not any("Ukraine" in sentence for sentence in told)


def test_what_is_scripted_is_said_only_within_the_horizon(load):
    rows, _ = RUNS["as usual"]
    told = [[one.sentence for one in of_summary(load(*what), rows, days) if one.kind == "scripted"] for what, days in (
        (("lower_draft_age",), 1095), (("lower_draft_age",), 30), (("baseline", "arms.halts=[]"), 1095),
    )]  # fmt: skip
    assert "2025-03-01" in told[0][0]
    assert told[1:] == [[], []]


def test_no_one_negotiates(load):
    scenario = load("history/iwo_jima")
    found = of_summary(scenario, endings(war_goes_on=3, attacker_collapsed=1), 36)
    assert found[0].sentence.startswith("After ")
    assert "No one negotiates in this scenario." in [one.sentence for one in found]


def at_random(luck: np.random.Generator) -> list[Row]:
    """Return a summary of some size, in which anything may be all, nothing, or the same as another."""
    n = int(luck.choice([2, 3, 40, 400, 20_000]))
    counts = luck.multinomial(n, luck.dirichlet([0.3] * len(ENDINGS)))
    of = dict(zip(ENDINGS, map(int, counts), strict=True))
    signed = of["ceasefire_in_force"] + of["war_again"]
    signed += int(luck.integers(0, n - signed + 1)) if luck.random() < 0.5 else 0
    states = ["possible:none_open", "possible:paused", "several", "attacker:resolve", "defender:distrust", "attacker:home"]
    told = luck.multinomial(10 * n, luck.dirichlet([0.4] * len(states)))
    shown = {state.replace(":", "__"): int(count) for state, count in zip(states, told, strict=True)}
    return [
        *endings(**of),
        deals(luck.gamma(2.0, 6.0, signed).tolist(), n),
        *(reviews(n, **shown) if luck.random() < 0.8 else []),
    ]


def random_runs_hold(load: Any, seeds: range) -> None:
    scenario, numbers = load("baseline"), 0
    for seed in seeds:
        rows = at_random(np.random.default_rng(seed))
        found = of_summary(scenario, rows, 1095)
        numbers += hold(found, Looked(KEYS, {"summary.csv": [{**vars(row)} for row in rows]}))
        assert len(opening(found)) <= 4
        assert sorted((one.weight for one in found), reverse=True) == [one.weight for one in found]
    assert numbers > 5 * len(seeds)


def test_no_finding_of_a_random_run_contradicts_its_table(load):
    random_runs_hold(load, range(40))


@pytest.mark.long
def test_no_finding_of_many_random_runs_contradicts_its_table(load):
    random_runs_hold(load, range(40, 1000))


def random_comparisons_hold(base: Run, seeds: range) -> None:
    for seed in seeds:
        luck = np.random.default_rng(seed)
        n = int(luck.choice([2, 30, 400]))
        known: dict[str, tuple[str, str, Any, Any]] = {}
        for name in ENDINGS:
            same = luck.random(n)
            shift = luck.choice([0.0, 0.002, 0.3]) * luck.standard_normal()
            known[name] = ("endings", "share", same < 0.3, same + 0.05 * luck.random(n) * bool(shift) < 0.3 + shift)
        for name in ("casualties_attacker", "talks_opened", "ground_gained_km2"):
            values = luck.normal(0, 10.0 ** luck.integers(-3, 6), n)
            other = values + luck.choice([0.0, 0.001, 0.5]) * np.abs(values).mean() + luck.choice([0.0, 0.1]) * values[::-1]
            values[luck.random(n) < luck.choice([0.0, 0.5, 1.0], p=[0.8, 0.1, 0.1])] = np.nan
            known[name] = ("course", "persons", values, other)
        comparison = compared(base, lines(**known))
        assert comparison.findings
        hold(comparison.findings, Looked(KEYS, {"comparison.csv": comparison.as_dicts()}))
        assert len(opening(comparison.findings)) <= 4


def test_no_finding_of_a_random_comparison_contradicts_its_table(base):
    random_comparisons_hold(base, range(40))


@pytest.mark.long
def test_no_finding_of_many_random_comparisons_contradicts_its_table(base):
    random_comparisons_hold(base, range(40, 1000))


# Comparisons


@pytest.fixture(scope="module")
def base() -> Run:
    return sim.run("baseline", replications=100, months=13)


def lines(**columns: tuple[str, str, Any, Any]) -> list[Line]:
    """Return lines of outcomes, each given as section, unit and the values of both scenarios."""
    found = []
    for name, (section, unit, left, right) in columns.items():
        how = of_shares if unit == "share" else of_means
        values = [np.asarray(values, dtype=np.float64) for values in (left, right)]
        label = {"casualties_attacker": "Casualties, Russia", **ENDINGS}.get(name, name.replace("_", " "))
        found.append(Line(section, name, label, unit, how(*values), np.nan))
    return found


@cache
def more_arms() -> Scenario[ScenarioHead]:
    return sim.load("more_arms")


def compared(base: Run, known: list[Line]) -> Comparison:
    other = replace(base, name="more_arms", scenario=more_arms())
    return Comparison(base, other, True, 1, [], known, {})


LUCK = np.random.default_rng(1).normal(size=400)
FEW, MANY = np.arange(400) < 100, np.arange(400) < 200
SOON = np.arange(400) % 2 == 0
CASES: dict[str, tuple[list[Line], list[str]]] = {
    "one difference, one not found": (
        lines(ceasefire_in_force=("endings", "share", FEW, MANY),
              casualties_attacker=("course", "persons", LUCK, LUCK[::-1]),
              talks_opened=("course", "times", LUCK, LUCK + 0.3 + 0.1 * LUCK[::-1])),
        ["More arms against Baseline: the largest difference is in 'ceasefire in force': +25 points (95 %: +21 .. +29), "
         "+0.53 standard deviations between histories.",
         "Of all others the largest difference is in 'talks opened': +0.292 times (95 %: +0.283 .. +0.301).",
         "No difference was found in 'casualties, Russia' (95 %: -0.12 .. +0.12 persons)."],
    ),
    "what was changed is changed most": (
        lines(aid_delivered_beur_defender=("course", "bn EUR", LUCK, LUCK + 3.0 + 0.1 * LUCK[::-1]),
              ceasefire_in_force=("endings", "share", FEW, MANY)),
        ["More arms against Baseline: the largest difference of the main outcomes is in 'ceasefire in force': +25 points "
         "(95 %: +21 .. +29), +0.53 standard deviations between histories.",
         "Of all others the largest difference is in 'aid delivered beur defender': +2.992 bn EUR (95 %: +2.983 .. "
         "+3.001)."],
    ),
    "the ending that changes most": (
        lines(casualties_attacker=("course", "persons", LUCK, LUCK + 3.0 + 0.1 * LUCK[::-1]),
              casualties_defender=("course", "persons", LUCK, LUCK + 2.0 + 0.1 * LUCK[::-1]),
              attacker_collapsed=("endings", "share", np.arange(400) < 8, np.arange(400) < 40),
              war_goes_on=("endings", "share", np.arange(400) < 240, np.arange(400) < 200)),
        ["More arms against Baseline: the largest difference is in 'casualties, Russia': +2.992 persons "
         "(95 %: +2.983 .. +3.001), +3.26 standard deviations between histories.",
         "Of the endings the share in which the war goes on changes most: -10 points (95 %: -13 .. -7).",
         "The second largest difference is in 'casualties defender': +1.992 persons (95 %: +1.983 .. +2.001)."],
    ),
    "all the same": (
        lines(war_goes_on=("endings", "share", FEW, FEW)),
        ["More arms against Baseline: no outcome differs in any history."],
    ),
    "nothing found": (
        lines(war_goes_on=("endings", "share", SOON, ~SOON)),
        ["More arms against Baseline: no difference was found in 'war goes on'.",
         "No difference was found in 'war goes on' (95 %: -10 .. +10 points)."],
    ),
    "found, but negligible": (
        lines(casualties_attacker=("course", "persons", LUCK * 1e5, LUCK * 1e5 + 300.0)),
        ["More arms against Baseline: no difference was found that is not negligible; found, but negligible, are "
         "'casualties, Russia'."],
    ),
    "too few histories": (
        lines(casualties_attacker=("course", "persons", [1.0, np.nan], [np.nan, 2.0])),
        ["More arms against Baseline: too few histories to compare anything."],
    ),
    "a sign that surprises": (
        lines(ceasefire_in_force=("endings", "share", FEW, MANY),
              casualties_attacker=("course", "persons", LUCK, LUCK + 0.3 + 0.1 * LUCK[::-1])),
        ["More arms against Baseline: the largest difference is in 'ceasefire in force': +25 points (95 %: +21 .. +29), "
         "+0.53 standard deviations between histories.",
         "A surprise: 'ceasefire in force' changes by +25 points (95 %: +21 .. +29) and 'casualties, Russia' by +0.292 "
         "persons (95 %: +0.283 .. +0.301), although more of the one usually means less of the other.",
         "The second largest difference is in 'casualties, Russia': +0.292 persons (95 %: +0.283 .. +0.301)."],
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", CASES)
def test_a_comparison_of_which_all_is_known_gives_its_sentences(base, what: str):
    known, sentences = CASES[what]
    comparison = compared(base, known)
    assert [one.sentence for one in comparison.findings] == sentences
    hold(comparison.findings, Looked(KEYS, {"comparison.csv": comparison.as_dicts()}))


def test_an_ending_whose_sign_the_assumptions_decide_is_told_first_and_never_denied(base):
    known = lines(
        casualties_attacker=("course", "persons", LUCK, LUCK + 0.3 + 0.1 * LUCK[::-1]),
        talks_opened=("course", "times", LUCK, LUCK + 0.2 + 0.1 * LUCK[::-1]),
        war_goes_on=("endings", "share", FEW, np.arange(400) < 128),
        war_again=("endings", "share", SOON, SOON),
    )
    signs = Signs(100, 90, 0.7, 0.6, 0.8)
    split = Split("arms.backers.europe.aid_per_month_beur", 1.5, -0.16, 0.14)
    known = [line._replace(signs=signs, on=(split,)) if line.id == "war_goes_on" else line for line in known]
    comparison = compared(base, known)
    told = [one.sentence for one in comparison.findings]
    assert not any("No difference was found in the share of any ending" in one for one in told)
    assert told[1].startswith(
        "Undetermined is 'war goes on': +7 points (95 %: +4 .. +10), with this sign in 70 % (95 %: 60 .. 80)"
    )
    screen = " ".join(as_text(answer([comparison]), 80).split()[:150])
    assert "Undetermined is 'war goes on'" in screen
    assert "+14.0 points beyond)." in screen
    alone = compared(base, [line for line in known if line.section == "endings"])
    assert not any("no difference was found in" in one.sentence for one in alone.findings)


@pytest.mark.parametrize(("low", "high", "shown"), [(0.6, 0.8, "70 %"), (0.1, 0.85, "")])
def test_a_share_that_may_be_nearly_any_is_not_told(base, low, high, shown):
    (line,) = lines(war_goes_on=("endings", "share", FEW, np.arange(400) < 128))
    assert same_sign(line._replace(signs=Signs(100, 90, 0.7, low, high))) == shown


def test_a_usual_sign_is_no_surprise(base):
    known = lines(
        ceasefire_in_force=("endings", "share", FEW, MANY),
        casualties_attacker=("course", "persons", LUCK, LUCK - 0.3 + 0.1 * LUCK[::-1]),
    )
    assert "surprise" not in {one.kind for one in compared(base, known).findings}


# What real runs give


def test_no_finding_contradicts_the_tables(base):
    other = sim.run("baseline", replications=100, months=13, settings=["arms.defender.aid_scale=0.2"])
    for run in (base, other):
        assert (
            hold(run.findings, Looked(KEYS, {"summary.csv": run.as_dicts(), "unscripted.csv": as_dicts(run.unscripted)}))
            > 10
        )
    comparison = sim.compare(base, other)
    assert hold(comparison.findings, Looked(KEYS, {"comparison.csv": comparison.as_dicts()})) > 5
    assert "Baseline with scale of aid to Ukraine 0.2 against Baseline: " in comparison.findings[0].sentence
    unpaired = compare(base, other, paired=False)
    hold(unpaired.findings, Looked(KEYS, {"comparison.csv": unpaired.as_dicts()}))
    study = from_given_data(base)
    hold(study.findings, Looked(KEYS, {"sensitivity.csv": study.as_dicts()}))


def test_a_folder_says_what_the_run_said(tmp_path):
    sim.run("baseline", replications=60, months=13, out=tmp_path / "a")
    here = sim.run("baseline", replications=60, months=13)
    assert sim.read(tmp_path / "a").findings == here.findings
    told = [line[3:] for line in (tmp_path / "a/summary.md").read_text().splitlines() if line.startswith("1. ")]
    assert [one.replace("\\", "") for one in told] == [one.sentence for one in here.findings]


def test_a_sweep_says_where_an_outcome_is_least_and_most(base):
    vary = {"manpower.attacker.return_share": [0.05, 0.9]}
    outcome = "force_change_12_months_attacker"
    found = sim.sweep("baseline", vary, replications=40, months=13, outcomes=[outcome])
    told = found.findings[0].sentence
    assert re.match(
        r"'.*Russia's force.*' is least at Russia's return of wounded 0.05, .* most at Russia's return of wounded 0.9, ",
        told,
    )
    assert hold(found.findings, Looked(KEYS, {"sweep.csv": found.as_dicts()})) > 3


@pytest.mark.parametrize(
    ("shares", "sentence"),
    [
        ([0.1, 0.3, 0.6], "{} is least at {} 0, 10.0 % (95 %: 9.0 .. 11.0), and most at {} 2, 60.0 % (95 %: 59.0 .. 61.0)."),
        (
            [0.1, 0.595, 0.6],
            "{} is least at {} 0, 10.0 % (95 %: 9.0 .. 11.0), and most at {} 2, 60.0 % (95 %: 59.0 .. 61.0), "
            "or, as far as intervals tell, at 1 other point.",
        ),
        (
            [0.1, 0.6, 0.11, 0.59, 0.595],
            "{} is least at {} 0, 10.0 % (95 %: 9.0 .. 11.0), or, as far as intervals tell, at 1 other point, "
            "and most at {} 1, 60.0 % (95 %: 59.0 .. 61.0), or, as far as intervals tell, at 2 other points.",
        ),
    ],
)
def test_a_sweep_says_where_luck_may_decide_which_point_is_the_highest(shares: list[float], sentence: str):
    scenario, path = sim.load("baseline"), "arms.defender.aid_scale"
    points = [(str(place),) for place in range(len(shares))]
    rows = [
        [replace(blank_row(scenario, "ceasefire_in_force"), n=round(1000 * share), total=1000, share=share,
                 low=share - 0.01, high=share + 0.01)]
        for share in shares
    ]  # fmt: skip
    knobs = [Varied(path, tuple(value for (value,) in points), None, None)]
    found = Sweep(scenario, Plan(1000, 1, 365), knobs, "grid", points, rows, ("ceasefire_in_force",))
    label, knob = f"'{outcome_label('ceasefire_in_force', scenario)}'", knob_label(path, scenario)
    assert found.findings[0].sentence == sentence.format(label, knob, knob)
    hold(found.findings, Looked(KEYS, {"sweep.csv": found.as_dicts()}))


# Break-evens and what decides


def found_at(condition: str, level: float) -> list[Finding]:
    """Search where a knob of 0 to 2 lifts the share of ceasefires, which is 0.1 + 0.3 of it, over a level."""
    scenario = sim.load("baseline")

    def run_at(value: float | None) -> Run:
        count = round(1000 * (0.1 + 0.3 * (value or 0.0)))
        ends = np.where(np.arange(1000) < count, "ceasefire_in_force", "war_goes_on")
        return Run("x", scenario, 1, 1000, 1095, "0", {"ending": ends}, {}, [])

    found = break_even(run_at, 0.0, 2.0, Condition.parse(f"share(ceasefire_in_force) {condition} {level}"))
    return replace(found, path="arms.defender.aid_scale", scenario=scenario).findings


def test_a_break_even_in_range_and_out_of_it():
    (one,) = found_at(">=", 0.4)
    assert one.kind == "break-even"
    assert one.value == pytest.approx(1.0, abs=0.005)
    assert re.fullmatch(
        r"The share of 'ceasefire in force' is at least 40 % when scale of aid to Ukraine is (1\.00|0\.99) \(95 %: "
        r"0\.90 \.\. 1\.10\) and from there on up\.", one.sentence
    )  # fmt: skip
    (none,) = found_at(">=", 0.9)
    assert none.sentence == (
        "At no value of scale of aid to Ukraine between 0 and 2 that was tried is it found that the share of 'ceasefire in "
        "force' is at least 90 %."
    )
    (all_,) = found_at(">=", 0.05)
    assert all_.sentence.startswith(
        "The share of 'ceasefire in force' is at least 5 % whatever scale of aid to Ukraine is between"
    )


def test_what_decides_is_told_with_its_sign_and_what_does_not_is_not(load):
    luck = np.random.default_rng(3)
    drawn = {f"manpower.{side}.return_share": luck.random(500) for side in ("attacker", "defender")}
    found = sensitivities(drawn, {
        "casualties_attacker": drawn["manpower.attacker.return_share"] * -5 + luck.random(500),
        "ground_gained_km2": luck.random(500),
    })  # fmt: skip
    one, other = (of_sensitivity(replace(each, scenario=load("baseline"))) for each in found)
    assert one[0].sentence.startswith(
        "Of the variance of 'casualties, Russia', the largest share found is that of Russia's return of wounded "
        "(the more of it, the less), "
    )
    assert other[0].sentence == "No uncertain parameter alone was found to decide 'net land taken by Russia'."
    hold(one, Looked(KEYS, {"sensitivity.csv": found[0].as_dicts()}))


def test_the_opening_fits_four_lines_of_a_terminal(load):
    for rows, _ in RUNS.values():
        shown = opening(of_summary(load("baseline"), rows, 1095))
        assert 1 <= len(shown) <= 4
        assert max(map(len, shown)) <= 79
        assert not any(line.startswith(("%", "..", "points")) for line in shown)


def run_with(drawn: Mapping[str, Any], ends: Any, n: int) -> Run:
    scenario = sim.load("baseline")
    return Run("x", scenario, 1, n, 1095, "0", {"ending": ends}, {name: np.asarray(one) for name, one in drawn.items()}, [])


def test_where_an_outcome_is_common_is_told_by_its_limits():
    luck = np.random.default_rng(5)
    high, other = luck.random(2000), luck.random(2000)
    drawn = {"manpower.attacker.return_share": high, "manpower.defender.return_share": other}
    ends = np.where((high > 0.7) & (luck.random(2000) < 0.9), "ceasefire_in_force", "war_goes_on")
    found = sim.discover(run_with(drawn, ends, 2000), "ceasefire_in_force")
    (one,) = found.findings
    assert re.match(
        r"Where Russia's return of wounded is at least 0\.7\d*, 'ceasefire in force' holds in 8\d % of histories",
        one.sentence,
    )
    assert hold([one], Looked(KEYS, {"discovery.csv": found.as_dicts()})) == 5
    rare = sim.discover(run_with(drawn, ends, 2000), "ceasefire_in_force", rare=True).findings[0].sentence
    assert "is at most 0." in rare
    assert "does not hold in" in rare
    by_luck = np.where(luck.random(2000) < 0.5, "ceasefire_in_force", "war_goes_on")
    (none,) = sim.discover(run_with(drawn, by_luck, 2000), "ceasefire_in_force").findings
    assert none.sentence == (
        "No limits to uncertain parameters were found within which 'ceasefire in force' holds more often."
    )  # fmt: skip


def test_what_would_change_the_picture_is_told_with_its_value(load):
    effects = {
        "manpower.attacker.return_share": [0.3, 0.0], "ceasefire.institutions": [0.0, 0.0],
        "attrition.defender.fire_share": [-0.1, 0.2],
    }  # fmt: skip
    many = []
    for path, moved in effects.items():
        changed = [
            Effect(Variant(path, f"{0.25 * at + 0.2:g}", "low", 0.25 * at + 0.2),
                   {"casualties_attacker": of_means(LUCK, LUCK + shift + 0.1 * LUCK[::-1])})
            for at, shift in enumerate(moved)
        ]  # fmt: skip
        many.append(Assumption(path, "", "", changed, float(np.abs(moved).max())))
    table = MindChanging({"casualties_attacker": LUCK}, sorted(many, key=lambda one: -one.moves), {}, {}, load("baseline"))
    told = table.findings
    assert told[0].sentence.startswith(
        "What would change the picture most is Russia's return of wounded: at 0.2, 'casualties, Russia' changes by +0.292 "
    )
    assert told[1].sentence.startswith(
        "Next is Ukraine's losses due to fire: at 0.45, 'casualties, Russia' changes by +0.192 "
    )
    assert told[2].sentence == "For 1 of 3 assumptions no effect was found."
    hold(told, Looked(KEYS, {"one_at_a_time.csv": table.as_dicts()}))
    # The sentence has the numbers of the table.
    called = {"casualties_attacker": Called(label="Casualties, Russia", unit="persons")}
    study = Study("one_at_a_time", load("baseline"), Plan(400, 1, 1095), 1200, called, {}, {}, [table])
    shown = " ".join(as_text(sensitivity_answer(study, 5)).split())
    for one in told[:2]:
        value, mean = re.search(r": at (\S+), .* changes by (\S+) ", one.sentence).groups()
        assert f" {value} {mean} ±" in shown
    still = replace(table, assumptions=[one for one in table.assumptions if one.moves == 0])
    assert [one.kind for one in still.findings] == ["not found"]


def test_luck_may_decide_most(load):
    indices = [SobolIndex("luck", 0.5, 0.05, 0.61, 0.04), SobolIndex("front.mud_season_factor", 0.1, 0.05, 0.22, 0.1)]
    found = Sobol(
        "ground_gained_km2", 640, [*indices, SobolIndex("arms.defender.aid_scale", 0, 0, 0.01, 0.2)], load("baseline")
    )
    (one,) = found.findings
    assert one.sentence == (
        "'net land taken by Russia' is decided most by luck (total index 0.61 ±0.04), then by factor on pace in "
        "the mud season (total index 0.22 ±0.10)."
    )
    hold([one], Looked(KEYS, {"sobol.csv": found.as_dicts()}))
    assert replace(found, indices=found.indices[2:]).findings[0].kind == "not found"


@pytest.mark.parametrize(("kind", "teller"), TOLD_BY.items())
def test_each_kind_of_result_is_told_by_a_function_of_it(kind: str, teller: str) -> None:
    module, name = teller.split(".")
    told = inspect.signature(getattr(import_module(f"sim.words.findings.{module}"), name))
    (of,) = told.parameters.values()
    assert (of.annotation.partition("[")[0], told.return_annotation) == (kind, "list[Finding]")


def test_there_are_no_two_kinds_of_result_of_one_name_and_nothing_is_told_of_plain_tables() -> None:
    kinds = [kind.__name__ for kind in Tabular.__subclasses__() if kind.__module__.startswith("sim.")]
    assert sorted(kinds) == sorted([*TOLD_BY, "Rows", "Runs"])
    with pytest.raises(TypeError, match="there are no findings of a Rows"):
        _ = Rows("knobs", []).findings
