"""Choices against what is not known: toys whose answer is known, aims and levers as they are read, a small study."""

from __future__ import annotations

import csv
import json
import re
import shutil
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

import sim
from sim.ensemble.run import Plan
from sim.errors import ParleyError
from sim.results.identity import identity_of
from sim.results.manifest import StoreError
from sim.results.read import Folder, read_folder
from sim.results.statistics import wilson_interval
from sim.scenario import ScenarioError
from sim.studies import regret
from sim.studies.aims import Aim, parse_aims
from sim.studies.bands import histories
from sim.studies.certain import judge_by_luck
from sim.studies.choose import ChoiceError, chosen_scenarios, parse_levers
from sim.studies.condition import ConditionError
from sim.studies.design import DesignError
from sim.studies.kept_choices import read_choices
from sim.studies.regret import Target, apart, judge, undominated, weakness
from sim.words.choose import files, title_of

DRAWS, LUCKS, SHAPE = 200, 8, (3, 4, 3)
SCALE, GUARDS = "arms.defender.aid_scale", "ceasefire.regimes.european_zone.guards"


# Toys


def truth(rng: np.random.Generator, draws: int) -> Any:
    """Return what comes of 36 choices of three levers in each draw, whose best values hang on what is not known."""
    levers = np.array([*product(*(np.linspace(-1, 1, size) for size in SHAPE))])
    unknown = rng.normal(size=(3, draws))
    effects = levers @ (0.5 * unknown + np.array([[0.2], [0.1], [0.0]])) - 0.3 * levers**2 @ np.abs(unknown)
    return 0.6 * rng.normal(size=draws) + effects


def lived(rng: np.random.Generator, means: Any, lucks: int = LUCKS) -> Any:
    """Return shares of yes and no: luck that all choices share, and luck of their own."""
    common, own = rng.normal(size=(1, means.shape[1], lucks)), rng.normal(size=(*means.shape, lucks))
    return np.where(means[..., None] + 0.85 * common + 0.527 * own > 0, 1.0, 0.0)


def test_regret_is_not_that_of_the_luckiest(monkeypatch) -> None:
    monkeypatch.setattr(regret, "RESAMPLES", 2)
    rng, found, plain, known = np.random.default_rng(1), [], [], []
    for _ in range(5):
        means = truth(rng, DRAWS)
        shares, values = norm.cdf(means), lived(rng, means)
        known.append((shares.max(axis=0) - shares).mean())
        plain.append((values.mean(axis=2).max(axis=0) - values.mean(axis=2)).mean())
        verdict, _ = judge([Target(values, True)], SHAPE)
        found.append(verdict.regrets.value.mean())
    assert np.mean(found) == pytest.approx(np.mean(known), rel=0.06)
    assert np.mean(plain) > 1.25 * np.mean(known)


def test_without_a_difference_there_is_no_regret() -> None:
    values = lived(np.random.default_rng(2), np.tile(np.random.default_rng(3).normal(size=DRAWS), (36, 1)))
    verdict, _ = judge([Target(values, True)], SHAPE)
    plain = (values.mean(axis=2).max(axis=0) - values.mean(axis=2)).mean()
    assert plain > 0.15
    assert verdict.regrets.value.mean() < 0.2 * plain


def test_a_regret_of_nothing_has_an_interval() -> None:
    values = np.stack([np.zeros((DRAWS, LUCKS)), np.ones((DRAWS, LUCKS))])
    found, _ = judge([Target(values, True)], (2,))
    assert [bands.at(0, 1) for bands in (found.regrets, found.great)] == [(0.0, 0.0, 1.0 / (DRAWS * LUCKS))] * 2
    # What resamples find before what is too large is taken from it.
    alike, _ = judge([Target(lived(np.random.default_rng(3), np.zeros((2, DRAWS))), True)], (2,))
    assert (alike.regrets.high > 0.005).all()


def test_intervals_cover_shares_in_which_an_aim_is_met_and_means(monkeypatch) -> None:
    monkeypatch.setattr(regret, "RESAMPLES", 100)
    rng, met, means = np.random.default_rng(4), [], []
    level, many = 0.55, norm.cdf(truth(np.random.default_rng(5), 40_000))
    share, mean = (many >= level).mean(axis=1), many.mean(axis=1)
    for _ in range(8):
        verdict, _ = judge([Target(lived(rng, truth(rng, DRAWS)), True, level)], SHAPE)
        met.append((verdict.all_met.low <= share) & (share <= verdict.all_met.high))
        means.append((verdict.means.low[0] <= mean) & (mean <= verdict.means.high[0]))
        assert verdict.all_met.value.mean() == pytest.approx(share.mean(), abs=0.08)
    # The choices of a trial share its draws, so that these are few trials.
    assert np.mean(met) > 0.88
    assert np.mean(means) > 0.85


