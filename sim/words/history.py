"""One history told: its chronicle, event by event, and what each side weighed at its reviews."""

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from sim.engine.calendar import DAYS_PER_MONTH, Calendar
from sim.engine.recorder import Event
from sim.ensemble.run import Ensemble
from sim.model import EVENT_KINDS
from sim.model.answers import Questions
from sim.results.history import SIGNED, alone_of, had_zone, heaviest_of, reviews, state_of
from sim.results.ledger import questions_of
from sim.results.names import Names
from sim.results.summary import ENDING_LABELS, side_names
from sim.words.layout import EMPTY, Block, Column, Quiet, Table, Text

DAYS_BETWEEN_STATES = 91


def chronicle(
    ensemble: Ensemble, replication: int, without: Collection[str] = (), *, states: bool = True
) -> Iterator[tuple[str, str]]:
    """Yield the story of a watched replication, in the order of time: dates and what happened on them.

    Parameters
    ----------
    ensemble : Ensemble
        Run with `replication` among the watched ones.
    replication : int
        Its number.
    without : collection of str
        Kinds of events that are left out.
    states : bool
        Whether it says each quarter how both sides stand.
    """
    calendar = Calendar(ensemble.scenario.world.start_date)
    place = int(np.flatnonzero(ensemble.numbers == replication)[0])
    names = side_names(ensemble)
    told = [(event.day, sentence) for event, sentence in happenings(ensemble, replication, without)]
    ending = str(ensemble.outcomes["ending"][place])
    last = ensemble.plan.days
    if ensemble.outcomes["ending_day"][place] >= 0:
        last = int(ensemble.outcomes["ending_day"][place])
    lines = {day: Quiet(_state(ensemble, place, slot, names)) for slot, day in enumerate(ensemble.series_days)
             if states and day % DAYS_BETWEEN_STATES == 0 and day <= last}  # fmt: skip
    for day in sorted(lines.keys() | {day for day, _ in told}):
        if day in lines:
            yield calendar.date_of(day).isoformat(), lines[day]
        sentences = [sentence for its, sentence in told if its == day]
        if sentences:
            yield calendar.date_of(day).isoformat(), " ".join(sentences)
    outcome = ENDING_LABELS[ending].format(**names)
    ground = float(ensemble.outcomes["ground_gained_km2"][place])
    yield calendar.date_of(ensemble.plan.days).isoformat(), f"{outcome}. Ground taken since the start: {ground:+,.0f} km2."


def chronicle_table(ensemble: Ensemble, replication: int, without: Collection[str] = (), *, states: bool = True) -> Table:
    """Return the story of a watched replication as a table; parameters as in `chronicle`."""
    return Table([Column(), Column(wraps=True)], list(chronicle(ensemble, replication, without, states=states)))


def happenings(ensemble: Ensemble, replication: int, without: Collection[str] = ()) -> Iterator[tuple[Event, str]]:
    """Yield what happened in a watched replication, event by event with its sentence; parameters as in `chronicle`."""
    names, told = side_names(ensemble), EVENT_KINDS.keys() - set(without)
    for event in ensemble.events:
        if event.replication == replication and event.kind in told:
            yield event, _sentence(event, ensemble, names)


def _sentence(event: Event, ensemble: Ensemble, names: dict[str, str]) -> str:
    values = {key: names.get(value, value) if isinstance(value, str) else value for key, value in event.values.items()}
    if "package" in values:
        values["terms"] = Names(ensemble.scenario).package(int(values["package"]))
    if "imposed" in values:
        values["pressure"] = ", only because of pressure from outside" if values["imposed"] else ""
    return EVENT_KINDS[event.kind].sentence.format(**values)


def _state(ensemble: Ensemble, place: int, slot: int, names: dict[str, str]) -> str:
    now = {key: float(ensemble.series[at][slot, place]) for at, key in enumerate(ensemble.series_columns)}
    sides = [
        f"{names[side]} {now['force', side] / 1e3:,.0f} thousand at the front, fire {now['fire', side]:.2f}, "
        f"casualties so far {now['cumulative_casualties', side] / 1e3:,.0f} thousand"
        for side in ("attacker", "defender")
    ]
    return f"{sides[0]}. {sides[1]}. {names['attacker']} holds {now['held_area', '']:,.0f} km2."


# The terms of the account of a side, in the order in which they are added up, each with its sign and its words.
ACCOUNT = (
    ("terms_today", 1, "what the balance of the day would give it"),
    ("expectation", 1, "what it expects to gain by fighting on"),
    ("resolve", 1, "its private resolve"),
    ("cost", -1, "the cost of war, felt and to come, and pressure"),
)


def review_table(ensemble: Ensemble, replication: int, *, merged: bool) -> Table:
    """Return the reviews of a replication: what fighting on and the nearest package are worth to each side, and why no deal.

    Where they are `merged`, reviews in a row with the same reason are one line with the means of what they weighed.
    """
    names = Names(ensemble.scenario)
    calendar = Calendar(ensemble.scenario.world.start_date)
    rows = []
    held = [(event, _why(event, names)) for event in reviews(ensemble, replication)]
    place = iter(range(len(held)))
    for _, group in groupby(held, key=lambda one: one[1] if merged else next(place)):
        those = list(group)
        dates = [calendar.date_of(event.day).isoformat() for event, _ in those]
        when = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
        worth = []
        for side in names.sides:
            fights = _mean([event.values[f"fighting_on_{side}"] for event, _ in those])
            gains = _mean([event.values[f"slack_{side}"] for event, _ in those])
            worth += [_amount(fights, ".3f"), _amount(fights + gains, ".3f")]
        rows.append([when, *([f"{len(those):,}"] if merged else []), *worth, those[0][1]])
    heads = [
        Column(f"{names.side(side)}: {what}", spare=1) for side in names.sides for what in ("fights on", "nearest deal")
    ]
    first = [Column("reviews"), Column("n")] if merged else [Column("review")]
    return Table([*first, *heads, Column("why no deal", wraps=True, least=40)], rows)


