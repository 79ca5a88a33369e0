"""A scenario without a part of it: without what its author scripts, or without what others would or would not accept.

What is scripted happens because the scenario says so, whatever the course of the war. It is of two kinds: `events` are all
things of the section events (on a date, at random or on a condition, for each is written by hand), and the halts of aid,
packages, waves and elections that come on a set date; `offensives` are those that are planned. `red_lines` and `parties` are
no script, but a scenario may be asked what it says without them too. What happens at a rate or by a rule of the model stays.

What makes no sense without what is taken out goes with it: a red line on which only a party votes, what an event does to it,
a correlation with it, the word of a party that backs another's. An event whose count something else looks at stays, with no
chance of coming.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel

from sim.engine.calendar import Calendar
from sim.model.dated import chance_of, day_of
from sim.scenario import Problem, Quantity, Scenario, ScenarioError, ScenarioHead
from sim.scenario.errors import Path
from sim.scenario.tree import everything
from sim.scenario.wording import did_you_mean, listed, quoted

EVENTS, OFFENSIVES, RED_LINES, PARTIES, SCRIPTED = "events", "offensives", "red_lines", "parties", "scripted"
KINDS: Mapping[str, tuple[str, ...]] = {
    **{kind: (kind,) for kind in (EVENTS, OFFENSIVES, RED_LINES, PARTIES)}, SCRIPTED: (EVENTS, OFFENSIVES),
}  # fmt: skip
"""What can be taken out by one word, and of which kinds that is."""
_LISTS: Mapping[Path, str] = {
    ("events",): EVENTS, ("front", "offensives"): OFFENSIVES, ("negotiation", "red_lines"): RED_LINES,
    ("parties",): PARTIES,
}  # fmt: skip


class Part(NamedTuple):
    """Something with an id that can be taken out.

    Attributes
    ----------
    path : tuple of str
        By its id.
    kind : str
        One of events, offensives, red_lines and parties.
    label : str
        What it is called.
    date : date or None
        On which it comes, if that is set.
    may_come : bool
        Whether it has a chance.
    """

    path: Path
    kind: str
    label: str
    date: datetime.date | None
    may_come: bool

    @property
    def name(self) -> str:
        """The path, as it is written."""
        return ".".join(map(str, self.path))


def parts_of(scenario: Scenario[Any]) -> list[Part]:
    """Return what can be taken out of a scenario, in its order."""
    found = []
    for path, thing in _things(scenario.world, ()):
        day = day_of(thing)
        kind = _LISTS.get(path[:-1]) or (EVENTS if day is not None else "")
        if kind:
            found.append(Part(path, kind, scenario.names.of(thing), day, chance_of(thing)[1] > 0))
    return found


def scripted(scenario: Scenario[Any], days: int) -> list[Part]:
    """Return what a scenario scripts that may come within so many days."""
    start = Calendar(scenario.world.start_date)
    return [
        one
        for one in parts_of(scenario)
        if one.kind in KINDS[SCRIPTED] and one.may_come and (one.date is None or 0 <= start.day_of(one.date) < days)
    ]


def chosen(scenario: Scenario[Any], names: Sequence[str], option: str = "--without") -> list[Part]:
    """Return the parts of a scenario that names stand for: kinds (see `KINDS`), ids, or paths.

    Raises
    ------
    ScenarioError
        With every name that stands for nothing here, or for several things.
    """
    parts, found, problems = parts_of(scenario), dict[Part, None](), list[Problem]()
    for name in names:
        place = f"{option} {name}"
        those = [one for one in parts if one.kind in KINDS.get(name, ())]
        if not those and name not in KINDS:
            those = [one for one in parts if f".{one.name}".endswith(f".{name}")]
            if len(those) > 1:
                paths = listed([one.name for one in those])
                problems.append(Problem(place, f"{quoted(name)} is the name of several", f"Write one of them: {paths}"))
                continue
        if not those:
            kinds = [kind for kind, of in KINDS.items() if any(one.kind in of for one in parts)]
            message = f"there are no {name.replace('_', ' ')} here" if name in KINDS else f"there is no {quoted(name)} here"
            message = "there is nothing scripted here" if name == SCRIPTED else message
            known = [*kinds, *(str(one.path[-1]) for one in parts)]
            problems.append(Problem(place, message, did_you_mean(name, known) if known else ""))
        found |= dict.fromkeys(those)
    if problems:
        raise ScenarioError(problems)
    return list(found)


def without(scenario: Scenario[ScenarioHead], names: Sequence[str], option: str = "--without") -> Scenario[ScenarioHead]:
    """Return a scenario without a part of it, which its settings say.

    Parameters
    ----------
    scenario : Scenario
    names : sequence of str
        As in `chosen`.
    option : str
        How it was asked for, which is its place in messages.

    Raises
    ------
    ScenarioError
        As in `chosen`; or when what is left is no scenario, as where an option is open while a party has a will.
    """
    return taken_out(scenario, [one.path for one in chosen(scenario, names, option)], f"{option} {' '.join(names)}")


def taken_out(scenario: Scenario[ScenarioHead], paths: Collection[Path], option: str) -> Scenario[ScenarioHead]:
    """Return a scenario without things at these paths, and without what makes no sense then."""
    gone = _with_what_hangs_on_it(scenario.tree, paths)
    counted = {f"event_count.{path[1]}": path for path in gone if len(path) == 2 and path[0] == "events"}
    watched = {
        value for path, value in everything(scenario.tree) if path and path[-1] == "quantity" and not _is_under(path, gone)
    }
    kept = [counted[name] for name in counted if name in watched]
    return scenario.taken_out(gone.difference(kept), {(*path, "probability"): 0 for path in kept}, option)


def _things(section: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """Yield all things with an id below a section, each with its path."""
    if isinstance(section, list):
        for item in section:
            if hasattr(item, "id"):
                yield (*path, item.id), item
                yield from _things(item, (*path, item.id))
    elif isinstance(section, BaseModel) and not isinstance(section, Quantity):
        for name in type(section).model_fields:
            yield from _things(getattr(section, name), (*path, name))


def _is_under(path: Path, gone: Collection[Path]) -> bool:
    """Return whether a path is one of these, or below one."""
    return any(path[: len(one)] == one for one in gone)


def _with_what_hangs_on_it(tree: Mapping[str, Any], paths: Collection[Path]) -> set[Path]:
    """Return the paths of what is to go, and of what makes no sense without it; none of them below another."""
    gone = set(paths)
    while more := {path for path in _hangs_on(tree, gone) if not _is_under(path, gone)}:
        gone |= more
    return {path for path in gone if not any(_is_under(path, [one]) for one in gone if one != path)}


def _hangs_on(tree: Mapping[str, Any], gone: Collection[Path]) -> Iterator[Path]:
    """Yield the paths of what makes no sense without what is gone."""

    def is_gone(dotted: Any) -> bool:
        return any(f"{dotted}.".startswith(f"{'.'.join(map(str, one))}.") for one in gone)

    for name, line in ((tree.get("negotiation") or {}).get("red_lines") or {}).items():
        if line.get("ratified_by") is not None and is_gone(f"parties.{line['ratified_by']}"):
            yield ("negotiation", "red_lines", name)
    for name, party in (tree.get("parties") or {}).items():
        backstop = (party.get("guarantees") or {}).get("backstop")
        if backstop is not None and is_gone(f"parties.{backstop}"):
            yield ("parties", name, "guarantees", "backstop")
    for name, event in (tree.get("events") or {}).items():
        dead = [path for path in event["effect"] if is_gone(path)]
        yield from [("events", name)] if len(dead) == len(event["effect"]) else (("events", name, "effect", p) for p in dead)
    for name, one in (tree.get("correlations") or {}).items():
        if any(map(is_gone, one["between"])):
            yield ("correlations", name)
