"""Dissent: where several analysts part over one base, which difference moves the answer, and what would turn it.

Every pair of members is taken apart by mixtures: wars that take some of what the two differ in from one and the rest from
the other, all on the same luck. What comes of them is attributed in `shapley`. The pooled result is that of histories of
which each member gives a part that is as large as its weight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from sim.engine.draws import Floats
from sim.ensemble.run import Plan, run_ensemble
from sim.ensemble.workers import ALONE, Pool
from sim.model.endings import FAILED
from sim.results.frames import Tabular
from sim.results.identity import about_identity
from sim.results.manifest import Called, Changed, PanelManifest, PanelMember
from sim.results.parts import Parts
from sim.results.statistics import Z_95
from sim.results.summary import row_of, summarise
from sim.scenario.identity import settings_between
from sim.studies.condition import Condition, ConditionError, is_share
from sim.studies.designed import Histories, shared_outcomes
from sim.studies.headline import AT_ONCE, headline_outcomes, of_those
from sim.studies.members import Members
from sim.studies.shapley import FEWEST, Attribution, Design, Part, attribute
from sim.studies.turning import Turn, turns

LEADING = "deal_within_24_months"
# How many histories tell beforehand which outcomes there will be.
TRIED = 100
# judgement: a level that can be typed again; of more digits none would be believed.
DIGITS = 2
Cell = tuple[int, ...]


class Value(NamedTuple):
    """A share or mean, how many histories have it, and its 95 % interval."""

    histories: int
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Dissent:
    """What members say of an outcome.

    Attributes
    ----------
    outcome : str
    called : Called
    values : tuple of Value
        By member.
    pooled : Value
    attribution : Attribution
        Of the variance between them, by difference.
    """

    outcome: str
    called: Called
    values: tuple[Value, ...]
    pooled: Value
    attribution: Attribution


@dataclass(frozen=True, repr=False)
class Panel(Tabular):
    """What members of a panel say, what divides them, and what would turn their conclusion.

    Attributes
    ----------
    members : Members
    plan : Plan
        Of each member and mixture.
    mixtures : int
        How many were run, the members among them.
    dissents : list of Dissent
        By outcome; the leading one first.
    condition : Condition
        The conclusion.
    turning : list of Turn
    left_out : dict of str to str
        Outcomes of which nothing can be said, and why.
    failed : int
        How many histories went wrong in Parley.
    """

    members: Members
    plan: Plan
    mixtures: int
    dissents: list[Dissent]
    condition: Condition
    turning: list[Turn]
    left_out: dict[str, str]
    failed: int

    @property
    def scenario(self) -> Any:
        """The base."""
        return self.members.base

    def as_dicts(self) -> list[dict[str, Any]]:
        """Return one row an outcome and member, with the pooled result behind them."""
        return [
            {
                "member": name, "weight": weight, "outcome": one.outcome, "unit": one.called.unit, **value._asdict(),
                "pooled": one.pooled.value,
            }
            for one in self.dissents
            for name, weight, value in (
                *((m.name, m.weight, value) for m, value in zip(self.members.members, one.values, strict=True)),
                ("pooled", 1.0, one.pooled),
            )
        ]  # fmt: skip

    def dissent(self) -> list[dict[str, Any]]:
        """Return one row an outcome and difference, and one of luck."""
        weights = self.members.weights
        names = [member.name for member in self.members.members]
        luck = {"difference": 0, "knob": "luck", "least": None, "mean": None, "most": None, "said": ""}
        told = [luck]
        for place, one in enumerate(self.members.differences, 1):
            said = "; ".join(f"{name}: {text}" for name, text in zip(names, one.said, strict=True))
            row: dict[str, Any] = {**luck, "difference": place, "knob": one.knob, "said": said}
            if one.central is not None:
                row |= {
                    "least": min(one.central), "mean": float(weights @ np.array(one.central)), "most": max(one.central),
                }  # fmt: skip
            told.append(row)
        rows = []
        for each in self.dissents:
            shares = [*each.attribution.shares, each.attribution.luck]
            for row, share in zip([*told[1:], luck], shares, strict=True):
                ends = {"share": share.value, "low": share.low, "high": share.high}
                rows.append({**row, "outcome": each.outcome, **ends, "told": int(each.attribution.is_told)})
        return rows

    def turned(self) -> list[dict[str, Any]]:
        """Return one row a member and difference: whether that alone would turn the conclusion."""
        names = [member.name for member in self.members.members]
        return [
            {
                "member": names[one.member], "conclusion": str(self.condition),
                "holds": None if one.own.holds is None else int(one.own.holds), "statistic": one.own.statistic,
                "knob": self.members.differences[one.difference].knob, "now": one.now, "toward": names[one.toward],
                "then": one.then.statistic, "needed": one.needed, "low": one.low, "high": one.high, "answer": one.answer,
            }
            for one in self.turning
        ]  # fmt: skip

    def manifest(self) -> PanelManifest:
        """Return what its folder says of it."""
        base = self.members.base
        members = [
            PanelMember(
                name=one.name, title=one.scenario.world.title, weight=one.weight, fingerprint=one.scenario.fingerprint,
                settings=[Changed(**each._asdict()) for each in settings_between(base.tree, one.scenario.tree)],
            )
            for one in self.members.members
        ]  # fmt: skip
        return PanelManifest(
            **about_identity(base, self.plan), replications=self.plan.replications, members=members,
            outcomes={one.outcome: one.called for one in self.dissents}, conclusion=str(self.condition), failed=self.failed,
        )  # fmt: skip


class Laid(NamedTuple):
    """What is run of a panel: of each pair its design and what it differs in, and every mixture once."""

    pairs: list[tuple[int, int, list[int], Design]]
    cells: list[Cell]


def lay_out(members: Members) -> Laid:
    """Return the mixtures that take every pair of members apart, each member and each difference alone among them."""
    pairs, cells = [], dict.fromkeys(members.own(member) for member in range(len(members.members)))
    for a, b in combinations(range(len(members.members)), 2):
        apart = [place for place, one in enumerate(members.differences) if one.holds[a] != one.holds[b]]
        design = Design.of(len(apart))
        pairs.append((a, b, apart, design))
        cells |= dict.fromkeys(taken(members, a, b, apart, subset) for subset in design.subsets)
        # Of the second of a pair, too, each difference alone.
        cells |= dict.fromkeys(taken(members, b, a, apart, 1 << place) for place in range(len(apart)))
    return Laid(pairs, list(cells))


def taken(members: Members, a: int, b: int, apart: Sequence[int], subset: int) -> Cell:
    """Return the mixture that is `a` but for a subset of what it differs in from `b`, which is taken from that."""
    holds = [a] * len(members.differences)
    for bit, place in enumerate(apart):
        holds[place] = b if subset >> bit & 1 else a
    return members.cell(holds)


def panel(
    members: Members,
    plan: Plan,
    outcomes: Sequence[str] = (),
    conclusion: Condition | None = None,
    *,
    pool: Pool = ALONE,
    parts: Parts | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> Panel:
    """Run a panel.

    Parameters
    ----------
    members : Members
    plan : Plan
        Of each member and mixture; at least 20 histories.
    outcomes : sequence of str
        What is looked at, the leading one first; if none are given, that of the conclusion and the headline ones.
    conclusion : Condition, optional
        What members may conclude; of the leading outcome that it is at least a half, or what is pooled where all are on one
        side of that.
    pool : Pool
    parts : Parts, optional
        Where finished tasks are kept; those that are there are not run again.
    progress : callable
        Called with the number of mixtures done.

    Raises
    ------
    ConditionError
        When there is no such outcome, or nothing can be said of any.
    PanelError
        When what is taken from several members cannot stand together.
    """
    if plan.replications < FEWEST:
        raise ConditionError(
            f"what divides members cannot be told from {plan.replications} histories; at least {FEWEST} can"
        )
    asked = list(outcomes)
    chosen = asked or headline_outcomes(summarise(run_ensemble(members.base, replace(plan, replications=TRIED))))
    concluded = [] if conclusion is None else [conclusion.outcome]
    if not asked:
        chosen = list(dict.fromkeys([*concluded, *sorted(chosen, key=lambda name: name != LEADING)]))[:AT_ONCE]
    names = tuple(dict.fromkeys([*chosen, *concluded]))
    laid = lay_out(members)
    values = _run(members, plan, laid.cells, names, pool, parts, progress)
    failed = int(sum(one.pop(FAILED).sum() for one in values.values()))

    def why_not(name: str) -> str:
        missing = sum(bool(np.isnan(values[cell][name]).all()) for cell in laid.cells)
        return f"is defined in no history of {missing} of {len(laid.cells)} mixtures" if missing else ""

    kept, left_out = of_those(chosen, why_not)
    dissents = [_dissent(members, laid, name, {cell: found[name] for cell, found in values.items()}) for name in kept]
    condition = conclusion or _usual(dissents[0])
    turning = turns(members, plan, condition, {cell: one[condition.outcome] for cell, one in values.items()}, pool, parts)
    return Panel(members, plan, len(laid.cells), dissents, condition, turning, left_out, failed)


def _run(
    members: Members, plan: Plan, cells: Sequence[Cell], outcomes: tuple[str, ...], pool: Pool, parts: Parts | None,
    progress: Callable[[int], None],
) -> dict[Cell, dict[str, Floats]]:  # fmt: skip
    """Return the outcomes of mixtures, (n,) each; those that differ in numbers alone are run together."""
    n = plan.replications
    numbers = np.arange(n, dtype=np.int64)
    drawn = members.drawn(plan.seed, numbers)
    alike: dict[Cell, list[Cell]] = {}
    for cell in cells:
        rules = tuple(who for who, one in zip(cell, members.differences, strict=True) if not one.is_given)
        alike.setdefault(rules, []).append(cell)
    fitting = max(1, plan.batch // n)
    tasks, cut = [], []
    for those in alike.values():
        scenario = members.structure(those[0])
        for part in (those[at : at + fitting] for at in range(0, len(those), fitting)):
            each = [members.given(cell, drawn) for cell in part]
            given = {path: np.concatenate([one[path] for one in each]) for path in each[0]}
            tasks.append(Histories(scenario, plan, outcomes, np.tile(numbers, len(part)), given))
            cut.append(part)
    found: dict[Cell, dict[str, Floats]] = {}
    for place, columns in shared_outcomes(tasks, pool, parts):
        for row, cell in enumerate(cut[place]):
            found[cell] = {name: values[row * n : (row + 1) * n] for name, values in columns.items()}
        progress(len(found))
    return {cell: found[cell] for cell in cells}


def _as_mean(values: Floats) -> Floats:
    """Return values of each history whose mean is that over the histories that have the outcome, linearised."""
    known = ~np.isnan(values)
    mean = values[known].mean()
    found: Floats = mean + np.where(known, values - mean, 0.0) / known.mean()
    return found


def _dissent(members: Members, laid: Laid, outcome: str, values: dict[Cell, Floats]) -> Dissent:
    scenario, weights = members.base, members.weights
    own = [members.own(member) for member in range(len(members.members))]
    rows = [row_of(scenario, outcome, values[cell]) for cell in own]
    told = tuple(Value(row.n if row.share is None else row.total, *_ends(row)) for row in rows)
    means = {cell: _as_mean(one) for cell, one in values.items()}
    pairs = []
    for a, b, apart, design in laid.pairs:
        if not apart:
            continue
        taken_apart = {subset: means[taken(members, a, b, apart, subset)] for subset in design.subsets}
        among = design.contributions(taken_apart)
        whole = np.zeros((len(among), len(members.differences), among.shape[2]))
        whole[:, apart] = among
        pairs.append(Part(weights[a] * weights[b], means[own[b]] - means[own[a]], whole))
    called = Called(label=rows[0].alone, unit=rows[0].unit)
    return Dissent(outcome, called, told, _pooled([values[cell] for cell in own], weights), attribute(pairs))


def _ends(row: Any) -> Iterator[float]:
    """Yield the value of a row and its interval; of one history it has no width that could be known."""
    for end in (row.value, row.low, row.high):
        yield float(row.value if end is None or np.isnan(end) else end)


def _pooled(values: Sequence[Floats], weights: Floats) -> Value:
    """Return the mean over histories of which each member gives its part, and its 95 % interval, on common luck."""
    has = np.array([~np.isnan(one) for one in values])
    filled = np.array([np.nan_to_num(one) for one in values])
    part = weights @ has
    whole, n = float(part.mean()), has.shape[1]
    mean = float((weights @ filled).mean()) / whole
    error = (weights @ (filled - mean * has)) / whole
    # Where all histories agree there is still the error of one that does not.
    least = 1.0 / np.sqrt(n) if is_share(np.concatenate(values)) else 0.0
    half = Z_95 * max(float(error.std(ddof=1)), least) / np.sqrt(n)
    low, high = float(mean - half), float(mean + half)
    if is_share(np.concatenate(values)):
        low, high = max(0.0, low), min(1.0, high)
    return Value(int(has.sum()), mean, low, high)


def _usual(leading: Dissent) -> Condition:
    """Return the conclusion that members part over, if they do: a half, or else the pooled value, rounded."""
    statistic = "share" if leading.called.unit == "share" else "mean"
    values = [one.value for one in leading.values]
    level = float(f"{leading.pooled.value:.{DIGITS}g}")
    if statistic == "share" and min(values) < 0.5 <= max(values):
        level = 0.5
    return Condition(statistic, leading.outcome, ">=", level, False)
