"""Campaigns: what a side decides is what it does."""

import numpy as np

from sim.model.campaigns import STRIKE


def test_a_side_attacks_as_hard_as_its_posture_says_from_the_day_on_which_it_takes_it(load, play) -> None:
    quiet = ["mud_season_factor=1", "dry_season_factor=1", "effort_log_sd=0", "intensity_trend_per_year=0"]
    hard = {"strike_intensity": (1.4, 1.2), "between_intensity": (0.7, 0.4)}
    settings = [f"front.{one}" for one in quiet] + [
        f"front.campaigns.{side}.{name}={values[row]}"
        for name, values in hard.items()
        for row, side in enumerate(("attacker", "defender"))
    ]
    past = play(load("baseline", *settings, "front.campaigns.attacker.at_start=hold"), 300, 30)
    posture, intensity = past.of("posture")[1:], past.of("intensity")[1:]
    strikes, between = (np.array(values)[:, None] for values in hard.values())
    assert (posture[:, 0] == STRIKE).any()
    assert (intensity == np.where(posture == STRIKE, strikes, between)).all()
