"""The shipped scenarios, the direction of their effects on the same luck, and the examples of scenarios/README.md."""

import csv
import datetime
import io
import re
import shlex
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from sim.engine.calendar import Calendar
from sim.ensemble.run import Ensemble, horizon_days
from sim.model import WarScenario
from sim.model.notes import notes
from sim.results.tables import ledger_csv, outcomes_csv, series_csv
from sim.scenario import Fixed, Quantity, ScenarioError, load_scenario, numbers, quantities, read_yaml, shipped
from sim.scenario.describe import changes
from sim.scenario.tree import everything
from tests.conftest import ROOT, WITH_DEFAULTS, written

FOLDER = ROOT / "scenarios"
# But for that with those who decide beside the two sides, which says more.
# Whose effects have tests of their own: tests/test_allies.py, tests/test_home.py, tests/test_panel.py.
OTHERS_DECIDE = ("leaders_at_risk",
    "allies", "allies_without_fear", "europe_unwilling", "european_zone_asked", "membership_for_a_part",
    "membership_off_the_table", "ratification", "us_stops_for_good",
    "panel/institutions_carry", "panel/losses_replaced", "panel/losses_wear_down",
)  # fmt: skip
VARIANTS = [
    name
    for name in shipped()
    if "\nextends:" in (FOLDER / f"{name}.yaml").read_text(encoding="utf-8") and name not in OTHERS_DECIDE
]
N, DAYS = 600, 365
DEAL_N, DEAL_DAYS = 1_200, 730
# What a small effect needs.
MORE = {"land_for_ceasefire": 4_000}

