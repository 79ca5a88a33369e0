"""One history told and explained: its reviews with what each side weighed, and which history is typical of an ending."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.calendar import DAYS_PER_MONTH, Calendar
from sim.engine.draws import Floats
from sim.engine.recorder import Event
from sim.ensemble.run import Ensemble, Plan, run_batch
from sim.errors import ParleyError
from sim.model import section
from sim.model.ceasefire import FAILED
from sim.model.ledger import NOTHING, Questions
from sim.model.parameters import SIDES
from sim.model.talks import Talks
from sim.results.chronicle import chronicle
from sim.results.ledger import Entry, negotiation_of
from sim.results.names import Names
from sim.results.store import StoreError
from sim.scenario import Scenario, ScenarioHead

if TYPE_CHECKING:
    from sim.results.runs import Run

# The terms of the account of a side, in the order in which they are added up, each with its sign and its words.
ACCOUNT = (
    ("terms_today", 1, "what the balance of the day would give it"),
    ("expectation", 1, "what it expects to gain by fighting on"),
    ("resolve", 1, "its private resolve"),
    ("cost", -1, "the cost of war, felt and to come, and pressure"),
)
COLUMNS = (
    "fighting_on", "terms_today", "expectation", "resolve", "cost", "package", "red_lines", "distrust", "lasting", "slack",
)  # fmt: skip


class NoSuchHistory(ParleyError):
    """Why the history that is asked for is not in a run."""


def which_history(run: Run, replication: int | None = None, ending: str | None = None) -> tuple[int, str]:
    """Return the number of the history to tell, and in words why it is this one.

    It is the one asked for, or one typical of an ending: of the commonest if none is named. That it failed is no ending.

    Raises
    ------
    NoSuchHistory
        When the run has no such history.
    """
    counts = Counter(run.outcomes["ending"].tolist())
    if replication is not None:
        if replication >= run.replications:
            raise NoSuchHistory(f"this run has histories 0 to {run.replications - 1}")
        return replication, "as asked for"
    ends = [name for name, _ in counts.most_common() if name != FAILED]
    if ending is None and not ends:
        raise NoSuchHistory(f"{failed_in_words(run)}; failures.csv says why")
    wanted = ends[0] if ending is None else ending
    found = medoid(run.outcomes, wanted)
    if found is None:
        raise NoSuchHistory(f"no history of this run ended in {wanted!r}; there are {', '.join(dict(counts.most_common()))}")
    return found, f"the history nearest to the centre of the {counts[wanted]:,} that ended in {wanted}"


def failed_in_words(run: Run) -> str:
    """Return how many histories of a run failed, as a sentence without its end; nothing if none did."""
    failed = int(np.count_nonzero(run.outcomes["ending"] == FAILED))
    return f"{failed:,} of {run.replications:,} histories failed: something went wrong in Parley" if failed else ""


def retold(run: Run, folder: Path, replication: int) -> Ensemble:
    """Simulate one history of a run again, and watch it.

    Raises
    ------
    StoreError
        When anything that was kept of it, what came out or what was drawn, is not as it was.
    """
    plan = Plan(run.replications, run.seed, run.days, watched=(replication,))
    history = run_batch(run.scenario, plan, np.array([replication], dtype=np.int64))
    if str(run.outcomes["ending"][replication]) == FAILED:
        raise StoreError(
            f"replication {replication} failed when {folder} was run, and does not here: run it again with --force"
        )
    told = {**history.outcomes, **history.drawn}
    kept = {**run.outcomes, **run.drawn}
    if told.keys() != kept.keys():
        raise StoreError(
            f"{folder} has other columns than this version, which cannot tell its histories: run it again with --force"
        )
    for name, values in told.items():
        now, then = values[0].item(), kept[name][replication].item()
        # To the last digit, as what is told must be what was kept; NaN is no number twice.
        if now != then and not (now != now and then != then):
            raise StoreError(
                f"replication {replication} has {name} {now} here and {then} in {folder}: it was made by another version or "
                "on another kind of machine (see its manifest.json); run it again with --force"
            )
    return history


def scenario_negotiates(scenario: Scenario[ScenarioHead]) -> bool:
    """Return whether anything is bargained over in a scenario."""
    return section(scenario, Talks) is not None


def reviews(ensemble: Ensemble, replication: int) -> list[Event]:
    """Return the reviews of a watched replication, in the order of time."""
    return [event for event in ensemble.events if event.kind == "review" and event.replication == replication]


def review_rows(ensemble: Ensemble, replication: int) -> tuple[list[str], list[list[Any]]]:
    """Return header and rows of a table with every term of both sides at each review of a watched replication."""
    names, negotiation = Names(ensemble.scenario), negotiation_of(ensemble)
    assert negotiation is not None, "reviews come from a negotiation"
    questions = Questions(negotiation)
    calendar = Calendar(ensemble.scenario.world.start_date)
    header = ["day", "date", "state", "red_line", "nearest_package", "smallest_opener"]
    header += [f"{column}_{side}" for side in names.sides for column in COLUMNS]
    rows = []
    for event in reviews(ensemble, replication):
        value: Any = event.values
        state = questions.states[int(value["state"])]
        line, smallest, nearest = (int(value[code]) for code in ("line", "smallest", "nearest"))
        row = [
            event.day,
            calendar.date_of(event.day).isoformat(),
            state,
            questions.lines[line] if state != "zone" and line >= 0 else "",
            questions.packages[nearest] if nearest >= 0 else NOTHING,
            questions.openers[smallest].code if smallest >= 0 else "",
        ]
        amounts = [value[f"{column}_{side}"] for side in names.sides for column in COLUMNS]
        rows.append(row + ["" if amount != amount else amount for amount in amounts])
    return header, rows


class Packages:
    """What every package was worth to both sides at one review of a watched history.

    Attributes
    ----------
    fighting_on : (2,)
        The value of fighting on to each side, its reservation value.
    worth : (2, P)
        What signing is worth: all for and against it, on the scale of fighting on; NaN where it is barred to a side.
    zone : (P,) bool
        Whether it is in the zone of agreement.
    frontier : (P,) bool
        Whether no other is better for one side and as good for the other.
    """

    def __init__(self, event: Event) -> None:
        value: Any = event.values
        self.fighting_on: Floats = np.array([value[f"fighting_on_{side}"] for side in SIDES])
        slack: Floats = np.array(value["packages"])
        worth = self.fighting_on[:, None] + slack
        possible: NDArray[np.bool_] = np.logical_and.reduce(np.isfinite(slack))
        self.worth: Floats = np.where(possible, worth, np.nan)
        self.zone: NDArray[np.bool_] = np.logical_and.reduce(slack > 0)
        self.frontier = _undominated(worth, possible)


def _undominated(worth: Floats, possible: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return where no other package is better for one side and as good for the other, (P,)."""
    found = np.zeros(worth.shape[1], dtype=np.bool_)
    best, held_by = -np.inf, np.nan
    # From the best for the attacker on, only what betters the defender's best so far is left, and what equals it in both.
    for place in np.lexsort((-worth[1], -worth[0])):
        if possible[place] and (worth[1, place] > best or (worth[1, place] == best and worth[0, place] == held_by)):
            found[place] = True
            best, held_by = worth[1, place], worth[0, place]
    return found


