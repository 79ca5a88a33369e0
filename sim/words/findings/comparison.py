"""What is found in comparisons: the largest differences, what was looked for and not found, signs that surprise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from sim.model import HEADLINE, TOLD_OF_COMPARISONS
from sim.results.comparison import Comparison, Line
from sim.results.findings import Finding, Number
from sim.results.pairs import Difference
from sim.words.findings.pieces import Pieces, finding, in_order, with_interval
from sim.words.findings.run import CLAUSES, listed
from sim.words.labels import knob_label, sentence_label, side_names
from sim.words.numbers import in_unit, rounded, unit_after

MOST_DIFFERENCES = 2
COLUMNS = ("difference", "low", "high")
MAIN = TOLD_OF_COMPARISONS.union(HEADLINE)


class Together(NamedTuple):
    """Two outcomes that one would expect to change together, or against one another."""

    first: str
    second: str
    alike: bool


# What surprises is that they do not.
EXPECTED = (
    Together("deal_within_24_months", "ceasefire_in_force", True),
    Together("ceasefire_in_force", "casualties_attacker", False),
    Together("ceasefire_in_force", "casualties_defender", False),
    Together("ceasefire_in_force", "war_goes_on", False),
    Together("ceasefire_in_force", "ceasefire_lasted_365_days", True),
    Together("talks_opened", "deal_within_24_months", True),
    Together("ground_12_months_km2", "ground_gained_km2", True),
    Together("aid_delivered_beur_defender", "ground_gained_km2", False),
    Together("aid_delivered_beur_defender", "defender_collapsed", False),
    Together("aid_delivered_beur_attacker", "attacker_collapsed", False),
)


class _Told(NamedTuple):
    """A comparison with what its scenarios are called, and the names of the sides."""

    of: Comparison
    left: str
    right: str
    sides: tuple[str, str]

    def label(self, line: Line) -> str:
        return f"'{sentence_label(line.alone, self.sides)}'"

    def where(self, line: Line) -> tuple[str, ...]:
        return ("comparison.csv", self.of.left.name, self.of.right.name, line.id)

    def change(self, line: Line) -> Pieces:
        """Return a difference with its interval."""
        found = _of(line)
        of = self.where(line)
        return with_interval(found.mean, found.low, found.high, line.unit, of, columns=COLUMNS, sign=True)


def of_comparison(comparison: Comparison) -> list[Finding]:
    """Return what is found in a comparison: the largest differences, what was not found, what surprises."""
    return of_comparisons([comparison])


def of_comparisons(found: Sequence[Comparison]) -> list[Finding]:
    """Return what is found in comparisons with one base, what weighs most first in each."""
    return [
        told
        for one in found
        for told in _of_one(_Told(one, one.left.called, one.right.called, side_names(one.left.scenario)))
    ]


def _of(line: Line) -> Difference:
    assert line.difference is not None, "asked of what is known in both"
    return line.difference


def _of_one(told: _Told) -> list[Finding]:
    known = [line for line in told.of.lines if line.difference is not None]
    against = f"{told.right} against {told.left}"
    if not known:
        return [finding("not settled", 1.0, [f"{against}: too few histories to compare anything."])]
    if all(_of(line).same for line in known):
        return [finding("not found", 1.0, [f"{against}: no outcome differs in any history."])]
    found = [*_largest(told, known, against), *_undetermined(told, known), *_surprises(told, known)]
    return in_order([*found, *_not_found(told, known, against)])


def _largest(told: _Told, known: Sequence[Line], against: str) -> Iterator[Finding]:
    """Yield the largest differences that were found, in standard deviations, and the largest of an ending."""
    found = [line for line in known if _of(line).found and not _of(line).negligible and not line.undetermined]
    # Of equals the first in the order of the table.
    order = sorted(found, key=lambda line: -_of(line).size)
    negligible = [told.label(line) for line in known if _of(line).negligible]
    if not order:
        what = f"any of {len(known):,} outcomes" if len(known) > 1 else told.label(known[0])
        said = f"no difference was found in {what}"
        if any(line.undetermined for line in known):
            said = "no difference was found whose sign is the same in most of the assumptions"
        elif negligible:
            said = f"no difference was found that is not negligible; found, but negligible, are {listed(negligible)}"
        yield finding("not found", 1.0, [f"{against}: {said}."])
        return
    # Aid that was doubled is twice as much: what people ask for comes before what only shows that something was changed.
    largest, order = order[0], sorted(order, key=lambda line: line.id not in MAIN)
    which = "" if order[0] is largest else " of the main outcomes"
    for place, line in enumerate(order[:MOST_DIFFERENCES]):
        far: Pieces = [", ", *_far(told, line), " standard deviations between histories"] if _of(line).spread > 0 else []
        begin = f"{against}: the largest difference{which} is in"
        if place > 0:
            alike = (line.id in MAIN) == (order[0].id in MAIN)
            begin = "The second largest difference is in" if alike else "Of all others the largest difference is in"
        first = f"{begin} {told.label(line)}: "
        yield _finding(line, 1.0 if place == 0 else 0.7, [first, *told.change(line), *(far if place == 0 else []), "."])
    # Shares of the same histories compare as they are.
    endings = sorted((line for line in order if line.section == "endings"), key=lambda line: -abs(_of(line).mean))
    if endings and endings[0] not in order[:MOST_DIFFERENCES]:
        line = endings[0]
        clause = CLAUSES.get(line.id, sentence_label(line.label, told.sides))
        pieces: Pieces = [f"Of the endings the share in which {clause} changes most: ", *told.change(line), "."]
        yield _finding(line, 0.8, pieces)
    shares = [line for line in known if line.section == "endings"]
    if shares and not any(_of(line).found for line in shares):
        yield finding("not found", 0.8, ["No difference was found in the share of any ending."])


def _far(told: _Told, line: Line) -> Pieces:
    size = _of(line).mean / _of(line).spread
    return [Number(f"{size:+.2f}", size, "|".join((*told.where(line), "difference/spread")))]


def _finding(line: Line, weight: float, pieces: Pieces) -> Finding:
    found = _of(line)
    return finding("difference", weight, pieces, found.low, found.high)


def _surprises(told: _Told, known: Sequence[Line]) -> Iterator[Finding]:
    """Yield where two outcomes change together that one would expect to change against one another, or the other way."""
    lines = {line.id: line for line in known if _of(line).found and not _of(line).negligible and not line.undetermined}
    for one in EXPECTED:
        first, second = lines.get(one.first), lines.get(one.second)
        if first is None or second is None or (_of(first).mean > 0) == ((_of(second).mean > 0) == one.alike):
            continue
        how = f"although more of the one usually means {'more' if one.alike else 'less'} of the other"
        pieces: Pieces = [f"A surprise: {told.label(first)} changes by ", *told.change(first)]
        pieces += [f" and {told.label(second)} by ", *told.change(second), f", {how}."]
        yield replace(_finding(first, 0.9, pieces), kind="surprise")
        return


def _undetermined(told: _Told, known: Sequence[Line]) -> Iterator[Finding]:
    """Yield of the first main outcomes whose sign the assumptions decide: in how many it is so, and which they are."""
    order = [line for line in known if line.undetermined and not _of(line).negligible and line.id in MAIN]
    # How the war ends is what is asked first.
    order.sort(key=lambda line: (line.section != "endings", -_of(line).size))
    for place, line in enumerate(order[:MOST_DIFFERENCES]):
        signs, of = line.signs, told.where(line)
        assert signs is not None, "it is undetermined"
        # In whole per cent, as the table has it.
        share, low, high = (
            Number(f"{100 * value:.0f}{unit}", value, "|".join((*of, f"same_sign{end}")))
            for value, unit, end in ((signs.share, " %", ""), (signs.low, "", "_low"), (signs.high, "", "_high"))
        )
        pieces: Pieces = [f"Undetermined is {told.label(line)}: ", *told.change(line), ", with this sign in "]
        of_those = "the assumptions" if signs.moved == signs.draws else "the assumptions that change it"
        pieces += [share, " (95 %: ", low, " .. ", high, f") of {of_those}; ", *_depends(told, line), "."]
        weight = 0.95 if place == 0 and line.section == "endings" else 0.85 - 0.1 * place
        yield finding("not settled", weight, pieces, _of(line).low, _of(line).high)


def _depends(told: _Told, line: Line) -> Pieces:
    """Return on which assumptions a sign depends: what the effect is on both sides of where they are cut."""
    if not line.on:
        return ["no assumption was found that splits it"]
    scenario, parts = told.of.right.scenario, []
    for split in line.on:
        below, above = (in_unit(value, line.unit, sign=True) for value in (split.below, split.above))
        label = knob_label(split.path, scenario)
        parts.append(f"{label} ({below} up to {rounded(split.at)}, {above} beyond)")
    return [f"it depends on {' and on '.join(parts)}"]


def _not_found(told: _Told, known: Sequence[Line], against: str) -> Iterator[Finding]:
    """Yield the first of the main outcomes in which no difference was found."""
    ids = {line.id: line for line in known}
    order = [ids[name] for name in dict.fromkeys([*HEADLINE, *(name for name in ids if name in MAIN)]) if name in ids]
    missed = [line for line in order if not _of(line).found]
    if not missed:
        return
    line = missed[0]
    if _of(line).same:
        yield finding("not found", 0.6, [f"Not a single history differs in {told.label(line)}."])
        return
    change = told.change(line)
    pieces: Pieces = [f"No difference was found in {told.label(line)}", *change[-5:-1], f"{unit_after(line.unit)})."]
    found = _of(line)
    where = "|".join((*told.where(line), COLUMNS[0]))
    yield Finding("not found", tuple(pieces), found.mean, found.low, found.high, where, 0.6)
