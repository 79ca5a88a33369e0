"""The rhythm of politics: support, beliefs and negotiation are reviewed together, in the evening of every 14th day."""

from sim.engine.calendar import DAYS_PER_YEAR

# judgement: fine enough for talks that take weeks, and a fourteenth of the cost of doing it daily.
DAYS_BETWEEN_REVIEWS = 14
REVIEW_YEARS = DAYS_BETWEEN_REVIEWS / DAYS_PER_YEAR
