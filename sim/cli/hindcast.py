"""`parley hindcast`: forecasts as of earlier dates, scored by what came, beside rivals that need no model."""

from __future__ import annotations

import datetime
import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.common import (
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
    Observed,
    Out,
    Root,
    Seed,
    Settings,
    Workers,
    end_study,
    errors_as_lines,
    load_all,
    note,
    one_way_to_print,
    print_kept,
    refuse,
    say_before,
    say_failed,
    workers_for,
)
from sim.cli.printing import say_answer, say_file
from sim.cli.progress import progress_bar
from sim.cli.targets import MISSED
from sim.cli.wanted import USUAL, place_of_study
from sim.pasted import command

if TYPE_CHECKING:
    from sim.studies.hindcast import Start

# judgement: of these a fiftieth is 400, enough for quantiles.
USUAL_HELD, KEEP, HORIZON = 20_000, 0.02, 12
MOST_MONTHS = MOST_ORIGINS = 200
_RANGE = re.compile(r"(\S+?)\.\.(\S+?):(\d+)m")


class AsOf(StrEnum):
    """What is done about what rests on sources of after an origin."""

    keep = "keep"
    drop = "drop"
    fail = "fail"


def hindcast(
    files: Files,
    data: Observed = None,
    origins: Annotated[
        str | None,
        typer.Option(
            metavar="DATES",
            help="From when: 2023-01-01,2023-07-01, or 2023-01-01..2024-07-01:6m for every six months; the scenarios' own.",
        ),
    ] = None,
    horizon: Annotated[int, typer.Option(min=1, max=MOST_MONTHS, help="How many months ahead.")] = HORIZON,
    held: Annotated[
        int | None,
        typer.Option(
            "--calibrate", metavar="MONTHS", min=1, max=MOST_MONTHS,
            help="Also tell by histories that begin so long before, and agree with data until the origin.",
        ),
    ] = None,
    keep: Annotated[float, typer.Option(min=0.0001, max=0.5, help="The share of these that is kept.")] = KEEP,
    as_of: Annotated[
        AsOf, typer.Option("--as-of", help="What rests on later sources: keep, drop what comes on a date, or fail.")
    ] = AsOf.keep,
    replications: Annotated[
        int | None,
        typer.Option(
            min=1, max=1_000_000,
            help=f"Histories from each origin; {USUAL:,}, with --calibrate {USUAL_HELD:,}, if not given.",
        ),
    ] = None,
    seed: Seed = 1,
    settings: Settings = None,
    workers: Workers = None,
    cluster: Cluster = None,
    out: Out = None,
    results: Root = RESULTS,
    force: Force = False,
    full: Full = False,
    as_markdown: AsMarkdown = False,
    as_csv: AsCsv = False,
    excel: Excel = False,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Tell a war as of earlier dates, score that by what came, and set simple rivals beside it.

    One scenario is started at each of the origins; several, each written as of its start, at theirs. When it is interrupted,
    the same command goes on. Exit code 5 if a bar of the file of observations is missed.

    Example:  parley hindcast my_war.yaml --data observed.yaml --origins 2023-01-01..2024-07-01:6m
    """
    with errors_as_lines():
        from sim.ensemble.run import Plan
        from sim.observed import data_beside, read_data
        from sim.results.manifest import HindcastManifest
        from sim.results.read import read_folder
        from sim.studies.calibrate import refuse_few
        from sim.studies.hindcast import about_hindcast, histories_in, refuse_nothing, starts_of
        from sim.studies.hindcast import hindcast as run_hindcast
        from sim.words.hindcast import answer, rest
        from sim.words.hindcast import files as files_of

        way = one_way_to_print(markdown=as_markdown, csv=as_csv, json=as_json)
        days = None if origins is None else _days(origins)
        scenarios = load_all(files, settings)
        described = data or data_beside(scenarios[0])
        starts = starts_of(scenarios, described, days, held, as_of.value)
        observed = read_data(described, scenarios[0])
        refuse_nothing(starts, observed)
        usual = USUAL if held is None else USUAL_HELD
        plan = Plan(replications or usual, seed, 1, series=False)
        if held is not None:
            refuse_few(plan.replications, keep)
        _say_before(starts)
        how: dict[str, object] = {
            "data": None if data is None else data.name, "origins": origins,
            "horizon": horizon if horizon != HORIZON else None, "calibrate": held,
            "keep": keep if keep != KEEP else None, "as_of": as_of.value if as_of is not AsOf.keep else None,
            "replications": replications if replications != usual else None, "seed": seed if seed != 1 else None,
            "set": settings,
        }  # fmt: skip
        asked = about_hindcast(scenarios[0], starts, observed, plan, horizon, held, keep)
        place = place_of_study(
            "hindcast", files, asked, how, out=out, results=results, force=force, excel=excel, under="hindcasts"
        )
        see = f"{command('parley', 'run', files[0])} (failures.csv)"
        page = (command("parley", "report", place.folder), "a page with figures")
        steps = [page, *_next_steps(files[0], data, starts, held)]
        met, failed = True, 0
        with place.at_work():
            if place.done:
                manifest = read_folder(place.target).manifest
                met = isinstance(manifest, HindcastManifest) and manifest.met
                print_kept(place, "rivals.csv" if way == "csv" else f"hindcast.{way}", excel and as_csv, see, full, steps)
            else:
                total = histories_in(starts, plan, keep)
                longest = 31 * (horizon + (held or 0))
                with (
                    workers_for(total, longest, workers, cluster) as pool,
                    progress_bar(scenarios[0].name, total) as progress,
                ):
                    found = run_hindcast(
                        scenarios[0], starts, observed, plan, horizon, held, keep,
                        pool=pool, parts=place.parts, progress=progress,
                    )  # fmt: skip
                texts = files_of(found)
                if way == "txt":
                    say_answer(answer(found), rest(found), full)
                else:
                    say_file(way, texts.get(f"hindcast.{way}", texts["rivals.csv"]), excel and as_csv)
                place.write({name: text.encode() for name, text in texts.items()}, found.manifest(), of=scenarios[0])
                end_study(place, steps, way)
                met, failed = all(one.met for one in found.bars), found.failed
        # What is left beside results goes when work ends well.
        say_failed({"": failed}, see)
        if not met:
            refuse("a bar of the file of observations is missed", MISSED)


def _next_steps(file: str, data: Path | None, starts: list[Start], held: int | None) -> list[tuple[str, str]]:
    """Return what to do next: calibrate first, or what the data say of each number."""
    if file == STDIN:
        return [(command("parley", "help", "hindcast"), "")]
    if held is None:
        named = [] if data is None else ["--data", data]
        return [(command("parley", "calibrate", file, *named), "what the data say of each number")]
    return [(command("parley", "check", file, "--as-of"), "what rests on later sources")]


def _say_before(starts: list[Start]) -> None:
    """Say what of each origin rests on what came later, what is dropped, and what cannot happen in it."""
    from sim.model.notes import dated_before

    say_before(starts[0].scenario)
    for one in starts:
        if one.late:
            note(
                f"note: as of {one.origin}, {one.late:,} numbers rest on a source of later; parley check --as-of lists them"
            )
        if one.dropped:
            note(f"note: as of {one.origin}, left out, as it rests on a source of later: {', '.join(one.dropped)}")
        if told := dated_before(one.scenario):
            note(f"note: as of {one.origin}, {told}")


def _days(text: str) -> list[datetime.date]:
    """Return the days of a list, or of a range with a step of months."""
    from sim.engine.calendar import add_months

    found = _RANGE.fullmatch(text)
    if not found:
        return [_day(part.strip()) for part in text.split(",")]
    first, last, step = _day(found[1]), _day(found[2]), int(found[3])
    if step < 1 or last < first:
        refuse(f"--origins {text} has no days: write the earlier first, and a step of a month at least")
    days = [first]
    while (following := add_months(first, len(days) * step)) <= last:
        days.append(following)
        if len(days) > MOST_ORIGINS:
            refuse(f"--origins {text} are more than {MOST_ORIGINS} days")
    return days


def _day(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        refuse(f"--origins has {text!r}, which is no date; write 2023-01-01,2023-07-01 or 2023-01-01..2024-07-01:6m")
