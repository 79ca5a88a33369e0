"""How a package of the zone comes to be signed when talks succeed: by a solution, by an offer, or by giving in.

Who makes an offer does not know the other's resolve. It holds a belief: the law of resolve, narrowed by what the fighting
has shown and by what has been refused. So offers improve, and who is less resolved than it might be pays for being taken for
more.

Sources: screening offers after Fearon 1995 and Powell 2004; learning from battles and from refusals after Filson and Werner
2002 and Powell 2004; standing firm until one side jumps after Langlois and Langlois 2012. Left out: that a side refuses what
it would sign, to be offered more; reputation beyond a leader.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sim.engine.draws import Floats, Ints
from sim.model.negotiation.geometry import best_in, zone_of_agreement

RuleName = Literal["nash", "kalai_smorodinsky", "egalitarian", "screening", "stand_firm"]


@dataclass(frozen=True)
class Belief:
    """What is believed of resolve: a normal law, cut off below and above; arrays of one shape.

    Attributes
    ----------
    mean : array
    precision : array
        One over the variance of the normal law, above 0: near 0 it is flat between the cuts, infinite if resolve is known.
    lowest, highest : array
        What resolve is at least and at most.
    """

    mean: Floats
    precision: Floats
    lowest: Floats
    highest: Floats

    def chance_below(self, resolve: Floats) -> Floats:
        """Return the chance that resolve is below some values, of the shape of the belief or with packages before it.

        >>> even = Belief(np.zeros(2), np.array([1e-6, 4.0]), np.array([-1.0, -np.inf]), np.array([1.0, np.inf]))
        >>> even.chance_below(np.array([[0.5, 0.0], [-0.5, 0.5]])).round(3)
        array([[0.75 , 0.5  ],
               [0.25 , 0.841]])
        """
        # Heavy to import, and only this rule needs it.
        from scipy.special import log_ndtr

        inside = np.clip(resolve, self.lowest, self.highest)
        known = np.isinf(self.precision)
        scale = np.sqrt(np.where(known, 1.0, self.precision))

        def beyond(value: Floats) -> Floats:
            """The logarithm of the chance of more than a value, without the cuts."""
            return np.asarray(log_ndtr(-(value - self.mean) * scale))

        whole = beyond(self.lowest)
        part, all_of_it = -np.expm1(beyond(inside) - whole), -np.expm1(beyond(self.highest) - whole)
        # Where the cuts leave nothing of the law, resolve is taken to be what it is at least.
        cut = np.where(all_of_it > 0, part / np.where(all_of_it > 0, all_of_it, 1.0), resolve > self.lowest)
        chance: Floats = np.where(known, resolve > self.mean, cut)
        return np.where(np.isneginf(resolve), 0.0, chance)


def shown(mean: Floats, precision: Floats, signal: Floats, noise: Floats) -> tuple[Floats, Floats]:
    """Return mean and precision of the normal law of a belief after a signal of resolve with noise.

    >>> shown(np.array([0.0]), np.array([4.0]), np.array([1.0]), np.array([0.5]))
    (array([0.5]), array([8.]))
    """
    more = precision + noise**-2.0
    known = np.isinf(precision)
    return np.where(known, mean, mean + (signal - mean) * noise**-2.0 / more), more


def screening(surplus: Floats, attacker_proposes: NDArray[np.bool_], chance: Floats) -> Ints:
    """Return what is offered when one side proposes without knowing the other's resolve; -1 where nothing is.

    Parameters
    ----------
    surplus : (2, P, n) array
    attacker_proposes : (n,) bool
    chance : (P, n) array
        Chance of acceptance by the one who does not propose, as the proposer sees it.
    """
    own = np.where(attacker_proposes, surplus[0], surplus[1])
    gain = chance * np.where(own > 0, own, 0.0)
    return best_in(gain > 0, gain, surplus)


def stand_firm(surplus: Floats, attacker_gives_in: NDArray[np.bool_]) -> Ints:
    """Return what is signed when one side gives in: the package of the zone that the other likes best."""
    return best_in(zone_of_agreement(surplus), np.where(attacker_gives_in, surplus[1], surplus[0]), surplus)
