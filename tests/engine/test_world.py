"""A batch at work, with toy mechanisms."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import pytest

from sim.engine.agenda import Process
from sim.engine.mechanism import Mechanism, PerHistory, owned, seen
from sim.engine.world import DAYS_BETWEEN_CHECKS, InvariantBreach, Setting, World, differs

NUMBERS = np.array([7, 3, 9], dtype=np.int64)


def setting(days: int, **other: Any) -> Setting:
    return Setting(date(2024, 12, 4), days, 5, NUMBERS, **other)


# A section without a knob.
SECTION = object()


class NoKnobs:
    """Parameters of sections without knobs."""

    def knobs(self, name: str) -> None:
        return None

    sides = knobs


# Two mechanisms that read each other


class Giver(Mechanism):
    """Gives one more than the taker has; acts first."""

    name = "giver"
    steps = ("give",)

    given: PerHistory = owned("things", "Given today.", start=0.0, series=True)
    taken: PerHistory = seen()

    def life(self) -> Process:
        while True:
            yield self.world.agenda.next("give")
            self.given = self.taken + self.world.setting.replications


class Taker(Mechanism):
    """Doubles what was given; acts second."""

    name = "taker"
    steps = ("take",)

    taken: PerHistory = owned("things", "Taken so far.", start=1.0, series=True)
    gift: PerHistory = seen("given")

    def life(self) -> Process:
        while True:
            yield self.world.agenda.next("take")
            self.taken = 2 * self.gift


@pytest.mark.parametrize("backwards", [False, True])
def test_the_order_of_the_day_rules_who_sees_what(backwards: bool) -> None:
    declared = [("giver", *Giver.fields(SECTION)), ("taker", *Taker.fields(SECTION))]
    world = World(setting(3, series_days=(0, 1, 2, 3), landmarks=(2,)), ["give", "take"], declared)
    mechanisms = [Giver(world, SECTION, NoKnobs()), Taker(world, SECTION, NoKnobs())]
    world.run(mechanisms[::-1] if backwards else mechanisms)
    given, taken = world.recorder.series
    # given = yesterday's taken + number; taken = twice today's given
    assert given[:, 1].tolist() == [0, 1 + 3, 8 + 3, 22 + 3]
    assert taken[:, 1].tolist() == [1, 8, 22, 50]
    assert given[1].tolist() == [8, 4, 10]
    assert world.recorder.snapshots[2]["taken"].tolist() == [46, 22, 58]


def test_the_other_order_gives_another_story() -> None:
    declared = [("giver", *Giver.fields(SECTION)), ("taker", *Taker.fields(SECTION))]
    world = World(setting(2, series_days=(0, 1, 2)), ["take", "give"], declared)
    world.run([Giver(world, SECTION, NoKnobs()), Taker(world, SECTION, NoKnobs())])
    given, taken = world.recorder.series
    assert taken[:, 1].tolist() == [1, 0, 6]
    assert given[:, 1].tolist() == [0, 3, 9]


def test_world_shares_what_belongs_to_the_batch() -> None:
    world = World(setting(3), [], [("giver", *Giver.fields(SECTION))])
    assert world.n == 3
    assert world.everyone.tolist() == [0, 1, 2]
    assert world.calendar.date_of(1) == date(2024, 12, 5)
    assert world.draws.seed == 5
    own = world.own("giver", "given", np.array([1.0, 2.0, 3.0]))
    assert world.fields.see("given").tolist() == [1, 2, 3]
    own += 1
    assert world.fields.see("given").tolist() == [2, 3, 4]


def test_two_mechanisms_cannot_own_one_field() -> None:
    with pytest.raises(ValueError, match="'given' of 'taker' already belongs to 'giver'"):
        World(setting(3), [], [("giver", *Giver.fields(SECTION)), ("taker", *Giver.fields(SECTION))])


class Absent(Mechanism):
    """Would count, but its section is left out."""

    name = "absent"
    steps = ("tick",)

    ticks: PerHistory = owned("ticks", "Counted.", start=4.0, series=True)

    def begin(self) -> None:
        raise AssertionError("there is nothing to begin with")

    def life(self) -> Process:
        raise AssertionError("it does not live")
        yield


def test_without_its_section_a_mechanism_stands_still() -> None:
    (field,) = Absent.fields(None)
    assert (field.name, field.series, Absent.fields(SECTION)[0].series) == ("ticks", False, True)
    world = World(setting(3), ["tick"], [("absent", field)])
    world.run([Absent(world, None, NoKnobs())])
    assert world.fields.see("ticks").tolist() == [4.0, 4.0, 4.0]


def test_setting_a_field_writes_into_its_array() -> None:
    world = World(setting(1), ["give"], [("giver", *Giver.fields(SECTION)), ("taker", *Taker.fields(SECTION))])
    giver, view = Giver(world, SECTION, NoKnobs()), world.fields.see("given")
    giver.given = np.array([1.0, 2.0, 3.0])
    giver.given += 1.0
    giver.given[1] = 9.0
    assert view.tolist() == [2.0, 9.0, 4.0]
    with pytest.raises(ValueError, match="read-only"):
        giver.taken += 1.0


# Invariants


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (1.0, 1.0 + 1e-12, False),
        (1.0, 1.0001, True),
        (1e12, 1e12 + 1.0, False),
        (1e12, 1e12 + 1e5, True),
        (0.0, 1e-7, False),
        (0.0, -1e-5, True),
        (np.nan, 1.0, True),
        (1.0, np.nan, True),
        (np.nan, np.nan, True),
    ],
)
def test_what_differs_by_more_than_rounding(left: float, right: float, expected: bool) -> None:
    assert differs(np.array([left, 1.0]), np.array([right, 1.0])).tolist() == [expected, False]


class Clock(Mechanism):
    """Counts days; breaks a rule from a day on in some places."""

    name = "clock"
    steps = ("tick",)

    days: PerHistory = owned("days", "Counted.", start=0.0)

    def __init__(self, world: World, breaks_on: int, where: np.ndarray) -> None:
        super().__init__(world, SECTION, NoKnobs())
        self._breaks_on, self._where = breaks_on, where

    def life(self) -> Process:
        while True:
            yield self.world.agenda.next("tick")
            self.days += 1

    def breaches(self) -> Iterator[tuple[str, np.ndarray]]:
        yield "always fine", np.zeros(3, dtype=bool)
        yield "nothing lasts for ever", self._where & (self.days > self._breaks_on)


def tick(days: int, breaks_on: int, where: object, check: bool = True) -> World:
    world = World(setting(days, check=check), ["tick"], [("clock", *Clock.fields(SECTION))])
    world.run([Clock(world, breaks_on, np.array(where))])
    return world


def test_a_breach_names_where_it_happened_and_survives_the_event_loop() -> None:
    with pytest.raises(InvariantBreach) as caught:
        tick(3 * DAYS_BETWEEN_CHECKS, DAYS_BETWEEN_CHECKS + 2, [False, True, True])
    breach = caught.value
    assert (breach.mechanism, breach.rule) == ("clock", "nothing lasts for ever")
    day = 2 * DAYS_BETWEEN_CHECKS - 1
    assert (breach.replication, breach.day, breach.seed) == (3, day, 5)
    assert str(breach) == f"clock: nothing lasts for ever (scenario ?, seed 5, replication 3, day {day})"
    breach.scenario = "baseline"
    assert "(scenario baseline, seed 5, " in str(breach)


def test_a_breach_of_one_row_names_the_replication() -> None:
    with pytest.raises(InvariantBreach) as caught:
        tick(12, 0, [[False, False, False], [False, False, True]])
    assert (caught.value.replication, caught.value.day) == (9, 11)


SPAN = DAYS_BETWEEN_CHECKS


@pytest.mark.parametrize(
    ("days", "breaks_on", "day"),
    [(10, 0, 9), (SPAN + 1, SPAN - 1, SPAN - 1), (SPAN + 1, SPAN, SPAN), (2 * SPAN, SPAN, 2 * SPAN - 1)],
)
def test_invariants_are_checked_at_the_end_of_each_span_and_of_the_run(days: int, breaks_on: int, day: int) -> None:
    with pytest.raises(InvariantBreach) as caught:
        tick(days, breaks_on, [True, True, True])
    assert (caught.value.day, caught.value.replication) == (day, 7)


def test_what_holds_is_silent_and_checks_can_be_switched_off() -> None:
    assert tick(60, 60, [True, True, True]).fields.see("days").tolist() == [60, 60, 60]
    assert tick(60, 0, [True, True, True], check=False).fields.see("days").tolist() == [60, 60, 60]


def test_other_errors_come_through_as_they_are() -> None:
    class Broken(Clock):
        days: PerHistory = owned("days", "Counted.", start=0.0)

        def life(self) -> Process:
            yield self.world.agenda.next("tick")
            raise ZeroDivisionError("our bug")

    world = World(setting(3), ["tick"], [("clock", *Clock.fields(SECTION))])
    with pytest.raises(ZeroDivisionError, match="our bug"):
        world.run([Broken(world, 0, np.zeros(3, dtype=bool))])
