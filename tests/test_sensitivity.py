"""Sensitivity: known indices are recovered, variants are the runs that they say, and the luck of a row stays the same."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.ensemble.run import Plan
from sim.model.base_rates import LATER
from sim.model.parameters import SIDES
from sim.model.without import without
from sim.results.identity import as_run
from sim.results.manifest import Called, StoreError
from sim.results.pairs import of_means
from sim.results.place import Place
from sim.results.read import read_folder
from sim.results.runs import Run
from sim.results.store import what_is_run
from sim.results.tables import csv_of
from sim.scenario import quantities
from sim.studies.assumptions import Study, from_given_data, read_assumptions
from sim.studies.condition import ConditionError, is_share
from sim.studies.designed import Histories, outcomes_of
from sim.studies.headline import of_those
from sim.studies.one_at_a_time import mind_changing
from sim.studies.sensitivity import sensitivities
from sim.studies.sobol import LUCK, design, design_size, indices, run_design
from sim.words.numbers import place_of
from sim.words.sensitivity import files
from tests.resealed import reseal

# Ishigami and Homma 1990, with a fourth input that does nothing.
A, B = 7.0, 0.1
INPUTS = ("x1", "x2", "x3", "x4")
VARIANCE = A**2 / 8 + B * np.pi**4 / 5 + B**2 * np.pi**8 / 18 + 0.5
FIRST = {"x1": 0.5 * (1 + B * np.pi**4 / 5) ** 2 / VARIANCE, "x2": A**2 / 8 / VARIANCE, "x3": 0.0, "x4": 0.0}
TOTAL = {"x1": FIRST["x1"] + (z := 8 * B**2 * np.pi**8 / 225 / VARIANCE), "x2": FIRST["x2"], "x3": z, "x4": 0.0}


def ishigami(places: np.ndarray) -> np.ndarray:
    """Return the function at places in the unit cube, (4, n)."""
    x = np.pi * (2 * places - 1)
    return np.sin(x[0]) + A * np.sin(x[1]) ** 2 + B * x[2] ** 4 * np.sin(x[0])


def given_data(seed: int, n: int):
    places = np.random.default_rng(seed).uniform(size=(4, n))
    (found,) = sensitivities(dict(zip(INPUTS, places, strict=True)), {"y": ishigami(places)})
    return {index.parameter: index for index in found.indices}


# From given data


def test_given_data_recover_the_indices_of_a_known_function() -> None:
    found = given_data(1, 10_000)
    for name, index in found.items():
        print(f"{name}: {index.first_order:.4f} ({index.low:.4f} .. {index.high:.4f}), exactly {FIRST[name]:.4f}")
        assert index.low <= FIRST[name] <= index.high
        assert index.high - index.low < 0.04
    assert abs(found["x2"].rank_correlation) < 0.05 < found["x1"].rank_correlation


def covers(repeats: int, n: int) -> dict[str, float]:
    hits = dict.fromkeys(INPUTS, 0)
    for seed in range(repeats):
        for name, index in given_data(seed, n).items():
            hits[name] += index.low <= FIRST[name] <= index.high
    return {name: count / repeats for name, count in hits.items()}


def test_intervals_hold_the_index_as_often_as_they_say() -> None:
    assert min(covers(40, 500).values()) >= 0.85


@pytest.mark.long
def test_intervals_hold_the_index_in_many_data_sets() -> None:
    found = covers(1_000, 1_000)
    print(found)
    assert min(found.values()) >= 0.93


def test_a_parameter_of_few_values_explains_what_its_groups_do() -> None:
    luck = np.random.default_rng(2)
    groups = luck.integers(0, 3, 4_000)
    y = np.array([0.0, 2.0, 1.0])[groups] + luck.normal(size=4_000)
    (found,) = sensitivities({"groups": groups.astype(float), "none": np.ones(4_000)}, {"y": y})
    means = np.array([y[groups == group].mean() for group in range(3)])
    within = ((y - means[groups]) ** 2).sum() / (4_000 - 3)
    by_name = {index.parameter: index for index in found.indices}
    # The adjusted share of an analysis of variance.
    assert by_name["groups"].first_order == pytest.approx(1 - within / y.var(ddof=1), abs=1e-9)
    assert by_name["none"][1:] == (0.0, 0.0, 0.0, 0.0)


def test_a_rare_value_and_a_far_outcome_do_no_harm() -> None:
    luck = np.random.default_rng(4)
    x = np.where(np.arange(300) < 2, 1.2, 1.0)
    u = luck.uniform(size=300)
    (near,) = sensitivities({"x": x, "u": u}, {"y": u})
    (far,) = sensitivities({"x": x, "u": u}, {"y": 1e9 + u})
    assert [index.parameter for index in far.indices] == ["u", "x"]
    assert far.indices[0].first_order == pytest.approx(near.indices[0].first_order, abs=1e-6)
    assert near.together == pytest.approx(sum(index.first_order for index in near.indices))
    assert near.together_low <= min(1, near.together) <= near.together_high


def test_what_cannot_be_driven_is_said() -> None:
    x = {"x": np.arange(200.0)}
    for y, words in ((np.ones(200), "the same in all"), (np.where(np.arange(200) < 50, 1.0, np.nan), "at least 100")):
        with pytest.raises(ConditionError, match=words):
            sensitivities(x, {"y": y})
    with pytest.raises(ConditionError, match="no parameter"):
        sensitivities({}, {"y": np.arange(200.0)})


# By a designed ensemble


def test_a_design_recovers_the_indices_of_a_known_function() -> None:
    points = design(INPUTS, 1_024, seed=1)
    assert points.shape == (1_024 * 6, 4)
    found = indices(INPUTS, "y", ishigami(points.T))
    for index in found.indices:
        assert index.first_order == pytest.approx(FIRST[index.factor], abs=index.first_order_error + 0.005)
        assert index.total == pytest.approx(TOTAL[index.factor], abs=index.total_error + 0.005)
    assert found.indices[-1].factor == "x4"


def test_luck_is_one_factor_and_what_does_nothing_has_no_index(load) -> None:
    """Nothing is signed in the first month, so that institutions do nothing; were luck not the same, they would seem to."""
    factors, values, _ = run_design(load("no_talks"), Plan(1, 1, 30), ["casualties_attacker"], 32)
    found = indices(factors, "casualties_attacker", values["casualties_attacker"])
    by_name = {index.factor: index for index in found.indices}
    assert by_name["ceasefire.institutions"].total == 0.0
    assert by_name["attrition.attacker.daily_casualties"].total > 0.02
    assert 0 < by_name[LUCK].total < 0.5
    assert found.histories == 32 * (len(by_name) + 2)


def test_the_luck_of_a_scenario_without_chance_drives_nothing() -> None:
    found = indices(("x1", "x2", LUCK), "y", design(("x1", "x2", LUCK), 64, 3)[:, 0])
    assert {index.factor: index.total > 0.5 for index in found.indices} == {"x1": True, "x2": False, LUCK: False}


def test_what_not_every_history_has_is_refused(load) -> None:
    factors, values, _ = run_design(load("baseline"), Plan(1, 1, 60), ["deal_month"], 32)
    with pytest.raises(ConditionError, match="not defined in every history"):
        indices(factors, "deal_month", values["deal_month"])


# One at a time

CHANGED = "attrition.level_factor"


@pytest.fixture(scope="module")
def table(load):
    return mind_changing(load("baseline"), Plan(100, 1, 60), ["casualties_attacker", "war_goes_on"])


def test_variants_are_the_runs_with_these_settings(table, load, ensemble) -> None:
    base = ensemble(load("baseline"), 100, 60).outcomes["casualties_attacker"]
    by_path = {one.path: one for one in table.assumptions}
    comparisons = sum(len(one.effects) for one in table.assumptions)
    for path in (CHANGED, "attrition.law", "ceasefire.institutions", "manpower.defender.force_persons"):
        for effect in by_path[path].effects:
            # What is not drawn is given here and written there; a correlated other keeps its luck in both.
            run = ensemble(load("baseline", f"{path}={effect.variant.number or effect.variant.value}"), 100, 60)
            known = of_means(base, run.outcomes["casualties_attacker"], comparisons=comparisons)
            ours = effect.differences["casualties_attacker"]
            assert known is not None
            assert ours is not None
            if path == CHANGED:
                # Correlated: drawn with its level, the return share follows; without, it has luck of its own.
                assert ours.mean == pytest.approx(known.mean, rel=0.1)
            else:
                assert ours[:6] == pytest.approx(known[:6], rel=1e-12, abs=1e-9)


def test_each_uncertain_number_and_other_structures_are_tried(table, load) -> None:
    uncertain = {path for path, quantity in quantities(load("baseline").world) if not quantity.is_certain}
    others = ("less", "more", "left_out")
    paths = {one.path for one in table.assumptions if one.effects[0].variant.kind not in others}
    # A reference is tied to its level, and no assumption of its own.
    assert paths == {path for path in uncertain if "reference" not in path} | {
        "attrition.law",
        "negotiation.rule",
        "negotiation.resolve_law",
        "negotiation.fought_hazard_per_year",
    }
    by_path = {one.path: [effect.variant.value for effect in one.effects] for one in table.assumptions}
    assert by_path["ceasefire.institutions"] == ["0", "1"]
    assert by_path["attrition.law"] == ["square", "linear", "logarithmic"]
    assert len(by_path["negotiation.rule"]) == 4
    assert by_path["negotiation.fought_hazard_per_year"] == list(LATER)
    assert list(table.untried) == ["attrition.law=own"]
    moves = [one.moves for one in table.assumptions]
    assert moves == sorted(moves, reverse=True)
    drawn = [one.path for one in table.assumptions if one.path in paths]
    assert {CHANGED, "attrition.attacker.daily_casualties"} <= {*drawn[:4]}


def test_what_is_judged_is_turned_and_what_is_scripted_or_refused_is_left_out(table, load) -> None:
    whole = load("baseline")
    known = dict(quantities(whole.world))
    by_path = {one.path: [effect.variant for effect in one.effects] for one in table.assumptions}
    turned = {path for path, variants in by_path.items() if variants[0].kind in ("less", "more")}
    assert turned
    assert all(known[path].is_certain and (not known[path].sources or known[path].direction_only) for path in turned)
    assert [one.number for one in by_path["rout.attacker.balance_width"]] == pytest.approx([0.2, 0.45])
    assert [one.number for one in by_path["front.campaigns.attacker.needs_fire_share"]] == pytest.approx([0.6, 0.8])
    assert "negotiation.attacker.outside_pressure" not in turned
    gone = {path for path, (one, *_) in by_path.items() if one.kind == "left_out"}
    assert gone == {
        "arms.halts.us_pause",
        *(f"negotiation.red_lines.{line.id}" for line in whole.world.negotiation.red_lines),
    }


def test_a_variant_that_is_left_out_is_the_run_without_it(table, load, ensemble) -> None:
    whole, name = load("baseline"), "casualties_attacker"
    (effect,) = next(one.effects for one in table.assumptions if one.path == "arms.halts.us_pause")
    base, left = (ensemble(one, 100, 60).outcomes[name] for one in (whole, without(whole, ["us_pause"])))
    comparisons = sum(len(one.effects) for one in table.assumptions)
    known, ours = of_means(base, left, comparisons=comparisons), effect.differences[name]
    assert known is not None
    assert ours is not None
    assert ours[:6] == pytest.approx(known[:6], rel=1e-12)


REFERENCES = ("manpower.attacker.reference_force_persons", "manpower.defender.reference_force_persons")


def test_a_larger_army_is_larger_than_the_one_that_was_seen(load) -> None:
    """More defenders lose less ground, and a larger attacker takes more: the reference stays where it is drawn."""
    steady, numbers = load("no_talks"), np.arange(150)
    for side, sign in (("attacker", 1), ("defender", -1)):
        path = f"manpower.{side}.force_persons"
        quantity = dict(quantities(steady.world))[path]
        taken = [
            outcomes_of(Histories(steady, Plan(150, 1, 365), ("ground_gained_km2",), numbers, given))["ground_gained_km2"]
            for end in quantity.quantile(np.array([0.05, 0.95]))
            for given in ({path: np.full(150, end)},)
        ]
        difference = taken[1] - taken[0]
        assert sign * difference.mean() > 3 * difference.std() / 150**0.5


def test_what_is_tied_is_one_parameter(load, ensemble) -> None:
    scenario = load("no_talks")
    run = Run.of(ensemble(scenario, 120, 30))
    assert set(REFERENCES) <= set(run.drawn)
    (found,) = from_given_data(run, ["casualties_attacker"]).found
    assert {index.parameter for index in found.indices} == {path for path in run.drawn if "reference" not in path}
    factors, _, _ = run_design(scenario, Plan(1, 1, 30), ["casualties_attacker"], 32)
    assert factors == [*(path for path in run.drawn if "reference" not in path), LUCK]
    assert design_size(scenario, 32) == 32 * (len(factors) + 2)
    # Where the level is set, its reference is what is still uncertain.
    certain = load("no_talks", "manpower.attacker.force_persons=580_000")
    assert set(REFERENCES[:1]) == set(REFERENCES) & set(Run.of(ensemble(certain, 120, 30)).parameters)


@pytest.fixture
def kept(table, load, tmp_path: Path) -> Path:
    scenario, plan, folder = load("baseline"), Plan(100, 1, 60), tmp_path / "kept"
    called = {name: Called(label=name, unit="") for name in table.outcomes}
    study = Study("one_at_a_time", scenario, plan, 100, called, {}, {"": 0}, [table])
    place = Place.of(folder, "one_at_a_time", what_is_run(scenario, plan), False)
    texts = {**files(study, 5), "scenario.yaml": as_run(scenario, plan.days).to_yaml()}
    with place.at_work():
        place.write({name: text.encode() for name, text in texts.items()}, study.manifest("baseline"))
    return folder


def test_assumptions_are_read_back_as_they_were_written(table, kept: Path) -> None:
    found = read_assumptions(read_folder(kept))
    for ours, theirs in zip(found, table.assumptions, strict=True):
        assert (ours.path, ours.unit, ours.description, ours.moves) == (
            theirs.path, theirs.unit, theirs.description, theirs.moves,
        )  # fmt: skip
        for mine, its in zip(ours.effects, theirs.effects, strict=True):
            assert replace(mine.variant, number=None) == replace(its.variant, number=None)
            assert mine.variant.number == (
                None if its.variant.number is None else pytest.approx(its.variant.number, rel=1e-5)
            )
            for name, change in its.differences.items():
                read = mine.differences[name]
                assert (read is None) == (change is None)
                assert read is None or (read[:6], read.found) == (change[:6], change.found)


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [("found", lambda cell: str(1 - int(cell)), "what was found is not what its bounds say"),
     ("value", lambda cell: "much", "its value is no number")],
)  # fmt: skip
def test_assumptions_that_cannot_be_so_are_refused(kept: Path, column: str, value: Any, words: str) -> None:
    path = kept / "one_at_a_time.csv"
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    row = next(row for row in rows if row["kind"] == "low" and row["difference"])
    row[column] = value(row[column])
    path.write_text(csv_of(rows), encoding="utf-8")
    reseal(kept)
    with pytest.raises(StoreError, match=words):
        read_assumptions(read_folder(kept))


def test_rows_hold_the_whole_table(table) -> None:
    found = table.as_dicts()
    assert len(found) == 2 * sum(len(one.effects) for one in table.assumptions)
    assert found[0]["rank"] == 1
    assert is_share(np.array([row["found"] for row in found], dtype=float))


# The command


@pytest.mark.ensembles
def test_the_command(parley: Callable, load: Callable, tmp_path: Path) -> None:
    run = parley("run", "baseline", "--replications", 300, "--months", 1, "--out", tmp_path / "baseline")
    assert run.returncode == 0
    folder = tmp_path / "baseline"
    told = parley("sensitivity", folder, "--outcome", "casualties_attacker", "--out", tmp_path / "kept", "--full")
    assert told.returncode == 0, told.stderr
    table = list(csv.DictReader(io.StringIO((tmp_path / "kept/sensitivity.csv").read_text())))
    with (folder / "outcomes.csv").open(encoding="utf-8") as file:
        drawn = {name for name in next(csv.reader(file)) if "." in name}
    assert drawn == {path for path, one in quantities(load("baseline").world) if not one.is_certain}
    # Whatever is uncertain, but for what is drawn as another number is; each once.
    also = {"arms.defender.reference_fire_share", *(f"manpower.{side}.reference_force_persons" for side in SIDES)}
    assert sorted(row["parameter"] for row in table) == sorted(drawn - also)
    first = {name: float(value) for name, value in table[0].items() if name not in ("scenario", "outcome", "parameter")}
    assert table[0]["parameter"] == CHANGED
    (line,) = [line for line in told.stdout.splitlines() if re.search(r"Scale of all casualties .*\)", line)]
    shown = [100 * first[name] for name in ("first_order", "low", "high")]
    assert [float(number) for number in re.findall(r"-?[\d.]*\d", line)[:3]] == pytest.approx(shown, abs=1)
    assert line.split()[-1] == f"{first['rank_correlation']:+.2f}"
    one = parley(
        "sensitivity", folder, "--one-at-a-time", "--replications", 100, "--outcome", "casualties_attacker", "--top", 3,
        "--workers", 2, "--out", tmp_path / "one",
    )  # fmt: skip
    assert one.returncode == 0, one.stderr
    rows = list(csv.DictReader(io.StringIO((tmp_path / "one/one_at_a_time.csv").read_text())))
    lines = one.stdout.splitlines()
    place = next(at for at, line in enumerate(lines) if line.startswith(" 1. Scale of all casualties"))
    for line, row in zip(lines[place : place + 2], rows[:2], strict=True):
        # With the digits that the interval warrants.
        low, high = float(row["low"]), float(row["high"])
        shown = (float(text.strip("±").replace(",", "")) for text in line.split()[-2:])
        unit = 10.0 ** -place_of(low, high)
        for found, wanted in zip(shown, (float(row["difference"]), (high - low) / 2), strict=True):
            assert abs(found - wanted) <= unit / 2
            assert found % unit == 0
        assert (float(row["difference"]) > 0) == (float(row["value"]) > 1)
    assert "Not tried: attrition.law=own" in one.stdout
    certain = parley("sensitivity", "history/iwo_jima", "--sobol", 32, "--outcome", "casualties_attacker")
    assert certain.returncode == 3
    assert "no parameter of this scenario is uncertain" in certain.stderr
    drawn = parley("sensitivity", folder, "--sobol", 32, "--outcome", "casualties_attacker", "--json")
    assert drawn.returncode == 0, drawn.stderr
    assert {row["factor"] for row in json.loads(drawn.stdout)["data"]["rows"]} > {"luck", CHANGED}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--outcome", "casualties"), 3, "unknown outcome 'casualties'. Did you mean"),
        (("--sobol", 100), 2, "choose one"),
        (("--outcome", "collapse_cause"), 3, "Write collapse_cause:"),
        (("--sobol", 64, "--one-at-a-time"), 2, "choose one"),
        (("--csv", "--json"), 2, "choose one"),
        (("--one-at-a-time", "--outcome", "war_goes"), 3, "Did you mean 'war_goes_on'?"),
    ],
)
def test_bad_input_is_one_clear_error(parley: Callable, arguments: tuple[object, ...], code: int, words: str) -> None:
    done = parley("sensitivity", "baseline", "--replications", 100, "--months", 1, *arguments)
    assert done.returncode == code
    assert len(done.stderr.splitlines()) == 1
    assert words in done.stderr
    assert done.stdout == ""


# Outcomes that do not vary


def test_usual_outcomes_of_which_nothing_can_be_said_are_left_out_and_named() -> None:
    reasons = {"a": "", "b": "is the same in all histories", "c": ""}
    assert of_those(reasons, reasons.__getitem__) == (["a", "c"], {"b": "is the same in all histories"})
    with pytest.raises(ConditionError, match="b is the same in all histories"):
        of_those(["b"], reasons.__getitem__)


def test_a_table_says_which_outcomes_nothing_moves(load) -> None:
    both = mind_changing(load("no_talks"), Plan(20, 1, 20), ["ceasefire_in_force", "casualties_attacker", "deal_month"])
    assert [both.why_not(name) for name in both.outcomes] == [
        "is the same in all histories of all variants",
        "",
        "is defined in too few histories",
    ]
    one = both.only(["casualties_attacker"])
    assert {row["outcome"] for row in one.as_dicts()} == {"casualties_attacker"}
    # What does not move counted as a mean of three before.
    assert one.assumptions[0].moves == pytest.approx(3 * both.assumptions[0].moves)
    assert [each.path for each in one.assumptions if each.moves] == [each.path for each in both.assumptions if each.moves]


@pytest.mark.parametrize("how", [("--replications", 120), ("--sobol", 32)])
def test_one_constant_outcome_does_not_stop_the_others(parley, how: tuple[object, ...]) -> None:
    done = parley("sensitivity", "no_talks", "--months", 1, *how, "--full")
    assert done.returncode == 0, done.stderr
    assert "(casualties_attacker)" in done.stdout
    assert "Left out: ceasefire_in_force is the same in all histories" in done.stdout


@pytest.mark.ensembles
def test_one_that_was_asked_for_does(parley) -> None:
    ask = ("sensitivity", "no_talks", "--months", 1, "--replications", 120)
    done = parley(*ask, "--outcome", "ceasefire_in_force")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.splitlines()[1:] == [
        "error: ceasefire_in_force is the same in all histories, so nothing drives it"
    ]  # The run is kept.
    told = json.loads(parley(*ask, "--json").stdout)["data"]
    assert set(told["left_out"]) == {"ceasefire_in_force", "war_goes_on"}
    early = parley("sensitivity", "baseline", "--months", 2, "--sobol", 64, "--outcome", "deal_month")
    assert (early.returncode, early.stdout) == (3, "")
    assert "not defined in every history" in early.stderr
