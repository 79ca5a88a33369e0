"""How histories end: the one list of endings, from which columns, summaries, curves, checks, stories and pages follow.

An ending's code in the model is its place in `ENDINGS`.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from sim.model.parameters import SIDES, SideName


@dataclass(frozen=True)
class Ending:
    """The declaration of an ending. Texts have `{attacker}` and `{defender}` for the names of the sides.

    Attributes
    ----------
    name : str
        Its value in the column `ending`.
    label : str
        How such a history stands at the horizon.
    happens, cause : str
        What ended the fighting, as a clause and as a noun; empty where it goes on.
    side : side, optional
        Whom its name is about.
    victor : side, optional
        Who has decided the war.
    dictates : bool
        Whether the victor then dictates terms.
    """

    name: str
    label: str
    happens: str = ""
    cause: str = ""
    side: SideName | Literal[""] = ""
    victor: SideName | Literal[""] = ""
    dictates: bool = False

    @property
    def final(self) -> bool:
        """Whether this war is over with it, for good: a side has decided it, or it has become another war."""
        return bool(self.victor) or self.name == "wider_war"


def _collapse(side: SideName, other: SideName) -> Ending:
    army = f"{{{side}}}'s army"
    return Ending(
        f"{side}_collapsed", f"{army} has collapsed", f"{army} collapses", f"the collapse of {army}", side, other, True
    )


def _conquest(side: SideName) -> Ending:
    holds = f"{{{side}}} holds all of the area"
    return Ending(f"{side}_holds_all", holds, f"{{{side}}} takes all", f"conquest by {{{side}}}", side, side, True)


def _aims(side: SideName) -> Ending:
    name = f"{{{side}}}"
    return Ending(
        f"{side}_reached_aims", f"{name} has reached its aims and stopped", f"{name} reaches its aims",
        f"{name}'s reaching its aims", side, side,
    )  # fmt: skip


ENDINGS = (
    Ending("war_goes_on", "War goes on"),
    _collapse("attacker", "defender"),
    _collapse("defender", "attacker"),
    Ending("ceasefire_in_force", "Ceasefire in force", "ceasefire", "a ceasefire"),
    Ending("war_again", "War again after a ceasefire"),
    _conquest("attacker"),
    _conquest("defender"),
    _aims("attacker"),
    _aims("defender"),
    Ending("wider_war", "The alliances are at war", "the alliances come to be at war", "a war of the alliances"),
)
CODES = {ending.name: code for code, ending in enumerate(ENDINGS)}
WAR_GOES_ON, CEASEFIRE, WAR_AGAIN = CODES["war_goes_on"], CODES["ceasefire_in_force"], CODES["war_again"]
COLLAPSED = tuple(CODES[f"{side}_collapsed"] for side in SIDES)
CONQUERED_BY = tuple(CODES[f"{side}_holds_all"] for side in SIDES)
AIMS_OF = tuple(CODES[f"{side}_reached_aims"] for side in SIDES)

WIDER_WAR = CODES["wider_war"]

# By code.
DECIDED = np.array([bool(ending.victor) for ending in ENDINGS])
DICTATED = np.array([ending.dictates for ending in ENDINGS])
VICTOR = np.array([SIDES.index(ending.victor) if ending.victor else -1 for ending in ENDINGS])
FINAL = np.array([ending.final for ending in ENDINGS])
DECISIONS = tuple(ending for ending in ENDINGS if ending.final)
# What there is without a negotiation.
ENDINGS_ALONE = (ENDINGS[WAR_GOES_ON], *DECISIONS)
# What can end the fighting the first time, by its name in curves; the first ceasefire may be long over.
FIRST_ENDS = {"ceasefire": ENDINGS[CEASEFIRE], **{ending.name: ending for ending in DECISIONS}}
# Instead of an ending, where something went wrong.
FAILED = "failed"


def labels(endings: tuple[Ending, ...] = ENDINGS) -> dict[str, str]:
    """Return the labels of endings by their names."""
    return {ending.name: ending.label for ending in endings}
