"""Numbers chosen by word from what is on record, and sources that have a direction alone."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import jsonschema
import numpy as np
import pytest
from scipy import stats

from sim.catalogue import by_theme
from sim.model import WarScenario
from sim.model.base_rates import EARLY, FADES, LATER
from sim.results.dictionary import entries as outcomes
from sim.scenario import ScenarioError, load_scenario
from sim.scenario.describe import coverage, entries, told_knobs
from sim.scenario.jsonschema import json_schema
from sim.scenario.quantity import Quantity
from sim.scenario.reference import reference
from sim.words.scenarios import rows_of

PATH = "ceasefire.later_hazard_per_year"


@pytest.mark.parametrize("word", LATER)
def test_a_word_stands_for_the_number_on_record(word: str) -> None:
    scenario = load_scenario("baseline", WarScenario, [f"{PATH}={word}"])
    written = scenario.world.ceasefire.later_hazard_per_year
    assert written.word == word
    assert written == Quantity(**{**vars(Quantity.parse(LATER[word])), "word": word})
    entry = next(one for one in entries(scenario) if one.path == PATH)
    assert (entry.origin, entry.record) == ("on record", LATER[word]["note"])
    assert entry.text.startswith(f"{word}: lognormal")
    section = next(one for one in coverage(scenario) if one.section == "ceasefire")
    assert PATH not in section.bare


def test_the_table_holds_what_it_counts() -> None:
    """So many of so many years at risk, with the standard error of a count's logarithm."""
    for word, again, years in (("ceasefire_agreements", 17, 128.7), ("peace_agreements", 6, 190.3)):
        assert LATER[word]["median"] == round(again / years, 3)
        assert LATER[word]["log_sd"] == round(1 / math.sqrt(again), 2)


def test_the_hazard_of_the_first_weeks_has_the_law_of_the_truces() -> None:
    """One of 13 held: with a flat prior the surviving share has the law Beta(2, 13); the hazard is minus its logarithm.

    On top comes how far these truces are bare ones: with half of it, as counted, and double, with even chances.
    """
    word = EARLY["donbas_truces"]
    judged = math.log(2) * math.sqrt(2 / 3)
    of_few = math.sqrt(word["log_sd"] ** 2 - judged**2)
    for probability in (0.05, 0.5, 0.95):
        hazard = -math.log(stats.beta(2, 13).ppf(1 - probability))
        assert abs(word["median"] * math.exp(stats.norm.ppf(probability) * of_few) / hazard - 1) < 0.15


def test_those_that_break_do_so_after_two_weeks_on_average() -> None:
    hazard, fades = EARLY["donbas_truces"]["median"], FADES["donbas_truces"]["median"]
    days = np.arange(0, 1_000, 0.01)
    standing = np.exp(-hazard * -np.expm1(-days / fades))
    broken = (standing - standing[-1]) / (1 - standing[-1])
    assert abs(broken.sum() * 0.01 - 14) < 0.5


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (
            "peace_agreement",
            "must be a number or one of ceasefire_agreements, peace_agreements, nothing_signed, between_states",
        ),
        ("many", "must be a number or one of ceasefire_agreements, peace_agreements, nothing_signed, between_states"),
        ("'0,1'", "must be a number, not the text '0,1'. Write 0.1"),
        ("{value: peace_agreements}", "must be a number, not the text 'peace_agreements'"),
    ],
)
def test_another_word_is_refused_with_those_that_may_stand(value: str, said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load_scenario("baseline", WarScenario, [f"{PATH}={value}"])
    (problem,) = caught.value.problems
    assert said in str(problem)
    if value == "peace_agreement":
        assert "Did you mean 'peace_agreements'?" in str(problem)


def test_a_word_of_another_number_is_refused() -> None:
    with pytest.raises(ScenarioError, match="must be a number, not the text"):
        load_scenario("baseline", WarScenario, ["ceasefire.zone_effect=peace_agreements"])


def test_editors_and_the_reference_know_the_words() -> None:
    schema = json_schema(WarScenario)
    one = schema["definitions"]["ceasefire_parameters"]["properties"]["later_hazard_per_year"]
    assert one["examples"] == list(LATER)
    validator = jsonschema.Draft7Validator({**one, "definitions": schema["definitions"]})
    assert all(validator.is_valid(word) for word in [*LATER, 0.2, "1_0"])
    assert not any(validator.is_valid(word) for word in ["peace_agreement", -1, "many"])
    row = next(line for line in reference(WarScenario).splitlines() if line.startswith(f"| `{PATH}`"))
    assert all(f"`{word}`" in row for word in LATER)


def test_who_looks_for_a_number_is_told_the_words() -> None:
    (one,) = (told for told in told_knobs(load_scenario("baseline", WarScenario), ["later_hazard"]))
    assert one.range == f"0 to 100; or {', '.join(LATER)}"


def test_words_are_looked_for_where_words_begin_and_elsewhere_only_if_none_does() -> None:
    base = load_scenario("baseline", WarScenario)
    looks: dict[str, Callable[[str], list[str]]] = {
        "knobs": lambda word: [" ".join((one.label, one.path, one.meaning)) for one in told_knobs(base, [word])],
        "values": lambda word: [" ".join((row["label"], row["path"], row["about"])) for row in rows_of(base, [word])],
        "outcomes": lambda word: [" ".join(one) for one in outcomes(base, word)],
        "scenarios": lambda word: [" ".join(one) for one in by_theme([word])],
    }
    for name, found in looks.items():
        begun = found("day" if name == "scenarios" else "fire")
        assert begun, name
        assert all(re.search(r"(?<![^\W_])(day|fire)", text, re.IGNORECASE) for text in begun), name
        assert all("easefire" in text.casefold() for text in found("easefire")), name
        assert len(found("easefire")) >= 2, name
    assert "arms.attacker.reference_fire_share" in " ".join(looks["knobs"]("fire"))
    assert not any("fades_per_year" in text for text in looks["knobs"]("fire"))


# Sources of a direction alone


def test_a_source_of_a_direction_is_named_and_the_number_counts_as_assumed() -> None:
    whole = load_scenario("baseline", WarScenario)
    shown = {one.path: one.origin for one in entries(whole)}
    assert shown["ceasefire.zone_effect"] == "fortna_2003, direction only"
    valued = load_scenario("baseline", WarScenario, ["ceasefire.zone_effect.source_of=value"])
    counts = [next(one for one in coverage(each) if one.section == "ceasefire") for each in (whole, valued)]
    assert counts[1].sourced == counts[0].sourced + 1
    assert counts[1].assumed == counts[0].assumed - 1


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        (
            "{value: -1, source: [fortna_2003], source_of: directio}",
            "must be one of value, direction, not the text 'directio'",
        ),
        ("{value: -1, source_of: direction}", "source_of says what a source has, but there is none"),
    ],
)
def test_what_a_source_has_is_one_of_two(setting: str, said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load_scenario("baseline", WarScenario, [f"ceasefire.zone_effect={setting}"])
    (problem,) = caught.value.problems
    assert said in str(problem)
