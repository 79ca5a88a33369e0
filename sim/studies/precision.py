"""How many histories are enough: until shares are known to within a half-width."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.ensemble.outcomes import ENDINGS
from sim.results.runs import values_of
from sim.results.statistics import wilson_interval
from sim.scenario.wording import did_you_mean
from sim.studies.condition import ConditionError


@dataclass(frozen=True)
class Precision:
    """What is asked of an ensemble that grows.

    Attributes
    ----------
    half_width : float
        Of the 95 % interval of a share.
    outcome : str or None
        Whose share; of every ending if not given.
    """

    half_width: float
    outcome: str | None = None

    def reached(self, outcomes: Mapping[str, NDArray[Any]]) -> bool:
        """Return whether histories with these outcomes are enough.

        Raises
        ------
        ConditionError
            When there is no such outcome, or it is a number and has no share.
        """
        return all(
            self._half_width(outcomes, name) <= self.half_width for name in ([self.outcome] if self.outcome else ENDINGS)
        )

    def _half_width(self, outcomes: Mapping[str, NDArray[Any]], name: str) -> float:
        try:
            values = values_of(outcomes, name, ENDINGS)
        except KeyError as error:
            hint = did_you_mean(name, [*ENDINGS, *outcomes])
            raise ConditionError(f"unknown outcome {name!r} in --precision-of. {hint}".rstrip()) from error
        known = values[~np.isnan(values)]
        if not np.isin(known, (0.0, 1.0)).all():
            raise ConditionError(f"{name} is a number and has no share; --precision-of takes an outcome of yes and no")
        if not len(known):
            return 1.0
        low, high = wilson_interval(float(known.sum()), len(known))
        return (high - low) / 2
