"""What a folder of results says of itself in `manifest.json`: what was run, what made it, and which files are ours.

A manifest seals itself: `seal` is the sha256 of all else that it says, so that any changed letter is found, as the sha256 of
each table finds one there. The same results have the same manifest to the byte.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal, NoReturn

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from sim import __version__
from sim.engine.calendar import Every
from sim.ensemble.origin import origin
from sim.gate import shown
from sim.results.files import StoreError as StoreError
from sim.results.files import read_bytes
from sim.scenario.head import MOST_DAYS
from sim.scenario.wording import closest

NAME = "manifest.json"
FORMAT: Final = 3
# judgement: a sweep of 100,000 points over a few knobs has 20 MB.
MOST_BYTES = 64_000_000
LINE_ENDS = (
    "its line ends were changed (CRLF), as by a checkout on Windows; write '* -text' to a .gitattributes in the folder and "
    "check it out again, or run it again with --force"
)
# What explains results; older versions wrote none.
EXPLAINED = ("datapackage.json", "README.md")
# Written when a page is made of results, which may be at any time.
PAGE = "report.html"


def _as_shown(value: Any) -> Any:
    return shown(value) if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_as_shown), Field(max_length=10_000)]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}$")]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Fingerprint = Annotated[str, Field(pattern=r"^([0-9a-f]{10})?$")]
Count = Annotated[int, Field(ge=1, le=1_000_000_000)]
Seed = Annotated[int, Field(ge=0)]
# Up to the longest horizon of a scenario.
Days = Annotated[int, Field(ge=1, le=MOST_DAYS)]


class _Part(BaseModel):
    """A part of a manifest: no field more or less, and each of its own type."""

    # Of all kinds of manifest a command needs few, and builds those alone.
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)


class MadeWith(_Part):
    """What makes a run repeatable to the byte; see `sim.ensemble.origin`."""

    python: Text
    numpy: Text
    scipy: Text
    machine: Text
    instructions: Text


def made_with() -> MadeWith:
    """Return what this process makes results with."""
    return MadeWith(**{name: value for name, value in origin() if name != "parley"})


class Manifest(_Part):
    """What all results say of themselves.

    Attributes
    ----------
    format : int
        Of results: one more whenever older versions could not read them.
    kind : str
    parley : str
        The version that made them.
    made_with : MadeWith
    asked : str
        The digest of all that they depend on, by which the same command knows that they are there.
    failed : int
        How many of their histories went wrong in Parley.
    sha256 : dict of str to str
        Of each file that holds results, by its name.
    beside : list of str
        Names of the other files that are Parley's: how long it took, and the page.
    """

    # Files that results of this kind have; of a tuple one.
    NEEDS: ClassVar[tuple[str | tuple[str, ...], ...]]
    # Those that they may have.
    MAY: ClassVar[tuple[str, ...]] = ()
    # Whether pages and figures are made of one of them alone.
    DRAWN: ClassVar[bool] = False

    format: Literal[3] = FORMAT
    kind: str
    parley: Text = __version__
    made_with: MadeWith = Field(default_factory=made_with)
    asked: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""
    failed: Annotated[int, Field(ge=0)] = 0
    sha256: dict[FileName, Digest] = {}
    beside: list[FileName] = [PAGE]

    def sealed(self, sha256: Mapping[str, str]) -> bytes:
        """Return the bytes of `manifest.json` of results with these files, by name."""
        said = {**self.model_dump(mode="json"), "sha256": dict(sha256)}
        # The files come last, and then what seals all.
        last = {name: said.pop(name) for name in ("sha256", "beside")}
        return sealed({**said, **last})


class Changed(_Part):
    """A value that is not that of a scenario's file, in words: where it stands, what it is, what it was."""

    path: Text
    value: Text
    was: Text


class OfScenario(Manifest):
    """What results of one scenario say of themselves.

    Attributes
    ----------
    scenario : str
        Its name.
    settings : list of Changed
        What is not as its file has it: values that were set, the horizon, a seed other than 1.
    fingerprint : str
        Of its file, where it is not a shipped one.
    seed, replications, days : int
    """

    scenario: Text
    settings: list[Changed]
    fingerprint: Fingerprint
    seed: Seed
    replications: Count
    days: Days


class RunManifest(OfScenario):
    """The manifest of a run; `other_times` are the columns that were asked of times other than their own, `paths` how often
    histories were looked at one by one."""

    DRAWN = True
    NEEDS = (
        "summary.csv", "summary.md", ("outcomes.csv", "outcomes.parquet"), "series.csv", "standing.csv", "survival.csv",
        "scenario.yaml",
    )  # fmt: skip
    MAY = ("ledger.csv", "lucks.csv", "unscripted.csv", "failures.csv", "paths.csv", "paths.parquet")

    kind: Literal["run"] = "run"
    other_times: list[Text] = []
    paths: Every | None = None
    beside: list[FileName] = ["timing.json", PAGE]