def planted(seed: int = 6) -> tuple[Any, dict[str, Any]]:
    """Return a bold and a careful choice, each with a lever that does nothing: the bold one fails where `k3` is high."""
    rng = np.random.default_rng(seed)
    assumptions = {f"k{place}": rng.normal(size=DRAWS) for place in range(30)}
    bold = np.where(assumptions["k3"] > 0.3, -1.0, 3.0)
    careful = np.full(DRAWS, 1.0) + 0.1 * assumptions["k8"]
    means = np.stack([bold, bold, careful, careful])
    return means[..., None] + 0.8 * rng.normal(size=(4, DRAWS, LUCKS)) + rng.normal(size=(1, DRAWS, LUCKS)), assumptions


def test_the_robust_choice_is_found_that_is_not_the_best_on_average() -> None:
    values, assumptions = planted()
    verdict, by_draw = judge([Target(values, True, 0.0)], (2, 2))
    assert verdict.robust in (2, 3)
    assert verdict.best[0] in (0, 1)
    assert verdict.as_good == (5 - verdict.robust,)
    assert verdict.all_met.value[verdict.robust] > 0.95
    assert verdict.all_met.value[0] == pytest.approx(norm.cdf(0.3), abs=0.08)
    for bold in (0, 1):
        box = weakness(by_draw.succeeded[bold].astype(float), assumptions)
        assert box is not None
        assert box.limits[0].path == "k3"
        assert box.limits[0].is_above
        assert box.value_inside < 0.35 < 0.65 < box.value_outside
    assert weakness(by_draw.succeeded[2].astype(float), {name: assumptions[name] for name in ("k0", "k1")}) is None
    # Regret without levels: where the bold ones fail they lose 2, else the careful ones do.
    plain, by_draw = judge([Target(values, True)], (2, 2))
    lost = np.array([2.0 * norm.sf(0.3), 2.0 * norm.cdf(0.3)])
    assert plain.regrets.value[0, [0, 2]] == pytest.approx(lost, abs=0.2)
    box = weakness(by_draw.regrets[0, 0], assumptions, is_good=False)
    assert box is not None
    assert (box.limits[0].path, box.limits[0].is_above) == ("k3", True)


def histories_of(chances: list[Any], seed: int, lucks: int = LUCKS) -> Any:
    """Return yes and no of choices with these chances in each draw, (choices, draws, lucks), on the same luck."""
    return (np.random.default_rng(seed).random((1, DRAWS, lucks)) < np.stack(chances)[..., None]).astype(float)


def test_a_choice_that_always_does_is_told_from_one_that_mostly_does_well(monkeypatch) -> None:
    """Luck is taken out of each choice by itself: one that is the same in all draws has nothing but luck."""
    monkeypatch.setattr(regret, "RESAMPLES", 40)
    robust, met = [], []
    for seed in range(8):
        risky = np.where(np.random.default_rng(100 + seed).random(DRAWS) < 0.2, 0.3, 0.95)
        chances = [risky, np.full(DRAWS, 0.8), np.full(DRAWS, 0.55)]
        verdict, _ = judge([Target(histories_of(chances, seed, 8), True, 0.7)], (3,))
        robust.append(verdict.robust)
        met.append(verdict.all_met.value)
    assert np.mean(met, axis=0) == pytest.approx([0.8, 1.0, 0.0], abs=0.04)
    assert robust.count(1) == 8


@pytest.mark.parametrize(("level", "is_high"), [(0.0, False), (0.02, False), (0.1, False), (1.0, True), (0.98, True)])
def test_what_never_or_always_comes_is_told_so(monkeypatch, level: float, is_high: bool) -> None:
    monkeypatch.setattr(regret, "RESAMPLES", 10)
    met = []
    for seed in range(6):
        often = np.where(np.random.default_rng(200 + seed).random(DRAWS) < 0.6, 0.0, 0.4)
        other = np.full(DRAWS, 0.2)
        chances = [1.0 - often, 1.0 - other] if is_high else [often, other]
        met.append(judge([Target(histories_of(chances, seed, 8), is_high, level)], (2,))[0].all_met.value)
    assert np.mean(met, axis=0) == pytest.approx([0.6, 0.0], abs=0.09)


