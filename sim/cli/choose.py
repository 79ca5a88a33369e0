"""`parley choose`: which choice stands up best, whatever the assumptions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from sim.cli.common import (
    RESULTS,
    STDIN,
    AsCsv,
    AsJson,
    AsMarkdown,
    Cluster,
    Excel,
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
from sim.cli.complete import knobs, scenarios
from sim.cli.printing import say_answer, say_file
from sim.cli.progress import progress_bar
from sim.cli.wanted import place_of_study
from sim.pasted import command

DRAWS, LUCKS = 200, 8


def choose(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A scenario file, or the name of a shipped one.", autocompletion=scenarios)
    ],
    levers: Annotated[
        list[str],
        typer.Option(
            metavar="PATH=a,b,c",
            help="What can be chosen; PATH+PATH=a,b sets two alike, scenario=a,b takes scenarios. Repeatable.",
            autocompletion=knobs,
        ),
    ],
    aims: Annotated[
        list[str],
        typer.Option(
            metavar="AIM", help="As 'mean(casualties_defender) low' or 'share(war_goes_on) <= 0.3'; more after a semicolon."
        ),
    ],
    draws: Annotated[int, typer.Option(min=5, max=100_000, help="Draws of the assumptions.")] = DRAWS,
    lucks: Annotated[int, typer.Option(min=2, max=10_000, help="Histories of each draw in each choice.")] = LUCKS,
    seed: Seed = 1,
    months: Months = None,
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
) -> None:
    """Set what can be chosen against all that is uncertain: which choice meets its aims in most of the assumptions.

    All meet the same assumptions and the same luck. When it is interrupted, the same command goes on where it stopped.

    Example:  parley choose baseline --levers arms.defender.aid_scale=0.5,1,2 --aims "share(deal_within_24_months) >= 0.4"
    """
    with errors_as_lines():
        from sim.ensemble.run import Plan, horizon_days
        from sim.results.identity import as_run, identity_of
        from sim.results.read import read_folder
        from sim.studies.aims import parse_aims
        from sim.studies.choose import SCENARIO, about, chosen_scenarios, parse_levers, paths_of
        from sim.studies.choose import choose as run_choices
        from sim.words.choose import answer, files, rest, title_of

        way = one_way_to_print(markdown=as_markdown, csv=as_csv, json=as_json)
        chosen, wanted = parse_levers(levers), parse_aims(aims)
        for path in (path for lever in chosen for path in paths_of(lever)):
            if any(setting.partition("=")[0].strip() == path for setting in settings or ()):
                refuse(f"{path} is set by --set and chosen by --levers: choose one")
        refuse_two_horizons(settings, months)
        (scenario,) = load_all([file], settings)
        names = [name for lever in chosen if lever.path == SCENARIO for name in lever.values]
        others = dict(zip(names, load_all(names, settings), strict=True)) if names else {}
        plan = Plan(draws * lucks, seed, horizon_days(scenario, months), series=False)
        each = chosen_scenarios(scenario, chosen, others)
        say_before(each[-1])
        how: dict[str, object] = {
            "levers": levers, "aims": aims, "draws": draws if draws != DRAWS else None,
            "lucks": lucks if lucks != LUCKS else None, "seed": seed if seed != 1 else None, "months": months,
            "set": settings,
        }  # fmt: skip
        place = place_of_study(
            "choices", [file], about(scenario, plan, chosen, wanted, others, draws, lucks), how,
            out=out, results=results, force=force, excel=excel, under="choices",
        )  # fmt: skip
        see = f"{command('parley', 'run', file)} with that choice by --set (failures.csv)"
        same = [part for one in settings or () for part in ("--set", one)]
        same += [] if months is None else ["--months", str(months)]
        with place.at_work():
            if place.done:
                steps = _next(file, same, place.folder, json.loads(read_folder(place.target).text("choices.json")))
                print_kept(place, f"choices.{way}", excel and as_csv, see, full, steps)
                return
            histories = len(each) * draws * lucks
            with (
                workers_for(histories, plan.days, workers, cluster) as pool,
                progress_bar(scenario.name, histories, draws * lucks) as progress,
            ):
                found = run_choices(
                    scenario, plan, chosen, wanted, others=others, draws=draws, lucks=lucks, pool=pool, parts=place.parts,
                    progress=progress,
                )  # fmt: skip
            identity = identity_of(scenario, plan)
            texts = files(found, title := title_of(found, identity), identity)
            if way == "txt":
                say_answer(answer(found, title), rest(found), full)
            else:
                say_file(way, texts.get(f"choices.{way}", texts["choices.csv"]), excel and as_csv)
            texts["scenario.yaml"] = as_run(scenario, plan.days).to_yaml()
            place.write({name: text.encode() for name, text in texts.items()}, found.manifest(), of=scenario)
            end_study(place, _next(file, same, place.folder, json.loads(texts["choices.json"])), way)
            say_failed(found.failed, see)


def _next(file: str, same: list[str], folder: Path, told: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the run of the robust choice, where it can be run again, and the page."""
    from sim.studies.certain import ONE_DRAW

    page = (command("parley", "report", folder), "a page with a figure")
    if STDIN in (file, told["robust_scenario"]):
        return [page]
    settings = [part for one in told["robust_settings"] for part in ("--set", one)]
    robust = command("parley", "run", told["robust_scenario"] or file, *same, *settings)
    which = "robust" if told["kept_draws"] > ONE_DRAW else "first"
    return [(robust, f"what comes of the {which} choice"), page]
