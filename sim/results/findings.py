"""What is found in results: sentences made from tested predicates over tables, whose numbers know where they stand.

What the sentences are is said in `words.findings`, in the function that `TOLD_BY` names for each kind of result.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Literal, NamedTuple

Kind = Literal[
    "ending", "block", "difference", "not found", "surprise", "break-even", "decides", "scripted", "inherited",
    "not settled", "choice", "fit", "said",
]  # fmt: skip

TOLD_BY = {
    "Run": "run.of_run",
    "Comparison": "comparison.of_comparison",
    "Sweep": "studies.of_sweep",
    "BreakEven": "studies.of_break_even",
    "Sensitivity": "studies.of_sensitivity",
    "Sobol": "studies.of_sobol",
    "MindChanging": "studies.of_mind_changing",
    "Study": "studies.of_study",
    "Discovered": "studies.of_discovered",
    "Choices": "choose.of_choices",
    "Calibration": "calibrate.of_calibration",
    "Update": "update.of_update",
    "Hindcast": "hindcast.of_hindcast",
    "Panel": "panel.of_panel",
}
"""What tells of each kind of result, in `words.findings`: imported when asked, since a command has results of few kinds."""


class Number(NamedTuple):
    """A number in a sentence.

    Attributes
    ----------
    text : str
        Rounded, with its unit where that is not said beside it.
    number : float
    of : str
        Where it stands: a table, what names the row, and the column, as in `summary.csv|war_goes_on|share`; of a ratio of
        two such numbers both, with ` over ` between them, and `|low` or `|high` behind them for an end of its interval.
    """

    text: str
    number: float
    of: str


@dataclass(frozen=True)
class Finding:
    """A sentence about results.

    Attributes
    ----------
    kind : str
    pieces : tuple of str and Number
        The sentence, in which numbers know where they stand.
    value, low, high : float or None
        Its main number with its 95 % interval; None where the sentence has none.
    where : str
        Where that number stands, as in `Number`; empty without one.
    weight : float
        How much it tells, between 0 and 1: what weighs most is told first.
    """

    kind: Kind
    pieces: tuple[str | Number, ...]
    value: float | None = None
    low: float | None = None
    high: float | None = None
    where: str = ""
    weight: float = 0.0

    @property
    def sentence(self) -> str:
        """The sentence as text."""
        return "".join(piece if isinstance(piece, str) else piece.text for piece in self.pieces)

    def __str__(self) -> str:
        return self.sentence


def findings_of(found: object) -> list[Finding]:
    """Return what is found in a result, what weighs most first.

    Raises
    ------
    TypeError
        When nothing is told of such a result.
    """
    for kind in type(found).__mro__:
        if kind.__name__ in TOLD_BY:
            module, name = TOLD_BY[kind.__name__].split(".")
            told: list[Finding] = getattr(import_module(f"sim.words.findings.{module}"), name)(found)
            return told
    raise TypeError(f"there are no findings of a {type(found).__name__}")
