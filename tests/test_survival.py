"""Curves of how wars end and ceasefires hold: against independent implementations, and against the histories."""

from __future__ import annotations

import csv
import io
import warnings
from typing import Any

import numpy as np
import pytest
from scipy import stats

from sim.model.endings import FIRST_ENDS
from sim.results.statistics import aalen_johansen, kaplan_meier
from sim.results.survival import courses, first_end
from sim.results.tables import survival_csv


def some_times(seed: int, n: int = 120) -> tuple[Any, Any]:
    """Return times with many ties, and causes 0 (watched until then), 1, 2, 3."""
    luck = np.random.default_rng(seed)
    return luck.integers(1, 40, n).astype(float), luck.choice(4, n, p=[0.35, 0.4, 0.2, 0.05])


@pytest.mark.parametrize("seed", range(5))
def test_kaplan_meier_is_that_of_an_independent_implementation(seed: int) -> None:
    times, causes = some_times(seed)
    ours = kaplan_meier(times, causes > 0)
    theirs = stats.ecdf(stats.CensoredData(uncensored=times[causes > 0], right=times[causes == 0])).sf
    np.testing.assert_allclose(ours.share, theirs.evaluate(ours.times), rtol=1e-12, atol=1e-14)
    with warnings.catch_warnings():
        # Where the share is 0 or 1.
        warnings.simplefilter("ignore", RuntimeWarning)
        interval = theirs.confidence_interval(method="log-log")
    inside = (ours.share > 0) & (ours.share < 1)
    for bound, known in zip(ours.intervals(), (interval.low, interval.high), strict=True):
        np.testing.assert_allclose(bound[inside], known.evaluate(ours.times)[inside], rtol=1e-12)


def plain_incidence(times: Any, causes: Any, cause: int, until: float) -> tuple[float, float]:
    """Return cumulative incidence and its variance, term by term as in the textbook."""
    at = sorted(set(times[causes > 0]))
    survived, share, steps = 1.0, 0.0, []
    for time in at:
        if time > until:
            break
        risk, events = int((times >= time).sum()), int(((times == time) & (causes > 0)).sum())
        mine = int(((times == time) & (causes == cause)).sum())
        share += survived * mine / risk
        steps.append((share, survived, risk, events, mine))
        survived *= 1 - events / risk
    variance = 0.0
    for then, before, risk, events, mine in steps:
        if risk > events:
            variance += (share - then) ** 2 * events / (risk * (risk - events))
        variance += before**2 * (risk - mine) / risk**3 * mine
        variance -= 2 * (share - then) * before * mine / risk**2
    return share, variance


@pytest.mark.parametrize("seed", range(5))
def test_aalen_johansen_is_that_of_an_independent_implementation(seed: int) -> None:
    times, causes = some_times(seed)
    curves = aalen_johansen(times, causes)
    assert set(curves) == {1, 2, 3}
    for cause, curve in curves.items():
        for place, time in enumerate(curve.times):
            share, variance = plain_incidence(times, causes, cause, time)
            assert curve.share[place] == pytest.approx(share, rel=1e-12, abs=1e-14)
            assert curve.error[place] ** 2 == pytest.approx(variance, rel=1e-9, abs=1e-15)
    whole = kaplan_meier(times, causes > 0).share + sum(curve.share for curve in curves.values())
    np.testing.assert_allclose(whole, 1, rtol=1e-12)


def test_the_curves_are_those_of_the_histories(load, ensemble) -> None:
    run = ensemble(load("baseline", "collapse.defender.force_share=0.9"), 400, 1096)
    days, how = first_end(run.outcomes, run.plan.days)
    found = {(course.name, course.of): course.curve for course in courses(run.outcomes, run.plan.days)}
    # No one leaves before the horizon, so that the shares are plain ones.
    for place, kind in enumerate(FIRST_ENDS, start=1):
        assert (("first_end", kind) in found) == (how == place).any()
        if ("first_end", kind) not in found:
            continue
        curve = found["first_end", kind]
        np.testing.assert_allclose(curve.share, [((how == place) & (days <= day)).mean() for day in curve.times])
    assert found["first_end", "ceasefire"].share[-1] == pytest.approx((run.outcomes["ceasefires"] > 0).mean())
    # Of the baseline itself, since few sign here; as of the last change until then.
    run = ensemble(load("baseline"), 400, 1096)
    lasted = next(one.curve for one in courses(run.outcomes, run.plan.days) if one.name == "first_ceasefire")
    assert 0.2 < lasted.share[np.searchsorted(lasted.times, 365, side="right") - 1] < 0.8
    assert (np.diff(lasted.share) < 0).all()


def test_the_table_has_a_row_for_every_change(load, ensemble) -> None:
    rows = list(csv.DictReader(io.StringIO(survival_csv(ensemble(load("baseline"), 200, 730)))))
    assert {row["curve"] for row in rows} == {"war", "first_end", "first_ceasefire"}
    for row in rows:
        if row["low"]:
            assert 0 <= float(row["low"]) <= float(row["share"]) <= float(row["high"]) <= 1


def test_where_nothing_ends_there_are_no_curves(load, ensemble) -> None:
    assert survival_csv(ensemble(load("baseline"), 5, 7)).splitlines() == ["curve,of,day,date,at_risk,share,low,high"]


def test_all_that_can_end_the_fighting_has_a_look_and_words() -> None:
    from sim.report.endings import FIRST_END_LOOKS

    assert FIRST_END_LOOKS.keys() == FIRST_ENDS.keys()
    looks = [(look.colour, str(look.dashes)) for look in FIRST_END_LOOKS.values()]
    assert len(set(looks)) == len(looks)
    assert all(ending.happens and ending.cause for ending in FIRST_ENDS.values())
