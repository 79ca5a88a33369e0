"""What folders of results hold that pages and pictures are made of."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from sim.pasted import command
from sim.report.kept import Kept
from sim.report.kept_comparison import read_comparison
from sim.report.parts import CannotDraw
from sim.results.comparison import Comparison
from sim.results.manifest import (
    BreakEvenManifest,
    CalibrationManifest,
    ChoicesManifest,
    ComparisonManifest,
    HindcastManifest,
    OneAtATimeManifest,
    RunManifest,
    SensitivityManifest,
    SobolManifest,
    SweepManifest,
    no_folder,
)
from sim.results.read import read_folder
from sim.scenario import Scenario, ScenarioHead
from sim.studies.assumptions import read_assumptions
from sim.studies.breakeven import BreakEven
from sim.studies.calibrate import Calibration
from sim.studies.choose import Choices
from sim.studies.kept_breakeven import read_break_even
from sim.studies.kept_calibration import read_calibration
from sim.studies.kept_choices import read_choices
from sim.studies.kept_hindcast import KeptHindcast, read_hindcast
from sim.studies.one_at_a_time import Assumption
from sim.studies.sweep import Sweep


class StoredSweep(NamedTuple):
    """A sweep with what its folder says of it."""

    manifest: SweepManifest
    sweep: Sweep


class StoredAssumptions(NamedTuple):
    """Assumptions taken one at a time, with what their folder says of them."""

    manifest: OneAtATimeManifest
    scenario: Scenario[ScenarioHead]
    assumptions: list[Assumption]


class StoredBreakEven(NamedTuple):
    """A break-even with what its folder says of it."""

    manifest: BreakEvenManifest
    found: BreakEven


class StoredChoices(NamedTuple):
    """Choices with what their folder says of them."""

    manifest: ChoicesManifest
    found: Choices


class StoredCalibration(NamedTuple):
    """A calibration with what its folder says of it."""

    manifest: CalibrationManifest
    found: Calibration


class StoredComparison(NamedTuple):
    """Comparisons with one base, and the runs that they are of."""

    found: list[Comparison]
    runs: list[Kept]


Results = (
    Kept
    | StoredSweep
    | StoredAssumptions
    | StoredBreakEven
    | StoredChoices
    | StoredCalibration
    | KeptHindcast
    | StoredComparison
)


def results_in(folder: Path) -> Results:
    """Return what is in a folder: a run, a comparison or a study.

    Raises
    ------
    StoreError
        When the folder is none of results, is incomplete or was changed.
    CannotDraw
        When there is no folder, or there are no pictures of what it holds.
    """
    if not folder.is_dir():
        made_of = "; pages and figures are made of results, as `parley run baseline` writes them"
        raise CannotDraw(no_folder(folder, made_of))
    found = read_folder(folder)
    if isinstance(found.manifest, SweepManifest):
        return StoredSweep(found.manifest, Sweep.read(found))
    if isinstance(found.manifest, OneAtATimeManifest):
        return StoredAssumptions(found.manifest, found.scenario(), read_assumptions(found))
    if isinstance(found.manifest, BreakEvenManifest):
        return StoredBreakEven(found.manifest, read_break_even(found))
    if isinstance(found.manifest, ChoicesManifest):
        return StoredChoices(found.manifest, read_choices(found))
    if isinstance(found.manifest, CalibrationManifest):
        return StoredCalibration(found.manifest, read_calibration(found))
    if isinstance(found.manifest, HindcastManifest):
        return read_hindcast(found)
    if isinstance(found.manifest, RunManifest):
        return Kept.of(found)
    if isinstance(found.manifest, ComparisonManifest):
        return StoredComparison(*read_comparison(found))
    # What is asked of it in its place.
    hint = ""
    if isinstance(found.manifest, (SensitivityManifest, SobolManifest)):
        one_by_one = command("parley", "sensitivity", found.manifest.of, "--one-at-a-time")
        hint = f". {one_by_one} has pictures of each assumption alone"
    raise CannotDraw(
        f"there are no pictures of what {folder} holds; there are of runs, comparisons, sweeps, break-evens, choices, "
        f"calibrations, hindcasts and assumptions one at a time{hint}"
    )
