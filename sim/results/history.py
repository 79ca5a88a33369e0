"""One history run again: its reviews with what each side weighed, and which history is typical of an ending."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.calendar import Calendar
from sim.engine.draws import Floats
from sim.engine.recorder import Event
from sim.ensemble.run import Ensemble, Plan, run_batch
from sim.errors import ParleyError
from sim.model import section
from sim.model.answers import BLOCKS, NOTHING, STATES, is_possible
from sim.model.endings import FAILED
from sim.model.parameters import SIDES
from sim.model.talks import Talks
from sim.results.ledger import questions_of
from sim.results.names import Names
from sim.results.store import StoreError
from sim.results.summary import ENDING_LABELS
from sim.scenario import Scenario, ScenarioHead

if TYPE_CHECKING:
    from sim.results.runs import Run

SIGNED = "signed"
COLUMNS = (
    "fighting_on", "terms_today", "expectation", "resolve", "cost", "package", "home", "red_lines", "distrust",
    "lasting", "slack",
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
    sides = run.scenario.world.sides
    end = ENDING_LABELS[wanted].format(attacker=sides.attacker.name, defender=sides.defender.name)
    return found, f"the history nearest to the centre of the {counts[wanted]:,} that ended with '{end}'"


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


def state_of(event: Event) -> str:
    """Return the state of the ledger at a review; `signed` where a deal was."""
    code = int(event.values["state"])
    return STATES[code] if code >= 0 else SIGNED


def had_zone(event: Event) -> bool:
    """Return whether there was a zone of agreement at a review."""
    state = state_of(event)
    return state == SIGNED or is_possible(state)


def alone_of(event: Event) -> list[str]:
    """Return the reasons whose removal alone would have opened a zone at a review, "<side>:<reason>"."""
    return [block for row, block in enumerate(BLOCKS) if event.values[f"alone_{row}"] > 0]


def heaviest_of(event: Event) -> str:
    """Return the reason that weighs most at the nearest package where there is no zone; empty if none does."""
    code = int(event.values["heaviest"])
    return BLOCKS[code] if code >= 0 else ""


def review_rows(ensemble: Ensemble, replication: int) -> tuple[list[str], list[list[Any]]]:
    """Return header and rows of a table with every term of both sides at each review of a watched replication."""
    names, questions = Names(ensemble.scenario), questions_of(ensemble.scenario)
    assert questions is not None, "reviews come from a negotiation"
    calendar = Calendar(ensemble.scenario.world.start_date)
    header = ["day", "date", "state", "alone", "weighs_most", "nearest_package", "smallest_opener"]
    header += [f"{column}_{side}" for side in names.sides for column in COLUMNS]
    rows = []
    for event in reviews(ensemble, replication):
        value: Any = event.values
        smallest, nearest = int(value["smallest"]), int(value["nearest"])
        row = [
            event.day,
            calendar.date_of(event.day).isoformat(),
            state_of(event),
            " ".join(alone_of(event)),
            heaviest_of(event),
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
    questions = questions_of(ensemble.scenario)
    assert questions is not None, "reviews come from a negotiation"
    calendar = Calendar(ensemble.scenario.world.start_date)
    codes, rows = questions.packages, list[list[Any]]()
    for event in reviews(ensemble, replication):
        held = Packages(event)
        date = calendar.date_of(event.day).isoformat()
        rows += [
            [event.day, date, code, *("" if value != value else value for value in worth), int(zone), int(frontier)]
            for code, worth, zone, frontier in zip(codes, held.worth.T.tolist(), held.zone, held.frontier, strict=True)
        ]
    return ["day", "date", "package", *(f"worth_{side}" for side in SIDES), "zone", "frontier"], rows


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
