"""What pages say of what is assumed, of any shipped scenario."""

import pytest

from sim.model.front import settled_pace
from sim.report.assumed import assumed
from sim.scenario import shipped


@pytest.mark.parametrize("name", shipped())
def test_the_assumptions_of_a_shipped_scenario_are_told(load, name: str) -> None:
    told = ["".join(str(getattr(piece, "text", piece)) for piece in sentence) for sentence in assumed(load(name), 30)]
    assert all(sentence.endswith(".") for sentence in told)
    (ground,) = (sentence for sentence in told if " km2" in sentence and " holds " in sentence)
    stated = settled_pace(load(name).world.front) is not None
    assert ("and gains " in ground) == stated
