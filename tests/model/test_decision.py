"""Who decides a war: conquest, aims that are reached, and what victors dictate; each history ends in exactly one way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sim.ensemble.outcomes import outcome_columns
from sim.model.endings import AIMS_OF, COLLAPSED, CONQUERED_BY, DECIDED, DICTATED, ENDINGS, VICTOR, WAR_GOES_ON
from sim.model.stakes import domain_of
from tests.reference.cases import decided

Load, Play, Tree = Callable[..., Any], Callable[..., Any], dict[str, Any]

SIDES = ("attacker", "defender")
# The attacker gains 20 km2 a day in calm; against ten times the reference, he loses ground.
STRONG_DEFENDER = ("manpower.defender.reference_force_persons=40_000", "front.force_elasticity=5")


def area(held: float, total: float) -> tuple[str, ...]:
    pace = ("front.advance_km2_per_day=20", "front.advance_settled_km2_per_day=20")
    return f"front.held_area_km2={held}", f"front.total_area_km2={total}", *pace


def first_week(reached: np.ndarray) -> int:
    """The evening of a week's end on which something is so for the first time, as the day after it."""
    return next(day for day in range(7, len(reached), 7) if reached[day])


# The list


def test_every_ending_is_one_of_four_kinds_and_says_who_has_won() -> None:
    kinds = Counter("decided" if ending.victor else "other" for ending in ENDINGS)
    assert kinds == {"decided": 6, "other": 4}
    assert len({ending.name for ending in ENDINGS}) == len({ending.label for ending in ENDINGS}) == len(ENDINGS)
    for codes, wins in ((COLLAPSED, (1, 0)), (CONQUERED_BY, (0, 1)), (AIMS_OF, (0, 1))):
        assert VICTOR[list(codes)].tolist() == list(wins)
        assert DECIDED[list(codes)].all()
    assert not DICTATED[list(AIMS_OF)].any()


# Conquest


def test_who_takes_all_of_the_area_ends_the_war(calm: Load, play: Play) -> None:
    past = play(calm(*area(700, 1_000)), 60, n=3)
    day = first_week(past.of("free_area")[:, 0] <= 1e-6)
    assert 7 < day < 50
    assert (past.of("ending")[:day] == WAR_GOES_ON).all()
    assert (past.of("ending")[day:] == CONQUERED_BY[0]).all()
    assert (past.of("ending_day")[-1] == day).all()
    assert (past.of("at_war")[day:] == 0).all()
    assert past.told("conquest") == [day - 1]
    assert (past.daily("cumulative_casualties")[day:] == 0).all()


def test_who_drives_the_attacker_out_ends_the_war(calm: Load, play: Play) -> None:
    past = play(calm(*STRONG_DEFENDER, *area(100, 1_000)), 90, n=3)
    day = first_week(past.of("held_area")[:, 0] <= 1e-6)
    assert (past.of("ending")[-1] == CONQUERED_BY[1]).all()
    assert (past.of("ending_day")[-1] == day).all()


def test_an_invasion_that_is_thrown_back_to_where_it_began_is_no_conquest(calm: Load, play: Play) -> None:
    assert (play(calm(*STRONG_DEFENDER, *area(0, 1_000)), 60, n=3).of("ending") == WAR_GOES_ON).all()
    # But who has nothing at the start may take all.
    assert (play(calm(*area(0, 100)), 60, n=3).of("ending")[-1] == CONQUERED_BY[0]).all()


# Aims


def aims(**of: float) -> Callable[[Tree], None]:
    def edit(tree: Tree) -> None:
        tree["aims"] = {side: {"stops_at_km2": value} for side, value in of.items()}

    return edit


def test_the_attacker_stops_where_his_aims_are_reached(calm: Load, play: Play) -> None:
    past = play(calm(*area(500, 5_000), edit=aims(attacker=700)), 60, n=3)
    day = first_week(past.of("held_area")[:, 0] >= 700)
    assert 7 < day < 50
    assert (past.of("ending")[:day] == WAR_GOES_ON).all()
    assert (past.of("ending")[day:] == AIMS_OF[0]).all()
    assert past.told("aims reached") == [day - 1]
    assert (past.of("aims_reached")[day:] == [[[1], [0]]]).all()
    assert (past.of("advance")[day + 1 :] == 0).all()


def test_the_defender_stops_where_his_aims_are_reached(calm: Load, play: Play) -> None:
    past = play(calm(*STRONG_DEFENDER, *area(500, 5_000), edit=aims(defender=450)), 60, n=3)
    day = first_week(past.of("held_area")[:, 0] <= 450)
    assert (past.of("ending")[day:] == AIMS_OF[1]).all()


def test_aims_that_lie_behind_are_reached_in_the_first_week_and_those_far_off_never(calm: Load, play: Play) -> None:
    assert (play(calm(*area(500, 5_000), edit=aims(attacker=400)), 10).of("ending_day")[-1] == 7).all()
    far = play(calm(*area(500, 5_000), edit=aims(attacker=5_001, defender=0)), 60)
    none = play(calm(*area(500, 5_000)), 60)
    for field in none.world.fields:
        assert np.array_equal(far.of(field.name), none.of(field.name)), field.name


