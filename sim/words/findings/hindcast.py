"""What is found when forecasts as of earlier dates are scored: who was nearer, what bands held, and what cannot be said."""

from __future__ import annotations

from sim.observed.rivals import RIVALS
from sim.observed.skill import FEWEST_ORIGINS
from sim.results.findings import Finding, Number
from sim.studies.hindcast import (
    ALL,
    AT_WAR,
    BASE_RATE,
    CALIBRATED,
    EARLIER,
    LEAST_TOLD,
    MONTH,
    ROUGH,
    SCENARIO,
    SMOOTH,
    Hindcast,
    Row,
)
from sim.words.findings.pieces import Pieces, finding, in_order, joined
from sim.words.numbers import how_many, in_unit, rounded

CALLED = {
    SCENARIO: "the scenario", EARLIER: "begun earlier", CALIBRATED: "calibrated", BASE_RATE: "base rate",
    **{name: label for name, (label, _) in RIVALS.items()},
}  # fmt: skip
"""What forecasters are called."""
OURS = (SCENARIO, CALIBRATED, EARLIER)
GIVEN = {ALL: "all histories", AT_WAR: "at war"}


def of_hindcast(found: Hindcast) -> list[Finding]:
    """Return who was nearer to what came and what bands held, what paths are like, and what cannot be said."""
    return in_order([*_bars(found), *_scores(found), *_ranking(found), *_rough(found), *_known(found)])


def rows_of(found: Hindcast, series: str, lead: str = MONTH, given: str | None = None) -> list[Row]:
    """Return how all did in a series, ours first and then the nearest; at war, where that is not said and there are any."""
    for one in (given,) if given else (AT_WAR, ALL):
        rows = [row for row in found.rows if (row.series, row.lead, row.given) == (series, lead, one)]
        if rows:
            mine = [row for who in OURS for row in rows if row.who == who]
            others = [row for row in rows if row.who not in OURS]
            return mine + sorted(others, key=lambda row: (not _tells(row, rows), row.ratio))
    return []


def _tells(row: Row, rows: list[Row]) -> bool:
    """Return whether one tells of enough that its score is held against that of others."""
    return row.forecasts >= LEAST_TOLD * max(row.forecasts for row in rows)


def nearest(rows: list[Row]) -> Row | None:
    """Return the row of the smallest score, each in parts of ours in the same forecasts; None unless there is a rival."""
    known = [row for row in rows if _tells(row, rows)]
    return min(known, key=lambda row: row.ratio) if any(row.who not in OURS for row in known) else None


def best_rival(rows: list[Row]) -> Row | None:
    """Return the row of the rival that is nearest; None without one that tells of enough."""
    others = [row for row in rows if row.who not in OURS and _tells(row, rows)]
    return min(others, key=lambda row: row.ratio, default=None)


def series_of(found: Hindcast) -> list[str]:
    """Return all that was told of, series before events."""
    return list(dict.fromkeys(row.series for row in found.rows))


def unit_of(found: Hindcast, series: str) -> str:
    """Return the unit of a series; nothing of an event."""
    return next((one.unit for one in found.data.series if one.id == series), "")


def _cell(row: Row, column: str) -> str:
    return f"rivals.csv|{row.series}|{row.lead}|{row.given}|{row.who}|{column}"


def _crps(row: Row) -> Number:
    return Number(rounded(row.crps), row.crps, _cell(row, "crps"))


def _bars(found: Hindcast) -> list[Finding]:
    missed = [one for one in found.bars if not one.met]
    told = []
    for one in missed:
        bar = one.bar
        ends = " and ".join(
            f"{what} {end:g}" for what, end in (("at least", bar.low), ("at most", bar.high)) if end is not None
        )
        was = "nothing" if one.value is None else rounded(one.value)
        what = f"{bar.score} of {bar.series}{f' {GIVEN[AT_WAR]}' if bar.given == AT_WAR else ''} is {was}"
        told.append(finding("fit", 1.0, [f"Missed: {bar.id}: {what}, to be {ends}."]))
    return told


