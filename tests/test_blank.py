"""Any war: numbers that have defaults, the template of `parley new --blank`, questions, and wars written in its form."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import sim
from sim.cli.app import app
from sim.ensemble.run import Plan, run_ensemble
from sim.model import POLITICS, WarScenario
from sim.model.first_days import first_days
from sim.scenario import load_scenario, numbers, quantities, shipped
from sim.scenario.blank import blanks, filled, fitting, without
from sim.scenario.describe import entries, provenance
from sim.scenario.errors import FieldError, ScenarioError
from sim.scenario.knobs import knob_of
from sim.scenario.walk import members
from sim.words.new_scenario import blank_text

WARS = sorted((Path(__file__).parent / "wars").glob("*.yaml"))
MOST_LINES, MOST_NUMBERS = 60, 40
TEMPLATE = blank_text("my_war")
# Plausible numbers, as an analyst may write them, in the order of the template.
RANGES = [
    *(
        (f"{name}.{side}.{end}", low, high)
        for name, end, low, high in (
            ("manpower", "force_persons", 300_000, 500_000),
            ("manpower", "intake_per_month", 10_000, 30_000),
            ("arms", "production_fire_days_per_month", 5, 20),
            ("negotiation", "cost_of_war_per_year", 0.02, 0.1),
        )
        for side in ("attacker", "defender")
    ),
]
ANSWERS = {
    "title": "My war: A against B, 1990", "description": "A advances, slowly.", "start_date": "1990-03-01",
    "horizon_months": "", "sides.attacker.name": "A", "sides.defender.name": "B",
    "manpower.attacker.force_persons": "{dist: uniform, low: 180_000, high: 220_000}",
    "manpower.attacker.pool_persons": "1_000_000", "manpower.attacker.intake_per_month": "9_000",
    "manpower.defender.force_persons": "160_000",
    "manpower.defender.pool_persons": "600_000", "manpower.defender.intake_per_month": "7_000",
    "attrition.attacker.daily_casualties": "250",
    "attrition.defender.daily_casualties": "180", "arms.attacker.fire_at_start_share": "0.5",
    "arms.attacker.production_fire_days_per_month": "15", "arms.defender.fire_at_start_share": "0.4",
    "arms.defender.production_fire_days_per_month": "7", "arms.backers.backer.name": "C",
    "arms.backers.backer.aid_per_month_beur": "0.5", "arms.backers.backer.fire_days_per_beur": "10",
    "front.held_area_km2": "12_000", "front.total_area_km2": "90_000", "front.advance_km2_per_day": "3",
    "front.advance_sd_km2_per_day": "4", "front.fastest_km2_per_day": "60", "beliefs.pace_km2_per_day": "10",
    "negotiation.attacker.cost_of_war_per_year": "0.1", "negotiation.defender.cost_of_war_per_year": "0.1",
    "negotiation.issues.land.weight.attacker": "0.6", "negotiation.issues.land.weight.defender": "0.5",
    "negotiation.issues.land.land.none_km2": "0", "negotiation.issues.land.land.all_km2": "30_000",
    "negotiation.issues.land.options.line_before.area_km2": "4_000", "negotiation.issues.order.weight.attacker": "0.4",
    "negotiation.issues.order.weight.defender": "0.5", "negotiation.issues.order.options.attackers_way.name": "B is neutral",
    "negotiation.issues.order.options.defenders_way.name": "B chooses: an alliance",
    "negotiation.issues.order.options.middle.name": "B is neutral, and guaranteed",
    "negotiation.issues.order.options.middle.values.attacker": "0.6",
    "negotiation.issues.order.options.middle.values.defender": "0.5",
    "negotiation.red_lines.of_the_attacker.hard_share": "0.5", "negotiation.red_lines.of_the_defender.hard_share": "0.4",
    "ceasefire.front_km": "300", "ceasefire.regimes.guarded_zone.zone_width_km": "10",
    "ceasefire.regimes.guarded_zone.guards": "5_000",
}  # fmt: skip


def mandatory(kind: type[BaseModel], below: str = "") -> Iterator[str]:
    """Yield the numbers that a war with a negotiation has to state, beside those of things in lists."""
    politics = {mechanism.name for mechanism in POLITICS}
    for name, field in kind.model_fields.items():
        path = f"{below}{name}"
        if knob_of(field) is not None:
            if field.is_required():
                yield path
            continue
        for member in members(field.annotation):
            if isinstance(member, type) and issubclass(member, BaseModel) and (field.is_required() or path in politics):
                yield from mandatory(member, f"{path}.")


def test_a_war_with_a_negotiation_has_few_numbers_to_state() -> None:
    needed = list(mandatory(WarScenario))
    asked = {re.sub(r"\.(backer|land|order|guarded_zone)\.", ".", one.name) for one in blanks(TEMPLATE, WarScenario)}
    assert 20 <= len(needed) <= 30
    # The template asks for all of them, but for what has a default.
    assert set(needed) - asked - {"beliefs.pace_km2_per_day"} == set()


def test_the_template_is_short_and_every_blank_is_explained() -> None:
    lines = TEMPLATE.splitlines()
    asked = blanks(TEMPLATE, WarScenario)
    assert len(lines) <= MOST_LINES
    assert [one.name for one in asked] == list(ANSWERS), "in the order of the template"
    assert sum("number" in one.wanted for one in asked) <= MOST_NUMBERS
    for one in asked:
        assert one.wanted.startswith("Write "), one.name
        assert one.remark, one.name


def numbers_written(file: Path) -> int:
    """Return how many numbers a file states, a range counted as one."""
    return sum(entry.place.line > 0 for entry in entries(load_scenario(file, WarScenario)) if entry.unit or entry.origin)


def test_check_says_one_line_for_each_blank(parley: Any, tmp_path: Path) -> None:
    done = parley("new", "my_war", "--blank", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "45 places to fill in" in done.stdout
    assert (tmp_path / "my_war.yaml").read_text(encoding="utf-8") == TEMPLATE
    checked = parley("check", "my_war.yaml", cwd=tmp_path)
    assert checked.returncode == 3
    told = checked.stderr.splitlines()
    left = [one for one in blanks(TEMPLATE, WarScenario) if one.text == "___"]
    assert len(told) == len(left) == 45
    for line, one in zip(told, left, strict=True):
        assert line.startswith(f"my_war.yaml:{one.line}:{one.column}: error: {one.name} is still blank. Write "), line
    # One is left, and nothing else is said.
    but_one = {one: ANSWERS[one.name] for one in left if one.name != "ceasefire.front_km"}
    but_one = {one: fitting(answer, one.path, WarScenario) for one, answer in but_one.items()}
    (tmp_path / "my_war.yaml").write_text(filled(TEMPLATE, but_one), encoding="utf-8")
    (line,) = parley("check", "my_war.yaml", cwd=tmp_path).stderr.splitlines()
    assert "ceasefire.front_km is still blank. Write a number between 0.1 and 100000 (km): Length of the line" in line
    again = parley("new", "my_war", "--blank", cwd=tmp_path)
    assert (again.returncode, "is there already" in again.stderr) == (3, True)
    assert parley("new", "other", "--blank", "--from", "baseline", cwd=tmp_path).returncode == 2


def ask(folder: Path, answers: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sim", "new", "my_war", "--ask", *options]
    surroundings = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    return subprocess.run(command, cwd=folder, env=surroundings, input=answers, capture_output=True, text=True, check=False)


def test_answers_fill_in_a_war_that_passes_and_runs(parley: Any, tmp_path: Path) -> None:
    done = ask(tmp_path, "".join(f"{answer}\n" for answer in ANSWERS.values()))
    assert done.returncode == 0, done.stderr
    assert "all is filled in" in done.stdout
    file = tmp_path / "my_war.yaml"
    scenario = load_scenario(file, WarScenario)
    known = dict(quantities(scenario.world))
    assert known["manpower.attacker.force_persons"].support == (180_000, 220_000)
    assert known["ceasefire.regimes.guarded_zone.guards"].central == 5_000
    assert scenario.world.horizon_months == 24, "an empty answer keeps what stands there"
    assert numbers_written(file) <= MOST_NUMBERS
    checked = parley("check", "my_war.yaml", cwd=tmp_path)
    assert checked.returncode == 0
    assert first_days(scenario) == []
    ran = parley("run", "my_war.yaml", "--replications", 50, "--months", 6, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "Conditional frequencies" in ran.stdout


def test_questions_explain_themselves_and_keep_what_was_answered(tmp_path: Path, monkeypatch, capsys) -> None:
    said = ["A war", "?", "One.", "1990-13-01", "1990-01-13", "", "A", "B", "many", "-3", "{value: 5_000, assumption: true}"]

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", Terminal("\n".join(said)))
    assert not app(["new", "my_war", "--ask"], prog_name="parley", standalone_mode=False)
    told = capsys.readouterr()
    for words in (
        "Write a text: What is assumed, in a few sentences",
        "there is no day 1990-13-01 in the calendar",
        "force_persons must be a number, not the text 'many'",
        "force_persons must lie between 0 and 100000000 (persons), not -3",
        "7 of 46 questions were asked. Go on in the file.",
    ):
        assert words in told.err
    text = (tmp_path / "my_war.yaml").read_text(encoding="utf-8")
    assert "    force_persons: {value: 5_000, assumption: true}  # persons" in text
    assert text.count("___") == 40, "one of them in its first line"
    assert "39 places to fill in" in told.out


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"manpower.attacker.force_persons": "?\nmany"},
            "error: line 8 of the input, 'many', question 7 (manpower.attacker.force_persons): force_persons must be a "
            "number, not the text 'many'. ",
        ),
        (
            # An answer too many moves all behind it to the wrong questions, here until the first that does not fit.
            {"sides.attacker.name": "A\nA again"},
            "error: line 7 of the input, 'B', question 7 (manpower.attacker.force_persons): ",
        ),
        (
            {"ceasefire.regimes.guarded_zone.guards": "5_000\n6_000"},
            "error: line 47 of the input, '6_000', answers no question: all were asked before",
        ),
    ],
)
def test_answers_from_a_file_end_with_the_first_that_is_refused(tmp_path: Path, changes: dict[str, str], said: str) -> None:
    done = ask(tmp_path, "".join(f"{answer}\n" for answer in (ANSWERS | changes).values()))
    assert (done.returncode, done.stdout) == (3, "")
    *_, last = done.stderr.splitlines()
    assert last.startswith(said)
    assert last.endswith(". Mend it and give all answers again; nothing was written")
    assert done.stderr.count("error: ") == 1
    assert not [*tmp_path.iterdir()]


def test_nobody_need_send_arms(parley: Any, tmp_path: Path) -> None:
    alone = {name: "" if name.endswith("backer.name") else answer for name, answer in ANSWERS.items()}
    answers = [answer for name, answer in alone.items() if not name.startswith("arms.backers.") or not answer]
    done = ask(tmp_path, "".join(f"{answer}\n" for answer in answers))
    assert done.returncode == 0, done.stderr
    assert "An empty answer: nobody sends arms" in done.stderr
    assert "all is filled in" in done.stdout
    scenario = load_scenario(tmp_path / "my_war.yaml", WarScenario)
    assert dict(quantities(scenario.world))["front.held_area_km2"].central == 12_000
    assert not [path for path, _ in quantities(scenario.world) if path.startswith("arms.backers.")]
    assert parley("check", "my_war.yaml", cwd=tmp_path).returncode == 0
    ran = parley("run", "my_war.yaml", "--replications", 50, "--months", 6, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    # By hand it is the three lines of which the template says so.
    assert "without any, remove all three" in TEMPLATE
    kept = without(TEMPLATE, ("arms", "backers"))
    assert len(TEMPLATE.splitlines()) - len(kept.splitlines()) == 3
    filled_in = {one: ANSWERS[one.name] for one in blanks(kept, WarScenario) if one.text == "___"}
    written = filled(kept, {one: fitting(answer, one.path, WarScenario) for one, answer in filled_in.items()})
    assert written == (tmp_path / "my_war.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("path", "answer", "said"),
    [
        ("start_date", "March", "this is no date"),
        ("title", " ", "no letter that shows"),
        ("front.held_area_km2", "[1]", "must be a number"),
        ("negotiation.issues.land.weight.attacker", "2", "must lie between 0 and 1"),
        ("negotiation.issues.land.weight.attacker", "{dist: uniform, low: 0, high: 1}", "must be a fixed number"),
        ("horizon_months", "2.5", "must be a whole number"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused(path: str, answer: str, said: str) -> None:
    with pytest.raises(FieldError, match=said):
        fitting(answer, tuple(path.split(".")), WarScenario)


@pytest.mark.parametrize("file", WARS, ids=lambda file: file.stem)
def test_a_war_in_the_form_of_the_template_runs(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    assert numbers_written(file) <= MOST_NUMBERS
    scenario = load_scenario(file, WarScenario)
    assert first_days(scenario) == []
    found = run_ensemble(scenario, Plan(50, 1, 183))
    assert len(found.outcomes["ending"]) == 50
    assert not found.failures


HARD = [f"negotiation.red_lines.of_the_{side}.hard_share={share}" for side, share in (("attacker", 0.8), ("defender", 0.9))]
NO_MIDDLE = "negotiation.issues.order.options.middle={remove: true}"
NO_PACKAGE = "in 72 % of histories no package can be signed: every option of 'order' is beyond a hard red line of one side"


def test_check_remarks_on_what_a_new_war_leaves_out() -> None:
    (file,) = [one for one in WARS if one.stem == "long_war"]
    truces, points = sim.check(file)
    assert truces.startswith("how soon truces break is by default that of the truces in Donbas of 2015-20")
    assert points.startswith("31 of your 31 numbers without a source that may be ranges are points: the band")
    # A truce of its own, by number or by word, is the author's; and so is an option that no red line is about.
    for hazard in ("0.5", "donbas_truces"):
        assert sim.check(file, [f"ceasefire.early_hazard={hazard}", *HARD])[:-1] == []
    assert [line.partition(".")[0] for line in sim.check(file, [*HARD, NO_MIDDLE])[1:-1]] == [NO_PACKAGE]
    assert len(sim.check(file, [NO_MIDDLE])) == 2, "in 18 % only"
    ranges = [f"{path}={{dist: uniform, low: {low}, high: {high}}}" for path, low, high in RANGES]
    assert not any("are points" in line for line in sim.check(file, ranges))


def test_a_default_follows_what_it_stands_for(tmp_path: Path) -> None:
    (file,) = [one for one in WARS if one.stem == "long_war"]
    known = dict(quantities(load_scenario(file, WarScenario).world))
    for side, losses in (("attacker", 700), ("defender", 450)):
        assert known[f"manpower.{side}.past_intake_per_month"].central == known[f"manpower.{side}.intake_per_month"].central
        assert known[f"manpower.{side}.past_daily_casualties"].central == losses
        assert known[f"support.{side}.year_casualties_persons"].central == round(365.25 * losses)
        assert known[f"beliefs.{side}.drift_noise_km2_per_day"].central == pytest.approx(0.4 * 12)
    assert known["arms.backers.league.past_aid_per_month_beur"].central == 0.6
    settings = ["manpower.attacker.past_intake_per_month=5", "beliefs.attacker.optimism=1", "attrition.level_factor=0.5"]
    settings.append("manpower.attacker.past_daily_casualties=0")
    changed = dict(quantities(load_scenario(file, WarScenario, settings).world))
    assert changed["manpower.attacker.past_daily_casualties"].central == 0
    assert changed["manpower.defender.past_daily_casualties"].central == 225
    assert changed["manpower.attacker.past_intake_per_month"].central == 5
    assert changed["beliefs.attacker.drift_noise_km2_per_day"].central == pytest.approx(0.4 * 12)
    assert known["ceasefire.early_hazard"].word == "donbas_truces"


def test_what_is_left_out_is_told_as_default_and_may_be_written(tmp_path: Path) -> None:
    (file,) = [one for one in WARS if one.stem == "border_war"]
    scenario = load_scenario(file, WarScenario)
    default = {entry.path for entry in entries(scenario) if entry.origin == "default"}
    assert {"ceasefire.early_hazard", "collapse.attacker.force_share", "negotiation.talks.open_per_year"} <= default
    assert "front.held_area_km2" not in default
    # Written out it is the same war.
    text = file.read_text(encoding="utf-8")
    out = tmp_path / "border_war.yaml"
    out.write_text(
        text + "collapse: {attacker: {force_share: 0.4, width_share: 0.05, hazard_per_year: 1}}\n", encoding="utf-8"
    )
    again = load_scenario(out, WarScenario)
    assert [(one.path, one.value) for one in numbers(again.world)] == [
        (one.path, one.value) for one in numbers(scenario.world)
    ]


def test_a_blank_of_a_number_that_has_a_default_is_told_too(tmp_path: Path) -> None:
    file = tmp_path / "my_war.yaml"
    file.write_text("title: Mine\nextends: baseline\ncollapse: {attacker: {force_share: ___}}\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"my_war.yaml:3:36: error: collapse.attacker.force_share is still blank"):
        load_scenario(file, WarScenario)
    # In quotes it is a text like any other.
    file.write_text("title: '___'\nextends: baseline\n", encoding="utf-8")
    assert load_scenario(file, WarScenario).world.title == "___"


def another(
    folder: Path, sides: str = "{attacker: {name: North}, defender: {name: South}}", start: str = "2024-12-04"
) -> Path:
    file = folder / "another.yaml"
    text = f"title: Another\nextends: more_arms\nstart_date: {start}\nsides: {sides}\n"
    file.write_text(f"{text}manpower: {{attacker: {{force_persons: 200_000}}}}\n", encoding="utf-8")
    return file


def test_numbers_of_another_war_are_counted_and_kept_with_runs(parley: Any, tmp_path: Path) -> None:
    scenario = load_scenario(another(tmp_path), WarScenario)
    found = provenance(scenario)
    whole = provenance(load_scenario("more_arms", WarScenario))
    assert (found.given, found.bare, found.assumed, found.default) == (1, 1, 0, whole.default)
    assert found.numbers == whole.numbers == len(set(found.inherited)) + 1 + whole.default
    assert found.wars == ("Russia against Ukraine, 2024",)
    assert "manpower.attacker.force_persons" not in found.inherited
    assert {"arms.backers.europe.aid_per_month_beur", "negotiation.attacker.horizons_days.0"} <= set(found.inherited)
    said = f"{len(found.inherited)} of {found.numbers} numbers are inherited from another war (Russia against Ukraine, 2024)"
    checked = " ".join(parley("check", "another.yaml", cwd=tmp_path).stdout.split())
    assert f"note: {said}" in checked
    assert (
        f"1 given (1 without a source), 0 assumed, {whole.default} by default, {len(found.inherited)} inherited" in checked
    )
    ran = parley("run", "another.yaml", "--replications", 20, "--months", 2, "--out", "out", cwd=tmp_path)
    assert said in " ".join(ran.stdout.split())
    assert said in (tmp_path / "out" / "summary.md").read_text(encoding="utf-8")
    assert parley("report", "out", cwd=tmp_path).returncode == 0
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert f"{len(found.inherited)} inherited from another war (Russia against Ukraine, 2024). " in page
    # What is set is given, and what is run again from what was kept is the same.
    kept = load_scenario(tmp_path / "out" / "scenario.yaml", WarScenario, ["front.held_area_km2=5"])
    assert set(found.inherited) - set(provenance(kept).inherited) == {"front.held_area_km2"}
    assert set(provenance(scenario.with_settings(["front.held_area_km2=5"])).inherited) == set(provenance(kept).inherited)


@pytest.mark.parametrize(
    ("sides", "start", "is_other"),
    [
        ("{attacker: {name: Russia}, defender: {name: Ukraine}}", "2024-12-04", False),
        ("{attacker: {name: Russian Federation}, defender: {name: ukraine}}", "2023-01-04", False),
        ("{attacker: {name: Russia}, defender: {name: Ukraine}}", "2014-04-12", True),
        ("{attacker: {name: Ukraine}, defender: {name: Russia}}", "2024-12-04", True),
        ("{attacker: {name: Russia}, defender: {name: Georgia}}", "2024-12-04", True),
    ],
)
def test_what_another_war_is(tmp_path: Path, sides: str, start: str, is_other: bool) -> None:
    assert bool(load_scenario(another(tmp_path, sides, start), WarScenario).world.inherited) == is_other


@pytest.mark.parametrize("name", shipped())
def test_no_shipped_scenario_has_numbers_of_another_war(name: str) -> None:
    assert load_scenario(name, WarScenario).world.inherited == {}


@pytest.mark.parametrize("file", WARS, ids=lambda file: file.stem)
def test_numbers_of_a_new_war_are_counted(parley: Any, tmp_path: Path, file: Path) -> None:
    scenario = load_scenario(file, WarScenario)
    found = provenance(scenario)
    text = file.read_text(encoding="utf-8")
    # The horizon belongs to no section.
    assert found.given + found.assumed == numbers_written(file) - 1
    assert found.assumed == text.count("assumption: true")
    assert (found.inherited, found.sourced) == ((), 0)
    assert found.numbers == sum("." in one.path for one in numbers(scenario.world))
    done = parley("run", file, "--replications", 20, "--months", 6, "--out", "out", "--report", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert f"{found.numbers} numbers: {found.given} given ({found.bare} without a source), {found.assumed} assumed, " in page
