"""`parley explain`: why there was no deal, over time, and the story of one history with what both sides weighed."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from sim.cli.common import USAGE, errors_as_lines


def explain(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder that `parley run` wrote, as results/baseline.")],
    replication: Annotated[
        int | None, typer.Option(min=0, help="Tell this history; if not given, one typical of the commonest ending.")
    ] = None,
    ending: Annotated[
        str | None, typer.Option(help="Tell a typical history of this ending, as in ceasefire_in_force or war_goes_on.")
    ] = None,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print only the reviews of that history, with every term, as CSV.")
    ] = False,
) -> None:
    """Say why there was no deal, over time, and tell one history with what both sides weighed at each review.

    Example:  parley explain results/baseline --ending ceasefire_in_force
    """
    with errors_as_lines():
        from collections import Counter
        from dataclasses import replace

        import numpy as np

        from sim.ensemble.outcomes import FAILED
        from sim.ensemble.run import Plan, run_batch
        from sim.results.explain import explanation, ledger_over_time, medoid, review_rows, scenario_negotiates
        from sim.results.names import Names
        from sim.results.runs import Run
        from sim.results.store import StoreError
        from sim.results.summary import WHAT_IT_IS_NOT

        if replication is not None and ending is not None:
            _fail("--replication and --ending both choose a history: give one")
        ran = Run.read(run)
        scenario = replace(ran.scenario, name=ran.name)
        counts = Counter(ran.outcomes["ending"].tolist())
        if replication is None:
            wanted = counts.most_common()[0][0] if ending is None else ending
            replication = medoid(ran.outcomes, wanted)
            if replication is None:
                _fail(f"no history of this run ended in {wanted!r}; there are {', '.join(dict(counts.most_common()))}")
            chosen = f"the history nearest to the centre of the {counts[wanted]:,} that ended in {wanted}"
        else:
            if replication >= ran.replications:
                _fail(f"this run has histories 0 to {ran.replications - 1}")
            chosen = "as asked for"
        plan = Plan(ran.replications, ran.seed, ran.days, watched=(replication,))
        history = run_batch(scenario, plan, np.array([replication], dtype=np.int64))
        now, then = str(history.outcomes["ending"][0]), str(ran.outcomes["ending"][replication])
        if then == FAILED:
            raise StoreError(f"replication {replication} failed when {run} was run, and does not here: run it again")
        if now != then:
            raise StoreError(
                f"replication {replication} ends in {now} here and in {then} in {run}: it was made by another version or "
                "on another kind of machine (see its manifest.json); run it again"
            )
        names = Names(scenario)
        if as_csv:
            if not scenario_negotiates(scenario):
                _fail("this scenario has no negotiation, and so no reviews")
            header, table = review_rows(history, replication)
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerows([header, *table])
            return
        print(f"{scenario.world.title}        {ran.replications:,} replications, seed {ran.seed}\n")
        if ran.ledger:
            print("Why there was no deal, over time")
            print(*ledger_over_time(ran.ledger, names, plan.days), "", sep="\n")
        elif scenario_negotiates(scenario):
            print("This run is too short for a ledger, which is kept every four weeks.\n")
        else:
            print("No one negotiates in this scenario.\n")
        print(f"One history: {chosen}")
        print(*explanation(history, replication), "", sep="\n")
        print(WHAT_IT_IS_NOT)
        print(f"Numbers of this history: parley explain {run} --replication {replication} --csv; its parameters: "
              f"{run}/outcomes.csv, row {replication}; where they come from: parley show {run}/scenario.yaml")  # fmt: skip


def _fail(message: str) -> NoReturn:
    print(f"error: {message}", file=sys.stderr)
    raise typer.Exit(USAGE)
