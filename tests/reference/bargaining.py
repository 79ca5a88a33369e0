"""The bargaining of the reference model as pure functions of plain numbers, section 7.10 of its description."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import exp, floor, inf, log, prod, sqrt

from scipy.stats import norm

SIDES = ("attacker", "defender")
BARRED = float("-inf")

Package = dict[str, str]
Pair = tuple[float, float]


def packages(options: Mapping[str, Sequence[str]], slowest: str | None) -> list[Package]:
    """All combinations of options in the order of their numbers."""
    order = sorted(options, key=lambda issue: 0 if issue == slowest else 1)
    return [dict(zip(order, chosen, strict=True)) for chosen in product(*(options[issue] for issue in order))]


def covers(terms: Mapping[str, Sequence[str]], package: Package) -> bool:
    """Whether a rule covers a package."""
    return all(package[issue] in named for issue, named in terms.items())


@dataclass
class Obligation:
    """What a side has to do by a day of a ceasefire, how often it does, and what it adds to the danger if it does not."""

    id: str
    by: str
    due_days: float
    kept_share: float
    overdue_effect: float


@dataclass
class Stay:
    """For how long guards may stay: until a mandate is not renewed, or consent is withdrawn."""

    mandate_days: float
    renewed_share: float
    withdrawn_per_year: float

    def chance(self, since: float, until: float) -> float:
        """That guards who are there at one time, in years, are still there at another."""
        ends = 0
        if self.mandate_days > 0:
            days = max(1, round(self.mandate_days))
            ends = floor(365.25 * until / days) - floor(365.25 * since / days)
        return exp(-self.withdrawn_per_year * (until - since)) * self.renewed_share**ends


# The first year's hazard with what is in place on a day, with guards (True) or without them.
Hazard = Callable[[float, bool], float]
# The hazard of so many years, as a share of that of the first.
Clock = Callable[[float], float]


def lasting(hazard: Hazard, clock: Clock, years: float, obligations: Sequence[Obligation], stay: Stay) -> float:
    """For which share of the years ahead a deal is expected to last, whichever obligations are kept."""
    total = 0.0
    for kept in product((True, False), repeat=len(obligations)):
        chance = prod(o.kept_share if k else 1 - o.kept_share for o, k in zip(obligations, kept, strict=True))
        broken = [o for o, k in zip(obligations, kept, strict=True) if not k]
        total += chance * lasting_with(hazard, clock, years, broken, stay)
    return max(total, 1 / (365.25 * years))


def lasting_with(hazard: Hazard, clock: Clock, years: float, broken: Sequence[Obligation], stay: Stay) -> float:
    """The same, if these obligations are not kept."""
    guarded, bare = 1.0, 0.0
    before = total = 0.0
    for j in range(12):
        part = ((j + 1) ** 3 - j**3) / 12**3
        time = years * (j**3 + (j + 1) ** 3) / 2 / 12**3
        midway = (before + time) / 2 * 365.25
        whole = growth = clock(time) - clock(before)
        for o in broken:
            due = min(max(o.due_days / 365.25, before), time)
            growth *= 1 + (exp(o.overdue_effect) - 1) * (clock(time) - clock(due)) / whole
        stays = stay.chance(before, time)
        more, less = hazard(midway, False) * growth, hazard(midway, True) * growth
        bare = bare * exp(-more) + guarded * exp(-(more + less) / 2) * (1 - stays)
        guarded = guarded * exp(-less) * stays
        total += part * (guarded + bare)
        before = time
    return total


@dataclass
class Offer:
    """A package with what it gives both sides: the slack, and the surplus over fighting on."""

    number: int
    slack: Pair
    surplus: Pair

    @property
    def inside(self) -> bool:
        return self.slack[0] > 0 and self.slack[1] > 0


def best(offers: Sequence[Offer], objective: Sequence[float]) -> int:
    """The number of the offer with the largest objective; ties to the larger sum, then to the lower number."""
    if not offers:
        return -1
    ranked = sorted(zip(objective, offers, strict=True), key=lambda item: (-item[0], -sum(item[1].surplus), item[1].number))
    return ranked[0][1].number


def nash(zone: Sequence[Offer], weight: float) -> int:
    return best(zone, [weight * log(o.surplus[0]) + (1 - weight) * log(o.surplus[1]) for o in zone])


def kalai_smorodinsky(zone: Sequence[Offer]) -> int:
    most = [max((o.surplus[side] for o in zone), default=1.0) for side in range(2)]
    return best(zone, [min(o.surplus[0] / most[0], o.surplus[1] / most[1]) for o in zone])


def egalitarian(zone: Sequence[Offer]) -> int:
    return best(zone, [min(o.surplus) for o in zone])


def stand_firm(zone: Sequence[Offer], winner: int) -> int:
    """What the side liked best that did not give in."""
    return best(zone, [o.surplus[winner] for o in zone])


@dataclass
class Guess:
    """What a side believes of the other's resolve: a normal law, flat if its precision is 0, cut off below (and above)."""

    spread: float
    uniform: bool
    mean: float = 0.0

    def __post_init__(self) -> None:
        self.known = self.spread == 0
        self.precision = 0.0 if self.uniform or self.known else self.spread**-2
        self.at_least = -sqrt(3) * self.spread if self.uniform else -inf

    def see(self, shown: float, noise: float) -> None:
        """Learn from what two weeks of fighting show."""
        if self.known:
            return
        precision = noise**-2
        self.mean += (shown - self.mean) * precision / (self.precision + precision)
        self.precision += precision

    def below(self, limit: float, spread_now: float) -> float:
        """The chance that the resolve is below a limit."""
        if limit == -inf:
            return 0.0
        if self.known:
            return float(limit > 0)
        low, high = self.at_least, sqrt(3) * spread_now if self.uniform else inf
        part, whole = self.between(low, min(max(limit, low), high)), self.between(low, high)
        return part / whole if whole > 0 else float(limit > low)

    def between(self, low: float, high: float) -> float:
        """The chance of a value between two others by the normal law, from the tail in which less is lost in rounding."""
        ends = [(x - self.mean) * sqrt(self.precision) for x in (low, high)]
        if ends[1] < 0:
            return float(norm.cdf(ends[1]) - norm.cdf(ends[0]))
        return float(norm.sf(ends[0]) - norm.sf(ends[1]))


def screening(offers: Sequence[Offer], proposer: int, resolve: float, chance: Callable[[float], float]) -> int:
    """What a proposer offers who does not know the other's resolve, -1 for nothing."""
    possible, gains = [], []
    for offer in offers:
        own = offer.surplus[proposer]
        gain = own * chance(offer.slack[1 - proposer] + resolve) if own > 0 else 0.0
        if gain > 0:
            possible.append(offer)
            gains.append(gain)
    return best(possible, gains)
