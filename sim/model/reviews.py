"""The rhythm of politics: support, beliefs and negotiation are reviewed together, in the evening of every 14th day."""

import numpy as np

from sim.engine.calendar import DAYS_PER_YEAR
from sim.engine.draws import Floats

# judgement: fine enough for talks that take weeks, and a fourteenth of the cost of doing it daily.
DAYS_BETWEEN_REVIEWS = 14
# How talks stand: what both agree to waits for a vote, or is tried in a first phase.
NO_TALKS, UNDER_WAY, SUSPENDED, VOTING, IN_A_PHASE = range(5)
REVIEW_YEARS = DAYS_BETWEEN_REVIEWS / DAYS_PER_YEAR


def chance(rate_per_year: Floats) -> Floats:
    """Return the chance that something of constant rate happens between two reviews.

    >>> chance(np.array([0.0, 26.0])).round(3)
    array([0.   , 0.631])
    """
    happens: Floats = 1.0 - np.exp(-rate_per_year * REVIEW_YEARS)
    return happens
