"""How a package of the zone comes to be signed when talks succeed: by a solution, by an offer, or by giving in.

Sources: screening offers after Fearon 1995 and Powell 2004; standing firm until one side jumps after Langlois and Langlois
2012. Left out: offers that improve round by round, reputation.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sim.engine.draws import Floats, Ints
from sim.model.negotiation.geometry import best_in, zone_of_agreement

RuleName = Literal["nash", "kalai_smorodinsky", "egalitarian", "screening", "stand_firm"]


def chance_of_acceptance(slack: Floats, resolve_sd: Floats) -> Floats:
    """Return with what chance a side accepts a package, as seen by one who does not know its resolve.

    Parameters
    ----------
    slack : (P, n) array
        Utility by which the package is above what the side would insist on with average resolve; minus infinity: never.
    resolve_sd : (n,) array
        Spread of its resolve; with 0 it is known.

    >>> chance_of_acceptance(np.array([[0.0, -np.inf], [0.1, -0.1]]), np.array([0.1, 0.0])).round(3)
    array([[0.5  , 0.   ],
           [0.841, 0.   ]])
    """
    # Heavy to import, and only this rule needs it.
    from scipy.special import ndtr

    known = resolve_sd <= 0
    scaled = slack / np.where(known, 1.0, resolve_sd)
    chance: Floats = np.where(known, (slack > 0).astype(np.float64), ndtr(scaled))
    return chance


def screening(surplus: Floats, attacker_proposes: NDArray[np.bool_], chance: Floats) -> Ints:
    """Return what is signed when one side proposes without knowing the other's resolve; -1 where nothing is.

    Parameters
    ----------
    surplus : (2, P, n) array
    attacker_proposes : (n,) bool
    chance : (P, n) array
        Chance of acceptance by the one who does not propose, as the proposer sees it.
    """
    own = np.where(attacker_proposes, surplus[0], surplus[1])
    other = np.where(attacker_proposes, surplus[1], surplus[0])
    gain = chance * np.where(own > 0, own, 0.0)
    offered = best_in(gain > 0, gain, surplus)
    accepted = (offered >= 0) & (np.take_along_axis(other, np.maximum(offered, 0)[None], axis=0)[0] > 0)
    signed: Ints = np.where(accepted, offered, -1)
    return signed


def stand_firm(surplus: Floats, attacker_gives_in: NDArray[np.bool_]) -> Ints:
    """Return what is signed when one side gives in: the package of the zone that the other likes best."""
    return best_in(zone_of_agreement(surplus), np.where(attacker_gives_in, surplus[1], surplus[0]), surplus)
