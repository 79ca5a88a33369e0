"""Further lucks: some of a run's draws of the assumptions are met by several lucks, so that the two can be told apart.

Every twentieth history lends its assumptions to five more, whose luck is that of numbers that no history of a run has. So a
draw of the assumptions has six lucks, the first of them that of the run itself, at a quarter more of work. The histories of
the run are as they would be without them, and no table but `lucks.csv` counts the others.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.engine.draws import Ints

# judgement: of 2, 4, 6, 8 and 12 lucks at the same cost, six tell most of what is not known where it is as large as luck.
EVERY, LUCKS = 20, 6
# judgement: more draws tell hardly more, and the table is read whole.
MOST_DRAWS = 1000
# judgement: of fewer the ends of a band of 95 % lie beyond them all.
FEWEST_DRAWS = 40
# The least number of histories that has so many draws.
FEWEST_HISTORIES = (FEWEST_DRAWS - 1) * EVERY + 1
# Beyond all numbers that a run can have.
FIRST_LUCK = 1_000_000_000


class Further(NamedTuple):
    """Histories with the assumptions of others.

    Attributes
    ----------
    draws : (m,) int
        Numbers of the replications whose assumptions they have.
    numbers : (m,) int
        Of the replications whose luck they have.
    """

    draws: Ints
    numbers: Ints


NO_MORE = Further(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))


def further(numbers: Ints, replications: int) -> Further:
    """Return the further histories of some of the replications of a run of so many; none of a run that is too small.

    >>> further(np.array([19, 20, 21]), 2000).numbers.tolist()
    [1000000005, 1000000006, 1000000007, 1000000008, 1000000009]
    """
    lends = (numbers % EVERY == 0) & (numbers < EVERY * MOST_DRAWS) & (replications >= FEWEST_HISTORIES)
    more = LUCKS - 1
    draws = numbers[lends]
    lucks = FIRST_LUCK + (draws // EVERY * more)[:, None] + np.arange(more)
    return Further(np.repeat(draws, more), lucks.reshape(-1))