def test_an_aim_turned_round_is_the_same() -> None:
    values, _ = planted()
    one, _ = judge([Target(values, True, 0.5)], (2, 2))
    other, _ = judge([Target(-values, False, -0.5)], (2, 2))
    assert one.all_met.value.tolist() == other.all_met.value.tolist()
    assert one.regrets.value == pytest.approx(other.regrets.value)
    assert one.means.value == pytest.approx(-other.means.value)


def test_several_aims_are_met_together_and_none_that_is_beaten_in_all_is_undominated() -> None:
    values, _ = planted()
    steady = np.broadcast_to(np.array([0.0, 1.0, 0.0, 1.0])[:, None, None], values.shape).copy()
    verdict, _ = judge([Target(values, True, 0.0), Target(steady, True, 0.5)], (2, 2))
    assert verdict.all_met.value[[0, 2]].tolist() == [0.0, 0.0]
    assert verdict.all_met.value[1] == verdict.met.value[0, 1]
    assert verdict.robust == 3
    assert not verdict.pareto[2]
    assert verdict.pareto_met.tolist() == undominated(verdict.met.value).tolist()


def test_an_outcome_of_some_histories_is_met_as_often_as_it_is_in_these() -> None:
    rng = np.random.default_rng(7)
    chances = np.clip(rng.beta(2, 2, size=DRAWS), 0.02, 0.98)
    values = (rng.random((4, DRAWS, 24)) < chances[:, None]).astype(float)
    values[rng.random(values.shape) < 0.5] = np.nan
    # What never comes is not met.
    values[3, :, :] = np.nan
    verdict, _ = judge([Target(values, True, 0.5, is_of_some=True)], (2, 2))
    assert verdict.draws == DRAWS
    assert verdict.all_met.value[:3] == pytest.approx([np.mean(chances >= 0.5)] * 3, abs=0.06)
    assert verdict.all_met.value[3] == 0.0
    assert verdict.means.value[0, :3] == pytest.approx([chances.mean()] * 3, abs=0.03)
    assert np.isnan([verdict.means.value[0, 3], verdict.regrets.value[0, 0]]).all()


def test_levels_may_differ_between_histories() -> None:
    values, _ = planted()
    level = values[2] * 1.0
    verdict, _ = judge([Target(values - 0.5, True, level)], (2, 2))
    assert verdict.all_met.value[2] < 0.02
    assert verdict.all_met.value[0] == pytest.approx(norm.cdf(0.3), abs=0.08)


def test_the_parts_of_means_add_up_to_them() -> None:
    values = np.random.default_rng(8).normal(size=(36, 5, 4))
    parts = apart(values, SHAPE)
    assert len(parts.means) == 8
    assert sum(parts.means).reshape(36, 5) == pytest.approx(values.mean(axis=2))  # type: ignore[union-attr]


def test_what_no_draw_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="0 of 9 draws"):
        judge([Target(np.full((4, 9, 4), np.nan), True)], (2, 2))


@pytest.mark.parametrize(("is_high", "level"), [(True, 0.5), (False, 0.5)])
def test_by_luck_alone_an_aim_is_met_or_not_or_not_told(is_high: bool, level: float) -> None:
    rng = np.random.default_rng(11)
    values = (rng.random((3, 50, 8)) < np.array([0.7, 0.5, 0.3])[:, None, None]).astype(float)
    found = judge_by_luck([Target(values, is_high, level)])
    told = [1.0, np.nan, 0.0] if is_high else [0.0, np.nan, 1.0]
    np.testing.assert_array_equal(found.all_met.value, told)
    best = 0 if is_high else 2
    assert (found.robust, found.as_good, found.best, found.draws) == (best, (), (best,), 1)
    assert found.regrets.value[0, 2 - best] == pytest.approx(0.4, abs=0.1)
    # The variances of two shares of 400, one beside the other.
    wide = 2 * 1.96 * np.sqrt((0.25 + 0.21) / 400)
    assert found.regrets.high[0, 1] - found.regrets.low[0, 1] == pytest.approx(wide, rel=0.15)
    assert found.means.low[0, 0] == wilson_interval(values[0].sum(), 400)[0]
    # What differs in the same histories is told with less than luck makes either vary.
    level_of = judge_by_luck([Target(values, True, values[1])])
    assert level_of.all_met.value.tolist() == [1.0, 1.0, 0.0]


