"""From folders of results to pages and pictures: of a run, of runs beside one another, of studies."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from sim.engine.world import InvariantBreach
from sim.errors import ParleyError
from sim.report.breakevens import break_even_picture
from sim.report.calibrations import calibration_pictures
from sim.report.choices import choices_picture
from sim.report.differences import comparison_pictures
from sim.report.hindcasts import hindcast_pictures
from sim.report.html import html
from sim.report.kept import Kept, Story, source_line
from sim.report.pages import (
    Page,
    assumptions_page,
    break_even_page,
    calibration_page,
    choices_page,
    comparison_page,
    hindcast_page,
    run_page,
    study_source,
    sweep_page,
)
from sim.report.parts import CannotDraw, Picture
from sim.report.pictures import beside_pictures, run_pictures
from sim.report.stored import (
    StoredAssumptions,
    StoredBreakEven,
    StoredCalibration,
    StoredChoices,
    StoredComparison,
    StoredSweep,
    results_in,
)
from sim.report.story import bargaining, story_pictures
from sim.report.sweeps import sweep_pictures
from sim.report.tornado import assumption_pictures
from sim.results.comparison import Comparison, compare_all
from sim.results.files import read_bytes
from sim.results.identity import study_name
from sim.results.manifest import MOST_BYTES
from sim.results.manifest import NAME as MANIFEST
from sim.results.place import PAGE, Place, is_page, is_whole_page, is_written, may_write, write_file
from sim.results.read import read_folder
from sim.results.runs import told_apart
from sim.studies.breakeven import BreakEven
from sim.studies.condition import Condition
from sim.studies.kept_hindcast import KeptHindcast


class Asked(NamedTuple):
    """What is asked of pages and pictures beyond the results that they are of.

    Attributes
    ----------
    replication, ending : optional
        Of a run: which history is told; one typical of the commonest ending if neither is given.
    until : str, optional
        Of a sweep: the level that is marked, as `parley breakeven` reads it.
    date : str, optional
        Of a run: the picture of the bargain at the last review until this date, in ISO form.
    """

    replication: int | None = None
    ending: str | None = None
    until: str | None = None
    date: str | None = None

    def refuse(self, what: str, *fitting: str) -> None:
        """Refuse what is asked but does not fit.

        Raises
        ------
        CannotDraw
        """
        for name, value in self._asdict().items():
            if value is not None and name not in fitting:
                raise CannotDraw(f"--{name} is not for {what}")


def page_of(folders: Sequence[Path], asked: Asked = Asked()) -> Page:  # noqa: B008, it cannot change
    """Return the page of folders of results: one of a run or a study, or several of runs, the first of which is the base.

    Raises
    ------
    ParleyError
        When they hold no results, or results that no page is made of.
    """
    if len(folders) > 1:
        asked.refuse("a comparison")
        return comparison_page(*_compared(folders))
    found = results_in(folders[0])
    if isinstance(found, Kept):
        asked.refuse("a run", "replication", "ending")
        return run_page(found, *_story_if_any(found, asked))
    if isinstance(found, StoredSweep):
        asked.refuse("a sweep", "until")
        return sweep_page(found.sweep, found.manifest, Condition.parse(asked.until) if asked.until is not None else None)
    if isinstance(found, StoredComparison):
        asked.refuse("a comparison")
        return comparison_page(found.found, found.runs)
    if isinstance(found, StoredBreakEven):
        asked.refuse("a break-even")
        return break_even_page(found.found, found.manifest)
    if isinstance(found, StoredChoices):
        asked.refuse("choices")
        return choices_page(found.found, found.manifest)
    if isinstance(found, StoredCalibration):
        asked.refuse("a calibration")
        return calibration_page(found.found, found.manifest)
    if isinstance(found, KeptHindcast):
        asked.refuse("a hindcast")
        return hindcast_page(found)
    asked.refuse("assumptions")
    return assumptions_page(found.assumptions, found.scenario, found.manifest)


def _story_if_any(kept: Kept, asked: Asked) -> tuple[Story | None, str]:
    """Return the history that a page tells; or none and the reason, where none was asked for and none can be told."""
    try:
        return kept.story(asked.replication, asked.ending), ""
    except (ParleyError, InvariantBreach) as error:
        if asked != Asked():
            raise
        return None, str(error)


def pictures_of(
    folders: Sequence[Path],
    asked: Asked = Asked(),  # noqa: B008, it cannot change
    name: str = "",
) -> tuple[dict[str, Picture], str]:
    """Return the pictures of folders of results by their names, and the line below them; errors as in `page_of`.

    Where only the picture of one `name` is wanted, histories that it does not show are not told.
    """
    if len(folders) > 1:
        asked.refuse("a comparison")
        return _beside(*_compared(folders))
    kept = results_in(folders[0])
    if isinstance(kept, StoredComparison):
        asked.refuse("a comparison")
        return _beside(kept.found, kept.runs)
    if isinstance(kept, StoredSweep):
        asked.refuse("a sweep", "until")
        until = Condition.parse(asked.until) if asked.until is not None else None
        return _named(sweep_pictures(kept.sweep, until)), study_source(kept.sweep.scenario, kept.manifest)
    if isinstance(kept, StoredAssumptions):
        asked.refuse("assumptions")
        tornados = assumption_pictures(kept.assumptions, kept.manifest.outcomes, kept.scenario)
        return _named(tornados), study_source(kept.scenario, kept.manifest)
    if isinstance(kept, StoredBreakEven):
        asked.refuse("a break-even")
        return break_even_pictures(kept.found)
    if isinstance(kept, StoredChoices):
        asked.refuse("choices")
        return _named([choices_picture(kept.found)]), study_source(kept.found.scenario, kept.manifest)
    if isinstance(kept, StoredCalibration):
        asked.refuse("a calibration")
        source = study_source(kept.found.scenario, kept.manifest, "")
        return _named(calibration_pictures(kept.found)), source
    if isinstance(kept, KeptHindcast):
        asked.refuse("a hindcast")
        return _named(hindcast_pictures(kept)), study_source(kept.scenario, kept.manifest, " from each origin")
    asked.refuse("a run", "replication", "ending", "date")
    pictures = _named(run_pictures(kept))
    if name not in pictures:
        story, why = _story_if_any(kept, asked)
        if story is None:
            if name:
                raise CannotDraw(f"of the figures of all histories none is {name!r}, and no history is told: {why}")
            return pictures, kept.source
        pictures |= _named(story_pictures(kept, story))
        if asked.date is not None:
            pictures |= _named(bargaining(kept, story, _date(asked.date)))
    return pictures, kept.source


def _beside(found: list[Comparison], runs: list[Kept]) -> tuple[dict[str, Picture], str]:
    """Return the pictures of comparisons with one base by their names, and the line below them."""
    return _named([*comparison_pictures(found), *beside_pictures(runs)]), source_line(*(one.run for one in runs))


def break_even_pictures(found: BreakEven) -> tuple[dict[str, Picture], str]:
    """Return the pictures of a break-even by their names, and the line below them.

    Raises
    ------
    CannotDraw
        When it was found without its scenario and plan, or no history has the outcome.
    """
    if found.scenario is None or found.plan is None:
        raise CannotDraw("this break-even does not say of which scenario it is; sim.breakeven finds those that do")
    return _named([break_even_picture(found, found.plan.replications)]), study_source(found.scenario, found.manifest())


def _named(pictures: Iterable[Picture]) -> dict[str, Picture]:
    return {picture.name: picture for picture in pictures}


def _date(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise CannotDraw(f"cannot read the date {text!r}; write it as 2025-06-01") from None


def write_report(
    folders: Sequence[Path],
    path: Path,
    force: bool,
    asked: Asked = Asked(),  # noqa: B008, it cannot change
    note: Callable[[str], None] = lambda text: None,
    brief: bool = False,
) -> int:
    """Write the page of folders of results, and return how many bytes it has; errors as in `page_of`.

    A `brief` page has what fits on two sheets of paper. `note` is called with each figure that could not be drawn, and why;
    the page says so too and has all others.

    Raises
    ------
    StoreError
        When the file is there already and `force` is not given, or cannot be written.
    """
    # Said before the work, not after it; but a page that is there may be this one.
    may_write(path, force or is_page(path))
    while True:
        made_of = _manifests(folders)
        page = replace(page_of(folders, asked), brief=brief)
        content = html(page).encode()
        write_page(content, path, force)
        # A page among its results is of those that are there, though others took their place meanwhile.
        if _manifests(folders) == made_of:
            break
        force = True
    for broken in page.broken:
        note(broken)
    return len(content)


def _manifests(folders: Sequence[Path]) -> list[bytes]:
    """Return the manifests of folders, nothing where there is none, which who reads them says."""
    found = [b""] * len(folders)
    for place, folder in enumerate(folders):
        with suppress(OSError):
            found[place] = read_bytes(folder / MANIFEST, MOST_BYTES)
    return found


def write_page(content: bytes, path: Path, force: bool) -> None:
    """Write a page, unless it is there already to the byte; errors as in `write_report`."""
    if not is_written(content, path):
        may_write(path, force)
        write_file(content, path)


def complete_page(place: Place, note: Callable[[str], None] = lambda text: None) -> None:
    """Write the page of results to their folder, unless it is there; errors as in `write_report`."""
    page = place.folder / PAGE
    # Results that take the place of others take their page away.
    if not (place.done and is_whole_page(page)):
        write_report([place.folder], page, force=True, note=note)


def place_of(asked: Sequence[str], results: Path = Path("results"), brief: bool = False) -> Path:
    """Return where a page of folders of results goes if nothing else is said: that of others goes elsewhere."""
    if len(asked) == 1 and not brief:
        return Path(asked[0]) / PAGE
    return results / "reports" / f"{study_name(asked, {'brief': brief})}.html"


def page_of_comparisons(found: Sequence[Comparison]) -> Page:
    """Return the page of comparisons with one base: with the course of the runs, where all of them are kept in folders."""
    runs = [found[0].left, *(one.right for one in found)]
    folders = [run.folder for run in runs if run.folder is not None]
    kept = [replace(Kept.of(read_folder(folder)), run=run) for folder, run in zip(folders, runs, strict=False)]
    return comparison_page(found, kept if len(kept) == len(runs) else ())


def _compared(folders: Sequence[Path]) -> tuple[list[Comparison], list[Kept]]:
    """Return the comparisons with the first of these runs, and all of them under the names that they have there."""
    kept = []
    for folder in folders:
        found = results_in(folder)
        if not isinstance(found, Kept):
            raise CannotDraw(f"{folder} holds a study and not a run; only runs can be compared")
        kept.append(found)
    compared = compare_all(told_apart([one.run for one in kept], [str(folder) for folder in folders]))
    runs = [compared[0].left, *(one.right for one in compared)]
    return compared, [replace(one, run=run) for one, run in zip(kept, runs, strict=True)]