def _mean(values: Sequence[Any]) -> float:
    """Return the mean of the values that there are, or NaN."""
    known = [float(value) for value in values if value == value]
    return sum(known) / len(known) if known else float("nan")


def _why(event: Event, names: Names) -> str:
    """Return why there is no deal at a review, in words."""
    state = state_of(event)
    return "A deal is signed" if state == SIGNED else names.state(state)


def _amount(amount: float, sign: str) -> str:
    """Return an amount as text; a dash where there is none."""
    return "-" if amount != amount else format(amount, sign)


def account(ensemble: Ensemble, replication: int, event: Event) -> Iterator[Block]:
    """Yield what each side weighed at one review, term by term, with the package nearest to agreement."""
    names, questions = Names(ensemble.scenario), questions_of(ensemble.scenario)
    assert questions is not None, "reviews come from a negotiation"
    value: Any = event.values
    date = Calendar(ensemble.scenario.world.start_date).date_of(event.day)
    yield Text(f"What they weighed on {date}, in utility (terms: 0 the worst feared, 1 the best hoped for):", style="bold")
    nearest = int(value["nearest"])
    none = "none: hard red lines, or options that are not open, leave none"
    yield Text(f"nearest package: {names.package(nearest) if nearest >= 0 else none}", 1, 2)
    sides = list(names.sides)
    rows: list[list[str]] = []

    def line(label: str, amounts: list[float], sign: str = "+.3f") -> None:
        rows.append([label, *(_amount(amount, sign) for amount in amounts)])

    for name, sign, label in ACCOUNT:
        line(label, [sign * value[f"{name}_{side}"] for side in sides])
    line("= fighting on is worth", [value[f"fighting_on_{side}"] for side in sides], ".3f")
    line("the nearest package is worth, while it lasts", [value[f"package_{side}"] for side in sides], ".3f")
    line("what its terms cost at home", [0.0 - value[f"home_{side}"] for side in sides])
    line("the price of its red lines in it", [0.0 - value[f"red_lines_{side}"] for side in sides])
    line("what it fears from renewed war", [-value[f"distrust_{side}"] for side in sides])
    line("= above fighting on", [value[f"slack_{side}"] for side in sides])
    shares = [value[f"lasting_{side}"] for side in sides]
    line("share of the time ahead for which it expects that to last", shares, ".2f")
    if f"trust_{sides[0]}" in value:
        line(
            "the chance that the other is one to keep its word, as it sees it",
            [value[f"trust_{side}"] for side in sides],
            ".2f",
        )
    yield Table([Column(wraps=True), *(Column(names.side(side)) for side in sides)], rows)
    yield from (Text(sentence, 1, 2) for sentence in _openers(event, names, questions))


def _openers(event: Event, names: Names, questions: Questions) -> Iterator[str]:
    """Yield what would have opened a zone at a review, as sentences."""
    value: Any = event.values
    if had_zone(event):
        yield "Both gain: a zone of agreement is open."
        return
    sides = list(names.sides)
    alone = [names.reason(block) for block in alone_of(event)]
    yield f"Taken away alone, each of these would open a zone: {', '.join(alone) or 'none that was tried'}."
    if heaviest := heaviest_of(event):
        yield f"At the nearest package, what weighs most is {names.reason(heaviest)}."
    smallest = int(value["smallest"])
    opener = questions.openers[smallest] if smallest >= 0 else None
    yield f"Smallest concession or guarantee that would open a zone: {names.opener(opener)}."
    opens = [int(found) for name, found in value.items() if name.startswith("opens_")]
    others = [names.opener(questions.openers[found]) for found in opens if found not in (-1, smallest)]
    if others:
        yield f"Each of these would too: {'; '.join(others)}."
    for side, other in zip(sides, sides[::-1], strict=True):
        offer = int(value[f"offer_{side}"])
        if offer >= 0:
            mine, theirs = names.side(side), names.side(other)
            yield f"The best that {mine} would sign and {theirs} refuses least: {names.package(offer)}."
        else:
            yield f"{names.side(side)} would sign nothing that {names.side(other)} could ever sign."


def explanation(ensemble: Ensemble, replication: int, *, full: bool = True) -> Iterator[Block]:
    """Yield the story of a watched replication: reviews and chronicle; in full also what was weighed at the last ones."""
    held = reviews(ensemble, replication)
    if held:
        yield review_table(ensemble, replication, merged=not full)
        yield Text("What fighting on and the nearest package are worth to each side, in utility.", 1, style="quiet")
        yield EMPTY
    yield Text(f"What happened in replication {replication}, seed {ensemble.plan.seed}", style="bold")
    # Monthly pledges would drown the rest.
    yield chronicle_table(ensemble, replication, ("pledge",), states=full)
    if not held or not full:
        return
    month = ensemble.outcomes["deal_month"][int(np.flatnonzero(ensemble.numbers == replication)[0])]
    signed = [event for event in held if event.day < month * DAYS_PER_MONTH]
    before = [event for event in (signed or held) if not had_zone(event)]
    # The last one without a zone says why there was no deal till then; that of the first signature, why there was one. Where
    # a deal was always possible and none came, the last says what it would have been worth.
    for event in (*before[-1:], *signed[-1:]) or held[-1:]:
        yield EMPTY
        yield from account(ensemble, replication, event)