class VariedKnob(_Part):
    """A knob of a sweep: its path, and its values as written or its range."""

    path: Text
    values: list[Text]
    low: float | None
    high: float | None


class SweepManifest(OfScenario):
    """The manifest of a sweep: its knobs, the design, and the value of each knob at each point, as written."""

    DRAWN = True
    NEEDS = ("sweep.csv", "scenario.yaml")

    kind: Literal["sweep"] = "sweep"
    design: Annotated[str, Field(pattern=r"^(grid|latin|sobol)$")]
    knobs: Annotated[list[VariedKnob], Field(min_length=1)]
    points: Annotated[list[list[Text]], Field(min_length=1)]
    outcomes: list[Text]


class Called(_Part):
    """What an outcome is called, and its unit."""

    label: Text
    unit: Text


class AssumptionsManifest(OfScenario):
    """The manifest of a study of assumptions: what it was asked of, and what its outcomes are called."""

    of: Text
    rows: Annotated[int, Field(ge=0)]
    outcomes: dict[str, Called]


class SensitivityManifest(AssumptionsManifest):
    """The manifest of sensitivities from given histories."""

    NEEDS = ("sensitivity.txt", "sensitivity.csv", "sensitivity.json", "scenario.yaml")

    kind: Literal["sensitivity"] = "sensitivity"


class OneAtATimeManifest(AssumptionsManifest):
    """The manifest of assumptions taken one at a time."""

    DRAWN = True
    NEEDS = ("one_at_a_time.txt", "one_at_a_time.csv", "one_at_a_time.json", "scenario.yaml")

    kind: Literal["one_at_a_time"] = "one_at_a_time"


class SobolManifest(AssumptionsManifest):
    """The manifest of a designed ensemble."""

    NEEDS = ("sobol.txt", "sobol.csv", "sobol.json", "scenario.yaml")

    kind: Literal["sobol"] = "sobol"


OF_ASSUMPTIONS: Mapping[str, type[AssumptionsManifest]] = {
    model.model_fields["kind"].default: model for model in (SensitivityManifest, OneAtATimeManifest, SobolManifest)
}


class DiscoveryManifest(OfScenario):
    """The manifest of boxes in which an outcome is common."""

    NEEDS = ("discovery.txt", "discovery.csv", "trajectory.csv", "discovery.json")

    kind: Literal["discovery"] = "discovery"
    outcome: Text


class BreakEvenManifest(OfScenario):
    """The manifest of a break-even: the knob, between which values it was looked for, and the condition."""

    DRAWN = True
    NEEDS = ("breakeven.txt", "breakeven.csv", "breakeven.json", "scenario.yaml")

    kind: Literal["breakeven"] = "breakeven"
    path: Text
    low: float
    high: float
    until: Text


class ChoicesManifest(OfScenario):
    """The manifest of choices: the levers, the aims, and how many draws of the assumptions and lucks in each there were.

    Attributes
    ----------
    kept_draws : int
        Those in which every aim can be valued.
    optimism : float
        How much too large the share of the robust choice is.
    idle : list of str
        The levers that change none of the aims in any history.
    """

    DRAWN = True
    NEEDS = ("choices.txt", "choices.csv", "choice_aims.csv", "choices.json", "scenario.yaml")
    MAY = ("choice_fails.csv",)

    kind: Literal["choices"] = "choices"
    levers: Annotated[list[VariedKnob], Field(min_length=1)]
    aims: Annotated[list[Text], Field(min_length=1)]
    draws: Count
    lucks: Count
    kept_draws: Count
    optimism: float
    idle: list[Text]


class CalibrationManifest(OfScenario):
    """The manifest of a scenario that was held against data.

    Attributes
    ----------
    cutoff : str
        The day from which on nothing of the data was looked at.
    data : dict of str to str
        The sha256 of what each file holds until then, by its name.
    kept : int
        How many histories are nearest.
    reached : bool
        Whether the assumptions reach the data; if not, histories are kept only where that was asked for.
    """

    DRAWN = True
    NEEDS = ("calibration.txt", "fit.csv", "moved.csv", "calibration.json", "scenario.yaml")
    MAY = ("accepted.csv", "posterior.yaml")

    kind: Literal["calibration"] = "calibration"
    cutoff: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    data: dict[Text, Digest]
    kept: Annotated[int, Field(ge=0)]
    reached: bool


