"""How fast, in ratios of one run: `pytest -m benchmark -s tests/benchmarks`.

Limits leave room for what differs between machines; the figures are in `README.md`, which `python -m tests.benchmarks`
writes.
"""

import pytest

from tests.benchmarks.speed import (
    LIBRARIES,
    command,
    of_invariants,
    of_negotiation,
    of_process,
    of_two_workers,
    page_and_run,
    parts,
    speeds,
    ten_thousand,
)

pytestmark = pytest.mark.benchmark
# judgement: a third above what was found; of one run, and of the largest batch.
MOST_CALIBRATIONS = 1.5
# judgement: a third of what was found, since plain Python differs among machines more than arithmetic of arrays does.
LEAST_OF_REFERENCE = 600


def test_a_day_beside_the_calibration_loop_and_the_plain_reference():
    found = speeds(good=lambda speed: speed.calibrations < MOST_CALIBRATIONS and speed.reference > LEAST_OF_REFERENCE)
    for one in found:
        print(
            f"\n{one.n:>6} histories: {one.nanoseconds:6.0f} ns per replication and day, {one.calibrations:.2f} of the "
            f"calibration loop, {one.reference:.0f} times as fast as the plain reference",
            end="",
        )
    assert found[-1].calibrations < MOST_CALIBRATIONS
    assert found[-1].reference > LEAST_OF_REFERENCE


def test_where_the_time_goes():
    found = parts()
    print("\n" + "\n".join(f"{name:<16} {share:6.1%}" for name, share in found.items()))
    assert found["draws"] < 0.25


def test_invariants_cost_less_than_a_tenth():
    ratio = of_invariants(1.10)
    print(f"\nwith invariants checked, a run takes {ratio:.3f} times as long")
    assert ratio < 1.10


def test_what_the_negotiation_costs():
    ratio = of_negotiation(4.0)
    print(f"\nwith the negotiation, a run takes {ratio:.2f} times as long as the war alone")
    assert ratio < 4


def test_memory_of_ten_thousand_histories():
    seconds, megabytes = ten_thousand()
    print(f"\n10,000 histories of 36 months: {seconds:.2f} s of a processor, {megabytes:.0f} MB at most")
    # Of memory there is no noise: it was 1,230 where this was set.
    assert megabytes < 1500


def test_commands_take_little_more_than_their_libraries(tmp_path):
    libraries, helps, one = of_process("-c", LIBRARIES), of_process("-m", "sim", "--help"), command(1, tmp_path)
    print(f"\nlibraries {libraries.processor:.2f} s, --help {helps.processor:.2f} s, run of one {one.processor:.2f} s")
    assert helps.processor < libraries.processor
    assert one.processor < 12 * libraries.processor


def test_two_workers_are_no_slower_than_one():
    found = of_two_workers()
    print(f"\none worker {found[1]:.2f} s, two {found[2]:.2f} s")
    # On a machine whose cores are all at work they gain nothing.
    assert found[2] < 1.5 * found[1]


def test_a_page_takes_no_longer_than_its_run(tmp_path):
    run, page, size = page_and_run(tmp_path)
    print(f"\nrun of 2,000: {run.processor:.2f} s; its page: {page.processor:.2f} s, {size / 1e6:.2f} MB")
    assert page.processor < run.processor
