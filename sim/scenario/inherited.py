"""Numbers that a scenario has from another war: a file that extends one of another war keeps whatever it does not write.

Another war is one between other sides, or between the same ones long before or after. A side whose name is a part of the
other is the same (Russia, Russian Federation); sides that have changed places are others, for numbers are by role.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel

from .errors import Path
from .knobs import numbers
from .read import Place
from .tree import Node, plain

# judgement: forces, losses and arms of so long ago are those of another war, or of another phase that has to be told anew;
# what is started at earlier dates of the same war (`tests/as_of.py`) goes back by two years.
YEARS_APART = 3.0
# The field of a scenario that keeps what is found.
INHERITED = "inherited"
# The field that says when the war began, which another war does not take over.
BEGAN = "war_began"


class War(NamedTuple):
    """Which war a file is about, as far as it and what it extends say."""

    attacker: str
    defender: str
    start: datetime.date | None

    @property
    def called(self) -> str:
        """The war in words.

        >>> War("Russia", "Ukraine", datetime.date(2024, 12, 4)).called
        'Russia against Ukraine, 2024'
        """
        return f"{self.attacker} against {self.defender}{f', {self.start.year}' if self.start is not None else ''}"


def is_another(one: War, other: War) -> bool:
    """Return whether two wars are not the same.

    >>> russia = War("Russia", "Ukraine", datetime.date(2024, 12, 4))
    >>> is_another(russia, War("Russia", "Ukraine", datetime.date(2022, 12, 4)))
    False
    >>> is_another(russia, War("the Soviet Union", "Finland", datetime.date(1939, 11, 30)))
    True
    """
    sides = ((one.attacker, other.attacker), (one.defender, other.defender))
    if not all(_same(left, right) for left, right in sides):
        return True
    return one.start is not None and other.start is not None and abs((one.start - other.start).days) > 365.25 * YEARS_APART


def _same(left: str, right: str) -> bool:
    a, b = sorted((left.casefold().strip(), right.casefold().strip()), key=len)
    return a in b


def files_of_others(layers: Sequence[Node]) -> dict[str, str]:
    """Return which files of a scenario are about another war than it, and what that is called; layers as in `inherited`."""
    wars: dict[str, War] = {}
    war = War("", "", None)
    for layer in layers:
        war = _told(plain(layer), war)
        wars[layer.place.file] = war
    return {file: one.called for file, one in wars.items() if is_another(one, war) and one.attacker and one.defender}


def inherited(layers: Sequence[Node], world: BaseModel, places: Mapping[Path, Place]) -> dict[str, list[str]]:
    """Return the numbers that come from another war, by what that is called.

    Parameters
    ----------
    layers : sequence of Node
        What each file of a scenario writes, in the order in which they are laid over one another; its own is the last.
    world : ScenarioHead
        The validated scenario.
    places : mapping of path to Place
        Where its values are written.
    """
    others = files_of_others(layers)
    if not others:
        return {}
    written = {".".join(map(str, path)): place.file for path, place in places.items()}
    found: dict[str, list[str]] = {}
    for known in numbers(world):
        file = written.get(known.path)
        if file in others and "." in known.path and not known.path.startswith("expect."):
            found.setdefault(others[file], []).append(known.path)
    return found


def _told(tree: Mapping[str, Any], before: War) -> War:
    """Return the war of a file, which has from those below it what it does not write itself."""
    names = [tree.get("sides", {}).get(side, {}) for side in ("attacker", "defender")] if _is_mapping(tree) else [{}, {}]
    attacker, defender = (one.get("name") if isinstance(one, Mapping) else None for one in names)
    start = tree.get("start_date")
    return War(
        attacker if isinstance(attacker, str) else before.attacker,
        defender if isinstance(defender, str) else before.defender,
        start if isinstance(start, datetime.date) else before.start,
    )


def _is_mapping(tree: Mapping[str, Any]) -> bool:
    return isinstance(tree.get("sides", {}), Mapping)
