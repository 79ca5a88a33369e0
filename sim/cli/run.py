"""`parley run`: simulate scenarios as ensembles, print the outcomes, write the tables."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.common import (
    FAILED_REPLICATIONS,
    RESULTS,
    STDIN,
    AsCsv,
    AsJson,
    AsMarkdown,
    Cluster,
    Excel,
    Files,
    Force,
    Full,
    Months,
    Root,
    Seed,
    Settings,
    Without,
    Workers,
    errors_as_lines,
    load_all,
    note,
    one_way_to_print,
    refuse,
    refuse_two_horizons,
    run_with_progress,
    say_before,
    workers_for,
)
from sim.cli.complete import outcomes
from sim.cli.printing import say, say_answer, say_end, say_rows
from sim.cli.progress import progress_bar
from sim.cli.wanted import home_of_run, usual_size
from sim.engine.calendar import Every
from sim.pasted import command

if TYPE_CHECKING:
    from sim.ensemble.run import Ensemble, Plan
    from sim.ensemble.workers import Pool
    from sim.results.place import Place
    from sim.results.summary import Row
    from sim.studies.precision import Precision

MOST_FOR_PRECISION = 100_000
# judgement: as a precision of 0.01 takes.
USUAL_FOR_PRECISION = 10_000


def run(
    files: Files,
    replications: Annotated[
        int | None,
        typer.Option(min=1, max=1_000_000, help="How many histories to simulate (2000; with --precision at most, 100000)."),
    ] = None,
    precision: Annotated[
        float | None,
        typer.Option(
            min=0.0005,
            max=0.5,
            help="Simulate, 1,000 at a time, until the share of every ending is known to within this (95 % for each).",
        ),
    ] = None,
    precision_of: Annotated[
        str | None,
        typer.Option(
            metavar="OUTCOME", help="With --precision: only the share of this, as war_goes_on.", autocompletion=outcomes
        ),
    ] = None,
    seed: Seed = 1,
    months: Months = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="The folder to write, rather than NAME/ in --results; of several, or where it is there with nothing but "
            "folders in it, that of their NAME/.",
        ),
    ] = None,
    results: Root = RESULTS,
    force: Force = False,
    settings: Settings = None,
    without: Without = None,
    workers: Workers = None,
    cluster: Cluster = None,
    chunk: Annotated[
        int, typer.Option(min=1, help="Histories that are kept together: what an interrupted run does not do again.")
    ] = 4096,
    as_parquet: Annotated[
        bool, typer.Option("--parquet", help="Write outcomes.parquet rather than outcomes.csv: for large runs.")
    ] = False,
    every: Annotated[
        Every | None,
        typer.Option("--paths", help="Write paths.csv too: how each history stands on the first of each month, or weekly."),
    ] = None,
    excel: Excel = False,
    as_page: Annotated[bool, typer.Option("--report", help="Write a page about each too: NAME/report.html.")] = False,
    as_markdown: AsMarkdown = False,
    as_csv: AsCsv = False,
    as_json: AsJson = False,
    full: Full = False,
    tell: Annotated[
        bool,
        typer.Option(
            "--chronicle", help="Tell the story of replication 0, event by event; with --replications 1 only that."
        ),
    ] = False,
) -> None:
    """Simulate scenarios; print what came out and write it to results/NAME/, where NAME says what was set.

    Example:  parley run baseline --replications 2000 --set arms.defender.aid_scale=0.3 --out results/less_aid
    """
    with errors_as_lines():
        from sim.ensemble.run import Plan, horizon_days, most_histories, refuse_more
        from sim.results import parquet
        from sim.results.chunks import Form, place_of_run, run_into
        from sim.results.identity import identity_of
        from sim.results.ledger import days_of
        from sim.results.place import PAGE, is_root, may_be_page
        from sim.results.precedents import precedents
        from sim.results.summary import as_dicts
        from sim.studies.condition import refuse_unknown
        from sim.studies.precision import Precision
        from sim.words import WHAT_IT_IS_NOT
        from sim.words.run import markdown

        refuse_two_horizons(settings, months)
        scenarios = load_all(files, settings, without)
        names = [scenario.name for scenario in scenarios]
        way = one_way_to_print(markdown=as_markdown, csv=as_csv, json=as_json)
        if tell and way != "txt":
            refuse(f"--chronicle tells a story and --{way.replace('md', 'markdown')} gives data: choose one")
        if precision_of is not None and precision is None:
            refuse("--precision-of says of what, --precision how much: give both")
        if precision is not None and as_parquet:
            refuse("--parquet is for large runs of a size that is known: leave --precision")
        if precision is not None and every is not None:
            refuse("--paths is for runs of a size that is known: leave --precision")
        # Some file systems do not tell capitals apart.
        if len({name.casefold() for name in names}) < len(names):
            refuse("two scenarios have the same name, and results are kept by name")
        usual = [min(MOST_FOR_PRECISION, most_histories(one)) if precision else usual_size(one) for one in scenarios]
        sizes = [replications or size for size in usual]
        for one, size in zip(scenarios, sizes, strict=True):
            refuse_more(one, size)
        asked = () if precision_of is None else (precision_of,)
        plans = [
            Plan(size, seed, horizon_days(one, months), watched=(0,) if tell else (), asked=asked, paths=every)
            for one, size in zip(scenarios, sizes, strict=True)
        ]
        for scenario, plan in zip(scenarios, plans, strict=True):
            refuse_unknown(scenario, plan, asked)
        aims = [None if precision is None else Precision(scenario, precision, precision_of) for scenario in scenarios]
        identities = [identity_of(scenario, plan) for scenario, plan in zip(scenarios, plans, strict=True)]
        # What is not as the scenario has it has a folder of its own, unless one is given.
        folders = [results / one.folder for one in identities]
        if precision is None and not force:
            form: Form = (parquet.NAME if as_parquet else "outcomes.csv", excel, every)
            folders = [home_of_run(one, plan, results, form) for one, plan in zip(scenarios, plans, strict=True)]
        if out is not None:
            folders = [out] if len(names) == 1 and not is_root(out) else [out / name for name in names]
        places = [
            place_of_run(folder, scenario, plan, force=force, most=chunk, as_parquet=as_parquet, excel=excel, note=note)
            if aim is None
            else _place_of(aim, plan, folder, force, excel)
            for folder, scenario, plan, aim in zip(folders, scenarios, plans, aims, strict=True)
        ]
        if as_page:
            for place in places:
                may_be_page(place.folder / PAGE)
        for scenario, plan in zip(scenarios, plans, strict=True):
            say_before(scenario, plan.days)
        with ExitStack() as stack:
            to_share = sum(sizes) if precision is None else USUAL_FOR_PRECISION
            pool = stack.enter_context(workers_for(to_share, plans[0].days, workers, cluster))
            ran = []
            for scenario, plan, place, aim in zip(scenarios, plans, places, aims, strict=True):
                if aim is None:
                    with progress_bar(scenario.name, plan.replications) as progress:
                        kept = run_into(
                            place, scenario, plan, as_text=markdown, pool=pool, most=chunk, as_parquet=as_parquet,
                            progress=progress, note=note,
                        )  # fmt: skip
                        ran.append(stack.enter_context(kept))
                else:
                    ran.append(_until(aim, plan, place, pool))
            ensembles, summaries = [ensemble for ensemble, _ in ran], [summary for _, summary in ran]
            failed = {folder: ensemble.failures for folder, ensemble in zip(folders, ensembles, strict=True)}
            if way == "md":
                print(*(markdown(ensemble, rows) for ensemble, rows in ran), sep="\n")
            elif way != "txt":
                told: list[dict[str, Any]] = [
                    {
                        "scenario": one.name,
                        "title": one.line,
                        "settings": one.all_settings(),
                        "folder": str(folder),
                        "seed": seed,
                        "note": WHAT_IT_IS_NOT,
                        "summary": as_dicts(rows),
                        "precedents": [
                            known.as_dict() for known in precedents(scenario, plan.days, {row.id for row in rows})
                        ],
                    }
                    for one, scenario, plan, folder, rows in zip(
                        identities, scenarios, plans, folders, summaries, strict=True
                    )
                ]
                named = zip(identities, told, strict=True)
                table = [{"scenario": identity.label, **row} for identity, one in named for row in one["summary"]]
                say_rows(way, table, data=told, excel=excel)
            else:
                _print_outcomes(ensembles, summaries, tell, full)
        if as_page:
            from sim.report.make import complete_page

            for place in places:
                complete_page(place, note)
    written = [f"{'There already' if place.done else 'Written'}: {place.folder}/" for place in places]
    steps = [_next_step(files[0], seed, months, settings, without, folders[0], tell)]
    if len(folders) > 1 and not tell:
        steps = _steps_of_several(folders, ensembles, as_page)
    elif not tell:
        has_ledger = bool(days_of(ensembles[0]))
        if has_ledger:
            steps = [(command("parley", "explain", folders[0]), "why there was no deal; one history")]
        # Without pairs there is no same luck, and a scenario that was piped in cannot be read again.
        changed = {one.path for one in identities[0].settings} if (settings or without) and files[0] != STDIN else set()
        if changed and "start_date" not in changed:
            steps.append((command("parley", "compare", files[0], folders[0]), "what that changed, on the same luck"))
        if has_ledger and not as_page:
            steps.append((command("parley", "report", folders[0]), "a page with figures"))
    say_end(written, steps, data=way != "txt")
    _say_failures(failed)


def _place_of(wanted: Precision, plan: Plan, folder: Path, force: bool, excel: bool) -> Place:
    """Return where a run goes whose size is not known before."""
    from sim.results.place import Place
    from sim.results.store import what_is_run

    what = what_is_run(wanted.scenario, plan)
    asked = {**what, "at_most": what.pop("replications"), "precision": wanted.half_width, "precision_of": wanted.outcome}
    return Place.of(folder, "run", asked, force, excel=excel, note=note)


def _until(wanted: Precision, plan: Plan, place: Place, pool: Pool) -> tuple[Ensemble, list[Row]]:
    """Run until the precision is reached, and write the tables."""
    from sim.results.again import kept_as_run
    from sim.results.store import write_run
    from sim.results.summary import summarise
    from sim.results.unscripted import with_unscripted
    from sim.words.run import markdown

    with place.at_work():
        if place.done:
            ensemble, summary = kept_as_run(place.target, plan)
        else:
            ensemble = with_unscripted(run_with_progress(wanted.scenario, plan, wanted.reached, pool), pool)
            summary = summarise(ensemble)
            write_run(ensemble, summary, place, markdown(ensemble, summary))
    if not wanted.reached(ensemble.outcomes):
        note(
            f"warning: {wanted.scenario.name} has not reached the precision of {wanted.half_width:g} with "
            f"{plan.replications:,} histories"
        )
    return ensemble, summary


def _say_failures(failed: dict[Path, dict[int, str]]) -> None:
    """Exit with 4 when replications failed, after saying which and how to see one again."""
    for folder, failures in failed.items():
        if failures:
            number, reason = min(failures.items())
            note(
                f"error: {len(failures):,} replications failed, our bug; all are in {folder}/failures.csv. The first: "
                f"{reason}. To see it again: {command('parley', 'explain', folder, '--replication', number)}"
            )
    if any(failed.values()):
        raise typer.Exit(FAILED_REPLICATIONS)


def _print_outcomes(ensembles: list[Ensemble], summaries: list[list[Row]], tell: bool, full: bool) -> None:
    from sim.results.identity import identity_of
    from sim.words import WHAT_IT_IS_NOT
    from sim.words.history import chronicle_table
    from sim.words.layout import EMPTY, Text, Title
    from sim.words.run import answer, answer_of_several, whole

    identities = [identity_of(one.scenario, one.plan) for one in ensembles]
    if tell:
        for identity, ensemble in zip(identities, ensembles, strict=True):
            say(Title(identity.scenario, identity.size_of(len(ensemble.numbers))), EMPTY)
            say(Text(f"What happened in replication 0, seed {ensemble.plan.seed}", style="bold"))
            say(chronicle_table(ensemble, 0), EMPTY)
    if tell and len(ensembles[0].numbers) == 1:
        say(Text(WHAT_IT_IS_NOT))
        return
    if len(ensembles) == 1:
        (ensemble,), (summary,) = ensembles, summaries
        first = answer(identities[0], ensemble, summary)
    else:
        first = answer_of_several(ensembles)
    say_answer(first, whole(ensembles, summaries), full)


def _steps_of_several(folders: list[Path], ensembles: list[Ensemble], as_page: bool) -> list[tuple[str, str]]:
    """Return what to do with all runs together; where they cannot be compared, with each."""
    from sim.results.ledger import days_of

    # Seed and version are the same.
    if len({(one.scenario.world.start_date, one.plan.days) for one in ensembles}) == 1:
        steps = [(command("parley", "compare", *folders), "what differs, on the same luck")]
        return steps if as_page else [*steps, (command("parley", "report", *folders), "one page with figures of all")]
    return [
        (command("parley", "explain", folder), "why there was no deal; one history")
        for folder, one in zip(folders, ensembles, strict=True)
        if days_of(one)
    ] or [(command("parley", "report", folder), "a page with figures") for folder in folders]


def _next_step(
    file: str,
    seed: int,
    months: int | None,
    settings: list[str] | None,
    without: list[str] | None,
    folder: Path,
    told: bool,
) -> tuple[str, str]:
    changed = [part for setting in settings or () for part in ("--set", setting)]
    if told:
        return command("parley", "show", file, *changed, "--full"), "every number with its source"
    changed += [part for one in without or () for part in ("--without", one)]
    same = ["--seed", str(seed)] + ([] if months is None else ["--months", str(months)])
    story = ["parley", "run", file, *changed, *same, "--replications", "1", "--chronicle", "--out", f"{folder}_story"]
    return command(*story), "the story of the first history"
