"""The parameters of a batch: every uncertain quantity of the scenario, drawn once per replication."""

from collections.abc import Iterable, Sequence

import numpy as np

from sim.engine.draws import Draws, Floats
from sim.scenario import Quantity

SIDES = ("attacker", "defender")


class Drawn:
    """The drawn value of every quantity of a scenario, by its dotted path.

    A quantity's luck is the stream named after its path, so that the same luck reaches every scenario that has it.

    Parameters
    ----------
    quantities : iterable of (path, Quantity)
    draws : Draws
        Streams of the batch.
    """

    def __init__(self, quantities: Iterable[tuple[str, Quantity]], draws: Draws) -> None:
        self._n = len(draws.replications)
        self.values: dict[str, Floats] = {}
        self.uncertain: list[str] = []
        for path, quantity in quantities:
            if quantity.is_certain:
                self.values[path] = np.full(self._n, quantity.central)
            else:
                self.uncertain.append(path)
                self.values[path] = quantity.quantile(draws.uniform(f"parameter/{path}").at(0))

    def one(self, path: str) -> Floats:
        """Return the values of one quantity, shape (n,)."""
        return self.values[path]

    def sides(self, section: str, name: str) -> Floats:
        """Return the values for attacker and defender, shape (2, n)."""
        return self.rows(section, SIDES, name)

    def rows(self, section: str, items: Sequence[str], name: str) -> Floats:
        """Return the values of knob `name` of several items, shape (len(items), n)."""
        if not items:
            return np.empty((0, self._n))
        return np.stack([self.values[f"{section}.{item}.{name}"] for item in items])
