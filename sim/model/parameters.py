"""The parameters of a batch: every uncertain quantity of the scenario, drawn once per replication."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from weakref import WeakMethod

import numpy as np
from pydantic import BaseModel

from sim.engine.draws import Draws, Floats
from sim.scenario import Correlation, Quantity, correlated

SIDES = ("attacker", "defender")


class Knobs:
    """A section of a scenario whose quantities are the values in force, shape (n,), by the same names.

    Sections below it, and items of lists, are `Knobs` too; all else is as the scenario has it.
    """

    def __init__(self, section: BaseModel, path: str, drawn: "Drawn") -> None:
        self.path = path
        for name in type(section).model_fields:
            setattr(self, name, drawn.with_values(getattr(section, name), f"{path}.{name}", self, name))


class Stacked:
    """The values in force of the same knobs of several sections, shape (their number, n), by name."""

    def __init__(self, items: Sequence[Any], n: int) -> None:
        self._items, self._n = items, n

    def __getattr__(self, name: str) -> Floats:
        values = np.stack([getattr(item, name) for item in self._items]) if self._items else np.empty((0, self._n))
        self.__dict__[name] = values
        return values

    def forget(self) -> None:
        """Stack anew what is asked for next, since values have changed."""
        self.__dict__ = {"_items": self._items, "_n": self._n}


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
        self._holders: dict[str, list[tuple[Knobs, str]]] = {}
        self._stacked: dict[str, list[Stacked]] = {}
        self._versions: dict[str, int] = {}

    def in_force(self, name: str, section: Any) -> tuple[Any, Stacked]:
        """Return a section with the values in force in place of its quantities, and those of both sides stacked."""
        knobs = self.with_values(section, name)
        return knobs, self.stacked(name, [getattr(knobs, side, None) for side in SIDES])

    def stacked(self, section: str, items: Sequence[Any]) -> Stacked:
        """Return the knobs of several sections below `section` as one, a row each."""
        rows = Stacked(items, self._n)
        self._stacked.setdefault(section, []).append(rows)
        return rows

    def with_values(self, value: Any, path: str, holder: Knobs | None = None, name: str = "") -> Any:
        """Return what stands at a path of a scenario, with the values in force in place of quantities."""
        if isinstance(value, Quantity):
            if holder is not None:
                self._holders.setdefault(path, []).append((holder, name))
            return self.now[path]
        if isinstance(value, BaseModel):
            return Knobs(value, path, self)
        if isinstance(value, (list, tuple)):
            return [self.with_values(item, f"{path}.{getattr(item, 'id', place)}") for place, item in enumerate(value)]
        if isinstance(value, dict):
            return {key: self.with_values(item, f"{path}.{key}") for key, item in value.items()}
        return value

    def version(self, section: str) -> int:
        """Return how often values of a section have changed."""
        return self._versions.get(section, 0)

    def follow(self, section: str, derive: Callable[[], None]) -> None:
        """Have the method `derive` called whenever values in force of `section` have changed."""
        self._followers.setdefault(section, []).append(WeakMethod(derive))

    def change(self, values: Mapping[str, Floats]) -> None:
        """Put new values, shape (n,), in force, and let those who follow the sections concerned know."""
        self.now.update(values)
        for path, array in values.items():
            for holder, name in self._holders.get(path, ()):
                setattr(holder, name, array)
        for section in dict.fromkeys(path.partition(".")[0] for path in values):
            self._versions[section] = self.version(section) + 1
            for rows in self._stacked.get(section, ()):
                rows.forget()
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
