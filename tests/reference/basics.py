"""What every mechanism of the reference model uses: the clock, the luck, the scenario, delays and the gamma table."""

import calendar
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from math import exp, floor
from typing import Any, Protocol

import simpy
from scipy.stats import gamma, norm

DAYS_PER_MONTH = 30.4375
DAYS_PER_YEAR = 365.25
SIDES = ("attacker", "defender")

# Simulated time is an integer: day * DAY + the place of a step in the order of the day.
DAY = 100
EVENT_BEGINS, EVENT_ENDS, HALT, PACKAGE, WAVE_BEGINS, WAVE_ENDS, OFFENSIVE_BEGINS, OFFENSIVE_ENDS, ELECTION = range(9)
POSTURE = 9
ARMS, MANPOWER, ATTRITION, FRONT, LOSSES, COLLAPSE = range(10, 70, 10)
DECISION, ROUT = 63, 66
SUPPORT, BELIEFS, ESCALATION, PARTIES, NEGOTIATION, CEASEFIRE, EVENTS, RECORDER = range(68, 100, 4)
TRUST, REST = 74, 86

Ranges = Mapping[str, tuple[float, float]]
Process = Generator[simpy.Event, Any, None]


class Luck(Protocol):
    """The draws of one replication: each a function of the name of its stream and an index."""

    def normal(self, stream: str, index: int) -> float: ...

    def uniform(self, stream: str, index: int) -> float: ...


@dataclass
class History:
    """What happened: each quantity at the start and at the end of each day, and the events by day."""

    series: dict[str, list[float]] = field(default_factory=dict)
    events: list[tuple[int, str, str]] = field(default_factory=list)


def today(env: simpy.Environment) -> int:
    return int(env.now) // DAY


def at(env: simpy.Environment, day: int, place: int) -> simpy.Timeout:
    """The moment of a place in the order of a day."""
    return env.timeout(day * DAY + place - env.now)


def month_starts(start: date) -> Iterator[int]:
    """The day on which each month begins: the day of the month of the start date, or the last of a shorter month."""
    month = 0
    while True:
        years, index = divmod(start.month - 1 + month, 12)
        year = start.year + years
        last = calendar.monthrange(year, index + 1)[1]
        yield (date(year, index + 1, min(start.day, last)) - start).days
        month += 1


def plain(value: Any) -> Any:
    """A value of the scenario, written as it is or as a mapping with its source."""
    return value["value"] if isinstance(value, Mapping) and "value" in value else value


def given(section: Mapping[str, Any], key: str) -> Any:
    """An optional value of the scenario, None if it is not there."""
    return plain(section.get(key))


def items(section: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """Optional things of the scenario with their ids: a mapping by id, or a list."""
    things = section.get(key) or []
    return [{**thing, "id": name} for name, thing in things.items()] if isinstance(things, Mapping) else list(things)


def day_of(item: Mapping[str, Any], start: date) -> int | None:
    """The day of a dated item, None if it has no date."""
    when = given(item, "date")
    return None if when is None else (when - start).days


def nested(parameters: Mapping[str, float]) -> dict[str, Any]:
    """The drawn values by dotted path, as a tree."""
    tree: dict[str, Any] = {}
    for path, value in parameters.items():
        *branches, leaf = path.split(".")
        node = tree
        for branch in branches:
            node = node.setdefault(branch, {})
        node[leaf] = value
    return tree


def whole_days(length: float) -> int:
    """How long something lasts: whole days, at least one."""
    return max(1, round(length))


class StagedDelay:
    """A delay of several stages, each of which passes on the same share of its content a day."""

    def __init__(self, stages: int, mean_days: float, steady_inflow: float) -> None:
        self.stages = [0.0] * stages
        self.set_mean(mean_days)
        self.stages = [steady_inflow / self.share] * stages

    def set_mean(self, mean_days: float) -> None:
        """From now on each stage passes on the share that belongs to this mean."""
        self.share = 1.0 - exp(-len(self.stages) / mean_days) if mean_days > 0 else 1.0

    def put(self, amount: float) -> None:
        self.stages[0] += amount

    def step(self) -> float:
        """Move on by a day; what leaves the last stage."""
        out = [self.share * content for content in self.stages]
        for j, amount in enumerate(out):
            self.stages[j] -= amount
            if j + 1 < len(self.stages):
                self.stages[j + 1] += amount
        return out[-1]

    def content(self) -> float:
        return sum(self.stages)


GAMMA_POINTS = 2049
GAMMA_LIMIT = 6.0


@cache
def gamma_table(variation: float) -> list[float]:
    """The quantiles of a gamma variable of mean 1 at equally spaced normal scores."""
    shape = 1.0 / variation**2
    step = 2.0 * GAMMA_LIMIT / (GAMMA_POINTS - 1)
    scores = [-GAMMA_LIMIT + i * step for i in range(GAMMA_POINTS)]
    quantiles: Any = gamma.ppf(norm.cdf(scores), shape, scale=1.0 / shape)
    return [float(quantile) for quantile in quantiles]


def gamma_from_normal(score: float, variation: float) -> float:
    """Turn a standard normal draw into a gamma one with mean 1 and this coefficient of variation."""
    if variation == 0:
        return 1.0
    table = gamma_table(variation)
    place = (score + GAMMA_LIMIT) / (2.0 * GAMMA_LIMIT) * (GAMMA_POINTS - 1)
    place = min(max(place, 0.0), GAMMA_POINTS - 1.0)
    i = min(floor(place), GAMMA_POINTS - 2)
    return table[i] + (place - i) * (table[i + 1] - table[i])
