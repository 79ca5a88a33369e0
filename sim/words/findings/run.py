"""What is found in a run: how it ends, what stands in the way of a deal, what is scripted, or of another war."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sim.engine.calendar import DAYS_PER_MONTH
from sim.ensemble.run import Ensemble, Unscripted
from sim.model import section
from sim.model.answers import SEVERAL, is_possible
from sim.model.dated import dated
from sim.model.endings import ENDINGS, FAILED
from sim.model.parameters import SIDES
from sim.model.talks import Talks
from sim.model.without import scripted
from sim.results.findings import Finding, Number
from sim.results.identity import span_in_words
from sim.results.ledger import entries, held_of
from sim.results.names import Names
from sim.results.runs import Run
from sim.results.statistics import Z_95, wilson_interval
from sim.results.summary import Row, blank_row
from sim.results.unscripted import OUTCOMES
from sim.scenario import Scenario
from sim.words.findings.pieces import Pieces, finding, in_order, joined, over_assumptions, share_of, with_interval
from sim.words.labels import sentence_label, side_names
from sim.words.numbers import beside
from sim.words.provenance import flagged

# Of endings whose label is no sentence.
CLAUSES = {
    "war_goes_on": "the war goes on",
    "ceasefire_in_force": "a ceasefire is in force",
    "war_again": "there is war again after a ceasefire",
}
# How many endings a sentence names.
MOST_ENDINGS = 3
MOST_LISTED = 3
MOST_NEAR = 2
# judgement: a share of fewer histories is no finding.
FEWEST_TOLD = 10
LEDGER = "ledger:"
# judgement: what changes a share by as much is said before why there is no deal.
MUCH, MUCH_WEIGHT = 0.1, 0.95


def of_run(run: Run) -> list[Finding]:
    """Return what is found in a run: how it ends, what stands in the way, what is scripted, what is not settled."""
    return of_summary(run.scenario, run.summary, run.days, held_of(run.ledger), run.unscripted)


def of_ensemble(ensemble: Ensemble, summary: Sequence[Row]) -> list[Finding]:
    """Return what is found in an ensemble that has just been run."""
    return of_summary(ensemble.scenario, summary, ensemble.plan.days, held_of(entries(ensemble)), ensemble.unscripted)


def of_summary(
    scenario: Scenario[Any],
    summary: Sequence[Row],
    days: int,
    held: Mapping[int, int] | None = None,
    unscripted: Sequence[Unscripted] = (),
) -> list[Finding]:
    """Return what is found in the summary of a run of so many days, what weighs most first.

    Parameters
    ----------
    scenario : Scenario
    summary : sequence of Row
        As made of an ensemble, or read from `summary.csv`.
    days : int
    held : mapping of int to int
        How many reviews of the ledger were held at war, by day; nothing is said of when if it is not given.
    unscripted : sequence of Unscripted
        What the script decides, where that was looked at.
    """
    rows = {row.id: row for row in summary}
    endings = [row for row in summary if row.section == "endings" and row.id != FAILED and row.share is not None]
    after = f"after {span_in_words(scenario.world.start_date, days)}"
    found = [*_ceasefires(scenario, rows, after), *_endings(scenario, endings, after), *_blocks(scenario, summary, held)]
    found += _kept(scenario, rows)
    found += [*_inherited(scenario), *_scripted(scenario, days)]
    return in_order([*found, *what_script_decides(scenario, days, unscripted)])


# How it ends


def _ceasefires(scenario: Scenario[Any], rows: Mapping[str, Row], after: str) -> Iterator[Finding]:
    """Yield in how many histories a ceasefire is signed, when, and in how many of these it does not last."""
    if section(scenario, Talks) is None:
        yield finding("block", 0.7, ["No one negotiates in this scenario."])
        return
    row = rows.get("deal_month")
    if row is None or row.total <= 1:
        return
    low, high = wilson_interval(row.n, row.total)
    of, columns = ("summary.csv", "deal_month"), ("n/total", "n/total low", "n/total high")
    share = with_interval(row.n / row.total, low, high, "share", of, columns=columns)
    if row.n == 0:
        pieces: Pieces = [
            "No ceasefire is signed in any of ",
            _count(row),
            " histories (95 %: in at most ",
            share[-2],
            " %).",
        ]
        yield Finding("ending", tuple(pieces), 0.0, low, high, "summary.csv|deal_month|n/total", 1.0)
        return
    if row.n == row.total:
        pieces = ["A ceasefire is signed in all of ", _count(row), " histories (95 %: in at least ", share[-4]]
        pieces += [" %", *_median(row, "; "), ")"]
    else:
        band = over_assumptions(row, "n_")
        pieces = [
            "A ceasefire is signed in ",
            share[0],
            " of histories",
            *share[1:-1],
            *band,
            *_median(row, "; "),
            share[-1],
        ]
    again = rows.get("war_again")
    if again is not None and again.share is not None:
        pieces += _again(again, row, after)
    yield Finding("ending", (*pieces, "."), row.n / row.total, low, high, "summary.csv|deal_month|n/total", 1.0)


def _count(row: Row) -> Number:
    return Number(f"{row.total:,}", row.total, f"summary.csv|{row.id}|total")


def _median(row: Row, before: str, after: str = "") -> Pieces:
    """Return the month in which half of what is signed was signed."""
    if row.p50 is None:
        return []
    told: Pieces = [f"{before}median: month ", Number(f"{row.p50:.0f}", row.p50, f"summary.csv|{row.id}|p50")]
    if row.p50_least is not None and row.p50_most is not None and round(row.p50_least) < round(row.p50_most):
        ends = ((row.p50_least, "p50_least"), (row.p50_most, "p50_most"))
        low, high = (Number(f"{end:.0f}", end, f"summary.csv|{row.id}|{name}") for end, name in ends)
        told += [", ", low, " .. ", high]
    return [*told, after]


def _again(again: Row, deals: Row, after: str) -> Pieces:
    """Return in how many of the histories with a ceasefire there is war again at the end."""
    assert again.share is not None, "looked at before"
    count = round(again.share * again.total)
    share = again.share / (deals.n / deals.total)
    of = f"summary.csv|{again.id}|share over summary.csv|{deals.id}|n/total"
    low, high = wilson_interval(share * deals.n, deals.n)
    told = with_interval(share, low, high, "share", (of,), columns=("", "low", "high"), words="")
    first, least, most = (piece for piece in told if isinstance(piece, Number))
    how: Pieces = [first._replace(of=of), *told[1:2], least, " .. ", most, ") of these"]
    if count == 0:
        how = ["none of these (in at most ", most, " %)"]
    elif count == deals.n:
        how = ["all of these (in at least ", least, " %)"]
    return ["; in ", *how, f" the war is back {after}"]


def clause(row: Row, sides: Sequence[str]) -> str:
    """Return an ending as a sentence without its point."""
    return CLAUSES.get(row.id, sentence_label(row.label, sides))


def _endings(scenario: Scenario[Any], endings: Sequence[Row], after: str) -> Iterator[Finding]:
    """Yield how histories stand at the end, and whether it is settled which ending is the commonest."""
    order = sorted((row for row in endings if row.share), key=lambda row: -(row.share or 0.0))
    if not order:
        return
    sides = side_names(scenario)
    first = order[0]
    if first.total == 1:
        yield finding("ending", 1.0, [f"One history says nothing of frequencies; {after} {clause(first, sides)} in it."])
        return
    if first.share == 1.0:
        low = with_interval(1.0, first.low, 1.0, "share", ("summary.csv", first.id), columns=("share", "low", "high"))[2]
        told: Pieces = ["In all of ", _count(first), f" histories {clause(first, sides)} {after} (95 %: in at least ", low]
        yield Finding("ending", (*told, " %)."), 1.0, first.low, 1.0, f"summary.csv|{first.id}|share", 0.8)
        return
    shares = [[f"{clause(row, sides)} in ", *share_of(row, "95 %: " if at == 0 else "")] for at, row in enumerate(order)]
    pieces: Pieces = [f"{after[0].upper()}{after[1:]} ", *joined(shares[:MOST_ENDINGS]), "."]
    yield finding("ending", 0.8, pieces, first.low, first.high)
    if len(order) > 1 and not _told_apart(first, order[1]):
        tied = [clause(row, sides) for row in order if not _told_apart(first, row)]
        pieces = ["Not settled by ", _count(first), f" histories is which ending is the commonest: that {tied[0]}"]
        pieces += [f", or that {one}" for one in tied[1:]]
        yield Finding("not settled", (*pieces, "."), weight=0.5)


def _told_apart(first: Row, second: Row) -> bool:
    """Return whether two shares of the same histories, which exclude one another, differ beyond chance (95 %)."""
    one, other = first.share or 0.0, second.share or 0.0
    return bool(abs(one - other) > Z_95 * ((one + other - (one - other) ** 2) / first.total) ** 0.5)


def _kept(scenario: Scenario[Any], rows: Mapping[str, Row]) -> Iterator[Finding]:
    """Yield how often what was agreed was not kept, by whom, and how often guards left before a ceasefire ended."""
    told: list[Pieces] = []
    for side, name in zip(SIDES, side_names(scenario), strict=True):
        row = rows.get(f"broke_word_{side}")
        if row is not None and row.share is not None and row.n >= FEWEST_TOLD:
            told.append(
                [f"{name} in " if told else f"{name} did not do it by its day in ", *share_of(row, "" if told else "95 %: ")]
            )
    if told:
        yield finding("ending", 0.65, ["Where something was due, ", *joined(told), "."])
    row = rows.get("guards_left")
    if row is not None and row.share is not None and row.n >= FEWEST_TOLD:
        of = share_of(row, "95 %: ")
        yield finding("ending", 0.65, ["The guards left before its end in ", *of, " of the histories with a ceasefire."])


# What stands in the way


def _blocks(scenario: Scenario[Any], summary: Sequence[Row], held: Mapping[int, int] | None) -> Iterator[Finding]:
    """Yield what stood in the way most often in reviews at war, and, where no deal was possible, which reason."""
    states = {row.id.removeprefix(LEDGER): row for row in summary if row.section == "ledger" and row.share}
    if not states:
        return
    names = Names(scenario)
    # Of equals the first in the order of the summary.
    state, row = max(states.items(), key=lambda item: item[1].share or 0.0)
    share = share_of(row)
    end = [*([f"; {when}"] if (when := _when(held)) else []), ")"]
    pieces: Pieces = ["Most often, in ", share[0], " of reviews at war", *share[1:-1], *end, f", {_in_words(state, names)}"]
    if row.share == 1.0:
        count = Number(f"{row.n:,}", row.n, f"summary.csv|{row.id}|n")
        pieces = [
            "In all ",
            count,
            " reviews at war (95 %: in at least ",
            share[-4],
            " %",
            *end,
            f" {_in_words(state, names)}",
        ]
    yield finding("block", 0.9, [*pieces, "."], row.low, row.high)
    reasons = {one: row for one, row in states.items() if not is_possible(one) and one != SEVERAL}
    order = sorted(reasons.items(), key=lambda item: -(item[1].share or 0.0))
    if not order or order[0][0] == state:
        return
    (reason, most), others = order[0], order[1:]
    share = share_of(most)
    near = [names.reason(one) for one, row in others if (row.high or 0.0) >= (most.low or 0.0)]
    told: Pieces = [f"The single reason why none is possible is most often {names.reason(reason)}, in ", share[0]]
    told += [" of all reviews at war", *share[1:]]
    if near:
        told += [f", not told apart from {' and '.join(near[:MOST_NEAR])}"]
    yield finding("block", 0.6, [*told, "."], most.low, most.high)


def _when(held: Mapping[int, int] | None) -> str:
    """Return by when half of the reviews were held: while fewer and fewer are at war, the first months weigh most.

    >>> _when({30: 50, 86: 30, 142: 20}), _when({})
    ('half by month 1', '')
    """
    so_far, total = 0, sum((held or {}).values())
    for day in sorted(held or {}):
        so_far += (held or {})[day]
        if 2 * so_far >= total:
            return f"half by month {math.ceil(day / DAYS_PER_MONTH)}"
    return ""


def _in_words(state: str, names: Names) -> str:
    if is_possible(state):
        return f"a deal is possible, but {names.talks(state)}"
    if state == SEVERAL:
        return "no deal is possible, and no single reason is why"
    return f"no deal is possible because of {names.reason(state)}"


# What is of another war, and what is scripted


def _inherited(scenario: Scenario[Any]) -> Iterator[Finding]:
    """Yield how many numbers are not those of this war, which is told right after how it ends."""
    told = flagged(scenario)
    if told:
        yield finding("inherited", 0.99, [f"{told}."])


def _scripted(scenario: Scenario[Any], days: int) -> Iterator[Finding]:
    """Yield what comes on a day that the scenario sets, whatever the course of the war."""
    found = dated(scenario, days)
    if not found:
        return
    told = [f"{one.label} ({one.date.isoformat()}{'' if one.sure else ', in some histories'})" for one in found]
    yield finding("scripted", 0.3, [f"Scripted, on a day that the scenario sets: {listed(told)}."])


def what_script_decides(scenario: Scenario[Any], days: int, rows: Sequence[Unscripted]) -> list[Finding]:
    """Return what differs most without what is scripted, and which term does, or that nothing does; none without rows."""
    if not rows:
        return []
    names = [one.label for one in scripted(scenario, days)]
    what = listed(names) if len(names) <= MOST_LISTED else f"{len(names):,} events and offensives"
    known = {one.outcome: blank_row(scenario, one.outcome) for one in rows}
    found = [one for one in rows if not one.low <= 0.0 <= one.high]
    if not found:
        said = f"Of what is scripted ({what}) nothing was found that it decides in endings, losses, ground or terms of deals"
        return [
            finding("scripted", 0.35, [f"{said}, in {max(one.n for one in rows):,} pairs of histories with and without it."])
        ]
    # Shares compare as they are, and come before what has another unit.
    shares = sorted((one for one in found if known[one.outcome].unit == "share"), key=lambda one: -abs(one.difference))
    order = [*shares, *(one for one in found if known[one.outcome].unit != "share")]
    firsts = [next((one for one in order if (one.outcome in OUTCOMES) == is_main), None) for is_main in (True, False)]
    return [_decides(scenario, known[one.outcome], one, f"Without what is scripted ({what})") for one in firsts if one]


def _decides(scenario: Scenario[Any], row: Row, one: Unscripted, without: str) -> Finding:
    """Return the finding of an outcome that a script decides."""
    of, is_share, sides = ("unscripted.csv", one.outcome), row.unit == "share", side_names(scenario)
    ending, is_term = one.outcome in {known.name for known in ENDINGS}, one.outcome not in OUTCOMES
    label = clause(row, sides) if ending else f"'{sentence_label(row.label, sides)}'"
    unit = "" if row.unit in ("", "share") else f" {row.unit}"
    scale = (one.low, one.high, row.unit)
    verb = "in" if ending else "holds in" if is_share else "is"
    pieces: Pieces = [f"{without}, {label} {verb} "]
    pieces += [Number(beside(one.without_it, *scale), one.without_it, "|".join((*of, "without"))), " instead of "]
    pieces += [Number(beside(one.with_it, *scale), one.with_it, "|".join((*of, "with"))), unit]
    change = with_interval(one.difference, one.low, one.high, row.unit, of, columns=("difference", "low", "high"), sign=True)
    count = Number(f"{one.n:,}", float(one.n), "|".join((*of, "n")))
    pieces += [
        " of first deals" if is_term else " of histories" if is_share else "",
        ": ",
        *change,
        ", in ",
        count,
        " pairs.",
    ]
    weight = MUCH_WEIGHT if is_share and abs(one.difference) >= MUCH else 0.55
    where = "|".join((*of, "difference"))
    return Finding("scripted", tuple(pieces), one.difference, one.low, one.high, where, weight - 0.01 * is_term)


def listed(names: Sequence[str], most: int = MOST_LISTED) -> str:
    """Return names with commas between them, of many the first ones and how many there are more.

    >>> listed(["a", "b", "c", "d"], 2)
    'a, b and 2 more'
    """
    more = len(names) - most
    shown = [*names[:most], *([f"{more:,} more"] if more > 0 else [])]
    return "".join(str(piece) for piece in joined(shown))
