"""Why there was no deal in a run, over time, and one of its histories: what `parley explain` says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sim.engine.calendar import Calendar
from sim.ensemble.run import Ensemble
from sim.pasted import command
from sim.results.history import failed_in_words, scenario_negotiates
from sim.results.ledger import Totals
from sim.results.names import Names
from sim.results.runs import Run
from sim.words.findings import LINES, findings_block
from sim.words.history import explanation
from sim.words.layout import EMPTY, Block, Text, Title, next_steps, what_it_is_not
from sim.words.ledger import ledger_over_time, reasons_table
from sim.words.run import endings_line


def explained(run: Run, folder: Path, history: Ensemble, replication: int, chosen: str, *, full: bool) -> Iterator[Block]:
    """Yield what a run says of why there was no deal, and one of its histories told again.

    Parameters
    ----------
    run : Run
    folder : Path
        Where it is kept.
    history : Ensemble
        That history, watched.
    replication : int
        Its number.
    chosen : str
        Which one it is, in words.
    full : bool
        Whether all of it is told.
    """
    yield from (Title(run.identity.scenario, run.identity.size_of(run.replications)), EMPTY)
    yield from (findings_block(run.findings, LINES + 1), EMPTY, endings_line(run.scenario, run.summary, run.days), EMPTY)
    if failed := failed_in_words(run):
        yield from (Text(f"{failed}; nothing else is known of them. Why: {folder}/failures.csv"), EMPTY)
    yield from _ledger(run, full)
    yield Text(f"One history: {chosen}", 0, 2, style="bold")
    yield from explanation(history, replication, full=full)
    yield what_it_is_not(full)
    yield from next_steps([
        (command("parley", "explain", folder, "--replication", replication, "--csv"), "numbers of this history"),
        (command("parley", "show", folder / "scenario.yaml", "--full"), "every number with its source"),
    ])  # fmt: skip


def _ledger(run: Run, full: bool) -> Iterator[Block]:
    """Yield why there was no deal, over time."""
    if run.ledger:
        names, totals = Names(run.scenario), Totals(run.ledger)
        yield Text("Why there was no deal, over time", style="bold")
        yield from ledger_over_time(run.ledger, names, Calendar(run.scenario.world.start_date), run.days, full=full)
        yield EMPTY
        if totals.without and full:
            yield Text("Where no deal was possible: which reason, taken away alone, would have made one possible", 0, 2)
            yield from (reasons_table(names, totals), EMPTY)
    elif scenario_negotiates(run.scenario):
        yield from (Text("This run is too short for a ledger, which is kept every eight weeks."), EMPTY)
    else:
        yield from (Text("No one negotiates in this scenario."), EMPTY)
