"""What is kept of a deal: guards who leave, obligations with a day, land handed over; and events in a ceasefire.

Figures: `pytest -m 'ensembles or not long' -s tests/test_kept.py`.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sim.engine.world import Setting
from sim.ensemble.outcomes import landmarks, outcome_columns
from sim.model import simulate, talks
from sim.model.bargain import Bargain
from sim.model.negotiation import hands_over_by, kept_worth
from sim.model.notes import notes
from sim.model.regimes import REGIME, believed_share
from sim.scenario import ScenarioError
from tests.test_bargaining_statics import paired
from tests.test_ceasefires import BEGINS, DAYS, GUARDED, NEVER, Change, Run, Tree, ceasefire_at_once, ran

WEAPONS = {"by": "attacker", "due_days": 30, "kept_share": 0.6, "overdue_effect": 1.2}
PRISONERS = {"by": "defender", "due_days": 90, "kept_share": 0.5, "overdue_effect": 0.7}
OWED = {"obligations": {"weapons": WEAPONS, "prisoners": PRISONERS}}
ZONE = GUARDED | {"guards": 60_000, "deploy_days": 0}
STRONG = ZONE | {"guards": 150_000, "credibility": 1}


@pytest.fixture
def truce(variant) -> Callable[..., Run]:
    """Run ceasefires that begin at once: truce(regime, knobs, change)."""

    def truce(regime: Tree, knobs: Tree | None = None, change: Change = lambda tree: None, **how: Any) -> Run:
        end = ran(variant(ceasefire_at_once(regime, knobs, change)), **how)
        assert (end["deal_day"] == BEGINS).all()
        return end

    return truce


def standing(end: Run, days: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the share of first ceasefires that stand after so many days."""
    found: np.ndarray[Any, Any] = (end["first_ceasefire_days"][None] >= days[:, None]).mean(axis=1)
    return found


# Guards who leave


@pytest.mark.ensembles
def test_survival_falls_after_a_mandate_has_run_out_and_not_before(truce) -> None:
    # Of a hazard that fades slowly much is left when they leave.
    knobs = {"guards_effect": -2, "early_hazard": 3, "early_days": 200}
    stay, leave = (truce(ZONE | mandate, knobs, n=3_000) for mandate in ({}, {"mandate_days": 120}))
    days = [end["first_ceasefire_days"] for end in (stay, leave)]
    early = days[0] <= 120
    # On the same luck all that broke until then broke on the same day.
    np.testing.assert_array_equal(days[0][early], days[1][early])
    assert (days[1] > 120)[~early].all()
    assert (days[1] <= days[0]).all()
    later = paired(days[0][~early], days[1][~early])
    at = np.array([119, 120, 150, 240, 360])
    both = " ".join(f"{one:.3f}/{two:.3f}" for one, two in zip(standing(stay, at), standing(leave, at), strict=True))
    print(f"guards who leave after 120 days; standing after {at} days: {both}, days {later}")
    assert later.mean < -10 * later.se
    assert (leave["guards_in_place"][leave["ceasefires"] == 1] == 0).all()
    caused = leave["collapse_cause"] == 6
    assert 0.01 < caused.mean() < 0.5
    assert (days[1][caused] > 120).all()
    assert (stay["collapse_cause"] != 6).all()


def test_a_mandate_that_is_always_renewed_changes_nothing(truce) -> None:
    usual, renewed = (truce(ZONE | mandate, n=500) for mandate in ({}, {"mandate_days": 60, "renewed_share": 1}))
    for field in ("first_ceasefire_days", "cumulated_hazard", "guards_in_place"):
        np.testing.assert_array_equal(usual[field], renewed[field])


