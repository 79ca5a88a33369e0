"""What commands share: options, loading, running with progress, and errors as one line each.

Heavy imports stand inside functions, so that `parley --help` is quick.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from sim.cli.complete import parts, scenarios
from sim.cli.complete import settings as complete_settings
from sim.cli.progress import progress_bar

if TYPE_CHECKING:
    from sim.ensemble.run import Ensemble, Plan
    from sim.ensemble.workers import Pool
    from sim.results.place import Place
    from sim.scenario import Problem, Scenario, ScenarioHead

BUG, USAGE, INVALID, FAILED_REPLICATIONS, FAILED_OVER, UNREACHED = 1, 2, 3, 4, 5, 6

Files = Annotated[
    list[str], typer.Argument(metavar="FILE...", help="Scenario files, or names of shipped ones.", autocompletion=scenarios)
]
Observed = Annotated[
    Path | None,
    typer.Option(
        "--data", metavar="FILE",
        help="What was observed: a YAML file beside its tables; my_war.yml beside my_war.yaml, if not given.",
    ),
]  # fmt: skip
Replications = Annotated[int, typer.Option(min=1, max=1_000_000, help="How many histories to simulate.")]
Seed = Annotated[int, typer.Option(min=0, help="Same seed and scenario: same results.")]
Months = Annotated[int | None, typer.Option(min=1, max=600, help="Horizon; the scenario's own if not given.")]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PATH=VALUE",
        help="Change a number, as in arms.defender.aid_scale=0.3. Repeatable.",
        autocompletion=complete_settings,
    ),
]
Without = Annotated[
    list[str] | None,
    typer.Option(
        metavar="PART",
        help="Leave out events, offensives, red_lines, parties, scripted (the first two), or one by its id. Repeatable.",
        autocompletion=parts,
    ),
]


Workers = Annotated[int | None, typer.Option(min=1, max=1024, help="Processes to share the work; all cores if not given.")]
Cluster = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="A Dask scheduler to share the work, as tcp://host:8786, or local.")
]
Excel = Annotated[
    bool, typer.Option("--excel", help="Begin CSV with a byte-order mark, by which Excel knows that it is UTF-8.")
]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print as CSV, in full precision.")]
AsMarkdown = Annotated[bool, typer.Option("--markdown", help="Print as a table in Markdown.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print as JSON, in the same envelope as all commands.")]
Full = Annotated[bool, typer.Option("--full", help="Print all of it, not only the answer.")]
Root = Annotated[
    Path, typer.Option("--results", metavar="FOLDER", help="Where results get folders under names that say what they are.")
]
RESULTS = Path("results")
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FOLDER", help="The folder to write, rather than one by its name in --results."),
]
Force = Annotated[bool, typer.Option("--force", help="Replace results that are there already.")]
# judgement: what takes one process two seconds; of less, others would save no more than it takes to begin them.
WORTH_SHARING = 1_500_000


@contextmanager
def workers_for(histories: int, days: int, asked: int | None, cluster: str | None) -> Iterator[Pool]:
    """Yield who shares the work of so many histories of so many days."""
    from sim.ensemble.workers import cores, pool_of

    if asked is not None and cluster not in (None, "local"):
        refuse("--workers is for this machine, and a --cluster has its own: choose one")
    with pool_of(asked or (cores() if histories * days > WORTH_SHARING or cluster else 1), cluster) as pool:
        yield pool


def refuse(reason: str, code: int = USAGE) -> NoReturn:
    """Exit with the reason why what is asked for cannot be."""
    note(f"error: {reason}")
    raise typer.Exit(code)


def one_way_to_print(**ways: bool) -> str:
    """Return the ending of the file that holds what is printed, `txt` if no way is asked for; exit if several are."""
    asked = [name for name, is_asked in ways.items() if is_asked]
    if len(asked) > 1:
        *first, last = (f"--{name}" for name in ways)
        refuse(f"{', '.join(first)} and {last} are {('two', 'three')[len(ways) - 2]} ways to print: choose one")
    return {"": "txt", "markdown": "md"}.get(name := "".join(asked), name)


def way_to_print(as_markdown: bool, as_csv: bool, as_json: bool, excel: bool) -> str:
    """Return how a command that writes no CSV prints, as `one_way_to_print` does; exit if `--excel` has nothing to mark."""
    refuse_excel(excel, as_csv, "--csv")
    return one_way_to_print(markdown=as_markdown, csv=as_csv, json=as_json)


@contextmanager
def errors_as_lines() -> Iterator[None]:
    """Turn what can go wrong into lines on stderr and an exit code."""
    from sim.errors import ParleyError, cut

    try:
        os.getcwd()
    except OSError:
        refuse("the current folder is gone; go to one that is there, as with cd ~", INVALID)
    try:
        yield
    except ParleyError as error:
        # Problems of a scenario say so themselves, a line each.
        print(cut(str(error) if hasattr(error, "problems") else f"error: {error}"), file=sys.stderr)
        raise typer.Exit(INVALID) from error
    except MemoryError:
        refuse("not enough memory for so many replications; ask for fewer", INVALID)
    except Exception as error:
        world = sys.modules.get("sim.engine.world")
        if world is None or not isinstance(error, world.InvariantBreach):
            raise
        refuse(f"something that must always hold does not: {error}. This is our bug.", BUG)


def say_failed(failed: Mapping[str, int], see: str) -> None:
    """Exit with 4 when histories went wrong in Parley, of which it is known where, after saying how to see why."""
    found = {where: count for where, count in failed.items() if count}
    if found:
        at = f" ({', '.join(f'{count:,} {where}' for where, count in found.items())})" if any(found) else ""
        note(f"error: {sum(found.values()):,} histories failed{at}, our bug; the rest is what is told. To see why: {see}")
        raise typer.Exit(FAILED_REPLICATIONS)


def note(text: str) -> None:
    """Tell the user something beside what was asked for, in lines as wide as the terminal, or in one."""
    from sim.gate import shown

    if sys.stderr.isatty():
        from sim.cli.printing import terminal_width
        from sim.words.layout import wrap

        print(*wrap(shown(text), terminal_width(), 2), sep="\n", file=sys.stderr)
    else:
        print(shown(text), file=sys.stderr)


def end_study(place: Place, steps: Sequence[tuple[str, str]], way: str) -> None:
    """Say where results are that were written, or were there before, and what to do next."""
    from sim.cli.printing import say_end

    say_end([f"{'There already' if place.done else 'Written'}: {place.folder}/"], steps, data=way != "txt")


def print_kept(
    place: Place, file: str, excel: bool, see: str, full: bool = False, steps: Sequence[tuple[str, str]] = ()
) -> None:
    """Print a file of results that are in their place already; end as when they were made."""
    from sim.cli.printing import say_file, say_kept
    from sim.results.read import read_folder

    kept = read_folder(place.target)
    name, _, way = file.rpartition(".")
    if way == "txt":
        say_kept(kept.text(file), full)
    else:
        say_file(way, kept.text(file if file in kept.files else f"{name}.csv"), excel)
    end_study(place, steps, way)
    say_failed({"": kept.manifest.failed}, see)


def refuse_excel(excel: bool, makes_csv: bool, how: str) -> None:
    """Exit when a mark is asked for in tables that are not made."""
    if excel and not makes_csv:
        refuse(f"--excel is for CSV: give {how} too")


# A scenario on standard input, and what it is called.
STDIN, PIPED = "-", "stdin"


def is_run(name: str) -> bool:
    """Return whether a name is that of a folder of results, and not of a scenario.

    Raises
    ------
    ScenarioError
        When it is both.
    """
    from sim.scenario.lookup import meanings, twofold

    if not os.path.isdir(name):
        return False
    scenarios = [one for one in meanings(name) if not one.path.is_dir()]
    if scenarios and (Path(name) / "manifest.json").is_file():
        raise twofold(name, scenarios)
    return not scenarios


def load_all(
    files: list[str], settings: list[str] | None, leave_out: list[str] | None = None
) -> list[Scenario[ScenarioHead]]:
    """Load every scenario, of a file, a shipped one, that of a folder of results, or of standard input.

    What is to be left out of each is left out after all is set. The problems of all of them are reported together.
    """
    from sim.model.without import without
    from sim.scenario import ScenarioError

    if files.count(STDIN) > 1:
        refuse("- is standard input, which can be read once")
    scenarios: list[Scenario[ScenarioHead]] = []
    problems: list[Problem] = []
    for file in files:
        try:
            loaded = _load(file, settings or ())
            scenarios.append(without(loaded, leave_out) if leave_out else loaded)
        except ScenarioError as error:
            problems += error.problems
    if problems:
        raise ScenarioError(problems)
    return scenarios


def _load(file: str, settings: Sequence[str]) -> Scenario[ScenarioHead]:
    from sim.model import WarScenario
    from sim.scenario import load_scenario

    if file == STDIN:
        return _of_stdin(settings)
    _refuse_missing_results(file)
    if is_run(file) and (Path(file) / "manifest.json").is_file():
        from sim.results.manifest import OfScenario, StoreError
        from sim.results.read import read_folder

        found = read_folder(Path(file))
        if not isinstance(found.manifest, OfScenario):
            raise StoreError(f"{file} holds no scenario, but something made of several; name one of them")
        return found.scenario().with_settings(settings)
    return load_scenario(file, WarScenario, settings)


def _refuse_missing_results(file: str) -> None:
    """Raise an error where nothing has a name in a folder of results: among them no scenario was meant."""
    from sim.scenario.lookup import ENDINGS, meanings

    among = Path(file).parent
    if among.name and not file.endswith(ENDINGS) and not os.path.lexists(file) and not meanings(file):
        from sim.results.manifest import StoreError, no_folder, results_inside

        if results_inside(among):
            raise StoreError(no_folder(Path(file)))


def _of_stdin(settings: Sequence[str]) -> Scenario[ScenarioHead]:
    """Return the scenario on standard input, which may extend what stands in this folder."""
    import tempfile

    from sim.model import WarScenario
    from sim.scenario import ScenarioError, load_scenario

    content = sys.stdin.buffer.read()
    try:
        number, name = tempfile.mkstemp(".yaml", ".parley-", ".")
    except OSError as error:
        refuse(f"cannot put down the scenario of standard input in this folder: {error.strerror}", INVALID)
    file = Path(name)
    try:
        os.close(number)
        file.write_bytes(content)
        found: Scenario[Any] = load_scenario(file, WarScenario, settings)
    except ScenarioError as error:
        raise ScenarioError([replace(one, place=one.place.replace(name, STDIN)) for one in error.problems]) from None
    finally:
        file.unlink()
    places = {path: replace(one, file=STDIN) if one.file == name else one for path, one in found.places.items()}
    return replace(found, name=PIPED, path=Path(STDIN), places=places)


def scenario_and_words(given: Sequence[str] | None) -> tuple[str, list[str]]:
    """Return the scenario that is named first, the usual one if none is, and the words that are looked for in it."""
    from sim.scenario.lookup import meanings

    words = list(given or ())
    if words and (words[0] == STDIN or words[0].endswith((".yaml", ".yml")) or "/" in words[0] or meanings(words[0])):
        return words[0], words[1:]
    return "baseline", words


MOST_NOTES = 20


def say_before(scenario: Scenario[ScenarioHead], days: int | None = None) -> None:
    """Say on stderr what makes a run long, and, given its horizon, what cannot happen in it."""
    from sim.model.notes import long_work, notes

    found = [*long_work(scenario), *(notes(scenario, days) if days is not None else [])]
    shown = found if len(found) <= MOST_NOTES else [*found[:MOST_NOTES], f"{len(found) - MOST_NOTES} more; see parley check"]
    for told in shown:
        note(f"note: {scenario.name}: {told}")


def refuse_both(settings: Sequence[str] | None, varied: Sequence[str]) -> None:
    """Exit when a knob is set and varied at once, since one of both would be lost."""
    for path in varied:
        if any(setting.partition("=")[0].strip() == path for setting in settings or ()):
            refuse(f"{path} is set by --set and varied by --vary: choose one")


def refuse_two_horizons(settings: Sequence[str] | None, months: int | None) -> None:
    """Exit when the horizon is set and given by --months at once, since one of both would be lost."""
    from sim.scenario.identity import horizon_set

    path = horizon_set(settings or ())
    if months is not None and path:
        refuse(f"{path} is set by --set, and --months gives the horizon too: choose one")


def refuse_two_histories(replication: int | None, ending: str | None) -> None:
    """Exit when a history is chosen in two ways."""
    if replication is not None and ending is not None:
        refuse("--replication and --ending both choose a history: give one")


def run_with_progress(
    scenario: Scenario[ScenarioHead],
    plan: Plan,
    enough: Callable[[Mapping[str, Any]], bool] | None = None,
    pool: Pool | None = None,
) -> Ensemble:
    """Run an ensemble, or until its outcomes are `enough`, with a progress bar on stderr when that is a terminal."""
    from sim.ensemble.run import run_ensemble, run_until
    from sim.ensemble.workers import ALONE

    def run(progress: Callable[[int], None]) -> Ensemble:
        if enough is not None:
            return run_until(scenario, plan, enough, progress, pool or ALONE)
        return run_ensemble(scenario, plan, progress, pool or ALONE)

    with progress_bar(scenario.name, plan.replications) as progress:
        return run(progress)
