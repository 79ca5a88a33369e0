"""The table of replications as Parquet, which is smaller than CSV and quicker to read: `outcomes.parquet`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from sim.engine.draws import Ints
from sim.ensemble.cluster import MissingExtra
from sim.ensemble.run import Ensemble, Plan
from sim.results.columns import OF_SCENARIO, TEXT, Column
from sim.results.identity import identity_of
from sim.results.manifest import StoreError
from sim.results.read import Table, check_columns, check_numbers, check_texts
from sim.scenario import Scenario, ScenarioHead

NAME, PATHS = "outcomes.parquet", "paths.parquet"
Columns = Mapping[str, NDArray[Any]]


def arrow() -> Any:
    """Return pyarrow, with its `parquet`.

    Raises
    ------
    MissingExtra
        When it is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtra("Parquet needs pyarrow: pip install 'parley[parquet]'") from error
    return pyarrow


def columns_of(ensemble: Ensemble) -> dict[str, NDArray[Any]]:
    """Return the columns of the table: scenario, number, outcomes, drawn parameters."""
    return {**head_of(ensemble.scenario, ensemble.plan, ensemble.numbers), **ensemble.outcomes, **ensemble.drawn}


def head_of(scenario: Scenario[ScenarioHead], plan: Plan, numbers: Ints) -> dict[str, NDArray[Any]]:
    """Return the columns that tell histories from others: their scenario, with what was set, and their number."""
    return {OF_SCENARIO.name: np.full(len(numbers), identity_of(scenario, plan).label), "replication": numbers}


def write(path: Path, parts: Iterable[Columns]) -> None:
    """Write a table, a file that is not there yet, part by part; what does not apply is null."""
    pyarrow, writer = arrow(), None
    with path.open("xb") as file:
        try:
            for columns in parts:
                table = pyarrow.table({name: pyarrow.array(values, from_pandas=True) for name, values in columns.items()})
                if writer is None:
                    writer = pyarrow.parquet.ParquetWriter(file, table.schema)
                writer.write_table(table)
        finally:
            if writer is not None:
                writer.close()


def read(content: BinaryIO, columns: Sequence[Column], path: Path, rows: int, only: Collection[str] | None = None) -> Table:
    """Return a table with these columns and so many rows, of which `only` some may be read.

    NaN and empty text stand where something does not apply.

    Raises
    ------
    StoreError
        When it is damaged, has other columns or rows, or holds what it may not.
    """
    pyarrow = arrow()
    try:
        file = pyarrow.parquet.ParquetFile(content)
        schema, found = file.schema_arrow, file.metadata.num_rows
        # Before anything large is made of it.
        check_columns(schema.names, columns, path)
        if found != rows:
            raise StoreError(f"{path} has {found:,} rows and should have {rows:,}")
        wanted = [column for column in columns if only is None or column.name in only]
        for column in wanted:
            _hold_type(pyarrow.types, schema.field(column.name).type, column, path)
        table = file.read([column.name for column in wanted])
        arrays = {column.name: _array(table.column(column.name), column, path) for column in wanted}
    except (OSError, ValueError, OverflowError, pyarrow.ArrowException) as error:
        raise StoreError(f"{path} cannot be read: {' '.join(str(error).split())[:200]}") from error
    return Table(path, rows, arrays)


def _hold_type(types: Any, its: Any, column: Column, path: Path) -> None:
    fine = types.is_string(its) if column.kind == TEXT else types.is_floating(its) or types.is_integer(its)
    if not fine:
        raise StoreError(f"{path}, column {column.name}: it holds {its}, and should be {column.kind}")


def _array(values: Any, column: Column, path: Path) -> NDArray[Any]:
    if column.kind == TEXT:
        return check_texts(column, ["" if value is None else value for value in values.to_pylist()], path)
    numbers = np.asarray(values.to_numpy(), dtype=np.float64)
    check_numbers(column, numbers, np.isnan(numbers), path)
    return numbers