def package_rows(ensemble: Ensemble, replication: int) -> tuple[list[str], list[list[Any]]]:
    """Return header and rows of a table with what every package was worth at each review of a watched replication."""
    negotiation = negotiation_of(ensemble)
    assert negotiation is not None, "reviews come from a negotiation"
    codes = Questions(negotiation).packages
    calendar = Calendar(ensemble.scenario.world.start_date)
    rows: list[list[Any]] = []
    for event in reviews(ensemble, replication):
        held = Packages(event)
        date = calendar.date_of(event.day).isoformat()
        rows += [
            [event.day, date, code, *("" if value != value else value for value in worth), int(zone), int(frontier)]
            for code, worth, zone, frontier in zip(codes, held.worth.T.tolist(), held.zone, held.frontier, strict=True)
        ]
    return ["day", "date", "package", *(f"worth_{side}" for side in SIDES), "zone", "frontier"], rows


def review_lines(ensemble: Ensemble, replication: int) -> Iterator[str]:
    """Yield a table of the reviews of a replication: what fighting on and the nearest package are worth to each side."""
    names, negotiation = Names(ensemble.scenario), negotiation_of(ensemble)
    assert negotiation is not None, "reviews come from a negotiation"
    questions = Questions(negotiation)
    calendar = Calendar(ensemble.scenario.world.start_date)
    attacker, defender = names.sides.values()
    width = max(21, len(attacker), len(defender))
    yield f" {'':<10}  {attacker:<{width}}  {defender:<{width}}"
    pair = f"{'fights on':>9}  {'nearest':>8}"
    yield f" {'review':<10}  {pair}  {'':<{width - 21}}  {pair}    why no deal"
    for event in reviews(ensemble, replication):
        value: Any = event.values
        both = [(value[f"fighting_on_{side}"], value[f"slack_{side}"]) for side in names.sides]
        cells = [f"{fights:>9.3f}  {_amount(fights + slack, '.3f'):>8}" for fights, slack in both]
        why = names.state(questions.states[int(value["state"])])
        line = int(value["line"])
        if int(value["state"]) > 0 and line >= 0:
            why += f" ('{names.line(questions.lines[line])}')"
        date = calendar.date_of(event.day).isoformat()
        yield f" {date:<10}  {cells[0]}  {'':<{width - 21}}  {cells[1]}    {why}"


