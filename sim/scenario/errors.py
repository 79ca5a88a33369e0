"""What the loader says when a scenario is wrong: problems, each on one line, all of them at once.

A `Flaw` is what is wrong, a `FieldError` carries flaws out of a validator, a `Problem` is a flaw with its place,
a `ScenarioError` is all problems of a file. Left out: warnings; a scenario is right or it is not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sim.errors import ParleyError

from .wording import one_line, shorten

Step = str | int
Path = tuple[Step, ...]

STILL_BLANK = "is still blank"
_LINES_SHOWN = 20
# judgement: as many as a template has places; of each it is said.
_BLANKS_SHOWN = 60
_LONGEST_PART = 400


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a scenario.

    Parameters
    ----------
    place : str
        Where: ``file:line:column``, or ``--set path=value``.
    message : str
        What is wrong.
    hint : str
        What to write instead; may be empty.
    """

    place: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        message = shorten(self.message, _LONGEST_PART)
        if self.hint:
            stop = "" if message.endswith((".", "?", "!")) else "."
            message = f"{message}{stop} {shorten(self.hint, _LONGEST_PART)}"
        return one_line(f"{shorten(self.place, _LONGEST_PART)}: error: {message}")


class ScenarioError(ParleyError):
    """A scenario cannot be used.

    Parameters
    ----------
    problems : iterable of Problem
        Everything found, in the order of the file.

    Attributes
    ----------
    problems : tuple of Problem
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        blanks = sum(problem.message.endswith(STILL_BLANK) for problem in self.problems)
        lines = [str(problem) for problem in self.problems[: _LINES_SHOWN + min(blanks, _BLANKS_SHOWN)]]
        more = len(self.problems) - len(lines)
        if more:
            lines.append(f"... and {more} more problem{'s' if more > 1 else ''}")
        return "\n".join(lines)


@dataclass(frozen=True)
class Flaw:
    """One thing wrong with a value, before its place is known.

    Parameters
    ----------
    message : str
        What is wrong. ``{field}`` stands for the name of the field, which the value itself does not know, ``{part}``
        for that name with the steps below.
    hint : str
        What to write instead.
    below : tuple of str or int
        The steps from the field down to the part that is wrong; empty for the field itself.
    """

    message: str
    hint: str = ""
    below: Path = ()


class FieldError(ValueError):
    """A ValueError for validators: several flaws at once, each with its hint and its part of the field.

    Parameters
    ----------
    *flaws : Flaw
        What is wrong; at least one.
    """

    def __init__(self, *flaws: Flaw) -> None:
        self.flaws = flaws
        super().__init__(*flaws)

    def __str__(self) -> str:
        return "; ".join(_alone(flaw) for flaw in self.flaws)


def _alone(flaw: Flaw) -> str:
    """Return a flaw's message for those who do not know the field's name."""
    part = ".".join(map(str, flaw.below)) or "this"
    return flaw.message.replace("{field}", "this").replace("{part}", part)