def test_conquest_comes_before_aims_and_collapse_before_both(calm: Load, play: Play) -> None:
    all_of_it = area(999, 1_000)
    assert (play(calm(*all_of_it, edit=aims(attacker=999.5)), 10).of("ending")[-1] == CONQUERED_BY[0]).all()
    doomed = ("collapse.defender.hazard_per_year=1000", "collapse.defender.force_share=10")
    past = play(calm(*all_of_it, *doomed, edit=aims(attacker=999.5)), 10, n=2)
    assert (past.of("ending")[-1] == COLLAPSED[1]).all()
    assert past.told("conquest") == past.told("aims reached") == []


# Dictated terms


@pytest.mark.parametrize("loser", [0, 1])
def test_the_victor_dictates_what_it_likes_best_whatever_the_enemys_red_lines(varied: Load, play: Play, loser: int) -> None:
    def edit(tree: Tree) -> None:
        for line in tree["negotiation"]["red_lines"].values():
            line.update(hard_share=1)

    doomed = (f"collapse.{SIDES[loser]}.hazard_per_year=1000", f"collapse.{SIDES[loser]}.force_share=10")
    scenario = varied(*doomed, edit=edit, negotiation=True)
    past = play(scenario, 40, n=40)
    assert (past.of("ending_day")[-1] == 7).all()
    # Named at the review of day 13, and never anew.
    package = past.of("dictated_package")
    assert (package[13] == -1).all()
    assert (package[14] >= 0).all()
    assert (package[14:] == package[14]).all()
    assert past.told("terms dictated") == [13]
    assert (past.of("deals_signed") == 0).all()
    negotiation = scenario.world.negotiation
    domain, lines = domain_of(negotiation), negotiation.red_lines
    options = {issue.id: [option.id for option in issue.options] for issue in negotiation.issues}
    crossed: Counter[str] = Counter()
    for number in package[-1]:
        chosen = {issue: options[issue][at] for issue, at in zip(domain.issues, domain.choice[number], strict=True)}
        for line in lines:
            by_terms = line.terms and all(chosen[issue] in named for issue, named in line.terms.items())
            if by_terms and all(getattr(line, bound) is None for bound in ("area_above_km2", "area_below_km2")):
                crossed[line.side] += 1
    assert crossed[SIDES[1 - loser]] == 0
    assert crossed[SIDES[loser]] > 0
    columns = outcome_columns(past.world, scenario)
    assert (columns["dictated_terms"] == 1).all()
    np.testing.assert_allclose(columns["dictated_land_km2"], past.of("dictated_area")[-1] - past.of("held_area")[-1])
    gained = columns["dictated_land_km2"] * (1 if loser else -1)
    assert (gained >= 0).all(), "no victor gives land away"


def test_nothing_is_dictated_where_aims_are_reached_or_no_one_has_won(varied: Load, play: Play) -> None:
    past = play(varied(edit=aims(attacker=1_000), negotiation=True), 40, n=10)
    assert (past.of("ending")[-1] == AIMS_OF[0]).all()
    assert (past.of("dictated_package") == -1).all()
    assert (past.of("dictated_day") == -1).all()


def test_a_victor_whose_own_red_lines_bar_all_dictates_nothing(varied: Load, play: Play) -> None:
    def edit(tree: Tree) -> None:
        issue, options = next((name, [*of["options"]]) for name, of in tree["negotiation"]["issues"].items())
        tree["negotiation"]["red_lines"]["all"] = {
            "side": "attacker", "hard_share": 0.99999, "price": 0, "softening": 0, "terms": {issue: options}
        }  # fmt: skip

    doomed = ("collapse.defender.hazard_per_year=1000", "collapse.defender.force_share=10")
    past = play(varied(*doomed, edit=edit, negotiation=True), 40, n=5)
    assert (past.of("dictated_package") == -1).all()
    assert (past.of("dictated_day")[-1] == 14).all()
    assert past.told("terms dictated") == []


# All together


def test_each_history_ends_in_exactly_one_way(varied: Load, play: Play) -> None:
    past = play(varied(edit=decided, negotiation=True), 250, n=80)
    ending = past.of("ending")
    told = Counter((event.replication, event.kind) for event in past.world.recorder.events)
    ends = {code: kind for kind, codes in (("collapse", COLLAPSED), ("conquest", CONQUERED_BY), ("aims reached", AIMS_OF))
            for code in codes}  # fmt: skip
    assert len(set(ending[-1].tolist()) & set(ends)) >= 4
    for history, code in enumerate(ending[-1].tolist()):
        of_ends = {kind: told[history, kind] for kind in set(ends.values())}
        assert of_ends == {kind: int(kind == ends.get(code)) for kind in of_ends}
    over = DECIDED[ending]
    # What one side has decided stays so, and nothing moves any more.
    assert (over[1:] >= over[:-1]).all()
    assert (ending[1:] == ending[:-1])[over[:-1]].all()
    assert (past.of("advance")[1:][over[:-1]] == 0).all()
