"""`parley panel`: where several analysts part, and what divides them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.common import (
    RESULTS,
    AsCsv,
    AsJson,
    AsMarkdown,
    Cluster,
    Excel,
    Files,
    Force,
    Full,
    Months,
    Out,
    Root,
    Seed,
    Settings,
    Workers,
    end_study,
    errors_as_lines,
    load_all,
    one_way_to_print,
    print_kept,
    refuse,
    refuse_two_horizons,
    say_before,
    say_failed,
    workers_for,
)
from sim.cli.complete import outcomes
from sim.cli.printing import say_answer, say_file
from sim.cli.progress import progress_bar
from sim.cli.wanted import place_of_study
from sim.pasted import command

if TYPE_CHECKING:
    from sim.studies.members import Members

USUAL = 200


def panel(
    files: Files,
    weights: Annotated[
        str | None,
        typer.Option(metavar="W,W,...", help="How much each counts in the pooled result; all alike if not given."),
    ] = None,
    outcome: Annotated[
        list[str] | None,
        typer.Option(metavar="OUTCOME", help="What to look at, the leading one first. Repeatable.", autocompletion=outcomes),
    ] = None,
    conclusion: Annotated[
        str | None, typer.Option(metavar="CONDITION", help="As in 'share(deal_within_24_months) >= 0.5'.")
    ] = None,
    replications: Annotated[int, typer.Option(min=20, max=1_000_000, help="Histories of each mixture.")] = USUAL,
    seed: Seed = 1,
    months: Months = None,
    settings: Settings = None,
    workers: Workers = None,
    cluster: Cluster = None,
    full: Full = False,
    out: Out = None,
    results: Root = RESULTS,
    force: Force = False,
    as_markdown: AsMarkdown = False,
    as_csv: AsCsv = False,
    excel: Excel = False,
    as_json: AsJson = False,
) -> None:
    """Find where the assumptions of several analysts part, which difference moves the answer, and what would turn them.

    Each file extends the same scenario, and changes what its author sees otherwise. Mixtures that take some of it from one
    and the rest from another tell how much of the variance between them goes with what; all on the same luck.

    Example:  parley panel panel/losses_replaced panel/losses_wear_down panel/institutions_carry --months 24
    """
    with errors_as_lines():
        from sim.ensemble.run import Plan, horizon_days
        from sim.results.identity import as_run
        from sim.results.store import what_is_run
        from sim.studies.condition import Condition, refuse_unknown
        from sim.studies.members import members_of
        from sim.studies.panel import lay_out
        from sim.studies.panel import panel as run_panel
        from sim.words.panel import answer, rest
        from sim.words.panel import files as files_of

        way = one_way_to_print(markdown=as_markdown, csv=as_csv, json=as_json)
        refuse_two_horizons(settings, months)
        condition = None if conclusion is None else Condition.parse(conclusion)
        found = members_of(
            load_all(files, settings), _numbers(weights), settings=settings or (), has_own_span=months is not None
        )
        plan = Plan(replications, seed, horizon_days(found.base, months), series=False)
        say_before(found.base)
        asked = [*(outcome or ()), *([condition.outcome] if condition is not None else [])]
        refuse_unknown(found.base, plan, asked)
        if condition is not None:
            condition.refuse_unfit(found.base)
        how: dict[str, object] = {
            "weights": weights, "outcome": outcome, "conclusion": conclusion,
            "replications": replications if replications != USUAL else None, "seed": seed if seed != 1 else None,
            "months": months, "set": settings,
        }  # fmt: skip
        what = {**what_is_run(found.base, plan), "members": _texts(found)}
        place = place_of_study("panel", files, what, how, out=out, results=results, force=force, excel=excel, under="panels")
        span = [] if months is None else ["--months", str(months)]
        first, second = files[:2]
        steps = [(command("parley", "compare", first, second, *span), "")]
        see = f"{command('parley', 'run', first)} (failures.csv)"
        with place.at_work():
            if place.done:
                print_kept(place, f"panel.{way}", excel and as_csv, see, full, steps)
                return
            mixtures = len(lay_out(found).cells)
            with (
                workers_for(mixtures * replications, plan.days, workers, cluster) as pool,
                progress_bar(found.base.name, mixtures * replications, replications) as progress,
            ):
                study = run_panel(
                    found, plan, outcome or (), condition, pool=pool, parts=place.parts, progress=progress
                )  # fmt: skip
            texts = files_of(study)
            if way == "txt":
                say_answer(answer(study), rest(study), full)
            else:
                say_file(way, texts.get(f"panel.{way}", texts["panel.csv"]), excel and as_csv)
            texts["scenario.yaml"] = as_run(found.base, plan.days).to_yaml()
            place.write({name: text.encode() for name, text in texts.items()}, study.manifest(), of=found.base)
            end_study(place, steps, way)
            say_failed({"": study.failed}, see)


def _numbers(weights: str | None) -> list[float]:
    try:
        return [float(one) for one in weights.split(",")] if weights is not None else []
    except ValueError:
        refuse(f"cannot read --weights {weights!r}; write a number for each file, as in 2,1,1")


def _texts(found: Members) -> list[str]:
    """Return all that the members assume, as text."""
    return [member.scenario.to_yaml() for member in found.members]
