"""Two scenarios side by side: what was changed, what it changed on the same luck, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, NamedTuple, TypeVar

import numpy as np

from sim.errors import ParleyError
from sim.model import RATIOS
from sim.model.asked import Asked
from sim.model.outcomes import SECTIONS, standalone
from sim.results.frames import Tabular, UnknownOutcome
from sim.results.pairs import Difference, in_a_line, mcnemar, of_means, of_ratios, of_shares, transitions
from sim.results.runs import Luck, Run, called_apart
from sim.results.signs import FEWEST_MOVED, Signs, Split, means_of_draws, signs_of, split_by
from sim.results.summary import Row, row_of
from sim.results.values import values_of
from sim.scenario.describe import Change, changes
from sim.scenario.identity import HORIZON

T = TypeVar("T")
# What is compared unless all is asked for; the rest are terms and causes, which only some histories have.
MAIN_SECTIONS = tuple(one.name for one in SECTIONS.values() if one.compared == "always")
ALL_SECTIONS = (*MAIN_SECTIONS, *(one.name for one in SECTIONS.values() if one.compared == "all"))


class CannotCompare(ParleyError):
    """Why two runs cannot be compared, or not pair by pair."""


class Line(NamedTuple):
    """An outcome of two scenarios.

    Attributes
    ----------
    section, id, label, unit : str
        As in the summary.
    difference : Difference or None
        None where too few histories have the outcome.
    p : float
        McNemar's exact test of a paired share; NaN otherwise.
    signs : Signs or None
        In which share of the assumptions it has the sign of the difference; None where that is not known.
    on : tuple of Split
        Where that is undetermined, the assumptions on which it depends, as far as any split it.
    """

    section: str
    id: str
    label: str
    unit: str
    difference: Difference | None
    p: float
    signs: Signs | None = None
    on: tuple[Split, ...] = ()

    def __repr__(self) -> str:
        return f"<Line: {in_a_line(self)}>"

    @property
    def alone(self) -> str:
        """What it is called where no heading stands above it."""
        return standalone(self.section, self.label)

    @property
    def verdict(self) -> str:
        """What can be said of it."""
        found = self.difference
        if found is None:
            return "too few histories"
        if found.same:
            return "no difference: the same in every history"
        if found.negligible:
            return "found, but negligible"
        if not found.found:
            return "no difference found"
        return "undetermined" if self.undetermined else "difference"

    @property
    def undetermined(self) -> bool:
        """Whether a difference was found whose sign is another in too many of the assumptions."""
        found = self.difference is not None and self.difference.found
        return found and self.signs is not None and not self.signs.is_clear


@dataclass(frozen=True, repr=False)
class Comparison(Tabular):
    """The comparison of a scenario with another.

    Attributes
    ----------
    left, right : Run
    paired : bool
    comparisons : int
        How many scenarios are compared at once; intervals cover all of one outcome together.
    changed : list of Change
    lines : list of Line
    moved : dict of (str, str) to int
        How many histories went from which ending to which; empty without pairing.
    """

    left: Run
    right: Run
    paired: bool
    comparisons: int
    changed: list[Change]
    lines: list[Line]
    moved: dict[tuple[str, str], int]

    @property
    def pairs(self) -> int:
        """How many histories were compared, or the smaller number of both."""
        return min(self.left.replications, self.right.replications)

    def __repr__(self) -> str:
        how = "pairs" if self.paired else "histories each"
        return f"<Comparison: {self.right.identity.briefly} against {self.left.identity.briefly}, {self.pairs:,} {how}>"

    def line(self, outcome: str) -> Line:
        """Return the line of an outcome, of another time too if the runs were asked for it.

        Raises
        ------
        UnknownOutcome
            When it is not among those compared; a KeyError.
        OutcomeError
            When a run was not asked for it.
        """
        if Asked.parse(outcome).when:
            row = row_of(self.right.scenario, outcome, self.right.column(outcome))
            return _line(row, self.left, self.right, self.paired, self.comparisons)
        for line in self.lines:
            if line.id == outcome:
                return line
        raise UnknownOutcome(outcome, [line.id for line in self.lines])

    def as_dicts(self) -> list[dict[str, Any]]:
        """Return one dictionary an outcome, with plain values; None where there is no such number."""
        rows = []
        for line in self.lines:
            found = line.difference
            names = ("pairs", "left", "right", "mean", "low", "high", "correlation", "shrink", "spread")
            numbers = {name: _plain(getattr(found, name)) if found else None for name in names}
            rows.append(
                {
                    "left": self.left.name, "right": self.right.name, "section": line.section, "outcome": line.id,
                    "label": line.label, "unit": line.unit, "pairs": numbers["pairs"], "left_value": numbers["left"],
                    "right_value": numbers["right"], "difference": numbers["mean"], "low": numbers["low"],
                    "high": numbers["high"], "correlation": numbers["correlation"], "variance_factor": numbers["shrink"],
                    "spread": numbers["spread"], "p_mcnemar": _plain(line.p), "verdict": line.verdict, **_signs(line),
                }
            )  # fmt: skip
        return rows


def _signs(line: Line) -> dict[str, Any]:
    """Return what is known of the sign of a line over the assumptions, by the columns of the table."""
    shares = {"same_sign": "share", "same_sign_low": "low", "same_sign_high": "high"}
    names = {"draws": "draws", "moved": "moved", **shares}
    told = {name: None if line.signs is None else getattr(line.signs, of) for name, of in names.items()}
    return {**told, "depends_on": " and ".join(split.path for split in line.on) or None}


def _plain(value: Any) -> Any:
    if value is None or (isinstance(value, float) and not np.isfinite(value)):
        return None
    return value


def why_not(left: Luck, right: Luck, paired: bool) -> str:
    """Return why two runs cannot be compared, or an empty text.

    Unpaired ones need the same horizon; pairs need the same luck too: seed, start and version.
    """
    if paired and left.start != right.start:
        begin = f"{left.name} begins on {left.start} and {right.name} on {right.start}"
        return f"{begin}: no pairs; use `parley compare --unpaired`"
    if left.days != right.days:
        return f"{left.name} covers {left.days} days and {right.name} {right.days}; run them over the same time (--months)"
    if not paired:
        return ""
    unpaired = "or use `parley compare --unpaired`, which needs no common luck but sees less"
    if left.seed != right.seed:
        return f"{left.name} has seed {left.seed} and {right.name} seed {right.seed}: no pairs. Run one again, {unpaired}"
    if left.version != right.version:
        return (
            f"{left.name} was made by version {left.version} and {right.name} by {right.version}: their histories are no "
            f"pairs. Run the older again, {unpaired}"
        )
    return ""


def refuse_incomparable(lucks: Sequence[Luck], *, all_pairs: bool, paired: bool) -> None:
    """Raise `CannotCompare` for runs that cannot be compared, which are perhaps not there yet."""
    for left, right in _chosen(lucks, all_pairs):
        reason = why_not(left, right, paired)
        if reason:
            raise CannotCompare(reason)


def _chosen(among: Sequence[T], all_pairs: bool) -> list[tuple[T, T]]:
    return list(combinations(among, 2)) if all_pairs else [(among[0], one) for one in among[1:]]


def compare(
    left: Run, right: Run, *, paired: bool = True, comparisons: int = 1, sections: Sequence[str] = MAIN_SECTIONS
) -> Comparison:
    """Compare a scenario with another.

    Parameters
    ----------
    left, right : Run
        Pairs are the histories of the same number; where one run has more of them, the rest is left out.
    paired : bool
    comparisons : int
        How many comparisons are made together.
    sections : sequence of str
        Of the summary, which are compared.

    Raises
    ------
    CannotCompare
        With the reason.
    """
    refuse_incomparable([left.luck, right.luck], all_pairs=False, paired=paired)
    left, right = called_apart([left, right])
    rows: dict[str, Row] = {row.id: row for run in (right, left) for row in run.summary if row.section in sections}
    order = [row.id for run in (left, right) for row in run.summary if row.id in rows]
    lines = [_line(rows[id], left, right, paired, comparisons) for id in dict.fromkeys(order)]
    lines.sort(key=lambda line: ALL_SECTIONS.index(line.section))
    moved: dict[tuple[str, str], int] = {}
    if paired:
        n = min(left.replications, right.replications)
        moved = transitions(left.outcomes["ending"][:n], right.outcomes["ending"][:n])
    # Both were run over the same time, whatever their scenarios say of it.
    changed = [one for one in changes(left.scenario, right.scenario) if one.path not in HORIZON]
    return Comparison(left, right, paired, comparisons, changed, lines, moved)


def compare_all(runs: Sequence[Run], *, all_pairs: bool = False, **how: Any) -> list[Comparison]:
    """Compare every run with the first, or all with all; `how` as in `compare`."""
    runs = called_apart(runs)
    chosen = _chosen(runs, all_pairs)
    return [compare(left, right, comparisons=len(chosen), **how) for left, right in chosen]


def _line(row: Row, left: Run, right: Run, paired: bool, comparisons: int) -> Line:
    n = min(left.replications, right.replications) if paired else None
    how: dict[str, Any] = {"paired": paired, "comparisons": comparisons}
    if row.id in RATIOS:
        parts = [tuple(run.column(name)[:n] for name in RATIOS[row.id]) for run in (left, right)]
        # Without histories that failed, of which nothing is known.
        known = [~np.isnan(above) for above, _ in parts]
        known = [known[0] & known[1]] * 2 if paired else known
        parts = [tuple(values[ran] for values in part) for part, ran in zip(parts, known, strict=True)]
        return _told(row, of_ratios(parts[0], parts[1], **how))  # type: ignore[arg-type]
    try:
        ours, theirs = (run.column(row.id)[:n] for run in (left, right))
    except KeyError:
        return _told(row, None)
    if row.unit == "share" and row.share is not None:
        p = mcnemar(ours, theirs) if paired else np.nan
        line = _told(row, of_shares(ours, theirs, **how), p)
    else:
        line = _told(row, of_means(ours, theirs, **how))
    return _signed(line, left, right) if paired else line


def _signed(line: Line, left: Run, right: Run) -> Line:
    """Return a line with what draws of the assumptions tell of the sign of a difference that was found."""
    found = line.difference
    if found is None or not found.found or left.draws is None or right.draws is None:
        return line
    both = np.intersect1d(left.draws.draws, right.draws.draws)
    ours, theirs = (
        values_of(run.scenario, run.draws.columns, line.id, run.days)[np.isin(run.draws.draws, both)]
        for run in (left, right)
        if run.draws is not None
    )
    differences = theirs - ours
    signs = signs_of(differences, found.mean)
    if signs is None or signs.moved < FEWEST_MOVED:
        return line
    line = line._replace(signs=signs)
    if not line.undetermined:
        return line
    assumed = {path: values[both] for run in (left, right) for path, values in run.drawn.items()}
    return line._replace(on=tuple(split_by(means_of_draws(differences), assumed)))


def _told(row: Row, found: Difference | None, p: float = np.nan) -> Line:
    """Return the line of a row, whose difference knows its unit."""
    return Line(row.section, row.id, row.label, row.unit, found and found._replace(unit=row.unit), p)
