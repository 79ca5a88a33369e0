"""A scenario to start from, as text."""

import os
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from sim.scenario import Scenario, ScenarioHead, numbers
from sim.scenario.blank import Blank
from sim.scenario.describe import entries, in_words
from sim.scenario.wording import one_line
from sim.scenario.write import to_yaml

# The knobs an analyst turns first, whatever the war.
COMMON = (
    "arms.attacker.aid_scale",
    "arms.defender.aid_scale",
    "manpower.attacker.intake_per_month",
    "manpower.attacker.return_share",
    "manpower.defender.intake_per_month",
    "attrition.attacker.daily_casualties",
    "attrition.defender.daily_casualties",
    "front.advance_km2_per_day",
    "front.advance_settled_km2_per_day",
    "negotiation.attacker.cost_of_war_per_year",
    "negotiation.attacker.outside_pressure",
    "negotiation.defender.cost_of_war_per_year",
    "negotiation.defender.outside_pressure",
    "negotiation.defender.renewed_war_loss",
    "negotiation.talks.open_per_year",
    "negotiation.talks.fail_per_year",
    "ceasefire.early_hazard",
    "ceasefire.later_hazard_per_year",
    "ceasefire.institutions",
)
# Of each thing that stands at one of these, too.
OF_EACH = {"negotiation.red_lines": ("hard_share", "price"), "ceasefire.regimes": ("zone_width_km", "guards")}
# What a war may be without, by the place of the template that is asked for first: which section that is, and what it means.
MAY_LACK = {"arms.backers.backer.name": (("arms", "backers"), "nobody sends arms, and the section is left out")}


def text_lines(name: str, base: str, scenario: Scenario[ScenarioHead]) -> list[str]:
    """Return the lines of a scenario that changes nothing in `base`, which is `scenario`; the common knobs are comments."""
    words = {entry.path: entry for entry in entries(scenario)}
    # A word of the base is kept, with all that is on record for it.
    central = {known.path: _as_written(known.value) for known in numbers(scenario.world)}
    head = {
        "title": name.replace("_", " ").strip().capitalize(),
        "extends": os.path.relpath(base) if os.path.isabs(base) else base,
        "description": "What is assumed, in a sentence.",
    }
    lines = [
        *to_yaml(head).splitlines(),
        "",
        "# To change a number, remove the '#' and the space before its line and before the lines it stands under.",
    ]
    above: list[str] = []
    for dotted in (dotted for dotted in words if _is_common(dotted)):
        *sections, knob = dotted.split(".")
        for depth, section in enumerate(sections):
            if sections[: depth + 1] != above[: depth + 1]:
                lines.append(f"# {'  ' * depth}{section}:")
        above = sections
        entry = words[dotted]
        value, was = in_words(central[dotted]).replace(",", "_"), one_line(f"{base}: {entry.text}. {entry.about}")
        lines.append(f"# {'  ' * len(sections)}{knob}: {value}  # {entry.unit}; {was}")
    return lines


def blank_text(name: str) -> str:
    """Return the text of a scenario of a war of one's own, in the order in which an analyst asks, with places to fill in."""
    return (files("sim.words") / "blank.yaml").read_text(encoding="utf-8").replace("{name}", name)


def question(blank: Blank, number: int, of: int, before: Blank | None) -> list[str]:
    """Return the lines that ask for what is blank, after another; the answer is written behind the last."""
    same = before is not None and before.line == blank.line
    unit = f" ({blank.unit})" if blank.unit else ""
    kept = f" [{blank.kept}]" if blank.kept else ""
    lack = [f"  An empty answer: {MAY_LACK[blank.name][1]}."] if blank.name in MAY_LACK else []
    return [*([] if same or not blank.remark else [f"  {blank.remark}"]), *lack, f"{number}/{of} {blank.name}{unit}{kept}: "]


def how_to_answer() -> Sequence[str]:
    """Return what is said before the first question."""
    return (
        "An empty answer keeps what stands in [brackets], or leaves the place blank; ? explains; a number may be a range,",
        "as in {dist: triangular, low: 1, mode: 2, high: 4}. The end of input (Ctrl-D) stops and keeps what was answered.",
    )


def _as_written(value: Any) -> Any:
    return getattr(value, "word", "") or getattr(value, "central", value)


def _is_common(dotted: str) -> bool:
    things, _, knob = dotted.rpartition(".")
    return dotted in COMMON or knob in OF_EACH.get(things.rpartition(".")[0], ())
