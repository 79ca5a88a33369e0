"""Where a study looks: knobs and the values they take, all combinations of them or a sample that fills their space."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from sim.engine.draws import Floats
from sim.engine.whole import whole_number
from sim.errors import ParleyError
from sim.scenario import FieldError
from sim.scenario.distributions import LARGEST
from sim.scenario.read import read_value
from sim.scenario.wording import quoted, shorten
from sim.scenario.write import as_setting

DESIGNS = ("grid", "latin", "sobol")
MOST_POINTS = 100_000
LONGEST_VALUE, LONGEST_LIST = 400, 100_000
# So written that no text takes long to be found to be none.
_NUMBER = r"[-+]?(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:e[-+]?[0-9]+)?"
_RANGE = re.compile(rf"\s*({_NUMBER})\s*:\s*({_NUMBER})\s*(?::\s*([0-9]+)\s*)?", re.IGNORECASE)
# As people write ranges elsewhere.
_DASHED = re.compile(rf"({_NUMBER})\s*(?:-|\.{{2,3}}|[\u2010-\u2015\u2026]|to\b)\s*({_NUMBER})", re.IGNORECASE)
# judgement: as many as show whether a line bends.
STEPS_FOR_EXAMPLE = 5


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
    def parse(cls, text: str, in_steps: bool = True) -> Varied:
        """Read `PATH=LOW:HIGH:N`, `PATH=LOW:HIGH` or `PATH=a,b,c`; a comma inside quotes or brackets is part of its value.

        Parameters
        ----------
        text : str
        in_steps : bool
            Whether the values of a range are counted, or looked for.

        Raises
        ------
        DesignError
            With what to write instead.

        >>> Varied.parse("arms.defender.aid_scale=0:2:5").values
        ('0', '0.5', '1', '1.5', '2')
        >>> Varied.parse("attrition.law=square,linear").values
        ('square', 'linear')
        >>> Varied.parse('sides.attacker.name="A, B",C').values
        ('"A, B"', 'C')
        """
        path, equals, written = (part.strip() for part in text.partition("="))
        if not path or not equals or not written:
            raise DesignError(f"cannot read --vary {_shown(text)}; write PATH=LOW:HIGH:N, or PATH=a,b,c")
        refuse_span(path)
        found = _RANGE.fullmatch(written) if len(written) <= LONGEST_VALUE else None
        if found is None:
            values = _split(written) if len(written) <= LONGEST_LIST else (written,)
            _refuse_dashed(path, values, _shown(text), in_steps)
            if ":" in written and len(values) == 1 and not written.startswith(tuple(_CLOSING)):
                raise DesignError(f"cannot read --vary {_shown(text)}; a range is PATH=LOW:HIGH:N with numbers")
            return cls._listed(path, values, _shown(text))
        low, high = (float(found[place].replace("_", "")) for place in (1, 2))
        if not low < high:
            raise DesignError(f"--vary {_shown(text)} goes from {low:g} to {high:g}; the lower value comes first")
        if not math.isfinite(high - low) or max(abs(low), abs(high)) > LARGEST:
            raise DesignError(f"--vary {_shown(text)} has a value that is not finite, or beyond {LARGEST:g}")
        # No number of so many digits is small enough, and Python reads none of thousands.
        steps = int(found[3][:9]) if found[3] else 0
        if found[3] and not 2 <= steps <= MOST_POINTS:
            asked = shorten(found[3], 20)
            raise DesignError(
                f"--vary {_shown(text)} asks for {asked} values; at least 2 and at most {MOST_POINTS:,} can be run"
            )
        values = tuple(_written(value) for value in np.linspace(low, high, steps))
        if len(set(values)) < len(values):
            raise DesignError(f"--vary {_shown(text)} has steps smaller than the seventh digit of its values")
        return cls(path, values, low, high)

    @classmethod
    def of(cls, path: str, values: Iterable[object]) -> Varied:
        """Return a knob that takes values of Python, each as it is, commas included.

        Raises
        ------
        DesignError
            With what is wrong.

        >>> Varied.of("sides.attacker.name", ["A, B", "C"]).values
        ('A, B', 'C')
        """
        refuse_span(path)
        return cls._listed(path, tuple(as_setting(value) for value in values), quoted(path))

    @classmethod
    def _listed(cls, path: str, values: tuple[str, ...], shown: str) -> Varied:
        if len({as_value(value) for value in values}) < len(values) or not all(values) or not values:
            raise DesignError(f"--vary {shown} has a value twice or an empty one")
        if len(values) > MOST_POINTS:
            raise DesignError(f"--vary {shown} has {len(values):,} values; at most {MOST_POINTS:,} can be run")
        longest = max(values, key=len)
        if len(longest) > LONGEST_VALUE:
            raise DesignError(f"--vary {shown} has a value of {len(longest):,} characters; at most {LONGEST_VALUE} are read")
        return cls(path, values)

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


def _refuse_dashed(path: str, values: Sequence[str], shown: str, in_steps: bool) -> None:
    """Refuse a range that is written as elsewhere, such as 0-2, and say how it is written here."""
    found = next((one for value in values if len(value) <= LONGEST_VALUE and (one := _DASHED.fullmatch(value))), None)
    if found is None:
        return
    low, high, steps = found[1], found[2], STEPS_FOR_EXAMPLE
    how = f"write {path}={low}:{high}"
    how += f":{steps} for {steps} values from {low} to {high}, or {path}={low},{high} for these two" if in_steps else ""
    raise DesignError(f"cannot read --vary {shown}: a range is written with a colon; {how}")


def as_value(text: str) -> str | float:
    """Return a value as a number where it is one, and a text without the quotes around it.

    >>> as_value("0.50"), as_value("square"), as_value('"A, B"')
    (0.5, 'square', 'A, B')
    """
    try:
        value = float(text.replace("_", ""))
    except ValueError:
        return _unquoted(text)
    return int(value) if value.is_integer() else value


def _unquoted(text: str) -> str:
    try:
        return str(read_value(text)) if text.startswith(("'", '"')) else text
    except FieldError:
        return text


_CLOSING = {"'": "'", '"': '"', "[": "]", "{": "}"}


def _split(written: str) -> tuple[str, ...]:
    """Return what stands between commas; what starts with a quote or a bracket goes on until it closes.

    >>> _split("[1, 2], 'it''s, x', it's")
    ('[1, 2]', "'it''s, x'", "it's")
    """
    values, start, position, closing, is_first = [], 0, 0, "", True
    while position < len(written):
        char, last = written[position], closing[-1:]
        if (last == '"' and char == "\\") or (last == "'" and written.startswith("''", position)):
            position += 1  # what follows is part of the text
        elif char == last:
            closing = closing[:-1]
        elif last in ("'", '"'):
            pass
        elif char in _CLOSING and (closing or is_first):
            closing += _CLOSING[char]
        elif char == "," and not closing:
            values.append(written[start:position].strip())
            start = position + 1
        is_first = start == position + 1 or (is_first and char.isspace())
        position += 1
    return (*values, written[start:].strip())


def _shown(text: str) -> str:
    return f"'{shorten(text, 100)}'"


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
    if points is None:
        raise DesignError(f"a sample needs its size: --points N, at least 2 and at most {MOST_POINTS:,}")
    points = whole_number("the size of a sample (--points)", points, 2, MOST_POINTS)
    if design == "sobol":
        if points & (points - 1):
            fitting = 1 << points.bit_length() - 1
            raise DesignError(f"a Sobol' sequence is even only over a power of two: --points {fitting} or {2 * fitting}")
        places = qmc.Sobol(len(knobs), seed=seed).random(points)
    else:
        places = qmc.LatinHypercube(len(knobs), seed=seed).random(points)
    return list(zip(*(knob.at(places[:, column]) for column, knob in enumerate(knobs)), strict=True))
