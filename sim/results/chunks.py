"""A large run in chunks: each is run by a worker and kept as a part, and all are put together column by column.

Memory hardly grows with the number of replications: a worker holds one chunk, and who puts them together one chunk or one
column (8 MB for a million). What comes out does not depend on the size of chunks, on who ran them, or on when.
"""

from __future__ import annotations

import io
import json
import platform
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.draws import Floats
from sim.engine.recorder import Event
from sim.ensemble.run import BATCH, Ensemble, Plan, run_shared_surviving, run_surviving
from sim.ensemble.workers import ALONE, Pool, cores, shared
from sim.results import parquet
from sim.results.parts import Parts
from sim.results.store import StoreError, is_of, what_is_run, write_run
from sim.results.summary import Row, summarise
from sim.results.tables import outcomes_header, outcomes_rows
from sim.scenario import Scenario, ScenarioHead

_OUTCOME, _DRAWN, _SERIES, _ROWS, _REST = "outcome/", "drawn/", "series", "rows", "rest"


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
    kept : int
        Chunks that were there already.
    """

    ensemble: Ensemble
    outcomes: Path
    kept: int


def layout(replications: int, most: int = BATCH) -> list[tuple[int, int]]:
    """Return the chunks, each from its first replication up to the next one's.

    >>> layout(10_000)
    [(0, 2500), (2500, 5000), (5000, 7500), (7500, 10000)]
    """
    count = -(-replications // most)
    # An even number, so that two processes are done at the same time.
    count += count % 2 if count > 1 else 0
    edges = [place * replications // count for place in range(count + 1)]
    return list(pairwise(edges))


def about(scenario: Scenario[ScenarioHead], plan: Plan, most: int = BATCH) -> dict[str, Any]:
    """Return all that the chunks of a run depend on."""
    return {**what_is_run(scenario, plan), "watched": list(plan.watched), "chunk": most}


@contextmanager
def run_into(
    folder: Path,
    scenario: Scenario[ScenarioHead],
    plan: Plan,
    *,
    force: bool = False,
    pool: Pool = ALONE,
    most: int = BATCH,
    as_parquet: bool = False,
    progress: Callable[[int], None] = lambda done: None,
    note: Callable[[str], None] = lambda text: None,
) -> Iterator[tuple[Ensemble, list[Row]]]:
    """Run a scenario and write its tables to a folder; yield the run and its summary while its columns can be read.

    A small run is one chunk and is kept in memory. Parameters as in `run_in_chunks`; `force` replaces what is in the folder,
    and `as_parquet` writes the table of replications as Parquet rather than CSV.

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

    if plan.replications <= most:
        ensemble = run_shared_surviving(scenario, plan, pool)
        progress(plan.replications)
        summary = summarise(ensemble)
        beside_it = folder.with_name(f"{folder.name}.unfinished")
        if beside_it.exists():
            note(f"{beside_it} holds what an interrupted run has finished; remove it if that is no longer wanted")
        if as_parquet:
            with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=_made(folder.parent)) as beside:
                table = Path(beside) / parquet.NAME
                _write_parquet(table, [parquet.columns_of(ensemble)])
                write_run(ensemble, summary, folder, force, outcomes=table, timing=timing(0))
        else:
            write_run(ensemble, summary, folder, force, timing=timing(0))
        yield ensemble, summary
        return
    parts = Parts.of(folder, about(scenario, plan, most), force)
    stored = run_in_chunks(scenario, plan, parts, pool, most=most, progress=progress, note=note)
    summary, table = summarise(stored.ensemble), stored.outcomes
    if as_parquet:
        table = table.with_name(parquet.NAME)
        chunks = (Chunk(scenario, plan, first, end, parts) for first, end in layout(plan.replications, most))
        _write_parquet(table, (_as_columns(_arrays(chunk, note), chunk) for chunk in chunks))
    write_run(stored.ensemble, summary, folder, force, outcomes=table, timing=timing(stored.kept), scratch=parts.folder)
    try:
        yield stored.ensemble, summary
    finally:
        parts.remove()