class UpdateManifest(OfScenario):
    """The manifest of a run whose histories were weighed by data.

    Attributes
    ----------
    cutoff : str
        The day from which on nothing of the data was looked at.
    data : dict of str to str
        The sha256 of what each file holds until then, by its name.
    tolerance : float
        What the model may be off, in standard deviations of each statistic.
    effective : float
        How many histories of equal weight tell as much.
    reached : bool
        Whether the run reaches the data; if not, weights are kept only where that was asked for.
    """

    NEEDS = ("update.txt", "update.csv", "weights.csv", "shifted.csv", "fit.csv", "update.json", "scenario.yaml")

    kind: Literal["update"] = "update"
    cutoff: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    data: dict[Text, Digest]
    tolerance: Annotated[float, Field(gt=0)]
    effective: Annotated[float, Field(ge=1)]
    reached: bool


class OriginOfHindcast(_Part):
    """An origin of a hindcast: its date, the scenario that was started, whether calibrated histories were too, how many of
    its numbers rest on sources of later, and what was left out that does."""

    origin: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    scenario: Text
    fingerprint: Fingerprint
    calibrated: bool
    late: Annotated[int, Field(ge=0)]
    dropped: list[Text]


class HindcastManifest(OfScenario):
    """The manifest of forecasts that were made at earlier dates and scored.

    Attributes
    ----------
    cutoff : str
        The last day of the data, by which forecasts are scored; those of an origin know what was before it.
    data : dict of str to str
        The sha256 of what each file holds until then, by its name.
    horizon : int
        In months.
    months : int
        How long before each origin histories begin that are held against data; 0: none are.
    keep : float or None
        The share of them that is kept.
    met : bool
        Whether all bars of the file of observations are met.
    origins : list of OriginOfHindcast
    """

    DRAWN = True
    NEEDS = ("hindcast.txt", "scores.csv", "forecasts.csv", "rivals.csv", "hindcast.json", "scenario.yaml")

    kind: Literal["hindcast"] = "hindcast"
    cutoff: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    data: dict[Text, Digest]
    horizon: Count
    months: Annotated[int, Field(ge=0)]
    keep: float | None
    met: bool
    origins: Annotated[list[OriginOfHindcast], Field(min_length=1)]


class Compared(_Part):
    """A run that was compared."""

    name: Text
    scenario: Text
    title: Text
    settings: list[Changed]
    fingerprint: Fingerprint
    seed: Seed
    replications: Count
    days: Days
    parley: Text


class ComparisonManifest(Manifest):
    """The manifest of a comparison: the runs, the first of which the others are compared with."""

    DRAWN = True
    NEEDS = ("comparison.txt", "comparison.csv", "comparison.md", "comparison.json")

    kind: Literal["comparison"] = "comparison"
    compared: Annotated[list[Compared], Field(min_length=2)]


class PanelMember(_Part):
    """A member of a panel: its weight, and what it holds otherwise than the base."""

    name: Text
    title: Text
    weight: Annotated[float, Field(gt=0, le=1)]
    fingerprint: Fingerprint
    settings: list[Changed]


class PanelManifest(OfScenario):
    """The manifest of a panel, whose scenario is the base: its members, their outcomes and what they conclude."""

    NEEDS = ("panel.txt", "panel.csv", "dissent.csv", "turning.csv", "panel.json", "scenario.yaml")

    kind: Literal["panel"] = "panel"
    members: Annotated[list[PanelMember], Field(min_length=2)]
    outcomes: dict[str, Called]
    conclusion: Text


KINDS: Mapping[str, type[Manifest]] = {
    model.model_fields["kind"].default: model
    for model in (
        RunManifest, SweepManifest, SensitivityManifest, OneAtATimeManifest, SobolManifest, DiscoveryManifest,
        BreakEvenManifest, CalibrationManifest, UpdateManifest, HindcastManifest,
        ChoicesManifest, ComparisonManifest, PanelManifest,
    )
}  # fmt: skip
# The table by which older versions, whose manifests name no kind, tell what they are of; others are of runs.
_TOLD_BY = {"sweep.csv": "sweep", "one_at_a_time.csv": "one_at_a_time", "sensitivity.csv": "sensitivity",
            "sobol.csv": "sobol", "comparison.csv": "comparison", "discovery.csv": "discovery"}  # fmt: skip


# How many folders of results a hint names.
MOST_NAMED = 3


def results_inside(folder: Path) -> list[Path]:
    """Return which folders in a folder are results; none where there is no such folder."""
    return sorted(one.parent for one in folder.glob(f"*/{NAME}") if one.is_file()) if os.path.isdir(folder) else []


