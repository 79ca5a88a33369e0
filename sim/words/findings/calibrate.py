"""What is found when a scenario is held against data: what assumptions reach, what the data say, and what has moved."""

from __future__ import annotations

from sim.model import POLITICS
from sim.model.escalation import Escalation
from sim.model.parties import Parties
from sim.model.truces import Truces
from sim.results.findings import Finding, Number
from sim.studies.agreement import A_LITTLE
from sim.studies.calibrate import ROUGHNESS, Calibration, Fit
from sim.words.findings.pieces import Pieces, finding, in_order, joined
from sim.words.labels import knob_label
from sim.words.numbers import in_unit, rounded

BARGAINING = frozenset(one.name for one in (*POLITICS, Truces, Escalation, Parties))
# judgement: more names would be a table.
MOST_NAMED = 3


def of_calibration(found: Calibration) -> list[Finding]:
    """Return whether assumptions reach the data, what these say of what is assumed, and what has moved most."""
    return in_order([*_reach(found), *_says(found), *_moved(found)])


def of_bargaining(path: str) -> bool:
    """Return whether a number is one of what is wanted, weighed, signed and kept, and not of the fighting."""
    return path.partition(".")[0] in BARGAINING


def statistic_label(one: Fit) -> str:
    """Return what a statistic is called within a sentence."""
    span = f"{one.since.isoformat()} to {one.until.isoformat()}"
    return f"how rough {one.series} is" if one.kind == ROUGHNESS else f"{one.series}, {span}"


def cell(one: Fit, column: str) -> str:
    """Return where a number of a statistic stands."""
    return f"fit.csv|{one.series}|{one.kind}|{one.since.isoformat()}|{column}"


def observed(one: Fit) -> str:
    """Return what was observed, with its unit."""
    return f"{rounded(one.observed)} {one.unit}".strip()


def _reach(found: Calibration) -> list[Finding]:
    if found.is_reached:
        low, high = (of(found.statistics, key=lambda one: one.below) for of in (min, max))
        ends: list[Number] = [Number(in_unit(one.below, "share"), one.below, cell(one, "below")) for one in (low, high)]
        pieces: Pieces = [
            "What was observed lies, each by itself, within what is assumed: of "
            f"{len(found.statistics):,} statistics between ",
            ends[0], " and ", ends[1], " of the histories lie below.",
        ]  # fmt: skip
        return [finding("fit", 0.9, pieces)]
    told = []
    for place, paths in found.drivers.items():
        one, causes = found.statistics[place], [f"'{knob_label(path, found.scenario)}'" for path in paths]
        cure = f"widen {''.join(map(str, joined(causes)))}, or" if causes else "what is assumed is too narrow, or"
        pieces = [
            f"No assumed value comes near {statistic_label(one)} (",
            Number(observed(one), one.observed, cell(one, "observed")), "; ",
            Number(in_unit(one.below, "share"), one.below, cell(one, "below")),
            f" of the histories lie below): {cure} the structure lacks something.",
        ]  # fmt: skip
        told.append(finding("fit", 1.0, pieces))
    return told


def _says(found: Calibration) -> list[Finding]:
    if not found.moved:
        return [finding("said", 0.8, ["Nothing is uncertain in this scenario, so that data can say nothing of it."])]
    by_share = sorted(found.moved, key=lambda path: -found.moved[path].explained)
    well, little = ([path for path in by_share if found.moved[path].says == what] for what in ("well", "a little"))
    pieces: Pieces = [f"Of {len(by_share):,} uncertain numbers such data tell {len(well):,} well"]
    pieces += [*_names(found, well), f" and {len(little):,} a little", *_names(found, little)]
    pieces += [f"; of the other {len(by_share) - len(well) - len(little):,} they say nothing."]
    told = [finding("said", 0.8, pieces)]
    mine = [path for path in by_share if of_bargaining(path)]
    if mine and found.moved[mine[0]].explained < A_LITTLE:
        most = found.moved[mine[0]].explained
        told.append(
            finding(
                "said", 0.7,
                ["Of any number of the bargaining they explain at most ",
                 Number(in_unit(most, "share"), most, f"moved.csv|{mine[0]}|explained"),
                 f": all {len(mine):,} stay as they are assumed{_but_for(found)}."],
            )
        )  # fmt: skip
    return told


def _but_for(found: Calibration) -> str:
    if found.going_on == found.plan.replications - found.failed:
        return ""
    is_over = any(event.happened for event in found.data.events)
    return f", but for what {'the end of the fighting' if is_over else 'the war going on'} says"


def _names(found: Calibration, paths: list[str]) -> Pieces:
    if not paths:
        return []
    each: list[Pieces] = [
        [f"{knob_label(path, found.scenario)} ",
         Number(in_unit(share := found.moved[path].explained, "share"), share, f"moved.csv|{path}|explained")]
        for path in paths[:MOST_NAMED]
    ]  # fmt: skip
    more = len(paths) - len(each)
    return [" (", *joined([*each, *([f"{more:,} more"] if more else [])]), ")"]


def _moved(found: Calibration) -> list[Finding]:
    known = {path: one for path, one in found.moved.items() if one.says != "nothing"}
    if not known or not len(found.kept.places):
        return []
    path = max(known, key=lambda name: abs(known[name].shift))
    one = known[path]
    pieces: Pieces = [
        f"In the {len(found.kept.places):,} histories that agree best, the mean of {knob_label(path, found.scenario)} has "
        "moved by ",
        Number(f"{one.shift:+.1f}", one.shift, f"moved.csv|{path}|shift"),
        " standard deviations of what is assumed, and the width that is left is ",
        Number(in_unit(one.ratio, "share"), one.ratio, f"moved.csv|{path}|ratio"), " of what is assumed.",
    ]  # fmt: skip
    return [finding("said", 0.6, pieces)]
