"""Fields: one owner who writes, everyone else looks."""

from __future__ import annotations

import numpy as np
import pytest

from sim.engine.fields import Field, Fields

SIDES = ("attacker", "defender")


@pytest.fixture
def fields() -> Fields:
    fields = Fields(3)
    fields.declare("army", Field("force", "persons", "At the front.", SIDES, series=True))
    fields.declare("army", Field("month", "months", "Of something.", dtype=int))
    fields.declare("front", Field("area", "km2", "Held."))
    fields.declare("arms", Field("pledged", "bn EUR", "By nobody.", ()))
    return fields


def test_rows_give_the_shape(fields: Fields) -> None:
    shapes = {field.name: fields.see(field.name).shape for field in fields}
    assert shapes == {"force": (2, 3), "month": (3,), "area": (3,), "pledged": (0, 3)}


def test_fields_come_in_the_order_of_declaration(fields: Fields) -> None:
    assert [field.name for field in fields] == ["force", "month", "area", "pledged"]


def test_a_new_field_shows_that_no_one_has_set_it(fields: Fields) -> None:
    assert np.isnan(fields.see("force")).all()
    assert np.isnan(fields.see("area")).all()
    assert fields.see("month").tolist() == [-1, -1, -1]
    assert fields.see("month").dtype == np.int64


def test_a_view_follows_the_owner(fields: Fields) -> None:
    view = fields.see("force")
    own = fields.own("army", "force")
    own[...] = 1.0
    own[1, 2] = 7.0
    assert view.tolist() == [[1, 1, 1], [1, 1, 7]]


def test_a_view_is_read_only_and_the_owner_is_not_hampered(fields: Fields) -> None:
    view = fields.see("area")
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        view += 1.0
    with pytest.raises(ValueError, match="read-only"):
        fields.see("force")[0].fill(1.0)
    fields.own("front", "area")[:] = 2.0
    assert view.tolist() == [2, 2, 2]


def test_a_field_is_written_by_its_owner_only(fields: Fields) -> None:
    with pytest.raises(ValueError, match="'force' belongs to 'army', not to 'front'"):
        fields.own("front", "force")


@pytest.mark.parametrize("owner", ["army", "front"])
def test_a_field_is_declared_once(fields: Fields, owner: str) -> None:
    with pytest.raises(ValueError, match=f"'force' of '{owner}' already belongs to 'army'"):
        fields.declare(owner, Field("force", "persons", "Again."))


def test_unknown_fields(fields: Fields) -> None:
    with pytest.raises(KeyError, match="nowhere"):
        fields.see("nowhere")
    with pytest.raises(KeyError, match="nowhere"):
        fields.own("army", "nowhere")


def test_fields_do_not_share_memory() -> None:
    fields = Fields(2)
    for name in "ab":
        fields.declare("owner", Field(name, "unit", "What."))
        fields.own("owner", name)[:] = 0.0
    fields.own("owner", "a")[:] = 5.0
    assert fields.see("b").tolist() == [0, 0]
