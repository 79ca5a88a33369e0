"""Curves of land, red lines about areas, and what opens and lapses: exact where they say what could be said before."""

from __future__ import annotations

import copy
import datetime
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sim.engine.world import Setting, World
from sim.model import WarScenario, simulate
from sim.model.lines import RedLines
from sim.model.negotiation.land import LandWorth
from sim.model.notes import notes
from sim.report.assumed import assumed
from sim.scenario import Scenario, ScenarioError, load_scenario
from tests.certain import certain

HISTORIES, DAYS = 48, 126
Change = Callable[[dict[str, Any]], None]
NEVER = {"until": "2024-12-04"}
PLAIN: dict[str, World] = {}


def date(text: str) -> Any:
    return datetime.date.fromisoformat(text)


@pytest.fixture
def played(variant) -> Callable[..., World]:
    """Play the baseline after a change of its negotiation, with short ceasefires, so that deals are tempted and broken."""

    def played(*changes: Change, rule: str = "nash") -> World:
        if changes or rule not in PLAIN:
            world = anew(*changes, rule=rule)
            return world if changes else PLAIN.setdefault(rule, world)
        return PLAIN[rule]

    def anew(*changes: Change, rule: str) -> World:
        def change(tree: dict[str, Any]) -> None:
            tree["negotiation"]["rule"] = rule
            tree["negotiation"]["talks"].update(open_per_year=50, agree_per_year=50)
            tree["ceasefire"].update(early_hazard=30, strategic_effect=10)
            tree.pop("expect", None)
            in_plain_terms(tree["negotiation"])
            for side in ("attacker", "defender"):
                tree["negotiation"][side]["cost_of_war_per_year"] = 0.3
            for one in changes:
                one(tree["negotiation"])

        return play(variant(change))

    return played


def in_plain_terms(section: dict[str, Any]) -> None:
    """Let land be worth what a line says, and red lines be about options alone."""
    section["issues"]["territory"]["land"] = {"none_km2": 42_981, "all_km2": 136_000}
    lines = section["red_lines"]
    for name, options in (("more_land", ["more_land", "four_regions"]), ("no_land_back", ["land_returned"])):
        kept = {key: lines[name][key] for key in ("side", "hard_share", "price", "softening")}
        lines[name] = {**kept, "terms": {"territory": options}}


def play(scenario: Scenario[Any], histories: int = HISTORIES, days: int = DAYS) -> World:
    numbers = np.arange(histories, dtype=np.int64)
    world, _ = simulate(scenario, Setting(scenario.world.start_date, days, 1, numbers, series_days=range(0, days, 28)))
    return world


def assert_same(one: World, two: World, without: tuple[str, ...] = (), tallies: bool = True) -> None:
    """Assert that two batches have the same bytes in all fields, and the same ledger."""
    for field in one.fields:
        if field.name not in without:
            assert one.fields.see(field.name).tobytes() == two.fields.see(field.name).tobytes(), field.name
    if tallies:
        assert one.recorder.tallies.keys() == two.recorder.tallies.keys()
        for question, counts in one.recorder.tallies.items():
            assert counts.tolist() == two.recorder.tallies[question].tolist(), question
    assert one.fields.see("deals_signed").any(), "something should be signed"


def curve(*points: tuple[float, float]) -> list[dict[str, float]]:
    return [{"area_km2": area, "worth": worth} for area, worth in points]


def test_a_curve_through_the_two_ends_is_the_line(played) -> None:
    def curves(*sides: str, ends: bool = True) -> Change:
        ends_of = {"attacker": curve((42_981, 0), (136_000, 1)), "defender": curve((42_981, 1), (136_000, 0))}

        def change(section: dict[str, Any]) -> None:
            land = section["issues"]["territory"]["land"]
            land.update({side: ends_of[side] for side in sides})
            if not ends:
                land.update(none_km2=None, all_km2=None)

        return change

    plain = played()
    assert_same(plain, played(curves("defender")))
    assert_same(plain, played(curves("attacker", "defender", ends=False)))


