"""Why there was no deal, as sentences and as a table over time."""

from collections.abc import Iterator, Sequence

from sim.engine.calendar import Calendar
from sim.model.answers import NOTHING, Opener, is_possible
from sim.results.ledger import Entry, Totals
from sim.results.names import Names
from sim.results.statistics import wilson_interval
from sim.words.layout import Block, Column, Quiet, Table
from sim.words.numbers import how_many, with_band

# What opens a zone, and in how many cases, the most frequent first.
Opens = Sequence[tuple[Opener, int]]
# judgement: what helps in fewer than one case in two hundred is left to the table.
WORTH_TELLING = 0.005


def sentences(names: Names, totals: Totals) -> list[str]:
    """Return why there was no deal, which was nearest and what would have made one possible, as sentences."""
    return [*_possible(names, totals), *(_impossible(names, totals) if totals.without else ())]


def _possible(names: Names, totals: Totals) -> Iterator[str]:
    """Yield how talks stood where a deal was possible."""
    possible = totals.reviews - totals.without
    if not possible:
        return
    how = [
        f"{names.talks(state)} ({_share(count, totals.reviews)})"
        for state, count in totals.of("state")
        if is_possible(state) and count >= WORTH_TELLING * totals.reviews
    ]
    share = _share(possible, totals.reviews)
    yield f"In {share} of reviews at war a deal was possible, and none was signed: {', '.join(how)}."


def _alone(names: Names, totals: Totals) -> str:
    """Return which reasons would each have been enough alone, and how often none would."""
    without = totals.without
    found = dict(totals.of("alone"))
    none = found.pop(NOTHING, 0)
    told = [
        f"{names.reason(block)} ({_share(count, without)})"
        for block, count in found.items()
        if count >= WORTH_TELLING * without
    ]
    first = f"In {_share(without, totals.reviews)} of reviews at war no deal was possible."
    if told:
        rest = f"; no single one would have in {_share(none, without)}" if none else ""
        return f"{first} Taken away alone, each would have made one possible in so many of these: {', '.join(told)}{rest}."
    return f"{first} None of the reasons that were taken away, each alone, would have made one possible."


def _share(count: int, of: int) -> str:
    """Return a share in words; what is there at all is not said to be none."""
    return f"{count / of:.0%}" if count >= WORTH_TELLING * of else "under 1%"


def _impossible(names: Names, totals: Totals) -> list[str]:
    """Return what would have made a deal possible where none was."""
    without = totals.without
    nearest = dict(totals.of("nearest"))
    none = nearest.pop(NOTHING, 0)
    said = [
        f"the package nearest to agreement was most often: {names.package(package)} ({count / without:.0%} of them)"
        for package, count in list(nearest.items())[:1]
    ]
    if none:
        share = f" in {none / without:.0%} of them" if said else ""
        closed = ", or options that were not open," if names.options_open_and_lapse else ""
        said.append(f"hard red lines{closed} left no package that both sides could sign{share}")
    found = [_alone(names, totals), f"Where none was possible, {'; '.join(said)}."]
    # As what it is, but for what nothing opens.
    opens = [(opener, count) for answer, count in totals.of("opens") if (opener := Opener.read(answer)) is not None]
    for line, count in [(opener.what, count) for opener, count in opens if opener.kind == "drop"][:2]:
        found.append(
            f"Without {names.side_of_line(line)}'s red line '{names.line(line)}' one would have been possible in "
            f"{count / without:.0%} of them."
        )
    found += _guards(opens, names, without)
    found += _concessions(opens, names, without)
    found += _consents(opens, names, totals)
    nothing = dict(totals.of("smallest")).get(NOTHING, 0)
    if nothing:
        found.append(f"In {nothing / without:.0%} of them nothing that was tried would have.")
    return found


def _needed(opens: Opens, kind: str) -> dict[str, dict[float, int]]:
    """Return, by what it is of, in how many cases which amount would have opened a zone."""
    found: dict[str, dict[float, int]] = {}
    for opener, count in opens:
        if opener.kind == kind:
            found.setdefault(opener.what, {})[opener.amount] = count
    return found


def _guards(opens: Opens, names: Names, without: int) -> Iterator[str]:
    for regime, needed in sorted(_needed(opens, "guards").items(), key=lambda item: -sum(item[1].values())):
        total = sum(needed.values())
        if total < WORTH_TELLING * without:
            continue
        yield (
            f"More guards in '{names.regime(regime)}' would have made one possible in {total / without:.0%} of them: "
            f"{_half(needed):,.0f} were enough in half of these."
        )