def _scores(found: Hindcast) -> list[Finding]:
    told = []
    for series in series_of(found):
        rows = rows_of(found, series)
        ours = next((row for row in rows if row.who == found.who(series, row.given)), None)
        if ours is None:
            continue
        is_fitted = ours.who == CALIBRATED and bool(found.fitted)
        name = "mean CRPS" if unit_of(found, series) else "mean Brier score"
        best = best_rival(rows)
        pieces: Pieces = [
            f"Of {series}{f' {GIVEN[AT_WAR]}' if ours.given == AT_WAR else ''}, the "
            f"{'calibrated ' if is_fitted else ''}scenario has a {name} of ",
            _crps(ours), f" {unit_of(found, series)}".rstrip(),
        ]  # fmt: skip
        others = {row.who: row for row in rows if row.who in OURS and row is not ours and row.forecasts == ours.forecasts}
        if SCENARIO in others and is_fitted:
            pieces += [" (begun at the origin, ", _crps(others[SCENARIO])]
            pieces += [", as early without these data, ", _crps(others[EARLIER]), ")"] if EARLIER in others else [")"]
        if "cover_80" in ours.means:
            share = ours.means["cover_80"]
            held = Number(in_unit(share, "share"), share, _cell(ours, "cover_80"))
            pieces += [" and held ", held, f" of {how_many(ours.forecasts, 'month')} in its bands of 80 %"]
        if best is not None:
            which = "less" if best.ratio < 1 else "more" if best.ratio > 1 else "as much"
            pieces += [f"; the best rival, {CALLED[best.who]}, has {which}, ", _crps(best)]
            if best.forecasts < ours.forecasts:
                count = Number(how_many(best.forecasts, "month"), best.forecasts, _cell(best, "forecasts"))
                there = Number(rounded(best.ours), best.ours, _cell(best, "ours"))
                pieces += [" against ", there, " in the ", count, " that it tells of"]
            low, high = best.ends
            if best.skill is not None and best.skill.value is not None and low is not None and high is not None:
                ends = zip((best.skill.value, low, high), ("skill", "low", "high"), strict=True)
                value, *both = (Number(f"{end:.2f}", end, _cell(best, column)) for end, column in ends)
                pieces += [" (skill ", value, ", about 90 %: ", both[0], " .. ", both[1], ")"]
        told.append(finding("fit", 0.9 if name == "mean CRPS" else 0.88, [*pieces, "."]))
    return told


def _ranking(found: Hindcast) -> list[Finding]:
    origins = len({one.origin for one in found.told if one.scores})
    told = [finding("not settled", 0.7, [f"Horizons overlap: {found.overlap}."])] if found.overlap.again else []
    if origins < FEWEST_ORIGINS:
        are = f"this is {origins}" if origins == 1 else f"these are {origins:,}"
        pieces: Pieces = [f"With fewer than {FEWEST_ORIGINS} origins no ranking can be had, and {are}."]
        return [finding("not settled", 0.97, pieces), *told]
    why: dict[str, list[str]] = {}
    for series in series_of(found):
        best = best_rival(rows_of(found, series))
        reason = "there is no rival" if best is None or best.skill is None else best.skill.why_no_interval
        if reason:
            why.setdefault(reason, []).append(series)
    return [
        *(
            finding("not settled", 0.97, ["Of ", *joined(of), f" no ranking can be had: {reason}."])
            for reason, of in why.items()
        ),
        *told,
    ]


def _rough(found: Hindcast) -> list[Finding]:
    told = []
    for series in series_of(found):
        given = AT_WAR if found.scored(series, AT_WAR, found.who(series, AT_WAR), whole=True) else ALL
        off: dict[str, list[str]] = {}
        paths = [
            one for one in found.scored(series, given, found.who(series, given), whole=True) if "pit_roughness" in one.scores
        ]
        for one in paths:
            share = one.scores["pit_roughness"]
            if not SMOOTH <= share <= ROUGH:
                off.setdefault("smoother" if share < SMOOTH else "rougher", []).append(one.origin.isoformat())
        for how, origins in off.items():
            pieces: Pieces = [
                f"What came of {series} is {how} from month to month than {in_unit(ROUGH, 'share')} of the histories from ",
                *joined(origins), f"; luck alone would say so of one origin in twenty, and these are {len(paths):,}.",
            ]  # fmt: skip
            told.append(finding("fit", 0.8, pieces))
    return told


def _known(found: Hindcast) -> list[Finding]:
    told = []
    told_of = series_of(found)
    # What nobody tells has no row, and would be missed by nobody.
    every = [*(one.id for one in found.data.series), *(one.id for one in found.data.events)]
    silent = [name for name in every if name not in told_of]
    if silent:
        told.append(finding("fit", 0.98, ["Nothing is told of ", *joined(silent), " in any month after these origins."]))
    if found.unreached:
        days = [day.isoformat() for day in found.unreached]
        pieces: Pieces = [
            "As of ",
            *joined(days),
            " no assumption comes near what was seen before, and the scenario itself tells there.",
        ]
        told.append(finding("fit", 0.95, pieces))
    tried = {*found.fitted, *found.unreached}
    if found.months and (missing := [one.origin.isoformat() for one in found.starts if one.origin not in tried]):
        pieces = ["As of ", *joined(missing), " nothing is calibrated, and the scenario itself tells; --full says why."]
        told.append(finding("fit", 0.96, pieces))
    late = {one.origin.isoformat(): one.late for one in found.starts if one.late}
    if late:
        counts = [f"{count:,} ({day})" for day, count in late.items()]
        pieces = ["Numbers that rest on sources of after the origin, which no one could have: ", *joined(counts), "."]
        told.append(finding("said", 0.6, pieces))
    if dropped := sum(len(one.dropped) for one in found.starts):
        pieces = [f"Left out is what comes on a date and rests on sources of after the origin: {dropped:,} things in all."]
        told.append(finding("said", 0.5, pieces))
    return told
