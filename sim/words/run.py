"""Runs as text: the answer and all outcomes for the terminal, the summary as Markdown, and what it tells in sentences."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.calendar import DAYS_PER_MONTH, Calendar
from sim.engine.draws import Floats
from sim.ensemble.lucks import FEWEST_HISTORIES
from sim.ensemble.run import Ensemble
from sim.model.manpower import break_even_return_share
from sim.model.outcomes import SECTIONS
from sim.model.parameters import SIDES
from sim.results.comparison import compare
from sim.results.identity import Identity, identity_of, span_in_words
from sim.results.ledger import Totals, entries
from sim.results.names import Names
from sim.results.precedents import precedents
from sim.results.runs import Run, called_apart, marks, told_apart
from sim.results.summary import Row
from sim.scenario import Scenario, ScenarioHead, quantities
from sim.words import WHAT_IT_IS_NOT
from sim.words.comparison import matrix
from sim.words.findings import LINES, findings_block
from sim.words.findings.run import of_ensemble
from sim.words.layout import EMPTY, Bar, Block, Column, Table, Text, Title, scale_of
from sim.words.ledger import sentences
from sim.words.markdown import markdown_cell
from sim.words.numbers import by_interval, ends_over, in_unit, place_of, to_place
from sim.words.precedents import in_full, in_short
from sim.words.precedents import markdown as others_as_markdown

SHARES, OUTCOMES = ("share", "95 % interval"), ("mean ± (95 %)", "5 % .. 95 %")
OVER = "assumptions"


def columns_of(section: str) -> tuple[str, str]:
    """Return the names of the two columns of a section."""
    return SHARES if SECTIONS[section].of_shares else OUTCOMES


def cells(row: Row) -> tuple[str, str]:
    """Return what a table shows of a row: its share or mean, and the interval of that or the range of the histories."""
    if row.share is not None and row.low is not None and row.high is not None:
        told, *ends = by_interval(row.share, row.low, row.high, "share")
        return told, " .. ".join(ends)
    if row.n == 0 or row.mean is None:
        return "never", ""
    some = f" in {in_unit(row.n / row.total, 'share')} of them" if row.n < row.total else ""
    scale, unit = (100.0, " %") if row.unit == "share" else (1.0, "")
    low, mean, high, least, most = (
        None if one is None else scale * one for one in (row.low, row.mean, row.high, row.p05, row.p95)
    )
    place = place_of(low, high)
    shown = ["-" if one is None else to_place(one, place) for one in (mean, least, most)]
    # How far it may be from that of endlessly many histories, with 95 %.
    half = "" if low is None or high is None or place is None else f" ±{to_place((high - low) / 2, place)}"
    return f"{shown[0]}{unit}{half}", f"{shown[1]} .. {shown[2]}{some}"


def over(row: Row) -> str:
    """Return the band of the assumptions of a row, as tables show it."""
    if row.least is None or row.most is None:
        return ""
    return " .. ".join(ends_over(row.least, row.most, row.unit))


def span(ensemble: Ensemble) -> str:
    """Return the length of the horizon in words."""
    return span_in_words(ensemble.scenario.world.start_date, ensemble.plan.days)


def groups_side_by_side(ensembles: Sequence[Ensemble]) -> list[list[int]]:
    """Return which ensembles, by their place, may share a table: those of the same sides and the same time."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for place, ensemble in enumerate(ensembles):
        head = ensemble.scenario.world
        key = (head.sides.attacker.name, head.sides.defender.name, head.start_date, ensemble.plan.days)
        groups.setdefault(key, []).append(place)
    return list(groups.values())


# What the table of the answer has beside the endings: whether and when there is a deal, then what it costs.
DEALS = ("deal_within_12_months", "deal_within_24_months")
COSTS = ("casualties_attacker", "casualties_defender", "ground_gained_km2")


