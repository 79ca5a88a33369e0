"""Bargaining as pure geometry: packages, surpluses, zone, frontier, solutions and offers. Knows no mechanism.

>>> import numpy as np
>>> from sim.model.negotiation import Domain, nash, zone_of_agreement
>>> domain = Domain({"land": ["keep", "leave"], "treaty": ["no", "yes"]})
>>> worth = {"land": np.array([[0.6], [0.0]]), "treaty": np.array([[0.4], [0.1]])}
>>> other = {"land": np.array([[0.1], [0.5]]), "treaty": np.array([[0.0], [0.5]])}
>>> utility = np.stack([domain.total(worth), domain.total(other)])
>>> surplus = utility - np.array([0.3, 0.4])[:, None, None]
>>> [domain.terms(package) for package in np.flatnonzero(zone_of_agreement(surplus))]
[('keep', 'yes'), ('leave', 'no')]
>>> domain.terms(int(nash(surplus)[0]))
('keep', 'yes')
"""

from sim.model.negotiation.domain import Corner, Domain, total
from sim.model.negotiation.geometry import (
    Nearest,
    barring,
    best_in,
    egalitarian,
    first_largest,
    kalai_smorodinsky,
    nash,
    nearest_to_agreement,
    pareto_frontier,
    zone_of_agreement,
)
from sim.model.negotiation.land import LandWorth, hands_over_by, kept_worth
from sim.model.negotiation.offers import Belief, RuleName, screening, shown, stand_firm
from sim.model.negotiation.terms import ABOVE, Issue, IssueOption, Land, RedLine, Rule, Terms, terms_flaws

__all__ = [
    "ABOVE",
    "Belief",
    "Corner",
    "Domain",
    "Issue",
    "IssueOption",
    "Land",
    "LandWorth",
    "Nearest",
    "RedLine",
    "Rule",
    "RuleName",
    "Terms",
    "barring",
    "best_in",
    "egalitarian",
    "first_largest",
    "hands_over_by",
    "kalai_smorodinsky",
    "kept_worth",
    "nash",
    "nearest_to_agreement",
    "pareto_frontier",
    "screening",
    "shown",
    "stand_firm",
    "terms_flaws",
    "total",
    "zone_of_agreement",
]
