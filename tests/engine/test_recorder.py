"""What is kept of a batch."""

from __future__ import annotations

import numpy as np
import pytest

from sim.engine.fields import Field, Fields
from sim.engine.recorder import Event, Recorder

NUMBERS = np.array([7, 3, 9], dtype=np.int64)


@pytest.fixture
def fields() -> Fields:
    fields = Fields(3)
    for field in (
        Field("force", "persons", "At the front.", ("attacker", "defender"), series=True),
        Field("secret", "persons", "Not for the series."),
        Field("area", "km2", "Held.", series=True),
        Field("pledged", "bn EUR", "By nobody.", (), series=True),
        Field("code", "code", "A whole number.", series=True, dtype=int),
    ):
        fields.declare("owner", field)
        fields.own("owner", field.name)[...] = 0
    return fields


def recorder(fields: Fields, days: tuple[int, ...] = (), landmarks: tuple[int, ...] = (), watched: object = ()):
    return Recorder(fields, NUMBERS, days, landmarks, watched, {})


# Series and landmarks


def test_series_have_a_column_for_each_row_of_the_series_fields(fields: Fields) -> None:
    kept = recorder(fields, days=(0, 7))
    assert kept.columns == [("force", "attacker"), ("force", "defender"), ("area", ""), ("code", "")]
    assert kept.series.shape == (4, 2, 3)


def test_series_hold_each_wanted_day_in_its_slot(fields: Fields) -> None:
    kept = recorder(fields, days=(0, 7, 8))
    for day in range(12):
        fields.own("owner", "force")[...] = [[day, day + 1, day + 2], [10 * day, 0, 0]]
        fields.own("owner", "area")[...] = -day
        fields.own("owner", "code")[...] = day % 2
        kept.keep(day)
    assert kept.days == (0, 7, 8)
    assert kept.series[0].tolist() == [[0, 1, 2], [7, 8, 9], [8, 9, 10]]
    assert kept.series[1].tolist() == [[0, 0, 0], [70, 0, 0], [80, 0, 0]]
    assert kept.series[2].tolist() == [[0, 0, 0], [-7, -7, -7], [-8, -8, -8]]
    assert kept.series[3].tolist() == [[0, 0, 0], [1, 1, 1], [0, 0, 0]]


def test_landmarks_are_copies_of_every_field(fields: Fields) -> None:
    kept = recorder(fields, landmarks=(2, 5))
    for day in range(7):
        fields.own("owner", "secret")[...] = day
        kept.keep(day)
    fields.own("owner", "secret")[...] = 99
    assert sorted(kept.snapshots) == [2, 5]
    assert kept.snapshots[2]["secret"].tolist() == [2, 2, 2]
    assert kept.snapshots[5]["secret"].tolist() == [5, 5, 5]
    assert list(kept.snapshots[5]) == ["force", "secret", "area", "pledged", "code"]


# Events


def test_events_of_watched_replications_with_their_own_values(fields: Fields) -> None:
    kept = recorder(fields, watched=[9, 7])
    kept.tell(4, np.array([0, 1, 2]), "hit", losses=np.array([1.5, 2.5, 3.5]), side="attacker", level=2)
    assert kept.events == [
        Event(4, 7, "hit", {"losses": 1.5, "side": "attacker", "level": 2}),
        Event(4, 9, "hit", {"losses": 3.5, "side": "attacker", "level": 2}),
    ]


def test_values_belong_to_places_in_the_cohort(fields: Fields) -> None:
    kept = recorder(fields, watched=[9])
    kept.tell(1, np.array([2, 0]), "hit", losses=np.array([10.0, 20.0]))
    kept.tell(2, np.array([0, 1]), "hit", losses=np.array([30.0, 40.0]))
    assert kept.events == [Event(1, 9, "hit", {"losses": 10.0})]
    assert isinstance(kept.events[0].values["losses"], float)


def test_events_stay_in_the_order_of_telling(fields: Fields) -> None:
    kept = recorder(fields, watched=[3])
    for day, kind in ((1, "b"), (1, "a"), (2, "b")):
        kept.tell(day, np.array([1]), kind)
    assert [(event.day, event.kind) for event in kept.events] == [(1, "b"), (1, "a"), (2, "b")]


@pytest.mark.parametrize("watched", [[], [4, 1000], np.array([], dtype=np.int64)])
def test_whoever_is_not_watched_leaves_no_events(fields: Fields, watched: object) -> None:
    kept = recorder(fields, watched=watched)
    kept.tell(1, np.array([0, 1, 2]), "hit", losses=np.ones(3))
    assert kept.events == []


def test_an_empty_cohort_tells_nothing(fields: Fields) -> None:
    kept = recorder(fields, watched=[3])
    kept.tell(1, np.array([], dtype=np.int64), "hit", losses=np.empty(0))
    assert kept.events == []
