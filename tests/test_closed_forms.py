"""Published cases and results that can be worked out on paper."""

import numpy as np
import pytest

from sim.engine.calendar import DAYS_PER_MONTH
from sim.model.manpower import break_even_return_share

PUBLISHED = {28: (53_042, 4_656), 36: (51_985, 217)}  # Engel 1954: day -> forces of the United States and of Japan


def test_iwo_jima(load, ensemble):
    run = ensemble(load("history/iwo_jima"), 1, 36)
    for day, forces in PUBLISHED.items():
        slot = run.series_days.index(day)
        for side, published in zip(("attacker", "defender"), forces, strict=True):
            ours = run.series[run.series_columns.index(("force", side)), slot, 0]
            assert ours == pytest.approx(published, rel=0.005)


@pytest.mark.parametrize(("law", "power"), [("square", 2), ("linear", 1)])
def test_lanchester_invariants_through_the_whole_model(load, ensemble, law, power):
    """k_D A^e - k_A D^e does not change, for forces that only lose."""
    run = ensemble(
        load(
            "history/iwo_jima",
            f"attrition.law={law}",
            "manpower.attacker.force_persons=40_000",
            "manpower.attacker.reference_force_persons=40_000",
            "manpower.attacker.pool_persons=0",
        ),
        1,
        28,
    )
    force = [run.series[run.series_columns.index(("force", side)), :, 0] for side in ("attacker", "defender")]
    # The coefficients of the law dA/dt = -k_A D (square) or -k_A A D (linear), from the losses at the reference forces.
    losses, reference = (1169.6, 773.8), (40_000.0, 21_500.0)
    own = 0 if law == "square" else 1
    k_a = losses[0] / (reference[0] ** own * reference[1])
    k_d = losses[1] / (reference[1] ** own * reference[0])
    invariant = k_d * force[0] ** power - k_a * force[1] ** power
    scale = k_d * force[0][0] ** power
    assert force[1][-1] < 0.6 * force[1][0], "the battle must be bloody enough to show a drift"
    np.testing.assert_allclose(invariant / scale, invariant[0] / scale, atol=1e-3)


def certain() -> list[str]:
    """Settings that take all luck and all uncertainty out of manpower and attrition of the baseline."""
    zero = (
        "attrition.tempo_change_log_sd",
        "attrition.noise_log_sd",
        "front.advance_sd_km2_per_day",
        "attrition.protection",
        "attrition.attacker.fire_share",
    )
    paths = dict.fromkeys(zero, 0.0)
    paths |= {f"manpower.{side}.desertion_share_per_month": 0.0 for side in ("attacker", "defender")}
    paths |= {"attrition.level_factor": 1.0, "attrition.quiet_share": 1.0, "attrition.law": "logarithmic"}
    paths |= {"manpower.attacker.killed_share": 0.27, "manpower.attacker.past_daily_casualties": 1500.0}
    paths |= {"attrition.attacker.daily_casualties": 1500.0, "manpower.attacker.intake_per_month": 30_000.0}
    return [f"{path}={value}" for path, value in paths.items()]


def test_break_even_return_share_of_the_simulation(load, ensemble):
    """Russia's net manpower changes sign where the closed form says, when desertion is off."""
    expected = break_even_return_share(1500, 30_000, 0.27)
    assert expected == pytest.approx(0.47, abs=0.005)
    settings = certain()
    shares, changes = np.linspace(0.2, 0.8, 7), []
    for share in shares:
        alone = ("negotiation.talks.open_per_year=0", "support.attacker.recruiting_share=0")
        scenario = load("baseline", *settings, *alone, f"manpower.attacker.return_share={share}")
        run = ensemble(scenario, 64, 183)
        changes.append(float(np.mean(run.outcomes["force_end_attacker"] - run.outcomes["force_start_attacker"])))
    assert np.all(np.diff(changes) > 0)
    found = float(np.interp(0.0, changes, shares))
    print(f"break-even return share: simulation {found:.3f}, closed form {expected:.3f}")
    assert found == pytest.approx(expected, abs=0.03)


def test_a_month_of_the_model_is_a_twelfth_of_a_year():
    assert DAYS_PER_MONTH == 30.4375
