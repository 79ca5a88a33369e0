"""What differs between two scenarios, in verbs."""

from __future__ import annotations

import re
from typing import Any

from sim.scenario import Scenario
from sim.scenario.describe import ABSENT, Change, entries, in_words
from sim.scenario.labels import SIDES
from sim.words.labels import knob_heading, knob_label
from sim.words.numbers import rounded

# By the list that a thing stands in: what it is, what is said where it is new, and where it is no longer there.
_KINDS = {
    "backers": ("The backer", "comes in", "stops"),
    "halts": ("The halt of aid", "is added", "no longer happens"),
    "packages": ("The package", "is added", "is no longer pledged"),
    "waves": ("The wave of mobilization", "is added", "is no longer called"),
    "offensives": ("The offensive", "is added", "no longer happens"),
    "belts": ("The belt", "is added", "is no longer there"),
    "issues": ("The issue", "is put on the table", "is no longer on the table"),
    "options": ("The option", "is put on the table", "is no longer on the table"),
    "forbidden": ("The ban", "is added", "is lifted"),
    "red_lines": ("red line", "is drawn", "is dropped"),
    "regimes": ("The ceasefire regime", "is added", "is no longer there"),
    "events": ("The event", "is added", "no longer happens"),
    "correlations": ("The correlation", "is added", "is dropped"),
}
_WITH_JOINTS = re.compile(r"\b[a-z][a-z0-9]*(_[a-z0-9]+)+\b")
_ID = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_SAID_ELSEWHERE = ("name", "note", "source", "assumption", "tell")
MONTHS_A_YEAR = 12
_NONE = (ABSENT, in_words(None))


def in_verbs(change: Change, before: Scenario[Any], after: Scenario[Any]) -> str:
    """Return a difference between two scenarios as a sentence."""
    what, (old, new) = what_in_words(change, before, after), both_in_words(change, before, after)
    unit = f" ({change.unit})" if change.unit else ""
    _, comes, ends = _KINDS.get(_list_of(change.path), ("", "is added", "is dropped"))
    if change.before is None:
        return f"{what} {comes}: {new}".removesuffix(": ")
    if change.after is None:
        return f"{what} {ends}"
    if change.before in _NONE:
        return f"{what} is set to {new}{unit}"
    return f"{what} is left out (was {old})" if change.after in _NONE else f"{what}: {old} becomes {new}{unit}"


def what_in_words(change: Change, before: Scenario[Any], after: Scenario[Any]) -> str:
    """Return what it is that differs."""
    if change.before is not None and change.after is not None:
        return knob_heading(change.path, before if change.after in _NONE else after)
    return thing_in_words(change.path, after if change.before is None else before)


def both_in_words(change: Change, before: Scenario[Any], after: Scenario[Any]) -> tuple[str, str]:
    """Return what stands in both scenarios."""
    if change.before is None:
        return "not there", details(change.path, after)
    if change.after is None:
        return details(change.path, before), "not there"
    return value_in_words(change.before, change.path, before), value_in_words(change.after, change.path, after)


def thing_in_words(path: str, scenario: Scenario[Any]) -> str:
    """Return what a thing of a list is and is called, such as "Ukraine's red line 'no neutrality'"."""
    if path.rpartition(".")[2].isdigit():  # it has no name of its own
        return knob_heading(path, scenario)
    kind, _, _ = _KINDS.get(_list_of(path), ("Item", "", ""))
    names, thing = scenario.names, _at(scenario.world, path)
    side = getattr(thing, "side", None)
    whose = f"{names.sides[side]}'s " if kind == "red line" and side in SIDES else ""
    issue = _at(scenario.world, path.rpartition(".options.")[0]) if ".options." in path else None
    of = f" of '{names.of(issue)}'" if issue is not None else ""
    return f"{whose}{kind} '{names.of(thing)}'{of}"