# What the mechanism of a scenario says: compared with which other, an outcome goes up (+1) or down (-1).
EFFECTS = {
    "more_arms": [("baseline", "ground_gained_km2", -1), ("baseline", "casualties_attacker", +1)],
    "aid_halted": [("baseline", "ground_gained_km2", +1), ("baseline", "casualties_attacker", -1)],
    "aid_early": [("baseline", "ground_gained_km2", -1), ("baseline", "casualties_attacker", +1)],
    "aid_late": [("baseline", "ground_gained_km2", -1), ("aid_early", "ground_gained_km2", +1)],
    "russian_mobilization": [("baseline", "force_end_attacker", +1), ("baseline", "ground_gained_km2", +1)],
    "lower_draft_age": [("baseline", "force_end_defender", +1), ("baseline", "ground_gained_km2", -1)],
    # A better or worse army at the same effort: other ground for about the same losses.
    "faster_offensive": [("baseline", "ground_gained_km2", +1)],
    "stalled_offensive": [("baseline", "ground_gained_km2", -1)],
    "lower_return_of_wounded": [("baseline", "force_end_attacker", -1), ("baseline", "ground_gained_km2", -1)],
    "attackers_backers_stop": [
        ("baseline", "fired_days_attacker", -1),
        ("baseline", "ground_gained_km2", -1),
        ("baseline", "casualties_defender", -1),
    ],
    "heavier_losses": [("baseline", "force_end_attacker", -1), ("baseline", "ground_gained_km2", -1)],
    "offensive_surge": [("baseline", "ground_gained_km2", +1), ("baseline", "casualties_attacker", +1)],
    "escalation": [("baseline", "casualties_attacker", +1), ("baseline", "first_talks_month", +1)],
}
# Over two years, since deals take time: what one kind of deal takes from the chance of any, and how it does beside others.
# Guards and guarantees have a price for the attacker, and the defender fears little from renewed war: fewer deals, not more.
# A bare truce, which breaks in weeks, is signed as rarely as one with a guarantee.
DEALS = {
    "bare_truce": [
        ("baseline", "deal_within_24_months", -1),
        ("european_zone", "deal_within_24_months", -1),
        ("zone_without_guards", "incidents_per_day", +1),
    ],
    "zone_without_guards": [("baseline", "deal_within_24_months", -1), ("bare_truce", "share_of_time_in_ceasefire", +1)],
    "european_zone": [("baseline", "deal_within_24_months", -1), ("bare_truce", "share_of_time_in_ceasefire", +1)],
    # Guards who may have to leave are fewer at the end.
    "mandate_runs_out": [("european_zone", "guards_end", -1), ("baseline", "deal_within_24_months", -1)],
    # Whoever has to count on land that is not handed over, and on weapons that stay, signs less.
    "deal_in_steps": [
        ("zone_without_guards", "deal_within_24_months", -1),
        ("zone_without_guards", "share_of_time_in_ceasefire", -1),
    ],
    "strong_zone": [("european_zone", "guards_end", +1), ("european_zone", "deal_within_24_months", -1)],
    "guaranteed_zone": [("baseline", "deal_within_24_months", -1), ("strong_zone", "deal_within_24_months", -1)],
    "guarantees_without_troops": [
        ("baseline", "deal_within_24_months", -1),
        ("european_zone", "deal_within_24_months", -1),
        ("strong_zone", "incidents_per_day", +1),
    ],
    "neutral_with_guarantees": [("guarantees_without_troops", "deal_within_24_months", +1)],
    "nato_path": [("baseline", "deal_within_24_months", -1), ("baseline", "casualties_attacker", +1)],
    "nato_deferred": [("baseline", "deal_within_24_months", -1), ("nato_path", "deal_within_24_months", +1)],
    "borders_kept": [("baseline", "deal_within_24_months", -1), ("baseline", "casualties_attacker", +1)],
    "land_offered": [("borders_kept", "deal_within_24_months", +1), ("borders_kept", "casualties_attacker", -1)],
    "land_for_ceasefire": [("baseline", "deal_within_24_months", -1), ("baseline", "conceded_defender", +1)],
    "recognition_priced": [("baseline", "deal_within_24_months", -1), ("recognition_hard", "deal_within_24_months", +1)],
    "outside_pressure": [("baseline", "deal_within_12_months", +1)],
    # Who may not keep its word is trusted less, and a first phase takes time.
    "phases": [("baseline", "deal_within_24_months", -1), ("baseline", "casualties_attacker", +1)],
    "softer_lines": [("baseline", "deal_within_24_months", +1), ("baseline", "casualties_attacker", -1)],
    "no_talks": [("baseline", "deal_within_24_months", -1), ("baseline", "casualties_attacker", +1)],
    "recognition_hard": [("baseline", "deal_within_24_months", -1)],
}

# (scenario, compared with, date): the first day on which they can differ.
DATED = [
    ("aid_halted", "baseline", "2025-01-20"),
    ("aid_late", "baseline", "2025-09-04"),
    ("russian_mobilization", "baseline", "2025-03-01"),
    ("lower_draft_age", "baseline", "2025-03-01"),
    ("outside_pressure", "baseline", "2025-06-01"),
    # Its side counts on it from 120 days before, and that changes what fighting on is worth.
    ("offensive_surge", "baseline", "2025-01-01"),
]

Runs = Callable[..., Ensemble]


@pytest.fixture(scope="module")
def load(load):
    """Load a shipped scenario, each once."""
    return cache(load)


@pytest.fixture(scope="module")
def runs(load, ensemble) -> Runs:
    """Run a shipped scenario, each once."""
    return cache(lambda name, days=DAYS, n=N: ensemble(load(name), n, days))


def test_the_shipped_variants_are_those_whose_effects_are_tested():
    assert set(VARIANTS) == {*EFFECTS, *DEALS, "square_law"}
    assert set(shipped()) == {
        *VARIANTS,
        "baseline",
        *OTHERS_DECIDE,
        "examples/border_war",
        "examples/change_of_initiative",
        "history/iwo_jima",
        "history/korea",
        "history/sinai_1973",
        "history/winter_war",
    }


