"""What stands beside the shares of a run of how other wars, truces, talks and alliances went (`sim.model.precedents`).

None of it is a forecast, and no number of the model is made from it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from sim.engine.calendar import DAYS_PER_MONTH, Calendar
from sim.model import section
from sim.model.endings import ENDINGS
from sim.model.guarantors import guaranteed_regimes
from sim.model.parties import Parties
from sim.model.precedents import AS_OLD, BY_OUTCOME, OF_ALLIES, SPANS, WARS, Rate, Record, Wars
from sim.results.statistics import wilson_interval
from sim.scenario import Scenario, ScenarioHead

_VICTORIES = tuple(ending.name for ending in ENDINGS if ending.victor)


@dataclass(frozen=True)
class Precedent:
    """How often something happened elsewhere, and beside which outcomes of a run it stands.

    Attributes
    ----------
    outcomes : tuple of str
        Rows of the summary; of several that exclude one another it is beside all of them together. None of what no outcome
        tells.
    happened : str
    share : float
    of : int or None
        Of how many; None where the published text does not say, and then there is no interval.
    record : Record
    months, had_lasted : int or None
        Of wars: after how many months, and how many they had lasted.
    """

    outcomes: tuple[str, ...]
    happened: str
    share: float
    of: int | None
    record: Record
    months: int | None = None
    had_lasted: int | None = None

    @property
    def count(self) -> int | None:
        """How often it happened."""
        return None if self.of is None else round(self.share * self.of)

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of its share, of so few."""
        return None if self.of is None else wilson_interval(self.share * self.of, self.of)

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        low, high = self.interval or (None, None)
        return {
            "outcomes": list(self.outcomes), "happened": self.happened, "count": self.count, "n": self.of,
            "share": self.share, "low": low, "high": high, "months": self.months, "had_lasted_months": self.had_lasted,
            **self.record._asdict(),
        }  # fmt: skip


def age_months(scenario: Scenario[ScenarioHead]) -> float | None:
    """Return how many months the war of a scenario had lasted at its start; None where it does not say."""
    head = scenario.world
    return None if head.war_began is None else (head.start_date - head.war_began).days / DAYS_PER_MONTH


def had_lasted(scenario: Scenario[ScenarioHead]) -> int:
    """Return the age of the wars on record that is nearest, in months: 0, of all of them, where a scenario says none."""
    age = age_months(scenario) or 0.0
    return min(AS_OLD, key=lambda months: abs(months - age))


def wars_after(scenario: Scenario[ScenarioHead], months: int) -> Wars:
    """Return how wars that were as old stood after so many months, one of `SPANS`."""
    return AS_OLD[had_lasted(scenario)][months]


def precedents(scenario: Scenario[ScenarioHead], days: int, outcomes: Collection[str]) -> list[Precedent]:
    """Return what stands beside outcomes, the rows of the summary of a run of so many days.

    What no outcome tells is left out, but for allies where there are guarantors.
    """
    known = [*_of_wars(scenario, days), *(_of(rate) for rate in BY_OUTCOME)]
    beside = [(one, tuple(name for name in one.outcomes if name in outcomes)) for one in known]
    found = [
        Precedent(names, one.happened, one.share, one.of, one.record, one.months, one.had_lasted)
        for one, names in beside
        if names
    ]
    parties = section(scenario, Parties)
    return [*found, *(_of(rate) for rate in OF_ALLIES if parties and guaranteed_regimes(parties))]


def _of(rate: Rate) -> Precedent:
    return Precedent(rate.outcomes, rate.happened, rate.share, rate.of, rate.record)


def _of_wars(scenario: Scenario[ScenarioHead], days: int) -> Iterator[Precedent]:
    """Yield how wars as old went: of each span that ends by the horizon, at the horizon beside the endings too."""
    calendar, old = Calendar(scenario.world.start_date), had_lasted(scenario)
    for months in SPANS:
        at_end, within = calendar.month_start(months) == days, f"within_{months}_months"
        wars = wars_after(scenario, months)
        kinds = {
            f"A war went on for {months} months": (wars.going_on, (), ("war_goes_on",)),
            f"A war ended within {months} months": (wars.won + wars.undecided, (f"ended_{within}",), ()),
            f"A side won within {months} months": (wars.won, (f"decided_{within}",), _VICTORIES),
            f"A war ended within {months} months without a victor": (
                wars.undecided, (f"deal_{within}", f"lasting_ceasefire_{within}"), ("ceasefire_in_force",),
            ),
        }  # fmt: skip
        for happened, (count, always, endings) in kinds.items():
            outcomes = (*always, *(endings if at_end else ()))
            yield Precedent(outcomes, happened, count / wars.known, wars.known, WARS, months, old)