def _concessions(opens: Opens, names: Names, without: int) -> Iterator[str]:
    for side, needed in sorted(_needed(opens, "concession").items()):
        total = sum(needed.values())
        yield (
            f"A concession of {names.side(side)} would have in {total / without:.0%} of them: to sign what is worth less to "
            f"it than fighting on, by up to {_half(needed):.3f} of utility in half of these."
        )


def _consents(opens: Opens, names: Names, totals: Totals) -> Iterator[str]:
    """Yield who keeps what both sides would sign from being signed, and what consent alone would have made possible."""
    without = totals.without
    for consent, count in totals.of("withheld_by"):
        if consent != NOTHING and count >= WORTH_TELLING * without:
            yield (
                f"In {count / without:.0%} of them what both sides would have liked best to sign was a deal with "
                f"'{names.guaranteed(consent)}', but {names.guarantor(consent)} did not consent."
            )
    # Of any deal that it alone withholds, be it the best liked or not.
    for consent, needed in sorted(_needed(opens, "consent").items(), key=lambda item: -sum(item[1].values())):
        total = sum(needed.values())
        if total >= WORTH_TELLING * without:
            yield (
                f"The consent of {names.guarantor(consent)} to '{names.guaranteed(consent)}' would have made one possible "
                f"in {total / without:.0%} of them: {_half(needed):.3f} less will needed was enough in half of these."
            )


def _half(needed: dict[float, int]) -> float:
    """Return the smallest amount that is enough in half of the cases."""
    so_far, total = 0, sum(needed.values())
    for amount in sorted(needed):
        so_far += needed[amount]
        if 2 * so_far >= total:
            return amount
    raise AssertionError("the amounts of all cases add up to all cases")


# judgement: as many fit on a screen, with what stands above them.
MOST_STATES = 6


def ledger_over_time(
    rows: list[Entry], names: Names, calendar: Calendar, days: int, *, full: bool = True
) -> Iterator[Block]:
    """Yield the table of the states of a run's ledger over time, from the rows of `ledger.csv`; or the commonest of them.

    Shares are of the histories at war on that day in which nothing was signed, and add to 1.
    """
    states = [row for row in rows if row.question == "state"]
    known = sorted({row.day for row in states})
    if not known:
        return
    goals = (1, 91, 182, 365, 548, 730, 1096, 1461, days) if full else (1, 182, 365, days)
    wanted = sorted({min(known, key=lambda day: abs(day - goal)) for goal in goals})
    count = {(row.day, row.answer): row.histories for row in states}
    at_war = {row.day: row.of for row in states}
    date = {day: calendar.date_of(day).isoformat() for day in known}
    total = {answer: sum(row.histories for row in states if row.answer == answer) for _, answer in count}
    order = sorted(total, key=lambda answer: (not is_possible(answer), -total[answer]))
    if not full:
        most = sorted(total, key=lambda answer: -total[answer])[:MOST_STATES]
        order = [answer for answer in order if answer in most]

    def told(day: int, histories: int) -> str:
        low, high = wilson_interval(histories, at_war[day])
        return with_band(histories / at_war[day], low, high, "share")

    table = [[names.state(answer), *(told(day, count.get((day, answer), 0)) for day in wanted)] for answer in order]
    if len(order) < len(total):
        rest = [told(day, at_war[day] - sum(count.get((day, answer), 0) for answer in order)) for day in wanted]
        table.append([Quiet(f"{how_many(len(total) - len(order), 'reason')} more"), *rest])
    table.append([Quiet("histories at war"), *(f"{at_war[day]:,}" for day in wanted)])
    yield Table(
        [Column("share of histories at war (95 %)", wraps=True, least=30), *(Column(date[day]) for day in wanted)], table
    )


def reasons_table(names: Names, totals: Totals) -> Table:
    """Return the table of the reasons where no deal was possible: how often each alone blocked one, and weighed most."""
    alone, most = dict(totals.of("alone")), dict(totals.of("weighs_most"))
    order = sorted({*alone, *most} - {NOTHING}, key=lambda block: (-alone.get(block, 0), block))
    labels = {block: names.reason(block) for block in order} | {NOTHING: "none"}
    rows = []
    for block in [*order, *({NOTHING} & {*alone, *most})]:
        rows.append([labels[block], *(f"{found.get(block, 0) / totals.without:.1%}" for found in (alone, most))])
    return Table([Column("share of these reviews", wraps=True), Column("alone enough"), Column("weighs most")], rows)