@pytest.mark.parametrize("name", shipped())
def test_every_number_has_a_source_or_is_an_assumption(load, name):
    known = [known for known in numbers(load(name).world) if isinstance(known.value, Quantity | Fixed)]
    assert len(known) > 50
    recorded = [one for one in known if getattr(one.value, "word", "")]
    bare = [one for one in known if one not in recorded and not (one.value.sources or one.value.assumption)]
    if name in WITH_DEFAULTS:
        bare = [one for one in bare if one.path in written(load(name))]
    # A default of 0 is a part of the model that the scenario leaves out.
    assert [one.path for one in bare if isinstance(one.value, Fixed) or one.value.central != 0] == []


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_is_short_and_described(name):
    text = (FOLDER / f"{name}.yaml").read_text()
    own = read_yaml(FOLDER / f"{name}.yaml").value
    assert len(text.splitlines()) < 26
    assert text.startswith("# yaml-language-server: $schema=../sim/scenario/schema.json\ntitle: ")
    assert re.fullmatch(r"[A-Z].*[a-z]\.", own["description"])
    assert ". " not in own["description"], "one sentence"


@pytest.mark.ensembles
@pytest.mark.parametrize("name", [*EFFECTS, *DEALS])
def test_an_effect_has_the_direction_of_its_mechanism(runs, name):
    plan = (DEAL_DAYS, MORE.get(name, DEAL_N)) if name in DEALS else (DAYS, N)
    for other, outcome, sign in (EFFECTS | DEALS)[name]:
        column, _, option = outcome.partition("=")
        found = [runs(one, *plan).outcomes[column] for one in (name, other)]
        ours, theirs = ((values == option).astype(float) if option else values for values in found)
        change = ours - theirs
        # Where both have it: what is said of ceasefires is empty without one.
        change = change[~np.isnan(change)]
        mean, error = change.mean(), change.std(ddof=1) / np.sqrt(len(change))
        print(f"\n{name} against {other}, {outcome}: {mean:+,.4g} +- {error:,.2g}", end="")
        assert sign * mean > 2 * error


def test_under_the_square_law_losses_follow_the_enemys_strength(runs):
    before, square = runs("baseline").outcomes, runs("square_law").outcomes
    weight = {side: before[f"force_end_{side}"] / before[f"force_start_{side}"] for side in ("attacker", "defender")}
    for own, enemy in (("attacker", "defender"), ("defender", "attacker")):
        change = square[f"casualties_{own}"] - before[f"casualties_{own}"]
        # A deal in one of both alone would drown the law.
        fought = np.isnan(before["deal_month"]) & np.isnan(square["deal_month"])
        enemy_grew_more = weight[enemy] > weight[own]
        more, fewer = change[fought & enemy_grew_more], change[fought & ~enemy_grew_more]
        print(f"\nsquare_law, casualties_{own}: {more.mean():+,.0f} where the enemy grew more, else {fewer.mean():+,.0f}")
        assert more.mean() > 5 * more.std() / np.sqrt(len(more))
        assert fewer.mean() < -5 * fewer.std() / np.sqrt(len(fewer))


@pytest.mark.parametrize("name", VARIANTS)
def test_shared_parameters_have_the_same_luck(load, runs, name):
    ours, theirs = (dict(quantities(load(one).world)) for one in (name, "baseline"))
    drawn, before = runs(name, 1).drawn, runs("baseline", 1).drawn
    shared = drawn.keys() & before.keys()
    assert len(shared) > 50
    for path in shared:
        if ours[path].distribution == theirs[path].distribution:
            np.testing.assert_array_equal(drawn[path], before[path], err_msg=path)
        else:
            np.testing.assert_array_equal(np.argsort(drawn[path]), np.argsort(before[path]), err_msg=path)


