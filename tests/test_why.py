"""The sentences that say why there was no deal, from given answers of the ledger."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from sim.engine.calendar import Calendar
from sim.model import WarScenario
from sim.model.answers import BLOCKS, NOTHING, STATES, is_possible
from sim.results.ledger import Entry, Totals
from sim.results.names import Names
from sim.scenario import load_scenario
from sim.words.layout import Table
from sim.words.ledger import MOST_STATES, ledger_over_time, reasons_table, sentences


@pytest.fixture(scope="module")
def names() -> Names:
    return Names(load_scenario("baseline", WarScenario))


def answers(of: int, **given: dict[str, int]) -> Totals:
    return Totals(Entry(55, question, answer, n, of) for question, found in given.items() for answer, n in found.items())


def told(names: Names, totals: Totals) -> str:
    text = " ".join(sentences(names, totals))
    assert "{" not in text
    assert "probab" not in text.lower()
    return text


def test_where_a_deal_was_always_possible_only_talks_are_told(names: Names) -> None:
    text = told(names, answers(200, state={"possible:none_open": 150, "possible:refused": 50}))
    assert text == (
        "In 100% of reviews at war a deal was possible, and none was signed: no talks have opened (75%), "
        "talks are on, the last offer was refused (25%)."
    )


def test_what_each_reason_alone_would_do_need_not_add_up(names: Names) -> None:
    state = {"possible:paused": 25, "attacker:distrust": 50, "several": 25}
    alone = {"attacker:distrust": 50, "defender:red_lines": 30, NOTHING: 25}
    text = told(names, answers(100, state=state, alone=alone, nearest={NOTHING: 75}, smallest={NOTHING: 75}))
    assert text.startswith("In 25% of reviews at war a deal was possible, and none was signed: talks failed lately (25%). ")
    assert (
        "In 75% of reviews at war no deal was possible. Taken away alone, each would have made one possible in so many of "
        "these: Russia's fear of renewed war (67%), Ukraine's red lines (40%); no single one would have in 33%."
    ) in text


def test_where_no_single_reason_is_enough_it_is_said(names: Names) -> None:
    totals = answers(10, state={"several": 10}, alone={NOTHING: 10}, nearest={NOTHING: 10}, smallest={NOTHING: 10})
    text = told(names, totals)
    assert "In 100% of reviews at war no deal was possible. None of the reasons that were taken away" in text
    assert "a deal was possible" not in text
    assert reasons_table(names, totals).rows[-1] == ["none", "100.0%", "0.0%"]


@pytest.mark.parametrize(("left_out", "said"), [(0, None), (1, "1 reason more"), (2, "2 reasons more")])
def test_reasons_left_out_of_the_ledger_over_time_are_counted(names: Names, left_out: int, said: str | None) -> None:
    of = MOST_STATES + left_out
    rows = [Entry(55, "state", answer, 1, of) for answer in STATES[:of]]
    (table,) = ledger_over_time(rows, names, Calendar(datetime.date(2024, 12, 4)), 60, full=False)
    assert isinstance(table, Table)
    rest = [str(row[0]) for row in table.rows if "more" in str(row[0])]
    assert rest == ([] if said is None else [said])


def test_nothing_is_said_of_no_reviews(names: Names) -> None:
    assert sentences(names, answers(1)) == []


def test_what_is_rare_is_not_called_none(names: Names) -> None:
    state = {"possible:round": 999, "several": 1}
    rare = answers(1000, state=state, alone={NOTHING: 1}, nearest={NOTHING: 1}, smallest={NOTHING: 1})
    assert "In under 1% of reviews at war no deal was possible" in told(names, rare)


def test_who_withholds_is_told_with_what_would_have_moved_it() -> None:
    allies = Names(load_scenario("allies", WarScenario))
    opens = {"consent:europe/european_zone:0.05": 12, "consent:europe/european_zone:0.1": 8}
    totals = answers(
        100, state={"withheld": 40, "several": 60}, alone={NOTHING: 100}, nearest={NOTHING: 100}, opens=opens,
        withheld_by={"europe/european_zone": 30, "europe/guaranteed_zone": 10, NOTHING: 60},
    )  # fmt: skip
    text = told(allies, totals)
    assert (
        "In 30% of them what both sides would have liked best to sign was a deal with 'zone guarded by Europeans', but "
        "Europe did not consent. In 10% of them what both sides would have liked best to sign was a deal with 'strong zone "
        "with a guarantee', but Europe did not consent. The consent of Europe to 'zone guarded by Europeans' would have "
        "made one possible in 20% of them: 0.050 less will needed was enough in half of these."
    ) in text


def test_consent_to_what_is_less_liked_is_told_for_itself() -> None:
    """What a guarantor withholds may open a zone without being what both sides like best."""
    opens = {"consent:europe/european_zone:0.05": 20}
    totals = answers(
        100, state={"withheld": 100}, alone={NOTHING: 100}, nearest={NOTHING: 100}, opens=opens,
        withheld_by={"europe/guaranteed_zone": 100},
    )  # fmt: skip
    text = told(Names(load_scenario("allies", WarScenario)), totals)
    assert "In 100% of them what both sides would have liked best to sign was a deal with 'strong zone" in text
    assert "The consent of Europe to 'zone guarded by Europeans' would have made one possible in 20% of them" in text


def test_every_state_and_reason_is_named_apart(names: Names) -> None:
    said: list[Any] = [names.state(state) for state in STATES]
    assert len(set(said)) == len(STATES)
    assert all(text.startswith("Possible, but ") == is_possible(state) for text, state in zip(said, STATES, strict=True))
    assert len({names.reason(block) for block in BLOCKS}) == len(BLOCKS)
