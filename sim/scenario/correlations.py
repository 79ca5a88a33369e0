"""Quantities that are uncertain together: the `correlations` section, and how it bends the luck of those it names.

Each quantity keeps its own distribution; only the luck that it is drawn with is bent (a Gaussian copula). Equal values, as
of a discrete quantity, make the rank correlation of the values a little weaker than that of the luck.

A rank of 1 or -1 *ties* two quantities: they are drawn with one luck, that of the one which the list names first (the other
end of it for -1), and whatever is correlated with one of them is correlated with all. A tie holds where a variant has made
some of them certain, so that the others are drawn as before.
Left out: other shapes of dependence, such as tails that move together, and quantities that cannot be drawn.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from pydantic import Field, ValidationInfo, field_validator

from .errors import FieldError, Flaw, Path
from .families import Floats
from .forms import origin_flaws
from .knobs import numbers
from .quantity import Fixed, Quantity
from .section import Item, knob
from .wording import did_you_mean, listed, number, quoted, where_source

if TYPE_CHECKING:
    from .head import ScenarioHead

# judgement: below this the last quantity has no luck of its own left, and the digits of the rest are lost.
_LEAST_PIVOT = 1e-9
_MOST_RANK = 0.99
# The range of the draws themselves (sim/engine/draws.py).
_LEAST_LUCK, _MOST_LUCK = 2.0**-53, 1.0 - 2.0**-53


class Correlation(Item):
    """Two uncertain quantities that are likely to be high together (rank above 0) or one high, one low (below 0).

    With a rank of 1 both are drawn with the same luck, with -1 with opposite luck. Where a variant has made one of them
    certain, there is nothing to correlate and the item has no effect.
    """

    long_texts = ("note",)

    between: tuple[str, str] = Field(description="The dotted paths of the two quantities")
    source: str | tuple[str, ...] = Field(
        default=(), validate_default=False, description="Where it comes from: a key of `sources`, or a list of keys"
    )
    note: str = Field(default="", validate_default=False, description="A remark for readers")
    assumption: bool = Field(default=False, validate_default=False, description="It is assumed, it has no source")
    rank: Fixed = knob(
        "", "Spearman's rank correlation; 1: the same luck, -1: opposite luck", low=-1, high=1,
        label="{item}: rank",
    )  # fmt: skip

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
    def _far_from_one_or_one(cls, rank: Fixed) -> Fixed:
        if _MOST_RANK < abs(rank.value) < 1:
            message = f"{{field}} must lie between -{_MOST_RANK} and {_MOST_RANK}, or be 1 or -1, not {number(rank.value)}"
            raise FieldError(Flaw(message, "Write 1 for the same luck"))
        return rank

    @field_validator("rank", mode="after")
    @classmethod
    def _inherit_the_origin(cls, rank: Fixed, info: ValidationInfo) -> Fixed:
        if rank.sources or rank.assumption:
            return rank
        source, note = info.data.get("source", ()), info.data.get("note", "")
        sources = (source,) if isinstance(source, str) else source
        return replace(rank, sources=sources, note=rank.note or note, assumption=info.data.get("assumption", False))


class Tie(NamedTuple):
    """Whose luck a quantity is drawn with, its own or another's, and whether the same (1) or the opposite (-1)."""

    leader: str
    sign: float


def ties(correlations: Sequence[Correlation]) -> dict[str, Tie]:
    """Return the tie of every path that correlations name, in the order in which they name them.

    >>> chain = [Correlation(id="p", between=("a", "b"), rank=-1), Correlation(id="q", between=("b", "c"), rank=1)]
    >>> ties(chain)["c"]
    Tie(leader='a', sign=-1.0)
    """
    exact = [(one.between, one.rank.value) for one in correlations if abs(one.rank.value) == 1.0]
    found: dict[str, Tie] = {}
    for path in dict.fromkeys(path for one in correlations for path in one.between):
        found.setdefault(path, Tie(path, 1.0))
        todo = [path]
        while todo:
            here = todo.pop()
            for between, rank in exact:
                if here in between:
                    other = between[1 - between.index(here)]
                    if other not in found:
                        found[other] = Tie(found[here].leader, found[here].sign * rank)
                        todo.append(other)
    # As they are named, not as they are reached.
    return {path: found[path] for one in correlations for path in one.between}