def details(path: str, scenario: Scenario[Any]) -> str:
    """Return what a thing of a list is like, in one line."""
    thing = _at(scenario.world, path)
    name = scenario.names.of(thing)
    if _list_of(path) == "events":
        return _event(thing, scenario)
    said = (*_SAID_ELSEWHERE, "side") if _list_of(path) == "red_lines" else _SAID_ELSEWHERE
    told = []
    for entry in entries(scenario):
        field = entry.path.removeprefix(f"{path}.")
        if field == entry.path or field.partition(".")[0] in said:
            continue
        unit = f" {entry.unit}" if entry.unit and not entry.unit.startswith(("share", "factor")) else ""
        what = knob_label(entry.path, scenario).removesuffix(f" ({name})")
        told.append(f"{what} {value_in_words(entry.text, entry.path, scenario)}{unit}")
    return ", ".join(told)


def value_in_words(text: str, path: str, scenario: Scenario[Any]) -> str:
    """Return the value at a path, in which ids and paths are told by name."""
    parts, names = text.split(", "), scenario.names
    if all(_ID.fullmatch(part) for part in parts):
        known = names.sides | {one.id: names.of(one) for one in _meant(path, scenario)}
        return ", ".join(known.get(part) or names.in_words(part) for part in parts)
    if all(part in scenario.labels for part in parts):
        return ", ".join(scenario.labels[part].sentence for part in parts)
    # Such as the parameters of a distribution.
    return _WITH_JOINTS.sub(lambda found: found.group().replace("_", " "), text)


def _meant(path: str, scenario: Scenario[Any]) -> list[Any]:
    """Return the things of which the value at a path may name some: options of an issue, or what the field is called for."""
    before, _, field = path.rpartition(".")
    if before.endswith(".terms"):
        return list(getattr(_at(scenario.world, f"negotiation.issues.{field}"), "options", ()))
    return [one for one in scenario.names.things if type(one).__name__.lower() == field]


def _event(event: Any, scenario: Scenario[Any]) -> str:
    """Return when an event comes, and what it changes for how long."""
    parts = [_when(event.when, scenario)]
    if event.during != "both":
        parts.append({"war": "at war", "ceasefire": "in a ceasefire"}[event.during])
    if event.at_most is not None:
        parts.append(f"at most {event.at_most:,} times")
    elif event.when.date is None:
        parts.append("once")
    if not (event.probability.is_certain and event.probability.central == 1):
        parts.append(f"with a chance of {in_words(event.probability)}")
    spans: dict[str, list[str]] = {}
    for path, effect in event.effect.items():
        span = "for good" if effect.for_days is None else f"for {in_words(effect.for_days)} days"
        value, knob = in_words(getattr(effect, effect.kind)), knob_label(path, scenario)
        verb = {"set": "becomes", "scale": "times", "add": "plus"}[effect.kind]
        spans.setdefault(span, []).append(f"{knob} {verb} {value}")
    whole = "; ".join(f"{span}: {', '.join(told)}" for span, told in spans.items())
    return f"{', '.join(parts)}, {whole}"


def _when(when: Any, scenario: Scenario[Any]) -> str:
    if when.date is not None:
        return f"on {when.date.isoformat()}"
    if when.hazard_per_year is not None:
        rate = when.hazard_per_year
        if rate.is_certain and rate.central > 0:
            return f"every {rounded(MONTHS_A_YEAR / rate.central)} months on average"
        return f"at random, {in_words(rate)} times a year"
    names = scenario.names
    first, *others = when.quantity.split(".")
    whose = "".join(f"{names.sides[one]}'s " for one in others if one in SIDES)
    what = f"{whose}{' of '.join(names.in_words(one) for one in (first, *others) if one not in SIDES)}"
    bounds = [f"{word} {in_words(level)}" for word in ("below", "above") if (level := getattr(when, word)) is not None]
    return f"when {what} is {' and '.join(bounds)}"


def _list_of(path: str) -> str:
    """Return the name of the list that a thing stands in."""
    parts = path.split(".")
    return parts[-2] if len(parts) > 1 else ""


def _at(world: Any, path: str) -> Any:
    """Return the thing at a path of ids and positions, or its id where there is none."""
    here: Any = world
    for step in path.split("."):
        if not isinstance(here, (list, tuple)):
            here = getattr(here, step, step)
        elif step.isdigit():
            here = here[int(step)]
        else:
            here = next((one for one in here if one.id == step), step)
    return here