def answer(identity: Identity, ensemble: Ensemble, summary: Sequence[Row]) -> Iterator[Block]:
    """Yield what a run says, on one screen: its findings, how histories end, whether there is a deal, what it costs."""
    scenario, days = ensemble.scenario, ensemble.plan.days
    yield Title(identity.scenario, identity.size_of(len(ensemble.numbers)))
    yield EMPTY
    found, banded = of_ensemble(ensemble, summary), any(over(row) for row in summary)
    yield findings_block(found, LINES + banded)
    rows = {row.id: row for row in summary}
    endings = sorted((row for row in summary if row.section == "endings"), key=lambda row: -(row.share or 0.0))
    shares = [*endings, *(rows[name] for name in DEALS if name in rows)]
    # Its line is that of the gap, so that all fits one screen.
    others = list(in_short(precedents(scenario, days, rows), scenario, {row.id for row in shares}))
    if not others:
        yield EMPTY
    whole = scale_of(row.share or 0.0 for row in shares)
    end = Calendar(scenario.world.start_date).date_of(days).isoformat()
    yield Table(
        [
            Column(f"On {end}", wraps=True),
            Column("share"),
            Column("95 %", wraps=True),
            *([Column(OVER)] if banded else []),
            Column(f"0 to {100 * whole:.0f} %", spare=9),
        ],
        [
            [
                row.label if row in endings else row.alone,
                *cells(row),
                *([over(row)] if banded else []),
                Bar(row.share or 0.0, whole),
            ]
            for row in shares
        ],
    )
    yield from others
    costs = [rows[name] for name in COSTS if name in rows]
    last = OVER if banded else OUTCOMES[1]
    if costs:
        yield Table(
            [Column(f"Within {identity.days}", wraps=True), Column(OUTCOMES[0]), Column(last, wraps=True)],
            [[row.label, cells(row)[0], over(row) if banded else cells(row)[1]] for row in costs],
        )
    if not banded and ensemble.drawn:
        yield Text(
            f"How far the assumptions move these is told of {FEWEST_HISTORIES} histories or more.", 0, 2, style="quiet"
        )


def endings_line(scenario: Scenario[ScenarioHead], summary: Sequence[Row], days: int) -> Text:
    """Return how histories end, in one paragraph."""
    endings = sorted((row for row in summary if row.section == "endings" and row.share), key=lambda row: -(row.share or 0.0))
    end = Calendar(scenario.world.start_date).date_of(days).isoformat()
    told = ", ".join(f"{row.label} {share} ({interval})" for row in endings for share, interval in [cells(row)])
    return Text(f"On {end} (in brackets: 95 %): {told}.", hang=2)


def whole(ensembles: Sequence[Ensemble], summaries: Sequence[Sequence[Row]]) -> Iterator[Block]:
    """Yield all that runs say: their outcomes, side by side where they may be, then sentences."""
    if len(ensembles) == 1:
        (one,), (summary,) = ensembles, summaries
        rows = {row.id: row for row in summary}
        yield from in_full(precedents(one.scenario, one.plan.days, rows), rows)
    for group in groups_side_by_side(ensembles):
        yield from whole_table([ensembles[at] for at in group], [summaries[at] for at in group])
    yield from (Text(sentence, 0, 2) for ensemble in ensembles for sentence in told_of(ensemble))


def whole_table(ensembles: Sequence[Ensemble], summaries: Sequence[Sequence[Row]]) -> Iterator[Block]:
    """Yield all outcomes of one scenario, or of several side by side, a table a section."""
    order = list(SECTIONS)
    rows = {row.id: row for row in sorted((r for s in summaries for r in s), key=lambda row: order.index(row.section))}
    by_id = [{row.id: row for row in summary} for summary in summaries]
    told = [identity_of(one.scenario, one.plan).called for one in ensembles]
    apart = marks(told, [one.scenario for one in ensembles])
    names = [f"{one}{mark}" for one, mark in zip(told, apart, strict=True)] if len(ensembles) > 1 else []
    sections: dict[str, list[Row]] = {}
    for row in rows.values():
        sections.setdefault(row.section, []).append(row)
    for section, those in sections.items():
        heading = SECTIONS[section].heading.format(span=span(ensembles[0]), end=end_date(ensembles[0]))
        value, band = columns_of(section)
        heads = [(f"{name}: {value}", band) for name in names] or [(value, band)]
        # Beside one another there is no room for it.
        alone = len(ensembles) == 1 and any(over(row) for row in those)
        columns = [
            Column(heading, wraps=True),
            *(Column(head, wraps=at == 1) for pair in heads for at, head in enumerate(pair)),
            *([Column(OVER)] if alone else []),
        ]
        yield Table(
            columns,
            [
                [
                    row.label,
                    *(text for known in by_id for text in (cells(known[row.id]) if row.id in known else ("-", ""))),
                    *([over(row)] if alone else []),
                ]
                for row in those
            ],
        )
        yield EMPTY


def answer_of_several(ensembles: Sequence[Ensemble]) -> Iterator[Block]:
    """Yield what several scenarios say beside one another: findings, then main outcomes, a line a scenario."""
    runs = called_apart(told_apart([Run.of(one) for one in ensembles], [one.scenario.name for one in ensembles]))
    for group in groups_side_by_side(ensembles):
        those = [runs[at] for at in group]
        yield Title(" beside ".join(run.called for run in those), those[0].identity.size_of(those[0].replications, " each"))
        yield EMPTY
        comparisons = [compare(those[0], run, comparisons=len(those) - 1) for run in those[1:]]
        found = comparisons or those
        yield findings_block([one for row in zip_longest(*(one.findings for one in found)) for one in row if one])
        yield EMPTY
        yield from matrix(those, comparisons)
        yield EMPTY
    for run in runs:
        line = run.identity.line
        yield Text(line if line.startswith(run.called) else f"{run.called}: {line}", 0, 2, style="quiet")


