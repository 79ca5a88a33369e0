"""The parameters of a batch: every uncertain quantity of the scenario, drawn once per replication."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from weakref import WeakMethod

import numpy as np

from sim.engine.draws import Draws, Floats
from sim.scenario import Correlation, Quantity, correlated

SIDES = ("attacker", "defender")


class Drawn:
    """The drawn value of every quantity of a scenario, by its dotted path.

    A quantity's luck is the stream named after its path, so that the same luck reaches every scenario that has it.

    Parameters
    ----------
    quantities : iterable of (path, Quantity)
    draws : Draws
        Streams of the batch.
    correlations : sequence of Correlation
        Of the scenario; they bend the luck of the quantities they name.
    given : mapping of str to (n,) array
        Values of uncertain quantities that are not drawn; NaN where they are after all.

    Attributes
    ----------
    values : dict of str to (n,) array
        Those drawn.
    now : dict of str to (n,) array
        Those in force: the drawn ones, but for what scenario events have changed.
    ranges : dict of str to (lowest, highest)
        To which changed values are held; filled by who builds the batch.
    """

    def __init__(
        self,
        quantities: Iterable[tuple[str, Quantity]],
        draws: Draws,
        correlations: Sequence[Correlation] = (),
        given: Mapping[str, Floats] | None = None,
    ) -> None:
        self._n = len(draws.replications)
        known = dict(quantities)
        self.uncertain: list[str] = [path for path, quantity in known.items() if not quantity.is_certain]
        luck = correlated({path: draws.uniform(f"parameter/{path}").at(0) for path in self.uncertain}, correlations)
        self.values: dict[str, Floats] = {
            path: quantity.quantile(luck[path]) if path in luck else np.full(self._n, quantity.central)
            for path, quantity in known.items()
        }
        for path, values in (given or {}).items():
            self.values[path] = np.where(np.isnan(values), self.values[path], values)
        self.now: dict[str, Floats] = dict(self.values)
        self.ranges: dict[str, tuple[float, float]] = {}
        # Weak, so that mechanisms and parameters do not hold one another when the batch is over.
        self._followers: dict[str, list[WeakMethod[Callable[[], None]]]] = {}

    def follow(self, section: str, derive: Callable[[], None]) -> None:
        """Have the method `derive` called whenever values in force of `section` have changed."""
        self._followers.setdefault(section, []).append(WeakMethod(derive))

    def change(self, values: Mapping[str, Floats]) -> None:
        """Put new values, shape (n,), in force, and let those who follow the sections concerned know."""
        self.now.update(values)
        for section in dict.fromkeys(path.partition(".")[0] for path in values):
            # Who follows no changes looks its values up when it needs them.
            for follower in self._followers.get(section, []):
                derive = follower()
                if derive is not None:
                    derive()

    def one(self, path: str) -> Floats:
        """Return the values in force of one quantity, shape (n,)."""
        return self.now[path]

    def sides(self, section: str, name: str) -> Floats:
        """Return the values in force for attacker and defender, shape (2, n)."""
        return self.rows(section, SIDES, name)

    def rows(self, section: str, items: Sequence[str], name: str) -> Floats:
        """Return the values in force of knob `name` of several items, shape (len(items), n)."""
        if not items:
            return np.empty((0, self._n))
        return np.stack([self.now[f"{section}.{item}.{name}"] for item in items])
