"""How many histories are enough: until shares are known to within a half-width."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.model.endings import ENDINGS
from sim.results.statistics import wilson_interval
from sim.scenario import Scenario, ScenarioHead
from sim.studies.condition import ConditionError, is_share, outcome_of


@dataclass(frozen=True)
class Precision:
    """What is asked of an ensemble that grows.

    Attributes
    ----------
    scenario : Scenario
    half_width : float
        Of the 95 % interval of a share.
    outcome : str or None
        Whose share; of every ending if not given.
    """

    scenario: Scenario[ScenarioHead]
    half_width: float
    outcome: str | None = None

    def __post_init__(self) -> None:
        if not 0.0 < self.half_width <= 1.0:
            raise ConditionError(f"a precision is a half-width between 0 and 1, not {self.half_width}")

    def reached(self, outcomes: Mapping[str, NDArray[Any]]) -> bool:
        """Return whether histories with these outcomes are enough.

        Raises
        ------
        ConditionError
            When there is no such outcome, or it is a number and has no share.
        """
        names = [self.outcome] if self.outcome else [ending.name for ending in ENDINGS]
        return all(self._half_width(outcomes, name) <= self.half_width for name in names)

    def _half_width(self, outcomes: Mapping[str, NDArray[Any]], name: str) -> float:
        values = outcome_of(self.scenario, outcomes, name)
        known = values[~np.isnan(values)]
        if not is_share(known):
            raise ConditionError(f"{name} is a number and has no share; --precision-of takes an outcome of yes and no")
        if not len(known):
            return 1.0
        low, high = wilson_interval(float(known.sum()), len(known))
        return (high - low) / 2