def test_by_luck_alone_intervals_of_regret_cover() -> None:
    rng, held = np.random.default_rng(12), []
    for _ in range(60):
        own = rng.random((3, 25, 8)) < np.array([0.6, 0.5, 0.3])[:, None, None]
        found = judge_by_luck([Target(own.astype(float), True)])
        held.append((found.regrets.low[0] <= [0.0, 0.1, 0.3]) & (found.regrets.high[0] >= [0.0, 0.1, 0.3]))
    assert np.mean(held, axis=0) == pytest.approx([1.0, 0.95, 0.95], abs=0.07)


# Aims and levers


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("share(war_goes_on)", "'share(war_goes_on) low'"),
        ("war_goes_on low", "write it as in"),
        ("median(killed_attacker) low", "write mean"),
        ("share(war_goes_on) >= 3", "a share lies between 0 and 1"),
        (" ; ", "no aim is given"),
        ("mean(a) low; mean(a)  low", "given twice"),
    ],
)
def test_aims_that_cannot_be_read(text: str, said: str) -> None:
    with pytest.raises(ConditionError) as error:
        parse_aims([text])
    assert said in str(error.value)


def test_aims_say_which_way() -> None:
    low, high, level, base = parse_aims(["mean(a) low; share(b) high", "mean(c) < 5", "mean(d) >= 0.9 * base"])
    assert [one.condition.above for one in (low, high, level, base)] == [False, True, False, True]
    assert [one.has_level for one in (low, high, level, base)] == [False, False, True, True]
    assert Aim.parse(str(base)) == base


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["a.b"], "cannot read --levers"),
        ([f"{SCALE}=1"], "1 choice only"),
        ([f"{SCALE}=0:2"], "how many values"),
        ([f"{SCALE}=0,1", f"{SCALE}+{GUARDS}=1,2"], "in two levers"),
        ([f"scenario+{SCALE}=a,b"], "a lever of its own"),
        ([f"{SCALE}=0:2:15", f"{GUARDS}=0:2:15"], "225 choices"),
        (["horizon_months=1,2"], "cannot be varied"),
    ],
)
def test_levers_that_cannot_be_read(texts: list[str], said: str) -> None:
    with pytest.raises(DesignError) as error:
        parse_levers(texts)
    assert said in str(error.value)


def test_a_lever_that_is_uncertain_is_fixed_by_the_choice_and_all_else_is_drawn_alike(load) -> None:
    base, path = load("baseline"), "attrition.level_factor"
    levers = parse_levers([f"{path}=0.8,1.2", f"{GUARDS}+ceasefire.regimes.guaranteed_zone.guards=10,20"])
    plan = Plan(6, 1, 30, series=False)
    tasks = [histories(one, plan, [], 3, 2) for one in chosen_scenarios(base, levers, {})]
    assert len(tasks) == 4
    first = tasks[0].given
    assert path not in first
    assert len(first) > 80
    for task in tasks:
        assert task.numbers.tolist() == tasks[0].numbers.tolist()
        assert {name: values.tolist() for name, values in task.given.items()} == {
            name: values.tolist() for name, values in first.items()
        }


def test_scenarios_are_choices(load) -> None:
    levers = parse_levers(["scenario=baseline,no_talks", f"{SCALE}=0,1"])
    others = {name: load(name) for name in ("baseline", "no_talks")}
    found = chosen_scenarios(load("baseline"), levers, others)
    assert [one.name for one in found] == ["baseline", "baseline", "no_talks", "no_talks"]
    with pytest.raises(ChoiceError, match="another day"):
        chosen_scenarios(load("baseline"), levers, {"no_talks": load("history/iwo_jima")})
    with pytest.raises(ScenarioError):
        chosen_scenarios(load("baseline"), parse_levers([f"{SCALE}=-1,1"]), {})


# A study

ASK = (
    "choose", "baseline", "--levers", f"{SCALE}=0,2", "--levers", f"{GUARDS}=10_000,60_000", "--aims",
    "mean(casualties_defender) low; mean(casualties_attacker) >= 1 * base", "--draws", 6, "--lucks", 3, "--months", 3,
)  # fmt: skip