def headline(ensemble: Ensemble) -> str:
    """Return the line above the table."""
    return identity_of(ensemble.scenario, ensemble.plan).headline(len(ensemble.numbers))


def markdown(ensemble: Ensemble, summary: list[Row]) -> str:
    """Return the summary as a Markdown page."""
    lines = [
        f"# {markdown_cell(identity_of(ensemble.scenario, ensemble.plan).line)}",
        "",
        markdown_cell(headline(ensemble)),
        "",
        *(f"1. {markdown_cell(one.sentence)}" for one in of_ensemble(ensemble, summary)),
        "",
    ]
    section = ""
    order = list(SECTIONS)
    for row in sorted(summary, key=lambda row: order.index(row.section)):
        if row.section != section:
            section = row.section
            heading = SECTIONS[section].heading.format(span=span(ensemble), end=end_date(ensemble))
            value_name, band_name = columns_of(section)
            lines += ["", f"| {heading} | {value_name} | {band_name} | {OVER} |", "|---|---:|---|---|"]
        value, band = cells(row)
        lines.append(f"| {markdown_cell(row.label)} | {value} | {band} | {over(row)} |")
    told, by_id = told_of(ensemble), {row.id: row for row in summary}
    lines += others_as_markdown(precedents(ensemble.scenario, ensemble.plan.days, by_id), by_id)
    lines += ["", *(f"- {markdown_cell(sentence)}" for sentence in told), "", WHAT_IT_IS_NOT, ""]
    return "\n".join(lines)


def told_of(ensemble: Ensemble) -> list[str]:
    """Return what an ensemble tells in sentences: why there was no deal, then the balance of manpower."""
    scenario = ensemble.scenario
    why = sentences(Names(scenario), Totals(entries(ensemble)))
    return [*why, *balance_sentences(scenario, ensemble.outcomes, ensemble.drawn)]


def balance_sentences(
    scenario: Scenario[ScenarioHead], outcomes: Mapping[str, NDArray[Any]], drawn: Mapping[str, Floats]
) -> list[str]:
    """Return the monthly manpower balance of each side and its break-even, as sentences.

    Flows are means of a month at war in the first 12, over the replications without a ceasefire in them, because means add
    up; the break-even return share is that of these flows, without desertion.
    """
    trained = outcomes.get("trained_per_month_12_months_attacker")
    if trained is None or np.isnan(trained).all():
        return []
    names, found = Names(scenario).sides, []
    for side in SIDES:
        flow = {
            name: float(np.nanmean(outcomes[f"{name}_per_month_12_months_{side}"]))
            for name in ("trained", "returned", "killed", "wounded", "deserted")
        }
        lost = flow["killed"] + flow["wounded"]
        net = flow["trained"] + flow["returned"] - lost - flow["deserted"]
        thousand = {name: value / 1e3 for name, value in flow.items()}
        # Flows of the force; the wounded leave it at once, and those who return come back weeks later.
        sentence = (
            f"{names[side]} gains {thousand['trained']:.1f} thousand recruits and {thousand['returned']:.1f} returning "
            f"wounded a month, and loses {thousand['killed']:.1f} killed, {thousand['wounded']:.1f} wounded and "
            f"{thousand['deserted']:.1f} deserters: {net / 1e3:+.1f} thousand a month."
        )
        if lost > flow["killed"]:
            share = break_even_return_share(lost / DAYS_PER_MONTH, flow["trained"], flow["killed"] / lost)
            assumed = mean_parameter(scenario, drawn, f"manpower.{side}.return_share")
            if 0.005 <= share <= 1:
                sentence += f" Desertion aside it would hold level if {share:.2f} of the wounded returned;"
            else:
                never = "no return of wounded could" if share > 1 else "recruits alone would"
                sentence += f" Desertion aside {never} hold it level;"
            sentence += f" assumed is {assumed:.2f}."
        found.append(sentence)
    return found


def mean_parameter(scenario: Scenario[ScenarioHead], drawn: Mapping[str, Floats], path: str) -> float:
    """Return the mean over the replications of a parameter, which may be certain."""
    if path in drawn:
        return float(np.nanmean(drawn[path]))
    return dict(quantities(scenario.world))[path].central


def end_date(ensemble: Ensemble) -> str:
    """Return the date of the horizon."""
    return Calendar(ensemble.scenario.world.start_date).date_of(ensemble.plan.days).isoformat()
