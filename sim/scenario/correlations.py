"""Quantities that are uncertain together: the `correlations` section, and how it bends the luck of those it names.

Each quantity keeps its own distribution; only the luck that it is drawn with is bent (a Gaussian copula). Ties, as between
the values of a discrete quantity, make the rank correlation of the values a little weaker than that of the luck.
Left out: other shapes of dependence, such as tails that move together, and quantities that cannot be drawn.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field, ValidationInfo, field_validator

from .errors import FieldError, Flaw, Path
from .families import Floats
from .forms import origin_flaws
from .knobs import numbers
from .quantity import Fixed, Quantity
from .section import Item, knob
from .wording import did_you_mean, listed, quoted

if TYPE_CHECKING:
    from .head import ScenarioHead

# judgement: below this the last quantity has no luck of its own left, and the digits of the rest are lost.
_LEAST_PIVOT = 1e-9
# The range of the draws themselves (sim/engine/draws.py).
_LEAST_LUCK, _MOST_LUCK = 2.0**-53, 1.0 - 2.0**-53


class Correlation(Item):
    """Two uncertain quantities that are likely to be high together (rank above 0) or one high, one low (below 0).

    Where a variant has made one of them certain, there is nothing to correlate and the item has no effect.
    """

    long_texts = ("note",)

    between: tuple[str, str] = Field(description="The dotted paths of the two quantities")
    source: str | tuple[str, ...] = Field(
        default=(), validate_default=False, description="Where it comes from: a key of `sources`, or a list of keys"
    )
    note: str = Field(default="", validate_default=False, description="A remark for readers")
    assumption: bool = Field(default=False, validate_default=False, description="It is assumed, it has no source")
    rank: Fixed = knob("", "Spearman's rank correlation", low=-0.99, high=0.99)

    @field_validator("between", mode="before")
    @classmethod
    def _name_two(cls, raw: Any) -> Any:
        if isinstance(raw, (list, tuple)):
            if len(raw) != 2:
                raise FieldError(Flaw(f"{{field}} must name two quantities, not {len(raw)}", "Write it as in [path, path]"))
            if raw[0] == raw[1]:
                raise FieldError(Flaw(f"{quoted(raw[1])} stands on both sides of {{field}}", "Name two quantities", (1,)))
        return raw

    @field_validator("source", "note", "assumption", mode="before")
    @classmethod
    def _like_those_of_a_quantity(cls, raw: Any, info: ValidationInfo) -> Any:
        flaws = [Flaw(flaw.message, flaw.hint) for flaw in origin_flaws({str(info.field_name): raw})]
        if flaws:
            raise FieldError(*flaws)
        return raw

    @field_validator("rank", mode="after")
    @classmethod
    def _inherit_the_origin(cls, rank: Fixed, info: ValidationInfo) -> Fixed:
        if rank.sources or rank.assumption:
            return rank
        source, note = info.data.get("source", ()), info.data.get("note", "")
        sources = (source,) if isinstance(source, str) else source
        return replace(rank, sources=sources, note=rank.note or note, assumption=info.data.get("assumption", False))


def correlated(uniforms: Mapping[str, Floats], correlations: Sequence[Correlation]) -> dict[str, Floats]:
    """Return the luck of all quantities, that of correlated ones bent towards one another.

    Parameters
    ----------
    uniforms : dict of str to (n,) float64
        The luck of each uncertain quantity, by its path: independent and uniform in (0, 1).
    correlations : sequence of Correlation
        Such that `correlation_flaws` finds nothing. Those with a path that is not in `uniforms` have no effect.

    Returns
    -------
    dict of str to (n,) float64
        In the same order, uniform in (0, 1). Quantities that are not correlated and the one that the list names first keep
        their luck bit for bit. Each element depends on the luck at its own position only.

    Raises
    ------
    ValueError
        If the correlations contradict one another.

    Examples
    --------
    Of two replications the second bends far: its first quantity is very high.

    >>> pair = Correlation(id="a_and_b", between=("a", "b"), rank=0.9)
    >>> bent = correlated({"a": np.array([0.5, 0.99]), "b": np.array([0.5, 0.5])}, [pair])
    >>> bent["a"].tolist(), bent["b"].round(3).tolist()
    ([0.5, 0.99], [0.5, 0.983])
    """
    bent = dict(uniforms)
    named, asked = _ranks(correlations)
    paths = [path for path in named if path in uniforms]
    ranks = {pair: rank for pair, rank in asked.items() if pair <= uniforms.keys()}
    if not ranks:
        return bent
    from scipy.special import ndtr, ndtri

    rows, contradicting = _triangular(paths, ranks)
    if contradicting:
        raise ValueError(f"the correlations of {listed(sorted(contradicting))} contradict one another")
    scores = [ndtri(np.ascontiguousarray(uniforms[path], dtype=np.float64)) for path in paths]
    for last, (path, row) in enumerate(zip(paths, rows, strict=True)):
        before = [(weight, score) for weight, score in zip(row[:last], scores, strict=False) if weight != 0.0]
        if before:
            # Term by term: the order in which a matrix product adds may depend on how many replications there are.
            score = row[last] * scores[last]
            for weight, other in before:
                score = score + weight * other
            bent[path] = np.clip(ndtr(score), _LEAST_LUCK, _MOST_LUCK)
    return bent


def correlation_flaws(world: ScenarioHead) -> list[Flaw]:
    """Return what is wrong with the correlations of a scenario, each flaw with its path from the scenario down.

    Wrong are unknown sources, paths of no quantity or of one that cannot be drawn, pairs that stand twice, and ranks that
    no quantities can have together.
    """
    if not world.correlations:
        return []
    known = {number.path: number.value for number in numbers(world)}
    flaws: list[Flaw] = []
    first: dict[frozenset[str], str] = {}
    for position, one in enumerate(world.correlations):
        here: Path = ("correlations", position)
        keys = (one.source,) if isinstance(one.source, str) else one.source
        for step, key in enumerate(keys):
            if key not in world.sources:
                below = () if isinstance(one.source, str) else (step,)
                hint = did_you_mean(key, world.sources) or "Add it to 'sources'"
                flaws.append(Flaw(f"unknown source {quoted(key)}", hint, (*here, "source", *below)))
        for step, path in enumerate(one.between):
            flaws += _path_flaws(path, known, (*here, "between", step))
        before = first.setdefault(frozenset(one.between), one.id)
        if before != one.id:
            message = f"{one.between[0]} and {one.between[1]} are correlated by {quoted(before)} already"
            flaws.append(Flaw(message, "Keep one of them", (*here, "between")))
    return flaws or list(_contradictions(world.correlations))


def _path_flaws(path: str, known: Mapping[str, object], below: Path) -> Iterator[Flaw]:
    if path not in known:
        quantities = [name for name, value in known.items() if isinstance(value, Quantity)]
        yield Flaw(f"there is no quantity {quoted(path)}", did_you_mean(path, quantities), below)
    elif not isinstance(known[path], Quantity):
        yield Flaw(f"{quoted(path)} cannot be drawn, so nothing correlates with it", "Name an uncertain quantity", below)


def _contradictions(correlations: Sequence[Correlation]) -> Iterator[Flaw]:
    paths, ranks = _ranks(correlations)
    _, contradicting = _triangular(paths, ranks)
    if contradicting:
        concerned = [one for one in correlations if contradicting.issuperset(one.between)]
        message = f"these correlations contradict one another: {listed(one.id for one in concerned)}"
        yield Flaw(message, "Bring their ranks nearer to 0", ("correlations",))


def _ranks(correlations: Sequence[Correlation]) -> tuple[list[str], dict[frozenset[str], float]]:
    """Return the paths in the order in which they are first named, and the ranks of the pairs that are not 0."""
    paths = list(dict.fromkeys(path for one in correlations for path in one.between))
    return paths, {frozenset(one.between): one.rank.value for one in correlations if one.rank.value != 0.0}


def _triangular(paths: Sequence[str], ranks: Mapping[frozenset[str], float]) -> tuple[list[list[float]], set[str]]:
    """Return the lower triangular factor of the correlation matrix of the normal scores (Cholesky), row by row.

    Where there is none, also return the quantities that contradict one another; the rows end before them.
    """
    rows: list[list[float]] = []
    for last, path in enumerate(paths):
        row: list[float] = []
        for column in range(last):
            # Normal scores with this correlation have the rank correlation asked for (Pearson 1907).
            asked = 2.0 * math.sin(math.pi / 6.0 * ranks.get(frozenset((paths[column], path)), 0.0))
            explained = math.fsum(a * b for a, b in zip(row, rows[column], strict=False))
            row.append((asked - explained) / rows[column][column])
        pivot = 1.0 - math.fsum(weight * weight for weight in row)
        if pivot < _LEAST_PIVOT:
            return rows, _linked(path, paths[: last + 1], ranks)
        rows.append([*row, math.sqrt(pivot)])
    return rows, set()


def _linked(start: str, paths: Sequence[str], ranks: Mapping[frozenset[str], float]) -> set[str]:
    """Return the paths that a chain of correlations among `paths` links to `start`."""
    found, todo = {start}, [start]
    while todo:
        here = todo.pop()
        new = [path for path in paths if path not in found and frozenset((here, path)) in ranks]
        found.update(new)
        todo += new
    return found