def _amount(amount: float, sign: str) -> str:
    """Return an amount as text; a dash where there is none."""
    return "-" if amount != amount else format(amount, sign)


def account_lines(ensemble: Ensemble, replication: int, event: Event) -> Iterator[str]:
    """Yield what each side weighed at one review, term by term, with the package nearest to agreement."""
    names, negotiation = Names(ensemble.scenario), negotiation_of(ensemble)
    assert negotiation is not None, "reviews come from a negotiation"
    questions = Questions(negotiation)
    value: Any = event.values
    date = Calendar(ensemble.scenario.world.start_date).date_of(event.day)
    yield f"What they weighed on {date}, in utility (0 the worst terms, 1 the best):"
    nearest = int(value["nearest"])
    yield f" nearest package: {names.package(nearest) if nearest >= 0 else 'none, hard red lines leave none to both sides'}"
    sides = list(names.sides)
    yield f" {'':<58}" + "".join(f"{names.side(side):>12}" for side in sides)

    def line(label: str, amounts: list[float], sign: str = "+.3f") -> str:
        return f" {label:<58}" + "".join(f"{_amount(amount, sign):>12}" for amount in amounts)

    for name, sign, label in ACCOUNT:
        yield line(label, [sign * value[f"{name}_{side}"] for side in sides])
    yield line("= fighting on is worth", [value[f"fighting_on_{side}"] for side in sides], ".3f")
    yield line("the nearest package is worth, while it lasts", [value[f"package_{side}"] for side in sides], ".3f")
    yield line("the price of its red lines in it", [0.0 - value[f"red_lines_{side}"] for side in sides])
    yield line("what it fears from renewed war", [-value[f"distrust_{side}"] for side in sides])
    yield line("= above fighting on", [value[f"slack_{side}"] for side in sides])
    shares = [value[f"lasting_{side}"] for side in sides]
    yield line("share of the time ahead for which it expects that to last", shares, ".2f")
    if int(value["state"]) == 0:
        yield " Both gain: a zone of agreement is open."
        return
    smallest = int(value["smallest"])
    code = questions.openers[smallest].code if smallest >= 0 else NOTHING
    yield f" Smallest concession or guarantee that would open a zone: {names.opener(code)}."
    opens = [int(found) for name, found in value.items() if name.startswith("opens_")]
    others = [names.opener(questions.openers[found].code) for found in opens if found not in (-1, smallest)]
    if others:
        yield f" Each of these would too: {'; '.join(others)}."
    for side, other in zip(sides, sides[::-1], strict=True):
        offer = int(value[f"offer_{side}"])
        if offer >= 0:
            mine, theirs = names.side(side), names.side(other)
            yield f" The best that {mine} would sign and {theirs} refuses least: {names.package(offer)}."
        else:
            yield f" {names.side(side)} would sign nothing that {names.side(other)} could ever sign."