def test_a_point_on_the_line_changes_nothing_but_rounding_and_land_beyond_the_ends_counts(played) -> None:
    def more(worth: float, last: float = 1.0) -> Change:
        def change(section: dict[str, Any]) -> None:
            points = curve((42_981, 0), (89_490.5, worth), (136_000, 1), (250_000, last))
            section["issues"]["territory"]["land"]["attacker"] = points

        return change

    def forts(section: dict[str, Any]) -> None:
        section["issues"]["territory"]["options"]["four_regions"]["area_km2"] = 200_000

    see = [world.fields.see("value_of_fighting") for world in (played(), played(more(0.5)), played(more(0.5, 1.2)))]
    np.testing.assert_allclose(see[0], see[1], rtol=1e-9, atol=1e-12)
    assert (see[2][0] != see[1][0]).any(), "what collapse would dictate goes beyond the aims"
    slack = [played(forts, change).fields.see("nearest_slack") for change in (more(0.5), more(0.5, 1.2))]
    assert (slack[0] != slack[1]).any()


def test_the_ends_of_a_curve_are_its_best_and_its_worst() -> None:
    """By the declared curve, whatever options there are: with weight w, 1 + w (best - 1) and w times the worst."""

    class Point:
        def __init__(self, area: float, worth: float) -> None:
            self.area_km2, self.worth = np.array([area]), np.array([worth])

    class Curves:
        attacker = [Point(10, -0.2), Point(20, 0.9), Point(40, 1.3)]  # noqa: RUF012
        defender = [Point(10, 1.1), Point(40, -2)]  # noqa: RUF012

    worth: Any = LandWorth(Curves, 1)  # type: ignore[arg-type]
    assert worth.best[:, 0].tolist() == [1.3, 1.1]
    assert worth.worst[:, 0].tolist() == [-0.2, -2]
    areas = np.array([[0.0], [10.0], [15.0], [20.0], [30.0], [40.0], [1e8]])
    assert worth.of(areas)[0, :, 0] == pytest.approx([-0.2, -0.2, 0.35, 0.9, 1.1, 1.3, 1.3], abs=1e-15)
    assert worth.of(areas)[1, :, 0] == pytest.approx([1.1, 1.1, 1.1 - 3.1 / 6, 0.0667 + 0.0, -2 + 3.1 / 3, -2, -2], abs=1e-4)


def test_a_line_about_areas_is_the_line_about_the_options_that_have_them(played) -> None:
    def areas(section: dict[str, Any]) -> None:
        lines = section["red_lines"]
        for name, bound in (("more_land", "ceded_above_km2"), ("no_land_back", "ceded_below_km2")):
            lines[name][bound] = 0
            del lines[name]["terms"]
        # It covers what lies far below, not the part returned.
        lines["no_land_back"]["terms"] = {"territory": ["land_returned", "line_of_contact"]}
        lines["no_withdrawal"]["area_below_km2"] = 60_000
        del lines["no_withdrawal"]["terms"]

    for rule in ("nash", "screening"):
        assert_same(played(rule=rule), played(areas, rule=rule))


def test_a_line_about_terms_and_areas_is_the_line_about_two_issues(played) -> None:
    def line(**of: Any) -> Change:
        def change(section: dict[str, Any]) -> None:
            one = {"side": "attacker", "hard_share": 0.5, "price": 0.1, "softening": 0.2}
            section["red_lines"]["mixed"] = {**one, **of}

        return change

    two = line(terms={"alignment": ["nato_path", "deferred"], "territory": ["more_land", "four_regions"]})
    assert_same(played(two), played(line(terms={"alignment": ["nato_path", "deferred"]}, ceded_above_km2=0)))


def test_without_an_issue_about_land_a_line_looks_at_the_front(played) -> None:
    def landless(**line: Any) -> Change:
        def change(section: dict[str, Any]) -> None:
            del section["issues"]["territory"], section["forbidden"]
            for issue in section["issues"].values():
                issue["weight"] = {"attacker": 0.25, "defender": 0.25}
            kept = ("recognised_borders", "no_nato", "no_guarantee")
            section["red_lines"] = {name: section["red_lines"][name] for name in kept}
            one = {"side": "defender", "hard_share": 0.5, "price": 0.1, "softening": 0.2}
            section["red_lines"]["front"] = {**one, **line}

        return change

    # The first issue is the one that such a line is charged to.
    every = {"terms": {"security": ["bare_truce", "zone_without_guards", "european_zone", "guaranteed_zone"]}}
    assert_same(played(landless(**every)), played(landless(area_above_km2=1)))
    assert_same(played(landless(**every, price=0, hard_share=0)), played(landless(area_above_km2=1e8)), tallies=False)
    held = played(landless(ceded_below_km2=1, hard_share=1)).fields
    assert (held.see("nearest_slack")[held.see("ending") == 0] == -np.inf).all()
    assert not held.see("deals_signed").any()