@pytest.mark.parametrize(("name", "other", "date"), DATED)
def test_histories_are_the_same_until_scenarios_differ(load, runs, name, other, date):
    ours, theirs = runs(name), runs(other)
    day = Calendar(load(name).world.start_date).day_of(datetime.date.fromisoformat(date))
    # The state recorded at a day is that of its morning.
    same = sum(recorded <= day for recorded in ours.series_days)
    assert ours.series_columns == theirs.series_columns
    assert same > 4
    np.testing.assert_array_equal(ours.series[:, :same], theirs.series[:, :same])
    assert (ours.series[:, same:] != theirs.series[:, same:]).any()


@pytest.mark.ensembles
def test_korea_ends_as_it_did(load, ensemble):
    """Over a year of talks, held up by the prisoners, and then an armistice with a zone."""
    run = ensemble(load("history/korea"), 1_000, horizon_days(load("history/korea")))
    end = run.outcomes
    talks = np.nan_to_num(end["deal_month"], nan=60.0) - end["first_talks_month"]
    zone = (end["ending"] == "ceasefire_in_force") & np.isin(end["terms_armistice"], ["narrow_zone", "wide_zone"])
    reasons: Counter[str] = Counter()
    for row in csv.DictReader(io.StringIO(ledger_csv(run))):
        if row["question"] == "opens" and row["answer"].startswith("drop:"):
            reasons[row["answer"]] += int(row["histories"])
    over, held = (talks > 12).mean(), zone.mean()
    print(f"\nKorea: over a year of talks {over:.3f}, armistice with a zone {held:.3f}; {dict(reasons)}")
    assert over > 0.5
    assert {opener for opener, _ in reasons.most_common(2)} == {"drop:all_prisoners", "drop:no_forced_return"}
    assert held > 0.5


@pytest.mark.ensembles
def test_sinai_is_settled_by_a_guarded_zone_and_land_that_is_handed_over(load, ensemble):
    """A UN force between the armies, and most of what was agreed on handed over while it stays."""
    end = ensemble(load("history/sinai_1973"), 600, horizon_days(load("history/sinai_1973"))).outcomes
    guarded = (end["terms_force"] == "un_force").mean()
    held = (end["ceasefire_lasted_730_days"] == 1) & (end["first_ceasefire_broke"] == 0)
    handed = np.median(end["land_handed_over_km2"][held] / end["land_ceded_km2"][held])
    left = [end["guards_left"][held & (end["guards_end"] == guards)].mean() for guards in (0, 7_000)]
    print(f"\nSinai: guarded {guarded:.3f}, two years {held.mean():.3f}, handed over {handed:.3f}, guards left {left}")
    assert guarded > 0.8
    assert held.mean() > 0.5
    assert 0.9 < handed <= 1 + 1e-6
    assert left == [1, 0]


def test_a_variant_with_nothing_but_a_title_gives_the_same_bytes(ensemble, load, tmp_path: Path):
    (tmp_path / "same.yaml").write_text("title: Another title\nextends: baseline\n")
    ours = ensemble(load_scenario(tmp_path / "same.yaml", WarScenario), 100, 365)
    theirs = ensemble(load("baseline"), 100, 365)
    # But for the name that each row begins with.
    assert outcomes_csv(ours).replace("\nsame,", "\nbaseline,") == outcomes_csv(theirs)
    assert series_csv(ours) == series_csv(theirs)


# The language guide.

WHOLE = (FOLDER / "README.md").read_text()
(COOKBOOK,) = re.findall(r"^## Cookbook.*?(?=^## )", WHOLE, flags=re.DOTALL | re.MULTILINE)
GUIDE = WHOLE.replace(COOKBOOK, "")
TASKS = re.findall(r"\*\*(.*?)\*\*:\n<!-- changes: (.*?) -->\n```yaml\n(.*?)```", COOKBOOK, flags=re.DOTALL)
BLOCK = re.compile(r"(?:<!-- (fragment|mistakes)[^>]*-->\n)?```yaml\n(.*?)```", flags=re.DOTALL)
EXAMPLES = [(match[1] or "scenario", match[2]) for match in BLOCK.finditer(GUIDE)]


