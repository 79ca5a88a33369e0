"""A large run in chunks: each is run by a worker and kept as a part, and all are put together column by column.

Memory hardly grows with the number of replications: a worker holds one chunk, and who puts them together one chunk or one
column (8 MB for a million). What comes out does not depend on the size of chunks, on who ran them, or on when.
"""

from __future__ import annotations

import io
import json
import platform
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise, product
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from sim.engine.calendar import Every
from sim.engine.draws import Floats, Ints
from sim.engine.recorder import Event
from sim.ensemble.lucks import NO_MORE, further
from sim.ensemble.run import BATCH, Ensemble, Plan, Whole, run_ensemble, run_histories
from sim.ensemble.workers import ALONE, Pool, cores, shared
from sim.results import parquet
from sim.results.again import kept_as_run
from sim.results.files import HALF, StoreError
from sim.results.parts import COLUMNS, Parts
from sim.results.place import Place, digest_of, known_manifest
from sim.results.store import what_is_run, write_run
from sim.results.summary import Row, summarise
from sim.results.tables import outcomes_header, outcomes_rows, paths_columns, paths_csv
from sim.results.unscripted import with_unscripted
from sim.scenario import Scenario, ScenarioHead

_OUTCOME, _DRAWN, _LUCKS, _SERIES, _PATHS, _ROWS, _REST = "outcome/", "drawn/", "luck/", "series", "paths", "rows", "rest"


@dataclass(frozen=True)
class Chunk:
    """Replications from `first` up to `end`, and where they are kept."""

    scenario: Scenario[ScenarioHead]
    plan: Plan
    first: int
    end: int
    parts: Parts

    @property
    def name(self) -> str:
        """The name of the part."""
        return f"chunk-{self.first:010}.npz"


@dataclass(frozen=True)
class Stored:
    """A run whose columns are on disk.

    Attributes
    ----------
    ensemble : Ensemble
        Its columns are read when they are asked for.
    outcomes : Path
        The table of the replications, ready to be moved.
    paths : list of Path
        The table of their paths, likewise, if they were asked for.
    kept : int
        Chunks that were there already.
    """

    ensemble: Ensemble
    outcomes: Path
    paths: list[Path]
    kept: int


