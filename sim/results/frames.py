"""Results as data frames, for those who go on in Python."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from sim.results.findings import Finding, findings_of

if TYPE_CHECKING:
    import pandas


class Tabular(ABC):
    """A result that is a table."""

    @abstractmethod
    def as_dicts(self) -> list[dict[str, Any]]:
        """Return its rows; None where a value does not apply."""

    @property
    def findings(self) -> list[Finding]:
        """What it tells, as sentences whose numbers know where they stand; what weighs most first."""
        return findings_of(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self.as_dicts()):,} rows>"

    def to_pandas(self) -> pandas.DataFrame:
        """Return it as a data frame.

        Raises
        ------
        ImportError
            When pandas is not installed.
        """
        import pandas

        return pandas.DataFrame(self.as_dicts())
