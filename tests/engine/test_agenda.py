"""When things happen: the declared order of the day, rhythms, and appointments of cohorts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.engine.agenda import NEVER, PLACES_PER_DAY, Agenda, Process

Log = list[tuple[int, str]]
Calls = list[tuple[int, int, list[int]]]


def rhythm(agenda: Agenda, log: Log, step: str, every_days: int = 1) -> Process:
    while True:
        yield agenda.next(step, every_days)
        log.append((agenda.today, step))


def some(*positions: int) -> np.ndarray:
    return np.array(positions, dtype=np.int64)


def listening(order: Sequence[str], items: int = 1, n: int = 4) -> tuple[Agenda, Calls]:
    """An agenda whose topic "bell" writes down who it is called for."""
    agenda, calls = Agenda(order, n), []
    agenda.topic("bell", items, lambda day, item, cohort: calls.append((day, item, cohort.tolist())))
    return agenda, calls


# Steps


@pytest.mark.parametrize("started", list(permutations(["dawn", "noon", "dusk"])))
def test_steps_run_in_the_declared_order_whatever_the_order_of_starting(started: tuple[str, ...]) -> None:
    agenda, log = Agenda(["dawn", "noon", "dusk"], 1), []
    for step in started:
        agenda.start(rhythm(agenda, log, step))
    agenda.run(3)
    assert log == [(day, step) for day in range(3) for step in ("dawn", "noon", "dusk")]


def test_topics_and_steps_share_one_order() -> None:
    agenda, log = Agenda(["late topic", "step", "early topic"], 1), []
    agenda.start(rhythm(agenda, log, "step"))
    for topic in ("early topic", "late topic"):
        agenda.topic(topic, 1, lambda day, item, cohort, topic=topic: log.append((day, topic)))
        agenda.book(topic, 0, some(0), 1)
    agenda.run(3)
    assert log == [(0, "step"), (1, "late topic"), (1, "step"), (1, "early topic"), (2, "step")]


def test_one_process_may_act_twice_a_day() -> None:
    agenda, log = Agenda(["morning", "battle", "evening"], 1), []

    def life() -> Process:
        while True:
            for step in ("morning", "evening"):
                yield agenda.next(step)
                log.append((agenda.today, step))

    agenda.start(life())
    agenda.start(rhythm(agenda, log, "battle"))
    agenda.run(2)
    assert log == [(day, step) for day in range(2) for step in ("morning", "battle", "evening")]


def test_the_same_step_comes_again_only_on_the_next_day() -> None:
    agenda, log = Agenda(["only"], 1), []
    agenda.start(rhythm(agenda, log, "only"))
    agenda.run(4)
    assert log == [(0, "only"), (1, "only"), (2, "only"), (3, "only")]


@pytest.mark.parametrize(
    ("every_days", "expected"),
    [(1, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]), (2, [1, 3, 5, 7, 9, 11, 13]), (5, [4, 9]), (7, [6, 13])],
)
def test_a_step_may_come_on_the_last_day_of_each_span(every_days: int, expected: list[int]) -> None:
    agenda, log = Agenda(["before", "review", "after"], 1), []
    agenda.start(rhythm(agenda, log, "review", every_days))
    agenda.run(14)
    assert [day for day, _ in log] == expected


def test_next_looks_for_the_end_of_the_span_from_any_day() -> None:
    agenda, days = Agenda(["first", "second"], 1), []

    def life() -> Process:
        yield agenda.next("second")  # day 0
        yield agenda.next("first", 3)
        days.append(agenda.today)  # the end of the first span
        yield agenda.next("second", 3)
        days.append(agenda.today)  # the same day, for it is later that day
        yield agenda.next("first", 3)
        days.append(agenda.today)

    agenda.start(life())
    agenda.run(9)
    assert days == [2, 2, 5]


def test_before_the_first_day_nothing_happens() -> None:
    agenda, log = Agenda(["only"], 1), []
    agenda.start(rhythm(agenda, log, "only"))
    assert agenda.today == -1
    agenda.run(0)
    assert log == []


def test_run_stops_after_the_last_place_of_the_last_day() -> None:
    order = [f"place {place}" for place in range(PLACES_PER_DAY - 1)]
    agenda, log = Agenda(order, 1), []
    agenda.start(rhythm(agenda, log, order[-1]))
    agenda.start(rhythm(agenda, log, order[0]))
    agenda.run(2)
    assert log == [(0, order[0]), (0, order[-1]), (1, order[0]), (1, order[-1])]


@pytest.mark.parametrize("order", [["twice", "twice"], [f"place {place}" for place in range(PLACES_PER_DAY)]])
def test_the_order_of_the_day_names_everything_once_and_has_room(order: list[str]) -> None:
    with pytest.raises(ValueError, match="names something twice, or more than 99"):
        Agenda(order, 1)


def test_a_topic_must_have_a_place() -> None:
    with pytest.raises(ValueError, match="'elsewhere' has no place in the order of the day"):
        Agenda(["here"], 1).topic("elsewhere", 1, print)


# Appointments


def test_the_cohort_is_who_is_due() -> None:
    agenda, calls = listening(["bell"])
    agenda.book("bell", 0, some(3, 1), 2)
    agenda.book("bell", 0, some(2), 4)
    agenda.run(10)
    assert calls == [(2, 0, [1, 3]), (4, 0, [2])]


def test_one_booking_may_be_for_several_days() -> None:
    agenda, calls = listening(["bell"])
    agenda.book("bell", 0, some(0, 1, 2, 3), some(5, 2, 5, 0))
    agenda.run(10)
    assert calls == [(0, 0, [3]), (2, 0, [1]), (5, 0, [0, 2])]


def test_booking_anew_overwrites() -> None:
    agenda, calls = listening(["bell"])
    agenda.book("bell", 0, some(0, 1), 2)
    agenda.book("bell", 0, some(1), 5)
    agenda.run(10)
    assert calls == [(2, 0, [0]), (5, 0, [1])]


def test_booking_back_and_forth_calls_once() -> None:
    agenda, calls = listening(["bell"])
    for day in (3, 6, 3, 3):
        agenda.book("bell", 0, some(2), day)
    agenda.run(10)
    assert calls == [(3, 0, [2])]


def test_a_stale_bell_finds_nobody() -> None:
    agenda, calls = listening(["bell"])
    agenda.book("bell", 0, some(0), 2)
    agenda.book("bell", 0, some(0), 8)
    agenda.run(8)
    assert calls == []


def test_cancelling_takes_back() -> None:
    agenda, calls = listening(["bell"], items=2)
    agenda.book("bell", 0, some(0, 1, 2), 2)
    agenda.book("bell", 1, some(0, 1, 2), 2)
    agenda.cancel("bell", 0, some(0, 2))
    agenda.run(10)
    assert calls == [(2, 0, [1]), (2, 1, [0, 1, 2])]


def test_who_was_cancelled_may_be_booked_for_the_same_day_again() -> None:
    agenda, calls = listening(["bell"])
    agenda.book("bell", 0, some(0), 2)
    agenda.cancel("bell", 0, some(0))
    agenda.book("bell", 0, some(0), 2)
    agenda.run(10)
    assert calls == [(2, 0, [0])]


def test_never_is_later_than_any_day() -> None:
    assert np.iinfo(np.int64).max == NEVER
    agenda, calls = listening(["bell"])
    agenda.book("bell", 0, some(0, 1), 2)
    agenda.book("bell", 0, some(1), int(NEVER))
    agenda.run(10)
    assert calls == [(2, 0, [0])]


def test_an_appointment_is_kept_once() -> None:
    agenda, log = Agenda(["bell"], 2), []

    def handler(day: int, item: int, cohort: np.ndarray) -> None:
        log.append((day, cohort.tolist()))
        if day == 1:
            agenda.book("bell", 0, cohort[:1], 3)

    agenda.topic("bell", 1, handler)
    agenda.book("bell", 0, some(0, 1), 1)
    agenda.run(10)
    assert log == [(1, [0, 1]), (3, [0])]


def test_two_items_on_one_day_come_in_the_order_of_items() -> None:
    agenda, calls = listening(["bell"], items=3)
    for item in (2, 0, 1):
        agenda.book("bell", item, some(item, 3), 4)
    agenda.run(10)
    assert calls == [(4, 0, [0, 3]), (4, 1, [1, 3]), (4, 2, [2, 3])]


def test_an_item_may_call_off_a_later_item_of_the_same_day() -> None:
    agenda, log = Agenda(["bell"], 2), []

    def handler(day: int, item: int, cohort: np.ndarray) -> None:
        log.append((day, item, cohort.tolist()))
        agenda.cancel("bell", 1, some(0))

    agenda.topic("bell", 2, handler)
    agenda.book("bell", 1, some(0, 1), 4)
    agenda.book("bell", 0, some(0), 4)
    agenda.run(10)
    assert log == [(4, 0, [0]), (4, 1, [1])]


def test_an_empty_cohort_books_nothing_on_any_day() -> None:
    agenda, calls = listening(["bell"])
    agenda.book("bell", 0, some(), -5)
    agenda.run(3)
    assert calls == []


def test_booked_days_are_copied() -> None:
    agenda, calls = listening(["bell"])
    days = some(2, 2)
    agenda.book("bell", 0, some(0, 1), days)
    days[:] = 5
    agenda.run(10)
    assert calls == [(2, 0, [0, 1])]


@pytest.mark.parametrize("days", [-1, some(3, -1), some(-7, 3)])
def test_nothing_is_booked_before_the_start(days: int | np.ndarray) -> None:
    agenda, calls = listening(["bell"])
    with pytest.raises(ValueError, match=r"'bell' booked for day -[17], which is not later than now"):
        agenda.book("bell", 0, some(0, 1), days)
    agenda.run(10)
    assert calls == []


@pytest.mark.parametrize(
    ("topic", "day", "is_fine"),
    [
        ("before", 3, False),
        ("step", 3, False),
        ("after", 2, False),
        ("after", 3, True),
        ("before", 4, True),
        ("step", 4, True),
    ],
)
def test_only_strictly_later_moments_can_be_booked(topic: str, day: int, is_fine: bool) -> None:
    agenda, log = Agenda(["before", "step", "after"], 1), []
    for name in ("before", "step", "after"):
        agenda.topic(name, 2, lambda day, item, cohort, name=name: log.append((day, name)))

    def handler(now: int, item: int, cohort: np.ndarray) -> None:
        if is_fine:
            agenda.book(topic, 1, cohort, day)
        else:
            with pytest.raises(ValueError, match=rf"'{topic}' booked for day {day}, .* \(day 3\)"):
                agenda.book(topic, 1, cohort, day)
        agenda._handlers["step"] = lambda day, item, cohort: log.append((day, "step"))

    agenda._handlers["step"] = handler
    agenda.book("step", 0, some(0), 3)
    agenda.run(10)
    assert log == ([(day, topic)] if is_fine else [])


# What happens to one replication does not depend on the batch it is in.


def stories(plans: Sequence[Sequence[tuple[str, int, int]]], numbers: Sequence[int]) -> dict[int, list[object]]:
    """Play bookings [(topic, item, day)] of replications; a handler moves the other topic of odd days."""
    agenda = Agenda(["a", "b", "step"], len(numbers))
    told: dict[int, list[object]] = {number: [] for number in numbers}

    def handler(name: str, other: str, day: int, item: int, cohort: np.ndarray) -> None:
        for position in cohort.tolist():
            told[numbers[position]].append((day, name, item))
        if day % 2:
            agenda.book(other, item, cohort, day + 2)
        else:
            agenda.cancel(other, 1 - item, cohort)

    for name, other in (("a", "b"), ("b", "a")):
        agenda.topic(name, 2, lambda *what, name=name, other=other: handler(name, other, *what))
    for position, number in enumerate(numbers):
        for topic, item, day in plans[number]:
            agenda.book(topic, item, some(position), day)
    agenda.run(12)
    return told


plan_lists = st.lists(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 1), st.integers(0, 8)), max_size=5), min_size=2, max_size=5
)


@settings(max_examples=60, deadline=None)
@given(plans=plan_lists, data=st.data())
def test_the_events_of_a_replication_do_not_depend_on_the_batch(plans: list, data: st.DataObject) -> None:
    alone = {number: stories(plans, [number])[number] for number in range(len(plans))}
    order = data.draw(st.permutations(range(len(plans))))
    assert stories(plans, order) == alone
    some_of_them = order[: data.draw(st.integers(1, len(plans)))]
    assert stories(plans, some_of_them) == {number: alone[number] for number in some_of_them}


# Gatherings


def gathering(n: int = 4) -> tuple[Agenda, list[tuple[int, list[int], list[int]]]]:
    """An agenda whose gathering "bell" writes down what it is called for."""
    agenda, calls = Agenda(["dawn", "bell"], n), []
    agenda.gathering("bell", lambda day, items, positions: calls.append((day, items.tolist(), positions.tolist())))
    return agenda, calls


def test_a_gathering_is_called_once_a_day_for_all_that_is_due_in_an_order_of_its_own() -> None:
    agenda, calls = gathering()
    agenda.invite("bell", some(2, 0, 0), some(1, 3, 2), some(4, 4, 6))
    agenda.invite("bell", some(0, 2), some(1, 0), some(4, 4))
    agenda.invite("bell", some(), some(), some())
    agenda.run(10)
    assert calls == [(4, [0, 0, 2, 2], [1, 3, 0, 1]), (6, [0], [2])]


def test_a_gathering_may_book_for_later_the_same_pair_too() -> None:
    agenda, calls = Agenda(["bell"], 2), []

    def again(day: int, items: np.ndarray, positions: np.ndarray) -> None:
        calls.append((day, items.tolist(), positions.tolist()))
        if day < 3:
            agenda.invite("bell", items, positions, np.full(len(items), day + 2))

    agenda.gathering("bell", again)
    agenda.invite("bell", some(0, 1), some(1, 0), some(1, 2))
    agenda.run(10)
    assert calls == [(1, [0], [1]), (2, [1], [0]), (3, [0], [1]), (4, [1], [0])]


def test_no_one_is_invited_before_the_start_or_without_a_place() -> None:
    agenda, calls = gathering()
    with pytest.raises(ValueError, match="'bell' booked for day -1, which is not later than now"):
        agenda.invite("bell", some(0, 0), some(0, 1), some(3, -1))
    with pytest.raises(ValueError, match="no place in the order of the day"):
        agenda.gathering("ring", lambda day, items, positions: None)
    agenda.run(5)
    assert calls == []
