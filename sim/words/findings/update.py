"""What is found when new data weigh a run: what changes, what moves, and that the rest does not."""

from __future__ import annotations

from sim.results.findings import Finding, Number
from sim.studies.update import Changed, Update
from sim.words.findings.calibrate import cell, observed, of_bargaining, statistic_label
from sim.words.findings.pieces import Pieces, finding, in_order, with_interval
from sim.words.labels import knob_label
from sim.words.numbers import in_unit

# judgement: of two hundred numbers that data say nothing of, luck moves one so far in ten runs.
SEEN = 3.5
# judgement: of eight shares one lies beyond in five of a hundred runs by luck (2.73 standard errors, an interval has 1.96).
AMONG_SHARES = 1.4
# judgement: a hundredth of a standard deviation is nothing, however surely it is known.
LEAST = 0.01


def of_update(found: Update) -> list[Finding]:
    """Return which outcome changes most, which number moves most, and whether any of the bargaining does."""
    told = [*_changes(found), *_moved(found), *_bargaining(found)] if found.is_told else []
    return in_order([*_reach(found), *told, *_stopped(found)])


def least_seen(found: Update) -> float:
    """Return from where a shift is told from what luck does."""
    return max(SEEN * found.luck, LEAST)


def _reach(found: Update) -> list[Finding]:
    told = []
    for place, paths in found.drivers.items():
        one = found.statistics[place]
        cure = f": widen '{knob_label(paths[0], found.run.scenario)}', or the structure lacks something" if paths else ""
        pieces: Pieces = [
            f"The run comes nowhere near {statistic_label(one)} (",
            Number(observed(one), one.observed, cell(one, "observed")), "; ",
            Number(in_unit(one.below, "share"), one.below, cell(one, "below")),
            f" of its histories lie below){cure}.",
        ]  # fmt: skip
        told.append(finding("fit", 1.0, pieces))
    return told


def _stopped(found: Update) -> list[Finding]:
    others = found.run.replications - found.run.failed - found.agreeing
    if not others:
        return []
    pieces: Pieces = [f"In {others:,} histories the fighting stopped otherwise than in the data; they count no more"]
    shares = [one for one in found.changed if one.unit == "share"]
    if shares:
        most = max(shares, key=lambda one: abs(one.possible - one.before))
        pieces += [f", which alone brings '{most.label}' from ", _cell(most, "before"), " to ", _cell(most, "possible")]
    return [finding("said", 0.8, [*pieces, "."])]


def _cell(one: Changed, column: str) -> Number:
    value = float(getattr(one, column))
    return Number(in_unit(value, "share"), value, f"update.csv|{one.outcome}|{column}")


def is_seen(one: Changed) -> bool:
    """Return whether the months are found to change a share, among those that are looked at together."""
    half = (one.high - one.low) / 2
    return abs(one.difference) > AMONG_SHARES * half and not one.after_low <= one.possible <= one.after_high


def _changes(found: Update) -> list[Finding]:
    shares = [one for one in found.changed if one.unit == "share"]
    seen = [one for one in shares if is_seen(one)]
    if not seen:
        return [finding("said", 0.9, ["No share of endings or of deals is found to change by what these months say."])]
    most = max(seen, key=lambda one: abs(one.difference))
    by = with_interval(
        most.difference, most.low, most.high, "share", ("update.csv", most.outcome), columns=("difference", "low", "high"),
        sign=True,
    )  # fmt: skip
    pieces: Pieces = [
        f"What these months change most: '{most.label}', ", _cell(most, "after"), " by weight, ", _cell(most, "possible"),
        " of all that are possible: ", *by, ".",
    ]  # fmt: skip
    return [finding("said", 0.9, pieces)]


def _moved(found: Update) -> list[Finding]:
    moved = {path: one for path, one in found.shifted.items() if abs(one.shift) > least_seen(found)}
    if not moved:
        return [finding("said", 0.6, ["No uncertain number is told to move."])]
    path = max(moved, key=lambda name: abs(moved[name].shift))
    one = moved[path]
    pieces: Pieces = [
        f"Of {len(found.shifted):,} uncertain numbers {len(moved):,} move{'s, ' if len(moved) == 1 else ', most '}",
        f"{knob_label(path, found.run.scenario)}, by ",
        Number(f"{one.shift:+.1f}", one.shift, f"shifted.csv|{path}|shift"), " standard deviations.",
    ]  # fmt: skip
    return [finding("said", 0.7, pieces)]


def _bargaining(found: Update) -> list[Finding]:
    mine = {path: one for path, one in found.shifted.items() if of_bargaining(path)}
    if not mine:
        return []
    path = max(mine, key=lambda name: abs(mine[name].shift))
    one = mine[path]
    if abs(one.shift) > least_seen(found):
        return []
    pieces: Pieces = [
        f"None of the {len(mine):,} numbers of the bargaining is told to move (at most ",
        Number(f"{abs(one.shift):.2f}", one.shift, f"shifted.csv|{path}|shift"), " standard deviations).",
    ]  # fmt: skip
    return [finding("said", 0.5, pieces)]
