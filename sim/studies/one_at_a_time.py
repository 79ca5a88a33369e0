"""What would change one's mind: each assumption alone at its low and its high value, and other structures of the model.

So is each number that is certain but judged, at both ends of a plausible band, for the precision of who wrote it is no
evidence; and each event, planned offensive and red line is left out. Not turned are what has a source, what is 0 (which
turns something off) or at an end of a scale of 0 to 1, and points of a curve, which must stay in their order.

All on the same luck, so that a difference is the assumption's and not that of other histories. An assumption acts with all
others as uncertain as they are. So it does with what is tied to it (by a rank of 1 or -1), as a reference to its level:
the level is moved, and the reference is not. What is tied to another is no assumption of its own, and what two do together
is for `sobol`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args, get_origin

import numpy as np

from sim.engine.draws import Floats
from sim.ensemble.run import Plan
from sim.ensemble.workers import ALONE, Pool
from sim.model.endings import FAILED
from sim.model.without import EVENTS, OFFENSIVES, RED_LINES, parts_of, without
from sim.results.frames import Tabular
from sim.results.pairs import Difference, of_means, of_shares
from sim.results.parts import Parts
from sim.scenario import (
    Known,
    Quantity,
    Scenario,
    ScenarioError,
    ScenarioHead,
    followers,
    knob_of,
    numbers,
    quantities,
)
from sim.studies.condition import is_share
from sim.studies.designed import Histories, outcomes_of, shared_outcomes

LOW, HIGH = 0.05, 0.95
# judgement: what is judged without a range may as well be half as much again, or that much less.
LESS, MORE = 1 / 1.5, 1.5
# judgement: of numbers between 0 and 1 a tenth either way, and at most half way to the nearer end.
SHARE_EITHER_WAY = 0.1
LEFT_OUT = "left_out"
KINDS = ("low", "high", "structure", "less", "more", LEFT_OUT)
# Numbers that stand for one view or the other of how wars end, rather than for a size that could be measured.
STRUCTURAL = {"ceasefire.institutions": (0.0, 1.0)}


@dataclass(frozen=True)
class Variant:
    """One assumption at one value.

    Attributes
    ----------
    path : str
    value : str
        As written after `--set PATH=`.
    kind : str
        `low` or `high` end of what is uncertain, another `structure`, `less` or `more` than a judged number, or `left_out`.
    number : float or None
        What histories are given; None where the scenario itself is another.
    """

    path: str
    value: str
    kind: str
    number: float | None


@dataclass(frozen=True)
class Effect:
    """What a variant moves.

    Attributes
    ----------
    variant : Variant
    differences : dict of str to Difference or None
        By outcome, from the scenario as it is; None where too few histories have it. Intervals hold together for all
        variants.
    """

    variant: Variant
    differences: dict[str, Difference | None]


@dataclass(frozen=True)
class Assumption:
    """An assumption and what its variants move.

    Attributes
    ----------
    path, unit, description : str
    effects : list of Effect
        From low to high, or one for each other structure.
    moves : float
        The mean over the outcomes of the largest difference that was found, in standard deviations between histories.
    """

    path: str
    unit: str
    description: str
    effects: list[Effect]
    moves: float


@dataclass(frozen=True, repr=False)
class MindChanging(Tabular):
    """The table of a scenario.

    Attributes
    ----------
    outcomes : dict of str to (n,) array
        Of the scenario as it is.
    assumptions : list of Assumption
        What moves the outcomes most comes first.
    untried : dict of str to str
        Variants that the scenario cannot have, with the reason.
    failed : dict of str to int
        How many histories went wrong, by what was set; as it is under an empty text.
    scenario : Scenario, optional
        Whose names are used in words.
    """

    outcomes: dict[str, Floats]
    assumptions: list[Assumption]
    untried: dict[str, str]
    failed: dict[str, int]
    scenario: Scenario[ScenarioHead] | None = None

    def as_dicts(self) -> list[dict[str, Any]]:
        """Return one row a variant and outcome, what moves the outcomes most first."""
        return [
            {
                "rank": rank, "path": one.path, "unit": one.unit, "value": effect.variant.value, "kind": effect.variant.kind,
                "moves": one.moves, "outcome": outcome, "pairs": change.pairs if change else 0,
                "as_it_is": change.left if change else None, "changed": change.right if change else None,
                "difference": change.mean if change else None, "low": change.low if change else None,
                "high": change.high if change else None, "found": int(change.found) if change else None,
            }
            for rank, one in enumerate(self.assumptions, 1)
            for effect in one.effects
            for outcome, change in effect.differences.items()
        ]  # fmt: skip

    def why_not(self, outcome: str) -> str:
        """Return why nothing can be said of what moves an outcome, or an empty text."""
        values = self.outcomes[outcome]
        known = values[~np.isnan(values)]
        changes = [effect.differences[outcome] for one in self.assumptions for effect in one.effects]
        if not any(changes):
            return "is defined in too few histories"
        varies = len(known) > 0 and np.ptp(known) > 0
        return (
            "" if varies or any(not one.same for one in changes if one) else "is the same in all histories of all variants"
        )

    def only(self, outcomes: Sequence[str]) -> MindChanging:
        """Return the table of some of its outcomes."""
        kept = {name: self.outcomes[name] for name in outcomes}
        effects = [
            [Effect(effect.variant, {name: effect.differences[name] for name in outcomes}) for effect in one.effects]
            for one in self.assumptions
        ]
        found = [
            replace(one, effects=those, moves=_moves(those, kept))
            for one, those in zip(self.assumptions, effects, strict=True)
        ]
        return replace(self, outcomes=kept, assumptions=sorted(found, key=lambda one: -one.moves))


def mind_changing(
    scenario: Scenario[ScenarioHead],
    plan: Plan,
    outcomes: Sequence[str],
    *,
    pool: Pool = ALONE,
    parts: Parts | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> MindChanging:
    """Run a scenario with each assumption at its ends.

    Parameters
    ----------
    scenario : Scenario
    plan : Plan
        Of each variant.
    outcomes : sequence of str
        What is looked at.
    pool : Pool
    parts : Parts, optional
        Where finished tasks are kept; those that are there are not run again.
    progress : callable
        Called with the number of variants done.

    Raises
    ------
    ConditionError
        When there is no such outcome.
    """
    variants, untried = _variants(scenario)
    as_it_is = outcomes_of(_histories(scenario, plan, [], outcomes))
    failed = {"": int(as_it_is.pop(FAILED).sum())}
    fitting = max(1, plan.batch // plan.replications)
    given = [variant for variant in variants if variant.number is not None]
    cut = [given[first : first + fitting] for first in range(0, len(given), fitting)]
    cut += [[variant] for variant in variants if variant.number is None]
    tasks = [_histories(scenario, plan, part, outcomes) for part in cut]
    effects: dict[Variant, Effect] = {}
    for place, found in shared_outcomes(tasks, pool, parts):
        wrong = found.pop(FAILED)
        for row, variant in enumerate(cut[place]):
            at = slice(row * plan.replications, (row + 1) * plan.replications)
            failed[f"{variant.path}={variant.value}"] = int(wrong[at].sum())
            differences = {
                outcome: _difference(as_it_is[outcome], values[at], len(variants)) for outcome, values in found.items()
            }
            effects[variant] = Effect(variant, differences)
        progress(len(effects))
    known = {one.path: one for one in numbers(scenario.world)}
    paths = dict.fromkeys(variant.path for variant in variants)
    assumptions = [
        _assumption(path, known.get(path), [effects[one] for one in variants if one.path == path], as_it_is)
        for path in paths
    ]
    assumptions.sort(key=lambda one: -one.moves)
    failed = {at: count for at, count in sorted(failed.items()) if count}
    return MindChanging(as_it_is, assumptions, untried, failed, scenario)


def variant_count(scenario: Scenario[ScenarioHead]) -> int:
    """Return how many variants a scenario has."""
    return len(_variants(scenario)[0])


def _variants(scenario: Scenario[ScenarioHead]) -> tuple[list[Variant], dict[str, str]]:
    found, untried = [], {}
    uncertain = [path for path, quantity in quantities(scenario.world) if not quantity.is_certain]
    tied = followers(uncertain, scenario.world.correlations)
    for known in numbers(scenario.world):
        if not isinstance(known.value, Quantity) or known.path in tied:
            continue
        if known.value.is_certain and known.path not in STRUCTURAL:
            found += _judged(known)
            continue
        ends = STRUCTURAL.get(known.path) or tuple(known.value.quantile(np.array([LOW, HIGH])).tolist())
        kinds = ("structure", "structure") if known.path in STRUCTURAL else ("low", "high")
        # Both ends of a quantity that is nearly always the same may be the same.
        ends = tuple(dict.fromkeys(ends))
        found += [Variant(known.path, f"{end:.6g}", kind, end) for end, kind in zip(ends, kinds, strict=False)]
    for part in parts_of(scenario):
        if part.kind in (EVENTS, OFFENSIVES, RED_LINES):
            variant = Variant(part.name, LEFT_OUT.replace("_", " "), LEFT_OUT, None)
            try:
                _changed(scenario, variant)
                found.append(variant)
            except ScenarioError as error:
                untried[f"without {part.name}"] = str(error.problems[0].message)
    for path, now, choices in _choices(scenario):
        for choice in choices:
            variant = Variant(path, choice, "structure", None)
            try:
                if choice != now:
                    _changed(scenario, variant)
                    found.append(variant)
            except ScenarioError as error:
                untried[f"{path}={choice}"] = str(error.problems[0].message)
    return found, untried


def _choices(scenario: Scenario[ScenarioHead]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield the path, the value and all possible values of what is chosen by name in the sections of the mechanisms.

    So is a number that is left out and for which words stand: without it another rule holds.
    """
    for section in type(scenario.world).model_fields:
        parameters = getattr(scenario.world, section)
        for name, field in getattr(type(parameters), "model_fields", {}).items():
            if get_origin(field.annotation) is Literal:
                yield f"{section}.{name}", getattr(parameters, name), get_args(field.annotation)
            elif (knob := knob_of(field)) is not None and knob.words and getattr(parameters, name) is None:
                yield f"{section}.{name}", "", tuple(knob.words)


