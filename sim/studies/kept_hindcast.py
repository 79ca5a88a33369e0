"""Hindcasts that are kept: read again from their folders, as far as pages are made of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from sim.results.columns import FORECASTS, RIVALS, SCORES
from sim.results.manifest import HindcastManifest, StoreError
from sim.results.read import Folder, Table
from sim.scenario import Scenario, ScenarioHead
from sim.studies.hindcast import ALL, AT_WAR, CALIBRATED, MONTH, SCENARIO, SUM, WHOLE

_TOLD = "hindcast.json"
_AGAIN = "run it again with --force"


class _Told(BaseModel):
    """What `hindcast.json` says that no table does; attributes as in `Hindcast`."""

    model_config = ConfigDict(strict=True)

    data: str
    units: dict[str, str]
    overlap: str
    findings: list[str]
    left_out: list[str]


@dataclass(frozen=True)
class KeptHindcast:
    """A hindcast as its tables have it.

    Attributes
    ----------
    scenario : Scenario
        That was started, or the first of those that were.
    manifest : HindcastManifest
    data : str
        The name of the file of observations.
    units : dict of str to str
        Of each series; of an event nothing.
    overlap : str
        How horizons overlap, in words.
    findings, left_out : list of str
    forecasts, rivals, scores : list of dict
        The rows of the tables.
    """

    scenario: Scenario[ScenarioHead]
    manifest: HindcastManifest
    data: str
    units: dict[str, str]
    overlap: str
    findings: list[str]
    left_out: list[str]
    forecasts: list[dict[str, Any]]
    rivals: list[dict[str, Any]]
    scores: list[dict[str, Any]]

    @property
    def series(self) -> list[str]:
        """All that was told of, series before events."""
        return list(dict.fromkeys(row["series"] for row in self.forecasts))

    def is_event(self, series: str) -> bool:
        """Return whether it is told by chances and not by amounts."""
        return all(row["p05"] is None for row in self.forecasts if row["series"] == series)

    def ours(self, series: str) -> list[str]:
        """Return which of the forecasts are of the model: of the scenario, and of the calibrated one where it is there."""
        key = series, self.given(series)
        known = {row["who"] for row in self.forecasts if (row["series"], row["given"]) == key}
        return [who for who in (SCENARIO, CALIBRATED) if who in known]

    def given(self, series: str) -> str:
        """Return of which histories a series is shown: of those at war, if enough of the scenario were."""
        key = series, AT_WAR, SCENARIO
        at_war = any((row["series"], row["given"], row["who"]) == key for row in self.forecasts)
        return AT_WAR if at_war else ALL

    def months(self, series: str, who: str) -> Iterator[dict[str, Any]]:
        """Yield the forecasts of single months of a series, in the order of time."""
        key = series, who, self.given(series)
        found = [row for row in self.forecasts if (row["series"], row["who"], row["given"]) == key and row["lead"] != WHOLE]
        yield from sorted(found, key=lambda row: (row["origin"], row["lead"]))

    def scored(self, series: str, who: str, score: str) -> dict[tuple[str, int], float]:
        """Return a score of each month of a series, by origin and month."""
        key = series, who, self.given(series), score
        return {
            (row["origin"], int(row["lead"])): row["value"]
            for row in self.scores
            if (row["series"], row["who"], row["given"], row["score"]) == key and row["lead"] != WHOLE
        }


def read_hindcast(found: Folder) -> KeptHindcast:
    """Return the hindcast in a folder that was read.

    Raises
    ------
    StoreError
        When the folder is none of a hindcast, or its files do not agree with one another.
    """
    manifest = found.manifest
    if not isinstance(manifest, HindcastManifest):
        raise StoreError(f"{found.path} holds no hindcast")
    try:
        told = _Told.model_validate_json(found.text(_TOLD))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])[:200] or "all of it"
        raise StoreError(f"{found.path / _TOLD}: {place}: {first['msg'][0].lower()}{first['msg'][1:]}") from error
    columns = {"forecasts.csv": FORECASTS, "rivals.csv": RIVALS, "scores.csv": SCORES}
    forecasts, rivals, scores = (found.table(name, of) for name, of in columns.items())
    origins = [one.origin for one in manifest.origins]
    for table in (forecasts, scores):
        table.one_of("origin", origins)
        table.hold(table["lead"] <= manifest.horizon, "it is of a month beyond the horizon")
    for table in (forecasts, rivals, scores):
        table.one_of("series", told.units)
        table.one_of("given", (ALL, AT_WAR))
    rivals.one_of("lead", (MONTH, SUM))
    _hold(forecasts)
    return KeptHindcast(
        found.scenario(), manifest, told.data, told.units, told.overlap, told.findings, told.left_out,
        list(forecasts.dicts()), list(rivals.dicts()), list(scores.dicts()),
    )  # fmt: skip


def _hold(table: Table) -> None:
    """Refuse forecasts whose days or quantiles are not in their order."""
    for place, row in enumerate(table.dicts()):
        try:
            since, until = (date.fromisoformat(row[name]) for name in ("since", "until"))
        except ValueError as error:
            raise table.wrong(place, f"its days are no dates; {_AGAIN}") from error
        levels = [row[f"p{level}"] for level in ("05", "10", "25", "50", "75", "90", "95")]
        known = [level for level in levels if level is not None]
        if since >= until or known != sorted(known) or len(known) not in (1, len(levels)):
            raise table.wrong(place, f"its days or its quantiles are not in their order; {_AGAIN}")
