"""Several analysts' assumptions over one base: who they are, what they differ in, and a war that takes from each of them.

A *difference* is what stands at a path that is not alike in all members: a number with its distribution, a rule, a thing of
a list that not all have. Where one of these cannot stand without others, as weights that add to 1, they are one difference.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

import numpy as np

from sim.engine.draws import Draws, Floats, Ints
from sim.errors import ParleyError
from sim.model import WarScenario
from sim.model.parameters import Drawn
from sim.scenario import Quantity, Scenario, ScenarioError, ScenarioHead, load_scenario, quantities
from sim.scenario.describe import ABSENT, entries
from sim.scenario.errors import Path
from sim.scenario.identity import HORIZON, REMARKS, apart, in_full
from sim.scenario.wording import quoted

FEWEST, MOST = 2, 8
# What is said of a scenario, beside `REMARKS`; and what all members must have alike.
_SAID, _ALIKE = ("title", "expect"), ("sides", "start_date")


class PanelError(ParleyError):
    """Why scenarios are no panel."""


@dataclass(frozen=True)
class Member:
    """An analyst.

    Attributes
    ----------
    name, called : str
        As in commands, and in sentences and tables; no other member has the same.
    scenario : Scenario
        What is assumed.
    weight : float
        Of all members they add to 1.
    """

    name: str
    called: str
    scenario: Scenario[ScenarioHead]
    weight: float


@dataclass(frozen=True)
class Difference:
    """What members differ in.

    Attributes
    ----------
    at : tuple of path
        Where it stands; several places where one cannot stand without the others.
    holds : tuple of int
        By member, the first of them who says the same.
    values : tuple of Quantity, or None
        By member, where it is a number that all of them have; None where it is of another kind.
    said : tuple of str
        By member, what is said, in full.
    is_given : bool
        Whether it is a number that histories can be given one by one: not if what is drawn with it would have other luck.
    """

    at: tuple[Path, ...]
    holds: tuple[int, ...]
    values: tuple[Quantity, ...] | None
    said: tuple[str, ...]
    is_given: bool

    @property
    def paths(self) -> tuple[str, ...]:
        """The places as `--set` takes them."""
        return tuple(".".join(map(str, path)) for path in self.at)

    @property
    def knob(self) -> str:
        """The places in one text."""
        return ", ".join(self.paths)

    @property
    def central(self) -> tuple[float, ...] | None:
        """By member, the number in the middle of what it may be."""
        return None if self.values is None else tuple(value.central for value in self.values)


@dataclass(frozen=True)
class Members:
    """The members of a panel.

    Attributes
    ----------
    base : Scenario
        The nearest that all of them extend.
    members : tuple of Member
    differences : tuple of Difference
    """

    base: Scenario[ScenarioHead]
    members: tuple[Member, ...]
    differences: tuple[Difference, ...]

    @cached_property
    def weights(self) -> Floats:
        """Of the members, (members,)."""
        return np.array([member.weight for member in self.members])

    def cell(self, holds: Sequence[int]) -> tuple[int, ...]:
        """Return what is taken from whom, by difference, as one who says it first: equal ones are the same war."""
        return tuple(one.holds[who] for one, who in zip(self.differences, holds, strict=True))

    def own(self, member: int) -> tuple[int, ...]:
        """Return what a member takes from whom."""
        return self.cell([member] * len(self.differences))

    def structure(self, cell: Sequence[int]) -> Scenario[ScenarioHead]:
        """Return the war of a cell but for its numbers, which are to be given.

        Raises
        ------
        PanelError
            When what is taken from several members cannot stand together.
        """
        taken = [(one, self.members[who]) for one, who in zip(self.differences, cell, strict=True) if not one.is_given]
        return _mixed(self.members[0], taken)

    def given(self, cell: Sequence[int], drawn: Sequence[dict[str, Floats]]) -> dict[str, Floats]:
        """Return the numbers of a cell, by path, from what each member has `drawn`."""
        return {
            one.knob: drawn[who][one.knob]
            for one, who in zip(self.differences, cell, strict=True) if one.is_given
        }  # fmt: skip

    def drawn(self, seed: int, numbers: Ints) -> list[dict[str, Floats]]:
        """Return what each member has for the numbers that differ, (n,) each by path, on the luck of these replications."""
        paths = [one.knob for one in self.differences if one.values is not None]
        found = []
        for member in self.members:
            world = member.scenario.world
            values = Drawn(world, Draws(seed, numbers), world.correlations).values
            found.append({path: values[path] for path in paths})
        return found


def members_of(
    scenarios: Sequence[Scenario[ScenarioHead]],
    weights: Sequence[float] = (),
    *,
    settings: Sequence[str] = (),
    has_own_span: bool = False,
) -> Members:
    """Return the panel that scenarios are.

    Parameters
    ----------
    scenarios : sequence of Scenario
        From 2 to 8, which extend one base.
    weights : sequence of float
        Of each, in any unit; all alike if not given.
    settings : sequence of str
        What was set in all of them, as after `--set`, and is in the base too.
    has_own_span : bool
        Whether they are run over another horizon than their own.

    Raises
    ------
    PanelError
        When they are too few or many, have no common base, or differ in what cannot be mixed, or the weights do not fit.
    ScenarioError
        When the base cannot be read.
    """
    if not FEWEST <= len(scenarios) <= MOST:
        raise PanelError(f"a panel has {FEWEST} to {MOST} members, not {len(scenarios)}")
    shares = _weights(weights, len(scenarios))
    names = [one.name for one in scenarios]
    if len({*names}) < len(names):
        names = [f"{name} ({place})" for place, name in enumerate(names, 1)]
    titles = [one.world.called for one in scenarios]
    called = [f"{title} ({name})" if titles.count(title) > 1 else title for title, name in zip(titles, names, strict=True)]
    members = [Member(*one) for one in zip(names, called, scenarios, shares, strict=True)]
    common = [file for file in scenarios[0].files if all(file in one.files for one in scenarios)]
    if not common:
        raise PanelError(
            f"{', '.join(names)} extend no scenario that is the same for all; write 'extends: baseline' in each"
        )
    for path in _ALIKE if has_own_span else (*_ALIKE, *HORIZON):
        if len({in_full(one.tree.get(path)) for one in scenarios}) > 1:
            said = "; ".join(f"{member.name}: {in_full(member.scenario.tree.get(path))}" for member in members)
            cure = "; give one to all with --months" if path in HORIZON else ""
            raise PanelError(
                f"the members of a panel have the same {path.replace('_', ' ')}, and these have not ({said}){cure}"
            )
    differences = tuple(_differences(members))
    if not differences:
        raise PanelError(f"{', '.join(names)} assume the same: there is nothing that a panel could differ in")
    return Members(load_scenario(common[-1], WarScenario, settings), tuple(members), differences)


def _weights(weights: Sequence[float], members: int) -> list[float]:
    """Return weights that add to 1."""
    if weights and len(weights) != members:
        raise PanelError(f"{members} members and {len(weights)} weights; give one weight for each member")
    if not all(np.isfinite(weight) and weight > 0 for weight in weights):
        raise PanelError(f"weights are greater than 0, not {', '.join(f'{weight:g}' for weight in weights)}")
    return [weight / sum(weights) for weight in weights] if weights else [1.0 / members] * members


def _assumed(scenario: Scenario[ScenarioHead]) -> dict[str, Any]:
    return {key: value for key, value in scenario.tree.items() if key not in (*REMARKS, *_SAID, *_ALIKE, *HORIZON)}


def _differences(members: Sequence[Member]) -> Iterator[Difference]:
    """Yield what members differ in, in the order of their files."""
    found = [(path,) for path in apart([_assumed(member.scenario) for member in members])]
    alone = [one for one in found if _wrong(members, one) is None]
    bound = sorted((one for one in found if one not in alone), key=lambda one: str(one[0][0]))
    joined = [tuple(path for (path,) in those) for _, those in groupby(bound, key=lambda one: one[0][0])]
    for one in joined:
        if (wrong := _wrong(members, one)) is not None:
            raise wrong
    correlated = {path for member in members for one in member.scenario.world.correlations for path in one.between}
    bends = any(path[0] == "correlations" for one in found for path in one)
    known = [dict(quantities(member.scenario.world)) for member in members]
    texts = [{entry.path: entry.text for entry in entries(member.scenario)} for member in members]
    for at in (*alone, *joined):
        parts = [[_at(member.scenario.tree, path) for path in at] for member in members]
        dotted = ".".join(map(str, at[0]))
        values = [one[dotted] for one in known if len(at) == 1 and dotted in one]
        is_number = len(values) == len(members)
        # Whether it is drawn bends the luck of others.
        is_bent = bends or (dotted in correlated and any(value.is_certain for value in values))
        said = [_said(at, one, each) for one, each in zip(texts, parts, strict=True)]
        # What one member leaves to its default is what another may say: they are the same.
        told = [repr(value.distribution) for value in values] if is_number else [in_full(one) for one in parts]
        holds = tuple(told.index(one) for one in told)
        if not any(holds):
            continue
        yield Difference(at, holds, tuple(values) if is_number else None, tuple(said), is_number and not is_bent)


def _said(at: Sequence[Path], texts: dict[str, str], values: Sequence[Any]) -> str:
    """Return what a member says at some places, in words."""
    told = [
        texts.get(".".join(map(str, path)), ABSENT if value is None else in_full(value))
        for path, value in zip(at, values, strict=True)
    ]
    return "; ".join(told)


def _wrong(members: Sequence[Member], at: tuple[Path, ...]) -> PanelError | None:
    """Return why one difference cannot be taken from another member alone; None if it can be."""
    one = Difference(at, (), None, (), False)
    try:
        for member in members[1:]:
            _mixed(members[0], [(one, member)])
    except PanelError as error:
        return error
    return None


def _mixed(start: Member, taken: Sequence[tuple[Difference, Member]]) -> Scenario[ScenarioHead]:
    """Return what a member assumes, with differences taken from others."""
    tree = copy.deepcopy(start.scenario.tree)
    tree.pop("expect", None)
    for difference, other in taken:
        tree["sources"] = {**other.scenario.tree.get("sources", {}), **tree.get("sources", {})}
        for path in difference.at:
            above, value = _at(tree, path[:-1]), _at(other.scenario.tree, path)
            if value is None:
                above.pop(path[-1], None)
            else:
                above[path[-1]] = copy.deepcopy(value)
    try:
        return start.scenario.with_tree(tree)
    except ScenarioError as error:
        whose = ", ".join(f"{one.knob} of {other.name}" for one, other in taken)
        raise PanelError(
            f"{quoted(start.name)} with {whose} is no scenario, so that these cannot be mixed: {error.problems[0].message}"
        ) from error


def _at(tree: Any, path: Path) -> Any:
    """Return what stands at a path; None where nothing does."""
    for step in path:
        tree = tree.get(step)
    return tree