def band_of(value: float, low: float | None, high: float | None) -> tuple[float, float]:
    """Return the plausible band of a number that is judged, within the range that its knob allows.

    >>> band_of(30.0, 0, 1000), band_of(0.5, 0, 1), band_of(0.04, 0, 1), band_of(-0.9, None, 0)
    ((20.0, 45.0), (0.4, 0.6), (0.02, 0.06), (-1.35, -0.6))
    """
    if (low, high) == (0, 1):
        away = min(SHARE_EITHER_WAY, value / 2, (1 - value) / 2)
        ends = value - away, value + away
    else:
        less, more = sorted((LESS * value, MORE * value))
        ends = max(less, -np.inf if low is None else low), min(more, np.inf if high is None else high)
    return float(f"{ends[0]:.6g}"), float(f"{ends[1]:.6g}")


def _judged(known: Known) -> list[Variant]:
    """Return a certain number at both ends of its band, if it is judged and may be turned."""
    value, knob = known.value, known.knob
    assert isinstance(value, Quantity), "only quantities are drawn"
    sourced = bool(value.word or (value.sources and not value.direction_only))
    if sourced or knob is None or knob.whole or any(step.isdigit() for step in known.path.split(".")):
        return []
    ends = zip(("less", "more"), band_of(value.central, knob.low, knob.high), strict=True)
    return [Variant(known.path, f"{end:.6g}", kind, end) for kind, end in ends if end != value.central]


