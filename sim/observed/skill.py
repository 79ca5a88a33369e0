"""Whether we told it better than a rival, and whether that can be said of so few origins.

Origins whose horizons overlap tell the same months, and errors of one are errors of the next. So intervals are of resampled
blocks of neighbouring origins, in a circle, as long as horizons reach (Politis and Romano 1992). Of few blocks they are too
narrow: where 95 % were asked for, they held the truth in 71 % of simulated cases of eight origins and blocks of two. So, on
the scale of the log of the ratio of both scores, they are stretched as the interval of a mean of so many values is beyond a
normal one (Student's t, and the degree of freedom that the mean takes): 90 % then, and 85 to 95 % with other numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import numpy as np

from sim.engine.calendar import MONTHS_PER_YEAR
from sim.engine.draws import Floats
from sim.results.statistics import Z_95

# judgement: of fewer errors the spread is hardly known, and that of blocks of them not at all.
FEWEST_ORIGINS = 8
# judgement: of three blocks there are ten different samples, and so no 95 % of them.
FEWEST_BLOCKS = 4
# judgement: with other samples ends would differ by a fiftieth of the width (standard deviation).
RESAMPLES = 2_000
ENDS = (0.025, 0.975)
TOO_FEW = f"with fewer than {FEWEST_ORIGINS} origins no ranking can be had"
TOO_MUCH_OVERLAP = f"horizons overlap so much that there are fewer than {FEWEST_BLOCKS} apart, and no ranking can be had"
NEVER_WRONG = "one of both was never wrong"


class Overlap(NamedTuple):
    """How often the same month is told.

    Attributes
    ----------
    months, again : int
        How many months are told, and how many of them from more than one origin.
    most : int
        From how many origins the same month is told at most: the length of a block.
    """

    months: int
    again: int
    most: int

    def __str__(self) -> str:
        """Return it as a sentence."""
        if not self.again:
            return "no month is told from more than one origin"
        return f"{self.again} of {self.months} months are told from more than one origin, from up to {self.most}"


def overlap(origins: Sequence[date], months: Sequence[int]) -> Overlap:
    """Return how horizons of so many months from each origin overlap.

    >>> str(overlap([date(2023, 1, 1), date(2023, 7, 1)], [12, 12]))
    '6 of 18 months are told from more than one origin, from up to 2'
    """
    starts = [origin.year * MONTHS_PER_YEAR + origin.month for origin in origins]
    told = Counter(start + lead for start, horizon in zip(starts, months, strict=True) for lead in range(horizon))
    return Overlap(len(told), sum(count > 1 for count in told.values()), max(told.values()))


class Skill(NamedTuple):
    """1 - our mean score / the rival's, with its 95 % interval.

    Attributes
    ----------
    value : float or None
        None where the rival was never wrong, against which there is no skill.
    interval : (float, float) or None
        None with fewer than eight origins, or four horizons apart.
    why_no_interval : str
        What is said instead of it.
    """

    value: float | None
    interval: tuple[float, float] | None
    why_no_interval: str


def skill(ours: Sequence[Floats], theirs: Sequence[Floats], block: int) -> Skill:
    """Return our skill against a rival, from scores of the same forecasts; the same scores always have the same interval.

    Parameters
    ----------
    ours, theirs : arrays of scores
        One array an origin, in the order of time; means are over all forecasts, whatever their origin.
    block : int
        How many neighbouring origins are resampled together: `overlap(...).most`.
    """
    from scipy.special import stdtrit

    if [one.shape for one in ours] != [one.shape for one in theirs]:
        raise ValueError("skill is of the same forecasts: the scores of both are as many from each origin")
    sums = np.array([[mine.sum(), other.sum()] for mine, other in zip(ours, theirs, strict=True)])
    mine, other = sums.sum(axis=0)
    if mine == 0 or other == 0:
        return Skill(1.0 if other > 0 else None, None, NEVER_WRONG)
    value = float(1 - mine / other)
    count, blocks = len(sums), len(sums) / block
    if count < FEWEST_ORIGINS:
        return Skill(value, None, TOO_FEW)
    if blocks < FEWEST_BLOCKS:
        return Skill(value, None, TOO_MUCH_OVERLAP)
    starts = np.random.Generator(np.random.PCG64(0)).integers(count, size=(RESAMPLES, -(-count // block), 1))
    picked = ((starts + np.arange(block)) % count).reshape(RESAMPLES, -1)[:, :count]
    again = sums[picked].sum(axis=1)
    # Where neither was wrong in a sample they are equally good in it.
    again[(again == 0).all(axis=1)] = 1.0
    stretch = stdtrit(blocks - 1, ENDS[1]) / Z_95 * np.sqrt(blocks / (blocks - 1))
    # Where one of both was never wrong the log is infinite, and so may an end be.
    with np.errstate(divide="ignore", over="ignore"):
        off = np.quantile(np.log(again[:, 0]) - np.log(again[:, 1]), ENDS, method="inverted_cdf") - np.log(mine / other)
        high, low = 1 - mine / other * np.exp(stretch * off)
    return Skill(value, (float(low), float(high)), "")
