"""A replication is the same in any batch; the same seed gives the same bytes."""

import hashlib
from collections import defaultdict
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from sim.engine.recorder import Event
from sim.ensemble.run import Ensemble, Plan, run_batch, run_histories, run_until

# Eight months, so that halts and a whole offensive happen within.
DAYS = 250
N = 400


@pytest.fixture(scope="module")
def load(load):
    """Load a shipped scenario, each once."""
    return cache(load)


@pytest.fixture(scope="module")
def whole(load, ensemble) -> Ensemble:
    return ensemble(load("baseline"), N, DAYS, batch=N, watched=range(N))


def by_replication(run: Ensemble) -> dict[int, list[Event]]:
    found = defaultdict(list)
    for event in run.events:
        found[event.replication].append(event)
    return found


def same(part: Ensemble, whole: Ensemble) -> None:
    """Assert that a batch holds exactly what the whole has for its replications."""
    at = part.numbers
    assert part.outcomes.keys() == whole.outcomes.keys()
    for name, values in part.outcomes.items():
        np.testing.assert_array_equal(values, whole.outcomes[name][at], err_msg=name)
    for name, values in part.drawn.items():
        np.testing.assert_array_equal(values, whole.drawn[name][at], err_msg=name)
    np.testing.assert_array_equal(part.series, whole.series[:, :, at])
    ours, theirs = (by_replication(one) for one in (part, whole))
    for replication in at:
        assert ours[replication] == theirs[replication]


def batch_of(load, numbers, days=DAYS) -> Ensemble:
    numbers = np.asarray(numbers, dtype=np.int64)
    return run_batch(load("baseline"), Plan(N, 1, days, watched=range(N)), numbers)


def test_many_as_batches_of_one(load, ensemble):
    quarter = ensemble(load("baseline"), N, 91, batch=N, watched=range(N))
    for number in range(0, N, 16):
        same(batch_of(load, [number], 91), quarter)


def test_some_as_batches_of_one_for_longer(load, whole):
    for number in range(0, N, 20):
        same(batch_of(load, [number]), whole)


def test_batches_of_random_sizes(load, whole):
    cuts = np.sort(np.random.default_rng(3).choice(np.arange(1, N), 12, replace=False))
    for numbers in np.split(np.arange(N), cuts):
        same(batch_of(load, numbers), whole)


def test_a_permuted_batch(load, whole):
    same(batch_of(load, np.random.default_rng(4).permutation(N)), whole)


def test_events_were_compared(whole):
    assert {"halt", "pledge", "strikes", "culminates"} <= {event.kind for event in whole.events}


def test_the_first_hundred_of_a_thousand(load, ensemble):
    thousand = ensemble(load("baseline"), 1000, DAYS)
    same(ensemble(load("baseline"), 100, DAYS), thousand)


def test_a_longer_horizon_changes_nothing_before_it(load, ensemble):
    short, longer = ensemble(load("baseline"), 50, 210), ensemble(load("baseline"), 50, 280)
    np.testing.assert_array_equal(short.series, longer.series[:, : short.series.shape[1]])


def test_another_seed_is_another_history(load, ensemble, whole):
    other = ensemble(load("baseline"), N, DAYS, seed=2)
    assert not np.array_equal(other.outcomes["ground_gained_km2"], whole.outcomes["ground_gained_km2"])


def test_same_bytes_whatever_the_hash_seed(parley: Callable, tmp_path: Path):
    digests = []
    for hash_seed in ("0", "1"):
        out = tmp_path / hash_seed
        done = parley("run", "baseline", "--replications", 60, "--out", out / "baseline", PYTHONHASHSEED=hash_seed)
        assert done.returncode == 0, done.stderr
        files = sorted((out / "baseline").iterdir())
        assert [file.name for file in files] == [
            "README.md", "datapackage.json", "ledger.csv", "manifest.json", "outcomes.csv", "scenario.yaml", "series.csv",
            "standing.csv", "summary.csv", "summary.md", "survival.csv", "timing.json",
        ]  # fmt: skip
        files = [file for file in files if file.name != "timing.json"]
        digests.append([hashlib.sha256(file.read_bytes()).hexdigest() for file in files])
    assert digests[0] == digests[1]


def test_a_variant_that_changes_nothing_changes_nothing(load, ensemble, variant):
    ours = ensemble(variant(lambda tree: tree.update(title="The same under another title")), 100, DAYS)
    theirs = ensemble(load("baseline"), 100, DAYS)
    same(ours, theirs)


def test_the_same_luck_until_scenarios_differ(load, ensemble, variant):
    """A package in the sixth month leaves every day before it as it was, and every parameter."""

    def more(tree):
        tree["arms"]["packages"] = [
            {"id": "extra", "backer": "europe", "date": date(2025, 5, 20), "amount_beur": 10, "probability": 1}
        ]

    ours, theirs = ensemble(variant(more), 50, DAYS), ensemble(load("baseline"), 50, DAYS)
    same_before = [slot for slot, day in enumerate(ours.series_days) if day <= 167]
    np.testing.assert_array_equal(ours.series[:, same_before], theirs.series[:, same_before])
    assert not np.array_equal(ours.series, theirs.series)
    for name, values in theirs.drawn.items():
        np.testing.assert_array_equal(ours.drawn[name], values)


def test_a_design_gives_values_and_luck(load):
    """Two histories with the luck of one replication differ by the value given to one of them, and not where none is."""
    scenario, path = load("baseline"), "attrition.level_factor"
    numbers, given = np.array([7, 7, 8]), {path: np.array([np.nan, 2.0, np.nan])}
    designed = run_histories(scenario, Plan(3, 1, 60, batch=2), numbers, given)
    usual = run_batch(scenario, Plan(9, 1, 60), np.arange(9))
    assert designed.numbers.tolist() == [7, 7, 8]
    assert designed.drawn[path].tolist() == [usual.drawn[path][7], 2.0, usual.drawn[path][8]]
    for name in ("casualties_attacker", "ground_gained_km2"):
        values = designed.outcomes[name]
        assert values[[0, 2]].tolist() == usual.outcomes[name][[7, 8]].tolist()
        assert values[1] != values[0]


def test_running_until_is_enough_is_running_so_many(load, ensemble):
    scenario, seen = load("baseline"), []

    def enough(outcomes):
        seen.append(len(outcomes["ending"]))
        return len(seen) == 2

    until = run_until(scenario, Plan(2_500, 1, 30), enough)
    assert seen == [1_000, 2_000]
    same(until, ensemble(scenario, 2_000, 30))
    assert len(run_until(scenario, Plan(1_500, 1, 30), lambda outcomes: False).numbers) == 1_500
