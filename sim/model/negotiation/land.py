"""What land is worth: an area left to the attacker has a value for each side, along straight lines between points."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sim.engine.draws import Floats, Ints
from sim.model.negotiation.terms import Land
from sim.model.parameters import SIDES

Curve = list[tuple[Floats, Floats]]
Flags = NDArray[np.bool_]


def on_curve(area: Floats, curve: Curve) -> Floats:
    """Return what areas are worth on a curve: points (area, worth), each the shape of `area` or (n,); outside them the ends.

    >>> curve = [(np.array([50.0]), np.array([-0.5])), (np.array([100.0]), np.array([1.0]))]
    >>> on_curve(np.array([0.0, 75.0, 100.0, 200.0]), curve)
    array([-0.5 ,  0.25,  1.  ,  1.  ])
    """
    worth: Floats | None = None
    for (left, low), (right, high) in pairwise(curve):
        # Much quicker than `clip` where there are few histories.
        share = np.minimum(np.maximum((area - left) / (right - left), 0.0), 1.0)
        # Exact at both points.
        here = low * (1.0 - share) + high * share
        worth = here if worth is None else np.where(area > left, here, worth)
    assert worth is not None, "a curve has at least two points"
    return worth


class LandWorth:
    """What areas are worth to both sides.

    Attributes
    ----------
    best, worst : (2, n) array
        What the ends of the curves are worth to each side.
    """

    def __init__(self, land: Land[Floats], n: int) -> None:
        self._curves = [self._curve(land, side, n) for side in range(2)]
        first, last = ([curve[end][1] for curve in self._curves] for end in (0, -1))
        self.best, self.worst = np.stack([last[0], first[1]]), np.stack([first[0], last[1]])

    @staticmethod
    def _curve(land: Land[Floats], side: int, n: int) -> Curve:
        points = getattr(land, SIDES[side])
        if points is not None:
            return [(point.area_km2, point.worth) for point in points]
        assert land.none_km2 is not None, "it is given for a side without a curve"
        assert land.all_km2 is not None, "it is given for a side without a curve"
        none, every = np.full(n, float(side)), np.full(n, 1.0 - side)
        return [(land.none_km2, none), (land.all_km2, every)]

    def of(self, area: Floats, columns: slice | Ints = slice(None)) -> Floats:
        """Return what an area is worth to both sides, (2, ..., columns)."""
        return np.stack([on_curve(area, self._in(side, columns)) for side in range(2)])

    def of_each(self, area: Floats) -> Floats:
        """Return what each side has of an area of its own, (2, ..., n)."""
        return np.stack([on_curve(area[side], self._curves[side]) for side in range(2)])

    def _in(self, side: int, columns: slice | Ints) -> Curve:
        return [(area[columns], worth[columns]) for area, worth in self._curves[side]]


def hands_over_by(due_area: Floats, held_area: Floats) -> tuple[Flags, Flags]:
    """Return where the attacker has to hand over land, and where the defender has: none where the line stays.

    >>> hands_over_by(np.array([90.0, 100.0, 110.0]), np.full(3, 100.0))
    (array([ True, False, False]), array([False, False,  True]))
    """
    return due_area < held_area, due_area > held_area


def kept_worth(worth: Floats, held: Floats, gives: tuple[Flags, Flags], withholds_land_share: Floats) -> Floats:
    """Return what land is worth of which both sides know how often the side that has to hand it over does so.

    Parameters
    ----------
    worth : (2, ..., n) array
        Of the area as agreed, to each side.
    held : (2, ..., n) array
        Of that held before; of a shape that goes with `worth`.
    gives : pair of (..., n) arrays
        As from `hands_over_by`.
    withholds_land_share : (2, n) array
        How often each side does not.
    """
    withheld = np.where(gives[0], withholds_land_share[0], np.where(gives[1], withholds_land_share[1], 0.0))
    kept = 1.0 - withheld
    return kept * worth + (1.0 - kept) * held