def test_a_study_is_the_same_with_any_number_of_workers_and_found_again(parley, tmp_path: Path) -> None:
    alone = parley(*ASK, "--workers", 1, "--out", "alone", cwd=tmp_path)
    shared = parley(*ASK, "--workers", 2, "--out", "shared", cwd=tmp_path)
    assert (alone.returncode, shared.returncode) == (0, 0), alone.stderr + shared.stderr
    names = sorted(path.name for path in (tmp_path / "alone").iterdir())
    assert {"choices.csv", "choice_aims.csv", "choices.json", "choices.txt", "manifest.json", "scenario.yaml"} <= {*names}
    assert all((tmp_path / "alone" / name).read_bytes() == (tmp_path / "shared" / name).read_bytes() for name in names)
    again = parley(*ASK, "--out", "alone", cwd=tmp_path)
    assert again.returncode == 0
    # What is kept is as wide as files are.
    assert sorted(again.stdout.split()) == sorted(alone.stdout.replace("Written:", "There already:").split())
    assert f"parley run baseline --months 3 --set {SCALE}=" in " ".join(alone.stdout.replace("\\\n", "").split())
    with (tmp_path / "alone/choices.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row[SCALE], row[GUARDS]) for row in rows] == [*product(("0", "2"), ("10000", "60000"))]
    assert sum(int(row["robust"]) for row in rows) == 1
    told = json.loads((tmp_path / "alone/choices.json").read_text())
    assert [one["mean"] for one in told["by_aim"]] == [one["mean"] for one in python(tmp_path).as_dicts()]
    data = json.loads(parley(*ASK, "--out", "alone", "--json", cwd=tmp_path).stdout)["data"]
    assert data == told


def python(folder: Path) -> sim.studies.choose.Choices:
    return sim.choose(
        "baseline", {SCALE: [0, 2], GUARDS: [10_000, 60_000]},
        ["mean(casualties_defender) low", "mean(casualties_attacker) >= 1 * base"], draws=6, lucks=3, months=3,
    )  # fmt: skip


def test_where_nothing_is_uncertain_luck_is_all_that_is_spoken_of(tmp_path: Path) -> None:
    certain = {path: value[0] for path, value in sim.run("baseline", replications=1, months=1).drawn.items()}
    levers, aims = {SCALE: [0, 2]}, ["mean(casualties_attacker) >= 10_000", "share(war_goes_on) low"]
    found = sim.choose("baseline", levers, aims, draws=6, lucks=4, months=2, settings=certain)
    assert found.is_by_luck
    identity = identity_of(found.scenario, found.plan)
    told = {name: text.split("\n", 1)[-1] for name, text in files(found, title_of(found, identity), identity).items()}
    assert not re.search("assumption|robust", told["choices.txt"]), told["choices.txt"]
    assert "24 histories of every choice; nothing is uncertain, all that differs is luck" in told["choices.txt"]
    assert re.search(r"meets aim 1: 'casualties, Russia' is [\d,]+ persons \(95 %: ", found.findings[0].sentence)
    assert [row["met"] for row in found.as_dicts()] == [1.0, None] * 2
    least, _, most, _ = (row["mean"] for row in found.as_dicts())
    assert least < most
    assert not found.where_it_fails()
    alone = sim.choose("baseline", {GUARDS: [10_000, 60_000]}, aims, draws=6, lucks=4, months=1, settings=certain)
    assert alone.idle == (0,)
    assert not any("assumption" in one.sentence for one in alone.findings)
    # Another study of which something is uncertain speaks of it.
    assert "assumptions" in sim.choose("baseline", levers, aims, draws=6, lucks=4, months=2).findings[0].sentence


def test_a_regret_that_is_not_found_is_told_by_what_it_is_less_than() -> None:
    found = sim.choose("baseline", {SCALE: [0, 2]}, ["mean(casualties_attacker) high"], draws=5, lucks=2, months=1)
    (told,) = (one.sentence for one in found.findings if "that of the best choice" in one.sentence)
    assert re.search(r"by less than \S+ persons on average, in 19 of 20 by less than \S+ persons", told), told
    assert not any("0 .. 0)" in one.sentence or "1 others" in one.sentence for one in found.findings)


def test_from_python_it_is_a_table_with_findings() -> None:
    found = python(Path())
    assert repr(found).startswith("<Choices: baseline")
    assert len(found.as_dicts()) == 8
    assert found.findings
    assert all(one.sentence.endswith(".") for one in found.findings)
    # More arms for the defender kill more attackers, so that no arms do not reach what is now.
    met = {row[SCALE]: row["met"] for row in found.as_dicts() if row["aim"].startswith("mean(casualties_attacker)")}
    assert met[0] < met[2]
    pandas = pytest.importorskip("pandas", reason="pandas is not installed, and need not be")
    assert isinstance(found.to_pandas(), pandas.DataFrame)
    with pytest.raises(ParleyError, match="aims are a list"):
        sim.choose("baseline", {SCALE: [0, 1]}, "mean(killed_attacker) low")


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"--aims": "share(war_goeson) low"}, 3, "'war_goes_on'?"),
        ({"--aims": "share(killed_attacker) low"}, 3, "is a number and has no share"),
        ({"--aims": "share(collapse_attacker_by_itself"}, 3, "cannot read"),
        ({"--levers": f"{SCALE}=-5,1"}, 3, "--levers"),
        ({"--levers": "arms.defender.aid_scal=0,1"}, 3, "aid_scale"),
        ({"--levers": "scenario=baseline,no_such"}, 3, "no_such"),
        ({"--set": f"{SCALE}=1"}, 2, "set by --set and chosen by --levers"),
        ({"--lucks": "1"}, 2, "--lucks"),
        ({"--aims": "mean(first_ceasefire_days) high", "--months": "12", "--draws": "20"}, 3, "only some histories have"),
    ],
)
def test_what_cannot_be_is_one_line_with_a_cure(
    parley, tmp_path: Path, changes: dict[str, str], code: int, said: str
) -> None:
    asked = {"--levers": f"{SCALE}=0,1", "--aims": "share(war_goes_on) low", "--draws": "5", "--months": "1", **changes}
    done = parley("choose", "baseline", *(part for option in asked.items() for part in option), cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert not (tmp_path / "results").exists() or not [*(tmp_path / "results").rglob("choices.csv")]
    shutil.rmtree(tmp_path / "results", ignore_errors=True)


def test_a_lever_that_changes_nothing_is_named_and_none_of_its_values_is_best(load) -> None:
    idle, moving = {GUARDS: [10_000, 60_000]}, {SCALE: [0, 2]}
    aims, how = ["mean(casualties_attacker) low"], {"draws": 5, "lucks": 2, "months": 1}
    label = "Foreign guards (zone guarded by Europeans)"
    both = sim.choose("baseline", {**idle, **moving}, aims, **how)
    assert both.idle == (0,)
    assert any(f"{label} changes no aim in any history: all its values are as good" in one.sentence for one in both.findings)
    assert sim.choose("baseline", moving, aims, **how).idle == ()
    none = sim.choose("baseline", idle, [*aims, "share(war_goes_on) >= 0.5"], **how)
    (told,) = (one.sentence for one in none.findings)
    assert re.search("as good; whatever is chosen meets aim 2 in 100 % of the assumptions", told), told
    assert not re.search("robust|best", told)


@pytest.fixture(scope="module")
def kept(parley, tmp_path_factory) -> Path:
    folder: Path = tmp_path_factory.mktemp("kept") / "one"
    assert parley(*ASK, "--out", folder).returncode == 0
    return folder


def test_kept_choices_are_what_was_found(kept: Path) -> None:
    read, made = read_choices(read_folder(kept)), python(kept)
    assert read.as_dicts() == made.as_dicts()
    assert read.by_choice() == made.by_choice()
    assert read.where_it_fails() == made.where_it_fails()
    assert [one.sentence for one in read.findings] == [one.sentence for one in made.findings]


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("choices.csv", ",0,10000,", ",1,10000,", "its levers are not those of choice 0"),
        ("choice_aims.csv", "mean(casualties_defender) low", "mean(casualties_defender) high", "should be the row of"),
    ],
)
def test_tables_of_other_choices_are_refused(kept: Path, name: str, old: str, new: str, said: str) -> None:
    found = read_folder(kept)
    changed = {**found.files, name: found.files[name].replace(old.encode(), new.encode(), 1)}
    assert changed[name] != found.files[name]
    with pytest.raises(StoreError) as error:
        read_choices(Folder(found.path, found.manifest, changed))
    assert said in str(error.value)