ALWAYS = (
    {"from": "2024-12-04", "until": "2099-01-01"},
    {"while": {"quantity": "held_area", "above": 0}},
    {"from": "2020-01-01", "while": {"quantity": "ceasefires", "below": 1_000}},
)


def opened(window: dict[str, Any], *paths: str) -> Change:
    """Give options and red lines a window."""

    def change(section: dict[str, Any]) -> None:
        written = {key: date(value) if isinstance(value, str) else value for key, value in window.items()}
        for path in paths:
            place: Any = section
            for step in path.split("."):
                place = place[step]
            place.update(written)

    return change


OPTIONS = (
    "issues.security.options.zone_without_guards", "issues.territory.options.line_of_contact",
    "issues.alignment.options.neutral", "issues.caps.options.eased", "issues.recognition.options.de_jure",
)  # fmt: skip


@pytest.mark.parametrize("window", ALWAYS)
def test_what_is_always_open_is_as_without_a_window(played, window: dict[str, Any]) -> None:
    assert_same(played(), played(opened(window, *OPTIONS, "red_lines.more_land", "red_lines.no_western_troops")))


def forbid(path: str) -> Change:
    _, issue, _, option = path.split(".")

    def change(section: dict[str, Any]) -> None:
        section.setdefault("forbidden", {})["ruled_out"] = {"terms": {issue: [option]}}

    return change


@pytest.mark.parametrize("path", OPTIONS)
def test_what_is_never_open_or_removed_is_forbidden(played, path: str) -> None:
    """And a duplicate changes nothing; where options are not the same ones, but for the numbers of packages."""
    rule = "screening" if "alignment" in path else "nash"
    _, issue, _, option = path.split(".")

    def removed(section: dict[str, Any]) -> None:
        del section["issues"][issue]["options"][option]
        for rules in (section["red_lines"], section["forbidden"]):
            for name, one in list(rules.items()):
                left = [other for other in one["terms"].get(issue, [None]) if other != option]
                if not left:
                    del rules[name]
                elif issue in one["terms"]:
                    one["terms"][issue] = left

    def exactly(section: dict[str, Any]) -> None:
        # Or else the duplicate would draw its own.
        options = section["issues"][issue]["options"]
        options[option] = certain(options[option])

    def twice(section: dict[str, Any]) -> None:
        exactly(section)
        section["issues"][issue]["options"]["again"] = section["issues"][issue]["options"][option]
        for one in (*section["red_lines"].values(), *section["forbidden"].values()):
            if option in one["terms"].get(issue, []):
                one["terms"][issue] = [*one["terms"][issue], "again"]

    numbers = ("demand", "deal_package", "agreed_package", "dictated_package")
    forbidden = played(forbid(path), rule=rule)
    assert_same(forbidden, played(opened(NEVER, path), rule=rule))
    assert_same(forbidden, played(removed, rule=rule), numbers, tallies=False)
    assert_same(played(exactly, rule=rule), played(twice, rule=rule), numbers, tallies=False)


@pytest.mark.parametrize("rule", ["nash", "screening"])
def test_an_issue_in_two_halves_that_are_bound_together_is_that_issue(played, rule: str) -> None:
    def exactly(section: dict[str, Any]) -> None:
        del section["weight_concentration"]
        # Or else each half would draw its own.
        section["issues"]["alignment"]["options"]["deferred"]["values"] = {"attacker": 0.6, "defender": 0.55}

    def halves(section: dict[str, Any]) -> None:
        exactly(section)
        whole = section["issues"]["alignment"]
        whole["weight"] = {side: weight["value"] / 2 for side, weight in whole["weight"].items()}
        section["issues"]["other_half"] = copy.deepcopy(whole)
        for one in whole["options"]:
            others = [other for other in whole["options"] if other != one]
            section["forbidden"][f"bound_{one}"] = {"terms": {"alignment": [one], "other_half": others}}

    one, two = played(exactly, rule=rule), played(halves, rule=rule)
    for field in (
        "deal_day",
        "deals_signed",
        "agreed_regime",
        "ending",
        "talks_failed",
        "offers_refused",
        "first_talks_day",
    ):
        np.testing.assert_array_equal(one.fields.see(field), two.fields.see(field), err_msg=field)
    for field in ("nearest_slack", "deal_surplus", "conceded", "deal_area", "temptation", "resolve_at_least"):
        np.testing.assert_allclose(one.fields.see(field), two.fields.see(field), atol=1e-12, err_msg=field)
    assert (one.fields.see("deals_signed") > 0).any()