def tidy(folder: Path, scenario: Scenario[ScenarioHead], plan: Plan, most: int = BATCH) -> None:
    """Remove the chunks of a run that was killed between writing its results and removing them."""
    if is_of(folder, scenario, plan):
        with suppress(StoreError):
            parts = Parts.of(folder, about(scenario, plan, most), force=False)
            if parts.folder.exists():
                parts.begin()  # or someone is at work in it
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
    missing = [chunk for chunk in chunks if parts.read(chunk.name) is None]
    for chunk in missing:
        if parts.has(chunk.name):
            note(f"{parts.folder / chunk.name} is damaged and is made again")
    kept = len(chunks) - len(missing)
    if kept:
        note(f"{kept:,} of {len(chunks):,} chunks were there already, from a run that was interrupted")
    done = plan.replications - sum(chunk.end - chunk.first for chunk in missing)
    progress(done)
    parts.begin()
    for place, _ in shared(keep_chunk, missing, pool):
        done += missing[place].end - missing[place].first
        progress(done)
    ensemble, outcomes = _put_together(chunks, parts, note)
    return Stored(ensemble, outcomes, kept)


def keep_chunk(chunk: Chunk) -> None:
    """Run a chunk and keep it; a worker's task."""
    ensemble = run_surviving(chunk.scenario, chunk.plan, np.arange(chunk.first, chunk.end, dtype=np.int64))
    rest = {
        "series_columns": ensemble.series_columns,
        "series_days": ensemble.series_days,
        "events": [[event.day, event.replication, event.kind, dict(event.values)] for event in ensemble.events],
        "tallies": [[day, question, counts.tolist()] for (day, question), counts in ensemble.tallies.items()],
        "failures": list(ensemble.failures.items()),
    }
    arrays = {
        **{_OUTCOME + name: values for name, values in ensemble.outcomes.items()},
        **{_DRAWN + name: values for name, values in ensemble.drawn.items()},
        _SERIES: np.asarray(ensemble.series),
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
        return self._folder / f"{self._prefix}-{list(self._types).index(name):04}.bin"

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
        self._files = [folder / f"series-{column:04}.bin" for column in range(columns)]
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


def _put_together(chunks: Sequence[Chunk], parts: Parts, note: Callable[[str], None]) -> tuple[Ensemble, Path]:
    folder = parts.folder / "columns"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir()
        return _appended(chunks, folder, note)
    except OSError as error:
        raise StoreError(
            f"cannot write {folder}: {error.strerror or error}; the chunks stay, and the same command goes on"
        ) from error


def _appended(chunks: Sequence[Chunk], folder: Path, note: Callable[[str], None]) -> tuple[Ensemble, Path]:
    whole: Ensemble | None = None
    outcomes, drawn = _Columns(folder, "outcome"), _Columns(folder, "drawn")
    path = folder / "outcomes.csv"
    for chunk in chunks:
        arrays = _arrays(chunk, note)
        rest = json.loads(arrays[_REST].tobytes())
        for name in arrays.files:
            for prefix, columns in ((_OUTCOME, outcomes), (_DRAWN, drawn)):
                if name.startswith(prefix):
                    columns.append(name.removeprefix(prefix), arrays[name])
        if whole is None:
            names = [(field, of) for field, of in rest["series_columns"]]
            series = _Series(folder, len(names), len(rest["series_days"]))
            numbers = np.arange(chunk.plan.replications, dtype=np.int64)
            whole = Ensemble(
                chunk.scenario, chunk.plan, numbers, outcomes, drawn, names, tuple(rest["series_days"]), series, [], {}
            )
            path.write_text(outcomes_header(whole), encoding="utf-8")
        series.append(arrays[_SERIES])
        with path.open("ab") as file:
            file.write(arrays[_ROWS].tobytes())
        whole.events.extend(Event(day, number, kind, values) for day, number, kind, values in rest["events"])
        for day, question, counts in rest["tallies"]:
            whole.tallies[day, question] = whole.tallies.get((day, question), 0) + np.array(counts, dtype=np.int64)
        whole.failures.update((number, reason) for number, reason in rest["failures"])
    assert whole is not None, "a run has a chunk"
    return whole, path


def _write_parquet(table: Path, parts: Iterable[Mapping[str, NDArray[Any]]]) -> None:
    try:
        parquet.write(table, parts)
    except OSError as error:
        raise StoreError(f"cannot write {table.name}: {error}; the same command goes on with what is finished") from error


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _as_columns(arrays: Any, chunk: Chunk) -> dict[str, NDArray[Any]]:
    named = [name for name in arrays.files if name.startswith((_OUTCOME, _DRAWN))]
    numbers = np.arange(chunk.first, chunk.end, dtype=np.int64)
    return {"replication": numbers, **{name.partition("/")[2]: arrays[name] for name in named}}


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
