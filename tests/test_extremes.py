"""Scenarios at the ends of the declared ranges of their knobs: no history fails, nothing warns, and every table holds.

`pytest -m long -s tests/test_extremes.py` runs all sets of values and prints their counts; `-n 2` shares them among two
processes. A few are tried without the mark.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.ensemble.run import Plan
from sim.report.kept import Kept
from sim.results.chunks import run_into
from sim.results.read import read_folder
from sim.scenario import Scenario, ScenarioError, numbers
from sim.words.run import markdown

pytestmark = pytest.mark.hostile

HISTORIES, DAYS = 50, 730
FEWER_HISTORIES = 10
# It only multiplies the work, so that a few days of a few histories have to do.
WORK, WORK_HISTORIES, WORK_DAYS = "attrition.steps_per_day", 2, 14
# What is declared without an end: amounts of scenario events, of which nothing beyond is meant.
FAR = 1e6
# Of the sets drawn: how many knobs they set.
SIZES = (2, 3, 2, 3, 12, 60)
# Their ends contradict those of others, whose scenarios are refused; effects of events have no path for --set.
ALONE = re.compile(r"\.(weight|land|effect)\.|_area_km2$|force_persons$|guards_persons|(fastest|settled)_km2_per_day$")
Pairs = Sequence[tuple[str, float]]


def ends(scenario: Scenario[Any]) -> list[tuple[str, tuple[float, float]]]:
    """Return every knob of a scenario with both ends of its range; what a run is compared with is none."""
    return [
        (
            known.path,
            (-FAR if known.knob.low is None else known.knob.low, FAR if known.knob.high is None else known.knob.high),
        )
        for known in numbers(scenario.world)
        if known.knob is not None and not known.path.startswith("expect.")
    ]


def each_alone(scenario: Scenario[Any]) -> list[Pairs]:
    return [[(path, end)] for path, both in ends(scenario) for end in both]


def together(scenario: Scenario[Any], count: int, seed: int) -> list[Pairs]:
    """Return sets of several knobs, each at one of its ends, by chance: pairs and triples, some of many."""
    rng = np.random.default_rng([16, seed])
    knobs = [(path, both) for path, both in ends(scenario) if path != WORK and not ALONE.search(path)]
    sets = []
    for place in range(count):
        chosen = rng.choice(len(knobs), SIZES[place % len(SIZES)], replace=False).tolist()
        sets.append([(knobs[one][0], knobs[one][1][int(rng.integers(2))]) for one in chosen])
    return sets


def hold(load: Any, name: str, pairs: Pairs, folder: Path, histories: int) -> str:
    """Assert that a scenario runs with these values; return whether it did, or was refused in words when it was read."""
    try:
        scenario = load(name, *(f"{path}={value:.12g}" for path, value in pairs))
    except ScenarioError:
        return "refused"
    slow = any(path == WORK for path, _ in pairs)
    plan = Plan(WORK_HISTORIES, 1, WORK_DAYS) if slow else Plan(histories, 1, DAYS)
    with run_into(folder / "run", scenario, plan, as_text=markdown, force=True) as (ensemble, summary):
        assert not ensemble.failures
        assert not re.search(r"\b(nan|inf)\b", markdown(ensemble, summary))
    # Reading holds every cell of every table to its column: a number between its bounds, or empty where that may be.
    Kept.of(read_folder(folder / "run"))
    return "ran"


def all_hold(load: Any, name: str, sets: Sequence[Pairs], folder: Path, histories: int = HISTORIES) -> Counter[str]:
    found: Counter[str] = Counter()
    for pairs in sets:
        try:
            found[hold(load, name, pairs, folder, histories)] += 1
        except Exception as error:
            error.add_note(" ".join([name, *(f"--set {path}={value:.12g}" for path, value in pairs)]))
            raise
    return found


# What combined effects did to numbers before they were bounded, and what multiplies the work.
CHOSEN: tuple[Pairs, ...] = (
    [("ceasefire.zone_effect", 10), ("ceasefire.early_hazard", 100), ("negotiation.defender.renewed_war_loss", -10)],
    [("negotiation.leverage", 100), ("negotiation.momentum_leverage", 100), ("front.fire_elasticity", 20)],
    [
        ("ceasefire.strategic_effect", 100),
        ("negotiation.attacker.resolve_sd", 10),
        ("negotiation.talks.agree_per_year", 1000),
    ],
    [("attrition.steps_per_day", 10_000)],
)


def test_a_few_extreme_values(load: Any, tmp_path: Path) -> None:
    sets = [*CHOSEN, *together(load("baseline"), 3, 0)]
    found = all_hold(load, "baseline", sets, tmp_path, FEWER_HISTORIES)
    assert found["ran"] >= len(CHOSEN) + 1


PARTS = 6


@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
def test_every_knob_of_the_baseline_at_both_ends(load: Any, tmp_path: Path, part: int) -> None:
    sets = each_alone(load("baseline"))
    found = all_hold(load, "baseline", sets[part::PARTS], tmp_path)
    print(f"baseline, each of {len(sets) // 2} knobs at both ends, part {part + 1} of {PARTS}: {dict(found)}")
    assert found.total() == len(sets[part::PARTS])


@pytest.mark.long
def test_few_ends_are_refused_and_only_where_they_contradict_others(load: Any) -> None:
    sets, refused = each_alone(load("baseline")), []
    for [(path, end)] in sets:
        try:
            load("baseline", f"{path}={end:.12g}")
        except ScenarioError:
            refused.append(path)
    # Refused are weights that do not add to 1, land without a range, a pace faster than the fastest.
    assert len(refused) <= 0.1 * len(sets)
    assert [path for path in refused if not ALONE.search(path)] == []


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["baseline", "history/korea", "history/winter_war"])
def test_many_knobs_at_their_ends_together(load: Any, tmp_path: Path, name: str, seed: int) -> None:
    found = all_hold(load, name, together(load(name), 60, seed), tmp_path)
    print(f"{name}, 60 sets of several knobs, seed {seed}: {dict(found)}")
    assert found["ran"] >= 55
