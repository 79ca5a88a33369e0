"""A robust choice: what a side or its backers can choose, against all that they cannot, on the same assumptions and luck.

Levers are set, every value of one with every value of the others; all uncertain numbers that are not set are drawn. Each
choice meets the same draws of the assumptions, and each draw the same lucks (`bands`); what is made of them is in `regret`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.engine.draws import Floats
from sim.ensemble.run import Plan
from sim.ensemble.workers import ALONE, Pool
from sim.errors import ParleyError
from sim.model.endings import FAILED
from sim.results.frames import Tabular
from sim.results.identity import about_identity, identity_of
from sim.results.manifest import ChoicesManifest, VariedKnob
from sim.results.parts import Parts
from sim.results.store import what_is_run
from sim.results.summary import blank_row
from sim.scenario import Scenario, ScenarioHead
from sim.studies.aims import Aim, refuse_unfit
from sim.studies.bands import histories
from sim.studies.certain import ONE_DRAW, judge_by_luck
from sim.studies.condition import refuse_unknown
from sim.studies.design import DesignError, Varied, as_value, lay_out, refuse_span
from sim.studies.designed import Histories, shared_outcomes
from sim.studies.regret import FEWEST_DRAWS, Bands, ByDraw, Target, Verdict, Weakness, judge, weakness

# The lever whose values are scenarios.
SCENARIO = "scenario"
# Between the paths of numbers that are set to the same value together.
TOGETHER = "+"
# judgement: of more choices no table is read, and the largest of so many shares is mostly the luckiest.
MOST_CHOICES = 200
# judgement: with these a share of the assumptions is known to within seven points, and a choice takes as many histories as
# a run does.
DRAWS, LUCKS = 200, 8
# judgement: so few do not tell choices apart; as in a war that has ended before a span of time begins.
MOST_WITHOUT = 0.02
Loaded = Mapping[str, Scenario[ScenarioHead]]


class ChoiceError(ParleyError):
    """What is wrong with the levers, or with what comes of them."""


def parse_levers(texts: Sequence[str]) -> list[Varied]:
    """Read levers, `PATH=a,b,c` each; `PATH+PATH=a,b` sets several numbers to the same, `scenario=a,b` takes scenarios.

    Raises
    ------
    DesignError
        When one cannot be read, a number is in two of them, or there are too many choices.

    >>> [(one.path, one.values) for one in parse_levers(["arms.defender.aid_scale=0:2:3", "scenario=bare_truce,no_talks"])]
    [('arms.defender.aid_scale', ('0', '1', '2')), ('scenario', ('bare_truce', 'no_talks'))]
    """
    try:
        return checked([Varied.parse(text) for text in texts])
    except DesignError as error:
        raise DesignError(str(error).replace("--vary", "--levers")) from error


def checked(levers: Sequence[Varied]) -> list[Varied]:
    """Return levers that can be chosen from; errors as in `parse_levers`."""
    paths = [path for lever in levers for path in paths_of(lever)]
    for path in paths:
        refuse_span(path)
    if len(set(paths)) < len(paths):
        raise DesignError("a number is in two levers; give each once")
    if any(SCENARIO in paths_of(lever) and lever.path != SCENARIO for lever in levers):
        raise DesignError(f"{SCENARIO} is a lever of its own, and not set together with numbers")
    size = math.prod(len(lever.values) or 1 for lever in levers)
    if size > MOST_CHOICES:
        raise DesignError(f"these levers have {size:,} choices and at most {MOST_CHOICES} are compared; give fewer values")
    if len(choices := lay_out(levers)) < 2:
        raise DesignError(f"there is {len(choices)} choice only; give a lever two values")
    return list(levers)


def paths_of(lever: Varied) -> list[str]:
    """Return the paths of the numbers that a lever sets."""
    return [path.strip() for path in lever.path.split(TOGETHER)]


@dataclass(frozen=True, repr=False)
class Choices(Tabular):
    """What comes of choices.

    Attributes
    ----------
    scenario : Scenario
        As it is.
    plan : Plan
    levers : list of Varied
    aims : list of Aim
    choices : list of tuple of str
        The values of the levers, as written.
    draws, lucks : int
        Draws of the assumptions, and histories in each.
    verdict : Verdict
    fails : dict of int to Weakness or None
        Of the robust choice and of those that are best on average: where each fails.
    failed : dict of str to int
        How many histories went wrong in Parley, by choice.
    idle : tuple of int
        The levers that change none of the aims in any history.
    """

    scenario: Scenario[ScenarioHead]
    plan: Plan
    levers: list[Varied]
    aims: list[Aim]
    choices: list[tuple[str, ...]]
    draws: int
    lucks: int
    verdict: Verdict
    fails: dict[int, Weakness | None]
    failed: dict[str, int]
    idle: tuple[int, ...]

    def __repr__(self) -> str:
        made = identity_of(self.scenario, self.plan)
        return f"<Choices: {made.briefly}, {len(self.choices)} choices, {self.draws} draws of the assumptions>"

    @property
    def of_scenario(self) -> str:
        """The name of its scenario, with what was set."""
        return identity_of(self.scenario, self.plan).label

    @property
    def is_by_luck(self) -> bool:
        """Whether nothing is uncertain, so that histories of a choice differ by luck alone; see `certain`."""
        return self.verdict.draws == ONE_DRAW

    @property
    def has_levels(self) -> bool:
        """Whether any aim has a level that can be met."""
        return any(aim.has_level for aim in self.aims)

    def unit(self, aim: Aim) -> str:
        """Return the unit of an aim."""
        return "share" if aim.condition.statistic == "share" else blank_row(self.scenario, aim.outcome).unit

    def settings(self, place: int) -> list[str]:
        """Return what a choice sets, as after `--set`; but for the scenario."""
        return settings_of(self.levers, self.choices[place])

    def scenario_name(self, place: int) -> str | None:
        """Return which scenario a choice takes, if that is a lever."""
        names = [value for lever, value in zip(self.levers, self.choices[place], strict=True) if lever.path == SCENARIO]
        return names[0] if names else None

    def _levers(self, place: int) -> dict[str, Any]:
        values = zip(self.levers, self.choices[place], strict=True)
        return {"choice": place, **{lever.path: as_value(value) for lever, value in values}}

    def by_choice(self) -> list[dict[str, Any]]:
        """Return one row a choice: the value of every lever, and how it stands among all."""
        told = self.verdict
        return [
            {
                **self._levers(place), "robust": int(place == told.robust), "as_good": int(place in told.as_good),
                **_with_ends("all_met", told.all_met, place), **_with_ends("largest_regret", told.worst, place),
                "pareto": int(told.pareto[place]), "pareto_often": float(told.pareto_often[place]),
                "pareto_met": int(told.pareto_met[place]) if sum(aim.has_level for aim in self.aims) > 1 else None,
            }
            for place in range(len(self.choices))
        ]  # fmt: skip

    def as_dicts(self) -> list[dict[str, Any]]:
        """Return one row a choice and aim."""
        told = self.verdict
        return [
            {
                **self._levers(place), "aim": str(aim), "unit": self.unit(aim), **_with_ends("mean", told.means, at, place),
                "best_on_average": int(place == told.best[at]), **_with_ends("regret", told.regrets, at, place),
                **_with_ends("great_regret", told.great, at, place), **_with_ends("met", told.met, at, place),
            }
            for place in range(len(self.choices))
            for at, aim in enumerate(self.aims)
        ]  # fmt: skip

    def where_it_fails(self) -> list[dict[str, Any]]:
        """Return one row for each limit of each box in which a choice fails."""
        return [
            {
                **self._levers(place), "parameter": limit.path, "low": limit.at if limit.is_above else None,
                "high": None if limit.is_above else limit.at, "draws_inside": box.inside, "draws_outside": box.outside,
                "inside": box.value_inside, "outside": box.value_outside,
            }
            for place, box in self.fails.items() if box is not None
            for limit in box.limits
        ]  # fmt: skip

    def manifest(self) -> ChoicesManifest:
        """Return what its folder says of it."""
        plan = Plan(self.draws * self.lucks, self.plan.seed, self.plan.days)
        return ChoicesManifest(
            **about_identity(self.scenario, plan), replications=plan.replications, failed=sum(self.failed.values()),
            levers=[VariedKnob(path=one.path, values=list(one.values), low=one.low, high=one.high) for one in self.levers],
            aims=[str(aim) for aim in self.aims], draws=self.draws, lucks=self.lucks, kept_draws=self.verdict.draws,
            optimism=self.verdict.optimism, idle=[self.levers[at].path for at in self.idle],
        )  # fmt: skip


def _with_ends(name: str, bands: Bands, *place: int) -> dict[str, float | None]:
    """Return a value with the ends of its interval as cells; None where it does not apply."""
    cells = zip((name, f"{name}_low", f"{name}_high"), bands.at(*place), strict=True)
    return {cell: None if math.isnan(value) else value for cell, value in cells}


def settings_of(levers: Sequence[Varied], choice: Sequence[str]) -> list[str]:
    """Return what a choice sets, as after `--set`."""
    values = zip(levers, choice, strict=True)
    return [f"{path}={value}" for lever, value in values if lever.path != SCENARIO for path in paths_of(lever)]


def chosen_scenarios(
    scenario: Scenario[ScenarioHead], levers: Sequence[Varied], others: Loaded
) -> list[Scenario[ScenarioHead]]:
    """Return the scenario of each choice.

    Parameters
    ----------
    scenario : Scenario
    levers : sequence of Varied
    others : mapping of str to Scenario
        Those that the lever `scenario` names, by their values.

    Raises
    ------
    ScenarioError
        When a lever cannot take a value.
    ChoiceError
        When a scenario begins on another day.
    """
    for name, other in others.items():
        if other.world.start_date != scenario.world.start_date:
            raise ChoiceError(
                f"{name} begins on another day than {scenario.name}, so that what comes of both differs in time"
            )
    place = next((at for at, lever in enumerate(levers) if lever.path == SCENARIO), None)
    found = []
    for choice in lay_out(levers):
        one = scenario if place is None else others[choice[place]]
        found.append(one.with_settings(settings_of(levers, choice), "--levers"))
    return found


def choose(
    scenario: Scenario[ScenarioHead],
    plan: Plan,
    levers: Sequence[Varied],
    aims: Sequence[Aim],
    *,
    others: Loaded | None = None,
    draws: int = DRAWS,
    lucks: int = LUCKS,
    pool: Pool = ALONE,
    parts: Parts | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> Choices:
    """Run all choices on the same assumptions and luck, and judge them by the aims.

    Parameters
    ----------
    scenario : Scenario
    plan : Plan
        Seed and horizon.
    levers : sequence of Varied
        As `parse_levers` gives them.
    aims : sequence of Aim
    others : mapping of str to Scenario, optional
        The scenarios of the lever `scenario`.
    draws, lucks : int
        Draws of the assumptions, and histories of different luck in each.
    pool : Pool
    parts : Parts, optional
        Where finished choices are kept; those that are there are not run again.
    progress : callable
        Called with the number of histories done.

    Raises
    ------
    ScenarioError, ConditionError, ChoiceError
    """
    outcomes = tuple(dict.fromkeys(aim.outcome for aim in aims))
    scenarios = chosen_scenarios(scenario, levers, others or {})
    refuse_unfit(aims, scenario)
    for one in {id(one): one for one in (scenario, *(others or {}).values())}.values():
        refuse_unknown(one, plan, outcomes)
    # What levels are multiples of comes last.
    compared = [*scenarios, *([scenario] if any(aim.has_level and aim.condition.of_base for aim in aims) else [])]
    tasks = [histories(one, plan, outcomes, draws, lucks) for one in compared]
    found: list[dict[str, Floats]] = [{} for _ in tasks]
    done = 0
    if parts is not None:
        parts.begin()
    progress(done)
    for place, outcome in shared_outcomes(tasks, pool, parts):
        found[place] = outcome
        for aim in aims:
            _refuse_of_some(aim, outcome)
        done += draws * lucks
        progress(done)
    grid = lay_out(levers)
    targets = [_target(aim, found, len(grid), (draws, lucks)) for aim in aims]
    failed, idle = _failed(levers, grid, found), _idle(targets, [len(lever.values) for lever in levers])
    if not any(task.given for task in tasks):
        return Choices(
            scenario, plan, list(levers), list(aims), grid, draws, lucks, judge_by_luck(targets), {}, failed, idle
        )
    try:
        verdict, by_draw = judge(targets, [len(lever.values) for lever in levers])
    except ValueError as error:
        more = f"and {FEWEST_DRAWS} are needed; ask for what every history has, or for more --draws"
        raise ChoiceError(f"{error}, {more}") from error
    has_levels = any(aim.has_level for aim in aims)
    told = dict.fromkeys((verdict.robust, *verdict.best))
    fails = {place: _fails(by_draw, tasks[place], place, lucks, has_levels) for place in told}
    return Choices(scenario, plan, list(levers), list(aims), grid, draws, lucks, verdict, fails, failed, idle)


def _idle(targets: Sequence[Target], shape: Sequence[int]) -> tuple[int, ...]:
    """Return the levers, of so many values each, of which no value changes an aim in any history."""
    found = []
    for lever in range(len(shape)):
        values = [target.values.reshape(*shape, -1) for target in targets]
        firsts = [np.take(one, [0], axis=lever) for one in values]
        pairs = zip(firsts, values, strict=True)
        if all(np.array_equal(np.broadcast_to(first, one.shape), one, equal_nan=True) for first, one in pairs):
            found.append(lever)
    return tuple(found)


def _failed(
    levers: Sequence[Varied], grid: Sequence[tuple[str, ...]], found: Sequence[Mapping[str, Floats]]
) -> dict[str, int]:
    """Return how many histories went wrong, by what was set; as the scenario stands under an empty text."""
    names = [" ".join(f"{lever.path}={value}" for lever, value in zip(levers, choice, strict=True)) for choice in grid]
    counts = zip([*(f"at {name}" for name in names), ""], [int(one[FAILED].sum()) for one in found], strict=False)
    return {name: count for name, count in counts if count}


def _is_of_some(outcome: str, found: Mapping[str, Floats]) -> bool:
    """Return whether only some histories have an outcome."""
    return bool(np.isnan(found[outcome][found[FAILED] == 0]).mean() > MOST_WITHOUT)


def _refuse_of_some(aim: Aim, found: Mapping[str, Floats]) -> None:
    """Refuse to compare choices by an outcome that other histories have of each.

    Raises
    ------
    ChoiceError
    """
    if (aim.condition.of_base or not aim.has_level) and _is_of_some(aim.outcome, found):
        what = f"{aim.condition.statistic}({aim.outcome}) {aim.condition.sign[0]}= LEVEL"
        raise ChoiceError(
            f"'{aim}': only some histories have {aim.outcome}, other ones of each choice, so that no choice is best in it; "
            f"give it a level, as '{what}'"
        )


def _target(aim: Aim, found: Sequence[Mapping[str, Floats]], choices: int, shape: tuple[int, int]) -> Target:
    columns = [one[aim.outcome].reshape(shape) for one in found]
    condition = aim.condition
    level: Floats | float | None = None
    if aim.has_level:
        level = condition.level * columns[-1] if condition.of_base else condition.level
    is_of_some = any(_is_of_some(aim.outcome, one) for one in found)
    return Target(np.stack(columns[:choices]), condition.above, level, "=" in condition.sign, is_of_some)


def _fails(by_draw: ByDraw, task: Histories, place: int, lucks: int, has_levels: bool) -> Weakness | None:
    assumptions = {path: values[::lucks][by_draw.kept] for path, values in task.given.items()}
    if has_levels:
        return weakness(by_draw.succeeded[place], assumptions)
    return weakness(by_draw.regrets[0, place], assumptions, is_good=False)


def about(
    scenario: Scenario[ScenarioHead],
    plan: Plan,
    levers: Sequence[Varied],
    aims: Sequence[Aim],
    others: Loaded,
    draws: int,
    lucks: int,
) -> dict[str, Any]:
    """Return all that the results depend on."""
    return {
        **what_is_run(scenario, plan),
        "levers": [[lever.path, list(lever.values)] for lever in levers],
        "aims": [str(aim) for aim in aims],
        "others": {name: what_is_run(other, plan) for name, other in others.items()},
        "draws": draws,
        "lucks": lucks,
    }