def _inside(folder: Path) -> str:
    """Return which folders in a folder are results, as a hint; nothing where none is."""
    found = results_inside(folder)
    if not found:
        return ""
    more = f" and {len(found) - MOST_NAMED:,} more" if len(found) > MOST_NAMED else ""
    return f"; results in it: {', '.join(map(str, found[:MOST_NAMED]))}{more}"


def no_folder(folder: Path, otherwise: str = "") -> str:
    """Return that there is no such folder, and which results beside it have such a name, or else something else."""
    near = closest(folder.name, [one.name for one in results_inside(folder.parent)])
    return f"there is no folder {folder}{f'. Did you mean {folder.with_name(near)}?' if near else otherwise}"


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a folder of results, as the model of its kind.

    Raises
    ------
    StoreError
        When there is none, it was changed, or it is of an older or newer version whose results cannot be read now.
    """
    path = folder / NAME
    try:
        content = read_bytes(path, MOST_BYTES)
    except FileNotFoundError as error:
        if not folder.exists():
            raise StoreError(no_folder(folder)) from error
        raise StoreError(f"{folder} is not the folder of a run (it has no {NAME}){_inside(folder)}") from error
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror or error}") from error
    try:
        said = json.loads(content.decode(), parse_constant=_no_number)
    except RecursionError as error:
        raise StoreError(f"{path} is damaged: it is nested too deeply; run it again with --force") from error
    except ValueError as error:
        raise StoreError(f"{path} is damaged: it is no whole JSON; run it again with --force") from error
    if not isinstance(said, dict):
        raise StoreError(f"{path} is damaged: it holds no names with values; run it again with --force")
    model = KINDS.get(kind) if isinstance(kind := said.get("kind"), str) else None
    _refuse_other_versions(folder, said, model or KINDS[kind_told(said)])
    if model is None:
        raise StoreError(f"{path}: kind is none of {', '.join(KINDS)}")
    del said["seal"]
    missing = [name for name in model.model_fields if name not in said]
    if missing:
        raise StoreError(f"{path} has no {missing[0]}")
    try:
        found = model.model_validate(said)
    except (ValidationError, RecursionError) as error:
        raise StoreError(f"{path}: {_first(error)}") from error
    if content != found.sealed(found.sha256):
        turned = content.replace(b"\r\n", b"\n") == found.sealed(found.sha256)
        raise StoreError(
            f"{path}: {LINE_ENDS}" if turned else f"{path} was changed since it was written; run it again with --force"
        )
    return found


def _refuse_other_versions(folder: Path, said: Mapping[str, Any], model: type[Manifest]) -> None:
    """Refuse what versions wrote whose results had other files or another form.

    Raises
    ------
    StoreError
    """
    names = said.get("sha256")
    if not isinstance(names, dict):
        raise StoreError(f"{folder / NAME} has no sha256 of files")
    wanted = [(name,) if isinstance(name, str) else name for name in model.NEEDS]
    missing = [" or ".join(one) for one in wanted if not any(name in names for name in one)]
    form = said.get("format")
    newer = isinstance(form, int) and form > FORMAT
    if missing or form != FORMAT or isinstance(form, bool) or "seal" not in said:
        version = said.get("parley")
        by = (
            f"was made by Parley {version}"
            if isinstance(version, str) and len(version) < 40
            else "does not say what made it"
        )
        without = f" without {', '.join(missing)}" if missing else " in the form of a newer version" if newer else (
            " in the form of an older version")  # fmt: skip
        raise StoreError(f"{folder} {by}{without}; run it again with --force")
    known = {name for one in wanted for name in one} | {*model.MAY, *EXPLAINED}
    for name in names:
        if name not in known:
            raise StoreError(f"{folder / NAME} names {name!r}, which is no file of a {model.model_fields['kind'].default}")


def kind_told(said: Mapping[str, Any]) -> str:
    """Return of which kind results of any version are, by what their manifest says."""
    names, kind = said.get("sha256"), said.get("kind")
    by_table = (known for name, known in _TOLD_BY.items() if isinstance(names, dict) and name in names)
    return kind if isinstance(kind, str) and kind in KINDS else next(by_table, "run")


def _first(error: ValidationError | RecursionError) -> str:
    """Return the first thing that is wrong, with its place."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])[:200]
    return f"{place}: {first['msg'][0].lower()}{first['msg'][1:]}"


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def sealed(said: Mapping[str, Any]) -> bytes:
    """Return the bytes of a manifest that says this, and seals it."""
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    seal = hashlib.sha256(text.encode()).hexdigest()
    return (json.dumps({**said, "seal": seal}, indent=2) + "\n").encode()