def layout(replications: int, most: int = BATCH) -> list[tuple[int, int]]:
    """Return the chunks, each from its first replication up to the next one's.

    >>> layout(10_000)
    [(0, 2500), (2500, 5000), (5000, 7500), (7500, 10000)]
    """
    count = -(-replications // most)
    # An even number, so that two processes are done at the same time.
    count = min(count + count % 2, replications) if count > 1 else count
    edges = [place * replications // count for place in range(count + 1)]
    return list(pairwise(edges))


def about(scenario: Scenario[ScenarioHead], plan: Plan, most: int = BATCH) -> dict[str, Any]:
    """Return all that the chunks of a run depend on."""
    return {**what_is_run(scenario, plan), **_of_paths(plan.paths), "watched": list(plan.watched), "chunk": most}


def _of_paths(every: Every | None) -> dict[str, str]:
    """Return what the digest of a run says of its paths, as if they were not known of where there are none."""
    return {"paths": every} if every else {}


def place_of_run(
    folder: Path,
    scenario: Scenario[ScenarioHead],
    plan: Plan,
    *,
    force: bool = False,
    most: int = BATCH,
    as_parquet: bool = False,
    excel: bool = False,
    note: Callable[[str], None] = lambda text: None,
) -> Place:
    """Return where the tables of a run go; parameters as in `run_into`, errors as in `Place.of`."""
    table = parquet.NAME if as_parquet else "outcomes.csv"
    asked = {**what_is_run(scenario, plan), **_of_paths(plan.paths), "table": table}
    return Place.of(folder, "run", asked, force, parts=about(scenario, plan, most), excel=excel, note=note)


# The table of the histories, whether tables are marked for Excel, and how often paths are kept.
Form = tuple[str, bool, Every | None]
FORMS: tuple[Form, ...] = tuple(product(("outcomes.csv", parquet.NAME), (False, True), (None, *get_args(Every))))


def is_kept(folder: Path, scenario: Scenario[ScenarioHead], plan: Plan, forms: Iterable[Form] = FORMS) -> bool:
    """Return whether a folder holds this very run with its tables in one of these forms; they are not looked at."""
    try:
        known = known_manifest(folder).get("asked")
    except StoreError:
        return False
    asked = what_is_run(scenario, plan)
    return known in [digest_of({**asked, **_of_paths(often), "table": table}, excel) for table, excel, often in forms]


@contextmanager
def run_into(
    folder: Path | Place,
    scenario: Scenario[ScenarioHead],
    plan: Plan,
    *,
    as_text: Callable[[Ensemble, list[Row]], str],
    force: bool = False,
    pool: Pool = ALONE,
    most: int = BATCH,
    as_parquet: bool = False,
    progress: Callable[[int], None] = lambda done: None,
    note: Callable[[str], None] = lambda text: None,
) -> Iterator[tuple[Ensemble, list[Row]]]:
    """Run a scenario and write its tables to a folder; yield the run and its summary while its columns can be read.

    A small run is one chunk and is kept in memory; one that is there already is read. Parameters as in `run_in_chunks`;
    `as_text` makes the summary a text, `force` replaces what is in the folder, and `as_parquet` writes the table of
    replications as Parquet rather than CSV.

    Raises
    ------
    MissingExtra
        When Parquet is asked for and not there; nothing is run then.
    StoreError, WorkerError
        What is finished of a large run stays, and is taken up when it is asked for again.
    """
    if as_parquet:
        parquet.arrow()
    started = time.perf_counter()

    def timing(kept: int) -> dict[str, Any]:
        seconds = time.perf_counter() - started
        return {
            "seconds": round(seconds, 3),
            "histories_per_second": round(plan.replications / seconds, 1),
            "worked_on_at_once": pool.size,
            "chunks_taken_up": kept,
            "machine": platform.platform(),
            "cores": cores(),
        }

    place = (
        folder
        if isinstance(folder, Place)
        else place_of_run(folder, scenario, plan, force=force, most=most, as_parquet=as_parquet, note=note)
    )
    with place.at_work():
        parts = place.parts
        if place.done:
            progress(plan.replications)
            yield kept_as_run(place.target, plan)
            return
        if plan.replications <= most:
            ensemble, made, kept = run_ensemble(scenario, plan, progress, pool), list[Path](), 0
            if as_parquet:
                parts.scratch(COLUMNS)
                made = [_write_parquet(parts, parquet.NAME, [parquet.columns_of(ensemble)])]
                if plan.paths:
                    made.append(_write_parquet(parts, parquet.PATHS, [paths_columns(ensemble)]))
        else:
            stored = run_in_chunks(scenario, plan, parts, pool, most=most, progress=progress, note=note)
            ensemble, made, kept = stored.ensemble, [stored.outcomes, *stored.paths], stored.kept
            if as_parquet:
                chunks = [Chunk(scenario, plan, first, end, parts) for first, end in layout(plan.replications, most)]
                outcomes = (_as_columns(_arrays(chunk, note), chunk) for chunk in chunks)
                made = [_write_parquet(parts, parquet.NAME, outcomes)]
                if plan.paths:
                    paths = (paths_columns(_kept(chunk, note)[0]) for chunk in chunks)
                    made.append(_write_parquet(parts, parquet.PATHS, paths))
        ensemble = with_unscripted(ensemble, pool)
        summary = summarise(ensemble)
        write_run(ensemble, summary, place, as_text(ensemble, summary), made=made, timing=timing(kept))
        try:
            yield ensemble, summary
        finally:
            # All is there, whatever becomes of it now.
            parts.remove()


def run_in_chunks(
    scenario: Scenario[ScenarioHead],
    plan: Plan,
    parts: Parts,
    pool: Pool = ALONE,
    *,
    most: int = BATCH,
    progress: Callable[[int], None] = lambda done: None,
    note: Callable[[str], None] = lambda text: None,
) -> Stored:
    """Run a scenario in chunks; those that are there already are not run again.

    Parameters
    ----------
    scenario, plan
        As in `run_ensemble`.
    parts : Parts
        Where chunks are kept.
    pool : Pool
        Who runs them.
    most : int
        The most replications of a chunk.
    progress : callable
        Called with the number of replications done.
    note : callable
        Called with what the user should know, in words.

    Raises
    ------
    StoreError
        When a chunk cannot be kept; those that are stay.
    WorkerError
    """
    chunks = [Chunk(scenario, plan, first, end, parts) for first, end in layout(plan.replications, most)]
    parts.begin()
    missing = [chunk for chunk in chunks if parts.read(chunk.name) is None]
    for chunk in missing:
        if parts.has(chunk.name):
            note(f"{parts.folder / chunk.name} is damaged and is made again")
    kept = len(chunks) - len(missing)
    if kept:
        note(f"{kept:,} of {len(chunks):,} chunks were there already, from a run that was interrupted")
    done = plan.replications - sum(chunk.end - chunk.first for chunk in missing)
    progress(done)
    for place, _ in shared(keep_chunk, missing, pool):
        done += missing[place].end - missing[place].first
        progress(done)
    return Stored(*_put_together(chunks, parts, note), kept)


def keep_chunk(chunk: Chunk) -> None:
    """Run a chunk and keep it; a worker's task."""
    ensemble = run_histories(chunk.scenario, chunk.plan, np.arange(chunk.first, chunk.end, dtype=np.int64))
    rest = {
        "series_columns": ensemble.series_columns,
        "series_days": ensemble.series_days,
        "path_columns": ensemble.path_columns,
        "path_days": ensemble.path_days,
        "events": [[event.day, event.replication, event.kind, dict(event.values)] for event in ensemble.events],
        "tallies": [[day, question, counts.tolist()] for (day, question), counts in ensemble.tallies.items()],
        "failures": list(ensemble.failures.items()),
    }
    arrays = {
        **{_OUTCOME + name: values for name, values in ensemble.outcomes.items()},
        **{_DRAWN + name: values for name, values in ensemble.drawn.items()},
        **{_LUCKS + name: values for name, values in ensemble.lucks.items()},
        _SERIES: np.asarray(ensemble.series),
        _PATHS: ensemble.paths,
        _ROWS: np.frombuffer(outcomes_rows(ensemble).encode(), dtype=np.uint8),
        _REST: np.frombuffer(json.dumps(rest).encode(), dtype=np.uint8),
    }
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]
    chunk.parts.write(chunk.name, file.getvalue())


# Putting chunks together


class _Columns(Mapping[str, NDArray[Any]]):
    """Columns of a table, each read from its file when it is asked for."""

    def __init__(self, folder: Path, prefix: str) -> None:
        self._folder, self._prefix = folder, prefix
        self._types: dict[str, np.dtype[Any]] = {}

    def _file(self, name: str) -> Path:
        return self._folder / f"{self._prefix}-{list(self._types).index(name):04}{HALF}"

    def append(self, name: str, values: NDArray[Any]) -> None:
        """Add values at the end of a column."""
        self._types.setdefault(name, values.dtype)
        with self._file(name).open("ab") as file:
            file.write(values.tobytes())

    def __getitem__(self, name: str) -> NDArray[Any]:
        return np.fromfile(self._file(name), dtype=self._types[name]) if name in self._types else _missing(name)

    def __contains__(self, name: object) -> bool:
        return name in self._types

    def __iter__(self) -> Iterator[str]:
        return iter(self._types)

    def __len__(self) -> int:
        return len(self._types)


def _missing(name: str) -> NDArray[Any]:
    raise KeyError(name)


class _Series(Sequence[Floats]):
    """Time series, (days, n) each, read from their files when they are asked for."""

    def __init__(self, folder: Path, columns: int, days: int) -> None:
        self._files = [folder / f"series-{column:04}{HALF}" for column in range(columns)]
        self._days = days
        self._sizes: list[int] = []

    def append(self, part: Floats) -> None:
        """Add the histories of a chunk, (columns, days, n)."""
        if part.shape[1] == 0:
            return
        self._sizes.append(part.shape[2])
        for path, values in zip(self._files, part, strict=True):
            with path.open("ab") as file:
                file.write(values.tobytes())

    def __getitem__(self, column: Any) -> Any:
        whole = np.fromfile(self._files[column])
        cuts = np.cumsum([size * self._days for size in self._sizes])[:-1]
        return np.concatenate([block.reshape(self._days, -1) for block in np.split(whole, cuts)], axis=1)

    def __len__(self) -> int:
        return len(self._files)


class _OnDisk(Whole):
    """A whole whose columns and series are appended to files, chunk by chunk."""

    def __init__(self, numbers: Ints, folder: Path) -> None:
        super().__init__(numbers)
        self._outcomes, self._drawn, self._folder = _Columns(folder, "outcome"), _Columns(folder, "drawn"), folder

    def room(self, part: Ensemble) -> Ensemble:
        self._columns_of = _Series(self._folder, len(part.series_columns), len(part.series_days))
        empty: dict[str, Any] = {
            "events": [], "tallies": {}, "failures": {}, "series": self._columns_of, "paths": np.empty((0, 0, 0)),
        }  # fmt: skip
        return replace(part, numbers=self._numbers, outcomes=self._outcomes, drawn=self._drawn, **empty)

    def fill(self, part: Ensemble, at: slice) -> None:
        for ours, theirs in ((self._outcomes, part.outcomes), (self._drawn, part.drawn)):
            for name, values in theirs.items():
                ours.append(name, values)
        self._columns_of.append(np.asarray(part.series))


def _put_together(chunks: Sequence[Chunk], parts: Parts, note: Callable[[str], None]) -> tuple[Ensemble, Path, list[Path]]:
    folder = parts.folder / COLUMNS
    path, paths = folder / f"outcomes.csv{HALF}", [folder / f"paths.csv{HALF}"] if chunks[0].plan.paths else []
    try:
        parts.scratch(COLUMNS)
        whole = _OnDisk(np.arange(chunks[0].plan.replications, dtype=np.int64), folder)
        with path.open("wb") as file:
            for at, chunk in enumerate(chunks):
                part, rows = _kept(chunk, note)
                if not at:
                    file.write(outcomes_header(part).encode())
                whole.take(at, part)
                file.write(rows)
                for of_paths in paths:
                    with of_paths.open("ab") as other:
                        other.write(paths_csv(paths_columns(part), header=not at).encode())
        return whole.ensemble(), path, paths
    except OSError as error:
        raise StoreError(
            f"cannot write {folder}: {error.strerror or error}; the chunks stay, and the same command goes on"
        ) from error


def _kept(chunk: Chunk, note: Callable[[str], None]) -> tuple[Ensemble, bytes]:
    """Return a chunk that was kept, and its rows of the table of replications."""
    arrays = _arrays(chunk, note)
    rest = json.loads(arrays[_REST].tobytes())
    outcomes, drawn, lucks = (
        {name.removeprefix(prefix): arrays[name] for name in arrays.files if name.startswith(prefix)}
        for prefix in (_OUTCOME, _DRAWN, _LUCKS)
    )
    numbers = np.arange(chunk.first, chunk.end, dtype=np.int64)
    ensemble = Ensemble(
        chunk.scenario, chunk.plan, numbers, outcomes, drawn,
        [(field, of) for field, of in rest["series_columns"]], tuple(rest["series_days"]), arrays[_SERIES],
        [Event(day, number, kind, values) for day, number, kind, values in rest["events"]],
        {(day, question): np.array(counts, dtype=np.int64) for day, question, counts in rest["tallies"]},
        {int(place): reason for place, reason in rest["failures"]},
        further(numbers, chunk.plan.replications) if lucks else NO_MORE, lucks,
        path_columns=[(field, of) for field, of in rest["path_columns"]], path_days=tuple(rest["path_days"]),
        paths=arrays[_PATHS],
    )  # fmt: skip
    return ensemble, arrays[_ROWS].tobytes()


def _write_parquet(parts: Parts, name: str, columns: Iterable[Mapping[str, NDArray[Any]]]) -> Path:
    table = parts.folder / COLUMNS / f"{name}{HALF}"
    try:
        parquet.write(table, columns)
    except OSError as error:
        goes_on = "; the same command goes on with what is finished" if parts.any_finished() else ""
        raise StoreError(f"cannot write {table.name}: {error}{goes_on}") from error
    return table


def _as_columns(arrays: Any, chunk: Chunk) -> dict[str, NDArray[Any]]:
    named = [name for name in arrays.files if name.startswith((_OUTCOME, _DRAWN))]
    numbers = np.arange(chunk.first, chunk.end, dtype=np.int64)
    columns = {name.partition("/")[2]: arrays[name] for name in named}
    return {**parquet.head_of(chunk.scenario, chunk.plan, numbers), **columns}


def _arrays(chunk: Chunk, note: Callable[[str], None]) -> Any:
    """Return the arrays of a chunk, made again if it was damaged since it was looked at."""
    content = chunk.parts.read(chunk.name)
    if content is None:
        note(f"{chunk.parts.folder / chunk.name} is damaged and is made again")
        keep_chunk(chunk)
        content = chunk.parts.read(chunk.name)
    if content is None:
        raise StoreError(f"{chunk.parts.folder / chunk.name} is damaged again as soon as it is written: is the disk sound?")
    return np.load(io.BytesIO(content), allow_pickle=False)
