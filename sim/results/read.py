"""The one reader of results: a folder, its manifest, its tables, its scenario, each held to what it must be.

Whatever is wrong with them is one `StoreError` that says what and where.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim import __version__
from sim.engine.draws import Floats
from sim.gate import ACTED_ON, shown
from sim.model import WarScenario
from sim.results.columns import OF_SCENARIO, TEXT, WHOLE, Column
from sim.results.files import read_bytes
from sim.results.identity import as_kept, kept_label
from sim.results.manifest import LINE_ENDS, Manifest, OfScenario, StoreError, read_manifest
from sim.results.place import settle
from sim.results.tables import as_it_was, is_number
from sim.scenario import Scenario, ScenarioError, ScenarioHead, load_scenario, read_yaml

SCENARIO = "scenario.yaml"
# judgement: what is not a row a replication is never larger, and a row of these is never longer.
MOST_BYTES, MOST_BYTES_OF_A_ROW = 1_000_000_000, 65_536
LONGEST_TEXT, LONGEST_OF_ARRAY = 10_000, 200


@dataclass(frozen=True)
class Folder:
    """A folder of results whose files are as they were written.

    Attributes
    ----------
    path : Path
    manifest : Manifest
    files : dict of str to bytes
    """

    path: Path
    manifest: Manifest
    files: Mapping[str, bytes]

    def text(self, name: str) -> str:
        """Return a file as text.

        Raises
        ------
        StoreError
        """
        try:
            # Tables for spreadsheets begin with a mark.
            found = self.files[name].decode("utf-8-sig" if name.endswith(".csv") else "utf-8")
        except UnicodeDecodeError as error:
            line = self.files[name].count(b"\n", 0, error.start) + 1
            raise StoreError(f"{self.path / name}, line {line}: this is not text in UTF-8") from error
        # Texts pass the gate when they are shown; a scenario is held to its own rules when it is loaded.
        if name.endswith(".csv") and (odd := ACTED_ON.search(found)):
            line = found.count("\n", 0, odd.start()) + 1
            raise StoreError(f"{self.path / name}, line {line}: there is a character that is not shown, {shown(odd[0])}")
        return found

    def table(self, name: str, columns: Sequence[Column], only: Collection[str] | None = None) -> Table:
        """Return a table with these columns, or `only` some of them.

        Raises
        ------
        StoreError
            When it has others, or cells hold what they may not.
        """
        alone = isinstance(self.manifest, OfScenario)
        some = None if only is None else {OF_SCENARIO.name, *only}
        table = read_table(self.text(name), [OF_SCENARIO, *columns] if alone else columns, self.path / name, some)
        return self.of_its_scenario(table) if alone else table

    def of_its_scenario(self, table: Table) -> Table:
        """Return a table without the column that says of which scenario it is, after making sure that this is so.

        Raises
        ------
        StoreError
        """
        assert isinstance(self.manifest, OfScenario), "results of one scenario"
        columns = table.columns()
        name = kept_label(self.manifest)
        table.hold(columns.pop(OF_SCENARIO.name) == name, f"it should be of the scenario {name}")
        return Table(table.path, table.rows, columns)

    def scenario(self) -> Scenario[ScenarioHead]:
        """Return the scenario, under the name that it had.

        Raises
        ------
        StoreError
            When it cannot be read, or is not of the time that was run.
        """
        path, manifest = self.path / SCENARIO, self.manifest
        assert isinstance(manifest, OfScenario), "results with a scenario say which"
        self.text(SCENARIO)
        try:
            if "extends" in read_yaml(path).value:
                raise StoreError(
                    f"{path} extends another scenario, which the one that was run never does; run it again with --force"
                )
            scenario: Scenario[ScenarioHead] = load_scenario(path, WarScenario)
        except ScenarioError as error:
            raise StoreError(
                f"{path} cannot be read by this version ({__version__}; it was written by {manifest.parley}); "
                f"run it again with --force. First problem: {error.problems[0]}"
            ) from error
        return as_kept(scenario, manifest)


def read_folder(folder: Path) -> Folder:
    """Return a folder of results, after making sure that its files are as they were written.

    Raises
    ------
    StoreError
        When it is none, or one of its files is missing, was changed, or is no file.
    """
    settle(folder)
    manifest = read_manifest(folder)
    rows = manifest.replications if isinstance(manifest, OfScenario) else 0
    files = {}
    for name, digest in manifest.sha256.items():
        path = folder / name
        try:
            content = read_bytes(path, MOST_BYTES + rows * MOST_BYTES_OF_A_ROW)
        except OSError as error:
            raise StoreError(f"cannot read {path}: {error.strerror or error}") from error
        if hashlib.sha256(content).hexdigest() != digest:
            ends = hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest() == digest
            reason = f": {LINE_ENDS}" if ends else " was changed since the run wrote it; run it again with --force"
            raise StoreError(f"{path}{reason}")
        files[name] = content
    return Folder(folder, manifest, files)


class Table:
    """A table as columns, which are as they should be.

    Attributes
    ----------
    path : Path
    rows : int
    """

    def __init__(self, path: Path, rows: int, columns: Mapping[str, NDArray[Any]]) -> None:
        self.path, self.rows, self._columns = path, rows, columns

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self._columns[name]

    def columns(self) -> dict[str, NDArray[Any]]:
        """Return all columns by name: text, or numbers with NaN where they are empty."""
        return dict(self._columns)

    def floats(self, name: str) -> Floats:
        """Return a column of numbers."""
        found: Floats = self._columns[name]
        return found

    def dicts(self) -> Iterator[dict[str, Any]]:
        """Yield the rows as plain values; None where a number is empty."""
        known = [[None if value != value else value for value in values.tolist()] for values in self._columns.values()]
        for row in zip(*known, strict=True):
            yield dict(zip(self._columns, row, strict=True))

    def wrong(self, row: int, what: str) -> StoreError:
        """Return what is wrong with a row, counted from 0, as an error."""
        return StoreError(f"{self.path}, row {row + 1}: {what}")

    def hold(self, fine: NDArray[np.bool_], what: str) -> None:
        """Refuse the table unless something holds of all rows; `what` says of the first in which it does not.

        Raises
        ------
        StoreError
        """
        if not fine.all():
            raise self.wrong(int(np.flatnonzero(~fine)[0]), what)

    def one_of(self, name: str, known: Collection[str]) -> None:
        """Refuse the table unless a column of text has only these values."""
        odd = ~np.isin(self._columns[name], np.array(sorted(known), dtype=np.str_))
        if odd.any():
            place = int(np.flatnonzero(odd)[0])
            raise self.wrong(place, f"{str(self._columns[name][place])[:60]!r} is no {name} of these results")

    def in_order(self, keys: Sequence[tuple[Any, ...]]) -> None:
        """Refuse the table unless the keys of its rows rise: none out of its place or there twice."""
        for place in range(1, len(keys)):
            if keys[place] <= keys[place - 1]:
                raise self.wrong(place, "it is there twice or out of its order")

    def just(self, keys: Sequence[tuple[Any, ...]], wanted: Sequence[tuple[Any, ...]]) -> None:
        """Refuse the table unless the keys of its rows are just these."""
        for place, (key, its) in enumerate(zip(keys, wanted, strict=False)):
            if key != its:
                shown = " ".join(str(part)[:60] for part in its if part != "")
                raise self.wrong(place, f"this should be the row of {shown}")
        if len(keys) != len(wanted):
            raise StoreError(f"{self.path} has {len(keys):,} rows and should have {len(wanted):,}")


def read_table(content: str, columns: Sequence[Column], path: Path, only: Collection[str] | None = None) -> Table:
    """Return a table with these columns, in whatever order, of which `only` some may be read.

    Raises
    ------
    StoreError
        When columns are missing, odd or there twice, rows are not whole, or cells hold what they may not.
    """
    if not content.endswith("\n"):
        raise StoreError(f"{path} is not a whole table: " + ("its last row breaks off" if content else "it is empty"))
    header, *rows = _cells(content, path)
    check_columns(header, columns, path)
    for place, row in enumerate(rows):
        if len(row) != len(header):
            raise StoreError(f"{path}, row {place + 1}: it has {len(row)} cells, and the header {len(header)}")
    by_name = dict(zip(header, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(header, ())
    wanted = (column for column in columns if only is None or column.name in only)
    return Table(path, len(rows), {column.name: _read(column, by_name[column.name], path) for column in wanted})


def check_columns(header: Sequence[str], columns: Sequence[Column], path: Path) -> None:
    """Refuse a table whose columns are not these, each once.

    Raises
    ------
    StoreError
    """
    wanted = [column.name for column in columns]
    for name in wanted:
        if name not in header:
            raise StoreError(f"{path} has no column {name}")
    for name in header:
        if name not in wanted:
            raise StoreError(f"{path} has a column {name[:60]!r}, which is none of this table")
    if len(header) > len(wanted):
        twice = next(name for place, name in enumerate(header) if name in header[:place])
        raise StoreError(f"{path} has the column {twice} twice")


def _cells(content: str, path: Path) -> list[list[str]]:
    if '"' not in content:
        # Five times as fast as the csv module.
        return [line.split(",") for line in content.split("\n")[:-1]]
    try:
        return [row for row in csv.reader(io.StringIO(content, newline=""), strict=True) if row]
    except csv.Error as error:
        raise StoreError(f"{path} is not a whole table: {error}") from error


def _read(column: Column, cells: Sequence[str], path: Path) -> NDArray[Any]:
    if column.kind == TEXT:
        return check_texts(column, [as_it_was(cell) for cell in cells], path)
    try:
        values = np.array([float(cell) if cell else np.nan for cell in cells], dtype=np.float64)
    except ValueError as error:
        place = next(place for place, cell in enumerate(cells) if cell and not is_number(cell))
        raise _odd(column, place, cells[place], path) from error
    check_numbers(column, values, np.array([not cell for cell in cells], dtype=np.bool_), path)
    return values


def check_numbers(column: Column, values: Floats, empty: NDArray[np.bool_], path: Path) -> None:
    """Refuse a column of numbers with one that is none, or not between its bounds, or empty where it may not be.

    Raises
    ------
    StoreError
    """
    # As much as sums of shares may be off in their last digits.
    slack = 1e-9
    with np.errstate(invalid="ignore"):
        fine = (values >= column.low - slack) & (values <= column.high + slack)
        if column.kind == WHOLE:
            fine &= values == np.floor(values)
    fine |= empty & column.empty
    if not fine.all():
        place = int(np.flatnonzero(~fine)[0])
        raise _odd(column, place, "" if empty[place] else f"{values[place]:g}", path)


def check_texts(column: Column, cells: Sequence[str], path: Path) -> NDArray[Any]:
    """Return a column of text, after making sure that each is of a length that it may have.

    Raises
    ------
    StoreError
    """
    for place, cell in enumerate(cells):
        if len(cell) > LONGEST_TEXT or not (cell or column.empty):
            raise _odd(column, place, cell, path)
    # Text of any length beside one another: an array of equally long ones could be far larger than the table.
    return np.array(cells, dtype=np.object_ if max(map(len, cells), default=0) > LONGEST_OF_ARRAY else np.str_)


def _odd(column: Column, place: int, cell: str, path: Path) -> StoreError:
    bounds = (
        "" if column.kind == TEXT or column.high - column.low >= 2e30 else f" between {column.low:g} and {column.high:g}"
    )
    if not bounds and column.low == 0:
        bounds = " from 0 on"
    what = "it is empty" if not cell else f"{cell[:40]!r}" if column.kind != TEXT else "it is too long"
    return StoreError(f"{path}, row {place + 1}, column {column.name}: {what}, and should be {column.kind}{bounds}")
