"""Comparative statics on the same luck: what a knob does, to whom, and when. Figures are printed with `pytest -s`."""

import datetime

import numpy as np
import pytest

N = 2000


def mean_and_error(differences: np.ndarray) -> tuple[float, float]:
    return float(differences.mean()), float(differences.std(ddof=1) / np.sqrt(len(differences)))


def series(run, field, of=""):
    return run.series[run.series_columns.index((field, of))]


@pytest.mark.ensembles
def test_an_aid_cut_costs_ground_and_spares_the_attacker_with_a_lag(load, ensemble):
    base, cut = (ensemble(load("baseline", f"arms.defender.aid_scale={scale}"), N, 365) for scale in (1, 0.3))
    ground, error = mean_and_error(cut.outcomes["ground_gained_km2"] - base.outcomes["ground_gained_km2"])
    losses, losses_error = mean_and_error(cut.outcomes["casualties_attacker"] - base.outcomes["casualties_attacker"])
    print(f"aid cut by 70 % from day 0, 12 months: ground {ground:+.0f} km2 ({error:.0f}), ", end="")
    print(f"attacker's casualties {losses:+.0f} ({losses_error:.0f})")
    assert ground > 5 * error
    assert losses < -5 * losses_error
    # The lag: what is on its way still arrives, so most of the loss of fire comes months later.
    fire = (series(cut, "fire", "defender") - series(base, "fire", "defender")).mean(axis=1)
    lost = (series(cut, "held_area") - series(base, "held_area")).mean(axis=1)
    month, half = base.series_days.index(28), base.series_days.index(182)
    print(f"fire lost after 4 weeks {fire[month]:+.4f}, 26 weeks {fire[half]:+.4f}, 52 weeks {fire[-1]:+.4f}")
    print(f"ground after 4 weeks {lost[month]:+.1f}, 26 weeks {lost[half]:+.0f}, 52 weeks {lost[-1]:+.0f} km2")
    assert abs(fire[month]) < 0.1 * abs(fire[-1])
    assert abs(fire[half]) < 0.75 * abs(fire[-1])
    assert lost[month] < 0.01 * lost[-1]
    assert lost[half] < 0.35 * lost[-1]


@pytest.mark.ensembles
def test_early_aid_beats_the_same_aid_nine_months_later(load, ensemble, variant):
    def package(date):
        def change(tree):
            tree["arms"]["packages"] = [
                {"id": "extra", "backer": "europe", "date": date, "amount_beur": 20, "probability": 1, "from_stock_share": 1}
            ]

        return change

    days = 730
    none = ensemble(load("baseline"), N, days)
    early = ensemble(variant(package(datetime.date(2024, 12, 4))), N, days)
    late = ensemble(variant(package(datetime.date(2025, 9, 4))), N, days)
    for run in (early, late):
        pledged = run.outcomes["aid_pledged_beur_defender"] - none.outcomes["aid_pledged_beur_defender"]
        still = none.outcomes["ending"] == "war_goes_on"
        np.testing.assert_allclose(pledged[still & (run.outcomes["ending"] == "war_goes_on")], 20)
    gain, error = mean_and_error(late.outcomes["ground_gained_km2"] - early.outcomes["ground_gained_km2"])
    saved = [mean_and_error(run.outcomes["ground_gained_km2"] - none.outcomes["ground_gained_km2"]) for run in (early, late)]
    print(
        f"20 bn EUR from stocks, ground after 24 months against none: at once {saved[0][0]:+.0f} km2 ({saved[0][1]:.0f}), ",
        end="",
    )
    print(f"nine months later {saved[1][0]:+.0f} ({saved[1][1]:.0f}); late minus early {gain:+.0f} ({error:.0f})")
    assert saved[0][0] < 0
    assert saved[1][0] < 0
    assert gain > 5 * error


@pytest.mark.ensembles
def test_a_larger_share_killed_leaves_a_smaller_force(load, ensemble):
    low, high = (ensemble(load("baseline", f"manpower.attacker.killed_share={share}"), 500, 365) for share in (0.2, 0.3))
    change, error = mean_and_error(high.outcomes["force_end_attacker"] - low.outcomes["force_end_attacker"])
    assert change < -5 * error


def test_halving_the_step_moves_the_year_by_little(load, ensemble):
    coarse, fine = (ensemble(load("baseline", f"attrition.steps_per_day={n}"), 500, 365) for n in (1, 2))
    for name in ("casualties_attacker", "casualties_defender", "ground_gained_km2", "force_end_attacker"):
        a, b = coarse.outcomes[name].mean(), fine.outcomes[name].mean()
        assert abs(a - b) < 0.02 * abs(a), name


@pytest.mark.ensembles
def test_backers_of_the_attacker_count_too(load, ensemble):
    base, cut = (ensemble(load("baseline", f"arms.attacker.aid_scale={scale}"), 1000, 730) for scale in (1, 0))
    fire = series(cut, "fire", "attacker")[-1] - series(base, "fire", "attacker")[-1]
    assert fire.mean() < -0.05
    ground, error = mean_and_error(cut.outcomes["ground_gained_km2"] - base.outcomes["ground_gained_km2"])
    assert ground < -3 * error


@pytest.mark.ensembles
def test_a_pause_of_one_backer_is_felt_late(load, ensemble):
    with_it = load("baseline", "arms.halts.us_pause.probability=1", "arms.halts.us_pause.cut_share=1")
    without = load("baseline", "arms.halts.us_pause.probability=0")
    runs = [ensemble(scenario, 1000, 365) for scenario in (with_it, without)]
    delivered = [series(run, "delivered_beur", "united_states").mean(axis=1) for run in runs]
    pledged = [series(run, "pledged_beur", "united_states").mean(axis=1) for run in runs]
    at = runs[0].series_days.index(140)
    assert pledged[1][at] - pledged[0][at] > 4
    assert delivered[1][at] - delivered[0][at] < 0.5 * (pledged[1][at] - pledged[0][at])