@pytest.fixture(scope="module")
def examples(tmp_path_factory) -> list[Path]:
    """Write the examples, a fragment as a scenario that extends the last complete one."""
    folder, last, files = tmp_path_factory.mktemp("guide"), "baseline", []
    for number, (kind, text) in enumerate(EXAMPLES):
        file = folder / ("my_war.yaml" if kind == "mistakes" else f"example_{number}.yaml")
        if kind == "fragment":
            text = f"title: Fragment\nextends: {last}\n{text}"
        elif kind == "scenario":
            last = file.stem
        file.write_text(text)
        files.append(file)
    return files


def test_the_guide_has_examples_and_three_pages():
    assert len(EXAMPLES) == GUIDE.count("```yaml") > 5
    assert [kind for kind, _ in EXAMPLES].count("mistakes") == 1
    assert len(GUIDE.splitlines()) <= 260


@pytest.mark.parametrize("number", [number for number, (kind, _) in enumerate(EXAMPLES) if kind != "mistakes"])
def test_an_example_runs(ensemble, examples, number):
    kind, _ = EXAMPLES[number]
    assert kind == "fragment" or {"title", "extends"} <= read_yaml(examples[number]).value.keys()
    scenario = load_scenario(examples[number], WarScenario)
    assert scenario.to_yaml() != load_scenario("baseline", WarScenario).to_yaml()
    assert len(ensemble(scenario, 5, 62).numbers) == 5


def test_the_mistakes_give_the_output_that_is_quoted(examples, monkeypatch):
    file = examples[[kind for kind, _ in EXAMPLES].index("mistakes")]
    monkeypatch.chdir(file.parent)
    with pytest.raises(ScenarioError) as wrong:
        load_scenario(file.name, WarScenario)
    quoted = re.search(r"```text\n(my_war\.yaml:.*?)```", GUIDE, flags=re.DOTALL)
    assert quoted is not None
    assert quoted[1].splitlines() == [str(problem) for problem in wrong.value.problems]


def test_the_settings_of_the_guide_are_accepted(load):
    settings = [shlex.split(text)[-1] for text in re.findall(r"`([^`]*--set [^`]*)`", GUIDE)]
    assert len(settings) == 2
    for setting in settings:
        load("baseline", setting)


@pytest.mark.parametrize("name", shipped())
def test_the_guide_lists_every_scenario_with_its_sentence(load, name):
    row = re.search(rf"^\| `{name}` \| (.*) \|$", GUIDE, flags=re.MULTILINE)
    assert row is not None
    assert load(name).world.description.startswith(row[1].rstrip("."))


# Its cookbook.


def test_the_cookbook_has_twenty_tasks():
    assert len(TASKS) == COOKBOOK.count("```yaml") >= 20
    assert len({want for want, *_ in TASKS}) == len(TASKS)


@pytest.mark.parametrize(("want", "paths", "text"), TASKS)
def test_a_task_of_the_cookbook_changes_what_it_says(load, tmp_path: Path, want: str, paths: str, text: str):
    (tmp_path / "mine.yaml").write_text(f"title: Mine\nextends: baseline\n{text}")
    mine, base = load_scenario(tmp_path / "mine.yaml", WarScenario), load("baseline")
    assert sorted(change.path for change in changes(base, mine)) == sorted(paths.split())
    found = {known.path: known.value for known in numbers(mine.world)}
    written = {".".join(map(str, path)): one for path, one in everything(read_yaml(tmp_path / "mine.yaml").value)}
    for path, value in written.items():
        if path in found and isinstance(value, (int, float)):
            assert getattr(found[path], "central", found[path]) == value
    # Nothing in it is without effect.
    assert set(notes(mine, 1826)) <= set(notes(base, 1826))
