"""What scenarios, outcomes and knobs are called in sentences, in which no id and no dotted path may stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sim.model import WarScenario
from sim.results.summary import blank_row
from sim.scenario import Scenario
from sim.scenario.labels import Label, Names, label_of


def knob_label(path: str, scenario: Scenario[Any] | None = None) -> str:
    """Return what a knob is called within a sentence, given its path, with the names of a scenario where there is one.

    >>> knob_label("negotiation.defender.renewed_war_loss"), knob_label("front.mud_season_factor")
    ("the defender's fear of renewed war", 'factor on pace in the mud season')
    """
    return _label(path, scenario).sentence


def knob_heading(path: str, scenario: Scenario[Any] | None = None) -> str:
    """Return what a knob is called in figures, in tables and on axes.

    >>> knob_heading("arms.halts.us_pause.days"), knob_heading("negotiation.attacker.discount_per_year")
    ('US pause: length of the halt', "The attacker's impatience")
    """
    return _label(path, scenario).text


def _label(path: str, scenario: Scenario[Any] | None) -> Label:
    if scenario is None:
        return label_of(Names(), path, WarScenario)
    return scenario.labels.get(path) or label_of(scenario.names, path)


def sentence_label(label: str, sides: Sequence[str] = ()) -> str:
    """Return a label as it stands within a sentence, without its unit in brackets.

    >>> sentence_label("Net land taken by Russia (km2)"), sentence_label("Russia's army has collapsed", ["Russia"])
    ('net land taken by Russia', "Russia's army has collapsed")
    """
    label = label.partition(" (")[0] if label.endswith(")") else label
    return label if label.startswith(tuple(sides)) and sides else label[:1].lower() + label[1:]


def outcome_label(outcome: str, scenario: Scenario[Any] | None) -> str:
    """Return what an outcome is called where no heading stands above it."""
    if scenario is None:
        return outcome.replace("_", " ")
    return sentence_label(blank_row(scenario, outcome).label, side_names(scenario))


def side_names(scenario: Scenario[Any]) -> tuple[str, str]:
    """Return the names of both sides."""
    return scenario.world.sides.attacker.name, scenario.world.sides.defender.name


def with_unit(label: str, unit: str) -> str:
    """Return a label with its unit, where it does not say it and is no share."""
    return label if not unit or unit == "share" or f"({unit})" in label else f"{label} ({unit})"
