"""Break-even: planted roots are found within their intervals, and what has none, or several, is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import sim
from sim.errors import ParleyError
from sim.model.manpower import break_even_return_share
from sim.results.runs import Run
from sim.studies.breakeven import break_even
from sim.studies.condition import Case, Condition, ConditionError
from sim.studies.limits import Limit
from sim.words.breakeven import answer
from sim.words.layout import as_text

pytestmark = pytest.mark.ensembles


class Planted:
    """Stands for a run: one outcome, x, that depends on a knob and on luck."""

    name = "planted"

    def __init__(self, values: Any) -> None:
        self._values = values

    def column(self, outcome: str) -> Any:
        if outcome != "x":
            raise KeyError(outcome)
        return self._values

    def known_outcomes(self) -> list[str]:
        return ["x"]


def planted(curve: Callable[[float], float], seed: int = 1, n: int = 400) -> Any:
    """Return what runs a scenario whose outcome is a curve of the knob plus the same luck at every value."""
    luck = np.random.default_rng(seed).normal(size=n)
    return lambda value: Planted(curve(1.0 if value is None else value) + luck)


@pytest.mark.parametrize("statistic", ["mean", "median"])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_planted_root_is_found_within_its_interval(statistic: str, sign: int) -> None:
    found = break_even(planted(lambda value: sign * value**3 / 10), 0, 5, Condition.parse(f"{statistic}(x) >= {sign * 2.7}"))
    assert found.at == pytest.approx(3, abs=0.1)
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.at < found.high
    assert found.holds_above == (sign > 0)
    if statistic == "mean":
        # The slope is 2.7 there, and the error of a mean of 400 is a twentieth.
        assert found.high - found.low == pytest.approx(2 * 1.96 / 20 / 2.7, rel=0.15)


def test_intervals_hold_the_root_as_often_as_they_say() -> None:
    holds = 0
    for seed in range(200):
        found = break_even(planted(lambda value: value, seed, 100), 0, 4, Condition.parse("mean(x) >= 1.7"))
        assert found.at is not None
        holds += (found.low is None or found.low <= 1.7) and (found.high is None or found.high >= 1.7)
    assert 180 <= holds <= 198


def test_the_level_may_be_a_multiple_of_what_the_scenario_gives() -> None:
    found = break_even(planted(lambda value: 10 * value), 0, 2, Condition.parse("mean(x) <= 0.5 * base"))
    assert found.at == pytest.approx(0.5, abs=0.02)
    assert not found.holds_above


def test_a_median_of_whole_numbers_reaches_a_level_that_most_are_at() -> None:
    def run_at(value: float | None) -> Any:
        return Planted(np.array([0.0, 1, 1, 1, 2]) + (value is not None and value > 2))

    for sign, found in ((">=", "everywhere"), ("<=", "everywhere"), (">", "nowhere"), ("<", "nowhere")):
        assert break_even(run_at, 0, 1, Condition.parse(f"median(x) {sign} 1")).found == found
    with pytest.raises(ConditionError, match="ask for the mean"):
        Condition.parse("median(x) <= 0.5 * base")
    with pytest.raises(ConditionError, match="lower value comes first"):
        break_even(run_at, 1, 0, Condition.parse("median(x) >= 1"))


@pytest.mark.parametrize("statistic", ["share", "mean", "median"])
@pytest.mark.parametrize("level", [0, 1])
def test_what_is_at_the_level_holds_if_the_sign_says_so(statistic: str, level: int) -> None:
    at_it = {
        sign: break_even(
            lambda value: Planted(np.full(20, float(level))), 0, 2, Condition.parse(f"{statistic}(x) {sign} {level}")
        )
        for sign in (">=", ">", "<=", "<")
    }
    assert [one.found for one in at_it.values()] == ["everywhere", "nowhere", "everywhere", "nowhere"]
    assert {one.holds_above for one in at_it.values()} == {None}


@pytest.mark.parametrize(("sign", "step"), [("<=", 8.5), ("<", 8.5), (">", 8.5), (">=", 8.5)])
def test_a_plateau_is_searched_inside_the_last_step(sign: str, step: float) -> None:
    """One of 200 histories has it below 8.5, and none from there on: the first of five values without it is 50."""
    condition = Condition.parse(f"share(x) {sign} {0 if sign in ('<=', '>') else 0.005}")

    def run_at(value: float | None) -> Any:
        return Planted((np.arange(200) < (value is not None and value < step)).astype(float))

    found = break_even(run_at, 0, 200, condition)
    assert found.found == "one"
    assert found.jumps
    assert found.between is not None
    assert found.between[0] < step <= found.between[1] <= found.between[0] + 0.4
    assert found.at is not None
    assert found.between[0] <= found.at <= found.between[1]
    # None of 200 is not surely none at all.
    assert found.high is None
    assert (found.low is not None) == (sign in ("<=", ">"))


def test_a_level_that_is_reached_at_the_edge_only() -> None:
    for edge, other in ((0.0, 4.0), (4.0, 0.0)):
        found = break_even(
            lambda value, edge=edge: Planted(np.full(9, float(value == edge))), 0, 4, Condition.parse("mean(x) >= 1")
        )
        assert found.found == "one"
        assert found.at == edge
        assert found.holds_above == (edge > other)
        assert found.between is not None
        assert edge in found.between


def test_no_multiple_of_the_base_is_a_level_too() -> None:
    def run_at(value: float | None) -> Any:
        return Planted(np.full(9, max(0.0, (value or 0.0) - 2.2)))

    found = break_even(run_at, 0, 4, Condition.parse("mean(x) > 0 * base"))
    assert found.at == pytest.approx(2.2, abs=0.01)
    assert found.holds_above


def test_what_no_history_has_is_a_state_of_its_own() -> None:
    never = break_even(lambda value: Planted(np.full(9, np.nan)), 0, 4, Condition.parse("mean(x) <= 1"))
    assert never.found == "undefined"
    assert {(one.histories, one.excess, one.holds) for one in never.points} == {(0, None, None)}

    def some(where: Callable[[float], bool]) -> Any:
        return lambda value: Planted(np.full(9, value if where(value) else np.nan))

    above = break_even(some(lambda value: value >= 1.5), 0, 4, Condition.parse("mean(x) >= 1"))
    assert (above.found, above.at) == ("everywhere", None)
    gap = break_even(some(lambda value: not 1 < value < 2.4), 0, 4, Condition.parse("mean(x) >= 1.5"))
    assert (gap.found, gap.at) == ("undefined", None)
    assert gap.crossings == [(1, pytest.approx(2.4, abs=0.01))]
    beside = break_even(some(lambda value: value >= 0.9), 0, 4, Condition.parse("mean(x) >= 2.5"))
    assert beside.at == pytest.approx(2.5, abs=0.01)
    one = break_even(lambda value: Planted(np.array([value + 7, np.nan])), 0, 4, Condition.parse("mean(x) >= 9.5"))
    assert one.at == pytest.approx(2.5, abs=0.01)
    assert (one.low, one.high) == (None, None)


def test_none_and_several_are_said() -> None:
    none = break_even(planted(lambda value: value), 0, 1, Condition.parse("mean(x) >= 50"))
    assert (none.at, none.crossings) == (None, [])
    several = break_even(planted(lambda value: (value - 2) ** 2), 0, 4, Condition.parse("mean(x) >= 2"))
    assert several.at is None
    assert several.crossings == [(0, 1), (3, 4)]


def shares(*counts: int, n: int = 100) -> Any:
    """Return what runs a scenario of which so many histories have it at 0, 1, 2 and so on, and as many up to the next."""
    return lambda value: Planted((np.arange(n) < counts[int(value)]).astype(float))


UNSETTLED = {
    "everywhere": ((53, 54, 56, 54, 53), "the condition holds at every value that was tried, but each 95 % interval "
                   "includes the level; about 2.7 times as many may tell."),
    "nowhere": ((45, 48, 49, 45, 48), "the condition holds at no value that was tried, but each 95 % interval "
                "includes the level; about 3.9 times as many may tell."),
    "several": ((52, 48, 53, 47, 52), "it crosses between 0 and 1, 1 and 2, 2 and 3, 3 and 4, but no more than one of these "
                "is surely no luck (95 %); more may tell."),
    "one": ((48, 48, 48, 52, 52), "the level is crossed near "),
}  # fmt: skip


@pytest.mark.parametrize("what", UNSETTLED)
def test_what_luck_alone_may_give_is_not_settled(what: str) -> None:
    counts, words = UNSETTLED[what]
    found = break_even(shares(*counts), 0, 4, Condition.parse("share(x) >= 0.5"))
    assert (found.found, found.settled) == (what, False)
    told = as_text(answer(replace(found, scenario=sim.load("baseline")), "A title", 100))
    assert f"Not settled by 100 histories: {words}" in " ".join(told.split())
    (finding,) = found.findings
    assert finding.kind == "not settled"
    assert finding.sentence.startswith("Not settled by 100 histories is ")
    # With as many more as it says it is, if they are like these.
    more = break_even(shares(*(9 * count for count in counts), n=900), 0, 4, Condition.parse("share(x) >= 0.5"))
    assert more.settled == (what in ("everywhere", "nowhere"))


def test_what_is_settled_at_some_values_says_at_how_many_it_is_not() -> None:
    found = break_even(shares(55, 65, 75, 85, 95), 0, 4, Condition.parse("share(x) >= 0.5"))
    assert found.settled
    assert found.sure == [None, True, True, True, True]
    told = " ".join(as_text(answer(found, "A title", 100)).split())
    assert "at every value that was tried; at 1 of these 5 the level lies within the 95 % interval." in told
    crosses = break_even(shares(20, 80, 20, 80, 80), 0, 4, Condition.parse("share(x) >= 0.5"))
    assert (crosses.found, crosses.settled) == ("several", True)
    never = break_even(lambda value: Planted(np.full(9, np.nan)), 0, 4, Condition.parse("mean(x) <= 1"))
    assert not never.settled
    assert never.times_as_many is None


def test_a_number_has_no_share_and_what_is_never_defined_is_no_level() -> None:
    with pytest.raises(ConditionError, match="has no share"):
        break_even(planted(lambda value: value), 0, 1, Condition.parse("share(x) >= 0.5"))
    never = Planted(np.full(10, np.nan))
    with pytest.raises(ConditionError, match="in no history"):
        break_even(
            lambda value: never if value is None else Planted(np.ones(10)), 0, 1, Condition.parse("mean(x) >= 0.5 * base")
        )
    apart = [Planted(np.array([1.0, np.nan])), Planted(np.array([np.nan, 1.0]))]
    found = break_even(lambda value: apart[value is None], 0, 1, Condition.parse("mean(x) >= 0.5 * base"))
    assert found.found == "undefined"


@pytest.mark.parametrize("text", ["x >= 1", "mean(x) = 1", "sum(x) > 1", "mean(x) >= much", "", "mean(x) >= 1e999"])
def test_a_condition_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ConditionError, match=r"write it|unknown statistic|too large"):
        Condition.parse(text)


HINTS = {
    "killed_attacker > 7": "write it as in 'mean(killed_attacker) > 7'",
    "war_goes_on >= 0.5": "write it as in 'share(war_goes_on) >= 0.5' of what is yes or no in each history, "
    "'mean(war_goes_on) >= 0.5' of a number",
    "war_goes_on": "write it as in 'share(war_goes_on) >= 0.5' of what is yes or no",
    "share(killed_attacker) > 1_000": "asks nothing; write 'mean(killed_attacker) > 1_000' of a number",
    "share(war_goes_on) >= 50": "write 'mean(war_goes_on) >= 50' of a number, or 'share(war_goes_on) >= 0.5' for 50 %",
    "share(killed_attacker > 1_000) >= 0.5": "the level stands outside: write 'median(killed_attacker) > 1_000'",
    "share(killed_attacker) > 0.5": "killed_attacker is a number and has no share; write 'mean(killed_attacker) > 0.5' or",
    "share(share_of_time_in_ceasefire) > 0.5": "write 'mean(share_of_time_in_ceasefire) > 0.5' or 'median",
    "share(killed_attacker) > 2 * base": "write 'mean(killed_attacker) > 2 * base' or",
    "mean(war_goes_on) >= 50": "lies between 0 and 1; write 'share(war_goes_on) >= 0.5'",
    "median(deal_within_12_months) < -1": "lies between 0 and 1; write 'share(deal_within_12_months) < 0.5'",
    "mean(war_goes_on@12) > 2": "write 'share(war_goes_on@12) > 0.02'",
}


@pytest.mark.parametrize("text", HINTS)
def test_a_share_for_a_mean_or_the_other_way_is_said_with_what_to_write(load, text: str) -> None:
    with pytest.raises(ConditionError) as said:
        Condition.parse(text).refuse_unfit(load("baseline"))
    assert HINTS[text] in str(said.value)


TAKEN = (
    "mean(war_goes_on) >= 0.5",
    "share(war_goes_on) >= 0.5",
    "mean(war_goes_on) <= 2 * base",
    "mean(killed_attacker) > 7",
)


@pytest.mark.parametrize("text", TAKEN)
def test_what_is_a_mean_or_a_share_is_taken(load, text: str) -> None:
    Condition.parse(text).refuse_unfit(load("baseline"))


def test_a_statistic_is_not_asked_of_each_history_nor_of_a_difference() -> None:
    with pytest.raises(ConditionError, match=r"this is asked of each history; write 'war_again'$"):
        Case.parse("share(war_again) > 0.5")
    with pytest.raises(ConditionError, match=r"this is asked of each history; write 'killed_attacker > 5'$"):
        Case.parse("mean(killed_attacker) > 5")
    with pytest.raises(ParleyError, match=r"write it as in 'war_again > 0.1', of the difference"):
        Limit.parse("share(war_again) > 0.1")


@pytest.mark.ensembles
def test_the_return_share_at_which_russia_holds_level_is_that_of_the_closed_form(load, ensemble) -> None:
    """The closed form of the monthly flows, with desertion as a loss, lies within the interval."""

    def run_at(value: float | None) -> Run:
        settings = [] if value is None else [f"manpower.attacker.return_share={value!r}"]
        # No talks, so that all histories are years of war.
        return Run.of(ensemble(load("no_talks", *settings), 500, 365))

    found = break_even(run_at, 0.2, 0.7, Condition.parse("mean(force_change_12_months_attacker) >= 0"))
    assert found.at is not None
    flows = {
        name: float(np.nanmean(run_at(found.at).outcomes[f"{name}_per_month_12_months_attacker"]))
        for name in ("trained", "killed", "wounded", "deserted")
    }
    lost = flows["killed"] + flows["wounded"]
    days = 365.25 / 12
    closed = break_even_return_share(lost / days, flows["trained"] - flows["deserted"], flows["killed"] / lost)
    print(f"return share: {found.at:.4f} ({found.low:.4f} .. {found.high:.4f}), closed form of the same flows {closed:.4f}")
    assert found.low is not None
    assert found.high is not None
    assert found.low <= closed <= found.high


def test_the_command(parley) -> None:
    ask = ("breakeven", "baseline", "--replications", 50, "--months", 2)
    knob = ("--vary", "attrition.attacker.daily_casualties=500:2500")
    done = parley(*ask, *knob, "--until", "mean(daily_casualties_30_days_attacker) >= 1_500")
    assert done.returncode == 0, done.stderr
    assert "Break-even at 1,5" in done.stdout
    assert "from there on up" in done.stdout
    never = parley(*ask, *knob, "--until", "mean(daily_casualties_30_days_attacker) >= 1_000_000")
    assert "No break-even: the condition holds at no value that was tried.\n" in never.stdout


def test_the_command_at_the_edge(parley) -> None:
    ask = ("breakeven", "no_talks", "--replications", 5, "--months", 1, "--vary", "arms.defender.aid_scale=0:2")
    always = parley(*ask, "--until", "share(war_goes_on) >= 1")
    # All of five histories are not surely all of endlessly many.
    assert "Not settled by 5 histories: the condition holds at every value that was tried" in always.stdout
    undefined = parley(*ask, "--until", "mean(fire_below_half_month_attacker) > 1")
    assert undefined.returncode == 0, undefined.stderr
    assert undefined.stderr == ""
    assert "No break-even can be told" in undefined.stdout
    assert undefined.stdout.count("not defined") == 5
    found = json.loads(parley(*ask, "--until", "mean(fire_below_half_month_attacker) > 1", "--json").stdout)["data"]
    assert found["found"] == "undefined"
    nothing = dict.fromkeys(("statistic", "level", "excess", "low", "high", "holds"))
    assert found["points"][0] == {"value": 0, "histories": 0, **nothing}
    assert found["holds_above"] is None


WRONG = {
    "an unknown path": (
        ("--vary", "arms.defender.aid_scal=0:1", "--until", "mean(ground_gained_km2) > 1"),
        3,
        "Did you mean",
    ),
    "a knob that is no number": (
        ("--vary", "attrition.law=0:1", "--until", "mean(ground_gained_km2) > 1"),
        3,
        "attrition.law",
    ),
    "low above high": (("--vary", "arms.defender.aid_scale=2:1", "--until", "mean(ground_gained_km2) > 1"), 3, "lower"),
    "no range": (("--vary", "arms.defender.aid_scale=2", "--until", "mean(ground_gained_km2) > 1"), 3, "PATH=LOW:HIGH"),
    "the horizon": (("--vary", "horizon_months=2:5", "--until", "share(war_goes_on) > 0.5"), 3, "cannot be varied"),
    "set and varied": (
        (
            "--vary",
            "attrition.level_factor=0.5:2",
            "--set",
            "attrition.level_factor=1",
            "--until",
            "share(war_goes_on) > 0.5",
        ),
        2,
        "choose one",
    ),
    "a term that is not offered": (
        ("--vary", "attrition.level_factor=0.5:2", "--until", "share(terms_security:truce) > 0.5"),
        3,
        "unknown outcome",
    ),
    "a bare outcome": (
        ("--vary", "attrition.level_factor=0.5:2", "--until", "killed_attacker > 7"),
        3,
        "'mean(killed_attacker) > 7'",
    ),
    "more than all": (("--vary", "attrition.level_factor=0.5:2", "--until", "share(war_goes_on) > 5"), 3, "between 0 and 1"),
    "an unknown outcome": (("--vary", "arms.defender.aid_scale=0:1", "--until", "mean(ground) > 1"), 3, "unknown outcome"),
}


@pytest.mark.parametrize("what", WRONG)
def test_bad_input_is_one_clear_error(parley, what: str) -> None:
    arguments, code, words = WRONG[what]
    done = parley("breakeven", "baseline", "--replications", 5, "--months", 2, *arguments)
    assert done.returncode == code
    assert words in done.stderr
    assert done.stdout == ""