def test_a_line_that_is_never_in_force_is_none(played) -> None:
    def gone(section: dict[str, Any]) -> None:
        section["red_lines"]["more_land"].update(hard_share=0, price=0)

    never = {"while": {"quantity": "war_support.attacker", "below": 0}}
    assert_same(played(gone), played(opened(never, "red_lines.more_land")))


def test_an_option_opens_and_lapses_on_its_days(variant) -> None:
    """While none of an issue is open nothing can be signed; what is signed stays. Reviews are held on days 13, 27, ..."""
    first, last = (date("2024-12-04") + datetime.timedelta(days=day) for day in (97, 153))

    def change(tree: dict[str, Any]) -> None:
        tree["negotiation"] = certain(tree["negotiation"])
        tree["negotiation"]["talks"].update(open_per_year=1000, agree_per_year=1000, fail_per_year=0, suspend_per_year=0)
        tree["negotiation"].update(ripeness=0, rule="nash")
        tree["ceasefire"].update(early_hazard=0, later_hazard_per_year=0)
        for option in tree["negotiation"]["issues"]["caps"]["options"].values():
            option.update({"from": first, "until": last})

    world = play(variant(change), days=280)
    days = world.fields.see("deal_day")[world.fields.see("deal_day") >= 0] - 1
    assert (days.min(), days.max()) == (97, 139), "open from the first day, and no more on the last"
    assert (world.fields.see("ending") == 3).sum() == len(days), "no deal ends because its options have lapsed"
    assert (world.fields.see("nearest_slack")[world.fields.see("ending") == 0] == -np.inf).all()


def test_prices_move_with_weariness_ground_and_success(variant, monkeypatch) -> None:
    seen = []

    def change(tree: dict[str, Any]) -> None:
        in_plain_terms(tree["negotiation"])
        tree["negotiation"]["red_lines"] = certain(tree["negotiation"]["red_lines"])
        for number, line in enumerate(tree["negotiation"]["red_lines"].values()):
            line.update(hard_share=0.3, softening_per_1000_km2=0.05 * number, hardening=0.4 * (number % 3))

    scenario, update = variant(change), RedLines.update

    def spy(lines: RedLines, areas: Any, success: Any) -> None:
        update(lines, areas, success)
        area, momentum, weariness = (now[name].copy() for name in ("held_area", "momentum", "weariness"))
        seen.append((lines.soft_prices.copy(), lines.prices.copy(), lines.hard.copy(), area, momentum, weariness))

    now: dict[str, Any] = {}
    own = World.run

    def run(world: World, mechanisms: Any) -> None:
        now.update({name: world.fields.see(name) for name in ("held_area", "momentum", "weariness")})
        own(world, mechanisms)

    monkeypatch.setattr(World, "run", run)
    monkeypatch.setattr(RedLines, "update", spy)
    play(scenario, 16, 200)
    assert len(seen) > 10
    lower = higher = 0
    for soft, prices, hard, area, momentum, weariness in seen:
        for k, line in enumerate(scenario.world.negotiation.red_lines):
            side = ("attacker", "defender").index(line.side)
            gained = area - 111_500
            lost = np.maximum(-gained if side == 0 else gained, 0)
            kept = 1 - line.softening.central * weariness[side] * (1 - (1 + momentum[side]) / 2)
            kept = np.maximum(kept - line.softening_per_1000_km2.central * lost / 1000, 0)
            price = line.price.central * kept * (1 + line.hardening.central * np.maximum(momentum[side], 0))
            np.testing.assert_allclose(soft[k], price, rtol=1e-12, atol=1e-15)
            assert (prices[k] == np.where(hard[k], 0, soft[k])).all()
            lower, higher = lower + (price < line.price.central).sum(), higher + (price > line.price.central).sum()
    assert lower > 0
    assert higher > 0


