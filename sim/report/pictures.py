"""All pictures of a run that are made from its tables alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sim.report.courses import course_picture
from sim.report.endings import ceasefires, incidence
from sim.report.fans import pictured
from sim.report.kept import Kept
from sim.report.parts import Picture
from sim.report.standing import standing
from sim.report.story import bargaining_beside
from sim.report.why import ledger


def run_pictures(kept: Kept) -> Iterator[Picture]:
    """Yield the pictures of a run, as far as it has what they show."""
    if kept.standing:
        yield standing(kept)
    if kept.courses:
        yield incidence(kept)
    if ("first_end", "ceasefire") in kept.courses:
        yield ceasefires(kept)
    if kept.run.ledger:
        yield ledger(kept)
    for fan in pictured(kept):
        known = any(key in kept.fans for panel in fan.panels for key in panel.fields)
        if known and kept.days[-1] >= fan.first_day:
            yield fan.picture(kept)


def beside_pictures(kept: Sequence[Kept]) -> Iterator[Picture]:
    """Yield the pictures of runs beside one another that are made from tables of their own."""
    yield course_picture(kept)
    yield from bargaining_beside(kept)
