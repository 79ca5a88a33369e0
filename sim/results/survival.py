"""How wars end and ceasefires hold over time, as curves: what has not ended is watched until the horizon, and counted so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.calendar import DAYS_PER_MONTH
from sim.engine.draws import Floats, Ints
from sim.model.endings import DECISIONS, FAILED, FIRST_ENDS
from sim.results.statistics import Curve, aalen_johansen, kaplan_meier

_KINDS = [*FIRST_ENDS]
# Its days are counted from when each ceasefire began.
OF_CEASEFIRES = "first_ceasefire"


class Course(NamedTuple):
    """A curve with its name: `war`, `first_end` of a kind, or `first_ceasefire`."""

    name: str
    of: str
    curve: Curve


def first_end(outcomes: Mapping[str, NDArray[Any]], horizon_days: int) -> tuple[Floats, Ints]:
    """Return when the fighting first ended in each history, and how: a place in `FIRST_ENDS` from 1 on, 0 if not.

    Histories that failed are left out.
    """
    ran = outcomes["ending"] != FAILED
    names = ("ending", "ending_day", "deal_month", "ceasefires")
    outcomes = {name: outcomes[name][ran] for name in names if name in outcomes}
    n = int(ran.sum())
    days, how = np.full(n, float(horizon_days)), np.zeros(n, dtype=np.int64)
    for kind in DECISIONS:
        decided = outcomes["ending"] == kind.name
        days[decided] = outcomes["ending_day"][decided]
        how[decided] = _KINDS.index(kind.name) + 1
    # A decision after a ceasefire is not the first end.
    signed = outcomes["ceasefires"] > 0 if "ceasefires" in outcomes else np.zeros(n, dtype=np.bool_)
    if signed.any():
        days[signed] = np.rint(outcomes["deal_month"][signed] * DAYS_PER_MONTH)
        how[signed] = 1
    return days, how


def courses(outcomes: Mapping[str, NDArray[Any]], horizon_days: int) -> Iterator[Course]:
    """Yield the curves of the columns of a run; those of what never happens are left out."""
    days, how = first_end(outcomes, horizon_days)
    if not how.any():
        return
    yield Course("war", "", kaplan_meier(days, how > 0))
    for kind, curve in aalen_johansen(days, how).items():
        if curve.share[-1] > 0:
            yield Course("first_end", _KINDS[kind - 1], curve)
    if (how == 1).any():
        length, broke = (outcomes[name] for name in ("first_ceasefire_days", "first_ceasefire_broke"))
        held = ~np.isnan(length)
        length, broke = length[held], broke[held]
        if (broke > 0).any():
            yield Course(OF_CEASEFIRES, "", kaplan_meier(length, broke > 0))
