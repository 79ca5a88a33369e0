"""What is bargained over, as a scenario writes it: issues with their options, rules on combinations, red lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Generic

from pydantic import Field as Option
from pydantic import model_validator

from sim.model.conditions import Opening
from sim.model.parameters import SIDES, SideName
from sim.scenario import FieldError, Fixed, Flaw, Item, N, Quantity, Section, all_by_default, knob
from sim.scenario.wording import did_you_mean, quoted


class Weights(Section):
    """How much an issue matters to each side."""

    attacker: Fixed = knob(
        "share", "Weight to the attacker; over all issues they add to 1.", low=0, high=1, default=0, at_start=True,
        label="{item}: weight to {attacker}",
    )  # fmt: skip
    defender: Fixed = knob(
        "share", "Weight to the defender; over all issues they add to 1.", low=0, high=1, default=0, at_start=True,
        label="{item}: weight to {defender}",
    )  # fmt: skip


class Values(Section, Generic[N]):
    """What an option is worth to each side, from 0, the worst that it fears, to 1, the best that it hopes for."""

    attacker: N = knob(
        "utility", "Value to the attacker.", low=0, high=1, default=0, at_start=True, label="{item}: value to {attacker}"
    )
    defender: N = knob(
        "utility", "Value to the defender.", low=0, high=1, default=0, at_start=True, label="{item}: value to {defender}"
    )


class CurvePoint(Section, Generic[N]):
    """What one area is worth to a side."""

    area_km2: N = knob(
        "km2", "Area held by the attacker.", low=0, high=1e8, at_start=True, label="{item}: {side}'s area, point {n}"
    )
    worth: N = knob(
        "utility", "What it is worth; above 1 beyond what the side hopes for, below 0 worse than what it fears.",
        low=-10, high=10, at_start=True, label="{item}: {side}'s value, point {n}",
    )  # fmt: skip


class Land(Section, Generic[N]):
    """How an issue about land turns area into value: linear, and the opposite for the defender, or by curves."""

    none_km2: N | None = knob(
        "km2", "Area held by the attacker that is worth 0 to him and 1 to the defender, for sides without a curve.",
        low=0, high=1e8, default=None, at_start=True, label="{item}: area worth 0 to {attacker}",
    )  # fmt: skip
    all_km2: N | None = knob(
        "km2", "Area held by the attacker that is worth 1 to him and 0 to the defender, for sides without a curve.",
        low=0, high=1e8, default=None, at_start=True, label="{item}: area worth 1 to {attacker}",
    )  # fmt: skip
    attacker: list[CurvePoint[N]] | None = Option(
        default=None, description="What areas are worth to the attacker: points that rise, straight lines between them."
    )
    defender: list[CurvePoint[N]] | None = Option(
        default=None, description="What areas are worth to the defender: points that fall, straight lines between them."
    )

    @model_validator(mode="after")
    def _fits(self: Land[Quantity]) -> Land[Quantity]:
        flaws = [*self._linear_flaws(), *self._curve_flaws()]
        if flaws:
            raise FieldError(*flaws)
        return self

    def a_km2(self: Land[Quantity], side: str, held_km2: float) -> float:
        """Return what a km2 more is worth to a side where the attacker holds so much, at central values."""
        points: list[CurvePoint[Quantity]] | None = getattr(self, side)
        if points is None:
            assert self.none_km2 is not None, "it is given for a side without a curve"
            assert self.all_km2 is not None, "it is given for a side without a curve"
            none, every = self.none_km2.central, self.all_km2.central
            return 1.0 / (every - none) if none <= held_km2 < every else 0.0
        for left, right in pairwise(points):
            if left.area_km2.central <= held_km2 < right.area_km2.central:
                worth = abs(right.worth.central - left.worth.central)
                return worth / (right.area_km2.central - left.area_km2.central)
        return 0.0

    def _linear_flaws(self: Land[Quantity]) -> Iterator[Flaw]:
        if self.none_km2 is not None and self.all_km2 is not None:
            if self.none_km2.support[1] >= self.all_km2.support[0]:
                yield Flaw("none_km2 must be smaller than all_km2", "", ("none_km2",))
            return
        without = [side for side in SIDES if getattr(self, side) is None]
        missing = [name for name in ("none_km2", "all_km2") if getattr(self, name) is None]
        if without or len(missing) == 1:
            whom = f", or a curve for the {' and the '.join(without)}" if without else ""
            yield Flaw(f"land lacks {' and '.join(missing)}", f"Write none_km2 and all_km2{whom}")

    def _curve_flaws(self: Land[Quantity]) -> Iterator[Flaw]:
        for side in SIDES:
            points: list[CurvePoint[Quantity]] | None = getattr(self, side)
            if points is None:
                continue
            if len(points) < 2:
                hint = "Write it as in [{area_km2: 0, worth: 0}, {area_km2: 100_000, worth: 1}]"
                yield Flaw("a curve needs at least two points", hint, (side,))
            for place, (one, two) in enumerate(pairwise(points), 1):
                if one.area_km2.support[1] >= two.area_km2.support[0]:
                    yield Flaw("the areas of a curve must rise from point to point", "", (side, place, "area_km2"))
                less, more = (one, two) if side == "attacker" else (two, one)
                if less.worth.support[1] > more.worth.support[0]:
                    way = (
                        "rise with the area for the attacker"
                        if side == "attacker"
                        else "fall with the area for the defender"
                    )
                    yield Flaw(f"the worth of a curve must {way}", "", (side, place, "worth"))


class IssueOption(Opening[N], Generic[N]):
    """One way to settle an issue; while it is not open, nothing with it can be signed."""

    name: str | None = Option(default=None, min_length=1, description="How tables and chronicles call it.")
    values: Values[N] | None = Option(
        default=None,
        description="What it is worth to each side; not for land. 0 to both, if left out of an option with a regime.",
    )
    ceded_km2: N | None = knob(
        "km2", "Land that the defender hands over (negative: gets back), from the line of the day.", low=-1e8, high=1e8,
        default=None, at_start=True, label="{item}: land ceded by {defender}",
    )  # fmt: skip
    area_km2: N | None = knob(
        "km2", "Area that the attacker is left with.", low=0, high=1e8, default=None, at_start=True,
        label="{item}: area left to {attacker}",
    )  # fmt: skip
    regime: str | None = Option(default=None, description="The ceasefire regime that comes with it.")

    @model_validator(mode="before")
    @classmethod
    def _worth_how_it_lasts(cls, raw: Any) -> Any:
        """A regime may be worth nothing in itself, and count by how long a ceasefire with it lasts."""
        own = isinstance(raw, dict) and raw.get("regime") is not None and not {"values", "ceded_km2", "area_km2"} & {*raw}
        return {**raw, "values": {}} if own else raw

    @property
    def label(self) -> str:
        """The name as people read it."""
        return self.name or self.id.replace("_", " ")


class Issue(Item, Generic[N]):
    """Something to be settled, with its options."""

    name: str | None = Option(default=None, min_length=1, description="How tables and chronicles call it.")
    weight: Weights = all_by_default()
    land: Land[N] | None = Option(default=None, description="Makes it an issue about land, whose options are areas.")
    options: list[IssueOption[N]] = Option(min_length=1)

    @property
    def label(self) -> str:
        """The name as people read it."""
        return self.name or self.id.replace("_", " ")

    @model_validator(mode="after")
    def _options_fit(self) -> Issue[N]:
        flaws = [flaw for place, option in enumerate(self.options) for flaw in self._misfits(place, option)]
        with_regime = [option.regime is not None for option in self.options]
        if any(with_regime) and not all(with_regime):
            place = with_regime.index(False)
            message = f"option {quoted(self.options[place].id)} names no regime, but others of this issue do"
            flaws.append(Flaw(message, "Give each option of one issue a regime, or none", ("options", place)))
        if flaws:
            raise FieldError(*flaws)
        return self

    def _misfits(self, place: int, option: IssueOption[N]) -> Iterator[Flaw]:
        below = ("options", place)
        areas = [name for name in ("ceded_km2", "area_km2") if getattr(option, name) is not None]
        if self.land is None:
            if option.values is None:
                hint = "Write values: {attacker: 0.5, defender: 0.5}"
                yield Flaw(f"option {quoted(option.id)} has no values for the two sides", hint, below)
            for name in areas:
                yield Flaw(f"{name} belongs to an issue with 'land'", "Remove it", (*below, name))
        else:
            if option.values is not None:
                yield Flaw("the values of land come from its area", "Remove values", (*below, "values"))
            if len(areas) != 1:
                hint = "Write ceded_km2: 0 for the line of the day, or area_km2: 1_000"
                yield Flaw(f"option {quoted(option.id)} needs exactly one of ceded_km2 and area_km2", hint, below)


Terms = dict[str, list[str]]


class Rule(Item):
    """A combination of options that cannot be signed."""

    terms: Terms = Option(min_length=1, description="Options by issue; it covers packages with one of them in each issue.")


# Bounds of red lines on the area that a package leaves the attacker with: as it is, or as what is ceded from the line of the
# day; covered is what lies above, or below.
ABOVE, BELOW = ("area_above_km2", "ceded_above_km2"), ("area_below_km2", "ceded_below_km2")
BOUNDS = (*ABOVE, *BELOW)


class RedLine(Opening[N], Generic[N]):
    """What a side refuses altogether, or only at a price: terms, or the area that they leave the attacker with, or both."""

    side: SideName
    name: str | None = Option(default=None, min_length=1, description="How tables and chronicles call it.")
    terms: Terms = Option(
        default_factory=dict,
        description="Options by issue; it covers packages with one of them in each issue. All, if left out beside an area.",
    )
    area_above_km2: N | None = knob(
        "km2", "It covers packages that leave the attacker with more than this.", low=0, high=1e8, default=None,
        label="{item}: area above",
    )  # fmt: skip
    area_below_km2: N | None = knob(
        "km2", "It covers packages that leave the attacker with less than this.", low=0, high=1e8, default=None,
        label="{item}: area below",
    )  # fmt: skip
    ceded_above_km2: N | None = knob(
        "km2", "It covers packages that leave the attacker with more than the line of the day and this.", low=-1e8, high=1e8,
        default=None, label="{item}: cession above",
    )  # fmt: skip
    ceded_below_km2: N | None = knob(
        "km2", "It covers packages that leave the attacker with less than the line of the day and this.", low=-1e8, high=1e8,
        default=None, label="{item}: cession below",
    )  # fmt: skip
    hard_share: N = knob(
        "share of histories", "In how many histories it is never crossed; in the others it has a price.", low=0, high=1,
        at_start=True, label="{item}: how often hard",
    )  # fmt: skip
    ratified_by: str | None = Option(
        default=None,
        description="The party that votes on it. Then `hard_share` is the share of its voters who are against, and the line "
        "is hard while they are too many.",
    )
    price: N = knob(
        "utility", "Price of crossing it at the start, where it is not hard.", low=0, high=10, default=0.2,
        label="{item}: price of crossing",
    )  # fmt: skip
    softening: N = knob(
        "per year of war felt", "How fast the price falls with weariness, in a war that is not being won.", low=0, high=10,
        default=0.2, label="{item}: softening a year",
    )  # fmt: skip
    softening_per_1000_km2: N = knob(
        "per 1,000 km2", "How fast the price falls with ground that its side has lost since the start.", low=0, high=1000,
        default=0, label="{item}: softening by land",
    )  # fmt: skip
    hardening: N = knob(
        "per momentum", "How far success at the front raises the price.", low=0, high=100, default=0,
        label="{item}: hardening by gains",
    )  # fmt: skip

    @property
    def label(self) -> str:
        """The name as people read it."""
        return self.name or self.id.replace("_", " ")

    @property
    def bounds(self) -> list[str]:
        """Which bounds of area it has."""
        return [name for name in BOUNDS if getattr(self, name) is not None]

    @model_validator(mode="after")
    def _something_covered(self: RedLine[Quantity]) -> RedLine[Quantity]:
        if not self.terms and not self.bounds:
            hint = "Write terms as in {alignment: [neutral]}, or an area as in area_above_km2: 100_000"
            raise FieldError(Flaw("a red line needs terms, or the area beyond which it lies", hint))
        for above, below in zip(ABOVE, BELOW, strict=True):
            most, least = getattr(self, above), getattr(self, below)
            if most is not None and least is not None and least.support[1] > most.support[0]:
                message = f"{below} must not be larger than {above}: no area would be left"
                raise FieldError(Flaw(message, "", (below,)))
        return self


def terms_flaws(issues: Sequence[Issue[Any]], terms: Terms) -> Iterator[Flaw]:
    """Yield what is wrong with the issues and options that a rule names."""
    known = {issue.id: [option.id for option in issue.options] for issue in issues}
    for issue, options in terms.items():
        if issue not in known:
            yield Flaw(f"unknown issue {quoted(issue)}", did_you_mean(issue, known), ("terms", issue))
            continue
        if not options:
            yield Flaw(f"no option of {quoted(issue)} is named", "Write it as in [neutral]", ("terms", issue))
        for place, option in enumerate(options):
            if option not in known[issue]:
                message = f"unknown option {quoted(option)} of issue {quoted(issue)}"
                yield Flaw(message, did_you_mean(option, known[issue]), ("terms", issue, place))
