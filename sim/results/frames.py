"""Results as data frames, for those who go on in Python."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sim.errors import ParleyError
from sim.results.findings import Finding, findings_of
from sim.scenario.wording import did_you_mean, listed, quoted

if TYPE_CHECKING:
    import pandas


class UnknownOutcome(ParleyError, KeyError):
    """A name that no outcome of a result has; says which are near."""

    def __init__(self, outcome: str, known: Sequence[str]) -> None:
        parts = [name for name in known if set(outcome.split("_")) <= set(name.split("_"))]
        hint = f"Did you mean {listed(map(quoted, parts[:3]))}?" if parts else did_you_mean(outcome, known)
        self.said = f"no outcome {quoted(outcome)}. {hint}"
        super().__init__(self.said)

    def __str__(self) -> str:
        return self.said


class Tabular(ABC):
    """A result that is a table."""

    shown_as: Callable[[Any], str] | None = None
    """Makes the HTML that notebooks show; who knows how sets it."""

    @abstractmethod
    def as_dicts(self) -> list[dict[str, Any]]:
        """Return its rows; None where a value does not apply."""

    @property
    def findings(self) -> list[Finding]:
        """What it tells, as sentences whose numbers know where they stand; what weighs most first."""
        return findings_of(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self.as_dicts()):,} rows>"

    @property
    def of_scenario(self) -> str:
        """The name of the scenario that all of its rows are of, which frames begin with; empty where there is none."""
        return str(getattr(getattr(self, "scenario", None), "name", ""))

    def to_pandas(self) -> pandas.DataFrame:
        """Return it as a data frame, with the name of its scenario in each row, so that several go under one another.

        Raises
        ------
        ImportError
            When pandas is not installed.
        """
        import pandas

        return self._with_scenario(pandas.DataFrame(self.as_dicts()))

    def _with_scenario(self, frame: pandas.DataFrame) -> pandas.DataFrame:
        if self.of_scenario and "scenario" not in frame:
            frame.insert(0, "scenario", self.of_scenario)
        return frame

    def _repr_html_(self) -> str | None:
        show = Tabular.shown_as
        return show(self) if show is not None else None


class Rows(Tabular):
    """A plain table.

    Parameters
    ----------
    what : str
        Of what, as in `knobs`.
    rows : list of dict
        With the same keys.
    scenario : str
        Of all rows.
    """

    def __init__(self, what: str, rows: list[dict[str, Any]], scenario: str = "") -> None:
        self.what, self.rows, self._scenario = what, rows, scenario

    def __repr__(self) -> str:
        return f"<{len(self.rows):,} {self.what}>"

    @property
    def of_scenario(self) -> str:
        """The name that was given."""
        return self._scenario

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.rows)

    def __getitem__(self, place: int) -> dict[str, Any]:
        return self.rows[place]

    def as_dicts(self) -> list[dict[str, Any]]:
        """Return its rows."""
        return [dict(row) for row in self.rows]
