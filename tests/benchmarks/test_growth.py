"""How cost grows with all that a scenario and a run can have more of: `pytest -m benchmark -s tests/benchmarks`."""

import pytest

from tests.benchmarks.growth import GROWTHS, OBLIGATIONS, grown

pytestmark = pytest.mark.benchmark


@pytest.mark.parametrize("name", GROWTHS)
def test_no_cost_grows_faster_than_what_it_is_of(name):
    found = grown(GROWTHS[name])
    print(f"\n{found.what}: {found.told}")
    assert GROWTHS[name].is_in_step(found)


def test_all_obligations_that_a_regime_may_have_cost_little():
    found = grown(OBLIGATIONS)
    print(f"\n{found.what}: {found.told}")
    assert all(found.seconds[size] < times * found.seconds[0] for size, times in OBLIGATIONS.most.items())