def test_guards_leave_as_often_as_is_written(truce) -> None:
    """Mandates of 50 days renewed in seven of ten, and a tenth withdrawn a year: a product, day by day."""
    terms = {"mandate_days": 50, "renewed_share": 0.7, "withdrawn_per_year": 0.5}
    days = (48, 49, 51, 130, 260)
    # No ceasefire breaks, so that all are watched.
    past = truce(ZONE | terms, NEVER, n=4_000, landmarks=tuple(BEGINS + day for day in days))["past"]
    for day in days:
        # The field after so many days of it, the last with an age of one less.
        left, wanted = past[BEGINS + day]["guards_left"].mean(), 0.7 ** ((day - 1) // 50) * np.exp(-0.5 * day / 365.25)
        print(f"guards still there after {day} days: {1 - left:.3f}, wanted {wanted:.3f}")
        assert abs(1 - left - wanted) < 4 * np.sqrt(wanted * (1 - wanted) / 4_000)


# Obligations


def test_what_is_overdue_raises_the_hazard_from_its_day(truce) -> None:
    days = tuple(range(BEGINS + 20, BEGINS + 101))
    usual, owing = (
        truce({**one}, {"early_hazard": 0.2}, n=600, landmarks=days) for one in ({}, {"obligations": {"weapons": WEAPONS}})
    )
    clock = [np.stack([end["past"][day]["cumulated_hazard"] for day in days]) for end in (usual, owing)]
    growth = [np.diff(one, axis=0) for one in clock]
    stands = (usual["first_ceasefire_days"] > 100) & (owing["first_ceasefire_days"] > 100)
    kept = owing["past"][days[-1]]["broken_obligations"][0] == 0
    assert abs(kept.mean() - 0.6) < 4 * np.sqrt(0.24 / 600)
    ratio = growth[1][:, stands] / growth[0][:, stands]
    # The day of age 30 is the 31st.
    np.testing.assert_allclose(ratio[: 30 - 20], 1, rtol=1e-9)
    np.testing.assert_allclose(ratio[30 - 20 :, kept[stands]], 1, rtol=1e-9)
    np.testing.assert_allclose(ratio[30 - 20 :, ~kept[stands]], np.exp(1.2), rtol=1e-9)
    assert (~kept[stands]).sum() > 50


def test_what_broke_is_told_and_counted(truce) -> None:
    due_days = (30, 90)
    looked = tuple(BEGINS + due + more for due in due_days for more in (0, 1))
    end = truce(OWED, {"early_hazard": 0.6}, n=1_500, landmarks=looked)
    days, past = end["first_ceasefire_days"], end["past"]
    # Whoever stands long enough to see a day meets it as often as is written, and not before.
    for side, (due, share) in enumerate(zip(due_days, (0.4, 0.5), strict=True)):
        seen = days > due
        before, after = (past[BEGINS + due + more]["broken_obligations"][side, seen] for more in (0, 1))
        assert (before == 0).all()
        assert abs(after.mean() - share) < 4 * np.sqrt(share * (1 - share) / seen.sum())
    causes = end["collapse_cause"] == 5
    assert (days[causes] > 30).all()
    assert causes.mean() > 0.02
    assert (end["overdue"][end["ending"] != 3] == 0).all()


# One process: what both sides expect is what befalls


@pytest.mark.ensembles
@pytest.mark.parametrize(
    "terms",
    [{"mandate_days": 150}, {"mandate_days": 100, "renewed_share": 0.6, "withdrawn_per_year": 0.4}, OWED, {
        **OWED, "withdrawn_per_year": 1.5}],
    ids=["mandate", "renewed", "owed", "both"],
)  # fmt: skip
def test_both_sides_expect_a_deal_to_last_as_long_as_it_does(truce, terms: Tree) -> None:
    # Of a hazard that fades slowly much is left when guards leave.
    ends = [truce(STRONG | one, {"early_hazard": 4, "early_days": 200}, n=6_000, days=BEGINS + 366) for one in ({}, terms)]
    knobs = ends[1]["drawn"].knobs("ceasefire")
    regime = knobs.regimes[0]
    part, one_year = {name: getattr(regime, name)[:1] for name in REGIME}, np.ones(1)
    without = part | dict.fromkeys(("mandate_days", "withdrawn_per_year"), np.zeros(1))

    class First:
        """Knobs of the first history."""

        def __init__(self, knobs: Any) -> None:
            self._knobs = knobs

        def __getattr__(self, name: str) -> Any:
            return getattr(self._knobs, name)[:1]

    def believed(part: dict[str, Any], *owed: First) -> Any:
        return believed_share(First(knobs), part, one_year, owed)[0]  # type: ignore[arg-type]

    shorter = believed(part, *map(First, regime.obligations)) - believed(without)
    lasted = paired(*(np.minimum(end["first_ceasefire_days"], 365.25) / 365.25 for end in ends))
    print(f"share of a year that a deal lasts, for these terms: believed {shorter:+.4f}, in truth {lasted}")
    assert shorter < -0.02
    assert abs(shorter - lasted.mean) < 4 * lasted.se


# Land


def land(option: str, share: float = 1.0, days: float | None = 60) -> Change:
    """Return what leaves one option about land, which is handed over in so many days, by either side so often."""

    def change(tree: Tree) -> None:
        section = tree["negotiation"]
        territory = section["issues"]["territory"]
        territory["options"] = {option: territory["options"][option]}
        section["forbidden"] = []
        for side in ("attacker", "defender"):
            section[side]["withholds_land_share"] = 1 - share
        if days is not None:
            tree["ceasefire"]["handover_days"] = days

    return change


@pytest.mark.parametrize(("option", "ceded"), [("land_returned", -8_000), ("more_land", 9_000)])
def test_land_is_handed_over_evenly_and_the_war_goes_on_from_the_new_line(truce, option: str, ceded: float) -> None:
    days = tuple(BEGINS + day for day in (0, 30, 60, 61, 90))
    knobs = {"early_hazard": 1.0}
    end = truce({}, knobs, land(option), n=600, landmarks=days)
    past, lasted = end["past"], end["first_ceasefire_days"]
    line = past[BEGINS]["held_area"]
    for day in (30, 60, 90):
        there = lasted > day
        moved = past[BEGINS + day]["held_area"][there] - line[there]
        np.testing.assert_allclose(moved, ceded * min(day / 60, 1), rtol=1e-6)
    np.testing.assert_allclose(end["held_area"] + end["free_area"], past[BEGINS]["held_area"] + past[BEGINS]["free_area"])
    # A ceasefire that broke half-way: what was handed over stays so, and the front goes on from there.
    half = (lasted > 5) & (lasted < 30)
    at_break = ceded * lasted[half] / 60
    fought = end["held_area"][half] - line[half] - end["handed_over"][half]
    assert half.sum() > 30
    first_only = end["ceasefires"][half] == 1
    np.testing.assert_allclose(end["handed_over"][half][first_only], at_break[first_only], rtol=1e-6)
    # Against the same war without a hand-over the line lies where it was handed over, but for how the fighting went on.
    still = truce({}, knobs, land(option, days=None), n=600)
    np.testing.assert_array_equal(still["first_ceasefire_days"][half], lasted[half])
    assert (still["handed_over"] == 0).all()
    apart = end["held_area"][half] - still["held_area"][half]
    print(f"{option}: broke after {lasted[half].mean():.0f} days, {at_break.mean():,.0f} km2 handed over;",
          f"at the end {apart.mean():,.0f} km2 apart; fought over since {fought.mean():,.0f}")  # fmt: skip
    assert (np.sign(apart) == np.sign(ceded)).mean() > 0.9


def test_land_that_is_not_handed_over_stays_and_is_counted_on_its_day(truce) -> None:
    days = tuple(BEGINS + day for day in (0, 59, 60))
    end = truce({}, {"early_hazard": 0.2}, land("land_returned", share=0.3), n=1_000, landmarks=days)
    past, stands = end["past"], end["first_ceasefire_days"] > 60
    keeps = past[BEGINS + 59]["hands_over"] > 0
    assert abs(keeps.mean() - 0.3) < 4 * np.sqrt(0.21 / 1_000)
    moved = past[BEGINS + 60]["held_area"] - past[BEGINS]["held_area"]
    np.testing.assert_allclose(moved[stands & keeps], -8_000, rtol=1e-6)
    assert (moved[stands & ~keeps] == 0).all()
    assert (past[BEGINS + 59]["broken_obligations"] == 0).all()
    np.testing.assert_array_equal(past[BEGINS + 60]["broken_obligations"][0, stands], ~keeps[stands])
    assert (end["broken_obligations"][1] == 0).all()


def test_land_that_is_overdue_raises_the_hazard_from_its_day(truce) -> None:
    """On paired luck all is alike until the day; then the hazard is greater by its factor where land was kept back."""
    days = tuple(range(BEGINS + 50, BEGINS + 91))
    knobs = {"early_hazard": 0.2}
    plain, overdue = (
        truce({}, knobs | more, land("land_returned", share=0.5), n=400, landmarks=days)
        for more in ({}, {"land_overdue_effect": 0.9})
    )
    growth = [np.diff(np.stack([end["past"][day]["cumulated_hazard"] for day in days]), axis=0) for end in (plain, overdue)]
    stands = (plain["first_ceasefire_days"] > 90) & (overdue["first_ceasefire_days"] > 90)
    kept = overdue["past"][days[0]]["hands_over"][stands] > 0
    ratio = growth[1][:, stands] / growth[0][:, stands]
    np.testing.assert_allclose(ratio[: 60 - 50], 1, rtol=1e-9)
    np.testing.assert_allclose(ratio[60 - 50 :, kept], 1, rtol=1e-9)
    np.testing.assert_allclose(ratio[60 - 50 :, ~kept], np.exp(0.9), rtol=1e-9)
    assert 50 < kept.sum() < len(kept) - 50


def test_land_is_worth_what_is_known_of_its_giver() -> None:
    worth, held = np.array([[0.2, 0.9], [0.8, 0.1]]), np.array([[0.5, 0.5], [0.5, 0.5]])
    gives = hands_over_by(np.array([90.0, 110.0]), np.array([100.0, 100.0]))
    found = kept_worth(worth, held, gives, np.array([[0.25, 0.25], [0.5, 0.5]]))
    # The attacker keeps his word in three of four, the defender in a half.
    np.testing.assert_allclose(found, [[0.2 * 0.75 + 0.5 * 0.25, 0.7], [0.8 * 0.75 + 0.5 * 0.25, 0.3]])
    np.testing.assert_array_equal(kept_worth(worth, held, gives, np.zeros((2, 2))), worth)


@pytest.mark.ensembles
def test_land_that_is_seldom_handed_over_is_seldom_agreed_on(variant) -> None:
    """A return of land is worth less to the defender, and to the attacker more, the less his word counts."""

    def change(share: float) -> Change:
        def change(tree: Tree) -> None:
            tree["ceasefire"]["handover_days"] = 60
            # Pressed hard, the attacker gives land at times.
            tree["negotiation"]["attacker"].update(withholds_land_share=1 - share, outside_pressure=0.3)

        return change

    ends = [ran(variant(change(share)), 1_500, 731) for share in (1, 0.5, 0)]
    told = [{p: round(float((end["deal_package"] >= 0).mean()), 4) for p in ("deals",)} for end in ends]
    returned = [((end["deal_day"] >= 0) & (end["deal_ceded"] < -1_000)).mean() for end in ends]
    print("land returned in deals, the attacker's word 1, .5, 0:", *(f"{one:.4f}" for one in returned), told)
    assert returned[0] > returned[1] > 0


# Events in a ceasefire


def events(during: str | None, when: Tree, **more: Any) -> Change:
    """Return what has one event that makes ceasefires break at once."""

    def change(tree: Tree) -> None:
        sooner = {f"ceasefire.{name}": {"set": 100} for name in ("early_hazard", "later_hazard_per_year")}
        at = {"id": "shock", "when": when, "effect": sooner, **more}
        tree["events"] = [at if during is None else at | {"during": during}]

    return change


LATE = {"date": datetime.date(2024, 12, 4) + datetime.timedelta(days=BEGINS + 100)}


@pytest.mark.parametrize(("during", "comes"), [(None, True), ("both", True), ("ceasefire", True), ("war", False)])
def test_an_event_comes_in_what_it_is_during(truce, during: str | None, comes: bool) -> None:
    knobs = {"early_hazard": 0.05}
    usual, end = truce(GUARDED, knobs, n=300), truce(GUARDED, knobs, events(during, LATE), n=300)
    stood = usual["first_ceasefire_days"] > 100
    assert stood.sum() > 250
    assert (end["event_count"][0, stood] == comes).all()
    # A truce of a hundred days more than this breaks at such a hazard.
    assert ((end["first_ceasefire_days"][stood] < 200).mean() > 0.95) == comes


@pytest.mark.ensembles
def test_times_at_random_that_come_too_early_are_passed_over(truce) -> None:
    """An event of ceasefires with a hazard comes at that rate in them, whenever they begin: as a Poisson process does."""
    when = {"hazard_per_year": 4}

    def change(during: str) -> Change:
        def change(tree: Tree) -> None:
            at = {"id": "noise", "when": when, "at_most": 100, "during": during, "probability": 1}
            tree["events"] = [at | {"effect": {"ceasefire.burst_factor": {"scale": 1, "for_days": 1}}}]

        return change

    counts = {}
    for during, days in (("ceasefire", DAYS - BEGINS), ("war", BEGINS), ("both", DAYS)):
        end = truce({}, NEVER, change(during), n=2_000)
        counts[during], wanted = end["event_count"][0], 4 * days / 365.25
        print(f"{during}: {counts[during].mean():.3f} times, wanted {wanted:.3f}")
        # Times are whole days, at least one.
        assert abs(counts[during].mean() - wanted) < 4 * np.sqrt(wanted / 2_000) + 0.01 * wanted
    np.testing.assert_array_equal(counts["war"] + counts["ceasefire"], counts["both"])


def test_what_goes_on_in_a_ceasefire_follows_its_knob(truce) -> None:
    def change(tree: Tree) -> None:
        effect = {"ceasefire.mobilized_share": {"set": 1}}
        tree["events"] = [{"id": "arming", "when": LATE, "during": "ceasefire", "probability": 1, "effect": effect}]

    days = (BEGINS + 100, BEGINS + 102, BEGINS + 200)
    usual, end = (truce({}, NEVER, one, n=50, landmarks=days) for one in (lambda tree: None, change))
    for field in ("mobilized", "force"):
        np.testing.assert_array_equal(usual["past"][days[0]][field], end["past"][days[0]][field])
    assert (end["past"][days[1]]["mobilized"] == 1).all()
    assert (end["past"][days[2]]["force"] > usual["past"][days[2]]["force"]).all()


# What does not go together is an error with its place


def test_too_many_obligations_and_events_that_never_come_are_errors(variant) -> None:
    many = {f"number_{place}": WEAPONS for place in range(5)}
    with pytest.raises(ScenarioError, match="at most 4 obligations, not 5"):
        variant(ceasefire_at_once({"obligations": many}))

    def alone(tree: Tree) -> None:
        for name in ("negotiation", "ceasefire", "support", "beliefs"):
            del tree[name]
        tree.pop("expect"), tree.pop("correlations")
        tree["events"] = [
            {"id": "never", "when": LATE, "during": "ceasefire", "effect": {"attrition.level_factor": {"scale": 2}}}
        ]

    with pytest.raises(ScenarioError, match="there are no ceasefires"):
        variant(alone)


def test_what_comes_to_nothing_is_said(variant) -> None:
    """Each in a line; and none of it, where it comes to something."""

    def change(tree: Tree) -> None:
        tree["negotiation"]["attacker"]["withholds_land_share"] = 0.5
        tree["ceasefire"]["land_overdue_effect"] = 1
        tree["negotiation"].update(fought_hazard_per_year=0.1, peace_of_fighting="truce")

    kept = WEAPONS | {"kept_share": 1}
    bare = {"mandate_days": 90, "withdrawn_per_year": 0.1, "obligations": {"weapons": kept}}
    path = "ceasefire.regimes.truce"
    assert set(notes(variant(ceasefire_at_once(bare, change=change)), DAYS)) >= {
        "negotiation.attacker.withholds_land_share changes nothing: no land is handed over without ceasefire.handover_days",
        "ceasefire.land_overdue_effect changes nothing: no side withholds land that is handed over",
        f"{path}.mandate_days changes nothing: there are no guards",
        "negotiation.peace_of_fighting changes nothing: such a peace has a fought_hazard_per_year of its own",
        f"{path}.withdrawn_per_year changes nothing: there are no guards",
        f"{path}.obligations.weapons changes nothing: it is always kept",
    }
    renewed = notes(variant(ceasefire_at_once(ZONE | {"renewed_share": 0.5})), DAYS)
    assert f"{path}.renewed_share changes nothing: the guards have no mandate_days" in renewed
    meant = ZONE | {"mandate_days": 90, "renewed_share": 0.5, "withdrawn_per_year": 0.1} | OWED
    found = notes(variant(ceasefire_at_once(meant, {"land_overdue_effect": 1}, land("land_returned", share=0.5))), DAYS)
    assert not [line for line in found if "changes nothing" in line and ("ceasefire." in line or "withholds" in line)]


# What tables say of it


def of_outcomes(variant: Any, change: Change, n: int = 150) -> dict[str, Any]:
    """Return the columns of the outcomes of a changed baseline."""
    scenario = variant(change)
    setting = Setting(scenario.world.start_date, DAYS, 1, np.arange(n, dtype=np.int64), landmarks=landmarks(scenario, DAYS))
    world, _ = simulate(scenario, setting)
    return outcome_columns(world, scenario)


def mandated_later(tree: Tree) -> None:
    effect = {"ceasefire.regimes.truce.mandate_days": {"set": 30}}
    tree["events"] = [{"id": "mandate", "when": LATE, "effect": effect}]


@pytest.mark.parametrize(
    ("cause", "regime", "knobs", "change"),
    [
        ("guards_left", STRONG | {"mandate_days": 30}, {"guards_effect": -3, "early_hazard": 3}, lambda tree: None),
        ("guards_left", STRONG, {"guards_effect": -3, "early_hazard": 3}, mandated_later),
        ("overdue", {}, {"land_overdue_effect": 3}, land("land_returned", share=0.2, days=30)),
        ("overdue", OWED, {}, lambda tree: None),
    ],
    ids=["mandate", "mandate by an event", "land", "obligations"],
)
def test_causes_are_called_by_their_names(variant, cause: str, regime: Tree, knobs: Tree, change: Change) -> None:
    columns = of_outcomes(variant, ceasefire_at_once(regime, knobs, change))
    found = columns["collapse_cause"].tolist()
    # A cause where it broke, and nowhere else.
    assert [one != "" for one in found] == (columns["first_ceasefire_broke"] == 1).tolist()
    assert found.count(cause) > 3
    assert set(found) <= {"", "worn_out", cause}


def test_land_that_is_handed_over_is_no_aim_reached_and_none_taken(variant) -> None:
    """The attacker is handed more than it aims at: when the war goes on it has not reached its aims by force."""

    def change(tree: Tree) -> None:
        land("more_land", days=20)(tree)
        held = tree["front"]["held_area_km2"]["value"]
        tree["aims"] = {"attacker": {"stops_at_km2": held + 6_000}}

    columns = of_outcomes(variant, ceasefire_at_once({}, {"early_hazard": 1}, change))
    assert set(columns["ending"].tolist()) == {"ceasefire_in_force", "war_again"}
    assert columns["land_handed_over_km2"].mean() > 6_000
    assert np.abs(columns["ground_gained_km2"]).max() < 6_000


# Whose ground a zone is


def test_a_zone_costs_the_side_on_whose_ground_it_lies_and_no_other(load, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not lie on one's own side changes nothing; half on each costs each half."""

    def utilities(on: str, **prices: float) -> Any:
        regime = "ceasefire.regimes.zone_without_guards"
        settings = [f"negotiation.{side}.zone_price={price}" for side, price in prices.items()]
        settings += [] if on == "both" else [f"{regime}.zone_on={on}"]
        scenario = load("zone_without_guards", "ceasefire.front_km=1_100", *settings)
        simulate(scenario, Setting(scenario.world.start_date, 14, 3, np.arange(40)))
        return made.pop().utility(slice(None))

    made: list[Bargain] = []

    def make(*given: Any) -> Bargain:
        made.append(Bargain(*given))
        return made[-1]

    monkeypatch.setattr(talks, "Bargain", make)

    free = utilities("both")
    finite = np.isfinite(free)
    # 20 km over 1,100 km.
    for on, parts in (("attacker", (1, 0)), ("defender", (0, 1)), ("both", (0.5, 0.5))):
        priced = utilities(on, attacker=0.01, defender=0.02)
        for side, price in enumerate((0.01, 0.02)):
            lower = free[side][finite[side]] - priced[side][finite[side]]
            np.testing.assert_allclose(lower, price * parts[side] * 22, atol=1e-12)
