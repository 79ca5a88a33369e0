"""A scenario's numbers without what is not known of them, for tests of rules that hold at given numbers."""

from __future__ import annotations

from typing import Any

from sim.scenario import Quantity


def certain(tree: Any) -> Any:
    """Return part of a scenario's tree with each range in it replaced by its centre, the rest as it is."""
    if isinstance(tree, dict):
        return Quantity.parse(tree).central if "dist" in tree else {name: certain(one) for name, one in tree.items()}
    return [certain(one) for one in tree] if isinstance(tree, list) else tree
