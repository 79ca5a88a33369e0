"""The table of replications as Parquet, which is smaller than CSV and quicker to read: `outcomes.parquet`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.ensemble.run import Ensemble
from sim.ensemble.workers import MissingExtra

NAME = "outcomes.parquet"
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
    """Return the columns of the table: number, outcomes, drawn parameters."""
    return {"replication": ensemble.numbers, **ensemble.outcomes, **ensemble.drawn}


def write(path: Path, parts: Iterable[Columns]) -> None:
    """Write a table part by part; what does not apply is null."""
    pyarrow, writer = arrow(), None
    try:
        for columns in parts:
            table = pyarrow.table({name: pyarrow.array(values, from_pandas=True) for name, values in columns.items()})
            if writer is None:
                writer = pyarrow.parquet.ParquetWriter(path, table.schema)
            writer.write_table(table)
    finally:
        if writer is not None:
            writer.close()


def read(path: Path) -> dict[str, NDArray[Any]]:
    """Return the columns of a table; NaN and empty text where something does not apply."""
    table = arrow().parquet.read_table(path)
    found = {}
    for name in table.column_names:
        values = table.column(name).to_numpy()
        found[name] = np.asarray(values, dtype=np.str_ if values.dtype.kind == "O" else np.float64)
    return found