def medoid(outcomes: Mapping[str, NDArray[Any]], ending: str) -> int | None:
    """Return the typical replication of an ending, or None where no history ended so.

    Parameters
    ----------
    outcomes : mapping of str to (n,) array
        The columns of a run.
    ending : str
        A value of its column `ending`.

    Returns
    -------
    int
        The number of the replication nearest to the centre of those that ended so: the smallest sum of squared distances
        from their means, in standard deviations, over the columns that are defined in all of them.
    """
    rows = np.flatnonzero(outcomes["ending"] == ending)
    if not len(rows):
        return None
    distance = np.zeros(len(rows))
    for values in outcomes.values():
        if values.dtype.kind != "U":
            mine = values[rows].astype(np.float64)
            spread = float(mine.std())
            if spread > 0:
                distance += ((mine - mine.mean()) / spread) ** 2
    return int(rows[int(distance.argmin())])


def explanation(ensemble: Ensemble, replication: int) -> Iterator[str]:
    """Yield the whole story of a watched replication: chronicle, reviews, and the account of its last review."""
    # Monthly pledges would drown the rest.
    yield from chronicle(ensemble, replication, without=("pledge",))
    held = reviews(ensemble, replication)
    if not held:
        return
    yield ""
    yield "What fighting on and the package nearest to agreement were worth to each side, review by review:"
    yield from review_lines(ensemble, replication)
    month = ensemble.outcomes["deal_month"][int(np.flatnonzero(ensemble.numbers == replication)[0])]
    signed = [event for event in held if event.day < month * DAYS_PER_MONTH]
    before = [event for event in (signed or held) if float(event.values["state"]) > 0]
    # The last one without a zone says why there was no deal till then; that of the first signature, why there was one.
    if before:
        yield ""
        yield from account_lines(ensemble, replication, before[-1])
    if signed:
        yield ""
        yield from account_lines(ensemble, replication, signed[-1])


def ledger_over_time(rows: list[Entry], names: Names, calendar: Calendar, days: int) -> Iterator[str]:
    """Yield the table of the states of a run's ledger over time, from the rows of `ledger.csv`.

    Shares are of the histories at war on that day and add to 1.
    """
    states = [row for row in rows if row.question == "state"]
    known = sorted({row.day for row in states})
    if not known:
        return
    wanted = sorted({min(known, key=lambda day: abs(day - goal)) for goal in (1, 91, 182, 365, 548, 730, 1096, 1461, days)})
    share = {(row.day, row.answer): row.histories / row.of for row in states}
    at_war = {row.day: row.of for row in states}
    date = {day: calendar.date_of(day).isoformat() for day in known}
    total = {answer: sum(row.histories for row in states if row.answer == answer) for _, answer in share}
    order = sorted(total, key=lambda answer: (answer != "zone", -total[answer]))
    width = max(len(names.state(answer)) for answer in order)
    yield f" {'share of histories at war':<{width}}" + "".join(f"{date[day]:>12}" for day in wanted)
    for answer in order:
        yield f" {names.state(answer):<{width}}" + "".join(f"{share.get((day, answer), 0.0):>12.1%}" for day in wanted)
    yield f" {'histories at war':<{width}}" + "".join(f"{at_war[day]:>12,}" for day in wanted)