def _changed(scenario: Scenario[ScenarioHead], variant: Variant) -> Scenario[ScenarioHead]:
    if variant.kind == LEFT_OUT:
        return without(scenario, [variant.path])
    return scenario.with_settings([f"{variant.path}={variant.value}"])


def _histories(
    scenario: Scenario[ScenarioHead], plan: Plan, variants: Sequence[Variant], outcomes: Sequence[str]
) -> Histories:
    """Return all replications for each of the variants, or of the scenario as it is for none."""
    if len(variants) == 1 and variants[0].number is None:
        scenario, variants = _changed(scenario, variants[0]), []
    n, rows = plan.replications, max(1, len(variants))
    given: dict[str, Floats] = {}
    for row, variant in enumerate(variants):
        assert variant.number is not None, "only alone is a variant another scenario"
        given.setdefault(variant.path, np.full(n * rows, np.nan))[row * n : (row + 1) * n] = variant.number
    return Histories(scenario, plan, tuple(outcomes), np.tile(np.arange(n, dtype=np.int64), rows), given)


def _difference(left: Floats, right: Floats, comparisons: int) -> Difference | None:
    how = of_shares if is_share(left) and is_share(right) else of_means
    return how(left, right, comparisons=comparisons)


def _assumption(path: str, known: Known | None, effects: list[Effect], as_it_is: dict[str, Floats]) -> Assumption:
    knob = known.knob if known is not None else None
    return Assumption(path, knob.unit if knob else "", knob.description if knob else "", effects, _moves(effects, as_it_is))


def _moves(effects: list[Effect], as_it_is: dict[str, Floats]) -> float:
    """Return the mean over the outcomes of the largest difference found, in standard deviations."""
    moves = []
    for outcome, values in as_it_is.items():
        known = values[~np.isnan(values)]
        spread = float(known.std()) if len(known) else 0.0
        found = [abs(one.mean) for effect in effects if (one := effect.differences[outcome]) is not None and one.found]
        moves.append(max(found, default=0.0) / spread if spread > 0 else 0.0)
    return float(np.mean(moves)) if moves else 0.0
