"""How other wars, truces, talks and alliances went, in words: a line below the shares of a run, all of it in full."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from sim.results.precedents import Precedent, wars_after
from sim.results.summary import Row
from sim.scenario import Scenario, ScenarioHead
from sim.words.layout import EMPTY, Block, Column, Table, Text
from sim.words.markdown import markdown_cell
from sim.words.numbers import by_interval

HEADING, BESIDE = "On record", "here"
WHAT_THEY_ARE = "They are no forecast, and no number of the model is made from them."
_NOT_SAID = "not said"


def in_short(found: Sequence[Precedent], scenario: Scenario[ScenarioHead], shown: Collection[str]) -> Iterator[Text]:
    """Yield a line of how real wars went that were as old, of the longest span that stands beside a share that is shown."""
    spans = [one.months for one in found if one.months is not None and not {*one.outcomes}.isdisjoint(shown)]
    if spans:
        months = max(spans)
        wars = wars_after(scenario, months)
        old = next(one.had_lasted for one in found if one.months == months)
        which, when = (" as old", "on") if old else ("", "in")
        told = f"{wars.going_on} went on, {wars.won} were won, {wars.undecided} undecided"
        yield Text(f"Of {wars.known} real wars{which} [COW], {months} months {when} {told}.", 0, 2, style="quiet")


def in_full(found: Sequence[Precedent], rows: Mapping[str, Row]) -> Iterator[Block]:
    """Yield a table of precedents, each beside the shares of a run that it is like, and where they are from."""
    if found:
        head = [Column(HEADING, wraps=True), Column("n"), Column("share, 95 %"), Column(BESIDE, wraps=True)]
        yield Table(head, [[*cells(one), "; ".join(beside(one, rows))] for one in found])
        yield EMPTY
        yield from (Text(line, 0, 2) for line in (*sources(found), WHAT_THEY_ARE))
        yield EMPTY


def markdown(found: Sequence[Precedent], rows: Mapping[str, Row]) -> list[str]:
    """Return the same as lines of Markdown; none without precedents."""
    if not found:
        return []
    lines = ["", f"| {HEADING} | n | share, 95 % | {BESIDE} |", "|---|---|---|---|"]
    for one in found:
        lines.append(f"| {' | '.join(map(markdown_cell, (*cells(one), '; '.join(beside(one, rows)))))} |")
    return [*lines, "", WHAT_THEY_ARE, "", *(f"- {markdown_cell(line)}" for line in sources(found))]


def cells(one: Precedent) -> tuple[str, str, str]:
    """Return what happened, how often of how many, and its share with its interval."""
    if one.interval is None:
        return one.happened, _NOT_SAID, f"{100 * one.share:g} %"
    share, low, high = (f"{100 * value:.0f}" for value in (one.share, *one.interval))
    return one.happened, f"{one.count} of {one.of}", f"{share} % ({low} .. {high})"


def beside(one: Precedent, rows: Mapping[str, Row]) -> list[str]:
    """Return the shares of a run beside which a precedent stands."""
    known = [rows[name] for name in one.outcomes]
    return [f"{row.alone} {by_interval(row.share, row.low, row.high, 'share')[0]}" for row in known if row.share is not None]


def sources(found: Sequence[Precedent]) -> list[str]:
    """Return of what precedents are, where they are from and what to know of them, a text a record."""
    told = [
        f"{record.called}: {record.about}{_old(age)}. {record.source}. {record.caveat}"
        for record, age in {one.record: one.had_lasted for one in found}.items()
    ]
    return told


def _old(had_lasted: int | None) -> str:
    """Return which wars are looked at, of those on record."""
    if had_lasted is None:
        return ""
    return f", those that had lasted {had_lasted} months" if had_lasted else ", from their first day"
