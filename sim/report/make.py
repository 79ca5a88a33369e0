"""From folders of results to pages and pictures: of a run, of runs beside one another, of a sweep, of assumptions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sim.model import WarScenario
from sim.report.differences import comparison_pictures
from sim.report.html import html, may_write, write_file
from sim.report.kept import Kept, source_line
from sim.report.pages import Page, assumptions_page, comparison_page, run_page, study_source, sweep_page
from sim.report.parts import CannotDraw, Picture
from sim.report.pictures import run_pictures
from sim.report.story import bargaining, story_pictures
from sim.report.sweeps import KeptSweep, sweep_pictures
from sim.report.tornado import KeptAssumptions, assumption_pictures
from sim.results.comparison import Comparison, compare_all
from sim.results.runs import Run, told_apart
from sim.results.store import read_run
from sim.scenario import Scenario, ScenarioHead, load_scenario
from sim.studies.condition import Condition


def kept_study(folder: Path) -> KeptSweep | KeptAssumptions | None:
    """Return the sweep or the assumptions in a folder; None where it holds a run.

    Raises
    ------
    StoreError
        When the folder is none of results, is incomplete or was changed.
    CannotDraw
        When there are no pictures of what it holds.
    """
    manifest, tables = read_run(folder)
    if "sweep.csv" in tables:
        return KeptSweep.of(folder, manifest, tables)
    if "one_at_a_time.csv" in tables:
        return KeptAssumptions.of(folder, manifest, tables)
    if "series.csv" in tables:
        return None
    if "comparison.csv" in tables:
        raise CannotDraw(f"{folder} holds a comparison; name the runs that it compares, the first one first")
    raise CannotDraw(
        f"there are no pictures of what {folder} holds; there are of runs, sweeps and assumptions one at a time"
    )


def page_of(
    folders: Sequence[Path], replication: int | None = None, ending: str | None = None, until: str | None = None
) -> Page:
    """Return the page of folders of results.

    Parameters
    ----------
    folders : sequence of Path
        One of a run or a study, or several of runs, of which the first is compared with.
    replication, ending : optional
        Of a run: which history is told.
    until : str, optional
        Of a sweep: the level that is marked.

    Raises
    ------
    ParleyError
        When they hold no results, or results that no page is made of.
    """
    _must_be_there(folders)
    if len(folders) > 1:
        return comparison_page(_comparisons(folders))
    study = kept_study(folders[0])
    if study is None:
        kept = Kept.read(folders[0])
        return run_page(kept, kept.story(replication, ending))
    scenario = _scenario_of(study)
    if isinstance(study, KeptSweep):
        return sweep_page(study, scenario, Condition.parse(until) if until is not None else None)
    return assumptions_page(study, scenario)


def pictures_of(
    folders: Sequence[Path],
    replication: int | None = None,
    ending: str | None = None,
    until: str | None = None,
    date: str | None = None,
) -> tuple[dict[str, Picture], str]:
    """Return the pictures of folders of results by name, and the line below them; parameters as in `page_of`.

    With `date`, of the bargain, that of the last review until then.
    """
    _must_be_there(folders)
    if len(folders) > 1:
        found = _comparisons(folders)
        runs = [found[0].left, *(one.right for one in found)]
        return {picture.name: picture for picture in comparison_pictures(found)}, source_line(*runs)
    study = kept_study(folders[0])
    if isinstance(study, KeptSweep):
        pictures = sweep_pictures(study, Condition.parse(until) if until is not None else None)
        return {picture.name: picture for picture in pictures}, study_source(study.manifest)
    if study is not None:
        return {picture.name: picture for picture in assumption_pictures(study)}, study_source(study.manifest)
    kept = Kept.read(folders[0])
    story = kept.story(replication, ending)
    every = [*run_pictures(kept), *story_pictures(kept, story)]
    if date is not None:
        every += bargaining(kept, story, date)
    return {picture.name: picture for picture in every}, kept.source


def write_report(
    folders: Sequence[Path],
    path: Path,
    force: bool,
    replication: int | None = None,
    ending: str | None = None,
    until: str | None = None,
) -> int:
    """Write the page of folders of results, and return how many bytes it has; parameters and errors as in `page_of`.

    Raises
    ------
    StoreError
        When the file is there already and `force` is not given, or cannot be written.
    """
    # Said before the work, not after it.
    may_write(path, force)
    content = html(page_of(folders, replication, ending, until)).encode()
    write_file(content, path)
    return len(content)


def place_of(asked: Sequence[str]) -> Path:
    """Return where a page of results goes, named by their folders or scenarios, if nothing else is said."""
    if len(asked) == 1:
        return Path(asked[0]) / "report.html"
    return Path("results/reports") / f"{'_'.join(Path(name).resolve().stem for name in asked)}.html"


def _must_be_there(folders: Sequence[Path]) -> None:
    for folder in folders:
        if not folder.is_dir():
            raise CannotDraw(
                f"there is no folder {folder}; pages and figures are made of results, which `parley run {folder}` writes"
            )


def _comparisons(folders: Sequence[Path]) -> list[Comparison]:
    for folder in folders:
        if kept_study(folder) is not None:
            raise CannotDraw(f"{folder} holds a study and not a run; only runs can be compared")
    return compare_all(told_apart([Run.read(folder) for folder in folders], [str(folder) for folder in folders]))


def _scenario_of(study: KeptSweep | KeptAssumptions) -> Scenario[ScenarioHead]:
    scenario: Scenario[ScenarioHead] = load_scenario(study.folder / "scenario.yaml", WarScenario)
    return replace(scenario, name=str(study.manifest["scenario"]))
