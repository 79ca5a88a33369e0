"""The leading judgements of the baseline are drawn, each for a stated reason, and so are a law and a rule that compete."""

import numpy as np
import pytest

from sim.scenario import Quantity, numbers, quantities
from sim.scenario.tree import everything

EXPONENT, KNOWN = "attrition.mixed_exponent", "negotiation.resolve_known"
LAW, RULE = "attrition.law", "negotiation.rule"
N, DAYS = 60, 500


@pytest.fixture(scope="module")
def runs(load, ensemble):
    """Run the baseline with settings, for the outcomes of each history by column."""

    def runs(*settings: str):
        return ensemble(load("baseline", *settings), N, DAYS)

    return runs


def same(one, other, where=slice(None)) -> bool:
    """Whether two runs have the same outcomes to the last bit, in some of the histories."""
    assert one.outcomes.keys() == other.outcomes.keys()
    return all(one.outcomes[name][where].tobytes() == other.outcomes[name][where].tobytes() for name in one.outcomes)


def test_leading_judgements_are_drawn_and_say_why(load) -> None:
    drawn = [one for one in numbers(load("baseline").world) if isinstance(one.value, Quantity) and not one.value.is_certain]
    judged = [one for one in drawn if one.value.assumption or one.value.direction_only]
    assert len([one for one in judged if one.path.startswith("negotiation.") and one.value.note]) >= 20
    assert len([one for one in judged if one.path.startswith("ceasefire.") and one.value.note]) >= 10
    # What is new in this says why, one and all; a mode or a median alone would look like knowledge.
    for one in drawn:
        if one.path.startswith(("negotiation.issues", "negotiation.red_lines", "negotiation.talks", "ceasefire.regimes")):
            assert one.value.note, f"{one.path} is a range without a reason"
            low, high = one.value.support
            assert low < one.value.central <= high


def test_every_range_says_why(load) -> None:
    """A range has a note or a source; one that is longer to one side has a note: a source does not say why it is so."""
    ranges = {path: one for path, one in quantities(load("baseline").world) if not one.is_certain}
    assert len(ranges) > 150
    assert [path for path, one in ranges.items() if not one.note and not one.sources] == []
    assert [path for path, one in ranges.items() if not one.note and lopsided(one)] == []


def lopsided(one: Quantity) -> bool:
    """Whether the mode of a triangular range is not in the middle."""
    if one.distribution.name != "triangular":
        return False
    low, mode, high = one.distribution.parameters
    return mode != pytest.approx((low + high) / 2)


def test_no_range_of_terms_turns_an_order_round(load) -> None:
    """A bare truce is the best of the security terms to the attacker in every draw, and so on."""
    options = {
        (issue.id, option.id): option.values
        for issue in load("baseline").world.negotiation.issues
        for option in issue.options
        if option.values is not None
    }
    for worse, better, side in (
        (("security", "zone_without_guards"), ("security", "bare_truce"), "attacker"),
        (("security", "european_zone"), ("security", "zone_without_guards"), "attacker"),
        (("security", "zone_without_guards"), ("security", "european_zone"), "defender"),
        (("alignment", "deferred"), ("alignment", "nato_held"), "defender"),
        (("recognition", "de_facto"), ("recognition", "none"), "defender"),
    ):
        assert getattr(options[worse], side).support[1] <= getattr(options[better], side).support[0]


@pytest.mark.parametrize("value", ["1", "{dist: uniform, low: 0.51, high: 1}"])
def test_where_resolve_is_known_the_rule_is_nash(runs, value: str) -> None:
    assert same(runs(f"{RULE}=nash"), runs(f"{KNOWN}={value}"))


@pytest.mark.parametrize("value", ["0.5", "{dist: uniform, low: 0, high: 0.49}"])
def test_where_it_is_not_known_one_side_makes_an_offer(runs, value: str) -> None:
    assert same(runs(f"{KNOWN}=0"), runs(f"{KNOWN}={value}"))


def test_the_drawn_rule_differs_by_history(runs) -> None:
    drawn, nash, screening = runs(), runs(f"{KNOWN}=1"), runs(f"{KNOWN}=0")
    knows = drawn.drawn[KNOWN] > 0.5
    assert 0.15 < knows.mean() < 0.6
    assert same(drawn, nash, knows)
    assert same(drawn, screening, ~knows)
    assert not same(drawn, nash)
    assert not same(drawn, screening)


def test_other_rules_know_resolve_already(runs) -> None:
    assert same(runs(f"{RULE}=stand_firm", f"{KNOWN}=0"), runs(f"{RULE}=stand_firm", f"{KNOWN}=1"))


@pytest.mark.parametrize(("exponent", "law"), [("0", "logarithmic"), ("1", "square")])
def test_the_mixed_law_meets_its_limits(runs, exponent: str, law: str) -> None:
    assert same(runs(f"{EXPONENT}={exponent}"), runs(f"{LAW}={law}"))


def test_the_drawn_law_differs_by_history(runs) -> None:
    drawn = runs()
    exponents = drawn.drawn[EXPONENT]
    assert exponents.std() > 0.1
    for history in np.argsort(exponents)[[0, N // 2, -1]]:
        assert same(drawn, runs(f"{EXPONENT}={float(exponents[history])!r}"), [history])
    assert not same(drawn, runs(f"{EXPONENT}=0.3"))


def test_the_default_is_what_battles_fit(load, ensemble, variant) -> None:
    def left_out(tree) -> None:
        del tree["attrition"]["mixed_exponent"]

    own = (f"{LAW}=own", "attrition.own_exponent=0.7", "attrition.enemy_exponent=0.3")
    assert same(ensemble(variant(left_out), 5, 60), ensemble(load("baseline", *own), 5, 60))


def test_extreme_draws_run(variant, ensemble) -> None:
    """At both ends of all ranges of negotiation, ceasefire and law together no history fails."""
    for end in ("low", "high"):
        changed = []

        def to_the_end(tree, end=end, changed=changed) -> None:
            for path, node in list(everything(tree)):
                if path[:1] in (("negotiation",), ("ceasefire",), ("attrition",)) and isinstance(node, dict) and end in node:
                    value = node[end]
                    node.clear()
                    node["value"] = value
                    changed.append(path)

        run = ensemble(variant(to_the_end), 40, DAYS)
        assert len(changed) > 60
        assert not run.failures