BAD = {
    "issues: {territory: {land: {attacker: [{area_km2: 0, worth: 0}]}}}": "a curve needs at least two points",
    "issues: {territory: {land: {attacker: [{area_km2: 0, worth: 0}, {area_km2: 9, worth: -1}]}}}": (
        "the worth of a curve must rise with the area for the attacker"
    ),
    "issues: {territory: {land: {defender: [{area_km2: 9, worth: 1}, {area_km2: 9, worth: 0}]}}}": (
        "the areas of a curve must rise from point to point"
    ),
    "issues: {prisons: {weight: {attacker: 0, defender: 0}, land: {none_km2: 1}, options: {a: {ceded_km2: 0}}}}": (
        "land lacks all_km2. Write none_km2 and all_km2, or a curve for the attacker and the defender"
    ),
    "red_lines: {x: {side: attacker, hard_share: 0, price: 1, softening: 0}}": (
        "a red line needs terms, or the area beyond which it lies. Write terms as in"
    ),
    "red_lines: {more_land: {area_above_km2: 10, area_below_km2: 20}}": (
        "area_below_km2 must not be larger than area_above_km2: no area would be left"
    ),
    "issues: {caps: {options: {stay: {from: 2025-01-01, until: 2025-01-01}}}}": (
        "until must be after from (2025-01-01), not 2025-01-01. It is the first day on which it is open no more"
    ),
    "issues: {caps: {options: {stay: {while: {quantity: held_aera, below: 3}}}}}": (
        "unknown quantity 'held_aera'. Did you mean 'held_area'?"
    ),
    "red_lines: {more_land: {while: {quantity: fire, below: 3}}}": (
        "unknown quantity 'fire'. Possible: fire.attacker, fire.defender"
    ),
    "red_lines: {more_land: {while: {quantity: held_area, below: 3, above: 2}}}": (
        "a quantity needs either below or above, not both"
    ),
}


@pytest.mark.parametrize("text", BAD)
def test_what_cannot_be_meant_is_one_line_at_its_place(text: str, tmp_path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(f"title: Bad\nextends: baseline\nnegotiation:\n  {text}\n")
    with pytest.raises(ScenarioError) as wrong:
        load_scenario(file, WarScenario)
    (problem,) = wrong.value.problems
    assert BAD[text] in str(problem)
    assert ":4:" in problem.place


def test_check_says_what_is_never_open(load) -> None:
    scenario = load(
        "baseline", "negotiation.issues.caps.options.stay.until=2024-12-04",
        "negotiation.issues.caps.options.eased.from=2099-01-01",
        "negotiation.red_lines.more_land.while={quantity: fire.defender, above: 1}",
        "negotiation.red_lines.no_nato.while={quantity: fire.defender, above: 0.1}",
        "negotiation.issues.territory.land.none_km2=1", "negotiation.issues.territory.land.all_km2=2",
    )  # fmt: skip
    said = " / ".join(notes(scenario, 365))
    assert "negotiation.issues.caps.options.stay is never open: until 2024-12-04 is not after the start" in said
    assert "negotiation.issues.caps.options.eased is never open: from 2099-01-01 is after the last day (2025-12-03)" in said
    assert "negotiation.red_lines.more_land is never in force: fire.defender is never above 1" in said
    assert "no_nato" not in said
    assert "territory.land.none_km2 changes nothing: both sides have a curve" in said


def test_pages_tell_of_bounds_and_of_times(load) -> None:
    scenario = load(
        "baseline", "negotiation.red_lines.no_nato.area_below_km2=100_000", "negotiation.red_lines.no_nato.until=2025-06-01",
        "negotiation.issues.caps.options.stay.while={quantity: held_area, above: 112_000}",
    )  # fmt: skip
    said = ["".join(getattr(piece, "text", piece) for piece in sentence) for sentence in assumed(scenario, 365)]
    assert any("sanctions stay (while held_area is above 112,000); sanctions eased" in sentence for sentence in said)
    (line,) = (sentence for sentence in said if "no path to NATO" in sentence and "red line" in sentence)
    assert "'no path to NATO' (until 2025-06-01) against less than 100,000 km2 left to Russia is never crossed in" in line


def test_a_summary_says_that_options_were_not_open(parley, tmp_path) -> None:
    """Where all of an issue are closed in the first months, nothing can be signed, and no red line is to blame alone."""
    options = ("stay", "eased", "eased_for_assets")
    settings = [f"--set=negotiation.issues.caps.options.{option}.from=2025-03-01" for option in options]
    done = parley("run", "baseline", "--replications=20", "--months=4", f"--results={tmp_path}", *settings, "--full")
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.split())
    assert "hard red lines, or options that were not open, left no package that both sides could sign in" in said
