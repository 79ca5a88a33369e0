"""What editors offer where a scenario names things by free keys: options by issue, and knobs by their paths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sim.model.events import live_knobs


def offered_keys(world: Any) -> dict[str, Mapping[str, Sequence[str]]]:
    """Return by the name of a field which keys a mapping in it is offered, and for each key which texts.

    Parameters
    ----------
    world : WarScenario
    """
    issues = world.negotiation.issues if world.negotiation is not None else ()
    return {
        "terms": {issue.id: [option.id for option in issue.options] for issue in issues},
        "effect": dict.fromkeys(live_knobs(world), ()),
    }
