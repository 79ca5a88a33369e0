"""Where a study looks: knobs and the values they take, all combinations of them or a sample that fills their space."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from sim.engine.draws import Floats
from sim.errors import ParleyError

DESIGNS = ("grid", "latin", "sobol")
MOST_POINTS = 100_000
_NUMBER = r"[-+]?(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:e[-+]?\d+)?"
_RANGE = re.compile(rf"\s*({_NUMBER})\s*:\s*({_NUMBER})\s*(?::\s*(\d+)\s*)?", re.IGNORECASE)


class DesignError(ParleyError):
    """What is wrong with the knobs of a study."""


@dataclass(frozen=True)
class Varied:
    """A knob that is varied.

    Attributes
    ----------
    path : str
        Its dotted path.
    values : tuple of str
        The values to take, as they would be written after `--set PATH=`; empty for a range without a number of steps.
    low, high : float or None
        The range, if it is one.
    """

    path: str
    values: tuple[str, ...]
    low: float | None = None
    high: float | None = None

    @classmethod
    def parse(cls, text: str) -> Varied:
        """Read `PATH=LOW:HIGH:N`, `PATH=LOW:HIGH` or `PATH=a,b,c`.

        Raises
        ------
        DesignError
            With what to write instead.

        >>> Varied.parse("arms.defender.aid_scale=0:2:5").values
        ('0', '0.5', '1', '1.5', '2')
        >>> Varied.parse("attrition.law=square,linear").values
        ('square', 'linear')
        """
        path, equals, written = (part.strip() for part in text.partition("="))
        if not path or not equals or not written:
            raise DesignError(f"cannot read --vary {text!r}; write PATH=LOW:HIGH:N, or PATH=a,b,c")
        refuse_span(path)
        found = _RANGE.fullmatch(written)
        if found is None:
            if ":" in written and "," not in written:
                raise DesignError(f"cannot read --vary {text!r}; a range is PATH=LOW:HIGH:N with numbers")
            values = tuple(value.strip() for value in written.split(","))
            if len({as_value(value) for value in values}) < len(values) or not all(values):
                raise DesignError(f"--vary {text!r} has a value twice or an empty one")
            return cls(path, values)
        low, high = (float(found[place].replace("_", "")) for place in (1, 2))
        if not low < high:
            raise DesignError(f"--vary {text!r} goes from {low:g} to {high:g}; the lower value comes first")
        if not math.isfinite(high - low):
            raise DesignError(f"--vary {text!r} has a value that is not finite")
        steps = int(found[3]) if found[3] else 0
        if found[3] and not 2 <= steps <= MOST_POINTS:
            raise DesignError(f"--vary {text!r} asks for {steps} values; at least 2 and at most {MOST_POINTS:,} can be run")
        values = tuple(_written(value) for value in np.linspace(low, high, steps))
        if len(set(values)) < len(values):
            raise DesignError(f"--vary {text!r} has steps smaller than the seventh digit of its values")
        return cls(path, values, low, high)

    def at(self, places: Floats) -> list[str]:
        """Return the values at places between 0 and 1 of the range or of the list."""
        if self.low is None or self.high is None:
            return [self.values[int(place * len(self.values))] for place in places]
        return [_written(self.low + place * (self.high - self.low)) for place in places]


def refuse_span(path: str) -> None:
    """Refuse knobs that say which time is covered.

    Raises
    ------
    DesignError
    """
    if path in ("start_date", "horizon_months", "horizon_days"):
        raise DesignError(f"{path} cannot be varied, because outcomes of other times cannot be compared; choose --months")


def as_value(text: str) -> str | float:
    """Return a value as a number where it is one."""
    try:
        value = float(text.replace("_", ""))
    except ValueError:
        return text
    return int(value) if value.is_integer() else value


def _written(value: float) -> str:
    # No more digits than a reader wants, and none of the rounding of a step.
    return f"{value:.7g}" if abs(value) < 1e7 else f"{value:.0f}"


def lay_out(
    knobs: Sequence[Varied], design: str = "grid", points: int | None = None, seed: int = 1
) -> list[tuple[str, ...]]:
    """Return the points of a design: for each a value of every knob.

    Parameters
    ----------
    knobs : sequence of Varied
    design : str
        `grid`: all combinations, the last knob turning fastest. `latin` and `sobol`: a sample that fills the space evenly
        (Latin hypercube; scrambled Sobol' sequence, whose number of points is a power of two).
    points : int, optional
        Size of a sample.
    seed : int
        Of a sample.

    Raises
    ------
    DesignError

    >>> lay_out([Varied.parse("a=0:1:2"), Varied.parse("b=x,y")])
    [('0', 'x'), ('0', 'y'), ('1', 'x'), ('1', 'y')]
    """
    paths = [knob.path for knob in knobs]
    if len(set(paths)) < len(paths):
        raise DesignError("a knob is varied twice; give each once")
    if design not in DESIGNS:
        raise DesignError(f"there is no design {design!r}; there are {', '.join(DESIGNS)}")
    if not knobs:
        raise DesignError("nothing is varied; name a knob")
    if design == "grid":
        open_ended = next((knob for knob in knobs if not knob.values), None)
        if open_ended is not None:
            raise DesignError(f"how many values of {open_ended.path}? Write LOW:HIGH:N, or choose --design latin or sobol")
        if points is not None:
            raise DesignError("--points is the size of a sample; a grid has as many as its knobs have values")
        size = int(np.prod([len(knob.values) for knob in knobs], dtype=np.float64))
        if size > MOST_POINTS:
            raise DesignError(f"the grid has {size:,} points and at most {MOST_POINTS:,} can be run; take a --design")
        return list(product(*(knob.values for knob in knobs)))
    from scipy.stats import qmc

    stepped = next((knob for knob in knobs if knob.low is not None and knob.values), None)
    if stepped is not None:
        raise DesignError(f"a sample takes no steps: write {stepped.path}=LOW:HIGH, and the size of the sample as --points")
    if points is None or not 2 <= points <= MOST_POINTS:
        raise DesignError(f"a sample needs its size: --points N, at least 2 and at most {MOST_POINTS:,}")
    if design == "sobol":
        if points & (points - 1):
            fitting = 1 << points.bit_length() - 1
            raise DesignError(f"a Sobol' sequence is even only over a power of two: --points {fitting} or {2 * fitting}")
        places = qmc.Sobol(len(knobs), seed=seed).random(points)
    else:
        places = qmc.LatinHypercube(len(knobs), seed=seed).random(points)
    return list(zip(*(knob.at(places[:, column]) for column, knob in enumerate(knobs)), strict=True))
