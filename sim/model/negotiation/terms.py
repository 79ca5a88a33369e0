"""What is bargained over: issues with their options, rules on combinations, and packages as all combinations.

The first part is what a scenario writes; `Domain` is the geometry behind it and can be used without a scenario.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Generic

import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Option
from pydantic import model_validator

from sim.engine.draws import Floats
from sim.model.parameters import SideName
from sim.scenario import FieldError, Fixed, Flaw, Item, N, Quantity, Section, knob
from sim.scenario.wording import did_you_mean, quoted


class Weights(Section):
    """How much an issue matters to each side."""

    attacker: Fixed = knob("share", "Weight to the attacker; over all issues they add to 1.", low=0, high=1, at_start=True)
    defender: Fixed = knob("share", "Weight to the defender; over all issues they add to 1.", low=0, high=1, at_start=True)


class Values(Section, Generic[N]):
    """What an option is worth to each side, from 0, the worst that it fears, to 1, the best that it hopes for."""

    attacker: N = knob("utility", "Value to the attacker.", low=0, high=1, at_start=True)
    defender: N = knob("utility", "Value to the defender.", low=0, high=1, at_start=True)


class Land(Section, Generic[N]):
    """How an issue about land turns area into value: linear between two areas, and the opposite for the defender."""

    none_km2: N = knob("km2", "Area held by the attacker that is worth 0 to him.", low=0, high=1e8, at_start=True)
    all_km2: N = knob("km2", "Area held by the attacker that is worth 1 to him.", low=0, high=1e8, at_start=True)

    @model_validator(mode="after")
    def _some_land(self: Land[Quantity]) -> Land[Quantity]:
        if self.none_km2.support[1] >= self.all_km2.support[0]:
            raise FieldError(Flaw("none_km2 must be smaller than all_km2", "", ("none_km2",)))
        return self


class IssueOption(Item, Generic[N]):
    """One way to settle an issue."""

    name: str | None = Option(default=None, min_length=1, description="How tables and chronicles call it.")
    values: Values[N] | None = Option(default=None, description="What it is worth to each side; not for land.")
    ceded_km2: N | None = knob(
        "km2", "Land that the defender hands over (negative: gets back), from the line of the day.", low=-1e8, high=1e8,
        default=None, at_start=True,
    )  # fmt: skip
    area_km2: N | None = knob("km2", "Area that the attacker is left with.", low=0, high=1e8, default=None, at_start=True)
    regime: str | None = Option(default=None, description="The ceasefire regime that comes with it.")

    @property
    def label(self) -> str:
        """The name as people read it."""
        return self.name or self.id.replace("_", " ")


class Issue(Item, Generic[N]):
    """Something to be settled, with its options."""

    name: str | None = Option(default=None, min_length=1, description="How tables and chronicles call it.")
    weight: Weights
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


class RedLine(Item, Generic[N]):
    """Terms that a side refuses altogether, or only at a price."""

    side: SideName
    name: str | None = Option(default=None, min_length=1, description="How tables and chronicles call it.")
    terms: Terms = Option(min_length=1, description="Options by issue; it covers packages with one of them in each issue.")
    hard_share: N = knob(
        "share of histories", "In how many histories it is never crossed; in the others it has a price.", low=0, high=1,
        at_start=True,
    )  # fmt: skip
    price: N = knob("utility", "Price of crossing it at the start, where it is not hard.", low=0, high=10)
    softening: N = knob(
        "per year of war felt", "How fast the price falls with weariness, in a war that is not being won.", low=0, high=10
    )

    @property
    def label(self) -> str:
        """The name as people read it."""
        return self.name or self.id.replace("_", " ")


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


class Domain:
    """All packages over some issues: every combination of their options.

    Parameters
    ----------
    options : mapping of str to sequence of str
        The options of each issue, by id.
    forbidden : sequence of mappings
        Rules: issue -> options; what one of them covers cannot be signed.
    first : str, optional
        The issue that varies slowest. The others follow in order, the last one varying fastest.

    Attributes
    ----------
    issues : tuple of str
        In the order of packages, `first` first.
    shape : tuple of int
        Number of options of each issue.
    choice : (P, issues) int
        The option of each issue in each package.
    allowed : (P,) bool
        Which packages no rule forbids.

    Examples
    --------
    >>> domain = Domain({"land": ["keep", "leave"], "treaty": ["yes", "no"]}, [{"land": ["leave"], "treaty": ["no"]}])
    >>> [domain.terms(package) for package in np.flatnonzero(domain.allowed)]
    [('keep', 'yes'), ('keep', 'no'), ('leave', 'yes')]
    """

    def __init__(
        self, options: Mapping[str, Sequence[str]], forbidden: Sequence[Mapping[str, Sequence[str]]] = (), first: str = ""
    ) -> None:
        self.issues = tuple(sorted(options, key=lambda issue: issue != first))
        self._options = {issue: tuple(options[issue]) for issue in self.issues}
        self.shape = tuple(len(self._options[issue]) for issue in self.issues)
        combinations = itertools.product(*(range(size) for size in self.shape))
        self.choice = np.array(list(combinations), dtype=np.int64).reshape(-1, len(self.shape))
        self.allowed = np.ones(len(self), dtype=np.bool_)
        for rule in forbidden:
            self.allowed &= ~self.covered(rule)

    def __len__(self) -> int:
        return len(self.choice)

    def covered(self, rule: Mapping[str, Sequence[str]]) -> NDArray[np.bool_]:
        """Return which packages have, in every issue of the rule, one of its options, shape (P,)."""
        covered = np.zeros(self.shape, dtype=np.bool_)
        for corner in self.corners(rule):
            covered[corner] = True
        return covered.ravel()

    def corners(self, rule: Mapping[str, Sequence[str]]) -> list[tuple[int | slice, ...]]:
        """Return the indices into an array of shape `shape` that together are all packages a rule covers, once each."""
        places: dict[str, list[int]] = {}
        for issue, named in rule.items():
            places[issue] = [self._options[issue].index(option) for option in dict.fromkeys(named)]
        return [
            tuple(dict(zip(places, corner, strict=True)).get(issue, slice(None)) for issue in self.issues)
            for corner in itertools.product(*places.values())
        ]

    def terms(self, package: int) -> tuple[str, ...]:
        """Return the options of a package, in the order of `issues`."""
        row = self.choice[package]
        return tuple(self._options[issue][option] for issue, option in zip(self.issues, row.tolist(), strict=True))

    def total(self, worth: Mapping[str, Floats]) -> Floats:
        """Return the sum over issues of what the options of each package are worth.

        Parameters
        ----------
        worth : mapping of str to (options, n) array
            Weight times value of each option, for each issue.

        Returns
        -------
        (P, n) array
        """
        return total([worth[issue] for issue in self.issues])


def total(worth: Sequence[Floats]) -> Floats:
    """Return the sums over all combinations of rows, one of each array (options, n), the last one varying fastest."""
    first, *others = worth
    for other in others:
        # Sums of whole rows: each element is worked out by itself, so that the size of the batch cannot matter.
        first = (first[:, None, :] + other[None, :, :]).reshape(-1, first.shape[-1])
    return first
