"""Where the histories of a run stand, week by week: at war, in a ceasefire, at war again, decided."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from sim.ensemble.run import Ensemble
from sim.model.endings import ENDINGS


class Standing(NamedTuple):
    """On a day so many histories of those that went on stood as if this ending were theirs."""

    day: int
    ending: str
    histories: int
    of: int


def standing(ensemble: Ensemble) -> Iterator[Standing]:
    """Yield how many histories stand how, by day and ending; endings that none has on any day are left out."""
    known = {day: counts for (day, question), counts in ensemble.tallies.items() if question == "ending"}
    if not known:
        return
    some = np.flatnonzero(np.any(list(known.values()), axis=0)).tolist()
    for day in sorted(known):
        for code in some:
            yield Standing(day, ENDINGS[code].name, int(known[day][code]), int(known[day].sum()))
