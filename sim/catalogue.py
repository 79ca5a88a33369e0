"""The scenarios shipped with the program: where they are, what they are called and what they say of themselves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

# The shipped scenarios by what they turn.
THEMES = {
    "To start from": ("baseline",),
    "Arms and their backers": (
        "more_arms", "aid_early", "aid_late", "aid_halted", "attackers_backers_stop", "allies",
        "us_stops_for_good", "allies_without_fear",
    ),
    "Soldiers and losses": (
        "heavier_losses", "lower_return_of_wounded", "lower_draft_age", "russian_mobilization", "square_law",
    ),
    "The front": ("faster_offensive", "stalled_offensive", "offensive_surge"),
    "Talks and pressure": ("no_talks", "outside_pressure", "escalation", "ratification", "leaders_at_risk", "phases"),
    "What is signed: land, recognition, membership": (
        "borders_kept", "land_offered", "land_for_ceasefire", "recognition_priced", "recognition_hard", "softer_lines",
        "nato_path", "nato_deferred", "membership_for_a_part", "membership_off_the_table",
    ),
    "What keeps a ceasefire": (
        "bare_truce", "zone_without_guards", "european_zone", "strong_zone", "guaranteed_zone",
        "guarantees_without_troops", "neutral_with_guarantees", "european_zone_asked",
        "europe_unwilling", "mandate_runs_out", "deal_in_steps",
    ),
    "What analysts believe": ("panel/losses_replaced", "panel/losses_wear_down", "panel/institutions_carry"),
    "Other wars, and examples": (
        "history/iwo_jima", "history/korea", "history/sinai_1973", "history/winter_war",
        "examples/border_war", "examples/change_of_initiative",
    ),
}  # fmt: skip
_PACKAGE = Path(__file__).resolve().parent


def shipped_folder() -> Path:
    """Return the folder of the shipped scenarios: inside an installed package, or at the top of a checkout."""
    installed = _PACKAGE / "_scenarios"
    return installed if installed.is_dir() else _PACKAGE.parent / "scenarios"


def shipped() -> list[str]:
    """Return the names of the shipped scenarios, sorted: ``baseline``, ``history/iwo_jima``."""
    folder = shipped_folder()
    return sorted(path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.yaml"))


def heads() -> Iterator[tuple[str, str, str]]:
    """Yield name, title and description of each shipped scenario, as its file begins; the rest is not read."""
    for name in shipped():
        texts = _texts_of(shipped_folder() / f"{name}.yaml", ("title", "description"))
        yield name, texts.get("title", ""), " ".join(texts.get("description", "").split())


def by_theme(words: Sequence[str] = ()) -> list[tuple[str, str, str, str]]:
    """Return theme, name, title and description of the shipped scenarios of which all words are said."""
    known = {name: (title, description) for name, title, description in heads()}
    told = [(theme, name, *known[name]) for theme, names in THEMES.items() for name in names if name in known]
    return those_of(words, told, lambda one: one)


def speaks_of(words: Iterable[str], *texts: str, within: bool = False) -> bool:
    """Return whether each of some words begins a word of texts, or stands anywhere `within` them, whatever their capitals.

    >>> speaks_of(["fire"], "fire_share"), speaks_of(["fire"], "ceasefire"), speaks_of(["fire"], "ceasefire", within=True)
    (True, False, True)
    """
    said, begins = " ".join(texts).casefold(), "" if within else r"(?<![^\W_])"
    return all(re.search(begins + re.escape(word.casefold()), said) for word in words)


def those_of(words: Sequence[str], things: Sequence[T], texts: Callable[[T], Iterable[str]]) -> list[T]:
    """Return the things of whose texts words are said: at the beginnings of words; where that is none, anywhere in them."""
    found = [one for one in things if speaks_of(words, *texts(one))]
    return found or [one for one in things if speaks_of(words, *texts(one), within=True)]


def _texts_of(path: Path, wanted: tuple[str, ...]) -> dict[str, str]:
    import yaml

    found: dict[str, str] = {}
    depth, key = 0, None
    with path.open(encoding="utf-8") as file:
        for event in yaml.parse(file, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.CollectionStartEvent):
                depth, key = depth + 1, None
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            elif isinstance(event, yaml.ScalarEvent) and depth == 1:
                if key in wanted:
                    found[str(key)] = event.value
                key = event.value if key is None else None
            if len(found) == len(wanted):
                break
    return found
