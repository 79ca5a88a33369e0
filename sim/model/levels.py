"""Levels that were changed without a reference: then losses and pace count as seen at the new level, whatever it is.

A level counts as changed where it is written elsewhere than most of the scenario, as in a variant or after `--set`, and none
of the losses and paces that were seen is written there too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sim.model.parameters import SIDES
from sim.scenario import Scenario, ScenarioHead, ties

# Of each side: the section, its level, and at what level losses and pace were seen.
LEVELS = (("manpower", "force_persons", "reference_force_persons"), ("arms", "fire_at_start_share", "reference_fire_share"))
_SEEN = (
    *(("attrition", side, "daily_casualties") for side in SIDES),
    ("front", "advance_km2_per_day"),
    ("front", "advance_settled_km2_per_day"),
)


def of_levels(scenario: Scenario[ScenarioHead]) -> Iterator[str]:
    """Yield a sentence for each level that was changed and has no reference, or one that is drawn apart from it."""
    world: Any = scenario.world
    # All that was set counts as one file.
    files = {path: place.file if place.line else "" for path, place in scenario.places.items()}
    (main, _), *_ = Counter(files.values()).most_common(1)
    seen_in = {file for path, file in files.items() if any(path[: len(one)] == one for one in _SEEN)}
    tied = ties(world.correlations)
    for section, name, reference_name in LEVELS:
        for side in SIDES:
            own = getattr(getattr(world, section), side)
            level, reference = getattr(own, name), getattr(own, reference_name)
            path, reference_path = f"{section}.{side}.{name}", f"{section}.{side}.{reference_name}"
            if reference is None:
                written = {file for at, file in files.items() if at[:3] == (section, side, name)}
                if written - {main} - seen_in:
                    yield (
                        f"{path} is changed, and nothing says at which level the losses and the pace were seen: they count"
                        f" as seen at the new one, so that it does not make its side stronger. Write {reference_path}"
                    )
            elif not level.is_certain and not reference.is_certain and not {path, reference_path} <= tied.keys():
                yield (
                    f"{reference_path} is drawn apart from {path}, as if losses and pace had been seen at another level in"
                    " each history. Write a correlation of rank 1 between them"
                )
