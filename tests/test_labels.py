"""Every number of every shipped scenario has a name of its own, short, and without paths or ids."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sim.catalogue import shipped
from sim.ensemble.run import horizon_days
from sim.model import MECHANISMS, WarScenario
from sim.report.assumed import assumed, every_number
from sim.report.parts import plain
from sim.scenario import Knob, Scenario, ScenarioError, load_scenario, numbers
from sim.scenario.head import MOST_LETTERS
from sim.scenario.knobs import knob_of
from sim.scenario.labels import LONGEST
from sim.words.labels import knob_heading, knob_label

PATH_OR_ID = re.compile(r"\b[a-z][a-z0-9]*(_[a-z0-9]+)+\b|\b[a-z_]{2,}\.[a-z_]{2,}\b")
NOT_WORDS = re.compile(r"_|\w\.\w|\{|\}")


@cache
def loaded(name: str, *settings: str) -> Scenario[Any]:
    return load_scenario(name, WarScenario, list(settings))


@pytest.mark.parametrize("name", shipped())
def test_labels_are_short_and_unique_and_in_words(name: str) -> None:
    scenario = loaded(name)
    told = scenario.labels
    assert list(told) == [known.path for known in numbers(scenario.world)]
    assert len({label.text for label in told.values()}) == len({label.sentence for label in told.values()}) == len(told)
    for path, label in told.items():
        assert len(label.text) <= LONGEST, path
        for text in label:
            assert text
            assert not NOT_WORDS.search(text), (path, text)
        assert label.text[0].isupper() or not label.text[0].isalpha()


def test_every_declared_number_has_a_label() -> None:
    def declared(section: Any, seen: set[Any]) -> list[tuple[str, Knob]]:
        if section in seen:
            return []
        seen.add(section)
        found = []
        for name, field in section.model_fields.items():
            knob = knob_of(field)
            if knob is not None:
                found.append((f"{section.__name__}.{name}", knob))
            found += [one for below in _sections_in(field.annotation) for one in declared(below, seen)]
        return found

    every = declared(WarScenario, set())
    assert len(every) > 150
    assert [where for where, knob in every if not knob.label] == []
    assert MECHANISMS


def _sections_in(annotation: Any) -> list[Any]:
    from typing import get_args

    from sim.scenario.walk import is_section, members

    found = []
    for member in members(annotation):
        if is_section(member):
            found.append(member)
        for inner in get_args(member):
            found += _sections_in(inner)
    return found


def test_labels_have_the_names_of_the_scenario() -> None:
    base = loaded("baseline")
    fear = "negotiation.defender.renewed_war_loss"
    assert base.labels[fear] == ("Ukraine's fear of renewed war", "Ukraine's fear of renewed war")
    assert loaded("history/iwo_jima").labels["manpower.attacker.return_share"].text == "United States' return of wounded"
    assert knob_heading(fear, loaded("history/winter_war")) == "Finland's fear of renewed war"
    # Nor does a longer name than there is room for take the place of what is meant.
    assert (
        knob_heading("negotiation.attacker.renewed_war_loss", loaded("history/korea"))
        == "The attacker's fear of renewed war"
    )
    assert base.labels["arms.halts.us_pause.probability"] == (
        "US pause: chance of the halt",
        "chance of the halt (US pause)",
    )
    price = base.labels["negotiation.red_lines.recognised_borders.price"]
    assert price == ("Recognised borders: price of crossing", "price of crossing (internationally recognised borders)")
    assert knob_label("front.advance_sd_km2_per_day", base) == "noise of the pace"
    other = loaded("baseline", "sides.defender.name=Southland")
    assert knob_label(fear, other) == "Southland's fear of renewed war"


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("negotiation.red_lines.no_nato", "No path to NATO"),
        ("attrition.law", "Law of attrition"),
        ("arms.halts.us_pause.date", "US pause: date"),
        ("sides.defender.name", "Ukraine's name"),
        ("manpower.attacker", "Russia's manpower"),
        ("negotiation.issues.territory.land.attacker", "Territory: Russia's land"),
        ("negotiation.issues.territory.land.attacker.1", "Territory: Russia's land 2"),
        ("front.mud_months.0", "Mud months 1 of front"),
        ("negotiation.red_lines.no_nato.side", "No path to NATO: side"),
        ("negotiation.red_lines.none_such.price", "None such: price of crossing"),
        ("front.advance_km2_per_day", "Pace at the start"),
    ],
)
def test_what_is_no_number_of_the_scenario_has_a_name_too(path: str, heading: str) -> None:
    assert knob_heading(path, loaded("baseline")) == heading


def test_things_that_cannot_be_told_apart_by_name_are_by_id() -> None:
    same = "negotiation.red_lines.no_nato.name=no neutrality"
    told = loaded("baseline", same).labels
    first, second = (told[f"negotiation.red_lines.{name}.price"].text for name in ("no_nato", "no_neutrality"))
    assert (first, second) == ("No NATO: price of crossing", "No neutrality: price of crossing")
    texts = [label.text for label in told.values()]
    assert len(set(texts)) == len(texts)
    odd = loaded("baseline", "sides.attacker.name='{item} {0} %s'", "negotiation.red_lines.no_nato.name='{side}: {}'")
    assert odd.labels["negotiation.attacker.discount_per_year"].text == "{item} {0} %s' impatience"
    assert odd.labels["negotiation.red_lines.no_nato.price"].text == "{side}: {}: price of crossing"
    long = "x" * 300
    told = loaded("baseline", f"sides.attacker.name={long}", f"arms.backers.europe.name={long}").labels
    assert told["negotiation.attacker.discount_per_year"].text == "The attacker's impatience"
    assert told["arms.backers.europe.aid_per_month_beur"].text == "Europe: pledges a month"
    assert max(len(label.text) for label in told.values()) <= LONGEST


def test_every_scenario_has_a_short_title_of_its_own(tmp_path: Path) -> None:
    called = [loaded(name).world.called for name in shipped()]
    assert max(map(len, called)) <= MOST_LETTERS
    assert not any("…" in one for one in called)
    assert len(set(called)) == len(called)
    # By default the title up to a colon, or as much of it as there is room for; that of a parent is not inherited.
    assert loaded("baseline").world.called == "Baseline"
    assert loaded("escalation").world.short == "Escalation"
    file = tmp_path / "mine.yaml"
    file.write_text("title: Escalation of another kind, which takes long\nextends: escalation\n")
    own = load_scenario(file, WarScenario)
    assert own.world.short is None
    assert own.world.called == "Escalation of another kind…"
    # It is a remark: what is simulated is the same.
    file.write_text(file.read_text() + "short: Mine\n")
    named = load_scenario(file, WarScenario)
    assert named.world.called == "Mine"
    assert named.fingerprint == own.fingerprint
    assert named.with_settings(["short=Another"]).settings == ()
    with pytest.raises(ScenarioError, match="short must have at most 28 characters"):
        loaded("baseline", f"short={'x' * 29}")


@pytest.mark.parametrize("name", shipped())
def test_what_pages_say_of_any_scenario_has_no_path_and_no_id(name: str) -> None:
    scenario = loaded(name)
    said = [plain(pieces) for pieces in assumed(scenario, horizon_days(scenario))]
    for table in every_number(scenario):
        said += [table.caption.replace(" (scenario.yaml)", ""), *table.header]
        said += [cell if isinstance(cell, str) else plain([cell]) for row in table.rows for cell in row[:4]]
    assert len(said) > 400
    assert [text for text in said if PATH_OR_ID.search(text)] == []
