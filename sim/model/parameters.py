"""The parameters of a batch: every uncertain quantity of the scenario, drawn once per replication."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeVar, cast

import numpy as np
from pydantic import BaseModel

from sim.engine.draws import Draws, Floats, Ints
from sim.scenario import Correlation, Quantity, correlated, quantities, ties

SIDES = ("attacker", "defender")
SideName = Literal["attacker", "defender"]
V = TypeVar("V")
# What is gained by the attacker is lost by the defender.
SIGN = np.array([[1.0], [-1.0]])


def stated_or(value: V | None, otherwise: V) -> V:
    """Return what a scenario states, or what counts where it leaves that out.

    >>> stated_or(None, 1.0), stated_or(0.0, 1.0)
    (1.0, 0.0)
    """
    return otherwise if value is None else value


class Knobs:
    """A section of a scenario whose quantities are the values in force, shape (n,), by the same names.

    Sections below it, and items of lists, are `Knobs` too; all else is as the scenario has it.
    """

    def __init__(self, section: BaseModel, path: str, drawn: "Drawn") -> None:
        self._section = section
        for name in type(section).model_fields:
            setattr(self, name, drawn.hold(self, name, getattr(section, name), f"{path}.{name}"))

    def __getattr__(self, name: str) -> Any:
        # Properties of the section, such as labels.
        return getattr(self.__dict__["_section"], name)


T = TypeVar("T")


class _Here:
    """The values of knobs in some histories; see `here`."""

    def __init__(self, knobs: Any, cohort: Ints) -> None:
        self._knobs, self._cohort = knobs, cohort

    def __getattr__(self, name: str) -> Floats:
        values: Floats = getattr(self._knobs, name)[..., self._cohort]
        self.__dict__[name] = values
        return values


def here(knobs: T, cohort: Ints) -> T:
    """Return the values in force of knobs, by name, in the histories at these positions only."""
    return cast("T", _Here(knobs, cohort))


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
    """The drawn value of every quantity of a scenario, by its dotted path, and the values in force.

    A quantity's luck is the stream named after its path, so that the same luck reaches every scenario that has it.

    Parameters
    ----------
    world : ScenarioHead
        The validated scenario.
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
        world: BaseModel,
        draws: Draws,
        correlations: Sequence[Correlation] = (),
        given: Mapping[str, Floats] | None = None,
    ) -> None:
        self._world, self._n = world, len(draws.replications)
        known = dict(quantities(world))
        self.uncertain: list[str] = [path for path, quantity in known.items() if not quantity.is_certain]
        # Also the luck that others have: what is drawn with it stays the same when its own quantity is made certain.
        tied = ties(correlations)
        lent = [tied[path].leader for path in self.uncertain if path in tied]
        own = dict.fromkeys([*self.uncertain, *lent])
        luck = correlated({path: draws.uniform(f"parameter/{path}").at(0) for path in own}, correlations)
        self.values: dict[str, Floats] = {
            path: np.full(self._n, quantity.central) if quantity.is_certain else quantity.quantile(luck[path])
            for path, quantity in known.items()
        }
        for path, values in (given or {}).items():
            self.values[path] = np.where(np.isnan(values), self.values[path], values)
        self.now: dict[str, Floats] = dict(self.values)
        self.ranges: dict[str, tuple[float, float]] = {}
        self._sections: dict[str, Any] = {}
        self._holders: dict[str, list[tuple[Knobs, str]]] = {}
        self._stacked: dict[str, list[Stacked]] = {}
        self._versions: dict[str, int] = {}

    def knobs(self, name: str) -> Any:
        """Return a section of the scenario with the values in force in place of its quantities; None without it."""
        if name not in self._sections:
            self._sections[name] = self._with_values(getattr(self._world, name, None), name)
        return self._sections[name]

    def sides(self, name: str) -> Any:
        """Return the knobs of both sides in a section as one, (2, n) each."""
        knobs = self.knobs(name)
        return self.stacked(name, [getattr(knobs, side) for side in SIDES]) if hasattr(knobs, SIDES[0]) else None

    def stacked(self, section: str, items: Sequence[Any]) -> Any:
        """Return the knobs of several sections below `section` as one, (their number, n) each."""
        rows = Stacked(items, self._n)
        self._stacked.setdefault(section, []).append(rows)
        return rows

    def _with_values(self, value: Any, path: str) -> Any:
        if isinstance(value, BaseModel):
            return Knobs(value, path, self)
        if isinstance(value, (list, tuple)):
            return [self._with_values(item, f"{path}.{getattr(item, 'id', place)}") for place, item in enumerate(value)]
        if isinstance(value, dict):
            return {key: self._with_values(item, f"{path}.{key}") for key, item in value.items()}
        return value

    def hold(self, knobs: Knobs, name: str, value: Any, path: str) -> Any:
        """Return what knobs hold under a name, and give them the new values when those in force change."""
        if isinstance(value, Quantity):
            self._holders.setdefault(path, []).append((knobs, name))
            return self.now[path]
        return self._with_values(value, path)

    def version(self, section: str) -> int:
        """Return how often values of a section have changed."""
        return self._versions.get(section, 0)

    def change(self, values: Mapping[str, Floats]) -> None:
        """Put new values, shape (n,), in force."""
        self.now.update(values)
        for path, array in values.items():
            for holder, name in self._holders.get(path, ()):
                setattr(holder, name, array)
        for section in dict.fromkeys(path.partition(".")[0] for path in values):
            self._versions[section] = self.version(section) + 1
            for rows in self._stacked.get(section, ()):
                rows.forget()