def followers(paths: Iterable[str], correlations: Sequence[Correlation]) -> dict[str, Tie]:
    """Return which of these paths has the luck of one before it, of which, and whether the same or the opposite."""
    known, first = ties(correlations), dict[str, tuple[str, float]]()
    found: dict[str, Tie] = {}
    for path in [path for path in known if path in set(paths)]:
        leader, sign = known[path]
        if leader in first:
            lender, its_sign = first[leader]
            found[path] = Tie(lender, sign * its_sign)
        else:
            first[leader] = path, sign
    return found


def correlated(uniforms: Mapping[str, Floats], correlations: Sequence[Correlation]) -> dict[str, Floats]:
    """Return the luck of all quantities, that of correlated ones bent towards one another.

    Parameters
    ----------
    uniforms : dict of str to (n,) float64
        The luck of each uncertain quantity, and of the leader of its tie (see `ties`), by its path: independent and uniform
        in (0, 1).
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
    bent, tied = dict(uniforms), ties(correlations)
    if split := _at_odds(correlations, tied):
        raise ValueError(f"the correlations {listed(one.id for one in split)} contradict one another")
    asked = _ranks(correlations, tied)
    leaders = [path for path, tie in tied.items() if tie.leader == path and path in uniforms]
    ranks = {pair: rank for pair, rank in asked.items() if pair <= uniforms.keys()}
    if ranks:
        _bend(bent, leaders, ranks)
    for path, (leader, sign) in tied.items():
        if path in bent and path != leader:
            bent[path] = bent[leader] if sign > 0 else 1.0 - bent[leader]
    return bent


def _bend(bent: dict[str, Floats], paths: Sequence[str], ranks: Mapping[frozenset[str], float]) -> None:
    """Bend the luck of these paths, in place, so that pairs have these rank correlations."""
    from scipy.special import ndtr, ndtri

    rows, contradicting = _triangular(paths, ranks)
    if contradicting:
        raise ValueError(f"the correlations of {listed(sorted(contradicting))} contradict one another")
    scores = [ndtri(np.ascontiguousarray(bent[path], dtype=np.float64)) for path in paths]
    for last, (path, row) in enumerate(zip(paths, rows, strict=True)):
        before = [(weight, score) for weight, score in zip(row[:last], scores, strict=False) if weight != 0.0]
        if before:
            # Term by term: the order in which a matrix product adds may depend on how many replications there are.
            score = row[last] * scores[last]
            for weight, other in before:
                score = score + weight * other
            bent[path] = np.clip(ndtr(score), _LEAST_LUCK, _MOST_LUCK)


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
                hint = where_source(key, world.sources)
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
    tied = ties(correlations)
    message = "these correlations contradict one another: {}"
    if split := _at_odds(correlations, tied):
        hint = "What a rank of 1 or -1 ties has one luck, and with others the same rank (turned by -1)"
        yield Flaw(message.format(listed(one.id for one in split)), hint, ("correlations",))
        return
    leaders = [path for path, tie in tied.items() if tie.leader == path]
    _, contradicting = _triangular(leaders, _ranks(correlations, tied))
    if contradicting:
        concerned = [one.id for one in correlations if contradicting.issuperset(tied[path].leader for path in one.between)]
        yield Flaw(message.format(listed(concerned)), "Bring their ranks nearer to 0", ("correlations",))


def _at_odds(correlations: Sequence[Correlation], tied: Mapping[str, Tie]) -> list[Correlation]:
    """Return the first correlations that ask for different ranks of the same luck, or none."""
    asked: dict[frozenset[str], float] = {}
    for one in correlations:
        pair, rank = _between_leaders(one, tied)
        expected = 1.0 if len(pair) == 1 else asked.setdefault(pair, rank)
        if rank != expected:
            return [other for other in correlations if pair.issuperset(tied[path].leader for path in other.between)]
    return []


def _between_leaders(one: Correlation, tied: Mapping[str, Tie]) -> tuple[frozenset[str], float]:
    """Return whose luck a correlation is about, and the rank of that luck."""
    (first, sign), (second, other_sign) = (tied[path] for path in one.between)
    return frozenset((first, second)), one.rank.value * sign * other_sign


def _ranks(correlations: Sequence[Correlation], tied: Mapping[str, Tie]) -> dict[frozenset[str], float]:
    """Return the ranks, that are not 0, of pairs of paths with a luck of their own."""
    ranks = (_between_leaders(one, tied) for one in correlations)
    return {pair: rank for pair, rank in ranks if len(pair) == 2 and rank != 0.0}


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
