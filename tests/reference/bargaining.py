"""The bargaining of the reference model as pure functions of plain numbers, section 7.10 of its description."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import erf, exp, log, sqrt

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


def lasting(cumulated_year_one: float, shape: float, years: float) -> float:
    """The share of the years ahead for which a deal is expected to last."""
    mean = sum(exp(-cumulated_year_one * (years * (j + 0.5) / 12) ** shape) for j in range(12)) / 12
    return max(mean, 1 / (365.25 * years))


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


def screening(offers: Sequence[Offer], proposer: int, resolve: float, resolve_sd: float) -> int:
    """What a proposer signs who does not know the other's resolve: its best offer, if the other accepts it."""
    other = 1 - proposer
    possible, gains = [], []
    for offer in offers:
        slack = offer.slack[other] + resolve
        accepted = 0.5 * (1 + erf(slack / resolve_sd / sqrt(2))) if resolve_sd > 0 else float(slack > 0)
        gain = accepted * offer.surplus[proposer] if offer.surplus[proposer] > 0 else 0.0
        if gain > 0:
            possible.append(offer)
            gains.append(gain)
    number = best(possible, gains)
    return number if number >= 0 and offers[number].surplus[other] > 0 else -1
