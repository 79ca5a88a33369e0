"""What Python asks about scenarios and results: a figure, a story, differences, mistakes, what there is to turn."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from sim.api import Settings, Source, load, read, run
from sim.catalogue import heads, those_of
from sim.errors import ParleyError
from sim.results.comparison import Comparison, Line
from sim.results.frames import Rows
from sim.results.history import NoSuchHistory, retold, which_history
from sim.results.pairs import Difference, in_a_line
from sim.results.runs import Run
from sim.scenario import Scenario
from sim.scenario.describe import told_knobs
from sim.scenario.wording import did_you_mean, quoted
from sim.studies.breakeven import BreakEven
from sim.studies.condition import Condition
from sim.studies.sweep import Sweep
from sim.words.comparison import difference_in_words, in_cells
from sim.words.provenance import remarks
from sim.words.scenarios import difference_rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Told(str):
    """A text of several lines, which prompts and notebooks show as it is."""

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return f'<pre style="overflow-x: auto">{escape(self)}</pre>'


@in_a_line.register
def _difference(found: Difference) -> str:
    # Beside a label that has it, commands leave it out.
    unit = f" {found.unit}" if found.found and found.unit not in ("", "share") else ""
    return f"{difference_in_words(found, found.unit)}{unit}, {found.pairs:,} histories"


@in_a_line.register
def _line(line: Line) -> str:
    left, right, difference = in_cells(line)
    return f"{line.alone}: {left}, {right}: {difference}"


def plot(
    of: Run | Comparison | Sweep | BreakEven | Source, figure: str = "", *, width: str = "page", until: str | None = None
) -> Figure:
    """Draw a figure, as `parley plot` does.

    Parameters
    ----------
    of : Run, Comparison, Sweep, BreakEven, or a scenario or folder of a run
    figure : str
        Its name; the main one if not given.
    width : str
        `column` or `page`, those of a journal.
    until : str, optional
        Of a sweep: the level that is marked, as `breakeven` takes it.

    Returns
    -------
    matplotlib.figure.Figure
        To be saved with `savefig`, or shown by a notebook.

    Raises
    ------
    ParleyError
        When there is no such figure; says which there are.
    """
    from sim.report.differences import comparison_pictures
    from sim.report.kept import source_line
    from sim.report.make import break_even_pictures, pictures_of
    from sim.report.pages import study_source
    from sim.report.parts import CannotDraw
    from sim.report.style import PAPERS, drawn, style
    from sim.report.sweeps import sweep_pictures

    found = of if isinstance(of, (Comparison, Sweep, BreakEven)) else _run(of)
    if until is not None and not isinstance(found, Sweep):
        raise CannotDraw(f"until marks a level of a sweep, and this is {found!r}")
    if isinstance(found, Run):
        pictures, source = pictures_of([found.kept.path], name=figure)
    elif isinstance(found, Comparison):
        pictures, source = {one.name: one for one in comparison_pictures([found])}, source_line(found.left, found.right)
    elif isinstance(found, BreakEven):
        pictures, source = break_even_pictures(found)
    else:
        condition = None if until is None else Condition.parse(until)
        pictures = {one.name: one for one in sweep_pictures(found, condition)}
        source = study_source(found.scenario, found.manifest())
    if width not in PAPERS:
        raise CannotDraw(f"no width {quoted(width)}; there are {', '.join(PAPERS)}")
    if figure not in {"", *pictures}:
        raise CannotDraw(f"no figure {quoted(figure)}. {did_you_mean(figure, pictures)}; there are {', '.join(pictures)}")
    if not pictures:
        raise CannotDraw(f"there are no figures of {found!r}")
    with style(PAPERS[width], text_as_paths=True):
        return drawn(pictures[figure or next(iter(pictures))], PAPERS[width], source)


def explain(of: Run | Source, *, replication: int | None = None, ending: str | None = None) -> Told:
    """Return what `parley explain` prints on 80 columns: why there was no deal, and one history with what was weighed.

    Parameters
    ----------
    of : Run, or a scenario or folder of a run
    replication, ending : optional
        Which history is told, or of which ending a typical one; of the commonest ending if neither is given.

    Raises
    ------
    ParleyError
        When there is no such history.
    """
    from sim.words.explain import explained
    from sim.words.layout import FILE_WIDTH, as_text

    if replication is not None and ending is not None:
        raise NoSuchHistory("replication and ending both choose a history: give one")
    found = _run(of)
    number, chosen = which_history(found, replication, ending)
    folder = found.kept.path
    told = explained(found, folder, retold(found, folder, number), number, chosen, full=False)
    return Told(as_text(told, FILE_WIDTH, whole=False))


def diff(before: Source, after: Source) -> Rows:
    """Return what differs between two scenarios: path, both values, unit, what it means, and a sentence."""
    return Rows("changes", difference_rows(load(before), load(after)))


def check(scenario: Source, settings: Settings = ()) -> list[str]:
    """Return what `parley check` notes of a right scenario: what is of another war, never happens, or takes long.

    Raises
    ------
    ScenarioError
        With every problem of one that is not right.
    """
    found = load(scenario, settings)
    return remarks(found)


def scenarios(word: str = "") -> Rows:
    """Return name, title and description of the shipped scenarios, or of those in which a word stands."""
    rows = [dict(zip(("name", "title", "description"), one, strict=True)) for one in heads()]
    return Rows("scenarios", those_of([word], rows, lambda row: row.values()))


def knobs(word: str = "", scenario: Source = "baseline") -> Rows:
    """Return every number of a scenario, or those in which a word stands: label, path, value, unit, range, what it means.

    Examples
    --------
    >>> import sim
    >>> [knob["path"] for knob in sim.knobs("aid to Ukraine")]
    ['arms.defender.aid_scale']
    """
    return Rows("knobs", [one._asdict() for one in told_knobs(load(scenario), [word])])


def _run(of: Run | Source) -> Run:
    """Return a run: as it is, from its folder, or of a scenario, which is run."""
    if isinstance(of, Run):
        return of
    if not isinstance(of, (str, Path, Scenario)):
        raise ParleyError(f"this is of a run, a folder of one or a scenario, not of {of!r}")
    if not isinstance(of, Scenario) and (Path(of) / "manifest.json").is_file():
        return read(of)
    return run(of)
